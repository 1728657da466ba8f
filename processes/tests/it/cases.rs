use crate::world::World;
use bpmn::Command;
use feel::Value;
use processes::cases::{self, Open, Who};
use processes::chronology::{self, Kind};
use processes::people::Details;
use processes::stages::{self, StageState};
use runtime::Request;
use serde_json::json;
use store::TaskQuery;

fn sarah() -> Open {
    Open {
        actor: "helen".into(),
        person: Who::New(Details {
            name: "Sarah Nakato".into(),
            ..Details::default()
        }),
        pathway: "child-protection".into(),
        worker: Some("grace".into()),
        calendar: None,
    }
}

async fn complete(
    world: &World,
    reference: &str,
    step: &str,
    by: &str,
    answers: serde_json::Value,
) {
    let query = TaskQuery {
        business_id: Some(reference.into()),
        ..TaskQuery::default()
    };
    let tasks = world.runtime.tasks(&query).await.unwrap();
    let task = tasks
        .iter()
        .find(|task| task.name == step)
        .unwrap_or_else(|| panic!("no step {step} in {tasks:?}"));
    let Value::Context(variables) = Value::from_json(answers) else {
        panic!("no context")
    };
    let assign = Command::AssignTask {
        task: task.key,
        assignee: by.into(),
        expect: bpmn::Assignment::Anyone,
    };
    let complete = Command::CompleteTask {
        task: task.key,
        by: Some(by.into()),
        variables,
    };
    let request = Request::by(by)
        .command(task.instance, assign)
        .command(task.instance, complete);
    world.runtime.submit(request).await.unwrap();
}

/// A case of a medium risk child up to the first contact.
async fn at_first_contact(world: &World) -> String {
    let reference = cases::open(&world.runtime, sarah())
        .await
        .unwrap()
        .case
        .reference;
    complete(world, &reference, "Register the child", "helen", json!({"registration": {"age": 7, "concerns": ["neglect"], "birth_registered": "yes", "nationality_status": "citizen"}})).await;
    complete(
        world,
        &reference,
        "Record consent",
        "helen",
        json!({"consent": {"share_with": ["health"]}}),
    )
    .await;
    complete(
        world,
        &reference,
        "Screen the risk",
        "grace",
        json!({"risk_screen": {"life_threat": "no", "sexual_72h": "no", "unaccompanied": "yes"}}),
    )
    .await;
    complete(
        world,
        &reference,
        "Decide the risk level",
        "grace",
        json!({"risk_decision": {"risk_level": "medium"}}),
    )
    .await;
    reference
}

#[tokio::test]
async fn opening_a_case_registers_the_person_and_starts_the_pathway() {
    let world = World::with_pathway("2026-03-02T09:00+03:00").await;
    let opened = cases::open(&world.runtime, sarah()).await.unwrap();
    assert_eq!(opened.case.reference, "CP-2026-0001");
    assert_eq!(
        cases::by_reference(&world.runtime, "CP-2026-0001")
            .await
            .unwrap(),
        opened.case
    );
    let instance = cases::instance(&world.runtime, "CP-2026-0001")
        .await
        .unwrap();
    assert_eq!(instance.key, opened.instance);
    let variables = instance.state.variables();
    assert_eq!(
        variables.get("person"),
        Some(&Value::from(opened.person.id.as_str()))
    );
    let registration = variables
        .get("registration")
        .and_then(Value::as_context)
        .unwrap()
        .clone();
    assert_eq!(
        registration.get("child_name"),
        Some(&Value::from("Sarah Nakato"))
    );
}

#[tokio::test]
async fn nothing_is_left_of_a_case_whose_pathway_does_not_exist() {
    let world = World::at("2026-03-02T09:00+03:00").await;
    let refused = cases::open(&world.runtime, sarah()).await.unwrap_err();
    assert!(
        refused.to_string().contains("child-protection"),
        "{refused}"
    );
    assert!(
        processes::people::search(&world.runtime, "sarah", 10)
            .await
            .unwrap()
            .is_empty()
    );
    assert!(cases::latest(&world.runtime, 10).await.unwrap().is_empty());
}

#[tokio::test]
async fn references_are_unique_when_cases_are_opened_at_once() {
    let world = World::with_pathway("2026-03-02T09:00+03:00").await;
    let open = || cases::open(&world.runtime, sarah());
    let (a, b, c, d) = tokio::join!(open(), open(), open(), open());
    let mut references = [a, b, c, d].map(|opened| opened.unwrap().case.reference);
    references.sort();
    assert_eq!(
        references,
        [
            "CP-2026-0001",
            "CP-2026-0002",
            "CP-2026-0003",
            "CP-2026-0004"
        ]
    );
}

#[tokio::test]
async fn an_earlier_case_within_six_months_is_an_earlier_report() {
    let world = World::with_pathway("2026-03-02T09:00+03:00").await;
    let first = cases::open(&world.runtime, sarah()).await.unwrap();
    let reported_before = async || {
        let again = Open {
            person: Who::Known(first.person.id.clone()),
            ..sarah()
        };
        let opened = cases::open(&world.runtime, again).await.unwrap();
        let instance = world
            .runtime
            .instance(opened.instance)
            .await
            .unwrap()
            .unwrap();
        instance.state.variable("reported_before").cloned()
    };
    assert_eq!(reported_before().await, Some(Value::from(true)));
    world.wait_until("2026-09-20T09:00+03:00").await;
    assert_eq!(reported_before().await, Some(Value::from(false)));
    assert_eq!(
        cases::of_person(&world.runtime, &first.person.id)
            .await
            .unwrap()
            .len(),
        3
    );
}

#[tokio::test]
async fn a_case_is_given_to_another_worker_with_its_open_steps() {
    let world = World::with_pathway("2026-03-02T09:00+03:00").await;
    let reference = at_first_contact(&world).await;
    cases::give(
        &world.runtime,
        "ruth",
        &reference,
        "joseph",
        Some("Grace is ill"),
    )
    .await
    .unwrap();
    let mine = TaskQuery {
        assignee: Some("joseph".into()),
        ..TaskQuery::default()
    };
    assert_eq!(
        world.runtime.tasks(&mine).await.unwrap()[0].name,
        "See the child"
    );
    complete(
        &world,
        &reference,
        "See the child",
        "joseph",
        json!({"first_contact": {}}),
    )
    .await;
    assert_eq!(
        world.runtime.tasks(&mine).await.unwrap()[0].name,
        "Assess the child"
    );
    assert_eq!(
        cases::of_worker(&world.runtime, "joseph")
            .await
            .unwrap()
            .len(),
        1
    );
    assert!(
        cases::of_worker(&world.runtime, "grace")
            .await
            .unwrap()
            .is_empty()
    );
}

#[tokio::test]
async fn the_chronology_tells_what_happened_in_the_words_of_the_pathway() {
    let world = World::with_pathway("2026-03-02T09:00+03:00").await;
    let reference = at_first_contact(&world).await;
    world.wait_until("2026-03-06T17:00+03:00").await;
    cases::add_note(&world.runtime, "grace", &reference, "Road is flooded")
        .await
        .unwrap();
    let instance = cases::instance(&world.runtime, &reference).await.unwrap();
    let history = world.runtime.history(instance.key).await.unwrap();
    let notes = cases::notes(&world.runtime, &reference).await.unwrap();
    let catalog = world.runtime.catalog();
    let definition = &catalog.process(instance.definition).unwrap().definition;
    let told: Vec<(Kind, String, String)> = chronology::chronology(definition, &history, &notes)
        .into_iter()
        .map(|entry| (entry.kind, entry.what, entry.who))
        .collect();
    let line = |kind, what: &str, who: &str| (kind, what.to_owned(), who.to_owned());
    assert_eq!(told[0], line(Kind::Opened, "Child protection", "helen"));
    assert_eq!(told[1], line(Kind::Done, "Register the child", "helen"));
    assert!(
        told.contains(&line(Kind::Decision, "Risk level", "grace")),
        "{told:#?}"
    );
    assert!(
        told.iter()
            .any(|(kind, what, _)| (*kind, what.as_str())
                == (Kind::Escalation, "First contact is late")),
        "{told:#?}"
    );
    assert_eq!(
        told.last().unwrap(),
        &line(Kind::Note, "Road is flooded", "grace")
    );
}

#[tokio::test]
async fn the_chronology_says_which_rules_decided_and_which_way_was_taken() {
    let world = World::with_pathway("2026-03-02T09:00+03:00").await;
    let reference = at_first_contact(&world).await;
    let instance = cases::instance(&world.runtime, &reference).await.unwrap();
    let history = world.runtime.history(instance.key).await.unwrap();
    let catalog = world.runtime.catalog();
    let definition = &catalog.process(instance.definition).unwrap().definition;
    let entries = chronology::chronology(definition, &history, &[]);
    let risk = entries
        .iter()
        .find(|entry| entry.what == "Risk level")
        .unwrap();
    assert_eq!(
        risk.details,
        [
            "Risk points: 40, by rule 2",
            "Risk level: level medium, points 40, by rule 2"
        ]
    );
    let decided = entries
        .iter()
        .find(|entry| entry.what == "Decide the risk level")
        .unwrap();
    assert!(
        decided.details.contains(&"Child at risk? yes".to_owned()),
        "{decided:?}"
    );
}

#[tokio::test]
async fn the_stage_bar_shows_where_a_case_stands() {
    let world = World::with_pathway("2026-03-02T09:00+03:00").await;
    let reference = at_first_contact(&world).await;
    let instance = cases::instance(&world.runtime, &reference).await.unwrap();
    let history = world.runtime.history(instance.key).await.unwrap();
    let catalog = world.runtime.catalog();
    let definition = &catalog.process(instance.definition).unwrap().definition;
    let bar = stages::bar(definition, &instance.state, &history);
    let bar: Vec<_> = bar
        .iter()
        .map(|stage| (stage.name.as_str(), stage.state))
        .collect();
    assert_eq!(
        bar,
        [
            ("Registration", StageState::Done),
            ("Assessment", StageState::Current),
            ("Case plan", StageState::ToCome),
            ("Implementation", StageState::ToCome),
            ("Review", StageState::ToCome),
            ("Closure", StageState::ToCome),
        ]
    );
}

#[tokio::test]
async fn a_note_needs_words_and_a_case() {
    let world = World::with_pathway("2026-03-02T09:00+03:00").await;
    let reference = cases::open(&world.runtime, sarah())
        .await
        .unwrap()
        .case
        .reference;
    assert!(
        cases::add_note(&world.runtime, "grace", &reference, "  ")
            .await
            .is_err()
    );
    let refused = cases::add_note(&world.runtime, "grace", "CP-1999-0001", "Hello")
        .await
        .unwrap_err();
    assert!(refused.to_string().contains("CP-1999-0001"), "{refused}");
    let note = cases::add_note(&world.runtime, "grace", &reference, " Seen at school ")
        .await
        .unwrap();
    assert_eq!(note.id, "CP-2026-0001/1");
    assert_eq!(
        cases::notes(&world.runtime, &reference).await.unwrap(),
        [note]
    );
}
