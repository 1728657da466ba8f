//! PostgreSQL: one connection that writes a batch in one statement, a few that read, and one that listens.
//!
//! Several servers share the database as equals. Nobody holds a lock while he computes: a commit checks what it relied on,
//! and is refused whole where somebody else was quicker.

mod fault;
mod migrations;
mod open;

mod values;

mod commit;
mod unit;

mod listen;
mod snapshot;

pub(crate) use listen::Listener;
pub(crate) use migrations::KNOWN;
pub(crate) use open::Database;
pub use open::without_password;
pub(crate) use snapshot::Snapshot;
pub(crate) use unit::Unit;
