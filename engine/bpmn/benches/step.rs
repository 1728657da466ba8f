//! Speed of the core alone. Run with `cargo bench -p bpmn`; items are visits to elements. Before that, the bytes that the
//! state of a waiting instance has as JSON, which is how it is stored.

use std::io::Write;

use bpmn::{Catalog, Command, Key, Start, read, start, step};
use divan::Bencher;
use divan::counter::ItemsCount;
use feel::{Context, Value};
use jiff::Timestamp;

fn main() {
    let mut out = std::io::stdout().lock();
    for (what, body) in waiting() {
        let bytes = state_bytes(&body);
        writeln!(out, "{what}: {bytes} bytes of state").expect("standard output");
    }
    divan::main();
}

/// Models whose instances wait, one for each that is measured below.
fn waiting() -> Vec<(&'static str, String)> {
    let user = |body: String| body.replace("scriptTask", "userTask");
    vec![
        ("straight line, at the first task", user(line())),
        ("four branches, at four tasks", user(branches())),
        (
            "loop of a hundred, at the first round",
            user(repeated(HUNDRED_TIMES)),
        ),
        ("50 items at once", user(for_each(50, false))),
        ("10,000 items at once", user(for_each(10_000, false))),
        (
            "model of 300 elements, at the first task",
            user(three_hundred()),
        ),
    ]
}

/// The JSON of an instance that waits for people.
fn state_bytes(body: &str) -> usize {
    let catalog = catalog(body);
    let (instance, _) =
        start(&catalog, begin(&variables()), Timestamp::UNIX_EPOCH).expect("a start");
    assert!(!instance.tasks().is_empty() && instance.incidents().is_empty());
    serde_json::to_vec(&instance).expect("JSON").len()
}

fn catalog(body: &str) -> Catalog {
    let xml = format!(
        r#"<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" xmlns:z="http://camunda.org/schema/zeebe/1.0"><process id="p" isExecutable="true">{body}</process></definitions>"#
    );
    let reading = read(&xml);
    assert!(
        reading.report.is_deployable(),
        "{:?}",
        reading.report.problems
    );
    Catalog::default().with_process(Key(1), 1, reading.processes[0].clone())
}

fn flow(from: &str, to: &str) -> String {
    format!(r#"<sequenceFlow id="{from}-{to}" sourceRef="{from}" targetRef="{to}"/>"#)
}

fn script(id: &str) -> String {
    format!(
        r#"<scriptTask id="{id}"><extensionElements><z:script expression="=n + 1" resultVariable="n"/></extensionElements></scriptTask>"#
    )
}

fn begin(variables: &Context) -> Start {
    Start {
        key: Key::of_instance(1),
        definition: Key(1),
        at: None,
        definition_of_at: 0,
        business_id: None,
        variables: variables.clone(),
        parent: None,
        calendar: None,
    }
}

fn variables() -> Context {
    [("n", Value::from(0))].into_iter().collect()
}

fn assert_completes(catalog: &Catalog, variables: &Context) {
    let (instance, _) = start(catalog, begin(variables), Timestamp::UNIX_EPOCH).expect("a start");
    assert_eq!(instance.status(), bpmn::Status::Completed);
}

fn line() -> String {
    let mut body = r#"<startEvent id="s"/><endEvent id="e"/>"#.to_owned();
    let mut last = "s".to_owned();
    for n in 0..10 {
        let id = format!("Task_{n}");
        body += &script(&id);
        body += &flow(&last, &id);
        last = id;
    }
    body + &flow(&last, "e")
}

fn branches() -> String {
    let mut body =
        r#"<startEvent id="s"/><parallelGateway id="f"/><parallelGateway id="j"/><endEvent id="e"/>"#
            .to_owned();
    body += &flow("s", "f");
    body += &flow("j", "e");
    for branch in 0..4 {
        let mut last = "f".to_owned();
        for n in 0..5 {
            let id = format!("Task_{branch}_{n}");
            body += &script(&id);
            body += &flow(&last, &id);
            last = id;
        }
        body += &flow(&last, "j");
    }
    body
}

/// A pathway of 60 decisions, each with two ways and five elements; an instance visits 242 of its 302.
fn three_hundred() -> String {
    let mut body = r#"<startEvent id="s"/><endEvent id="e"/>"#.to_owned();
    let mut last = "s".to_owned();
    for n in 0..60 {
        let (fork, join, small, large, then) = (
            format!("Fork_{n}"),
            format!("Join_{n}"),
            format!("Small_{n}"),
            format!("Large_{n}"),
            format!("Then_{n}"),
        );
        body += &format!(
            r#"<exclusiveGateway id="{fork}" default="{fork}-{small}"/><exclusiveGateway id="{join}"/>
            <sequenceFlow id="{fork}-{large}" sourceRef="{fork}" targetRef="{large}"><conditionExpression>=n &gt; 60</conditionExpression></sequenceFlow>"#
        );
        body += &[&small, &large, &then].map(|id| script(id)).concat();
        for (from, to) in [
            (&last, &fork),
            (&fork, &small),
            (&small, &join),
            (&large, &join),
            (&join, &then),
        ] {
            body += &flow(from, to);
        }
        last = then;
    }
    body + &flow(&last, "e")
}

fn bench(bencher: Bencher<'_, '_>, body: &str, visits: usize) {
    let (catalog, variables) = (catalog(body), variables());
    assert_completes(&catalog, &variables);
    bencher
        .counter(ItemsCount::new(visits))
        .bench(|| start(&catalog, begin(&variables), Timestamp::UNIX_EPOCH));
}

/// Start, ten script tasks, end: twelve visits.
#[divan::bench]
fn straight_line_of_ten_scripts(bencher: Bencher<'_, '_>) {
    bench(bencher, &line(), 12);
}

/// Start, fork, four branches of five script tasks, join, end: a visit to the join for all.
#[divan::bench]
fn four_branches_of_five_scripts(bencher: Bencher<'_, '_>) {
    bench(bencher, &branches(), 24);
}

/// Start, 60 decisions with one of two tasks and one more behind it, end.
#[divan::bench]
fn model_of_three_hundred_elements(bencher: Bencher<'_, '_>) {
    bench(bencher, &three_hundred(), 242);
}

/// A script task with a marker between start and end.
fn repeated(marker: &str) -> String {
    let script = script("A").replace("</scriptTask>", &format!("{marker}</scriptTask>"));
    format!(
        r#"<startEvent id="s"/>{script}<endEvent id="e"/>{}{}"#,
        flow("s", "A"),
        flow("A", "e")
    )
}

const HUNDRED_TIMES: &str = "<standardLoopCharacteristics><loopCondition>loopCounter &lt; 100</loopCondition></standardLoopCharacteristics>";

/// A script task that is done a hundred times, one after another: 103 visits.
#[divan::bench]
fn loop_of_a_hundred(bencher: Bencher<'_, '_>) {
    bench(bencher, &repeated(HUNDRED_TIMES), 103);
}

fn for_each(items: usize, sequential: bool) -> String {
    repeated(&format!(
        r#"<multiInstanceLoopCharacteristics isSequential="{sequential}"><extensionElements><z:loopCharacteristics inputCollection="=for i in 1..{items} return i" inputElement="x" outputCollection="results" outputElement="=x * 2"/></extensionElements></multiInstanceLoopCharacteristics>"#
    ))
}

/// A script task for each item of a collection, all at once. Items are those of the collection: what one of them
/// costs must not depend on how many there are.
///
/// Runs of more than a few milliseconds are also interrupted by whatever else the machine does: compare processor time.
#[divan::bench(args = [50, 500, 5_000, 10_000], sample_count = 20)]
fn items_at_once(bencher: Bencher<'_, '_>, items: usize) {
    bench(bencher, &for_each(items, false), items);
}

/// The same, one after another.
#[divan::bench(args = [50, 500, 5_000, 10_000], sample_count = 20)]
fn items_one_after_another(bencher: Bencher<'_, '_>, items: usize) {
    bench(bencher, &for_each(items, true), items);
}

/// One of many user tasks is completed, each a command of its own.
#[divan::bench(args = [50, 10_000], sample_count = 20)]
fn one_task_of_many(bencher: Bencher<'_, '_>, items: usize) {
    let marker = format!(
        "<multiInstanceLoopCharacteristics><loopCardinality>{items}</loopCardinality></multiInstanceLoopCharacteristics>"
    );
    let body = format!(
        r#"<startEvent id="s"/><userTask id="A">{marker}</userTask>{}"#,
        flow("s", "A")
    );
    let (catalog, variables) = (catalog(&body), variables());
    let now = Timestamp::UNIX_EPOCH;
    let (instance, _) = start(&catalog, begin(&variables), now).expect("a start");
    let tasks: Vec<Key> = instance.tasks().keys().copied().collect();
    assert_eq!(tasks.len(), items);
    bencher
        .counter(ItemsCount::new(10_usize))
        .with_inputs(|| instance.clone())
        .bench_local_values(|mut instance| {
            for task in &tasks[..10] {
                let command = Command::CompleteTask {
                    task: *task,
                    by: None,
                    variables: Context::default(),
                };
                step(&catalog, &mut instance, command, now).expect("a completion");
            }
            instance
        });
}

/// Start, a user task that is completed, end: three visits and two commands.
#[divan::bench]
fn user_task_round_trip(bencher: Bencher<'_, '_>) {
    let body = format!(
        r#"<startEvent id="s"/><userTask id="A" name="Visit"><extensionElements><z:assignmentDefinition candidateGroups="caseworkers"/>
        <z:taskSchedule dueDate="=duration(&quot;P1D&quot;)"/></extensionElements></userTask><endEvent id="e"/>{}{}"#,
        flow("s", "A"),
        flow("A", "e")
    );
    let (catalog, variables) = (catalog(&body), variables());
    bencher.counter(ItemsCount::new(3_usize)).bench(|| {
        let now = Timestamp::UNIX_EPOCH;
        let (mut instance, _) = start(&catalog, begin(&variables), now).expect("a start");
        let task = *instance.tasks().keys().next().expect("a task");
        let command = Command::CompleteTask {
            task,
            by: None,
            variables: variables.clone(),
        };
        step(&catalog, &mut instance, command, now)
    });
}

/// What the store does around each step: the state of a waiting instance to JSON and back.
#[divan::bench]
fn state_to_json_and_back(bencher: Bencher<'_, '_>) {
    let body = format!(
        r#"<startEvent id="s"/><userTask id="A" name="Visit"/>{}"#,
        flow("s", "A")
    );
    let (catalog, variables) = (catalog(&body), variables());
    let (instance, _) = start(&catalog, begin(&variables), Timestamp::UNIX_EPOCH).expect("a start");
    bencher.bench(|| {
        let json = serde_json::to_string(&instance).expect("JSON");
        serde_json::from_str::<bpmn::ProcessInstance>(&json).expect("state")
    });
}

/// A model of about one megabyte: 2,000 user tasks in a row, with three expressions each.
#[divan::bench(sample_count = 20)]
fn reading_one_megabyte(bencher: Bencher<'_, '_>) {
    let mut body = r#"<startEvent id="s"/>"#.to_owned();
    let mut last = "s".to_owned();
    for n in 0..2_000 {
        let id = format!("Activity_{n:06}");
        body += &format!(
            r#"<userTask id="{id}" name="Visit the family at home, number {n}"><extensionElements><z:userTask/>
            <z:assignmentDefinition candidateGroups="caseworkers"/><z:taskSchedule dueDate="=now() + duration(&quot;P1D&quot;)"/>
            <z:ioMapping><z:input source="=n + 1" target="local"/><z:output source="=local" target="n"/></z:ioMapping>
            </extensionElements></userTask>"#
        );
        body += &flow(&last, &id);
        last = id;
    }
    let xml = format!(
        r#"<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" xmlns:z="http://camunda.org/schema/zeebe/1.0"><process id="p" isExecutable="true">{body}</process></definitions>"#
    );
    bencher
        .counter(divan::counter::BytesCount::new(xml.len()))
        .bench(|| read(&xml));
}
