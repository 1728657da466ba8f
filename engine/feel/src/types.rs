//! Types of values: what `instance of`, parameters and the item definitions of decision models ask for (DMN 1.5, 10.3.2.9).

use crate::value::function::Origin;
use crate::{Environment, Function, Kind, UnaryTests, Value, builtins};
use std::fmt;
use std::ops::Bound;
use std::sync::Arc;

/// A type. Clones share what is large.
#[derive(Debug, Clone)]
pub enum Type {
    /// Every value.
    Any,
    /// All values of a kind, whatever is in them.
    Kind(Kind),
    /// Lists of items of a type.
    List(Arc<Type>),
    /// Ranges with ends of a type.
    Range(Arc<Type>),
    /// Contexts with at least these entries.
    Context(Arc<[(Arc<str>, Type)]>),
    /// Functions with parameters of these types and this result.
    Function(Arc<[Type]>, Arc<Type>),
    /// Values of a type that pass tests.
    Restricted(Arc<(Type, UnaryTests)>),
}

impl Type {
    /// The type that FEEL itself knows by this name, such as `number` or `days and time duration`.
    pub fn named(name: &str) -> Option<Type> {
        Some(match name {
            "Any" => Type::Any,
            "Null" => Type::Kind(Kind::Null),
            "number" => Type::Kind(Kind::Number),
            "string" => Type::Kind(Kind::String),
            "boolean" => Type::Kind(Kind::Boolean),
            "date" => Type::Kind(Kind::Date),
            "time" => Type::Kind(Kind::Time),
            "date and time" | "dateTime" => Type::Kind(Kind::DateTime),
            "days and time duration" | "dayTimeDuration" => Type::Kind(Kind::DaysDuration),
            "years and months duration" | "yearMonthDuration" => Type::Kind(Kind::YearsDuration),
            "context" => Type::Context(Arc::new([])),
            "list" => Type::List(Arc::new(Type::Any)),
            "range" => Type::Range(Arc::new(Type::Any)),
            "function" => Type::Kind(Kind::Function),
            _ => return None,
        })
    }

    /// Whether a value belongs to the type. Null belongs to the type of null and, inside lists and contexts, to every type.
    pub fn holds(&self, value: &Value, environment: &Environment) -> bool {
        self.admits(value, Some(environment))
    }

    /// Whether a value has the type, whatever values of it are allowed: what `instance of` asks.
    pub fn has_instance(&self, value: &Value) -> bool {
        self.admits(value, None)
    }

    /// Restrictions count only in an environment.
    fn admits(&self, value: &Value, environment: Option<&Environment>) -> bool {
        let inside =
            |kind: &Type, value: &Value| value.is_null() || kind.admits(value, environment);
        match (self, value) {
            (Type::Any, value) => !value.is_null(),
            (Type::Kind(kind), value) => value.kind() == *kind,
            (Type::List(inner), Value::List(items)) => {
                matches!(**inner, Type::Any) || items.iter().all(|item| inside(inner, item))
            }
            (Type::Range(inner), Value::Range(range)) => {
                [&range.start, &range.end].into_iter().all(|end| match end {
                    Bound::Included(value) | Bound::Excluded(value) => inside(inner, value),
                    Bound::Unbounded => true,
                })
            }
            (Type::Context(entries), Value::Context(context)) => {
                entries.iter().all(|(name, inner)| {
                    let entry = context.get(name);
                    entry.is_some_and(|value| inside(inner, value))
                })
            }
            (Type::Function(parameters, result), Value::Function(function)) => {
                function.is_a(parameters, result)
            }
            (Type::Restricted(restricted), value) => {
                let (base, tests) = &**restricted;
                let passes = |environment| tests.test(value, &(), environment).value;
                base.admits(value, environment)
                    && environment
                        .is_none_or(|environment| passes(environment) == Value::Boolean(true))
            }
            (Type::List(_) | Type::Range(_) | Type::Context(_) | Type::Function(..), _) => false,
        }
    }

    /// Whether a value may stand where the type is expected.
    pub(crate) fn takes(&self, value: &Value, environment: &Environment) -> bool {
        value.is_null() || self.holds(value, environment)
    }

    /// The value as one of this type: a list of one item stands for the item and an item for the list, and a date for its midnight
    /// in UTC. The error goes on from `the value ...`.
    pub fn coerced(&self, value: Value, environment: &Environment) -> Result<Value, String> {
        if matches!(self, Type::Any) || self.takes(&value, environment) {
            return Ok(value);
        }
        let other = match (value.as_list(), &value) {
            (Some([only]), _) => Some(only.clone()),
            (_, Value::Date(date)) => Some(crate::DateTime::midnight_utc(*date).into()),
            (_, _) => None,
        };
        if let Some(other) = other
            && !other.is_null()
            && self.holds(&other, environment)
        {
            return Ok(other);
        }
        let listed = Value::from(vec![value.clone()]);
        if value.as_list().is_none() && self.is_list() && self.holds(&listed, environment) {
            return Ok(listed);
        }
        Err(self.complaint(&value, environment))
    }

    /// The value in which texts that stand for dates, times and durations are read as such where the type asks for them, because
    /// JSON has none. What cannot be read stays a text.
    #[must_use]
    pub fn read(&self, value: Value) -> Value {
        match (self, value) {
            (Type::Kind(kind), Value::String(text)) => {
                let read = crate::value::temporal::literal(&text);
                let read = read.filter(|read| read.kind() == *kind);
                read.unwrap_or(Value::String(text))
            }
            (Type::List(inner), Value::List(items)) if !matches!(**inner, Type::Any) => {
                items.iter().map(|item| inner.read(item.clone())).collect()
            }
            (Type::Context(entries), Value::Context(mut context)) => {
                for (name, inner) in entries.iter() {
                    if let Some(value) = context.get(name).cloned() {
                        context.insert(&**name, inner.read(value));
                    }
                }
                Value::Context(context)
            }
            (Type::Restricted(restricted), value) => restricted.0.read(value),
            (
                Type::Any
                | Type::Kind(_)
                | Type::List(_)
                | Type::Range(_)
                | Type::Context(_)
                | Type::Function(..),
                value,
            ) => value,
        }
    }

    /// Whether only lists belong to it.
    pub fn is_list(&self) -> bool {
        match self {
            Type::List(_) | Type::Kind(Kind::List) => true,
            Type::Restricted(restricted) => restricted.0.is_list(),
            Type::Any | Type::Kind(_) | Type::Range(_) | Type::Context(_) | Type::Function(..) => {
                false
            }
        }
    }

    fn complaint(&self, value: &Value, environment: &Environment) -> String {
        let found = crate::evaluate::with_article(value);
        if let Type::Restricted(restricted) = self
            && restricted.0.holds(value, environment)
        {
            let allowed = restricted.1.text().trim();
            return format!("is not among the allowed values: {allowed}");
        }
        format!("is {found}, not a {self}")
    }

    /// Whether every value of the type `self` is one of the type `other`.
    fn is_within(&self, other: &Type) -> bool {
        match (self, other) {
            (_, Type::Any) => true,
            (Type::Restricted(left), Type::Restricted(right)) if Arc::ptr_eq(left, right) => true,
            (Type::Restricted(left), right) => left.0.is_within(right),
            (Type::Kind(left), Type::Kind(right)) => left == right,
            (Type::List(left), Type::List(right)) | (Type::Range(left), Type::Range(right)) => {
                left.is_within(right)
            }
            (Type::Context(left), Type::Context(right)) => right.iter().all(|(name, wanted)| {
                left.iter()
                    .any(|(known, found)| known == name && found.is_within(wanted))
            }),
            (Type::Function(left, gives), Type::Function(right, wanted)) => {
                left.len() == right.len()
                    && right
                        .iter()
                        .zip(left.iter())
                        .all(|(given, taken)| given.is_within(taken))
                    && gives.is_within(wanted)
            }
            (Type::Function(..), Type::Kind(Kind::Function)) => true,
            (
                Type::Any
                | Type::Kind(_)
                | Type::List(_)
                | Type::Range(_)
                | Type::Context(_)
                | Type::Function(..),
                _,
            ) => false,
        }
    }
}

impl Function {
    /// Whether it can be called with such arguments and gives such a result, as far as it says so itself.
    fn is_a(&self, parameters: &[Type], result: &Type) -> bool {
        let fits = |taken: Option<&Type>, given: &Type| {
            taken.is_none_or(|taken| matches!(taken, Type::Any) || given.is_within(taken))
        };
        match &self.0 {
            Origin::Expression { lambda, .. } => {
                let own = &lambda.parameters;
                own.len() == parameters.len()
                    && own
                        .iter()
                        .zip(parameters)
                        .all(|((_, taken), given)| fits(taken.as_ref(), given))
            }
            Origin::BuiltIn(name) => builtins::with_arity(name, parameters.len()).is_some(),
            Origin::Surroundings(callable) => {
                let own = callable.parameters();
                own.len() == parameters.len()
                    && own
                        .iter()
                        .zip(parameters)
                        .all(|((_, taken), given)| fits(Some(taken), given))
                    && (matches!(callable.result(), Type::Any)
                        || callable.result().is_within(result))
            }
        }
    }
}

/// As FEEL writes types.
impl fmt::Display for Type {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Type::Any => f.write_str("value"),
            Type::Kind(kind) => write!(f, "{kind}"),
            Type::List(inner) if matches!(**inner, Type::Any) => f.write_str("list"),
            Type::List(inner) => write!(f, "list<{inner}>"),
            Type::Range(inner) if matches!(**inner, Type::Any) => f.write_str("range"),
            Type::Range(inner) => write!(f, "range<{inner}>"),
            Type::Context(entries) if entries.is_empty() => f.write_str("context"),
            Type::Context(entries) => {
                let entries: Vec<String> = entries
                    .iter()
                    .map(|(name, inner)| format!("{name}: {inner}"))
                    .collect();
                write!(f, "context<{}>", entries.join(", "))
            }
            Type::Function(parameters, result) => {
                let parameters: Vec<String> = parameters.iter().map(ToString::to_string).collect();
                write!(f, "function<{}> -> {result}", parameters.join(", "))
            }
            Type::Restricted(restricted) => write!(f, "{}", restricted.0),
        }
    }
}
