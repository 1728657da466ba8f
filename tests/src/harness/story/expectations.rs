//! What must be so in a story, and how it is otherwise.

use std::collections::BTreeSet;
use std::fmt;

use bpmn::{Awaited, Record, Status, Task, Timer};
use feel::Context;
use jiff::Timestamp;

use super::Story;
use super::seen::shown_awaited;
use crate::harness::Instance;
use crate::scenario::{Expectation, TaskPattern};

impl Story<'_> {
    pub(super) fn expect(&mut self, expectation: &Expectation) -> Result<(), String> {
        match expectation {
            Expectation::Task(pattern) => self.expect_task(pattern),
            Expectation::NoTask(name) => {
                self.known(name.as_deref())?;
                let tasks = self
                    .open_tasks()?
                    .into_iter()
                    .filter(|task| self.called(name.as_deref(), &task.element));
                absent(tasks.map(|task| format!("the task \"{}\" is open", task.name)))
            }
            Expectation::CanActivate { element, ad_hoc } => {
                self.known(Some(element))?;
                let (_, startable) = self.ad_hoc(ad_hoc.as_deref())?;
                if startable.iter().any(|id| self.names.is(id, element)) {
                    Ok(())
                } else {
                    Err(format!("\"{element}\" cannot be started now"))
                }
            }
            Expectation::Job(kind) => self.job(kind).map(|_| ()),
            Expectation::NoJob(kind) => {
                let jobs = self
                    .jobs()?
                    .into_iter()
                    .filter(|job| kind.as_ref().is_none_or(|kind| *kind == job.job_type));
                absent(jobs.map(|job| format!("a job \"{}\" waits", job.job_type)))
            }
            Expectation::Timer { element, due } => self.expect_timer(element, *due),
            Expectation::NoTimer(element) => {
                self.known(element.as_deref())?;
                let timers = self
                    .timers()?
                    .into_iter()
                    .filter(|timer| self.called(element.as_deref(), &timer.element));
                absent(timers.map(|timer| {
                    format!("the timer \"{}\" runs", self.names.shown(&timer.element))
                }))
            }
            Expectation::Deadline(pattern) => self.expect_deadline(pattern),
            Expectation::NoDeadline(element) => self.expect_no_deadline(element.as_deref()),
            Expectation::Message { name, correlation } => {
                let fits = |awaited: &Awaited| {
                    matches!(awaited, Awaited::Message { name: of, correlation: key }
                        if of == name && correlation.as_ref().is_none_or(|wanted| wanted == key))
                };
                if self.awaited()?.iter().any(fits) {
                    Ok(())
                } else {
                    Err(format!("no message \"{name}\" is awaited so"))
                }
            }
            Expectation::NoMessage(name) => {
                let messages = self.awaited()?.into_iter().filter(|awaited| {
                    matches!(awaited, Awaited::Message { name: of, .. }
                        if name.as_ref().is_none_or(|name| name == of))
                });
                absent(
                    messages.map(|awaited| format!("the {} is awaited", shown_awaited(&awaited))),
                )
            }
            Expectation::Signal(name) => {
                let is_it = |awaited: &Awaited| matches!(awaited, Awaited::Signal { name: of } if of == name);
                if self.awaited()?.iter().any(is_it) {
                    Ok(())
                } else {
                    Err(format!("no signal \"{name}\" is awaited"))
                }
            }
            Expectation::NoSignal(name) => {
                let signals = self.awaited()?.into_iter().filter(|awaited| {
                    matches!(awaited, Awaited::Signal { name: of }
                        if name.as_ref().is_none_or(|name| name == of))
                });
                absent(signals.map(|awaited| format!("the {} is awaited", shown_awaited(&awaited))))
            }
            Expectation::Instances { process, number } => {
                let instances = self.harness.instances()?;
                let theirs = instances.iter();
                let found = theirs
                    .filter(|instance| instance.state.process_id() == process)
                    .count();
                if number.map_or(found > 0, |number| found == number) {
                    Ok(())
                } else {
                    Err(format!("there are {found} instances of \"{process}\""))
                }
            }
            Expectation::Variable { name, value } => self.expect_variable(name, value),
            Expectation::NoVariable(name) => match self.root()?.get(name) {
                None => Ok(()),
                Some(value) => Err(format!("{name} = {}", value.to_json())),
            },
            Expectation::Incident(wanted) => {
                let is_there = self
                    .incidents()?
                    .iter()
                    .any(|incident| self.is_incident(incident, wanted));
                if is_there {
                    Ok(())
                } else {
                    Err(format!("there is no incident \"{wanted}\""))
                }
            }
            Expectation::NoIncident => {
                let incidents = self.incidents()?;
                absent(
                    incidents
                        .into_iter()
                        .map(|incident| format!("there is an incident: {}", incident.message)),
                )
            }
            Expectation::Active => {
                self.expect_status("still active", |status| status == Status::Active)
            }
            Expectation::Ended => self.expect_status("ended", |status| status != Status::Active),
            Expectation::EndedAt(element) => {
                self.expect_status("ended by itself", |status| status == Status::Completed)?;
                self.expect_visit(element, Fate::Passed, true)
            }
            Expectation::Passed(element) => self.expect_visit(element, Fate::Passed, true),
            Expectation::NotPassed(element) => self.expect_visit(element, Fate::Passed, false),
            Expectation::Terminated(element) => self.expect_visit(element, Fate::Terminated, true),
        }
    }

    fn expect_task(&mut self, pattern: &TaskPattern) -> Result<(), String> {
        self.known(Some(&pattern.name))?;
        let named: Vec<Task> = self
            .open_tasks()?
            .into_iter()
            .filter(|task| self.called(Some(&pattern.name), &task.element))
            .collect();
        if named.is_empty() {
            return Err(format!("there is no open task \"{}\"", pattern.name));
        }
        let found = named.iter().filter(|task| fits(task, pattern)).count();
        if pattern.times.map_or(found > 0, |times| found == times) {
            return Ok(());
        }
        if pattern.times.is_some() && found > 0 {
            return Err(format!("there are {found} such tasks"));
        }
        let shown: Vec<String> = named.iter().map(|task| self.shown_task(task)).collect();
        Err(format!("the task looks otherwise: {}", shown.join("; ")))
    }

    fn expect_timer(&mut self, element: &str, due: Option<Timestamp>) -> Result<(), String> {
        self.known(Some(element))?;
        let named: Vec<Timer> = self
            .timers()?
            .into_iter()
            .filter(|timer| self.called(Some(element), &timer.element))
            .collect();
        if named
            .iter()
            .any(|timer| due.is_none_or(|due| due == timer.due))
        {
            return Ok(());
        }
        match named.first() {
            None => Err(format!("there is no timer \"{element}\"")),
            Some(timer) => Err(format!("the timer is due {}", self.local(timer.due))),
        }
    }

    fn expect_variable(&mut self, name: &str, expected: &str) -> Result<(), String> {
        let root = self.root()?;
        let expected = self.evaluate(expected, &Context::default())?;
        // The name may be a path into a context, and a variable that does not exist is no null here.
        let first = name.split('.').next().unwrap_or(name);
        if root.get(first).is_none() {
            return Err(format!("there is no variable {first}"));
        }
        let actual = self.evaluate(name, &root)?;
        if actual == expected {
            Ok(())
        } else {
            Err(format!("{name} = {}", actual.to_json()))
        }
    }

    fn expect_status(&mut self, wanted: &str, fits: impl Fn(Status) -> bool) -> Result<(), String> {
        let first = self.first()?;
        let instances = self.harness.instances()?;
        let status = instances
            .iter()
            .find(|instance| instance.state.key() == first)
            .map(|instance| instance.state.status());
        match status {
            Some(status) if fits(status) => Ok(()),
            Some(status) => Err(format!("the instance is {status}, not {wanted}")),
            None => Err("the instance is gone".to_owned()),
        }
    }

    /// Whether a visit to the element ended so.
    fn expect_visit(&mut self, element: &str, fate: Fate, wanted: bool) -> Result<(), String> {
        self.known(Some(element))?;
        let instances = self.harness.instances()?;
        let found = instances
            .iter()
            .any(|instance| self.has_visit(instance, element, fate));
        match (found, wanted) {
            (true, false) => Err(format!("\"{element}\" was {fate}")),
            (false, true) => Err(format!("\"{element}\" was not {fate}")),
            (true, true) | (false, false) => Ok(()),
        }
    }

    #[allow(
        clippy::wildcard_enum_match_arm,
        reason = "three of many kinds of records are about visits"
    )]
    fn has_visit(&self, instance: &Instance, element: &str, fate: Fate) -> bool {
        let mut entered = BTreeSet::new();
        instance.records.iter().any(|record| match (record, fate) {
            (
                Record::ElementActivated {
                    key,
                    element: id,
                    item: None,
                    ..
                },
                _,
            ) => {
                if self.names.is(id, element) {
                    entered.insert(*key);
                }
                false
            }
            (Record::ElementCompleted { key }, Fate::Passed)
            | (Record::ElementTerminated { key }, Fate::Terminated) => entered.contains(key),
            _ => false,
        })
    }
}

/// How a visit to an element ended.
#[derive(Clone, Copy, Debug)]
enum Fate {
    Passed,
    Terminated,
}

impl fmt::Display for Fate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Fate::Passed => "passed",
            Fate::Terminated => "terminated",
        })
    }
}

fn fits(task: &Task, pattern: &TaskPattern) -> bool {
    let candidates = || task.candidate_groups.iter().chain(&task.candidate_users);
    pattern
        .candidate
        .as_ref()
        .is_none_or(|wanted| candidates().any(|candidate| candidate == wanted))
        && pattern
            .assignee
            .as_ref()
            .is_none_or(|wanted| task.assignee.as_ref() == Some(wanted))
        && pattern.due.is_none_or(|wanted| task.due == Some(wanted))
        && pattern
            .priority
            .is_none_or(|wanted| task.priority == wanted)
}

fn absent(found: impl Iterator<Item = String>) -> Result<(), String> {
    let found: Vec<String> = found.collect();
    if found.is_empty() {
        Ok(())
    } else {
        Err(found.join("\n"))
    }
}
