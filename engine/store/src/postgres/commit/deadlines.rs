//! Writes deadlines: a row that is written and comes to its end in one batch is written once.

use super::statement::{Statement, integers, maybe_integers, maybe_texts, texts};
use crate::columns::due_column;
use crate::{Batch, Deadline, DeadlineEnd};

pub(super) fn deadlines(statement: &mut Statement, batch: &Batch) {
    let nothing = DeadlineEnd::default();
    let rows: Vec<(&Deadline, &DeadlineEnd)> = batch
        .deadlines
        .values()
        .map(|row| (row, batch.ended_deadlines.get(&row.key).unwrap_or(&nothing)))
        .collect();
    let state = |(row, end): &(&Deadline, &DeadlineEnd)| {
        end.stopped.map_or(row.state, |(state, _)| state).as_str()
    };
    let stopped_at = |(row, end): &(&Deadline, &DeadlineEnd)| {
        let at = end.stopped.map(|(_, at)| at).or(row.stopped_at);
        at.map(|at| at.as_microsecond())
    };
    let reason = |(row, end): &(&Deadline, &DeadlineEnd)| {
        end.miss_reason.clone().or(row.miss_reason.clone())
    };
    let lists = vec![
        integers(&rows, |(row, _)| row.key.into()),
        integers(&rows, |(row, _)| row.instance.into()),
        texts(&rows, |(row, _)| row.element.clone()),
        integers(&rows, |(row, _)| row.element_instance.into()),
        texts(&rows, |(row, _)| row.name.clone()),
        integers(&rows, |(row, _)| row.of_task.into()),
        integers(&rows, |(row, _)| row.started_at.as_microsecond()),
        maybe_texts(&rows, |(row, _)| row.start_event.clone()),
        integers(&rows, |(row, _)| due_column(row.due)),
        maybe_integers(&rows, |(row, _)| row.warns_at.map(|at| at.as_microsecond())),
        maybe_texts(&rows, |(row, _)| row.source.clone()),
        maybe_texts(&rows, |(row, _)| row.reference.clone()),
        texts(&rows, |(row, _)| row.calendar.clone().unwrap_or_default()),
        integers(&rows, |(row, _)| row.beyond_calendar.into()),
        integers(&rows, |(row, _)| row.counted_at.as_microsecond()),
        texts(&rows, |(row, _)| row.changes.clone()),
        texts(&rows, state),
        maybe_integers(&rows, stopped_at),
        maybe_texts(&rows, reason),
    ];
    let head = "insert into deadlines (key, instance, element, element_instance, name, of_task, started_at, start_event, due,
        warns_at, source, reference, calendar, beyond_calendar, counted_at, changes, state, stopped_at, miss_reason)";
    let tail = "on conflict (key) do update set element = excluded.element, due = excluded.due, warns_at = excluded.warns_at,
        calendar = excluded.calendar, beyond_calendar = excluded.beyond_calendar, counted_at = excluded.counted_at,
        changes = excluded.changes, state = excluded.state, stopped_at = excluded.stopped_at,
        miss_reason = excluded.miss_reason";
    statement.insert("open_deadlines", head, lists, tail);
    let ended: Vec<_> = batch
        .ended_deadlines
        .iter()
        .filter(|(key, _)| !batch.deadlines.contains_key(key))
        .collect();
    let lists = vec![
        integers(&ended, |(key, _)| i64::from(**key)),
        maybe_texts(&ended, |(_, end)| {
            end.stopped.map(|(state, _)| state.as_str().to_owned())
        }),
        maybe_integers(&ended, |(_, end)| {
            end.stopped.map(|(_, at)| at.as_microsecond())
        }),
        maybe_texts(&ended, |(_, end)| end.miss_reason.clone()),
    ];
    let before = "update deadlines as d set state = coalesce(new.state, d.state),
        stopped_at = coalesce(new.at, d.stopped_at), miss_reason = coalesce(new.reason, d.miss_reason) from ";
    let after = " as new (key, state, at, reason) where d.key = new.key";
    statement.over("ended_deadlines", &[before], lists, &[after]);
}
