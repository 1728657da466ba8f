//! Decisions and values in words.

use bpmn::EvaluatedDecision;
use feel::Value;

/// `Risk points: 60, by rules 2 and 5`.
pub(super) fn decision(decision: &EvaluatedDecision) -> String {
    let rules: Vec<String> = decision
        .matched_rules
        .iter()
        .map(usize::to_string)
        .collect();
    let by = match rules.split_last() {
        None => ", no rule matched".to_owned(),
        Some((only, [])) => format!(", by rule {only}"),
        Some((last, others)) => format!(", by rules {} and {last}", others.join(", ")),
    };
    format!(
        "{}: {}{by}",
        decision.decision_name,
        value(&decision.output)
    )
}

/// What somebody did to the pathway itself, by the name of the command; nothing for everything else.
pub(super) fn by_hand(command: &str) -> Option<&'static str> {
    Some(match command {
        "suspend" => "The case was suspended",
        "resume" => "The case goes on",
        "modify" => "The steps of the pathway were changed by hand",
        "migrate" => "The case goes on with another version of the pathway",
        "undoMigration" => "The case goes on with the version of the pathway that it had before",
        _ => return None,
    })
}

/// A value as one would say it: no braces, no quotation marks.
pub(super) fn value(value: &Value) -> String {
    match value {
        Value::Null => "nothing".into(),
        Value::Boolean(true) => "yes".into(),
        Value::Boolean(false) => "no".into(),
        Value::String(text) => text.to_string(),
        Value::List(items) if items.is_empty() => "nothing".into(),
        Value::List(items) => items.iter().map(self::value).collect::<Vec<_>>().join("; "),
        Value::Context(context) => context
            .iter()
            .map(|(name, value)| format!("{} {}", name.replace('_', " "), self::value(value)))
            .collect::<Vec<_>>()
            .join(", "),
        Value::Number(_)
        | Value::Date(_)
        | Value::Time(_)
        | Value::DateTime(_)
        | Value::Far(_)
        | Value::DaysDuration(_)
        | Value::YearsDuration(_)
        | Value::Range(_)
        | Value::Function(_) => value.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(json: serde_json::Value, rules: &[usize], expected: &str) {
        let evaluated = EvaluatedDecision {
            decision_id: "risk_level".into(),
            decision_name: "Risk level".into(),
            matched_rules: rules.to_vec(),
            output: Value::from_json(json),
            ..EvaluatedDecision::default()
        };
        assert_eq!(decision(&evaluated), expected);
    }

    #[test]
    fn a_decision_is_told_with_the_rules_that_made_it() {
        check(
            serde_json::json!("high"),
            &[1],
            "Risk level: high, by rule 1",
        );
        check(
            serde_json::json!(60),
            &[2, 5, 7],
            "Risk level: 60, by rules 2, 5 and 7",
        );
        check(
            serde_json::json!(null),
            &[],
            "Risk level: nothing, no rule matched",
        );
        check(
            serde_json::json!({"level": "low", "points": 20}),
            &[3],
            "Risk level: level low, points 20, by rule 3",
        );
        check(
            serde_json::json!([{"service": "police"}, {"service": "health"}]),
            &[1, 2],
            "Risk level: service police; service health, by rules 1 and 2",
        );
    }
}
