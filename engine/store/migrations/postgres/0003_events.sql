-- What comes from outside and what goes on later: subscriptions, published messages, the outbox, timers that start instances.

-- What instances await from outside: a message by name and correlation key, a signal by name alone.
-- Written by the writers from the state; read by the writers when a message or signal comes, and by pages.
create table subscriptions (
    key bigint primary key,
    instance bigint not null,
    process_id text collate "C" not null,
    element text not null,
    element_instance bigint not null,
    kind text collate "C" not null,
    name text collate "C" not null,
    correlation text collate "C",
    created_at bigint not null
);
create index subscriptions_by_name on subscriptions (kind, name, coalesce(correlation, ''), key);
create index subscriptions_by_instance on subscriptions (instance, key);

-- Published messages that are kept until they expire, for those who await them later. Without correlation key: ''.
-- Written by the writer; read by the writers when a subscription opens, and when a message id comes again.
create table messages (
    key bigint primary key,
    name text collate "C" not null,
    correlation text collate "C" not null,
    message_id text collate "C",
    variables text not null,
    published_at bigint not null,
    expires_at bigint not null
);
create index messages_by_correlation on messages (name, correlation, key);
create unique index messages_by_id on messages (name, correlation, message_id) where message_id is not null;
create index messages_by_expiry on messages (expires_at, key);

-- Which processes have had a kept message: each gets it once. Rows go with the message.
-- Written by the writers when a message is correlated; read by the writers before it correlates one.
create table message_uses (
    message bigint not null,
    process_id text collate "C" not null,
    primary key (message, process_id)
);

-- The one running instance of a process that messages with this correlation key have started.
-- Written by the writers when a message starts an instance and when that ends; read by the writers before the next one starts.
create table start_locks (
    process_id text collate "C" not null,
    correlation text collate "C" not null,
    instance bigint not null,
    primary key (process_id, correlation)
);
create index start_locks_by_instance on start_locks (instance);

-- Effects that did not fit in their transaction. A claim hides a row until `available_at`; its token fences off who lost it.
-- Written by the writer; read by the loop that carries them out, what has been available longest first.
create table outbox (
    key bigint primary key,
    kind text collate "C" not null,
    instance bigint,
    body text not null,
    available_at bigint not null,
    token bigint not null,
    attempts bigint not null
);
create index outbox_by_time on outbox (available_at, key);

-- Timers that start instances belong to a definition: its key is in `instance`. How they repeat is the runtime's JSON.
alter table timers add column repeat text;
