//! A runtime over a file in a folder of its own, and short words for what tests do with it.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

use bpmn::{Command, Key};
use feel::{Context, Value};
use jiff::Timestamp;
use runtime::{Act, Answer, Clock, Deployed, Error, Options, Outcome, Request, Resource, Runtime};
use servers::Postgres;
use store::{Store, Task, TaskQuery};

pub(crate) const MORNING: &str = "2026-03-02T09:00:00Z";

/// A folder that goes with the test.
pub(crate) struct Folder(PathBuf);

impl Folder {
    pub(crate) fn new() -> Folder {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let path =
            std::env::temp_dir().join(format!("caseway-runtime-{}-{number}", std::process::id()));
        std::fs::create_dir_all(&path).unwrap();
        Folder(path)
    }

    pub(crate) fn file(&self) -> PathBuf {
        self.0.join("caseway.db")
    }

    pub(crate) fn address(&self) -> String {
        address(&self.file())
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

pub(crate) fn address(file: &Path) -> String {
    format!("sqlite:{}", file.display())
}

pub(crate) fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

pub(crate) fn morning() -> Clock {
    Clock::test(at(MORNING))
}

pub(crate) async fn open(folder: &Folder, clock: &Clock) -> Runtime {
    let store = Store::open(&folder.address()).await.unwrap();
    Runtime::open(store, clock.clone(), Options::default())
        .await
        .unwrap()
}

/// Two servers over one PostgreSQL database, and the clock that both look at.
pub(crate) async fn two() -> (Runtime, Runtime, Clock) {
    let address = Postgres::shared().unwrap().schema().unwrap();
    let clock = morning();
    let mut servers = Vec::new();
    for _ in 0..2 {
        let store = Store::open(&address).await.unwrap();
        let server = Runtime::open(store, clock.clone(), Options::default()).await;
        servers.push(server.unwrap());
    }
    let second = servers.pop().unwrap();
    (servers.pop().unwrap(), second, clock)
}

/// A runtime with the models of these tests.
pub(crate) async fn with_models(folder: &Folder, clock: &Clock) -> Runtime {
    let runtime = open(folder, clock).await;
    deploy(&runtime, &["work", "reminded"]).await.unwrap();
    runtime
}

/// A model of these tests: `work` is `work.bpmn`.
pub(crate) fn model(name: &str) -> Resource {
    let name = if name.contains('.') {
        name.to_owned()
    } else {
        format!("{name}.bpmn")
    };
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/models")
        .join(&name);
    Resource::new(name, std::fs::read_to_string(path).unwrap())
}

pub(crate) async fn deploy(runtime: &Runtime, names: &[&str]) -> Result<Answer, Error> {
    let resources = names.iter().map(|name| model(name)).collect();
    runtime
        .submit(Request::by("daniel").act(Act::Deploy { resources }))
        .await
}

/// Deploys files; what came of it.
pub(crate) async fn deployed(runtime: &Runtime, resources: Vec<Resource>) -> Deployed {
    let act = Act::Deploy { resources };
    let answer = runtime.submit(Request::by("daniel").act(act)).await;
    match answer.unwrap().outcomes.pop() {
        Some(Outcome::Deployed(deployed)) => deployed,
        other => panic!("no deployment, but {other:?}"),
    }
}

pub(crate) fn start(process_id: &str) -> Act {
    Act::Start {
        process_id: process_id.into(),
        version: None,
        at: None,
        business_id: None,
        variables: Context::default(),
        calendar: None,
    }
}

pub(crate) async fn started(runtime: &Runtime, process_id: &str) -> Key {
    runtime
        .submit(Request::by("grace").act(start(process_id)))
        .await
        .unwrap()
        .started()
        .unwrap()
}

pub(crate) async fn only_task(runtime: &Runtime, instance: Key) -> Task {
    let mut tasks = tasks_of(runtime, instance).await;
    assert_eq!(tasks.len(), 1, "one open task: {tasks:?}");
    tasks.remove(0)
}

pub(crate) async fn tasks_of(runtime: &Runtime, instance: Key) -> Vec<Task> {
    let query = TaskQuery {
        instances: vec![instance],
        ..TaskQuery::default()
    };
    runtime.tasks(&query).await.unwrap()
}

pub(crate) fn complete(task: &Task, variables: &[(&str, &str)]) -> Act {
    let variables = variables
        .iter()
        .map(|(name, text)| ((*name).to_owned(), Value::from(*text)))
        .collect();
    Act::Command {
        instance: task.instance,
        command: Command::CompleteTask {
            task: task.key,
            by: None,
            variables,
        },
    }
}

/// The commands that the account of an instance tells, in order.
pub(crate) async fn commands(runtime: &Runtime, instance: Key) -> Vec<String> {
    runtime
        .history(instance)
        .await
        .unwrap()
        .into_iter()
        .map(|row| row.command)
        .collect()
}
