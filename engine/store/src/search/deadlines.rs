//! How deadlines are searched.

use super::tables::{Holds, Searched, Table, by, column, maybe, number, text, walk_all, words};
use crate::Deadline;
use crate::columns::{NEVER, Row};
use crate::error::Result;
use crate::reads;
use crate::sight::OF_INSTANCES;

impl Searched for Deadline {
    const TABLE: &'static Table = &Table {
        name: "deadlines",
        select: reads::DEADLINE_COLUMNS,
        alias: None,
        from: "deadlines d join process_instances i on i.key = d.instance",
        alone: "deadlines d",
        seen: &OF_INSTANCES,
        key: "key",
        ties: &[],
        columns: &[
            number("key", "d.key"),
            number("instance", "d.instance"),
            number("element_instance", "d.element_instance"),
            maybe(number("task", "case when d.of_task = 1 then d.key end")),
            number("definition", "i.definition"),
            text("process_id", "i.process_id"),
            maybe(text("business_id", "i.business_id")),
            text("element", "d.element"),
            text("name", "d.name"),
            number("started_at", "d.started_at"),
            maybe(text("start_event", "d.start_event")),
            column(
                "due",
                "d.due",
                Holds::Number {
                    absent: Some(NEVER),
                },
            ),
            maybe(number("warns_at", "d.warns_at")),
            maybe(text("source", "d.source")),
            maybe(text("reference", "d.reference")),
            maybe(text("calendar", "nullif(d.calendar, '')")),
            number("beyond_calendar", "d.beyond_calendar"),
            words(
                "state",
                "case when d.state <> 'open' then d.state when d.due < 9223372036854775807 then 'running' else 'paused' end",
                STATES,
            ),
            maybe(number("stopped_at", "d.stopped_at")),
            maybe(text("miss_reason", "d.miss_reason")),
        ],
        ways: &[
            by(&["key"]),
            by(&["instance", "key"]),
            by(&["business_id"]),
            by(&["process_id"]),
            by(&["state", "due", "key"]),
            walk_all(&["due", "key"]),
        ],
    };

    fn read(row: &Row) -> Result<Deadline> {
        reads::read_deadline(row)
    }
}

/// A paused one is open, and due never.
const STATES: &[(&str, &str)] = &[
    (
        "running",
        "d.state = 'open' and d.due < 9223372036854775807",
    ),
    ("paused", "d.state = 'open' and d.due = 9223372036854775807"),
    ("met", "d.state = 'met'"),
    ("missed", "d.state = 'missed'"),
    ("reached", "d.state = 'reached'"),
    ("withdrawn", "d.state = 'withdrawn'"),
];
