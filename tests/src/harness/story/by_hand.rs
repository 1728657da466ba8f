//! What somebody does in a story to what runs, beside working on it.

use std::sync::Arc;

use bpmn::{
    Activation, Ancestor, Command, ElementMapping, Key, Migration, Modification, Move,
    ProcessDefinition, ScopeVariables, TimerPolicy, Which,
};

use super::Story;
use crate::scenario::{ByHand, Change};

/// A version of a process.
type Version = (Key, Arc<ProcessDefinition>);

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
            ByHand::Migrate {
                process,
                version,
                pairs,
                without,
                timers_anew,
            } => {
                let target = self.version(process, *version)?;
                let migration = Migration {
                    target: target.0,
                    mapping: self.mapping(&target.1, pairs, without)?,
                    same_ids: without.is_empty(),
                    timers: if *timers_anew {
                        TimerPolicy::Recompute
                    } else {
                        TimerPolicy::Keep
                    },
                };
                self.give(first, Command::Migrate { migration })
            }
            ByHand::Suspend => self.give(first, Command::Suspend),
            ByHand::Resume => {
                self.give(first, Command::Resume)?;
                // What came due meanwhile.
                let now = self.harness.now();
                self.harness.advance(now)
            }
            ByHand::UndoMigration => self.give(first, Command::UndoMigration),
        }
    }

    fn version(&mut self, process: &str, version: u32) -> Result<Version, String> {
        let found = self.harness.version(process, version);
        found.ok_or_else(|| format!("there is no version {version} of \"{process}\""))
    }

    /// The pairs that are named; where some are left out, also those of the same id and kind.
    fn mapping(
        &mut self,
        target: &ProcessDefinition,
        pairs: &[(String, String)],
        without: &[String],
    ) -> Result<Vec<ElementMapping>, String> {
        let mut mapping = Vec::new();
        for (source, target) in pairs {
            mapping.push(ElementMapping {
                source: self.id(source)?.to_string(),
                target: self.id(target)?.to_string(),
            });
        }
        if without.is_empty() {
            return Ok(mapping);
        }
        let first = self.first()?;
        let instances = self.harness.instances()?;
        let instance = instances.iter().find(|i| i.state.key() == first);
        let state = &instance.ok_or("there is no instance")?.state;
        let (_, source) = self.version(state.process_id(), state.version())?;
        for node in source.nodes() {
            let named = mapping.iter().any(|pair| pair.source == node.id())
                || without.iter().any(|name| self.names.is(node.id(), name));
            let same = target
                .node(node.id())
                .filter(|other| other.kind() == node.kind());
            if same.is_some() && !named {
                let (source, target) = (node.id().to_owned(), node.id().to_owned());
                mapping.push(ElementMapping { source, target });
            }
        }
        Ok(mapping)
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
