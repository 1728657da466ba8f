//! Cases: one person's way through one pathway. The reference is the business id of the process instance.

mod notes;
mod open;
mod working_days;

use crate::error::{Error, Result, body, json};
use crate::numbers::{SERIAL, serial};
use bpmn::{Assignment, Command, Key, Status};
use feel::{Context, Value};
use jiff::Timestamp;
use runtime::{Act, Expect, InstanceView, Put, Request, Runtime};
use serde::{Deserialize, Serialize};
use store::{Document, InstanceQuery, Match, Order, Query, TaskQuery};

pub use notes::{NOTES, Note, add_note, notes};
pub use open::{Open, Opened, Who, open};
pub use working_days::{office, use_calendar};

/// The collection of documents.
pub const CASES: &str = "cases";

const PERSON: &str = "person";
const WORKER: &str = "worker";
const OPENED: &str = "opened";

/// A case. JSON as the document's body.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Case {
    /// `CP-2026-0001`; also the document's id.
    pub reference: String,
    /// The number in the reference.
    pub number: u32,
    /// The series of the number, `CP-2026`.
    pub series: String,
    /// The id of the person.
    pub person: String,
    /// The id of the process that it follows.
    pub pathway: String,
    /// Who works on it; nobody yet where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub worker: Option<String>,
    /// When it was opened.
    pub opened: Timestamp,
    /// Who opened it.
    pub opened_by: String,
}

impl Case {
    fn put(&self, expect: Expect) -> Put {
        let mut fields = vec![
            (PERSON, self.person.clone()),
            (OPENED, self.opened.to_string()),
            (SERIAL, serial(&self.series, self.number)),
        ];
        fields.extend(self.worker.iter().map(|worker| (WORKER, worker.clone())));
        Put {
            collection: CASES,
            id: self.reference.clone(),
            expect,
            body: json(self),
            fields,
        }
    }
}

/// The case of a reference.
pub async fn by_reference(runtime: &Runtime, reference: &str) -> Result<Case> {
    body(document(runtime, reference).await?)
}

async fn document(runtime: &Runtime, reference: &str) -> Result<Document> {
    let document = runtime.document(CASES, reference).await?;
    document.ok_or_else(|| Error::NoSuchCase(reference.to_owned()))
}

/// The cases of these references, in no particular order; unknown ones are left out.
pub async fn by_references(runtime: &Runtime, references: &[String]) -> Result<Vec<Case>> {
    let documents = runtime.documents_by_id(CASES, references).await?;
    documents.into_iter().map(body).collect()
}

/// All cases of a person, the latest first.
pub async fn of_person(runtime: &Runtime, person: &str) -> Result<Vec<Case>> {
    list(runtime, PERSON, Match::Equals(person.to_owned())).await
}

/// The cases of a worker, the latest first.
pub async fn of_worker(runtime: &Runtime, worker: &str) -> Result<Vec<Case>> {
    list(runtime, WORKER, Match::Equals(worker.to_owned())).await
}

/// The cases that were opened last, the latest first.
pub async fn latest(runtime: &Runtime, limit: u32) -> Result<Vec<Case>> {
    let mut query = Query::by(CASES, OPENED, Match::Any);
    query.order = Order::Descending;
    query.limit = limit;
    runtime
        .documents(&query)
        .await?
        .into_iter()
        .map(body)
        .collect()
}

async fn list(runtime: &Runtime, field: &str, value: Match) -> Result<Vec<Case>> {
    let mut query = Query::by(CASES, field, value);
    query.limit = store::MAX_LIMIT;
    let documents = runtime.documents(&query).await?;
    let mut cases = documents
        .into_iter()
        .map(body)
        .collect::<Result<Vec<Case>>>()?;
    cases.sort_by(|a, b| (b.opened, &b.reference).cmp(&(a.opened, &a.reference)));
    Ok(cases)
}

/// The process instance of a case, not those that it called. It has ended when the case is closed.
pub async fn instance(runtime: &Runtime, reference: &str) -> Result<InstanceView> {
    let query = InstanceQuery {
        business_id: Some(reference.to_owned()),
        ..InstanceQuery::default()
    };
    let mut instances = runtime.instances(&query).await?;
    instances.retain(|instance| instance.parent.is_none());
    instances
        .pop()
        .ok_or_else(|| Error::NoSuchCase(reference.to_owned()))
}

/// The instances of a case that run now: the one of its pathway first, then those that it has called, the oldest first.
///
/// A called instance that has a business id of its own is a case of its own.
pub async fn running(runtime: &Runtime, reference: &str) -> Result<Vec<InstanceView>> {
    let query = InstanceQuery {
        business_id: Some(reference.to_owned()),
        status: Some(Status::Active),
        ..InstanceQuery::default()
    };
    let mut instances = runtime.instances(&query).await?;
    instances.sort_by_key(|instance| (instance.parent.is_some(), instance.key));
    Ok(instances)
}

/// The keys of all instances of a case, running or ended, the one of its pathway first.
pub async fn instances(runtime: &Runtime, reference: &str) -> Result<Vec<Key>> {
    let query = InstanceQuery {
        business_id: Some(reference.to_owned()),
        ..InstanceQuery::default()
    };
    let mut instances = runtime.instances(&query).await?;
    instances.sort_by_key(|instance| (instance.parent.is_some(), instance.key));
    Ok(instances.into_iter().map(|instance| instance.key).collect())
}

/// Gives a case to a worker: future tasks of the case worker, and the open ones of whoever had the case before.
pub async fn give(
    runtime: &Runtime,
    actor: &str,
    reference: &str,
    worker: &str,
    reason: Option<&str>,
) -> Result<()> {
    let document = document(runtime, reference).await?;
    let revision = document.revision;
    let mut case: Case = body(document)?;
    let instance = instance(runtime, reference).await?;
    let before = case.worker.replace(worker.to_owned());
    let mut request = Request::by(actor).act(Act::Put(case.put(Expect::Revision(revision))));
    request.reason = reason.map(str::to_owned);
    if instance.ended_at.is_none() {
        let variables: Context = [("case_worker".to_owned(), Value::from(worker))]
            .into_iter()
            .collect();
        request = request.command(
            instance.key,
            Command::SetVariables {
                scope: instance.key,
                variables,
                local: false,
            },
        );
    }
    if let Some(before) = before.filter(|before| before != worker) {
        let query = TaskQuery {
            business_id: Some(reference.to_owned()),
            assignee: Some(before),
            limit: store::MAX_LIMIT,
            ..TaskQuery::default()
        };
        for task in runtime.tasks(&query).await? {
            request = request.command(
                task.instance,
                Command::AssignTask {
                    task: task.key,
                    assignee: worker.to_owned(),
                    expect: Assignment::Anyone,
                },
            );
        }
    }
    runtime.submit(request).await?;
    Ok(())
}
