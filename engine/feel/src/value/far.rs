//! Days in years that the calendar does not reach. FEEL has nine digits for a year; what is before -9999 or after 9999 can be read,
//! written and compared here, and is not computed with.

use super::temporal::NotATime;
use crate::{Kind, Time};
use jiff::civil::Date;
use std::cmp::Ordering;
use std::fmt;
use std::str::FromStr;

/// A day, or a day and a time of day, in a far year.
#[derive(Debug, Clone, PartialEq)]
pub struct Far {
    year: i32,
    /// The same day of a near year: the calendar repeats itself every 400 years.
    near: Date,
    time: Option<Time>,
}

/// The years that the calendar reaches.
const NEAR: std::ops::RangeInclusive<i32> = -9999..=9999;

impl Far {
    /// The day, if there is such a day and its year is far, but has at most nine digits.
    pub(crate) fn new(year: i64, month: i64, day: i64) -> Option<Far> {
        let year = i32::try_from(year).ok()?;
        if NEAR.contains(&year) || year.unsigned_abs() > 999_999_999 {
            return None;
        }
        let alike = i16::try_from(year.rem_euclid(400)).ok()? + 2000;
        let near = Date::new(alike, month.try_into().ok()?, day.try_into().ok()?).ok()?;
        let time = None;
        Some(Far { year, near, time })
    }

    /// The day at a time.
    pub(crate) fn at(&self, time: Time) -> Far {
        Far {
            time: Some(time),
            ..self.clone()
        }
    }

    /// The day without time.
    pub(crate) fn day(&self) -> Far {
        Far {
            time: None,
            ..self.clone()
        }
    }

    /// The time of day, if there is one.
    pub(crate) fn time(&self) -> Option<&Time> {
        self.time.as_ref()
    }

    /// A day with the same month, day and weekday.
    pub(crate) fn near(&self) -> Date {
        self.near
    }

    pub(crate) fn year(&self) -> i32 {
        self.year
    }

    pub(crate) fn kind(&self) -> Kind {
        match self.time {
            Some(_) => Kind::DateTime,
            None => Kind::Date,
        }
    }

    /// How it stands to every near day.
    pub(crate) fn to_near(&self) -> Ordering {
        self.year.cmp(&0)
    }

    /// How it stands to another one of the same kind. Zones move a time by less than a day and a half: they count.
    pub(crate) fn order(&self, other: &Far) -> Option<Ordering> {
        let days = |far: &Far| {
            let cycles = (i64::from(far.year) - i64::from(far.near.year())) / 400;
            let first = Date::constant(2000, 1, 1);
            cycles * 146_097 + i64::from((far.near - first).get_days())
        };
        match (&self.time, &other.time) {
            (None, None) => Some(days(self).cmp(&days(other))),
            (Some(left), Some(right)) if left.zone.is_some() == right.zone.is_some() => {
                let moment = |far: &Far, time: &Time| {
                    i128::from(days(far)) * 86_400_000_000_000 + i128::from(time.nanoseconds())
                };
                Some(moment(self, left).cmp(&moment(other, right)))
            }
            _ => None,
        }
    }
}

impl FromStr for Far {
    type Err = NotATime;

    /// Reads `12026-03-02` and `12026-03-02T09:00:00`.
    fn from_str(text: &str) -> Result<Far, NotATime> {
        let (day, time) = match text.split_once('T') {
            Some((day, time)) => (day, Some(time.parse::<Time>()?)),
            None => (text, None),
        };
        let (sign, digits) = match day.strip_prefix('-') {
            Some(digits) => (-1, digits),
            None => (1, day),
        };
        let mut parts = digits.split('-');
        let mut part = |lengths: std::ops::RangeInclusive<usize>| -> Option<i64> {
            let part = parts.next()?;
            let digits = part.bytes().all(|byte| byte.is_ascii_digit());
            (digits && lengths.contains(&part.len())).then(|| part.parse().ok())?
        };
        let parts = (part(5..=9), part(2..=2), part(2..=2), part(0..=99));
        let (Some(year), Some(month), Some(day), None) = parts else {
            return Err(NotATime);
        };
        if digits.starts_with('0') {
            return Err(NotATime);
        }
        let far = Far::new(sign * year, month, day).ok_or(NotATime)?;
        Ok(Far { time, ..far })
    }
}

impl fmt::Display for Far {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (month, day) = (self.near.month(), self.near.day());
        write!(f, "{}-{month:02}-{day:02}", self.year)?;
        match &self.time {
            Some(time) => write!(f, "T{time}"),
            None => Ok(()),
        }
    }
}
