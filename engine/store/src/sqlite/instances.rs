//! Reads instances and their history.

use sqlx::sqlite::SqliteRow;
use sqlx::{QueryBuilder, Sqlite};

use super::columns::Columns;
use super::open::Database;
use super::unit::{json, keys_json};
use crate::error::Result;
use crate::{HistoryRow, Instance, InstanceQuery, Key, MAX_LIMIT, words};

pub(super) const COLUMNS: &str =
    "key, process_id, definition, version, business_id, parent_instance, parent_element, status,
    revision, format, started_at, ended_at, history_length, history_hash, state";

pub(super) fn read(row: &SqliteRow) -> Result<Instance> {
    let mut columns = Columns::of("process_instances", row);
    Ok(Instance {
        key: columns.key()?,
        process_id: columns.get()?,
        definition: columns.key()?,
        version: columns.count()?,
        business_id: columns.get()?,
        parent_instance: columns.optional_key()?,
        parent_element: columns.optional_key()?,
        status: columns.word(words::STATUSES, words::status)?,
        revision: columns.get()?,
        format: columns.get()?,
        started_at: columns.time()?,
        ended_at: columns.optional_time()?,
        history_length: columns.get()?,
        history_hash: columns.hash()?,
        state: columns.get()?,
    })
}

impl Database {
    pub(crate) async fn instances(&self, query: &InstanceQuery) -> Result<Vec<Instance>> {
        let mut sql = QueryBuilder::<Sqlite>::new("select ");
        sql.push(COLUMNS).push(" from process_instances");
        filter(&mut sql, query);
        sql.push(" order by key desc limit ")
            .push_bind(i64::from(query.limit.min(MAX_LIMIT)));
        let rows = sql.build().fetch_all(&self.readers).await;
        rows.map_err(|error| self.fault.of(error))?
            .iter()
            .map(read)
            .collect()
    }

    pub(crate) async fn history(
        &self,
        instance: Key,
        after: i64,
        limit: u32,
    ) -> Result<Vec<HistoryRow>> {
        let text = "select instance, sequence, at, actor, on_behalf_of, reason, command, records, hash from history
            where instance = ? and sequence > ? order by sequence limit ?";
        let query = sqlx::query(text)
            .bind(i64::from(instance))
            .bind(after)
            .bind(i64::from(limit));
        let rows = query
            .fetch_all(&self.readers)
            .await
            .map_err(|error| self.fault.of(error))?;
        rows.iter().map(read_history).collect()
    }
}

/// Narrows to what the query asks, whatever its limit.
pub(super) fn filter(sql: &mut QueryBuilder<Sqlite>, query: &InstanceQuery) {
    sql.push(" where true");
    if !query.keys.is_empty() {
        sql.push(" and key in (select value from json_each(")
            .push_bind(keys_json(&query.keys))
            .push("))");
    }
    if let Some(id) = &query.business_id {
        sql.push(" and business_id = ").push_bind(id.clone());
    }
    if !query.business_ids.is_empty() {
        sql.push(" and business_id in (select value from json_each(")
            .push_bind(json(&query.business_ids))
            .push("))");
    }
    if let Some(id) = &query.process_id {
        sql.push(" and process_id = ").push_bind(id.clone());
    }
    if let Some(status) = query.status {
        sql.push(" and status = ").push_bind(words::status(status));
    }
    if let Some(parent) = query.parent {
        sql.push(" and parent_instance = ")
            .push_bind(i64::from(parent));
    }
    if let Some(key) = query.before {
        sql.push(" and key < ").push_bind(i64::from(key));
    }
}

fn read_history(row: &SqliteRow) -> Result<HistoryRow> {
    let mut columns = Columns::of("history", row);
    Ok(HistoryRow {
        instance: columns.key()?,
        sequence: columns.get()?,
        at: columns.time()?,
        actor: columns.get()?,
        on_behalf_of: columns.get()?,
        reason: columns.get()?,
        command: columns.get()?,
        records: columns.get()?,
        hash: columns.hash()?,
    })
}
