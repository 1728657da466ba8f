-- What every installation needs before the first pathway: documents, the audit trail, saved answers, counters.
-- Times are microseconds since 1970 in UTC.

-- Counters that must never repeat, such as the numbers of instances.
-- Written by the writer with every batch that took a number; read once when the store opens.
create table sequences (
    name text primary key,
    value integer not null
) without rowid;

-- People, cases, notes, drafts, users, sessions: JSON by collection and id. The engine does not look inside.
-- Written by the writer for `Put` and `Delete`; read by every page.
create table documents (
    collection text not null,
    id text not null,
    revision integer not null,
    created_at integer not null,
    updated_at integer not null,
    body text not null,
    unique (collection, id)
);

-- The searchable fields of documents, as their writer gave them.
-- Written together with the document; read by searches: equality, prefix, and in order.
create table document_fields (
    collection text not null,
    field text not null,
    value text not null,
    id text not null,
    primary key (collection, field, value, id)
) without rowid;
create index document_fields_by_document on document_fields (collection, id);

-- Who read or changed a person's record, what, when and why. Append-only.
-- Written by the writer for `AppendAudit`; read by administrators.
create table audit (
    sequence integer primary key,
    at integer not null,
    actor text not null,
    on_behalf_of text,
    action text not null,
    subject text not null,
    detail text,
    reason text
);
create index audit_by_subject on audit (subject, sequence);
create index audit_by_actor on audit (actor, sequence);
create trigger audit_keeps_its_rows before update on audit
begin select raise(abort, 'the audit trail is append-only'); end;
create trigger audit_loses_no_rows before delete on audit
begin select raise(abort, 'the audit trail is append-only'); end;

-- The answers to requests that carried an idempotency key, so that a retry gets the first answer again.
-- Written with the request's own changes; read by the writer before it runs a request with a key.
create table answers (
    actor text not null,
    idempotency_key text not null,
    at integer not null,
    fingerprint blob not null,
    answer text not null,
    primary key (actor, idempotency_key)
) without rowid;
create index answers_by_age on answers (at);
