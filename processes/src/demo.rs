//! The demonstration: an invented organisation whose past months are lived through, so that timers and escalations are real.

mod answers;
mod stories;

use crate::cases::{self, Open, Who};
use crate::error::{Error, Result};
use crate::people::{self, Details};
use crate::{Calendar, organisation, pathways};
use bpmn::{Assignment, Command, Key};
use feel::{Value, WorkingDays};
use jiff::civil::{Date, time};
use jiff::{Timestamp, ToSpan};
use runtime::{Act, Clock, Request, Resource, Runtime};
use std::collections::BTreeMap;
use store::TaskQuery;

/// How long before now the demonstration begins.
pub const DAYS: i64 = 200;

/// Something that happened in a story.
struct Event {
    story: usize,
    /// Days before now, and the hour of that day.
    days_ago: i64,
    hour: i8,
    by: &'static str,
    what: What,
}

enum What {
    /// The case is opened.
    Open(Details, Option<&'static str>),
    /// A step is completed with these answers.
    Complete(&'static str, serde_json::Value),
    /// A note is written.
    Note(&'static str),
    /// A step is begun: what was typed stays as a draft.
    Draft(&'static str, &'static [(&'static str, &'static str)]),
}

/// What somebody has typed into the form of an open task and not completed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Draft {
    /// The task.
    pub task: Key,
    /// Who typed it.
    pub by: String,
    /// Names and values, as the form's page would post them.
    pub typed: Vec<(String, String)>,
}

/// When a clock must start for [`seed`] to arrive at `now`.
pub fn beginning(now: Timestamp) -> Timestamp {
    now - (DAYS * 24).hours()
}

/// Deploys the pathway and lives through the stories up to `now`, moving `clock`.
///
/// The runtime must have been opened with that clock, a test clock that stands at [`beginning`], and with the zone and
/// working days of the calendar. Gives the drafts that are to be saved; users are made by the caller from
/// [`organisation::NAKAWA`].
pub async fn seed(
    runtime: &Runtime,
    clock: &Clock,
    calendar: &Calendar,
    now: Timestamp,
) -> Result<Vec<Draft>> {
    deploy(runtime).await?;
    let today = people::day(now, calendar.zone());
    let mut life = Life {
        runtime,
        references: BTreeMap::new(),
        drafts: Vec::new(),
    };
    let mut queue: BTreeMap<(Timestamp, usize), Event> = BTreeMap::new();
    for (number, event) in stories::events(today).into_iter().enumerate() {
        let day = working_day_before(today.saturating_sub(event.days_ago.days()), today, calendar);
        queue.insert((moment(day, event.hour, calendar).min(now), number), event);
    }
    while let Some(((at, number), event)) = queue.pop_first() {
        clock.set(at);
        runtime.wait_idle().await;
        if !life.happens(&event).await? {
            // The step is not open yet: a timer is still running, or a colleague is late. Try on the next working day.
            let day = calendar.add(people::day(at, calendar.zone()), 1);
            let later = moment(day, event.hour, calendar);
            if later <= now {
                queue.insert((later, number), event);
            }
        }
    }
    clock.set(now);
    runtime.wait_idle().await;
    Ok(life.drafts)
}

/// Deploys the child protection pathway.
pub async fn deploy(runtime: &Runtime) -> Result<()> {
    let resources = pathways::CHILD_PROTECTION
        .iter()
        .map(|file| Resource::new(file.name, file.text))
        .collect();
    let mut members = organisation::NAKAWA.members.iter();
    let designer = members.find(|member| member.roles.contains(&organisation::Role::Designer));
    let actor = designer.map_or("system", |member| member.id);
    runtime
        .submit(Request::by(actor).act(Act::Deploy { resources }))
        .await?;
    Ok(())
}

/// The day, or the last working day before it; today stays today.
fn working_day_before(day: Date, today: Date, calendar: &Calendar) -> Date {
    let mut day = day;
    while day != today && !calendar.is_working_day(day) {
        day = day.saturating_sub(1.day());
    }
    day
}

fn moment(day: Date, hour: i8, calendar: &Calendar) -> Timestamp {
    let at = day
        .to_datetime(time(hour, 0, 0, 0))
        .to_zoned(calendar.zone().clone());
    at.expect("the years of the demonstration are representable")
        .timestamp()
}

/// The stories so far.
struct Life<'r> {
    runtime: &'r Runtime,
    /// The reference of each story's case.
    references: BTreeMap<usize, String>,
    drafts: Vec<Draft>,
}

impl Life<'_> {
    /// Does what the event says; false when the step is not open yet.
    async fn happens(&mut self, event: &Event) -> Result<bool> {
        let reference = self
            .references
            .get(&event.story)
            .cloned()
            .unwrap_or_default();
        match &event.what {
            What::Open(details, worker) => {
                let open = Open {
                    actor: event.by.to_owned(),
                    person: Who::New(details.clone()),
                    pathway: "child-protection".into(),
                    worker: worker.map(str::to_owned),
                    calendar: None,
                };
                let opened = cases::open(self.runtime, open).await?;
                self.references.insert(event.story, opened.case.reference);
            }
            What::Complete(step, answers) => {
                let Some((instance, task)) = self.take(&reference, step, event.by).await? else {
                    return Ok(false);
                };
                let Value::Context(variables) = Value::from_json(answers.clone()) else {
                    return Err(Error::Invalid(format!(
                        "the answers to \"{step}\" are no context"
                    )));
                };
                let command = Command::CompleteTask {
                    task,
                    by: Some(event.by.to_owned()),
                    variables,
                };
                self.runtime
                    .submit(Request::by(event.by).command(instance, command))
                    .await?;
            }
            What::Note(text) => {
                cases::add_note(self.runtime, event.by, &reference, text).await?;
            }
            What::Draft(step, typed) => {
                let Some((_, task)) = self.take(&reference, step, event.by).await? else {
                    return Ok(false);
                };
                let typed = typed
                    .iter()
                    .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
                    .collect();
                self.drafts.push(Draft {
                    task,
                    by: event.by.to_owned(),
                    typed,
                });
            }
        }
        Ok(true)
    }

    /// Finds the open task of a step, and gives it to who will work on it.
    async fn take(&self, reference: &str, step: &str, by: &str) -> Result<Option<(Key, Key)>> {
        let query = TaskQuery {
            business_id: Some(reference.to_owned()),
            ..TaskQuery::default()
        };
        let tasks = self.runtime.tasks(&query).await?;
        let Some(task) = tasks.iter().find(|task| task.name == step) else {
            return Ok(None);
        };
        if task.assignee.as_deref() != Some(by) {
            let claim = Command::AssignTask {
                task: task.key,
                assignee: by.to_owned(),
                expect: Assignment::Anyone,
            };
            self.runtime
                .submit(Request::by(by).command(task.instance, claim))
                .await?;
        }
        Ok(Some((task.instance, task.key)))
    }
}
