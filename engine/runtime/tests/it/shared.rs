//! Two servers over one PostgreSQL database: any request to either of them, and everything happens once.

use crate::support::*;
use bpmn::{Assignment, Command};
use feel::Context;
use jiff::SignedDuration;
use runtime::{Act, Error, InstanceQuery, Request, Runtime};
use store::TaskQuery;

#[tokio::test]
async fn what_one_server_deploys_the_other_starts_at_once_and_in_its_latest_version() {
    let (first, second, _) = two().await;
    deploy(&first, &["work"]).await.unwrap();
    let instance = started(&second, "work").await;
    // A step on a server that has not seen the instance before.
    let task = only_task(&first, instance).await;
    first
        .submit(Request::by("grace").act(complete(&task, &[])))
        .await
        .unwrap();
    assert_eq!(tasks_of(&second, instance).await, []);
    deploy(&second, &["reminded"]).await.unwrap();
    let reminded = started(&first, "reminded").await;
    assert!(second.instance(reminded).await.unwrap().is_some());
}

#[tokio::test]
async fn a_task_that_both_servers_are_asked_to_complete_is_completed_once() {
    let (first, second, _) = two().await;
    deploy(&first, &["work"]).await.unwrap();
    let mut instances = Vec::new();
    for number in 0..12 {
        let server = if number % 2 == 0 { &first } else { &second };
        instances.push(started(server, "work").await);
    }
    let query = TaskQuery::default();
    let tasks = first.tasks(&query).await.unwrap();
    assert_eq!(tasks.len(), 12);
    let mut asked = Vec::new();
    for task in &tasks {
        for server in [&first, &second] {
            let (server, act) = (server.clone(), complete(task, &[]));
            asked.push(tokio::spawn(async move {
                server.submit(Request::by("grace").act(act)).await
            }));
        }
    }
    let mut done = 0;
    for answer in asked {
        match answer.await.unwrap() {
            Ok(_) => done += 1,
            Err(Error::Rejected(_)) => {}
            Err(error) => panic!("{error}"),
        }
    }
    assert_eq!(done, 12);
    for instance in instances {
        assert_eq!(second.first_break(instance).await.unwrap(), None);
        assert_eq!(commands(&first, instance).await, ["start", "completeTask"]);
    }
}

#[tokio::test]
async fn a_server_refuses_nothing_for_what_it_remembers_and_another_has_changed() {
    let (first, second, _) = two().await;
    deploy(&first, &["work"]).await.unwrap();
    let instance = started(&first, "work").await;
    let task = only_task(&first, instance).await.key;
    let assign = |assignee: &str| {
        let command = Command::AssignTask {
            task,
            assignee: assignee.to_owned(),
            expect: Assignment::Anyone,
        };
        Request::by("ruth").command(instance, command)
    };
    let complete = |by: &str| {
        let command = Command::CompleteTask {
            task,
            by: Some(by.to_owned()),
            variables: Context::new(),
        };
        Request::by(by).command(instance, command)
    };
    first.submit(assign("grace")).await.unwrap();
    second.submit(assign("joseph")).await.unwrap();
    // The first server still remembers that it is Grace's.
    first.submit(complete("joseph")).await.unwrap();
    let again = second.submit(complete("joseph")).await;
    assert!(matches!(again, Err(Error::Rejected(_))), "{again:?}");
    let expected = ["start", "assignTask", "assignTask", "completeTask"];
    assert_eq!(commands(&first, instance).await, expected);
}

#[tokio::test]
async fn timers_that_fall_due_on_both_servers_fire_once() {
    let (first, second, clock) = two().await;
    deploy(&first, &["reminded"]).await.unwrap();
    let mut instances = Vec::new();
    for _ in 0..10 {
        instances.push(started(&first, "reminded").await);
    }
    clock.set(clock.now() + SignedDuration::from_hours(24 * 30));
    tokio::join!(first.wait_idle(), second.wait_idle());
    for instance in instances {
        let fired = commands(&second, instance).await;
        let fired = fired.iter().filter(|command| *command == "fireTimer");
        assert_eq!(fired.count(), 1, "{instance}");
    }
}

fn text(name: &str, inside: &str) -> runtime::Resource {
    let text = format!(
        r#"<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" xmlns:zeebe="http://camunda.org/schema/zeebe/1.0"
            xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" id="d" targetNamespace="t">{inside}</definitions>"#
    );
    runtime::Resource::new(name, text)
}

async fn deploy_text(server: &Runtime, resource: runtime::Resource) {
    let act = Act::Deploy {
        resources: vec![resource],
    };
    server.submit(Request::by("daniel").act(act)).await.unwrap();
}

#[tokio::test]
async fn a_time_at_which_instances_start_is_kept_by_a_server_that_does_not_know_the_process_yet() {
    for _ in 0..5 {
        let (first, second, clock) = two().await;
        let daily = r#"<process id="daily" isExecutable="true">
            <startEvent id="morning"><timerEventDefinition>
              <timeCycle xsi:type="tFormalExpression">R3/PT1H</timeCycle></timerEventDefinition></startEvent>
            <endEvent id="done"/><sequenceFlow id="f" sourceRef="morning" targetRef="done"/></process>"#;
        deploy_text(&first, text("daily.bpmn", daily)).await;
        clock.set(clock.now() + SignedDuration::from_hours(9));
        // A server that is idle may be given the next time by the other one: once for each of the three.
        for _ in 0..3 {
            tokio::join!(first.wait_idle(), second.wait_idle());
        }
        let query = InstanceQuery::default();
        assert_eq!(second.instances(&query).await.unwrap().len(), 3);
        first.stop().await;
        second.stop().await;
    }
}

#[tokio::test]
async fn who_asks_for_what_is_deployed_sees_what_another_server_has_deployed_a_moment_ago() {
    let (first, second, _) = two().await;
    deploy(&first, &["work"]).await.unwrap();
    let catalog = second.newest_catalog().await.unwrap();
    assert!(catalog.latest("work").is_some());
}

#[tokio::test]
async fn what_one_server_writes_to_a_data_store_the_other_reads_in_its_next_step() {
    let (first, second, _) = two().await;
    let counting = r#"<dataStore id="register" name="Register"/>
        <process id="counting" isExecutable="true"><startEvent id="start"/>
        <dataStoreReference id="read" dataStoreRef="register"/><dataStoreReference id="written" dataStoreRef="register"/>
        <scriptTask id="count">
          <extensionElements>
            <zeebe:script expression="=if present = null then 1 else present + 1" resultVariable="next"/>
          </extensionElements>
          <ioSpecification>
            <dataInput id="in" name="present"/><dataOutput id="out" name="next"/>
            <inputSet><dataInputRefs>in</dataInputRefs></inputSet><outputSet><dataOutputRefs>out</dataOutputRefs></outputSet>
          </ioSpecification>
          <dataInputAssociation><sourceRef>read</sourceRef><targetRef>in</targetRef></dataInputAssociation>
          <dataOutputAssociation><sourceRef>out</sourceRef><targetRef>written</targetRef></dataOutputAssociation>
        </scriptTask>
        <endEvent id="done"/>
        <sequenceFlow id="f" sourceRef="start" targetRef="count"/><sequenceFlow id="g" sourceRef="count" targetRef="done"/>
        </process>"#;
    deploy_text(&first, text("counting.bpmn", counting)).await;
    for number in 0..12 {
        let server = if number % 2 == 0 { &first } else { &second };
        started(server, "counting").await;
    }
    let mut at_once = Vec::new();
    for server in [&first, &second, &first, &second] {
        let server = server.clone();
        at_once.push(tokio::spawn(
            async move { started(&server, "counting").await },
        ));
    }
    for one in at_once {
        one.await.unwrap();
    }
    let document = second.document("data-stores", "Register").await.unwrap();
    assert_eq!(document.unwrap().body["value"], 16);
}

#[tokio::test]
async fn a_text_that_cannot_be_kept_is_refused_and_does_not_take_its_batch_along() {
    let (first, _, _) = two().await;
    deploy(&first, &["work"]).await.unwrap();
    let mut asked = Vec::new();
    for number in 0..8 {
        let server = first.clone();
        asked.push(tokio::spawn(async move {
            let business_id = if number == 3 { "C\0" } else { "C" };
            let act = Act::Start {
                process_id: "work".into(),
                version: None,
                at: None,
                business_id: Some(business_id.into()),
                variables: Context::default(),
                calendar: None,
            };
            server.submit(Request::by("grace").act(act)).await
        }));
    }
    let mut refused = 0;
    for answer in asked {
        if let Err(error) = answer.await.unwrap() {
            assert!(error.to_string().contains("NUL"), "{error}");
            refused += 1;
        }
    }
    assert_eq!(refused, 1);
    let tasks = first.tasks(&TaskQuery::default()).await.unwrap();
    assert_eq!(tasks.len(), 7);
}
