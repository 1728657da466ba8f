//! Tasks whose clock is paused: lists say so, since when and why, where other tasks have a due date.

use crate::error::Error;
use crate::pages::view::{Due, World, day};
use crate::state::AppState;
use bpmn::{ChangeKind, DeadlineChange, Key};
use jiff::Timestamp;
use runtime::Task;
use std::collections::BTreeMap;
use store::{Deadline, DeadlineState};

/// The pauses of some tasks.
#[derive(Debug, Default)]
pub(crate) struct Pauses(BTreeMap<Key, Pause>);

/// A clock that does not run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Pause {
    since: Timestamp,
    reason: String,
}

impl Pauses {
    /// Asks for those tasks that have no due date: one query, or none.
    pub(crate) async fn of(
        state: &AppState,
        tasks: impl Iterator<Item = &Task>,
    ) -> Result<Pauses, Error> {
        let undated: Vec<Key> = tasks
            .filter(|task| task.due.is_none())
            .map(|task| task.key)
            .collect();
        let found = state.runtime.deadlines_by_key(&undated).await?;
        let pause = |row: &Deadline| Some((row.key, Pause::of(row)?));
        Ok(Pauses(found.iter().filter_map(pause).collect()))
    }

    /// The pause of a task.
    pub(crate) fn get(&self, task: Key) -> Option<&Pause> {
        self.0.get(&task)
    }

    /// The chip of a task.
    pub(crate) fn due(&self, task: &Task, world: &World) -> Due {
        self.get(task.key)
            .map_or_else(|| Due::of(task.due, world), |pause| pause.due(world))
    }
}

impl Pause {
    /// The last pause of a deadline that is paused now.
    pub(crate) fn of(deadline: &Deadline) -> Option<Pause> {
        if deadline.state != DeadlineState::Open || deadline.due.is_some() {
            return None;
        }
        let changes: Vec<DeadlineChange> = serde_json::from_str(&deadline.changes).ok()?;
        let mut latest = changes.into_iter().rev();
        let pause = latest.find(|change| change.kind == ChangeKind::Paused)?;
        Some(Pause {
            since: pause.at,
            reason: pause.reason.unwrap_or_default(),
        })
    }

    /// `Paused`, since when.
    pub(crate) fn due(&self, world: &World) -> Due {
        Due {
            kind: "blue",
            icon: "clock",
            text: "Paused".into(),
            date: format!("since {}", day(self.since, world)),
            datetime: world.local(self.since).strftime("%Y-%m-%d").to_string(),
        }
    }

    /// Why: `The family is abroad`.
    pub(crate) fn note(&self) -> String {
        self.reason.clone()
    }
}
