//! Reads subscriptions, and when messages and the outbox need somebody.

use jiff::Timestamp;

use super::limit;
use crate::columns::{Columns, Row};
use crate::error::Result;
use crate::{
    Key, MAX_LIMIT, Message, OutboxRow, StartLock, Store, Subscription, SubscriptionKind,
    SubscriptionQuery,
};

const KINDS: &[SubscriptionKind] = &[SubscriptionKind::Message, SubscriptionKind::Signal];

pub(crate) const SUBSCRIPTION_COLUMNS: &str = "s.key, s.instance, s.process_id, s.element, s.element_instance, s.kind, s.name, s.correlation, s.created_at";

pub(crate) const MESSAGE_COLUMNS: &str =
    "m.key, m.name, m.correlation, m.message_id, m.variables, m.published_at, m.expires_at";

pub(crate) const OUTBOX_COLUMNS: &str = "key, kind, instance, body, available_at, token, attempts";

impl Store {
    /// A page of subscriptions.
    pub async fn subscriptions(&self, query: &SubscriptionQuery) -> Result<Vec<Subscription>> {
        let mut sql = self.sql("select ");
        sql.push(SUBSCRIPTION_COLUMNS)
            .push(" from subscriptions s where true");
        for (column, key) in [("s.instance = ", query.instance), ("s.key > ", query.after)] {
            if let Some(key) = key {
                sql.push(" and ").push(column).bind(key);
            }
        }
        for (column, text) in [
            ("s.process_id = ", query.process_id.as_deref()),
            ("s.element = ", query.element.as_deref()),
            ("s.kind = ", query.kind.map(SubscriptionKind::as_str)),
            ("s.name = ", query.name.as_deref()),
            ("s.correlation = ", query.correlation.as_deref()),
        ] {
            if let Some(text) = text {
                sql.push(" and ").push(column).bind(text);
            }
        }
        sql.push(" order by s.key limit ").bind(limit(query.limit));
        self.rows(sql)
            .await?
            .iter()
            .map(read_subscription)
            .collect()
    }

    /// Messages that have expired at `now`, the first to expire first.
    pub async fn expired_messages(&self, now: Timestamp, limit: u32) -> Result<Vec<Key>> {
        let mut sql = self.sql("select key from messages where expires_at <= ");
        sql.bind(now)
            .push(" order by expires_at, key limit ")
            .bind(limit);
        let read = |row| Columns::of("messages", row).key();
        self.rows(sql).await?.iter().map(read).collect()
    }

    /// When the next message expires.
    pub async fn next_expiry(&self) -> Result<Option<Timestamp>> {
        self.soonest("messages", "select min(expires_at) from messages")
            .await
    }

    /// The effects of a kind that are still to be carried out, the oldest first.
    pub async fn outbox_of_kind(&self, kind: &str) -> Result<Vec<OutboxRow>> {
        let mut sql = self.sql("select ");
        sql.push(OUTBOX_COLUMNS)
            .push(" from outbox where kind = ")
            .bind(kind);
        sql.push(" order by key limit ").bind(MAX_LIMIT);
        self.rows(sql).await?.iter().map(read_outbox).collect()
    }

    /// When the next effect in the outbox can be carried out.
    pub async fn next_outbox(&self) -> Result<Option<Timestamp>> {
        self.soonest("outbox", "select min(available_at) from outbox")
            .await
    }
}

pub(crate) fn read_subscription(row: &Row) -> Result<Subscription> {
    let mut columns = Columns::of("subscriptions", row);
    Ok(Subscription {
        key: columns.key()?,
        instance: columns.key()?,
        process_id: columns.get()?,
        element: columns.get()?,
        element_instance: columns.key()?,
        kind: columns.word(KINDS, SubscriptionKind::as_str)?,
        name: columns.get()?,
        correlation: columns.get()?,
        created_at: columns.time()?,
    })
}

pub(crate) fn read_message(row: &Row) -> Result<Message> {
    let mut columns = Columns::of("messages", row);
    Ok(Message {
        key: columns.key()?,
        name: columns.get()?,
        correlation: columns.get()?,
        message_id: columns.get()?,
        variables: columns.get()?,
        published_at: columns.time()?,
        expires_at: columns.time()?,
    })
}

pub(crate) fn read_lock(row: &Row) -> Result<StartLock> {
    let mut columns = Columns::of("start_locks", row);
    Ok(StartLock {
        process_id: columns.get()?,
        correlation: columns.get()?,
        instance: columns.key()?,
    })
}

pub(crate) fn read_outbox(row: &Row) -> Result<OutboxRow> {
    let mut columns = Columns::of("outbox", row);
    Ok(OutboxRow {
        key: columns.key()?,
        kind: columns.get()?,
        instance: columns.optional_key()?,
        body: columns.get()?,
        available_at: columns.time()?,
        token: columns.get()?,
        attempts: columns.count()?,
    })
}
