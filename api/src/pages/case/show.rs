//! The page of one case.

use super::calendar::{Days, days};
use super::deadlines::{self, Line, lines};
use super::event::{Event, events};
use super::step::{Offer, offers};
use super::story::Warned;
use super::{Story, banner, case_of, href};
use crate::csrf::Posted;
use crate::error::Error;
use crate::page::{Page, Section};
use crate::pages::access::may_see;
use crate::pages::records::Records;
use crate::pages::task::who_has;
use crate::pages::view::{Due, Entry, Fact, Notice, Stage, World, age, born, day_year};
use crate::pages::{Names, world};
use crate::roles::{DESIGN, LEADING};
use crate::session::SignedIn;
use crate::state::AppState;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use bpmn::{Catalog, Deployed, Status};
use processes::cases::{self, Case};
use processes::chronology::Kind;
use processes::people::{Person, Sex};
use runtime::{InstanceView, Task, TaskQuery};
use serde::{Deserialize, Serialize};

/// The most open tasks of one case.
const TASKS_LIMIT: u32 = 100;
/// How much of the chronology the page shows at first.
const ENTRIES: usize = 15;
/// The longest note, in letters.
const NOTE_LIMIT: usize = 20_000;

/// What the address says after the question mark.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Told {
    /// `yes`: a note was added.
    noted: Option<String>,
    /// `yes`: steps of an event have begun; `step`: a step that was chosen; `done`: those to choose from are done;
    /// `busy`: they are done one at a time; `late`: what was asked for was no longer awaited.
    begun: Option<String>,
    /// The case has other working days: how many deadlines moved; `late`: it was closed meanwhile.
    moved: Option<String>,
    /// `all`: the whole chronology.
    chronology: Option<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct View {
    href: String,
    notice: Option<Notice>,
    stages: Vec<Stage>,
    now_due: Option<Due>,
    diagram: Option<Diagram>,
    where_text: String,
    steps: Vec<Step>,
    #[serde(flatten)]
    chronology: Chronology,
    tasks: Vec<OpenTask>,
    no_tasks: &'static str,
    events: Vec<Event>,
    offers: Vec<Offer>,
    deadlines: Vec<deadlines::Line>,
    days: Days,
    person_facts: Vec<Fact>,
    /// For those who lead or design.
    warnings: Vec<Warned>,
    note_text: String,
    note_error: Option<String>,
}

/// The chronology as far as the page shows it, and the way to the rest.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Chronology {
    chronology_text: String,
    entries: Vec<Entry>,
    more_href: Option<String>,
    more_text: String,
}

impl Chronology {
    fn of(story: &Story, names: &Names, world: &World, told: &Told, reference: &str) -> Chronology {
        let mut entries = story.chronology(names, world);
        let total = entries.len();
        if told.chronology.is_none() {
            entries.truncate(ENTRIES);
        }
        let all = || format!("{}?chronology=all#chronology", href(Some(reference)));
        Chronology {
            chronology_text: match total {
                1 => "1 entry".into(),
                _ => format!("{total} entries, newest first"),
            },
            more_href: (total > entries.len()).then(all),
            more_text: format!("Show all {total} entries"),
            entries,
        }
    }
}

#[derive(Serialize)]
struct Diagram {
    href: String,
    done: String,
    now: String,
    incident: String,
}

/// A line of the list beside the diagram.
#[derive(Serialize)]
struct Step {
    name: String,
    note: String,
    state: &'static str,
    done: bool,
}

#[derive(Serialize)]
struct OpenTask {
    step: String,
    href: String,
    who: String,
    due: Due,
    /// What is known of its clock.
    deadline: Option<Line>,
}

/// A note that was not accepted.
#[derive(Default)]
struct Refused {
    text: String,
    why: String,
}

/// `GET /cases/{reference}`
pub(super) async fn show(
    State(state): State<AppState>,
    user: SignedIn,
    Path(reference): Path<String>,
    Query(told): Query<Told>,
) -> Result<Page, Error> {
    let case = case_of(&state, &user, &reference).await?;
    page(&state, &user, case, &told, None).await
}

/// `POST /cases/{reference}`: adds a note.
pub(super) async fn add_note(
    State(state): State<AppState>,
    user: SignedIn,
    Path(reference): Path<String>,
    posted: Posted,
) -> Result<Response, Error> {
    let case = case_of(&state, &user, &reference).await?;
    let text = posted
        .get("note")
        .unwrap_or_default()
        .trim()
        .replace("\r\n", "\n");
    let why = match text.chars().count() {
        0 => "Write the note first",
        1..=NOTE_LIMIT => "",
        _ => "Shorten the note to 20,000 letters",
    };
    if !why.is_empty() {
        let refused = Refused {
            text,
            why: why.into(),
        };
        let page = page(&state, &user, case, &Told::default(), Some(refused)).await?;
        return Ok(page
            .status(StatusCode::UNPROCESSABLE_ENTITY)
            .into_response());
    }
    cases::add_note(&state.runtime, &user.name, &reference, &text).await?;
    Ok(Redirect::to(&format!("{}?noted=yes", href(Some(&reference)))).into_response())
}

async fn page(
    state: &AppState,
    user: &SignedIn,
    case: Case,
    told: &Told,
    refused: Option<Refused>,
) -> Result<Page, Error> {
    state
        .looked_at(user, format!("cases/{}", case.reference))
        .await?;
    let (world, names) = (world(state), Names::load(state).await?);
    let instance = cases::instance(&state.runtime, &case.reference).await?;
    let catalog = state.runtime.catalog();
    let deployed = catalog.process(instance.definition);
    let story = Story::load(state, &instance, deployed).await?;
    let running = cases::running(&state.runtime, &case.reference).await?;
    let open = TaskQuery {
        business_id: Some(case.reference.clone()),
        limit: TASKS_LIMIT,
        ..TaskQuery::default()
    };
    let open = state.runtime.tasks(&open).await?;
    let keys = cases::instances(&state.runtime, &case.reference).await?;
    let deadlines = state.runtime.deadlines(&keys).await?;
    let reference = case.reference.clone();
    let offers = told_to(&running, &catalog, &reference, offers);
    let lines = lines(&deadlines, user, &reference, &world);
    let (mut of_tasks, deadlines) = Line::parted(lines, &open);
    let records = Records::of(state, vec![case]).await?;
    let chronology = Chronology::of(&story, &names, &world, told, &reference);
    let (note_text, note_error) = refused
        .map(|refused| (refused.text, Some(refused.why)))
        .unwrap_or_default();
    let person = records.person(&reference);
    let name = person.map_or_else(|| reference.clone(), |person| person.details.name.clone());
    let view = View {
        href: href(Some(&reference)),
        notice: notice(told),
        now_due: open
            .first()
            .filter(|task| task.due.is_some())
            .map(|task| now_due(task, &world)),
        steps: steps(&story, &open, &of_tasks, user, &names, &world),
        diagram: deployed.map(|deployed| diagram(&story, &instance, deployed)),
        where_text: where_text(&instance, &story.stages),
        chronology,
        tasks: open
            .iter()
            .map(|task| {
                let line = Line::take(&mut of_tasks, task.key);
                open_task(task, line, user, &names, &world)
            })
            .collect(),
        no_tasks: match instance.status {
            Status::Active if !offers.is_empty() => {
                "No task is open. You can start one of the steps below."
            }
            Status::Active => "No step waits for a person now.",
            Status::Completed | Status::Terminated => "This case is closed.",
        },
        events: told_to(&running, &catalog, &reference, events),
        deadlines,
        days: days(state, user, &instance),
        offers,
        person_facts: person
            .map(|person| person_facts(person, &world))
            .unwrap_or_default(),
        warnings: if user.has_any(LEADING) || user.has_any(DESIGN) {
            story.warnings(deployed, &world)
        } else {
            Vec::new()
        },
        note_text,
        note_error,
        stages: story.stages,
    };
    let banner = banner(state, Some(&reference), &records, &names, &world, true)?;
    let wrong = view.note_error.is_some();
    let title = if wrong {
        format!("Error: {name}")
    } else {
        name
    };
    let page = Page::new("case", title)
        .section(Section::Cases)
        .diagram()
        .banner(banner);
    Ok(page.model(&view))
}

/// What all running instances of the case, called ones too, can be told.
fn told_to<T>(
    running: &[InstanceView],
    catalog: &Catalog,
    reference: &str,
    what: fn(&InstanceView, &Deployed, &str) -> Vec<T>,
) -> Vec<T> {
    let all = running.iter().flat_map(|instance| {
        let deployed = catalog.process(instance.definition);
        let told = deployed.map(|deployed| what(instance, deployed, &href(Some(reference))));
        told.unwrap_or_default()
    });
    all.collect()
}

fn notice(told: &Told) -> Option<Notice> {
    if let Some(moved) = &told.moved {
        return Some(match moved.parse::<usize>() {
            Ok(0) => Notice::done("The case has other working days now. No deadline moved."),
            Ok(1) => Notice::done("The case has other working days now. 1 deadline moved."),
            Ok(n) => Notice::done(format!(
                "The case has other working days now. {n} deadlines moved."
            )),
            Err(_) => Notice::told("Nothing was changed: the case is closed."),
        });
    }
    match (told.noted.as_deref(), told.begun.as_deref()) {
        (Some(_), _) => Some(Notice::done("The note is part of the chronology now.")),
        (None, Some("yes")) => Some(Notice::done(
            "The steps have begun. They are among the open tasks.",
        )),
        (None, Some("step")) => Some(Notice::done("The step has begun.")),
        (None, Some("done")) => Some(Notice::done("These steps are done. The case goes on.")),
        (None, Some("busy")) => Some(Notice::told(
            "Nothing has begun: these steps are done one at a time, and another one is open.",
        )),
        (None, Some(_)) => Some(Notice::told(
            "Nothing was changed: the case no longer waits for this.",
        )),
        (None, None) => None,
    }
}

fn diagram(story: &Story, instance: &InstanceView, deployed: &Deployed) -> Diagram {
    let marks = story.marks(instance);
    Diagram {
        href: format!(
            "/processes/{}/versions/{}/model.bpmn",
            instance.process_id, deployed.version
        ),
        done: marks.done,
        now: marks.now,
        incident: marks.incident,
    }
}

/// The nearest deadline with the name of its step.
fn now_due(task: &Task, world: &World) -> Due {
    let due = Due::of(task.due, world);
    Due {
        text: format!("{}: {}", task.name, due.text),
        date: String::new(),
        ..due
    }
}

fn where_text(instance: &InstanceView, stages: &[Stage]) -> String {
    match (instance.status, stages.iter().find(|stage| stage.current)) {
        (Status::Completed, _) => "Closed".into(),
        (Status::Terminated, _) => "Ended early".into(),
        (Status::Active, Some(stage)) => format!("Now: {}", stage.name),
        (Status::Active, None) => "Under way".into(),
    }
}

/// The list beside the diagram: what was done, oldest first, then what is open.
fn steps(
    story: &Story,
    open: &[Task],
    clocks: &[Line],
    user: &SignedIn,
    names: &Names,
    world: &World,
) -> Vec<Step> {
    let told = story
        .entries
        .iter()
        .filter(|entry| matches!(entry.kind, Kind::Opened | Kind::Done | Kind::Ended));
    let done = told.map(|entry| Step {
        name: if entry.kind == Kind::Opened {
            "Case opened".into()
        } else {
            entry.what.clone()
        },
        note: [day_year(entry.at, world), names.person(&entry.who)]
            .into_iter()
            .filter(|part| !part.is_empty())
            .collect::<Vec<_>>()
            .join(" · "),
        state: "done",
        done: true,
    });
    let clock = |task: &Task| clocks.iter().find(|line| line.is_of(task));
    let due = |task: &Task| match clock(task) {
        Some(line) => line.due.text.clone(),
        None => Due::of(task.due, world).text,
    };
    let now = open.iter().map(|task| Step {
        name: task.name.clone(),
        note: [who_has(task, user, names), due(task)].join(" · "),
        state: "now",
        done: false,
    });
    done.chain(now).collect()
}

fn open_task(
    task: &Task,
    deadline: Option<Line>,
    user: &SignedIn,
    names: &Names,
    world: &World,
) -> OpenTask {
    OpenTask {
        step: task.name.clone(),
        href: if may_see(user, task) {
            format!("/tasks/{}", task.key)
        } else {
            String::new()
        },
        who: who_has(task, user, names),
        due: match &deadline {
            Some(line) => line.due.clone(),
            None => Due::of(task.due, world),
        },
        deadline,
    }
}

fn sex(sex: Sex) -> &'static str {
    match sex {
        Sex::Female => "Female",
        Sex::Male => "Male",
        Sex::Other => "Other or not known",
    }
}

fn person_facts(person: &Person, world: &World) -> Vec<Fact> {
    let details = &person.details;
    let facts = [
        Fact::some("Name", details.name.clone()),
        details
            .called
            .clone()
            .and_then(|called| Fact::some("Called", called)),
        details
            .born
            .and_then(|born| Fact::some("Age", age(born, world.today()))),
        details
            .born
            .and_then(born)
            .and_then(|born| Fact::some("Born", born)),
        Fact::some("Sex", sex(details.sex)),
        Fact::some("Languages", details.languages.join(", ")),
        Fact::some("Alerts", details.alerts.join("; ")),
        Fact::some("Record", person.id.clone()),
    ];
    facts.into_iter().flatten().collect()
}
