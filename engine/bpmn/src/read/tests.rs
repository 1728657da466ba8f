//! What the report says about whole documents.

use xml::Severity;

use super::{BPMN, read};
use crate::testing::{check_hints, check_problems, document, flow_if, flows, process};
use crate::{Report, Verdict};

/// The errors and warnings as the terminal shows them.
fn problems(report: &Report) -> Vec<String> {
    let problems = report.problems.iter();
    let problems = problems.filter(|problem| problem.severity != Severity::Hint);
    problems.map(ToString::to_string).collect()
}

#[test]
fn every_element_gets_a_verdict() {
    let reading = read(&document(&format!(
        r#"<collaboration id="c"><participant id="P1" name="Agency" processRef="p"/><participant id="P2" name="Court"/>
        <messageFlow id="m"/></collaboration>
        <process id="p" isExecutable="true"><startEvent id="s" name="Start"/><task id="A"/><textAnnotation id="t"/>
        <association id="a"/><dataObjectReference id="d"/>{}</process>
        <process id="doc" isExecutable="false"><startEvent id="s2"/></process>"#,
        flows("s>A")
    )));
    let verdicts: Vec<String> = reading
        .report
        .elements
        .iter()
        .map(|element| {
            let verdict = match &element.verdict {
                Verdict::Executed => "executed".to_owned(),
                Verdict::Ignored { reason } => format!("ignored: {reason}"),
                Verdict::Refused { reason } => format!("refused: {reason}"),
            };
            format!("{} ({}) {verdict}", element.id, element.kind)
        })
        .collect();
    assert_eq!(
        verdicts,
        [
            "P1 (pool) executed",
            "P2 (pool) ignored: it has no process of its own",
            "m (message flow) ignored: it does not lead from an event or task that sends to one that receives",
            "p (process) executed",
            "s (start event) executed",
            "A (task) executed",
            "t (text annotation) ignored: it explains the diagram",
            "a (association) ignored: it explains the diagram",
            "d (data object reference) ignored: what is in it is held in a variable",
            "s-A (sequence flow) executed",
            "doc (process) ignored: it is marked as not executable",
            "s2 (start event) ignored: its process is marked as not executable",
        ]
    );
    assert!(reading.report.is_deployable());
    assert_eq!(reading.processes.len(), 1);
    assert_eq!(reading.processes[0].participant(), Some("Agency"));
}

#[test]
fn what_is_not_executed_yet_is_refused_by_name_and_place() {
    let body = format!(
        r#"<startEvent id="s"/>
<task id="W" name="Wait for court"><extensionElements><z:taskListeners/></extensionElements></task>{}"#,
        flows("s>W")
    );
    let reading = read(&process(&body));
    assert_eq!(
        problems(&reading.report),
        [
            "line 2, column 1: error: \"Wait for court\" (task) has task listeners, and only user tasks can have them; \
          remove it, or model this step with elements that are executed"
        ]
    );
    assert_eq!(reading.report.problems[0].element_id.as_deref(), Some("W"));
    assert!(reading.processes.is_empty());
}

/// An element, and how the report refuses it.
const REFUSED: &[(&str, &str)] = &[
    (
        r#"<endEvent id="A"><timerEventDefinition/></endEvent>"#,
        "(timer end event) is not allowed by BPMN in this place",
    ),
    (
        r#"<endEvent id="A"><timerEventDefinition/><errorEventDefinition/></endEvent>"#,
        "(multiple end event) is not allowed by BPMN in this place",
    ),
    (
        r#"<choreographyTask id="A"/>"#,
        "(choreographyTask) is not executed",
    ),
];

#[test]
fn each_kind_of_element_that_is_not_executed_is_refused() {
    for (xml, refusal) in REFUSED {
        let flow = if xml.contains("choreo") {
            String::new()
        } else {
            flows("s>A")
        };
        check_problems(
            &format!(r#"<startEvent id="s"/>{xml}{flow}"#),
            &[&format!("error: \"A\" {refusal}")],
        );
    }
}

#[test]
fn all_problems_are_found_at_once() {
    let body = format!(
        r#"
<startEvent id="s"/>
<task id="A"/>
<task id="A"/>
<task name="No id"/>
<serviceTask id="J"/>
<task id="Lost"/>
<sequenceFlow id="f1" sourceRef="s" targetRef="nowhere"/>
<sequenceFlow id="f2" sourceRef="s"/>
{}
{}"#,
        flows("s>J>A"),
        flow_if("A", "s", "1 +")
    );
    let reading = read(&process(&body));
    let found: Vec<String> = reading
        .report
        .problems
        .iter()
        .map(|problem| {
            format!(
                "{}: {}: {}",
                problem.line, problem.severity, problem.message
            )
        })
        .collect();
    assert_eq!(
        found[..7],
        [
            "2: error: A flow leads into \"s\"",
            "4: error: The id \"A\" is used twice; first at line 3, column 1",
            "5: error: \"No id\" (task) has no id",
            "6: error: \"J\" does not say what kind of worker does it",
            "7: warning: \"Lost\" is never reached",
            "8: error: The flow \"f1\" ends at \"nowhere\", which does not exist",
            "9: error: The flow \"f2\" ends nowhere",
        ]
    );
    assert!(
        found[7].starts_with("11: error: An expression of \"A-s\" is not FEEL: "),
        "{}",
        found[7]
    );
    assert_eq!(found.len(), 8);
}

#[test]
fn a_wrong_expression_is_found_at_its_place_in_the_document() {
    let body = r#"
<startEvent id="s"/><exclusiveGateway id="g"/><task id="A"/>
<sequenceFlow id="f" sourceRef="g" targetRef="A">
  <conditionExpression>= a &lt; ) 3</conditionExpression>
</sequenceFlow>
<scriptTask id="B"><extensionElements>
  <z:script expression="=x + &quot;y&quot; )" resultVariable="r"/>
</extensionElements></scriptTask>"#;
    let reading = read(&process(body));
    let wrong = reading
        .report
        .problems
        .iter()
        .filter(|p| p.message.contains("FEEL"));
    let places: Vec<(u32, u32)> = wrong
        .map(|problem| (problem.line, problem.column))
        .collect();
    assert_eq!(places, [(4, 33), (7, 44)]);
}

#[test]
fn flows_do_not_cross_the_border_of_a_subprocess() {
    check_problems(
        &format!(
            r#"<startEvent id="s"/><subProcess id="P"><startEvent id="ps"/><task id="A"/>{}</subProcess>{}"#,
            flows("ps>A"),
            flows("s>P s>A")
        ),
        &["error: The flow \"s-A\" ends in another subprocess than the one it lies in"],
    );
}

#[test]
fn a_process_begins_somewhere() {
    check_problems("", &["error: \"p\" has no start event"]);
    check_problems(
        &format!(r#"<task id="A"/><task id="B"/>{}"#, flows("A>B>A")),
        &[
            "error: \"p\" has no start event",
            "warning: \"A\" is never reached",
            "warning: \"B\" is never reached",
        ],
    );
}

#[test]
fn other_documents_are_refused() {
    let check = |text: &str, expected: &str| {
        let report = read(text).report;
        assert_eq!(problems(&report), [expected]);
    };
    check(
        "<html/>",
        "line 1, column 1: error: The outermost element is <html>, not BPMN's <definitions>; \
         upload the .bpmn file that the modeler saves",
    );
    check(
        "GIF89a",
        "line 1, column 1: error: This is not an XML document; \
         upload the .bpmn or .dmn file that the modeler saves",
    );
    check(
        &document(""),
        "line 1, column 1: error: The document has no executable process; \
         mark a process as executable (isExecutable=\"true\")",
    );
}

#[test]
fn hostile_documents_are_refused_without_a_crash() {
    let deep = |n: usize| {
        let open: String = (0..n)
            .map(|n| format!(r#"<subProcess id="P{n}">"#))
            .collect();
        process(&format!("{open}{}", "</subProcess>".repeat(n)))
    };
    let found = problems(&read(&deep(200)).report);
    assert!(
        found
            .iter()
            .any(|problem| problem.contains("SUBPROCESS_DEPTH_MAX")),
        "{found:?}"
    );
    let found = problems(&read(&deep(10_000)).report);
    assert!(found[0].contains("max_depth"), "{found:?}");
    let found = problems(&read("<!DOCTYPE x><x/>").report);
    assert!(found[0].contains("DTD"), "{found:?}");
    let many: String = (0..2_000).map(|_| r#"<task id="A"/>"#).collect();
    let found = problems(&read(&process(&many)).report);
    assert_eq!(found.len(), crate::limits::PROBLEMS_MAX + 1);
    assert!(found.iter().any(|problem| problem.contains("PROBLEMS_MAX")));
}

#[test]
fn extensions_without_effect_are_named() {
    let body = format!(
        r#"<startEvent id="s"/><task id="A" xmlns:c="http://camunda.org/schema/1.0/bpmn" c:assignee="x"><extensionElements>
        <z:agentDefinition/></extensionElements></task>{}"#,
        flows("s>A")
    );
    check_hints(
        &body,
        &[
            "hint: Extensions of \"A\" are kept and have no effect: camunda:assignee (it means nothing on this element)",
        ],
    );
    check_problems(
        &body,
        &["warning: <zeebe:agentDefinition> of \"A\" has no effect"],
    );
    check_problems(
        &format!(
            r#"<startEvent id="s"/><task id="A"><extensionElements><z:taskListeners/></extensionElements></task>{}"#,
            flows("s>A")
        ),
        &["error: \"A\" (task) has task listeners, and only user tasks can have them"],
    );
}

#[test]
fn names_of_several_words_are_written_as_they_are() {
    let body = format!(
        r#"<property id="q" name="Vacation Status"/><startEvent id="s"/><task id="A"/><task id="B"/>{}{}"#,
        flows("s>A"),
        flow_if(
            "A",
            "B",
            "Vacation Status.days + count(Vacation Status.trips) &gt; 3"
        ),
    );
    check_problems(
        &body,
        &["warning: \"A\" has no default flow: if no condition is true, it stops with an incident"],
    );
}

#[test]
fn the_definition_tells_what_the_model_says() {
    let reading = read(&document(&format!(
        r#"<process id="p" name="Child protection" isExecutable="true"><extensionElements><z:versionTag value="v7"/></extensionElements>
        <laneSet id="ls"><lane id="l1" name="Agency"><flowNodeRef>s</flowNodeRef><childLaneSet id="in">
          <lane id="l2" name="caseworkers"><extensionElements><z:properties><z:property name="stage" value="Intake"/></z:properties></extensionElements>
          <flowNodeRef>A</flowNodeRef></lane></childLaneSet></lane></laneSet>
        <startEvent id="s"><extensionElements><z:formDefinition formId="contact"/></extensionElements></startEvent>
        <userTask id="A" name="Visit"><documentation>Go there.</documentation><extensionElements><z:userTask/>
          <z:properties><z:property name="guidance" value="Be kind."/></z:properties></extensionElements></userTask>{}</process>"#,
        flows("s>A")
    )));
    assert_eq!(problems(&reading.report), Vec::<String>::new());
    let definition = &reading.processes[0];
    assert_eq!(definition.name(), "Child protection");
    assert_eq!(definition.version_tag(), Some("v7"));
    let form = definition.start_form().expect("a start form");
    assert_eq!(form.id.literal(), Some("contact"));
    let lane = &definition.lanes()[0].lanes[0];
    assert_eq!(lane.properties["stage"], "Intake");
    let (node, _) = definition.user_tasks().next().expect("a user task");
    assert_eq!(node.lane(), Some("caseworkers"));
    assert_eq!(node.documentation(), Some("Go there."));
    assert_eq!(node.properties()["guidance"], "Be kind.");
    assert_eq!(
        definition.node("s").and_then(|node| node.lane()),
        Some("Agency")
    );
}

proptest::proptest! {
    /// Whatever happens to a file on its way, there is a report.
    #[test]
    fn a_damaged_document_gets_a_report(
        cuts in proptest::collection::vec((0..4000_usize, 0..30_usize, ".{0,12}"), 1..6),
    ) {
        let mut text = process(&format!(
            r#"<laneSet id="l"><lane id="l1"><flowNodeRef>A</flowNodeRef></lane></laneSet><startEvent id="s"/>
            <userTask id="A"><extensionElements><z:ioMapping><z:input source="=a + 1" target="b.c"/></z:ioMapping>
            <z:taskSchedule dueDate="=now()"/></extensionElements></userTask>{}<subProcess id="P"><startEvent id="ps"/>
            <endEvent id="pe"><errorEventDefinition errorRef="E"/></endEvent>{}</subProcess>{}{}"#,
            crate::testing::timer_on("T", "A", false, "PT1H"),
            flows("ps>pe"),
            flows("s>A>P T>P"),
            flow_if("A", "s", "x &lt; [1, 2][1]"),
        ));
        for (at, length, put) in cuts {
            let at = text.floor_char_boundary(at % text.len().max(1));
            let end = text.floor_char_boundary((at + length).min(text.len()));
            text.replace_range(at..end.max(at), &put);
        }
        let reading = read(&text);
        proptest::prop_assert!(reading.report.is_deployable() || reading.processes.is_empty());
    }
}

#[test]
fn many_hints_never_refuse_a_model_or_hide_an_error() {
    let mut body = r#"<startEvent id="s"/>"#.to_owned();
    for n in 0..2_000 {
        body += &format!(r#"<userTask id="A{n}"/>"#);
    }
    let count = |body: &str, severity: Severity| {
        let report = read(&process(body)).report;
        let problems = report.problems.iter();
        problems
            .filter(|problem| problem.severity == severity)
            .count()
    };
    assert_eq!(count(&body, Severity::Hint), crate::limits::HINTS_MAX + 1);
    assert_eq!(
        count(&body, Severity::Warning),
        crate::limits::PROBLEMS_MAX + 1
    );
    assert_eq!(count(&body, Severity::Error), 0);
    body += r#"<task id="A0"/>"#;
    assert_eq!(count(&body, Severity::Error), 1);
}

#[test]
fn the_definition_tells_how_long_its_history_is_kept() {
    let check = |written: &str, expected: Option<u32>| {
        let text = format!(
            r#"<definitions xmlns="{BPMN}" xmlns:c="http://camunda.org/schema/1.0/bpmn"><process id="p" isExecutable="true" {written}><startEvent id="s"/></process></definitions>"#
        );
        let days = read(&text).processes[0].history_time_to_live();
        assert_eq!(days, expected, "{written}");
    };
    check(r#"c:historyTimeToLive="180""#, Some(180));
    check(r#"c:historyTimeToLive="P1Y""#, Some(366));
    check(r#"c:historyTimeToLive="long""#, None);
    check("", None);
}
