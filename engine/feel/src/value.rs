//! The values of FEEL. Copying one is cheap: what is large is shared and never changed in place.

pub(crate) mod context;
pub(crate) mod duration;
pub(crate) mod far;
pub(crate) mod function;
pub(crate) mod number;
pub(crate) mod range;
pub(crate) mod temporal;

use crate::{Context, DateTime, DaysDuration, Far, Function, Number, Range, Time, YearsDuration};
use jiff::civil::Date;
use std::fmt;
use std::sync::Arc;

/// A value of FEEL. Serde reads and writes it as plain JSON; temporal values become their ISO 8601 text.
#[derive(Debug, Clone, PartialEq, Default)]
pub enum Value {
    /// Nothing, or unknown.
    #[default]
    Null,
    /// True or false.
    Boolean(bool),
    /// An exact decimal number.
    Number(Number),
    /// Text.
    String(Arc<str>),
    /// Values in order.
    List(Arc<Vec<Value>>),
    /// Named values.
    Context(Context),
    /// A day.
    Date(Date),
    /// A time of day.
    Time(Arc<Time>),
    /// A day and a time of day.
    DateTime(Arc<DateTime>),
    /// A day, or a day and a time of day, in a year that the calendar does not reach.
    Far(Arc<Far>),
    /// A duration in days, hours, minutes and seconds.
    DaysDuration(DaysDuration),
    /// A duration in years and months.
    YearsDuration(YearsDuration),
    /// Everything between two ends.
    Range(Arc<Range>),
    /// Something that can be called.
    Function(Arc<Function>),
}

/// The types of values, as FEEL names them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// `null`
    Null,
    /// `boolean`
    Boolean,
    /// `number`
    Number,
    /// `string`
    String,
    /// `list`
    List,
    /// `context`
    Context,
    /// `date`
    Date,
    /// `time`
    Time,
    /// `date and time`
    DateTime,
    /// `days and time duration`
    DaysDuration,
    /// `years and months duration`
    YearsDuration,
    /// `range`
    Range,
    /// `function`
    Function,
}

impl Kind {
    /// FEEL's name of the type.
    pub fn name(self) -> &'static str {
        match self {
            Kind::Null => "null",
            Kind::Boolean => "boolean",
            Kind::Number => "number",
            Kind::String => "string",
            Kind::List => "list",
            Kind::Context => "context",
            Kind::Date => "date",
            Kind::Time => "time",
            Kind::DateTime => "date and time",
            Kind::DaysDuration => "days and time duration",
            Kind::YearsDuration => "years and months duration",
            Kind::Range => "range",
            Kind::Function => "function",
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl Value {
    /// The type of the value.
    pub fn kind(&self) -> Kind {
        match self {
            Value::Null => Kind::Null,
            Value::Boolean(_) => Kind::Boolean,
            Value::Number(_) => Kind::Number,
            Value::String(_) => Kind::String,
            Value::List(_) => Kind::List,
            Value::Context(_) => Kind::Context,
            Value::Date(_) => Kind::Date,
            Value::Time(_) => Kind::Time,
            Value::DateTime(_) => Kind::DateTime,
            Value::Far(far) => far.kind(),
            Value::DaysDuration(_) => Kind::DaysDuration,
            Value::YearsDuration(_) => Kind::YearsDuration,
            Value::Range(_) => Kind::Range,
            Value::Function(_) => Kind::Function,
        }
    }

    /// Whether it is null.
    pub fn is_null(&self) -> bool {
        matches!(self, Value::Null)
    }

    /// The text, if it is a string.
    pub fn as_str(&self) -> Option<&str> {
        if let Value::String(text) = self {
            Some(text)
        } else {
            None
        }
    }

    /// The boolean, if it is one.
    pub fn as_bool(&self) -> Option<bool> {
        if let Value::Boolean(boolean) = self {
            Some(*boolean)
        } else {
            None
        }
    }

    /// The number, if it is one.
    pub fn as_number(&self) -> Option<Number> {
        if let Value::Number(number) = self {
            Some(*number)
        } else {
            None
        }
    }

    /// The items, if it is a list.
    pub fn as_list(&self) -> Option<&[Value]> {
        if let Value::List(items) = self {
            Some(items)
        } else {
            None
        }
    }

    /// The context, if it is one.
    pub fn as_context(&self) -> Option<&Context> {
        if let Value::Context(context) = self {
            Some(context)
        } else {
            None
        }
    }

    /// The value as it may be stored: JSON without loss. Temporal values become their ISO 8601 strings, ranges their text, functions
    /// null, and numbers keep the 15 to 17 digits that JSON programs agree on; one beyond 1.8e308 becomes null.
    #[must_use]
    pub fn into_json_like(self) -> Value {
        if self.is_json_like() {
            return self;
        }
        match self {
            Value::Null | Value::Boolean(_) | Value::String(_) => self,
            Value::Number(number) => number.as_in_json().map(Value::Number).unwrap_or_default(),
            Value::List(items) => items.iter().cloned().map(Value::into_json_like).collect(),
            Value::Context(context) => {
                let stored = context
                    .iter()
                    .map(|(name, value)| (name, value.clone().into_json_like()));
                Value::Context(stored.collect())
            }
            Value::Function(_) => Value::Null,
            Value::DateTime(moment) => Value::from(moment.to_iso()),
            Value::Date(_)
            | Value::Time(_)
            | Value::Far(_)
            | Value::DaysDuration(_)
            | Value::YearsDuration(_)
            | Value::Range(_) => Value::from(self.to_string()),
        }
    }

    fn is_json_like(&self) -> bool {
        match self {
            Value::Null | Value::Boolean(_) | Value::String(_) => true,
            Value::Number(number) => number.is_json_like(),
            Value::List(items) => items.iter().all(Value::is_json_like),
            Value::Context(context) => context.iter().all(|(_, value)| value.is_json_like()),
            Value::Date(_)
            | Value::Time(_)
            | Value::DateTime(_)
            | Value::Far(_)
            | Value::DaysDuration(_)
            | Value::YearsDuration(_)
            | Value::Range(_)
            | Value::Function(_) => false,
        }
    }
}

/// The text that FEEL's `string()` gives; strings stand without quotes at the top and with quotes inside lists and contexts.
impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Value::Null => f.write_str("null"),
            Value::Boolean(boolean) => write!(f, "{boolean}"),
            Value::Number(number) => write!(f, "{number}"),
            Value::String(text) => f.write_str(text),
            Value::List(items) => {
                f.write_str("[")?;
                for (index, item) in items.iter().enumerate() {
                    if index > 0 {
                        f.write_str(", ")?;
                    }
                    item.write_quoted(f)?;
                }
                f.write_str("]")
            }
            Value::Context(context) => write!(f, "{context}"),
            Value::Date(date) => write!(f, "{}", temporal::Iso(*date)),
            Value::Time(time) => write!(f, "{time}"),
            Value::DateTime(moment) => write!(f, "{moment}"),
            Value::Far(far) => write!(f, "{far}"),
            Value::DaysDuration(duration) => write!(f, "{duration}"),
            Value::YearsDuration(duration) => write!(f, "{duration}"),
            Value::Range(range) => write!(f, "{range}"),
            Value::Function(function) => write!(f, "{function}"),
        }
    }
}

impl Value {
    pub(crate) fn write_quoted(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.as_str() {
            Some(text) => write!(f, "\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\"")),
            None => write!(f, "{self}"),
        }
    }

    /// Whether lists and contexts stand in each other more than so many deep. Whoever keeps values checks this: readers of
    /// JSON refuse what is too deep.
    pub fn is_deeper_than(&self, levels: usize) -> bool {
        let deeper = |value: &Value| value.is_deeper_than(levels - 1);
        match self {
            Value::List(items) => levels == 0 || items.iter().any(deeper),
            Value::Context(context) => {
                levels == 0 || context.iter().any(|(_, value)| deeper(value))
            }
            Value::Null
            | Value::Boolean(_)
            | Value::Number(_)
            | Value::String(_)
            | Value::Date(_)
            | Value::Time(_)
            | Value::DateTime(_)
            | Value::Far(_)
            | Value::DaysDuration(_)
            | Value::YearsDuration(_)
            | Value::Range(_)
            | Value::Function(_) => false,
        }
    }
}

macro_rules! value_from {
    ($($from:ty => |$x:ident| $to:expr),+ $(,)?) => {
        $(impl From<$from> for Value {
            fn from($x: $from) -> Value {
                $to
            }
        })+
    };
}

value_from! {
    bool => |x| Value::Boolean(x),
    &str => |x| Value::String(x.into()),
    String => |x| Value::String(x.into()),
    Arc<str> => |x| Value::String(x),
    i64 => |x| Value::Number(x.into()),
    i32 => |x| Value::Number(i64::from(x).into()),
    u32 => |x| Value::Number(i64::from(x).into()),
    usize => |x| Value::Number(x.into()),
    Number => |x| Value::Number(x),
    Vec<Value> => |x| Value::List(Arc::new(x)),
    Context => |x| Value::Context(x),
    Date => |x| Value::Date(x),
    Time => |x| Value::Time(Arc::new(x)),
    DateTime => |x| Value::DateTime(Arc::new(x)),
    Far => |x| Value::Far(Arc::new(x)),
    DaysDuration => |x| Value::DaysDuration(x),
    YearsDuration => |x| Value::YearsDuration(x),
    Range => |x| Value::Range(Arc::new(x)),
}

impl<T: Into<Value>> From<Option<T>> for Value {
    fn from(option: Option<T>) -> Value {
        option.map_or(Value::Null, Into::into)
    }
}

impl FromIterator<Value> for Value {
    fn from_iter<I: IntoIterator<Item = Value>>(items: I) -> Value {
        Value::List(Arc::new(items.into_iter().collect()))
    }
}

/// Whether a name can stand in an expression without quotes or backticks.
pub(crate) fn is_plain_name(name: &str) -> bool {
    let mut characters = name.chars();
    characters.next().is_some_and(is_name_start) && characters.all(is_name_part)
}

pub(crate) fn is_name_start(character: char) -> bool {
    character.is_alphabetic()
        || character == '_'
        || (!character.is_ascii() && !character.is_whitespace() && !character.is_control())
}

pub(crate) fn is_name_part(character: char) -> bool {
    is_name_start(character) || character.is_numeric()
}
