//! Parallel gateway (BPMN 2.0.2, 10.6.4 and 13.4.1): waits until something has arrived on each incoming
//! flow, then takes all outgoing flows. It counts per flow: two arrivals on one flow are not a join.

use super::{Behaviour, Joins};
use crate::definition::{FlowIndex, FlowNode};
use crate::step::{At, Failure, Stepper};

pub(crate) struct ParallelGateway;

impl Behaviour for ParallelGateway {
    fn leave(&self, _: &mut Stepper<'_>, at: At<'_>) -> Result<Vec<FlowIndex>, Failure> {
        Ok(at.node.outgoing.clone())
    }

    fn joins(&self, node: &FlowNode) -> Joins {
        if node.incoming.len() > 1 {
            Joins::Full
        } else {
            Joins::Never
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::testing::{Run, flow_if, flows};

    #[test]
    fn a_join_waits_for_all_branches() {
        let mut run = Run::of(&format!(
            r#"<startEvent id="s"/><parallelGateway id="f"/><userTask id="A"/><userTask id="B"/>
            <parallelGateway id="j"/><endEvent id="e"/>{}"#,
            flows("s>f>A>j>e f>B>j")
        ));
        assert_eq!(run.tasks(), ["A", "B"]);
        run.complete("B", json!({}));
        assert_eq!(run.passed(), "s f B");
        run.complete("A", json!({}));
        assert_eq!(run.passed(), "s f B A j e");
        assert!(run.ended());
    }

    /// Two tokens on one incoming flow and none on the other do not join.
    #[test]
    fn a_join_counts_arrivals_per_flow() {
        let mut run = Run::of(&format!(
            r#"<startEvent id="s"/><parallelGateway id="f"/><task id="A"/><task id="B"/><task id="M"/>
            <userTask id="C"/><parallelGateway id="j"/><endEvent id="e"/>{}"#,
            flows("s>f>A>M f>B>M M>j f>C>j j>e")
        ));
        assert_eq!(run.passed(), "s f A B M M");
        run.complete("C", json!({}));
        assert_eq!(run.passed(), "s f A B M M C j e");
        assert_eq!(
            run.incidents(),
            ["\"j\" waits for a flow that cannot come any more, and nothing else is active"]
        );
    }

    #[test]
    fn a_join_that_can_never_fire_is_an_incident_and_not_silence() {
        let mut run = Run::of(&format!(
            r#"<startEvent id="s"/><exclusiveGateway id="x" default="x-A"/><task id="A"/><task id="B"/>
            <parallelGateway id="j" name="Both done"/><endEvent id="e"/>{}{}"#,
            flows("s>x>A>j>e B>j"),
            flow_if("x", "B", "false")
        ));
        let expected = [
            "\"Both done\" waits for a flow that cannot come any more, and nothing else is active",
        ];
        assert_eq!(run.incidents(), expected);
        run.resolve();
        assert_eq!(run.incidents(), expected);
        run.command(crate::Command::CancelInstance)
            .expect("a cancel");
        assert!(run.incidents().is_empty());
    }
}
