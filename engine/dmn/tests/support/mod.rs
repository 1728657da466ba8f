//! Small models, and what they come to.

use dmn::{Outcome, Reading};
use feel::{Context, Environment};

/// A model with this body in this namespace.
pub(crate) fn model(namespace: &str, body: &str) -> String {
    format!(
        r#"<definitions xmlns="https://www.omg.org/spec/DMN/20230324/MODEL/" id="{namespace}" name="{namespace}" namespace="{namespace}">{body}</definitions>"#
    )
}

/// A literal expression.
pub(crate) fn literal(text: &str) -> String {
    let text = text.replace('<', "&lt;");
    format!("<literalExpression><text>{text}</text></literalExpression>")
}

/// What a decision of a model without errors comes to.
pub(crate) fn outcome(reading: &Reading, id: &str, variables: &str) -> Outcome {
    assert!(reading.is_deployable(), "{:?}", reading.problems);
    let variables: Context = serde_json::from_str(variables).unwrap();
    let environment = Environment::at("2026-03-02T06:00:00Z".parse().unwrap());
    let decision = reading
        .decisions
        .iter()
        .find(|decision| decision.id() == id);
    decision
        .unwrap()
        .evaluate(&variables, &environment)
        .unwrap()
}
