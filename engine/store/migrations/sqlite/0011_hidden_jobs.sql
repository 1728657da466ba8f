-- Jobs of suspended instances keep their leases and pauses.

-- Whether the instance stands still: no worker is given the job then, whenever it is available.
alter table jobs add column hidden integer not null default 0;
-- They were hidden by this time before.
update jobs set hidden = 1, available_at = created_at where available_at = 253402207200000000;
drop index jobs_by_type;
create index jobs_by_type on jobs (type, hidden, available_at, key) where retries > 0;
