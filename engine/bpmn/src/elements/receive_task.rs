//! Receive task (BPMN 2.0.2, 10.3.3.4 and 13.3.3): waits for a message, and can have boundary events while it does.
//! With `instantiate` and nothing that leads to it, its message starts the process.
//!
//! Deviation: `implementation` and `operationRef` have no effect; the message alone says what is waited for.

use super::{Behaviour, Element, Next};
use crate::read::NodeReader;
use crate::step::{At, Failure, Stepper};
use crate::triggers::{Trigger, Triggers, message};

/// A message that is waited for.
#[derive(Debug)]
pub struct ReceiveTask {
    /// The message.
    pub triggers: Triggers,
    /// Whether its message starts the process.
    pub instantiates: bool,
}

pub(crate) fn read(node: &mut NodeReader<'_, '_>) -> Option<Element> {
    let message = message::read(node, node.xml)?;
    Some(Element::ReceiveTask(ReceiveTask {
        triggers: Triggers::one(Trigger::Message(message)),
        instantiates: node.xml.attribute("instantiate") == Some("true"),
    }))
}

impl Behaviour for ReceiveTask {
    fn execute<'a>(&self, step: &mut Stepper<'a>, at: At<'a>) -> Result<Next, Failure> {
        let waiting = step.awaited(at.node, at.key)?;
        step.wait_for(waiting, at.key);
        Ok(Next::Wait)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::testing::{Run, check_problems, flows, message, process, timer_on};

    fn model(more: &str) -> String {
        process(&format!(
            r#"<startEvent id="s"/><receiveTask id="R" messageRef="M"/><userTask id="A"/>{}{more}"#,
            flows("s>R>A")
        ))
        .replace(
            "<process",
            &format!("{}<process", message("M", "reply", "id")),
        )
    }

    #[test]
    fn a_receive_task_goes_on_with_what_its_message_carries() {
        let mut run = Run::with(&[&model("")], json!({"id": 7}));
        assert_eq!(run.awaits(), ["R reply 7"]);
        run.publish("reply", "8", json!({}));
        assert!(run.tasks().is_empty());
        run.publish("reply", "7", json!({"answer": "yes"}));
        assert_eq!(run.variable("answer"), json!("yes"));
        assert_eq!(run.tasks(), ["A"]);
    }

    #[test]
    fn a_boundary_event_ends_the_waiting() {
        let more = format!(
            r#"{}<userTask id="Late"/>{}"#,
            timer_on("T", "R", true, "PT1H"),
            flows("T>Late")
        );
        let mut run = Run::with(&[&model(&more)], json!({"id": 7}));
        run.fire("T");
        assert!(run.awaits().is_empty());
        run.publish("reply", "7", json!({}));
        assert_eq!(run.tasks(), ["Late"]);
    }

    #[test]
    fn a_message_starts_a_process_at_its_receive_task() {
        let text = process(&format!(
            r#"<receiveTask id="R" messageRef="M" instantiate="true"><extensionElements><z:ioMapping>
            <z:output source="=from" target="sender"/></z:ioMapping></extensionElements></receiveTask><userTask id="A"/>{}"#,
            flows("R>A")
        ))
        .replace("<process", r#"<message id="M" name="referral"/><process"#);
        let run = Run::begun(&text, "R", 0, json!({"from": "school"}));
        assert_eq!(run.tasks(), ["A"]);
        assert_eq!(run.variable("sender"), json!("school"));
        assert!(run.awaits().is_empty());
    }

    #[test]
    fn receive_tasks_that_make_no_sense_are_found() {
        let body = |attributes: &str| {
            format!(
                r#"<startEvent id="s"/><receiveTask id="R" {attributes}/>{}"#,
                flows("s>R")
            )
        };
        check_problems(
            &body(""),
            &["error: \"R\" does not say which message it means"],
        );
        let named = |attributes: &str, expected: &[&str]| {
            let text = process(&body(&format!(r#"messageRef="M" {attributes}"#)))
                .replace("<process", r#"<message id="M" name="reply"/><process"#);
            crate::testing::check_problems_of(&text, expected);
        };
        named(
            "",
            &["error: \"R\" waits for a message without correlation key"],
        );
        named(
            r#"instantiate="true""#,
            &[
                "warning: \"R\" is marked to start the process, but a flow leads to it",
                "error: \"R\" waits for a message without correlation key",
            ],
        );
    }
}
