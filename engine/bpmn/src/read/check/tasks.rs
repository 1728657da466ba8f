//! Work for people: somebody must get it, see what to do, and be reminded.

use std::collections::BTreeSet;

use super::Rules;
use crate::definition::NodeIndex;
use crate::elements::Element;
use crate::read::process::Draft;
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
        let mut node = self.node;
        loop {
            let on_it = node
                .boundaries
                .iter()
                .any(|event| is_timer(self.draft, event));
            if on_it || self.watched.contains(&node.scope) {
                return true;
            }
            match node.scope {
                Some(scope) => node = &self.draft.nodes[scope.0 as usize],
                None => return false,
            }
        }
    }
}

/// The scopes in which a timer runs that starts an event subprocess.
pub(super) fn watched(draft: &Draft<'_>) -> BTreeSet<Option<NodeIndex>> {
    let inside = draft.nodes.iter().enumerate().filter_map(|(at, node)| {
        let Element::Subprocess(subprocess) = &node.element else {
            return None;
        };
        Some((Some(NodeIndex(at as u32)), &subprocess.parts))
    });
    let all = inside.chain([(None, &draft.parts)]);
    let watched = all.filter(|(_, parts)| {
        parts
            .event_starts
            .iter()
            .any(|start| is_timer(draft, start))
    });
    watched.map(|(scope, _)| scope).collect()
}

fn is_timer(draft: &Draft<'_>, event: &NodeIndex) -> bool {
    let mut triggers = draft.nodes[event.0 as usize].element.triggers().iter();
    triggers.any(|trigger| matches!(trigger, Trigger::Timer(_)))
}
