//! One story over a store: what a batch writes, the next readers and the next unit see; after an error they see nothing of it.
//! Every database must pass it.
#![allow(clippy::unwrap_used, reason = "functions of tests")]

use std::path::PathBuf;

use jiff::{SignedDuration, Timestamp};
use store::*;

/// A store in a folder of its own.
struct Fixture {
    folder: PathBuf,
    store: Store,
}

impl Fixture {
    async fn new(name: &str) -> Fixture {
        let folder =
            std::env::temp_dir().join(format!("caseway-story-{}-{name}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let store = Store::open(&format!("sqlite:{}", folder.join("caseway.db").display()))
            .await
            .unwrap();
        Fixture { folder, store }
    }

    async fn commit(&self, batch: Batch) -> Result<()> {
        self.store.begin().await?.commit(batch).await
    }
}

impl Drop for Fixture {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

fn hour(number: i64) -> Timestamp {
    let start: Timestamp = "2026-03-02T00:00:00Z".parse().unwrap();
    start + SignedDuration::from_hours(number)
}

fn instance(number: i64) -> Instance {
    Instance {
        key: Key::of_instance(number),
        process_id: "work".into(),
        definition: Key::of_instance(1),
        version: 1,
        business_id: Some(format!("CASE-{number}")),
        parent_instance: None,
        parent_element: None,
        status: Status::Active,
        revision: 1,
        format: 1,
        started_at: hour(0),
        ended_at: None,
        history_length: 1,
        history_hash: START,
        state: "{}".into(),
    }
}

fn task(of: i64, ordinal: i64, groups: &[&str], due: Option<Timestamp>) -> Task {
    let instance = Key::of_instance(of);
    Task {
        key: Key(instance.0 + ordinal),
        instance,
        element: "do".into(),
        element_instance: Key(instance.0 + 1),
        name: format!("Task {of}.{ordinal}"),
        form: Some("form".into()),
        assignee: None,
        candidate_groups: groups.iter().map(|group| (*group).to_owned()).collect(),
        candidate_users: vec![],
        due,
        follow_up: None,
        priority: 50,
        state: TaskState::Open,
        created_at: hour(0),
        closed_at: None,
        closed_by: None,
        process_id: "work".into(),
        definition: Key::of_instance(1),
        business_id: Some(format!("CASE-{of}")),
    }
}

fn with_tasks(tasks: Vec<Task>, created: bool) -> Batch {
    let mut batch = Batch::default();
    for task in tasks {
        batch
            .instances
            .insert(task.instance, instance(task.instance.instance_number()));
        batch.tasks.insert(task.key, TaskWrite { task, created });
    }
    batch
}

fn names(tasks: &[Task]) -> Vec<&str> {
    tasks.iter().map(|task| task.name.as_str()).collect()
}

fn group(name: &str) -> TaskQuery {
    TaskQuery {
        candidate_groups: vec![name.into()],
        ..TaskQuery::default()
    }
}

#[tokio::test]
async fn what_was_written_is_read_back_whole() {
    let fixture = Fixture::new("whole").await;
    let wanted = task(7, 2, &["helpline", "caseworkers"], Some(hour(5)));
    let mut batch = with_tasks(vec![wanted.clone()], true);
    let timer = Timer {
        key: Key(99),
        instance: wanted.instance,
        element: "late".into(),
        due: hour(3),
        repeat: Some(r#"{"every":"P1D"}"#.into()),
    };
    batch.timers.insert(timer.key, timer.clone());
    batch.sequences.insert("numbers", 7);
    fixture.commit(batch).await.unwrap();
    let store = &fixture.store;
    assert_eq!(store.task(wanted.key).await.unwrap(), Some(wanted.clone()));
    assert_eq!(
        store.instance(wanted.instance).await.unwrap(),
        Some(instance(7))
    );
    assert_eq!(store.sequence("numbers").await.unwrap(), 7);
    assert_eq!(store.sequence("others").await.unwrap(), 0);
    assert_eq!(store.next_due().await.unwrap(), Some(hour(3)));
    assert_eq!(store.due_timers(hour(2), 10).await.unwrap(), []);
    assert_eq!(store.due_timers(hour(3), 10).await.unwrap(), [timer]);
    let mut unit = store.begin().await.unwrap();
    assert_eq!(
        unit.instances(&[Key::of_instance(8), wanted.instance])
            .await
            .unwrap(),
        [instance(7)]
    );
}

#[tokio::test]
async fn a_batch_of_any_size_is_written_whole() {
    let fixture = Fixture::new("sizes").await;
    let mut written = 0;
    for size in [1, 2, 3, 5, 7, 15, 17, 63, 64, 65, 200] {
        let tasks = (0..size)
            .map(|n| task(1000 + written + n, 2, &["all"], Some(hour(n))))
            .collect();
        fixture.commit(with_tasks(tasks, true)).await.unwrap();
        written += size;
        assert_eq!(
            fixture.store.task_count(&group("all")).await.unwrap(),
            written as u64
        );
    }
    let query = InstanceQuery {
        limit: MAX_LIMIT,
        ..InstanceQuery::default()
    };
    assert_eq!(
        fixture.store.instances(&query).await.unwrap().len(),
        written as usize
    );
}

#[tokio::test]
async fn a_batch_that_fails_leaves_nothing_behind() {
    let fixture = Fixture::new("fails").await;
    for filler in [0, 40] {
        let mut batch = with_tasks(
            (0..=filler)
                .map(|n| task(20 + n, 2, &["all"], None))
                .collect(),
            true,
        );
        let row = HistoryRow {
            instance: Key::of_instance(20),
            sequence: 1,
            at: hour(0),
            actor: "grace".into(),
            on_behalf_of: None,
            reason: None,
            command: "start".into(),
            records: "[]".into(),
            hash: START,
        };
        // The same number twice is what the database must refuse.
        batch.history = vec![row.clone(), row];
        assert!(fixture.commit(batch).await.is_err());
        assert_eq!(fixture.store.task_count(&group("all")).await.unwrap(), 0);
    }
    fixture
        .commit(with_tasks(vec![task(20, 2, &["all"], None)], true))
        .await
        .unwrap();
    assert_eq!(fixture.store.task_count(&group("all")).await.unwrap(), 1);
}

#[tokio::test]
async fn a_queue_lists_what_is_due_first_and_each_task_once() {
    let fixture = Fixture::new("queue").await;
    let tasks = vec![
        task(1, 2, &["helpline"], Some(hour(9))),
        task(2, 2, &["caseworkers", "helpline"], Some(hour(3))),
        task(3, 2, &["caseworkers"], None),
        task(4, 2, &["supervisors"], Some(hour(1))),
    ];
    fixture.commit(with_tasks(tasks, true)).await.unwrap();
    let store = &fixture.store;
    let both = TaskQuery {
        candidate_groups: vec!["helpline".into(), "caseworkers".into()],
        ..TaskQuery::default()
    };
    assert_eq!(
        names(&store.tasks(&both).await.unwrap()),
        ["Task 2.2", "Task 1.2", "Task 3.2"]
    );
    assert_eq!(store.task_count(&both).await.unwrap(), 3);
    let first = TaskQuery {
        limit: 1,
        ..both.clone()
    };
    let page = store.tasks(&first).await.unwrap();
    assert_eq!(names(&page), ["Task 2.2"]);
    let next = TaskQuery {
        after: Some((page[0].due, page[0].key)),
        limit: 2,
        ..both.clone()
    };
    assert_eq!(
        names(&store.tasks(&next).await.unwrap()),
        ["Task 1.2", "Task 3.2"]
    );
    let offset = TaskQuery {
        offset: 1,
        limit: 1,
        ..both.clone()
    };
    assert_eq!(names(&store.tasks(&offset).await.unwrap()), ["Task 1.2"]);
    let in_order = |order, groups: &[&str]| TaskQuery {
        order,
        limit: 2,
        candidate_groups: groups.iter().map(|group| (*group).into()).collect(),
        ..TaskQuery::default()
    };
    let groups = ["helpline", "caseworkers"];
    for (query, expected) in [
        (
            in_order(TaskOrder::Created, &groups),
            ["Task 1.2", "Task 2.2"],
        ),
        (
            in_order(TaskOrder::Newest, &groups),
            ["Task 3.2", "Task 2.2"],
        ),
        (
            in_order(TaskOrder::Created, &groups[..1]),
            ["Task 1.2", "Task 2.2"],
        ),
        (
            in_order(TaskOrder::Due, &groups[..1]),
            ["Task 2.2", "Task 1.2"],
        ),
    ] {
        let page = store.tasks(&query).await.unwrap();
        assert_eq!(names(&page), expected, "{query:?}");
    }
    let overdue = TaskQuery {
        due_before: Some(hour(4)),
        ..both.clone()
    };
    assert_eq!(names(&store.tasks(&overdue).await.unwrap()), ["Task 2.2"]);
    let text = TaskQuery {
        text: Some("case-3".into()),
        limit: 1,
        ..both
    };
    assert_eq!(names(&store.tasks(&text).await.unwrap()), ["Task 3.2"]);
}

#[tokio::test]
async fn a_claimed_task_leaves_the_free_part_of_the_queue_and_a_closed_one_leaves_it_all() {
    let fixture = Fixture::new("claimed").await;
    let store = &fixture.store;
    fixture
        .commit(with_tasks(
            vec![
                task(1, 2, &["helpline"], None),
                task(2, 2, &["helpline"], None),
            ],
            true,
        ))
        .await
        .unwrap();
    let claimed = Task {
        assignee: Some("grace".into()),
        ..task(1, 2, &["helpline"], None)
    };
    fixture
        .commit(with_tasks(vec![claimed.clone()], false))
        .await
        .unwrap();
    let free = TaskQuery {
        unassigned: Some(true),
        ..group("helpline")
    };
    let taken = TaskQuery {
        unassigned: Some(false),
        ..group("helpline")
    };
    let mine = TaskQuery {
        assignee: Some("grace".into()),
        ..TaskQuery::default()
    };
    assert_eq!(names(&store.tasks(&free).await.unwrap()), ["Task 2.2"]);
    assert_eq!(names(&store.tasks(&taken).await.unwrap()), ["Task 1.2"]);
    assert_eq!(names(&store.tasks(&mine).await.unwrap()), ["Task 1.2"]);
    assert_eq!(store.task_count(&group("helpline")).await.unwrap(), 2);

    let mut batch = Batch::default();
    let closed = Closed {
        state: TaskState::Completed,
        at: hour(2),
        by: Some("grace".into()),
    };
    batch.closed_tasks.insert(claimed.key, closed);
    fixture.commit(batch).await.unwrap();
    assert_eq!(
        names(&store.tasks(&group("helpline")).await.unwrap()),
        ["Task 2.2"]
    );
    assert_eq!(store.tasks(&mine).await.unwrap(), []);
    let done = store.task(claimed.key).await.unwrap().unwrap();
    assert_eq!(
        (done.state, done.closed_at, done.closed_by),
        (TaskState::Completed, Some(hour(2)), Some("grace".into()))
    );
    let closed = TaskQuery {
        state: Some(TaskState::Completed),
        ..group("helpline")
    };
    assert_eq!(names(&store.tasks(&closed).await.unwrap()), ["Task 1.2"]);
}

#[tokio::test]
async fn a_task_that_opens_and_closes_in_one_batch_is_only_history() {
    let fixture = Fixture::new("brief").await;
    let brief = task(1, 2, &["helpline"], None);
    let mut batch = with_tasks(vec![brief.clone()], true);
    batch.closed_tasks.insert(
        brief.key,
        Closed {
            state: TaskState::Withdrawn,
            at: hour(0),
            by: None,
        },
    );
    fixture.commit(batch).await.unwrap();
    assert_eq!(
        fixture.store.task_count(&group("helpline")).await.unwrap(),
        0
    );
    assert_eq!(
        fixture.store.task(brief.key).await.unwrap().unwrap().state,
        TaskState::Withdrawn
    );
}

#[tokio::test]
async fn a_lease_hides_a_job_and_its_token_tells_the_holders_apart() {
    let fixture = Fixture::new("lease").await;
    let mut batch = Batch::default();
    batch.instances.insert(Key::of_instance(1), instance(1));
    for ordinal in 2..5 {
        let key = Key(Key::of_instance(1).0 + ordinal);
        let job = Job {
            key,
            instance: Key::of_instance(1),
            element: "send".into(),
            element_instance: Key(key.0 - 1),
            kind: "mail".into(),
            retries: 3,
            available_at: hour(0),
            token: 0,
            worker: None,
            created_at: hour(0),
        };
        batch.jobs.insert(key, job);
    }
    fixture.commit(batch).await.unwrap();
    let mut unit = fixture.store.begin().await.unwrap();
    let first = unit
        .lease_jobs("mail", "a", 2, hour(0), hour(1))
        .await
        .unwrap();
    assert_eq!(
        first
            .iter()
            .map(|job| (job.key.ordinal(), job.token))
            .collect::<Vec<_>>(),
        [(2, 1), (3, 1)]
    );
    let rest = unit
        .lease_jobs("mail", "b", 9, hour(0), hour(1))
        .await
        .unwrap();
    assert_eq!(
        rest.iter().map(|job| job.key.ordinal()).collect::<Vec<_>>(),
        [4]
    );
    assert_eq!(
        unit.lease_jobs("mail", "b", 9, hour(0), hour(1))
            .await
            .unwrap(),
        []
    );
    let again = unit
        .lease_jobs("mail", "c", 1, hour(1), hour(2))
        .await
        .unwrap();
    assert_eq!(
        (
            again[0].key.ordinal(),
            again[0].token,
            again[0].worker.as_deref()
        ),
        (2, 2, Some("c"))
    );
}

#[tokio::test]
async fn history_and_audit_cannot_be_changed() {
    use sqlx::{Connection, Executor};
    let fixture = Fixture::new("append").await;
    let mut batch = Batch::default();
    batch.audit.push(AuditRow {
        sequence: 0,
        at: hour(0),
        actor: "grace".into(),
        on_behalf_of: None,
        action: "read".into(),
        subject: "people/p-1".into(),
        detail: None,
        reason: None,
    });
    batch.history.push(HistoryRow {
        instance: Key::of_instance(1),
        sequence: 1,
        at: hour(0),
        actor: "grace".into(),
        on_behalf_of: None,
        reason: None,
        command: "start".into(),
        records: "[]".into(),
        hash: START,
    });
    fixture.commit(batch).await.unwrap();
    let address = format!("sqlite:{}", fixture.folder.join("caseway.db").display());
    let mut other = sqlx::SqliteConnection::connect(&address).await.unwrap();
    for text in [
        "update audit set actor = 'x'",
        "delete from audit",
        "update history set actor = 'x'",
    ] {
        let error = other.execute(text).await.unwrap_err().to_string();
        assert!(error.contains("append-only"), "{text}: {error}");
    }
}

/// The pages of an inbox must not read the whole queue: the plan names the index and no sort of everything.
#[tokio::test]
async fn inbox_queries_are_served_by_their_indexes() {
    use sqlx::{Connection, Row};
    let fixture = Fixture::new("plan").await;
    let address = format!("sqlite:{}", fixture.folder.join("caseway.db").display());
    let mut other = sqlx::SqliteConnection::connect(&address).await.unwrap();
    let plans = [
        ("explain query plan select task from task_candidates where kind = 'group' and candidate = 'a'
            and assigned = 0 order by due, task limit 10", "PRIMARY KEY (kind=? AND candidate=? AND assigned=?)"),
        ("explain query plan select t.key from tasks t where t.state = 'open' and t.assignee = 'a'
            order by t.due, t.key limit 10", "tasks_by_assignee (assignee=?)"),
        ("explain query plan select min(due) from timers", "timers_by_due"),
        ("explain query plan select key from jobs where type = 'a' and retries > 0 and available_at <= 5
            order by available_at, key limit 3", "jobs_by_type (type=? AND available_at<?)"),
        ("explain query plan select key from subscriptions where kind = 'message' and name = 'a'
            and correlation is 'b' and key > 5 order by key limit 3",
            "subscriptions_by_name (kind=? AND name=? AND correlation=? AND key>?)"),
        ("explain query plan select key from messages where name = 'a' and correlation = 'b' and expires_at > 5
            order by key limit 3", "messages_by_correlation (name=? AND correlation=?)"),
        ("explain query plan select key from outbox where available_at <= 5 order by available_at, key limit 3",
            "outbox_by_time (available_at<?)"),
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

fn subscription(of: i64, ordinal: i64, name: &str, correlation: Option<&str>) -> Subscription {
    let instance = Key::of_instance(of);
    Subscription {
        key: Key(instance.0 + ordinal),
        instance,
        process_id: "work".into(),
        element: "reply".into(),
        element_instance: Key(instance.0 + 1),
        kind: match correlation {
            Some(_) => SubscriptionKind::Message,
            None => SubscriptionKind::Signal,
        },
        name: name.into(),
        correlation: correlation.map(str::to_owned),
        created_at: hour(0),
    }
}

fn with_subscriptions(rows: &[Subscription]) -> Batch {
    let mut batch = Batch::default();
    for row in rows {
        batch.subscriptions.insert(row.key, row.clone());
    }
    batch
}

fn awaited(row: &Subscription) -> Awaited {
    Awaited {
        kind: row.kind,
        name: row.name.clone(),
        correlation: row.correlation.clone(),
    }
}

#[tokio::test]
async fn a_message_finds_those_who_await_it_and_a_signal_all_of_them_page_by_page() {
    let fixture = Fixture::new("subscriptions").await;
    let reply = subscription(1, 2, "reply", Some("CASE-1"));
    let other = subscription(2, 2, "reply", Some("CASE-2"));
    let alarms: Vec<Subscription> = (3..8)
        .map(|of| subscription(of, 2, "alarm", None))
        .collect();
    let mut rows = vec![reply.clone(), other.clone()];
    rows.extend(alarms.clone());
    fixture.commit(with_subscriptions(&rows)).await.unwrap();

    let mut unit = fixture.store.begin().await.unwrap();
    let asked = [awaited(&reply), awaited(&alarms[0])];
    let found = unit.subscriptions(&asked, None, 2).await.unwrap();
    assert_eq!(found, [reply.clone(), alarms[0].clone(), alarms[1].clone()]);
    let after = Some(alarms[1].key);
    let rest = unit.subscriptions(&asked[1..], after, 9).await.unwrap();
    assert_eq!(rest, alarms[2..]);
    drop(unit);

    let of_instance = SubscriptionQuery {
        instance: Some(other.instance),
        ..SubscriptionQuery::default()
    };
    let store = &fixture.store;
    assert_eq!(store.subscriptions(&of_instance).await.unwrap(), [other]);
    let page = SubscriptionQuery {
        kind: Some(SubscriptionKind::Signal),
        process_id: Some("work".into()),
        after: Some(alarms[2].key),
        limit: 1,
        ..SubscriptionQuery::default()
    };
    assert_eq!(
        store.subscriptions(&page).await.unwrap(),
        [alarms[3].clone()]
    );

    // One that opens and is served in the same batch leaves no row.
    let brief = subscription(9, 2, "reply", Some("CASE-9"));
    let mut batch = with_subscriptions(std::slice::from_ref(&brief));
    batch.gone_subscriptions.extend([brief.key, reply.key]);
    fixture.commit(batch).await.unwrap();
    let messages = SubscriptionQuery {
        name: Some("reply".into()),
        ..SubscriptionQuery::default()
    };
    let left = store.subscriptions(&messages).await.unwrap();
    assert_eq!(
        left.iter().map(|row| row.key).collect::<Vec<_>>(),
        [rows[1].key]
    );
}

fn message(key: i64, correlation: &str, id: Option<&str>, expires_at: Timestamp) -> Message {
    Message {
        key: Key(key),
        name: "reply".into(),
        correlation: correlation.into(),
        message_id: id.map(str::to_owned),
        variables: r#"{"accepted":true}"#.into(),
        published_at: hour(0),
        expires_at,
    }
}

#[tokio::test]
async fn a_message_is_kept_until_it_expires_and_its_id_comes_once() {
    let fixture = Fixture::new("messages").await;
    let store = &fixture.store;
    let rows = [
        message(11, "CASE-1", Some("m-1"), hour(2)),
        message(12, "CASE-1", None, hour(4)),
        message(13, "CASE-2", None, hour(3)),
    ];
    let mut batch = Batch {
        messages: rows.iter().map(|row| (row.key, row.clone())).collect(),
        ..Batch::default()
    };
    batch.message_uses.insert((Key(11), "work".into()));
    fixture.commit(batch).await.unwrap();

    let pair = |correlation: &str| ("reply".to_owned(), correlation.to_owned());
    let wanted = [pair("CASE-1"), pair("CASE-2"), pair("CASE-3")];
    let mut unit = store.begin().await.unwrap();
    assert_eq!(unit.messages(&wanted, hour(1), 9).await.unwrap(), rows);
    assert_eq!(
        unit.messages(&wanted, hour(1), 1).await.unwrap(),
        [rows[0].clone(), rows[2].clone()]
    );
    assert_eq!(unit.messages(&wanted, hour(2), 1).await.unwrap(), rows[1..]);
    let id = ("reply".into(), "CASE-1".into(), "m-1".into());
    assert_eq!(unit.messages_by_id(&[id]).await.unwrap(), [rows[0].clone()]);
    assert_eq!(
        unit.message_uses(&[Key(11), Key(12)]).await.unwrap(),
        [(Key(11), "work".to_owned())]
    );
    drop(unit);
    assert_eq!(store.next_expiry().await.unwrap(), Some(hour(2)));
    assert_eq!(
        store.expired_messages(hour(3), 9).await.unwrap(),
        [Key(11), Key(13)]
    );

    let mut again = Batch::default();
    let repeated = message(14, "CASE-1", Some("m-1"), hour(9));
    again.messages.insert(repeated.key, repeated.clone());
    assert!(fixture.commit(again.clone()).await.is_err());
    // Once the first has gone, the id may come again, in the same batch as well.
    again.gone_messages.insert(Key(11));
    fixture.commit(again).await.unwrap();
    let mut unit = store.begin().await.unwrap();
    assert_eq!(unit.message_uses(&[Key(11)]).await.unwrap(), []);
    assert_eq!(
        unit.messages(&wanted[..1], hour(1), 9).await.unwrap(),
        [rows[1].clone(), repeated]
    );
}

#[tokio::test]
async fn a_start_lock_is_held_by_one_instance_until_that_lets_go() {
    let fixture = Fixture::new("locks").await;
    let pair = ("work".to_owned(), "CASE-1".to_owned());
    let hold = |instance: i64| {
        let mut batch = Batch::default();
        batch
            .start_locks
            .insert(pair.clone(), Key::of_instance(instance));
        batch
    };
    let holder = |instance: i64| StartLock {
        process_id: pair.0.clone(),
        correlation: pair.1.clone(),
        instance: Key::of_instance(instance),
    };
    fixture.commit(hold(1)).await.unwrap();
    assert!(fixture.commit(hold(2)).await.is_err());
    let mut unit = fixture.store.begin().await.unwrap();
    let wanted = [pair.clone(), ("work".to_owned(), "CASE-2".to_owned())];
    assert_eq!(unit.start_locks(&wanted).await.unwrap(), [holder(1)]);
    assert_eq!(
        unit.start_locks_of(&[Key::of_instance(1), Key::of_instance(2)])
            .await
            .unwrap(),
        [holder(1)]
    );
    drop(unit);
    let mut next = hold(2);
    next.gone_start_locks.insert(Key::of_instance(1));
    fixture.commit(next).await.unwrap();
    let mut unit = fixture.store.begin().await.unwrap();
    assert_eq!(unit.start_locks(&wanted).await.unwrap(), [holder(2)]);
}

#[tokio::test]
async fn a_claim_hides_an_effect_until_it_is_carried_out_or_put_off() {
    let fixture = Fixture::new("outbox").await;
    let store = &fixture.store;
    let row = |key: i64, available_at: Timestamp| OutboxRow {
        key: Key(key),
        kind: "broadcast".into(),
        instance: None,
        body: "{}".into(),
        available_at,
        token: 0,
        attempts: 0,
    };
    let mut batch = Batch::default();
    for effect in [row(1, hour(0)), row(2, hour(0)), row(3, hour(5))] {
        batch.outbox.insert(effect.key, effect);
    }
    fixture.commit(batch).await.unwrap();
    assert_eq!(store.next_outbox().await.unwrap(), Some(hour(0)));

    let keys = |rows: &[OutboxRow]| {
        rows.iter()
            .map(|row| (row.key.0, row.token))
            .collect::<Vec<_>>()
    };
    let mut unit = store.begin().await.unwrap();
    let claimed = unit.claim_outbox(1, hour(0), hour(2)).await.unwrap();
    assert_eq!(keys(&claimed), [(1, 1)]);
    let claimed = unit.claim_outbox(9, hour(0), hour(2)).await.unwrap();
    assert_eq!(keys(&claimed), [(2, 1)]);
    assert_eq!(unit.claim_outbox(9, hour(1), hour(2)).await.unwrap(), []);

    let mut done = Batch::default();
    done.gone_outbox.insert(Key(1));
    let put_off = OutboxRow {
        body: r#"{"after":7}"#.into(),
        ..row(2, hour(1))
    };
    done.outbox.insert(Key(2), put_off);
    unit.commit(done).await.unwrap();
    let claimed = unit.claim_outbox(9, hour(1), hour(2)).await.unwrap();
    assert_eq!(keys(&claimed), [(2, 3)]);
    assert_eq!(
        (claimed[0].body.as_str(), claimed[0].attempts),
        (r#"{"after":7}"#, 1)
    );
    // A claim that runs out can be claimed again, by another token.
    let claimed = unit.claim_outbox(9, hour(2), hour(4)).await.unwrap();
    assert_eq!(keys(&claimed), [(2, 4)]);
    assert_eq!(
        keys(&unit.outbox(&[Key(1), Key(2)]).await.unwrap()),
        [(2, 4)]
    );
}
