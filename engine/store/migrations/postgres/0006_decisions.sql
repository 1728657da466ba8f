-- What decisions have answered, and to whom.

-- One row for each decision of an evaluation: `part` counts from 1, and the decision that was asked is the last part.
-- `instance`, `process_id`, `process`, `element` and `element_instance` say which business rule task asked; null where a person or a
-- program asked for itself. `account` is JSON: inputs, rules, outputs, warnings.
-- Written by the writers from the records of instances and from evaluations that were asked for; read by pages and programs.
create table decision_instances (
    key bigint not null,
    part bigint not null,
    decision_id text collate "C" not null,
    name text not null,
    definition bigint not null,
    version bigint not null,
    root bigint not null,
    instance bigint,
    process_id text collate "C",
    process bigint,
    element text collate "C",
    element_instance bigint,
    actor text not null,
    at bigint not null,
    failure text,
    warnings bigint not null,
    account text not null,
    primary key (key, part)
);
create index decision_instances_by_instance on decision_instances (instance, key, part);
create index decision_instances_by_decision on decision_instances (decision_id, at);
create index decision_instances_by_definition on decision_instances (definition, at);
create index decision_instances_by_time on decision_instances (at);
