//! Who is told what happens: webhooks, the events that they get, and the lanes in which events wait to be delivered.
//!
//! Events are written with the records that they tell of, so nothing is lost and nothing invented. Sending them is not done here.

mod before;
mod deliveries;
mod event;
mod what;

use bpmn::Key;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use store::{Document, LIST, Query, WEBHOOKS};

pub(crate) use before::Before;
pub use event::{EventType, Include};
pub(crate) use event::{Happened, project};

use crate::limits::WEBHOOKS_MAX;
use crate::{Act, Error, Expect, Put, Request, Result, Runtime};

/// Whom to tell, and what.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Webhook {
    /// Its id.
    #[serde(skip)]
    pub id: String,
    /// Counts its changes.
    #[serde(skip)]
    pub revision: i64,
    /// What people call it.
    pub name: String,
    /// Where events are posted to.
    pub url: String,
    /// What of all that happens; everything where empty.
    pub types: Vec<EventType>,
    /// Of which processes; of all where empty.
    pub process_ids: Vec<String>,
    /// What events say beyond keys and ids of elements.
    pub include: Vec<Include>,
    /// What events name as their source.
    pub source: Option<String>,
    /// Whether events wait until it goes on.
    pub paused: bool,
    /// With what events are signed: the newest first, and the one before as long as it counts.
    pub secrets: Vec<Secret>,
    /// Who has made it.
    pub created_by: String,
    /// When.
    pub created_at: Option<Timestamp>,
}

/// With what events are signed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Secret {
    /// The secret, in the form `whsec_` and base64.
    pub text: String,
    /// Until when it counts; without end where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Timestamp>,
}

impl Webhook {
    /// Whether it is told of anything that happens in instances of this process.
    pub(crate) fn hears(&self, process_id: &str) -> bool {
        self.process_ids.is_empty() || self.process_ids.iter().any(|id| id == process_id)
    }

    /// Whether it is told of this, where it hears of the process.
    pub(crate) fn wants(&self, kind: EventType) -> bool {
        self.types.is_empty() || self.types.contains(&kind)
    }

    pub(crate) fn read(document: Document) -> Option<Webhook> {
        let read: std::result::Result<Webhook, _> = serde_json::from_value(document.body);
        match read {
            Ok(webhook) => Some(Webhook {
                id: document.id,
                revision: document.revision,
                ..webhook
            }),
            Err(error) => {
                tracing::error!(%error, webhook = document.id, "a webhook cannot be read and is told nothing");
                None
            }
        }
    }
}

/// All webhooks, by id.
pub(crate) async fn all(store: &store::Store) -> Result<Vec<Webhook>> {
    let query = Query {
        limit: store::MAX_LIMIT,
        ..Query::all(WEBHOOKS)
    };
    let documents = store.documents(&query).await?.into_iter();
    Ok(documents
        .filter(|document| document.id != LIST)
        .filter_map(Webhook::read)
        .collect())
}

/// Something that is written about a webhook, and that all servers hear of with their next batch.
fn changing(request: Request, id: &str, action: &str, act: Act) -> Request {
    request
        .act(act)
        .act(Act::Put(Put {
            collection: WEBHOOKS,
            id: LIST.to_owned(),
            expect: Expect::Any,
            body: serde_json::json!({}),
            fields: Vec::new(),
        }))
        .act(Act::audit(action, format!("webhooks/{id}"), None))
}

impl Runtime {
    /// All webhooks, by id.
    pub async fn webhooks(&self) -> Result<Vec<Webhook>> {
        all(self.store()).await
    }

    /// One webhook.
    pub async fn webhook(&self, id: &str) -> Result<Option<Webhook>> {
        if id == LIST {
            return Ok(None);
        }
        let document = self.document(WEBHOOKS, id).await?;
        Ok(document.and_then(Webhook::read))
    }

    /// Writes a webhook: a new one where its revision is 0, else what it is from now on. The next batch of each server knows
    /// of it. The action stands in the audit trail.
    ///
    /// # Errors
    /// [`Error::Conflict`] where it was changed meanwhile; [`Error::Limit`] where there are too many.
    pub async fn put_webhook(
        &self,
        request: Request,
        webhook: &Webhook,
        action: &str,
    ) -> Result<()> {
        let expect = Expect::of(webhook.revision);
        if expect == Expect::Absent && self.webhooks().await?.len() >= WEBHOOKS_MAX {
            return Err(Error::Limit {
                what: "one more webhook".to_owned(),
                name: "WEBHOOKS_MAX",
                limit: WEBHOOKS_MAX,
            });
        }
        let body = serde_json::to_value(webhook).map_err(|error| Error::Bug {
            what: error.to_string(),
        })?;
        let put = Act::Put(Put {
            collection: WEBHOOKS,
            id: webhook.id.clone(),
            expect,
            body,
            fields: Vec::new(),
        });
        self.submit(changing(request, &webhook.id, action, put))
            .await?;
        Ok(())
    }

    /// Deletes a webhook, and what it was to be told.
    pub async fn delete_webhook(&self, request: Request, id: &str) -> Result<()> {
        let delete = Act::Delete {
            collection: WEBHOOKS,
            id: id.to_owned(),
            expect: Expect::Any,
        };
        self.submit(changing(request, id, "delete", delete)).await?;
        self.forget_deliveries(id).await
    }
}

/// The id of an event: where it stands in the account of its instance.
pub fn event_id(instance: Key, position: store::Position) -> String {
    format!("{instance}-{}-{}", position.sequence, position.place)
}

/// What an id of an event says.
pub fn read_event_id(id: &str) -> Option<(Key, store::Position)> {
    let mut parts = id.split('-');
    let (instance, sequence, place) = (parts.next()?, parts.next()?, parts.next()?);
    let position = store::Position {
        sequence: sequence.parse().ok()?,
        place: place.parse().ok()?,
    };
    let read = (instance.parse().ok()?, position);
    parts.next().is_none().then_some(read)
}
