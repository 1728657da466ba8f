//! What is asked of tasks. A change waits for the listeners of the task to it, where the model has some.

use feel::Context;

use super::Stepper;
use super::variables::check_size;
use crate::elements::Element;
use crate::limits::TASK_PRIORITY_MAX;
use crate::{
    Assignment, Corrections, Held, JobKind, Key, Record, Rejection, Stage, Task, TaskChange,
    TaskEvent, TaskUpdate,
};

/// Whether a worker listens to changes of this kind.
fn hears(element: &Element, event: TaskEvent) -> bool {
    matches!(element, Element::UserTask(task) if task.listeners.iter().any(|l| l.event == event))
}

impl<'a> Stepper<'a> {
    /// A task that is open, and not waiting for a listener.
    pub(super) fn task(&self, key: Key) -> Result<&Task, Rejection> {
        let found = self.instance.tasks().get(&key);
        let task = found.ok_or(Rejection::NoSuchTask { task: key })?;
        let Some(held) = &task.held else {
            return Ok(task);
        };
        let mut jobs = self.instance.jobs().values();
        let job =
            jobs.find(|job| matches!(job.kind, JobKind::TaskListener { task, .. } if task == key));
        Err(Rejection::TaskWaits {
            task: key,
            name: task.name.to_string(),
            event: held.change.event().as_str(),
            listener: job.map(|job| job.job_type.clone()).unwrap_or_default(),
        })
    }

    /// A change of a task happens; first its listeners are asked, where it has some.
    pub(super) fn change_task(&mut self, key: Key, change: TaskChange) {
        let Some(task) = self.instance.tasks().get(&key) else {
            return;
        };
        let visit = task.element_instance;
        let node = if self.definition.has_task_listeners {
            self.node_of(visit)
        } else {
            None
        };
        if node.is_some_and(|index| hears(&self.definition.at(index).element, change.event())) {
            let change = Box::new(change);
            self.emit(Record::TaskChangeHeld { task: key, change });
            self.proceed(visit, Stage::TaskListener(0));
        } else {
            self.make_change(key, visit, change);
        }
    }

    fn make_change(&mut self, task: Key, visit: Key, change: TaskChange) {
        match change {
            TaskChange::Create { assignee: None } => {}
            TaskChange::Create { assignee } | TaskChange::Assign { assignee } => {
                self.emit(Record::TaskAssigned { task, assignee });
            }
            TaskChange::Update(update) => {
                let update = Box::new(update);
                self.emit(Record::TaskUpdated { task, update });
            }
            TaskChange::Complete { by, variables } => {
                self.emit(Record::TaskCompleted { task, by });
                self.finish(visit, &variables);
            }
        }
    }

    /// All listeners have let the change of a task be.
    pub(super) fn decide_change(&mut self, task: Key, visit: Key, held: Held) {
        let decided = Record::TaskChangeDecided { task, denied: None };
        match held.change {
            TaskChange::Create { assignee } => {
                self.emit(decided);
                let assignee = held.corrections.assignee_or(assignee);
                if assignee.is_some() {
                    self.change_task(task, TaskChange::Assign { assignee });
                }
            }
            TaskChange::Assign { assignee } => {
                let assignee = held.corrections.assignee_or(assignee);
                self.make_change(task, visit, TaskChange::Assign { assignee });
                self.emit(decided);
            }
            TaskChange::Update(_) => {
                let open = self.instance.tasks().get(&task);
                let before = open.and_then(|task| task.assignee.clone());
                let assignee = held.corrections.assignee_or(before.clone());
                self.make_change(task, visit, held.change);
                if assignee != before {
                    self.emit(Record::TaskAssigned { task, assignee });
                }
                self.emit(decided);
            }
            TaskChange::Complete { .. } => {
                self.emit(decided);
                self.make_change(task, visit, held.change);
            }
        }
    }

    /// A worker has looked at a change of a task.
    pub(super) fn complete_task_listener(
        &mut self,
        job: Key,
        denied: Option<String>,
        corrections: Corrections,
    ) -> Result<(), Rejection> {
        let visit = self.job(job)?;
        let JobKind::TaskListener {
            event,
            number,
            task,
        } = self.instance.jobs()[&job].kind
        else {
            return Err(Rejection::NotATaskListener { job });
        };
        if denied.is_some() && event == TaskEvent::Creating {
            return Err(Rejection::CannotDeny {
                event: event.as_str(),
            });
        }
        if denied.is_some() && !corrections.is_empty() {
            return Err(Rejection::DeniedAndCorrected);
        }
        check_priority(corrections.priority)?;
        self.job_done(job);
        if denied.is_some() {
            self.emit(Record::TaskChangeDecided { task, denied });
            return Ok(());
        }
        if !corrections.is_empty() {
            let corrections = Box::new(corrections);
            self.emit(Record::TaskCorrected { task, corrections });
        }
        self.proceed(visit, Stage::TaskListener(number + 1));
        Ok(())
    }

    pub(super) fn complete_task(
        &mut self,
        key: Key,
        by: Option<String>,
        variables: Context,
    ) -> Result<(), Rejection> {
        let task = self.task(key)?;
        if let Some(person) = &by {
            let name = task.name.to_string();
            match &task.assignee {
                None => return Err(Rejection::TaskUnassigned { task: key, name }),
                Some(assignee) if assignee != person => {
                    let assignee = assignee.clone();
                    return Err(Rejection::TaskOfAnother {
                        task: key,
                        name,
                        assignee,
                    });
                }
                Some(_) => {}
            }
        }
        check_size(&variables, self.instance.bytes())?;
        self.change_task(key, TaskChange::Complete { by, variables });
        Ok(())
    }

    pub(super) fn escalate_task(
        &mut self,
        key: Key,
        code: String,
        variables: Context,
    ) -> Result<(), Rejection> {
        let visit = self.task(key)?.element_instance;
        check_size(&variables, self.instance.bytes())?;
        if let Some(at) = self.at(visit) {
            self.escalate(at, code, variables);
        }
        Ok(())
    }

    pub(super) fn assign_task(
        &mut self,
        key: Key,
        assignee: String,
        expect: Assignment,
    ) -> Result<(), Rejection> {
        let task = self.task(key)?;
        match &task.assignee {
            Some(present) if *present == assignee => return Ok(()),
            Some(present) if expect == Assignment::Unassigned => {
                return Err(Rejection::TaskAlreadyAssigned {
                    task: key,
                    name: task.name.to_string(),
                    assignee: present.clone(),
                });
            }
            Some(_) | None => {}
        }
        let assignee = Some(assignee);
        self.change_task(key, TaskChange::Assign { assignee });
        Ok(())
    }

    pub(super) fn update_task(&mut self, task: Key, update: TaskUpdate) -> Result<(), Rejection> {
        self.task(task)?;
        check_priority(update.priority)?;
        self.change_task(task, TaskChange::Update(update));
        Ok(())
    }
}

fn check_priority(priority: Option<u8>) -> Result<(), Rejection> {
    match priority.filter(|priority| *priority > TASK_PRIORITY_MAX) {
        Some(priority) => Err(Rejection::InvalidPriority { priority }),
        None => Ok(()),
    }
}
