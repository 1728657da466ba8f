//! What the runtime does, for the runs of unit tests: follow-ups, messages, signals.

use std::collections::VecDeque;

use feel::Context;

use super::Run;
use crate::{Awaited, Command, FollowUp, Key, ProcessInstance, Rejection, Start, Status};

impl Run {
    /// What the runtime does with follow-ups.
    #[track_caller]
    pub(super) fn follow(&mut self, more: Vec<FollowUp>) {
        let mut queue = VecDeque::from(more);
        while let Some(follow_up) = queue.pop_front() {
            if let FollowUp::PublishMessage { .. } | FollowUp::BroadcastSignal { .. } = &follow_up {
                self.sent.push(follow_up.clone());
            }
            let more = match follow_up {
                FollowUp::Start {
                    process,
                    parent,
                    variables,
                    business_id,
                    calendar,
                } => {
                    let key = Key::of_instance(self.instances.len() as i64 + 1);
                    self.start(Start {
                        key,
                        definition: process,
                        at: None,
                        definition_of_at: 0,
                        business_id,
                        variables,
                        parent: Some(parent),
                        calendar,
                    })
                }
                FollowUp::Command { instance, command } => {
                    self.step(instance, command).expect("an answer")
                }
                FollowUp::PublishMessage {
                    name,
                    correlation,
                    variables,
                    ..
                } => {
                    let awaits = Awaited::Message { name, correlation };
                    self.deliver(&awaits, 1, &variables)
                }
                FollowUp::BroadcastSignal { name, variables } => {
                    self.deliver(&Awaited::Signal { name }, usize::MAX, &variables)
                }
                FollowUp::SuspendCalled {
                    parent_element,
                    resume,
                } => {
                    let called = self.instances.values().find(|instance| {
                        instance.status() == Status::Active
                            && instance.parent().map(|p| p.element) == Some(parent_element)
                            && instance.suspended_at().is_some() == resume
                    });
                    let command = if resume {
                        Command::Resume
                    } else {
                        Command::Suspend
                    };
                    match called.map(ProcessInstance::key) {
                        Some(key) => self.step(key, command).expect("it fits"),
                        None => Vec::new(),
                    }
                }
                FollowUp::TerminateCalled { parent_element } => {
                    let called = self.instances.values().find(|instance| {
                        instance.status() == Status::Active
                            && instance.parent().map(|p| p.element) == Some(parent_element)
                    });
                    match called.map(ProcessInstance::key) {
                        Some(key) => self.step(key, Command::CancelInstance).expect("a cancel"),
                        None => Vec::new(),
                    }
                }
            };
            queue.extend(more);
        }
    }

    /// Gives a message or signal to who waits for it.
    #[track_caller]
    pub(super) fn deliver(
        &mut self,
        awaits: &Awaited,
        most: usize,
        variables: &Context,
    ) -> Vec<FollowUp> {
        let open = self
            .instances
            .values()
            .flat_map(|i| i.subscriptions().values());
        let fits = open.filter(|subscription| subscription.awaits == *awaits);
        let found: Vec<Key> = fits
            .map(|subscription| subscription.key)
            .take(most)
            .collect();
        let mut more = Vec::new();
        for subscription in found {
            let variables = variables.clone();
            let command = Command::Trigger {
                subscription,
                variables,
            };
            match self.step(subscription.instance(), command) {
                Ok(next) => more.extend(next),
                Err(Rejection::NoSuchSubscription { .. } | Rejection::InstanceEnded { .. }) => {}
                Err(refused) => panic!("{refused}"),
            }
        }
        more
    }
}
