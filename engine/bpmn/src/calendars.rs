//! Deployed calendars, and by which of them somebody works.
//!
//! The most specific wins: the calendar of the case (said when it began, or by [`Command::UseCalendar`](crate::Command)), then that of its
//! process (`caseway:calendar` in the model, else a calendar that names the process), then that of the team (the lane of an element, or
//! the candidate group of a user task), then that of the organisation, then the one with which the program was started.

use std::collections::BTreeMap;
use std::sync::Arc;

use calendar::Calendar;
use feel::{Environment, Limits, WorkingDays};
use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::Key;

/// One version of a deployed calendar.
#[derive(Debug, Clone)]
pub struct DeployedCalendar {
    /// Its key.
    pub key: Key,
    /// Its version among the calendars of the same id, from 1.
    pub version: u32,
    /// The calendar.
    pub calendar: Arc<Calendar>,
}

/// The working days and the zone by which something is counted.
#[derive(Debug, Clone)]
pub struct Office {
    /// Id of the deployed calendar; absent where it is the one with which the program was started.
    pub id: Option<String>,
    /// The working days.
    pub calendar: Arc<dyn WorkingDays>,
    /// Where dates without zone are.
    pub zone: TimeZone,
}

/// All versions of all calendars.
#[derive(Debug, Clone, Default)]
pub(crate) struct Calendars {
    /// Oldest version first.
    versions: BTreeMap<String, Vec<DeployedCalendar>>,
}

impl Calendars {
    pub(crate) fn add(&mut self, deployed: DeployedCalendar) {
        let id = deployed.calendar.id().to_owned();
        let versions = self.versions.entry(id).or_default();
        versions.push(deployed);
        versions.sort_by_key(|deployed| deployed.version);
    }

    pub(crate) fn versions(&self, id: &str) -> &[DeployedCalendar] {
        self.versions.get(id).map_or(&[], Vec::as_slice)
    }

    pub(crate) fn latest(&self, id: &str) -> Option<&DeployedCalendar> {
        self.versions.get(id)?.last()
    }

    /// The latest version of each.
    pub(crate) fn all(&self) -> impl Iterator<Item = &DeployedCalendar> {
        self.versions
            .values()
            .filter_map(|versions| versions.last())
    }

    pub(crate) fn of_process(&self, process_id: &str) -> Option<&DeployedCalendar> {
        self.all()
            .find(|deployed| deployed.calendar.used().processes.contains(process_id))
    }

    pub(crate) fn of_team(&self, team: &str) -> Option<&DeployedCalendar> {
        self.all()
            .find(|deployed| deployed.calendar.used().teams.contains(team))
    }

    pub(crate) fn has_teams(&self) -> bool {
        self.all()
            .any(|deployed| !deployed.calendar.used().teams.is_empty())
    }

    pub(crate) fn of_organisation(&self) -> Option<&DeployedCalendar> {
        self.all()
            .find(|deployed| deployed.calendar.used().organisation)
    }
}

impl Office {
    /// The world in which expressions are evaluated at a time.
    pub fn environment(&self, now: Timestamp) -> Environment {
        Environment {
            now,
            zone: self.zone.clone(),
            calendar: self.calendar.clone(),
            limits: Limits::default(),
        }
    }
}

impl From<&DeployedCalendar> for Office {
    fn from(deployed: &DeployedCalendar) -> Office {
        Office {
            id: Some(deployed.calendar.id().to_owned()),
            zone: deployed.calendar.zone().clone(),
            calendar: deployed.calendar.clone(),
        }
    }
}
