-- Instances that stand still are found as such.

-- Since when, in microseconds since 1970; null where it goes on.
alter table process_instances add column suspended_at integer;
with still (instance, at) as (
    select h.instance, max(h.at) from history h
    where h.command = 'suspend'
      and not exists (select 1 from history r where r.instance = h.instance and r.sequence > h.sequence and r.command = 'resume')
    group by h.instance
)
update process_instances set suspended_at = still.at from still where still.instance = process_instances.key;
-- Those that stand still, the newest or the oldest first, and by the time since when they do.
create index process_instances_suspended on process_instances (key) where suspended_at is not null;
create index process_instances_by_suspension on process_instances (suspended_at, key) where suspended_at is not null;
