use serde_json::json;

use crate::testing::{Run, context, document, flows, message, service, timer_on};
use crate::{Assignment, Command, Key, Migration, Modification, Rejection, Status};

/// A task with a timer, a message and a condition, a job, and a called process.
fn model() -> String {
    document(&format!(
        r#"{}<process id="p" isExecutable="true"><startEvent id="s"/><parallelGateway id="f"/><userTask id="A"/>{}
        <boundaryEvent id="N" attachedToRef="A" cancelActivity="false"><messageEventDefinition messageRef="M"/></boundaryEvent>
        <boundaryEvent id="K" attachedToRef="A" cancelActivity="false"><conditionalEventDefinition><condition>=n &gt; 5</condition>
        </conditionalEventDefinition></boundaryEvent>{}<callActivity id="C"><extensionElements><z:calledElement processId="q"/>
        </extensionElements></callActivity><userTask id="Told"/><userTask id="Seen"/><userTask id="Late"/><userTask id="Z"/>{}</process>
        <process id="q" isExecutable="true"><startEvent id="cs"/><userTask id="Called"/>{}</process>"#,
        message("M", "news", "case"),
        timer_on("T", "A", false, "PT1H"),
        service("J"),
        flows("s>f>A f>J f>C>Z N>Told K>Seen T>Late"),
        flows("cs>Called")
    ))
}

fn suspended() -> Run {
    let mut run = Run::with(&[&model()], json!({"case": "c", "n": 1}));
    run.command(Command::Suspend).expect("suspended");
    run
}

#[track_caller]
fn refused(run: &mut Run, to: Key, command: Command) {
    let refused = run.send(to, command).expect_err("it stands still");
    assert_eq!(
        refused.to_string(),
        "the case is suspended since 2026-03-02T06:00:00Z; resume it first"
    );
}

#[test]
fn nothing_goes_on_while_an_instance_is_suspended_and_all_of_it_afterwards() {
    let mut run = suspended();
    let (main, called) = (run.main, run.called());
    let task = run.instance().tasks().values().next().expect("a task").key;
    let child = *run.instances[&called]
        .tasks()
        .keys()
        .next()
        .expect("a task");
    let (by, variables) = (None, context(json!({})));
    for task in [task, child] {
        let (by, variables) = (by.clone(), variables.clone());
        refused(
            &mut run,
            task,
            Command::CompleteTask {
                task,
                by,
                variables,
            },
        );
    }
    let job = run.job("J");
    refused(&mut run, job, Command::CompleteJob { job, variables });
    let timer = *run.instance().timers().keys().next().expect("a timer");
    refused(&mut run, timer, Command::FireTimer { timer });
    refused(
        &mut run,
        main,
        Command::Modify {
            modification: Modification::default(),
        },
    );
    refused(&mut run, main, Command::Suspend);
    run.set(json!({"n": 9}));
    assert_eq!(run.tasks(), ["A", "Called"]);
    run.command(Command::Resume).expect("resumed");
    assert_eq!(run.tasks(), ["A", "Seen", "Called"]);
    run.fire("T");
    run.publish("news", "c", json!({}));
    run.finish("J", json!({}));
    run.complete("Called", json!({}));
    assert_eq!(run.tasks(), ["A", "Seen", "Late", "Told", "Z"]);
    assert_eq!(run.command(Command::Resume), Err(Rejection::NotSuspended));
}

#[test]
fn who_has_a_task_can_be_changed_and_the_definition_too() {
    let mut run = Run::with(&[&model(), &model()], json!({"case": "c", "n": 1}));
    run.command(Command::Suspend).expect("suspended");
    let task = run.instance().tasks().values().next().expect("a task").key;
    let (assignee, expect) = ("ruth".to_owned(), Assignment::Anyone);
    run.command(Command::AssignTask {
        task,
        assignee,
        expect,
    })
    .expect("assigned");
    let migration = Migration {
        target: Key(3),
        same_ids: true,
        ..Migration::default()
    };
    run.command(Command::Migrate { migration })
        .expect("a migration");
    run.command(Command::UndoMigration)
        .expect("nothing has happened");
    assert!(run.instance().suspended_at().is_some());
    run.command(Command::CancelInstance).expect("cancelled");
    assert_eq!(run.instance().status(), Status::Terminated);
    assert_eq!(run.instances[&run.called()].status(), Status::Terminated);
}

#[test]
fn what_a_called_process_answers_meanwhile_is_told_when_the_caller_goes_on() {
    let mut run = suspended();
    let called = run.called();
    run.send(called, Command::Resume).expect("alone");
    run.complete("Called", json!({"from": "below"}));
    assert_eq!(run.instances[&called].status(), Status::Completed);
    assert_eq!(run.tasks(), ["A"]);
    run.command(Command::Resume).expect("resumed");
    assert_eq!(run.tasks(), ["A", "Z"]);
}
