//! What expressions had to do without while a visit went through its stages. It becomes records of the visit.

use std::cell::RefCell;

use feel::Warning;

use super::{At, Stepper};
use crate::Record;
use crate::limits::WARNINGS_PER_EXPRESSION_MAX;

/// The warnings that no record tells yet, by the text of their expression.
#[derive(Debug, Default)]
pub(super) struct Warned(RefCell<Vec<(String, Vec<Warning>)>>);

impl Warned {
    /// Keeps what was told by an expression; the same is told once.
    pub(super) fn note(&self, expression: &str, warnings: &[Warning]) {
        let kept = warnings.len().min(WARNINGS_PER_EXPRESSION_MAX);
        let entry = (expression.to_owned(), warnings[..kept].to_vec());
        let mut all = self.0.borrow_mut();
        if !all.contains(&entry) {
            all.push(entry);
        }
    }
}

impl Stepper<'_> {
    /// Makes records of what expressions have told, as a part of this visit.
    pub(super) fn tell_warnings(&mut self, at: At<'_>) {
        for (expression, warnings) in self.warned.0.take() {
            self.emit(Record::ExpressionWarned {
                element_instance: at.key,
                element: at.node.id.clone(),
                expression,
                warnings,
            });
        }
    }

    /// What expressions have told before any visit goes on belongs to none.
    pub(super) fn forget_warnings(&self) {
        self.warned.0.take();
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::Record;
    use crate::testing::{Run, flows, process};

    const GATEWAY: &str = r#"<startEvent id="s"/><exclusiveGateway id="G" default="f2"/><task id="A"/><task id="B"/>
        <sequenceFlow id="f1" sourceRef="G" targetRef="A"><conditionExpression>=(risk &gt; 3) = true</conditionExpression></sequenceFlow>
        <sequenceFlow id="f2" sourceRef="G" targetRef="B"/>"#;

    fn run(of_process: &str, variables: serde_json::Value) -> Run {
        let model = process(&format!("{GATEWAY}{}", flows("s>G")));
        let model = model.replacen("<process ", &format!("<process {of_process} "), 1);
        Run::with(&[&model], variables)
    }

    fn warned(run: &Run) -> Vec<(String, usize)> {
        let records = run.records[&run.main].iter();
        records
            .filter_map(|record| {
                let Record::ExpressionWarned {
                    expression,
                    warnings,
                    ..
                } = record
                else {
                    return None;
                };
                Some((expression.clone(), warnings.len()))
            })
            .collect()
    }

    #[test]
    fn what_was_missing_is_kept_and_told_once() {
        let without = run("", json!({}));
        assert!(without.ended());
        let told = warned(&without);
        assert_eq!(told.len(), 1, "{told:?}");
        assert_eq!(told[0].0, "(risk > 3) = true");
        assert!(warned(&run("", json!({"risk": 4}))).is_empty());
    }

    #[test]
    fn a_strict_process_stops_where_something_is_missing() {
        let strict = r#"xmlns:own="https://caseway.org/schema/1.0" own:strict="true""#;
        let stopped = run(strict, json!({}));
        let incidents = stopped.incidents();
        assert!(incidents[0].contains("line 1, column"), "{incidents:?}");
        assert!(incidents[0].ends_with("(the process is strict)"));
        assert_eq!(warned(&stopped).len(), 1);
        assert!(run(strict, json!({"risk": 4})).ended());
    }
}
