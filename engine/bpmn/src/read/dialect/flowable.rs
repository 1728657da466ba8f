//! flowable and activiti: the table of their attributes and extension elements.

use super::table::{
    ANY, AttributeLine, CALL, DURABLE, Dialect, ElementLine, ElementRule, FORMS, LISTEN_WAY_OUT,
    LISTENS, LOOP, ONE_AT_A_TIME, PROCESS, Rule, SCRIPT, START, USER, WORK, attribute, element,
};
use super::{calls, data, forms, loops, mappings, people, triggers, work};

pub(super) static DIALECT: Dialect = Dialect {
    name: "flowable",
    namespaces: &[
        ("http://flowable.org/bpmn", "flowable"),
        ("http://activiti.org/bpmn", "activiti"),
    ],
    attributes: ATTRIBUTES,
    elements: ELEMENTS,
    ignored_there: IGNORED_THERE,
};

const NOTE: &str = "it is a note that nothing here reads";
const CALENDARS: &str = "the calendar of the engine counts";
const WORKER_SETS: &str = "a worker names its variables itself";
const REGISTRY: &str = "belongs to an event registry, which this engine has not";
const REGISTRY_WAY_OUT: &str = "use a message event";

const ATTRIBUTES: &[AttributeLine] = {
    use Rule::{Becomes, Inert, Read, Refused, With};
    &[
        // Tasks for people
        attribute(
            "assignee",
            USER,
            Becomes("assignmentDefinition", "assignee"),
        ),
        attribute(
            "owner",
            USER,
            Inert("a task has an assignee and candidates here, no owner"),
        ),
        attribute("candidateUsers", USER, Read(people::candidates)),
        attribute("candidateGroups", USER, Read(people::candidates)),
        attribute("dueDate", USER, Becomes("taskSchedule", "dueDate")),
        attribute("businessCalendarName", ANY, Inert(CALENDARS)),
        attribute("category", ANY, Inert(NOTE)),
        attribute("priority", USER, Read(people::priority)),
        attribute("formKey", FORMS, Read(forms::key)),
        attribute(
            "formFieldValidation",
            FORMS,
            Inert("a form is always checked"),
        ),
        attribute(
            "sameDeployment",
            FORMS,
            Inert("the latest version of a form is shown"),
        ),
        attribute(
            "taskIdVariableName",
            USER,
            Refused(
                "wants the id of the task as a variable",
                "remove it, and read the task instead",
            ),
        ),
        attribute(
            "taskCompleterVariableName",
            USER,
            Refused(
                "wants who completes the task as a variable",
                "let the form set it, or read it from the history",
            ),
        ),
        attribute("initiator", START, Read(people::initiator)),
        // Work for programs
        attribute("class", WORK, Read(work::class)),
        attribute("delegateExpression", WORK, Read(work::delegate)),
        attribute("expression", WORK, Read(work::expression)),
        attribute("type", WORK, Read(work::kind)),
        attribute("topic", WORK, With("type")),
        attribute(
            "triggerable",
            WORK,
            Inert("a job always waits until it is completed"),
        ),
        attribute("resultVariable", WORK, Read(work::result)),
        attribute("resultVariableName", WORK, Read(work::result)),
        attribute("resultVariable", SCRIPT, Read(work::script_result)),
        attribute("useLocalScopeForResultVariable", ANY, Inert(WORKER_SETS)),
        attribute("storeResultVariableAsTransient", ANY, Inert(WORKER_SETS)),
        attribute("autoStoreVariables", SCRIPT, Inert(WORKER_SETS)),
        attribute("skipExpression", ANY, Read(triggers::skip)),
        attribute("rules", RULES, Refused(DROOLS, "ask a decision (DMN)")),
        attribute("ruleVariablesInput", RULES, With("rules")),
        attribute("exclude", RULES, With("rules")),
        // Called processes
        attribute("calledElementType", CALL, Read(calls::element_type)),
        attribute("sameDeployment", CALL, Read(calls::same_deployment)),
        attribute("inheritVariables", CALL, Read(calls::inherit)),
        attribute("businessKey", CALL, Read(calls::business_key)),
        attribute(
            "inheritBusinessKey",
            CALL,
            Inert("the business id is always passed on"),
        ),
        attribute(
            "fallbackToDefaultTenant",
            ANY,
            Inert("there are no tenants here"),
        ),
        attribute(
            "processInstanceName",
            CALL,
            Inert("instances have no name of their own"),
        ),
        attribute(
            "idVariableName",
            CALL,
            Refused(
                "wants the id of the called instance as a variable",
                "remove it",
            ),
        ),
        attribute("completeAsync", CALL, Inert(DURABLE)),
        attribute(
            "useLocalScopeForOutParameters",
            CALL,
            Inert("what comes back goes to where its variable is"),
        ),
        // Loops
        attribute("collection", LOOP, Read(loops::collection)),
        attribute(
            "elementVariable",
            LOOP,
            Becomes("loopCharacteristics", "inputElement"),
        ),
        attribute("elementIndexVariable", LOOP, Read(loops::index_variable)),
        attribute("noWaitStatesAsyncLeave", LOOP, Inert(DURABLE)),
        // Events
        attribute("errorVariableName", ERROR, Read(triggers::code_variable)),
        attribute(
            "errorVariableTransient",
            ERROR,
            Inert("variables are stored"),
        ),
        attribute(
            "errorVariableLocalScope",
            ERROR,
            Inert("it goes to where its variable is"),
        ),
        attribute("terminateAll", TERMINATE, Read(triggers::terminate_all)),
        attribute(
            "terminateMultiInstance",
            TERMINATE,
            Read(triggers::terminate_all),
        ),
        attribute(
            "endDate",
            &["timeCycle"],
            Refused(END_DATE, "say how often: R5/P1D"),
        ),
        attribute(
            "messageExpression",
            MESSAGE,
            Refused(DYNAMIC, "name the message, with an expression in its name"),
        ),
        attribute(
            "signalExpression",
            SIGNAL,
            Refused(DYNAMIC, "name the signal, with an expression in its name"),
        ),
        attribute("scope", &["signal"], Read(triggers::signal_scope)),
        // The process
        attribute("candidateStarterUsers", PROCESS, Read(people::starters)),
        attribute("candidateStarterGroups", PROCESS, Read(people::starters)),
        attribute(
            "isEagerExecutionFetching",
            PROCESS,
            Inert("an instance is always read as a whole"),
        ),
        // How the engine runs it
        attribute("async", ANY, Inert(DURABLE)),
        attribute("asyncLeave", ANY, Inert(DURABLE)),
        attribute("asyncBefore", ANY, Inert(DURABLE)),
        attribute("asyncAfter", ANY, Inert(DURABLE)),
        attribute("exclusive", ANY, Inert(ONE_AT_A_TIME)),
        attribute("asyncLeaveExclusive", ANY, Inert(ONE_AT_A_TIME)),
    ]
};

const ERROR: &[&str] = &["errorEventDefinition"];
const MESSAGE: &[&str] = &["messageEventDefinition"];
const SIGNAL: &[&str] = &["signalEventDefinition"];
const TERMINATE: &[&str] = &["terminateEventDefinition"];
const RULES: &[&str] = &["businessRuleTask"];
const DROOLS: &str = "asks a rule engine (Drools)";
const END_DATE: &str = "ends a repetition at a date";
const DYNAMIC: &str = "computes what the event is about";

const ELEMENTS: &[ElementLine] = {
    use ElementRule::{Inert, Read, Refused};
    &[
        element("field", WORK, Read(mappings::field)),
        element("properties", ANY, Read(mappings::properties)),
        element("in", CALL, Read(calls::input)),
        element("out", CALL, Read(calls::output)),
        element("externalWorkerInParameter", WORK, Read(mappings::worker_in)),
        element(
            "externalWorkerOutParameter",
            WORK,
            Read(mappings::worker_out),
        ),
        element("failedJobRetryTimeCycle", ANY, Read(work::retries)),
        element("variableAggregation", LOOP, Read(loops::aggregation)),
        element("formProperty", FORMS, Read(forms::inside)),
        element("executionListener", ANY, Refused(LISTENS, LISTEN_WAY_OUT)),
        element("taskListener", ANY, Refused(LISTENS, LISTEN_WAY_OUT)),
        element("eventListener", ANY, Refused(LISTENS, LISTEN_WAY_OUT)),
        element("eventType", ANY, Refused(REGISTRY, REGISTRY_WAY_OUT)),
        element(
            "eventCorrelationParameter",
            ANY,
            Refused(REGISTRY, REGISTRY_WAY_OUT),
        ),
        element("eventInParameter", ANY, Refused(REGISTRY, REGISTRY_WAY_OUT)),
        element(
            "eventOutParameter",
            ANY,
            Refused(REGISTRY, REGISTRY_WAY_OUT),
        ),
        element("value", &["dataObject"], Read(data::value)),
        element(
            "localization",
            ANY,
            Inert("names are shown as the model writes them"),
        ),
    ]
};

const IGNORED_THERE: &[(&str, &str)] = &[
    ("complexGateway", "reads it as an exclusive gateway"),
    ("standardLoopCharacteristics", "runs the activity once"),
    ("linkEventDefinition", "has no link events"),
    (
        "laneSet",
        "takes no notice of lanes: here a task that names nobody is offered to its lane",
    ),
    ("correlationSubscription", "takes no notice of it"),
];
