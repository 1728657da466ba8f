//! `+ - * / **` over numbers, strings, times and durations.

use super::{Evaluator, Outcome, Stop, with_article};
use crate::builtins;
use crate::syntax::{Node, Operator};
use crate::{DateTime, DaysDuration, Number, Position, Reason, Value, YearsDuration};
use jiff::civil::Date;
use jiff::{SignedDuration, Span};

/// Nanoseconds in a second, for durations times fractions.
const NANOS: i128 = 1_000_000_000;

impl Evaluator<'_> {
    pub(super) fn arithmetic(
        &mut self,
        at: Position,
        first: &Node,
        rest: &[(Operator, Node)],
    ) -> Outcome {
        let mut left = self.value(first)?;
        for (operator, node) in rest {
            let right = self.value(node)?;
            left = match self.apply(at, *operator, &left, &right) {
                Err(Stop::Null) => Value::Null,
                other => other?,
            };
        }
        Ok(left)
    }

    pub(super) fn negate(&mut self, at: Position, operand: &Node) -> Outcome {
        match self.value(operand)? {
            Value::Number(number) => Ok((-number).into()),
            Value::DaysDuration(duration) => Ok(duration.0.checked_neg().map(DaysDuration).into()),
            Value::YearsDuration(duration) => Ok(duration
                .months
                .checked_neg()
                .map(|months| YearsDuration { months })
                .into()),
            other => self.null(at, Reason::TypeMismatch, || {
                format!("{} has no negative", with_article(&other))
            }),
        }
    }

    fn apply(&mut self, at: Position, operator: Operator, left: &Value, right: &Value) -> Outcome {
        if let (Value::Number(left), Value::Number(right)) = (left, right) {
            return self.numbers(at, operator, *left, *right);
        }
        let result = match operator {
            Operator::Add => match (left, right) {
                (Value::String(left), Value::String(right)) => {
                    self.string_of(at, left.len() + right.len())?;
                    Some(Some(Value::from(format!("{left}{right}"))))
                }
                (
                    Value::DaysDuration(_) | Value::YearsDuration(_),
                    Value::Date(_) | Value::Time(_) | Value::DateTime(_),
                ) => plus(right, left),
                _ => plus(left, right),
            },
            Operator::Subtract => self.minus(left, right),
            Operator::Multiply => match (left, right) {
                (Value::Number(factor), duration) | (duration, Value::Number(factor)) => {
                    times(duration, *factor)
                }
                _ => None,
            },
            Operator::Divide => divided(left, right),
            Operator::Power => None,
        };
        match result {
            Some(Some(value)) => Ok(value),
            Some(None) => self.null(at, Reason::InvalidValue, || {
                format!("the result of {} is out of range", verb(operator))
            }),
            None => self.null(at, Reason::TypeMismatch, || mismatch(operator, left, right)),
        }
    }

    fn numbers(
        &mut self,
        at: Position,
        operator: Operator,
        left: Number,
        right: Number,
    ) -> Outcome {
        let result = match operator {
            Operator::Add => left.checked_add(right),
            Operator::Subtract => left.checked_sub(right),
            Operator::Multiply => left.checked_mul(right),
            Operator::Divide if right == Number::ZERO => {
                return self.null(at, Reason::InvalidValue, || {
                    format!("{left} cannot be divided by zero")
                });
            }
            Operator::Divide => left.checked_div(right),
            Operator::Power => {
                if right.to_i64().is_none() {
                    self.charge(at, builtins::SERIES)?;
                }
                left.power(right)
            }
        };
        match result {
            Some(number) => Ok(number.into()),
            None => self.null(at, Reason::InvalidValue, || {
                let (left, right) = (left.brief(), right.brief());
                let verb = verb(operator);
                format!("the result of {verb} {left} and {right} is no number, or too large")
            }),
        }
    }

    fn minus(&mut self, left: &Value, right: &Value) -> Option<Option<Value>> {
        let zone = &self.world.environment.zone;
        let days = |duration: SignedDuration| Some(Some(Value::from(DaysDuration(duration))));
        match (left, right) {
            (Value::Date(left), Value::Date(right)) => days(left.duration_since(*right)),
            (Value::Time(left), Value::Time(right)) => days(SignedDuration::from_nanos(
                left.nanoseconds() - right.nanoseconds(),
            )),
            (Value::DateTime(left), Value::DateTime(right)) => {
                match (left.zone.is_some(), right.zone.is_some()) {
                    (false, false) => days(left.date_time.duration_since(right.date_time)),
                    (true, true) => match (left.to_timestamp(zone), right.to_timestamp(zone)) {
                        (Some(left), Some(right)) => days(left.duration_since(right)),
                        _ => Some(None),
                    },
                    // What the difference is would depend on where it is asked.
                    (true, false) | (false, true) => None,
                }
            }
            (Value::DateTime(left), Value::Date(right)) => {
                let midnight = DateTime::midnight_utc(*right);
                self.minus(&Value::DateTime(left.clone()), &midnight.into())
            }
            (Value::Date(left), Value::DateTime(right)) => {
                let midnight = DateTime::midnight_utc(*left);
                self.minus(&midnight.into(), &Value::DateTime(right.clone()))
            }
            (_, Value::DaysDuration(duration)) => match duration.0.checked_neg() {
                Some(negative) => plus(left, &DaysDuration(negative).into()),
                None => Some(None),
            },
            (_, Value::YearsDuration(duration)) => match duration.months.checked_neg() {
                Some(months) => plus(left, &YearsDuration { months }.into()),
                None => Some(None),
            },
            _ => None,
        }
    }
}

/// The outer `None` means that the types do not go together, the inner one that the result does not exist.
fn plus(left: &Value, right: &Value) -> Option<Option<Value>> {
    let sum: Option<Value> = match (left, right) {
        (Value::Date(date), Value::DaysDuration(duration)) => date
            .at(0, 0, 0, 0)
            .checked_add(duration.0)
            .ok()
            .map(|moment| moment.date().into()),
        (Value::Date(date), Value::YearsDuration(duration)) => {
            plus_months(*date, duration.months).map(Value::from)
        }
        (Value::Time(time), Value::DaysDuration(duration)) => Some(time.plus(duration.0).into()),
        (Value::DateTime(moment), Value::DaysDuration(duration)) => {
            moment.plus(duration.0).map(Value::from)
        }
        (Value::DateTime(moment), Value::YearsDuration(duration)) => {
            plus_months(moment.date_time.date(), duration.months).map(|date| {
                let date_time = date.to_datetime(moment.date_time.time());
                DateTime {
                    date_time,
                    zone: moment.zone.clone(),
                }
                .into()
            })
        }
        (Value::DaysDuration(left), Value::DaysDuration(right)) => left
            .0
            .checked_add(right.0)
            .map(|sum| DaysDuration(sum).into()),
        (Value::YearsDuration(left), Value::YearsDuration(right)) => left
            .months
            .checked_add(right.months)
            .map(|months| YearsDuration { months }.into()),
        _ => return None,
    };
    Some(sum)
}

/// The same day of another month, or the last one of that month if it is shorter.
pub(crate) fn plus_months(date: Date, months: i64) -> Option<Date> {
    date.checked_add(Span::new().try_months(months).ok()?).ok()
}

fn times(duration: &Value, factor: Number) -> Option<Option<Value>> {
    match duration {
        Value::DaysDuration(duration) => {
            Some(scaled(duration.0, |nanos| nanos.checked_mul(factor)))
        }
        Value::YearsDuration(duration) => {
            let months = Number::from(duration.months)
                .checked_mul(factor)
                .and_then(|months| months.truncate().to_i64());
            Some(months.map(|months| YearsDuration { months }.into()))
        }
        _ => None,
    }
}

fn divided(left: &Value, right: &Value) -> Option<Option<Value>> {
    match (left, right) {
        (Value::DaysDuration(duration), Value::Number(divisor)) => {
            Some(scaled(duration.0, |nanos| nanos.checked_div(*divisor)))
        }
        (Value::YearsDuration(duration), Value::Number(divisor)) => {
            let months = Number::from(duration.months)
                .checked_div(*divisor)
                .and_then(|months| months.truncate().to_i64());
            Some(months.map(|months| YearsDuration { months }.into()))
        }
        (Value::DaysDuration(left), Value::DaysDuration(right)) => {
            let quotient =
                nanoseconds(left.0).and_then(|left| left.checked_div(nanoseconds(right.0)?));
            Some(quotient.map(Value::Number))
        }
        (Value::YearsDuration(left), Value::YearsDuration(right)) => Some(
            Number::from(left.months)
                .checked_div(right.months.into())
                .map(Value::Number),
        ),
        _ => None,
    }
}

fn scaled(duration: SignedDuration, scale: impl FnOnce(Number) -> Option<Number>) -> Option<Value> {
    let nanos = scale(nanoseconds(duration)?)?.truncate();
    let (negative, magnitude) = nanos.to_integer()?;
    let whole = i128::try_from(magnitude).ok()?;
    let whole = if negative { -whole } else { whole };
    let seconds = i64::try_from(whole / NANOS).ok()?;
    let rest = i32::try_from(whole % NANOS).ok()?;
    Some(DaysDuration(SignedDuration::new(seconds, rest)).into())
}

fn nanoseconds(duration: SignedDuration) -> Option<Number> {
    Some(Number::from_i128(duration.as_nanos()))
}

fn mismatch(operator: Operator, left: &Value, right: &Value) -> String {
    let (left_type, right_type) = (with_article(left), with_article(right));
    match operator {
        Operator::Add if left.as_str().is_some() || right.as_str().is_some() => {
            format!(
                "{left_type} and {right_type} cannot be joined; use string() to make text of a value"
            )
        }
        Operator::Add => format!("{left_type} and {right_type} cannot be added"),
        Operator::Subtract if is_moment(left) && is_moment(right) => {
            "of two dates and times that are subtracted both must have a zone or neither; a date has UTC".into()
        }
        Operator::Subtract => format!("{right_type} cannot be subtracted from {left_type}"),
        Operator::Multiply => format!("{left_type} and {right_type} cannot be multiplied"),
        Operator::Divide => format!("{left_type} cannot be divided by {right_type}"),
        Operator::Power => format!("{left_type} cannot be raised to the power of {right_type}"),
    }
}

fn is_moment(value: &Value) -> bool {
    matches!(value, Value::Date(_) | Value::DateTime(_))
}

fn verb(operator: Operator) -> &'static str {
    match operator {
        Operator::Add => "adding",
        Operator::Subtract => "subtracting",
        Operator::Multiply => "multiplying",
        Operator::Divide => "dividing",
        Operator::Power => "the power of",
    }
}
