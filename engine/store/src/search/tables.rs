//! What can be searched: the columns of each table, and the ways into it.

use crate::columns::{NEVER, Row};
use crate::error::{Error, Result};
use crate::reads::{self, INSTANCE_COLUMNS, JOB_COLUMNS, SUBSCRIPTION_COLUMNS};
use crate::sight::{self, OF_INSTANCES};
use crate::sql::prefixed;
use crate::{DecisionInstance, Incident, Instance, Job, Subscription, Task, decision};

/// Rows that can be searched.
pub trait Searched: Sized {
    /// Where they are.
    #[doc(hidden)]
    const TABLE: &'static Table;
    /// Reads one.
    #[doc(hidden)]
    fn read(row: &Row) -> Result<Self>;
}

/// A table, or several that are joined.
#[derive(Debug)]
pub struct Table {
    /// The word for messages.
    pub(super) name: &'static str,
    /// What is read; `alias` stands before each column, where it is not there already.
    pub(super) select: &'static str,
    pub(super) alias: Option<&'static str>,
    pub(super) from: &'static str,
    /// By which of its columns is decided what somebody sees.
    pub(super) seen: &'static sight::Columns,
    /// The column that no two rows share, or only those that `ties` tell apart.
    pub(super) key: &'static str,
    /// Further columns of its primary key.
    pub(super) ties: &'static [&'static str],
    pub(super) columns: &'static [Column],
    pub(super) ways: &'static [Way],
}

/// A column that can be asked for.
#[derive(Debug)]
pub(super) struct Column {
    pub(super) name: &'static str,
    pub(super) sql: &'static str,
    pub(super) holds: Holds,
    /// Whether there may be no value.
    pub(super) nullable: bool,
    /// What parts the rows, where each part has an index of its own.
    pub(super) parts: &'static [&'static str],
}

/// What a column holds.
#[derive(Debug)]
pub(super) enum Holds {
    /// Numbers, keys, times and flags. `absent` is the number that stands for none.
    Number {
        absent: Option<i64>,
    },
    Text,
    /// One of these words, each with the condition that says so: indexes of some rows serve only a query that has it.
    Words(&'static [(&'static str, &'static str)]),
    /// Several texts, as JSON. Open tasks are in the queues of this kind as well.
    List {
        queue: &'static str,
    },
}

/// A way into a table, by an index.
#[derive(Debug)]
pub(super) struct Way {
    /// The columns of the index, in their order.
    pub(super) columns: &'static [&'static str],
    /// Of which rows the index is, where it is not of all: a column and its word.
    pub(super) when: Option<(&'static str, &'static str)>,
    /// Whether the index has all rows that it is of, so that it can be walked in its order.
    pub(super) walked: bool,
    /// What SQLite is told, where it would rather go through all rows in the order of their keys.
    pub(super) hint: Option<&'static str>,
    /// What is so for all of these rows, and helps to find them.
    pub(super) implied: Option<&'static str>,
}

/// What waits belongs to an instance that runs.
const RUNS: &str = "i.status = 'active'";

const fn column(name: &'static str, sql: &'static str, holds: Holds) -> Column {
    Column {
        name,
        sql,
        holds,
        nullable: false,
        parts: &[],
    }
}

const fn maybe(mut column: Column) -> Column {
    column.nullable = true;
    column
}

const fn in_parts(mut column: Column, parts: &'static [&'static str]) -> Column {
    column.parts = parts;
    column
}

const fn number(name: &'static str, sql: &'static str) -> Column {
    column(name, sql, Holds::Number { absent: None })
}

const fn text(name: &'static str, sql: &'static str) -> Column {
    column(name, sql, Holds::Text)
}

const fn words(
    name: &'static str,
    sql: &'static str,
    words: &'static [(&'static str, &'static str)],
) -> Column {
    column(name, sql, Holds::Words(words))
}

const fn by(columns: &'static [&'static str]) -> Way {
    Way {
        columns,
        when: None,
        walked: false,
        hint: None,
        implied: None,
    }
}

const fn walk(columns: &'static [&'static str], column: &'static str, word: &'static str) -> Way {
    let mut way = by_when(columns, column, word);
    way.walked = true;
    way
}

const fn walk_all(columns: &'static [&'static str]) -> Way {
    let mut way = by(columns);
    way.walked = true;
    way
}

const fn hinted(mut way: Way, from: &'static str) -> Way {
    way.hint = Some(from);
    way
}

const fn of_running(mut way: Way) -> Way {
    way.implied = Some(RUNS);
    way
}

const fn by_when(
    columns: &'static [&'static str],
    column: &'static str,
    word: &'static str,
) -> Way {
    Way {
        columns,
        when: Some((column, word)),
        walked: false,
        hint: None,
        implied: None,
    }
}

impl Column {
    /// Whether a word means only some of the rows that another word means, which says so first.
    pub(super) fn is_within_another(&self, word: &str) -> bool {
        let Holds::Words(words) = &self.holds else {
            return false;
        };
        let said = words.iter().find(|(known, _)| *known == word);
        said.is_some_and(|(_, said)| {
            let mut others = words.iter().map(|(_, other)| *other);
            others.any(|other| {
                let more = said.strip_prefix(other);
                more.is_some_and(|more| more.starts_with(" and "))
            })
        })
    }
}

impl Table {
    pub(super) fn column(&self, name: &str) -> Result<&'static Column> {
        let column = self.columns.iter().find(|column| column.name == name);
        column.ok_or_else(|| Error::NoSuchColumn {
            table: self.name,
            column: name.to_owned(),
        })
    }

    /// What is read, as a query says it.
    pub(super) fn selected(&self) -> String {
        match self.alias {
            Some(alias) => prefixed(alias, self.select),
            None => self.select.to_owned(),
        }
    }

    /// The columns that tell its rows apart.
    pub(super) fn identity(&self) -> impl Iterator<Item = &'static str> {
        [self.key].into_iter().chain(self.ties.iter().copied())
    }

    /// How many columns are read.
    pub(super) fn width(&self) -> usize {
        self.select.split(',').count()
    }
}

impl Searched for Task {
    const TABLE: &'static Table = &Table {
        name: "tasks",
        select: reads::TASK_COLUMNS,
        alias: None,
        from: "tasks t join process_instances i on i.key = t.instance",
        seen: &OF_INSTANCES,
        key: "key",
        ties: &[],
        columns: &[
            number("key", "t.key"),
            number("instance", "t.instance"),
            number("element_instance", "t.element_instance"),
            number("definition", "i.definition"),
            text("process_id", "i.process_id"),
            maybe(text("business_id", "i.business_id")),
            text("element", "t.element"),
            text("name", "t.name"),
            maybe(in_parts(
                text("assignee", "t.assignee"),
                &["t.state = 'open'", "t.state <> 'open'"],
            )),
            column(
                "candidate_group",
                "t.candidate_groups",
                Holds::List { queue: "group" },
            ),
            column(
                "candidate_user",
                "t.candidate_users",
                Holds::List { queue: "user" },
            ),
            column(
                "due",
                "t.due",
                Holds::Number {
                    absent: Some(NEVER),
                },
            ),
            maybe(number("follow_up", "t.follow_up")),
            number("priority", "t.priority"),
            number("created_at", "t.created_at"),
            maybe(number("closed_at", "t.closed_at")),
            words("state", "t.state", TASK_STATES),
        ],
        ways: &[
            by(&["key"]),
            by(&["instance", "key"]),
            by(&["business_id"]),
            by_when(&["assignee", "due", "key"], "state", "open"),
            by(&["assignee"]),
            by_when(&["candidate_user"], "state", "open"),
            by_when(&["candidate_group"], "state", "open"),
            of_running(by_when(&["process_id"], "state", "open")),
            by(&["process_id"]),
            walk(&["due", "key"], "state", "open"),
            hinted(
                walk(&["key"], "state", "completed"),
                "tasks t indexed by tasks_completed join process_instances i on i.key = t.instance",
            ),
            hinted(
                walk(&["key"], "state", "open"),
                "tasks t indexed by tasks_open join process_instances i on i.key = t.instance",
            ),
        ],
    };

    fn read(row: &Row) -> Result<Task> {
        reads::read_task(row)
    }
}

const TASK_STATES: &[(&str, &str)] = &[
    ("open", "t.state = 'open'"),
    ("creating", "t.state = 'creating'"),
    ("assigning", "t.state = 'assigning'"),
    ("updating", "t.state = 'updating'"),
    ("completing", "t.state = 'completing'"),
    ("completed", "t.state = 'completed'"),
    ("withdrawn", "t.state = 'withdrawn'"),
];

impl Searched for Job {
    const TABLE: &'static Table = &Table {
        name: "jobs",
        select: JOB_COLUMNS,
        alias: Some("j"),
        from: "jobs j join process_instances i on i.key = j.instance",
        seen: &OF_INSTANCES,
        key: "key",
        ties: &[],
        columns: &[
            number("key", "j.key"),
            number("instance", "j.instance"),
            number("element_instance", "j.element_instance"),
            number("definition", "i.definition"),
            text("process_id", "i.process_id"),
            text("element", "j.element"),
            in_parts(text("type", "j.type"), &["j.retries > 0", "j.retries = 0"]),
            maybe(text("worker", "j.worker")),
            number("retries", "j.retries"),
            number("created_at", "j.created_at"),
        ],
        ways: &[
            by(&["key"]),
            by(&["instance", "key"]),
            by(&["type"]),
            of_running(by(&["process_id"])),
        ],
    };

    fn read(row: &Row) -> Result<Job> {
        reads::read_job(row)
    }
}

impl Searched for Subscription {
    const TABLE: &'static Table = &Table {
        name: "subscriptions",
        select: SUBSCRIPTION_COLUMNS,
        alias: None,
        from: "subscriptions s join process_instances i on i.key = s.instance",
        seen: &OF_INSTANCES,
        key: "key",
        ties: &[],
        columns: &[
            number("key", "s.key"),
            number("instance", "s.instance"),
            number("element_instance", "s.element_instance"),
            number("definition", "i.definition"),
            text("process_id", "i.process_id"),
            text("element", "s.element"),
            words(
                "kind",
                "s.kind",
                &[
                    ("message", "s.kind = 'message'"),
                    ("signal", "s.kind = 'signal'"),
                ],
            ),
            text("name", "s.name"),
            maybe(text("correlation", "s.correlation")),
            number("created_at", "s.created_at"),
        ],
        ways: &[
            by(&["key"]),
            by(&["instance", "key"]),
            by(&["kind", "name", "correlation", "key"]),
            of_running(by(&["process_id"])),
        ],
    };

    fn read(row: &Row) -> Result<Subscription> {
        reads::read_subscription(row)
    }
}

impl Searched for Incident {
    const TABLE: &'static Table = &Table {
        name: "incidents",
        select: reads::INCIDENT_COLUMNS,
        alias: Some("c"),
        from: "incidents c join process_instances i on i.key = c.instance",
        seen: &OF_INSTANCES,
        key: "key",
        ties: &[],
        columns: &[
            number("key", "c.key"),
            number("instance", "c.instance"),
            number("element_instance", "c.element_instance"),
            number("definition", "i.definition"),
            text("process_id", "i.process_id"),
            text("element", "c.element"),
            text("kind", "c.kind"),
            text("message", "c.message"),
            number("raised_at", "c.raised_at"),
            words(
                "state",
                "case when c.resolved_at is null then 'open' else 'resolved' end",
                &[
                    ("open", "c.resolved_at is null"),
                    ("resolved", "c.resolved_at is not null"),
                ],
            ),
        ],
        ways: &[
            by(&["key"]),
            by(&["instance", "key"]),
            of_running(by_when(&["process_id"], "state", "open")),
            walk(&["raised_at", "key"], "state", "open"),
            by(&["process_id"]),
        ],
    };

    fn read(row: &Row) -> Result<Incident> {
        reads::read_incident(row)
    }
}

const IN_TROUBLE: &str = "i.key in (select instance from incidents where resolved_at is null)";

impl Searched for Instance {
    const TABLE: &'static Table = &Table {
        name: "process instances",
        select: INSTANCE_COLUMNS,
        alias: Some("i"),
        from: "process_instances i",
        seen: &OF_INSTANCES,
        key: "key",
        ties: &[],
        columns: &[
            number("key", "i.key"),
            number("definition", "i.definition"),
            text("process_id", "i.process_id"),
            number("version", "i.version"),
            maybe(text("business_id", "i.business_id")),
            maybe(number("parent_instance", "i.parent_instance")),
            maybe(number("parent_element", "i.parent_element")),
            words(
                "status",
                "i.status",
                &[
                    ("active", "i.status = 'active'"),
                    // Active as well.
                    (
                        "suspended",
                        "i.status = 'active' and i.suspended_at is not null",
                    ),
                    ("completed", "i.status = 'completed'"),
                    ("terminated", "i.status = 'terminated'"),
                ],
            ),
            number("started_at", "i.started_at"),
            maybe(number("ended_at", "i.ended_at")),
            maybe(number("suspended_at", "i.suspended_at")),
            words(
                "trouble",
                "case when exists (select 1 from incidents c where c.instance = i.key and c.resolved_at is null)
                 then 'some' else 'none' end",
                &[
                    ("some", IN_TROUBLE),
                    (
                        "none",
                        "not exists (select 1 from incidents c where c.instance = i.key and c.resolved_at is null)",
                    ),
                ],
            ),
        ],
        ways: &[
            by(&["key"]),
            by(&["business_id"]),
            by(&["parent_instance", "key"]),
            by(&["parent_element"]),
            by(&["trouble"]),
            hinted(
                walk(&["key"], "status", "suspended"),
                "process_instances i indexed by process_instances_suspended",
            ),
            by(&["suspended_at", "key"]),
            by(&["process_id", "status", "key"]),
            by(&["process_id"]),
            by(&["status", "key"]),
        ],
    };

    fn read(row: &Row) -> Result<Instance> {
        reads::read_instance(row)
    }
}

impl Searched for DecisionInstance {
    const TABLE: &'static Table = &Table {
        name: "decision instances",
        select: decision::COLUMNS,
        alias: None,
        from: "decision_instances",
        seen: &decision::SEEN,
        key: "key",
        ties: &["part"],
        columns: &[
            number("key", "key"),
            number("part", "part"),
            text("decision_id", "decision_id"),
            text("name", "name"),
            number("definition", "definition"),
            number("version", "version"),
            number("root", "root"),
            maybe(number("instance", "instance")),
            maybe(text("process_id", "process_id")),
            maybe(number("process", "process")),
            maybe(text("element", "element")),
            maybe(number("element_instance", "element_instance")),
            number("at", "at"),
            words(
                "state",
                "case when failure is null then 'evaluated' else 'failed' end",
                &[
                    ("evaluated", "failure is null"),
                    ("failed", "failure is not null"),
                ],
            ),
            maybe(text("failure", "failure")),
        ],
        ways: &[
            by(&["key", "part"]),
            by(&["instance", "key", "part"]),
            by(&["definition", "at", "key", "part"]),
            by(&["decision_id", "at", "key", "part"]),
            walk_all(&["at", "key", "part"]),
        ],
    };

    fn read(row: &Row) -> Result<DecisionInstance> {
        decision::read(row)
    }
}
