//! Binds values: lists as arrays.

use sqlx::postgres::PgArguments;
use sqlx::{Arguments, Encode, Postgres, Type};

use crate::sql::Value;

/// The values of a statement.
pub(super) fn arguments(list: Vec<Value>) -> PgArguments {
    let mut values = PgArguments::default();
    for value in list {
        match value {
            Value::Integer(number) => add(&mut values, number),
            Value::Text(text) => add(&mut values, storable(text)),
            Value::Bool(yes) => add(&mut values, yes),
            Value::Integers(list) => add(&mut values, list),
            Value::MaybeIntegers(list) => add(&mut values, list),
            Value::Texts(list) => {
                let list: Vec<String> = list.into_iter().map(storable).collect();
                add(&mut values, list);
            }
            Value::MaybeTexts(list) => {
                let list: Vec<Option<String>> =
                    list.into_iter().map(|text| text.map(storable)).collect();
                add(&mut values, list);
            }
            Value::Bytes(list) => add(&mut values, list),
            Value::Bools(list) => add(&mut values, list),
        }
    }
    values
}

fn add<T: for<'q> Encode<'q, Postgres> + Type<Postgres>>(values: &mut PgArguments, value: T) {
    values
        .add(value)
        .expect("numbers, texts, bytes and lists of them always encode");
}

/// PostgreSQL keeps no NUL in a text. JSON escapes it; elsewhere it stands for nothing.
fn storable(text: String) -> String {
    if text.contains('\0') {
        text.replace('\0', "\u{fffd}")
    } else {
        text
    }
}
