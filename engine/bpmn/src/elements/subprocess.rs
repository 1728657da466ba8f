//! Subprocess (BPMN 2.0.2, 10.3.5 and 13.3.4): begins at its none start event, completes when nothing inside it
//! is active any more. Without a start event it begins with everything that nothing leads to.
//!
//! Event subprocess (10.3.5.1 and 13.5.4): listens while the scope around it runs, and begins when the trigger of
//! its start event happens; an interrupting one ends everything else in that scope first. What its trigger carries
//! are variables of its own.
//!
//! Transaction (10.3.5.3 and 13.3.8): a subprocess that a cancel end event gives up; see `triggers/cancel.rs`. It is
//! undone by compensation alone: no transaction protocol is spoken with others.

use super::{AdHoc, Behaviour, Element, Next};
use crate::definition::Parts;
use crate::read::NodeReader;
use crate::step::{At, Failure, Stepper};

/// Steps inside a step.
#[derive(Debug, Default)]
pub struct Subprocess {
    /// Whether it is an event subprocess.
    pub event: bool,
    /// Whether it is a transaction, which can be cancelled.
    pub transaction: bool,
    /// How its insides are chosen, where it is an ad-hoc subprocess.
    pub ad_hoc: Option<Box<AdHoc>>,
    /// What lies in it; set when everything inside it has been read.
    pub(crate) parts: Parts,
}

pub(crate) fn read(node: &mut NodeReader<'_, '_>) -> Option<Element> {
    Some(Element::Subprocess(Subprocess {
        event: node.xml.attribute("triggeredByEvent") == Some("true"),
        transaction: &*node.xml.name == "transaction",
        ad_hoc: None,
        parts: Parts::default(),
    }))
}

impl Behaviour for Subprocess {
    fn execute<'a>(&self, step: &mut Stepper<'a>, at: At<'a>) -> Result<Next, Failure> {
        if self.ad_hoc.is_some() {
            return step.execute_ad_hoc(at);
        }
        let begin = if self.event {
            &self.parts.entries
        } else {
            &self.parts.begin
        };
        for start in begin {
            step.activate(*start, at.key, Vec::new());
        }
        Ok(if begin.is_empty() {
            Next::Complete
        } else {
            Next::Wait
        })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::testing::{Run, check_problems, flows, process, timer_on};

    fn model(more: &str) -> String {
        format!(
            r#"<startEvent id="s"/><subProcess id="P"><startEvent id="ps"/><userTask id="A"/><userTask id="B"/>{}
            </subProcess><userTask id="C"/>{}{more}"#,
            flows("ps>A ps>B"),
            flows("s>P>C")
        )
    }

    #[test]
    fn a_subprocess_completes_when_nothing_inside_is_active() {
        let mut run = Run::of(&model(""));
        run.complete("A", json!({"a": 1}));
        assert_eq!(run.tasks(), ["B"]);
        run.complete("B", json!({}));
        assert_eq!(run.tasks(), ["C"]);
        assert_eq!(run.passed(), "s ps A B P");
        assert_eq!(run.variable("a"), json!(1));
    }

    #[test]
    fn an_interrupted_subprocess_withdraws_everything_inside() {
        let timer = timer_on("T", "P", true, "PT1H");
        let mut run = Run::of(&model(&format!(
            r#"{timer}<userTask id="D"/>{}"#,
            flows("T>D")
        )));
        run.complete("A", json!({}));
        run.fire("T");
        assert_eq!(run.tasks(), ["D"]);
        run.complete("D", json!({}));
        assert!(run.ended());
    }

    #[test]
    fn without_start_event_everything_begins_that_nothing_leads_to() {
        let mut run = Run::of(&format!(
            r#"<startEvent id="s"/><subProcess id="P"><userTask id="A"/><userTask id="B"/><userTask id="C"/>{}</subProcess>{}"#,
            flows("A>C"),
            flows("s>P")
        ));
        assert_eq!(run.tasks(), ["A", "B"]);
        run.complete("A", json!({}));
        run.complete("B", json!({}));
        run.complete("C", json!({}));
        assert!(run.ended());
    }

    /// A subprocess with an event subprocess in it that a message starts.
    fn with_event(interrupting: bool) -> String {
        process(&format!(
            r#"<startEvent id="s"/><subProcess id="P"><startEvent id="ps"/><userTask id="A"/>{}
            <subProcess id="E" triggeredByEvent="true"><startEvent id="es" isInterrupting="{interrupting}">
            <messageEventDefinition messageRef="M"/></startEvent><userTask id="Look"/>{}</subProcess>
            </subProcess><userTask id="C"/>{}"#,
            flows("ps>A"),
            flows("es>Look"),
            flows("s>P>C")
        ))
        .replace("<process", &format!("{MESSAGE}<process"))
    }

    const MESSAGE: &str = r#"<message id="M" name="news"><extensionElements><z:subscription correlationKey="=case"/></extensionElements></message>"#;

    #[test]
    fn an_interrupting_event_subprocess_ends_everything_else_in_its_scope() {
        let mut run = Run::with(&[&with_event(true)], json!({"case": "K1"}));
        assert_eq!(run.awaits(), ["es news K1"]);
        run.publish("news", "K2", json!({}));
        assert_eq!(run.tasks(), ["A"]);
        run.publish("news", "K1", json!({"from": "court"}));
        assert_eq!(run.tasks(), ["Look"]);
        assert!(run.awaits().is_empty());
        assert_eq!(run.variable("from"), json!(null));
        run.complete("Look", json!({}));
        assert_eq!(run.tasks(), ["C"]);
        assert_eq!(run.passed(), "s ps es Look E P");
    }

    #[test]
    fn an_event_subprocess_that_does_not_interrupt_begins_as_often_as_its_event_happens() {
        let mut run = Run::with(&[&with_event(false)], json!({"case": 7}));
        assert_eq!(run.awaits(), ["es news 7"]);
        run.publish("news", "7", json!({}));
        run.publish("news", "7", json!({}));
        assert_eq!(run.tasks(), ["A", "Look", "Look"]);
        run.complete("A", json!({}));
        run.complete("Look", json!({}));
        run.complete("Look", json!({}));
        assert_eq!(run.tasks(), ["C"]);
        assert!(run.awaits().is_empty());
    }

    #[test]
    fn an_event_subprocess_of_the_process_waits_until_the_process_ends() {
        let body = format!(
            r#"<startEvent id="s"/><userTask id="A"/>{}<subProcess id="E" triggeredByEvent="true"><startEvent id="es">
            <timerEventDefinition><timeDuration>PT1H</timeDuration></timerEventDefinition></startEvent><userTask id="Late"/>{}</subProcess>"#,
            flows("s>A"),
            flows("es>Late")
        );
        let mut run = Run::of(&body);
        assert_eq!(run.timers(), ["es 2026-03-02T07:00:00Z"]);
        run.complete("A", json!({}));
        assert!(run.ended());
        let mut run = Run::of(&body);
        run.fire("es");
        assert_eq!(run.tasks(), ["Late"]);
        run.complete("Late", json!({}));
        assert!(run.ended());
    }

    #[test]
    fn an_event_subprocess_catches_errors_of_its_scope_but_not_its_own() {
        let body = format!(
            r#"<startEvent id="s"/><endEvent id="x"><errorEventDefinition errorRef="X"/></endEvent>{}
            <subProcess id="E" triggeredByEvent="true"><startEvent id="es"><errorEventDefinition/></startEvent>
            <endEvent id="again" name="Again"><errorEventDefinition errorRef="X"/></endEvent>{}</subProcess>"#,
            flows("s>x"),
            flows("es>again")
        );
        let text =
            process(&body).replace("<process", r#"<error id="X" errorCode="LOST"/><process"#);
        let run = Run::with(&[&text], json!({}));
        assert_eq!(run.passed(), "s x es");
        assert_eq!(
            run.incidents(),
            ["\"Again\" throws the error \"LOST\" and nothing catches it"]
        );
    }

    #[test]
    fn a_wrong_beginning_of_an_event_subprocess_is_found() {
        let inside = |start: &str| {
            format!(
                r#"<startEvent id="s"/><task id="A"/>{}<subProcess id="E" triggeredByEvent="true">{start}<task id="B"/>{}</subProcess>"#,
                flows("s>A"),
                flows("es>B")
            )
        };
        check_problems(
            &inside(r#"<startEvent id="es"/>"#),
            &[
                "warning: \"E\" is never reached",
                "error: \"es\" does not say what makes it happen",
                "warning: \"B\" is never reached",
            ],
        );
        check_problems(
            &inside(
                r#"<startEvent id="es"><errorEventDefinition/></startEvent><startEvent id="et"><errorEventDefinition/></startEvent>"#,
            ),
            &["error: \"E\" has not exactly one start event"],
        );
    }
}
