//! An instance that stands still: no time comes, no message or condition, no job is given out, no task is done. With it stands all
//! that it has called. Who has a task, due dates, variables and the definition can be changed; clocks of deadlines go on.
//!
//! What comes meanwhile: timers fire when it goes on, messages that are kept are met then, conditions are looked at then, and
//! what called processes answer is told then. Signals, and messages that nobody keeps, pass.

use super::Stepper;
use crate::elements::Element;
use crate::{Command, FollowUp, Key, Record, Rejection};

impl<'a> Stepper<'a> {
    /// What a command comes to while the instance stands still; `None` where it is carried out all the same.
    pub(super) fn while_suspended(&mut self, command: &Command) -> Option<Result<(), Rejection>> {
        let since = self.instance.suspended_at()?;
        match command {
            Command::Resume
            | Command::CancelInstance
            | Command::AssignTask { .. }
            | Command::UnassignTask { .. }
            | Command::UpdateTask { .. }
            | Command::UpdateRetries { .. }
            | Command::SetVariables { .. }
            | Command::PauseDeadline { .. }
            | Command::ResumeDeadline { .. }
            | Command::ExtendDeadline { .. }
            | Command::RecomputeDeadlines
            | Command::ExplainMiss { .. }
            | Command::UseCalendar { .. }
            | Command::Migrate { .. }
            | Command::UndoMigration => None,
            Command::CalledCompleted { .. }
            | Command::CalledFailed { .. }
            | Command::CalledEscalated { .. }
            | Command::CalledCancelled { .. } => {
                let command = Box::new(command.clone());
                self.emit(Record::AnswerHeld { command });
                Some(Ok(()))
            }
            Command::Suspend
            | Command::Modify { .. }
            | Command::CompleteTask { .. }
            | Command::CompleteJob { .. }
            | Command::CompleteAdHocJob { .. }
            | Command::ActivateElements { .. }
            | Command::CompleteAdHoc { .. }
            | Command::CompleteTaskListener { .. }
            | Command::FailJob { .. }
            | Command::ThrowError { .. }
            | Command::Escalate { .. }
            | Command::FireTimer { .. }
            | Command::Trigger { .. }
            | Command::ResolveIncident { .. } => Some(Err(Rejection::Suspended { since })),
        }
    }

    pub(super) fn suspend(&mut self) {
        self.emit(Record::InstanceSuspended { at: self.now });
        self.tell_called(false);
    }

    pub(super) fn resume(&mut self) -> Result<(), Rejection> {
        if self.instance.suspended_at().is_none() {
            return Err(Rejection::NotSuspended);
        }
        let answers = self.instance.held_answers().to_vec();
        self.emit(Record::InstanceResumed { at: self.now });
        self.tell_called(true);
        for answer in answers {
            self.answer(answer);
        }
        self.look_again();
        Ok(())
    }

    /// What this instance has called stands still with it, and goes on with it.
    fn tell_called(&mut self, resume: bool) {
        let visits = self.instance.elements().keys().copied();
        let calls = visits.filter(|key| {
            let called = self.at(*key);
            called.is_some_and(|at| matches!(at.node.element, Element::CallActivity(_)))
                && !self.is_body(*key)
        });
        for parent_element in calls.collect::<Vec<Key>>() {
            self.follow_up(FollowUp::SuspendCalled {
                parent_element,
                resume,
            });
        }
    }
}

#[cfg(test)]
mod tests;
