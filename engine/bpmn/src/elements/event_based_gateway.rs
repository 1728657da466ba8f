//! Event-based gateway (BPMN 2.0.2, 10.6.6 and 13.4.4): waits for the events behind it; the first that happens
//! decides the way, and the others are no longer awaited.
//!
//! With `instantiate` it begins processes: *exclusive*, each of its events starts an instance; *parallel*
//! (`eventGatewayType="Parallel"`), the first of them starts the instance, which then awaits the others: all
//! must happen before it can end.
//!
//! Beyond the standard: events and receive tasks for messages may stand behind one gateway together.

use super::{Behaviour, Element, Next};
use crate::definition::FlowIndex;
use crate::read::NodeReader;
use crate::step::{At, Failure, Stepper};

/// The first of several events decides the way.
#[derive(Debug, Clone, Copy)]
pub struct EventBasedGateway {
    /// Whether its events start the process.
    pub instantiates: bool,
    /// Whether all its events must happen.
    pub all: bool,
}

pub(crate) fn read(node: &mut NodeReader<'_, '_>) -> Option<Element> {
    let gateway = EventBasedGateway {
        instantiates: node.xml.attribute("instantiate") == Some("true"),
        all: node.xml.attribute("eventGatewayType") == Some("Parallel"),
    };
    if gateway.all && !gateway.instantiates {
        let message = format!(
            "{} waits for all its events, but does not start the process",
            node.label()
        );
        let way_out = "only gateways with instantiate=\"true\" can be parallel: use a parallel gateway with an event on each flow";
        node.error(message, way_out);
        return None;
    }
    Some(Element::EventBasedGateway(gateway))
}

impl Behaviour for EventBasedGateway {
    fn execute<'a>(&self, step: &mut Stepper<'a>, at: At<'a>) -> Result<Next, Failure> {
        let mut waiting = Vec::new();
        for event in step.events_behind(at) {
            waiting.extend(step.awaited(event, at.key)?);
        }
        if waiting.is_empty() {
            return Ok(Next::Complete);
        }
        step.wait_for(waiting, at.key);
        Ok(Next::Wait)
    }

    /// The flow is taken when its event happens.
    fn leave(&self, _: &mut Stepper<'_>, _: At<'_>) -> Result<Vec<FlowIndex>, Failure> {
        Ok(Vec::new())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::testing::{Run, check_problems_of, flows, message, process};

    const EVENTS: &str = r#"<intermediateCatchEvent id="Yes"><messageEventDefinition messageRef="M"/></intermediateCatchEvent>
        <intermediateCatchEvent id="Storm"><signalEventDefinition signalRef="S"/></intermediateCatchEvent>
        <intermediateCatchEvent id="Late"><timerEventDefinition><timeDuration>P2D</timeDuration></timerEventDefinition></intermediateCatchEvent>
        <receiveTask id="No" messageRef="N"/>"#;

    fn text(body: &str) -> String {
        let roots = format!(
            r#"{}{}<signal id="S" name="storm"/>"#,
            message("M", "yes", "id"),
            message("N", "no", "id")
        );
        process(body).replace("<process", &format!("{roots}<process"))
    }

    fn model() -> String {
        text(&format!(
            r#"<startEvent id="s"/><eventBasedGateway id="g"/>{EVENTS}<userTask id="A"/><userTask id="B"/><userTask id="C"/><userTask id="D"/>{}"#,
            flows("s>g g>Yes>A g>Storm>B g>Late>C g>No>D")
        ))
    }

    #[track_caller]
    fn check(happens: fn(&mut Run), passed: &str, task: &str) {
        let mut run = Run::with(&[&model()], json!({"id": 1}));
        assert_eq!(run.awaits(), ["Yes yes 1", "Storm storm", "No no 1"]);
        assert_eq!(run.timers(), ["Late 2026-03-04T06:00:00Z"]);
        happens(&mut run);
        assert_eq!(run.passed(), passed);
        assert_eq!(run.tasks(), [task]);
        assert!(run.awaits().is_empty() && run.timers().is_empty());
    }

    #[test]
    fn the_first_event_decides_and_the_others_are_no_longer_awaited() {
        check(
            |run| run.publish("yes", "1", json!({"how": "gladly"})),
            "s g Yes",
            "A",
        );
        check(|run| run.broadcast("storm", json!({})), "s g Storm", "B");
        check(|run| run.fire("Late"), "s g Late", "C");
        check(|run| run.publish("no", "1", json!({})), "s g No", "D");
    }

    #[test]
    fn what_the_event_carries_goes_through_its_output_mappings() {
        let model = model().replace(
            r#"<intermediateCatchEvent id="Yes">"#,
            r#"<intermediateCatchEvent id="Yes"><extensionElements><z:ioMapping><z:output source="=how" target="manner"/></z:ioMapping></extensionElements>"#,
        );
        let mut run = Run::with(&[&model], json!({"id": 1}));
        run.publish("yes", "1", json!({"how": "gladly"}));
        assert_eq!(run.variable("manner"), json!("gladly"));
        assert_eq!(run.variable("how"), json!(null));
    }

    #[test]
    fn nothing_is_awaited_until_everything_can_be() {
        let mut run = Run::with(&[&model()], json!({}));
        assert_eq!(run.incidents().len(), 1);
        assert!(run.awaits().is_empty() && run.timers().is_empty());
        run.set(json!({"id": 2}));
        run.resolve();
        run.publish("no", "2", json!({}));
        assert_eq!(run.tasks(), ["D"]);
    }

    fn starting(kind: &str) -> String {
        text(&format!(
            r#"<eventBasedGateway id="g" instantiate="true" {kind}/>{EVENTS}<userTask id="A"/><userTask id="B"/><userTask id="C"/><userTask id="D"/>{}"#,
            flows("g>Yes>A g>Storm>B g>Late>C g>No>D")
        ))
    }

    #[test]
    fn each_event_of_an_exclusive_gateway_starts_an_instance() {
        let model = starting("");
        let run = Run::begun(&model, "Storm", 0, json!({}));
        assert_eq!(run.passed(), "g Storm");
        assert_eq!(run.tasks(), ["B"]);
        assert!(run.awaits().is_empty() && run.timers().is_empty());
    }

    #[test]
    fn a_parallel_gateway_awaits_its_other_events_in_the_instance_that_the_first_started() {
        let model = starting(r#"eventGatewayType="Parallel""#);
        let mut run = Run::begun(&model, "No", 0, json!({"id": 4}));
        assert_eq!(run.passed(), "No");
        assert_eq!(run.tasks(), ["D"]);
        assert_eq!(run.awaits(), ["Yes yes 4", "Storm storm"]);
        run.complete("D", json!({}));
        run.publish("yes", "4", json!({}));
        run.complete("A", json!({}));
        run.fire("Late");
        run.complete("C", json!({}));
        assert!(!run.ended());
        run.broadcast("storm", json!({}));
        assert_eq!(run.passed(), "No D Yes A Late C g Storm");
        run.complete("B", json!({}));
        assert!(run.ended());
    }

    #[test]
    fn what_a_parallel_gateway_cannot_await_is_an_incident_that_can_be_resolved() {
        let model = starting(r#"eventGatewayType="Parallel""#);
        let mut run = Run::begun(&model, "Storm", 0, json!({}));
        assert_eq!(run.incidents().len(), 1);
        run.set(json!({"id": 4}));
        run.resolve();
        assert_eq!(run.awaits(), ["Yes yes 4", "No no 4"]);
        assert_eq!(run.tasks(), ["B"]);
    }

    #[test]
    fn what_cannot_stand_behind_an_event_based_gateway_is_found() {
        let check = |gateway: &str, more: &str, chains: &str, expected: &[&str]| {
            let body = format!(
                r#"<startEvent id="s"/><eventBasedGateway id="g" {gateway}/>{EVENTS}{more}{}"#,
                flows(&format!("g>Yes g>Storm g>Late g>No {chains}"))
            );
            check_problems_of(&text(&body), expected);
        };
        check(
            "",
            r#"<task id="T"/>"#,
            "s>g g>T",
            &["error: \"T\" stands behind the event-based gateway \"g\", and waits for nothing"],
        );
        check(
            "",
            "",
            "s>g s>Yes",
            &["error: Another flow than that of the event-based gateway \"g\" leads to \"Yes\""],
        );
        check(
            "",
            r#"<boundaryEvent id="B" attachedToRef="No"><timerEventDefinition><timeDuration>PT1H</timeDuration></timerEventDefinition></boundaryEvent>"#,
            "s>g",
            &["error: \"No\" stands behind the event-based gateway \"g\", and has boundary events"],
        );
        check(
            r#"instantiate="true""#,
            "",
            "s>g",
            &["error: \"g\" starts the process, but a flow leads to it"],
        );
        check(
            r#"eventGatewayType="Parallel""#,
            "",
            "s>g",
            &["error: \"g\" waits for all its events, but does not start the process"],
        );
    }
}
