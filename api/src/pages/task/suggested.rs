//! What decisions suggest for the answers of a form: said under the question, and kept with what was chosen.

use super::Opened;
use crate::error::Error;
use crate::session::SignedIn;
use crate::state::AppState;
use processes::suggestions::{Answered, rules_in_words};
use runtime::{Act, DecisionAccount, DecisionInstance, DecisionQuery, InstanceView};

/// The most decisions of one instance that are looked at.
const MOST: u32 = 200;

/// What decisions have told the instance, the newest first.
pub(super) async fn load(
    state: &AppState,
    instance: &InstanceView,
) -> Result<Vec<DecisionInstance>, Error> {
    let query = DecisionQuery {
        instances: vec![instance.key],
        failed: Some(false),
        limit: MOST,
        ..DecisionQuery::default()
    };
    Ok(state.runtime.decision_instances(&query).await?)
}

/// Says under each question how its suggestion came about.
pub(super) fn explain(view: &mut forms::View, decided: &[DecisionInstance]) {
    view.explain(&|decision, suggested| {
        let newest = decided.iter().find(|row| row.decision_id == decision)?;
        let mut words = format!(
            "{} suggests “{suggested}”: {}.",
            newest.name,
            by_rules(newest)
        );
        // What the decision was based on, in the order in which it was worked out.
        let required = decided
            .iter()
            .rev()
            .filter(|row| row.key == newest.key && row.part < newest.part);
        for row in required {
            words.push_str(&format!(" {}: {}.", row.name, by_rules(row)));
        }
        words.push_str(&format!(
            " Version {} of the table. You decide; say why if you choose differently.",
            newest.version
        ));
        Some(words)
    });
}

fn by_rules(row: &DecisionInstance) -> String {
    rules_in_words(&rules(row))
}

fn rules(row: &DecisionInstance) -> Vec<usize> {
    let account = DecisionAccount::of(row);
    account.map_or_else(|_| Vec::new(), |account| account.evaluated.matched_rules)
}

/// What keeps the suggestions beside what the user has chosen.
pub(super) fn answered(opened: &Opened, user: &SignedIn) -> Vec<Act> {
    let Some(form) = &opened.form else {
        return Vec::new();
    };
    let (task, answers) = (&opened.task, &opened.draft.answers);
    let suggestions = form.suggestions(answers, &opened.variables, &opened.environment);
    suggestions
        .into_iter()
        .map(|suggestion| {
            let mut decided = opened.decided.iter();
            let newest = decided.find(|row| row.decision_id == suggestion.decision);
            let answered = Answered {
                name: newest.map_or_else(|| suggestion.decision.clone(), |row| row.name.clone()),
                version: newest.map_or(0, |row| row.version),
                evaluation: newest.map(|row| row.key),
                rules: newest.map(rules).unwrap_or_default(),
                decision: suggestion.decision,
                suggested: suggestion.suggested,
                chosen: suggestion.chosen,
                departed: suggestion.departed,
                reason: suggestion.reason,
                case: task.business_id.clone(),
                process: task.process_id.clone(),
                task: task.key,
                field: suggestion.field,
                by: user.name.clone(),
                at: opened.world.now,
            };
            answered.kept()
        })
        .collect()
}
