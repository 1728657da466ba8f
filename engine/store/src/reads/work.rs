//! Reads timers, jobs and incidents.

use jiff::Timestamp;

use super::limit;
use crate::columns::{Columns, Row};
use crate::error::Result;
use crate::sql::Sql;
use crate::{Incident, IncidentQuery, Job, Key, Store, Timer};

pub(crate) const JOB_COLUMNS: &str = "key, instance, element, element_instance, type, retries, available_at, token, worker, created_at, hidden";

pub(crate) const INCIDENT_COLUMNS: &str =
    "key, instance, element, element_instance, kind, message, raised_at, resolved_at";

pub(crate) const TIMER_COLUMNS: &str = "key, instance, element, due, repeat";

impl Store {
    /// The timers that are due at `now`, in the order in which they fall due.
    pub async fn due_timers(&self, now: Timestamp, limit: u32) -> Result<Vec<Timer>> {
        let mut sql = self.sql("select ");
        sql.push(TIMER_COLUMNS)
            .push(" from timers where due <= ")
            .bind(now);
        sql.push(" order by due, key limit ").bind(limit);
        self.rows(sql).await?.iter().map(read_timer).collect()
    }

    /// Claims timers that are due at `now`, in the order in which they fall due. On a shared database nobody else is
    /// given them before `until`, or before they are written again; on others there is nobody else.
    pub async fn claim_timers(
        &self,
        now: Timestamp,
        until: Timestamp,
        limit: u32,
    ) -> Result<Vec<Timer>> {
        if !self.is_shared() {
            return self.due_timers(now, limit).await;
        }
        let mut sql = self.sql("update timers set claimed_until = ");
        sql.bind(until)
            .push(" where key = any(array(select key from timers where greatest(due, claimed_until) <= ")
            .bind(now);
        sql.push(" order by greatest(due, claimed_until), key limit ")
            .bind(limit);
        sql.push(" for update skip locked)) returning ")
            .push(TIMER_COLUMNS);
        let rows = self.rows(sql).await?;
        let mut timers: Vec<Timer> = rows.iter().map(read_timer).collect::<Result<_>>()?;
        timers.sort_by_key(|timer| (timer.due, timer.key));
        Ok(timers)
    }

    /// When the next timer is due, or comes back from a claim.
    pub async fn next_due(&self) -> Result<Option<Timestamp>> {
        let text = if self.is_shared() {
            "select min(greatest(due, claimed_until)) from timers"
        } else {
            "select min(due) from timers"
        };
        self.soonest("timers", text).await
    }

    /// The waiting timers of an instance, or those that start instances of a definition.
    pub async fn timers(&self, instance: Key) -> Result<Vec<Timer>> {
        let mut sql = self.sql("select ");
        sql.push(TIMER_COLUMNS)
            .push(" from timers where instance = ")
            .bind(instance);
        sql.push(" order by due, key");
        self.rows(sql).await?.iter().map(read_timer).collect()
    }

    /// The jobs of an instance in the order of their creation.
    pub async fn jobs(&self, instance: Key) -> Result<Vec<Job>> {
        let mut sql = self.sql("select ");
        sql.push(JOB_COLUMNS)
            .push(" from jobs where instance = ")
            .bind(instance);
        sql.push(" order by key");
        self.rows(sql).await?.iter().map(read_job).collect()
    }

    /// One job.
    pub async fn job(&self, key: Key) -> Result<Option<Job>> {
        let mut sql = self.sql("select ");
        sql.push(JOB_COLUMNS)
            .push(" from jobs where key = ")
            .bind(key);
        self.row(sql).await?.as_ref().map(read_job).transpose()
    }

    /// When the next job of a type comes back or has rested, or was available all along.
    pub async fn next_job(&self, kind: &str) -> Result<Option<Timestamp>> {
        let mut sql = self.sql("select min(available_at) from jobs where retries > 0 and type = ");
        sql.bind(kind).push(" and hidden = ").bind(false);
        let row = self.row(sql).await?;
        let time = row.map(|row| Columns::of("jobs", &row).optional_time());
        Ok(time.transpose()?.flatten())
    }

    /// A page of incidents.
    pub async fn incidents(&self, query: &IncidentQuery) -> Result<Vec<Incident>> {
        let mut sql = self.sql("select ");
        sql.push(INCIDENT_COLUMNS).push(" from incidents");
        narrow(&mut sql, query);
        let by_key = query.resolved && query.instance.is_none();
        sql.push(match (by_key, query.newest_first) {
            (false, false) => " order by raised_at, key limit ",
            (false, true) => " order by raised_at desc, key desc limit ",
            (true, false) => " order by key limit ",
            (true, true) => " order by key desc limit ",
        });
        sql.bind(limit(query.limit));
        sql.push(" offset ").bind(query.offset);
        self.rows(sql).await?.iter().map(read_incident).collect()
    }

    /// One incident, open or resolved.
    pub async fn incident(&self, key: Key) -> Result<Option<Incident>> {
        let mut sql = self.sql("select ");
        sql.push(INCIDENT_COLUMNS)
            .push(" from incidents where key = ")
            .bind(key);
        self.row(sql).await?.as_ref().map(read_incident).transpose()
    }
}

/// Narrows to what the query asks, whatever its limit.
fn narrow(sql: &mut Sql, query: &IncidentQuery) {
    sql.push(" where true");
    if let Some(instance) = query.instance {
        sql.push(" and instance = ").bind(instance);
    }
    if !query.resolved {
        sql.push(" and resolved_at is null");
    }
}

pub(crate) fn read_timer(row: &Row) -> Result<Timer> {
    let mut columns = Columns::of("timers", row);
    Ok(Timer {
        key: columns.key()?,
        instance: columns.key()?,
        element: columns.get()?,
        due: columns.time()?,
        repeat: columns.get()?,
    })
}

pub(crate) fn read_job(row: &Row) -> Result<Job> {
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
        hidden: columns.get()?,
    })
}

pub(crate) fn read_incident(row: &Row) -> Result<Incident> {
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
