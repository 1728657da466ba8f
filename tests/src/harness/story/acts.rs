//! What people and programs do in a story.

use bpmn::elements::ElementStart;
use bpmn::{Assignment, Command, Corrections, Key, Task};
use feel::Context;
use runtime::Publication;
use serde_json::json;

use super::Story;
use crate::scenario::Act;

impl Story<'_> {
    pub(super) fn act(&mut self, act: &Act) -> Result<(), String> {
        match act {
            Act::Start { at, variables } => {
                self.known(at.as_deref())?;
                let at = at.as_deref().map(|called| self.names.id(called));
                let variables = self.context(variables.as_deref())?;
                let key = self.harness.start(&self.scenario.process, at, variables)?;
                self.first.get_or_insert(key);
                Ok(())
            }
            Act::Publish {
                name,
                correlation,
                id,
                time_to_live_ms,
                variables,
            } => {
                let variables = self.context(variables.as_deref())?;
                self.harness.publish(Publication {
                    name: name.clone(),
                    correlation: correlation.clone(),
                    message_id: id.clone(),
                    time_to_live_ms: *time_to_live_ms,
                    variables,
                })
            }
            Act::Correlate {
                name,
                correlation,
                variables,
            } => {
                let variables = self.context(variables.as_deref())?;
                self.harness.correlate(name, correlation, variables)
            }
            Act::Broadcast { name, variables } => {
                let variables = self.context(variables.as_deref())?;
                self.harness.broadcast(name, variables)
            }
            Act::EvaluateConditions { variables } => {
                let variables = self.context(variables.as_deref())?;
                self.harness.evaluate_conditions(variables)
            }
            Act::Complete {
                task,
                by,
                variables,
            } => {
                let task = self.task_of(task, by.as_deref())?;
                let variables = self.context(variables.as_deref())?;
                if let (Some(user), None) = (by, &task.assignee) {
                    self.assign(&task, user, Assignment::Unassigned)?;
                }
                self.give(
                    task.key,
                    Command::CompleteTask {
                        task: task.key,
                        by: by.clone(),
                        variables,
                    },
                )
            }
            Act::Claim { task, by } => {
                let task = self.task(task)?;
                self.assign(&task, by, Assignment::Unassigned)
            }
            Act::Release { task } => {
                let task = self.task(task)?.key;
                self.give(task, Command::UnassignTask { task })
            }
            Act::Reassign { task, to } => {
                let task = self.task(task)?;
                self.assign(&task, to, Assignment::Anyone)
            }
            Act::CompleteJob { kind, variables } => {
                let job = self.job(kind)?.key;
                let variables = self.context(variables.as_deref())?;
                self.give(job, Command::CompleteJob { job, variables })
            }
            Act::FailJob {
                kind,
                retries,
                message,
            } => {
                let job = self.job(kind)?.key;
                self.give(
                    job,
                    Command::FailJob {
                        job,
                        retries: *retries,
                        message: message.clone(),
                    },
                )
            }
            Act::DenyJob { kind, reason } => {
                let job = self.job(kind)?.key;
                let reason = reason.clone();
                self.look(job, true, reason, Corrections::default())
            }
            Act::CorrectJob { kind, corrections } => {
                let job = self.job(kind)?.key;
                let corrections = corrections_of(&self.context(corrections.as_deref())?)?;
                self.look(job, false, None, corrections)
            }
            Act::Throw {
                code,
                kind,
                variables,
            } => {
                let job = self.job(kind)?.key;
                let variables = self.context(variables.as_deref())?;
                let message = "thrown in a scenario".to_owned();
                self.give(
                    job,
                    Command::ThrowError {
                        job,
                        code: code.clone(),
                        message,
                        variables,
                    },
                )
            }
            Act::Escalate {
                code,
                task,
                variables,
            } => {
                let task = self.task(task)?.key;
                let (code, variables) = (code.clone(), self.context(variables.as_deref())?);
                self.give(
                    task,
                    Command::Escalate {
                        task,
                        code,
                        variables,
                    },
                )
            }
            Act::Activate {
                element,
                ad_hoc,
                variables,
            } => {
                let (ad_hoc, _) = self.ad_hoc(ad_hoc.as_deref())?;
                let variables = self.context(variables.as_deref())?;
                let element = self.id(element)?;
                let elements = vec![ElementStart { element, variables }];
                let cancel_remaining = false;
                self.give(
                    ad_hoc,
                    Command::ActivateElements {
                        ad_hoc,
                        elements,
                        cancel_remaining,
                    },
                )
            }
            Act::Finish { ad_hoc } => {
                let (ad_hoc, _) = self.ad_hoc(Some(ad_hoc))?;
                self.give(ad_hoc, Command::CompleteAdHoc { ad_hoc })
            }
            Act::Choose {
                elements,
                kind,
                over,
                variables,
            } => {
                let job = self.job(kind)?.key;
                let variables = self.context(variables.as_deref())?;
                let mut starts = Vec::new();
                for element in elements {
                    let element = self.id(element)?;
                    let variables = feel::Context::default();
                    starts.push(ElementStart { element, variables });
                }
                self.give(
                    job,
                    Command::CompleteAdHocJob {
                        job,
                        variables,
                        elements: starts,
                        completion_condition_fulfilled: *over,
                        cancel_remaining: false,
                    },
                )
            }
            Act::Set { variables } => {
                let scope = self.first()?;
                let variables = self.context(Some(variables))?;
                self.give(
                    scope,
                    Command::SetVariables {
                        scope,
                        variables,
                        local: false,
                    },
                )
            }
            Act::Deadline(act) => self.deadline_act(act),
            Act::ByHand(act) => self.by_hand(act),
            Act::Resolve { incident } => self.resolve(incident),
            Act::Cancel => {
                let first = self.first()?;
                self.give(first, Command::CancelInstance)
            }
        }
    }

    pub(super) fn give(&mut self, to: Key, command: Command) -> Result<(), String> {
        self.harness.command(to.instance(), command)
    }

    pub(super) fn assign(
        &mut self,
        task: &Task,
        user: &str,
        expect: Assignment,
    ) -> Result<(), String> {
        let assignee = user.to_owned();
        self.give(
            task.key,
            Command::AssignTask {
                task: task.key,
                assignee,
                expect,
            },
        )
    }

    /// A job that has no retries left gets one first, as an operator would do.
    pub(super) fn resolve(&mut self, wanted: &str) -> Result<(), String> {
        let found = self
            .incidents()?
            .into_iter()
            .find(|incident| self.is_incident(incident, wanted));
        let incident = found.ok_or_else(|| format!("there is no incident at \"{wanted}\""))?;
        if let Some(job) = incident.job {
            self.give(job, Command::UpdateRetries { job, retries: 1 })?;
        }
        self.give(
            incident.key,
            Command::ResolveIncident {
                incident: incident.key,
            },
        )
    }

    /// A worker has looked at what is to happen to a task.
    fn look(
        &mut self,
        job: Key,
        denied: bool,
        reason: Option<String>,
        corrections: Corrections,
    ) -> Result<(), String> {
        let command = Command::CompleteTaskListener {
            job,
            denied,
            reason,
            corrections,
        };
        self.give(job, command)
    }
}

/// What a listener corrects, from `{ assignee: "ruth", due: null, priority: 80 }`: null takes away.
fn corrections_of(context: &Context) -> Result<Corrections, String> {
    let entries = context.iter().map(|(name, value)| {
        let json = value.to_json();
        let json = match name {
            "assignee" | "due" | "followUp" if json.is_null() => json!("cleared"),
            "assignee" | "due" | "followUp" => json!({ "to": json }),
            _ => json,
        };
        (name.to_owned(), json)
    });
    let json = entries.collect::<serde_json::Map<_, _>>().into();
    serde_json::from_value(json).map_err(|problem| format!("these are no corrections: {problem}"))
}
