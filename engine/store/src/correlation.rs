//! What the writer loads when a message or signal comes, when somebody begins to await one, and for the outbox.

use jiff::Timestamp;

use crate::columns::Columns;
use crate::error::Result;
use crate::reads::{
    MESSAGE_COLUMNS, OUTBOX_COLUMNS, SUBSCRIPTION_COLUMNS, read_lock, read_message, read_outbox,
    read_subscription,
};
use crate::unit::pairs;
use crate::{Awaited, Key, Message, OutboxRow, StartLock, Subscription, Unit};

impl Unit {
    /// Who awaits one of these messages and signals, by key: of each the first `limit_each` subscriptions after `after`.
    /// A signal for many is broadcast page by page.
    pub async fn subscriptions(
        &mut self,
        awaited: &[Awaited],
        after: Option<Key>,
        limit_each: u32,
    ) -> Result<Vec<Subscription>> {
        let mut sql = self.sql("select ");
        sql.push(SUBSCRIPTION_COLUMNS).push(" from ");
        let rows = awaited.iter().map(|one| {
            let kind = one.kind.as_str().to_owned();
            [Some(kind), Some(one.name.clone()), one.correlation.clone()]
        });
        sql.wanted(["kind", "name", "correlation"], rows);
        sql.either(
            " join subscriptions s on s.key in (select key from subscriptions where kind = wanted.kind
              and name = wanted.name and correlation is wanted.correlation",
            " cross join lateral (select * from subscriptions where kind = wanted.kind and name = wanted.name
              and coalesce(correlation, '') = coalesce(wanted.correlation, '')",
        );
        sql.push(" and key > ")
            .bind(after.map_or(i64::MIN, i64::from));
        sql.push(" order by key limit ").bind(limit_each);
        sql.either(") order by s.key", ") as s order by s.key");
        let rows = self.rows(sql).await?;
        let found: Vec<Subscription> = rows.iter().map(read_subscription).collect::<Result<_>>()?;
        if after.is_none() {
            self.seen.subscriptions(awaited, &found, limit_each);
        }
        Ok(found)
    }

    /// The keys of those who await one message or signal, after a key.
    pub async fn subscription_keys(
        &mut self,
        awaited: &Awaited,
        after: Key,
        limit: u32,
    ) -> Result<Vec<Key>> {
        let mut sql = self.sql("select key from subscriptions where kind = ");
        sql.bind(awaited.kind.as_str())
            .push(" and name = ")
            .bind(awaited.name.as_str());
        match &awaited.correlation {
            Some(correlation) => {
                sql.push(" and correlation = ").bind(correlation.as_str());
            }
            None => {
                sql.push(" and correlation is null");
            }
        }
        sql.push(" and key > ").bind(after);
        sql.push(" order by key limit ").bind(limit);
        let read = |row| Columns::of("subscriptions", row).key();
        self.rows(sql).await?.iter().map(read).collect()
    }

    /// The kept messages with these pairs of name and correlation key that have not expired at `now`, by key: of each
    /// pair the oldest `limit_each`.
    pub async fn messages(
        &mut self,
        wanted: &[(String, String)],
        now: Timestamp,
        limit_each: u32,
    ) -> Result<Vec<Message>> {
        let mut sql = self.sql("select ");
        sql.push(MESSAGE_COLUMNS).push(" from ");
        sql.wanted(["name", "correlation"], pairs(wanted));
        sql.either(
            " join messages m on m.key in (select key from messages",
            " cross join lateral (select * from messages",
        );
        sql.push(
            " where name = wanted.name and correlation = wanted.correlation and expires_at > ",
        )
        .bind(now);
        sql.push(" order by key limit ").bind(limit_each);
        sql.either(") order by m.key", ") as m order by m.key");
        let rows = self.rows(sql).await?;
        let found: Vec<Message> = rows.iter().map(read_message).collect::<Result<_>>()?;
        self.seen.messages(wanted, &found, now, limit_each);
        Ok(found)
    }

    /// The kept messages with these triples of name, correlation key and message id, expired or not.
    pub async fn messages_by_id(
        &mut self,
        ids: &[(String, String, String)],
    ) -> Result<Vec<Message>> {
        let mut sql = self.sql("select ");
        sql.push(MESSAGE_COLUMNS).push(" from ");
        let rows = ids.iter().map(|(name, correlation, id)| {
            [
                Some(name.clone()),
                Some(correlation.clone()),
                Some(id.clone()),
            ]
        });
        sql.wanted(["name", "correlation", "message_id"], rows)
            .push(
                " join messages m on m.name = wanted.name and m.correlation = wanted.correlation
              and m.message_id = wanted.message_id order by m.key",
            );
        self.rows(sql).await?.iter().map(read_message).collect()
    }

    /// The ids of the processes to which these messages were correlated, one pair each.
    pub async fn message_uses(&mut self, messages: &[Key]) -> Result<Vec<(Key, String)>> {
        let mut sql = self.sql("select message, process_id from message_uses where ");
        sql.one_of("message", messages)
            .push(" order by message, process_id");
        let read = |row| {
            let mut columns = Columns::of("message_uses", row);
            Ok((columns.key()?, columns.get()?))
        };
        self.rows(sql).await?.iter().map(read).collect()
    }

    /// Which instances hold the locks of these pairs of process id and correlation key.
    pub async fn start_locks(&mut self, wanted: &[(String, String)]) -> Result<Vec<StartLock>> {
        let mut sql = self.sql("select l.process_id, l.correlation, l.instance from ");
        sql.wanted(["process_id", "correlation"], pairs(wanted)).push(
            " join start_locks l on l.process_id = wanted.process_id and l.correlation = wanted.correlation
              order by l.process_id, l.correlation",
        );
        let rows = self.rows(sql).await?;
        let found: Vec<StartLock> = rows.iter().map(read_lock).collect::<Result<_>>()?;
        self.seen.start_locks(&found);
        Ok(found)
    }

    /// The locks that these instances hold.
    pub async fn start_locks_of(&mut self, instances: &[Key]) -> Result<Vec<StartLock>> {
        let mut sql = self.sql("select process_id, correlation, instance from start_locks where ");
        sql.one_of("instance", instances)
            .push(" order by process_id, correlation");
        self.rows(sql).await?.iter().map(read_lock).collect()
    }

    /// Effects with their claims, those that are still to be carried out.
    pub async fn outbox(&mut self, keys: &[Key]) -> Result<Vec<OutboxRow>> {
        let mut sql = self.sql("select ");
        sql.push(OUTBOX_COLUMNS)
            .push(" from outbox where ")
            .one_of("key", keys)
            .push(" order by key");
        let rows = self.rows(sql).await?;
        let found: Vec<OutboxRow> = rows.iter().map(read_outbox).collect::<Result<_>>()?;
        self.seen.outbox(&found);
        Ok(found)
    }

    /// Claims effects that are available at `now` until `until`, what has been available longest first; gives them by key,
    /// with their new tokens. Whoever carries one out loads it again by [`Unit::outbox`], compares the token, and names it in
    /// `gone_outbox` of the batch.
    pub async fn claim_outbox(
        &mut self,
        limit: u32,
        now: Timestamp,
        until: Timestamp,
    ) -> Result<Vec<OutboxRow>> {
        let mut sql = self
            .sql("update outbox set token = token + 1, attempts = attempts + 1, available_at = ");
        sql.bind(until)
            .push(" where key")
            .either(" in (", " = any(array(");
        sql.push("select key from outbox where available_at <= ")
            .bind(now);
        sql.push(" order by available_at, key limit ").bind(limit);
        sql.either(")", " for update skip locked))")
            .push(" returning ")
            .push(OUTBOX_COLUMNS);
        let rows = self.rows(sql).await?;
        let mut claimed: Vec<OutboxRow> = rows.iter().map(read_outbox).collect::<Result<_>>()?;
        claimed.sort_by_key(|row| row.key);
        Ok(claimed)
    }
}
