//! What decisions have answered: rows of evaluations, asked by business rule tasks or by people and programs themselves.

use bpmn::{Catalog, DeployedDecision, Key, ProcessInstance, Record};
use dmn::{Evaluated, Warning};
use feel::Context;
use jiff::Timestamp;
use store::{AskedBy, Batch, DecisionInstance};

use super::attempt::Attempt;
use crate::decisions::DecisionAccount;
use crate::{DecidedFor, Error, Outcome, Result};

/// An evaluation of a decision.
struct Evaluation<'a> {
    key: Key,
    asked: &'a DeployedDecision,
    asked_by: Option<AskedBy>,
    actor: &'a str,
    at: Timestamp,
    decisions: &'a [Evaluated],
    warnings: &'a [Warning],
    failure: Option<&'a str>,
}

/// Adds the rows of the decisions that the records of one step tell of.
pub(super) fn project(
    batch: &mut Batch,
    catalog: &Catalog,
    instance: &ProcessInstance,
    records: &[Record],
    actor: &str,
    at: Timestamp,
) {
    for record in records {
        let Record::DecisionEvaluated(account) = record else {
            continue;
        };
        let (Some(key), Some(definition)) = (account.key, account.definition) else {
            continue;
        };
        let Some(asked) = catalog.decision_version(definition) else {
            continue;
        };
        let evaluation = Evaluation {
            key,
            asked,
            asked_by: Some(AskedBy {
                instance: instance.key(),
                process_id: instance.process_id().to_owned(),
                process: instance.definition(),
                element: account.element.to_string(),
                element_instance: account.element_instance,
            }),
            actor,
            at,
            decisions: &account.decisions,
            warnings: &account.warnings,
            failure: account.failure.as_deref(),
        };
        batch.decisions.extend(rows(catalog, &evaluation));
    }
}

/// One row for each decision; one that failed has one row, which says why.
fn rows(catalog: &Catalog, evaluation: &Evaluation<'_>) -> Vec<DecisionInstance> {
    let mut decisions = evaluation.decisions.to_vec();
    if evaluation.failure.is_some() {
        decisions.push(Evaluated {
            decision_id: evaluation.asked.decision.id().to_owned(),
            decision_name: evaluation.asked.decision.name().to_owned(),
            ..Evaluated::default()
        });
    }
    let last = decisions.len();
    let parts = decisions.into_iter().zip(1..);
    parts
        .map(|(evaluated, part)| {
            let is_asked = part as usize == last;
            let required = catalog.required_decision(&evaluated.decision_id, evaluation.asked);
            let deployed = required.filter(|_| !is_asked).unwrap_or(evaluation.asked);
            let warnings: Vec<Warning> = evaluation
                .warnings
                .iter()
                .filter(|warning| warning.decision_id == evaluated.decision_id)
                .cloned()
                .collect();
            DecisionInstance {
                key: evaluation.key,
                part,
                decision_id: evaluated.decision_id.clone(),
                name: evaluated.decision_name.clone(),
                definition: deployed.key,
                version: deployed.version,
                root: evaluation.asked.key,
                asked_by: evaluation.asked_by.clone(),
                actor: evaluation.actor.to_owned(),
                at: evaluation.at,
                failure: evaluation.failure.filter(|_| is_asked).map(str::to_owned),
                warnings: u32::try_from(warnings.len()).unwrap_or(u32::MAX),
                account: DecisionAccount {
                    evaluated,
                    warnings,
                }
                .text(),
            }
        })
        .collect()
}

impl Attempt<'_> {
    /// Evaluates a decision that no process asks, and keeps the account of it.
    pub(super) async fn decide(
        &mut self,
        decision: &str,
        definition: Option<Key>,
        variables: &Context,
    ) -> Result<Outcome> {
        let catalog = self.draft.catalog.clone();
        let deployed = match definition {
            Some(key) => catalog
                .decision_version(key)
                .filter(|_| !catalog.is_withdrawn(key)),
            None => catalog.latest_decision(decision),
        };
        let asked = deployed.ok_or_else(|| Error::NoSuchDecision {
            decision: match definition {
                Some(key) => key.to_string(),
                None => decision.to_owned(),
            },
        })?;
        let environment = catalog.environment(self.work.now);
        let (outcome, failure) = match asked.decision.evaluate(variables, &environment) {
            Ok(outcome) => (outcome, None),
            Err(error) => (dmn::Outcome::default(), Some(error.to_string())),
        };
        let evaluation = Evaluation {
            key: self.next_key().await?,
            asked,
            asked_by: None,
            actor: &self.who.actor,
            at: self.work.now,
            decisions: &outcome.decisions,
            warnings: &outcome.warnings,
            failure: failure.as_deref(),
        };
        let key = evaluation.key;
        let rows = rows(&catalog, &evaluation);
        self.draft.changes.decisions.extend(rows);
        Ok(Outcome::Decided(DecidedFor {
            key,
            definition: asked.key,
            value: outcome.value.into_json_like(),
            failure,
        }))
    }
}
