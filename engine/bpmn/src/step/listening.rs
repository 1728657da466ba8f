//! What is waited for: by catch events, by activities with boundary events, by scopes with event subprocesses.

use std::sync::Arc;

use feel::Expression;

use super::deadlines::Begun;
use super::looping::Part;
use super::variables::reasons;
use super::{At, Failure, Stepper};
use crate::definition::{FlowNode, NodeIndex};
use crate::text::plain_text;
use crate::triggers::{MessageTrigger, Trigger};
use crate::{Awaited, EventSubscription, Key, Record, Repeat, Timer};

/// Something that will be waited for, with all its expressions evaluated.
pub(crate) struct Waiting<'a> {
    event: &'a FlowNode,
    definition: u32,
    what: What,
}

enum What {
    Time {
        due: jiff::Timestamp,
        repeat: Option<Repeat>,
        deadline: Option<Box<Begun>>,
    },
    Event(Awaited),
}

impl<'a> Stepper<'a> {
    /// Begins to wait for the boundary events of an activity and the event subprocesses in it, all or none.
    /// Of a loop, boundary events stand on the body, and event subprocesses lie in the items.
    pub(super) fn listen(&mut self, at: At<'a>, part: Part<'_>) -> Result<(), Failure> {
        let mut events = Vec::new();
        if matches!(part, Part::Alone | Part::Body(_)) {
            events.extend(&at.node.boundaries);
        }
        if matches!(part, Part::Alone | Part::Item(..)) {
            events.extend(&at.node.parts().event_starts);
        }
        self.listen_to(&events, at.key)
    }

    /// Begins to wait for the event subprocesses of the process itself.
    pub(super) fn listen_in_instance(&mut self) {
        let definition = self.definition;
        let starts = &definition.parts(None).event_starts;
        let key = self.instance.key();
        if let (Err(failure), Some(first)) = (self.listen_to(starts, key), starts.first()) {
            let node = definition.at(*first);
            let at = At {
                key,
                node,
                scope: key,
            };
            self.raise(at, crate::Stage::Listen, failure);
        }
    }

    fn listen_to(&mut self, events: &[NodeIndex], owner: Key) -> Result<(), Failure> {
        let mut waiting = Vec::new();
        for event in events {
            waiting.extend(self.awaited(self.definition.at(*event), owner)?);
        }
        self.wait_for(waiting, owner);
        Ok(())
    }

    /// What an event waits for, as its expressions say in a scope.
    pub(crate) fn awaited(
        &self,
        event: &'a FlowNode,
        scope: Key,
    ) -> Result<Vec<Waiting<'a>>, Failure> {
        let mut waiting = Vec::new();
        for (definition, trigger) in (0..).zip(event.element.triggers().iter()) {
            let what = match trigger {
                Trigger::Timer(timer) => {
                    let mut repeat = None;
                    let until = || {
                        let schedule = timer.schedule(self, scope, event)?;
                        repeat = schedule.repeat;
                        Ok(Some(schedule.due))
                    };
                    let (due, deadline) = self.deadline(event, scope, until)?;
                    What::Time {
                        due: due.expect("a timer says when"),
                        // What comes again and again has no due time that could be missed.
                        deadline: deadline.filter(|_| repeat.is_none()).map(Box::new),
                        repeat,
                    }
                }
                Trigger::Message(message) => What::Event(self.message(message, event, scope)?),
                Trigger::Signal(signal) => {
                    let what = format!("The signal name of \"{}\"", event.label());
                    let name = self.required_text(&signal.name, scope, &what)?;
                    What::Event(Awaited::Signal { name })
                }
                Trigger::Conditional(_) => What::Event(Awaited::Condition { held: false }),
                // Found in the model when they are thrown.
                Trigger::Error(_)
                | Trigger::Escalation(_)
                | Trigger::Link(_)
                | Trigger::Compensation(_)
                | Trigger::Cancel
                | Trigger::Terminate => continue,
            };
            waiting.push(Waiting {
                event,
                definition,
                what,
            });
        }
        Ok(waiting)
    }

    /// Begins a timer anew, as the model says now; where that cannot be computed, whose timer it is and why.
    pub(super) fn begin_timer_anew(&mut self, key: Key) -> Result<(), (Arc<str>, Failure)> {
        let Some(timer) = self.instance.timers().get(&key).cloned() else {
            return Ok(());
        };
        let (event, owner) = (timer.element, timer.element_instance);
        let Some(node) = self.definition.find(&event) else {
            return Ok(());
        };
        let waiting = self.awaited(self.definition.at(node), owner);
        let mut waiting = waiting.map_err(|failure| (event, failure))?;
        waiting.retain(|waiting| {
            waiting.definition == timer.definition && matches!(waiting.what, What::Time { .. })
        });
        self.emit(Record::TimerWithdrawn { timer: key });
        self.wait_for(waiting, owner);
        Ok(())
    }

    /// What a parallel multiple event that has partly happened at a visit still waits for.
    pub(crate) fn left_to_occur(&self, at: At<'a>) -> Result<Vec<Waiting<'a>>, Failure> {
        let scope = self.instance.scope(at.key);
        let Some(happened) = scope.and_then(|scope| scope.occurred(&at.node.id)) else {
            return Ok(Vec::new());
        };
        let mut waiting = self.awaited(at.node, at.key)?;
        waiting.retain(|waiting| !happened.contains(&waiting.definition));
        Ok(waiting)
    }

    fn message(
        &self,
        message: &MessageTrigger,
        event: &FlowNode,
        scope: Key,
    ) -> Result<Awaited, Failure> {
        let what = format!("The message name of \"{}\"", event.label());
        let name = self.required_text(&message.name, scope, &what)?;
        let Some(expression) = &message.correlation else {
            let correlation = String::new();
            return Ok(Awaited::Message { name, correlation });
        };
        let correlation = self.correlation_key(expression, event, scope)?;
        Ok(Awaited::Message { name, correlation })
    }

    /// The correlation key of a message, as a text.
    pub(crate) fn correlation_key(
        &self,
        expression: &Expression,
        node: &FlowNode,
        scope: Key,
    ) -> Result<String, Failure> {
        let evaluation = self.evaluate(expression, scope)?;
        plain_text(&evaluation.value).ok_or_else(|| {
            Failure::expression(format!(
                "The correlation key `{}` of \"{}\" gives {} where a text or a number is needed{}",
                expression.text(),
                node.label(),
                evaluation.value.kind(),
                reasons(&evaluation)
            ))
        })
    }

    /// Begins to wait, on behalf of a visit or of the instance.
    pub(crate) fn wait_for(&mut self, waiting: Vec<Waiting<'a>>, owner: Key) {
        for Waiting {
            event,
            definition,
            what,
        } in waiting
        {
            let (key, element) = (self.next_key(), event.id.clone());
            let element_instance = owner;
            match what {
                What::Time {
                    due,
                    repeat,
                    deadline,
                } => {
                    let timer = Box::new(Timer {
                        key,
                        element,
                        element_instance,
                        definition,
                        due,
                        repeat,
                    });
                    let begun = deadline.map(|deadline| (timer.clone(), deadline));
                    self.emit(Record::TimerStarted { timer });
                    if let Some((timer, deadline)) = begun {
                        self.begin_timer_deadline(event, &timer, *deadline);
                    }
                }
                What::Event(awaits) => {
                    if let Awaited::Condition { .. } = awaits {
                        self.ask_condition(key);
                    }
                    let subscription = Box::new(EventSubscription {
                        key,
                        element,
                        element_instance,
                        definition,
                        awaits,
                    });
                    self.emit(Record::SubscriptionOpened { subscription });
                }
            }
        }
    }

    /// Withdraws what a visit or the instance still waits for.
    pub(crate) fn stop_listening(&mut self, key: Key) {
        self.withdraw(key, |_| true);
    }

    /// Withdraws what a visit or the instance waits for on behalf of some events.
    pub(crate) fn stop_listening_to(&mut self, key: Key, events: &[NodeIndex]) {
        let definition = self.definition;
        self.withdraw(key, |element| {
            let index = definition.find(element);
            index.is_some_and(|index| events.contains(&index))
        });
    }

    /// Withdraws what waits of the elements that are chosen by their ids.
    fn withdraw(&mut self, key: Key, chosen: impl Fn(&str) -> bool) {
        let Some(scope) = self.instance.scope(key) else {
            return;
        };
        for waiting in scope.waits().to_vec() {
            if let Some(timer) = self.instance.timers().get(&waiting) {
                if chosen(&timer.element) {
                    self.emit(Record::TimerWithdrawn { timer: waiting });
                }
            } else if let Some(subscription) = self.instance.subscriptions().get(&waiting) {
                if chosen(&subscription.element) {
                    self.emit(Record::SubscriptionClosed {
                        subscription: waiting,
                    });
                }
            } else if let Some(task) = self.instance.tasks().get(&waiting) {
                if chosen(&task.element) {
                    self.emit(Record::TaskWithdrawn { task: waiting });
                }
            } else if let Some(job) = self.instance.jobs().get(&waiting) {
                if chosen(&job.element) {
                    self.emit(Record::JobWithdrawn { job: waiting });
                }
            } else if let Some(incident) = self.instance.incidents().get(&waiting)
                && chosen(&incident.element)
            {
                self.emit(Record::IncidentResolved { incident: waiting });
            }
        }
    }
}
