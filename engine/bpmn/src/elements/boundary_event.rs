//! Boundary event (BPMN 2.0.2, 10.5.4 and 13.5.3): happens while an activity runs, and ends the activity
//! (`cancelActivity`, the default) or goes beside it.
//!
//! Which activity it stands on is linked when all nodes are known; what it waits for is in `step/listening.rs`, that it
//! happens in `step/occurring.rs`.

use super::{Behaviour, Element};
use crate::read::NodeReader;
use crate::triggers::{self, Position, Trigger, Triggers};

/// Something that happens while an activity runs.
#[derive(Debug)]
pub struct BoundaryEvent {
    /// What makes it happen.
    pub triggers: Triggers,
    /// Whether it ends the activity.
    pub interrupting: bool,
}

pub(crate) fn read(node: &mut NodeReader<'_, '_>) -> Option<Element> {
    let triggers = triggers::read(node, Position::Boundary)?;
    let interrupting = node.xml.attribute("cancelActivity") != Some("false");
    if triggers.is_none() {
        let message = format!("{} does not say what makes it happen", node.label());
        node.error(message, "give it a timer, a message, an error ...");
        return None;
    }
    let ends = |trigger: &Trigger| matches!(trigger, Trigger::Error(_) | Trigger::Cancel);
    if triggers.iter().any(ends) && !interrupting {
        let what = match triggers.iter().any(|t| matches!(t, Trigger::Cancel)) {
            true => "a cancel",
            false => "an error",
        };
        let message = format!(
            "{} catches {what} without ending the activity",
            node.label()
        );
        let way_out = format!("{what} always ends it: remove cancelActivity=\"false\"");
        node.error(message, &way_out);
        return None;
    }
    Some(Element::BoundaryEvent(BoundaryEvent {
        triggers,
        interrupting,
    }))
}

impl BoundaryEvent {
    /// Whether it says what compensates the activity, and never happens while that runs.
    pub(crate) fn is_for_compensation(&self) -> bool {
        let mut triggers = self.triggers.iter();
        triggers.any(|trigger| matches!(trigger, Trigger::Compensation(_)))
    }
}

impl Behaviour for BoundaryEvent {}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::Command;
    use crate::testing::{Run, check_problems, context, flows, process, service, timer_on};

    fn model(timer: &str) -> String {
        format!(
            r#"<startEvent id="s"/><userTask id="A"/>{timer}<userTask id="Late"/><endEvent id="e"/>{}"#,
            flows("s>A>e T>Late>e")
        )
    }

    #[test]
    fn an_interrupting_timer_withdraws_the_task() {
        let mut run = Run::of(&model(&timer_on("T", "A", true, "PT24H")));
        assert_eq!(run.timers(), ["T 2026-03-03T06:00:00Z"]);
        run.fire("T");
        assert_eq!(run.tasks(), ["Late"]);
        run.complete("Late", json!({}));
        assert_eq!(run.passed(), "s T Late e");
        assert!(run.ended());
    }

    #[test]
    fn a_timer_that_does_not_interrupt_goes_beside_the_task() {
        let mut run = Run::of(&model(&timer_on("T", "A", false, "P1D")));
        run.fire("T");
        assert_eq!(run.tasks(), ["A", "Late"]);
        assert!(run.timers().is_empty());
        run.complete("A", json!({}));
        assert!(!run.ended());
        run.complete("Late", json!({}));
        assert!(run.ended());
    }

    #[test]
    fn a_completed_task_withdraws_its_timers() {
        let mut run = Run::of(&model(&timer_on("T", "A", true, "PT24H")));
        run.complete("A", json!({}));
        assert!(run.ended());
    }

    #[test]
    fn a_timer_repeats_as_often_as_it_says() {
        let cycle = timer_on("T", "A", false, "x").replace(
            "<timeDuration>x</timeDuration>",
            "<timeCycle>R2/PT1H</timeCycle>",
        );
        let mut run = Run::of(&model(&cycle));
        run.fire("T");
        assert_eq!(run.timers(), ["T 2026-03-02T08:00:00Z"]);
        run.fire("T");
        assert!(run.timers().is_empty());
        assert_eq!(run.tasks(), ["A", "Late", "Late"]);
    }

    #[test]
    fn an_activity_with_an_incident_can_still_be_interrupted() {
        let body = format!(
            r#"<startEvent id="s"/><userTask id="A"><extensionElements><z:taskSchedule dueDate="=1"/></extensionElements></userTask>
            {}<endEvent id="e"/>{}"#,
            timer_on("T", "A", true, "PT1H"),
            flows("s>A>e T>e")
        );
        let mut run = Run::of(&body);
        assert_eq!(run.incidents().len(), 1);
        run.fire("T");
        assert!(run.incidents().is_empty());
        assert!(run.ended());
    }

    #[test]
    fn a_timer_sees_the_inputs_of_its_activity() {
        let body = format!(
            r#"<startEvent id="s"/><userTask id="A"><extensionElements><z:ioMapping>
            <z:input source="=duration(&quot;PT&quot; + string(hours) + &quot;H&quot;)" target="limit"/></z:ioMapping></extensionElements></userTask>{}{}"#,
            timer_on("T", "A", true, "=limit"),
            flows("s>A")
        );
        let run = Run::with(&[&process(&body)], json!({"hours": 3}));
        assert_eq!(run.timers(), ["T 2026-03-02T09:00:00Z"]);
    }

    #[test]
    fn a_timer_without_a_value_is_an_incident() {
        let mut run = Run::of(&model(&timer_on("T", "A", true, "=limit")));
        assert!(
            run.incidents()[0].starts_with("The timer of \"T\" `limit` gives null"),
            "{:?}",
            run.incidents()
        );
        run.set(json!({"limit": "PT1H"}));
        run.resolve();
        assert_eq!(run.timers(), ["T 2026-03-02T07:00:00Z"]);
        assert_eq!(run.tasks(), ["A"]);
    }

    #[test]
    fn an_error_of_a_job_is_caught_with_its_variables() {
        let body = format!(
            r#"<startEvent id="s"/>{}<boundaryEvent id="B" attachedToRef="J"><errorEventDefinition errorRef="E"/></boundaryEvent>
            <userTask id="U"/>{}"#,
            service("J"),
            flows("s>J B>U")
        );
        let model =
            process(&body).replace("<process", r#"<error id="E" errorCode="LOST"/><process"#);
        let mut run = Run::with(&[&model], json!({}));
        let job = run.job("J");
        let error = Command::ThrowError {
            job,
            code: "LOST".into(),
            message: String::new(),
            variables: context(json!({"where": "Nakawa"})),
        };
        run.send(job, error).expect("accepted");
        assert_eq!(run.tasks(), ["U"]);
        assert_eq!(run.passed(), "s B");
    }

    #[test]
    fn events_on_nothing_are_found() {
        let body = |host: &str| {
            format!(
                r#"<startEvent id="s"/><task id="A"/>{}<task id="B"/>{}"#,
                timer_on("T", host, true, "PT1H"),
                flows("s>A T>B")
            )
        };
        check_problems(
            &body("X"),
            &[
                "error: \"T\" stands on \"X\", which does not exist",
                "warning: \"T\" is never reached",
                "warning: \"B\" is never reached",
            ],
        );
        check_problems(
            &body("s"),
            &[
                "error: \"T\" stands on \"s\", which is not an activity beside it",
                "warning: \"T\" is never reached",
                "warning: \"B\" is never reached",
            ],
        );
        check_problems(
            &body("A").replace("PT1H", "1 hour"),
            &[
                "error: The timer of \"T\": \"1 hour\" is not a duration such as P3D, PT1H30M or P1M",
            ],
        );
    }
}
