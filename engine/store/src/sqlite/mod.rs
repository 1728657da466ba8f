//! SQLite: one connection that writes, a few that only read, one file that nobody else may serve.

mod lock;
mod migrations;
mod open;

mod values;

mod commit;
mod unit;

mod snapshot;

pub(crate) use open::Database;
pub(crate) use snapshot::Snapshot;
pub(crate) use unit::Unit;
