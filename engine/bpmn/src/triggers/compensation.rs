//! Compensation (BPMN 2.0.2, 10.5.5.4, 10.7 and 13.5.5): thrown by an intermediate or end event for one activity or for
//! everything that completed in the scope; caught by a boundary event, which an association connects with the
//! handler, or by the start event of an event subprocess inside the activity. How it runs is in `step/compensating.rs`.
//!
//! `waitForCompletion="false"`: the throwing event goes on at once, and the handlers run beside what follows.
//! Beyond the standard: a boundary event stands in for everything inside a subprocess, also for its event subprocess;
//! seen from an event subprocess, "the scope" is the one around it too, so that an error handler can compensate.

use std::sync::Arc;

use super::Position;
use crate::read::{NodeReader, local_name};

/// What a compensation event throws or catches.
#[derive(Debug)]
pub struct CompensationTrigger {
    /// Id of the activity that is compensated; everything in the scope where absent.
    pub activity: Option<Arc<str>>,
    /// Whether the throwing event waits until everything is compensated.
    pub waits: bool,
}

pub(crate) fn read(
    node: &mut NodeReader<'_, '_>,
    definition: &xml::Element,
    position: Position,
) -> CompensationTrigger {
    let activity = definition.attribute("activityRef").map(local_name);
    let throws = matches!(position, Position::Throw | Position::End);
    if let (false, Some(activity)) = (throws, activity) {
        let message = format!(
            "{} names the activity \"{activity}\", which has no effect on an event that catches",
            node.label()
        );
        node.warning(message, "remove activityRef");
    }
    CompensationTrigger {
        activity: activity.filter(|_| throws).map(Arc::from),
        waits: definition.attribute("waitForCompletion") != Some("false"),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::Command;
    use crate::testing::{
        Run, check_problems, context, flow_if, flows, process, service, timer_on,
    };

    /// A user task, and what compensates it: a user task `undo-A` for `A`.
    fn undoable(id: &str) -> String {
        format!(r#"<userTask id="{id}"/>{}"#, undo(id))
    }

    /// A compensation boundary event on an activity, and a user task that is its handler.
    fn undo(id: &str) -> String {
        format!(
            r#"<boundaryEvent id="c{id}" attachedToRef="{id}"><compensateEventDefinition/></boundaryEvent>
            <userTask id="undo-{id}" isForCompensation="true"/><association id="a{id}" sourceRef="c{id}" targetRef="undo-{id}"/>"#
        )
    }

    fn throw(id: &str, attributes: &str) -> String {
        format!(
            r#"<intermediateThrowEvent id="{id}"><compensateEventDefinition {attributes}/></intermediateThrowEvent>"#
        )
    }

    fn end(id: &str) -> String {
        format!(r#"<endEvent id="{id}"><compensateEventDefinition/></endEvent>"#)
    }

    #[test]
    fn what_completed_last_is_compensated_first_one_after_another() {
        let mut run = Run::of(&format!(
            r#"<startEvent id="s"/>{}{}{}<userTask id="Z"/>{}"#,
            undoable("A"),
            undoable("B"),
            throw("t", ""),
            flows("s>A>B>t>Z")
        ));
        run.complete("A", json!({}));
        run.complete("B", json!({}));
        assert_eq!(run.tasks(), ["undo-B"]);
        run.complete("undo-B", json!({}));
        assert_eq!(run.tasks(), ["undo-A"]);
        run.complete("undo-A", json!({}));
        assert_eq!(run.tasks(), ["Z"]);
        run.complete("Z", json!({}));
        assert_eq!(run.passed(), "s A B undo-B undo-A t Z");
        assert!(run.ended());
    }

    #[test]
    fn one_activity_can_be_compensated_alone_and_only_once() {
        let mut run = Run::of(&format!(
            r#"<startEvent id="s"/>{}{}{}{}"#,
            undoable("A"),
            undoable("B"),
            throw("t", r#"activityRef="A""#) + &throw("u", r#"activityRef="A""#) + &end("e"),
            flows("s>A>B>t>u>e")
        ));
        run.complete("A", json!({}));
        run.complete("B", json!({}));
        assert_eq!(run.tasks(), ["undo-A"]);
        run.complete("undo-A", json!({}));
        assert_eq!(run.tasks(), ["undo-B"]);
        run.complete("undo-B", json!({}));
        assert_eq!(run.passed(), "s A B undo-A t u undo-B e");
        assert!(run.ended());
    }

    #[test]
    fn what_has_not_completed_is_not_compensated() {
        let mut run = Run::of(&format!(
            r#"<startEvent id="s"/><parallelGateway id="f"/>{}<userTask id="B"/>{}<userTask id="Z"/>{}"#,
            undoable("A"),
            throw("t", ""),
            flows("s>f>A f>B>t>Z")
        ));
        run.complete("B", json!({}));
        assert_eq!(run.tasks(), ["A", "Z"]);
        run.complete("A", json!({}));
        run.complete("Z", json!({}));
        assert!(run.ended());
    }

    #[test]
    fn an_event_that_does_not_wait_goes_on_beside_the_handlers() {
        let mut run = Run::of(&format!(
            r#"<startEvent id="s"/>{}{}<userTask id="Z"/>{}"#,
            undoable("A"),
            throw("t", r#"waitForCompletion="false""#),
            flows("s>A>t>Z")
        ));
        run.complete("A", json!({}));
        assert_eq!(run.tasks(), ["undo-A", "Z"]);
        run.complete("Z", json!({}));
        assert!(!run.ended());
        run.complete("undo-A", json!({}));
        assert!(run.ended());
    }

    /// `A` is in a loop; each round is compensated.
    #[test]
    fn each_time_that_an_activity_completed_is_compensated() {
        let mut run = Run::of(&format!(
            r#"<startEvent id="s"/><exclusiveGateway id="m"/>{}<exclusiveGateway id="x" default="x-e"/>{}{}{}"#,
            undoable("A"),
            end("e"),
            flows("s>m>A>x>e"),
            flow_if("x", "m", "again")
        ));
        run.complete("A", json!({"again": true}));
        run.complete("A", json!({"again": true}));
        run.complete("A", json!({"again": false}));
        for _ in 0..3 {
            assert_eq!(run.tasks(), ["undo-A"]);
            run.complete("undo-A", json!({}));
        }
        assert!(run.ended());
    }

    /// A subprocess with two undoable steps and what else is given, then a throw event.
    fn nested(inside: &str, on: &str) -> String {
        format!(
            r#"<startEvent id="s"/><subProcess id="P"><extensionElements><z:ioMapping><z:input source="=n * 2" target="seen"/></z:ioMapping></extensionElements>
            <startEvent id="ps"/>{}{}{inside}{}</subProcess>{on}<userTask id="M"/>{}<userTask id="Z"/>{}"#,
            undoable("A"),
            undoable("B"),
            flows("ps>A>B"),
            throw("t", ""),
            flows("s>P>M>t>Z")
        )
    }

    #[track_caller]
    fn up_to_the_throw(model: &str) -> Run {
        let mut run = Run::with(&[&process(model)], json!({"n": 4}));
        for task in ["A", "B", "M"] {
            run.complete(task, json!({}));
        }
        run
    }

    #[test]
    fn a_completed_subprocess_is_compensated_from_inside_with_its_variables() {
        let model = nested("", "").replace(
            r#"<userTask id="undo-A" isForCompensation="true"/>"#,
            r#"<userTask id="undo-A" isForCompensation="true"><extensionElements><z:ioMapping><z:output source="=seen" target="undone"/></z:ioMapping></extensionElements></userTask>"#,
        );
        let mut run = up_to_the_throw(&model);
        assert_eq!(run.tasks(), ["undo-B"]);
        run.set(json!({"n": 100}));
        run.complete("undo-B", json!({}));
        run.complete("undo-A", json!({}));
        assert_eq!(run.tasks(), ["Z"]);
        assert_eq!(run.variable("undone"), json!(8));
        assert_eq!(run.passed(), "s ps A B P M undo-B undo-A P t");
        run.complete("Z", json!({}));
        assert!(run.ended());
    }

    #[test]
    fn an_event_subprocess_compensates_its_subprocess() {
        let inside = format!(
            r#"<subProcess id="E" triggeredByEvent="true"><startEvent id="es"><compensateEventDefinition/></startEvent>
            <userTask id="Repair"/>{}{}</subProcess>"#,
            throw("again", ""),
            flows("es>Repair>again")
        );
        let mut run = up_to_the_throw(&nested(&inside, ""));
        assert_eq!(run.tasks(), ["Repair"]);
        run.complete("Repair", json!({}));
        // It throws for what completed around it.
        assert_eq!(run.tasks(), ["undo-B"]);
        run.complete("undo-B", json!({}));
        run.complete("undo-A", json!({}));
        assert_eq!(run.tasks(), ["Z"]);
    }

    #[test]
    fn a_boundary_event_stands_in_for_everything_inside() {
        let mut run = up_to_the_throw(&nested("", &undo("P")));
        assert_eq!(run.tasks(), ["undo-P"]);
        run.complete("undo-P", json!({}));
        assert_eq!(run.tasks(), ["Z"]);
    }

    #[test]
    fn what_was_interrupted_is_not_compensated() {
        let timer = timer_on("T", "P", true, "PT1H");
        let mut run = Run::with(
            &[&process(&nested("", &format!("{timer}{}", flows("T>M"))))],
            json!({"n": 1}),
        );
        run.complete("A", json!({}));
        run.fire("T");
        run.complete("M", json!({}));
        assert_eq!(run.tasks(), ["Z"]);
    }

    const ERROR: &str = r#"<error id="X" errorCode="LOST"/>"#;

    /// What completed in a scope is compensated by an event subprocess of that scope, after an error.
    #[test]
    fn an_error_handler_compensates_what_completed_around_it() {
        let body = format!(
            r#"<startEvent id="s"/>{}{}<userTask id="C"/><endEvent id="x"><errorEventDefinition errorRef="X"/></endEvent>{}
            <subProcess id="E" triggeredByEvent="true"><startEvent id="es"><errorEventDefinition/></startEvent>{}{}</subProcess>"#,
            undoable("A"),
            undoable("B"),
            flows("s>A>B>C>x"),
            end("ee"),
            flows("es>ee")
        );
        let model = process(&body).replace("<process", &format!("{ERROR}<process"));
        let mut run = Run::with(&[&model], json!({}));
        for task in ["A", "B", "C", "undo-B", "undo-A"] {
            assert!(!run.ended());
            run.complete(task, json!({}));
        }
        assert!(run.ended());
        assert_eq!(run.passed(), "s A B C x es undo-B undo-A ee E");
    }

    #[test]
    fn termination_ends_a_compensation_and_what_is_left_can_still_be_compensated() {
        let body = format!(
            r#"<startEvent id="s"/><subProcess id="P"><startEvent id="ps"/>{}{}<parallelGateway id="f"/>{}<userTask id="W"/>
            <endEvent id="pt"><terminateEventDefinition/></endEvent>{}</subProcess>{}{}"#,
            undoable("A"),
            undoable("B"),
            throw("t", ""),
            flows("ps>A>B>f>t f>W>pt"),
            end("e"),
            flows("s>P>e")
        );
        let mut run = Run::of(&body);
        run.complete("A", json!({}));
        run.complete("B", json!({}));
        assert_eq!(run.tasks(), ["W", "undo-B"]);
        run.complete("W", json!({}));
        // B's handler has begun and was cut short; A is still to be undone.
        assert_eq!(run.tasks(), ["undo-A"]);
        run.complete("undo-A", json!({}));
        assert!(run.ended());
    }

    #[test]
    fn a_handler_that_is_interrupted_has_done_its_part() {
        let timer = timer_on("T", "undo-B", true, "PT1H");
        let mut run = Run::of(&format!(
            r#"<startEvent id="s"/>{}{}{timer}<userTask id="Late"/>{}<userTask id="Z"/>{}"#,
            undoable("A"),
            undoable("B"),
            throw("t", ""),
            flows("s>A>B>t>Z T>Late")
        ));
        run.complete("A", json!({}));
        run.complete("B", json!({}));
        run.fire("T");
        assert_eq!(run.tasks(), ["undo-A", "Late"]);
        run.complete("undo-A", json!({}));
        assert_eq!(run.tasks(), ["Late", "Z"]);
    }

    #[test]
    fn a_handler_that_fails_can_be_helped() {
        let handler =
            service("undo-A").replace("<serviceTask", r#"<serviceTask isForCompensation="true""#);
        let mut run = Run::of(&format!(
            r#"<startEvent id="s"/><userTask id="A"/><boundaryEvent id="cA" attachedToRef="A"><compensateEventDefinition/></boundaryEvent>
            {handler}<association id="a" sourceRef="cA" targetRef="undo-A"/>{}{}"#,
            end("e"),
            flows("s>A>e")
        ));
        run.complete("A", json!({}));
        let job = run.job("undo-A");
        let failed = Command::FailJob {
            job,
            retries: 0,
            message: "no line".into(),
        };
        run.send(job, failed).expect("accepted");
        assert_eq!(run.incidents().len(), 1);
        run.resolve();
        let variables = context(json!({}));
        run.send(job, Command::CompleteJob { job, variables })
            .expect("accepted");
        assert!(run.ended());
    }

    /// Two branches compensate at the same time: each activity is compensated once.
    #[test]
    fn two_compensations_share_what_there_is() {
        let mut run = Run::of(&format!(
            r#"<startEvent id="s"/>{}{}<parallelGateway id="f"/>{}{}{}"#,
            undoable("A"),
            undoable("B"),
            throw("t", ""),
            throw("u", ""),
            flows("s>A>B>f>t f>u")
        ));
        run.complete("A", json!({}));
        run.complete("B", json!({}));
        assert_eq!(run.tasks(), ["undo-B", "undo-A"]);
        run.complete("undo-B", json!({}));
        run.complete("undo-A", json!({}));
        assert!(run.ended());
    }

    const FOR_EACH: &str = r#"<multiInstanceLoopCharacteristics isSequential="true"><extensionElements>
        <z:loopCharacteristics inputCollection="=children" inputElement="child"/></extensionElements></multiInstanceLoopCharacteristics>"#;

    /// The handler writes down for which item it ran.
    fn noting(model: &str) -> String {
        let mapping = r#"<extensionElements><z:ioMapping><z:output source="=append(undone, child)" target="undone"/></z:ioMapping></extensionElements>"#;
        let handler = r#"<userTask id="undo-A" isForCompensation="true"/>"#;
        let noting =
            format!(r#"<userTask id="undo-A" isForCompensation="true">{mapping}</userTask>"#);
        model.replace(handler, &noting)
    }

    #[test]
    fn each_item_of_a_loop_is_compensated_with_its_variables() {
        let body = format!(
            r#"<startEvent id="s"/><userTask id="A">{FOR_EACH}</userTask>{}{}{}"#,
            undo("A"),
            end("e"),
            flows("s>A>e")
        );
        let variables = json!({"children": ["Aisha", "Ben"], "undone": []});
        let mut run = Run::with(&[&process(&noting(&body))], variables);
        run.complete("A", json!({}));
        run.complete("A", json!({}));
        run.complete("undo-A", json!({}));
        run.complete("undo-A", json!({}));
        assert!(run.ended());
        assert_eq!(run.variable("undone"), json!(["Ben", "Aisha"]));
    }

    /// Items of a loop that still runs are not compensated.
    #[test]
    fn a_subprocess_in_a_loop_is_compensated_item_by_item_when_the_loop_is_over() {
        let body = format!(
            r#"<startEvent id="s"/><parallelGateway id="f"/><subProcess id="P">{FOR_EACH}<startEvent id="ps"/>{}{}</subProcess>
            <userTask id="Early"/>{}{}{}"#,
            undoable("A"),
            flows("ps>A"),
            throw("t", ""),
            end("e"),
            flows("s>f>P>e f>Early>t")
        );
        let variables = json!({"children": ["Aisha", "Ben"], "undone": []});
        let mut run = Run::with(&[&process(&noting(&body))], variables);
        run.complete("A", json!({}));
        run.complete("Early", json!({}));
        assert_eq!(run.tasks(), ["A"]);
        run.complete("A", json!({}));
        run.complete("undo-A", json!({}));
        run.complete("undo-A", json!({}));
        assert!(run.ended());
        assert_eq!(run.variable("undone"), json!(["Ben", "Aisha"]));
    }

    /// The handler is the caller's: what was called is over.
    #[test]
    fn a_called_process_is_compensated_by_its_caller() {
        let call = r#"<callActivity id="C"><extensionElements><z:calledElement processId="q"/></extensionElements></callActivity>"#;
        let body = format!(
            r#"<startEvent id="s"/>{call}{}{}{}"#,
            undo("C"),
            end("e"),
            flows("s>C>e")
        );
        let called = process(&format!(
            r#"<startEvent id="cs"/>{}{}"#,
            undoable("A"),
            flows("cs>A")
        ));
        let called = called.replace(r#"id="p""#, r#"id="q""#);
        let mut run = Run::with(&[&process(&body), &called], json!({}));
        run.complete("A", json!({}));
        assert_eq!(run.tasks(), ["undo-C"]);
        run.complete("undo-C", json!({}));
        assert!(run.ended());
    }

    #[test]
    fn models_that_compensate_wrongly_are_found() {
        let check = |body: &str, expected: &[&str]| {
            let body = format!(
                r#"<startEvent id="s"/><task id="A"/>{}{body}"#,
                flows("s>A")
            );
            check_problems(&body, expected);
        };
        let event = r#"<boundaryEvent id="c" attachedToRef="A"><compensateEventDefinition/></boundaryEvent>"#;
        let handler = r#"<task id="H" isForCompensation="true"/>"#;
        let association = r#"<association id="a" sourceRef="c" targetRef="H"/>"#;
        check(
            event,
            &["error: \"c\" is for compensation, but says not what compensates"],
        );
        check(
            &format!("{event}<task id=\"H\"/>{association}"),
            &[
                "error: \"c\" is for compensation, but says not what compensates",
                "warning: \"H\" is never reached",
            ],
        );
        check(handler, &["warning: \"H\" is never reached"]);
        check(
            &format!("{event}{handler}{association}{}", flows("A>H")),
            &["error: \"H\" is for compensation, and a flow leads into it or out of it"],
        );
        check(
            &format!(
                r#"{event}{handler}{association}<subProcess id="P"><startEvent id="ps"/>{}{}</subProcess>{}{}{}"#,
                throw("t", r#"activityRef="A""#),
                flows("ps>t"),
                throw("u", r#"activityRef="nobody""#),
                throw("v", r#"activityRef="B""#) + r#"<task id="B"/>"#,
                flows("A>P>u>v>B")
            ),
            &[
                "error: \"t\" compensates \"A\", which lies in another subprocess",
                "error: \"u\" compensates \"nobody\", which is no activity of the process",
                "warning: \"v\" compensates \"B\", for which nothing is there to do",
            ],
        );
        check(
            r#"<subProcess id="E" triggeredByEvent="true"><startEvent id="es"><compensateEventDefinition/></startEvent></subProcess>"#,
            &["warning: \"es\" never happens: a process as a whole is not compensated"],
        );
    }
}
