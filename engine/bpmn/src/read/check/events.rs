//! Events on the boundary of an activity.

use std::collections::BTreeSet;

use super::Rules;
use crate::elements::Element;
use crate::triggers::Trigger;

impl Rules<'_, '_, '_> {
    /// No two boundary events of an activity catch the same error.
    pub(super) fn boundaries(&mut self) {
        let mut caught = BTreeSet::new();
        for index in &self.node.boundaries {
            let Element::BoundaryEvent(event) = &self.draft.nodes[index.0 as usize].element else {
                continue;
            };
            for trigger in event.triggers.iter() {
                let Trigger::Error(error) = trigger else {
                    continue;
                };
                if caught.insert(error.catches().map(str::to_owned)) {
                    continue;
                }
                let what = error.catches().map_or("every error".to_owned(), |code| {
                    format!("the error \"{code}\"")
                });
                self.error(
                    format!("Two boundary events of {} catch {what}", self.name),
                    "delete one of them",
                );
            }
        }
    }
}
