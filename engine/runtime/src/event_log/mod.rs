//! What happened, for programs that mine processes: XES (IEEE 1849) and OCEL 2.0.
//!
//! Instances are read a group at a time and written at once, so memory does not grow with the log. Whole instances are told,
//! by when they started: half an instance would look like one that was never finished.
//!
//! Nobody is named: a person is a pseudonym that is the same throughout one log and another in the next, a case likewise.
//! Variables are told only where they are asked for.

mod events;
mod ocel;
mod pseudonyms;
mod xes;

use std::io::Write;
use std::sync::Arc;

use bpmn::Catalog;
use jiff::Timestamp;
use store::{Store, Walk};

use crate::deploy;
use crate::{Options, Result};
use events::Reader;
pub use pseudonyms::Pseudonyms;

/// Instances that are read together.
const INSTANCES_AT_ONCE: u32 = 50;

/// How a log is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// XES: a trace an instance. IEEE 1849-2016.
    Xes,
    /// OCEL 2.0 as JSON: events of instances, cases, tasks and people.
    Ocel,
}

/// What is told.
#[derive(Debug, Clone)]
pub struct Asked {
    /// How it is written.
    pub format: Format,
    /// Which instances.
    pub walk: Walk,
    /// Whether the variables of the instances are told as they are now.
    pub variables: bool,
    /// Who is called what.
    pub pseudonyms: Pseudonyms,
    /// The time of the log.
    pub now: Timestamp,
}

/// What was told.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Told {
    /// Instances.
    pub instances: u64,
    /// Events.
    pub events: u64,
}

/// Writes the log of a database, which should be seen at one moment.
///
/// # Errors
/// [`crate::Error::Output`] where it cannot be written.
pub async fn write(store: &Store, asked: &Asked, out: &mut dyn Write) -> Result<Told> {
    let (catalog, _) = deploy::load(store, Options::default()).await?;
    let catalog = Arc::new(catalog);
    match asked.format {
        Format::Xes => xes::write(store, asked, catalog, out).await,
        Format::Ocel => ocel::write(store, asked, catalog, out).await,
    }
}

/// A reader that knows the models.
fn reader(asked: &Asked, catalog: &Arc<Catalog>) -> Reader {
    Reader::new(catalog.clone(), asked.pseudonyms.clone())
}
