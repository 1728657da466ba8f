//! Binds values: lists as arrays.

use sqlx::postgres::PgArguments;
use sqlx::{Arguments, Encode, Postgres, Type};

use crate::sql::Value;

/// The values of a statement; `None` where a text has a NUL character, which PostgreSQL keeps in no text. (JSON escapes it.)
pub(super) fn arguments(list: Vec<Value>) -> Option<PgArguments> {
    if list.iter().any(has_nul) {
        return None;
    }
    let mut values = PgArguments::default();
    for value in list {
        match value {
            Value::Integer(number) => add(&mut values, number),
            Value::Text(text) => add(&mut values, text),
            Value::Bool(yes) => add(&mut values, yes),
            Value::Integers(list) => add(&mut values, list),
            Value::MaybeIntegers(list) => add(&mut values, list),
            Value::Texts(list) => add(&mut values, list),
            Value::MaybeTexts(list) => add(&mut values, list),
            Value::Bytes(list) => add(&mut values, list),
            Value::Bools(list) => add(&mut values, list),
        }
    }
    Some(values)
}

fn has_nul(value: &Value) -> bool {
    match value {
        Value::Text(text) => text.contains('\0'),
        Value::Texts(list) => list.iter().any(|text| text.contains('\0')),
        Value::MaybeTexts(list) => list.iter().flatten().any(|text| text.contains('\0')),
        Value::Integer(_)
        | Value::Bool(_)
        | Value::Integers(_)
        | Value::MaybeIntegers(_)
        | Value::Bytes(_)
        | Value::Bools(_) => false,
    }
}

fn add<T: for<'q> Encode<'q, Postgres> + Type<Postgres>>(values: &mut PgArguments, value: T) {
    values
        .add(value)
        .expect("numbers, texts, bytes and lists of them always encode");
}
