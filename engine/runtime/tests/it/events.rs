//! Messages, signals and times across batches, transactions and restarts.

use crate::support::*;
use bpmn::{Command, Key, Status};
use feel::{Context, Value};
use jiff::SignedDuration;
use runtime::limits::{FOLLOW_UPS_MAX, RECEIVERS_AT_ONCE};
use runtime::{Act, Answer, Error, Outcome, Publication, Request, Resource, Runtime};
use store::{InstanceQuery, MAX_LIMIT, SubscriptionQuery};

const HEAD: &str = r#"<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" xmlns:z="http://camunda.org/schema/zeebe/1.0">
<message id="M" name="reply"><extensionElements><z:subscription correlationKey="=family"/></extensionElements></message>
<message id="A" name="application"/><signal id="S" name="storm"/>"#;

fn models() -> Vec<Resource> {
    let process = |name: &str, body: &str| {
        let text = format!(
            r#"{HEAD}<process id="{name}" isExecutable="true">{body}</process></definitions>"#
        );
        Resource::new(format!("{name}.bpmn"), text)
    };
    let flow = |id: &str, from: &str, to: &str| {
        format!(r#"<sequenceFlow id="{id}" sourceRef="{from}" targetRef="{to}"/>"#)
    };
    let catching = |id: &str, what: &str| {
        format!(r#"<intermediateCatchEvent id="{id}">{what}</intermediateCatchEvent>"#)
    };
    let signal = r#"<signalEventDefinition signalRef="S"/>"#;
    let message = r#"<messageEventDefinition messageRef="M"/>"#;
    let twice = [
        r#"<startEvent id="s"/><endEvent id="e"/>"#.to_owned(),
        catching("one", signal),
        catching("two", signal),
        flow("f1", "s", "one"),
        flow("f2", "one", "two"),
        flow("f3", "two", "e"),
    ];
    let waits = [
        r#"<startEvent id="s"/><endEvent id="e"/>"#.to_owned(),
        catching("wait", message),
        flow("f1", "s", "wait"),
        flow("f2", "wait", "e"),
    ];
    let support = [
        r#"<startEvent id="s"><messageEventDefinition messageRef="A"/></startEvent><userTask id="decide"/>"#.to_owned(),
        flow("f1", "s", "decide"),
    ];
    vec![
        process("twice", &twice.concat()),
        process("waits", &waits.concat()),
        process("support", &support.concat()),
    ]
}

fn daily(time: &str) -> Resource {
    let text = format!(
        r#"{HEAD}<process id="daily" isExecutable="true"><startEvent id="s"><timerEventDefinition>{time}</timerEventDefinition></startEvent><userTask id="do"/><sequenceFlow id="f" sourceRef="s" targetRef="do"/></process></definitions>"#
    );
    Resource::new("daily.bpmn", text)
}

async fn with_events(folder: &Folder) -> Runtime {
    let runtime = open(folder, &morning()).await;
    let deploy = Act::Deploy {
        resources: models(),
    };
    runtime
        .submit(Request::by("daniel").act(deploy))
        .await
        .unwrap();
    runtime
}

async fn submit(runtime: &Runtime, act: Act) -> Result<Answer, Error> {
    runtime.submit(Request::by("grace").act(act)).await
}

fn family(name: &str) -> Context {
    [("family".to_owned(), Value::from(name))]
        .into_iter()
        .collect()
}

fn started_with(process_id: &str, variables: Context) -> Act {
    Act::Start {
        process_id: process_id.into(),
        version: None,
        at: None,
        business_id: None,
        variables,
        calendar: None,
    }
}

fn reply(family: &str, time_to_live_ms: u64) -> Act {
    Act::PublishMessage(Publication {
        name: "reply".into(),
        correlation: family.into(),
        time_to_live_ms,
        ..Publication::default()
    })
}

fn storm() -> Act {
    Act::BroadcastSignal {
        name: "storm".into(),
        variables: Context::default(),
    }
}

async fn number(runtime: &Runtime, process: &str, status: Status) -> usize {
    let query = InstanceQuery {
        process_id: Some(process.into()),
        status: Some(status),
        limit: store::MAX_LIMIT,
        ..InstanceQuery::default()
    };
    runtime.instances(&query).await.unwrap().len()
}

async fn waiting_at(runtime: &Runtime, element: &str) -> usize {
    let query = SubscriptionQuery {
        element: Some(element.into()),
        limit: MAX_LIMIT,
        ..SubscriptionQuery::default()
    };
    runtime.subscriptions(&query).await.unwrap().len()
}

#[tokio::test]
async fn a_signal_reaches_everybody_once_across_a_restart() {
    let folder = Folder::new();
    let runtime = with_events(&folder).await;
    let number_of = RECEIVERS_AT_ONCE * 2 + 7;
    let mut request = Request::by("grace");
    for _ in 0..number_of {
        request = request.act(start("twice"));
    }
    runtime.submit(request).await.unwrap();
    let answer = submit(&runtime, storm()).await.unwrap();
    let Outcome::Broadcast {
        receivers, later, ..
    } = &answer.outcomes[0]
    else {
        panic!("{answer:?}");
    };
    assert_eq!(receivers.len(), RECEIVERS_AT_ONCE);
    assert_eq!(*later as usize, number_of - RECEIVERS_AT_ONCE);
    runtime.stop().await;

    // Who began to wait again has had it: the clock has not moved since.
    let runtime = open(&folder, &morning()).await;
    runtime.clock().advance(SignedDuration::from_mins(5));
    runtime.wait_idle().await;
    assert_eq!(waiting_at(&runtime, "one").await, 0);
    assert_eq!(waiting_at(&runtime, "two").await, number_of);
    submit(&runtime, storm()).await.unwrap();
    runtime.wait_idle().await;
    assert_eq!(
        number(&runtime, "twice", Status::Completed).await,
        number_of
    );
    runtime.stop().await;
}

#[tokio::test]
async fn requests_of_one_batch_see_what_the_others_wait_for_and_keep() {
    let folder = Folder::new();
    let runtime = with_events(&folder).await;
    let answers = tokio::join!(
        submit(&runtime, reply("F-1", 60_000)),
        submit(&runtime, started_with("waits", family("F-1"))),
        submit(&runtime, started_with("waits", family("F-2"))),
        submit(&runtime, reply("F-2", 0)),
        submit(&runtime, started_with("waits", family("F-3"))),
        submit(&runtime, reply("F-3", 0)),
    );
    answers.0.unwrap();
    let started = answers.2.unwrap().started().unwrap();
    let cancel = Act::Command {
        instance: answers.4.unwrap().started().unwrap(),
        command: Command::CancelInstance,
    };
    // It has ended already, by its message.
    assert!(submit(&runtime, cancel).await.is_err());
    assert_eq!(commands(&runtime, started).await, ["start", "trigger"]);
    assert_eq!(number(&runtime, "waits", Status::Completed).await, 3);
    runtime.stop().await;
}

#[tokio::test]
async fn a_message_says_who_got_it() {
    let folder = Folder::new();
    let runtime = with_events(&folder).await;
    let waits = submit(&runtime, started_with("waits", family("F-1")))
        .await
        .unwrap();
    let answer = submit(&runtime, reply("F-1", 0)).await.unwrap();
    let Outcome::Published { receivers, .. } = &answer.outcomes[0] else {
        panic!("{answer:?}");
    };
    assert_eq!(receivers.len(), 1);
    assert_eq!(Some(receivers[0].instance), waits.started());
    assert!(!receivers[0].started);
    let again = Act::CorrelateMessage {
        name: "reply".into(),
        correlation: "F-1".into(),
        variables: Context::default(),
    };
    let error = submit(&runtime, again).await.unwrap_err();
    assert!(matches!(error, Error::NobodyWaits { .. }), "{error}");
    runtime.stop().await;
}

#[tokio::test]
async fn a_message_id_is_free_again_when_its_message_has_expired() {
    let folder = Folder::new();
    let runtime = with_events(&folder).await;
    let message = Act::PublishMessage(Publication {
        name: "reply".into(),
        correlation: "F-1".into(),
        message_id: Some("a".into()),
        time_to_live_ms: 60_000,
        ..Publication::default()
    });
    submit(&runtime, message.clone()).await.unwrap();
    let error = submit(&runtime, message.clone()).await.unwrap_err();
    assert!(error.to_string().contains("\"a\""), "{error}");
    runtime.clock().advance(SignedDuration::from_mins(1));
    runtime.wait_idle().await;
    submit(&runtime, message).await.unwrap();
    runtime.stop().await;
}

#[tokio::test]
async fn a_time_starts_an_instance_once_and_again_when_it_repeats() {
    let folder = Folder::new();
    let clock = morning();
    let runtime = open(&folder, &clock).await;
    let deploy = |time: &str| Act::Deploy {
        resources: vec![daily(time)],
    };
    submit(&runtime, deploy("<timeCycle>R3/PT1H</timeCycle>"))
        .await
        .unwrap();
    clock.advance(SignedDuration::from_mins(90));
    runtime.wait_idle().await;
    assert_eq!(number(&runtime, "daily", Status::Active).await, 1);
    runtime.stop().await;

    let runtime = open(&folder, &clock).await;
    clock.advance(SignedDuration::from_hours(12));
    runtime.wait_idle().await;
    assert_eq!(number(&runtime, "daily", Status::Active).await, 3);

    // A new version has its own times, and the old ones are withdrawn.
    submit(&runtime, deploy("<timeCycle>R/PT1H</timeCycle>"))
        .await
        .unwrap();
    submit(&runtime, deploy("<timeDuration>PT2H</timeDuration>"))
        .await
        .unwrap();
    clock.advance(SignedDuration::from_hours(12));
    runtime.wait_idle().await;
    assert_eq!(number(&runtime, "daily", Status::Active).await, 4);
    runtime.stop().await;
}

#[tokio::test]
async fn what_follows_beyond_the_limit_follows_in_later_transactions() {
    let folder = Folder::new();
    let runtime = with_events(&folder).await;
    let text = format!(
        r#"{HEAD}<process id="many" isExecutable="true"><startEvent id="s"/>
        <callActivity id="call"><extensionElements><z:calledElement processId="waits"/></extensionElements>
        <multiInstanceLoopCharacteristics><extensionElements><z:loopCharacteristics inputCollection="=for i in 1..n return string(i)" inputElement="family"/></extensionElements></multiInstanceLoopCharacteristics>
        </callActivity><sequenceFlow id="f" sourceRef="s" targetRef="call"/></process></definitions>"#
    );
    let resources = vec![Resource::new("many.bpmn", text)];
    submit(&runtime, Act::Deploy { resources }).await.unwrap();
    let number_of = FOLLOW_UPS_MAX + 120;
    let variables = [("n".to_owned(), Value::from(number_of as i64))]
        .into_iter()
        .collect();
    let answer = submit(&runtime, started_with("many", variables))
        .await
        .unwrap();
    runtime.wait_idle().await;
    assert_eq!(number(&runtime, "waits", Status::Active).await, number_of);
    let mut request = Request::by("grace");
    for i in 1..=1_000 {
        request = request.act(reply(&i.to_string(), 0));
    }
    runtime.submit(request).await.unwrap();
    for i in 1_001..=number_of {
        submit(&runtime, reply(&i.to_string(), 0)).await.unwrap();
    }
    let many: Key = answer.started().unwrap();
    let view = runtime.instance(many).await.unwrap().unwrap();
    assert_eq!(view.status, Status::Completed);
    runtime.stop().await;
}

#[tokio::test]
async fn a_start_lock_is_free_when_its_instance_has_ended() {
    let folder = Folder::new();
    let runtime = with_events(&folder).await;
    let application = |time_to_live_ms| {
        Act::PublishMessage(Publication {
            name: "application".into(),
            correlation: "F-1".into(),
            time_to_live_ms,
            ..Publication::default()
        })
    };
    submit(&runtime, application(0)).await.unwrap();
    submit(&runtime, application(0)).await.unwrap();
    assert_eq!(number(&runtime, "support", Status::Active).await, 1);
    submit(&runtime, application(60_000)).await.unwrap();
    let query = store::TaskQuery::default();
    let task = runtime.tasks(&query).await.unwrap().remove(0);
    submit(&runtime, complete(&task, &[])).await.unwrap();
    assert_eq!(number(&runtime, "support", Status::Active).await, 1);
    assert_eq!(number(&runtime, "support", Status::Completed).await, 1);
    runtime.stop().await;
}
