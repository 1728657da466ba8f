//! Reads subscriptions, messages, start locks and the outbox.

use jiff::Timestamp;
use sqlx::sqlite::SqliteRow;
use sqlx::{QueryBuilder, Sqlite};

use super::columns::Columns;
use super::documents::limit;
use super::open::Database;
use super::unit::{Unit, concat_sql, json, keys_json};
use crate::error::{Error, Result};
use crate::{
    Awaited, Key, Message, OutboxRow, StartLock, Subscription, SubscriptionKind, SubscriptionQuery,
};

const KINDS: &[SubscriptionKind] = &[SubscriptionKind::Message, SubscriptionKind::Signal];

const SUBSCRIPTION_COLUMNS: &str = "s.key, s.instance, s.process_id, s.element, s.element_instance, s.kind, s.name, s.correlation, s.created_at";

const MESSAGE_COLUMNS: &str =
    "m.key, m.name, m.correlation, m.message_id, m.variables, m.published_at, m.expires_at";

const OUTBOX_COLUMNS: &str = "key, kind, instance, body, available_at, token, attempts";

impl Database {
    pub(crate) async fn subscriptions(
        &self,
        query: &SubscriptionQuery,
    ) -> Result<Vec<Subscription>> {
        let mut sql = QueryBuilder::<Sqlite>::new("select ");
        sql.push(SUBSCRIPTION_COLUMNS)
            .push(" from subscriptions s where true");
        for (column, key) in [("s.instance = ", query.instance), ("s.key > ", query.after)] {
            if let Some(key) = key {
                sql.push(" and ").push(column).push_bind(i64::from(key));
            }
        }
        let kind = query.kind.map(|kind| kind.as_str().to_owned());
        for (column, text) in [
            ("s.process_id", &query.process_id),
            ("s.element", &query.element),
            ("s.kind", &kind),
            ("s.name", &query.name),
            ("s.correlation", &query.correlation),
        ] {
            if let Some(text) = text {
                sql.push(format_args!(" and {column} = "))
                    .push_bind(text.clone());
            }
        }
        sql.push(" order by s.key limit ")
            .push_bind(limit(query.limit));
        let rows = sql.build().fetch_all(&self.readers).await;
        rows.map_err(|error| self.fault.of(error))?
            .iter()
            .map(read_subscription)
            .collect()
    }

    pub(crate) async fn expired_messages(&self, now: Timestamp, limit: u32) -> Result<Vec<Key>> {
        let text =
            "select key from messages where expires_at <= ? order by expires_at, key limit ?";
        let rows = sqlx::query(text)
            .bind(now.as_microsecond())
            .bind(i64::from(limit))
            .fetch_all(&self.readers)
            .await;
        rows.map_err(|error| self.fault.of(error))?
            .iter()
            .map(|row| Columns::of("messages", row).key())
            .collect()
    }

    pub(crate) async fn next_expiry(&self) -> Result<Option<Timestamp>> {
        self.soonest("messages", "select min(expires_at) from messages")
            .await
    }

    pub(crate) async fn next_outbox(&self) -> Result<Option<Timestamp>> {
        self.soonest("outbox", "select min(available_at) from outbox")
            .await
    }

    /// The one time that a statement gives, if any.
    pub(super) async fn soonest(
        &self,
        table: &'static str,
        text: &'static str,
    ) -> Result<Option<Timestamp>> {
        let time: Option<i64> = sqlx::query_scalar(text)
            .fetch_one(&self.readers)
            .await
            .map_err(|error| self.fault.of(error))?;
        let bad = |error: jiff::Error| Error::BadRow {
            table,
            message: error.to_string(),
        };
        time.map(|time| Timestamp::from_microsecond(time).map_err(bad))
            .transpose()
    }
}

impl Unit {
    pub(crate) async fn subscriptions(
        &mut self,
        awaited: &[Awaited],
        after: Option<Key>,
        limit_each: u32,
    ) -> Result<Vec<Subscription>> {
        let text = concat_sql(&[
            "select ",
            SUBSCRIPTION_COLUMNS,
            " from json_each(?) as wanted join subscriptions s on s.key in (
                select key from subscriptions where kind = wanted.value ->> 'kind' and name = wanted.value ->> 'name'
                and correlation is wanted.value ->> 'correlation' and key > ? order by key limit ?)
             order by s.key",
        ]);
        let rows = self.rows(text, |values| {
            values
                .add(json(awaited))
                .add(after.map_or(i64::MIN, i64::from))
                .add(i64::from(limit_each));
        });
        rows.await?.iter().map(read_subscription).collect()
    }

    pub(crate) async fn messages(
        &mut self,
        wanted: &[(String, String)],
        now: Timestamp,
        limit_each: u32,
    ) -> Result<Vec<Message>> {
        let text = concat_sql(&[
            "select ",
            MESSAGE_COLUMNS,
            " from json_each(?) as wanted join messages m on m.key in (
                select key from messages where name = wanted.value ->> 0 and correlation = wanted.value ->> 1
                and expires_at > ? order by key limit ?)
             order by m.key",
        ]);
        let rows = self.rows(text, |values| {
            values
                .add(json(wanted))
                .add(now.as_microsecond())
                .add(i64::from(limit_each));
        });
        rows.await?.iter().map(read_message).collect()
    }

    pub(crate) async fn messages_by_id(
        &mut self,
        ids: &[(String, String, String)],
    ) -> Result<Vec<Message>> {
        let text = concat_sql(&[
            "select ",
            MESSAGE_COLUMNS,
            " from json_each(?) as wanted join messages m on m.name = wanted.value ->> 0
             and m.correlation = wanted.value ->> 1 and m.message_id = wanted.value ->> 2 order by m.key",
        ]);
        let rows = self.rows(text, |values| {
            values.add(json(ids));
        });
        rows.await?.iter().map(read_message).collect()
    }

    pub(crate) async fn message_uses(&mut self, messages: &[Key]) -> Result<Vec<(Key, String)>> {
        let text = "select message, process_id from message_uses
            where message in (select value from json_each(?)) order by message, process_id";
        let rows = self.rows(text.to_owned(), |values| {
            values.add(keys_json(messages));
        });
        let read = |row: &SqliteRow| {
            let mut columns = Columns::of("message_uses", row);
            Ok((columns.key()?, columns.get()?))
        };
        rows.await?.iter().map(read).collect()
    }

    pub(crate) async fn start_locks(
        &mut self,
        wanted: &[(String, String)],
    ) -> Result<Vec<StartLock>> {
        let text = "select l.process_id, l.correlation, l.instance from json_each(?) as wanted
            join start_locks l on l.process_id = wanted.value ->> 0 and l.correlation = wanted.value ->> 1
            order by l.process_id, l.correlation";
        let rows = self.rows(text.to_owned(), |values| {
            values.add(json(wanted));
        });
        rows.await?.iter().map(read_lock).collect()
    }

    pub(crate) async fn start_locks_of(&mut self, instances: &[Key]) -> Result<Vec<StartLock>> {
        let text = "select process_id, correlation, instance from start_locks
            where instance in (select value from json_each(?)) order by process_id, correlation";
        let rows = self.rows(text.to_owned(), |values| {
            values.add(keys_json(instances));
        });
        rows.await?.iter().map(read_lock).collect()
    }

    pub(crate) async fn outbox(&mut self, keys: &[Key]) -> Result<Vec<OutboxRow>> {
        let text = concat_sql(&[
            "select ",
            OUTBOX_COLUMNS,
            " from outbox where key in (select value from json_each(?)) order by key",
        ]);
        let rows = self.rows(text, |values| {
            values.add(keys_json(keys));
        });
        rows.await?.iter().map(read_outbox).collect()
    }

    pub(crate) async fn claim_outbox(
        &mut self,
        limit: u32,
        now: Timestamp,
        until: Timestamp,
    ) -> Result<Vec<OutboxRow>> {
        let text = concat_sql(&[
            "update outbox set available_at = ?, token = token + 1, attempts = attempts + 1
             where key in (select key from outbox where available_at <= ? order by available_at, key limit ?)
             returning ",
            OUTBOX_COLUMNS,
        ]);
        let rows = self.rows(text, |values| {
            values
                .add(until.as_microsecond())
                .add(now.as_microsecond())
                .add(i64::from(limit));
        });
        let mut claimed: Vec<OutboxRow> =
            rows.await?.iter().map(read_outbox).collect::<Result<_>>()?;
        claimed.sort_by_key(|row| row.key);
        Ok(claimed)
    }
}

fn read_subscription(row: &SqliteRow) -> Result<Subscription> {
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

fn read_message(row: &SqliteRow) -> Result<Message> {
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

fn read_lock(row: &SqliteRow) -> Result<StartLock> {
    let mut columns = Columns::of("start_locks", row);
    Ok(StartLock {
        process_id: columns.get()?,
        correlation: columns.get()?,
        instance: columns.key()?,
    })
}

fn read_outbox(row: &SqliteRow) -> Result<OutboxRow> {
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
