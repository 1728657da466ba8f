-- Deadlines: clocks with a record. A paused one has the largest integer as its due time, so that it sorts last.
-- Key of its task or timer. Rows stay when it was met or missed.
-- Written by the writer from the records; read by case and task pages, by reports, and when a calendar changes.
create table deadlines (
    key bigint primary key,
    instance bigint not null,
    element text collate "C" not null,
    element_instance bigint not null,
    name text not null,
    of_task bigint not null,
    started_at bigint not null,
    start_event text,
    due bigint not null,
    warns_at bigint,
    source text collate "C",
    reference text,
    calendar text collate "C" not null,
    beyond_calendar bigint not null,
    counted_at bigint not null,
    changes text not null,
    state text collate "C" not null,
    stopped_at bigint,
    miss_reason text
);
create index deadlines_by_instance on deadlines (instance, key);
-- What a changed calendar counts anew, an instance after the other.
create index deadlines_by_calendar on deadlines (instance, calendar, due) where state = 'open';
