//! The SQL of a search: its conditions, its part, its order.

use std::cmp::Ordering;

use super::tables::{Column, Holds, Table};
use super::ways::Chosen;
use super::{Condition, Operand, Ordered, Part, Search, Test};
use crate::error::Result;
use crate::sight;
use crate::sql::{Sql, Value};

/// The tables of a search, and all its conditions. Who only counts may go without what they are joined with.
pub(super) fn write(
    sql: &mut Sql,
    table: &Table,
    search: &Search,
    chosen: &Chosen,
    is_count: bool,
) -> Result<()> {
    let implied = chosen.way.and_then(|way| way.implied);
    let from = if is_count && implied.is_none() && search.sight.is_none() {
        table.counted_from(search.all.iter().chain(search.any.iter().flatten()))?
    } else {
        table.from
    };
    let hint = chosen.way.and_then(|way| way.hint);
    sql.push(" from ")
        .either(hint.unwrap_or(from), from)
        .push(" where true");
    if let Some(implied) = implied {
        sql.push(" and ").push(implied);
    }
    if let Some(sight) = &search.sight {
        sight::seen(sql, sight, table.seen);
    }
    if chosen.by_group {
        let mut identity = Vec::new();
        for name in table.identity() {
            identity.push(table.column(name)?.sql);
        }
        let identity = identity.join(", ");
        let mut separator = ") in (";
        sql.push(" and (").push(&identity);
        for group in &search.any {
            sql.push(separator).push("select ").push(&identity);
            sql.push(" from ").push(table.from).push(" where true");
            let open = is_open(&search.all) || is_open(group);
            all(sql, table, search.all.iter().chain(group), open)?;
            separator = " union all ";
        }
        sql.push(")");
        return Ok(());
    }
    if chosen.by_queue {
        // What is in the queue meets all conditions. Said here as well they would let PostgreSQL walk all open tasks instead,
        // where it believes that there are few.
        return Ok(());
    }
    let open = is_open(&search.all);
    all(sql, table, &search.all, open)?;
    let mut separator = " and (";
    for group in &search.any {
        sql.push(separator).push("(true");
        all(sql, table, group, open || is_open(group))?;
        sql.push(")");
        separator = " or ";
    }
    if !search.any.is_empty() {
        sql.push(")");
    }
    Ok(())
}

fn all<'c>(
    sql: &mut Sql,
    table: &Table,
    conditions: impl IntoIterator<Item = &'c Condition>,
    open: bool,
) -> Result<()> {
    for condition in conditions {
        sql.push(" and ");
        one(sql, table, condition, open)?;
    }
    Ok(())
}

/// Whether only open tasks are asked for: they alone are in queues.
fn is_open(conditions: &[Condition]) -> bool {
    conditions.iter().any(asks_for_open)
}

/// Whether it lets only open tasks pass.
pub(super) fn asks_for_open(one: &Condition) -> bool {
    one.column == "state" && one.test.only() == Some(&Operand::Text("open".into()))
}

/// One condition.
pub(super) fn one(sql: &mut Sql, table: &Table, condition: &Condition, open: bool) -> Result<()> {
    let column = table.column(condition.column)?;
    match (&column.holds, &condition.test) {
        (Holds::Words(words), Test::NotIn(values))
            if words.iter().any(|(word, _)| column.is_within_another(word)) =>
        {
            sql.push("not (");
            said(sql, words, &Test::In(values.clone()));
            sql.push(")");
        }
        (Holds::Words(words), test) => said(sql, words, test),
        (Holds::List { queue }, Test::In(values)) if open => {
            sql.push(table.column(table.key)?.sql)
                .push(" in (select task from task_candidates where kind = '")
                .push(queue)
                .push("' and ");
            list(sql, "candidate", values);
            sql.push(")");
        }
        (Holds::List { .. }, test) => among(sql, column, test),
        (Holds::Number { absent }, test) => plain(sql, column.sql, test, *absent),
        (Holds::Text, test) if column.parts.is_empty() || open || !matches!(test, Test::In(_)) => {
            plain(sql, column.sql, test, None);
        }
        (Holds::Text, test) => {
            let mut separator = "((";
            for part in column.parts {
                sql.push(separator).push(part).push(" and ");
                plain(sql, column.sql, test, None);
                separator = ") or (";
            }
            sql.push("))");
        }
    }
    Ok(())
}

/// A column of known words: those that pass, each by its own condition.
fn said(sql: &mut Sql, words: &[(&'static str, &'static str)], test: &Test) {
    let passing: Vec<&str> = words
        .iter()
        .filter(|(word, _)| test.fits(Some(&Operand::Text((*word).into()))))
        .map(|(_, condition)| *condition)
        .collect();
    match passing.as_slice() {
        [] => sql.push("false"),
        // As it stands: an index of some rows is not recognised behind an "or".
        [condition] => sql.push(condition),
        conditions => sql.push("(").push(&conditions.join(" or ")).push(")"),
    };
}

/// A list of texts, kept as JSON: one of its elements passes; of those that must not be, none is there.
fn among(sql: &mut Sql, column: &Column, test: &Test) {
    let (some, inner) = match test {
        Test::NotIn(values) => (false, Some(Test::In(values.clone()))),
        Test::Exists(some) => (*some, None),
        Test::In(_) | Test::Like(_) | Test::Is(..) => (true, Some(test.clone())),
    };
    sql.push(if some { "exists" } else { "not exists" })
        .push(" (select 1 from ")
        .either("json_each(", "json_array_elements_text(")
        .push(column.sql)
        .either(")", "::json) as each (value)");
    if let Some(inner) = inner {
        sql.push(" where ");
        plain(sql, "value", &inner, None);
    }
    sql.push(")");
}

fn plain(sql: &mut Sql, column: &str, test: &Test, absent: Option<i64>) {
    match test {
        Test::In(values) => list(sql, column, values),
        Test::NotIn(values) => {
            sql.push("(").push(column).push(" is null or not ");
            list(sql, column, values);
            sql.push(")");
        }
        Test::Exists(wanted) => match absent {
            Some(absent) => {
                let sign = if *wanted { " <> " } else { " = " };
                sql.push(column).push(sign).bind(absent);
            }
            None => {
                let rule = if *wanted { " is not null" } else { " is null" };
                sql.push(column).push(rule);
            }
        },
        Test::Like(pattern) => {
            sql.push(column)
                .either(" glob ", " like ")
                .bind_either(pattern.glob(), pattern.like());
        }
        Test::Is(ways, limit) => {
            let has = |way| ways.contains(&way);
            let sign = match (has(Ordering::Less), has(Ordering::Greater)) {
                (true, _) if has(Ordering::Equal) => " <= ",
                (true, _) => " < ",
                (false, true) if has(Ordering::Equal) => " >= ",
                (false, true) => " > ",
                (false, false) => " = ",
            };
            sql.push(column).push(sign).bind(limit);
            if let Some(absent) = absent {
                sql.push(" and ").push(column).push(" < ").bind(absent);
            }
        }
    }
}

/// One of some values; a single one is compared as it is, so that an index goes on in its order.
fn list(sql: &mut Sql, column: &str, values: &[Operand]) {
    if values.is_empty() {
        // Not a list: a database would ask what an empty one is of.
        sql.push("false");
        return;
    }
    if let [value] = values {
        sql.push(column).push(" = ").bind(value);
        return;
    }
    let numbers: Option<Vec<i64>> = values.iter().map(Operand::number).collect();
    let list = match numbers {
        Some(numbers) => Value::Integers(numbers),
        None => Value::Texts(values.iter().map(Operand::text).collect()),
    };
    sql.one_of(column, list);
}

/// What follows a place, or comes before it; whether the query goes backwards.
pub(super) fn part(sql: &mut Sql, order: &[Ordered], part: &Part) -> bool {
    let (place, backwards) = match part {
        Part::From(_) => return false,
        Part::After(place) => (place, false),
        Part::Before(place) => (place, true),
    };
    if let Some(values) = compared_at_once(order, place) {
        let columns: Vec<&str> = order.iter().map(|by| by.column.sql).collect();
        let sign = if order[0].descending == backwards {
            " > "
        } else {
            " < "
        };
        sql.push(" and (")
            .push(&columns.join(", "))
            .push(")")
            .push(sign);
        let mut separator = "(";
        for value in &values {
            sql.push(separator).bind(value);
            separator = ", ";
        }
        sql.push(")");
        return backwards;
    }
    // Equal in the first columns, and further in the next one.
    sql.push(" and (false");
    for last in 0..order.len().min(place.len()) {
        sql.push(" or (");
        for (by, value) in order.iter().zip(place).take(last) {
            same(sql, by, value.as_ref());
            sql.push(" and ");
        }
        further(sql, &order[last], place[last].as_ref(), backwards);
        sql.push(")");
    }
    sql.push(")");
    backwards
}

/// The values of a place, where all columns have one and go one way: an index is then entered at the place, whatever lies before it.
fn compared_at_once(order: &[Ordered], place: &[Option<Operand>]) -> Option<Vec<Operand>> {
    let is_plain = |by: &Ordered| !by.column.nullable && by.descending == order[0].descending;
    if order.len() != place.len() || !order.iter().all(is_plain) {
        return None;
    }
    let values = order.iter().zip(place);
    values
        .map(|(by, value)| value.clone().or(by.absent()))
        .collect()
}

fn same(sql: &mut Sql, by: &Ordered, value: Option<&Operand>) {
    match value.cloned().or(by.absent()) {
        Some(value) => sql.push(by.column.sql).push(" = ").bind(&value),
        None => sql.push(by.column.sql).push(" is null"),
    };
}

fn further(sql: &mut Sql, by: &Ordered, value: Option<&Operand>, backwards: bool) {
    let column = by.column.sql;
    let sign = if by.descending == backwards {
        " > "
    } else {
        " < "
    };
    match (value.cloned().or(by.absent()), backwards) {
        (Some(value), _) if by.absent().is_some() => {
            sql.push(column).push(sign).bind(&value);
        }
        // Rows without a value come last.
        (Some(value), false) => {
            sql.push("(").push(column).push(sign).bind(&value);
            sql.push(" or ").push(column).push(" is null)");
        }
        (Some(value), true) => {
            sql.push(column).push(sign).bind(&value);
        }
        (None, false) => {
            sql.push("false");
        }
        (None, true) => {
            sql.push(column).push(" is not null");
        }
    }
}

/// The order, or the opposite one. What is sorted says so, lest the database walk another index for the sake of its order.
pub(super) fn order(sql: &mut Sql, order: &[Ordered], backwards: bool, is_sorted: bool) {
    let mut separator = " order by ";
    for by in order {
        sql.push(separator).push(by.column.sql);
        if is_sorted {
            sql.push(match by.column.holds {
                Holds::Number { .. } => " + 0",
                Holds::Text | Holds::Words(_) | Holds::List { .. } => " || ''",
            });
        }
        if by.descending != backwards {
            sql.push(" desc");
        }
        if by.column.nullable {
            sql.push(if backwards {
                " nulls first"
            } else {
                " nulls last"
            });
        }
        separator = ", ";
    }
}
