-- What every installation needs before the first pathway: documents, the audit trail, saved answers, counters.
-- Times are microseconds since 1970 in UTC. Texts that are keys or are sorted compare by bytes, as on SQLite.

-- Called by a commit that relied on something that has changed: the commit writes nothing.
create function conflict(what text) returns boolean language plpgsql as $$
begin
    raise exception using errcode = 'CW001', message = what;
end $$;

create function append_only() returns trigger language plpgsql as $$
begin
    raise exception '% is append-only', tg_table_name;
end $$;

-- Counters that must never repeat, such as the numbers of instances.
-- Written when a server takes a block of numbers.
create table sequences (
    name text collate "C" primary key,
    value bigint not null
);

-- People, cases, notes, drafts, users, sessions: JSON by collection and id. The engine does not look inside.
-- Written by the writers for `Put` and `Delete`; read by every page.
create table documents (
    collection text collate "C" not null,
    id text collate "C" not null,
    revision bigint not null,
    created_at bigint not null,
    updated_at bigint not null,
    body text not null,
    primary key (collection, id)
);

-- The searchable fields of documents, as their writer gave them.
-- Written together with the document; read by searches: equality, prefix, and in order.
create table document_fields (
    collection text collate "C" not null,
    field text collate "C" not null,
    value text collate "C" not null,
    id text collate "C" not null,
    primary key (collection, field, value, id)
);
create index document_fields_by_document on document_fields (collection, id);

-- Who read or changed a person's record, what, when and why. Append-only.
-- Written by the writers for `AppendAudit`; read by administrators.
create table audit (
    sequence bigint generated always as identity primary key,
    at bigint not null,
    actor text not null,
    on_behalf_of text,
    action text not null,
    subject text not null,
    detail text,
    reason text
);
create index audit_by_subject on audit (subject, sequence);
create index audit_by_actor on audit (actor, sequence);
create trigger audit_keeps_its_rows before update or delete or truncate on audit
    for each statement execute function append_only();

-- The answers to requests that carried an idempotency key, so that a retry gets the first answer again.
-- Written with the request's own changes; read by the writers before they run a request with a key.
create table answers (
    actor text collate "C" not null,
    idempotency_key text collate "C" not null,
    at bigint not null,
    fingerprint bytea not null,
    answer text not null,
    primary key (actor, idempotency_key)
);
create index answers_by_age on answers (at);
