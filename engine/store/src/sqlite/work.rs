//! Reads timers, jobs and incidents.

use jiff::Timestamp;
use sqlx::sqlite::SqliteRow;
use sqlx::{AssertSqlSafe, QueryBuilder, Sqlite};

use super::columns::Columns;
use super::documents::limit;
use super::open::Database;
use super::unit::concat_sql;
use crate::error::Result;
use crate::{Incident, IncidentQuery, Job, Key, Timer};

pub(super) const JOB_COLUMNS: &str = "key, instance, element, element_instance, type, retries, available_at, token, worker, created_at";

impl Database {
    pub(crate) async fn due_timers(&self, now: Timestamp, limit: u32) -> Result<Vec<Timer>> {
        let text = "select key, instance, element, due, repeat from timers where due <= ? order by due, key limit ?";
        let query = sqlx::query(text)
            .bind(now.as_microsecond())
            .bind(i64::from(limit));
        let rows = query
            .fetch_all(&self.readers)
            .await
            .map_err(|error| self.fault.of(error))?;
        rows.iter().map(read_timer).collect()
    }

    pub(crate) async fn next_due(&self) -> Result<Option<Timestamp>> {
        self.soonest("timers", "select min(due) from timers").await
    }

    pub(crate) async fn timers(&self, instance: Key) -> Result<Vec<Timer>> {
        let text = "select key, instance, element, due, repeat from timers where instance = ? order by due, key";
        let rows = sqlx::query(text)
            .bind(i64::from(instance))
            .fetch_all(&self.readers)
            .await;
        rows.map_err(|error| self.fault.of(error))?
            .iter()
            .map(read_timer)
            .collect()
    }

    pub(crate) async fn jobs(&self, instance: Key) -> Result<Vec<Job>> {
        let text = concat_sql(&[
            "select ",
            JOB_COLUMNS,
            " from jobs where instance = ? order by key",
        ]);
        let rows = sqlx::query(AssertSqlSafe(text))
            .bind(i64::from(instance))
            .fetch_all(&self.readers)
            .await;
        rows.map_err(|error| self.fault.of(error))?
            .iter()
            .map(read_job)
            .collect()
    }

    pub(crate) async fn job(&self, key: Key) -> Result<Option<Job>> {
        let text = concat_sql(&["select ", JOB_COLUMNS, " from jobs where key = ?"]);
        let row = sqlx::query(AssertSqlSafe(text))
            .bind(i64::from(key))
            .fetch_optional(&self.readers)
            .await;
        row.map_err(|error| self.fault.of(error))?
            .as_ref()
            .map(read_job)
            .transpose()
    }

    pub(crate) async fn incidents(&self, query: &IncidentQuery) -> Result<Vec<Incident>> {
        let mut sql = QueryBuilder::<Sqlite>::new(
            "select key, instance, element, element_instance, kind, message, raised_at, resolved_at
             from incidents where true",
        );
        if let Some(instance) = query.instance {
            sql.push(" and instance = ").push_bind(i64::from(instance));
        }
        if !query.resolved {
            sql.push(" and resolved_at is null");
        }
        sql.push(" order by raised_at, key limit ")
            .push_bind(limit(query.limit));
        let rows = sql.build().fetch_all(&self.readers).await;
        rows.map_err(|error| self.fault.of(error))?
            .iter()
            .map(read_incident)
            .collect()
    }
}

fn read_timer(row: &SqliteRow) -> Result<Timer> {
    let mut columns = Columns::of("timers", row);
    Ok(Timer {
        key: columns.key()?,
        instance: columns.key()?,
        element: columns.get()?,
        due: columns.time()?,
        repeat: columns.get()?,
    })
}

pub(super) fn read_job(row: &SqliteRow) -> Result<Job> {
    let mut columns = Columns::of("jobs", row);
    Ok(Job {
        key: columns.key()?,
        instance: columns.key()?,
        element: columns.get()?,
        element_instance: columns.key()?,
        kind: columns.get()?,
        retries: columns.count()?,
        available_at: columns.time()?,
        token: columns.get()?,
        worker: columns.get()?,
        created_at: columns.time()?,
    })
}

fn read_incident(row: &SqliteRow) -> Result<Incident> {
    let mut columns = Columns::of("incidents", row);
    Ok(Incident {
        key: columns.key()?,
        instance: columns.key()?,
        element: columns.get()?,
        element_instance: columns.key()?,
        kind: columns.get()?,
        message: columns.get()?,
        raised_at: columns.time()?,
        resolved_at: columns.optional_time()?,
    })
}
