//! camunda 7: the table of its attributes and extension elements.

use super::table::{
    ANY, AttributeLine, CALL, DECISION, DURABLE, Dialect, ElementLine, ElementRule, FORMS,
    LISTEN_WAY_OUT, LISTENS, LOOP, MAPPED, ONE_AT_A_TIME, PROCESS, Rule, SCRIPT, START, USER, WORK,
    attribute, element,
};
use super::{calls, decisions, forms, loops, mappings, people, process, triggers, work};

pub(super) static DIALECT: Dialect = Dialect {
    name: "camunda 7",
    namespaces: &[("http://camunda.org/schema/1.0/bpmn", "camunda")],
    attributes: ATTRIBUTES,
    elements: ELEMENTS,
    ignored_there: IGNORED_THERE,
};

const NO_PRIORITY: &str = "jobs are given out in the order in which they came";
const MARK: &str = "it is a note of the modeler";
const WITHOUT_TENANTS: &str = "there are no tenants here";

const ATTRIBUTES: &[AttributeLine] = {
    use Rule::{Becomes, Inert, Read, Refused, With};
    &[
        // Tasks for people
        attribute(
            "assignee",
            USER,
            Becomes("assignmentDefinition", "assignee"),
        ),
        attribute("candidateUsers", USER, Read(people::candidates)),
        attribute("candidateGroups", USER, Read(people::candidates)),
        attribute("dueDate", USER, Becomes("taskSchedule", "dueDate")),
        attribute(
            "followUpDate",
            USER,
            Becomes("taskSchedule", "followUpDate"),
        ),
        attribute("priority", USER, Read(people::priority)),
        attribute("formKey", FORMS, Read(forms::key)),
        attribute("formRef", FORMS, Read(forms::reference)),
        attribute("formRefBinding", FORMS, With("formRef")),
        attribute("formRefVersion", FORMS, With("formRef")),
        attribute(
            "formHandlerClass",
            FORMS,
            Inert("forms are handled by this engine"),
        ),
        attribute("initiator", START, Read(people::initiator)),
        // Work for programs
        attribute("class", WORK, Read(work::class)),
        attribute("delegateExpression", WORK, Read(work::delegate)),
        attribute("expression", WORK, Read(work::expression)),
        attribute("type", WORK, Read(work::kind)),
        attribute("topic", WORK, With("type")),
        attribute("resultVariable", WORK, Read(work::result)),
        attribute("resultVariable", SCRIPT, Read(work::script_result)),
        attribute(
            "resource",
            SCRIPT,
            Inert("the job for the worker has it in its headers"),
        ),
        attribute(
            "resource",
            &["conditionExpression"],
            Refused("is in another file", "write the condition in FEEL"),
        ),
        // Decisions
        attribute("decisionRef", DECISION, Read(decisions::reference)),
        attribute("decisionRefBinding", DECISION, With("decisionRef")),
        attribute("decisionRefVersion", DECISION, With("decisionRef")),
        attribute("decisionRefVersionTag", DECISION, With("decisionRef")),
        attribute("decisionRefTenantId", DECISION, Inert(WITHOUT_TENANTS)),
        attribute("mapDecisionResult", DECISION, With("decisionRef")),
        // Called processes
        attribute("calledElementBinding", CALL, Read(calls::binding)),
        attribute("calledElementVersion", CALL, With("calledElementBinding")),
        attribute(
            "calledElementVersionTag",
            CALL,
            With("calledElementBinding"),
        ),
        attribute("calledElementTenantId", CALL, Inert(WITHOUT_TENANTS)),
        attribute(
            "variableMappingClass",
            CALL,
            Refused(
                "lets a Java class pass the variables",
                "pass them with in and out",
            ),
        ),
        attribute(
            "variableMappingDelegateExpression",
            CALL,
            Refused(
                "lets a bean pass the variables",
                "pass them with in and out",
            ),
        ),
        attribute(
            "caseRef",
            CALL,
            Refused("calls a case plan (CMMN)", "call a process"),
        ),
        attribute("caseBinding", CALL, With("caseRef")),
        attribute("caseVersion", CALL, With("caseRef")),
        attribute("caseTenantId", CALL, With("caseRef")),
        // Loops
        attribute("collection", LOOP, Read(loops::collection)),
        attribute(
            "elementVariable",
            LOOP,
            Becomes("loopCharacteristics", "inputElement"),
        ),
        // Events
        attribute("errorCodeVariable", ERROR, Read(triggers::code_variable)),
        attribute(
            "errorMessageVariable",
            ERROR,
            Read(triggers::message_variable),
        ),
        attribute(
            "escalationCodeVariable",
            ESCALATION,
            Read(triggers::code_variable),
        ),
        attribute("variableName", CONDITION, Read(triggers::variable_name)),
        attribute("variableEvents", CONDITION, Read(triggers::variable_events)),
        // The process
        attribute("versionTag", PROCESS, Becomes("versionTag", "value")),
        attribute("historyTimeToLive", PROCESS, Read(process::time_to_live)),
        attribute("candidateStarterUsers", PROCESS, Read(people::starters)),
        attribute("candidateStarterGroups", PROCESS, Read(people::starters)),
        attribute(
            "isStartableInTasklist",
            PROCESS,
            Inert("roles decide who may start it"),
        ),
        // How the engine runs it
        attribute("asyncBefore", ANY, Inert(DURABLE)),
        attribute("asyncAfter", ANY, Inert(DURABLE)),
        attribute("async", ANY, Inert(DURABLE)),
        attribute("exclusive", ANY, Inert(ONE_AT_A_TIME)),
        attribute("jobPriority", ANY, Inert(NO_PRIORITY)),
        attribute("taskPriority", ANY, Inert(NO_PRIORITY)),
        attribute("modelerTemplate", ANY, Inert(MARK)),
        attribute("modelerTemplateVersion", ANY, Inert(MARK)),
        attribute("modelerTemplateIcon", ANY, Inert(MARK)),
        attribute("diagramRelationId", ANY, Inert(MARK)),
    ]
};

const ERROR: &[&str] = &["errorEventDefinition"];
const ESCALATION: &[&str] = &["escalationEventDefinition"];
const CONDITION: &[&str] = &["conditionalEventDefinition"];
const CALL_OR_SIGNAL: &[&str] = &["callActivity", "signalEventDefinition"];

const ELEMENTS: &[ElementLine] = {
    use ElementRule::{Inert, Read, Refused};
    &[
        element("properties", ANY, Read(mappings::properties)),
        element("inputOutput", MAPPED, Read(mappings::input_output)),
        element("field", WORK, Read(mappings::field)),
        element("connector", WORK, Read(work::connector)),
        element("in", CALL_OR_SIGNAL, Read(calls::input)),
        element("out", CALL, Read(calls::output)),
        element("failedJobRetryTimeCycle", ANY, Read(work::retries)),
        element("formData", FORMS, Read(forms::inside)),
        element("formProperty", FORMS, Read(forms::inside)),
        element("executionListener", ANY, Refused(LISTENS, LISTEN_WAY_OUT)),
        element("taskListener", ANY, Refused(LISTENS, LISTEN_WAY_OUT)),
        element(
            "errorEventDefinition",
            WORK,
            Inert("the worker itself throws the error with its code"),
        ),
    ]
};

const IGNORED_THERE: &[(&str, &str)] = &[
    ("adHocSubProcess", "leaves it out"),
    ("complexGateway", "leaves it out"),
    ("standardLoopCharacteristics", "runs the activity once"),
    (
        "laneSet",
        "takes no notice of lanes: here a task that names nobody is offered to its lane",
    ),
    (
        "ioSpecification",
        "takes no notice of it: here its associations move data",
    ),
    ("correlationSubscription", "takes no notice of it"),
];
