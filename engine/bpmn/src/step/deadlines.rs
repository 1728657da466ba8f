//! Deadlines: how they begin, what can be done to them, how they end.

use calendar::{Course, Extension, Period};
use jiff::Timestamp;

use super::{Failure, Stepper};
use crate::deadline::Roll;
use crate::definition::FlowNode;
use crate::read::days;
use crate::{
    Catalog, ChangeKind, Command, Computed, Counted, Deadline, DeadlineChange, DeadlineOutcome,
    DeadlineRule, Key, Office, Record, Rejection, Task, Timer, time,
};

/// A deadline that is about to begin: all but the key of its task or timer.
pub(crate) struct Begun {
    pub(crate) counted: Counted,
    started_at: Timestamp,
    period: Period,
    computed: Option<Box<Computed>>,
}

impl<'a> Stepper<'a> {
    /// By what the deadline of an element is counted.
    fn office(&self, node: &FlowNode) -> Office {
        let teams = node.teams();
        let teams = teams.iter().map(String::as_str);
        let case = self.instance.calendar();
        self.catalog.office_of_team(case, self.definition, teams)
    }

    /// When a deadline that has a beginning of its own began; now for all others.
    pub(crate) fn began(&self, node: &FlowNode, scope: Key) -> Result<Timestamp, Failure> {
        let rule = node.deadline.as_deref();
        let Some(from) = rule.and_then(|rule| rule.from.as_ref()) else {
            return Ok(self.now);
        };
        let what = format!("The beginning of the deadline of \"{}\"", node.label());
        let value = self.required(from, scope, &what)?;
        let (opens, _) = self.environment.calendar.office_hours();
        time::moment(&value, &self.environment.zone, opens)
            .map_err(|problem| Failure::expression(format!("{what}: {problem}")))
    }

    /// The deadline that an element begins with, where the model speaks of one: in working days, else until the
    /// moment that the element itself says, if it does.
    pub(crate) fn deadline(
        &self,
        node: &FlowNode,
        scope: Key,
        until: impl FnOnce() -> Result<Option<Timestamp>, Failure>,
    ) -> Result<(Option<Timestamp>, Option<Begun>), Failure> {
        let Some(rule) = node.deadline.as_deref() else {
            return Ok((until()?, None));
        };
        let (period, computed) = match self.working_days(node, rule, scope)? {
            Some(days) => (Period::WorkingDays(days), None),
            None => match until()? {
                Some(at) => (Roll::until(rule.roll, at), self.computed(node, scope)),
                None => return Ok((None, None)),
            },
        };
        let started_at = self.began(node, scope)?;
        let office = self.office(node);
        let course = Course {
            calendar: &*office.calendar,
            zone: &office.zone,
        };
        let due = course.due(started_at, period, Some(rule.warning), []);
        let Some(at) = due.at else {
            let label = node.label();
            return Err(Failure::expression(format!(
                "The deadline of \"{label}\" leads out of the calendar"
            )));
        };
        let counted = Counted {
            due: Some(at),
            warns_at: due.warns_at,
            calendar: office.id,
            beyond_calendar: !due.is_known,
        };
        let begun = Begun {
            counted,
            started_at,
            period,
            computed,
        };
        Ok((Some(at), Some(begun)))
    }

    /// How many working days the model gives; `None` where it leaves it to the element itself.
    fn working_days(
        &self,
        node: &FlowNode,
        rule: &DeadlineRule,
        scope: Key,
    ) -> Result<Option<i32>, Failure> {
        let Some(text) = &rule.working_days else {
            return Ok(None);
        };
        let value = self.value(text, scope)?;
        if value.is_null() {
            return Ok(None);
        }
        let found = days(&value).ok_or_else(|| {
            Failure::expression(format!(
                "The working days of \"{}\" are a {} where a whole number from 0 to 10000 is needed",
                node.label(),
                value.kind()
            ))
        })?;
        Ok(Some(found))
    }

    pub(crate) fn begin_task_deadline(&mut self, node: &FlowNode, task: &Task, begun: Begun) {
        self.begin_deadline(node, task.key, task.element_instance, true, begun);
    }

    pub(crate) fn begin_timer_deadline(&mut self, node: &FlowNode, timer: &Timer, begun: Begun) {
        self.begin_deadline(node, timer.key, timer.element_instance, false, begun);
    }

    fn begin_deadline(
        &mut self,
        node: &FlowNode,
        key: Key,
        element_instance: Key,
        of_task: bool,
        begun: Begun,
    ) {
        let Some(rule) = node.deadline.as_deref() else {
            return;
        };
        let deadline = Box::new(Deadline {
            key,
            element: node.id.clone(),
            element_instance,
            name: node.label().clone(),
            of_task,
            started_at: begun.started_at,
            start_event: rule.start_event.clone(),
            period: begun.period,
            computed: begun.computed,
            source: rule.source,
            reference: rule.reference.clone(),
            warning: rule.warning,
            counted: begun.counted,
            changes: Vec::new(),
            miss_reason: None,
        });
        self.emit(Record::DeadlineStarted { deadline });
    }

    /// Counts a deadline by the calendars of now, after one more change.
    fn counted(&self, deadline: &Deadline, change: Option<ChangeKind>) -> Counted {
        let index = self.definition.find(&deadline.element);
        let node = index.map(|index| self.definition.at(index));
        let office = node.map_or_else(
            || {
                self.catalog
                    .office_of(self.instance.calendar(), self.definition)
            },
            |node| self.office(node),
        );
        let course = Course {
            calendar: &*office.calendar,
            zone: &office.zone,
        };
        let last = change.map(|kind| DeadlineChange {
            at: self.now,
            kind,
            reason: None,
            authority: None,
            by: None,
        });
        let mut changed = deadline.clone();
        changed.changes.extend(last);
        let due = course.due(
            deadline.started_at,
            self.period(node, deadline, &office),
            Some(deadline.warning),
            changed.course(),
        );
        Counted {
            due: due.at,
            warns_at: due.warns_at,
            calendar: office.id,
            beyond_calendar: !due.is_known,
        }
    }

    fn running(&self, key: Key) -> Result<&Deadline, Rejection> {
        let found = self.instance.deadlines().get(&key);
        found.ok_or(Rejection::NoSuchDeadline { deadline: key })
    }

    /// A deadline and the others of its visit, which share its fate.
    fn together(&self, deadline: &Deadline) -> Vec<Deadline> {
        let all = self.instance.deadlines().values();
        all.filter(|other| other.element_instance == deadline.element_instance)
            .cloned()
            .collect()
    }

    /// Carries out what somebody asks of a deadline.
    pub(super) fn change_deadline(&mut self, command: Command) -> Result<(), Rejection> {
        let at = self.now;
        if let Command::PauseDeadline {
            deadline,
            reason,
            authority,
            by,
        } = command
        {
            let why = DeadlineChange {
                at,
                kind: ChangeKind::Paused,
                reason: Some(reason),
                authority,
                by,
            };
            self.pause_deadline(deadline, why)
        } else if let Command::ResumeDeadline { deadline, by } = command {
            let why = DeadlineChange {
                at,
                kind: ChangeKind::Resumed,
                reason: None,
                authority: None,
                by,
            };
            self.resume_deadline(deadline, why)
        } else if let Command::ExtendDeadline {
            deadline,
            extension,
            reason,
            authority,
            by,
        } = command
        {
            let why = DeadlineChange {
                at,
                kind: ChangeKind::Extended(extension),
                reason: Some(reason),
                authority,
                by,
            };
            self.extend_deadline(deadline, extension, why)
        } else {
            Ok(())
        }
    }

    fn pause_deadline(&mut self, key: Key, why: DeadlineChange) -> Result<(), Rejection> {
        need_reason(&why)?;
        let deadline = self.running(key)?.clone();
        let name = deadline.name.to_string();
        if deadline.is_paused() {
            return Err(Rejection::DeadlinePaused { name });
        }
        if deadline.is_overdue(self.now) {
            return Err(Rejection::DeadlinePassed { name });
        }
        for other in self.together(&deadline) {
            // Another of the visit may have passed, and stays so.
            if !other.is_paused() && !other.is_overdue(self.now) {
                self.change(&other, why.clone());
            }
        }
        Ok(())
    }

    fn resume_deadline(&mut self, key: Key, why: DeadlineChange) -> Result<(), Rejection> {
        let deadline = self.running(key)?.clone();
        if !deadline.is_paused() {
            let name = deadline.name.to_string();
            return Err(Rejection::DeadlineNotPaused { name });
        }
        for other in self.together(&deadline) {
            if other.is_paused() {
                self.change(&other, why.clone());
            }
        }
        Ok(())
    }

    fn extend_deadline(
        &mut self,
        key: Key,
        extension: Extension,
        why: DeadlineChange,
    ) -> Result<(), Rejection> {
        need_reason(&why)?;
        let deadline = self.running(key)?.clone();
        let name = deadline.name.to_string();
        let Some(before) = deadline.counted.due else {
            return Err(Rejection::DeadlinePaused { name });
        };
        let after = self.counted(&deadline, Some(why.kind)).due;
        if after.is_none_or(|after| after <= before) {
            return Err(Rejection::NotLater { name });
        }
        for other in self.together(&deadline) {
            if other.is_paused() {
                continue;
            }
            let kind = match extension {
                Extension::Until(at) if other.key != key => {
                    let environment = &self.environment;
                    let day = |at: Timestamp| environment.zone.to_datetime(at).date();
                    let days = environment.calendar.between(day(before), day(at));
                    ChangeKind::Extended(Extension::WorkingDays(days))
                }
                Extension::Until(_) | Extension::WorkingDays(_) => why.kind,
            };
            self.change(
                &other,
                DeadlineChange {
                    kind,
                    ..why.clone()
                },
            );
        }
        Ok(())
    }

    fn change(&mut self, deadline: &Deadline, change: DeadlineChange) {
        let counted = self.counted(deadline, Some(change.kind));
        self.emit(Record::DeadlineChanged {
            deadline: deadline.key,
            change: Box::new(change),
            counted: Box::new(counted),
        });
    }

    /// Counts all deadlines anew; records only what changes. Paused ones are counted when they go on.
    pub(super) fn recompute_deadlines(&mut self) {
        let all: Vec<Deadline> = self.instance.deadlines().values().cloned().collect();
        for deadline in all.iter().filter(|deadline| !deadline.is_paused()) {
            let counted = self.counted(deadline, None);
            if counted != deadline.counted {
                let deadline = deadline.key;
                let counted = Box::new(counted);
                self.emit(Record::DeadlineRecomputed { deadline, counted });
            }
        }
    }

    pub(super) fn explain_miss(
        &mut self,
        deadline: Key,
        reason: String,
        by: Option<String>,
    ) -> Result<(), Rejection> {
        if reason.trim().is_empty() {
            return Err(Rejection::NoReason);
        }
        let running = self.instance.deadlines().get(&deadline);
        let late = running.is_some_and(|deadline| deadline.is_overdue(self.now));
        if !late && !self.instance.missed().contains(&deadline) {
            return Err(Rejection::NotMissed { deadline });
        }
        self.emit(Record::DeadlineExplained {
            deadline,
            reason,
            by,
        });
        Ok(())
    }

    pub(super) fn use_calendar(&mut self, calendar: Option<String>) -> Result<(), Rejection> {
        if let Some(calendar) = &calendar {
            known_calendar(self.catalog, calendar)?;
        }
        self.choose_calendar(calendar);
        self.recompute_deadlines();
        Ok(())
    }

    /// From now on everything is counted by this calendar, where no element has one of its team.
    pub(super) fn choose_calendar(&mut self, calendar: Option<String>) {
        let calendar = calendar.map(Into::into);
        self.emit(Record::CalendarChosen { calendar });
        let office = self
            .catalog
            .office_of(self.instance.calendar(), self.definition);
        self.environment = office.environment(self.now);
    }

    /// What a record means for the deadline of its task or timer, which ends with it.
    pub(super) fn stop_deadline_of(&mut self, record: &Record) {
        let (Record::TaskCompleted { task: key, .. }
        | Record::TaskWithdrawn { task: key }
        | Record::TimerFired { timer: key }
        | Record::TimerWithdrawn { timer: key }) = record
        else {
            return;
        };
        let Some(deadline) = self.instance.deadlines().get(key) else {
            return;
        };
        let late = deadline.is_overdue(self.now);
        let is_judged = deadline.of_task || deadline.source.is_some();
        let fired = matches!(record, Record::TimerFired { .. });
        let outcome = match (is_judged, fired || late) {
            (true, true) => DeadlineOutcome::Missed,
            (false, true) if fired => DeadlineOutcome::Reached,
            (true, false) if !matches!(record, Record::TaskWithdrawn { .. }) => {
                DeadlineOutcome::Met
            }
            (_, _) => DeadlineOutcome::Withdrawn,
        };
        self.stop_deadline(*key, outcome);
    }

    /// A visit is cut short: its deadlines that have not passed are no longer needed.
    pub(super) fn withdraw_deadlines(&mut self, visit: Key) {
        let all = self.instance.deadlines().values();
        let own = all.filter(|d| d.element_instance == visit && !d.is_overdue(self.now));
        for key in own.map(|deadline| deadline.key).collect::<Vec<_>>() {
            self.stop_deadline(key, DeadlineOutcome::Withdrawn);
        }
    }

    fn stop_deadline(&mut self, deadline: Key, outcome: DeadlineOutcome) {
        let at = self.now;
        self.emit(Record::DeadlineStopped {
            deadline,
            outcome,
            at,
        });
    }
}

/// A calendar that somebody names is deployed.
pub(super) fn known_calendar(catalog: &Catalog, calendar: &str) -> Result<(), Rejection> {
    match catalog.latest_calendar(calendar) {
        Some(_) => Ok(()),
        None => Err(Rejection::NoSuchCalendar {
            calendar: calendar.to_owned(),
        }),
    }
}

fn need_reason(why: &DeadlineChange) -> Result<(), Rejection> {
    let given = why
        .reason
        .as_ref()
        .is_some_and(|reason| !reason.trim().is_empty());
    if given {
        Ok(())
    } else {
        Err(Rejection::NoReason)
    }
}
