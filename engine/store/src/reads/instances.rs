//! Reads instances and their history.

use crate::columns::{Columns, Row};
use crate::error::Result;
use crate::sql::Sql;
use crate::{HistoryRow, Instance, InstanceQuery, Key, MAX_LIMIT, Store, words};

pub(crate) const INSTANCE_COLUMNS: &str =
    "key, process_id, definition, version, business_id, parent_instance, parent_element, root, status,
    revision, format, started_at, ended_at, suspended_at, history_length, history_hash, state";

impl Store {
    /// One instance with its state.
    pub async fn instance(&self, key: Key) -> Result<Option<Instance>> {
        let query = InstanceQuery {
            keys: vec![key],
            limit: 1,
            ..InstanceQuery::default()
        };
        Ok(self.instances(&query).await?.pop())
    }

    /// Of these instances, those that were called, each with the instance from which calls led to it in the end.
    pub async fn roots(&self, keys: &[Key]) -> Result<Vec<(Key, Key)>> {
        let mut sql =
            self.sql("select key, root from process_instances where root is not null and ");
        sql.one_of("key", keys);
        let read = |row| {
            let mut columns = Columns::of("process_instances", row);
            Ok((columns.key()?, columns.key()?))
        };
        self.rows(sql).await?.iter().map(read).collect()
    }

    /// A page of instances with their states.
    pub async fn instances(&self, query: &InstanceQuery) -> Result<Vec<Instance>> {
        let mut sql = self.sql("select ");
        sql.push(INSTANCE_COLUMNS).push(" from process_instances");
        filter(&mut sql, query);
        sql.push(if query.oldest_first {
            " order by key limit "
        } else {
            " order by key desc limit "
        });
        sql.bind(query.limit.min(MAX_LIMIT));
        sql.push(" offset ").bind(query.offset);
        self.rows(sql).await?.iter().map(read_instance).collect()
    }

    /// The history rows of an instance in order, those after number `after` of it.
    pub async fn history(&self, instance: Key, after: i64, limit: u32) -> Result<Vec<HistoryRow>> {
        let mut sql = self.sql(
            "select instance, sequence, at, actor, on_behalf_of, reason, command, records, hash from history
             where instance = ",
        );
        sql.bind(instance).push(" and sequence > ").bind(after);
        sql.push(" order by sequence limit ").bind(limit);
        self.rows(sql).await?.iter().map(read_history).collect()
    }
}

/// Narrows to what the query asks, whatever its limit.
fn filter(sql: &mut Sql, query: &InstanceQuery) {
    sql.push(" where true");
    if !query.keys.is_empty() {
        sql.push(" and ").one_of("key", &query.keys[..]);
    }
    if let Some(id) = &query.business_id {
        sql.push(" and business_id = ").bind(id.as_str());
    }
    if !query.business_ids.is_empty() {
        sql.push(" and ")
            .one_of("business_id", &query.business_ids[..]);
    }
    if let Some(id) = &query.process_id {
        sql.push(" and process_id = ").bind(id.as_str());
    }
    if let Some(status) = query.status {
        sql.push(" and status = ").bind(words::status(status));
    }
    if let Some(parent) = query.parent {
        sql.push(" and parent_instance = ").bind(parent);
    }
    if let Some(key) = query.before {
        sql.push(" and key < ").bind(key);
    }
}

pub(crate) fn read_instance(row: &Row) -> Result<Instance> {
    instance_of(row, |columns| columns.packed())
}

pub(super) fn instance_of(
    row: &Row,
    packed: fn(&mut Columns<'_>) -> Result<String>,
) -> Result<Instance> {
    let mut columns = Columns::of("process_instances", row);
    Ok(Instance {
        key: columns.key()?,
        process_id: columns.get()?,
        definition: columns.key()?,
        version: columns.count()?,
        business_id: columns.get()?,
        parent_instance: columns.optional_key()?,
        parent_element: columns.optional_key()?,
        root: columns.optional_key()?,
        status: columns.word(words::STATUSES, words::status)?,
        revision: columns.get()?,
        format: columns.get()?,
        started_at: columns.time()?,
        ended_at: columns.optional_time()?,
        suspended_at: columns.optional_time()?,
        history_length: columns.get()?,
        history_hash: columns.hash()?,
        state: packed(&mut columns)?,
    })
}

pub(super) fn read_history(row: &Row) -> Result<HistoryRow> {
    history_of(row, |columns| columns.packed())
}

pub(super) fn history_of(
    row: &Row,
    packed: fn(&mut Columns<'_>) -> Result<String>,
) -> Result<HistoryRow> {
    let mut columns = Columns::of("history", row);
    Ok(HistoryRow {
        instance: columns.key()?,
        sequence: columns.get()?,
        at: columns.time()?,
        actor: columns.get()?,
        on_behalf_of: columns.get()?,
        reason: columns.get()?,
        command: columns.get()?,
        records: packed(&mut columns)?,
        hash: columns.hash()?,
    })
}
