//! Intermediate catch event (BPMN 2.0.2, 10.5.4): waits for something between two steps. Timers only yet.

use super::{Behaviour, Element, Next};
use crate::read::NodeReader;
use crate::step::{At, Failure, Stepper};
use crate::triggers::{self, Position, Trigger};
use crate::{Record, Timer};

/// Something that is waited for between two steps.
#[derive(Debug)]
pub struct IntermediateCatchEvent {
    /// What is waited for.
    pub trigger: Trigger,
}

pub(crate) fn read(node: &mut NodeReader<'_, '_>) -> Option<Element> {
    let trigger = triggers::read(node, Position::Catch)?;
    if matches!(trigger, Trigger::None) {
        let message = format!("{} does not say what it waits for", node.label());
        node.error(message, "give it a timer, or make it a throw event");
        return None;
    }
    Some(Element::IntermediateCatchEvent(IntermediateCatchEvent {
        trigger,
    }))
}

impl Behaviour for IntermediateCatchEvent {
    fn execute<'a>(&self, step: &mut Stepper<'a>, at: At<'a>) -> Result<Next, Failure> {
        let Trigger::Timer(timer) = &self.trigger else {
            return Ok(Next::Complete);
        };
        let schedule = timer.schedule(step, at.key, at.node)?;
        let timer = Timer {
            key: step.next_key(),
            element: at.node.id.clone(),
            element_instance: at.key,
            due: schedule.due,
            repeat: schedule.repeat,
        };
        step.emit(Record::TimerStarted { timer });
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
            &["error: \"T\" repeats, but can happen only once"],
        );
        check_problems(
            &model("<timeDate>soon</timeDate>"),
            &[
                "error: The timer of \"T\": \"soon\" is not a date and time such as 2026-03-02T09:00:00+03:00",
            ],
        );
    }
}
