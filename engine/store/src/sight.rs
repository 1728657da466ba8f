//! What somebody may see of what runs and has run: by process, and by the cases in which they have or had something to do.
//!
//! It is a condition of the query, so that pages are full and totals right.

use crate::sql::Sql;

/// Some ids, or all.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ids {
    /// All of them.
    All,
    /// These only.
    These(Vec<String>),
}

impl Default for Ids {
    fn default() -> Ids {
        Ids::These(Vec::new())
    }
}

impl Ids {
    /// Whether this one is among them.
    pub fn has(&self, id: &str) -> bool {
        match self {
            Ids::All => true,
            Ids::These(ids) => ids.iter().any(|one| one == id),
        }
    }

    /// Those that are among these or among others.
    pub fn or(self, others: Ids) -> Ids {
        match (self, others) {
            (Ids::These(mut ids), Ids::These(others)) => {
                ids.extend(others);
                Ids::These(ids)
            }
            (Ids::All, _) | (_, Ids::All) => Ids::All,
        }
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self == &Ids::default()
    }
}

/// What somebody may see, by the ids of processes, or of decisions.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Sight {
    /// Everything of these.
    pub whole: Ids,
    /// Of these, what is in the cases of the viewer.
    pub own: Ids,
    /// Nothing of these, whatever else is said.
    pub none: Vec<String>,
    /// Whose cases.
    pub viewer: Viewer,
}

impl Sight {
    /// Whose cases these are, where nothing else is seen.
    pub(crate) fn only_cases_of(&self) -> Option<&Viewer> {
        let is_only = self.whole.is_empty() && !self.own.is_empty();
        is_only.then_some(&self.viewer)
    }
}

/// Somebody who sees the instances in which they have, or had, a task, or are offered one; and those of the same business id.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Viewer {
    /// The name of the user.
    pub user: String,
    /// The groups of the user.
    pub groups: Vec<String>,
    /// Business ids that the user sees in any case.
    pub cases: Vec<String>,
}

/// Where the columns are that decide what is seen.
#[derive(Debug)]
pub(crate) struct Columns {
    /// Of the process, or decision.
    pub(crate) id: &'static str,
    pub(crate) instance: &'static str,
}

/// Of a query that has the process instances as `i`.
pub(crate) const OF_INSTANCES: Columns = Columns {
    id: "i.process_id",
    instance: "i.key",
};

/// Adds the condition, beginning with `and`.
pub(crate) fn seen(sql: &mut Sql, sight: &Sight, columns: &Columns) {
    if !sight.none.is_empty() {
        sql.push(" and not (")
            .one_of(columns.id, sight.none.as_slice())
            .push(")");
    }
    if sight.whole == Ids::All {
        return;
    }
    // Without an "or" the databases can begin with the cases.
    if let Some(viewer) = sight.only_cases_of() {
        sql.push(" and ");
        among(sql, columns.id, &sight.own);
        sql.push(" and ");
        in_cases(sql, viewer, columns);
        return;
    }
    sql.push(" and (");
    among(sql, columns.id, &sight.whole);
    if !sight.own.is_empty() {
        sql.push(" or (");
        among(sql, columns.id, &sight.own);
        sql.push(" and ");
        in_cases(sql, &sight.viewer, columns);
        sql.push(")");
    }
    sql.push(")");
}

fn among(sql: &mut Sql, column: &str, ids: &Ids) {
    match ids {
        Ids::All => sql.push("true"),
        Ids::These(ids) if ids.is_empty() => sql.push("false"),
        Ids::These(ids) => sql.one_of(column, ids.as_slice()),
    };
}

/// Adds the condition that the instance is of somebody's cases: one in which they have something to do, or of the same business id.
fn in_cases(sql: &mut Sql, viewer: &Viewer, columns: &Columns) {
    const OF_CASES: &str = " union select j.key from process_instances j where ";
    sql.push(columns.instance).push(" in (");
    worked_on(sql, viewer, ["", "", " union "]);
    sql.push(OF_CASES)
        .push("j.business_id in (select k.business_id from process_instances k where k.key in (");
    worked_on(sql, viewer, ["", "", " union "]);
    sql.push("))");
    if !viewer.cases.is_empty() {
        sql.push(OF_CASES)
            .one_of("j.business_id", viewer.cases.as_slice());
    }
    sql.push(")");
}

/// Adds a query that counts in how many instances somebody has something to do: about, and of no index more than the limit.
pub(crate) fn counted(sql: &mut Sql, viewer: &Viewer, limit: u32) {
    sql.push("select count(*) from (");
    let end = format!(" limit {limit}) as part");
    worked_on(sql, viewer, ["select 1 from (", &end, " union all "]);
    sql.push(") as counted");
}

/// The instances in which somebody has or had a task, or is offered one: a query for each index, since a database that reads
/// "or" between them may go through all tasks instead. Given what stands before, after and between them.
fn worked_on(sql: &mut Sql, viewer: &Viewer, [before, after, between]: [&str; 3]) {
    const WITH_USER: [&str; 4] = [
        "tasks t where t.state = 'open' and t.assignee",
        "tasks t where t.state <> 'open' and t.assignee",
        "tasks t where t.closed_by",
        "task_candidates c join tasks t on t.key = c.task where c.kind = 'user' and c.candidate",
    ];
    const SELECT: &str = "select t.instance from ";
    for with_user in WITH_USER {
        sql.push(before).push(SELECT).push(with_user);
        sql.push(" = ").bind(viewer.user.as_str());
        sql.push(after).push(between);
    }
    sql.push(before).push(SELECT);
    sql.push("task_candidates c join tasks t on t.key = c.task where c.kind = 'group' and ")
        .one_of("c.candidate", viewer.groups.as_slice())
        .push(after);
}
