//! What is told of deadlines: that somebody paused or extended one, that it was missed, that its calendar changed.

use super::{Kind, Teller};
use bpmn::{ChangeKind, Counted, DeadlineChange, DeadlineOutcome, Key, Record};
use runtime::HistoryRow;

impl Teller<'_> {
    pub(super) fn deadline(&mut self, row: &HistoryRow, record: &Record) {
        if let Record::DeadlineStarted { deadline } = record {
            let told = (deadline.name.clone(), deadline.element.clone());
            self.deadlines.insert(deadline.key, told);
            self.dues.insert(deadline.key, deadline.counted.due);
        } else if let Record::DeadlineChanged {
            deadline,
            change,
            counted,
        } = record
        {
            self.changed(row, *deadline, change, counted);
        } else if let Record::DeadlineRecomputed { deadline, counted } = record {
            // By another calendar it may be due when it was due before.
            if self.dues.insert(*deadline, counted.due) != Some(counted.due) {
                self.about(row, *deadline, "counted anew: its calendar has changed");
                self.due(counted);
            }
        } else if let Record::DeadlineStopped {
            deadline,
            outcome: DeadlineOutcome::Missed,
            ..
        } = record
        {
            self.about(row, *deadline, "missed");
        } else if let Record::DeadlineExplained {
            deadline, reason, ..
        } = record
        {
            self.about(row, *deadline, "explained");
            self.detail(format!("Late because: {reason}"));
        } else if let Record::CalendarChosen { calendar } = record {
            let what = match calendar {
                Some(calendar) => format!("The case works by the calendar {calendar}"),
                None => "The case works by no calendar of its own".to_owned(),
            };
            self.add(row, Kind::Deadline, what);
        }
    }

    fn changed(&mut self, row: &HistoryRow, key: Key, change: &DeadlineChange, counted: &Counted) {
        let what = match change.kind {
            ChangeKind::Paused => "paused",
            ChangeKind::Resumed => "goes on",
            ChangeKind::Extended(_) => "extended",
        };
        self.about(row, key, what);
        self.dues.insert(key, counted.due);
        self.due(counted);
        if let Some(authority) = &change.authority {
            self.detail(format!("By authority of: {authority}"));
        }
        if let (Some(entry), Some(reason)) = (self.entries.last_mut(), &change.reason) {
            entry.reason.get_or_insert_with(|| reason.clone());
        }
    }

    fn about(&mut self, row: &HistoryRow, key: Key, what: &str) {
        let told = self.deadlines.get(&key).cloned();
        let name = told.as_ref().map_or("a step", |(name, _)| name);
        self.add(row, Kind::Deadline, format!("Deadline of {name}: {what}"));
        self.element(told.map(|(_, element)| element));
    }

    /// When it is due now.
    fn due(&mut self, counted: &Counted) {
        if let Some(entry) = self.entries.last_mut() {
            entry.due = counted.due;
        }
    }
}
