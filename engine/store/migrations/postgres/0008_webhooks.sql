-- What webhooks are told: events that wait to be delivered, and those that nobody took.

-- One row an event and webhook. `position` orders the events of an instance: the number of its history row shifted by 20 bits, and
-- the place in it. A dead letter has `died_at`; what was delivered is gone.
-- Written by the writers with the records that the event tells of; read by the loop that delivers, and by who looks for dead letters.
create table deliveries (
    webhook text collate "C" not null,
    instance bigint not null,
    position bigint not null,
    type text collate "C" not null,
    event text not null,
    created_at bigint not null,
    died_at bigint,
    attempts bigint not null,
    failure text,
    primary key (webhook, instance, position)
);
create index deliveries_dead on deliveries (webhook, died_at, instance, position) where died_at is not null;

-- The events of one instance for one webhook are delivered one after another: one row for each pair that has any. A claim hides it
-- until `available_at`; its token fences off who lost it. `added` counts what came, so that no lane goes in which something is.
-- Written by the writers; read by the loop that delivers, what has been available longest first.
create table lanes (
    webhook text collate "C" not null,
    instance bigint not null,
    added bigint not null,
    available_at bigint not null,
    token bigint not null,
    attempts bigint not null,
    failure text,
    primary key (webhook, instance)
);
create index lanes_by_time on lanes (webhook, available_at, instance);
