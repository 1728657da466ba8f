-- Definitions that are withdrawn: nothing begins by them any more, and what runs by them goes on.

-- When, in microseconds since 1970.
alter table definitions add column withdrawn_at integer;
