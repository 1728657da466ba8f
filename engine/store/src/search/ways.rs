//! Chooses by which index a search is answered, and refuses what no index answers.

use std::fmt;

use super::queue::Queue;
use super::tables::{Table, Way};
use super::{Condition, EXAMINED_MAX, Operand, Ordered, Search, Test, condition};
use crate::error::{Error, Result};
use crate::{Sight, Store, sight};

/// Somebody who has or had to do with so many instances, or is offered tasks of them, has few cases: a page of them is found
/// by looking at all. Of more, a page is soon found among all instances.
const FEW_CASES_MAX: u32 = 10_000;

/// How a search is answered.
#[derive(Debug, Clone, Copy)]
pub struct Chosen {
    /// By which index. `None` where the table is walked in the order of its key and nothing is asked, or where each group has its own.
    pub(super) way: Option<&'static Way>,
    /// Whether each group is looked for by itself.
    pub(super) by_group: bool,
    /// Whether the queue of a candidate answers it by itself.
    pub(super) by_queue: bool,
    /// Whether what it finds has to be sorted. If not, it comes in the order that was asked for.
    pub(super) is_sorted: bool,
    /// How many rows it finds, where choosing has told: no more than [`EXAMINED_MAX`].
    pub(super) counted: Option<u64>,
}

impl Chosen {
    fn in_order(way: Option<&'static Way>) -> Chosen {
        Chosen {
            way,
            by_group: false,
            by_queue: false,
            is_sorted: false,
            counted: None,
        }
    }

    fn to_be_sorted(way: Option<&'static Way>) -> Chosen {
        Chosen {
            way,
            by_group: way.is_none(),
            by_queue: false,
            is_sorted: true,
            counted: None,
        }
    }

    /// By the cases of whoever asks.
    fn by_cases() -> Chosen {
        Chosen {
            way: None,
            by_group: false,
            by_queue: false,
            is_sorted: true,
            counted: None,
        }
    }

    fn by_queue(counted: Option<u64>) -> Chosen {
        Chosen {
            way: None,
            by_group: false,
            by_queue: true,
            is_sorted: true,
            counted,
        }
    }
}

/// Chooses how a search is answered.
///
/// # Errors
/// [`Error::Unsearchable`] where there is none, or where too many rows lie on each.
pub(super) async fn choose(
    store: &Store,
    table: &'static Table,
    search: &Search,
    order: &[Ordered],
) -> Result<Chosen> {
    for one in search.all.iter().chain(search.any.iter().flatten()) {
        table.column(one.column)?;
    }
    if let Some(chosen) = queued(store, table, search, order).await? {
        return Ok(chosen);
    }
    let ways = ways(table, &search.all);
    if !ways.iter().any(Taken::is_of_one) && has_few_cases(store, search).await? {
        return Ok(Chosen::by_cases());
    }
    if let Some(taken) = ways.iter().find(|taken| taken.answers(search, order)) {
        return Ok(Chosen::in_order(Some(taken.way)));
    }
    let is_walk = search.all.is_empty() && search.any.is_empty();
    let is_identity = |by: &Ordered| table.identity().any(|name| name == by.column.name);
    if is_walk && order.iter().all(is_identity) {
        return Ok(Chosen::in_order(None));
    }
    if let Some((taken, rows)) = short(store, table, &ways).await? {
        let is_whole = taken.is_whole(search) && search.sight.is_none();
        return Ok(Chosen {
            counted: rows.filter(|_| is_whole),
            ..Chosen::to_be_sorted(Some(taken.way))
        });
    }
    // Each group may have a way of its own.
    let mut are_short = !search.any.is_empty();
    for group in &search.any {
        let all: Vec<Condition> = search.all.iter().chain(group).cloned().collect();
        let ways = self::ways(table, &all);
        are_short &= short(store, table, &ways).await?.is_some();
    }
    if are_short {
        return Ok(Chosen::to_be_sorted(None));
    }
    Err(Error::Unsearchable(Box::new(Refusal::of(table, &ways))))
}

/// Whether what is seen is so little that all of it can be looked at. Any other way would pass over what others see.
async fn has_few_cases(store: &Store, search: &Search) -> Result<bool> {
    let sight = search.sight.as_ref();
    let Some(viewer) = sight.and_then(Sight::only_cases_of) else {
        return Ok(false);
    };
    let mut sql = store.sql("");
    sight::counted(&mut sql, viewer, FEW_CASES_MAX + 1);
    Ok(store.count("tasks", sql).await? <= u64::from(FEW_CASES_MAX))
}

/// By the queue of a candidate, where it has all that is asked for: in its own order however long it is, in another where it is short.
async fn queued(
    store: &Store,
    table: &'static Table,
    search: &Search,
    order: &[Ordered],
) -> Result<Option<Chosen>> {
    let (Some(queue), Some(is_own_order)) = (Queue::of(table, search), Queue::has_order(order))
    else {
        return Ok(None);
    };
    if is_own_order {
        return Ok(Some(Chosen::by_queue(None)));
    }
    let mut sql = store.sql("");
    queue.counted(&mut sql, EXAMINED_MAX + 1);
    let rows = store.count(table.name, sql).await?;
    let is_short = rows <= u64::from(EXAMINED_MAX);
    Ok(is_short.then(|| Chosen::by_queue(Some(rows))))
}

fn ways<'a>(table: &'static Table, all: &'a [Condition]) -> Vec<Taken<'a>> {
    let ways = table.ways.iter();
    ways.filter_map(|way| Taken::of(table, way, all)).collect()
}

/// The first of these ways on which few rows lie, and how many, where they had to be counted.
async fn short<'t, 'a>(
    store: &Store,
    table: &Table,
    ways: &'t [Taken<'a>],
) -> Result<Option<(&'t Taken<'a>, Option<u64>)>> {
    if let Some(taken) = ways.iter().find(|taken| taken.is_of_one_instance()) {
        return Ok(Some((taken, None)));
    }
    for taken in ways {
        let rows = taken.rows(store, table).await?;
        if rows <= u64::from(EXAMINED_MAX) {
            return Ok(Some((taken, Some(rows))));
        }
    }
    Ok(None)
}

/// Why a search is refused, and what would help.
#[derive(Debug, Clone, PartialEq)]
pub struct Refusal {
    /// What was searched.
    pub table: &'static str,
    /// The columns by which too many rows would have to be looked at.
    pub crowded: Vec<&'static str>,
    /// The columns that have an index, each with the column and word that it needs beside it.
    pub others: Vec<(&'static str, Option<(&'static str, &'static str)>)>,
}

impl Refusal {
    fn of(table: &'static Table, ways: &[Taken<'_>]) -> Refusal {
        let mut crowded: Vec<&str> = ways.iter().map(|taken| taken.way.columns[0]).collect();
        crowded.dedup();
        let mut others: Vec<(&str, Option<(&str, &str)>)> = Vec::new();
        for way in table.ways {
            let column = way.columns[0];
            if crowded.contains(&column) {
                continue;
            }
            match others.iter_mut().find(|(known, _)| *known == column) {
                // One that needs nothing beside it is worth more.
                Some((_, when)) => *when = when.and(way.when),
                None => others.push((column, way.when)),
            }
        }
        Refusal {
            table: table.name,
            crowded,
            others,
        }
    }

    /// The refusal as a sentence, in other words for tables, columns and their words.
    pub fn told(
        &self,
        table: &str,
        name: impl Fn(&str) -> String,
        word: impl Fn(&str, &str) -> String,
    ) -> String {
        let crowded: Vec<String> = self.crowded.iter().map(|column| name(column)).collect();
        let others = self.others.iter().map(|(column, when)| match when {
            Some((beside, needed)) if beside != column => {
                format!(
                    "{} with {} {}",
                    name(column),
                    name(beside),
                    word(beside, needed)
                )
            }
            Some(_) | None => name(column),
        });
        let others = others.collect::<Vec<_>>().join(", ");
        if crowded.is_empty() {
            format!("{table} have no index for this search; name one of: {others}")
        } else {
            let crowded = crowded.join(", ");
            format!(
                "{table}: more than {EXAMINED_MAX} would have to be looked at by {crowded}; name one of these as well: {others}"
            )
        }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        to.write_str(&self.told(self.table, str::to_owned, |_, word| word.to_owned()))
    }
}

/// A way that a search can take, and how much of the search it answers.
struct Taken<'a> {
    way: &'static Way,
    /// The column that no two rows share, where there is one.
    key: Option<&'static str>,
    /// The conditions that the index narrows by.
    used: Vec<&'a Condition>,
    /// How many columns of the index have one value.
    fixed: usize,
}

impl<'a> Taken<'a> {
    fn of(table: &Table, way: &'static Way, all: &'a [Condition]) -> Option<Taken<'a>> {
        // What a word means that is within another is not all that stands at one place of the index.
        let is_one = |one: &&Condition| {
            let column = table.column(one.column);
            let only = one.test.only().map(Operand::text);
            only.is_some_and(|only| column.is_ok_and(|column| !column.is_within_another(&only)))
        };
        let mut used = Vec::new();
        let mut is_narrowed = way.walked;
        if let Some((column, word)) = way.when {
            let says_so = |one: &&Condition| {
                one.column == column && one.test.only().is_some_and(|value| value.text() == word)
            };
            used.push(all.iter().find(says_so)?);
        }
        let mut fixed = 0;
        for column in way.columns {
            let of_column = || all.iter().filter(|one| one.column == *column);
            if let Some(one) = of_column().find(is_one) {
                used.push(one);
                is_narrowed = true;
                fixed += 1;
                continue;
            }
            let before = used.len();
            used.extend(of_column().filter(|one| matches!(one.test, Test::In(_) | Test::Is(..))));
            is_narrowed |= used.len() > before;
            break;
        }
        is_narrowed.then_some(Taken {
            way,
            key: Some(table.key).filter(|_| table.ties.is_empty()),
            used,
            fixed,
        })
    }

    /// Whether the index gives what is asked for, in the order that is asked for, and nothing else.
    fn answers(&self, search: &Search, order: &[Ordered]) -> bool {
        let one_way = order
            .windows(2)
            .all(|two| two[0].descending == two[1].descending);
        let rest = &self.way.columns[self.fixed.min(self.way.columns.len())..];
        let in_order = self.is_of_one_key()
            || order
                .iter()
                .map(|by| by.column.name)
                .eq(rest.iter().copied());
        self.is_whole(search) && one_way && in_order
    }

    /// Whether it is one row, or all of it belongs to one instance.
    fn is_of_one(&self) -> bool {
        self.is_of_one_key() || self.is_of_one_instance()
    }

    fn is_of_one_key(&self) -> bool {
        Some(self.way.columns[0]) == self.key && self.fixed > 0
    }

    /// Whether all of it belongs to one instance, which has few of everything.
    fn is_of_one_instance(&self) -> bool {
        self.way.columns[0] == "instance" && self.fixed > 0
    }

    /// Whether the index gives what is asked for, and nothing else.
    fn is_whole(&self, search: &Search) -> bool {
        search.any.is_empty() && search.all.len() == self.used.len()
    }

    /// How many rows lie on the way; no more than one too many are counted.
    async fn rows(&self, store: &Store, table: &Table) -> Result<u64> {
        let mut sql = store.sql("select count(*) from (select 1 from ");
        let from = if self.way.implied.is_none() {
            table.counted_from(self.used.iter().copied())?
        } else {
            table.from
        };
        sql.either(self.way.hint.unwrap_or(from), from)
            .push(" where true");
        if let Some(implied) = self.way.implied {
            sql.push(" and ").push(implied);
        }
        for one in &self.used {
            sql.push(" and ");
            condition::one(&mut sql, table, one, self.way.when.is_some())?;
        }
        sql.push(" limit ")
            .bind(EXAMINED_MAX + 1)
            .push(") as examined");
        store.count(table.name, sql).await
    }
}
