//! What a case is: people, cases, calendars, and the pathways that cases follow.

mod calendar;
mod urgency;

pub mod organisation;
pub mod pathways;

pub use calendar::{Calendar, MAX_WORKING_DAYS, Unreadable};
pub use urgency::{SOON, Urgency};
