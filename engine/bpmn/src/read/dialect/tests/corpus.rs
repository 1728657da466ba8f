//! Every word of the dialects is mapped or reported: nothing is dropped in silence.

use super::{document, made};
use crate::read::dialect::table::Dialect;
use crate::read::dialect::{camunda, flowable, translate};

/// Where a word is tried: a body with `@` for it, and which elements it is tried on.
fn body(element: &str, words: &str) -> String {
    let inside = |around: &str| format!(r#"<{around} id="A"><{element} {words}/></{around}>"#);
    match element {
        "process" => format!(r#"<process id="A" isExecutable="true" {words}/>"#),
        "signal" => format!(r#"<signal id="A" {words}/>"#),
        _ => {
            let inner = match element {
                "multiInstanceLoopCharacteristics" => inside("userTask"),
                "timeCycle" => format!(
                    r#"<boundaryEvent id="A"><timerEventDefinition><timeCycle {words}>R/P1D</timeCycle></timerEventDefinition></boundaryEvent>"#
                ),
                "conditionExpression" => inside("sequenceFlow"),
                other if other.ends_with("EventDefinition") => inside("endEvent"),
                other => format!(r#"<{other} id="A" calledElement="q" {words}/>"#),
            };
            format!(r#"<process id="p" isExecutable="true">{inner}</process>"#)
        }
    }
}

fn check_attributes(dialect: &Dialect, prefix: &str) {
    for line in dialect.attributes {
        let places: &[&str] = if line.on.is_empty() {
            &["userTask"]
        } else {
            line.on
        };
        for place in places {
            let words = format!(r#"{prefix}:{}="marker""#, line.name);
            let document = document(&body(place, &words));
            let translation = translate(&document);
            let made = translation.root.map_or(Vec::new(), |root| {
                let wanted = if place.ends_with("Characteristics") || place.ends_with("Definition")
                {
                    place
                } else {
                    "A"
                };
                let mut made = made(&root, wanted);
                made.extend(super::made(&root, "A"));
                made
            });
            let is_made = made.iter().any(|made| made.contains("marker"));
            let is_reported = translation.problems.iter().any(|problem| {
                problem.message.contains(line.name) || problem.message.contains("marker")
            });
            // Words that say what is so anyway need no mention.
            let is_so = [
                ("calledElementBinding", CALL_MARK),
                ("scope", "signal"),
                ("calledElementType", CALL_MARK),
                ("sameDeployment", CALL_MARK),
                ("terminateAll", "terminateEventDefinition"),
                ("terminateMultiInstance", "terminateEventDefinition"),
            ]
            .contains(&(line.name, *place));
            assert!(
                is_made || is_reported || is_so,
                "{} on {place}: {made:?}",
                line.name
            );
        }
    }
}

const CALL_MARK: &str = "callActivity";

#[test]
fn every_attribute_is_mapped_or_reported() {
    check_attributes(&camunda::DIALECT, "c");
    check_attributes(&flowable::DIALECT, "f");
    check_attributes(&flowable::DIALECT, "a");
}

/// What the vendors' own descriptions of their extensions list.
const CAMUNDA: &str = "assignee candidateUsers candidateGroups dueDate followUpDate priority formKey formRef \
    formRefBinding formRefVersion formHandlerClass asyncBefore asyncAfter exclusive jobPriority taskPriority class \
    expression delegateExpression type topic resultVariable calledElementBinding calledElementVersion \
    calledElementVersionTag calledElementTenantId variableMappingClass caseRef decisionRef decisionRefBinding \
    decisionRefVersion decisionRefVersionTag decisionRefTenantId mapDecisionResult collection elementVariable \
    errorCodeVariable errorMessageVariable escalationCodeVariable variableName variableEvents resource versionTag \
    historyTimeToLive candidateStarterUsers candidateStarterGroups isStartableInTasklist initiator modelerTemplate \
    diagramRelationId";
const FLOWABLE: &str = "assignee owner candidateUsers candidateGroups dueDate businessCalendarName category priority \
    formKey formFieldValidation skipExpression taskIdVariableName taskCompleterVariableName async asyncLeave exclusive \
    asyncLeaveExclusive triggerable class expression delegateExpression type topic resultVariable resultVariableName \
    useLocalScopeForResultVariable storeResultVariableAsTransient calledElementType sameDeployment \
    fallbackToDefaultTenant inheritVariables businessKey inheritBusinessKey processInstanceName idVariableName \
    completeAsync useLocalScopeForOutParameters collection elementVariable elementIndexVariable noWaitStatesAsyncLeave \
    autoStoreVariables terminateAll terminateMultiInstance errorVariableName scope endDate messageExpression \
    signalExpression candidateStarterUsers candidateStarterGroups isEagerExecutionFetching rules ruleVariablesInput \
    exclude initiator";

#[test]
fn every_word_of_the_vendors_has_a_line() {
    for (dialect, words) in [(&camunda::DIALECT, CAMUNDA), (&flowable::DIALECT, FLOWABLE)] {
        for word in words.split_whitespace() {
            let has_line = dialect.attributes.iter().any(|line| line.name == word);
            assert!(has_line, "{word} of {}", dialect.name);
        }
    }
}

#[test]
fn every_extension_element_is_mapped_or_reported() {
    for (dialect, prefix) in [(&camunda::DIALECT, "c"), (&flowable::DIALECT, "f")] {
        for line in dialect.elements {
            let place = line.on.first().copied().unwrap_or("userTask");
            let element = format!(
                r#"<{prefix}:{} name="marker" id="marker" source="marker" target="marker" stringValue="marker">marker
                <{prefix}:inputParameter name="marker"/><{prefix}:connectorId>marker</{prefix}:connectorId>
                <{prefix}:property name="marker"/></{prefix}:{}>"#,
                line.name, line.name
            );
            let whole = body(place, "").replacen(
                &format!("<{place} "),
                &format!(
                    "<{place}><extensionElements>{element}</extensionElements></{place}><{place} "
                ),
                1,
            );
            let document = document(&whole.replace("id=\"A\"", "id=\"B\"").replacen(
                &format!("<{place}>"),
                &format!("<{place} id=\"A\">"),
                1,
            ));
            let translation = translate(&document);
            let made = translation
                .root
                .map_or(Vec::new(), |root| made(&root, place));
            let is_made = made.iter().any(|made| made.contains("marker"));
            let is_reported = translation
                .problems
                .iter()
                .any(|problem| problem.message.contains(line.name));
            assert!(is_made || is_reported, "{} on {place}", line.name);
        }
    }
}
