use serde_json::{Value as Json, json};

use crate::testing::{Run, check_problems, context, flows, process, timer_on};
use crate::{
    Assignment, Command, Correction, Corrections, Key, Record, Rejection, Task, TaskUpdate,
};

/// A process with one task for grace, whose listeners are such as `creating:a completing:b`.
fn model(listeners: &str, more: &str) -> String {
    let one = |listener: &str| {
        let (event, job) = listener.split_once(':').expect("an event and a type");
        format!(r#"<z:taskListener eventType="{event}" type="{job}"/>"#)
    };
    let all: String = listeners.split_whitespace().map(one).collect();
    format!(
        r#"<startEvent id="s"/><userTask id="A"><extensionElements><z:taskListeners>{all}</z:taskListeners>
        <z:assignmentDefinition assignee="grace" candidateGroups="team"/></extensionElements></userTask>{more}<endEvent id="e"/>{}"#,
        flows("s>A>e")
    )
}

fn begun(listeners: &str) -> Run {
    Run::of(&model(listeners, ""))
}

fn task(run: &Run) -> Task {
    let mut tasks = run.instance().tasks().values();
    tasks.next().expect("a task").clone()
}

/// Who has the task, and what it waits for.
fn stands(run: &Run) -> (Option<String>, String) {
    let jobs = run.instance().jobs().values();
    let jobs: Vec<&str> = jobs.map(|job| job.job_type.as_str()).collect();
    assert_eq!(task(run).held.is_some(), !jobs.is_empty());
    (task(run).assignee, jobs.join(" "))
}

#[track_caller]
fn check(run: &Run, assignee: Option<&str>, waits_for: &str) {
    assert_eq!(
        stands(run),
        (assignee.map(str::to_owned), waits_for.to_owned())
    );
}

#[track_caller]
fn answer(run: &mut Run, job_type: &str, corrections: Corrections) {
    let command = Command::CompleteTaskListener {
        job: run.job(job_type),
        denied: false,
        reason: None,
        corrections,
    };
    run.command(command).expect("accepted");
}

#[track_caller]
fn agree(run: &mut Run, job_type: &str) {
    answer(run, job_type, Corrections::default());
}

fn denial(job: Key, reason: &str) -> Command {
    Command::CompleteTaskListener {
        job,
        denied: true,
        reason: Some(reason.into()),
        corrections: Corrections::default(),
    }
}

#[track_caller]
fn deny(run: &mut Run, job_type: &str, reason: &str) {
    let denial = denial(run.job(job_type), reason);
    run.command(denial).expect("accepted");
}

fn assign(run: &mut Run, assignee: &str) -> Result<(), Rejection> {
    run.command(Command::AssignTask {
        task: task(run).key,
        assignee: assignee.into(),
        expect: Assignment::Anyone,
    })
}

fn complete(run: &mut Run, variables: Json) -> Result<(), Rejection> {
    run.command(Command::CompleteTask {
        task: task(run).key,
        by: Some("grace".into()),
        variables: context(variables),
    })
}

#[test]
fn a_new_task_waits_for_its_listeners_and_then_is_assigned() {
    let mut run = begun("creating:a create:b assigning:c completing:d");
    check(&run, None, "a");
    assert_eq!(task(&run).as_meant().assignee.as_deref(), Some("grace"));
    agree(&mut run, "a");
    agree(&mut run, "b");
    check(&run, None, "c");
    agree(&mut run, "c");
    check(&run, Some("grace"), "");
}

#[test]
fn while_a_change_waits_everything_else_is_refused_and_names_the_listener() {
    let mut run = begun("completing:check");
    complete(&mut run, json!({"seen": true})).expect("accepted");
    let refused = complete(&mut run, json!({})).expect_err("a refusal");
    let expected = "\"A\" waits for the completing listener \"check\"; try again when that is done";
    assert_eq!(refused.to_string(), expected);
    let refused = assign(&mut run, "joseph").expect_err("a refusal");
    assert_eq!(refused.to_string(), expected);
    assert_eq!(run.variable("seen"), Json::Null);
    agree(&mut run, "check");
    assert_eq!(run.variable("seen"), json!(true));
    assert!(run.ended());
}

#[test]
fn a_denied_completion_leaves_the_task_as_it_was() {
    let mut run = begun("completing:a completing:b");
    let before = task(&run);
    complete(&mut run, json!({"seen": true})).expect("accepted");
    agree(&mut run, "a");
    deny(&mut run, "b", "the date is missing");
    check(&run, Some("grace"), "");
    let denied = Some("the date is missing".to_owned());
    assert_eq!(task(&run), Task { denied, ..before });
    complete(&mut run, json!({"seen": false})).expect("accepted");
    assert_eq!(task(&run).denied, None);
    agree(&mut run, "a");
    agree(&mut run, "b");
    assert_eq!(run.variable("seen"), json!(false));
    assert!(run.ended());
}

#[test]
fn a_listener_may_give_the_task_to_somebody_else() {
    let mut run = begun("assignment:a assigning:b");
    deny(&mut run, "a", "away");
    check(&run, None, "");
    assign(&mut run, "joseph").expect("accepted");
    check(&run, None, "a");
    let corrections = Corrections {
        assignee: Some(Correction::To("ruth".into())),
        priority: Some(80),
        due: Some(Correction::To(
            "2026-03-09T09:00:00Z".parse().expect("a moment"),
        )),
        candidate_users: Some(vec!["ruth".into()]),
        ..Corrections::default()
    };
    answer(&mut run, "a", corrections);
    assert_eq!(task(&run).as_meant().assignee.as_deref(), Some("ruth"));
    assert_eq!(
        task(&run).changed(),
        ["assignee", "candidateUsers", "dueDate", "priority"]
    );
    check(&run, None, "b");
    agree(&mut run, "b");
    check(&run, Some("ruth"), "");
    let task = task(&run);
    assert_eq!((task.priority, task.due.is_some()), (80, true));
    assert_eq!(task.candidate_users, ["ruth"]);
    run.command(Command::UnassignTask { task: task.key })
        .expect("accepted");
    agree(&mut run, "a");
    agree(&mut run, "b");
    check(&run, None, "");
}

#[test]
fn who_gets_a_new_task_can_be_corrected_and_is_then_asked() {
    let mut run = begun("creating:a assigning:b");
    let refused = run
        .command(denial(run.job("a"), ""))
        .expect_err("a refusal");
    let expected = "a creating listener cannot deny; it can correct the task";
    assert_eq!(refused.to_string(), expected);
    let corrections = Corrections {
        assignee: Some(Correction::To("ruth".into())),
        candidate_groups: Some(vec!["night".into()]),
        ..Corrections::default()
    };
    answer(&mut run, "a", corrections);
    check(&run, None, "b");
    assert_eq!(task(&run).candidate_groups, ["night"]);
    agree(&mut run, "b");
    check(&run, Some("ruth"), "");
}

#[test]
fn a_change_of_the_task_is_corrected_or_denied() {
    let mut run = begun("updating:a");
    let update = Command::UpdateTask {
        task: task(&run).key,
        update: TaskUpdate {
            priority: Some(90),
            candidate_groups: Some(vec!["north".into()]),
            ..TaskUpdate::default()
        },
    };
    run.command(update.clone()).expect("accepted");
    deny(&mut run, "a", "no");
    assert_eq!(
        (task(&run).priority, task(&run).candidate_groups),
        (50, vec!["team".to_owned()])
    );
    run.command(update).expect("accepted");
    let corrections = Corrections {
        priority: Some(70),
        ..Corrections::default()
    };
    answer(&mut run, "a", corrections);
    assert_eq!(
        (task(&run).priority, task(&run).candidate_groups),
        (70, vec!["north".to_owned()])
    );
}

#[test]
fn whoever_gets_a_task_while_it_is_changed_is_told() {
    let mut run = begun("updating:a");
    let update = Command::UpdateTask {
        task: task(&run).key,
        update: TaskUpdate {
            priority: Some(90),
            ..TaskUpdate::default()
        },
    };
    let mut told = Vec::new();
    for who in ["grace", "ada"] {
        let before = run.records[&run.main].len();
        run.command(update.clone()).expect("accepted");
        let corrections = Corrections {
            assignee: Some(Correction::To(who.into())),
            ..Corrections::default()
        };
        answer(&mut run, "a", corrections);
        let after = &run.records[&run.main][before..];
        told.extend(after.iter().filter_map(|record| {
            let Record::TaskAssigned { assignee, .. } = record else {
                return None;
            };
            assignee.clone()
        }));
        assert_eq!(task(&run).assignee.as_deref(), Some(who));
    }
    assert_eq!(told, ["ada"]);
}

#[test]
fn a_listener_that_fails_is_an_incident_and_tried_once_more() {
    let mut run = begun("completing:=which");
    complete(&mut run, json!({})).expect("accepted");
    assert_eq!(run.incidents().len(), 1);
    assert!(complete(&mut run, json!({})).is_err());
    run.set(json!({"which": "check"}));
    run.resolve();
    let failed = Command::FailJob {
        job: run.job("check"),
        retries: 0,
        message: "no line".into(),
    };
    run.command(failed).expect("accepted");
    assert_eq!(
        run.incidents(),
        ["The completing listener \"check\" of \"A\" failed and has no retries left: no line"]
    );
    run.resolve();
    let job = run.job("check");
    assert_eq!(run.instance().jobs()[&job].retries, 1);
    let done = |variables: Json| Command::CompleteJob {
        job,
        variables: context(variables),
    };
    assert_eq!(
        run.command(done(json!({"x": 1}))),
        Err(Rejection::ListenerGivesVariables)
    );
    let thrown = Command::ThrowError {
        job,
        code: "X".into(),
        message: String::new(),
        variables: context(json!({})),
    };
    assert_eq!(run.command(thrown), Err(Rejection::ListenerThrows));
    run.command(done(json!({}))).expect("accepted");
    assert!(run.ended());
}

#[test]
fn what_ends_the_task_ends_its_listeners() {
    let late = format!(
        "{}<task id=\"L\"/>{}",
        timer_on("late", "A", true, "P1D"),
        flows("late>L")
    );
    let mut run = Run::with(&[&process(&model("completing:a", &late))], json!({}));
    complete(&mut run, json!({})).expect("accepted");
    run.fire("late");
    assert!(run.instance().jobs().is_empty());
    assert_eq!(run.passed(), "s late L");
}

#[test]
fn task_listeners_that_cannot_be_are_found() {
    let check =
        |listeners: &str, expected: &str| check_problems(&model(listeners, ""), &[expected]);
    check(
        "canceling:a",
        "error: \"A\" has a task listener \"canceling\", and what interrupts a task does not wait for a worker",
    );
    check(
        "deleting:a",
        "error: \"A\" has a task listener with the event type \"deleting\", which does not exist",
    );
    let body = model("creating:a", "").replace("userTask", "manualTask");
    check_problems(
        &body,
        &["error: \"A\" (manual task) has task listeners, and only user tasks can have them"],
    );
}
