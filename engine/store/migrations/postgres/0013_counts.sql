-- Counting what runs by version, without reading the instances.
create index process_instances_running on process_instances (status, process_id, version) where status = 'active';
