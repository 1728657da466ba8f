//! SQLite: one connection that writes, a few that only read, one file that nobody else may serve.

mod lock;
mod migrations;
mod open;

mod columns;
mod values;

mod commit;
mod unit;

mod counts;
mod definitions;
mod documents;
mod instances;
mod tasks;
mod waiting;
mod work;

pub(crate) use open::Database;
pub(crate) use unit::Unit;
