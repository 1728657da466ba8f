//! Working-day calendars: weekends, office hours, holidays and exceptions, in a time zone, for the years that they cover.
//!
//! A calendar is a file that is deployed like a model: JSON (`.calendar`, see [`json`](crate::read)) or iCalendar (`.ics`, RFC 5545,
//! with a few lines of its own). [`read`] finds everything that is wrong with one, with its place. [`Calendar`] answers which days
//! are worked; [`Period`] and [`Course`] are the arithmetic of deadlines: periods, pauses, extensions.

mod calendar;
mod course;
mod difference;
mod ical;
mod json;
mod reading;

pub use calendar::{Calendar, Use};
pub use course::{Change, Course, Due, Extension, Period, Warning};
pub use difference::Difference;
pub use reading::{DAYS_MAX, Reading, read};
