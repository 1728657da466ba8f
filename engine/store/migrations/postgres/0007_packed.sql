-- States and records become bytes: `packed.rs` says how they are read. What is there stays as it is, as bytes.

alter table history alter column records type bytea using convert_to(records, 'UTF8');
alter table process_instances alter column state type bytea using convert_to(state, 'UTF8');
