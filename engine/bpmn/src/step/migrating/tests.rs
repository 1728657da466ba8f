use serde_json::json;

use crate::testing::{Run, document, flows, for_each, message, process, service, timer_on};
use crate::{
    Assignment, Command, ElementMapping, Key, Migration, Rejection, TimerPolicy, check_migration,
};

/// From the first document to the second, started at the first.
fn two(from: &str, to: &str) -> Run {
    Run::with(
        &[&process(from), &process(to)],
        json!({"case": "c", "n": 1}),
    )
}

fn plan(pairs: &str) -> Migration {
    let pairs = pairs.split_whitespace().map(|pair| {
        let (source, target) = pair.split_once('>').unwrap_or((pair, pair));
        ElementMapping {
            source: source.into(),
            target: target.into(),
        }
    });
    Migration {
        target: Key(2),
        mapping: pairs.collect(),
        ..Migration::default()
    }
}

#[track_caller]
fn migrate(run: &mut Run, migration: Migration) {
    let blockers = check_migration(&run.catalog, run.instance(), &migration, run.now);
    assert_eq!(blockers.expect("a check"), []);
    run.command(Command::Migrate { migration })
        .expect("a migration");
}

/// What is in the way, sentence by sentence.
#[track_caller]
fn blocked(run: &mut Run, migration: Migration, expected: &[&str]) {
    let found =
        check_migration(&run.catalog, run.instance(), &migration, run.now).expect("a check");
    let found: Vec<String> = found.iter().map(ToString::to_string).collect();
    assert_eq!(found, expected);
    let refused = run.command(Command::Migrate { migration });
    assert!(matches!(refused, Err(Rejection::CannotMigrate(_))));
}

fn undo(run: &mut Run) -> Result<(), Rejection> {
    run.command(Command::UndoMigration)
}

const NEWS: &str = r#"<boundaryEvent id="N" attachedToRef="A" cancelActivity="false"><messageEventDefinition messageRef="M"/></boundaryEvent>"#;

#[test]
fn a_task_keeps_its_key_and_who_has_it_and_goes_on_in_the_target() {
    let from = format!(
        r#"<startEvent id="s"/><userTask id="A"/><userTask id="Z"/>{}"#,
        flows("s>A>Z")
    );
    let to = format!(
        r#"<startEvent id="s"/><userTask id="B" name="Another"/><userTask id="Between"/><userTask id="Z"/>{}"#,
        flows("s>B>Between>Z")
    );
    let mut run = two(&from, &to);
    let task = *run.instance().tasks().keys().next().expect("a task");
    let assignee = "grace".to_owned();
    let expect = Assignment::Anyone;
    run.command(Command::AssignTask {
        task,
        assignee,
        expect,
    })
    .expect("assigned");
    migrate(&mut run, plan("A>B"));
    let moved = &run.instance().tasks()[&task];
    assert_eq!(
        (&*moved.element, moved.assignee.as_deref()),
        ("B", Some("grace"))
    );
    assert_eq!(
        (run.instance().definition(), run.instance().version()),
        (Key(2), 2)
    );
    run.complete("A", json!({}));
    assert_eq!(run.tasks(), ["Between"]);
}

#[test]
fn whatever_is_in_the_way_is_named_at_once() {
    let from = format!(
        r#"<startEvent id="s"/><subProcess id="P"><startEvent id="ps"/><userTask id="A"/><userTask id="B"/>{}{}</subProcess>{}{}"#,
        service("J"),
        flows("ps>A ps>J ps>B"),
        timer_on("T", "P", true, "PT5H"),
        flows("s>P"),
    );
    let to = format!(
        r#"<startEvent id="s"/><subProcess id="P"><startEvent id="ps"/><userTask id="B"/>{}</subProcess><userTask id="A"/>{}{}"#,
        flows("ps>B"),
        timer_on("T", "A", true, "PT5H"),
        flows("s>P>A"),
    );
    let mut run = two(&from, &to);
    blocked(
        &mut run,
        plan("P A J>B T s>nowhere gone>A"),
        &[
            r#""J" (service task) cannot become "B" (user task)"#,
            r#"the target has no element or flow "nowhere""#,
            r#"the definition of now has no element or flow "gone""#,
            r#""A" lies in "P", and "A" does not lie in what that is mapped to"#,
            r#""B" is active and not mapped"#,
            r#""T" belongs to "P", and "T" does not belong to what that is mapped to"#,
        ],
    );
    let same = Migration {
        target: Key(1),
        same_ids: true,
        ..plan("")
    };
    blocked(
        &mut run,
        same,
        &["the instance has this definition already"],
    );
    let unknown = Migration {
        target: Key(9),
        ..plan("")
    };
    let refused = run.command(Command::Migrate { migration: unknown });
    assert_eq!(
        refused,
        Err(Rejection::NoSuchDefinition { definition: Key(9) })
    );
}

#[test]
fn timers_keep_their_due_times_or_begin_anew() {
    let model = |hours: &str| {
        let catch = format!(
            r#"<intermediateCatchEvent id="W"><timerEventDefinition><timeDuration>{hours}</timeDuration></timerEventDefinition></intermediateCatchEvent>"#
        );
        format!(
            r#"<startEvent id="s"/><parallelGateway id="f"/><userTask id="A"/>{}{catch}{}"#,
            timer_on("T", "A", false, hours),
            flows("s>f>A f>W")
        )
    };
    let mut run = two(&model("PT5H"), &model("PT9H"));
    let before = run.timers();
    migrate(
        &mut run,
        Migration {
            same_ids: true,
            ..plan("")
        },
    );
    assert_eq!(run.timers(), before);
    undo(&mut run).expect("undone");
    let anew = Migration {
        same_ids: true,
        timers: TimerPolicy::Recompute,
        ..plan("")
    };
    migrate(&mut run, anew);
    assert_eq!(
        run.timers(),
        ["T 2026-03-02T15:00:00Z", "W 2026-03-02T15:00:00Z"]
    );
    undo(&mut run).expect("undone");
    assert_eq!(run.timers(), before);
    run.fire("T");
    run.fire("W");
    assert_eq!(run.timers(), [""; 0]);
}

#[test]
fn events_that_are_new_are_awaited_and_those_that_are_gone_no_longer() {
    let open = |body: &str| {
        document(&format!(
            r#"{}{}<process id="p" isExecutable="true">{body}</process>"#,
            message("M", "news", "case"),
            message("M2", "storm", "case"),
        ))
    };
    let inner = |more: &str| {
        format!(
            r#"<startEvent id="s"/><userTask id="A"/>{more}{}"#,
            flows("s>A")
        )
    };
    let beside = |id: &str, what: &str| {
        format!(
            r#"<subProcess id="{id}" triggeredByEvent="true"><startEvent id="{id}s" isInterrupting="false">
            <messageEventDefinition messageRef="{what}"/></startEvent><userTask id="{id}t"/>{}</subProcess>"#,
            flows(&format!("{id}s>{id}t"))
        )
    };
    let from = open(&inner(&format!(
        "{NEWS}{}",
        timer_on("Gone", "A", true, "PT1H")
    )));
    let to = open(&inner(&format!("{NEWS}{}", beside("E", "M2"))));
    let mut run = Run::with(&[&from, &to], json!({"case": "c"}));
    assert_eq!(
        (run.awaits(), run.timers().len()),
        (vec!["N news c".to_owned()], 1)
    );
    let kept = *run.instance().subscriptions().keys().next().expect("open");
    migrate(&mut run, plan("A N"));
    assert_eq!(
        (run.awaits(), run.timers().len()),
        (vec!["N news c".into(), "Es storm c".into()], 0)
    );
    assert!(
        run.instance().subscriptions().contains_key(&kept),
        "the mapped one is the same"
    );
    undo(&mut run).expect("undone");
    assert_eq!(
        (run.awaits(), run.timers().len()),
        (vec!["N news c".to_owned()], 1)
    );
    migrate(&mut run, plan("A"));
    assert!(
        !run.instance().subscriptions().contains_key(&kept),
        "not mapped: closed, and the other opened"
    );
    run.publish("storm", "c", json!({}));
    assert_eq!(run.tasks(), ["A", "Et"]);
    assert_eq!(undo(&mut run), Err(Rejection::NothingToUndo));
}

#[test]
fn an_event_that_is_not_mapped_is_awaited_anew_also_where_something_came_from_it() {
    let model = process(&format!(
        r#"<startEvent id="s"/><userTask id="A"/>{NEWS}<parallelGateway id="j"/><userTask id="Z"/>{}"#,
        flows("s>A>j N>j j>Z")
    ))
    .replace("<process", &format!("{}<process", message("M", "news", "case")));
    let mut run = Run::with(&[&model, &model], json!({"case": "c"}));
    run.publish("news", "c", json!({}));
    let closed = *run.instance().subscriptions().keys().next().expect("open");
    migrate(&mut run, plan("A"));
    assert!(!run.instance().subscriptions().contains_key(&closed));
    assert_eq!(run.awaits(), ["N news c"]);
    run.complete("A", json!({}));
    assert_eq!(
        run.tasks(),
        ["Z"],
        "what waits at the join still waits there"
    );
}

#[test]
fn what_cannot_be_awaited_in_the_target_is_in_the_way() {
    let from = format!(r#"<startEvent id="s"/><userTask id="A"/>{}"#, flows("s>A"));
    let to = format!("{from}{}", timer_on("T", "A", true, "=missing"));
    let mut run = two(&from, &to);
    let migration = plan("A");
    let found =
        check_migration(&run.catalog, run.instance(), &migration, run.now).expect("a check");
    assert_eq!(found.len(), 1);
    assert_eq!(
        (found[0].word(), found[0].element()),
        ("CANNOT_WAIT", Some("T"))
    );
    assert!(run.command(Command::Migrate { migration }).is_err());
}

#[test]
fn loops_go_on_with_their_items_and_their_results() {
    let model = |id: &str| {
        format!(
            r#"<startEvent id="s"/><userTask id="{id}">{}</userTask><userTask id="Z"/>{}"#,
            for_each("[1, 2, 3]", ""),
            flows(&format!("s>{id}>Z"))
        )
    };
    let mut run = two(&model("A"), &model("B"));
    run.complete("A", json!({"result": 7}));
    migrate(&mut run, plan("A>B"));
    assert_eq!(run.tasks(), ["A", "A"]);
    run.complete("A", json!({"result": 8}));
    run.complete("A", json!({"result": 9}));
    assert_eq!(run.tasks(), ["Z"]);
    assert_eq!(run.variable("results"), json!([7, 8, 9]));
    let mut run = two(
        &model("A"),
        &model("A").replace(
            "<multiInstanceLoopCharacteristics",
            "<multiInstanceLoopCharacteristics isSequential=\"true\"",
        ),
    );
    blocked(
        &mut run,
        plan("A"),
        &[
            r#""A" (user task, for several at once) cannot become "A" (user task, for each of several in turn)"#,
        ],
    );
}

#[test]
fn what_waits_at_a_join_waits_at_its_counterpart_or_goes_on() {
    let model = |branches: &str, chains: &str| {
        format!(
            r#"<startEvent id="s"/><parallelGateway id="f"/><userTask id="A"/><userTask id="B"/>{branches}<parallelGateway id="j"/><userTask id="Z"/>{}"#,
            flows(chains)
        )
    };
    let from = model(r#"<userTask id="C"/>"#, "s>f>A>j f>B>j f>C>j j>Z");
    let to = model("", "s>f>A>j f>B>j j>Z").replace("A-j", "other");
    let mut run = two(&from, &to);
    run.complete("A", json!({}));
    migrate(&mut run, plan("B C>B"));
    assert_eq!(run.tasks(), ["B", "C"]);
    run.complete("B", json!({}));
    assert_eq!(run.tasks(), ["C", "Z"], "the target waits for two");

    let mut run = two(&from, &to);
    run.complete("A", json!({}));
    run.complete("B", json!({}));
    let sent = Command::Migrate {
        migration: plan("C>B"),
    };
    run.command(sent).expect("a migration");
    assert_eq!(run.tasks(), ["C", "Z"]);
    assert_eq!(
        undo(&mut run),
        Err(Rejection::NothingToUndo),
        "the join went on"
    );

    let away =
        model("", "s>f>A>Z f>B>j j>Z").replace(r#"<parallelGateway id="j"/>"#, r#"<task id="j"/>"#);
    let mut run = two(&from, &away);
    run.complete("A", json!({}));
    blocked(
        &mut run,
        plan("B C>B"),
        &[
            r#"something waits at "j" that came along "A-j", which leads to nothing that fits in the target; map the flow"#,
        ],
    );
}

#[test]
fn incidents_and_jobs_stay_and_are_resolved_in_the_target() {
    let model = |id: &str| {
        format!(
            r#"<startEvent id="s"/>{}<userTask id="Z"/>{}"#,
            service(id),
            flows(&format!("s>{id}>Z"))
        )
    };
    let mut run = two(&model("J"), &model("K"));
    let job = run.job("J");
    run.command(Command::FailJob {
        job,
        retries: 0,
        message: "dead".into(),
    })
    .expect("failed");
    migrate(&mut run, plan("J>K"));
    assert_eq!(run.incidents().len(), 1);
    run.resolve();
    run.finish("J", json!({}));
    assert_eq!(run.tasks(), ["Z"]);
}

#[test]
fn called_processes_stay_linked_and_what_completed_can_be_compensated() {
    let undoable = r#"<task id="A"/><boundaryEvent id="cA" attachedToRef="A"><compensateEventDefinition/></boundaryEvent>
        <userTask id="undo" isForCompensation="true"/><association id="a" sourceRef="cA" targetRef="undo"/>"#;
    let model = |call: &str, undoable: &str| {
        process(&format!(
            r#"<startEvent id="s"/>{undoable}<callActivity id="{call}"><extensionElements><z:calledElement processId="q"/></extensionElements></callActivity>
            <endEvent id="e"><compensateEventDefinition/></endEvent>{}"#,
            flows(&format!("s>A>{call}>e"))
        ))
    };
    let called = process(&format!(
        r#"<startEvent id="cs"/><userTask id="Called"/>{}"#,
        flows("cs>Called")
    ))
    .replace("id=\"p\"", "id=\"q\"");
    let (from, to) = (model("C", undoable), model("D", undoable));
    let without = model("D", r#"<task id="A"/>"#);
    let mut run = Run::with(&[&from, &to, &called, &without], json!({}));
    let cannot = Migration {
        target: Key(4),
        ..plan("C>D")
    };
    blocked(
        &mut run,
        cannot,
        &[r#""A" has completed and can be compensated, which needs it in the target; map it"#],
    );
    migrate(&mut run, plan("C>D"));
    run.complete("Called", json!({}));
    assert_eq!(run.tasks(), ["undo"]);
    run.complete("undo", json!({}));
    assert!(run.ended());
}
