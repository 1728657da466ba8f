//! Exclusive gateway (BPMN 2.0.2, 10.6.2 and 13.4.2): takes the first outgoing flow whose condition is true,
//! in document order, else the default flow. Several incoming flows pass one by one.

use super::Behaviour;
use crate::definition::FlowIndex;
use crate::step::{At, Failure, Stepper};

pub(crate) struct ExclusiveGateway;

impl Behaviour for ExclusiveGateway {
    fn leave(&self, step: &mut Stepper<'_>, at: At<'_>) -> Result<Vec<FlowIndex>, Failure> {
        if at.node.outgoing.is_empty() {
            return Ok(Vec::new());
        }
        Ok(vec![step.first_true(at)?])
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::testing::{Run, check_problems, flow_if, flows, process};

    fn model(default: &str) -> String {
        format!(
            r#"<startEvent id="s"/><exclusiveGateway id="g" name="Decide route" {default}/>
            <task id="A"/><task id="B"/><task id="C"/>{}{}{}"#,
            flows("s>g g>C").replace(
                r#"targetRef="C"/>"#,
                r#"targetRef="C"><conditionExpression>false</conditionExpression></sequenceFlow>"#
            ),
            flow_if("g", "A", "risk &gt; 3"),
            flow_if("g", "B", "risk &gt; 1"),
        )
    }

    #[track_caller]
    fn check(risk: i64, passed: &str) {
        let run = Run::with(
            &[&process(&model(r#"default="g-C""#))],
            json!({"risk": risk}),
        );
        assert_eq!(run.passed(), passed);
        assert!(run.ended());
    }

    #[test]
    fn the_first_true_flow_is_taken_else_the_default() {
        check(4, "s g A");
        check(2, "s g B");
        check(0, "s g C");
    }

    #[test]
    fn without_a_true_flow_there_is_an_incident_that_can_be_resolved() {
        let mut run = Run::with(&[&process(&model(""))], json!({"risk": 0}));
        assert_eq!(
            run.incidents(),
            ["No outgoing flow of \"Decide route\" is true and it has no default flow"]
        );
        run.set(json!({"risk": 9}));
        run.resolve();
        assert_eq!(run.passed(), "s g A");
        assert!(run.ended());
    }

    #[test]
    fn a_condition_that_is_neither_true_nor_false_is_an_incident() {
        let mut run = Run::with(&[&process(&model(r#"default="g-C""#))], json!({}));
        let incidents = run.incidents();
        assert!(
            incidents[0].starts_with(
                "The condition `risk > 3` of the flow \"g-A\" gives null where true or false is needed"
            ),
            "{incidents:?}"
        );
        run.set(json!({"risk": 2}));
        run.resolve();
        assert_eq!(run.passed(), "s g B");
    }

    #[test]
    fn flows_without_condition_and_gateways_without_default_are_found() {
        check_problems(
            &format!(
                r#"<startEvent id="s"/><exclusiveGateway id="g"/><task id="A"/><task id="B"/>{}{}"#,
                flows("s>g>A"),
                flow_if("g", "B", "true")
            ),
            &["error: A flow out of \"g\" has no condition and is not the default"],
        );
        check_problems(
            &model(""),
            &[
                "warning: \"Decide route\" has no default flow: if no condition is true, it stops with an incident",
                "warning: The condition of \"g-A\" reads `risk`, which nothing in the process writes",
            ],
        );
        check_problems(
            &model(r#"default="s-g""#),
            &[
                "error: The default flow \"s-g\" of \"Decide route\" is not one of its outgoing flows",
                "warning: \"Decide route\" has no default flow: if no condition is true, it stops with an incident",
                "warning: The condition of \"g-A\" reads `risk`, which nothing in the process writes",
            ],
        );
    }
}
