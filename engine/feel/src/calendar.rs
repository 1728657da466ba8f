//! Which days are working days; what they are in a country or an organisation is not known here.

use jiff::civil::{Date, Time, Weekday, time};
use std::fmt::Debug;

/// A calendar of working days and office hours.
pub trait WorkingDays: Send + Sync + Debug {
    /// Whether work is done on that day.
    fn is_working_day(&self, date: Date) -> bool;

    /// When the office opens and closes on a working day.
    fn office_hours(&self) -> (Time, Time);
}

/// Monday to Friday from nine to five, without holidays.
#[derive(Debug, Clone, Copy, Default)]
pub struct MondayToFriday;

impl WorkingDays for MondayToFriday {
    fn is_working_day(&self, date: Date) -> bool {
        !matches!(date.weekday(), Weekday::Saturday | Weekday::Sunday)
    }

    fn office_hours(&self) -> (Time, Time) {
        (time(9, 0, 0, 0), time(17, 0, 0, 0))
    }
}
