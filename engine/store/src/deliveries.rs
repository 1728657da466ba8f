//! Events for webhooks: what waits to be delivered, in lanes, and what nobody took.
//!
//! A lane holds what one webhook is to be told of one instance. Whoever has claimed it delivers its events one after another, so
//! their order is kept whatever the number of servers.

mod writing;

use std::collections::BTreeMap;

use jiff::Timestamp;

pub use writing::{Buried, Settled};

use crate::columns::{Columns, Row};
use crate::error::Result;
use crate::{Batch, Key, Store};

pub(crate) const COLUMNS: &str =
    "webhook, instance, position, type, event, created_at, died_at, attempts, failure";
const LANE_COLUMNS: &str = "webhook, instance, added, token, attempts";

/// How far below the number of the history row the place in it is.
const PLACE_BITS: u32 = 20;

/// The collection of webhooks.
pub const WEBHOOKS: &str = "webhooks";

/// The id in that collection of a document that changes whenever a webhook does.
pub const LIST: &str = "";

/// Where an event stands in the account of its instance.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Position {
    /// The number of the history row.
    pub sequence: i64,
    /// Its place in it, from 0.
    pub place: u32,
}

impl Position {
    pub(crate) fn number(self) -> i64 {
        (self.sequence << PLACE_BITS) | i64::from(self.place)
    }

    fn of(number: i64) -> Position {
        let place = number & ((1 << PLACE_BITS) - 1);
        Position {
            sequence: number >> PLACE_BITS,
            place: u32::try_from(place).expect("20 bits fit"),
        }
    }
}

/// An event for one webhook.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delivery {
    /// The id of the webhook.
    pub webhook: String,
    /// The instance in which it happened.
    pub instance: Key,
    /// Where in its account.
    pub position: Position,
    /// What happened, in one word.
    pub kind: String,
    /// What is sent, as JSON text.
    pub event: String,
    /// When it happened.
    pub created_at: Timestamp,
    /// When it was given up, where it was.
    pub died_at: Option<Timestamp>,
    /// How often it was tried until then.
    pub attempts: u32,
    /// Why it was given up.
    pub failure: Option<String>,
}

/// What one webhook is to be told of one instance, while somebody has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lane {
    /// The id of the webhook.
    pub webhook: String,
    /// The instance.
    pub instance: Key,
    /// How many events have come since it is there.
    pub added: i64,
    /// Tells who has the claim.
    pub token: i64,
    /// How often its first event was tried.
    pub attempts: u32,
}

impl Store {
    /// The first events in a lane, in order.
    pub async fn events_of(
        &self,
        webhook: &str,
        instance: Key,
        limit: u32,
    ) -> Result<Vec<Delivery>> {
        let mut sql = self.sql("select ");
        sql.push(COLUMNS)
            .push(" from deliveries where webhook = ")
            .bind(webhook);
        sql.push(" and instance = ").bind(instance);
        sql.push(" and died_at is null order by position limit ")
            .bind(limit);
        self.rows(sql).await?.iter().map(read).collect()
    }

    /// When the next lane of a webhook can be claimed.
    pub async fn next_delivery(&self, webhook: &str) -> Result<Option<Timestamp>> {
        let mut sql = self.sql("select min(available_at) from lanes where webhook = ");
        sql.bind(webhook);
        let row = self.row(sql).await?;
        let time = row.map(|row| Columns::of("lanes", &row).optional_time());
        Ok(time.transpose()?.flatten())
    }

    /// The events of a webhook that nobody took, what was given up last first.
    pub async fn dead_letters(&self, webhook: &str, limit: u32) -> Result<Vec<Delivery>> {
        let mut sql = self.sql("select ");
        sql.push(COLUMNS)
            .push(" from deliveries where died_at is not null and webhook = ")
            .bind(webhook);
        sql.push(" order by died_at desc, instance desc, position desc limit ")
            .bind(limit);
        self.rows(sql).await?.iter().map(read).collect()
    }

    /// How many events of a webhook nobody took; [`COUNT_MAX`](crate::COUNT_MAX) and one where there are more.
    pub async fn dead_letter_count(&self, webhook: &str) -> Result<u64> {
        self.count_of("died_at is not null", webhook).await
    }

    /// The webhooks of which there are events, whether they are still there or not. Each is one step in an index, however many
    /// events it has.
    pub async fn told_webhooks(&self) -> Result<Vec<String>> {
        let mut webhooks: Vec<String> = Vec::new();
        loop {
            let last = webhooks.last().map_or("", String::as_str);
            let mut sql = self.sql("select min(webhook) from deliveries where webhook > ");
            sql.bind(last);
            let row = self.row(sql).await?;
            let next = row.map(|row| Columns::of("deliveries", &row).get());
            match next.transpose()?.flatten() {
                Some(next) => webhooks.push(next),
                None => return Ok(webhooks),
            }
        }
    }

    /// How many events of a webhook wait; [`COUNT_MAX`](crate::COUNT_MAX) and one where there are more.
    pub async fn waiting_deliveries(&self, webhook: &str) -> Result<u64> {
        self.count_of("died_at is null", webhook).await
    }

    async fn count_of(&self, condition: &str, webhook: &str) -> Result<u64> {
        let mut sql = self.sql("select count(*) from (select 1 from deliveries where ");
        sql.push(condition).push(" and webhook = ").bind(webhook);
        sql.push(" limit ").bind(crate::COUNT_MAX + 1);
        sql.push(") as found");
        self.count("deliveries", sql).await
    }
}

pub(crate) fn read(row: &Row) -> Result<Delivery> {
    let mut columns = Columns::of("deliveries", row);
    Ok(Delivery {
        webhook: columns.get()?,
        instance: columns.key()?,
        position: Position::of(columns.get()?),
        kind: columns.get()?,
        event: columns.get()?,
        created_at: columns.time()?,
        died_at: columns.optional_time()?,
        attempts: columns.count()?,
        failure: columns.get()?,
    })
}

fn read_lane(row: &Row) -> Result<Lane> {
    let mut columns = Columns::of("lanes", row);
    Ok(Lane {
        webhook: columns.get()?,
        instance: columns.key()?,
        added: columns.get()?,
        token: columns.get()?,
        attempts: columns.count()?,
    })
}

/// What a batch adds to a lane.
pub(crate) struct Added {
    pub(crate) added: i64,
    pub(crate) available_at: Timestamp,
}

/// The lanes to which a batch adds events.
pub(crate) fn lanes(batch: &Batch) -> BTreeMap<(&str, Key), Added> {
    let mut lanes = BTreeMap::new();
    for row in &batch.deliveries {
        let new = || Added {
            added: 0,
            available_at: row.created_at,
        };
        let lane = lanes.entry((row.webhook.as_str(), row.instance));
        lane.or_insert_with(new).added += 1;
    }
    lanes
}
