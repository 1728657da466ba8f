//! Times of day and date-times, with or without a zone.

use crate::{Far, Value};
use jiff::civil::{self, Date};
use jiff::tz::{Offset, TimeZone};
use jiff::{SignedDuration, Timestamp};
use std::fmt;
use std::str::FromStr;

/// A time of day. Without a zone it is local time, wherever that may be.
#[derive(Debug, Clone, PartialEq)]
pub struct Time {
    /// What the clock shows.
    pub time: civil::Time,
    /// An offset or a named zone.
    pub zone: Option<TimeZone>,
}

/// A day and a time of day. Without a zone it is local time, wherever that may be.
#[derive(Debug, Clone, PartialEq)]
pub struct DateTime {
    /// What calendar and clock show.
    pub date_time: civil::DateTime,
    /// An offset or a named zone.
    pub zone: Option<TimeZone>,
}

impl DateTime {
    /// Midnight at the start of a day in UTC: what a date means where a date and time is wanted.
    pub(crate) fn midnight_utc(date: Date) -> DateTime {
        DateTime {
            date_time: date.at(0, 0, 0, 0),
            zone: Some(TimeZone::UTC),
        }
    }

    /// The date-time that a clock in that zone shows at that moment.
    pub fn at(moment: Timestamp, zone: TimeZone) -> DateTime {
        DateTime {
            date_time: zone.to_datetime(moment),
            zone: Some(zone),
        }
    }

    /// The moment that is meant; a date-time without zone is read in the given one. A local time that the clock skips or repeats
    /// is read with the offset from before the change. `None` at the very ends of the calendar.
    pub fn to_timestamp(&self, default: &TimeZone) -> Option<Timestamp> {
        self.zone
            .as_ref()
            .unwrap_or(default)
            .to_timestamp(self.date_time)
            .ok()
    }

    /// The offset from UTC that holds at this moment, if there is a zone.
    pub fn offset(&self) -> Option<Offset> {
        let zone = self.zone.as_ref()?;
        zone.to_timestamp(self.date_time)
            .ok()
            .map(|moment| zone.to_offset(moment))
    }

    /// ISO 8601 with the offset in place of a zone's name: what other programs can read.
    pub fn to_iso(&self) -> String {
        let fixed = self.offset().map(|offset| offset.to_time_zone());
        DateTime {
            date_time: self.date_time,
            zone: fixed,
        }
        .to_string()
    }

    /// The same clock, moved by an exact duration. With a zone the moment is moved.
    pub fn plus(&self, duration: SignedDuration) -> Option<DateTime> {
        match &self.zone {
            Some(zone) => {
                let moment = zone
                    .to_timestamp(self.date_time)
                    .ok()?
                    .checked_add(duration)
                    .ok()?;
                Some(DateTime::at(moment, zone.clone()))
            }
            None => Some(DateTime {
                date_time: self.date_time.checked_add(duration).ok()?,
                zone: None,
            }),
        }
    }
}

impl Time {
    /// The offset from UTC, if there is a zone and it is the same all year round.
    pub fn offset(&self) -> Option<Offset> {
        let zone = self.zone.as_ref()?;
        // A time of day with a named zone has no date to look the offset up for: the standard leaves it open.
        zone.to_fixed_offset()
            .ok()
            .or_else(|| Some(zone.to_offset(Timestamp::UNIX_EPOCH)))
    }

    /// Nanoseconds since midnight, in UTC where there is a zone.
    pub fn nanoseconds(&self) -> i64 {
        let local = self.time.duration_since(civil::Time::midnight()).as_nanos();
        let offset = self
            .offset()
            .map_or(0, |offset| i64::from(offset.seconds()) * 1_000_000_000);
        i64::try_from(local).expect("a day has fewer nanoseconds than 2^63") - offset
    }

    /// The time that is so much later, around midnight if need be.
    #[must_use]
    pub fn plus(&self, duration: SignedDuration) -> Time {
        Time {
            time: self.time.wrapping_add(duration),
            zone: self.zone.clone(),
        }
    }
}

/// The text is not a date, a time or a date-time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a date, time or date and time in the form 2026-03-02T09:00:00+03:00")]
pub struct NotATime;

/// Reads `2026-03-02`.
pub(crate) fn parse_date(text: &str) -> Result<Date, NotATime> {
    let (negative, digits) = text
        .strip_prefix('-')
        .map_or((false, text), |rest| (true, rest));
    let mut parts = digits.split('-');
    let (Some(year), Some(month), Some(day), None) =
        (parts.next(), parts.next(), parts.next(), parts.next())
    else {
        return Err(NotATime);
    };
    if year.len() < 4 || (year.len() > 4 && year.starts_with('0')) {
        return Err(NotATime);
    }
    let year: i16 = number(year, year.len())?;
    let year = if negative { -year } else { year };
    Date::new(year, number(month, 2)?, number(day, 2)?).map_err(|_| NotATime)
}

fn number<N: FromStr>(digits: &str, length: usize) -> Result<N, NotATime> {
    match digits.len() == length && digits.bytes().all(|byte| byte.is_ascii_digit()) {
        true => digits.parse().map_err(|_| NotATime),
        false => Err(NotATime),
    }
}

impl FromStr for Time {
    type Err = NotATime;

    /// Reads `09:00:00`, `09:00`, `09:00:00.5Z`, `09:00:00+03:00` and `09:00:00@Africa/Kampala`.
    fn from_str(text: &str) -> Result<Time, NotATime> {
        let end = text.find(['Z', '+', '-', '@']).unwrap_or(text.len());
        let (clock, zone) = text.split_at(end);
        let mut parts = clock.split(':');
        let (Some(hour), Some(minute), seconds, None) =
            (parts.next(), parts.next(), parts.next(), parts.next())
        else {
            return Err(NotATime);
        };
        let (second, fraction) = match seconds {
            Some(seconds) => seconds
                .split_once('.')
                .map_or((seconds, None), |(second, fraction)| {
                    (second, Some(fraction))
                }),
            None => ("00", None),
        };
        let nanosecond = match fraction {
            Some("") => return Err(NotATime),
            Some(digits) if digits.bytes().all(|byte| byte.is_ascii_digit()) => {
                format!("{:0<9}", &digits[..digits.len().min(9)])
                    .parse()
                    .map_err(|_| NotATime)?
            }
            Some(_) => return Err(NotATime),
            None => 0,
        };
        let time = civil::Time::new(
            number(hour, 2)?,
            number(minute, 2)?,
            number(second, 2)?,
            nanosecond,
        )
        .map_err(|_| NotATime)?;
        Ok(Time {
            time,
            zone: parse_zone(zone)?,
        })
    }
}

fn parse_zone(text: &str) -> Result<Option<TimeZone>, NotATime> {
    match text.as_bytes() {
        [] => Ok(None),
        b"Z" => Ok(Some(TimeZone::UTC)),
        [b'@', ..] => TimeZone::get(&text[1..]).map(Some).map_err(|_| NotATime),
        [sign @ (b'+' | b'-'), ..] => {
            let mut parts = text[1..].split(':');
            let hours: i32 = number(parts.next().unwrap_or_default(), 2)?;
            let minutes: i32 = number(parts.next().unwrap_or_default(), 2)?;
            let seconds: i32 = parts.next().map_or(Ok(0), |digits| number(digits, 2))?;
            if parts.next().is_some() || minutes > 59 || seconds > 59 || hours > 14 {
                return Err(NotATime);
            }
            let magnitude = hours * 3600 + minutes * 60 + seconds;
            let offset = Offset::from_seconds(if *sign == b'-' { -magnitude } else { magnitude })
                .map_err(|_| NotATime)?;
            Ok(Some(offset.to_time_zone()))
        }
        _ => Err(NotATime),
    }
}

impl FromStr for DateTime {
    type Err = NotATime;

    /// Reads a date and a time with `T` between them, or a date alone, which means midnight.
    fn from_str(text: &str) -> Result<DateTime, NotATime> {
        let Some((date, clock)) = text.split_once('T') else {
            return Ok(DateTime {
                date_time: parse_date(text)?.at(0, 0, 0, 0),
                zone: None,
            });
        };
        // Midnight at the end of a day is the one at the start of the next.
        if let Some(rest) = clock.strip_prefix("24:00:00") {
            let next = parse_date(date)?.tomorrow().map_err(|_| NotATime)?;
            return Ok(DateTime {
                date_time: next.at(0, 0, 0, 0),
                zone: parse_zone(rest)?,
            });
        }
        let Time { time, zone } = clock.parse()?;
        Ok(DateTime {
            date_time: parse_date(date)?.to_datetime(time),
            zone,
        })
    }
}

/// What `@"..."` stands for: whatever temporal value the text has the form of.
pub(crate) fn literal(text: &str) -> Option<Value> {
    if text.trim_start_matches('-').starts_with('P') {
        let years = text.parse().map(Value::YearsDuration);
        return years
            .or_else(|_| text.parse().map(Value::DaysDuration))
            .ok();
    }
    if text.contains('T') && text.find('T') < text.find('@').or(Some(text.len())) {
        let near = text.parse::<DateTime>().ok().map(Value::from);
        return near.or_else(|| text.parse::<Far>().ok().map(Value::from));
    }
    parse_date(text)
        .map(Value::Date)
        .ok()
        .or_else(|| text.parse::<Far>().map(Value::from).ok())
        .or_else(|| text.parse::<Time>().map(Value::from).ok())
}

/// A date as ISO 8601 writes it.
pub(crate) struct Iso(pub(crate) Date);

impl fmt::Display for Iso {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.0.year() < 0 { "-" } else { "" };
        write!(
            f,
            "{sign}{:04}-{:02}-{:02}",
            self.0.year().unsigned_abs(),
            self.0.month(),
            self.0.day()
        )
    }
}

/// As FEEL's `string()` writes it: a named zone stands after `@`.
impl fmt::Display for Time {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let time = self.time;
        write!(
            f,
            "{:02}:{:02}:{:02}",
            time.hour(),
            time.minute(),
            time.second()
        )?;
        if time.subsec_nanosecond() > 0 {
            let fraction = format!("{:09}", time.subsec_nanosecond());
            write!(f, ".{}", fraction.trim_end_matches('0'))?;
        }
        let Some(zone) = &self.zone else {
            return Ok(());
        };
        match (zone.to_fixed_offset(), zone.iana_name()) {
            (Ok(offset), _) => write_offset(f, offset),
            (Err(_), Some(name)) => write!(f, "@{name}"),
            (Err(_), None) => Ok(()),
        }
    }
}

fn write_offset(f: &mut fmt::Formatter<'_>, offset: Offset) -> fmt::Result {
    let seconds = offset.seconds();
    if seconds == 0 {
        return f.write_str("Z");
    }
    let (sign, all) = (if seconds < 0 { '-' } else { '+' }, seconds.unsigned_abs());
    write!(f, "{sign}{:02}:{:02}", all / 3600, all % 3600 / 60)?;
    if all % 60 > 0 {
        write!(f, ":{:02}", all % 60)
    } else {
        Ok(())
    }
}

/// As FEEL's `string()` writes it: a named zone stands after `@`.
impl fmt::Display for DateTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{}T{}",
            Iso(self.date_time.date()),
            Time {
                time: self.date_time.time(),
                zone: self.zone.clone()
            }
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_and_written() {
        for (text, written) in [
            ("09:00:00", "09:00:00"),
            ("09:00", "09:00:00"),
            ("23:59:59.250", "23:59:59.25"),
            ("09:00:00Z", "09:00:00Z"),
            ("09:00:00+03:00", "09:00:00+03:00"),
            ("09:00:00-00:30", "09:00:00-00:30"),
            ("09:00:00@Africa/Kampala", "09:00:00@Africa/Kampala"),
        ] {
            assert_eq!(text.parse::<Time>().unwrap().to_string(), written, "{text}");
        }
        for text in [
            "",
            "9:00",
            "24:00:00",
            "09:60:00",
            "09:00:00@Mars/Crater",
            "09:00:00+25:00",
            "09:00:00.",
            "09:00:00.é",
            "T09:00:00",
        ] {
            assert_eq!(text.parse::<Time>(), Err(NotATime), "{text}");
        }
    }

    #[test]
    fn date_times_are_read_and_written() {
        for (text, written) in [
            ("2026-03-02T09:00:00", "2026-03-02T09:00:00"),
            ("2026-03-02T09:00", "2026-03-02T09:00:00"),
            ("2026-03-02", "2026-03-02T00:00:00"),
            ("2026-02-28T24:00:00Z", "2026-03-01T00:00:00Z"),
            ("-0044-03-15T12:00:00Z", "-0044-03-15T12:00:00Z"),
            (
                "2026-03-02T09:00:00@Africa/Kampala",
                "2026-03-02T09:00:00@Africa/Kampala",
            ),
        ] {
            assert_eq!(
                text.parse::<DateTime>().unwrap().to_string(),
                written,
                "{text}"
            );
        }
        for text in [
            "2026-02-29",
            "2026-3-2",
            "02.03.2026",
            "2026-03-02T",
            "99999-01-01",
            "20260-01-01T00:00:00",
            "2026-03-02-01",
        ] {
            assert_eq!(text.parse::<DateTime>(), Err(NotATime), "{text}");
        }
    }

    #[test]
    fn a_named_zone_is_stored_as_its_offset() {
        let moment: DateTime = "2026-07-01T09:00:00@Europe/London".parse().unwrap();
        assert_eq!(moment.to_iso(), "2026-07-01T09:00:00+01:00");
    }
}
