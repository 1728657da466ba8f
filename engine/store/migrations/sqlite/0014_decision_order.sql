-- Decision instances in one order, also where several were made at the same time.
drop index decision_instances_by_decision;
drop index decision_instances_by_definition;
drop index decision_instances_by_time;
create index decision_instances_by_decision on decision_instances (decision_id, at, key, part);
create index decision_instances_by_definition on decision_instances (definition, at, key, part);
create index decision_instances_by_time on decision_instances (at, key, part);
