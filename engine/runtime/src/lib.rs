//! Commands in batches, one transaction a batch; the clock, the timers, the jobs.
