-- Deadlines are found by how they stand and by when they are due, the first due first.
create index deadlines_by_state on deadlines (state, due, key);
create index deadlines_by_due on deadlines (due, key);
