//! Messages: for who waits, for the processes that they start, and kept for who begins to wait later.
//!
//! A message goes to each process id at most once: to the oldest subscription of its instances, or else to a new instance
//! of its latest version. With a correlation key there is at most one running instance of a process that a message with
//! that key has started; while it runs, further messages wait for its end. Whoever cannot take a message any more (its
//! subscription was closed, its instance has ended) is passed over: the next gets it, or it is kept.

use std::collections::{BTreeMap, BTreeSet};

use bpmn::{Command, FollowUp, Key, Start};
use feel::Context;
use jiff::{SignedDuration, Timestamp};
use store::{Message as Kept, Subscription, SubscriptionKind};

use super::attempt::Attempt;
use super::known::{self, Pair};
use crate::starts::Begin;
use crate::{Error, Publication, Receiver, Result};

/// A message that was published.
pub(super) struct Published {
    pub(super) message: Key,
    pub(super) receivers: Vec<Receiver>,
    pub(super) follow_ups: Vec<FollowUp>,
}

impl Attempt<'_> {
    /// Gives a message to all who can have it now, and keeps it for its time to live.
    pub(super) async fn publish(&mut self, what: Publication) -> Result<Published> {
        let now = self.work.now;
        if let Some(id) = &what.message_id {
            let same = self.same_message(&what.name, &what.correlation, id).await?;
            if let Some(same) = same {
                if same.expires_at > now {
                    return Err(Error::DuplicateMessage {
                        name: what.name,
                        message_id: id.clone(),
                        until: same.expires_at,
                    });
                }
                self.draft.changes.gone_messages.insert(same.key);
            }
        }
        let message = self.next_key().await?;
        let (mut receivers, mut follow_ups) = (Vec::new(), Vec::new());
        let mut reached = BTreeSet::new();
        let mut waiting = self
            .waiting(&known::message(&what.name, &what.correlation))
            .await?;
        waiting.sort_by_key(|row| (row.created_at, row.key));
        for row in waiting {
            if reached.contains(&row.process_id) {
                continue;
            }
            if let Some(more) = self.deliver(row.key, &what.variables).await? {
                follow_ups.extend(more);
                receivers.push(receiver(&row));
                reached.insert(row.process_id);
            }
        }
        let starts = self.draft.starts.clone();
        for begin in starts.by_message(&what.name) {
            if reached.contains(&begin.process_id) {
                continue;
            }
            let pair = (begin.process_id.clone(), what.correlation.clone());
            if !what.correlation.is_empty() && self.start_lock(&pair).await?.is_some() {
                continue;
            }
            if let Some((started, more)) = self.start_at(begin, &what.variables).await? {
                self.lock(pair, started.instance);
                follow_ups.extend(more);
                receivers.push(started);
                reached.insert(begin.process_id.clone());
            }
        }
        if what.time_to_live_ms > 0 {
            self.keep(message, what, reached)?;
        }
        Ok(Published {
            message,
            receivers,
            follow_ups,
        })
    }

    fn keep(&mut self, key: Key, what: Publication, reached: BTreeSet<String>) -> Result<()> {
        let now = self.work.now;
        let life = i64::try_from(what.time_to_live_ms).unwrap_or(i64::MAX);
        let expires_at = now
            .saturating_add(SignedDuration::from_millis(life))
            .unwrap_or(Timestamp::MAX);
        let variables = serde_json::to_string(&what.variables).map_err(|error| Error::Bug {
            what: error.to_string(),
        })?;
        let uses = reached.into_iter().map(|process| (key, process));
        self.draft.changes.message_uses.extend(uses);
        let kept = Kept {
            key,
            name: what.name,
            correlation: what.correlation,
            message_id: what.message_id,
            variables,
            published_at: now,
            expires_at,
        };
        self.draft.changes.messages.insert(key, kept);
        Ok(())
    }

    /// Gives kept messages to subscriptions, to each the oldest that its process has not had; to one that goes on waiting
    /// also the next.
    pub(super) async fn offer(&mut self, waiting: Vec<Subscription>) -> Result<Vec<FollowUp>> {
        let mut follow_ups = Vec::new();
        let mut waiting = waiting;
        waiting.retain(|row| self.is_awaited(row.key));
        let pairs: BTreeSet<Pair> = waiting.iter().filter_map(pair).collect();
        if pairs.is_empty() {
            return Ok(follow_ups);
        }
        let pairs: Vec<Pair> = pairs.into_iter().collect();
        let mut kept: BTreeMap<Pair, Vec<(Kept, BTreeSet<String>)>> = BTreeMap::new();
        for (message, processes) in self.kept(&pairs).await? {
            let pair = (message.name.clone(), message.correlation.clone());
            kept.entry(pair).or_default().push((message, processes));
        }
        waiting.sort_by_key(|row| row.key);
        for row in waiting {
            let theirs = pair(&row).and_then(|pair| kept.get_mut(&pair));
            for (message, processes) in theirs.into_iter().flatten() {
                if processes.contains(&row.process_id) || !self.is_awaited(row.key) {
                    continue;
                }
                let Some(variables) = variables_of(message) else {
                    continue;
                };
                if let Some(more) = self.deliver(row.key, &variables).await? {
                    follow_ups.extend(more);
                    processes.insert(row.process_id.clone());
                    let used = (message.key, row.process_id.clone());
                    self.draft.changes.message_uses.insert(used);
                }
            }
        }
        Ok(follow_ups)
    }

    /// Instances have ended: the locks that they held are free, and kept messages start the next ones.
    pub(super) async fn unlock(&mut self, ended: Vec<Key>) -> Result<Vec<FollowUp>> {
        let mut follow_ups = Vec::new();
        for (pair, holder) in self.start_locks_of(&ended).await? {
            self.draft.changes.gone_start_locks.insert(holder);
            follow_ups.extend(self.start_next(pair).await?);
        }
        Ok(follow_ups)
    }

    /// Starts an instance by the oldest kept message with this correlation key that the process has not had.
    async fn start_next(&mut self, pair: Pair) -> Result<Vec<FollowUp>> {
        let (process_id, correlation) = &pair;
        let starts = self.draft.starts.clone();
        let names = starts.names(process_id).iter();
        let pairs: Vec<Pair> = names
            .map(|name| (name.clone(), correlation.clone()))
            .collect();
        if pairs.is_empty() {
            return Ok(Vec::new());
        }
        for (message, processes) in self.kept(&pairs).await? {
            let begins = starts.by_message(&message.name);
            let begin = begins.iter().find(|begin| begin.process_id == *process_id);
            let Some(begin) = begin.filter(|_| !processes.contains(process_id)) else {
                continue;
            };
            let Some(variables) = variables_of(&message) else {
                continue;
            };
            if let Some((started, more)) = self.start_at(begin, &variables).await? {
                let used = (message.key, process_id.clone());
                self.draft.changes.message_uses.insert(used);
                self.lock(pair, started.instance);
                return Ok(more);
            }
        }
        Ok(Vec::new())
    }

    /// Triggers a subscription; `None` where whoever waited cannot take it any more.
    pub(super) async fn deliver(
        &mut self,
        subscription: Key,
        variables: &Context,
    ) -> Result<Option<Vec<FollowUp>>> {
        let instance = subscription.instance();
        let was_touched = self.draft.touched.contains_key(&instance);
        let command = Command::Trigger {
            subscription,
            variables: variables.clone(),
        };
        match self.step(instance, command).await {
            Ok(step) => Ok(Some(step.follow_ups)),
            Err(error) => {
                if matches!(error, Error::Rejected(_) | Error::NoSuchInstance(_)) {
                    tracing::debug!(%error, %instance, %subscription, "passed over");
                } else if error.is_of_one_instance() && !was_touched {
                    // What is wrong with one instance is not the fault of who published.
                    tracing::error!(%error, %instance, %subscription, "it cannot take what it waits for");
                } else {
                    return Err(error);
                }
                if !was_touched {
                    self.draft.touched.remove(&instance);
                }
                Ok(None)
            }
        }
    }

    /// Starts an instance where something has happened; `None` where it cannot be started.
    pub(super) async fn start_at(
        &mut self,
        begin: &Begin,
        variables: &Context,
    ) -> Result<Option<(Receiver, Vec<FollowUp>)>> {
        let key = self.next_key().await?;
        let start = Start {
            key,
            definition: begin.definition,
            at: Some(begin.element.clone()),
            definition_of_at: begin.definition_of_at,
            business_id: None,
            variables: variables.clone(),
            parent: None,
            calendar: None,
        };
        match self.begin(start) {
            Ok(follow_ups) => {
                let receiver = Receiver {
                    process_id: begin.process_id.clone(),
                    instance: key,
                    started: true,
                };
                Ok(Some((receiver, follow_ups)))
            }
            Err(error @ (Error::Rejected(_) | Error::Bug { .. })) => {
                tracing::error!(%error, process = begin.process_id, "it cannot be started by an event");
                Ok(None)
            }
            Err(error) => Err(error),
        }
    }

    fn lock(&mut self, pair: Pair, holder: Key) {
        // Without a correlation key any number of instances may run.
        if !pair.1.is_empty() {
            self.draft.changes.start_locks.insert(pair, holder);
        }
    }
}

/// Name and correlation key that a subscription to a message waits for.
fn pair(row: &Subscription) -> Option<Pair> {
    match row.kind {
        SubscriptionKind::Message => Some((
            row.name.clone(),
            row.correlation.clone().unwrap_or_default(),
        )),
        SubscriptionKind::Signal => None,
    }
}

pub(super) fn receiver(row: &Subscription) -> Receiver {
    Receiver {
        process_id: row.process_id.clone(),
        instance: row.instance,
        started: false,
    }
}

/// The variables of a kept message. One whose row was damaged is passed over, and expires.
fn variables_of(message: &Kept) -> Option<Context> {
    let read = serde_json::from_str(&message.variables);
    read.inspect_err(|error| {
        tracing::error!(%error, message = %message.key, "a kept message cannot be read");
    })
    .ok()
}
