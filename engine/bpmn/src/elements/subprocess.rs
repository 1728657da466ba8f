//! Embedded subprocess (BPMN 2.0.2, 10.3.5 and 13.3.4): begins at its none start event, completes when
//! nothing inside it is active any more.

use super::{Behaviour, Element, Next};
use crate::definition::NodeIndex;
use crate::read::NodeReader;
use crate::step::{At, Failure, Stepper};

/// Steps inside a step.
#[derive(Debug)]
pub struct Subprocess {
    /// Its start event; set when everything inside it has been read.
    pub(crate) start: Option<NodeIndex>,
}

pub(crate) fn read(node: &mut NodeReader<'_, '_>) -> Option<Element> {
    if node.xml.attribute("triggeredByEvent") == Some("true") {
        let message = format!("{} (event subprocess) is not executed yet", node.label());
        let way_out = "model it with boundary events on a subprocess";
        node.error(message, way_out);
        return None;
    }
    Some(Element::Subprocess(Subprocess { start: None }))
}

impl Behaviour for Subprocess {
    fn execute<'a>(&self, step: &mut Stepper<'a>, at: At<'a>) -> Result<Next, Failure> {
        let Some(start) = self.start else {
            return Ok(Next::Complete);
        };
        step.activate(start, at.key, Vec::new());
        Ok(Next::Wait)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::testing::{Run, check_problems, flows, timer_on};

    fn model(more: &str) -> String {
        format!(
            r#"<startEvent id="s"/><subProcess id="P"><startEvent id="ps"/><userTask id="A"/><userTask id="B"/>{}
            </subProcess><userTask id="C"/>{}{more}"#,
            flows("ps>A ps>B"),
            flows("s>P>C")
        )
    }

    #[test]
    fn a_subprocess_completes_when_nothing_inside_is_active() {
        let mut run = Run::of(&model(""));
        run.complete("A", json!({"a": 1}));
        assert_eq!(run.tasks(), ["B"]);
        run.complete("B", json!({}));
        assert_eq!(run.tasks(), ["C"]);
        assert_eq!(run.passed(), "s ps A B P");
        assert_eq!(run.variable("a"), json!(1));
    }

    #[test]
    fn an_interrupted_subprocess_withdraws_everything_inside() {
        let timer = timer_on("T", "P", true, "PT1H");
        let mut run = Run::of(&model(&format!(
            r#"{timer}<userTask id="D"/>{}"#,
            flows("T>D")
        )));
        run.complete("A", json!({}));
        run.fire("T");
        assert_eq!(run.tasks(), ["D"]);
        run.complete("D", json!({}));
        assert!(run.ended());
    }

    #[test]
    fn a_subprocess_without_start_event_is_found() {
        check_problems(
            &format!(
                r#"<startEvent id="s"/><subProcess id="P" name="Plan"><task id="A"/></subProcess>{}"#,
                flows("s>P")
            ),
            &[
                "error: \"Plan\" has no start event",
                "warning: \"A\" is never reached",
            ],
        );
    }
}
