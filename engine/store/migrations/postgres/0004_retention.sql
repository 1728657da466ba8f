-- Finds instances whose history has been kept long enough. Read by retention, the longest ended first.
create index process_instances_by_end on process_instances (definition, ended_at, key) where ended_at is not null;

-- A history goes with its instance, and not before it.
create function history_goes_with_its_instance() returns trigger language plpgsql as $$
begin
    if exists (select 1 from process_instances where key = old.instance) then
        raise exception 'history is append-only';
    end if;
    return old;
end $$;
create trigger history_loses_no_rows before delete on history
    for each row execute function history_goes_with_its_instance();
create trigger history_is_not_emptied before truncate on history
    for each statement execute function append_only();
