-- What decisions have answered, and to whom.

-- One row for each decision of an evaluation: `part` counts from 1, and the decision that was asked is the last part.
-- `instance`, `process_id`, `process`, `element` and `element_instance` say which business rule task asked; null where a person or a
-- program asked for itself. `account` is JSON: inputs, rules, outputs, warnings.
-- Written by the writer from the records of instances and from evaluations that were asked for; read by pages and programs.
create table decision_instances (
    key integer not null,
    part integer not null,
    decision_id text not null,
    name text not null,
    definition integer not null,
    version integer not null,
    root integer not null,
    instance integer,
    process_id text,
    process integer,
    element text,
    element_instance integer,
    actor text not null,
    at integer not null,
    failure text,
    warnings integer not null,
    account text not null,
    primary key (key, part)
) without rowid;
create index decision_instances_by_instance on decision_instances (instance, key, part);
create index decision_instances_by_decision on decision_instances (decision_id, at);
create index decision_instances_by_definition on decision_instances (definition, at);
create index decision_instances_by_time on decision_instances (at);
