//! Builds the text of a query in the dialect of the database that was opened, with its values.
//!
//! One text serves both databases as far as it can. What differs is named here: placeholders, lists as values, and
//! tables of wanted rows.

/// Which SQL is spoken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Dialect {
    /// `?`, and lists as JSON texts.
    Sqlite,
    /// `$1`, and lists as arrays.
    Postgres,
}

/// A value of a statement. Lists are one value, so that the text does not depend on their length.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Value {
    /// A number.
    Integer(i64),
    /// A text.
    Text(String),
    /// Yes or no.
    Bool(bool),
    /// A list of numbers.
    Integers(Vec<i64>),
    /// A list of numbers with gaps.
    MaybeIntegers(Vec<Option<i64>>),
    /// A list of texts.
    Texts(Vec<String>),
    /// A list of texts with gaps.
    MaybeTexts(Vec<Option<String>>),
    /// A list of bytes.
    Bytes(Vec<Vec<u8>>),
    /// A list of yes and no.
    Bools(Vec<bool>),
}

/// A statement that is being written.
#[derive(Debug)]
pub(crate) struct Sql {
    dialect: Dialect,
    text: String,
    values: Vec<Value>,
}

impl Sql {
    pub(crate) fn new(dialect: Dialect, text: &str) -> Sql {
        Sql {
            dialect,
            text: text.to_owned(),
            values: Vec::new(),
        }
    }

    /// Adds text. Only our own words: values are bound.
    pub(crate) fn push(&mut self, text: &str) -> &mut Sql {
        self.text.push_str(text);
        self
    }

    /// Adds the text of the dialect that is spoken.
    pub(crate) fn either(&mut self, sqlite: &str, postgres: &str) -> &mut Sql {
        self.push(match self.dialect {
            Dialect::Sqlite => sqlite,
            Dialect::Postgres => postgres,
        })
    }

    /// Adds a value.
    pub(crate) fn bind(&mut self, value: impl Into<Value>) -> &mut Sql {
        self.values.push(value.into());
        match self.dialect {
            Dialect::Sqlite => self.text.push('?'),
            Dialect::Postgres => {
                self.text.push('$');
                self.text.push_str(&self.values.len().to_string());
            }
        }
        self
    }

    /// Adds the value of the dialect that is spoken.
    pub(crate) fn bind_either(&mut self, sqlite: String, postgres: String) -> &mut Sql {
        self.bind(Value::Text(match self.dialect {
            Dialect::Sqlite => sqlite,
            Dialect::Postgres => postgres,
        }))
    }

    /// Adds the condition that a column has one of several values.
    pub(crate) fn one_of(&mut self, column: &str, list: impl Into<Value>) -> &mut Sql {
        self.push(column);
        match self.dialect {
            Dialect::Sqlite => self
                .push(" in (select value from json_each(")
                .bind(list)
                .push("))"),
            Dialect::Postgres => self.push(" = any(").bind(list).push(")"),
        }
    }

    /// Adds a table `wanted` with the columns `names` (texts) and these rows.
    pub(crate) fn wanted<const N: usize>(
        &mut self,
        names: [&str; N],
        rows: impl IntoIterator<Item = [Option<String>; N]>,
    ) -> &mut Sql {
        match self.dialect {
            Dialect::Sqlite => {
                self.push("(select ");
                for (index, name) in names.iter().enumerate() {
                    let separator = if index == 0 { "" } else { ", " };
                    self.push(&format!("{separator}value ->> {index} as {name}"));
                }
                let rows: Vec<Vec<Option<String>>> = rows.into_iter().map(Vec::from).collect();
                self.push(" from json_each(")
                    .bind(Value::Text(json(&rows)))
                    .push(")) as wanted")
            }
            Dialect::Postgres => {
                let mut columns = vec![Vec::new(); N];
                for row in rows {
                    for (column, value) in columns.iter_mut().zip(row) {
                        column.push(value);
                    }
                }
                self.push("unnest(");
                for (index, column) in columns.into_iter().enumerate() {
                    self.push(if index == 0 { "" } else { ", " })
                        .bind(Value::MaybeTexts(column));
                }
                self.push(") as wanted (").push(&names.join(", ")).push(")")
            }
        }
    }

    pub(crate) fn into_parts(self) -> (String, Vec<Value>) {
        (self.text, self.values)
    }
}

impl From<i64> for Value {
    fn from(number: i64) -> Value {
        Value::Integer(number)
    }
}

impl From<u32> for Value {
    fn from(number: u32) -> Value {
        Value::Integer(i64::from(number))
    }
}

impl From<&crate::search::Operand> for Value {
    fn from(operand: &crate::search::Operand) -> Value {
        match operand {
            crate::search::Operand::Number(number) => Value::Integer(*number),
            crate::search::Operand::Text(text) => Value::Text(text.clone()),
        }
    }
}

impl From<bpmn::Key> for Value {
    fn from(key: bpmn::Key) -> Value {
        Value::Integer(i64::from(key))
    }
}

impl From<jiff::Timestamp> for Value {
    fn from(time: jiff::Timestamp) -> Value {
        Value::Integer(time.as_microsecond())
    }
}

impl From<&[bpmn::Key]> for Value {
    fn from(keys: &[bpmn::Key]) -> Value {
        Value::Integers(keys.iter().map(|key| i64::from(*key)).collect())
    }
}

impl From<bool> for Value {
    fn from(yes: bool) -> Value {
        Value::Bool(yes)
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Value {
        Value::Text(text.to_owned())
    }
}

impl From<String> for Value {
    fn from(text: String) -> Value {
        Value::Text(text)
    }
}

impl From<&[String]> for Value {
    fn from(texts: &[String]) -> Value {
        Value::Texts(texts.to_vec())
    }
}

/// Lists of numbers and texts as JSON.
pub(crate) fn json<T: serde::Serialize + ?Sized>(value: &T) -> String {
    serde_json::to_string(value).expect("lists of numbers and texts are JSON")
}

/// Columns, each with the name of its table before it.
pub(crate) fn prefixed(table: &str, columns: &str) -> String {
    let columns: Vec<String> = columns
        .split(',')
        .map(|column| format!("{table}.{}", column.trim()))
        .collect();
    columns.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(dialect: Dialect, expected: &str, values: &[Value]) {
        let mut sql = Sql::new(dialect, "select d.id from ");
        let rows = [[Some("people".to_owned()), Some("p-1".to_owned())]];
        sql.wanted(["collection", "id"], rows)
            .push(" join documents d on d.id = wanted.id where ")
            .one_of("d.revision", &[bpmn::Key(1), bpmn::Key(2)][..])
            .push(" limit ")
            .bind(5_i64);
        assert_eq!(sql.into_parts(), (expected.to_owned(), values.to_vec()));
    }

    #[test]
    fn lists_are_json_texts_on_sqlite() {
        check(
            Dialect::Sqlite,
            "select d.id from (select value ->> 0 as collection, value ->> 1 as id from json_each(?)) as wanted \
             join documents d on d.id = wanted.id where d.revision in (select value from json_each(?)) limit ?",
            &[
                Value::Text(r#"[["people","p-1"]]"#.into()),
                Value::Integers(vec![1, 2]),
                Value::Integer(5),
            ],
        );
    }

    #[test]
    fn lists_are_arrays_on_postgresql() {
        check(
            Dialect::Postgres,
            "select d.id from unnest($1, $2) as wanted (collection, id) \
             join documents d on d.id = wanted.id where d.revision = any($3) limit $4",
            &[
                Value::MaybeTexts(vec![Some("people".into())]),
                Value::MaybeTexts(vec![Some("p-1".into())]),
                Value::Integers(vec![1, 2]),
                Value::Integer(5),
            ],
        );
    }
}
