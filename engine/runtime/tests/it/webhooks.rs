//! Events for webhooks: written with the records that they tell of, in order, by every server that shares the database.

use crate::support::*;
use bpmn::{Assignment, Command};
use runtime::{
    Act, Clock, Delivery, EventType, Expect, Include, Options, Request, Resource, Runtime, Settled,
    Webhook,
};
use serde_json::Value;
use servers::Postgres;
use store::{Store, WEBHOOKS};

fn webhook(id: &str) -> Webhook {
    Webhook {
        id: id.into(),
        url: "https://there.example/".into(),
        ..Webhook::default()
    }
}

async fn put(runtime: &Runtime, webhook: &Webhook) {
    let request = Request::by("admin");
    runtime
        .put_webhook(request, webhook, "create")
        .await
        .unwrap();
}

/// What waits for a webhook, claimed and delivered.
async fn taken(runtime: &Runtime, id: &str) -> Vec<Delivery> {
    let mut all = Vec::new();
    for (lane, events) in runtime.claim_deliveries(id, 100).await.unwrap() {
        let settled = Settled {
            lane,
            delivered: events.iter().map(|event| event.position).collect(),
            buried: None,
            available_at: runtime.now(),
            attempts: 0,
            failure: None,
        };
        assert!(runtime.settle_delivery(settled).await.unwrap());
        all.extend(events);
    }
    all
}

fn kinds(events: &[Delivery]) -> Vec<&str> {
    let short = |event: &'_ Delivery| -> &'static str {
        let kind = EventType::ALL.iter().find(|kind| kind.word() == event.kind);
        kind.unwrap().word().trim_start_matches("org.caseway.")
    };
    events.iter().map(short).collect()
}

fn body(event: &Delivery) -> Value {
    serde_json::from_str(&event.event).unwrap()
}

#[tokio::test]
async fn a_webhook_is_told_what_it_wants_in_order_with_keys_and_nothing_about_people() {
    let (folder, clock) = (Folder::new(), morning());
    let runtime = with_models(&folder, &clock).await;
    let unheard = started(&runtime, "work").await;
    put(&runtime, &webhook("all")).await;
    put(
        &runtime,
        &Webhook {
            types: vec![EventType::TaskAssigned],
            process_ids: vec!["work".into()],
            include: vec![Include::Assignee, Include::Actor, Include::BusinessId],
            source: Some("https://caseway.example".into()),
            ..webhook("few")
        },
    )
    .await;
    put(
        &runtime,
        &Webhook {
            process_ids: vec!["reminded".into()],
            ..webhook("other")
        },
    )
    .await;

    let mut start = start("work");
    if let Act::Start { business_id, .. } = &mut start {
        *business_id = Some("CASE-1".into());
    }
    let answer = runtime.submit(Request::by("grace").act(start)).await;
    let instance = answer.unwrap().started().unwrap();
    let task = only_task(&runtime, instance).await;
    let assign = Command::AssignTask {
        task: task.key,
        assignee: "grace".into(),
        expect: Assignment::default(),
    };
    let request = Request::by("ruth").command(instance, assign);
    runtime.submit(request).await.unwrap();
    let request = Request::by("grace").act(complete(&task, &[]));
    runtime.submit(request).await.unwrap();

    let all = taken(&runtime, "all").await;
    let expected = [
        "instance.started",
        "task.created",
        "task.assigned",
        "task.completed",
        "instance.completed",
    ];
    assert_eq!(kinds(&all), expected);
    assert!(all.iter().all(|event| event.instance == instance));
    assert!(all.is_sorted_by_key(|event| event.position));
    let told = body(&all[3]);
    assert_eq!(told["specversion"], "1.0");
    assert_eq!(told["source"], "urn:caseway");
    assert_eq!(told["subject"], task.key.to_string());
    assert_eq!(told["time"], "2026-03-02T09:00:00Z");
    assert_eq!(told["data"]["userTaskKey"], task.key.to_string());
    assert_eq!(told["data"]["elementId"], task.element);
    assert_eq!(told["data"]["processInstanceKey"], instance.to_string());
    for event in &all {
        let text = &event.event;
        assert!(!text.contains("grace") && !text.contains("ruth"), "{text}");
        assert!(!text.contains("CASE-1"), "{text}");
    }
    let few = taken(&runtime, "few").await;
    assert_eq!(kinds(&few), ["task.assigned"]);
    let told = body(&few[0]);
    assert_eq!(told["id"], body(&all[2])["id"]);
    assert_eq!(told["source"], "https://caseway.example");
    let data = &told["data"];
    assert_eq!(
        (&data["assignee"], &data["actor"], &data["businessId"]),
        (&"grace".into(), &"ruth".into(), &"CASE-1".into())
    );
    assert!(taken(&runtime, "other").await.is_empty());
    assert!(taken(&runtime, "all").await.is_empty());
    let _ = unheard;
}

#[tokio::test]
async fn a_refused_command_tells_nothing_and_a_deleted_webhook_hears_nothing() {
    let (folder, clock) = (Folder::new(), morning());
    let runtime = with_models(&folder, &clock).await;
    put(&runtime, &webhook("w")).await;
    let instance = started(&runtime, "work").await;
    let task = only_task(&runtime, instance).await;
    taken(&runtime, "w").await;
    let twice = Request::by("grace")
        .act(complete(&task, &[]))
        .act(complete(&task, &[]));
    assert!(runtime.submit(twice).await.is_err());
    assert!(taken(&runtime, "w").await.is_empty());

    let request = Request::by("grace").act(complete(&task, &[]));
    runtime.submit(request).await.unwrap();
    runtime
        .delete_webhook(Request::by("admin"), "w")
        .await
        .unwrap();
    started(&runtime, "work").await;
    assert_eq!(runtime.waiting_deliveries("w").await.unwrap(), 0);
    assert_eq!(runtime.webhooks().await.unwrap(), []);
}

#[tokio::test]
async fn what_a_deleted_webhook_leaves_where_a_server_stops_goes_later() {
    let (folder, clock) = (Folder::new(), morning());
    let runtime = with_models(&folder, &clock).await;
    put(&runtime, &webhook("gone")).await;
    put(&runtime, &webhook("there")).await;
    started(&runtime, "work").await;
    // The first half of deleting it.
    let delete = Act::Delete {
        collection: WEBHOOKS,
        id: "gone".into(),
        expect: Expect::Any,
    };
    let request = Request::by("admin").act(delete);
    runtime.submit(request).await.unwrap();
    assert_eq!(runtime.waiting_deliveries("gone").await.unwrap(), 2);
    assert_eq!(runtime.prune_dead_letters().await.unwrap(), 2);
    assert_eq!(runtime.waiting_deliveries("gone").await.unwrap(), 0);
    assert_eq!(runtime.next_delivery("gone").await.unwrap(), None);
    assert_eq!(taken(&runtime, "there").await.len(), 2);
}

#[tokio::test]
async fn each_server_tells_a_new_webhook_what_it_does_next() {
    let address = Postgres::shared().unwrap().schema().unwrap();
    let clock: Clock = morning();
    let mut servers = Vec::new();
    for _ in 0..2 {
        let store = Store::open(&address).await.unwrap();
        let server = Runtime::open(store, clock.clone(), Options::default()).await;
        servers.push(server.unwrap());
    }
    deploy(&servers[0], &["work"]).await.unwrap();
    // Both have read that there are none.
    for server in &servers {
        started(server, "work").await;
    }
    put(&servers[0], &webhook("w")).await;
    let heard = started(&servers[1], "work").await;
    let told = taken(&servers[0], "w").await;
    assert_eq!(kinds(&told), ["instance.started", "task.created"]);
    assert!(told.iter().all(|event| event.instance == heard));

    let webhook = servers[1].webhook("w").await.unwrap().unwrap();
    let fewer = Webhook {
        types: vec![EventType::InstanceTerminated],
        ..webhook
    };
    put(&servers[1], &fewer).await;
    let request = Request::by("ruth").command(heard, Command::CancelInstance);
    servers[0].submit(request).await.unwrap();
    assert_eq!(
        kinds(&taken(&servers[1], "w").await),
        ["instance.terminated"]
    );
}

#[tokio::test]
async fn who_listens_hears_that_an_instance_stands_still_and_goes_on() {
    let (folder, clock) = (Folder::new(), morning());
    let runtime = with_models(&folder, &clock).await;
    let instance = started(&runtime, "work").await;
    put(&runtime, &webhook("w")).await;
    for command in [Command::Suspend, Command::Resume] {
        let request = Request::by("ruth").command(instance, command);
        runtime.submit(request).await.unwrap();
    }
    let told = taken(&runtime, "w").await;
    assert_eq!(kinds(&told), ["instance.suspended", "instance.resumed"]);
}

#[tokio::test]
async fn a_change_of_who_has_a_task_is_told_once_its_listener_lets_it_be_and_never_where_it_denies()
{
    let (folder, clock) = (Folder::new(), morning());
    let runtime = with_models(&folder, &clock).await;
    let plain = model("work");
    let listener = r#"<zeebe:taskListeners><zeebe:taskListener eventType="assigning" type="look" /></zeebe:taskListeners>"#;
    let heard = plain.text.replace(
        "<zeebe:assignmentDefinition",
        &format!("{listener}<zeebe:assignmentDefinition"),
    );
    let resources = vec![Resource::new(plain.name, heard)];
    let request = Request::by("daniel").act(Act::Deploy { resources });
    runtime.submit(request).await.unwrap();
    put(
        &runtime,
        &Webhook {
            types: vec![EventType::TaskAssigned],
            include: vec![Include::Assignee],
            ..webhook("w")
        },
    )
    .await;
    let instance = started(&runtime, "work").await;
    let task = only_task(&runtime, instance).await.key;
    for (denied, told) in [(true, None), (false, Some("grace"))] {
        let assign = Command::AssignTask {
            task,
            assignee: "grace".into(),
            expect: Assignment::default(),
        };
        let request = Request::by("ruth").command(instance, assign);
        runtime.submit(request).await.unwrap();
        assert!(taken(&runtime, "w").await.is_empty(), "nothing is decided");
        let job = runtime.instance(instance).await.unwrap().unwrap();
        let job = *job.state.jobs().keys().next().unwrap();
        let decide = Command::CompleteTaskListener {
            job,
            denied,
            reason: None,
            corrections: bpmn::Corrections::default(),
        };
        let request = Request::by("worker").command(instance, decide);
        runtime.submit(request).await.unwrap();
        let events = taken(&runtime, "w").await;
        let assignees: Vec<Value> = events
            .iter()
            .map(|event| body(event)["data"]["assignee"].clone())
            .collect();
        assert_eq!(assignees, told.into_iter().collect::<Vec<_>>());
    }
}
