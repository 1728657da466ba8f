//! Writes deadlines.

use crate::Batch;
use crate::columns::due_column;
use crate::sqlite::values::Script;

pub(super) fn deadlines(script: &mut Script, batch: &Batch) {
    let head = "insert or rollback into deadlines (key, instance, element, element_instance, name, of_task, started_at, start_event, due,
        warns_at, source, reference, calendar, beyond_calendar, counted_at, changes, state, stopped_at, miss_reason)";
    let tail = "on conflict (key) do update set element = excluded.element, due = excluded.due, warns_at = excluded.warns_at,
        calendar = excluded.calendar, beyond_calendar = excluded.beyond_calendar, counted_at = excluded.counted_at,
        changes = excluded.changes, state = excluded.state, stopped_at = excluded.stopped_at,
        miss_reason = excluded.miss_reason";
    script.insert(head, 19, tail, batch.deadlines.values(), |values, row| {
        values
            .add(i64::from(row.key))
            .add(i64::from(row.instance))
            .add(row.element.clone())
            .add(i64::from(row.element_instance))
            .add(row.name.clone())
            .add(i64::from(row.of_task))
            .add(row.started_at.as_microsecond())
            .add(row.start_event.clone())
            .add(due_column(row.due))
            .add(row.warns_at.map(|at| at.as_microsecond()))
            .add(row.source.clone())
            .add(row.reference.clone())
            .add(row.calendar.clone().unwrap_or_default())
            .add(i64::from(row.beyond_calendar))
            .add(row.counted_at.as_microsecond())
            .add(row.changes.clone())
            .add(row.state.as_str())
            .add(row.stopped_at.map(|at| at.as_microsecond()))
            .add(row.miss_reason.clone());
    });
    let head = "with ended (deadline, state, at, reason) as (";
    let tail = ") update or rollback deadlines set state = coalesce(ended.state, deadlines.state),
        stopped_at = coalesce(ended.at, stopped_at), miss_reason = coalesce(ended.reason, miss_reason)
        from ended where deadlines.key = ended.deadline";
    let ended = batch.ended_deadlines.iter();
    script.rows(head, 4, tail, ended, |values, (key, end)| {
        let stopped = end.stopped;
        values
            .add(i64::from(*key))
            .add(stopped.map(|(state, _)| state.as_str().to_owned()))
            .add(stopped.map(|(_, at)| at.as_microsecond()))
            .add(end.miss_reason.clone());
    });
}
