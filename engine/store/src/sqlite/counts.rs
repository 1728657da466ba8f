//! Counts what runs, for the pages of processes and for searches.

use jiff::Timestamp;
use sqlx::sqlite::SqliteRow;
use sqlx::{QueryBuilder, Sqlite};

use super::columns::Columns;
use super::instances;
use super::open::Database;
use crate::error::Result;
use crate::{InstanceCount, InstanceQuery, StepCount, words};

impl Database {
    pub(crate) async fn instance_count(&self, query: &InstanceQuery) -> Result<u64> {
        let mut sql = QueryBuilder::<Sqlite>::new("select count(*) from process_instances");
        instances::filter(&mut sql, query);
        let count: i64 = sql
            .build_query_scalar()
            .fetch_one(&self.readers)
            .await
            .map_err(|error| self.fault.of(error))?;
        Ok(count.unsigned_abs())
    }

    pub(crate) async fn instance_counts(&self) -> Result<Vec<InstanceCount>> {
        let text = "select process_id, version, status, count(*) from process_instances
            group by process_id, version, status order by process_id, version, status";
        let rows = sqlx::query(text).fetch_all(&self.readers).await;
        rows.map_err(|error| self.fault.of(error))?
            .iter()
            .map(read_instances)
            .collect()
    }

    pub(crate) async fn step_counts(
        &self,
        process_id: &str,
        now: Timestamp,
    ) -> Result<Vec<StepCount>> {
        let text = "select t.element, count(*), sum(t.due < ?) from tasks t
            join process_instances i on i.key = t.instance
            where t.state = 'open' and i.process_id = ? group by t.element order by t.element";
        let query = sqlx::query(text)
            .bind(now.as_microsecond())
            .bind(process_id);
        let rows = query.fetch_all(&self.readers).await;
        rows.map_err(|error| self.fault.of(error))?
            .iter()
            .map(read_step)
            .collect()
    }
}

fn read_instances(row: &SqliteRow) -> Result<InstanceCount> {
    let mut columns = Columns::of("process_instances", row);
    Ok(InstanceCount {
        process_id: columns.get()?,
        version: columns.count()?,
        status: columns.word(words::STATUSES, words::status)?,
        number: columns.get::<i64>()?.unsigned_abs(),
    })
}

fn read_step(row: &SqliteRow) -> Result<StepCount> {
    let mut columns = Columns::of("tasks", row);
    Ok(StepCount {
        element: columns.get()?,
        open: columns.get::<i64>()?.unsigned_abs(),
        overdue: columns.get::<i64>()?.unsigned_abs(),
    })
}
