-- An index for what somebody may see.

-- Who has done which tasks.
create index tasks_by_closer on tasks (closed_by) where closed_by is not null;
