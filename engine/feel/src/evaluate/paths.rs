//! What follows a value: `.name` and `[filter]`.

use super::{Evaluator, Outcome, with_article};
use crate::syntax::Node;
use crate::{DateTime, DaysDuration, Number, Position, Range, Reason, Time, Value, YearsDuration};
use jiff::SignedDuration;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use std::ops::Bound;

impl Evaluator<'_> {
    pub(super) fn path(&mut self, at: Position, node: &Node, name: &str) -> Outcome {
        let warned = self.warnings.len();
        let value = self.value(node)?;
        match &value {
            Value::Context(context) => match context.get(name) {
                Some(entry) => Ok(entry.clone()),
                None => self.null(at, Reason::MissingEntry, || {
                    format!("the context has no entry `{name}`")
                }),
            },
            // The name of every item: `children.age` is the list of their ages.
            Value::List(items) => {
                self.charge(at, items.len())?;
                let entry = |item: &Value| match item {
                    Value::Context(context) => context.get(name).cloned().unwrap_or_default(),
                    other => property(other, name).unwrap_or_default(),
                };
                Ok(items.iter().map(entry).collect())
            }
            // Why it is null has been said already.
            Value::Null if self.warnings.len() > warned => Ok(Value::Null),
            other => match property(other, name) {
                Some(value) => Ok(value),
                None => self.null(at, Reason::MissingEntry, || {
                    format!("{} has no property `{name}`", with_article(other))
                }),
            },
        }
    }

    pub(super) fn filter(&mut self, at: Position, node: &Node, condition: &Node) -> Outcome {
        let value = self.value(node)?;
        let items = match value {
            Value::List(items) => items,
            Value::Null => {
                return self.null(at, Reason::TypeMismatch, || "null has no items".into());
            }
            single => vec![single].into(),
        };
        if let Some(index) = condition.form.constant().and_then(Value::as_number) {
            return self.index(at, &items, index);
        }
        let mut kept = Vec::new();
        for (position, item) in items.iter().enumerate() {
            self.locals.push(item.clone());
            let holds = self.value(condition);
            self.locals.pop();
            match holds? {
                Value::Boolean(true) => kept.push(item.clone()),
                Value::Boolean(false) | Value::Null => {}
                Value::Number(index) if position == 0 => return self.index(at, &items, index),
                other => self.warn(condition.at, Reason::TypeMismatch, || {
                    format!("the filter is {}, not a boolean", with_article(&other))
                }),
            }
        }
        Ok(kept.into())
    }

    /// The item at a position that is counted from 1, or from the end if it is negative.
    fn index(&mut self, at: Position, items: &[Value], index: Number) -> Outcome {
        let position = index.to_i64().and_then(|index| match index {
            1.. => usize::try_from(index - 1).ok(),
            0 => None,
            _ => items
                .len()
                .checked_sub(usize::try_from(index.unsigned_abs()).ok()?),
        });
        match position.and_then(|position| items.get(position)) {
            Some(item) => Ok(item.clone()),
            None => self.null(at, Reason::MissingEntry, || {
                format!("a list of {} has no item {index}", items.len())
            }),
        }
    }
}

/// The parts of dates, times, durations and ranges.
fn property(value: &Value, name: &str) -> Option<Value> {
    match value {
        Value::Date(date) => of_date(*date, name),
        Value::Time(time) => of_time(time, name),
        Value::DateTime(moment) => of_date_time(moment, name),
        Value::Far(far) if name == "year" => Some(far.year().into()),
        Value::Far(far) => {
            let time = far.time().and_then(|time| of_time(time, name));
            time.or_else(|| of_date(far.near(), name))
        }
        Value::DaysDuration(duration) => of_days(*duration, name),
        Value::YearsDuration(duration) => of_years(*duration, name),
        Value::Range(range) => of_range(range, name),
        _ => None,
    }
}

fn of_date(date: Date, name: &str) -> Option<Value> {
    Some(match name {
        "year" => i64::from(date.year()).into(),
        "month" => i64::from(date.month()).into(),
        "day" => i64::from(date.day()).into(),
        "weekday" => i64::from(date.weekday().to_monday_one_offset()).into(),
        _ => return None,
    })
}

fn of_time(time: &Time, name: &str) -> Option<Value> {
    Some(match name {
        "hour" => i64::from(time.time.hour()).into(),
        "minute" => i64::from(time.time.minute()).into(),
        "second" => i64::from(time.time.second()).into(),
        "time offset" => time
            .offset()
            .map(|offset| offset_duration(offset.seconds()))
            .into(),
        "timezone" => zone_name(time.zone.as_ref()),
        _ => return None,
    })
}

fn of_date_time(moment: &DateTime, name: &str) -> Option<Value> {
    match name {
        "time offset" => Some(
            moment
                .offset()
                .map(|offset| offset_duration(offset.seconds()))
                .into(),
        ),
        "timezone" => Some(zone_name(moment.zone.as_ref())),
        _ => of_date(moment.date_time.date(), name).or_else(|| {
            of_time(
                &Time {
                    time: moment.date_time.time(),
                    zone: None,
                },
                name,
            )
        }),
    }
}

fn offset_duration(seconds: i32) -> DaysDuration {
    DaysDuration(SignedDuration::from_secs(seconds.into()))
}

fn zone_name(zone: Option<&TimeZone>) -> Value {
    zone.and_then(TimeZone::iana_name)
        .map(Value::from)
        .unwrap_or_default()
}

fn of_days(duration: DaysDuration, name: &str) -> Option<Value> {
    let seconds = duration.0.as_secs();
    Some(match name {
        "days" => (seconds / 86_400).into(),
        "hours" => (seconds % 86_400 / 3600).into(),
        "minutes" => (seconds % 3600 / 60).into(),
        "seconds" => (seconds % 60).into(),
        _ => return None,
    })
}

fn of_years(duration: YearsDuration, name: &str) -> Option<Value> {
    Some(match name {
        "years" => (duration.months / 12).into(),
        "months" => (duration.months % 12).into(),
        _ => return None,
    })
}

fn of_range(range: &Range, name: &str) -> Option<Value> {
    let end = |end: &Bound<Value>| match end {
        Bound::Included(value) | Bound::Excluded(value) => value.clone(),
        Bound::Unbounded => Value::Null,
    };
    Some(match name {
        "start" => end(&range.start),
        "end" => end(&range.end),
        "start included" => matches!(range.start, Bound::Included(_)).into(),
        "end included" => matches!(range.end, Bound::Included(_)).into(),
        _ => return None,
    })
}
