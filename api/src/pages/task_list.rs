//! Tasks as rows of a list: the person first, then the step, then the deadline.

use crate::error::Error;
use crate::pages::drafts::Drafts;
use crate::pages::pauses::{Pause, Pauses};
use crate::pages::records::Records;
use crate::pages::view::{Bars, Due, Flag, Priority, World, bars, saved_at};
use crate::state::AppState;
use bpmn::{Catalog, Key, ProcessDefinition};
use processes::{Urgency, stages};
use runtime::Task;
use serde::Serialize;

/// A task with what lists sort and narrow by.
pub(crate) struct Listed {
    pub(crate) task: Task,
    pub(crate) urgency: Urgency,
    pub(crate) stage: Option<String>,
    /// Where its clock is paused.
    pub(crate) pause: Option<Pause>,
}

impl Listed {
    /// All of `tasks`, in their order.
    pub(crate) async fn all(
        state: &AppState,
        tasks: Vec<Task>,
        world: &World,
    ) -> Result<Vec<Listed>, Error> {
        let catalog = state.runtime.catalog();
        let pauses = Pauses::of(state, tasks.iter()).await?;
        let listed = |task: Task| Listed {
            pause: pauses.get(task.key).cloned(),
            ..Listed::of(task, &catalog, world)
        };
        Ok(tasks.into_iter().map(listed).collect())
    }

    /// Looks up the stage in the model and the urgency in the calendar.
    fn of(task: Task, catalog: &Catalog, world: &World) -> Listed {
        let stage = definition(catalog, task.definition)
            .and_then(|definition| stages::of_element(definition, &task.element));
        let stage = stage.map(str::to_owned);
        Listed {
            urgency: Urgency::of(task.due, world.now, &world.calendar),
            stage,
            pause: None,
            task,
        }
    }
}

/// The model of a definition's key.
pub(crate) fn definition(catalog: &Catalog, key: Key) -> Option<&ProcessDefinition> {
    catalog.process(key).map(|deployed| &*deployed.definition)
}

/// A row, as `partials/task_row` prints it.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Row {
    pub(crate) key: String,
    pub(crate) row_class: &'static str,
    pub(crate) name: String,
    pub(crate) age: String,
    pub(crate) reference: String,
    pub(crate) case_href: String,
    pub(crate) flags: Vec<Flag>,
    pub(crate) step: String,
    pub(crate) href: String,
    pub(crate) pathway: String,
    pub(crate) steps: Option<Bars>,
    /// Why it is paused; `Draft saved 10:42`.
    pub(crate) notes: Vec<String>,
    pub(crate) due: Due,
    pub(crate) priority: Priority,
    /// What the button says.
    pub(crate) action: &'static str,
    /// Whether the row has a box to tick.
    pub(crate) selectable: bool,
    /// Whether it is ticked.
    pub(crate) selected: bool,
    /// Whether the button claims instead of opening.
    pub(crate) claimable: bool,
    /// Who has the task, where the list shows it.
    pub(crate) worker: Option<String>,
}

/// The rows of tasks, with their people. One query for the cases and one for the people, however many rows.
pub(crate) async fn rows(
    state: &AppState,
    world: &World,
    listed: Vec<Listed>,
    drafts: &Drafts,
) -> Result<Vec<Row>, Error> {
    let references = listed
        .iter()
        .filter_map(|listed| listed.task.business_id.clone());
    let records = Records::of_cases(state, references).await?;
    let catalog = state.runtime.catalog();
    Ok(listed
        .iter()
        .map(|listed| row(listed, &records, &catalog, drafts, world))
        .collect())
}

fn row(
    listed: &Listed,
    records: &Records,
    catalog: &Catalog,
    drafts: &Drafts,
    world: &World,
) -> Row {
    let task = &listed.task;
    let definition = definition(catalog, task.definition);
    let who = records.who(task.business_id.as_deref(), world);
    let pathway = definition.map_or(task.process_id.as_str(), ProcessDefinition::name);
    let stage = listed.stage.as_deref();
    let draft = drafts.saved(task.key);
    let due = match &listed.pause {
        Some(pause) => pause.due(world),
        None => Due::of(task.due, world),
    };
    let notes = [
        listed.pause.as_ref().map(Pause::note),
        draft.map(|at| saved_at(at, world)),
    ];
    Row {
        key: task.key.to_string(),
        row_class: due.row_class(),
        name: who.name,
        age: who.age,
        reference: task.business_id.clone().unwrap_or_default(),
        case_href: who.case_href,
        flags: who.flags,
        step: task.name.clone(),
        href: format!("/tasks/{}", task.key),
        pathway: stage.map_or_else(
            || pathway.to_owned(),
            |stage| format!("{pathway} · {stage}"),
        ),
        steps: definition
            .zip(stage)
            .and_then(|(definition, stage)| bars(&stages::names(definition), stage)),
        notes: notes.into_iter().flatten().collect(),
        due,
        priority: Priority::of(task.priority),
        action: if draft.is_some() { "Continue" } else { "Open" },
        selectable: false,
        selected: false,
        claimable: false,
        worker: None,
    }
}
