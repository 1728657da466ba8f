//! What records about deadlines change, and what always holds of them.

use super::ProcessInstance;
use crate::deadline::NEVER;
use crate::{Counted, DeadlineOutcome, Key, Record};

impl ProcessInstance {
    pub(super) fn apply_to_deadline(&mut self, record: &Record) {
        if let Record::DeadlineStarted { deadline } = record {
            self.deadlines.insert(deadline.key, deadline.clone());
        } else if let Record::DeadlineChanged {
            deadline,
            change,
            counted,
        } = record
        {
            if let Some(running) = self.deadlines.get_mut(deadline) {
                running.changes.push((**change).clone());
            }
            self.count(*deadline, counted);
        } else if let Record::DeadlineRecomputed { deadline, counted } = record {
            self.count(*deadline, counted);
        } else if let Record::DeadlineStopped {
            deadline, outcome, ..
        } = record
        {
            let stopped = self.deadlines.remove(deadline);
            let unexplained = stopped.is_some_and(|stopped| stopped.miss_reason.is_none());
            if *outcome == DeadlineOutcome::Missed && unexplained {
                self.missed.insert(*deadline);
            }
        } else if let Record::DeadlineExplained {
            deadline, reason, ..
        } = record
        {
            self.missed.remove(deadline);
            if let Some(running) = self.deadlines.get_mut(deadline) {
                running.miss_reason = Some(reason.clone());
            }
        } else if let Record::CalendarChosen { calendar } = record {
            self.calendar.clone_from(calendar);
        }
    }

    /// The deadline, and its task or timer, are due otherwise.
    fn count(&mut self, key: Key, counted: &Counted) {
        let Some(running) = self.deadlines.get_mut(&key) else {
            return;
        };
        running.counted = counted.clone();
        if let Some(task) = self.tasks.get_mut(&key) {
            task.due = counted.due;
        }
        if let Some(timer) = self.timers.get_mut(&key) {
            timer.due = counted.due.unwrap_or(NEVER);
        }
    }

    /// Each deadline has its task or timer, which is due when it says.
    pub(crate) fn check_deadlines(&self) -> Result<(), String> {
        for (key, deadline) in &self.deadlines {
            let due = match (self.tasks.get(key), self.timers.get(key)) {
                (Some(task), None) if deadline.of_task => task.due,
                (None, Some(timer)) if !deadline.of_task => {
                    Some(timer.due).filter(|due| *due != NEVER)
                }
                (_, _) => return Err(format!("the deadline {key} has no task or timer")),
            };
            if due != deadline.counted.due || *key != deadline.key {
                return Err(format!(
                    "the deadline {key} is due {:?}, its task or timer {due:?}",
                    deadline.counted.due
                ));
            }
        }
        Ok(())
    }
}
