-- Where calls come from in the end.

-- The instance that nobody called, from which calls led to this one; null where nobody called it. Of what was called by an instance
-- that was deleted it is the last one that is known.
alter table process_instances add column root integer;
with recursive led (key, root) as (
    select c.key, c.parent_instance from process_instances c
    where c.parent_instance is not null
      and not exists (select 1 from process_instances p where p.key = c.parent_instance and p.parent_instance is not null)
    union all
    select c.key, led.root from led join process_instances c on c.parent_instance = led.key
)
update process_instances set root = led.root from led where led.key = process_instances.key;
