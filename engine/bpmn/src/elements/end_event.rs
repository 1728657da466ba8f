//! End event (BPMN 2.0.2, 10.5.3 and 13.5.4): a path ends; with a trigger it throws an error, or ends everything
//! in its scope. A scope that is terminated counts as completed, and what follows it goes on.

use super::{Behaviour, Element, JobDefinition, Next};
use crate::definition::FlowIndex;
use crate::read::NodeReader;
use crate::step::{At, Failure, Stepper};
use crate::triggers::{self, Position, Triggers};

/// Where a path ends.
#[derive(Debug)]
pub struct EndEvent {
    /// What it does beyond that.
    pub triggers: Triggers,
    /// The worker that sends its message, where not the engine does.
    pub job: Option<JobDefinition>,
}

pub(crate) fn read(node: &mut NodeReader<'_, '_>) -> Option<Element> {
    let triggers = triggers::read(node, Position::End)?;
    let job = triggers::read_job(node, &triggers);
    Some(Element::EndEvent(EndEvent { triggers, job }))
}

impl Behaviour for EndEvent {
    fn execute<'a>(&self, step: &mut Stepper<'a>, at: At<'a>) -> Result<Next, Failure> {
        triggers::throw(&self.triggers, self.job.as_ref(), step, at)
    }

    fn leave(&self, _: &mut Stepper<'_>, _: At<'_>) -> Result<Vec<FlowIndex>, Failure> {
        Ok(Vec::new())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::testing::{Run, check_problems, flows, process};

    #[test]
    fn a_terminate_end_event_ends_everything_in_its_scope() {
        let body = format!(
            r#"<startEvent id="s"/><userTask id="A"/><userTask id="B"/><parallelGateway id="j"/><userTask id="Z"/>
            <endEvent id="t"><terminateEventDefinition/></endEvent>{}"#,
            flows("s>A>t s>B s>j>t Z>j")
        );
        let mut run = Run::of(&body);
        run.complete("A", json!({}));
        assert!(run.ended());
        assert_eq!(run.passed(), "s A t");
    }

    #[test]
    fn a_terminated_subprocess_counts_as_completed() {
        let mut run = Run::of(&format!(
            r#"<startEvent id="s"/><subProcess id="P"><startEvent id="ps"/><userTask id="A"/><userTask id="B"/>
            <endEvent id="t"><terminateEventDefinition/></endEvent>{}</subProcess><userTask id="C"/>{}"#,
            flows("ps>A>t ps>B"),
            flows("s>P>C")
        ));
        run.complete("A", json!({}));
        assert_eq!(run.tasks(), ["C"]);
    }

    const ERRORS: &str = r#"<error id="E1" errorCode="REFUSED"/><error id="E2" errorCode="LOST"/>"#;

    fn throwing(error: &str, boundaries: &str) -> String {
        let body = format!(
            r#"<startEvent id="s"/><subProcess id="P"><startEvent id="ps"/><subProcess id="Q"><startEvent id="qs"/>
            <userTask id="W"/><endEvent id="x" name="Refused"><errorEventDefinition errorRef="{error}"/></endEvent>{}</subProcess>{}</subProcess>
            {boundaries}<userTask id="U"/>{}"#,
            flows("qs>x qs>W"),
            flows("ps>Q"),
            flows("s>P P>U")
        );
        process(&body).replace("<process", &format!("{ERRORS}<process"))
    }

    const SPECIFIC: &str = r#"<boundaryEvent id="B1" attachedToRef="P"><errorEventDefinition errorRef="E1"/></boundaryEvent><userTask id="S"/>"#;
    const ANY: &str = r#"<boundaryEvent id="B2" attachedToRef="P"><errorEventDefinition/></boundaryEvent><userTask id="C"/>"#;

    #[test]
    fn an_error_is_caught_through_scopes_by_the_most_specific_event() {
        let boundaries = format!("{ANY}{SPECIFIC}{}", flows("B1>S B2>C"));
        let run = Run::with(&[&throwing("E1", &boundaries)], json!({}));
        assert_eq!(run.tasks(), ["S"]);
        assert_eq!(run.passed(), "s ps qs x B1");
        let run = Run::with(&[&throwing("E2", &boundaries)], json!({}));
        assert_eq!(run.tasks(), ["C"]);
    }

    #[test]
    fn an_error_that_nothing_catches_is_an_incident() {
        let boundaries = format!("{SPECIFIC}{}", flows("B1>S"));
        let run = Run::with(&[&throwing("E2", &boundaries)], json!({}));
        assert_eq!(run.tasks(), ["W"]);
        assert_eq!(
            run.incidents(),
            ["\"Refused\" throws the error \"LOST\" and nothing catches it"]
        );
    }

    #[test]
    fn errors_without_code_are_found() {
        let body = |definition: &str| {
            format!(
                r#"<startEvent id="s"/><endEvent id="x">{definition}</endEvent>{}"#,
                flows("s>x")
            )
        };
        check_problems(
            &body("<errorEventDefinition/>"),
            &["error: \"x\" does not say which error it throws"],
        );
        check_problems(
            &body(r#"<errorEventDefinition errorRef="nowhere"/>"#),
            &["error: \"x\" refers to the error \"nowhere\", which does not exist"],
        );
    }
}
