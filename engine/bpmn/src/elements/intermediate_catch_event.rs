//! Intermediate catch event (BPMN 2.0.2, 10.5.4): waits for something between two steps.

use super::{Behaviour, Element, Next};
use crate::read::NodeReader;
use crate::step::{At, Failure, Stepper};
use crate::triggers::{self, Position, Triggers};

/// Something that is waited for between two steps.
#[derive(Debug)]
pub struct IntermediateCatchEvent {
    /// What is waited for.
    pub triggers: Triggers,
}

pub(crate) fn read(node: &mut NodeReader<'_, '_>) -> Option<Element> {
    let triggers = triggers::read(node, Position::Catch)?;
    if triggers.is_none() {
        let message = format!("{} does not say what it waits for", node.label());
        node.error(message, "give it a timer, or make it a throw event");
        return None;
    }
    Some(Element::IntermediateCatchEvent(IntermediateCatchEvent {
        triggers,
    }))
}

impl Behaviour for IntermediateCatchEvent {
    fn execute<'a>(&self, step: &mut Stepper<'a>, at: At<'a>) -> Result<Next, Failure> {
        let waiting = step.awaited(at.node, at.key)?;
        if waiting.is_empty() {
            // The other end of a link.
            return Ok(Next::Complete);
        }
        step.wait_for(waiting, at.key);
        Ok(Next::Wait)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::testing::{Run, check_problems, flows, process};

    fn model(time: &str) -> String {
        format!(
            r#"<startEvent id="s"/><intermediateCatchEvent id="T"><timerEventDefinition>{time}</timerEventDefinition></intermediateCatchEvent><endEvent id="e"/>{}"#,
            flows("s>T>e")
        )
    }

    #[track_caller]
    fn check(time: &str, due: &str) {
        let variables = json!({"day": "2026-05-01", "until": "2026-05-01T08:00:00+03:00"});
        let mut run = Run::with(&[&process(&model(time))], variables);
        assert_eq!(run.timers(), [format!("T {due}")], "{:?}", run.incidents());
        run.fire("T");
        assert_eq!(run.passed(), "s T e");
        assert!(run.ended());
    }

    #[test]
    fn a_timer_event_waits_for_a_date_or_a_duration() {
        check("<timeDuration>PT90M</timeDuration>", "2026-03-02T07:30:00Z");
        check(
            "<timeDate>2026-04-01T09:00:00+03:00</timeDate>",
            "2026-04-01T06:00:00Z",
        );
        check("<timeDate>=until</timeDate>", "2026-05-01T05:00:00Z");
        check(
            "<timeDate>=date and time(date(day), time(\"09:00:00\"))</timeDate>",
            "2026-05-01T09:00:00Z",
        );
        check(
            "<timeDuration>=duration(\"P2D\")</timeDuration>",
            "2026-03-04T06:00:00Z",
        );
    }

    #[test]
    fn timers_that_make_no_sense_are_found() {
        check_problems(&model(""), &["error: \"T\" says not exactly one time"]);
        check_problems(
            &model("<timeCycle>R/PT1H</timeCycle>"),
            &["warning: \"T\" repeats, but can happen only once"],
        );
        check_problems(
            &model("<timeDate>soon</timeDate>"),
            &[
                "error: The timer of \"T\": \"soon\" is not a date and time such as 2026-03-02T09:00:00+03:00",
            ],
        );
    }

    fn waiting_for(event: &str) -> String {
        process(&format!(
            r#"<startEvent id="s"/><intermediateCatchEvent id="W">{event}</intermediateCatchEvent><endEvent id="e"/>{}"#,
            flows("s>W>e")
        ))
        .replace(
            "<process",
            r#"<signal id="S" name="=&quot;storm-&quot; + place"/><message id="M" name="reply"><extensionElements><z:subscription correlationKey="=id"/></extensionElements></message><process"#,
        )
    }

    #[test]
    fn a_message_goes_on_with_what_it_carries() {
        let model = waiting_for(r#"<messageEventDefinition messageRef="M"/>"#);
        let mut run = Run::with(&[&model], json!({"id": "A-1"}));
        run.publish("reply", "A-2", json!({"answer": "no"}));
        assert_eq!(run.awaits(), ["W reply A-1"]);
        run.publish("reply", "A-1", json!({"answer": "yes"}));
        assert_eq!(run.variable("answer"), json!("yes"));
        assert!(run.ended());
    }

    #[test]
    fn a_signal_has_a_name_that_may_be_computed() {
        let model = waiting_for(r#"<signalEventDefinition signalRef="S"/>"#);
        let mut run = Run::with(&[&model], json!({"place": "north"}));
        run.broadcast("storm-south", json!({}));
        assert_eq!(run.awaits(), ["W storm-north"]);
        run.broadcast("storm-north", json!({}));
        assert!(run.ended());
    }

    #[test]
    fn a_correlation_key_that_is_null_is_an_incident() {
        let model = waiting_for(r#"<messageEventDefinition messageRef="M"/>"#);
        let mut run = Run::with(&[&model], json!({}));
        let incidents = run.incidents();
        assert!(
            incidents[0].starts_with("The correlation key `id` of \"W\" gives null"),
            "{incidents:?}"
        );
        run.set(json!({"id": 12}));
        run.resolve();
        assert_eq!(run.awaits(), ["W reply 12"]);
    }

    #[test]
    fn messages_that_cannot_be_found_are_found() {
        let waiting = |definition: &str| {
            format!(
                r#"<startEvent id="s"/><intermediateCatchEvent id="W">{definition}</intermediateCatchEvent>{}"#,
                flows("s>W")
            )
        };
        check_problems(
            &waiting("<messageEventDefinition/>"),
            &["error: \"W\" does not say which message it means"],
        );
        check_problems(
            &waiting(r#"<signalEventDefinition signalRef="gone"/>"#),
            &["error: \"W\" refers to the signal \"gone\", which does not exist"],
        );
    }
}
