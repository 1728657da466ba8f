-- Deadlines: clocks with a record. A paused one has the largest integer as its due time, so that it sorts last.
-- Key of its task or timer. Rows stay when it was met or missed.
-- Written by the writer from the records; read by case and task pages, by reports, and when a calendar changes.
create table deadlines (
    key integer primary key,
    instance integer not null,
    element text not null,
    element_instance integer not null,
    name text not null,
    of_task integer not null,
    started_at integer not null,
    start_event text,
    due integer not null,
    warns_at integer,
    source text,
    reference text,
    calendar text not null,
    beyond_calendar integer not null,
    counted_at integer not null,
    changes text not null,
    state text not null,
    stopped_at integer,
    miss_reason text
);
create index deadlines_by_instance on deadlines (instance, key);
-- What a changed calendar counts anew, an instance after the other.
create index deadlines_by_calendar on deadlines (instance, calendar, due) where state = 'open';
