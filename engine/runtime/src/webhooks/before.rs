//! Where in the model something stands that records name by its key alone, because it ends with them.

use std::collections::BTreeMap;
use std::sync::Arc;

use bpmn::{Awaited, EventSubscription, Key, ProcessInstance, Record, Task};

/// A place in the model.
pub(super) struct Place {
    pub(super) element: Arc<str>,
    pub(super) visit: Key,
    /// The name of the message that is awaited.
    pub(super) message: Option<String>,
}

/// What was open in an instance before a step: records of what ends name only keys.
#[derive(Default)]
pub(crate) struct Before(BTreeMap<Key, Place>);

impl Before {
    pub(crate) fn of(instance: &ProcessInstance) -> Before {
        let mut before = Before::default();
        for task in instance.tasks().values() {
            before.task(task);
        }
        for incident in instance.incidents().values() {
            before.add(incident.key, &incident.element, incident.element_instance);
        }
        for deadline in instance.deadlines().values() {
            // That of a task has the key of the task.
            if !deadline.of_task {
                before.add(deadline.key, &deadline.element, deadline.element_instance);
            }
        }
        for subscription in instance.subscriptions().values() {
            before.subscription(subscription);
        }
        before
    }

    pub(super) fn get(&self, key: Key) -> Option<&Place> {
        self.0.get(&key)
    }

    fn add(&mut self, key: Key, element: &Arc<str>, visit: Key) {
        let place = Place {
            element: element.clone(),
            visit,
            message: None,
        };
        self.0.insert(key, place);
    }

    fn task(&mut self, task: &Task) {
        self.add(task.key, &task.element, task.element_instance);
    }

    fn subscription(&mut self, subscription: &EventSubscription) {
        if let Awaited::Message { name, .. } = &subscription.awaits {
            self.add(
                subscription.key,
                &subscription.element,
                subscription.element_instance,
            );
            if let Some(place) = self.0.get_mut(&subscription.key) {
                place.message = Some(name.clone());
            }
        }
    }

    /// What the same step has opened is known to what follows.
    pub(super) fn see(&mut self, record: &Record) {
        if let Record::TaskCreated { task } = record {
            self.task(task);
        } else if let Record::IncidentRaised { incident } = record {
            self.add(incident.key, &incident.element, incident.element_instance);
        } else if let Record::DeadlineStarted { deadline } = record {
            self.0.entry(deadline.key).or_insert_with(|| Place {
                element: deadline.element.clone(),
                visit: deadline.element_instance,
                message: None,
            });
        } else if let Record::SubscriptionOpened { subscription } = record {
            self.subscription(subscription);
        }
    }
}
