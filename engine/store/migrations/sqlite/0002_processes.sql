-- Definitions, running instances, and what is read off their records: tasks, timers, jobs, incidents, history.
-- Keys are 64-bit numbers: an instance has n << 20, everything born inside it follows.

-- One row an upload. Written by the writer for `Deploy`; read by the processes page.
create table deployments (
    key integer primary key,
    at integer not null,
    actor text not null
);

-- The uploaded files, exactly as they came. Written with their deployment; read when the catalog is built, and for download.
create table resources (
    key integer primary key,
    deployment integer not null references deployments (key),
    name text not null,
    sha256 blob not null,
    text text not null
);

-- Processes, decisions and forms by id and version. Written with their deployment; read when the catalog is built.
create table definitions (
    key integer primary key,
    kind text not null,
    id text not null,
    version integer not null,
    name text,
    version_tag text,
    resource integer not null references resources (key),
    deployed_at integer not null,
    unique (kind, id, version)
);

-- One row a process instance: the state is the truth. Finished instances keep their row.
-- Written by the writer after every step; read by the writer, case pages and searches.
create table process_instances (
    key integer primary key,
    process_id text not null,
    definition integer not null,
    version integer not null,
    business_id text,
    parent_instance integer,
    parent_element integer,
    status text not null,
    revision integer not null,
    format integer not null,
    started_at integer not null,
    ended_at integer,
    history_length integer not null,
    history_hash blob not null,
    state text not null
);
create index process_instances_by_business_id on process_instances (business_id) where business_id is not null;
create index process_instances_by_process on process_instances (process_id, status, key);
create index process_instances_by_parent_element on process_instances (parent_element) where parent_element is not null;
create index process_instances_by_parent_instance on process_instances (parent_instance) where parent_instance is not null;

-- Work for people. A task without a due date has the largest integer, so that it sorts last.
-- Written by the writer from the state after each step; read by inboxes, task and case pages.
create table tasks (
    key integer primary key,
    instance integer not null,
    element text not null,
    element_instance integer not null,
    name text not null,
    form text,
    assignee text,
    candidate_groups text not null,
    candidate_users text not null,
    due integer not null,
    follow_up integer,
    priority integer not null,
    state text not null,
    created_at integer not null,
    closed_at integer,
    closed_by text
);
create index tasks_by_assignee on tasks (assignee, due, key) where state = 'open' and assignee is not null;
create index tasks_by_due on tasks (due, key) where state = 'open';
create index tasks_by_instance on tasks (instance);

-- Who may claim which open task: the queue of a group is one range of this table, in the order of its page.
-- Written with the task; rows go when the task closes. Read by inboxes.
create table task_candidates (
    kind text not null,
    candidate text not null,
    assigned integer not null,
    due integer not null,
    task integer not null,
    primary key (kind, candidate, assigned, due, task)
) without rowid;
create index task_candidates_by_task on task_candidates (task);

-- What fires by itself. Written by the writer from the state; read by the timer loop, soonest first.
create table timers (
    key integer primary key,
    instance integer not null,
    element text not null,
    due integer not null
);
create index timers_by_due on timers (due, key);
create index timers_by_instance on timers (instance);

-- Work for programs. A lease hides a job until `available_at`; its token fences off workers that lost it.
-- Written by the writer; read by activation.
create table jobs (
    key integer primary key,
    instance integer not null,
    element text not null,
    element_instance integer not null,
    type text not null,
    retries integer not null,
    available_at integer not null,
    token integer not null,
    worker text,
    created_at integer not null
);
create index jobs_by_type on jobs (type, available_at, key) where retries > 0;
create index jobs_by_instance on jobs (instance);

-- Elements that cannot go on until somebody helps. Written by the writer; read by supervisors and operators.
create table incidents (
    key integer primary key,
    instance integer not null,
    element text not null,
    element_instance integer not null,
    kind text not null,
    message text not null,
    raised_at integer not null,
    resolved_at integer
);
create index incidents_open on incidents (raised_at, key) where resolved_at is null;
create index incidents_by_instance on incidents (instance);

-- The account: one row a command, chained by hash within its instance. Never changed.
-- Written by the writer with the step's other rows; read by chronologies and verification.
create table history (
    instance integer not null,
    sequence integer not null,
    at integer not null,
    actor text not null,
    on_behalf_of text,
    reason text,
    command text not null,
    records text not null,
    hash blob not null,
    unique (instance, sequence)
);
create trigger history_keeps_its_rows before update on history
begin select raise(abort, 'history is append-only'); end;
