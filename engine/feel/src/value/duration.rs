//! The two durations of FEEL: one that is exact, and one in months, whose length depends on where it starts.

use jiff::SignedDuration;
use std::fmt;
use std::str::FromStr;

/// A duration in days, hours, minutes and seconds; a day has 24 hours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct DaysDuration(pub SignedDuration);

/// A duration in months; a year has twelve.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct YearsDuration {
    /// The whole of it.
    pub months: i64,
}

/// The text is not a duration of this kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a duration such as P3D, PT1H30M or P1Y6M")]
pub struct NotADuration;

const SECONDS_PER_DAY: i64 = 86_400;

impl FromStr for DaysDuration {
    type Err = NotADuration;

    /// Reads `P1DT2H3M4.5S`, and `P2W` as fourteen days.
    fn from_str(text: &str) -> Result<DaysDuration, NotADuration> {
        let (negative, body) = sign(text)?;
        let (date, time) = match body.split_once('T') {
            Some((_, "")) => return Err(NotADuration),
            Some((date, time)) => (date, time),
            None => (body, ""),
        };
        let mut seconds = 0_i64;
        let mut nanos = 0_i32;
        for (amount, unit) in components(date, &['W', 'D'])?
            .into_iter()
            .chain(components(time, &['H', 'M', 'S'])?)
        {
            let (whole, fraction) = amount.split_once('.').unwrap_or((amount, ""));
            if amount.contains('.') {
                if unit != 'S' {
                    return Err(NotADuration);
                }
                let digits: String = fraction.chars().take(9).collect();
                nanos = format!("{digits:0<9}").parse().map_err(|_| NotADuration)?;
            }
            let factor = match unit {
                'W' => 7 * SECONDS_PER_DAY,
                'D' => SECONDS_PER_DAY,
                'H' => 3600,
                'M' => 60,
                _ => 1,
            };
            if whole.is_empty() {
                return Err(NotADuration);
            }
            let whole: i64 = whole.parse().map_err(|_| NotADuration)?;
            seconds = whole
                .checked_mul(factor)
                .and_then(|part| seconds.checked_add(part))
                .ok_or(NotADuration)?;
        }
        let (seconds, nanos) = if negative {
            (-seconds, -nanos)
        } else {
            (seconds, nanos)
        };
        Ok(DaysDuration(SignedDuration::new(seconds, nanos)))
    }
}

impl FromStr for YearsDuration {
    type Err = NotADuration;

    /// Reads `P1Y2M`.
    fn from_str(text: &str) -> Result<YearsDuration, NotADuration> {
        let (negative, body) = sign(text)?;
        let mut months = 0_i64;
        for (amount, unit) in components(body, &['Y', 'M'])? {
            let amount: i64 = amount.parse().map_err(|_| NotADuration)?;
            let factor = if unit == 'Y' { 12 } else { 1 };
            months = amount
                .checked_mul(factor)
                .and_then(|part| months.checked_add(part))
                .ok_or(NotADuration)?;
        }
        Ok(YearsDuration {
            months: if negative { -months } else { months },
        })
    }
}

fn sign(text: &str) -> Result<(bool, &str), NotADuration> {
    let (negative, rest) = text
        .strip_prefix('-')
        .map_or((false, text), |rest| (true, rest));
    let body = rest.strip_prefix('P').ok_or(NotADuration)?;
    if body.is_empty() {
        Err(NotADuration)
    } else {
        Ok((negative, body))
    }
}

/// Splits `1D2H` into amounts and units; every unit at most once and in this order.
fn components<'a>(text: &'a str, units: &[char]) -> Result<Vec<(&'a str, char)>, NotADuration> {
    let mut found = Vec::new();
    let mut rest = text;
    let mut units = units.iter();
    while !rest.is_empty() {
        let end = rest
            .find(|c: char| !c.is_ascii_digit() && c != '.')
            .filter(|end| *end > 0)
            .ok_or(NotADuration)?;
        let unit = rest[end..].chars().next().ok_or(NotADuration)?;
        units
            .find(|candidate| **candidate == unit)
            .ok_or(NotADuration)?;
        found.push((&rest[..end], unit));
        rest = &rest[end + unit.len_utf8()..];
    }
    Ok(found)
}

/// ISO 8601, as short as it can be: `P1DT2H`, `PT0S`.
impl fmt::Display for DaysDuration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (all, nanos) = (
            self.0.as_secs().unsigned_abs(),
            self.0.subsec_nanos().unsigned_abs(),
        );
        if self.0.is_negative() {
            f.write_str("-")?;
        }
        f.write_str("P")?;
        let day = SECONDS_PER_DAY.unsigned_abs();
        let (days, hours, minutes, seconds) =
            (all / day, all % day / 3600, all % 3600 / 60, all % 60);
        if days > 0 {
            write!(f, "{days}D")?;
        }
        if days == 0 || hours + minutes + seconds > 0 || nanos > 0 {
            f.write_str("T")?;
        }
        if hours > 0 {
            write!(f, "{hours}H")?;
        }
        if minutes > 0 {
            write!(f, "{minutes}M")?;
        }
        if nanos > 0 {
            let fraction = format!("{nanos:09}");
            write!(f, "{seconds}.{}S", fraction.trim_end_matches('0'))?;
        } else if seconds > 0 || all == 0 {
            write!(f, "{seconds}S")?;
        }
        Ok(())
    }
}

/// ISO 8601, as short as it can be: `P1Y2M`, `P0M`.
impl fmt::Display for YearsDuration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (years, months) = (
            self.months.unsigned_abs() / 12,
            self.months.unsigned_abs() % 12,
        );
        f.write_str(if self.months < 0 { "-P" } else { "P" })?;
        if years > 0 {
            write!(f, "{years}Y")?;
        }
        if months > 0 || years == 0 {
            write!(f, "{months}M")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exact_durations_are_read_and_written() {
        for (text, written) in [
            ("P1D", "P1D"),
            ("PT36H", "P1DT12H"),
            ("-PT1H30M", "-PT1H30M"),
            ("P2W", "P14D"),
            ("PT0.5S", "PT0.5S"),
            ("PT1.S", "PT1S"),
            ("PT0S", "PT0S"),
            ("P1DT1S", "P1DT1S"),
            ("PT90M", "PT1H30M"),
        ] {
            assert_eq!(
                text.parse::<DaysDuration>().unwrap().to_string(),
                written,
                "{text}"
            );
        }
        for text in [
            "P",
            "PT",
            "P1Y",
            "P1DT",
            "1D",
            "P1H",
            "PT1M2H",
            "P1.5D",
            "P-1D",
            "P99999999999999999999D",
            "PT9é",
        ] {
            assert_eq!(text.parse::<DaysDuration>(), Err(NotADuration), "{text}");
        }
    }

    #[test]
    fn durations_in_months_are_read_and_written() {
        for (text, written) in [
            ("P1Y", "P1Y"),
            ("P14M", "P1Y2M"),
            ("-P1Y2M", "-P1Y2M"),
            ("P0Y", "P0M"),
        ] {
            assert_eq!(
                text.parse::<YearsDuration>().unwrap().to_string(),
                written,
                "{text}"
            );
        }
        for text in ["P", "P1D", "P1M1Y", "PT1M", "P1.5Y"] {
            assert_eq!(text.parse::<YearsDuration>(), Err(NotADuration), "{text}");
        }
    }
}
