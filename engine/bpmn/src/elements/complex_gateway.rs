//! Complex gateway (BPMN 2.0.2, 10.6.5 and 13.4.5): an expression says which arrivals let it go on, for example
//! two of three; what comes later only resets it.
//!
//! A visit has two phases. When the activation condition is true it begins: it uses up one arrival of each flow that has
//! one, and takes the outgoing flows whose condition is true, else the default flow, else it stops with an
//! incident. Then it waits for the incoming flows that had nothing, as long as something can still come to them (the
//! rule of the inclusive gateway); when it is reset it uses that up and takes, once more, the flows whose
//! condition is true now, else the default flow; here none is no failure. The conditions see `waitingForStart`.
//!
//! The activation condition sees the variables of the scope, `activationCount` (how many arrivals wait)
//! and `activationCounts` (a context: how many wait on each incoming flow, by the id of the flow).
//!
//! Beyond the standard: an outgoing flow without condition is taken in the first phase only, so that a
//! discriminator goes on once; without an activation condition the gateway does what an inclusive gateway does.

use std::collections::BTreeMap;
use std::sync::Arc;

use feel::{Context, Expression, Value};

use super::{Behaviour, Element, Joins, Next, inclusive_gateway::InclusiveGateway};
use crate::definition::{FlowIndex, FlowNode, NodeIndex};
use crate::read::NodeReader;
use crate::step::{At, Failure, Stepper};
use crate::{Key, Record, Stage};

/// The place where some of several ways are enough.
#[derive(Debug)]
pub struct ComplexGateway {
    /// What lets it go on; without one it is an inclusive gateway.
    pub(crate) activation: Option<Expression>,
}

pub(crate) fn read(node: &mut NodeReader<'_, '_>) -> Option<Element> {
    let condition = node.child("activationCondition");
    let condition = condition.filter(|condition| !condition.text().trim().is_empty());
    let activation = match condition {
        Some(condition) => Some(node.reader.content_expression(node.xml, condition)?),
        None => None,
    };
    Some(Element::ComplexGateway(ComplexGateway { activation }))
}

impl Behaviour for ComplexGateway {
    fn execute<'a>(&self, step: &mut Stepper<'a>, at: At<'a>) -> Result<Next, Failure> {
        if self.activation.is_none() {
            return Ok(Next::Complete);
        }
        step.set_all(at.key, &phase(true));
        let flows = step.all_true(at)?;
        for flow in flows {
            step.take(flow, at.scope);
        }
        let element_instance = at.key;
        step.emit(Record::GatewayActivated { element_instance });
        Ok(Next::Wait)
    }

    fn leave(&self, step: &mut Stepper<'_>, at: At<'_>) -> Result<Vec<FlowIndex>, Failure> {
        if self.activation.is_none() {
            return InclusiveGateway.leave(step, at);
        }
        let mut flows = step.choose(at, false)?;
        if flows.is_empty() {
            flows.extend(at.node.default);
        }
        Ok(flows)
    }

    fn joins(&self, node: &FlowNode) -> Joins {
        if self.activation.is_some() {
            Joins::Settled
        } else {
            InclusiveGateway.joins(node)
        }
    }

    fn settle(&self, step: &mut Stepper<'_>, join: NodeIndex, scope: Key) -> bool {
        let Some(activation) = &self.activation else {
            return InclusiveGateway.settle(step, join, scope);
        };
        if let Some(visit) = step.visit_in(scope, join) {
            return reset(step, join, scope, visit);
        }
        if step.has_incident(join, scope) {
            return false;
        }
        match activated(activation, step, join, scope) {
            Ok(None) => false,
            Ok(Some(joins)) => {
                step.activate(join, scope, joins);
                true
            }
            Err(failure) => {
                step.raise_at_join(join, scope, failure);
                false
            }
        }
    }
}

/// The flows on which something waits, where that is enough to go on.
fn activated(
    activation: &Expression,
    step: &Stepper<'_>,
    join: NodeIndex,
    scope: Key,
) -> Result<Option<Vec<Arc<str>>>, Failure> {
    let arrivals = step.arrivals(join, scope);
    let mut counts = Context::default();
    for (flow, count) in &arrivals {
        counts.insert(&**flow, Value::from(i64::from(*count)));
    }
    let total: i64 = arrivals.iter().map(|(_, count)| i64::from(*count)).sum();
    let seen = BTreeMap::from([
        ("activationCount".into(), Value::from(total)),
        ("activationCounts".into(), Value::Context(counts)),
    ]);
    let holds = step.holds(activation, &step.visible_with(scope, &seen), || {
        let node = step.definition.at(join);
        format!("that activates \"{}\"", node.label())
    })?;
    let full = arrivals.into_iter().filter(|(_, count)| *count > 0);
    Ok(holds.then(|| full.map(|(flow, _)| flow).collect()))
}

/// Ends a visit that has been activated, when nothing more can come for it.
fn reset(step: &mut Stepper<'_>, join: NodeIndex, scope: Key, visit: Key) -> bool {
    let Some(element) = step.instance.elements().get(&visit) else {
        return false;
    };
    if !element.waits_for_reset() {
        return false;
    }
    let Some(joins) = step.synchronised(join, scope, element.joined()) else {
        return false;
    };
    step.emit(Record::GatewayReset {
        element_instance: visit,
        joins,
    });
    step.set_all(visit, &phase(false));
    step.proceed(visit, Stage::Complete);
    true
}

fn phase(waiting_for_start: bool) -> Context {
    let entry = (
        "waitingForStart".to_owned(),
        Value::Boolean(waiting_for_start),
    );
    [entry].into_iter().collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::testing::{Run, check_problems, flow_if, flows, process};

    fn three(condition: &str, more: &str) -> String {
        format!(
            r#"<startEvent id="s"/><parallelGateway id="f"/><userTask id="A"/><userTask id="B"/><userTask id="C"/>
            <complexGateway id="g" name="Two of three"><activationCondition>{condition}</activationCondition></complexGateway>
            <userTask id="Z"/>{}{more}"#,
            flows("s>f>A>g f>B>g f>C>g")
        )
    }

    #[test]
    fn two_of_three_go_on_once_and_the_third_resets() {
        let mut run = Run::of(&three("=activationCount >= 2", &flows("g>Z")));
        run.complete("B", json!({}));
        assert_eq!(run.tasks(), ["A", "C"]);
        run.complete("C", json!({}));
        assert_eq!(run.tasks(), ["A", "Z"]);
        run.complete("Z", json!({}));
        assert!(!run.ended());
        run.complete("A", json!({}));
        assert_eq!(run.passed(), "s f B C Z A g");
        assert!(run.ended());
    }

    #[test]
    fn the_counts_of_single_flows_can_be_asked() {
        let mut run = Run::of(&three(
            "=get value(activationCounts, \"A-g\") >= 1",
            &flows("g>Z"),
        ));
        run.complete("B", json!({}));
        run.complete("C", json!({}));
        assert_eq!(run.tasks(), ["A"]);
        run.complete("A", json!({}));
        assert_eq!(run.tasks(), ["Z"]);
        run.complete("Z", json!({}));
        assert!(run.ended());
    }

    #[test]
    fn what_comes_late_can_have_a_way_of_its_own() {
        let more = format!(
            r#"<userTask id="Late"/>{}{}"#,
            flow_if("g", "Z", "waitingForStart"),
            flow_if("g", "Late", "not(waitingForStart)")
        );
        let mut run = Run::of(&three("=activationCount >= 1", &more));
        run.complete("A", json!({}));
        assert_eq!(run.tasks(), ["B", "C", "Z"]);
        run.complete("B", json!({}));
        assert_eq!(run.tasks(), ["C", "Z"]);
        run.complete("C", json!({}));
        assert_eq!(run.tasks(), ["Z", "Late"]);
    }

    #[test]
    fn without_a_true_flow_it_stops_and_can_be_resolved() {
        let more = flow_if("g", "Z", "risk = 1");
        let model = process(&three("=activationCount >= 2", &more));
        let mut run = Run::with(&[&model], json!({"risk": 0}));
        run.complete("A", json!({}));
        run.complete("B", json!({}));
        assert_eq!(
            run.incidents(),
            ["No outgoing flow of \"Two of three\" is true and it has no default flow"]
        );
        run.set(json!({"risk": 1}));
        run.resolve();
        assert_eq!(run.tasks(), ["C", "Z"]);
        run.set(json!({"risk": 0}));
        run.complete("C", json!({}));
        run.complete("Z", json!({}));
        assert!(run.ended());
    }

    #[test]
    fn the_condition_may_read_variables_and_is_asked_when_they_change() {
        let model = process(&three("=activationCount >= needed", &flows("g>Z")));
        let mut run = Run::with(&[&model], json!({"needed": 3}));
        run.complete("A", json!({}));
        assert_eq!(run.tasks(), ["B", "C"]);
        run.set(json!({"needed": 1}));
        assert_eq!(run.tasks(), ["B", "C", "Z"]);
    }

    #[test]
    fn a_condition_that_is_neither_true_nor_false_is_an_incident() {
        let mut run = Run::of(&three("=activationCount >= needed", &flows("g>Z")));
        run.complete("A", json!({}));
        assert!(
            run.incidents()[0].starts_with(
                "The condition `activationCount >= needed` that activates \"Two of three\" gives null"
            ),
            "{:?}",
            run.incidents()
        );
        run.complete("B", json!({}));
        assert_eq!(run.incidents().len(), 1);
        run.set(json!({"needed": 2}));
        run.resolve();
        assert!(run.incidents().is_empty());
        assert_eq!(run.tasks(), ["C", "Z"]);
    }

    #[test]
    fn a_condition_that_never_becomes_true_is_a_deadlock() {
        let mut run = Run::of(&three("=activationCount >= 4", &flows("g>Z")));
        for task in ["A", "B", "C"] {
            run.complete(task, json!({}));
        }
        assert_eq!(
            run.incidents(),
            [
                "\"Two of three\" waits for a flow that cannot come any more, and nothing else is active"
            ]
        );
    }

    /// Each round begins anew, also where the second round has overtaken the first.
    #[test]
    fn in_a_loop_it_is_reset_before_it_begins_again() {
        let mut run = Run::of(&format!(
            r#"<startEvent id="s"/><exclusiveGateway id="m"/><parallelGateway id="f"/><userTask id="A"/><userTask id="B"/>
            <complexGateway id="g"><activationCondition>=activationCount >= 1</activationCondition></complexGateway>
            <exclusiveGateway id="x" default="x-e"/><endEvent id="e"/>{}{}"#,
            flows("s>m>f>A>g f>B>g g>x>e"),
            flow_if("x", "m", "again")
        ));
        run.complete("A", json!({"again": true}));
        assert_eq!(run.tasks(), ["B", "A", "B"]);
        run.complete("A", json!({"again": false}));
        assert_eq!(run.passed(), "s m f A x m f A");
        run.complete("B", json!({}));
        run.complete("B", json!({}));
        assert!(run.ended(), "{:?} {}", run.tasks(), run.passed());
    }

    #[test]
    fn without_a_condition_it_is_an_inclusive_gateway() {
        let mut run = Run::of(&format!(
            r#"<startEvent id="s"/><complexGateway id="f"/><userTask id="A"/><userTask id="B"/><complexGateway id="g"/><userTask id="Z"/>{}{}"#,
            flows("s>f>A>g f>B>g"),
            flows("g>Z")
        ));
        run.complete("A", json!({}));
        assert_eq!(run.tasks(), ["B"]);
        run.complete("B", json!({}));
        assert_eq!(run.tasks(), ["Z"]);
        run.complete("Z", json!({}));
        assert!(run.ended());
    }

    #[test]
    fn a_condition_that_is_not_feel_is_found() {
        let reading = crate::read(&process(&three("=activationCount >", &flows("g>Z"))));
        let problems = reading.report.problems;
        let sentence =
            "An expression of \"Two of three\" is not FEEL: expected a value, found the end";
        assert!(
            problems.iter().any(|problem| problem.message == sentence),
            "{problems:?}"
        );
        check_problems(
            &format!(
                r#"<startEvent id="s"/><complexGateway id="g"/><task id="A"/>{}"#,
                flows("s>g>A")
            ),
            &[],
        );
    }
}
