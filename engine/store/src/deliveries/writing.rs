//! Claims of lanes, and what came of their events.

use jiff::Timestamp;

use super::{LANE_COLUMNS, Lane, Position, read_lane};
use crate::columns::Columns;
use crate::error::Result;
use crate::sql::Sql;
use crate::{Key, Unit};

/// What came of a lane that was claimed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settled {
    /// The lane, with the token of the claim.
    pub lane: Lane,
    /// The events that were delivered.
    pub delivered: Vec<Position>,
    /// The event that is given up, if any.
    pub buried: Option<Buried>,
    /// When the lane goes on.
    pub available_at: Timestamp,
    /// How often its first event was tried, and why it was not taken.
    pub attempts: u32,
    /// Why it was not taken.
    pub failure: Option<String>,
}

/// An event that is given up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Buried {
    /// Which.
    pub position: Position,
    /// When.
    pub at: Timestamp,
    /// How often it was tried.
    pub attempts: u32,
    /// Why.
    pub failure: String,
}

impl Unit {
    /// The list of webhooks was known with this revision, 0 where there was none: what the batch makes of them holds only as
    /// long as that is so.
    pub fn knows_webhooks(&mut self, revision: i64) {
        self.seen.webhooks = Some(revision);
    }

    /// Claims lanes of a webhook that are available at `now` until `until`, what has been available longest first.
    pub async fn claim_lanes(
        &mut self,
        webhook: &str,
        limit: u32,
        now: Timestamp,
        until: Timestamp,
    ) -> Result<Vec<Lane>> {
        let mut sql = self.sql("update lanes set token = token + 1, available_at = ");
        sql.bind(until)
            .push(" where webhook = ")
            .bind(webhook)
            .push(" and instance")
            .either(" in (", " = any(array(");
        sql.push("select instance from lanes where webhook = ")
            .bind(webhook);
        sql.push(" and available_at <= ").bind(now);
        sql.push(" order by available_at, instance limit ")
            .bind(limit);
        sql.either(")", " for update skip locked))")
            .push(" returning ")
            .push(LANE_COLUMNS);
        self.rows(sql).await?.iter().map(read_lane).collect()
    }

    /// Writes what came of a lane, and lets go of it; it goes where nothing is left in it. False, and nothing is written, where
    /// another server has it by now.
    pub async fn settle_lane(&mut self, settled: &Settled) -> Result<bool> {
        let lane = &settled.lane;
        let mut statements = Vec::new();
        let mut free = self.sql("update lanes set available_at = ");
        free.bind(settled.available_at)
            .push(", attempts = ")
            .bind(settled.attempts);
        free.push(", failure = ");
        optional(&mut free, settled.failure.as_deref());
        free.push(" where ");
        this(&mut free, lane);
        free.push(" returning instance");
        statements.push(free);
        if !settled.delivered.is_empty() {
            let numbers: Vec<i64> = settled.delivered.iter().map(|at| at.number()).collect();
            let mut gone = self.sql("delete from deliveries where ");
            held(&mut gone, lane);
            gone.push(" and ")
                .one_of("position", crate::sql::Value::Integers(numbers));
            statements.push(gone);
        }
        if let Some(buried) = &settled.buried {
            let mut bury = self.sql("update deliveries set died_at = ");
            bury.bind(buried.at)
                .push(", attempts = ")
                .bind(buried.attempts);
            bury.push(", failure = ").bind(buried.failure.as_str());
            bury.push(" where ");
            held(&mut bury, lane);
            bury.push(" and position = ").bind(buried.position.number());
            statements.push(bury);
        }
        let mut empty = self.sql("delete from lanes where ");
        this(&mut empty, lane);
        empty.push(" and added = ").bind(lane.added);
        empty.push(
            " and not exists (select 1 from deliveries d where d.webhook = lanes.webhook
              and d.instance = lanes.instance and d.died_at is null)",
        );
        statements.push(empty);
        Ok(!self.atomically(statements).await?.is_empty())
    }

    /// Lets dead letters wait again, in their lanes, before what is younger; gives how many.
    pub async fn replay(
        &mut self,
        webhook: &str,
        letters: &[(Key, Position)],
        now: Timestamp,
    ) -> Result<usize> {
        let rows = || {
            letters
                .iter()
                .map(|(instance, at)| [Some(instance.to_string()), Some(at.number().to_string())])
        };
        let wanted = |sql: &mut Sql| {
            sql.push(" exists (select 1 from ");
            sql.wanted(["instance", "position"], rows()).push(
                " where cast(wanted.instance as bigint) = deliveries.instance
                  and cast(wanted.position as bigint) = deliveries.position)",
            );
        };
        let mut again = self.sql(
            "update deliveries set died_at = null, failure = null, attempts = 0
             where died_at is not null and webhook = ",
        );
        again.bind(webhook).push(" and ");
        wanted(&mut again);
        again.push(" returning instance");
        let mut lanes = self.sql(
            "insert into lanes (webhook, instance, added, available_at, token, attempts)
             select webhook, instance, 1, cast(",
        );
        lanes
            .bind(now)
            .push(" as bigint), 0, 0 from deliveries where died_at is null and webhook = ")
            .bind(webhook)
            .push(" and ");
        wanted(&mut lanes);
        lanes.push(
            " group by webhook, instance on conflict (webhook, instance) do update set added = lanes.added + 1,
              attempts = 0",
        );
        Ok(self.atomically(vec![again, lanes]).await?.len())
    }

    /// Deletes what a webhook was to be told, so many events at most; gives how many.
    pub async fn forget_deliveries(&mut self, webhook: &str, limit: u32) -> Result<usize> {
        let mut events = self.sql("delete from deliveries where webhook = ");
        events
            .bind(webhook)
            .push(" and (instance, position) in (select instance, position from deliveries where webhook = ")
            .bind(webhook);
        events
            .push(" limit ")
            .bind(limit)
            .push(") returning instance");
        let mut lanes = self.sql("delete from lanes where webhook = ");
        lanes.bind(webhook);
        Ok(self.atomically(vec![events, lanes]).await?.len())
    }

    /// Deletes the dead letters of a webhook that died before a time, so many at most; gives how many.
    pub async fn prune_dead_letters(
        &mut self,
        webhook: &str,
        before: Timestamp,
        limit: u32,
    ) -> Result<usize> {
        let mut sql = self.sql("delete from deliveries where webhook = ");
        sql.bind(webhook)
            .push(" and (instance, position) in (select instance, position from deliveries where webhook = ")
            .bind(webhook);
        sql.push(" and died_at is not null and died_at < ")
            .bind(before);
        sql.push(" limit ").bind(limit).push(") returning instance");
        let read = |row| Columns::of("deliveries", row).key();
        let gone: Vec<Key> = self
            .rows(sql)
            .await?
            .iter()
            .map(read)
            .collect::<Result<_>>()?;
        Ok(gone.len())
    }
}

/// The lane as it was claimed.
fn this(sql: &mut Sql, lane: &Lane) {
    sql.push("webhook = ")
        .bind(lane.webhook.as_str())
        .push(" and instance = ")
        .bind(lane.instance);
    sql.push(" and token = ").bind(lane.token);
}

/// Events of a lane, as long as the claim holds.
fn held(sql: &mut Sql, lane: &Lane) {
    sql.push("webhook = ")
        .bind(lane.webhook.as_str())
        .push(" and instance = ")
        .bind(lane.instance);
    sql.push(" and exists (select 1 from lanes l where l.webhook = deliveries.webhook and l.instance = deliveries.instance and l.token = ")
        .bind(lane.token)
        .push(")");
}

fn optional(sql: &mut Sql, text: Option<&str>) {
    match text {
        Some(text) => sql.bind(text),
        None => sql.push("null"),
    };
}
