//! Call activity (BPMN 2.0.2, 10.3.6): runs another process as an instance of its own, and waits for its end.
//!
//! All variables that the call activity sees go along, unless `propagateAllParentVariables` is false: then
//! only those of its input mappings. All variables of the called instance come back as results, unless
//! `propagateAllChildVariables` is false and there are no output mappings. An error that the called
//! process does not catch is thrown at the call activity. Deviation: global tasks are not called yet.

use feel::Context;

use super::{Behaviour, Element, Next};
use crate::limits::CALL_DEPTH_MAX;
use crate::read::NodeReader;
use crate::step::{At, Failure, Stepper};
use crate::text::Text;
use crate::{Deployed, FollowUp, IncidentKind, Parent, Record};

/// Which process a call activity runs, and what goes in and out.
#[derive(Debug)]
pub struct CallActivity {
    /// Id of the process.
    pub process_id: Text,
    /// The version with this tag; the latest where absent.
    pub version_tag: Option<String>,
    /// Whether all visible variables go along.
    pub propagates_variables: bool,
    /// Whether all variables of the called instance come back.
    pub propagates_results: bool,
}

pub(crate) fn read(node: &mut NodeReader<'_, '_>) -> Option<Element> {
    let Some(called) = node.extension("calledElement") else {
        let Some(attribute) = node.xml.attribute_named("", "calledElement") else {
            let message = format!("{} does not say which process it calls", node.label());
            node.error(message, "choose a process");
            return None;
        };
        let process_id = node.reader.attribute_text(node.xml, attribute)?;
        return Some(Element::CallActivity(CallActivity {
            process_id,
            version_tag: None,
            propagates_variables: true,
            propagates_results: true,
        }));
    };
    let process_id = node.required_text(called, "processId")?;
    let is_not_false = |name: &str| called.attribute(name) != Some("false");
    let binding = called.attribute("bindingType").unwrap_or("latest");
    let version_tag = called.attribute("versionTag").map(str::to_owned);
    if binding == "deployment" {
        let message = format!(
            "{} calls the version of its own deployment; the latest is called",
            node.label()
        );
        node.warning(message, "use a version tag where the version matters");
    }
    Some(Element::CallActivity(CallActivity {
        process_id,
        version_tag: version_tag.filter(|_| binding == "versionTag"),
        propagates_variables: is_not_false("propagateAllParentVariables"),
        propagates_results: is_not_false("propagateAllChildVariables"),
    }))
}

impl CallActivity {
    fn called<'a>(&self, step: &Stepper<'a>, at: At<'_>) -> Result<&'a Deployed, Failure> {
        let label = at.node.label();
        let what = format!("The called process of \"{label}\"");
        let id = step.required_text(&self.process_id, at.key, &what)?;
        let found = match &self.version_tag {
            None => step.catalog.latest(&id),
            Some(tag) => step
                .catalog
                .versions(&id)
                .rev()
                .find(|deployed| deployed.definition.version_tag() == Some(tag)),
        };
        found.ok_or_else(|| {
            let tag = self.version_tag.as_ref();
            let tag = tag.map_or(String::new(), |tag| {
                format!(" with the version tag \"{tag}\"")
            });
            let message =
                format!("The process \"{id}\"{tag} that \"{label}\" calls is not deployed");
            Failure::new(IncidentKind::CalledProcess, message)
        })
    }
}

impl Behaviour for CallActivity {
    fn execute<'a>(&self, step: &mut Stepper<'a>, at: At<'a>) -> Result<Next, Failure> {
        let called = self.called(step, at)?;
        let depth = step.instance.parent().map_or(0, |parent| parent.depth) + 1;
        if depth > CALL_DEPTH_MAX {
            let message = format!(
                "Processes call one another more than {CALL_DEPTH_MAX} levels deep (CALL_DEPTH_MAX)"
            );
            return Err(Failure::new(IncidentKind::Limit, message));
        }
        let variables: Context = if self.propagates_variables {
            step.instance.visible_variables(at.key)
        } else {
            step.instance.own_variables(at.key)
        };
        step.emit(Record::ProcessCalled {
            element_instance: at.key,
            definition: called.key,
            process_id: called.definition.id().into(),
            version: called.version,
        });
        let parent = Parent {
            instance: step.instance.key(),
            element: at.key,
            depth,
        };
        let business_id = step.instance.business_id().map(str::to_owned);
        step.follow_up(FollowUp::Start {
            process: called.key,
            parent,
            variables,
            business_id,
        });
        Ok(Next::Wait)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::testing::{Run, document, flows, process, timer_on};
    use crate::{Command, Status};

    fn caller(called: &str, mappings: &str, more: &str) -> String {
        process(&format!(
            r#"<startEvent id="s"/><callActivity id="C"><extensionElements><z:calledElement processId="{called}"/>{mappings}</extensionElements></callActivity>
            <userTask id="After"/>{}{more}"#,
            flows("s>C>After")
        ))
    }

    fn called(end: &str) -> String {
        document(&format!(
            r#"<error id="E" errorCode="REFUSED"/><process id="q" isExecutable="true"><startEvent id="qs"/><userTask id="Inner"/><endEvent id="qe">{end}</endEvent>{}</process>"#,
            flows("qs>Inner>qe")
        ))
    }

    #[test]
    fn a_called_process_gets_variables_and_gives_results() {
        let mut run = Run::with(&[&caller("q", "", ""), &called("")], json!({"child": "A"}));
        let inner = &run.instances[&run.called()];
        assert_eq!(inner.business_id(), Some("CASE-1"));
        assert_eq!(inner.variable("child").and_then(|v| v.as_str()), Some("A"));
        run.complete("Inner", json!({"result": 7}));
        assert_eq!(run.variable("result"), json!(7));
        assert_eq!(run.tasks(), ["After"]);
    }

    #[test]
    fn with_output_mappings_only_they_come_back() {
        let mappings = r#"<z:ioMapping><z:input source="=1" target="only"/><z:output source="=result + only" target="sum"/></z:ioMapping>"#;
        let caller = caller("q", mappings, "").replace(
            r#"processId="q""#,
            r#"processId="q" propagateAllParentVariables="false" propagateAllChildVariables="false""#,
        );
        let mut run = Run::with(&[&caller, &called("")], json!({"child": "A"}));
        let inner = &run.instances[&run.called()];
        assert_eq!(inner.variables().names().collect::<Vec<_>>(), ["only"]);
        run.complete("Inner", json!({"result": 7}));
        assert_eq!(run.variable("sum"), json!(8));
        assert_eq!(run.variable("result"), json!(null));
    }

    #[test]
    fn an_error_of_the_called_process_is_caught_by_the_caller() {
        let more = format!(
            r#"<boundaryEvent id="B" attachedToRef="C"><errorEventDefinition/></boundaryEvent><userTask id="Caught"/>{}"#,
            flows("B>Caught")
        );
        let end = r#"<errorEventDefinition errorRef="E"/>"#;
        let mut run = Run::with(&[&caller("q", "", &more), &called(end)], json!({}));
        run.complete("Inner", json!({}));
        assert_eq!(run.tasks(), ["Caught"]);
        assert_eq!(run.instances[&run.called()].status(), Status::Terminated);
    }

    #[test]
    fn an_error_that_the_caller_does_not_catch_is_an_incident_there() {
        let end = r#"<errorEventDefinition errorRef="E"/>"#;
        let mut run = Run::with(&[&caller("q", "", ""), &called(end)], json!({}));
        run.complete("Inner", json!({}));
        assert_eq!(
            run.incidents(),
            ["\"C\" throws the error \"REFUSED\" and nothing catches it"]
        );
        run.resolve();
        assert_eq!(run.tasks(), ["Inner"]);
        assert_eq!(run.instances.len(), 3);
    }

    #[test]
    fn an_interrupted_call_ends_the_called_instance() {
        let more = format!("{}{}", timer_on("T", "C", true, "PT1H"), flows("T>After"));
        let mut run = Run::with(&[&caller("q", "", &more), &called("")], json!({}));
        run.fire("T");
        assert_eq!(run.tasks(), ["After"]);
        assert_eq!(run.instances[&run.called()].status(), Status::Terminated);
    }

    #[test]
    fn a_cancelled_called_instance_is_an_incident_of_the_caller() {
        let mut run = Run::with(&[&caller("q", "", ""), &called("")], json!({}));
        let inner = run.called();
        run.send(inner, Command::CancelInstance).expect("accepted");
        assert_eq!(
            run.incidents(),
            ["The process that \"C\" called was cancelled"]
        );
        run.command(Command::CancelInstance).expect("a cancel");
        assert!(run.incidents().is_empty());
    }

    #[test]
    fn a_missing_process_is_an_incident() {
        let run = Run::with(&[&caller("nowhere", "", "")], json!({}));
        assert_eq!(
            run.incidents(),
            ["The process \"nowhere\" that \"C\" calls is not deployed"]
        );
    }

    #[test]
    fn a_process_that_calls_itself_for_ever_stops_at_a_named_limit() {
        let run = Run::with(&[&caller("p", "", "")], json!({}));
        assert_eq!(run.instances.len(), 33);
        assert_eq!(
            run.incidents(),
            ["Processes call one another more than 32 levels deep (CALL_DEPTH_MAX)"]
        );
    }
}
