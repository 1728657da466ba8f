//! What servers that share a database do to each other: nothing is handed out twice, and who relied on something that has
//! changed is told so and has written nothing.

use std::time::Duration;

use sqlx::{Connection, PgConnection};
use store::*;

use crate::support::{Fixture, hour, instance, task, with_tasks};

/// Two servers over one database.
async fn two() -> (Fixture, Store) {
    let fixture = Fixture::postgres().await;
    let other = Store::open(&fixture.address).await.unwrap();
    (fixture, other)
}

fn step(of: i64, before: i64) -> Batch {
    let mut batch = Batch::default();
    let mut after = instance(of);
    after.revision = before + 1;
    batch.instances.insert(
        after.key,
        InstanceWrite {
            instance: after,
            before,
            stays: false,
        },
    );
    batch
}

#[tokio::test]
async fn numbers_are_handed_out_once() {
    let (fixture, other) = two().await;
    let mut first = fixture.store.begin().await.unwrap();
    let mut second = other.begin().await.unwrap();
    assert_eq!(first.numbers("numbers", 10).await.unwrap(), 1..=10);
    assert_eq!(second.numbers("numbers", 5).await.unwrap(), 11..=15);
    assert_eq!(first.numbers("numbers", 1).await.unwrap(), 16..=16);
}

#[tokio::test]
async fn the_second_step_on_the_same_revision_is_a_conflict() {
    let (fixture, other) = two().await;
    fixture.commit(step(1, 0)).await.unwrap();
    fixture.commit(step(1, 1)).await.unwrap();
    let mut late = step(1, 1);
    late.instances.extend(step(2, 0).instances);
    let error = other.begin().await.unwrap().commit(late).await.unwrap_err();
    assert!(error.is_conflict(), "{error}");
    let key = Key::of_instance(1);
    let mut unit = other.begin().await.unwrap();
    assert_eq!(unit.newer_instances(&[(key, 2)]).await.unwrap(), []);
    let known = [(key, 1), (Key::of_instance(2), 0)];
    let newer = unit.newer_instances(&known).await.unwrap();
    assert_eq!(
        newer.iter().map(|row| row.revision).collect::<Vec<_>>(),
        [2]
    );
    unit.commit(step(1, 2)).await.unwrap();
}

#[tokio::test]
async fn steps_of_many_servers_on_many_instances_never_wait_in_a_circle() {
    let fixture = Fixture::postgres().await;
    let mut batch = Batch::default();
    for number in 1..=20 {
        batch.append(step(number, 0));
    }
    fixture.commit(batch).await.unwrap();
    let mut servers = Vec::new();
    for _ in 0..4 {
        let store = Store::open(&fixture.address).await.unwrap();
        servers.push(tokio::spawn(async move {
            for _ in 0..25 {
                loop {
                    let mut unit = store.begin().await.unwrap();
                    let keys: Vec<Key> = (1..=20).map(Key::of_instance).collect();
                    let mut batch = Batch::default();
                    for row in unit.instances(&keys).await.unwrap() {
                        batch.append(step(row.key.instance_number(), row.revision));
                    }
                    match unit.commit(batch).await {
                        Ok(()) => break,
                        Err(error) => assert!(
                            error.is_conflict() && !error.to_string().contains("deadlock"),
                            "{error}"
                        ),
                    }
                }
            }
        }));
    }
    for server in servers {
        server.await.unwrap();
    }
    let row = fixture.store.instance(Key::of_instance(7)).await.unwrap();
    assert_eq!(row.unwrap().revision, 101);
}

fn put(revision: i64) -> Batch {
    let document = Document {
        collection: "people".into(),
        id: "p-1".into(),
        revision,
        body: serde_json::json!({ "revision": revision }),
        created_at: hour(0),
        updated_at: hour(0),
    };
    let fields = vec![("name".to_owned(), format!("name {revision}"))];
    let id = (document.collection.clone(), document.id.clone());
    let mut batch = Batch::default();
    batch
        .documents
        .insert(id, DocumentWrite::Put { document, fields });
    batch
}

#[tokio::test]
async fn a_document_that_another_has_written_is_a_conflict() {
    let (fixture, other) = two().await;
    let ids = [("people".to_owned(), "p-1".to_owned())];
    let mut first = fixture.store.begin().await.unwrap();
    let mut second = other.begin().await.unwrap();
    assert_eq!(first.revisions(&ids).await.unwrap(), []);
    assert_eq!(second.revisions(&ids).await.unwrap(), []);
    first.commit(put(1)).await.unwrap();
    assert!(second.commit(put(1)).await.unwrap_err().is_conflict());
    assert_eq!(first.revisions(&ids).await.unwrap()[0].1, 1);
    assert_eq!(second.revisions(&ids).await.unwrap()[0].1, 1);
    second.commit(put(2)).await.unwrap();
    let mut batch = Batch::default();
    batch
        .documents
        .insert(ids[0].clone(), DocumentWrite::Delete);
    assert!(first.commit(batch).await.unwrap_err().is_conflict());
    let found = Query::by("people", "name", Match::Prefix("name".into()));
    let found = fixture.store.documents(&found).await.unwrap();
    assert_eq!(
        found.iter().map(|row| row.revision).collect::<Vec<_>>(),
        [2]
    );
}

#[tokio::test]
async fn a_timer_is_given_to_one_server_and_a_start_timer_fires_once() {
    let (fixture, other) = two().await;
    let timer = |due| Timer {
        key: Key(5),
        instance: Key(4),
        element: "monthly".into(),
        due,
        repeat: Some("{}".into()),
    };
    let write = |due| {
        let mut batch = Batch::default();
        batch.timers.insert(Key(5), timer(due));
        batch
    };
    fixture.commit(write(hour(1))).await.unwrap();
    let (first, second) = (&fixture.store, &other);
    assert_eq!(first.claim_timers(hour(0), hour(2), 9).await.unwrap(), []);
    let claimed = first.claim_timers(hour(1), hour(2), 9).await.unwrap();
    assert_eq!(claimed, [timer(hour(1))]);
    assert_eq!(second.claim_timers(hour(1), hour(2), 9).await.unwrap(), []);
    assert_eq!(second.next_due().await.unwrap(), Some(hour(2)));
    // The first hangs, its claim runs out, the second fires; then the first comes back.
    let claimed = second.claim_timers(hour(2), hour(3), 9).await.unwrap();
    assert_eq!(claimed, [timer(hour(1))]);
    let mut late = first.begin().await.unwrap();
    late.timers(&[Key(5)]).await.unwrap();
    let mut unit = second.begin().await.unwrap();
    unit.timers(&[Key(5)]).await.unwrap();
    unit.commit(write(hour(9))).await.unwrap();
    assert!(late.commit(write(hour(9))).await.unwrap_err().is_conflict());
    assert_eq!(first.next_due().await.unwrap(), Some(hour(9)));
}

#[tokio::test]
async fn a_job_is_leased_to_one_worker_and_an_old_token_completes_nothing() {
    let (fixture, other) = two().await;
    let job = Job {
        key: Key(9),
        instance: Key(1),
        element: "send".into(),
        element_instance: Key(8),
        kind: "mail".into(),
        retries: 3,
        available_at: hour(0),
        token: 0,
        worker: None,
        created_at: hour(0),
        hidden: false,
    };
    let mut batch = Batch::default();
    batch.jobs.insert(job.key, job.clone());
    fixture.commit(batch).await.unwrap();
    let mut first = fixture.store.begin().await.unwrap();
    let mut second = other.begin().await.unwrap();
    let leased = first.lease_jobs("mail", "a", 9, hour(0), hour(1));
    assert_eq!(leased.await.unwrap()[0].token, 1);
    let leased = second.lease_jobs("mail", "b", 9, hour(0), hour(1));
    assert_eq!(leased.await.unwrap(), []);
    // The first server sees its token; before it commits, the lease runs out and another worker gets the job.
    assert_eq!(first.jobs(&[job.key]).await.unwrap()[0].token, 1);
    let leased = second.lease_jobs("mail", "b", 9, hour(1), hour(2));
    assert_eq!(leased.await.unwrap()[0].token, 2);
    let mut done = Batch::default();
    done.gone_jobs.insert(job.key);
    assert!(first.commit(done.clone()).await.unwrap_err().is_conflict());
    assert_eq!(second.jobs(&[job.key]).await.unwrap()[0].token, 2);
    second.commit(done).await.unwrap();
    assert_eq!(fixture.store.job(job.key).await.unwrap(), None);
}

#[tokio::test]
async fn a_message_and_those_who_await_it_do_not_miss_each_other() {
    let (fixture, other) = two().await;
    let pair = ("reply".to_owned(), "CASE-1".to_owned());
    let awaited = Awaited {
        kind: SubscriptionKind::Message,
        name: pair.0.clone(),
        correlation: Some(pair.1.clone()),
    };
    let mut opens = Batch::default();
    let row = Subscription {
        key: Key(3),
        instance: Key(1),
        process_id: "work".into(),
        element: "reply".into(),
        element_instance: Key(2),
        kind: SubscriptionKind::Message,
        name: pair.0.clone(),
        correlation: Some(pair.1.clone()),
        created_at: hour(0),
    };
    opens.subscriptions.insert(row.key, row.clone());
    let mut publishes = Batch::default();
    let message = Message {
        key: Key(7),
        name: pair.0.clone(),
        correlation: pair.1.clone(),
        message_id: None,
        variables: "{}".into(),
        published_at: hour(0),
        expires_at: hour(9),
    };
    publishes.messages.insert(message.key, message.clone());

    let mut first = fixture.store.begin().await.unwrap();
    let mut second = other.begin().await.unwrap();
    let pairs = [pair];
    assert_eq!(first.messages(&pairs, hour(0), 9).await.unwrap(), []);
    let asked = [awaited];
    assert_eq!(second.subscriptions(&asked, None, 9).await.unwrap(), []);
    let (opened, published) = tokio::join!(
        first.commit(opens.clone()),
        second.commit(publishes.clone())
    );
    // Whoever came second is told so, repeats, and sees the other.
    match (opened, published) {
        (Ok(()), Err(error)) => {
            assert!(error.is_conflict(), "{error}");
            assert_eq!(second.subscriptions(&asked, None, 9).await.unwrap(), [row]);
            second.commit(publishes).await.unwrap();
        }
        (Err(error), Ok(())) => {
            assert!(error.is_conflict(), "{error}");
            assert_eq!(first.messages(&pairs, hour(0), 9).await.unwrap(), [message]);
            first.commit(opens).await.unwrap();
        }
        both => panic!("{both:?}"),
    }
}

#[tokio::test]
async fn a_server_is_woken_by_what_another_writes() {
    let (fixture, other) = two().await;
    let mut wakes = other.wakes().await.unwrap();
    let mut batch = with_tasks(vec![task(1, 2, &["all"], None)], true);
    let timer = Timer {
        key: Key(5),
        instance: Key::of_instance(1),
        element: "late".into(),
        due: hour(1),
        repeat: None,
    };
    batch.timers.insert(timer.key, timer);
    fixture.commit(batch).await.unwrap();
    let wake = tokio::time::timeout(Duration::from_secs(10), wakes.next()).await;
    let expected = Wake {
        timer: Some(hour(1)),
        ..Wake::default()
    };
    assert_eq!(wake.unwrap(), expected);
}

/// What the server promises when it comes back: all that was answered is there, and calls that it did not answer have waited.
#[tokio::test]
async fn calls_wait_for_a_server_that_is_restarted_and_nothing_is_done_twice() {
    let server = servers::Postgres::start().unwrap_or_else(|problem| panic!("{problem}"));
    let address = server.database().unwrap();
    let store = Store::open(&address).await.unwrap();
    let row = |sequence| HistoryRow {
        instance: Key::of_instance(1),
        sequence,
        at: hour(sequence),
        actor: "grace".into(),
        on_behalf_of: None,
        reason: None,
        command: "step".into(),
        records: "[]".into(),
        hash: [sequence as u8; 32],
    };
    let stepping = store.clone();
    let steps = tokio::spawn(async move {
        for sequence in 1..=60 {
            let mut batch = step(1, sequence - 1);
            batch.history.push(row(sequence));
            let mut unit = stepping.begin().await.unwrap();
            unit.commit(batch).await.unwrap();
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    });
    let reading = store.clone();
    let reads = tokio::spawn(async move {
        for _ in 0..60 {
            reading.next_due().await.unwrap();
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    });
    for _ in 0..2 {
        tokio::time::sleep(Duration::from_millis(200)).await;
        server.crash().unwrap();
    }
    steps.await.unwrap();
    reads.await.unwrap();
    let history = store.history(Key::of_instance(1), 0, 100).await.unwrap();
    let sequences: Vec<i64> = history.iter().map(|row| row.sequence).collect();
    assert_eq!(sequences, (1..=60).collect::<Vec<_>>());
    let row = store.instance(Key::of_instance(1)).await.unwrap().unwrap();
    assert_eq!(row.revision, 60);
}

/// The plan of a commit is made once, here while there is one row of each, and kept while the tables grow.
#[tokio::test]
async fn a_commit_reads_no_table_as_a_whole_though_it_was_planned_when_the_tables_were_empty() {
    let fixture = Fixture::postgres().await;
    let tasks = |numbers: std::ops::RangeInclusive<i64>| {
        let tasks = numbers.map(|number| task(number, 1, &["team"], None));
        with_tasks(tasks.collect(), true)
    };
    fixture.commit(tasks(1..=1)).await.unwrap();
    fixture.commit(closing(1)).await.unwrap();
    fixture.commit(tasks(2..=400)).await.unwrap();
    for number in 2..=21 {
        fixture.commit(closing(number)).await.unwrap();
    }
    fixture.store.close().await;
    let mut beside = PgConnection::connect(&fixture.address).await.unwrap();
    let read = "select coalesce(sum(seq_tup_read), 0)::bigint, coalesce(sum(n_tup_upd), 0)::bigint from pg_stat_user_tables
        where schemaname = current_schema() and relname in ('tasks', 'process_instances')";
    // The server counts when a connection has ended.
    for _ in 0..400 {
        let counts = sqlx::query_as(read).fetch_one(&mut beside).await;
        let (rows, updated): (i64, i64) = counts.unwrap();
        if updated >= 42 {
            assert!(rows < 100, "{rows} rows were read that nobody had named");
            return;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("the changes are not counted");
}

/// A step of an instance that completes its task.
fn closing(of: i64) -> Batch {
    let mut batch = step(of, 1);
    let closed = Closed {
        state: TaskState::Completed,
        at: hour(1),
        by: Some("grace".into()),
    };
    let key = task(of, 1, &[], None).key;
    batch.closed_tasks.insert(key, closed);
    batch
}
