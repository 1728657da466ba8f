//! Dates, times and durations.

use super::{Builtin, function};
use crate::evaluate::{Call, Outcome};
use crate::value::temporal::parse_date;
use crate::{DateTime, DaysDuration, Far, Number, Time, Value, YearsDuration};
use jiff::civil::{self, Date};
use jiff::tz::{Offset, TimeZone};

pub(super) const FUNCTIONS: &[Builtin] = &[
    function("now", &[], now),
    function("today", &[], today),
    function("date", &["from"], date),
    function("date", &["year", "month", "day"], date_of),
    function("time", &["from"], time),
    function("time", &["hour", "minute", "second", "offset?"], time_of),
    function("date and time", &["from"], date_and_time),
    function("date and time", &["date", "time"], date_and_time_of),
    function("date and time", &["date", "timezone"], date_and_time_of),
    function("duration", &["from"], duration),
    function(
        "years and months duration",
        &["from", "to"],
        years_and_months,
    ),
    function("day of week", &["date"], |call| {
        of_day(call, |date| weekday(date).into())
    }),
    function("day of year", &["date"], |call| {
        of_day(call, |date| i64::from(date.day_of_year()).into())
    }),
    function("week of year", &["date"], |call| {
        of_day(call, |date| i64::from(date.iso_week_date().week()).into())
    }),
    function("month of year", &["date"], |call| {
        of_day(call, |date| month_name(date).into())
    }),
    function("last day of month", &["date"], |call| {
        of_day(call, |date| date.last_of_month().into())
    }),
];

fn now(call: &mut Call<'_, '_>) -> Outcome {
    let environment = call.evaluator.world.environment;
    Ok(DateTime::at(environment.now, environment.zone.clone()).into())
}

fn today(call: &mut Call<'_, '_>) -> Outcome {
    let environment = call.evaluator.world.environment;
    Ok(environment.zone.to_datetime(environment.now).date().into())
}

fn date(call: &mut Call<'_, '_>) -> Outcome {
    match call.argument(0) {
        Value::Date(date) => Ok((*date).into()),
        Value::DateTime(moment) => Ok(moment.date_time.date().into()),
        Value::Far(far) => Ok(far.day().into()),
        _ => {
            let text = call.text(0)?;
            let far = || text.parse::<Far>().ok().filter(|far| far.time().is_none());
            match parse_date(&text) {
                Ok(date) => Ok(date.into()),
                Err(_) if let Some(far) = far() => Ok(far.into()),
                Err(_) => {
                    call.invalid(|| format!("\"{text}\" is not a date in the form 2026-03-02"))
                }
            }
        }
    }
}

fn date_of(call: &mut Call<'_, '_>) -> Outcome {
    let (year, month, day) = (call.whole(0)?, call.whole(1)?, call.whole(2)?);
    let parts = i16::try_from(year)
        .ok()
        .zip(i8::try_from(month).ok())
        .zip(i8::try_from(day).ok());
    match parts.and_then(|((year, month), day)| Date::new(year, month, day).ok()) {
        Some(date) => Ok(date.into()),
        None => match Far::new(year, month, day) {
            Some(far) => Ok(far.into()),
            None => call.invalid(|| format!("there is no day {year}-{month}-{day}")),
        },
    }
}

fn time(call: &mut Call<'_, '_>) -> Outcome {
    match call.argument(0) {
        Value::Time(time) => Ok(Value::Time(time.clone())),
        Value::DateTime(moment) => Ok(Time {
            time: moment.date_time.time(),
            zone: moment.zone.clone(),
        }
        .into()),
        Value::Date(_) => Ok(Time {
            time: civil::Time::midnight(),
            zone: Some(TimeZone::UTC),
        }
        .into()),
        _ => {
            let text = call.text(0)?;
            match text.parse::<Time>() {
                Ok(time) => Ok(time.into()),
                Err(_) => call.invalid(|| format!("\"{text}\" is not a time in the form 09:00:00")),
            }
        }
    }
}

fn time_of(call: &mut Call<'_, '_>) -> Outcome {
    let (hour, minute, seconds) = (call.whole(0)?, call.whole(1)?, call.number(2)?);
    let zone = match call.argument(3) {
        Value::Null => None,
        Value::DaysDuration(offset) => {
            match i32::try_from(offset.0.as_secs()).map(Offset::from_seconds) {
                Ok(Ok(offset)) => Some(offset.to_time_zone()),
                _ => return call.mismatch(3, "duration of at most a day"),
            }
        }
        _ => return call.mismatch(3, "days and time duration"),
    };
    let whole = seconds.truncate();
    let nanos = seconds
        .checked_sub(whole)
        .and_then(|rest| rest.checked_mul(Number::from(1_000_000_000_i64)));
    let parts = || {
        let nanos = i32::try_from(nanos?.truncate().to_i64()?).ok()?;
        let second = i8::try_from(whole.to_i64()?).ok()?;
        civil::Time::new(
            i8::try_from(hour).ok()?,
            i8::try_from(minute).ok()?,
            second,
            nanos,
        )
        .ok()
    };
    match parts() {
        Some(time) => Ok(Time { time, zone }.into()),
        None => call.invalid(|| format!("there is no time {hour}:{minute}:{seconds}")),
    }
}

fn date_and_time(call: &mut Call<'_, '_>) -> Outcome {
    match call.argument(0) {
        Value::DateTime(moment) => Ok(Value::DateTime(moment.clone())),
        Value::Date(date) => Ok(DateTime {
            date_time: date.at(0, 0, 0, 0),
            zone: None,
        }
        .into()),
        _ => {
            let text = call.text(0)?;
            let far = || text.parse::<Far>().ok().filter(|far| far.time().is_some());
            match text.parse::<DateTime>() {
                Ok(moment) => Ok(moment.into()),
                Err(_) if let Some(far) = far() => Ok(far.into()),
                Err(_) => call.invalid(|| {
                    format!("\"{text}\" is not a date and time in the form 2026-03-02T09:00:00")
                }),
            }
        }
    }
}

/// `date and time(date, time)`, or a date and time as the clocks of another zone show it.
fn date_and_time_of(call: &mut Call<'_, '_>) -> Outcome {
    if let (Value::DateTime(moment), Value::String(name)) = (call.argument(0), call.argument(1)) {
        let (moment, name) = (moment.clone(), name.clone());
        let default = &call.evaluator.world.environment.zone;
        let shown = TimeZone::get(&name)
            .ok()
            .and_then(|zone| Some(DateTime::at(moment.to_timestamp(default)?, zone)));
        return match shown {
            Some(shown) => Ok(shown.into()),
            None => call.invalid(|| format!("there is no time zone \"{name}\"")),
        };
    }
    if let (Value::Far(far), Value::Time(time)) = (call.argument(0), call.argument(1)) {
        return Ok(far.at((**time).clone()).into());
    }
    let date = match call.argument(0) {
        Value::Date(date) => *date,
        Value::DateTime(moment) => moment.date_time.date(),
        _ => return call.mismatch(0, "date"),
    };
    match call.argument(1) {
        Value::Time(time) => Ok(DateTime {
            date_time: date.to_datetime(time.time),
            zone: time.zone.clone(),
        }
        .into()),
        _ => call.mismatch(1, "time"),
    }
}

fn duration(call: &mut Call<'_, '_>) -> Outcome {
    if let duration @ (Value::DaysDuration(_) | Value::YearsDuration(_)) = call.argument(0) {
        return Ok(duration.clone());
    }
    let text = call.text(0)?;
    if let Ok(duration) = text.parse::<DaysDuration>() {
        return Ok(duration.into());
    }
    match text.parse::<YearsDuration>() {
        Ok(duration) => Ok(duration.into()),
        Err(reason) => call.invalid(|| format!("\"{text}\" is {reason}")),
    }
}

/// The whole months from one day to another.
fn years_and_months(call: &mut Call<'_, '_>) -> Outcome {
    let (from, to) = (day(call, 0)?, day(call, 1)?);
    let whole = |from: Date, to: Date| {
        let months = i64::from(to.year() - from.year()) * 12 + month(to) - month(from);
        months - i64::from(to.day() < from.day())
    };
    let months = if from <= to {
        whole(from, to)
    } else {
        -whole(to, from)
    };
    Ok(YearsDuration { months }.into())
}

/// The day of a date or a date and time.
pub(super) fn day(call: &mut Call<'_, '_>, index: usize) -> Outcome<Date> {
    match call.argument(index) {
        Value::Date(date) => Ok(*date),
        Value::DateTime(moment) => Ok(moment.date_time.date()),
        _ => call.mismatch(index, "date"),
    }
}

fn of_day(call: &mut Call<'_, '_>, part: fn(Date) -> Value) -> Outcome {
    day(call, 0).map(part)
}

fn month(date: Date) -> i64 {
    date.month().into()
}

fn month_name(date: Date) -> &'static str {
    const NAMES: [&str; 12] = [
        "January",
        "February",
        "March",
        "April",
        "May",
        "June",
        "July",
        "August",
        "September",
        "October",
        "November",
        "December",
    ];
    NAMES[usize::from(date.month().unsigned_abs()) - 1]
}

fn weekday(date: Date) -> &'static str {
    match date.weekday() {
        civil::Weekday::Monday => "Monday",
        civil::Weekday::Tuesday => "Tuesday",
        civil::Weekday::Wednesday => "Wednesday",
        civil::Weekday::Thursday => "Thursday",
        civil::Weekday::Friday => "Friday",
        civil::Weekday::Saturday => "Saturday",
        civil::Weekday::Sunday => "Sunday",
    }
}

#[cfg(test)]
mod tests {
    use crate::builtins::checks::check;

    #[test]
    fn the_clock_comes_from_outside() {
        check("now()", r#"@"2026-03-02T09:00:00@Africa/Kampala""#);
        check("today()", r#"@"2026-03-02""#);
    }

    #[test]
    fn dates_are_made() {
        check(r#"date("2026-03-02")"#, r#"@"2026-03-02""#);
        check("date(2026, 3, 2)", r#"@"2026-03-02""#);
        check("date(year: 2026, month: 3, day: 2)", r#"@"2026-03-02""#);
        check("date(2026, 2, 29)", "null");
        check(r#"date("2026-3-2")"#, "null");
        check(
            r#"date(date and time("2026-03-02T09:00:00"))"#,
            r#"@"2026-03-02""#,
        );
        check("date(null)", "null");
    }

    #[test]
    fn days_of_far_years_are_read_written_and_compared() {
        check(r#"string(date("999999999-12-31"))"#, r#""999999999-12-31""#);
        check(r#"date(-12026, 2, 28).year"#, "-12026");
        check(
            r#"date("12024-02-29").weekday"#,
            r#"date("2024-02-29").weekday"#,
        );
        check(r#"date("12026-02-29")"#, "null");
        check(r#"date("1000000000-01-01")"#, "null");
        check(r#"date("012026-01-01")"#, "null");
        check(r#"@"12026-03-02" > @"2026-03-02""#, "true");
        check(r#"@"-12026-03-02" < @"-9999-03-02""#, "true");
        check(
            r#"@"12026-03-02" between @"2026-03-02" and @"12026-03-03""#,
            "true",
        );
        check(
            r#"@"12026-03-02T09:00:00+02:00" = @"12026-03-02T08:00:00+01:00""#,
            "true",
        );
        check(r#"date(@"12026-03-02T09:00:00Z")"#, r#"@"12026-03-02""#);
        check(r#"date and time(@"12026-03-02", @"09:00:00").hour"#, "9");
        check(r#"@"12026-03-02" instance of date"#, "true");
        check(r#"@"12026-03-02" + @"P1D""#, "null");
        check(r#"day of week(@"12026-03-02")"#, "null");
    }

    #[test]
    fn times_are_made() {
        check(r#"time("09:00:00")"#, r#"@"09:00:00""#);
        check("time(9, 30, 15.5)", r#"@"09:30:15.5""#);
        check(r#"time(9, 0, 0, duration("PT3H"))"#, r#"@"09:00:00+03:00""#);
        check("time(25, 0, 0)", "null");
        check(r#"time(@"2026-03-02T09:00:00Z")"#, r#"@"09:00:00Z""#);
    }

    #[test]
    fn date_times_are_made() {
        check(
            r#"date and time("2026-03-02T09:00:00+03:00")"#,
            r#"@"2026-03-02T09:00:00+03:00""#,
        );
        check(
            r#"date and time(date("2026-03-02"), time("09:00:00"))"#,
            r#"@"2026-03-02T09:00:00""#,
        );
        check(
            r#"date and time(@"2026-03-02T06:00:00Z", "Africa/Kampala")"#,
            r#"@"2026-03-02T09:00:00@Africa/Kampala""#,
        );
        check(r#"date and time("yesterday")"#, "null");
    }

    #[test]
    fn durations_are_made() {
        check(r#"duration("P1DT2H")"#, r#"@"P1DT2H""#);
        check(r#"duration("P1Y2M")"#, r#"@"P1Y2M""#);
        check(r#"duration("P1Y2D")"#, "null");
        check(
            r#"years and months duration(@"2011-12-22", @"2013-08-24")"#,
            r#"@"P1Y8M""#,
        );
        check(
            r#"years and months duration(@"2013-08-24", @"2011-12-22")"#,
            r#"@"-P1Y8M""#,
        );
        check(
            r#"years and months duration(@"2026-01-31", @"2026-02-28")"#,
            r#"@"P0M""#,
        );
    }

    #[test]
    fn a_day_has_a_place_in_week_month_and_year() {
        check(r#"day of week(@"2026-03-02")"#, r#""Monday""#);
        check(r#"day of year(@"2026-03-02")"#, "61");
        check(r#"week of year(@"2005-01-01")"#, "53");
        check(r#"month of year(@"2026-03-02")"#, r#""March""#);
        check(r#"last day of month(@"2024-02-10")"#, r#"@"2024-02-29""#);
    }
}
