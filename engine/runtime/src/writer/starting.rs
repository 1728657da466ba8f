//! Times at which instances start: rows of the timers that belong to a definition in place of an instance.
//!
//! Only the latest version of a process has them. Of times that come late those count that the model wants (`caseway:catchUp`).
//! The instance starts in the transaction in which the row goes, or moves to the next time, so it starts once.

use bpmn::{Come, EntryAwaits, Key, Repeat};
use feel::Context;
use serde::{Deserialize, Serialize};
use store::Timer;

use super::attempt::Attempt;
use crate::starts::Begin;
use crate::{Error, Result};

/// What the row of such a timer says beside time and element.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Plan {
    /// Which of the definitions of a multiple event it is.
    #[serde(default)]
    definition: u32,
    /// How it goes on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    repeat: Option<Repeat>,
}

impl Attempt<'_> {
    /// The times of a version that is not the latest any more are over.
    pub(super) async fn unschedule(&mut self, definition: Key) -> Result<()> {
        let stored = self.unit.timers_of(&[definition]).await?;
        let known = self.changes().map(|changes| changes.timers.clone());
        let fresh = known.into_iter().flat_map(|timers| timers.into_values());
        let theirs = stored.into_iter().chain(fresh);
        let gone = theirs.filter(|timer| timer.instance == definition);
        let keys = gone.map(|timer| timer.key);
        self.draft.changes.gone_timers.extend(keys);
        Ok(())
    }

    /// The times of the version that is the latest now. Gives sentences about those that cannot be computed.
    pub(super) async fn schedule(&mut self, definition: Key) -> Result<Vec<String>> {
        let catalog = self.draft.catalog.clone();
        let (entries, problems) = bpmn::entries(&catalog, definition, self.work.now);
        for entry in entries {
            if let EntryAwaits::Timer { due, repeat } = entry.awaits {
                let key = self.next_key().await?;
                let plan = Plan {
                    definition: entry.definition,
                    repeat,
                };
                let timer = Timer {
                    key,
                    instance: definition,
                    element: entry.element,
                    due,
                    repeat: Some(written(&plan)?),
                };
                self.draft.changes.timers.insert(key, timer);
            }
        }
        Ok(problems)
    }

    /// Whether a timer starts an instance in place of going on with one.
    pub(super) fn is_start(&self, timer: &Timer) -> bool {
        self.draft.catalog.process(timer.instance).is_some()
    }

    /// Starts an instance whose time has come, unless it was started or withdrawn meanwhile.
    pub(super) async fn fire_start(&mut self, timer: &Timer) -> Result<()> {
        let stored = self.unit.timers(&[timer.key]).await?.pop();
        let mut row = stored;
        for changes in self.changes() {
            if changes.gone_timers.contains(&timer.key) {
                row = None;
            } else if let Some(moved) = changes.timers.get(&timer.key) {
                row = Some(moved.clone());
            }
        }
        if row.is_none_or(|row| row.due != timer.due) {
            return Ok(());
        }
        let catalog = self.draft.catalog.clone();
        let deployed = catalog.process(timer.instance);
        let process_id =
            deployed.map_or_else(String::new, |deployed| deployed.definition.id().to_owned());
        let text = timer.repeat.as_deref().unwrap_or("{}");
        let plan: Plan =
            serde_json::from_str(text).map_err(|error| crate::reads::bad_row("timers", &error))?;
        let Come { counts, next } = bpmn::come(
            timer.due,
            plan.repeat.as_ref(),
            self.work.now,
            &catalog.zone,
        );
        match next {
            Some((due, repeat)) => {
                let plan = Plan {
                    repeat: Some(repeat),
                    ..plan
                };
                let moved = Timer {
                    due,
                    repeat: Some(written(&plan)?),
                    ..timer.clone()
                };
                self.draft.changes.timers.insert(timer.key, moved);
            }
            None => {
                self.draft.changes.gone_timers.insert(timer.key);
            }
        }
        if !counts {
            return Ok(());
        }
        let begin = Begin {
            process_id,
            definition: timer.instance,
            element: timer.element.clone(),
            definition_of_at: plan.definition,
        };
        let started = self.start_at(&begin, &Context::default()).await?;
        let follow_ups = started.map(|(_, follow_ups)| follow_ups);
        self.settle(follow_ups.unwrap_or_default()).await
    }
}

fn written(plan: &Plan) -> Result<String> {
    serde_json::to_string(plan).map_err(|error| Error::Bug {
        what: error.to_string(),
    })
}
