//! What decisions have suggested to whoever fills in a form, and what was chosen.

use crate::filled::Filled;
use feel::Value;

/// A field that a decision suggests an answer to, when the form is completed.
#[derive(Clone, Debug, PartialEq)]
pub struct Suggestion {
    /// The name of the field.
    pub field: String,
    /// The id of the decision: `properties.decision`.
    pub decision: String,
    /// What it suggests, by the label of the option.
    pub suggested: String,
    /// What was chosen, by its label.
    pub chosen: String,
    /// Whether that is something else.
    pub departed: bool,
    /// Why: the answer to the question that `properties.reason` names by its key, beside this one.
    pub reason: Option<String>,
}

/// The suggestions of decisions on visible fields with an answer, in the order of the page.
pub(crate) fn suggestions(filled: &Filled<'_>) -> Vec<Suggestion> {
    let visible = filled.nodes().filter(|(_, node)| !node.hidden);
    visible
        .filter_map(|(index, node)| {
            let decision = node.component.properties.get("decision")?;
            let suggested = filled.suggested(index)?;
            let chosen = node
                .answer
                .as_ref()
                .ok()
                .filter(|chosen| !chosen.is_null())?;
            let label = |value: &Value| {
                let option = node.options.iter().find(|option| option.value == *value);
                option.map_or_else(|| crate::words::value(value), |option| option.label.clone())
            };
            let reason = node.component.properties.get("reason").and_then(|key| {
                let beside = filled.nodes().find(|(_, other)| {
                    other.container == node.container
                        && other.row.is_none()
                        && !other.hidden
                        && other.component.path.join(".") == *key
                });
                let answer = beside?.1.answer.as_ref().ok()?;
                let text = answer.as_str()?.trim();
                (!text.is_empty()).then(|| text.to_owned())
            });
            Some(Suggestion {
                field: node.path.name(),
                decision: decision.clone(),
                suggested: label(&suggested),
                chosen: label(chosen),
                departed: suggested != *chosen,
                reason,
            })
        })
        .collect()
}

impl Filled<'_> {
    /// The value of `properties.suggestion`; of a context its entry `text` or `value`.
    pub(crate) fn suggested(&self, index: usize) -> Option<Value> {
        let suggestion = self.node(index).component.suggestion.as_ref()?;
        let value = self.evaluate(index, suggestion).into_json_like();
        let value = match value.as_context() {
            Some(context) => context
                .get("text")
                .or_else(|| context.get("value"))
                .cloned()
                .unwrap_or(Value::Null),
            None => value,
        };
        (!value.is_null()).then_some(value)
    }
}
