//! What the standard itself says.

use super::{check, document, problems};
use crate::read::dialect::translate;

#[test]
fn people_are_assigned() {
    let role = |kind: &str, text: &str| {
        format!(
            "<{kind}><resourceAssignmentExpression><formalExpression>{text}</formalExpression></resourceAssignmentExpression></{kind}>"
        )
    };
    let task = |inside: &str| format!(r#"<userTask id="A">{inside}</userTask>"#);
    check(
        &task(&role("potentialOwner", "user(ruth), group(intake), north")),
        "A",
        &[r#"assignmentDefinition candidateUsers="ruth" candidateGroups="intake, north""#],
        &[],
    );
    check(
        &task(&role("humanPerformer", "user(ruth)")),
        "A",
        &[r#"assignmentDefinition assignee="ruth""#],
        &[],
    );
    check(
        &task(&role("performer", "user(ruth), user(amara)")),
        "A",
        &[r#"assignmentDefinition candidateUsers="ruth, amara""#],
        &[],
    );
    check(
        &task(&(role("potentialOwner", "=teams") + &role("potentialOwner", "group(${team})"))),
        "A",
        &[r#"assignmentDefinition candidateGroups="=flatten([teams, team])""#],
        &[],
    );
    check(
        &task("<potentialOwner/>"),
        "A",
        &[],
        &["warning: A potentialOwner of \"A\" names nobody"],
    );
    check(
        &format!(
            r#"<userTask id="A" c:assignee="amara" c:candidateGroups="intake">{}</userTask>"#,
            role("potentialOwner", "user(ruth), north")
        ),
        "A",
        &[
            r#"assignmentDefinition assignee="amara" candidateGroups="intake, north" candidateUsers="ruth""#,
        ],
        &[],
    );
}

#[test]
fn data_is_variables_and_associations_are_mappings() {
    let data = r#"<dataObject id="o" name="Plan"/><dataObjectReference id="r" dataObjectRef="o"/><property id="q" name="count"/>"#;
    let io = r#"<ioSpecification><dataInput id="i" name="text"/><dataOutput id="u" name="answer"/></ioSpecification>"#;
    let body = |inside: &str| format!(r#"{data}<task id="A">{io}{inside}</task>"#);
    check(
        &body(
            "<dataInputAssociation><sourceRef>r</sourceRef><targetRef>i</targetRef></dataInputAssociation>
            <dataOutputAssociation><sourceRef>u</sourceRef><targetRef>r</targetRef></dataOutputAssociation>",
        ),
        "A",
        &[
            r#"ioMapping [input source="=Plan" target="text"; output source="=answer" target="Plan"]"#,
        ],
        &[],
    );
    check(
        &body(
            "<dataInputAssociation><sourceRef>r</sourceRef><sourceRef>q</sourceRef><targetRef>i</targetRef>
            <transformation>Plan.pages + count</transformation></dataInputAssociation>
            <dataOutputAssociation><targetRef>q</targetRef><assignment><from>=answer.n</from><to>q</to></assignment></dataOutputAssociation>",
        ),
        "A",
        &[
            r#"ioMapping [input source="=Plan.pages + count" target="text"; output source="=answer.n" target="count"]"#,
        ],
        &[],
    );
    check(
        &body(
            "<dataInputAssociation><sourceRef>r</sourceRef><sourceRef>q</sourceRef><targetRef>i</targetRef></dataInputAssociation>",
        ),
        "A",
        &[],
        &["error: A data association of \"A\" joins several sources and does not say how"],
    );
    check(
        data,
        "q",
        &[r#"caseway:variable name="count" value="=null""#],
        &[],
    );
    check(
        &format!(r#"<subProcess id="P">{data}</subProcess>"#),
        "P",
        &[r#"ioMapping [input source="=null" target="Plan"; input source="=null" target="count"]"#],
        &[],
    );
}

#[test]
fn data_that_is_only_drawn_moves_nothing() {
    let drawn = r#"<dataObject id="o" name="Plan"/><dataObjectReference id="r" dataObjectRef="o"/><task id="A" X>
        <property id="q" name="__targetRef_placeholder"/>
        <dataInputAssociation><sourceRef>r</sourceRef><targetRef>q</targetRef></dataInputAssociation>
        <dataOutputAssociation><targetRef>r</targetRef></dataOutputAssociation></task>"#;
    check(&drawn.replace('X', ""), "A", &[], &[]);
    // An engine that takes no notice of data has no variable of that name either.
    check(
        &drawn.replace('X', r#"c:asyncBefore="false""#),
        "o",
        &[],
        &[
            "hint: Extensions of \"A\" are kept and have no effect: camunda:asyncBefore (each step is stored before the next one begins)",
        ],
    );
}

#[test]
fn what_is_read_from_a_store_and_written_to_it_is_a_mapping_that_names_the_store() {
    let body = |inside: &str| {
        format!(
            r#"<dataStoreReference id="s" name="Case register"/><task id="A"><ioSpecification>
            <dataInput id="i" name="known"/><dataOutput id="u" name="answer"/></ioSpecification>{inside}</task>"#
        )
    };
    let both = body(
        "<dataInputAssociation><sourceRef>s</sourceRef><targetRef>i</targetRef></dataInputAssociation>
        <dataOutputAssociation><sourceRef>u</sourceRef><targetRef>s</targetRef></dataOutputAssociation>",
    );
    check(
        &both,
        "A",
        &[concat!(
            r#"ioMapping [input source="=`Case register`" target="known" [caseway:store name="Case register"]; "#,
            r#"output source="=answer" target="Case register" [caseway:store name="Case register"]]"#
        )],
        &[],
    );
    check(&both, "s", &[r#"caseway:store name="Case register""#], &[]);
    let assigned = "<dataOutputAssociation><targetRef>s</targetRef><assignment><from>answer.n</from><to>s</to></assignment></dataOutputAssociation>";
    check(
        &body(assigned),
        "A",
        &[
            r#"ioMapping [output source="=answer.n" target="Case register" [caseway:store name="Case register"]]"#,
        ],
        &[],
    );
}

#[test]
fn stores_and_states_are_reported() {
    check(
        r#"<dataStoreReference id="s" name="Register"/><task id="A"><dataInputAssociation><sourceRef>s</sourceRef><targetRef>i</targetRef></dataInputAssociation></task>
        <dataObject id="o" name="Plan"><dataState name="draft"/></dataObject>"#,
        "A",
        &[],
        &[
            "hint: \"A\" only shows that it exchanges data with a store: the association moves nothing",
            "hint: The state \"draft\" of the data \"Plan\" is only shown",
        ],
    );
}

#[test]
fn writing_to_data_in_a_state_sets_the_state() {
    let body = |association: &str| {
        format!(
            r#"<dataObject id="o" name="Plan"/><dataObjectReference id="r" dataObjectRef="o"><dataState name="agreed"/></dataObjectReference>
            <task id="A">{association}</task>"#
        )
    };
    let state = r#"output source="="agreed"" target="dataStates.Plan""#;
    let drawn = body("<dataOutputAssociation><targetRef>r</targetRef></dataOutputAssociation>");
    let mapping = format!("ioMapping [{state}]");
    check(
        &drawn,
        "A",
        &[&mapping, r#"caseway:results rise="true""#],
        &[],
    );
    let moved = body(
        "<dataOutputAssociation><targetRef>r</targetRef><transformation>1</transformation></dataOutputAssociation>",
    );
    let mapping = format!(r#"ioMapping [output source="=1" target="Plan"; {state}]"#);
    check(&moved, "A", &[&mapping], &[]);
    let read = body("<dataInputAssociation><sourceRef>r</sourceRef></dataInputAssociation>");
    let hint = "hint: The state \"agreed\" of the data \"r\" is only shown";
    check(&read, "A", &[], &[hint]);
}

#[test]
fn flowable_gives_data_objects_a_value() {
    let object = |kind: &str, value: &str| {
        format!(
            r#"<dataObject id="o" name="limit" itemSubjectRef="xsd:{kind}"><extensionElements><f:value>{value}</f:value></extensionElements></dataObject>"#
        )
    };
    check(
        &object("int", "3"),
        "o",
        &[r#"caseway:variable name="limit" value="=3""#],
        &[],
    );
    check(
        &object("string", "3"),
        "o",
        &[r#"caseway:variable name="limit" value="="3"""#],
        &[],
    );
}

#[test]
fn languages_are_told_apart() {
    let flow = |attributes: &str, text: &str| {
        format!(
            r#"<sequenceFlow id="f"><conditionExpression {attributes}>{text}</conditionExpression></sequenceFlow>"#
        )
    };
    check(
        &flow(r#"language="https://www.omg.org/spec/FEEL/""#, "a > 3"),
        "f",
        &[],
        &[],
    );
    check(&flow("", "${a > 3}"), "f", &[], &[]);
    check(
        &flow(r#"language="groovy""#, "a.b()"),
        "f",
        &[],
        &["error: An expression of \"f\" is written in groovy, which is not executed"],
    );
    let whole = |language: &str| {
        let text = format!(
            r#"<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" expressionLanguage="{language}"><process id="p">{}</process></definitions>"#,
            flow("", "a > 3")
        );
        problems(&xml::parse(&text, &xml::Limits::default()).expect("XML"))
    };
    assert_eq!(whole("http://www.w3.org/1999/XPath"), Vec::<String>::new());
    assert_eq!(
        whole("http://www.mvel.org/2.0"),
        [
            "error: An expression of \"f\" is written in http://www.mvel.org/2.0, which is not executed"
        ]
    );
}

#[test]
fn operations_are_jobs() {
    let text = document(
        r#"<interface id="n"><operation id="o" name="send-letter"/></interface><process id="p"><serviceTask id="A" operationRef="o"/></process>"#,
    );
    let root = translate(&text).root.expect("a translation");
    assert_eq!(
        super::made(&root, "A"),
        [r#"taskDefinition type="send-letter""#]
    );
}

#[test]
fn extensions_of_other_tools_are_named_once() {
    let text = document(
        r#"<process id="p" xmlns:x="urn:tool" x:a="1"><task id="A"><extensionElements><x:b/></extensionElements></task></process>"#,
    );
    assert_eq!(
        problems(&text),
        [
            "hint: The model has extensions of other tools, which are kept and have no effect: urn:tool"
        ]
    );
}
