//! Reads everything, a piece at a time, for who checks it or carries it away: without the limits of pages.

use std::collections::BTreeSet;

use jiff::Timestamp;

use super::INSTANCE_COLUMNS;
use super::deadlines::{COLUMNS as DEADLINE_COLUMNS, read as read_deadline};
use super::instances::{history_of, instance_of};
use super::tasks::{COLUMNS, read_task};
use super::waiting::{SUBSCRIPTION_COLUMNS, read_subscription};
use super::work::{
    INCIDENT_COLUMNS, JOB_COLUMNS, TIMER_COLUMNS, read_incident, read_job, read_timer,
};
use crate::columns::{Columns, Row};
use crate::error::Result;
use crate::sql::Sql;
use crate::{Deadline, HistoryRow, Incident, Instance, Job, Key, Store, Subscription, Task, Timer};

/// The tables whose rows belong to instances.
const OF_INSTANCES: [&str; 8] = [
    "history",
    "tasks",
    "timers",
    "subscriptions",
    "jobs",
    "deadlines",
    "incidents",
    "decision_instances",
];

/// Which instances are read, the oldest first; every field narrows the list.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Walk {
    /// Of this process.
    pub process_id: Option<String>,
    /// Started at this time or later.
    pub started_from: Option<Timestamp>,
    /// Started before this time.
    pub started_before: Option<Timestamp>,
    /// Only instances younger than this one.
    pub after: Option<Key>,
}

impl Walk {
    /// Whether instances of one process or time only are read, so that their callers may not be among them.
    pub fn is_narrow(&self) -> bool {
        self.process_id.is_some() || self.started_from.is_some() || self.started_before.is_some()
    }
}

/// Who may claim an open task, as the queues of inboxes have it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Candidate {
    /// The task.
    pub task: Key,
    /// `group` or `user`.
    pub kind: String,
    /// Its name.
    pub candidate: String,
    /// Whether somebody has the task.
    pub assigned: bool,
    /// When it is due, in microseconds; the largest number where it is not.
    pub due: i64,
}

/// All rows that were read off the records of some instances.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Projections {
    /// Tasks, open or not.
    pub tasks: Vec<Task>,
    /// Who may claim those that are open.
    pub candidates: BTreeSet<Candidate>,
    /// Timers.
    pub timers: Vec<Timer>,
    /// Subscriptions.
    pub subscriptions: Vec<Subscription>,
    /// Jobs.
    pub jobs: Vec<Job>,
    /// Deadlines, open or not.
    pub deadlines: Vec<Deadline>,
    /// Incidents, open or resolved.
    pub incidents: Vec<Incident>,
}

/// A row whose instance does not exist.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Orphan {
    /// The table.
    pub table: &'static str,
    /// The instance that is missing; of `task_candidates`, the task that is not open, or is not due then or not for them.
    pub instance: Key,
}

impl Store {
    /// The next instances of a walk, with their states.
    pub async fn walk(&self, walk: &Walk, limit: u32) -> Result<Vec<Instance>> {
        let mut sql = self.sql("select ");
        sql.push(INSTANCE_COLUMNS)
            .push(" from process_instances where key > ")
            .bind(walk.after.unwrap_or(Key(i64::MIN)));
        narrow(&mut sql, walk);
        sql.push(" order by key limit ").bind(limit);
        let read = |row| instance_of(row, |columns| columns.packed_or_empty());
        self.rows(sql).await?.iter().map(read).collect()
    }

    /// Those of these instances that are the first of their business id in a walk.
    pub async fn firsts_of_cases(&self, walk: &Walk, instances: &[Key]) -> Result<BTreeSet<Key>> {
        let mut sql = self.sql(
            "select min(key) from process_instances where business_id in
             (select business_id from process_instances where business_id is not null and ",
        );
        sql.one_of("key", instances).push(")");
        narrow(&mut sql, walk);
        sql.push(" group by business_id");
        let read = |row| Columns::of("process_instances", row).key();
        let firsts: BTreeSet<Key> = self
            .rows(sql)
            .await?
            .iter()
            .map(read)
            .collect::<Result<_>>()?;
        Ok(firsts
            .into_iter()
            .filter(|key| instances.contains(key))
            .collect())
    }

    /// The first history rows, at most so many, of these instances, by instance and in order, those after a row of
    /// the first of them. An instance is whole where one of a greater key follows, or nothing more comes.
    pub async fn accounts(
        &self,
        instances: &[Key],
        after: (Key, i64),
        limit: u32,
    ) -> Result<Vec<HistoryRow>> {
        let mut sql = self.sql(
            "select instance, sequence, at, actor, on_behalf_of, reason, command, records, hash from history where ",
        );
        sql.one_of("instance", instances)
            .push(" and (instance, sequence) > (")
            .bind(after.0);
        sql.push(", ").bind(after.1).push(")");
        sql.push(" order by instance, sequence limit ").bind(limit);
        let read = |row| history_of(row, |columns| columns.packed_or_empty());
        self.rows(sql).await?.iter().map(read).collect()
    }

    /// Everything that was read off the records of these instances.
    pub async fn projections(&self, instances: &[Key]) -> Result<Projections> {
        let mut found = Projections::default();
        for row in self
            .of(
                COLUMNS,
                "tasks t join process_instances i on i.key = t.instance",
                "t.instance",
                instances,
            )
            .await?
        {
            found.tasks.push(read_task(&row)?);
        }
        for (kind, column) in [("group", "candidate_groups"), ("user", "candidate_users")] {
            for row in self.candidates(kind, column, instances).await? {
                found.candidates.insert(read_candidate(&row)?);
            }
        }
        for row in self
            .of(TIMER_COLUMNS, "timers", "instance", instances)
            .await?
        {
            found.timers.push(read_timer(&row)?);
        }
        for row in self
            .of(
                SUBSCRIPTION_COLUMNS,
                "subscriptions s",
                "s.instance",
                instances,
            )
            .await?
        {
            found.subscriptions.push(read_subscription(&row)?);
        }
        for row in self.of(JOB_COLUMNS, "jobs", "instance", instances).await? {
            found.jobs.push(read_job(&row)?);
        }
        for row in self
            .of(DEADLINE_COLUMNS, "deadlines d", "d.instance", instances)
            .await?
        {
            found.deadlines.push(read_deadline(&row)?);
        }
        for row in self
            .of(INCIDENT_COLUMNS, "incidents", "instance", instances)
            .await?
        {
            found.incidents.push(read_incident(&row)?);
        }
        Ok(found)
    }

    /// Rows of each table whose instance does not exist, one a table. There should be none.
    pub async fn orphans(&self) -> Result<Vec<Orphan>> {
        let mut orphans = Vec::new();
        for table in OF_INSTANCES {
            let mut sql = self.sql("select o.instance from ");
            sql.push(table).push(
                " o where not exists (select 1 from process_instances i where i.key = o.instance)",
            );
            if table == "timers" {
                // These start instances and belong to a definition.
                sql.push(" and repeat is null and not exists (select 1 from definitions d where d.key = o.instance)");
            }
            if table == "decision_instances" {
                // No process asked.
                sql.push(" and o.instance is not null");
            }
            sql.push(" limit 1");
            if let Some(row) = self.row(sql).await? {
                let instance = Columns::of(table, &row).key()?;
                orphans.push(Orphan { table, instance });
            }
        }
        let mut sql = self.sql(
            "select c.task from task_candidates c where not exists
             (select 1 from tasks t where t.key = c.task and t.state = 'open' and t.due = c.due",
        );
        let lists = "case c.kind when 'group' then t.candidate_groups else t.candidate_users end";
        sql.either(
            " and exists (select 1 from json_each(",
            " and jsonb_exists((",
        )
        .push(lists)
        .either(") l where l.value = c.candidate)", ")::jsonb, c.candidate)")
        .push(") limit 1");
        if let Some(row) = self.row(sql).await? {
            let table = "task_candidates";
            let instance = Columns::of(table, &row).key()?;
            orphans.push(Orphan { table, instance });
        }
        Ok(orphans)
    }

    /// The rows of candidates that these instances' tasks lead to. Rows that no task leads to are orphans.
    async fn candidates(&self, kind: &str, column: &str, instances: &[Key]) -> Result<Vec<Row>> {
        let mut sql = self
            .sql("select c.task, c.kind, c.candidate, c.assigned, c.due from tasks t cross join ");
        sql.either("json_each(t.", "jsonb_array_elements_text(t.")
            .push(column);
        sql.either(") l join", "::jsonb) as l (value) join");
        sql.push(" task_candidates c on c.kind = ").bind(kind);
        sql.push(" and c.candidate = l.value and c.assigned in (")
            .bind(false);
        sql.push(", ").bind(true);
        sql.push(") and c.due = t.due and c.task = t.key where ")
            .one_of("t.instance", instances);
        self.rows(sql).await
    }

    async fn of(
        &self,
        columns: &str,
        from: &str,
        column: &str,
        instances: &[Key],
    ) -> Result<Vec<Row>> {
        let mut sql = self.sql("select ");
        sql.push(columns)
            .push(" from ")
            .push(from)
            .push(" where ")
            .one_of(column, instances);
        self.rows(sql).await
    }
}

fn narrow(sql: &mut Sql, walk: &Walk) {
    if let Some(id) = &walk.process_id {
        sql.push(" and process_id = ").bind(id.as_str());
    }
    if let Some(time) = walk.started_from {
        sql.push(" and started_at >= ").bind(time);
    }
    if let Some(time) = walk.started_before {
        sql.push(" and started_at < ").bind(time);
    }
}

fn read_candidate(row: &Row) -> Result<Candidate> {
    let mut columns = Columns::of("task_candidates", row);
    Ok(Candidate {
        task: columns.key()?,
        kind: columns.get()?,
        candidate: columns.get()?,
        assigned: columns.get()?,
        due: columns.get()?,
    })
}
