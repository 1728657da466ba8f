//! Counts what runs, for the pages of processes and for who watches.

use jiff::Timestamp;

use crate::columns::{Columns, Row};
use crate::error::Result;
use crate::{InstanceCount, MessageCount, StepCount, Store, VersionCount, words};

/// What is open, for who watches the whole installation.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct OpenWork {
    /// Open tasks.
    pub tasks: u64,
    /// Open incidents.
    pub incidents: u64,
    /// Jobs by type.
    pub jobs: Vec<(String, u64)>,
    /// Running instances by process.
    pub instances: Vec<(String, u64)>,
    /// When the timer is due, or was, that is due first.
    pub oldest_timer: Option<Timestamp>,
    /// Instances of which webhooks are still to be told something, counted for each webhook.
    pub lanes: u64,
    /// Events that a webhook did not take.
    pub dead_letters: u64,
}

impl Store {
    /// Counts what is open, by indexes.
    pub async fn open_work(&self) -> Result<OpenWork> {
        let tasks = self.sql("select count(*) from tasks where state = 'open'");
        let incidents = self.sql("select count(*) from incidents where resolved_at is null");
        let dead = self.sql("select count(*) from deliveries where died_at is not null");
        let jobs = "select type, count(*) from jobs group by type";
        let instances = "select process_id, count(*) from process_instances where status = 'active' group by process_id";
        Ok(OpenWork {
            tasks: self.count("tasks", tasks).await?,
            incidents: self.count("incidents", incidents).await?,
            jobs: self.numbers_by_name(jobs).await?,
            instances: self.numbers_by_name(instances).await?,
            oldest_timer: self
                .soonest("timers", "select min(due) from timers")
                .await?,
            lanes: self
                .count("lanes", self.sql("select count(*) from lanes"))
                .await?,
            dead_letters: self.count("deliveries", dead).await?,
        })
    }

    async fn numbers_by_name(&self, text: &str) -> Result<Vec<(String, u64)>> {
        let read = |row| {
            let mut columns = Columns::of("counts", row);
            Ok((columns.get()?, columns.get::<i64>()?.unsigned_abs()))
        };
        self.rows(self.sql(text)).await?.iter().map(read).collect()
    }

    /// How many instances each process has, by state.
    pub async fn instance_counts(&self) -> Result<Vec<InstanceCount>> {
        let sql = self.sql(
            "select process_id, status, count(*) from process_instances
             group by process_id, status order by process_id, status",
        );
        self.rows(sql).await?.iter().map(read_instances).collect()
    }

    /// How many instances run of each version of these processes, or of all; what nothing runs by is absent.
    pub async fn running_counts(&self, processes: Option<&[String]>) -> Result<Vec<VersionCount>> {
        let mut sql = self.sql(
            "select process_id, version, count(*) from process_instances where status = 'active'",
        );
        if let Some(processes) = processes {
            sql.push(" and ").one_of("process_id", processes);
        }
        sql.push(" group by process_id, version order by process_id, version");
        self.rows(sql).await?.iter().map(read_version).collect()
    }

    /// How many running instances of each version have an open incident; what has none is absent.
    pub async fn held_counts(&self) -> Result<Vec<VersionCount>> {
        let sql = self.sql(
            "select i.process_id, i.version, count(distinct i.key)
             from incidents n join process_instances i on i.key = n.instance
             where n.resolved_at is null and i.status = 'active' group by i.process_id, i.version",
        );
        self.rows(sql).await?.iter().map(read_version).collect()
    }

    /// How many running instances of each version have an open incident that says this; so many texts at most, in their order.
    pub async fn incident_counts(&self, limit: u32) -> Result<Vec<MessageCount>> {
        let mut sql = self.sql(
            "select n.message, i.process_id, i.version, count(distinct i.key)
             from incidents n join process_instances i on i.key = n.instance
             where n.resolved_at is null and i.status = 'active'
             group by n.message, i.process_id, i.version order by n.message, i.process_id, i.version limit ",
        );
        sql.bind(limit);
        let read = |row| {
            let mut columns = Columns::of("incidents", row);
            Ok(MessageCount {
                message: columns.get()?,
                process_id: columns.get()?,
                version: columns.count()?,
                number: columns.get::<i64>()?.unsigned_abs(),
            })
        };
        self.rows(sql).await?.iter().map(read).collect()
    }

    /// How many open tasks each user task of a process has, and how many of them are overdue at `now`.
    pub async fn step_counts(&self, process_id: &str, now: Timestamp) -> Result<Vec<StepCount>> {
        let mut sql = self.sql("select t.element, count(*), count(*) filter (where t.due < ");
        sql.bind(now).push(
            ") from tasks t join process_instances i on i.key = t.instance
             where t.state = 'open' and i.process_id = ",
        );
        sql.bind(process_id)
            .push(" group by t.element order by t.element");
        self.rows(sql).await?.iter().map(read_step).collect()
    }
}

fn read_instances(row: &Row) -> Result<InstanceCount> {
    let mut columns = Columns::of("process_instances", row);
    Ok(InstanceCount {
        process_id: columns.get()?,
        status: columns.word(words::STATUSES, words::status)?,
        number: columns.get::<i64>()?.unsigned_abs(),
    })
}

fn read_version(row: &Row) -> Result<VersionCount> {
    let mut columns = Columns::of("process_instances", row);
    Ok(VersionCount {
        process_id: columns.get()?,
        version: columns.count()?,
        number: columns.get::<i64>()?.unsigned_abs(),
    })
}

fn read_step(row: &Row) -> Result<StepCount> {
    let mut columns = Columns::of("tasks", row);
    Ok(StepCount {
        element: columns.get()?,
        open: columns.get::<i64>()?.unsigned_abs(),
        overdue: columns.get::<i64>()?.unsigned_abs(),
    })
}
