//! What can be searched: the columns of each table, and the ways into it.

use super::tables::{
    Holds, Searched, Table, by, by_when, column, hinted, in_parts, maybe, number, of_running, text,
    walk, walk_all, words,
};
use crate::columns::{NEVER, Row};
use crate::error::Result;
use crate::reads::{self, INSTANCE_COLUMNS, JOB_COLUMNS, SUBSCRIPTION_COLUMNS};
use crate::sight::OF_INSTANCES;
use crate::{DecisionInstance, Incident, Instance, Job, Subscription, Task, decision};

impl Searched for Task {
    const TABLE: &'static Table = &Table {
        name: "tasks",
        select: reads::TASK_COLUMNS,
        alias: None,
        from: "tasks t join process_instances i on i.key = t.instance",
        alone: "tasks t",
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
        alone: "jobs j",
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
        alone: "subscriptions s",
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
        alone: "incidents c",
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
        alone: "process_instances i",
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
        alone: "decision_instances",
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
