//! A case from deployment to its end, with a restart in the middle.

use crate::support::*;
use bpmn::{Assignment, Command, Status};
use feel::Value;
use runtime::{Act, Error, Outcome, Request};
use store::{DefinitionQuery, TaskQuery, TaskState};

#[tokio::test]
async fn a_case_is_worked_across_a_restart() {
    let folder = Folder::new();
    let clock = morning();
    let runtime = with_models(&folder, &clock).await;
    let instance = started(&runtime, "work").await;
    let queue = TaskQuery {
        candidate_groups: vec!["caseworkers".into()],
        unassigned: Some(true),
        ..TaskQuery::default()
    };
    let waiting = runtime.tasks(&queue).await.unwrap();
    assert_eq!(waiting.len(), 1);
    assert_eq!(waiting[0].due, Some(at("2026-03-03T09:00:00Z")));
    let task = waiting[0].key;
    let claim = Command::AssignTask {
        task,
        assignee: "grace".into(),
        expect: Assignment::Unassigned,
    };
    runtime
        .submit(Request::by("grace").command(instance, claim))
        .await
        .unwrap();
    runtime.stop().await;

    let runtime = open(&folder, &clock).await;
    assert_eq!(runtime.task_count(&queue).await.unwrap(), 0);
    let mine = TaskQuery {
        assignee: Some("grace".into()),
        ..TaskQuery::default()
    };
    let mine = runtime.tasks(&mine).await.unwrap();
    assert_eq!(mine.len(), 1);
    runtime
        .submit(Request::by("grace").act(complete(&mine[0], &[("consent", "yes")])))
        .await
        .unwrap();

    let view = runtime.instance(instance).await.unwrap().unwrap();
    assert_eq!(view.status, Status::Completed);
    assert_eq!(view.state.variable("consent"), Some(&Value::from("yes")));
    let task = runtime.task(task).await.unwrap().unwrap();
    assert_eq!(task.state, TaskState::Completed);
    assert_eq!(
        commands(&runtime, instance).await,
        ["start", "assignTask", "completeTask"]
    );
    assert_eq!(runtime.first_break(instance).await.unwrap(), None);
    runtime.stop().await;
}

#[tokio::test]
async fn the_account_replays_to_the_state() {
    let folder = Folder::new();
    let runtime = with_models(&folder, &morning()).await;
    let instance = started(&runtime, "work").await;
    let task = only_task(&runtime, instance).await;
    runtime
        .submit(Request::by("grace").act(complete(&task, &[("note", "seen")])))
        .await
        .unwrap();
    let history = runtime.history(instance).await.unwrap();
    let replayed = bpmn::replay(history.iter().flat_map(|row| &row.records)).unwrap();
    assert_eq!(
        replayed,
        runtime.instance(instance).await.unwrap().unwrap().state
    );
    runtime.stop().await;
}

#[tokio::test]
async fn a_rejected_act_takes_back_the_whole_request_and_nothing_else() {
    let folder = Folder::new();
    let runtime = with_models(&folder, &morning()).await;
    let instance = started(&runtime, "work").await;
    let task = only_task(&runtime, instance).await;
    let both = Request::by("grace")
        .act(complete(&task, &[]))
        .act(complete(&task, &[]));
    let (refused, neighbour) = tokio::join!(
        runtime.submit(both),
        runtime.submit(Request::by("joseph").act(start("work"))),
    );
    assert!(matches!(refused, Err(Error::Rejected(_))), "{refused:?}");
    assert!(neighbour.is_ok());
    assert_eq!(only_task(&runtime, instance).await.key, task.key);
    assert_eq!(commands(&runtime, instance).await, ["start"]);
    runtime.stop().await;
}

#[tokio::test]
async fn of_two_who_complete_the_same_task_at_once_one_is_refused() {
    let folder = Folder::new();
    let runtime = with_models(&folder, &morning()).await;
    let instance = started(&runtime, "work").await;
    let task = only_task(&runtime, instance).await;
    let request = || Request::by("grace").act(complete(&task, &[]));
    let (first, second) = tokio::join!(runtime.submit(request()), runtime.submit(request()));
    assert_eq!(
        [first.is_ok(), second.is_ok()]
            .iter()
            .filter(|done| **done)
            .count(),
        1
    );
    runtime.stop().await;
}

#[tokio::test]
async fn a_request_with_an_idempotency_key_is_done_once() {
    let folder = Folder::new();
    let clock = morning();
    let runtime = with_models(&folder, &clock).await;
    let request = || Request {
        idempotency_key: Some("one".into()),
        ..Request::by("grace").act(start("work"))
    };
    let (first, retry) = tokio::join!(runtime.submit(request()), runtime.submit(request()));
    let (first, retry) = (first.unwrap(), retry.unwrap());
    assert_eq!(first.outcomes, retry.outcomes);
    assert!(retry.repeated);
    runtime.stop().await;
    let runtime = open(&folder, &clock).await;
    assert_eq!(
        runtime.submit(request()).await.unwrap().outcomes,
        first.outcomes
    );
    let other = Request {
        idempotency_key: Some("one".into()),
        ..Request::by("grace").act(start("reminded"))
    };
    assert!(matches!(
        runtime.submit(other).await,
        Err(Error::KeyReused { .. })
    ));
    let elsewhere = Request {
        actor: "joseph".into(),
        ..request()
    };
    assert_ne!(
        runtime.submit(elsewhere).await.unwrap().outcomes,
        first.outcomes
    );
    runtime.stop().await;
}

#[tokio::test]
async fn the_same_file_again_is_no_new_version() {
    let folder = Folder::new();
    let clock = morning();
    let runtime = with_models(&folder, &clock).await;
    let versions = |answer: runtime::Answer| match &answer.outcomes[0] {
        Outcome::Deployed(deployed) => deployed
            .definitions
            .iter()
            .map(|d| (d.id.clone(), d.version, d.is_new))
            .collect::<Vec<_>>(),
        other @ (Outcome::Started { .. }
        | Outcome::Stepped { .. }
        | Outcome::Published { .. }
        | Outcome::Broadcast { .. }
        | Outcome::ConditionsEvaluated { .. }
        | Outcome::Recomputing
        | Outcome::WorkingOff
        | Outcome::Decided(_)
        | Outcome::Put { .. }
        | Outcome::Deleted
        | Outcome::Withdrawn
        | Outcome::Audited) => panic!("{other:?}"),
    };
    assert_eq!(
        versions(deploy(&runtime, &["work"]).await.unwrap()),
        [("work".to_owned(), 1, false)]
    );
    let mut changed = model("work");
    changed.text.push('\n');
    let request = || {
        Request::by("daniel").act(Act::Deploy {
            resources: vec![changed.clone()],
        })
    };
    assert_eq!(
        versions(runtime.submit(request()).await.unwrap()),
        [("work".to_owned(), 2, true)]
    );
    runtime.stop().await;
    let runtime = open(&folder, &clock).await;
    assert_eq!(runtime.catalog().latest("work").unwrap().version, 2);
    assert_eq!(
        versions(runtime.submit(request()).await.unwrap()),
        [("work".to_owned(), 2, false)]
    );
    assert_eq!(
        runtime
            .definitions(&DefinitionQuery::default())
            .await
            .unwrap()
            .len(),
        3
    );
    let original = runtime
        .definitions(&DefinitionQuery::default())
        .await
        .unwrap()
        .pop()
        .unwrap()
        .resource;
    assert_eq!(
        runtime.resource(original).await.unwrap().unwrap().text,
        model("work").text
    );
    runtime.stop().await;
}

#[tokio::test]
async fn a_process_that_is_not_deployed_is_named() {
    let folder = Folder::new();
    let runtime = open(&folder, &morning()).await;
    let error = runtime
        .submit(Request::by("grace").act(start("adoption")))
        .await
        .unwrap_err();
    assert_eq!(
        error.to_string(),
        "no process \"adoption\" is deployed; deploy its .bpmn file first"
    );
    runtime.stop().await;
}

#[tokio::test]
async fn after_the_stop_requests_are_refused_and_before_it_all_are_answered() {
    let folder = Folder::new();
    let clock = morning();
    let runtime = with_models(&folder, &clock).await;
    let submitted: Vec<_> = (0..40)
        .map(|_| {
            let runtime = runtime.clone();
            tokio::spawn(async move {
                runtime
                    .submit(Request::by("grace").act(start("work")))
                    .await
            })
        })
        .collect();
    tokio::task::yield_now().await;
    runtime.stop().await;
    let mut done = 0;
    for answer in submitted {
        match answer.await.unwrap() {
            Ok(_) => done += 1,
            Err(Error::Stopped) => {}
            Err(other) => panic!("{other}"),
        }
    }
    assert!(matches!(
        runtime
            .submit(Request::by("grace").act(start("work")))
            .await,
        Err(Error::Stopped)
    ));
    let runtime = open(&folder, &clock).await;
    assert_eq!(
        runtime.task_count(&TaskQuery::default()).await.unwrap(),
        done
    );
    runtime.stop().await;
}

#[tokio::test]
async fn who_starts_a_process_is_the_value_of_its_initiator() {
    let folder = Folder::new();
    let runtime = open(&folder, &morning()).await;
    let text = r#"<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" xmlns:camunda="http://camunda.org/schema/1.0/bpmn">
        <process id="asked" isExecutable="true"><startEvent id="s" camunda:initiator="who"/>
        <userTask id="A" camunda:assignee="${who}"/><sequenceFlow id="f" sourceRef="s" targetRef="A"/></process></definitions>"#;
    let resources = vec![runtime::Resource::new("asked.bpmn", text)];
    let deploy = Request::by("daniel").act(Act::Deploy { resources });
    runtime.submit(deploy).await.unwrap();
    let key = started(&runtime, "asked").await;
    let view = runtime.instance(key).await.unwrap().unwrap();
    let with = Act::StartWith {
        definition: view.definition,
        business_id: None,
        variables: feel::Context::default(),
        instructions: bpmn::StartInstructions {
            before: vec!["A".into()],
            until: Vec::new(),
        },
    };
    let request = Request::by("grace").act(with);
    let other = runtime.submit(request).await.unwrap().started().unwrap();
    for key in [key, other] {
        let view = runtime.instance(key).await.unwrap().unwrap();
        assert_eq!(
            view.state.variable("who"),
            Some(&feel::Value::from("grace"))
        );
        let task = view.state.tasks().values().next().unwrap();
        assert_eq!(task.assignee.as_deref(), Some("grace"));
    }
    runtime.stop().await;
}
