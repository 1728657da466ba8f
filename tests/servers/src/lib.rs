//! Real database servers for tests, started when the first test asks and gone with the last.

mod postgres;
mod programs;

pub use postgres::{Postgres, RUNNING};
pub use programs::{NAMED_FOLDER, PACKAGE, VERSION_MINIMUM, postgres_programs};
