//! Events that get in each other's way: on the boundary of an activity, at the beginning of event subprocesses, at the
//! beginning of the process. And conditions that nothing can make true.

use std::collections::BTreeSet;

use super::Rules;
use crate::definition::NodeIndex;
use crate::elements::Element;
use crate::read::process::Draft;
use crate::read::reader::{Reader, about};
use crate::triggers::Trigger;
use xml::{Problem, Severity};

impl Rules<'_, '_, '_> {
    /// No two boundary events of an activity catch the same.
    pub(super) fn boundaries(&mut self) {
        let place = format!("Two boundary events of {}", self.name);
        check_same(self.reader, self.draft, &self.node.boundaries, &place);
    }

    /// No two event subprocesses of a subprocess catch the same.
    pub(super) fn event_subprocesses(&mut self) {
        if let Element::Subprocess(subprocess) = &self.node.element {
            let place = format!("Two event subprocesses in {}", self.name);
            let starts = &subprocess.parts.event_starts;
            let starts = one_each(self.draft, starts);
            check_same(self.reader, self.draft, &starts, &place);
        }
    }

    /// A condition is looked at again only when a variable changes.
    pub(super) fn conditions(&mut self) {
        let triggers = self.node.element.triggers();
        let blind = triggers.iter().any(|trigger| {
            matches!(trigger, Trigger::Conditional(condition) if condition.looks_at().is_empty())
        });
        if blind {
            self.warning(
                format!(
                    "The condition of {} reads no variable: no change can make it true",
                    self.name
                ),
                "read the variable in it that shall decide, or wait for something else",
            );
        }
    }
}

/// The same for what lies in the process itself, and for the start events of the process.
pub(super) fn check_process(reader: &mut Reader<'_>, draft: &Draft<'_>) {
    let parts = &draft.parts;
    let place = "Two event subprocesses of the process";
    let starts = one_each(draft, &parts.event_starts);
    check_same(reader, draft, &starts, place);
    check_same(reader, draft, &parts.entries, "Two start events");
}

/// The first start event of each event subprocess; that there are several is said elsewhere.
fn one_each(draft: &Draft<'_>, starts: &[NodeIndex]) -> Vec<NodeIndex> {
    let mut scopes = BTreeSet::new();
    let mut first = starts.to_vec();
    first.retain(|start| scopes.insert(draft.nodes[start.0 as usize].scope));
    first
}

/// Of two that catch the same error or escalation the second never does; two that wait for the same signal both happen.
fn check_same(reader: &mut Reader<'_>, draft: &Draft<'_>, events: &[NodeIndex], place: &str) {
    let mut seen = BTreeSet::new();
    for index in events {
        let mut of_this = BTreeSet::new();
        let triggers = draft.nodes[index.0 as usize].element.triggers();
        for trigger in triggers.iter() {
            let (severity, what, way_out) = match trigger {
                Trigger::Error(error) => {
                    let what = caught("error", error.catches());
                    (Severity::Error, what, "delete one of them")
                }
                Trigger::Escalation(escalation) => {
                    let what = caught("escalation", escalation.catches());
                    (Severity::Error, what, "delete one of them")
                }
                Trigger::Signal(signal) => {
                    let name = signal.name.written();
                    let what = format!("wait for the signal \"{name}\": both happen");
                    let way_out = "delete one of them, if that is not meant";
                    (Severity::Warning, what, way_out)
                }
                Trigger::Cancel
                | Trigger::Timer(_)
                | Trigger::Message(_)
                | Trigger::Compensation(_)
                | Trigger::Conditional(_)
                | Trigger::Link(_)
                | Trigger::Terminate => continue,
            };
            if seen.contains(&what) {
                let xml = draft.node_xml[index.0 as usize];
                let message = format!("{place} {what}");
                let problem = Problem {
                    severity,
                    ..Problem::error(xml.position, message, way_out)
                };
                reader.push(about(problem, xml));
            }
            of_this.insert(what);
        }
        seen.append(&mut of_this);
    }
}

fn caught(what: &str, code: Option<&str>) -> String {
    match code {
        Some(code) => format!("catch the {what} \"{code}\""),
        None => format!("catch every {what}"),
    }
}

#[cfg(test)]
mod tests {
    use crate::read;
    use crate::testing::{check_problems_of, document, flows};

    const ROOTS: &str = r#"<error id="E" errorCode="LOST"/><escalation id="X" escalationCode="LATE"/><signal id="S" name="storm"/>"#;

    fn definition(kind: &str, reference: &str) -> String {
        format!(r#"<{kind}EventDefinition {kind}Ref="{reference}"/>"#)
    }

    fn check(body: &str, expected: &[&str]) {
        let text = document(&format!(
            r#"{ROOTS}<process id="p" isExecutable="true"><startEvent id="s"/><subProcess id="A" name="Search"><startEvent id="as"/><task id="at"/>{}</subProcess>{}{body}</process>"#,
            flows("as>at"),
            flows("s>A")
        ));
        check_problems_of(&text, expected);
    }

    fn on_boundary(id: &str, definition: &str) -> String {
        format!(
            r#"<boundaryEvent id="{id}" attachedToRef="A">{definition}</boundaryEvent><task id="after-{id}"/>{}"#,
            flows(&format!("{id}>after-{id}"))
        )
    }

    fn event_subprocess(id: &str, definition: &str) -> String {
        format!(
            r#"<subProcess id="{id}" triggeredByEvent="true"><startEvent id="{id}-s">{definition}</startEvent><task id="{id}-t"/>{}</subProcess>"#,
            flows(&format!("{id}-s>{id}-t"))
        )
    }

    #[test]
    fn of_two_that_catch_the_same_the_second_is_refused_or_named() {
        let two = |make: fn(&str, &str) -> String, kind: &str, references: [&str; 2]| {
            let [first, second] = references.map(|reference| definition(kind, reference));
            make("B", &first) + &make("C", &second)
        };
        for (kind, reference, caught) in [
            (
                "error",
                "E",
                "error: Two boundary events of \"Search\" catch the error \"LOST\"",
            ),
            (
                "escalation",
                "X",
                "error: Two boundary events of \"Search\" catch the escalation \"LATE\"",
            ),
            (
                "signal",
                "S",
                "warning: Two boundary events of \"Search\" wait for the signal \"storm\": both happen",
            ),
        ] {
            check(&two(on_boundary, kind, [reference; 2]), &[caught]);
            let caught = caught.replace(
                "boundary events of \"Search\"",
                "event subprocesses of the process",
            );
            check(&two(event_subprocess, kind, [reference; 2]), &[&caught]);
        }
        let every = "<escalationEventDefinition/>";
        check(
            &(on_boundary("B", every) + &on_boundary("C", every)),
            &["error: Two boundary events of \"Search\" catch every escalation"],
        );
        // The special one comes before the general one.
        check(
            &(on_boundary("B", every) + &on_boundary("C", &definition("escalation", "X"))),
            &[],
        );
        check(
            &(on_boundary("B", &definition("signal", "S"))
                + &event_subprocess("C", &definition("signal", "S"))),
            &[],
        );
    }

    #[test]
    fn it_is_said_at_the_second_of_them() {
        let signal = definition("signal", "S");
        let starts = format!(
            "<startEvent id=\"s\">{signal}</startEvent>\n<startEvent id=\"t\">{signal}</startEvent><task id=\"A\"/>{}",
            flows("s>A t>A")
        );
        let text = document(&format!(
            r#"{ROOTS}<process id="p" isExecutable="true">{starts}</process>"#
        ));
        let problems = read(&text).report.problems;
        let second = problems
            .iter()
            .find(|problem| problem.message.starts_with("Two start events wait for"));
        let second = second.expect("the problem");
        assert_eq!(second.element_id.as_deref(), Some("t"));
    }

    #[test]
    fn a_condition_that_reads_nothing_never_becomes_true() {
        let on = |condition: &str| {
            let event = format!(
                "<conditionalEventDefinition><condition>{condition}</condition></conditionalEventDefinition>"
            );
            on_boundary("B", &event)
        };
        check(
            &on("=1 &gt; 2"),
            &["warning: The condition of \"B\" reads no variable: no change can make it true"],
        );
        check(&on("=risk &gt; 2"), &[]);
    }
}
