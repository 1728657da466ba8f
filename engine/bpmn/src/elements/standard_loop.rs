//! Standard loop (BPMN 2.0.2, 10.3.8 and 13.3.6): an activity is done again while a condition holds, one
//! time after another, `loopMaximum` times at most.
//!
//! With `testBefore` the condition is asked before each time, so the activity may not be done at all;
//! without, after each time, and it sees what that time made. `loopCounter` is 1 in the first time; a
//! condition that is asked before sees how often the activity has been done. Deviations: none.

use feel::Expression;
use xml::Element as Xml;

use crate::read::{BPMN, NodeReader};

/// How an activity is done again and again.
#[derive(Debug)]
pub struct StandardLoop {
    /// Whether the condition is asked before each time, and not after.
    pub test_before: bool,
    /// While it holds, it goes on; without one, `maximum` alone says when it ends.
    pub(crate) condition: Option<Expression>,
    /// How often at most.
    pub maximum: Option<u32>,
}

pub(crate) fn read<'d>(node: &mut NodeReader<'_, 'd>, xml: &'d Xml) -> Option<StandardLoop> {
    let written = xml.attribute("loopMaximum").map(str::trim);
    let maximum = written.and_then(|written| written.parse::<u32>().ok());
    if let Some(written) = written.filter(|_| maximum.is_none()) {
        let message = format!(
            "{} loops \"{written}\" times at most, which is not a whole number",
            node.label()
        );
        node.error_in(xml, message, "write a whole number in loopMaximum");
        return None;
    }
    let written = xml
        .child(BPMN, "loopCondition")
        .filter(|condition| !condition.text().trim().is_empty());
    let condition = match written {
        Some(written) => Some(node.reader.content_expression(node.xml, written)?),
        None => None,
    };
    if condition.is_none() && maximum.is_none() {
        let message = format!("{} loops for ever", node.label());
        let way_out = "give the loop a condition, or a maximum";
        node.error_in(xml, message, way_out);
        return None;
    }
    Some(StandardLoop {
        test_before: xml.attribute("testBefore") == Some("true"),
        condition,
        maximum,
    })
}

#[cfg(test)]
mod tests {
    use serde_json::{Value as Json, json};

    use crate::testing::{Run, check_problems, flows, process, timer_on};

    fn run(marker: &str, variables: Json) -> Run {
        let timer = timer_on("T", "A", true, "PT1H");
        let body = format!(
            r#"<startEvent id="s"/><userTask id="A">{marker}</userTask><userTask id="After"/>{timer}{}"#,
            flows("s>A>After T>After")
        );
        Run::with(&[&process(&body)], variables)
    }

    const AGAIN: &str = "<standardLoopCharacteristics><loopCondition>again</loopCondition></standardLoopCharacteristics>";

    #[test]
    fn it_is_done_again_while_the_condition_holds_afterwards() {
        let mut run = run(AGAIN, json!({"again": false}));
        assert_eq!(run.tasks(), ["A"]);
        run.complete("A", json!({"again": true}));
        assert_eq!(run.tasks(), ["A"]);
        run.complete("A", json!({"again": false}));
        assert_eq!(run.tasks(), ["After"]);
        assert_eq!(run.passed(), "s A A A");
    }

    #[test]
    fn a_condition_that_is_asked_before_may_hold_never() {
        let before = AGAIN.replacen("Characteristics", "Characteristics testBefore=\"true\"", 1);
        assert_eq!(run(&before, json!({"again": false})).tasks(), ["After"]);
        let mut run = run(&before.replace("again", "loopCounter &lt; 2"), json!({}));
        run.complete("A", json!({}));
        run.complete("A", json!({}));
        assert_eq!(run.tasks(), ["After"]);
    }

    #[test]
    fn a_maximum_ends_it_whatever_the_condition_says() {
        let marker = AGAIN.replacen("Characteristics", "Characteristics loopMaximum=\"2\"", 1);
        let mut run = run(&marker, json!({"again": true}));
        run.complete("A", json!({}));
        run.complete("A", json!({}));
        assert_eq!(run.tasks(), ["After"]);
    }

    #[test]
    fn a_boundary_event_ends_the_whole_loop_and_keeps_its_time_over_all_rounds() {
        let mut run = run(AGAIN, json!({"again": true}));
        let due = run.timers();
        run.complete("A", json!({}));
        assert_eq!(run.timers(), due);
        run.fire("T");
        assert_eq!(run.tasks(), ["After"]);
    }

    #[test]
    fn a_condition_that_gives_nothing_is_an_incident() {
        let mut run = run(AGAIN, json!({}));
        run.complete("A", json!({}));
        assert_eq!(
            run.incidents(),
            [
                "The condition `again` of the loop \"A\" gives null where true or false is needed: there is no variable `again`"
            ]
        );
        run.set(json!({"again": false}));
        run.resolve();
        assert_eq!(run.tasks(), ["After"]);
    }

    #[test]
    fn loops_that_cannot_end_are_found() {
        let check = |marker: &str, expected: &str| {
            let body = format!(
                r#"<startEvent id="s"/><task id="A">{marker}</task>{}"#,
                flows("s>A")
            );
            check_problems(&body, &[expected]);
        };
        check(
            "<standardLoopCharacteristics/>",
            "error: \"A\" loops for ever",
        );
        check(
            r#"<standardLoopCharacteristics loopMaximum="some"/>"#,
            "error: \"A\" loops \"some\" times at most, which is not a whole number",
        );
    }
}
