//! How the events are searched that a webhook did not take.

use super::tables::{Searched, Table, by, by_when, maybe, number, text, words};
use crate::Delivery;
use crate::columns::Row;
use crate::deliveries;
use crate::error::Result;
use crate::sight;

/// A search names the webhook: within it, the instance and the place in its account tell events apart.
impl Searched for Delivery {
    const TABLE: &'static Table = &Table {
        name: "deliveries",
        select: deliveries::COLUMNS,
        alias: None,
        from: "deliveries",
        alone: "deliveries",
        // Webhooks are for those who see everything.
        seen: &sight::Columns {
            id: "null",
            instance: "instance",
        },
        key: "key",
        ties: &["position"],
        columns: &[
            text("webhook", "webhook"),
            number("key", "instance"),
            number("position", "position"),
            text("type", "type"),
            number("created_at", "created_at"),
            number("died_at", "died_at"),
            number("attempts", "attempts"),
            maybe(text("failure", "failure")),
            words(
                "state",
                "case when died_at is null then 'waiting' else 'dead' end",
                &[
                    ("waiting", "died_at is null"),
                    ("dead", "died_at is not null"),
                ],
            ),
        ],
        ways: &[
            by(&["key", "webhook", "position"]),
            by_when(&["webhook", "died_at", "key", "position"], "state", "dead"),
        ],
    };

    fn read(row: &Row) -> Result<Delivery> {
        deliveries::read(row)
    }
}
