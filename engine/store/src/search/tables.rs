//! The words in which is said what can be searched: tables, their columns, and the ways into them.

use super::Condition;
use crate::columns::Row;
use crate::error::{Error, Result};
use crate::sight;
use crate::sql::prefixed;

/// Rows that can be searched.
pub trait Searched: Sized {
    /// Where they are.
    #[doc(hidden)]
    const TABLE: &'static Table;
    /// Reads one.
    #[doc(hidden)]
    fn read(row: &Row) -> Result<Self>;
}

/// A table, or several that are joined.
#[derive(Debug)]
pub struct Table {
    /// The word for messages.
    pub(super) name: &'static str,
    /// What is read; `alias` stands before each column, where it is not there already.
    pub(super) select: &'static str,
    pub(super) alias: Option<&'static str>,
    pub(super) from: &'static str,
    /// The table without what it is joined with, for counts that need nothing of the others.
    pub(super) alone: &'static str,
    /// By which of its columns is decided what somebody sees.
    pub(super) seen: &'static sight::Columns,
    /// The column that no two rows share, or only those that `ties` tell apart.
    pub(super) key: &'static str,
    /// Further columns of its primary key.
    pub(super) ties: &'static [&'static str],
    pub(super) columns: &'static [Column],
    pub(super) ways: &'static [Way],
}

/// A column that can be asked for.
#[derive(Debug)]
pub(super) struct Column {
    pub(super) name: &'static str,
    pub(super) sql: &'static str,
    pub(super) holds: Holds,
    /// Whether there may be no value.
    pub(super) nullable: bool,
    /// What parts the rows, where each part has an index of its own.
    pub(super) parts: &'static [&'static str],
}

/// What a column holds.
#[derive(Debug)]
pub(super) enum Holds {
    /// Numbers, keys, times and flags. `absent` is the number that stands for none.
    Number {
        absent: Option<i64>,
    },
    Text,
    /// One of these words, each with the condition that says so: indexes of some rows serve only a query that has it.
    Words(&'static [(&'static str, &'static str)]),
    /// Several texts, as JSON. Open tasks are in the queues of this kind as well.
    List {
        queue: &'static str,
    },
}

/// A way into a table, by an index.
#[derive(Debug)]
pub(super) struct Way {
    /// The columns of the index, in their order.
    pub(super) columns: &'static [&'static str],
    /// Of which rows the index is, where it is not of all: a column and its word.
    pub(super) when: Option<(&'static str, &'static str)>,
    /// Whether the index has all rows that it is of, so that it can be walked in its order.
    pub(super) walked: bool,
    /// What SQLite is told, where it would rather go through all rows in the order of their keys.
    pub(super) hint: Option<&'static str>,
    /// What is so for all of these rows, and helps to find them.
    pub(super) implied: Option<&'static str>,
}

/// What waits belongs to an instance that runs.
const RUNS: &str = "i.status = 'active'";

pub(super) const fn column(name: &'static str, sql: &'static str, holds: Holds) -> Column {
    Column {
        name,
        sql,
        holds,
        nullable: false,
        parts: &[],
    }
}

pub(super) const fn maybe(mut column: Column) -> Column {
    column.nullable = true;
    column
}

pub(super) const fn in_parts(mut column: Column, parts: &'static [&'static str]) -> Column {
    column.parts = parts;
    column
}

pub(super) const fn number(name: &'static str, sql: &'static str) -> Column {
    column(name, sql, Holds::Number { absent: None })
}

pub(super) const fn text(name: &'static str, sql: &'static str) -> Column {
    column(name, sql, Holds::Text)
}

pub(super) const fn words(
    name: &'static str,
    sql: &'static str,
    words: &'static [(&'static str, &'static str)],
) -> Column {
    column(name, sql, Holds::Words(words))
}

pub(super) const fn by(columns: &'static [&'static str]) -> Way {
    Way {
        columns,
        when: None,
        walked: false,
        hint: None,
        implied: None,
    }
}

pub(super) const fn walk(
    columns: &'static [&'static str],
    column: &'static str,
    word: &'static str,
) -> Way {
    let mut way = by_when(columns, column, word);
    way.walked = true;
    way
}

pub(super) const fn walk_all(columns: &'static [&'static str]) -> Way {
    let mut way = by(columns);
    way.walked = true;
    way
}

pub(super) const fn hinted(mut way: Way, from: &'static str) -> Way {
    way.hint = Some(from);
    way
}

pub(super) const fn of_running(mut way: Way) -> Way {
    way.implied = Some(RUNS);
    way
}

pub(super) const fn by_when(
    columns: &'static [&'static str],
    column: &'static str,
    word: &'static str,
) -> Way {
    Way {
        columns,
        when: Some((column, word)),
        walked: false,
        hint: None,
        implied: None,
    }
}

impl Column {
    /// Whether it is a column of the process instance that a row is joined with.
    fn is_joined(&self) -> bool {
        let of_instance = |sql: &str| sql.contains("i.");
        match self.holds {
            Holds::Words(words) => words.iter().any(|(_, sql)| of_instance(sql)),
            Holds::Number { .. } | Holds::Text | Holds::List { .. } => of_instance(self.sql),
        }
    }

    /// Whether a word means only some of the rows that another word means, which says so first.
    pub(super) fn is_within_another(&self, word: &str) -> bool {
        let Holds::Words(words) = &self.holds else {
            return false;
        };
        let said = words.iter().find(|(known, _)| *known == word);
        said.is_some_and(|(_, said)| {
            let mut others = words.iter().map(|(_, other)| *other);
            others.any(|other| {
                let more = said.strip_prefix(other);
                more.is_some_and(|more| more.starts_with(" and "))
            })
        })
    }
}

impl Table {
    pub(super) fn column(&self, name: &str) -> Result<&'static Column> {
        let column = self.columns.iter().find(|column| column.name == name);
        column.ok_or_else(|| Error::NoSuchColumn {
            table: self.name,
            column: name.to_owned(),
        })
    }

    /// What is read, as a query says it.
    pub(super) fn selected(&self) -> String {
        match self.alias {
            Some(alias) => prefixed(alias, self.select),
            None => self.select.to_owned(),
        }
    }

    /// From what rows are counted that these conditions choose: a join costs as much as the rows themselves.
    pub(super) fn counted_from<'c>(
        &self,
        mut conditions: impl Iterator<Item = &'c Condition>,
    ) -> Result<&'static str> {
        let is_own = |one: &Condition| Ok::<_, Error>(!self.column(one.column)?.is_joined());
        let all = conditions.try_fold(true, |all, one| Ok::<_, Error>(all && is_own(one)?))?;
        Ok(if all { self.alone } else { self.from })
    }

    /// The columns that tell its rows apart.
    pub(super) fn identity(&self) -> impl Iterator<Item = &'static str> {
        [self.key].into_iter().chain(self.ties.iter().copied())
    }

    /// How many columns are read.
    pub(super) fn width(&self) -> usize {
        self.select.split(',').count()
    }
}
