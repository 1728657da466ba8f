//! Reads tasks for inboxes.
//!
//! The queue of a group is one range of `task_candidates`, in the order of the page; a person's own tasks are one range
//! of an index. A page over several groups merges the first rows of each, so its cost follows the page, not the queue.

use sqlx::sqlite::SqliteRow;
use sqlx::{QueryBuilder, Sqlite};

use super::columns::{Columns, NEVER, due_column};
use super::open::Database;
use super::unit::keys_json;
use crate::error::Result;
use crate::{Key, MAX_LIMIT, Task, TaskOrder, TaskQuery, TaskState, words};

const COLUMNS: &str = "t.key, t.instance, t.element, t.element_instance, t.name, t.form, t.assignee, t.candidate_groups,
    t.candidate_users, t.due, t.follow_up, t.priority, t.state, t.created_at, t.closed_at, t.closed_by,
    i.process_id, i.definition, i.business_id";

impl Database {
    pub(crate) async fn task(&self, key: Key) -> Result<Option<Task>> {
        let mut sql = QueryBuilder::<Sqlite>::new("select ");
        sql.push(COLUMNS)
            .push(" from tasks t join process_instances i on i.key = t.instance where t.key = ");
        sql.push_bind(i64::from(key));
        let row = sql
            .build()
            .fetch_optional(&self.readers)
            .await
            .map_err(|error| self.fault.of(error))?;
        row.as_ref().map(read).transpose()
    }

    pub(crate) async fn tasks(&self, query: &TaskQuery) -> Result<Vec<Task>> {
        let mut sql = QueryBuilder::<Sqlite>::new("select ");
        sql.push(COLUMNS).push(" from ");
        from(
            &mut sql,
            query,
            Some(query.limit.min(MAX_LIMIT).saturating_add(query.offset)),
        );
        filter(&mut sql, query);
        if let Some((due, key)) = query.after {
            sql.push(" and (t.due, t.key) > (")
                .push_bind(due_column(due))
                .push(", ");
            sql.push_bind(i64::from(key)).push(")");
        }
        sql.push(match query.order {
            TaskOrder::Due => " order by t.due, t.key",
            TaskOrder::Created => " order by t.key",
            TaskOrder::Newest => " order by t.key desc",
            TaskOrder::Priority => " order by t.priority desc, t.due, t.key",
        });
        sql.push(" limit ")
            .push_bind(i64::from(query.limit.min(MAX_LIMIT)));
        sql.push(" offset ").push_bind(i64::from(query.offset));
        let rows = sql.build().fetch_all(&self.readers).await;
        rows.map_err(|error| self.fault.of(error))?
            .iter()
            .map(read)
            .collect()
    }

    pub(crate) async fn task_count(&self, query: &TaskQuery) -> Result<u64> {
        let mut sql = QueryBuilder::<Sqlite>::new("select count(*) from ");
        if only_queues(query) {
            queues(&mut sql, query, None);
        } else {
            from(&mut sql, query, None);
            filter(&mut sql, query);
        }
        let count: i64 = sql
            .build_query_scalar()
            .fetch_one(&self.readers)
            .await
            .map_err(|error| self.fault.of(error))?;
        Ok(count.unsigned_abs())
    }
}

/// Whether the query names groups or a user whose open tasks the queues list.
fn asks_queues(query: &TaskQuery) -> bool {
    query.state == Some(TaskState::Open)
        && !(query.candidate_groups.is_empty() && query.candidate_user.is_none())
}

/// Whether the queues alone can answer, without a look at the tasks.
fn only_queues(query: &TaskQuery) -> bool {
    asks_queues(query)
        && query.assignee.is_none()
        && query.instances.is_empty()
        && query.process_id.is_none()
        && query.business_id.is_none()
        && query.element.is_none()
        && query.text.is_none()
}

/// The tables to look in. `page` bounds what is taken from each queue, where the queues alone decide the page.
fn from(sql: &mut QueryBuilder<Sqlite>, query: &TaskQuery, page: Option<u32>) {
    if asks_queues(query) {
        let page = page.filter(|_| only_queues(query) && queue_order(query.order).is_some());
        queues(sql, query, page);
        sql.push(" q cross join tasks t on t.key = q.task join process_instances i on i.key = t.instance where true");
    } else {
        sql.push("tasks t join process_instances i on i.key = t.instance where true");
    }
}

/// The order of a page in the columns of a queue; `None` where a queue does not know it.
fn queue_order(order: TaskOrder) -> Option<&'static str> {
    match order {
        TaskOrder::Due => Some("due, task"),
        TaskOrder::Created => Some("task"),
        TaskOrder::Newest => Some("task desc"),
        TaskOrder::Priority => None,
    }
}

/// The union of the asked queues as a table of tasks, each task once.
fn queues(sql: &mut QueryBuilder<Sqlite>, query: &TaskQuery, page: Option<u32>) {
    let groups = query.candidate_groups.iter().map(|group| ("group", group));
    let user = query.candidate_user.iter().map(|user| ("user", user));
    // A queue has its claimed tasks apart from the others, each part in the order of the page.
    let assigned: &[bool] = match query.unassigned {
        Some(true) => &[false],
        Some(false) => &[true],
        None => &[false, true],
    };
    // A task stands once in the queue of one candidate; in those of several it may stand again.
    let candidates = query.candidate_groups.len() + query.candidate_user.iter().len();
    let union = if candidates == 1 {
        " union all "
    } else {
        " union "
    };
    sql.push("(");
    let mut separator = "";
    for (kind, candidate) in groups.chain(user) {
        for assigned in assigned {
            sql.push(separator)
                .push("select task from (select task from task_candidates where kind = ")
                .push_bind(kind);
            sql.push(" and candidate = ").push_bind(candidate.clone());
            sql.push(" and assigned = ").push_bind(*assigned);
            due_bounds(sql, query, "due");
            if let Some((due, key)) = query.after {
                sql.push(" and (due, task) > (")
                    .push_bind(due_column(due))
                    .push(", ");
                sql.push_bind(i64::from(key)).push(")");
            }
            if let (Some(page), Some(order)) = (page, queue_order(query.order)) {
                sql.push(format_args!(" order by {order} limit "))
                    .push_bind(i64::from(page));
            }
            sql.push(")");
            separator = union;
        }
    }
    sql.push(")");
}

fn filter(sql: &mut QueryBuilder<Sqlite>, query: &TaskQuery) {
    if let Some(state) = query.state {
        // The word stands in the text, because an index on open tasks serves only a query that says so.
        sql.push(format_args!(
            " and t.state = '{}'",
            words::task_state(state)
        ));
    }
    if let Some(assignee) = &query.assignee {
        sql.push(" and t.assignee = ").push_bind(assignee.clone());
    }
    if let Some(unassigned) = query.unassigned {
        sql.push(if unassigned {
            " and t.assignee is null"
        } else {
            " and t.assignee is not null"
        });
    }
    if !asks_queues(query) {
        for group in &query.candidate_groups {
            sql.push(if query.candidate_groups.first() == Some(group) {
                " and ("
            } else {
                " or "
            });
            sql.push(" exists (select 1 from json_each(t.candidate_groups) where value = ")
                .push_bind(group.clone());
            sql.push(")");
        }
        sql.push(if query.candidate_groups.is_empty() {
            ""
        } else {
            ")"
        });
        if let Some(user) = &query.candidate_user {
            sql.push(" and exists (select 1 from json_each(t.candidate_users) where value = ")
                .push_bind(user.clone());
            sql.push(")");
        }
    }
    if !query.instances.is_empty() {
        sql.push(" and t.instance in (select value from json_each(")
            .push_bind(keys_json(&query.instances))
            .push("))");
    }
    for (column, value) in [
        ("i.process_id", &query.process_id),
        ("i.business_id", &query.business_id),
        ("t.element", &query.element),
    ] {
        if let Some(value) = value {
            sql.push(format_args!(" and {column} = "))
                .push_bind(value.clone());
        }
    }
    due_bounds(sql, query, "t.due");
    if let Some(text) = &query.text {
        sql.push(" and (instr(lower(t.name), ")
            .push_bind(text.to_lowercase());
        sql.push(") > 0 or instr(lower(i.business_id), ")
            .push_bind(text.to_lowercase())
            .push(") > 0)");
    }
}

fn due_bounds(sql: &mut QueryBuilder<Sqlite>, query: &TaskQuery, column: &str) {
    if let Some(time) = query.due_before {
        sql.push(format_args!(" and {column} < "))
            .push_bind(time.as_microsecond());
    }
    if let Some(time) = query.due_from {
        sql.push(format_args!(" and {column} >= "))
            .push_bind(time.as_microsecond());
        // Without a due date, a task is not due at any time.
        sql.push(format_args!(" and {column} < ")).push_bind(NEVER);
    }
}

fn read(row: &SqliteRow) -> Result<Task> {
    let mut columns = Columns::of("tasks", row);
    Ok(Task {
        key: columns.key()?,
        instance: columns.key()?,
        element: columns.get()?,
        element_instance: columns.key()?,
        name: columns.get()?,
        form: columns.get()?,
        assignee: columns.get()?,
        candidate_groups: columns.json()?,
        candidate_users: columns.json()?,
        due: columns.due()?,
        follow_up: columns.optional_time()?,
        priority: columns.count()?.try_into().unwrap_or(u8::MAX),
        state: columns.word(words::TASK_STATES, words::task_state)?,
        created_at: columns.time()?,
        closed_at: columns.optional_time()?,
        closed_by: columns.get()?,
        process_id: columns.get()?,
        definition: columns.key()?,
        business_id: columns.get()?,
    })
}
