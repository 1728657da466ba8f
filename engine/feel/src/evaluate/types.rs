//! `instance of`, and the types of parameters.

use crate::syntax::Type;
use crate::{Kind, Value};
use std::ops::Bound;

/// Whether a value belongs to a type. Null belongs to the type of null and, inside lists and contexts, to every type.
pub(super) fn is_instance(value: &Value, kind: &Type) -> bool {
    match (kind, value) {
        (Type::Any, value) => !value.is_null(),
        (Type::Kind(kind), value) => value.kind() == *kind,
        (Type::List(inner), Value::List(items)) => items.iter().all(|item| fits(item, inner)),
        (Type::Range(inner), Value::Range(range)) => {
            [&range.start, &range.end].into_iter().all(|end| match end {
                Bound::Included(value) | Bound::Excluded(value) => fits(value, inner),
                Bound::Unbounded => true,
            })
        }
        (Type::Context(entries), Value::Context(context)) => entries
            .iter()
            .all(|(name, inner)| context.get(name).is_some_and(|value| fits(value, inner))),
        (Type::Function(parameters), Value::Function(function)) => {
            function.parameters().len() == *parameters
        }
        (Type::List(_) | Type::Range(_) | Type::Context(_) | Type::Function(_), _) => false,
    }
}

/// Whether a value may stand where the type is expected.
pub(super) fn fits(value: &Value, kind: &Type) -> bool {
    value.is_null() || is_instance(value, kind)
}

/// A type in a sentence.
pub(super) fn name(kind: &Type) -> &'static str {
    match kind {
        Type::Any => "value",
        Type::Kind(kind) => kind.name(),
        Type::List(_) => Kind::List.name(),
        Type::Range(_) => Kind::Range.name(),
        Type::Context(_) => Kind::Context.name(),
        Type::Function(_) => Kind::Function.name(),
    }
}
