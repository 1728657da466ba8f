//! What only a SQLite file can be asked.

use sqlx::{Connection, Row};

use crate::support::Fixture;

/// The pages of an inbox must not read the whole queue: the plan names the index and no sort of everything.
#[tokio::test]
async fn inbox_queries_are_served_by_their_indexes() {
    let fixture = Fixture::sqlite("plan").await;
    let mut other = sqlx::SqliteConnection::connect(&fixture.address)
        .await
        .unwrap();
    let plans = [
        ("explain query plan select task from task_candidates where kind = 'group' and candidate = 'a'
            and assigned = 0 order by due, task limit 10", "PRIMARY KEY (kind=? AND candidate=? AND assigned=?)"),
        ("explain query plan select t.key from tasks t where t.state = 'open' and t.assignee = 'a'
            order by t.due, t.key limit 10", "tasks_by_assignee (assignee=?)"),
        ("explain query plan with stale (task) as (values (5)) delete from task_candidates where (kind, candidate, assigned, due, task)
            in (select cast(k.column1 as text), cast(c.value as text), cast(t.assignee is not null as integer), t.due, t.key
            from stale cross join tasks t on t.key = stale.task cross join (values ('group'), ('user')) k
            cross join json_each(case k.column1 when 'group' then t.candidate_groups else t.candidate_users end) c)",
            "task_candidates USING PRIMARY KEY (kind=? AND candidate=? AND assigned=? AND due=? AND task=?)"),
        ("explain query plan select min(due) from timers", "timers_by_due"),
        ("explain query plan select key from jobs where type = 'a' and retries > 0 and hidden = 0 and available_at <= 5
            order by available_at, key limit 3", "jobs_by_type (type=? AND hidden=? AND available_at<?)"),
        ("explain query plan select key from subscriptions where kind = 'message' and name = 'a'
            and correlation is 'b' and key > 5 order by key limit 3",
            "subscriptions_by_name (kind=? AND name=? AND correlation=? AND key>?)"),
        ("explain query plan select key from messages where name = 'a' and correlation = 'b' and expires_at > 5
            order by key limit 3", "messages_by_correlation (name=? AND correlation=?)"),
        ("explain query plan select key from outbox where available_at <= 5 order by available_at, key limit 3",
            "outbox_by_time (available_at<?)"),
        ("explain query plan select key from incidents where true and resolved_at is null
            order by raised_at desc, key desc limit 3 offset 6", "incidents_open"),
        ("explain query plan select count(*) from (select 1 from incidents where true and resolved_at is null
            limit 10001) as counted", "incidents_open"),
        ("explain query plan select key from process_instances where true and parent_instance = 5
            order by key limit 3", "process_instances_by_parent_instance (parent_instance=?)"),
        ("explain query plan select key from process_instances where true and business_id = 'a'
            order by key desc limit 3", "process_instances_by_business_id (business_id=?)"),
        ("explain query plan select process_id, version, count(*) from process_instances where status = 'active'
            group by process_id, version order by process_id, version", "COVERING INDEX process_instances_running"),
        ("explain query plan select process_id, status, count(*) from process_instances
            group by process_id, status order by process_id, status", "COVERING INDEX process_instances_by_process"),
        ("explain query plan select key, name from resources where key in (select value from json_each('[1]'))",
            "PRIMARY KEY (rowid=?)"),
    ];
    for (text, index) in plans {
        let rows = sqlx::query(text).fetch_all(&mut other).await.unwrap();
        let plan: Vec<String> = rows.iter().map(|row| row.get("detail")).collect();
        assert!(plan.iter().any(|step| step.contains(index)), "{plan:?}");
        assert!(
            !plan.iter().any(|step| step.contains("TEMP B-TREE")),
            "{plan:?}"
        );
    }
}
