//! Searches of programs: any column, with operators, in any order, and never by reading a whole table.
//!
//! A search takes one of the [`ways`] into its table: an index that its conditions narrow, or whose order it asks for. What the index does
//! not answer is looked at row by row, which is allowed for [`EXAMINED_MAX`] rows; a search that would need more is refused, and told what
//! to name as well. `searched.rs` and its neighbours have what can be searched; a new column is a line there.

mod condition;
mod dead_letters;
mod deadlines;
mod queue;
mod searched;
mod tables;
mod test;
mod ways;

pub use tables::Searched;
pub use test::{Operand, Test};
pub use ways::{Chosen, Refusal};

use crate::columns::{Columns, Row};
use crate::error::{Error, Result};
use crate::sql::Sql;
use crate::{COUNT_MAX, MAX_LIMIT, Sight, Store};
use queue::Queue;
use tables::{Column, Holds, Table};

/// How many rows a search may look at one by one.
pub const EXAMINED_MAX: u32 = 100_000;

/// What a column must be.
#[derive(Debug, Clone, PartialEq)]
pub struct Condition {
    /// The name of the column, as `searched.rs` has it.
    pub column: &'static str,
    /// How it must be.
    pub test: Test,
}

/// A column by which rows are ordered. Rows without a value come last, in either direction; tasks without a due date are due after all others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct By {
    /// The name of the column.
    pub column: &'static str,
    /// The largest first.
    pub descending: bool,
}

/// Where a row stands in an order: its values, and at the end its key.
pub type Place = Vec<Option<Operand>>;

/// Which part of what is found.
#[derive(Debug, Clone, PartialEq)]
pub enum Part {
    /// After so many rows.
    From(u32),
    /// What follows this place.
    After(Place),
    /// What comes before this place, the nearest to it.
    Before(Place),
}

/// What is looked for in a table.
#[derive(Debug, Clone, PartialEq)]
pub struct Search {
    /// All of these hold.
    pub all: Vec<Condition>,
    /// Of one of these groups, all hold; without groups, nothing is asked.
    pub any: Vec<Vec<Condition>>,
    /// What whoever asks may see; everything where absent. Rows that it hides are passed over, however many they are.
    pub sight: Option<Sight>,
    /// In which order. What is equal in it is ordered by key, in the direction of the last column.
    pub order: Vec<By>,
    /// Which part.
    pub part: Part,
    /// At most so many; [`MAX_LIMIT`] at most.
    pub limit: u32,
}

/// A page of what was found.
#[derive(Debug, Clone)]
pub struct Found<T> {
    /// The rows in order.
    pub rows: Vec<T>,
    /// Where each of them stands.
    pub places: Vec<Place>,
    /// How it was found; counting goes the same way.
    pub chosen: Chosen,
}

impl Store {
    /// A page of the rows that a search finds.
    ///
    /// # Errors
    /// [`Error::Unsearchable`] where no index helps.
    pub async fn search<T: Searched>(&self, search: &Search) -> Result<Found<T>> {
        let table = T::TABLE;
        let order = order(table, search)?;
        let chosen = ways::choose(self, table, search, &order).await?;
        let mut sql = self.sql("");
        written(&mut sql, table, search, &order, &chosen)?;
        let mut rows = self.rows(sql).await?;
        if matches!(search.part, Part::Before(_)) {
            rows.reverse();
        }
        let places = rows.iter().map(|row| place(table, &order, row));
        let places = places.collect::<Result<_>>()?;
        let rows = rows.iter().map(T::read).collect::<Result<_>>()?;
        Ok(Found {
            rows,
            places,
            chosen,
        })
    }

    /// How the database would carry a search out, step by step, in its own words.
    ///
    /// # Errors
    /// As [`Store::search`].
    pub async fn plan<T: Searched>(&self, search: &Search) -> Result<Vec<String>> {
        let table = T::TABLE;
        let order = order(table, search)?;
        let chosen = ways::choose(self, table, search, &order).await?;
        let mut sql = self.sql("explain ");
        sql.either("query plan ", "");
        written(&mut sql, table, search, &order, &chosen)?;
        let mut steps = Vec::new();
        for row in self.rows(sql).await? {
            let mut columns = Columns::of(table.name, &row);
            // SQLite tells the numbers of the step and of the one above it first.
            columns.skip(if self.is_shared() { 0 } else { 3 });
            steps.push(columns.get()?);
        }
        Ok(steps)
    }

    /// How many rows a search finds, whatever its part and limit, found in the way that was `chosen` for a page of it; [`COUNT_MAX`] and one where
    /// there are more.
    pub async fn search_count<T: Searched>(&self, search: &Search, chosen: Chosen) -> Result<u64> {
        if let Some(counted) = chosen.counted {
            return Ok(counted.min(u64::from(COUNT_MAX) + 1));
        }
        let table = T::TABLE;
        let limit = COUNT_MAX + 1;
        if let Some(queue) = Queue::of(table, search).filter(|_| chosen.by_queue) {
            let mut sql = self.sql("");
            queue.counted(&mut sql, limit);
            return self.count(table.name, sql).await;
        }
        let mut sql = self.sql("select count(*) from (select 1");
        condition::write(&mut sql, table, search, &chosen, true)?;
        sql.push(" limit ").bind(limit).push(") as counted");
        self.count(table.name, sql).await
    }
}

/// The query for a page.
fn written(
    sql: &mut Sql,
    table: &'static Table,
    search: &Search,
    order: &[Ordered],
    chosen: &Chosen,
) -> Result<()> {
    sql.push("select ").push(&table.selected());
    for by in order {
        sql.push(", ").push(by.column.sql);
    }
    condition::write(sql, table, search, chosen, false)?;
    let limit = search.limit.min(MAX_LIMIT);
    if let Some(queue) = Queue::of(table, search).filter(|_| chosen.by_queue) {
        sql.push(" and ");
        queue.page(sql, table, search, order, limit)?;
    }
    let backwards = condition::part(sql, order, &search.part);
    condition::order(sql, order, backwards, chosen.is_sorted);
    sql.push(" limit ").bind(limit);
    if let Part::From(offset) = search.part {
        sql.push(" offset ").bind(offset);
    }
    Ok(())
}

/// A column of the order, found in its table.
struct Ordered {
    column: &'static Column,
    descending: bool,
}

impl Ordered {
    /// What stands in the column where there is no value.
    fn absent(&self) -> Option<Operand> {
        match self.column.holds {
            Holds::Number { absent } => absent.map(Operand::Number),
            Holds::Text | Holds::Words(_) | Holds::List { .. } => None,
        }
    }
}

fn order(table: &'static Table, search: &Search) -> Result<Vec<Ordered>> {
    let mut order = Vec::new();
    for by in &search.order {
        let column = table.column(by.column)?;
        if matches!(column.holds, Holds::List { .. }) {
            let (table, column) = (table.name, format!("order by {}", by.column));
            return Err(Error::NoSuchColumn { table, column });
        }
        let descending = by.descending;
        order.push(Ordered { column, descending });
    }
    for name in table.identity() {
        if order.iter().any(|by| by.column.name == name) {
            continue;
        }
        let descending = order.last().is_some_and(|last| last.descending);
        let column = table.column(name)?;
        order.push(Ordered { column, descending });
    }
    Ok(order)
}

fn place(table: &Table, order: &[Ordered], row: &Row) -> Result<Place> {
    let mut columns = Columns::of(table.name, row);
    columns.skip(table.width());
    let values = order.iter().map(|by| match by.column.holds {
        Holds::Number { absent } => Ok(columns
            .get::<Option<i64>>()?
            .filter(|number| Some(*number) != absent)
            .map(Operand::Number)),
        Holds::Text | Holds::Words(_) | Holds::List { .. } => {
            Ok(columns.get::<Option<String>>()?.map(Operand::Text))
        }
    });
    values.collect()
}
