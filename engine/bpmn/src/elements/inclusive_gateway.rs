//! Inclusive gateway (BPMN 2.0.2, 10.6.3 and 13.4.3): takes every outgoing flow whose condition is true, else
//! the default flow, else it stops with an incident. As a join it waits on each incoming flow for which something can
//! still come and to which nothing has come: the rule and its table of paths are in `step/settle.rs` and
//! `reachability.rs`. It uses up one arrival on each flow that has one.
//!
//! Beyond the standard: a flow without condition is always taken, as if its condition were true; what is active
//! at a node counts like a token before it, and can come along its boundary events too.

use super::{Behaviour, Joins};
use crate::Key;
use crate::definition::{FlowIndex, FlowNode, NodeIndex};
use crate::step::{At, Failure, Stepper};

pub(crate) struct InclusiveGateway;

impl Behaviour for InclusiveGateway {
    fn leave(&self, step: &mut Stepper<'_>, at: At<'_>) -> Result<Vec<FlowIndex>, Failure> {
        step.all_true(at)
    }

    fn joins(&self, node: &FlowNode) -> Joins {
        if node.incoming.len() > 1 {
            Joins::Settled
        } else {
            Joins::Never
        }
    }

    fn settle(&self, step: &mut Stepper<'_>, join: NodeIndex, scope: Key) -> bool {
        let Some(joins) = step.synchronised(join, scope, &[]) else {
            return false;
        };
        step.activate(join, scope, joins);
        true
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::testing::{Run, check_problems, flow_if, flows, process, timer_on};

    fn split(default: &str) -> String {
        format!(
            r#"<startEvent id="s"/><inclusiveGateway id="g" name="Which help" {default}/>
            <userTask id="A"/><userTask id="B"/><userTask id="C"/><inclusiveGateway id="j"/><userTask id="Z"/>{}{}{}"#,
            flows("s>g g>C A>j B>j C>j j>Z").replace(
                r#"sourceRef="g" targetRef="C"/>"#,
                r#"sourceRef="g" targetRef="C"><conditionExpression>n = 0</conditionExpression></sequenceFlow>"#
            ),
            flow_if("g", "A", "n &gt; 1"),
            flow_if("g", "B", "n &gt; 2"),
        )
    }

    #[track_caller]
    fn check(default: &str, n: i64, tasks: &[&str]) {
        let mut run = Run::with(&[&process(&split(default))], json!({"n": n}));
        assert_eq!(run.tasks(), tasks);
        for task in tasks {
            assert!(!run.tasks().contains(&"Z".to_owned()));
            run.complete(task, json!({}));
        }
        assert_eq!(run.tasks(), ["Z"]);
        run.complete("Z", json!({}));
        assert!(run.ended());
    }

    #[test]
    fn all_true_flows_are_taken_else_the_default_and_the_join_waits_for_each() {
        check(r#"default="g-C""#, 3, &["A", "B"]);
        check(r#"default="g-C""#, 2, &["A"]);
        check(r#"default="g-C""#, 1, &["C"]);
        check("", 0, &["C"]);
    }

    #[test]
    fn without_a_true_flow_there_is_an_incident_that_can_be_resolved() {
        let mut run = Run::with(&[&process(&split(""))], json!({"n": 1}));
        assert_eq!(
            run.incidents(),
            ["No outgoing flow of \"Which help\" is true and it has no default flow"]
        );
        run.set(json!({"n": 9}));
        run.resolve();
        assert_eq!(run.tasks(), ["A", "B"]);
    }

    /// `A` may go back to the split, and so come to the join a second time.
    #[test]
    fn a_join_in_a_loop_waits_for_what_may_still_come_round() {
        let mut run = Run::of(&format!(
            r#"<startEvent id="s"/><inclusiveGateway id="g"/><userTask id="A"/><userTask id="B"/><inclusiveGateway id="j"/>
            <exclusiveGateway id="x" default="x-e"/><endEvent id="e"/>{}{}"#,
            flows("s>g>A>j g>B>j j>x>e"),
            flow_if("x", "g", "again")
        ));
        run.complete("A", json!({"again": true}));
        assert_eq!(run.tasks(), ["B"]);
        run.complete("B", json!({}));
        assert_eq!(run.tasks(), ["A", "B"]);
        run.complete("B", json!({"again": false}));
        run.complete("A", json!({}));
        assert_eq!(run.passed(), "s g A B j x g B A j x e");
        assert!(run.ended());
    }

    /// What comes to a flow that already has an arrival is not waited for.
    #[test]
    fn several_arrivals_on_one_flow_fire_the_join_one_by_one() {
        let mut run = Run::of(&format!(
            r#"<startEvent id="s"/><parallelGateway id="f"/><userTask id="A"/><userTask id="B"/><userTask id="C"/><task id="M"/>
            <inclusiveGateway id="j"/><userTask id="Z"/>{}"#,
            flows("s>f>A>M f>B>M M>j f>C>j j>Z")
        ));
        run.complete("A", json!({}));
        run.complete("B", json!({}));
        assert_eq!(run.tasks(), ["C"]);
        run.complete("C", json!({}));
        assert_eq!(run.passed(), "s f A M B M C j j");
        assert_eq!(run.tasks(), ["Z", "Z"]);
    }

    #[test]
    fn a_boundary_event_that_leads_round_the_join_sets_it_free() {
        let mut run = Run::of(&format!(
            r#"<startEvent id="s"/><inclusiveGateway id="g"/><userTask id="A"/><userTask id="B"/>{}
            <inclusiveGateway id="j"/><userTask id="Z"/><endEvent id="out"/>{}"#,
            timer_on("T", "B", true, "PT1H"),
            flows("s>g>A>j g>B>j j>Z T>out")
        ));
        run.complete("A", json!({}));
        assert_eq!(run.tasks(), ["B"]);
        run.fire("T");
        assert_eq!(run.tasks(), ["Z"]);
    }

    /// Only the event on `B` leads to the join.
    #[test]
    fn a_boundary_event_that_leads_to_the_join_is_waited_for() {
        let mut run = Run::of(&format!(
            r#"<startEvent id="s"/><parallelGateway id="g"/><userTask id="A"/><userTask id="B"/>{}
            <inclusiveGateway id="j"/><userTask id="Z"/>{}"#,
            timer_on("T", "B", false, "PT1H"),
            flows("s>g>A>j g>B T>j>Z")
        ));
        run.complete("A", json!({}));
        assert_eq!(run.tasks(), ["B"]);
        run.fire("T");
        assert_eq!(run.tasks(), ["B", "Z"]);
        run.complete("Z", json!({}));
        run.complete("B", json!({}));
        assert!(run.ended());
    }

    /// Each of the joins lies on a path to the other one.
    #[test]
    fn two_joins_that_wait_for_each_other_are_a_deadlock() {
        let run = Run::of(&format!(
            r#"<startEvent id="s"/><parallelGateway id="f"/><inclusiveGateway id="i"/><inclusiveGateway id="j"/>
            <exclusiveGateway id="x" default="x-j"/><exclusiveGateway id="y" default="y-i"/><endEvent id="e"/>{}{}{}"#,
            flows("s>f f>i>x>j f>j>y>i"),
            flow_if("x", "e", "false"),
            flow_if("y", "e", "false")
        ));
        assert_eq!(run.passed(), "s f");
        assert_eq!(run.incidents().len(), 1);
    }

    #[test]
    fn flows_without_condition_and_gateways_without_default_are_found() {
        check_problems(
            &format!(
                r#"<startEvent id="s"/><inclusiveGateway id="g"/><task id="A"/><task id="B"/>{}{}"#,
                flows("s>g>A"),
                flow_if("g", "B", "true")
            ),
            &["warning: A flow out of \"g\" has no condition, and so is always taken"],
        );
        check_problems(
            &format!(
                r#"<startEvent id="s"/><inclusiveGateway id="g"/><task id="A"/><task id="B"/>{}{}{}"#,
                flows("s>g"),
                flow_if("g", "A", "true"),
                flow_if("g", "B", "true")
            ),
            &[
                "warning: \"g\" has no default flow: if no condition is true, it stops with an incident",
            ],
        );
    }
}
