//! What a case is: people, cases, calendars, and the pathways that cases follow.
//!
//! All of it is data in the documents of the runtime and instances of its processes; nothing here keeps state of its own.

pub mod calendars;
mod error;
mod numbers;
mod urgency;

pub mod cases;
pub mod chronology;
pub mod demo;
pub mod organisation;
pub mod pathways;
pub mod people;
pub mod stages;
pub mod suggestions;

pub use calendar::Calendar;
pub use cases::Case;
pub use error::{Error, Result};
pub use people::Person;
pub use urgency::{SOON, Urgency};
