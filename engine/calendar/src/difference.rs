//! What a new version of a calendar changes, for people who have to agree to it.

use crate::{Calendar, Use};
use feel::WorkingDays;
use jiff::civil::Date;
use std::collections::BTreeSet;

/// What is other in a later version.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Difference {
    /// Days that become days off, in order, with their names.
    pub off: Vec<(Date, String)>,
    /// Days that become working days, in order, with the names that they had or have.
    pub worked: Vec<(Date, String)>,
    /// The days of the weekend are others.
    pub weekend: bool,
    /// The office opens or closes at another time.
    pub hours: bool,
    /// The days begin and end elsewhere.
    pub zone: bool,
    /// The holidays of other years are known.
    pub years: bool,
    /// Others work by it.
    pub used: bool,
}

impl Calendar {
    /// What is other than in the version before. Single days are those that have a name in one of them.
    pub fn difference(&self, before: &Calendar) -> Difference {
        let mut difference = Difference {
            weekend: self.weekend != before.weekend,
            hours: (self.opens, self.closes) != (before.opens, before.closes),
            zone: self.zone != before.zone,
            years: self.years != before.years,
            used: self.used != before.used,
            ..Difference::default()
        };
        let dates: BTreeSet<Date> = self
            .days
            .keys()
            .chain(before.days.keys())
            .copied()
            .collect();
        for date in dates {
            let is_off = !self.is_working_day(date);
            let named = self.days.get(&date).or_else(|| before.days.get(&date));
            let name = named.map(|day| day.name.clone()).unwrap_or_default();
            if is_off == before.is_working_day(date) {
                let days = if is_off {
                    &mut difference.off
                } else {
                    &mut difference.worked
                };
                days.push((date, name));
            }
        }
        difference
    }

    /// The same calendar for others.
    #[must_use]
    pub fn with_use(self, used: Use) -> Calendar {
        Calendar { used, ..self }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::tz::TimeZone;

    #[test]
    fn a_new_holiday_is_a_day_off_and_on_a_weekend_it_is_none() {
        let before = Calendar::weekdays(TimeZone::UTC);
        let (wednesday, sunday) = ("2026-03-04".parse().unwrap(), "2026-03-08".parse().unwrap());
        let after = before
            .clone()
            .with_holiday(wednesday, "Jubilee")
            .with_holiday(sunday, "Spring");
        let off = vec![(wednesday, "Jubilee".to_owned())];
        let expected = Difference {
            off: off.clone(),
            ..Difference::default()
        };
        assert_eq!(after.difference(&before), expected);
        let back = Difference {
            worked: off,
            ..Difference::default()
        };
        assert_eq!(before.difference(&after), back);
    }

    #[test]
    fn a_calendar_for_others_counts_as_before() {
        let before = Calendar::weekdays(TimeZone::UTC);
        let used = Use {
            organisation: true,
            ..Use::default()
        };
        let after = before.clone().with_use(used);
        let expected = Difference {
            used: true,
            ..Difference::default()
        };
        assert_eq!(after.difference(&before), expected);
        assert_eq!(after.differs_from(&before), None);
    }
}
