//! What each command does before the loop runs: check that it fits, then the first records.

use feel::Context;

use super::variables::check_size;
use super::{Failure, Stepper, Thrown};
use crate::elements::Element;
use crate::time;
use crate::{Command, IncidentKind, Key, Record, Rejection, Stage, Status, TaskChange, Timer};

impl<'a> Stepper<'a> {
    /// Carries out a command up to where the loop takes over. Rejections come before the first record.
    pub(super) fn command(&mut self, command: Command) -> Result<(), Rejection> {
        if self.instance.status() != Status::Active {
            // Why something was late is often asked later.
            if let Command::ExplainMiss {
                deadline,
                reason,
                by,
            } = command
            {
                return self.explain_miss(deadline, reason, by);
            }
            return self.after_the_end(&command);
        }
        if let Some(done) = self.while_suspended(&command) {
            return done;
        }
        match command {
            Command::CompleteTask {
                task,
                by,
                variables,
            } => self.complete_task(task, by, variables),
            Command::AssignTask {
                task,
                assignee,
                expect,
            } => self.assign_task(task, assignee, expect),
            Command::UnassignTask { task } => {
                self.task(task)?;
                self.change_task(task, TaskChange::Assign { assignee: None });
                Ok(())
            }
            Command::UpdateTask { task, update } => self.update_task(task, update),
            Command::CompleteJob { job, variables } => self.complete_job(job, &variables),
            Command::CompleteAdHocJob {
                job,
                variables,
                elements,
                completion_condition_fulfilled,
                cancel_remaining,
            } => self.complete_ad_hoc_job(
                job,
                &variables,
                &elements,
                completion_condition_fulfilled,
                cancel_remaining,
            ),
            Command::ActivateElements {
                ad_hoc,
                elements,
                cancel_remaining,
            } => self.activate_elements(ad_hoc, &elements, cancel_remaining),
            Command::CompleteAdHoc { ad_hoc } => self.complete_ad_hoc(ad_hoc),
            Command::CompleteTaskListener {
                job,
                denied,
                reason,
                corrections,
            } => {
                let denied = denied.then(|| reason.unwrap_or_default());
                self.complete_task_listener(job, denied, corrections)
            }
            Command::FailJob {
                job,
                retries,
                message,
            } => self.fail_job(job, retries, message),
            Command::ThrowError {
                job,
                code,
                message,
                variables,
            } => {
                let error = Thrown {
                    code,
                    message,
                    variables,
                };
                self.throw_from_job(job, error)
            }
            Command::Escalate {
                task,
                code,
                variables,
            } => self.escalate_task(task, code, variables),
            Command::UpdateRetries { job, retries } => {
                self.job(job)?;
                self.emit(Record::JobRetriesUpdated { job, retries });
                Ok(())
            }
            Command::FireTimer { timer } => self.fire(timer),
            Command::Trigger {
                subscription,
                variables,
            } => self.trigger(subscription, &variables),
            Command::SetVariables {
                scope,
                variables,
                local,
            } => self.set_variables(scope, &variables, local),
            Command::ResolveIncident { incident } => self.resolve(incident),
            Command::PauseDeadline { .. }
            | Command::ResumeDeadline { .. }
            | Command::ExtendDeadline { .. } => self.change_deadline(command),
            Command::RecomputeDeadlines => {
                self.recompute_deadlines();
                Ok(())
            }
            Command::ExplainMiss {
                deadline,
                reason,
                by,
            } => self.explain_miss(deadline, reason, by),
            Command::UseCalendar { calendar } => self.use_calendar(calendar),
            Command::Suspend => {
                self.suspend();
                Ok(())
            }
            Command::Resume => self.resume(),
            Command::Modify { modification } => self.modify(&modification),
            Command::Migrate { migration } => self.migrate(&migration),
            Command::UndoMigration => self.undo_migration(),
            Command::CancelInstance => {
                self.cancel();
                Ok(())
            }
            Command::CalledCompleted { .. }
            | Command::CalledFailed { .. }
            | Command::CalledEscalated { .. }
            | Command::CalledCancelled { .. } => {
                self.answer(command);
                Ok(())
            }
        }
    }

    /// A called process has ended.
    pub(super) fn answer(&mut self, command: Command) {
        if let Command::CalledCompleted { element, variables } = command {
            self.called_completed(element, &variables);
        } else if let Command::CalledFailed {
            element,
            code,
            message,
        } = command
        {
            let error = Thrown {
                code,
                message,
                variables: Context::default(),
            };
            self.called_failed(element, error);
        } else if let Command::CalledEscalated {
            element,
            code,
            variables,
        } = command
        {
            if let Some(at) = self.at(element) {
                self.escalate(at, code, variables);
            }
        } else if let Command::CalledCancelled { element } = command {
            self.called_cancelled(element);
        }
    }

    /// Answers of called processes come late without harm; everything else is refused.
    fn after_the_end(&self, command: &Command) -> Result<(), Rejection> {
        let answer = matches!(
            command,
            Command::CalledCompleted { .. }
                | Command::CalledFailed { .. }
                | Command::CalledEscalated { .. }
                | Command::CalledCancelled { .. }
        );
        if answer {
            return Ok(());
        }
        Err(Rejection::InstanceEnded {
            instance: self.instance.key(),
            status: self.instance.status(),
        })
    }

    fn fire(&mut self, key: Key) -> Result<(), Rejection> {
        let timer = self.instance.timers().get(&key).cloned();
        let timer = timer.ok_or(Rejection::NoSuchTimer { timer: key })?;
        let zone = &self.environment.zone;
        let time::Come { counts, next } =
            time::come(timer.due, timer.repeat.as_ref(), self.now, zone);
        self.emit(if counts {
            Record::TimerFired { timer: key }
        } else {
            Record::TimerWithdrawn { timer: key }
        });
        let Some(event) = self.definition.find(&timer.element) else {
            return Ok(());
        };
        if let Some((due, repeat)) = next {
            let timer = Box::new(Timer {
                key: self.next_key(),
                due,
                repeat: Some(repeat),
                ..timer.clone()
            });
            self.emit(Record::TimerStarted { timer });
        }
        if counts {
            let nothing = Context::default();
            self.occur(event, timer.element_instance, timer.definition, &nothing);
        }
        Ok(())
    }

    fn trigger(&mut self, key: Key, variables: &Context) -> Result<(), Rejection> {
        let open = self.instance.subscriptions().get(&key).cloned();
        let open = open.ok_or(Rejection::NoSuchSubscription { subscription: key })?;
        check_size(variables, self.instance.bytes())?;
        self.emit(Record::SubscriptionTriggered { subscription: key });
        if let Some(event) = self.definition.find(&open.element) {
            self.occur(event, open.element_instance, open.definition, variables);
        }
        Ok(())
    }

    fn set_variables(
        &mut self,
        scope: Key,
        variables: &Context,
        local: bool,
    ) -> Result<(), Rejection> {
        if self.instance.scope(scope).is_none() {
            let instance = self.instance.key();
            return Err(Rejection::NoSuchScope { scope, instance });
        }
        check_size(variables, self.instance.bytes())?;
        if local {
            self.set_all(scope, variables);
        } else {
            self.set_upward(scope, variables);
        }
        Ok(())
    }

    fn resolve(&mut self, key: Key) -> Result<(), Rejection> {
        let incident = self.instance.incidents().get(&key).cloned();
        let incident = incident.ok_or(Rejection::NoSuchIncident { incident: key })?;
        self.emit(Record::IncidentResolved { incident: key });
        let visit = incident.element_instance;
        let of_a_join = self.definition.find(&incident.element) != self.node_of(visit);
        match incident.job {
            None if incident.stage == Stage::Listen && visit == self.instance.key() => {
                self.listen_in_instance();
            }
            None if self.is_of_process(&incident) => self.hear_process_again(incident.stage),
            None if of_a_join => self.touch(visit),
            Some(job) => {
                let retries = self.instance.jobs().get(&job).map_or(0, |job| job.retries);
                if retries == 0 {
                    self.emit(Record::JobRetriesUpdated { job, retries: 1 });
                }
            }
            None => self.proceed(visit, incident.stage),
        }
        Ok(())
    }

    fn called_completed(&mut self, visit: Key, variables: &Context) {
        let Some(at) = self.at(visit) else {
            return;
        };
        if let Element::CallActivity(call) = &at.node.element {
            let is_mapped = !at.node.outputs.is_empty() && !at.node.results_rise;
            if call.propagates_results || is_mapped {
                self.finish(visit, variables);
            } else {
                self.proceed(visit, Stage::Complete);
            }
        }
    }

    fn called_failed(&mut self, visit: Key, error: Thrown) {
        let Some(at) = self.at(visit) else {
            return;
        };
        if let Err(failure) = self.throw(at, error) {
            self.raise(at, Stage::Execute, failure);
        }
    }

    fn called_cancelled(&mut self, visit: Key) {
        let Some(at) = self.at(visit) else {
            return;
        };
        let message = format!(
            "The process that \"{}\" called was cancelled",
            at.node.label()
        );
        let failure = Failure::new(IncidentKind::CalledProcess, message);
        self.raise(at, Stage::Execute, failure);
    }
}
