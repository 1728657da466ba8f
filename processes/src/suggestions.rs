//! What a decision suggested to a person, and what the person chose: data, so that departures can be read and counted.

use crate::chronology::{Entry, Kind};
use crate::error::{Result, body, json};
use bpmn::Key;
use jiff::Timestamp;
use runtime::{Act, Expect, Put, Runtime};
use serde::{Deserialize, Serialize};
use store::{Match, Query};

/// The collection of documents.
pub const SUGGESTIONS: &str = "suggestions";

const CASE: &str = "case";
const DECISION: &str = "decision";

/// A suggestion and the answer that a person gave. JSON as the document's body.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Answered {
    /// The id of the decision.
    pub decision: String,
    /// Its name.
    pub name: String,
    /// Its version; 0 where no evaluation of it was found.
    pub version: u32,
    /// The evaluation.
    pub evaluation: Option<Key>,
    /// The rules that matched, from 1.
    pub rules: Vec<usize>,
    /// What it suggested.
    pub suggested: String,
    /// What the person chose.
    pub chosen: String,
    /// Whether that is something else.
    pub departed: bool,
    /// Why.
    pub reason: Option<String>,
    /// The reference of the case.
    pub case: Option<String>,
    /// The id of the process.
    pub process: String,
    /// The task.
    pub task: Key,
    /// The name of the field in its form.
    pub field: String,
    /// Who chose.
    pub by: String,
    /// When.
    pub at: Timestamp,
}

/// How often a decision was followed, and how often not.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Count {
    /// The person chose what was suggested.
    pub followed: u64,
    /// The person chose something else.
    pub departed: u64,
}

impl Answered {
    /// What keeps it; to be done together with completing the task.
    pub fn kept(&self) -> Act {
        let mut fields = vec![(DECISION, counted(&self.decision, self.departed))];
        fields.extend(self.case.iter().map(|case| (CASE, case.clone())));
        Act::Put(Put {
            collection: SUGGESTIONS,
            id: format!("{}/{}", self.task, self.field),
            expect: Expect::Any,
            body: json(self),
            fields,
        })
    }

    /// `Chose “Low” where Risk level suggested “Medium” (rule 2)`.
    pub fn words(&self) -> String {
        let rules = match self.rules.as_slice() {
            [] => String::new(),
            rules => format!(" ({})", rules_in_words(rules)),
        };
        let (chosen, name, suggested) = (&self.chosen, &self.name, &self.suggested);
        if self.departed {
            format!("Chose “{chosen}” where {name} suggested “{suggested}”{rules}")
        } else {
            format!("Chose “{chosen}”, as {name} suggested{rules}")
        }
    }
}

/// `rule 3`, `rules 3 and 7`.
pub fn rules_in_words(rules: &[usize]) -> String {
    let rules: Vec<String> = rules.iter().map(usize::to_string).collect();
    match rules.split_last() {
        None => "no rule".to_owned(),
        Some((only, [])) => format!("rule {only}"),
        Some((last, others)) => format!("rules {} and {last}", others.join(", ")),
    }
}

/// What was chosen in a case, in no particular order.
pub async fn of_case(runtime: &Runtime, reference: &str) -> Result<Vec<Answered>> {
    let mut query = Query::by(SUGGESTIONS, CASE, Match::Equals(reference.to_owned()));
    query.limit = store::MAX_LIMIT;
    let documents = runtime.documents(&query).await?;
    documents.into_iter().map(body).collect()
}

/// How often people followed a decision, in all its versions.
pub async fn count(runtime: &Runtime, decision: &str) -> Result<Count> {
    let number = async |departed: bool| {
        let value = Match::Equals(counted(decision, departed));
        runtime
            .document_count(&Query::by(SUGGESTIONS, DECISION, value))
            .await
    };
    Ok(Count {
        followed: number(false).await?,
        departed: number(true).await?,
    })
}

/// Tells in the chronology what was chosen, with the steps in which it was.
pub fn tell(entries: &mut [Entry], answered: &[Answered]) {
    for entry in entries.iter_mut().filter(|entry| entry.kind == Kind::Done) {
        let here = answered
            .iter()
            .filter(|answered| entry.task == Some(answered.task));
        for answered in here {
            entry.details.push(answered.words());
            let reason = answered.reason.as_ref();
            entry
                .details
                .extend(reason.map(|reason| format!("Reason: {reason}")));
        }
    }
}

/// The field by which answers are counted.
fn counted(decision: &str, departed: bool) -> String {
    let how = if departed { "departed" } else { "followed" };
    format!("{decision}/{how}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answered(departed: bool, rules: &[usize]) -> Answered {
        Answered {
            decision: "risk_level".into(),
            name: "Risk level".into(),
            version: 1,
            evaluation: Some(Key(5)),
            rules: rules.to_vec(),
            suggested: "Medium".into(),
            chosen: if departed { "Low" } else { "Medium" }.into(),
            departed,
            reason: departed.then(|| "The aunt has moved in.".into()),
            case: Some("CP-2026-0001".into()),
            process: "child_protection".into(),
            task: Key(7),
            field: "risk_decision.risk_level".into(),
            by: "grace".into(),
            at: Timestamp::UNIX_EPOCH,
        }
    }

    #[test]
    fn a_departure_is_told_with_the_rules_and_the_reason_where_it_was_made() {
        let entry = |task: i64| Entry {
            due: None,
            at: Timestamp::UNIX_EPOCH,
            who: "grace".into(),
            on_behalf_of: None,
            kind: Kind::Done,
            what: "Decide the risk level".into(),
            details: Vec::new(),
            reason: None,
            task: Some(Key(task)),
            element: None,
        };
        let mut entries = [entry(6), entry(7)];
        tell(&mut entries, &[answered(true, &[2, 5])]);
        assert!(entries[0].details.is_empty());
        assert_eq!(
            entries[1].details,
            [
                "Chose “Low” where Risk level suggested “Medium” (rules 2 and 5)",
                "Reason: The aunt has moved in."
            ]
        );
        assert_eq!(
            answered(false, &[]).words(),
            "Chose “Medium”, as Risk level suggested"
        );
    }
}
