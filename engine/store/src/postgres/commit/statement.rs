//! The one statement of a commit while it is being written, and columns as lists.

use crate::sql::{Dialect, Sql, Value};

/// Parts, then checks.
pub(super) struct Statement {
    sql: Sql,
    parts: usize,
    checks: Vec<Check>,
    call: Option<(&'static str, String)>,
}

/// What must hold, else the statement fails.
enum Check {
    /// A part must have touched so many rows.
    Rows {
        part: &'static str,
        column: &'static str,
        number: i64,
    },
    /// A query that must find nothing, in pieces of text with values between.
    Nothing {
        what: &'static str,
        pieces: Vec<(&'static str, Option<Value>)>,
    },
}

impl Default for Statement {
    fn default() -> Statement {
        Statement {
            sql: Sql::new(Dialect::Postgres, ""),
            parts: 0,
            checks: Vec::new(),
            call: None,
        }
    }
}

impl Statement {
    /// Adds a part.
    pub(super) fn part(&mut self, name: &str, write: impl FnOnce(&mut Sql)) {
        self.sql.push(if self.parts == 0 { "with " } else { ", " });
        self.sql.push(name).push(" as (");
        write(&mut self.sql);
        self.sql.push(")");
        self.parts += 1;
    }

    /// Adds a part `head select * from unnest(lists) as new tail`, if there are rows. Gives their number.
    pub(super) fn insert(
        &mut self,
        name: &str,
        head: &str,
        lists: Vec<Value>,
        tail: &str,
    ) -> usize {
        self.over(name, &[head, " select * from "], lists, &[" as new ", tail])
    }

    /// Adds a part `before unnest(lists) after`, if there are rows. Gives their number.
    pub(super) fn over(
        &mut self,
        name: &str,
        before: &[&str],
        lists: Vec<Value>,
        after: &[&str],
    ) -> usize {
        let rows = lists.first().map_or(0, length);
        if rows > 0 {
            self.part(name, |sql| {
                sql.push(&before.concat());
                unnest(sql, lists);
                sql.push(&after.concat());
            });
        }
        rows
    }

    /// The part must have returned so many rows in which the column is not null.
    pub(super) fn must_return(&mut self, part: &'static str, column: &'static str, number: usize) {
        let number = i64::try_from(number).unwrap_or(i64::MAX);
        self.checks.push(Check::Rows {
            part,
            column,
            number,
        });
    }

    /// The query must find nothing.
    pub(super) fn must_not_find(
        &mut self,
        what: &'static str,
        pieces: Vec<(&'static str, Option<Value>)>,
    ) {
        self.checks.push(Check::Nothing { what, pieces });
    }

    /// Tells those who listen.
    pub(super) fn call(&mut self, channel: &'static str, text: &str) {
        self.call = Some((channel, text.to_owned()));
    }

    /// The whole text.
    pub(super) fn finish(self) -> Sql {
        let mut sql = self.sql;
        sql.push(" select 1");
        for check in self.checks {
            match check {
                Check::Rows {
                    part,
                    column,
                    number,
                } => {
                    sql.push(&format!(
                        ", case when (select count({column}) from {part}) <> "
                    ));
                    sql.bind(number)
                        .push(&format!(" then conflict('{part}') end"));
                }
                Check::Nothing { what, pieces } => {
                    sql.push(", case when exists (");
                    for (text, value) in pieces {
                        sql.push(text);
                        if let Some(value) = value {
                            sql.bind(value);
                        }
                    }
                    sql.push(&format!(") then conflict('{what}') end"));
                }
            }
        }
        if let Some((channel, text)) = self.call {
            sql.push(&format!(", pg_notify('{channel}', ")).bind(text);
            sql.push(")");
        }
        sql
    }
}

/// Adds `unnest($1, $2, ...)`.
fn unnest(sql: &mut Sql, lists: Vec<Value>) {
    sql.push("unnest(");
    for (index, list) in lists.into_iter().enumerate() {
        sql.push(if index == 0 { "" } else { ", " }).bind(list);
    }
    sql.push(")");
}

fn length(list: &Value) -> usize {
    match list {
        Value::Integers(list) => list.len(),
        Value::MaybeIntegers(list) => list.len(),
        Value::Texts(list) => list.len(),
        Value::MaybeTexts(list) => list.len(),
        Value::Bytes(list) => list.len(),
        Value::Bools(list) => list.len(),
        Value::Integer(_) | Value::Text(_) | Value::Bool(_) => 1,
    }
}

/// A column of numbers.
pub(super) fn integers<R>(rows: &[R], of: impl Fn(&R) -> i64) -> Value {
    Value::Integers(rows.iter().map(of).collect())
}

/// A column of numbers that may be absent.
pub(super) fn maybe_integers<R>(rows: &[R], of: impl Fn(&R) -> Option<i64>) -> Value {
    Value::MaybeIntegers(rows.iter().map(of).collect())
}

/// A column of texts.
pub(super) fn texts<R, T: Into<String>>(rows: &[R], of: impl Fn(&R) -> T) -> Value {
    Value::Texts(rows.iter().map(|row| of(row).into()).collect())
}

/// A column of texts that may be absent.
pub(super) fn maybe_texts<R>(rows: &[R], of: impl Fn(&R) -> Option<String>) -> Value {
    Value::MaybeTexts(rows.iter().map(of).collect())
}

/// A column of yes and no.
pub(super) fn bools<R>(rows: &[R], of: impl Fn(&R) -> bool) -> Value {
    Value::Bools(rows.iter().map(of).collect())
}

/// A column of bytes.
pub(super) fn bytes<R>(rows: &[R], of: impl Fn(&R) -> Vec<u8>) -> Value {
    Value::Bytes(rows.iter().map(of).collect())
}
