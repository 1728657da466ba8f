//! How many tokens an activity takes and gives (BPMN 2.0.2, 10.3, table 10.3): it begins when `startQuantity`
//! tokens have arrived, on whichever flows, and sends `completionQuantity` tokens along each flow that it takes.
//! `step/flows.rs` does it.
//!
//! Deviation: more than [`QUANTITY_MAX`] are refused.

use crate::limits::QUANTITY_MAX;
use crate::read::NodeReader;

/// How many tokens an activity takes and gives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Quantities {
    /// How many must arrive before it begins.
    pub start: u32,
    /// How many go along each flow that it takes.
    pub completion: u32,
}

impl Default for Quantities {
    fn default() -> Quantities {
        Quantities {
            start: 1,
            completion: 1,
        }
    }
}

/// Reads the quantities of an activity; wrong ones count as one, and the report says so.
pub(crate) fn read(node: &mut NodeReader<'_, '_>) -> Quantities {
    Quantities {
        start: quantity(node, "startQuantity"),
        completion: quantity(node, "completionQuantity"),
    }
}

fn quantity(node: &mut NodeReader<'_, '_>, attribute: &str) -> u32 {
    let Some(written) = node.xml.attribute(attribute) else {
        return 1;
    };
    match written.trim().parse() {
        Ok(quantity) if (1..=QUANTITY_MAX).contains(&quantity) => quantity,
        _ => {
            let message = format!(
                "{} has the {attribute} \"{written}\", which is not a number from 1 to {QUANTITY_MAX} (QUANTITY_MAX)",
                node.label()
            );
            node.error(message, "write such a number, or remove it");
            1
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::testing::{Run, check_problems, flows};

    #[test]
    fn an_activity_begins_when_enough_tokens_have_arrived_on_whichever_flows() {
        let mut run = Run::of(&format!(
            r#"<startEvent id="s"/><parallelGateway id="f"/><userTask id="A"/><userTask id="B"/><userTask id="C"/>
            <userTask id="D"/><userTask id="Z" startQuantity="2"/>{}"#,
            flows("s>f>A>Z f>B>Z f>C>B f>D>Z")
        ));
        run.complete("A", json!({}));
        assert_eq!(run.tasks(), ["B", "C", "D"]);
        run.complete("D", json!({}));
        assert_eq!(run.tasks(), ["B", "C", "Z"]);
        run.complete("B", json!({}));
        run.complete("C", json!({}));
        run.complete("B", json!({}));
        assert_eq!(run.tasks(), ["Z", "Z"]);
        run.complete("Z", json!({}));
        run.complete("Z", json!({}));
        assert!(run.ended());
    }

    #[test]
    fn too_few_tokens_are_an_incident_and_not_silence() {
        let run = Run::of(&format!(
            r#"<startEvent id="s"/><task id="Z" startQuantity="2"/>{}"#,
            flows("s>Z")
        ));
        assert_eq!(
            run.incidents(),
            ["\"Z\" waits for a flow that cannot come any more, and nothing else is active"]
        );
    }

    #[test]
    fn an_activity_gives_several_tokens_along_each_flow() {
        let run = Run::of(&format!(
            r#"<startEvent id="s"/><task id="A" completionQuantity="2"/><task id="B" startQuantity="2"/><task id="C"/>{}"#,
            flows("s>A>B A>C")
        ));
        assert_eq!(run.passed(), "s A B C C");
        assert!(run.ended());
    }

    #[test]
    fn wrong_quantities_are_found() {
        check_problems(
            &format!(
                r#"<startEvent id="s"/><task id="A" startQuantity="0" completionQuantity="many"/>{}"#,
                flows("s>A")
            ),
            &[
                "error: \"A\" has the startQuantity \"0\", which is not a number from 1 to 1000 (QUANTITY_MAX)",
                "error: \"A\" has the completionQuantity \"many\", which is not a number from 1 to 1000 (QUANTITY_MAX)",
            ],
        );
    }
}
