//! flowable and activiti.

use super::check;

#[test]
fn tasks_for_people() {
    check(
        r#"<userTask id="A" f:assignee="${worker}" a:candidateGroups="intake" f:formKey="visit" f:owner="x" f:category="c"/>"#,
        "A",
        &[
            r#"assignmentDefinition assignee="=worker" candidateGroups="intake""#,
            r#"formDefinition formId="visit""#,
        ],
        &[
            "hint: Extensions of \"A\" are kept and have no effect: flowable:owner (a task has an assignee and candidates \
             here, no owner); flowable:category (it is a note that nothing here reads)",
        ],
    );
}

#[test]
fn external_work_and_its_parameters() {
    check(
        r#"<serviceTask id="A" f:type="external-worker" f:topic="letters"><extensionElements>
        <f:externalWorkerInParameter source="case" target="ref"/></extensionElements></serviceTask>"#,
        "A",
        &[
            r#"taskDefinition type="letters""#,
            r#"ioMapping [input source="=case" target="ref"]"#,
        ],
        &[],
    );
    check(
        r#"<serviceTask id="A" f:type="http"><extensionElements><f:field name="requestUrl"><f:string>https://x</f:string></f:field></extensionElements></serviceTask>"#,
        "A",
        &[
            r#"taskDefinition type="http""#,
            r#"taskHeaders [header key="requestUrl" value="https://x"]"#,
        ],
        &[
            "warning: \"A\" was done by the kind of work `http`; here it is a job of the type \"http\"",
        ],
    );
}

#[test]
fn decisions_are_service_tasks() {
    check(
        r#"<serviceTask id="A" f:type="dmn"><extensionElements><f:field name="decisionTableReferenceKey"><f:string>risk</f:string></f:field></extensionElements></serviceTask>"#,
        "A",
        &[
            r#"calledDecision decisionId="risk" resultVariable="risk""#,
            r#"caseway:decisionResult shape="variables""#,
            r#"taskHeaders [header key="decisionTableReferenceKey" value="risk"]"#,
        ],
        &[],
    );
}

#[test]
fn called_processes() {
    check(
        r#"<callActivity id="C" calledElement="assess" f:inheritVariables="true" f:sameDeployment="true" f:businessKey="${ref}"/>"#,
        "C",
        &[
            r#"calledElement propagateAllParentVariables="true" bindingType="deployment" businessId="=ref" processId="assess" propagateAllChildVariables="false""#,
        ],
        &[],
    );
}

#[test]
fn loops_know_their_index_and_collect() {
    check(
        r#"<userTask id="A"><multiInstanceLoopCharacteristics f:collection="visits" f:elementVariable="visit" f:elementIndexVariable="i">
        <extensionElements><f:variableAggregation target="reports"><f:variable source="text"/><f:variable sourceExpression="${n + 1}" target="next"/></f:variableAggregation></extensionElements>
        </multiInstanceLoopCharacteristics></userTask>"#,
        "multiInstanceLoopCharacteristics",
        &[
            r#"loopCharacteristics inputCollection="=visits" inputElement="visit" outputCollection="reports" outputElement="={"text": text, "next": n + 1}""#,
        ],
        &[],
    );
    check(
        r#"<userTask id="A"><multiInstanceLoopCharacteristics f:collection="visits" f:elementIndexVariable="i"/></userTask>"#,
        "A",
        &[r#"ioMapping [input source="=loopCounter - 1" target="i"]"#],
        &[],
    );
}

#[test]
fn what_works_otherwise_is_named() {
    check(
        r#"<task id="A" f:skipExpression="${skip}"/><complexGateway id="G"/>"#,
        "A",
        &[],
        &[
            "warning: \"A\" can be skipped in flowable (skipExpression), and is never skipped here",
            "hint: <complexGateway> behaves otherwise than in flowable, which reads it as an exclusive gateway",
        ],
    );
}
