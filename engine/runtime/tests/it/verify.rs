//! Whoever changes a row behind the program's back is found, on both databases.

use crate::support::*;
use bpmn::Key;
use jiff::SignedDuration;
use runtime::verify::{Verified, verify};
use runtime::{Clock, Options, Request, Runtime};
use servers::Postgres;
use sqlx::{AssertSqlSafe, Connection, Executor, PgConnection, SqliteConnection};
use store::Store;

/// An installation with three instances, one of them ended, and how to reach it besides the program.
struct Installation {
    address: String,
    runtime: Runtime,
    clock: Clock,
    ended: Key,
    open: Key,
    /// The open task of `open`.
    task: Key,
    timed: Key,
    _folder: Folder,
}

impl Installation {
    async fn on(address: String, folder: Folder) -> Installation {
        let clock = morning();
        let store = Store::open(&address).await.unwrap();
        let runtime = Runtime::open(store, clock.clone(), Options::default())
            .await
            .unwrap();
        deploy(&runtime, &["work", "reminded"]).await.unwrap();
        let ended = started(&runtime, "work").await;
        let task = only_task(&runtime, ended).await;
        let done = complete(&task, &[("note", "seen")]);
        runtime
            .submit(Request::by("grace").act(done))
            .await
            .unwrap();
        let open = started(&runtime, "work").await;
        let task = only_task(&runtime, open).await.key;
        let timed = started(&runtime, "reminded").await;
        Installation {
            address,
            runtime,
            clock,
            ended,
            open,
            task,
            timed,
            _folder: folder,
        }
    }

    async fn on_sqlite() -> Installation {
        let folder = Folder::new();
        Installation::on(folder.address(), folder).await
    }

    async fn on_postgresql() -> Installation {
        let address = Postgres::shared().unwrap().schema().unwrap();
        Installation::on(address, Folder::new()).await
    }

    /// Runs statements as somebody with the password of the database.
    async fn tamper(&self, text: &str) {
        if self.address.starts_with("sqlite:") {
            let mut other = SqliteConnection::connect(&self.address).await.unwrap();
            let text = format!(
                "drop trigger history_keeps_its_rows; drop trigger history_loses_no_rows; {text}"
            );
            other.execute(AssertSqlSafe(text)).await.unwrap();
        } else {
            let mut other = PgConnection::connect(&self.address).await.unwrap();
            let text = format!(
                "drop trigger history_keeps_its_rows on history; drop trigger history_loses_no_rows on history; {text}"
            );
            other.execute(AssertSqlSafe(text)).await.unwrap();
        }
    }

    /// What verification finds, while the server runs.
    async fn verified(&self) -> Verified {
        let store = Store::snapshot(&self.address).await.unwrap();
        let found = verify(&store, |_| ()).await.unwrap();
        store.close().await;
        found
    }
}

/// Tampers with a copy of the installation on each database; what is found is what is expected.
async fn check(
    statement: impl Fn(&Installation) -> String,
    expected: impl Fn(&Installation) -> (Key, Option<i64>, &'static str),
) {
    for installation in [
        Installation::on_sqlite().await,
        Installation::on_postgresql().await,
    ] {
        installation.tamper(&statement(&installation)).await;
        let found = installation.verified().await;
        let first = found.first.first().expect("the break is found");
        let (instance, position, words) = expected(&installation);
        assert_eq!(
            (first.instance, first.position),
            (instance, position),
            "{found:?}"
        );
        assert!(first.what.contains(words), "{found:?}");
        installation.runtime.stop().await;
    }
}

#[tokio::test]
async fn an_untouched_installation_is_whole_while_the_server_works() {
    for installation in [
        Installation::on_sqlite().await,
        Installation::on_postgresql().await,
    ] {
        installation.clock.advance(SignedDuration::from_hours(72));
        installation.runtime.wait_idle().await;
        let found = installation.verified().await;
        assert!(found.is_whole(), "{found:?}");
        assert_eq!((found.instances, found.breaks), (3, 0));
        assert!(found.commands >= 5 && found.records > 10, "{found:?}");
        // Two tasks, one of them done, and what the third instance waits for.
        assert!(found.rows >= 3, "{found:?}");
        installation.runtime.stop().await;
    }
}

#[tokio::test]
async fn a_row_of_the_history_that_tells_something_else_is_found() {
    check(
        |on| {
            let (Key(ended), Key(open)) = (on.ended, on.open);
            format!(
                "update history set records = (select records from history where instance = {open} and sequence = 1)
                where instance = {ended} and sequence = 2"
            )
        },
        |on| (on.ended, Some(2), "its hash does not fit"),
    )
    .await;
}

#[tokio::test]
async fn a_command_in_the_name_of_somebody_else_is_found() {
    check(
        |on| {
            format!(
                "update history set actor = 'ruth' where instance = {}",
                on.open.0
            )
        },
        |on| (on.open, Some(1), "its hash does not fit"),
    )
    .await;
}

#[tokio::test]
async fn a_history_without_its_last_row_is_found() {
    check(
        |on| {
            format!(
                "delete from history where instance = {} and sequence = 2",
                on.ended.0
            )
        },
        |on| (on.ended, Some(2), "is missing"),
    )
    .await;
}

#[tokio::test]
async fn a_history_without_its_first_row_is_found() {
    check(
        |on| {
            format!(
                "delete from history where instance = {} and sequence = 1",
                on.ended.0
            )
        },
        |on| {
            (
                on.ended,
                Some(1),
                "is missing; the next one that is there is 2",
            )
        },
    )
    .await;
}

#[tokio::test]
async fn a_state_that_was_exchanged_is_found() {
    check(
        |on| {
            let (Key(ended), Key(open)) = (on.ended, on.open);
            format!(
                "update process_instances set state = (select state from process_instances where key = {open})
                where key = {ended}"
            )
        },
        |on| (on.ended, None, "another state"),
    )
    .await;
}

#[tokio::test]
async fn a_case_that_was_given_another_reference_is_found() {
    check(
        |on| {
            format!(
                "update process_instances set business_id = 'CP-1' where key = {}",
                on.open.0
            )
        },
        |on| (on.open, None, "its row says other than its state"),
    )
    .await;
}

#[tokio::test]
async fn a_task_that_was_given_to_somebody_in_the_table_is_found() {
    check(
        |on| {
            format!(
                "update tasks set assignee = 'ruth' where instance = {}",
                on.open.0
            )
        },
        |on| (on.open, None, "is other than the records say"),
    )
    .await;
}

#[tokio::test]
async fn a_task_that_left_the_queue_of_its_group_is_found() {
    check(
        |on| format!("delete from task_candidates where task in (select key from tasks where instance = {})", on.open.0),
        |on| (on.open, None, "the queues of task"),
    )
    .await;
}

#[tokio::test]
async fn a_task_in_the_queue_of_a_group_that_it_is_not_for_is_found() {
    check(
        |on| {
            format!(
                "insert into task_candidates select kind, 'strangers', assigned, due, task from task_candidates
                where task in (select key from tasks where instance = {})",
                on.open.0
            )
        },
        |on| (on.task, None, "task_candidates has a row without its owner"),
    )
    .await;
}

#[tokio::test]
async fn a_task_at_another_place_of_its_queue_is_found() {
    check(
        |on| {
            format!(
                "insert into task_candidates select kind, candidate, assigned, due - 1, task from task_candidates
                where task in (select key from tasks where instance = {})",
                on.open.0
            )
        },
        |on| (on.task, None, "task_candidates has a row without its owner"),
    )
    .await;
}

#[tokio::test]
async fn a_timer_that_is_gone_is_found() {
    check(
        |on| format!("delete from timers where instance = {}", on.timed.0),
        |on| (on.timed, None, "the row of timer"),
    )
    .await;
}

#[tokio::test]
async fn rows_of_an_instance_that_is_gone_are_found() {
    check(
        |on| format!("delete from process_instances where key = {}", on.ended.0),
        |on| (on.ended, None, "history has a row without its owner"),
    )
    .await;
}
