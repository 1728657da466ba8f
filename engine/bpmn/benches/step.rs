//! Speed of the core alone. Run with `cargo bench -p bpmn`; items are visits to elements.

use bpmn::{Catalog, Command, Key, Start, read, start, step};
use divan::Bencher;
use divan::counter::ItemsCount;
use feel::{Context, Value};
use jiff::Timestamp;

fn main() {
    divan::main();
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
    }
}

fn variables() -> Context {
    [("n", Value::from(0))].into_iter().collect()
}

fn assert_completes(catalog: &Catalog, variables: &Context) {
    let (instance, _) = start(catalog, begin(variables), Timestamp::UNIX_EPOCH).expect("a start");
    assert_eq!(instance.status(), bpmn::Status::Completed);
}

/// Start, ten script tasks, end: twelve visits.
#[divan::bench]
fn straight_line_of_ten_scripts(bencher: Bencher<'_, '_>) {
    let mut body = r#"<startEvent id="s"/><endEvent id="e"/>"#.to_owned();
    let mut last = "s".to_owned();
    for n in 0..10 {
        let id = format!("Task_{n}");
        body += &script(&id);
        body += &flow(&last, &id);
        last = id;
    }
    body += &flow(&last, "e");
    let (catalog, variables) = (catalog(&body), variables());
    assert_completes(&catalog, &variables);
    bencher
        .counter(ItemsCount::new(12_usize))
        .bench(|| start(&catalog, begin(&variables), Timestamp::UNIX_EPOCH));
}

/// Start, fork, four branches of five script tasks, join, end: 24 visits.
#[divan::bench]
fn four_branches_of_five_scripts(bencher: Bencher<'_, '_>) {
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
    let (catalog, variables) = (catalog(&body), variables());
    assert_completes(&catalog, &variables);
    bencher
        .counter(ItemsCount::new(24_usize))
        .bench(|| start(&catalog, begin(&variables), Timestamp::UNIX_EPOCH));
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

/// A script task that is done a hundred times, one after another: 103 visits.
#[divan::bench]
fn loop_of_a_hundred(bencher: Bencher<'_, '_>) {
    let marker = "<standardLoopCharacteristics><loopCondition>loopCounter &lt; 100</loopCondition></standardLoopCharacteristics>";
    let (catalog, variables) = (catalog(&repeated(marker)), variables());
    assert_completes(&catalog, &variables);
    bencher
        .counter(ItemsCount::new(103_usize))
        .bench(|| start(&catalog, begin(&variables), Timestamp::UNIX_EPOCH));
}

fn for_each(items: usize, sequential: bool) -> String {
    repeated(&format!(
        r#"<multiInstanceLoopCharacteristics isSequential="{sequential}"><extensionElements><z:loopCharacteristics inputCollection="=for i in 1..{items} return i" inputElement="x" outputCollection="results" outputElement="=x * 2"/></extensionElements></multiInstanceLoopCharacteristics>"#
    ))
}

/// A script task for each item of a collection, all at once. Items are those of the collection: what one of them
/// costs must not depend on how many there are.
///
/// The same work is done for each item of 50 and of 10,000; a look-up takes three levels of a tree more. In processor time an
/// item of 10,000 still costs half as much again as one of 50. What seems to be left is memory: all items begin before the
/// first one completes, and so many leave the processor's cache. Runs of more than a few milliseconds are also
/// interrupted by whatever else the machine does: compare processor time.
#[divan::bench(args = [50, 500, 5_000, 10_000], sample_count = 20)]
fn items_at_once(bencher: Bencher<'_, '_>, items: usize) {
    let (catalog, variables) = (catalog(&for_each(items, false)), variables());
    assert_completes(&catalog, &variables);
    bencher
        .counter(ItemsCount::new(items))
        .bench(|| start(&catalog, begin(&variables), Timestamp::UNIX_EPOCH));
}

/// The same, one after another.
#[divan::bench(args = [50, 500, 5_000, 10_000], sample_count = 20)]
fn items_one_after_another(bencher: Bencher<'_, '_>, items: usize) {
    let (catalog, variables) = (catalog(&for_each(items, true)), variables());
    assert_completes(&catalog, &variables);
    bencher
        .counter(ItemsCount::new(items))
        .bench(|| start(&catalog, begin(&variables), Timestamp::UNIX_EPOCH));
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
