//! A store of each kind, and rows to put into it.
#![allow(clippy::unwrap_used, reason = "functions of tests")]

use std::path::PathBuf;

use jiff::{SignedDuration, Timestamp};
use servers::Postgres;
use store::*;

/// A store of its own, and where it is.
pub(crate) struct Fixture {
    pub(crate) address: String,
    pub(crate) store: Store,
    folder: Option<PathBuf>,
}

impl Fixture {
    pub(crate) async fn sqlite(name: &str) -> Fixture {
        let folder =
            std::env::temp_dir().join(format!("caseway-story-{}-{name}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let address = format!("sqlite:{}", folder.join("caseway.db").display());
        Fixture {
            store: Store::open(&address).await.unwrap(),
            address,
            folder: Some(folder),
        }
    }

    pub(crate) async fn postgres() -> Fixture {
        let server = Postgres::shared().unwrap_or_else(|problem| panic!("{problem}"));
        let address = server.schema().unwrap();
        Fixture {
            store: Store::open(&address).await.unwrap(),
            address,
            folder: None,
        }
    }

    /// Runs a statement beside the store, as a database tool would.
    pub(crate) async fn execute(&self, text: impl Into<String>) -> std::result::Result<(), String> {
        use sqlx::{Connection, Executor, PgConnection, SqliteConnection};
        let text = sqlx::AssertSqlSafe(text.into());
        let done = if self.store.is_shared() {
            let mut other = PgConnection::connect(&self.address).await.unwrap();
            other.execute(text).await.map(|_| ())
        } else {
            let mut other = SqliteConnection::connect(&self.address).await.unwrap();
            other.execute(text).await.map(|_| ())
        };
        done.map_err(|error| error.to_string())
    }

    pub(crate) async fn commit(&self, batch: Batch) -> Result<()> {
        self.store.begin().await?.commit(batch).await
    }
}

impl Drop for Fixture {
    fn drop(&mut self) {
        if let Some(folder) = &self.folder {
            let _ = std::fs::remove_dir_all(folder);
        }
    }
}

pub(crate) fn hour(number: i64) -> Timestamp {
    let start: Timestamp = "2026-03-02T00:00:00Z".parse().unwrap();
    start + SignedDuration::from_hours(number)
}

pub(crate) fn instance(number: i64) -> Instance {
    Instance {
        key: Key::of_instance(number),
        process_id: "work".into(),
        definition: Key::of_instance(1),
        version: 1,
        business_id: Some(format!("CASE-{number}")),
        parent_instance: None,
        parent_element: None,
        root: None,
        status: Status::Active,
        revision: 1,
        format: 1,
        started_at: hour(0),
        ended_at: None,
        suspended_at: None,
        history_length: 1,
        history_hash: START,
        state: "{}".into(),
    }
}

pub(crate) fn task(of: i64, ordinal: i64, groups: &[&str], due: Option<Timestamp>) -> Task {
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
        root: None,
    }
}

pub(crate) fn with_tasks(tasks: Vec<Task>, created: bool) -> Batch {
    let mut batch = Batch::default();
    for task in tasks {
        let instance = instance(task.instance.instance_number());
        let before = if created { 0 } else { instance.revision };
        batch.instances.insert(
            task.instance,
            InstanceWrite {
                instance,
                before,
                stays: false,
            },
        );
        batch.tasks.insert(task.key, TaskWrite { task, created });
    }
    batch
}

pub(crate) fn names(tasks: &[Task]) -> Vec<&str> {
    tasks.iter().map(|task| task.name.as_str()).collect()
}

pub(crate) fn group(name: &str) -> TaskQuery {
    TaskQuery {
        candidate_groups: vec![name.into()],
        ..TaskQuery::default()
    }
}
