//! A decision and what it requires.

use crate::boxed::{Boxed, Form};
use crate::graph::{Graph, Index, Part};
use crate::run::Run;
use crate::scope::World;
use crate::table::HitPolicy;
use crate::{DecisionError, Outcome, Sheet};
use feel::{Budget, Environment, Variables};
use std::fmt;
use std::sync::Arc;

/// A decision, or a decision service, that was read and checked. It holds everything that it requires.
pub struct Decision {
    pub(crate) graph: Arc<Graph>,
    pub(crate) index: Index,
    pub(crate) required: Vec<String>,
    version_tag: Option<String>,
}

impl fmt::Debug for Decision {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Decision").field(&self.id()).finish()
    }
}

/// The results of a decision: what they are called, and how many there may be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outputs<'a> {
    /// The outputs of a table; of everything else the name of its variable.
    pub names: Vec<&'a str>,
    /// Whether the result is a list with an item for each rule that matched.
    pub is_list: bool,
}

impl Decision {
    pub(crate) fn new(graph: &Arc<Graph>, index: Index, version_tag: Option<&str>) -> Decision {
        let required = graph.elements[index]
            .required
            .iter()
            .map(|requirement| &graph.elements[requirement.element])
            .filter(|element| matches!(element.part, Part::Decision(_)))
            .map(|element| element.id.clone());
        Decision {
            required: required.collect(),
            version_tag: version_tag.map(str::to_owned),
            graph: graph.clone(),
            index,
        }
    }

    /// The `id` in the model.
    pub fn id(&self) -> &str {
        &self.graph.elements[self.index].id
    }

    /// The `name` in the model.
    pub fn name(&self) -> &str {
        &self.graph.elements[self.index].name
    }

    /// The tag that the modeller gave this version: an extension of zeebe and of camunda.
    pub fn version_tag(&self) -> Option<&str> {
        self.version_tag.as_deref()
    }

    /// The `id` of its model, which may have none: then its `namespace`.
    pub fn model_id(&self) -> &str {
        &self.graph.elements[self.index].model.id
    }

    /// The `name` of its model, or its id where it has none.
    pub fn model_name(&self) -> &str {
        &self.graph.elements[self.index].model.name
    }

    /// The variables that its own expressions read, sorted, without the results of what it requires.
    pub fn reads(&self) -> &[String] {
        &self.graph.elements[self.index].reads
    }

    /// The ids of the decisions whose results it uses.
    pub fn required_decisions(&self) -> &[String] {
        &self.required
    }

    /// Its table as it was drawn, where it is one.
    pub fn sheet(&self) -> Option<&Sheet> {
        match &self.graph.elements[self.index].part {
            Part::Decision(Some(Boxed {
                form: Form::Table(table),
                ..
            })) => Some(&table.sheet),
            Part::Decision(_) | Part::Input | Part::Knowledge(_) | Part::Service(_) => None,
        }
    }

    /// What its results are called, and whether they are a list.
    pub fn outputs(&self) -> Outputs<'_> {
        let element = &self.graph.elements[self.index];
        let Part::Decision(Some(Boxed {
            form: Form::Table(table),
            ..
        })) = &element.part
        else {
            return Outputs {
                names: vec![element.visible_name()],
                is_list: false,
            };
        };
        let is_list = match table.hit_policy {
            HitPolicy::Collect | HitPolicy::OutputOrder => true,
            HitPolicy::Unique
            | HitPolicy::First
            | HitPolicy::Any
            | HitPolicy::Priority
            | HitPolicy::Aggregate(_) => false,
        };
        let names = table.outputs.iter().map(|output| output.name.as_str());
        Outputs {
            names: names.collect(),
            is_list,
        }
    }

    /// Evaluates what is required and then the decision itself. Each result is a variable under the decision's id, its name and
    /// the name of its variable element for the decisions that come after.
    pub fn evaluate(
        &self,
        variables: &dyn Variables,
        environment: &Environment,
    ) -> Result<Outcome, DecisionError> {
        let budget = Budget::default();
        let mut run = Run::new(World {
            graph: &self.graph,
            outside: variables,
            environment,
            budget: &budget,
        });
        let value = run.decide(self.index)?;
        Ok(Outcome {
            value,
            decisions: run.decisions,
            warnings: run.warnings,
        })
    }
}
