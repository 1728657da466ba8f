//! Deadlines in the tables, and what a changed calendar does to all of them: in bounded parts, on every server, nothing twice.

use std::cmp::Ordering;

use crate::support::*;
use bpmn::{Command, Key};
use runtime::{Act, Answer, Clock, Error, Options, Request, Resource, Runtime};
use servers::Postgres;
use store::search::{By, Condition, Operand, Part, Search, Test};
use store::{Deadline, DeadlineState, Ids, Sight, Store, Viewer};

/// The office's calendar with some holidays. 2 March 2026 is a Monday.
fn calendar(holidays: &[&str]) -> Resource {
    let day = |day: &&str| format!(r#"{{"date": "{day}", "name": "Holiday"}}"#);
    let holidays: Vec<String> = holidays.iter().map(day).collect();
    let text = format!(
        r#"{{"id": "office", "name": "Office", "zone": "UTC", "weekend": ["saturday", "sunday"],
        "office_hours": {{"from": "09:00", "to": "17:00"}}, "source": "invented",
        "years": {{"from": 2026, "to": 2026}}, "holidays": [{}]}}"#,
        holidays.join(", ")
    );
    Resource::new("office.calendar", text)
}

async fn deploy_all(runtime: &Runtime, resources: Vec<Resource>) -> Result<Answer, Error> {
    let request = Request::by("daniel").act(Act::Deploy { resources });
    runtime.submit(request).await
}

/// The due times of the open deadlines of an instance, the task's first.
async fn dues(runtime: &Runtime, instance: Key) -> Vec<String> {
    let mut rows = runtime.deadlines(&[instance]).await.unwrap();
    rows.retain(|row| row.state == DeadlineState::Open);
    rows.sort_by_key(|row| !row.of_task);
    let due = |at: Option<jiff::Timestamp>| at.map_or("paused".into(), |at| at.to_string());
    rows.into_iter().map(|row| due(row.due)).collect()
}

async fn command(runtime: &Runtime, key: Key, command: Command) -> Result<Answer, Error> {
    let request = Request::by("ruth").command(key.instance(), command);
    runtime.submit(request).await
}

fn pause(deadline: Key) -> Command {
    Command::PauseDeadline {
        deadline,
        reason: "The family is abroad".into(),
        authority: Some("Service manager".into()),
        by: Some("ruth".into()),
    }
}

#[tokio::test]
async fn a_deadline_keeps_its_record_after_its_end() {
    let folder = Folder::new();
    let clock = morning();
    let runtime = open(&folder, &clock).await;
    deploy_all(&runtime, vec![calendar(&[]), model("clocks")])
        .await
        .unwrap();
    let instance = started(&runtime, "clocks").await;
    let task = only_task(&runtime, instance).await;
    command(&runtime, task.key, pause(task.key)).await.unwrap();
    assert_eq!(dues(&runtime, instance).await, ["paused", "paused"]);
    assert_eq!(only_task(&runtime, instance).await.due, None);
    let resume = Command::ResumeDeadline {
        deadline: task.key,
        by: None,
    };
    command(&runtime, task.key, resume).await.unwrap();
    clock.set(at("2026-03-12T09:00:00Z"));
    runtime.wait_idle().await;
    let explain = |reason: &str| Command::ExplainMiss {
        deadline: task.key,
        reason: reason.into(),
        by: None,
    };
    // Done and explained in one request.
    let request = Request::by("grace")
        .act(complete(&task, &[]))
        .command(instance, explain("Nobody was at home"));
    runtime.submit(request).await.unwrap();
    let row = runtime.deadline(task.key).await.unwrap().unwrap();
    assert_eq!(row.state, DeadlineState::Missed);
    assert_eq!(row.stopped_at, Some(at("2026-03-12T09:00:00Z")));
    assert_eq!(row.miss_reason.as_deref(), Some("Nobody was at home"));
    assert_eq!(row.source.as_deref(), Some("statute"));
    assert!(
        row.changes.contains("The family is abroad") && row.changes.contains("Service manager")
    );
    let again = command(&runtime, task.key, explain("Again")).await;
    assert!(matches!(again, Err(Error::Rejected(_))), "{again:?}");
}

#[tokio::test]
async fn a_holiday_that_is_declared_late_moves_what_it_concerns_and_leaves_the_rest_alone() {
    let folder = Folder::new();
    let clock = morning();
    let runtime = open(&folder, &clock).await;
    deploy_all(&runtime, vec![calendar(&[]), model("clocks")])
        .await
        .unwrap();
    // More than are counted in one transaction.
    let mut instances = Vec::new();
    for _ in 0..230 {
        instances.push(started(&runtime, "clocks").await);
    }
    deploy_all(&runtime, vec![calendar(&["2026-03-04"])])
        .await
        .unwrap();
    // Far away: nothing has to be counted, and no history tells of it.
    deploy_all(&runtime, vec![calendar(&["2026-03-04", "2026-06-04"])])
        .await
        .unwrap();
    runtime.wait_idle().await;
    for instance in &instances {
        let moved = ["2026-03-10T17:00:00Z", "2026-03-11T17:00:00Z"];
        assert_eq!(dues(&runtime, *instance).await, moved);
        assert_eq!(
            commands(&runtime, *instance).await,
            ["start", "recomputeDeadlines"]
        );
        assert_eq!(runtime.first_break(*instance).await.unwrap(), None);
    }
    // At the old time nothing fires, at the new one everything does, once.
    clock.set(at("2026-03-10T23:00:00Z"));
    runtime.wait_idle().await;
    assert_eq!(commands(&runtime, instances[7]).await.len(), 2);
    clock.set(at("2026-03-11T23:00:00Z"));
    runtime.wait_idle().await;
    for instance in &instances {
        assert_eq!(commands(&runtime, *instance).await.len(), 3);
    }
}

#[tokio::test]
async fn a_recomputation_goes_on_after_a_restart() {
    let folder = Folder::new();
    let clock = morning();
    let runtime = open(&folder, &clock).await;
    deploy_all(&runtime, vec![calendar(&[]), model("clocks")])
        .await
        .unwrap();
    let mut instances = Vec::new();
    for _ in 0..120 {
        instances.push(started(&runtime, "clocks").await);
    }
    deploy_all(&runtime, vec![calendar(&["2026-03-04"])])
        .await
        .unwrap();
    runtime.stop().await;
    let runtime = open(&folder, &clock).await;
    runtime.wait_idle().await;
    for instance in instances {
        assert_eq!(dues(&runtime, instance).await[0], "2026-03-10T17:00:00Z");
    }
}

#[tokio::test]
async fn a_case_may_ask_for_all_to_be_counted_anew() {
    let folder = Folder::new();
    let runtime = open(&folder, &morning()).await;
    deploy_all(&runtime, vec![calendar(&[]), model("clocks")])
        .await
        .unwrap();
    let instance = started(&runtime, "clocks").await;
    let calendar = None;
    let request = Request::by("ruth")
        .because("To be sure")
        .act(Act::RecomputeDeadlines { calendar });
    runtime.submit(request).await.unwrap();
    runtime.wait_idle().await;
    // Nothing has changed, so nothing happened.
    assert_eq!(commands(&runtime, instance).await, ["start"]);
}

#[tokio::test]
async fn all_servers_count_by_the_new_calendar() {
    let address = Postgres::shared().unwrap().schema().unwrap();
    let clock: Clock = morning();
    let mut servers = Vec::new();
    for _ in 0..2 {
        let store = Store::open(&address).await.unwrap();
        let server = Runtime::open(store, clock.clone(), Options::default()).await;
        servers.push(server.unwrap());
    }
    let (first, second) = (&servers[0], &servers[1]);
    deploy_all(first, vec![calendar(&[]), model("clocks")])
        .await
        .unwrap();
    let mut instances = Vec::new();
    for number in 0..40 {
        instances.push(started(&servers[number % 2], "clocks").await);
    }
    deploy_all(first, vec![calendar(&["2026-03-04"])])
        .await
        .unwrap();
    // What the other server begins right then may still be counted as before.
    for _ in 0..10 {
        instances.push(started(second, "clocks").await);
    }
    tokio::join!(first.wait_idle(), second.wait_idle());
    clock.set(at("2026-03-02T09:10:00Z"));
    tokio::join!(first.wait_idle(), second.wait_idle());
    for instance in &instances {
        let moved = ["2026-03-10T17:00:00Z", "2026-03-11T17:00:00Z"];
        assert_eq!(dues(second, *instance).await, moved, "{instance}");
    }
    assert_eq!(second.recomputing().await.unwrap(), []);
    finds_what_may_be_seen(second, instances[0]).await;
    clock.set(at("2026-03-12T09:00:00Z"));
    tokio::join!(first.wait_idle(), second.wait_idle());
    for instance in &instances {
        let fired = commands(first, *instance).await;
        let fired = fired.iter().filter(|command| *command == "fireTimer");
        assert_eq!(fired.count(), 1, "{instance}");
    }
}

#[tokio::test]
async fn a_case_may_begin_with_a_calendar_of_its_own() {
    let folder = Folder::new();
    let runtime = open(&folder, &morning()).await;
    let night = r#"{"id": "night", "name": "Night", "zone": "UTC", "weekend": ["monday", "tuesday", "wednesday"],
        "office_hours": {"from": "18:00", "to": "23:00"}, "source": "invented", "years": {"from": 2026, "to": 2026},
        "holidays": [{"date": "2026-01-01", "name": "Holiday"}]}"#;
    let night = Resource::new("night.calendar", night);
    deploy_all(&runtime, vec![calendar(&[]), night, model("clocks")])
        .await
        .unwrap();
    let starting = |id: &str| {
        let Act::Start {
            process_id,
            version,
            at,
            business_id,
            variables,
            ..
        } = start("clocks")
        else {
            unreachable!("it starts");
        };
        Request::by("ruth").act(Act::Start {
            process_id,
            version,
            at,
            business_id,
            variables,
            calendar: Some(id.into()),
        })
    };
    let answer = runtime.submit(starting("night")).await.unwrap();
    let instance = answer.started().unwrap();
    let usual = started(&runtime, "clocks").await;
    assert_ne!(dues(&runtime, instance).await, dues(&runtime, usual).await);
    let rows = runtime.deadlines(&[instance]).await.unwrap();
    assert!(
        rows.iter()
            .all(|row| row.calendar.as_deref() == Some("night"))
    );
    assert_eq!(runtime.first_break(instance).await.unwrap(), None);
    let unknown = runtime.submit(starting("gone")).await;
    assert!(matches!(unknown, Err(Error::Rejected(_))), "{unknown:?}");
}

#[tokio::test]
async fn a_preview_says_which_clocks_a_calendar_will_move_and_moves_none() {
    let folder = Folder::new();
    let clock = morning();
    let runtime = open(&folder, &clock).await;
    deploy_all(&runtime, vec![calendar(&[]), model("clocks")])
        .await
        .unwrap();
    let instance = started(&runtime, "clocks").await;
    let before = dues(&runtime, instance).await;
    let later = calendar(&["2026-03-04"]);
    let preview = runtime
        .preview_calendars(vec![later.clone()])
        .await
        .unwrap();
    assert_eq!(
        (preview.clocks, preview.moved, preview.is_whole),
        (2, 2, true)
    );
    assert_eq!(preview.examples.len(), 2);
    assert_eq!(dues(&runtime, instance).await, before);
    let (known, next) = &preview.calendars[0];
    let difference = next.difference(known.as_ref().unwrap());
    assert_eq!(difference.off.len(), 1);

    deploy_all(&runtime, vec![later.clone()]).await.unwrap();
    runtime.wait_idle().await;
    let mut after: Vec<String> = preview
        .examples
        .iter()
        .map(|m| m.after.to_string())
        .collect();
    after.sort();
    assert_eq!(dues(&runtime, instance).await, after);
    assert_eq!(runtime.recomputing().await.unwrap(), []);
    let again = runtime.preview_calendars(vec![later]).await.unwrap();
    assert_eq!((again.calendars.len(), again.clocks), (0, 0));
    // So far away that nothing has to be counted.
    let far = calendar(&["2026-03-04", "2026-06-04"]);
    let far = runtime.preview_calendars(vec![far]).await.unwrap();
    assert_eq!((far.calendars.len(), far.clocks, far.moved), (1, 0, 0));
}

#[tokio::test]
async fn counting_anew_can_be_followed() {
    let folder = Folder::new();
    let runtime = open(&folder, &morning()).await;
    deploy_all(&runtime, vec![calendar(&[]), model("clocks")])
        .await
        .unwrap();
    for _ in 0..230 {
        started(&runtime, "clocks").await;
    }
    deploy_all(&runtime, vec![calendar(&["2026-03-04"])])
        .await
        .unwrap();
    // Each look is between two of its transactions, or after the last.
    let mut seen = Vec::new();
    loop {
        let Some(now) = runtime.recomputing().await.unwrap().pop() else {
            break;
        };
        assert_eq!(now.calendar.as_deref(), Some("office"));
        assert_eq!(now.left, 2 * (230 - now.looked_at));
        seen.push(now.looked_at);
    }
    assert!(seen.is_sorted(), "{seen:?}");
}

/// The queries of the API, on the database of the test.
async fn finds_what_may_be_seen(runtime: &Runtime, instance: Key) {
    let viewer = |user: &str, group: &str| Viewer {
        user: user.into(),
        groups: vec![group.into()],
        ..Viewer::default()
    };
    let task = only_task(runtime, instance).await;
    let group = task.candidate_groups.first().map_or("", String::as_str);
    let is = |column, test| Condition { column, test };
    let time = |text: &str| Operand::Number(at(text).as_microsecond());
    let search = Search {
        all: vec![
            is("instance", Test::In(vec![Operand::Number(instance.0)])),
            is("state", Test::In(vec![Operand::Text("running".into())])),
            is(
                "due",
                Test::Is(&[Ordering::Greater], time("2026-03-02T00:00:00Z")),
            ),
            is(
                "due",
                Test::Is(&[Ordering::Less], time("2026-04-02T00:00:00Z")),
            ),
        ],
        any: Vec::new(),
        sight: None,
        order: vec![By {
            column: "due",
            descending: false,
        }],
        part: Part::From(0),
        limit: 10,
    };
    let seen = async |viewer: Option<Viewer>| {
        let sight = viewer.map(|viewer| Sight {
            own: Ids::All,
            viewer,
            ..Sight::default()
        });
        let search = Search {
            sight,
            ..search.clone()
        };
        let found = runtime.search::<Deadline>(&search).await.unwrap();
        let counted = runtime.search_count::<Deadline>(&search, found.chosen);
        assert_eq!(counted.await.unwrap(), found.rows.len() as u64);
        found.rows.len()
    };
    assert_eq!(seen(None).await, 2);
    let offered = usize::from(!group.is_empty()) * 2;
    assert_eq!(seen(Some(viewer("nobody", group))).await, offered);
    assert_eq!(seen(Some(viewer("nobody", "others"))).await, 0);
}
