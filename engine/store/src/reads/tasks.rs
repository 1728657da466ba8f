//! Reads tasks for inboxes.
//!
//! The queue of a group is one range of `task_candidates`, in the order of the page; a person's own tasks are one range
//! of an index. A page over several groups merges the first rows of each, so its cost follows the page, not the queue.

use crate::columns::{Columns, NEVER, Row, due_column};
use crate::error::Result;
use crate::sql::Sql;
use crate::{Key, MAX_LIMIT, Store, Task, TaskOrder, TaskQuery, TaskState, words};

pub(crate) const COLUMNS: &str = "t.key, t.instance, t.element, t.element_instance, t.name, t.form, t.assignee, t.candidate_groups,
    t.candidate_users, t.due, t.follow_up, t.priority, t.state, t.created_at, t.closed_at, t.closed_by,
    i.process_id, i.definition, i.business_id, i.root";

impl Store {
    /// One task, open or not.
    pub async fn task(&self, key: Key) -> Result<Option<Task>> {
        let mut sql = self.sql("select ");
        sql.push(COLUMNS)
            .push(" from tasks t join process_instances i on i.key = t.instance where t.key = ");
        sql.bind(key);
        self.row(sql).await?.as_ref().map(read_task).transpose()
    }

    /// A page of tasks.
    pub async fn tasks(&self, query: &TaskQuery) -> Result<Vec<Task>> {
        let mut sql = self.sql("select ");
        sql.push(COLUMNS).push(" from ");
        let page = query.limit.min(MAX_LIMIT).saturating_add(query.offset);
        from(&mut sql, query, Some(page));
        filter(&mut sql, query);
        if let Some((due, key)) = query.after {
            sql.push(" and (t.due, t.key) > (").bind(due_column(due));
            sql.push(", ").bind(key).push(")");
        }
        sql.push(match query.order {
            TaskOrder::Due => " order by t.due, t.key",
            TaskOrder::Created => " order by t.key",
            TaskOrder::Newest => " order by t.key desc",
            TaskOrder::Priority => " order by t.priority desc, t.due, t.key",
        });
        sql.push(" limit ").bind(query.limit.min(MAX_LIMIT));
        sql.push(" offset ").bind(query.offset);
        self.rows(sql).await?.iter().map(read_task).collect()
    }

    /// How many tasks a query finds, whatever its limit and offset.
    pub async fn task_count(&self, query: &TaskQuery) -> Result<u64> {
        let mut sql = self.sql("select count(*) from ");
        if only_queues(query) {
            queues(&mut sql, query, None);
        } else {
            from(&mut sql, query, None);
            filter(&mut sql, query);
        }
        self.count("tasks", sql).await
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
fn from(sql: &mut Sql, query: &TaskQuery, page: Option<u32>) {
    if asks_queues(query) {
        let page = page.filter(|_| only_queues(query) && queue_order(query.order).is_some());
        queues(sql, query, page);
        // On SQLite a cross join keeps to the order of the queues.
        sql.either(" cross join", " join").push(
            " tasks t on t.key = q.task join process_instances i on i.key = t.instance where true",
        );
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
fn queues(sql: &mut Sql, query: &TaskQuery, page: Option<u32>) {
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
                .bind(kind);
            sql.push(" and candidate = ").bind(candidate.as_str());
            sql.push(" and assigned = ").bind(*assigned);
            due_bounds(sql, query, "due");
            if let Some((due, key)) = query.after {
                sql.push(" and (due, task) > (")
                    .bind(due_column(due))
                    .push(", ");
                sql.bind(key).push(")");
            }
            if let (Some(page), Some(order)) = (page, queue_order(query.order)) {
                sql.push(&format!(" order by {order} limit ")).bind(page);
            }
            sql.push(") as part");
            separator = union;
        }
    }
    sql.push(") as q");
}

fn filter(sql: &mut Sql, query: &TaskQuery) {
    if let Some(state) = query.state {
        // The word stands in the text, because an index on open tasks serves only a query that says so.
        sql.push(&format!(" and t.state = '{}'", words::task_state(state)));
    }
    if let Some(assignee) = &query.assignee {
        sql.push(" and t.assignee = ").bind(assignee.as_str());
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
            among(sql, "t.candidate_groups", group);
        }
        sql.push(if query.candidate_groups.is_empty() {
            ""
        } else {
            ")"
        });
        if let Some(user) = &query.candidate_user {
            among(sql.push(" and"), "t.candidate_users", user);
        }
    }
    if !query.instances.is_empty() {
        sql.push(" and ").one_of("t.instance", &query.instances[..]);
    }
    for (column, value) in [
        ("i.process_id", &query.process_id),
        ("i.business_id", &query.business_id),
        ("t.element", &query.element),
    ] {
        if let Some(value) = value {
            sql.push(&format!(" and {column} = ")).bind(value.as_str());
        }
    }
    due_bounds(sql, query, "t.due");
    if let Some(text) = &query.text {
        for (before, column) in [(" and (", "t.name"), (" or ", "i.business_id")] {
            sql.push(before).either("instr(lower(", "strpos(lower(");
            sql.push(column)
                .push("), ")
                .bind(text.to_lowercase())
                .push(") > 0");
        }
        sql.push(")");
    }
}

/// The condition that a list in a column, kept as JSON, has this element.
fn among(sql: &mut Sql, column: &str, element: &str) {
    sql.push(" exists (select 1 from ")
        .either("json_each(", "json_array_elements_text(")
        .push(column)
        .either(")", "::json) as each (value)")
        .push(" where value = ")
        .bind(element)
        .push(")");
}

fn due_bounds(sql: &mut Sql, query: &TaskQuery, column: &str) {
    if let Some(time) = query.due_before {
        sql.push(&format!(" and {column} < ")).bind(time);
    }
    if let Some(time) = query.due_from {
        sql.push(&format!(" and {column} >= ")).bind(time);
        // Without a due date, a task is not due at any time.
        sql.push(&format!(" and {column} < ")).bind(NEVER);
    }
}

pub(crate) fn read_task(row: &Row) -> Result<Task> {
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
        root: columns.optional_key()?,
    })
}
