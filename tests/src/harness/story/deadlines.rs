//! What people do with deadlines in a story, and what must be so of them.

use bpmn::{Command, Deadline, DeadlineOutcome, Extension, Record};
use jiff::Timestamp;

use super::Story;
use crate::scenario::{DeadlineAct, DeadlinePattern};

impl Story<'_> {
    pub(super) fn deadline_act(&mut self, act: &DeadlineAct) -> Result<(), String> {
        let by = Some("ruth".to_owned());
        match act {
            DeadlineAct::Pause { element, reason } => {
                let deadline = self.deadline(element)?.key;
                let (reason, authority) = (reason.clone(), None);
                let command = Command::PauseDeadline {
                    deadline,
                    reason,
                    authority,
                    by,
                };
                self.give(deadline, command)
            }
            DeadlineAct::Resume { element } => {
                let deadline = self.deadline(element)?.key;
                self.give(deadline, Command::ResumeDeadline { deadline, by })
            }
            DeadlineAct::Extend {
                element,
                days,
                until,
                reason,
            } => {
                let deadline = self.deadline(element)?.key;
                let extension = match until {
                    Some(until) => Extension::Until(*until),
                    None => Extension::WorkingDays(*days),
                };
                let command = Command::ExtendDeadline {
                    deadline,
                    extension,
                    reason: reason.clone(),
                    authority: Some("head of service".to_owned()),
                    by,
                };
                self.give(deadline, command)
            }
            DeadlineAct::Explain { element, reason } => {
                let started = self.started(element)?;
                let deadline = started.last().ok_or("there was no such deadline")?.key;
                let reason = reason.clone();
                let command = Command::ExplainMiss {
                    deadline,
                    reason,
                    by,
                };
                self.give(deadline, command)
            }
            DeadlineAct::UseCalendar { calendar } => {
                let first = self.first()?;
                let calendar = calendar.clone();
                self.give(first, Command::UseCalendar { calendar })
            }
            DeadlineAct::Holiday { date, calendar } => {
                let text = self.with_holiday(calendar, date)?;
                self.harness
                    .deploy_calendar(&format!("{calendar}.calendar"), &text)
            }
        }
    }

    /// The text of a calendar beside the scenario, with one more holiday and what was added before.
    fn with_holiday(&mut self, calendar: &str, date: &str) -> Result<String, String> {
        let name = format!("{calendar}.calendar");
        let beside = self.world.resources.iter().find(|(file, _)| *file == name);
        let text = self
            .calendars
            .get(&name)
            .or(beside.map(|(_, text)| text))
            .ok_or_else(|| format!("there is no calendar {name} beside the scenario"))?;
        let mut json: serde_json::Value =
            serde_json::from_str(text).map_err(|error| error.to_string())?;
        let holidays = json["holidays"]
            .as_array_mut()
            .ok_or("a calendar has holidays")?;
        holidays.push(serde_json::json!({"date": date, "name": "Declared late"}));
        self.calendars.insert(name, json.to_string());
        Ok(json.to_string())
    }

    fn deadline(&mut self, element: &str) -> Result<Deadline, String> {
        self.known(Some(element))?;
        let all: Vec<Deadline> =
            self.collect(|instance| instance.state.deadlines().values().cloned().collect())?;
        let mut named = all
            .into_iter()
            .filter(|deadline| self.called(Some(element), &deadline.element));
        named
            .next()
            .ok_or_else(|| format!("there is no deadline of \"{element}\""))
    }

    /// All deadlines that an element ever had.
    fn started(&mut self, element: &str) -> Result<Vec<Deadline>, String> {
        self.known(Some(element))?;
        let all: Vec<Deadline> = self.collect(|instance| {
            let records = instance.records.iter();
            let started = records.filter_map(|record| {
                let Record::DeadlineStarted { deadline } = record else {
                    return None;
                };
                Some((**deadline).clone())
            });
            started.collect()
        })?;
        let named = all
            .into_iter()
            .filter(|deadline| self.called(Some(element), &deadline.element));
        Ok(named.collect())
    }

    pub(super) fn expect_deadline(&mut self, pattern: &DeadlinePattern) -> Result<(), String> {
        if let Some(outcome) = pattern.outcome {
            return self.expect_outcome(&pattern.element, outcome);
        }
        let found = self.deadline(&pattern.element)?;
        let shown = |at: Option<Timestamp>, story: &Self| {
            at.map_or("never".to_owned(), |at| story.local(at))
        };
        let due = shown(found.counted.due, self);
        if pattern.due.is_some() && found.counted.due != pattern.due {
            return Err(format!("it is due {due}"));
        }
        if pattern.warns.is_some() && found.counted.warns_at != pattern.warns {
            let warns = shown(found.counted.warns_at, self);
            return Err(format!("it warns {warns}"));
        }
        if pattern.paused && !found.is_paused() {
            return Err(format!("it is not paused, but due {due}"));
        }
        let source = found.source.map(bpmn::Source::word);
        if pattern.source.is_some() && pattern.source.as_deref() != source {
            return Err(format!("its source is {source:?}"));
        }
        if pattern.beyond != found.counted.beyond_calendar {
            let known = if pattern.beyond {
                "known"
            } else {
                "beyond its calendar"
            };
            return Err(format!("it is {known}"));
        }
        Ok(())
    }

    fn expect_outcome(&mut self, element: &str, wanted: DeadlineOutcome) -> Result<(), String> {
        let keys: Vec<_> = self.started(element)?.iter().map(|d| d.key).collect();
        let outcomes: Vec<DeadlineOutcome> = self.collect(|instance| {
            let records = instance.records.iter();
            let stopped = records.filter_map(|record| {
                let Record::DeadlineStopped {
                    deadline, outcome, ..
                } = record
                else {
                    return None;
                };
                keys.contains(deadline).then_some(*outcome)
            });
            stopped.collect()
        })?;
        if outcomes.contains(&wanted) {
            Ok(())
        } else {
            Err(format!("its outcomes are {outcomes:?}"))
        }
    }

    pub(super) fn expect_no_deadline(&mut self, element: Option<&str>) -> Result<(), String> {
        self.known(element)?;
        let all: Vec<Deadline> =
            self.collect(|instance| instance.state.deadlines().values().cloned().collect())?;
        let mut named = all
            .iter()
            .filter(|deadline| self.called(element, &deadline.element));
        match named.next() {
            None => Ok(()),
            Some(found) => Err(format!("the deadline of \"{}\" runs", found.name)),
        }
    }
}
