//! camunda 7.

use super::{check, document, problems};
use crate::read::dialect::translate;

#[test]
fn tasks_for_people() {
    check(
        r#"<userTask id="A" c:assignee="${worker}" c:candidateGroups="intake, ${team}" c:candidateUsers="amara,joseph"
        c:dueDate="${due}" c:followUpDate="P3D" c:priority="120" c:formKey="camunda-forms:deployment:visit.form"/>"#,
        "A",
        &[
            r#"assignmentDefinition assignee="=worker" candidateGroups="=flatten(["intake", team])" candidateUsers="amara,joseph""#,
            r#"taskSchedule dueDate="=due" followUpDate="P3D""#,
            r#"priorityDefinition priority="100""#,
            r#"formDefinition formId="visit""#,
        ],
        &[
            "hint: The priority 120 of \"A\" becomes 100, since priorities go from 0 to 100",
            "hint: The form of \"A\" is read as the deployed form with the id \"visit\"",
        ],
    );
    check(
        r#"<userTask id="A" c:assignee="=demo" c:formRef="visit" c:formRefBinding="version" c:formRefVersion="3"/>"#,
        "A",
        &[
            r#"assignmentDefinition assignee="="=demo"""#,
            r#"formDefinition formId="visit""#,
        ],
        &[
            "warning: \"A\" wants a form by its version number in another engine; the latest version is shown",
        ],
    );
}

#[test]
fn work_for_programs() {
    check(
        r#"<serviceTask id="A" c:type="external" c:topic="letters" c:asyncBefore="true" c:exclusive="false"><extensionElements>
        <c:failedJobRetryTimeCycle>R5/PT5M</c:failedJobRetryTimeCycle>
        <c:properties><c:property name="stage" value="intake"/></c:properties></extensionElements></serviceTask>"#,
        "A",
        &[
            r#"taskDefinition type="letters" retries="5""#,
            r#"properties [property name="stage" value="intake"]"#,
        ],
        &[
            "hint: \"A\" is tried 5 times, as \"R5/PT5M\" says; the pause in between is chosen by the worker",
            "hint: Extensions of \"A\" are kept and have no effect: camunda:asyncBefore (each step is stored before \
             the next one begins); camunda:exclusive (commands to one instance never run at the same time)",
        ],
    );
    check(
        r#"<serviceTask id="A" c:class="org.agency.SendLetter"><extensionElements><c:field name="to" stringValue="court"/>
        <c:field name="case"><c:expression>${ref}</c:expression></c:field></extensionElements></serviceTask>"#,
        "A",
        &[
            r#"taskDefinition type="org.agency.SendLetter""#,
            r#"taskHeaders [header key="to" value="court"]"#,
            r#"ioMapping [input source="=ref" target="case"]"#,
        ],
        &[
            "warning: \"A\" was done by the Java class `org.agency.SendLetter`; here it is a job of the type \"org.agency.SendLetter\"",
        ],
    );
    check(
        r#"<serviceTask id="A" c:expression="${letters.send(case)}" c:resultVariable="sent"/>"#,
        "A",
        &[
            r#"taskDefinition type="letters.send""#,
            r#"taskHeaders [header key="resultVariable" value="sent"]"#,
        ],
        &[
            "warning: \"A\" was done by the expression `${letters.send(case)}`; here it is a job of the type \"letters.send\"",
            "hint: The worker of \"A\" must give its result as the variable \"sent\"",
        ],
    );
    check(
        r#"<serviceTask id="A" c:expression="${a + b}" c:resultVariable="sum"/>"#,
        "A",
        &[r#"script expression="=a + b" resultVariable="sum""#],
        &[],
    );
    check(
        r#"<endEvent id="E"><messageEventDefinition c:delegateExpression="${sender}"/></endEvent>"#,
        "E",
        &[r#"taskDefinition type="sender""#],
        &[
            "warning: \"E\" was done by the bean `${sender}`; here it is a job of the type \"sender\"",
        ],
    );
}

#[test]
fn variables_in_and_out() {
    check(
        r#"<userTask id="A"><extensionElements><c:inputOutput><c:inputParameter name="x">${y}</c:inputParameter>
        <c:inputParameter name="y">=text</c:inputParameter>
        <c:inputParameter name="l"><c:list><c:value>a</c:value><c:script scriptFormat="feel">1 + 1</c:script></c:list></c:inputParameter>
        <c:inputParameter name="m"><c:map><c:entry key="k">${v}</c:entry></c:map></c:inputParameter>
        <c:inputParameter name="n"/><c:outputParameter name="out">Dear ${name}</c:outputParameter>
        </c:inputOutput></extensionElements></userTask>"#,
        "A",
        &[
            r#"ioMapping [input source="=y" target="x"; input source="="=text"" target="y"; input source="=["a", (1 + 1)]" target="l"; input source="={"k": v}" target="m"; input source="=null" target="n"; output source="=string join(["Dear ", string(name)])" target="out"]"#,
            r#"caseway:results rise="true""#,
        ],
        &[],
    );
}

#[test]
fn inputs_do_not_see_one_another() {
    let task = |second: &str| {
        format!(
            r#"<task id="A"><extensionElements><c:inputOutput><c:inputParameter name="a">${{1}}</c:inputParameter>
            <c:inputParameter name="b">${{a}}</c:inputParameter>{second}</c:inputOutput></extensionElements></task>"#
        )
    };
    check(
        &task(""),
        "A",
        &[r#"ioMapping [input source="=a" target="b"; input source="=1" target="a"]"#],
        &[],
    );
    check(
        &task(r#"<c:inputParameter name="a">${b}</c:inputParameter>"#),
        "A",
        &[
            r#"ioMapping [input source="=1" target="a"; input source="=a" target="b"; input source="=b" target="a"]"#,
        ],
        &[
            "warning: Another input of \"A\" reads \"a\", which this input sets; here it reads the new value",
            "warning: Another input of \"A\" reads \"b\", which this input sets; here it reads the new value",
        ],
    );
}

#[test]
fn called_processes_get_only_what_is_named() {
    check(
        r#"<callActivity id="C" calledElement="assess" c:calledElementBinding="versionTag" c:calledElementVersionTag="v1">
        <extensionElements><c:in businessKey="${execution.processBusinessKey}"/><c:in source="child" target="person"/>
        <c:in sourceExpression="${risk > 3}" target="high"/><c:out source="result" target="answer"/></extensionElements></callActivity>"#,
        "C",
        &[
            r#"calledElement bindingType="versionTag" versionTag="v1" processId="assess" propagateAllParentVariables="false" propagateAllChildVariables="false""#,
            r#"ioMapping [input source="=child" target="person"; input source="=risk > 3" target="high"; output source="=result" target="answer"]"#,
        ],
        &[],
    );
    check(
        r#"<callActivity id="C" calledElement="${which}"><extensionElements><c:in variables="all"/><c:out variables="all"/></extensionElements></callActivity>"#,
        "C",
        &[
            r#"calledElement propagateAllParentVariables="true" propagateAllChildVariables="true" processId="=which""#,
            r#"caseway:results rise="true""#,
        ],
        &[],
    );
    check(
        r#"<callActivity id="C" calledElement="assess" c:calledElementBinding="version" c:calledElementVersion="2"/>"#,
        "C",
        &[
            r#"calledElement processId="assess" propagateAllParentVariables="false" propagateAllChildVariables="false""#,
        ],
        &["error: \"C\" names a version by its number (version), which means another one here"],
    );
}

#[test]
fn decisions_are_asked() {
    check(
        r#"<businessRuleTask id="A" c:decisionRef="risk" c:resultVariable="level" c:mapDecisionResult="singleEntry"/>"#,
        "A",
        &[
            r#"calledDecision decisionId="risk" resultVariable="level""#,
            r#"caseway:decisionResult shape="singleEntry""#,
        ],
        &[],
    );
}

#[test]
fn loops_count_from_zero() {
    check(
        r#"<userTask id="A" c:assignee="${people[loopCounter]}"><multiInstanceLoopCharacteristics c:collection="visits" c:elementVariable="visit">
        <completionCondition>${nrOfCompletedInstances == 2}</completionCondition></multiInstanceLoopCharacteristics></userTask>"#,
        "multiInstanceLoopCharacteristics",
        &[r#"loopCharacteristics inputCollection="=visits" inputElement="visit""#],
        &[],
    );
    check(
        r#"<subProcess id="P"><userTask id="A" c:dueDate="${due[loopCounter]}"/><multiInstanceLoopCharacteristics c:collection="${a.b}"/></subProcess>"#,
        "A",
        &[
            r#"taskSchedule dueDate="=(if due instance of list<Any> then due[(loopCounter - 1) + 1] else get value(due, string(loopCounter - 1)))""#,
        ],
        &[],
    );
}

#[test]
fn events_and_the_process() {
    check(
        r#"<boundaryEvent id="B"><errorEventDefinition c:errorCodeVariable="code" c:errorMessageVariable="why"/></boundaryEvent>"#,
        "errorEventDefinition",
        &[r#"caseway:caught codeVariable="code" messageVariable="why""#],
        &[],
    );
    check(
        r#"<boundaryEvent id="B"><conditionalEventDefinition c:variableName="risk" c:variableEvents="create, delete">
        <condition>${risk > 3}</condition></conditionalEventDefinition></boundaryEvent>"#,
        "conditionalEventDefinition",
        &[r#"conditionalFilter variableNames="risk" variableEvents="create""#],
        &["hint: \"B\" waits for variables to be deleted (delete), which never happens here"],
    );
    let document = document(
        r#"<process id="p" isExecutable="true" c:versionTag="v7" c:historyTimeToLive="180" c:candidateStarterGroups="intake"/>"#,
    );
    let root = translate(&document).root.expect("a translation");
    assert_eq!(
        super::made(&root, "p"),
        [
            r#"versionTag value="v7""#,
            r#"caseway:retention duration="P180D""#,
            r#"caseway:starters groups="intake""#
        ]
    );
}

#[test]
fn what_needs_a_program_is_refused_where_it_stands() {
    let text = document(
        "<process id=\"p\" isExecutable=\"true\">\n<userTask id=\"A\" name=\"Visit\"\n c:assignee=\"${a == 'x' &amp;&amp; bean.who()}\"/>\n\
        <sequenceFlow id=\"f\">\n<conditionExpression>${ok(1)}</conditionExpression></sequenceFlow></process>",
    );
    let problems: Vec<String> = translate(&text)
        .problems
        .iter()
        .map(ToString::to_string)
        .collect();
    let way_out =
        "compute the value in a service task whose worker sets a variable, and read that variable";
    assert_eq!(
        problems,
        [
            format!(
                "line 5, column 36: error: An expression of \"Visit\" calls the method `who`, which is not executed; {way_out}"
            ),
            format!(
                "line 7, column 24: error: An expression of \"f\" calls the function `ok`, which is not executed; {way_out}"
            ),
        ]
    );
}

#[test]
fn listeners_are_refused() {
    check(
        r#"<userTask id="A"><extensionElements><c:taskListener event="create" class="x.Y"/></extensionElements></userTask>"#,
        "A",
        &[],
        &[
            "error: \"A\" has <camunda:taskListener>, which runs a program while a step begins or ends, and that is not executed",
        ],
    );
}

#[test]
fn zeebe_wins_where_both_speak() {
    check(
        r#"<userTask id="A" c:assignee="x" c:candidateGroups="g"><extensionElements><z:assignmentDefinition assignee="y"/></extensionElements></userTask>"#,
        "A",
        &[r#"assignmentDefinition assignee="y" candidateGroups="g""#],
        &["hint: \"A\" says twice what zeebe:assignmentDefinition says (assignee); zeebe wins"],
    );
}

#[test]
fn scripts_are_computed_or_done_by_a_worker() {
    check(
        r#"<scriptTask id="A" scriptFormat="javascript" c:resultVariable="x"><script>1 + 1</script></scriptTask>"#,
        "A",
        &[
            r#"script resultVariable="x""#,
            r#"taskDefinition type="javascript""#,
            r#"taskHeaders [header key="script" value="1 + 1"; header key="resultVariable" value="x"]"#,
        ],
        &[
            "warning: \"A\" is a script in javascript, which is not executed here; it is a job of the type \"javascript\", with the script in its headers",
        ],
    );
    check(
        r#"<scriptTask id="A" scriptFormat="juel" c:resultVariable="x"><script>${a eq 1}</script></scriptTask>"#,
        "A",
        &[r#"script resultVariable="x" expression="=a = 1""#],
        &[],
    );
}

#[test]
fn what_its_engine_left_out_is_named() {
    check(
        r#"<adHocSubProcess id="P" name="Visits" c:asyncBefore="false"/>"#,
        "P",
        &[],
        &[
            "hint: Extensions of \"Visits\" are kept and have no effect: camunda:asyncBefore (each step is stored before the next one begins)",
            "hint: \"Visits\" behaves otherwise than in camunda 7, which leaves it out",
        ],
    );
}

#[test]
fn a_process_that_is_not_executable_is_left_alone() {
    let text = document(
        r#"<process id="p" isExecutable="false"><userTask id="A" c:assignee="${x.y()}"/></process>"#,
    );
    assert_eq!(problems(&text), Vec::<String>::new());
}

#[test]
fn timers_in_quartz_are_read() {
    let text = document(
        r#"<process id="p" isExecutable="true" c:versionTag="1"><boundaryEvent id="B"><timerEventDefinition><timeCycle>0 0 9 ? * 2-6</timeCycle></timerEventDefinition></boundaryEvent></process>"#,
    );
    assert_eq!(
        problems(&text),
        ["hint: The timer of \"B\" is read as \"0 0 9 * * MON-FRI\""]
    );
}
