//! Work for people: somebody must get it, see what to do, and be reminded.

use super::Rules;
use crate::definition::NodeIndex;
use crate::elements::Element;
use crate::triggers::Trigger;

impl Rules<'_, '_, '_> {
    pub(super) fn assignment(&mut self) {
        let Element::UserTask(task) = &self.node.element else {
            return;
        };
        let names_somebody = task.assignee.is_some()
            || task.candidate_groups.is_some()
            || task.candidate_users.is_some();
        if !names_somebody && self.node.lane.is_none() {
            self.warning(
                format!("{} is offered to nobody", self.name),
                "assign it, name candidate groups, or draw it in a lane",
            );
        }
    }

    pub(super) fn form(&mut self) {
        let Element::UserTask(task) = &self.node.element else {
            return;
        };
        if task.form.is_none() {
            self.hint(
                format!(
                    "{} has no form: nothing can be written down in it",
                    self.name
                ),
                "give it a form, or say in its documentation what to do",
            );
        }
    }

    /// A due date has no effect by itself: somebody must be told when it has passed.
    pub(super) fn deadline(&mut self) {
        let Element::UserTask(task) = &self.node.element else {
            return;
        };
        if task.due.is_some() && !self.is_watched() {
            self.hint(
                format!(
                    "{} has a due date, and nothing happens when it passes",
                    self.name
                ),
                "put a timer on its boundary that leads to a reminder or to somebody else",
            );
        }
    }

    /// Whether a timer runs while the task is open: on it, on a subprocess around it, or in an event subprocess there.
    fn is_watched(&self) -> bool {
        let nodes = &self.draft.nodes;
        let is_timer = |index: &NodeIndex| {
            let mut triggers = nodes[index.0 as usize].element.triggers().iter();
            triggers.any(|trigger| matches!(trigger, Trigger::Timer(_)))
        };
        let mut node = self.node;
        loop {
            let parts = match node.scope.map(|scope| &nodes[scope.0 as usize].element) {
                None => Some(&self.draft.parts),
                Some(Element::Subprocess(subprocess)) => Some(&subprocess.parts),
                Some(_) => None,
            };
            let beside = parts.into_iter().flat_map(|parts| &parts.event_starts);
            if node.boundaries.iter().chain(beside).any(is_timer) {
                return true;
            }
            match node.scope {
                Some(scope) => node = &nodes[scope.0 as usize],
                None => return false,
            }
        }
    }
}
