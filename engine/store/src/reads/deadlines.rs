//! Reads deadlines.

use crate::columns::{Columns, NEVER, Row};
use crate::error::Result;
use crate::sql::Sql;
use crate::{Deadline, DeadlineState, Key, MAX_LIMIT, RecomputeQuery, Store, Unit};

pub(crate) const COLUMNS: &str = "d.key, d.instance, d.element, d.element_instance, d.name, d.of_task, d.started_at, d.start_event, d.due,
    d.warns_at, d.source, d.reference, d.calendar, d.beyond_calendar, d.counted_at, d.changes, d.state, d.stopped_at,
    d.miss_reason";

impl Store {
    /// The deadlines of some instances, in the order in which they began, open or not.
    pub async fn deadlines(&self, instances: &[Key]) -> Result<Vec<Deadline>> {
        if instances.is_empty() {
            return Ok(Vec::new());
        }
        let mut sql = self.sql("select ");
        sql.push(COLUMNS)
            .push(" from deadlines d where ")
            .one_of("d.instance", instances);
        sql.push(" order by d.started_at, d.key limit ")
            .bind(MAX_LIMIT);
        self.rows(sql).await?.iter().map(read).collect()
    }

    /// The deadlines of some tasks or timers.
    pub async fn deadlines_by_key(&self, keys: &[Key]) -> Result<Vec<Deadline>> {
        if keys.is_empty() {
            return Ok(Vec::new());
        }
        let mut sql = self.sql("select ");
        sql.push(COLUMNS)
            .push(" from deadlines d where ")
            .one_of("d.key", keys);
        self.rows(sql).await?.iter().map(read).collect()
    }

    /// The deadline of a task or timer.
    pub async fn deadline(&self, key: Key) -> Result<Option<Deadline>> {
        let mut sql = self.sql("select ");
        sql.push(COLUMNS)
            .push(" from deadlines d where d.key = ")
            .bind(key);
        self.row(sql).await?.as_ref().map(read).transpose()
    }

    /// How many open deadlines a changed calendar concerns.
    pub async fn deadlines_to_recompute(&self, query: &RecomputeQuery) -> Result<u64> {
        let mut sql = self.sql("select count(*) from deadlines where state = 'open'");
        concerned(&mut sql, query);
        self.count("deadlines", sql).await
    }

    /// The instances with open deadlines that a changed calendar concerns, in the order of their keys: for who only looks.
    pub async fn instances_to_recompute(&self, query: &RecomputeQuery) -> Result<Vec<Key>> {
        let sql = instances(self.sql(INSTANCES), query);
        let read = |row| Columns::of("deadlines", row).key();
        self.rows(sql).await?.iter().map(read).collect()
    }

    /// How many open deadlines there are.
    pub async fn open_deadlines(&self) -> Result<u64> {
        let sql = self.sql("select count(*) from deadlines where state = 'open'");
        self.count("deadlines", sql).await
    }
}

impl Unit {
    /// The instances with open deadlines that a changed calendar concerns, in the order of their keys.
    pub async fn instances_to_recompute(&mut self, query: &RecomputeQuery) -> Result<Vec<Key>> {
        let sql = instances(self.sql(INSTANCES), query);
        let read = |row| Columns::of("deadlines", row).key();
        self.rows(sql).await?.iter().map(read).collect()
    }
}

const INSTANCES: &str = "select distinct instance from deadlines where state = 'open'";

fn instances(mut sql: Sql, query: &RecomputeQuery) -> Sql {
    concerned(&mut sql, query);
    sql.push(" order by instance limit ").bind(query.limit);
    sql
}

fn concerned(sql: &mut Sql, query: &RecomputeQuery) {
    if let Some(calendar) = &query.calendar {
        sql.push(" and calendar = ").bind(calendar.as_str());
    }
    if let Some(due) = query.due_from {
        // A paused one is counted when it goes on.
        sql.push(" and due >= ").bind(due);
    }
    sql.push(" and due < ").bind(NEVER);
    if let Some(counted) = query.counted_from {
        sql.push(" and counted_at >= ").bind(counted);
    }
    if let Some(after) = query.after {
        sql.push(" and instance > ").bind(after);
    }
}

pub(crate) fn read(row: &Row) -> Result<Deadline> {
    let mut columns = Columns::of("deadlines", row);
    let filled = |text: String| (!text.is_empty()).then_some(text);
    Ok(Deadline {
        key: columns.key()?,
        instance: columns.key()?,
        element: columns.get()?,
        element_instance: columns.key()?,
        name: columns.get()?,
        of_task: columns.count()? == 1,
        started_at: columns.time()?,
        start_event: columns.get()?,
        due: columns.due()?,
        warns_at: columns.optional_time()?,
        source: columns.get()?,
        reference: columns.get()?,
        calendar: filled(columns.get()?),
        beyond_calendar: columns.count()? == 1,
        counted_at: columns.time()?,
        changes: columns.get()?,
        state: columns.word(DeadlineState::ALL, DeadlineState::as_str)?,
        stopped_at: columns.optional_time()?,
        miss_reason: columns.get()?,
    })
}
