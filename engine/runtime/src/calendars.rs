//! What a new version of a calendar will change before it is deployed, and how far counting anew is after it was.

use std::sync::Arc;

use ::calendar::Calendar;
use bpmn::{Catalog, Command, Deadline, DeployedCalendar, Key};

use jiff::Timestamp;
use store::{InstanceQuery, RecomputeQuery};

use crate::deploy::Contents;
use crate::limits::PREVIEWED_INSTANCES_MAX;
use crate::request::Resource;
use crate::writer::{Concerned, recompute_in};
use crate::{InstanceView, Result, Runtime};

/// How many clocks a preview names.
const NAMED: usize = 10;

/// What files with calendars will change. Nothing is changed by looking.
#[derive(Debug, Clone, Default)]
pub struct CalendarPreview {
    /// Each calendar among the files as it will be, after as it is; those that are as they are deployed are left out.
    pub calendars: Vec<(Option<Arc<Calendar>>, Arc<Calendar>)>,
    /// How many running clocks have to be looked at.
    pub clocks: u64,
    /// How many of those that were counted for the preview move.
    pub moved: u64,
    /// Whether all of them were counted, and not only those of the first [`PREVIEWED_INSTANCES_MAX`] instances.
    pub is_whole: bool,
    /// Some that move.
    pub examples: Vec<Moved>,
}

/// A running clock that will be due at another time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Moved {
    /// The business id of its instance.
    pub business_id: Option<String>,
    /// The name of its element.
    pub name: String,
    /// When it is due now.
    pub before: Timestamp,
    /// When it will be due.
    pub after: Timestamp,
}

/// Clocks that are being counted anew.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recomputing {
    /// The id of the calendar; all clocks where absent.
    pub calendar: Option<String>,
    /// Since when.
    pub since: Option<Timestamp>,
    /// How many instances were looked at.
    pub looked_at: u64,
    /// How many of them had something to change.
    pub changed: u64,
    /// How many running clocks are still to be looked at.
    pub left: u64,
}

impl Runtime {
    /// What the calendars among these files will change. Files that cannot be read change nothing.
    pub async fn preview_calendars(&self, resources: Vec<Resource>) -> Result<CalendarPreview> {
        let catalog = self.newest_catalog().await?;
        let mut preview = CalendarPreview {
            is_whole: true,
            ..CalendarPreview::default()
        };
        let (mut later, mut concerned) = ((*catalog).clone(), Vec::new());
        for file in self.read(resources).await? {
            let Contents::Calendar(calendar) = file.contents else {
                continue;
            };
            let before = catalog.latest_calendar(calendar.id());
            let deployed = DeployedCalendar {
                key: Key(0),
                version: before.map_or(1, |before| before.version + 1),
                calendar: calendar.clone(),
            };
            later = later.with_calendar(deployed);
            let before = before.map(|before| before.calendar.clone());
            if before.as_deref() != Some(&*calendar) {
                concerned.extend(Concerned::by(before.as_deref(), &calendar));
                preview.calendars.push((before, calendar));
            }
        }
        // One that concerns all makes the others needless.
        if concerned.contains(&Concerned::default()) {
            concerned = vec![Concerned::default()];
        }
        for concerned in concerned {
            self.preview_of(concerned.query(), &later, &mut preview)
                .await?;
        }
        Ok(preview)
    }

    async fn preview_of(
        &self,
        mut query: RecomputeQuery,
        later: &Catalog,
        preview: &mut CalendarPreview,
    ) -> Result<()> {
        preview.clocks += self.store().deadlines_to_recompute(&query).await?;
        query.limit = PREVIEWED_INSTANCES_MAX + 1;
        let mut keys = self.store().instances_to_recompute(&query).await?;
        let most = PREVIEWED_INSTANCES_MAX as usize;
        preview.is_whole &= keys.len() <= most;
        keys.truncate(most);
        let limit = PREVIEWED_INSTANCES_MAX;
        let instances = InstanceQuery {
            keys,
            limit,
            ..InstanceQuery::default()
        };
        let now = self.now();
        for instance in self.instances(&instances).await? {
            for moved in moved(instance, later, now) {
                preview.moved += 1;
                if preview.examples.len() < NAMED {
                    preview.examples.push(moved);
                }
            }
        }
        Ok(())
    }

    /// What is being counted anew now.
    pub async fn recomputing(&self) -> Result<Vec<Recomputing>> {
        let mut all = Vec::new();
        for row in self.store().outbox_of_kind("recompute").await? {
            let Some(recompute) = recompute_in(&row.body) else {
                continue;
            };
            // What is looked at once more, for what other servers began meanwhile, is none of people's business.
            if recompute.is_second_look() {
                continue;
            }
            all.push(Recomputing {
                left: self
                    .store()
                    .deadlines_to_recompute(&recompute.query())
                    .await?,
                calendar: recompute.calendar,
                since: recompute.since,
                looked_at: recompute.looked_at,
                changed: recompute.changed,
            });
        }
        Ok(all)
    }
}

/// The clocks of an instance that move when it is counted by this catalog.
fn moved(mut instance: InstanceView, later: &Catalog, now: Timestamp) -> Vec<Moved> {
    let before: Vec<Deadline> = instance.state.deadlines().values().cloned().collect();
    // One that cannot be counted stays as it is, as it will when it is deployed.
    if bpmn::step(later, &mut instance.state, Command::RecomputeDeadlines, now).is_err() {
        return Vec::new();
    }
    let moved = before.into_iter().filter_map(|deadline| {
        let now = instance.state.deadlines().get(&deadline.key)?;
        let (before, after) = (deadline.counted.due?, now.counted.due?);
        (before != after).then(|| Moved {
            business_id: instance.business_id.clone(),
            name: deadline.name.to_string(),
            before,
            after,
        })
    });
    moved.collect()
}
