//! What somebody does in a story to what runs, beside working on it.

use bpmn::{Activation, Ancestor, Command, Key, Modification, Move, ScopeVariables, Which};

use super::Story;
use crate::scenario::{ByHand, Change};

impl Story<'_> {
    pub(super) fn by_hand(&mut self, act: &ByHand) -> Result<(), String> {
        let first = self.first()?;
        match act {
            ByHand::Modify { changes, variables } => {
                let variables = ScopeVariables {
                    scope: None,
                    variables: self.context(variables.as_deref())?,
                };
                let mut modification = Modification::default();
                for change in changes {
                    self.change(&mut modification, change, &variables)?;
                }
                self.give(first, Command::Modify { modification })
            }
        }
    }

    fn change(
        &mut self,
        modification: &mut Modification,
        change: &Change,
        variables: &ScopeVariables,
    ) -> Result<(), String> {
        let variables = vec![variables.clone()];
        match change {
            Change::Activate { element, scope } => modification.activate.push(Activation {
                element: self.id(element)?.to_string(),
                ancestor: match scope {
                    Some(scope) => Some(self.youngest(scope)?),
                    None => None,
                },
                variables,
            }),
            Change::Move { from, to } => modification.moves.push(Move {
                source: Which::Element {
                    element: self.id(from)?.to_string(),
                },
                target: self.id(to)?.to_string(),
                ancestor: Ancestor::Inferred,
                variables,
            }),
            Change::Terminate { element } => modification.terminate.push(Which::Element {
                element: self.id(element)?.to_string(),
            }),
        }
        Ok(())
    }

    /// The youngest active visit to an element.
    fn youngest(&mut self, called: &str) -> Result<Key, String> {
        let (first, id) = (self.first()?, self.id(called)?);
        let instances = self.harness.instances()?;
        let mut instances = instances.iter();
        let instance = instances.find(|instance| instance.state.key() == first);
        let visits = instance.into_iter().flat_map(|i| i.state.elements());
        let visit = visits.filter(|(_, visit)| *visit.element() == id);
        let visit = visit.map(|(key, _)| *key).max();
        visit.ok_or_else(|| format!("nothing is active at \"{called}\""))
    }
}
