//! What a decision has answered, as it is kept.

use dmn::{Evaluated, Warning};
use serde::{Deserialize, Serialize};
use store::{DecisionInstance, DecisionQuery};

use crate::reads::bad_row;
use crate::{Result, Runtime};

/// What is kept of one decision of an evaluation.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DecisionAccount {
    /// Inputs, rules and output.
    #[serde(flatten)]
    pub evaluated: Evaluated,
    /// What went wrong in its expressions.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub warnings: Vec<Warning>,
}

impl DecisionAccount {
    /// The account of a row.
    ///
    /// # Errors
    /// Where the row was not written by this program.
    pub fn of(row: &DecisionInstance) -> Result<DecisionAccount> {
        let account = serde_json::from_str(&row.account);
        Ok(account.map_err(|error| bad_row("decision_instances", &error))?)
    }

    pub(crate) fn text(&self) -> String {
        serde_json::to_string(self).expect("an account is data that JSON can hold")
    }
}

impl Runtime {
    /// A page of what decisions have answered, the newest first.
    pub async fn decision_instances(&self, query: &DecisionQuery) -> Result<Vec<DecisionInstance>> {
        Ok(self.store().decision_instances(query).await?)
    }

    /// How many of them a query finds, whatever its limit.
    pub async fn decision_instance_count(&self, query: &DecisionQuery) -> Result<u64> {
        Ok(self.store().decision_instance_count(query).await?)
    }
}
