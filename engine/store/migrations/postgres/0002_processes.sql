-- Definitions, running instances, and what is read off their records: tasks, timers, jobs, incidents, history.
-- Keys are 64-bit numbers: an instance has n << 20, everything born inside it follows.

-- One row an upload. Written by the writers for `Deploy`; read by the processes page.
create table deployments (
    key bigint primary key,
    at bigint not null,
    actor text not null
);

-- The uploaded files, exactly as they came. Written with their deployment; read when the catalog is built, and for download.
create table resources (
    key bigint primary key,
    deployment bigint not null references deployments (key),
    name text not null,
    sha256 bytea not null,
    text text not null
);

-- Processes, decisions and forms by id and version. Written with their deployment; read when the catalog is built.
create table definitions (
    key bigint primary key,
    kind text collate "C" not null,
    id text collate "C" not null,
    version bigint not null,
    name text,
    version_tag text,
    resource bigint not null references resources (key),
    deployed_at bigint not null,
    unique (kind, id, version)
);

-- One row a process instance: the state is the truth. Finished instances keep their row.
-- Written by the writers after every step; read by the writer, case pages and searches.
create table process_instances (
    key bigint primary key,
    process_id text collate "C" not null,
    definition bigint not null,
    version bigint not null,
    business_id text,
    parent_instance bigint,
    parent_element bigint,
    status text collate "C" not null,
    revision bigint not null,
    format bigint not null,
    started_at bigint not null,
    ended_at bigint,
    history_length bigint not null,
    history_hash bytea not null,
    state text not null
);
create index process_instances_by_business_id on process_instances (business_id) where business_id is not null;
create index process_instances_by_process on process_instances (process_id, status, key);
create index process_instances_by_parent_element on process_instances (parent_element) where parent_element is not null;
create index process_instances_by_parent_instance on process_instances (parent_instance) where parent_instance is not null;

-- Work for people. A task without a due date has the largest bigint, so that it sorts last.
-- Written by the writers from the state after each step; read by inboxes, task and case pages.
create table tasks (
    key bigint primary key,
    instance bigint not null,
    element text collate "C" not null,
    element_instance bigint not null,
    name text not null,
    form text,
    assignee text,
    candidate_groups text not null,
    candidate_users text not null,
    due bigint not null,
    follow_up bigint,
    priority bigint not null,
    state text not null,
    created_at bigint not null,
    closed_at bigint,
    closed_by text
);
create index tasks_by_assignee on tasks (assignee, due, key) where state = 'open' and assignee is not null;
create index tasks_by_due on tasks (due, key) where state = 'open';
create index tasks_by_instance on tasks (instance);

-- Who may claim which open task: the queue of a group is one range of this table, in the order of its page.
-- Written with the task; rows go when the task closes. Read by inboxes.
create table task_candidates (
    kind text collate "C" not null,
    candidate text collate "C" not null,
    assigned boolean not null,
    due bigint not null,
    task bigint not null,
    primary key (kind, candidate, assigned, due, task)
);
create index task_candidates_by_task on task_candidates (task);

-- What fires by itself. Written by the writers from the state; claimed by the timer loops, soonest first.
create table timers (
    key bigint primary key,
    instance bigint not null,
    element text collate "C" not null,
    due bigint not null,
    claimed_until bigint not null default 0
);
create index timers_by_time on timers (greatest(due, claimed_until), key);
create index timers_by_instance on timers (instance);

-- Work for programs. A lease hides a job until `available_at`; its token fences off workers that lost it.
-- Written by the writer; read by activation.
create table jobs (
    key bigint primary key,
    instance bigint not null,
    element text collate "C" not null,
    element_instance bigint not null,
    type text collate "C" not null,
    retries bigint not null,
    available_at bigint not null,
    token bigint not null,
    worker text,
    created_at bigint not null
);
create index jobs_by_type on jobs (type, available_at, key) where retries > 0;
create index jobs_by_instance on jobs (instance);

-- Elements that cannot go on until somebody helps. Written by the writer; read by supervisors and operators.
create table incidents (
    key bigint primary key,
    instance bigint not null,
    element text collate "C" not null,
    element_instance bigint not null,
    kind text not null,
    message text not null,
    raised_at bigint not null,
    resolved_at bigint
);
create index incidents_open on incidents (raised_at, key) where resolved_at is null;
create index incidents_by_instance on incidents (instance);

-- The account: one row a command, chained by hash within its instance. Never changed.
-- Written by the writers with the step's other rows; read by chronologies and verification.
create table history (
    instance bigint not null,
    sequence bigint not null,
    at bigint not null,
    actor text not null,
    on_behalf_of text,
    reason text,
    command text not null,
    records text not null,
    hash bytea not null,
    primary key (instance, sequence)
);
create trigger history_keeps_its_rows before update on history
    for each statement execute function append_only();
