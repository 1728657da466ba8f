//! Call activity (BPMN 2.0.2, 10.3.6): runs another process as an instance of its own, and waits for its end.
//!
//! What is called is a process or a global task (10.3.7), chosen when the call activity is executed: the latest
//! version, the one that was deployed together with the calling process (`bindingType="deployment"`), or the latest
//! one with a tag (`versionTag`).
//!
//! All variables that the call activity sees go along, unless `propagateAllParentVariables` is false: then
//! only those of its input mappings. All variables of the called instance come back as results, unless
//! `propagateAllChildVariables` is false and there are no output mappings. An error that the called
//! process does not catch is thrown at the call activity. The called instance has the business id of the caller, or
//! what `businessId` says.

use feel::Context;

use super::{Behaviour, Binding, Element, Next, binding};
use crate::limits::CALL_DEPTH_MAX;
use crate::read::{NodeReader, local_name};
use crate::step::{At, Failure, Stepper};
use crate::text::Text;
use crate::{Deployed, FollowUp, IncidentKind, Parent, Record};

/// Which process a call activity runs, and what goes in and out.
#[derive(Debug)]
pub struct CallActivity {
    /// Id of the process.
    pub process_id: Text,
    /// Which version of it.
    pub binding: Binding,
    /// What the business calls the called instance; what it calls the calling one where absent.
    pub business_id: Option<Text>,
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
        let process_id = match node.reader.attribute_text(node.xml, attribute)? {
            Text::Literal(name) => Text::Literal(local_name(&name).into()),
            Text::Feel(expression) => Text::Feel(expression),
        };
        return Some(Element::CallActivity(CallActivity {
            process_id,
            binding: Binding::Latest,
            business_id: None,
            propagates_variables: true,
            propagates_results: true,
        }));
    };
    let process_id = node.required_text(called, "processId")?;
    let is_not_false = |name: &str| called.attribute(name) != Some("false");
    Some(Element::CallActivity(CallActivity {
        process_id,
        binding: binding::read(node, called)?,
        business_id: node.text(called, "businessId"),
        propagates_variables: is_not_false("propagateAllParentVariables"),
        propagates_results: is_not_false("propagateAllChildVariables"),
    }))
}

impl CallActivity {
    fn called<'a>(&self, step: &Stepper<'a>, at: At<'_>) -> Result<&'a Deployed, Failure> {
        let label = at.node.label();
        let what = format!("The called process of \"{label}\"");
        let id = step.required_text(&self.process_id, at.key, &what)?;
        let own = step.instance.definition();
        let found = step.catalog.bound_process(&id, &self.binding, own);
        found.ok_or_else(|| {
            let which = self.binding.words();
            let message =
                format!("The process \"{id}\"{which} that \"{label}\" calls is not deployed");
            Failure::new(IncidentKind::CalledProcess, message)
        })
    }

    fn business_id(&self, step: &Stepper<'_>, at: At<'_>) -> Result<Option<String>, Failure> {
        let Some(text) = &self.business_id else {
            return Ok(step.instance.business_id().map(str::to_owned));
        };
        let what = format!("The business id of \"{}\"", at.node.label());
        step.required_text(text, at.key, &what).map(Some)
    }
}

impl Behaviour for CallActivity {
    fn execute<'a>(&self, step: &mut Stepper<'a>, at: At<'a>) -> Result<Next, Failure> {
        let called = self.called(step, at)?;
        let business_id = self.business_id(step, at)?;
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
        step.follow_up(FollowUp::Start {
            process: called.key,
            parent,
            variables,
            business_id,
            calendar: step.instance.calendar().map(str::to_owned),
        });
        Ok(Next::Wait)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::testing::{Run, check_problems, document, flows, process, timer_on};
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

    fn tagged(tag: &str, task: &str) -> String {
        document(&format!(
            r#"<process id="q" isExecutable="true"><extensionElements><z:versionTag value="{tag}"/></extensionElements><startEvent id="qs"/><userTask id="{task}"/>{}</process>"#,
            flows(&format!("qs>{task}"))
        ))
    }

    #[test]
    fn the_latest_version_is_called_or_the_one_with_a_tag_or_of_the_deployment() {
        let check = |binding: &str, expected: &str| {
            let caller = caller("q", "", "").replace(
                r#"processId="q""#,
                &format!(r#"processId="q" bindingType="{binding}" versionTag="old""#),
            );
            let catalog = [
                &tagged("old", "First"),
                &tagged("old", "Second"),
                &caller,
                &tagged("new", "Third"),
            ];
            let mut run = Run::deployed(&catalog.map(String::as_str), json!({}), "p");
            assert_eq!(run.tasks(), [expected], "{binding}");
            run.complete(expected, json!({}));
            assert_eq!(run.tasks(), ["After"]);
        };
        check("latest", "Third");
        check("versionTag", "Second");
        check("deployment", "Second");
    }

    #[test]
    fn a_call_can_give_another_business_id() {
        let caller = caller("q", "", "").replace(
            r#"processId="q""#,
            r#"processId="q" businessId="=&quot;child-&quot; + child""#,
        );
        let run = Run::with(&[&caller, &called("")], json!({"child": "A"}));
        assert_eq!(run.instances[&run.called()].business_id(), Some("child-A"));
    }

    #[test]
    fn a_global_task_is_called_like_a_process() {
        let caller = caller("g", "", "").replace(
            "<process",
            r#"<globalUserTask id="g" name="Ask the police"/><process"#,
        );
        let mut run = Run::deployed(&[&caller], json!({"child": "A"}), "p");
        assert_eq!(run.tasks(), ["Ask the police"]);
        run.complete("Ask the police", json!({"known": false}));
        assert_eq!(run.variable("known"), json!(false));
        assert_eq!(run.tasks(), ["After"]);
    }

    #[test]
    fn wrong_bindings_are_found() {
        let check = |attributes: &str, expected: &str| {
            let body = format!(
                r#"<startEvent id="s"/><callActivity id="C"><extensionElements><z:calledElement processId="q" {attributes}/></extensionElements></callActivity>{}"#,
                flows("s>C")
            );
            check_problems(&body, &[expected]);
        };
        check(
            r#"bindingType="versionTag""#,
            "error: \"C\" wants a version without naming its tag",
        );
        check(
            r#"bindingType="newest""#,
            "error: \"C\" has the binding \"newest\", which does not exist",
        );
    }
}
