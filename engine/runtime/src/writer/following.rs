//! What follows from a step: commands for other instances, messages and signals, and kept messages for who begins to wait.
//!
//! It is done in the same transaction, first come, first served, so that callers and called go on in turn. What is more
//! than fits in one transaction goes through the outbox.

use std::collections::VecDeque;

use bpmn::{Awaited, Catalog, Command, FollowUp, Key, ProcessInstance, Record, Start, Status};
use store::Subscription;

use super::attempt::Attempt;
use super::outbox::Effect;
use crate::limits::{FOLLOW_UPS_A_ROW, FOLLOW_UPS_MAX};
use crate::{Error, Publication, Result};

/// What has happened in a request and was not looked at yet.
#[derive(Default)]
pub(super) struct News {
    /// Subscriptions to messages that were opened.
    opened: Vec<Key>,
    /// Instances that have ended, and that a message may have started.
    ended: Vec<Key>,
}

impl News {
    /// Takes note of the records of a step.
    pub(super) fn of(&mut self, catalog: &Catalog, instance: &ProcessInstance, records: &[Record]) {
        for record in records {
            if let Record::SubscriptionOpened { subscription } = record
                && matches!(subscription.awaits, Awaited::Message { .. })
            {
                self.opened.push(subscription.key);
            }
            if let Record::MigrationUndone { .. } | Record::InstanceResumed { .. } = record {
                let open = instance.subscriptions().values();
                let open = open.filter(|open| matches!(open.awaits, Awaited::Message { .. }));
                self.opened.extend(open.map(|open| open.key));
            }
            // What no message starts holds up no message.
            if let Record::InstanceMigrated(to) = record {
                let deployed = catalog.process(to.definition);
                let begins = deployed.is_some_and(|d| d.definition.entries().next().is_some());
                self.ended.extend((!begins).then(|| instance.key()));
            }
        }
        if instance.status() != Status::Active {
            let deployed = catalog.process(instance.definition());
            if deployed.is_some_and(|deployed| deployed.definition.entries().next().is_some()) {
                self.ended.push(instance.key());
            }
        }
    }
}

impl Attempt<'_> {
    /// Does all that follows, until nothing more does.
    pub(super) async fn settle(&mut self, first: Vec<FollowUp>) -> Result<()> {
        let mut queue = VecDeque::from(first);
        let mut done = 0;
        loop {
            while let Some(next) = queue.pop_front() {
                if done == FOLLOW_UPS_MAX {
                    queue.push_front(next);
                    self.follow_later(&mut queue).await?;
                    break;
                }
                done += 1;
                queue.extend(self.follow(next).await?);
            }
            let ended = std::mem::take(&mut self.draft.news.ended);
            if !ended.is_empty() {
                queue.extend(self.unlock(ended).await?);
            }
            let opened = std::mem::take(&mut self.draft.news.opened);
            let changes = &self.draft.changes;
            let rows = opened
                .iter()
                .filter_map(|key| changes.subscriptions.get(key));
            let waiting: Vec<Subscription> = rows.cloned().collect();
            queue.extend(self.offer(waiting).await?);
            let news = &self.draft.news;
            if queue.is_empty() && news.opened.is_empty() && news.ended.is_empty() {
                return Ok(());
            }
        }
    }

    /// Puts what does not fit in this transaction in the outbox.
    async fn follow_later(&mut self, queue: &mut VecDeque<FollowUp>) -> Result<()> {
        while !queue.is_empty() {
            let number = queue.len().min(FOLLOW_UPS_A_ROW);
            let follow_ups = queue.drain(..number).collect();
            self.put_off(&Effect::FollowUps { follow_ups }).await?;
        }
        Ok(())
    }

    async fn follow(&mut self, next: FollowUp) -> Result<Vec<FollowUp>> {
        match next {
            FollowUp::Start {
                process,
                parent,
                variables,
                business_id,
                calendar,
            } => {
                let root = self.root(parent.instance).await?;
                let key = self.next_key().await?;
                let start = Start {
                    key,
                    definition: process,
                    at: None,
                    definition_of_at: 0,
                    business_id,
                    variables,
                    parent: Some(parent),
                    calendar,
                };
                let follow_ups = self.begin(start)?;
                if let Some(called) = self.draft.touched.get_mut(&key) {
                    called.root = Some(root);
                }
                Ok(follow_ups)
            }
            FollowUp::Command { instance, command } => self.if_it_runs(instance, command).await,
            FollowUp::PublishMessage {
                name,
                correlation,
                message_id,
                time_to_live_ms,
                variables,
            } => {
                let what = Publication {
                    name,
                    correlation,
                    message_id,
                    time_to_live_ms,
                    variables,
                };
                match self.publish(what).await {
                    Ok(published) => Ok(published.follow_ups),
                    // It was published already; who throws it again means the same.
                    Err(Error::DuplicateMessage { .. }) => Ok(Vec::new()),
                    Err(error) => Err(error),
                }
            }
            FollowUp::BroadcastSignal { name, variables } => {
                Ok(self.broadcast(&name, &variables).await?.follow_ups)
            }
            FollowUp::SuspendCalled {
                parent_element,
                resume,
            } => {
                let mut more = Vec::new();
                for called in self.called(parent_element).await? {
                    let command = if resume {
                        Command::Resume
                    } else {
                        Command::Suspend
                    };
                    more.extend(self.if_it_runs(called, command).await?);
                }
                Ok(more)
            }
            FollowUp::TerminateCalled { parent_element } => {
                let mut more = Vec::new();
                for called in self.called(parent_element).await? {
                    more.extend(self.if_it_runs(called, Command::CancelInstance).await?);
                }
                Ok(more)
            }
        }
    }

    /// An instance that ended in the meantime needs no more commands.
    async fn if_it_runs(&mut self, instance: Key, command: Command) -> Result<Vec<FollowUp>> {
        match self.step(instance, command).await {
            Ok(step) => Ok(step.follow_ups),
            // Or it stood still, or went on, already.
            Err(Error::Rejected(
                bpmn::Rejection::InstanceEnded { .. }
                | bpmn::Rejection::Suspended { .. }
                | bpmn::Rejection::NotSuspended,
            )) => Ok(Vec::new()),
            Err(error) => Err(error),
        }
    }

    /// The instances that a call activity started: in the database, in this batch, in this request.
    async fn called(&mut self, parent_element: Key) -> Result<Vec<Key>> {
        let mut called = self.unit.called(&[parent_element]).await?;
        let in_batch = self.work.instances.values().map(|hot| &hot.instance);
        let in_request = self.draft.touched.values().map(|hot| &hot.instance);
        let is_called = |instance: &&ProcessInstance| {
            instance
                .parent()
                .is_some_and(|p| p.element == parent_element)
        };
        called.extend(
            in_batch
                .chain(in_request)
                .filter(is_called)
                .map(ProcessInstance::key),
        );
        called.sort();
        called.dedup();
        Ok(called)
    }
}
