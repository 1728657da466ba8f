//! The requirements graph: decisions, inputs, knowledge and services of models that were read together.

use crate::boxed::Boxed;
use crate::function::Definition;
use feel::Type;
use std::sync::Arc;

/// The longest chain of elements that require each other.
pub(crate) const MAX_CHAIN: usize = 50;

/// The place of an element in its [`Graph`].
pub(crate) type Index = usize;

/// Everything in the models that were read together.
#[derive(Debug, Default)]
pub(crate) struct Graph {
    pub(crate) elements: Vec<Element>,
}

/// What a model is called.
#[derive(Debug)]
pub(crate) struct Names {
    /// By this others import it.
    pub(crate) namespace: Arc<str>,
    pub(crate) id: String,
    pub(crate) name: String,
}

/// An element of the graph.
#[derive(Debug)]
pub(crate) struct Element {
    pub(crate) model: Arc<Names>,
    pub(crate) id: String,
    pub(crate) name: String,
    /// The name under which others see the value, if it differs.
    pub(crate) variable: Option<String>,
    /// What the value must be.
    pub(crate) kind: Type,
    pub(crate) part: Part,
    pub(crate) required: Vec<Requirement>,
    /// The variables that it reads from outside of the model, sorted.
    pub(crate) reads: Vec<String>,
}

/// What an element is.
#[derive(Debug)]
pub(crate) enum Part {
    /// Something that is given.
    Input,
    /// A decision; without logic it is given, or null.
    Decision(Option<Boxed>),
    /// A function.
    Knowledge(Option<Arc<Definition>>),
    /// A part of the graph as a function.
    Service(Service),
}

/// A decision service (DMN 1.5, 10.4): what is given to it, and what it answers.
#[derive(Debug, Default)]
pub(crate) struct Service {
    /// Inputs and decisions that are given, in the order of the parameters.
    pub(crate) given: Vec<Index>,
    pub(crate) outputs: Vec<Index>,
    /// The names and types of what is given.
    pub(crate) parameters: Vec<(Arc<str>, Type)>,
}

/// An element that another one needs, and under which name of an import it is seen.
#[derive(Debug)]
pub(crate) struct Requirement {
    pub(crate) element: Index,
    pub(crate) import: Option<Arc<str>>,
}

impl Element {
    /// The names under which the value is known to those who require it.
    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        let names = [
            Some(self.id.as_str()),
            Some(self.name.as_str()),
            self.variable.as_deref(),
        ];
        names.into_iter().flatten().filter(|name| !name.is_empty())
    }

    /// The name of the variable of the element.
    pub(crate) fn visible_name(&self) -> &str {
        self.variable.as_deref().unwrap_or(&self.name)
    }
}
