-- Finds instances whose history has been kept long enough. Read by retention, the longest ended first.
create index process_instances_by_end on process_instances (definition, ended_at, key) where ended_at is not null;

-- A history goes with its instance, and not before it.
create trigger history_loses_no_rows before delete on history
when exists (select 1 from process_instances where key = old.instance)
begin select raise(abort, 'history is append-only'); end;
