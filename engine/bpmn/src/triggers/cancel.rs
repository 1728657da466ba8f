//! Cancel (BPMN 2.0.2, 10.3.5.3, 10.5.3, 10.5.4 and 13.3.8): an end event inside a transaction gives it up, and the
//! boundary event of the transaction says where it goes on then.
//!
//! Everything that still runs inside is ended, what completed is compensated, newest first, and only then the
//! boundary event happens. An error that leaves the transaction is a hazard: nothing is compensated. Beyond the
//! standard: what completed in a subprocess that still runs is compensated as if the subprocess had completed.

use feel::Context;

use crate::elements::Element;
use crate::step::{At, Failure, Stepper};
use crate::triggers::Trigger;
use crate::{IncidentKind, Key, Record, Stage};

/// Gives up the transaction around an end event.
pub(super) fn cancel<'a>(step: &mut Stepper<'a>, at: At<'a>) -> Result<(), Failure> {
    let mut around = Some(at.scope);
    while let Some(key) = around.filter(|key| !is_running_transaction(step, *key)) {
        around = step.instance.parent_scope(key);
    }
    let Some(transaction) = around else {
        let message = format!("\"{}\" is in no transaction that runs", at.node.label());
        return Err(Failure::new(IncidentKind::Error, message));
    };
    step.emit(Record::ElementCompleted { key: at.key });
    step.terminate_for_compensation(transaction);
    if !step.compensate(transaction, None, Some(transaction)) {
        leave(step, transaction);
    }
    Ok(())
}

/// Everything in a transaction is compensated: its boundary event happens.
pub(crate) fn leave(step: &mut Stepper<'_>, transaction: Key) {
    let Some(at) = step.at(transaction) else {
        return;
    };
    // Boundary events of a loop stand on its body.
    let is_item = step.instance.elements()[&transaction].item().is_some();
    let host = if is_item { at.scope } else { transaction };
    let mut events = at.node.boundaries.iter().copied();
    match events.find(|event| catches(&step.definition.at(*event).element)) {
        Some(event) => step.occur(event, host, 0, &Context::default()),
        None => step.proceed(transaction, Stage::Complete),
    }
}

/// Whether a visit is one to a transaction, and not there only to be compensated.
pub(crate) fn is_running_transaction(step: &Stepper<'_>, key: Key) -> bool {
    let node = step.node_of(key).map(|index| step.definition.at(index));
    let transaction = node.is_some_and(
        |node| matches!(&node.element, Element::Subprocess(subprocess) if subprocess.transaction),
    );
    transaction && !step.is_revived(key) && !step.is_body(key)
}

fn catches(event: &Element) -> bool {
    let mut triggers = event.triggers().iter();
    triggers.any(|trigger| matches!(trigger, Trigger::Cancel))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::testing::{Run, check_problems, flow_if, flows, process};

    fn undoable(id: &str) -> String {
        format!(
            r#"<userTask id="{id}"/><boundaryEvent id="c{id}" attachedToRef="{id}"><compensateEventDefinition/></boundaryEvent>
            <userTask id="undo-{id}" isForCompensation="true"/><association id="a{id}" sourceRef="c{id}" targetRef="undo-{id}"/>"#
        )
    }

    fn cancel_end(id: &str) -> String {
        format!(r#"<endEvent id="{id}"><cancelEventDefinition/></endEvent>"#)
    }

    fn cancelled(id: &str, host: &str) -> String {
        format!(
            r#"<boundaryEvent id="{id}" attachedToRef="{host}"><cancelEventDefinition/></boundaryEvent>"#
        )
    }

    /// A transaction: `A` and `B` after one another beside `W`; then `x` cancels it if `no`.
    fn booking() -> String {
        format!(
            r#"<transaction id="T"><startEvent id="ts"/><parallelGateway id="f"/>{}{}<userTask id="W"/>
            <exclusiveGateway id="x" default="x-te"/><endEvent id="te"/>{}{}{}</transaction>"#,
            undoable("A"),
            undoable("B"),
            cancel_end("tx"),
            flows("ts>f>A>B>x>te f>W"),
            flow_if("x", "tx", "no")
        )
    }

    #[test]
    fn a_cancelled_transaction_compensates_what_completed_and_leaves_by_its_boundary_event() {
        let mut run = Run::of(&format!(
            r#"<startEvent id="s"/>{}{}<userTask id="After"/><userTask id="Else"/>{}"#,
            booking(),
            cancelled("c", "T"),
            flows("s>T>After c>Else")
        ));
        run.complete("A", json!({}));
        run.complete("B", json!({"no": true}));
        assert_eq!(run.tasks(), ["undo-B"]);
        run.complete("undo-B", json!({}));
        run.complete("undo-A", json!({}));
        assert_eq!(run.tasks(), ["Else"]);
        assert_eq!(run.passed(), "s ts f A B x tx undo-B undo-A c");
        run.complete("Else", json!({}));
        assert!(run.ended());
    }

    #[test]
    fn a_transaction_that_is_not_cancelled_completes() {
        let mut run = Run::of(&format!(
            r#"<startEvent id="s"/>{}{}<userTask id="After"/>{}"#,
            booking(),
            cancelled("c", "T"),
            flows("s>T>After c>After")
        ));
        run.complete("A", json!({}));
        run.complete("B", json!({"no": false}));
        run.complete("W", json!({}));
        assert_eq!(run.tasks(), ["After"]);
    }

    #[test]
    fn an_error_leaves_a_transaction_without_compensation() {
        let body = format!(
            r#"<startEvent id="s"/>{}{}<boundaryEvent id="h" attachedToRef="T"><errorEventDefinition/></boundaryEvent><userTask id="Hazard"/>{}"#,
            booking().replace(
                "<endEvent id=\"te\"/>",
                r#"<endEvent id="te"><errorEventDefinition errorRef="X"/></endEvent>"#
            ),
            cancelled("c", "T"),
            flows("s>T h>Hazard c>Hazard")
        );
        let model = process(&body).replace("<process", r#"<error id="X" errorCode="X"/><process"#);
        let mut run = Run::with(&[&model], json!({}));
        run.complete("A", json!({}));
        run.complete("B", json!({"no": false}));
        assert_eq!(run.tasks(), ["Hazard"]);
    }

    /// The inner transaction completes, or is cancelled, or still runs when the outer one is cancelled.
    fn nested() -> String {
        format!(
            r#"<startEvent id="s"/><transaction id="O"><startEvent id="os"/><parallelGateway id="of"/>{}{}{}<userTask id="Y"/>
            <userTask id="Q"/>{}{}</transaction>{}<userTask id="Else"/>{}"#,
            booking(),
            cancelled("c", "T"),
            undoable("M"),
            cancel_end("ox"),
            flows("os>of>T>Q c>Y of>M>ox"),
            cancelled("oc", "O"),
            flows("s>O oc>Else")
        )
    }

    #[test]
    fn a_completed_inner_transaction_is_compensated_with_the_outer_one() {
        let mut run = Run::of(&nested());
        run.complete("A", json!({}));
        run.complete("B", json!({"no": false}));
        run.complete("W", json!({}));
        run.complete("M", json!({}));
        for task in ["undo-M", "undo-B", "undo-A"] {
            assert_eq!(run.tasks(), [task]);
            run.complete(task, json!({}));
        }
        assert_eq!(run.tasks(), ["Else"]);
    }

    #[test]
    fn a_cancelled_inner_transaction_leaves_the_outer_one_alone() {
        let mut run = Run::of(&nested());
        run.complete("A", json!({}));
        run.complete("B", json!({"no": true}));
        run.complete("undo-B", json!({}));
        run.complete("undo-A", json!({}));
        assert_eq!(run.tasks(), ["M", "Y"]);
        run.complete("M", json!({}));
        assert_eq!(run.tasks(), ["undo-M"]);
        run.complete("undo-M", json!({}));
        assert_eq!(run.tasks(), ["Else"]);
    }

    #[test]
    fn what_completed_in_an_inner_transaction_that_still_runs_is_compensated_too() {
        let mut run = Run::of(&nested());
        run.complete("A", json!({}));
        run.complete("M", json!({}));
        // The inner transaction was ended last.
        for task in ["undo-A", "undo-M"] {
            assert_eq!(run.tasks(), [task]);
            run.complete(task, json!({}));
        }
        assert_eq!(run.tasks(), ["Else"]);
    }

    #[test]
    fn an_inner_transaction_may_be_cancelling_when_the_outer_one_is_cancelled() {
        let mut run = Run::of(&nested());
        run.complete("A", json!({}));
        run.complete("B", json!({"no": true}));
        assert_eq!(run.tasks(), ["M", "undo-B"]);
        run.complete("M", json!({}));
        // The handler of B had begun, and was cut short.
        for task in ["undo-A", "undo-M"] {
            assert_eq!(run.tasks(), [task]);
            run.complete(task, json!({}));
        }
        assert_eq!(run.tasks(), ["Else"]);
    }

    #[test]
    fn cancels_in_wrong_places_are_found() {
        check_problems(
            &format!(
                r#"<startEvent id="s"/><subProcess id="P"><startEvent id="ps"/>{}{}</subProcess>{}{}"#,
                cancel_end("x"),
                flows("ps>x"),
                cancelled("c", "P"),
                flows("s>P")
            ),
            &[
                "error: \"x\" cancels a transaction, but lies in none",
                "error: \"c\" waits for a cancel, but stands on no transaction",
            ],
        );
        check_problems(
            &format!(
                r#"<startEvent id="s"/><transaction id="T"><startEvent id="ts"/>{}{}</transaction>{}"#,
                cancel_end("x"),
                flows("ts>x"),
                flows("s>T")
            ),
            &["error: \"x\" cancels \"T\", and no cancel boundary event says where to go then"],
        );
        check_problems(
            &format!(
                r###"<startEvent id="s"/><transaction id="T" method="##Store"><startEvent id="ts"/></transaction>{}{}"###,
                cancelled("c", "T"),
                flows("s>T")
            ),
            &[
                "warning: \"T\" is a transaction by \"##Store\", which has no effect: it is cancelled by compensation",
                "warning: \"T\" is never cancelled: there is no cancel end event inside",
            ],
        );
        check_problems(
            &format!(
                r#"<startEvent id="s"/><transaction id="T"><startEvent id="ts"/></transaction>{}{}"#,
                cancelled("c", "T").replace("attached", "cancelActivity=\"false\" attached"),
                flows("s>T")
            ),
            &["error: \"c\" catches a cancel without ending the activity"],
        );
    }
}
