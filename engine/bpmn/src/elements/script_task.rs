//! Script task (BPMN 2.0.2, 10.3.3.8): a FEEL expression whose value becomes a variable, or a job.
//!
//! Deviation: of the standard's `script` only FEEL is executed; other languages are work for a worker.

use std::sync::Arc;

use feel::Expression;

use super::job::{self, JobDefinition};
use super::{Behaviour, Element, Next};
use crate::read::NodeReader;
use crate::step::{At, Failure, Stepper};

/// What a script task does.
#[derive(Debug)]
pub enum ScriptTask {
    /// It computes.
    Script {
        /// What.
        expression: Expression,
        /// The variable that gets the value.
        result: Option<Arc<str>>,
    },
    /// A worker does it.
    Job(JobDefinition),
}

pub(crate) fn read(node: &mut NodeReader<'_, '_>) -> Option<Element> {
    let script = if let Some(script) = node.extension("script") {
        read_zeebe(node, script)?
    } else if node.extension("taskDefinition").is_some() {
        ScriptTask::Job(job::read(node)?)
    } else if let Some(script) = node.child("script") {
        read_plain(node, script)?
    } else {
        let message = format!("{} has no script", node.label());
        node.error(
            message,
            "give it a FEEL expression, or a task definition for a worker",
        );
        return None;
    };
    Some(Element::ScriptTask(script))
}

fn read_zeebe<'d>(node: &mut NodeReader<'_, 'd>, script: &'d xml::Element) -> Option<ScriptTask> {
    let written = script.attribute_named("", "expression");
    let Some(written) = written.filter(|attribute| !attribute.value.trim().is_empty()) else {
        let message = format!("{} has a script without expression", node.label());
        node.error_in(
            script,
            message,
            "write a FEEL expression, for example =a + b",
        );
        return None;
    };
    let expression = node.reader.attribute_expression(node.xml, written)?;
    let result = script.attribute("resultVariable").map(Arc::from);
    if result.is_none() {
        drops_its_value(node);
    }
    Some(ScriptTask::Script { expression, result })
}

fn read_plain<'d>(node: &mut NodeReader<'_, 'd>, script: &'d xml::Element) -> Option<ScriptTask> {
    let format = node.xml.attribute("scriptFormat").unwrap_or("feel");
    if !format.to_ascii_lowercase().contains("feel") {
        let message = format!(
            "{} has a script in \"{format}\", which is not executed",
            node.label()
        );
        node.error_in(
            script,
            message,
            "write it in FEEL, or give it a task definition for a worker",
        );
        return None;
    }
    let expression = node.reader.content_expression(node.xml, script)?;
    drops_its_value(node);
    Some(ScriptTask::Script {
        expression,
        result: None,
    })
}

fn drops_its_value(node: &mut NodeReader<'_, '_>) {
    let message = format!("{} computes a value and drops it", node.label());
    node.warning(message, "name the result variable in a zeebe:script");
}

impl Behaviour for ScriptTask {
    fn execute<'a>(&self, step: &mut Stepper<'a>, at: At<'a>) -> Result<Next, Failure> {
        match self {
            ScriptTask::Job(job) => job.execute(step, at),
            ScriptTask::Script { expression, result } => {
                let value = step.evaluate(expression, at.key)?.value;
                if let Some(name) = result {
                    step.set_result(at, name.clone(), value)?;
                }
                Ok(Next::Complete)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::testing::{Run, check_problems, flows, process, script};

    #[test]
    fn a_script_sets_its_result_variable() {
        let run = Run::with(
            &[&process(&format!(
                r#"<startEvent id="s"/>{}{}<endEvent id="e"/>{}"#,
                script("A", "b", "a + 1"),
                script("B", "c", "[b, a]"),
                flows("s>A>B>e")
            ))],
            json!({"a": 1}),
        );
        assert_eq!(run.variable("b"), json!(2));
        assert_eq!(run.variable("c"), json!([2, 1]));
        assert!(run.ended());
    }

    #[test]
    fn dates_are_stored_as_text() {
        let run = Run::of(&format!(
            r#"<startEvent id="s"/>{}{}"#,
            script("A", "day", "date(now())"),
            flows("s>A")
        ));
        assert_eq!(run.variable("day"), json!("2026-03-02"));
    }

    #[test]
    fn scripts_that_cannot_run_are_found() {
        let body = |task: &str| format!(r#"<startEvent id="s"/>{task}{}"#, flows("s>A"));
        check_problems(
            &body(r#"<scriptTask id="A"/>"#),
            &["error: \"A\" has no script"],
        );
        check_problems(
            &body(r#"<scriptTask id="A" scriptFormat="groovy"><script>x</script></scriptTask>"#),
            &["error: \"A\" has a script in \"groovy\", which is not executed"],
        );
        check_problems(
            &body(
                r#"<scriptTask id="A"><extensionElements><z:script resultVariable="x"/></extensionElements></scriptTask>"#,
            ),
            &["error: \"A\" has a script without expression"],
        );
    }
}
