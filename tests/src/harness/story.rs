//! Tells a scenario to a harness, line by line, and says where it does not go as written.

use std::collections::BTreeSet;
use std::fmt;
use std::path::PathBuf;

use bpmn::{Assignment, Command, Incident, Job, Key, Record, Status, Task, Timer};
use feel::{Context, Expression, Value};
use jiff::Timestamp;

use super::{Harness, Instance, Names, World, check};
use crate::scenario::{Act, Expectation, Line, Scenario, Step, TaskPattern};

/// Where a scenario did not go as written.
#[derive(Clone, Debug)]
pub struct Failure {
    /// The harness on which it failed.
    pub harness: &'static str,
    /// The file of the scenario.
    pub file: PathBuf,
    /// What the scenario proves.
    pub title: String,
    /// The line that failed, from 1, and its text.
    pub line: (usize, String),
    /// What is wrong.
    pub problem: String,
    /// What waits now.
    pub waiting: String,
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Failure {
            harness,
            file,
            title,
            line: (number, text),
            problem,
            waiting,
        } = self;
        writeln!(f, "{}:{number}: {title} (on {harness})", file.display())?;
        writeln!(f, "    line     {text}")?;
        writeln!(
            f,
            "    but      {}",
            problem.replace('\n', "\n             ")
        )?;
        write!(
            f,
            "    waits    {}",
            waiting.replace('\n', "\n             ")
        )
    }
}

/// Plays a scenario to its end, or to the first line that fails.
pub fn play(
    scenario: &Scenario,
    world: &World,
    names: &Names,
    harness: &mut dyn Harness,
) -> Result<(), Box<Failure>> {
    let mut story = Story {
        scenario,
        world,
        names,
        harness,
        first: None,
    };
    for line in &scenario.lines {
        story
            .line(line)
            .map_err(|problem| Box::new(story.failure(line, problem)))?;
    }
    Ok(())
}

struct Story<'a> {
    scenario: &'a Scenario,
    world: &'a World,
    names: &'a Names,
    harness: &'a mut dyn Harness,
    /// The first instance: the one that `expect ended` and the like are about.
    first: Option<Key>,
}

impl Story<'_> {
    fn failure(&mut self, line: &Line, problem: String) -> Failure {
        Failure {
            harness: self.harness.name(),
            file: self.scenario.file.clone(),
            title: self.scenario.title.clone(),
            line: (line.number, line.text.clone()),
            problem,
            waiting: self.waiting(),
        }
    }

    fn line(&mut self, line: &Line) -> Result<(), String> {
        match &line.step {
            Step::Start { variables } => {
                let variables = self.context(variables.as_deref())?;
                let key = self.harness.start(&self.scenario.process, variables)?;
                self.first.get_or_insert(key);
            }
            Step::Do(act) => self.act(act)?,
            Step::Cannot(act) => self.refused(act)?,
            Step::Wait(span) => {
                let now = self.harness.now().to_zoned(self.world.zone.clone());
                let then = now.checked_add(*span).map_err(|error| error.to_string())?;
                self.harness.advance(then.timestamp())?;
            }
            Step::WaitUntil(time) => self.harness.advance(*time)?,
            Step::Restart => self.harness.restart()?,
            Step::Expect(expectation) => return self.expect(expectation),
        }
        let instances = self.harness.instances()?;
        check(&instances)?;
        self.harness.check(&instances)
    }

    fn refused(&mut self, act: &Act) -> Result<(), String> {
        let before = self.harness.instances()?;
        if self.act(act).is_ok() {
            return Err("it was done, and should have been refused".to_owned());
        }
        if self.harness.instances()? == before {
            Ok(())
        } else {
            Err("it was refused, but something changed".to_owned())
        }
    }

    fn act(&mut self, act: &Act) -> Result<(), String> {
        match act {
            Act::Complete {
                task,
                by,
                variables,
            } => {
                let task = self.task(task)?;
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
            Act::Resolve { incident } => self.resolve(incident),
            Act::Cancel => {
                let first = self.first()?;
                self.give(first, Command::CancelInstance)
            }
        }
    }

    fn give(&mut self, to: Key, command: Command) -> Result<(), String> {
        self.harness.command(to.instance(), command)
    }

    fn assign(&mut self, task: &Task, user: &str, expect: Assignment) -> Result<(), String> {
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
    fn resolve(&mut self, wanted: &str) -> Result<(), String> {
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

    fn expect(&mut self, expectation: &Expectation) -> Result<(), String> {
        match expectation {
            Expectation::Task(pattern) => self.expect_task(pattern),
            Expectation::NoTask(name) => {
                self.known(name.as_deref())?;
                let tasks = self
                    .tasks()?
                    .into_iter()
                    .filter(|task| self.called(name.as_deref(), &task.element));
                absent(tasks.map(|task| format!("the task \"{}\" is open", task.name)))
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
            .tasks()?
            .into_iter()
            .filter(|task| self.called(Some(&pattern.name), &task.element))
            .collect();
        if named.is_empty() {
            return Err(format!("there is no open task \"{}\"", pattern.name));
        }
        if named.iter().any(|task| fits(task, pattern)) {
            return Ok(());
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
                    key, element: id, ..
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

    /// A scenario that names an element which no model has proves nothing.
    fn known(&self, name: Option<&str>) -> Result<(), String> {
        match name {
            Some(name) if !self.names.has(name) => Err(format!(
                "no model beside the scenario has an element \"{name}\""
            )),
            Some(_) | None => Ok(()),
        }
    }

    fn called(&self, name: Option<&str>, element: &str) -> bool {
        name.is_none_or(|name| self.names.is(element, name))
    }

    fn is_incident(&self, incident: &Incident, wanted: &str) -> bool {
        self.names.is(&incident.element, wanted) || incident.message.contains(wanted)
    }

    fn first(&self) -> Result<Key, String> {
        self.first
            .ok_or_else(|| "nothing was started yet".to_owned())
    }

    fn root(&mut self) -> Result<Context, String> {
        let first = self.first()?;
        let instances = self.harness.instances()?;
        let instance = instances
            .into_iter()
            .find(|instance| instance.state.key() == first);
        instance
            .map(|instance| instance.state.variables())
            .ok_or_else(|| "the instance is gone".to_owned())
    }

    fn task(&mut self, name: &str) -> Result<Task, String> {
        self.known(Some(name))?;
        let found = self
            .tasks()?
            .into_iter()
            .find(|task| self.called(Some(name), &task.element));
        found.ok_or_else(|| format!("there is no open task \"{name}\""))
    }

    fn job(&mut self, kind: &str) -> Result<Job, String> {
        let found = self.jobs()?.into_iter().find(|job| job.job_type == kind);
        found.ok_or_else(|| format!("no job \"{kind}\" waits"))
    }

    fn tasks(&mut self) -> Result<Vec<Task>, String> {
        self.collect(|instance| instance.state.tasks().values().cloned().collect())
    }

    fn jobs(&mut self) -> Result<Vec<Job>, String> {
        self.collect(|instance| instance.state.jobs().values().cloned().collect())
    }

    fn timers(&mut self) -> Result<Vec<Timer>, String> {
        self.collect(|instance| instance.state.timers().values().cloned().collect())
    }

    fn incidents(&mut self) -> Result<Vec<Incident>, String> {
        self.collect(|instance| instance.state.incidents().values().cloned().collect())
    }

    fn collect<T>(&mut self, of: impl Fn(&Instance) -> Vec<T>) -> Result<Vec<T>, String> {
        Ok(self.harness.instances()?.iter().flat_map(of).collect())
    }

    fn context(&self, text: Option<&str>) -> Result<Context, String> {
        let Some(text) = text else {
            return Ok(Context::default());
        };
        let value = self.evaluate(text, &Context::default())?;
        value
            .as_context()
            .cloned()
            .ok_or_else(|| format!("{text} is no context but {}", value.to_json()))
    }

    fn evaluate(&self, text: &str, variables: &Context) -> Result<Value, String> {
        let expression =
            Expression::compile(text).map_err(|problem| format!("{text}: {problem}"))?;
        let environment = self.world.environment(self.harness.now());
        Ok(expression
            .evaluate(variables, &environment)
            .value
            .into_json_like())
    }

    fn local(&self, time: Timestamp) -> String {
        time.to_zoned(self.world.zone.clone())
            .strftime("%Y-%m-%dT%H:%M:%S%:z")
            .to_string()
    }

    fn shown_task(&self, task: &Task) -> String {
        let mut shown = format!("task \"{}\"", task.name);
        for candidate in task.candidate_groups.iter().chain(&task.candidate_users) {
            shown += &format!(" for \"{candidate}\"");
        }
        if let Some(assignee) = &task.assignee {
            shown += &format!(" by \"{assignee}\"");
        }
        if let Some(due) = task.due {
            shown += &format!(" due {}", self.local(due));
        }
        format!("{shown} priority {}", task.priority)
    }

    /// Everything that waits, a line each.
    fn waiting(&mut self) -> String {
        let Ok(instances) = self.harness.instances() else {
            return "(cannot be read)".to_owned();
        };
        let mut lines = vec![format!("now {}", self.local(self.harness.now()))];
        for instance in &instances {
            let state = &instance.state;
            lines.push(format!(
                "{} {} is {}",
                state.process_id(),
                state.key(),
                state.status()
            ));
            lines.extend(state.tasks().values().map(|task| self.shown_task(task)));
            lines.extend(
                state
                    .jobs()
                    .values()
                    .map(|job| format!("job \"{}\" retries {}", job.job_type, job.retries)),
            );
            lines.extend(state.timers().values().map(|timer| {
                format!(
                    "timer \"{}\" due {}",
                    self.names.shown(&timer.element),
                    self.local(timer.due)
                )
            }));
            lines.extend(state.incidents().values().map(|incident| {
                format!(
                    "incident at \"{}\": {}",
                    self.names.shown(&incident.element),
                    incident.message
                )
            }));
        }
        lines.join("\n")
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
