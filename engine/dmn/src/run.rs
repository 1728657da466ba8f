//! One evaluation of a graph: what is required comes first, and nothing is evaluated twice.

use crate::boxed::Form;
use crate::function::Invocable;
use crate::graph::{Element, Index, MAX_CHAIN, Part, Requirement, Service};
use crate::scope::{Owner, Scope, World};
use crate::table::Decided;
use crate::{DecisionError, Evaluated, Warning};
use feel::{Context, Type, Value};
use std::collections::BTreeMap;

/// An evaluation under way.
pub(crate) struct Run<'a> {
    world: World<'a>,
    results: BTreeMap<Index, Value>,
    pub(crate) decisions: Vec<Evaluated>,
    pub(crate) warnings: Vec<Warning>,
    chain: usize,
}

impl<'a> Run<'a> {
    pub(crate) fn new(world: World<'a>) -> Run<'a> {
        Run {
            world,
            results: BTreeMap::new(),
            decisions: Vec::new(),
            warnings: Vec::new(),
            chain: 0,
        }
    }

    /// The value of a decision, or what a service answers to the variables of whoever asks.
    pub(crate) fn decide(&mut self, index: Index) -> Result<Value, DecisionError> {
        if let Some(value) = self.results.get(&index) {
            return Ok(value.clone());
        }
        let element = &self.world.graph.elements[index];
        if self.chain > MAX_CHAIN {
            let decision = element.name.clone();
            return Err(DecisionError::Circle { decision });
        }
        self.chain += 1;
        let value = match &element.part {
            Part::Input => self.input(element),
            Part::Knowledge(_) => Invocable::function(self.world.graph, index),
            Part::Decision(_) => self.decision(element)?,
            Part::Service(service) => self.service(element, service)?,
        };
        self.chain -= 1;
        self.results.insert(index, value.clone());
        Ok(value)
    }

    /// Calls business knowledge or a service.
    pub(crate) fn call(
        &mut self,
        index: Index,
        arguments: Vec<Value>,
    ) -> Result<Value, DecisionError> {
        let element = &self.world.graph.elements[index];
        match &element.part {
            Part::Knowledge(Some(definition)) => {
                let mut locals = self.required(&element.required)?;
                for ((name, _), value) in definition.parameters.iter().zip(arguments) {
                    locals.insert(&**name, value);
                }
                let owner = Owner::of(element);
                let mut scope = self.scope(&owner, locals);
                let value = definition.body.evaluate(&mut scope)?;
                let place = || format!("the result of \"{}\"", element.name);
                let value = scope.typed(&definition.result, value, place);
                Ok(scope.typed(&element.kind, value, place))
            }
            Part::Service(service) => {
                self.results
                    .extend(service.given.iter().copied().zip(arguments));
                self.answer(service)
            }
            Part::Knowledge(None) | Part::Input | Part::Decision(_) => Ok(Value::Null),
        }
    }

    fn scope<'s>(&'s mut self, owner: &'s Owner, locals: Context) -> Scope<'s> {
        Scope {
            world: self.world,
            owner,
            locals,
            warnings: &mut self.warnings,
        }
    }

    /// What is given under a name, read as its type wants it.
    fn given(&mut self, element: &Element, kind: &Type) -> Option<Value> {
        let value = element
            .names()
            .find_map(|name| self.world.outside.get(name))?;
        let owner = Owner::of(element);
        let mut scope = self.scope(&owner, Context::new());
        Some(scope.typed(kind, kind.read(value), || {
            format!("the input \"{}\"", element.name)
        }))
    }

    fn input(&mut self, element: &Element) -> Value {
        self.given(element, &element.kind).unwrap_or_default()
    }

    /// The values of what is required, under all their names. An input that is not given has none, so that whoever reads it is told.
    fn required(&mut self, required: &[Requirement]) -> Result<Context, DecisionError> {
        let mut locals = Context::new();
        for requirement in required {
            let index = requirement.element;
            let value = if let Part::Service(_) = self.world.graph.elements[index].part {
                Invocable::function(self.world.graph, index)
            } else {
                self.decide(index)?
            };
            let element = &self.world.graph.elements[index];
            let missing = value.is_null() && matches!(element.part, Part::Input);
            match &requirement.import {
                None if missing => {}
                None => element.names().for_each(|name| {
                    locals.insert(name, value.clone());
                }),
                Some(import) => {
                    let known = locals.get(import).and_then(Value::as_context).cloned();
                    let mut context = known.unwrap_or_default();
                    for name in element.names() {
                        context.insert(name, value.clone());
                    }
                    locals.insert(&**import, context);
                }
            }
        }
        Ok(locals)
    }

    fn decision(&mut self, element: &Element) -> Result<Value, DecisionError> {
        let Part::Decision(Some(logic)) = &element.part else {
            return Ok(self.given(element, &element.kind).unwrap_or_default());
        };
        let locals = self.required(&element.required)?;
        let owner = Owner::of(element);
        let mut scope = self.scope(&owner, locals);
        let decided = if let Form::Table(table) = &logic.form {
            let mut decided = table.evaluate(&mut scope)?;
            decided.value = scope.typed(&logic.kind, decided.value, || logic.place.clone());
            decided
        } else {
            let read = element.reads.iter();
            let read = read.map(|name| (name.clone(), scope.variable(name).unwrap_or_default()));
            let inputs = read.collect();
            Decided::by_value(inputs, logic.evaluate(&mut scope)?)
        };
        let place = || format!("the result of \"{}\"", element.name);
        let value = scope.typed(&element.kind, decided.value, place);
        self.account(element, decided.inputs, decided.rules, &value);
        Ok(value)
    }

    fn service(&mut self, element: &'a Element, service: &Service) -> Result<Value, DecisionError> {
        let mut inputs = Vec::new();
        let mut inside = Run::new(World {
            outside: &(),
            ..self.world
        });
        inside.chain = self.chain;
        for index in &service.given {
            let given = &self.world.graph.elements[*index];
            let value = self.given(given, &given.kind).unwrap_or_default();
            inputs.push((given.name.clone(), value.clone()));
            inside.results.insert(*index, value);
        }
        let value = inside.answer(service);
        self.decisions.append(&mut inside.decisions);
        self.warnings.append(&mut inside.warnings);
        let owner = Owner::of(element);
        let mut scope = self.scope(&owner, Context::new());
        let place = || format!("the result of \"{}\"", element.name);
        let value = scope.typed(&element.kind, value?, place);
        self.account(element, inputs, Vec::new(), &value);
        Ok(value)
    }

    /// The only output of a service, or all by their names.
    fn answer(&mut self, service: &Service) -> Result<Value, DecisionError> {
        if let [only] = service.outputs.as_slice() {
            return self.decide(*only);
        }
        let mut answer = Context::new();
        for index in &service.outputs {
            let value = self.decide(*index)?;
            answer.insert(self.world.graph.elements[*index].visible_name(), value);
        }
        Ok(answer.into())
    }

    fn account(
        &mut self,
        element: &Element,
        inputs: Vec<(String, Value)>,
        rules: Vec<(usize, Vec<Value>)>,
        value: &Value,
    ) {
        let stored = |values: Vec<Value>| values.into_iter().map(Value::into_json_like).collect();
        let (matched_rules, rule_outputs) = rules
            .into_iter()
            .map(|(rule, outputs)| (rule, stored(outputs)))
            .unzip();
        let inputs = inputs
            .into_iter()
            .map(|(label, value)| (label, value.into_json_like()));
        self.decisions.push(Evaluated {
            decision_id: element.id.clone(),
            decision_name: element.name.clone(),
            inputs: inputs.collect(),
            matched_rules,
            rule_outputs,
            output: value.clone().into_json_like(),
        });
    }
}
