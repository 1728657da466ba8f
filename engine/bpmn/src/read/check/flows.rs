//! What leads into and out of a node, and the conditions there.

use super::Rules;
use crate::elements::Element;

impl Rules<'_, '_, '_> {
    /// Nothing leads into a start or boundary event, nothing out of an end event.
    pub(super) fn ends(&mut self) {
        let element = &self.node.element;
        let begins = matches!(element, Element::StartEvent(_) | Element::BoundaryEvent(_))
            || element.is_event_subprocess();
        if begins && !self.node.incoming.is_empty() {
            self.error(
                format!("A flow leads into {}", self.name),
                "let it end at the step behind the event",
            );
        }
        if matches!(element, Element::EndEvent(_)) && !self.node.outgoing.is_empty() {
            self.error(
                format!("A flow leads out of {}", self.name),
                "use an intermediate event, or delete the flow",
            );
        }
    }

    pub(super) fn gateway(&mut self) {
        let (mut conditions, mut open) = (0, 0);
        for flow in &self.node.outgoing {
            let condition = self.draft.flows[flow.0 as usize].condition.is_some();
            match (self.node.default == Some(*flow), condition) {
                (true, true) => self.warning(
                    format!(
                        "The default flow of {} has a condition, which has no effect",
                        self.name
                    ),
                    "remove the condition",
                ),
                (true, false) => {}
                (false, true) => conditions += 1,
                (false, false) => open += 1,
            }
        }
        let several = self.node.outgoing.len() > 1;
        let exclusive = matches!(self.node.element, Element::ExclusiveGateway);
        let inclusive = matches!(self.node.element, Element::InclusiveGateway);
        let parallel = matches!(self.node.element, Element::ParallelGateway);
        if exclusive && several && open > 0 {
            self.error(
                format!(
                    "A flow out of {} has no condition and is not the default",
                    self.name
                ),
                "give it a condition, or make it the default flow",
            );
        } else if inclusive && several && open > 0 {
            self.warning(
                format!(
                    "A flow out of {} has no condition, and so is always taken",
                    self.name
                ),
                "give it a condition, or make it the default flow",
            );
        } else if conditions > 0 && open == 0 && self.node.default.is_none() && !parallel {
            self.warning(
                format!(
                    "{} has no default flow: if no condition is true, it stops with an incident",
                    self.name
                ),
                "make one of its flows the default",
            );
        } else if parallel && conditions > 0 {
            self.warning(
                format!(
                    "{} takes all flows; their conditions have no effect",
                    self.name
                ),
                "remove the conditions, or use an exclusive gateway",
            );
        }
    }
}
