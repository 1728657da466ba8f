//! Boundary events: an activity listens while it runs, and is interrupted or not when one happens.

use super::{At, Failure, Stepper};
use crate::definition::NodeIndex;
use crate::elements::Element;
use crate::triggers::Trigger;
use crate::{Key, Record, Timer};

impl<'a> Stepper<'a> {
    /// Starts the timers of the boundary events of an activity, all or none.
    pub(super) fn listen(&mut self, at: At<'a>) -> Result<(), Failure> {
        let mut schedules = Vec::new();
        for index in &at.node.boundaries {
            let node = self.definition.at(*index);
            if let Element::BoundaryEvent(event) = &node.element
                && let Trigger::Timer(timer) = &event.trigger
            {
                schedules.push((node, timer.schedule(self, at.key, node)?));
            }
        }
        for (node, schedule) in schedules {
            let timer = Timer {
                key: self.next_key(),
                element: node.id.clone(),
                element_instance: at.key,
                due: schedule.due,
                repeat: schedule.repeat,
            };
            self.emit(Record::TimerStarted { timer });
        }
        Ok(())
    }

    /// Withdraws what a visit still waits for.
    pub(super) fn stop_listening(&mut self, key: Key) {
        let Some(element) = self.instance.elements().get(&key) else {
            return;
        };
        for waiting in element.waits().to_vec() {
            if self.instance.timers().contains_key(&waiting) {
                self.emit(Record::TimerWithdrawn { timer: waiting });
            } else if self.instance.tasks().contains_key(&waiting) {
                self.emit(Record::TaskWithdrawn { task: waiting });
            } else if self.instance.jobs().contains_key(&waiting) {
                self.emit(Record::JobWithdrawn { job: waiting });
            } else {
                self.emit(Record::IncidentResolved { incident: waiting });
            }
        }
    }

    /// A boundary event of an active visit happens.
    pub(super) fn happen(&mut self, boundary: NodeIndex, host: Key) -> Option<Key> {
        let scope = self.instance.parent_scope(host)?;
        if matches!(&self.definition.at(boundary).element,
            Element::BoundaryEvent(event) if event.interrupting)
        {
            self.terminate(host);
        }
        Some(self.activate(boundary, scope, Vec::new()))
    }
}
