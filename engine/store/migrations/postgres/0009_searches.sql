-- Indexes for the searches of programs.

-- Instances by state alone, the newest or the oldest first.
create index process_instances_by_status on process_instances (status, key);
-- Open tasks in the order in which they were opened.
create index tasks_open on tasks (key) where state = 'open';
-- The jobs that have no tries left, of one type; the others have `jobs_by_type`.
create index jobs_without_tries on jobs (type) where retries = 0;
-- Completed tasks in the order in which they were opened.
create index tasks_completed on tasks (key) where state = 'completed';
-- Who had the tasks that are closed; open ones have `tasks_by_assignee`.
create index tasks_closed_by_assignee on tasks (assignee) where state <> 'open' and assignee is not null;
