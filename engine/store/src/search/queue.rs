//! The open tasks of one candidate: what is asked for lies in its queue, so a page is cut out of the queue, and only the tasks of the page
//! are read. A queue holds open tasks alone, those that are claimed apart from the others, each part in the order in which they are due.

use super::tables::{Column, Holds, Table, column, number};
use super::{Ordered, Part, Search, condition};
use crate::columns::NEVER;
use crate::error::Result;
use crate::sql::Sql;

/// The columns of a queue that are columns of its tasks.
const DUE: &Column = &column(
    "due",
    "due",
    Holds::Number {
        absent: Some(NEVER),
    },
);
const TASK: &Column = &number("key", "task");

/// The queue of a candidate.
pub(super) struct Queue {
    /// `group` or `user`.
    kind: &'static str,
    candidate: String,
}

impl Queue {
    /// The queue that has everything that is asked for, and nothing else.
    pub(super) fn of(table: &'static Table, search: &Search) -> Option<Queue> {
        let [one, other] = search.all.as_slice() else {
            return None;
        };
        if !search.any.is_empty() || search.sight.is_some() {
            return None;
        }
        let candidate = match (
            condition::asks_for_open(one),
            condition::asks_for_open(other),
        ) {
            (true, false) => other,
            (false, true) => one,
            (_, _) => return None,
        };
        let Holds::List { queue } = table.column(candidate.column).ok()?.holds else {
            return None;
        };
        Some(Queue {
            kind: queue,
            candidate: candidate.test.only()?.text(),
        })
    }

    /// Whether its rows lie in this order; `None` where they do not know it.
    pub(super) fn has_order(order: &[Ordered]) -> Option<bool> {
        let names = order.iter().map(|by| by.column.name);
        let is_due = names.clone().eq(["due", "key"]);
        let one_way = order.iter().all(|by| by.descending == order[0].descending);
        (one_way && (is_due || names.eq(["key"]))).then_some(is_due)
    }

    /// How many rows it has; no more than the limit are counted.
    pub(super) fn counted(&self, sql: &mut Sql, limit: u32) {
        sql.push("select count(*) from (select 1 from task_candidates where ");
        self.named(sql);
        sql.push(" limit ").bind(limit).push(") as counted");
    }

    /// The condition that a task is on the page.
    pub(super) fn page(
        &self,
        sql: &mut Sql,
        table: &'static Table,
        search: &Search,
        order: &[Ordered],
        limit: u32,
    ) -> Result<()> {
        let own = |by: &Ordered| Ordered {
            column: if by.column.name == "due" { DUE } else { TASK },
            descending: by.descending,
        };
        let order: Vec<Ordered> = order.iter().map(own).collect();
        let offset = match search.part {
            Part::From(offset) => offset,
            Part::After(_) | Part::Before(_) => 0,
        };
        sql.push(table.column(table.key)?.sql);
        let mut separator = " in (";
        for claimed in [false, true] {
            sql.push(separator)
                .push("select task from (select task from task_candidates where ");
            self.named(sql);
            sql.push(" and assigned = ").bind(claimed);
            let backwards = condition::part(sql, &order, &search.part);
            condition::order(sql, &order, backwards, false);
            sql.push(" limit ").bind(limit.saturating_add(offset));
            sql.push(") as part");
            separator = " union all ";
        }
        sql.push(")");
        Ok(())
    }

    fn named(&self, sql: &mut Sql) {
        sql.push("kind = ").bind(self.kind);
        sql.push(" and candidate = ").bind(self.candidate.as_str());
    }
}
