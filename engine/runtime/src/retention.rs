//! For how long history is kept: `historyTimeToLive` of the process that nobody called decides for all that it called.
//!
//! What is held stays until it is released: an instance, or all instances of a case. Case files are not history: people,
//! cases and notes stay.

use bpmn::Key;
use jiff::{SignedDuration, Timestamp};
use serde_json::json;
use store::{Deletion, Ended, HOLDS, MAX_LIMIT, Query};

use crate::limits::{DELETED_AT_ONCE, ENDED_AT_ONCE};
use crate::writer::Message;
use crate::{Act, Answer, Error, Expect, Put, Request, Result, Runtime};

/// In whose name history is deleted.
const RETENTION: &str = "retention";

/// What is kept although its time is over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Held {
    /// An instance, and all that it called.
    Instance(Key),
    /// All instances with this business id, also those that are started later.
    Case(String),
}

impl Held {
    /// The id of its document.
    fn id(&self) -> String {
        match self {
            Held::Instance(key) => format!("instance/{key}"),
            Held::Case(id) => format!("case/{id}"),
        }
    }

    fn of(id: &str) -> Option<Held> {
        match id.split_once('/')? {
            ("instance", key) => Some(Held::Instance(key.parse().ok()?)),
            ("case", id) => Some(Held::Case(id.to_owned())),
            (_, _) => None,
        }
    }

    /// What the audit trail calls it.
    fn subject(&self) -> String {
        match self {
            Held::Instance(key) => format!("process-instances/{key}"),
            Held::Case(id) => format!("cases/{id}"),
        }
    }
}

impl Runtime {
    /// Keeps history although its time is over, until it is released. The reason of the request stands in the hold and in
    /// the audit trail.
    ///
    /// # Errors
    /// [`Error::NoSuchInstance`] where an instance is not there, or was deleted at the same moment: nothing is held then.
    pub async fn hold(&self, request: Request, held: &Held) -> Result<Answer> {
        let body = json!({ "by": request.actor, "reason": request.reason, "at": self.now() });
        let put = Act::Put(Put {
            collection: HOLDS,
            id: held.id(),
            expect: Expect::Any,
            body,
            fields: Vec::new(),
        });
        let again = Request::by(&request.actor);
        let answer = self
            .submit(request.act(put).act(note("hold", held)))
            .await?;
        let Held::Instance(key) = held else {
            return Ok(answer);
        };
        let left = self
            .ask(|reply| Message::Left {
                instance: *key,
                reply,
            })
            .await??;
        if left {
            return Ok(answer);
        }
        self.release(again, held).await?;
        Err(Error::NoSuchInstance(*key))
    }

    /// Everything that is held, and its document: `by`, `reason`, `at`.
    pub async fn holds(&self) -> Result<Vec<(Held, serde_json::Value)>> {
        let mut query = Query {
            limit: MAX_LIMIT,
            ..Query::all(HOLDS)
        };
        let mut holds = Vec::new();
        loop {
            let page = self.documents(&query).await?;
            let is_last = page.len() < MAX_LIMIT as usize;
            for document in page {
                query.after = Some((document.id.clone(), document.id.clone()));
                holds.extend(Held::of(&document.id).map(|held| (held, document.body)));
            }
            if is_last {
                return Ok(holds);
            }
        }
    }

    /// Lets history go again when its time is over.
    pub async fn release(&self, request: Request, held: &Held) -> Result<Answer> {
        let delete = Act::Delete {
            collection: HOLDS,
            id: held.id(),
            expect: Expect::Any,
        };
        self.submit(request.act(delete).act(note("release", held)))
            .await
    }

    /// Deletes all history whose time is over, a few instances at a time, so that others are not kept waiting; gives how
    /// many instances went.
    pub async fn delete_expired(&self) -> Result<u64> {
        let rules: Vec<(Key, u32)> = self
            .catalog()
            .processes()
            .filter_map(|deployed| {
                let days = deployed.definition.history_time_to_live()?;
                Some((deployed.key, days))
            })
            .collect();
        let mut deleted = 0;
        for (definition, days) in rules {
            let kept = SignedDuration::from_hours(24 * i64::from(days));
            let Ok(before) = self.now().checked_sub(kept) else {
                continue;
            };
            deleted += self.delete_ended(definition, before, days).await?;
        }
        if deleted > 0 {
            self.measures().deleted(deleted);
            tracing::info!(
                deleted,
                "instances whose history was kept long enough are deleted"
            );
        }
        Ok(deleted)
    }

    /// Deletes an instance that nobody called, with its history and all that it called, in the name and for the reason of the
    /// request. False where it is not there, or one of them runs or is held.
    pub async fn delete_instance(&self, request: Request, instance: Key) -> Result<bool> {
        let instances = self.store().family(instance).await?;
        if instances.is_empty() {
            return Ok(false);
        }
        let told = Deletion {
            at: self.now(),
            actor: request.actor,
            reason: request.reason.unwrap_or_default(),
        };
        let deleted = self
            .ask(|reply| Message::Delete {
                instances,
                told,
                reply,
            })
            .await??;
        Ok(deleted > 0)
    }

    async fn delete_ended(&self, definition: Key, before: Timestamp, days: u32) -> Result<u64> {
        let (mut deleted, mut after) = (0, None::<Ended>);
        loop {
            let store = self.store();
            let ended = store
                .ended(definition, before, after, ENDED_AT_ONCE)
                .await?;
            let Some(last) = ended.last() else {
                return Ok(deleted);
            };
            after = Some(*last);
            let mut going = Vec::new();
            for root in &ended {
                going.extend(store.family(root.key).await?);
            }
            for instances in going.chunks(DELETED_AT_ONCE) {
                let told = Deletion {
                    at: self.now(),
                    actor: RETENTION.to_owned(),
                    reason: format!("kept for {days} days after the end: historyTimeToLive"),
                };
                let instances = instances.to_vec();
                let answer = self.ask(|reply| Message::Delete {
                    instances,
                    told,
                    reply,
                });
                deleted += answer.await?? as u64;
            }
        }
    }
}

fn note(action: &str, held: &Held) -> Act {
    Act::audit(action, held.subject(), None)
}
