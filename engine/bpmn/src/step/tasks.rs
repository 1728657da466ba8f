//! What is asked of tasks.

use feel::Context;

use super::Stepper;
use super::variables::check_size;
use crate::{Assignment, Command, Key, Record, Rejection, Task};

impl<'a> Stepper<'a> {
    pub(super) fn task(&self, task: Key) -> Result<&Task, Rejection> {
        let found = self.instance.tasks().get(&task);
        found.ok_or(Rejection::NoSuchTask { task })
    }

    pub(super) fn complete_task(
        &mut self,
        key: Key,
        by: Option<String>,
        variables: &Context,
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
        let visit = task.element_instance;
        check_size(variables, self.instance.bytes())?;
        self.emit(Record::TaskCompleted { task: key, by });
        self.finish(visit, variables);
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
        self.emit(Record::TaskAssigned {
            task: key,
            assignee: Some(assignee),
        });
        Ok(())
    }

    pub(super) fn update_task(&mut self, command: Command) -> Result<(), Rejection> {
        let Command::UpdateTask {
            task,
            due,
            follow_up,
            priority,
            candidate_groups,
        } = command
        else {
            return Ok(());
        };
        self.task(task)?;
        if let Some(priority) = priority.filter(|priority| *priority > 100) {
            return Err(Rejection::InvalidPriority { priority });
        }
        self.emit(Record::TaskUpdated {
            task,
            due,
            follow_up,
            priority,
            candidate_groups,
        });
        Ok(())
    }
}
