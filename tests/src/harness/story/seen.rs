//! What is there: tasks, jobs, timers, incidents and variables of all instances, and how they are shown.

use std::sync::Arc;

use bpmn::elements::open_ad_hocs;
use bpmn::{Awaited, Incident, Job, Key, Task, Timer};
use feel::{Context, Expression, Value};
use jiff::Timestamp;

use super::Story;
use crate::harness::Instance;

impl Story<'_> {
    /// A scenario that names an element which no model has proves nothing.
    pub(super) fn known(&self, name: Option<&str>) -> Result<(), String> {
        match name {
            Some(name) if !self.names.has(name) => Err(format!(
                "no model beside the scenario has an element \"{name}\""
            )),
            Some(_) | None => Ok(()),
        }
    }

    pub(super) fn called(&self, name: Option<&str>, element: &str) -> bool {
        name.is_none_or(|name| self.names.is(element, name))
    }

    pub(super) fn is_incident(&self, incident: &Incident, wanted: &str) -> bool {
        self.names.is(&incident.element, wanted) || incident.message.contains(wanted)
    }

    pub(super) fn first(&self) -> Result<Key, String> {
        self.first
            .ok_or_else(|| "nothing was started yet".to_owned())
    }

    pub(super) fn root(&mut self) -> Result<Context, String> {
        let first = self.first()?;
        let instances = self.harness.instances()?;
        let instance = instances
            .into_iter()
            .find(|instance| instance.state.key() == first);
        instance
            .map(|instance| instance.state.variables())
            .ok_or_else(|| "the instance is gone".to_owned())
    }

    pub(super) fn task(&mut self, name: &str) -> Result<Task, String> {
        self.known(Some(name))?;
        let found = self
            .tasks()?
            .into_iter()
            .find(|task| self.called(Some(name), &task.element));
        found.ok_or_else(|| format!("there is no open task \"{name}\""))
    }

    /// Of several tasks of a name, one that the user has, else the first.
    pub(super) fn task_of(&mut self, name: &str, user: Option<&str>) -> Result<Task, String> {
        let of_user = self.tasks()?.into_iter().find(|task| {
            self.called(Some(name), &task.element)
                && user.is_some_and(|user| task.assignee.as_deref() == Some(user))
        });
        of_user.map_or_else(|| self.task(name), Ok)
    }

    pub(super) fn id(&self, name: &str) -> Result<Arc<str>, String> {
        self.known(Some(name))?;
        Ok(self.names.id(name).into())
    }

    /// The first open ad-hoc subprocess (of a name), and the ids of what can be started in it.
    pub(super) fn ad_hoc(&mut self, name: Option<&str>) -> Result<(Key, Vec<String>), String> {
        self.known(name)?;
        let models = self.world.resources.iter();
        let models = models.filter(|(file, _)| file.ends_with(".bpmn"));
        let definitions: Vec<_> = models
            .flat_map(|(_, text)| bpmn::read_deployed(text).processes)
            .collect();
        let found = self.harness.instances()?.iter().find_map(|instance| {
            let id = instance.state.process_id();
            let definition = definitions.iter().find(|process| process.id() == id)?;
            let open = open_ad_hocs(definition, &instance.state);
            let first = open
                .into_iter()
                .find(|ad_hoc| self.called(name, ad_hoc.node.id()))?;
            let startable = first.startable.iter().map(|node| node.id().to_owned());
            Some((first.key, startable.collect()))
        });
        let none = || match name {
            Some(name) => format!("the ad-hoc subprocess \"{name}\" is not open"),
            None => "no ad-hoc subprocess is open".to_owned(),
        };
        found.ok_or_else(none)
    }

    pub(super) fn job(&mut self, kind: &str) -> Result<Job, String> {
        let found = self.jobs()?.into_iter().find(|job| job.job_type == kind);
        found.ok_or_else(|| format!("no job \"{kind}\" waits"))
    }

    pub(super) fn tasks(&mut self) -> Result<Vec<Task>, String> {
        self.collect(|instance| instance.state.tasks().values().cloned().collect())
    }

    /// Those that do not wait for a listener.
    pub(super) fn open_tasks(&mut self) -> Result<Vec<Task>, String> {
        let mut tasks = self.tasks()?;
        tasks.retain(|task| task.held.is_none());
        Ok(tasks)
    }

    pub(super) fn jobs(&mut self) -> Result<Vec<Job>, String> {
        self.collect(|instance| instance.state.jobs().values().cloned().collect())
    }

    pub(super) fn timers(&mut self) -> Result<Vec<Timer>, String> {
        self.collect(|instance| instance.state.timers().values().cloned().collect())
    }

    pub(super) fn incidents(&mut self) -> Result<Vec<Incident>, String> {
        self.collect(|instance| instance.state.incidents().values().cloned().collect())
    }

    /// Messages, signals and conditions that are waited for.
    pub(super) fn awaited(&mut self) -> Result<Vec<Awaited>, String> {
        self.collect(|instance| {
            let subscriptions = instance.state.subscriptions().values();
            subscriptions.map(|one| one.awaits.clone()).collect()
        })
    }

    pub(super) fn collect<T>(
        &mut self,
        of: impl Fn(&Instance) -> Vec<T>,
    ) -> Result<Vec<T>, String> {
        Ok(self.harness.instances()?.iter().flat_map(of).collect())
    }

    pub(super) fn context(&self, text: Option<&str>) -> Result<Context, String> {
        let Some(text) = text else {
            return Ok(Context::default());
        };
        let value = self.evaluate(text, &Context::default())?;
        value
            .as_context()
            .cloned()
            .ok_or_else(|| format!("{text} is no context but {}", value.to_json()))
    }

    pub(super) fn evaluate(&self, text: &str, variables: &Context) -> Result<Value, String> {
        let expression =
            Expression::compile(text).map_err(|problem| format!("{text}: {problem}"))?;
        let environment = self.world.environment(self.harness.now());
        Ok(expression
            .evaluate(variables, &environment)
            .value
            .into_json_like())
    }

    pub(super) fn local(&self, time: Timestamp) -> String {
        time.to_zoned(self.world.zone.clone())
            .strftime("%Y-%m-%dT%H:%M:%S%:z")
            .to_string()
    }

    pub(super) fn shown_task(&self, task: &Task) -> String {
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
    pub(super) fn waiting(&mut self) -> String {
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
            lines.extend(
                state
                    .subscriptions()
                    .values()
                    .map(|one| format!("{} at \"{}\"", shown_awaited(&one.awaits), one.element)),
            );
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

pub(super) fn shown_awaited(awaited: &Awaited) -> String {
    match awaited {
        Awaited::Message { name, correlation } if correlation.is_empty() => {
            format!("message \"{name}\"")
        }
        Awaited::Message { name, correlation } => {
            format!("message \"{name}\" for \"{correlation}\"")
        }
        Awaited::Signal { name } => format!("signal \"{name}\""),
        Awaited::Condition { .. } => "condition".to_owned(),
    }
}
