//! The acts of a request, one function each.

use bpmn::{Command, Key, Start, StartInstructions};
use feel::Context;
use store::{AuditRow, Document, DocumentWrite};

use super::attempt::Attempt;
use super::outbox::Effect;
use super::work::Revision;
use crate::deploy::Prepared;
use crate::limits::DOCUMENT_BYTES_MAX;
use crate::{Act, Error, Expect, Outcome, Publication, Put, Result};

impl Attempt<'_> {
    /// Carries out all acts in order; stops at the first that cannot be done.
    pub(super) async fn all(
        &mut self,
        acts: Vec<Act>,
        prepared: Vec<Vec<Prepared>>,
    ) -> Result<Vec<Outcome>> {
        let mut outcomes = Vec::with_capacity(acts.len());
        let mut prepared = prepared.into_iter();
        for act in acts {
            let outcome = match act {
                Act::Deploy { .. } => {
                    // The files were read before the request was queued.
                    Outcome::Deployed(self.deploy(prepared.next().unwrap_or_default()).await?)
                }
                Act::Withdraw { definitions } => self.withdraw(definitions).await?,
                Act::Start {
                    process_id,
                    version,
                    at,
                    business_id,
                    variables,
                    calendar,
                } => {
                    let definition = self.definition(process_id, version)?;
                    let start = Start {
                        key: self.next_key().await?,
                        definition,
                        at,
                        definition_of_at: 0,
                        business_id,
                        variables,
                        parent: None,
                        calendar,
                    };
                    let nothing = StartInstructions::default();
                    self.started(start, nothing).await?
                }
                Act::StartWith {
                    definition,
                    business_id,
                    variables,
                    instructions,
                } => {
                    if self.draft.catalog.is_withdrawn(definition) {
                        return Err(Error::NoSuchDefinition(definition));
                    }
                    let start = Start {
                        key: self.next_key().await?,
                        definition,
                        at: None,
                        definition_of_at: 0,
                        business_id,
                        variables,
                        parent: None,
                        calendar: None,
                    };
                    self.started(start, instructions).await?
                }
                Act::Command { instance, command } => self.stepped(instance, command).await?,
                Act::WorkerCommand {
                    instance,
                    job,
                    token,
                    command,
                } => {
                    self.check_lease(job, token)?;
                    self.stepped(instance, command).await?
                }
                Act::PublishMessage(what) => self.published(what).await?,
                Act::CorrelateMessage {
                    name,
                    correlation,
                    variables,
                } => self.correlated(name, correlation, variables).await?,
                Act::BroadcastSignal { name, variables } => {
                    self.broadcasted(&name, &variables).await?
                }
                Act::EvaluateConditions { variables } => self.evaluate(&variables).await?,
                Act::RecomputeDeadlines { calendar } => {
                    self.begin_to_recompute(calendar, None).await?;
                    Outcome::Recomputing
                }
                Act::WorkOffBatch { batch, run } => {
                    let effect = Effect::BatchOperation { batch, run };
                    self.put_off(&effect).await?;
                    Outcome::WorkingOff
                }
                Act::EvaluateDecision {
                    decision,
                    definition,
                    variables,
                } => self.decide(&decision, definition, &variables).await?,
                Act::Put(put) => self.put(put).await?,
                Act::Delete {
                    collection,
                    id,
                    expect,
                } => self.delete(collection, id, expect).await?,
                Act::AppendAudit {
                    action,
                    subject,
                    detail,
                } => self.append_audit(action, subject, detail),
            };
            outcomes.push(outcome);
        }
        Ok(outcomes)
    }

    fn definition(&self, process_id: String, version: Option<u32>) -> Result<Key> {
        let catalog = &self.draft.catalog;
        let deployed = match version {
            None => catalog.latest(&process_id),
            Some(number) => catalog.version(&process_id, number),
        };
        let deployed = deployed.map(|deployed| deployed.key);
        deployed.ok_or(Error::NoSuchProcess {
            process_id,
            version,
        })
    }

    async fn published(&mut self, what: Publication) -> Result<Outcome> {
        let published = self.publish(what).await?;
        self.settle(published.follow_ups).await?;
        Ok(Outcome::Published {
            message: published.message,
            receivers: published.receivers,
        })
    }

    /// A message for who waits now.
    async fn correlated(
        &mut self,
        name: String,
        correlation: String,
        variables: Context,
    ) -> Result<Outcome> {
        let what = Publication {
            name: name.clone(),
            correlation: correlation.clone(),
            variables,
            ..Publication::default()
        };
        let published = self.publish(what).await?;
        if published.receivers.is_empty() {
            return Err(Error::NobodyWaits { name, correlation });
        }
        self.settle(published.follow_ups).await?;
        Ok(Outcome::Published {
            message: published.message,
            receivers: published.receivers,
        })
    }

    async fn broadcasted(&mut self, name: &str, variables: &Context) -> Result<Outcome> {
        let broadcast = self.broadcast(name, variables).await?;
        self.settle(broadcast.follow_ups).await?;
        Ok(Outcome::Broadcast {
            signal: broadcast.signal,
            receivers: broadcast.receivers,
            later: broadcast.later,
        })
    }

    /// Starts what the conditions of the latest versions ask for.
    async fn evaluate(&mut self, variables: &Context) -> Result<Outcome> {
        let (starts, now) = (self.draft.starts.clone(), self.work.now);
        let (mut started, mut follow_ups) = (Vec::new(), Vec::new());
        for begin in &starts.conditions {
            let catalog = &self.draft.catalog;
            let holding = bpmn::conditions_true(catalog, begin.definition, variables, now);
            let this = (begin.element.clone(), begin.definition_of_at);
            if !holding.contains(&this) {
                continue;
            }
            if let Some((receiver, more)) = self.start_at(begin, variables).await? {
                follow_ups.extend(more);
                started.push(receiver);
            }
        }
        self.settle(follow_ups).await?;
        Ok(Outcome::ConditionsEvaluated { started })
    }

    /// Starts an instance for somebody, who is the value of the variable that the model has for that.
    async fn started(
        &mut self,
        mut start: Start,
        instructions: StartInstructions,
    ) -> Result<Outcome> {
        let deployed = self.draft.catalog.process(start.definition);
        let at = start.at.as_deref();
        let initiator = deployed.and_then(|deployed| deployed.definition.initiator(at));
        if let Some(variable) = initiator {
            start.variables.insert(variable, self.who.actor.as_str());
        }
        let instance = self.start_with(start, instructions).await?;
        Ok(Outcome::Started { instance })
    }

    async fn stepped(&mut self, instance: Key, command: Command) -> Result<Outcome> {
        Ok(Outcome::Stepped {
            records: self.command(instance, command).await?,
        })
    }

    /// A job that was failed or whose retries were changed in this batch has lost its lease, whatever its row said.
    fn check_lease(&self, job: Key, token: i64) -> Result<()> {
        let lease = self.work.jobs.get(&job);
        let holds = lease.is_some_and(|row| row.token == token && row.worker.is_some());
        let ended =
            self.work.batch.jobs.contains_key(&job) || self.draft.changes.jobs.contains_key(&job);
        // A lease that has run out but was not given to anybody else still counts: the work is done.
        if holds && !ended {
            Ok(())
        } else {
            Err(Error::LeaseLost { job })
        }
    }

    pub(super) async fn put(&mut self, put: Put) -> Result<Outcome> {
        let bytes = put.body.to_string().len();
        if bytes > DOCUMENT_BYTES_MAX {
            let what = format!(
                "the document {}/{} of {bytes} bytes",
                put.collection, put.id
            );
            return Err(Error::Limit {
                what,
                name: "DOCUMENT_BYTES_MAX",
                limit: DOCUMENT_BYTES_MAX,
            });
        }
        let before = self.expect(put.collection, &put.id, put.expect).await?;
        let now = self.work.now;
        let (revision, created_at) = before.map_or((1, now), |(revision, created_at)| {
            (revision + 1, created_at)
        });
        let id = (put.collection.to_owned(), put.id.clone());
        self.draft
            .documents
            .insert(id.clone(), Some((revision, created_at)));
        let document = Document {
            collection: put.collection.to_owned(),
            id: put.id,
            revision,
            body: put.body,
            created_at,
            updated_at: now,
        };
        let fields = put
            .fields
            .into_iter()
            .map(|(name, value)| (name.to_owned(), value))
            .collect();
        self.draft
            .changes
            .documents
            .insert(id, DocumentWrite::Put { document, fields });
        Ok(Outcome::Put { revision })
    }

    async fn delete(&mut self, collection: &str, id: String, expect: Expect) -> Result<Outcome> {
        self.expect(collection, &id, expect).await?;
        let id = (collection.to_owned(), id);
        self.draft.documents.insert(id.clone(), None);
        self.draft
            .changes
            .documents
            .insert(id, DocumentWrite::Delete);
        Ok(Outcome::Deleted)
    }

    /// The present revision of a document, if it is as expected.
    pub(super) async fn expect(
        &mut self,
        collection: &str,
        id: &str,
        expect: Expect,
    ) -> Result<Revision> {
        let key = (collection.to_owned(), id.to_owned());
        let known = self
            .draft
            .documents
            .get(&key)
            .or_else(|| self.work.documents.get(&key));
        let present = match known {
            Some(present) => *present,
            None => self
                .unit
                .revisions(&[key])
                .await?
                .pop()
                .map(|(_, revision, at)| (revision, at)),
        };
        let fits = match expect {
            Expect::Any => true,
            Expect::Absent => present.is_none(),
            Expect::Revision(revision) => present.is_some_and(|(present, _)| present == revision),
        };
        if fits {
            Ok(present)
        } else {
            Err(Error::Conflict {
                collection: collection.to_owned(),
                id: id.to_owned(),
            })
        }
    }

    fn append_audit(&mut self, action: String, subject: String, detail: Option<String>) -> Outcome {
        let who = self.who.clone();
        self.draft.changes.audit.push(AuditRow {
            sequence: 0,
            at: self.work.now,
            actor: who.actor,
            on_behalf_of: who.on_behalf_of,
            action,
            subject,
            detail,
            reason: who.reason,
        });
        Outcome::Audited
    }
}
