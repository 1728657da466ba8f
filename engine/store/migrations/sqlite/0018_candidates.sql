-- Candidates are found by what the row of their task says of them: an index more is a page more of the log for each task.
drop index task_candidates_by_task;
