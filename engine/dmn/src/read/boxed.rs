//! Boxed expressions.

use super::model::{Model, about};
use crate::boxed::{Boxed, Entry, Form, Iteration};
use crate::function::Definition;
use feel::Type;
use std::sync::Arc;
use xml::{Element, Problem};

/// How deep boxed expressions may stand in each other. Together with the nesting of texts it bounds the stack.
const MAX_LEVELS: usize = 24;

/// The elements that are boxed expressions.
const FORMS: [&str; 13] = [
    "decisionTable",
    "literalExpression",
    "context",
    "invocation",
    "relation",
    "list",
    "functionDefinition",
    "conditional",
    "filter",
    "for",
    "some",
    "every",
    "expression",
];

impl<'d> Model<'d> {
    /// The logic of a decision; `None` where it is missing or wrong.
    pub(super) fn decision_logic(&mut self, decision: &'d Element, name: &str) -> Option<Boxed> {
        match self.form_in(decision) {
            Some(element) => {
                let what = match &*element.name {
                    "literalExpression" => "expression",
                    _ => "logic",
                };
                let place = format!("the {what} of \"{name}\"");
                self.boxed(element, decision, &place, 0)
            }
            None => {
                let message = format!("the decision \"{name}\" has no logic");
                let way_out = "give it a decision table or another expression";
                self.error(decision, message, way_out);
                None
            }
        }
    }

    /// The first boxed expression directly inside an element.
    fn form_in(&self, element: &'d Element) -> Option<&'d Element> {
        element
            .children
            .iter()
            .find(|child| child.namespace == self.root.namespace && FORMS.contains(&&*child.name))
    }

    /// The boxed expressions directly inside an element.
    fn forms_in(&self, element: &'d Element) -> Vec<&'d Element> {
        let children = element.children.iter();
        let children = children.filter(|child| child.namespace == self.root.namespace);
        children
            .filter(|child| FORMS.contains(&&*child.name))
            .collect()
    }

    /// A boxed expression. Everything that is wrong inside it is found, also after the first problem.
    pub(super) fn boxed(
        &mut self,
        element: &'d Element,
        owner: &'d Element,
        place: &str,
        level: usize,
    ) -> Option<Boxed> {
        if level > MAX_LEVELS {
            let message = format!("{place} is nested more than {MAX_LEVELS} levels deep");
            let problem = Problem::error(element.position, message, "make decisions of its parts");
            self.problems.push(about(owner, problem));
            return None;
        }
        let kind = self.type_of(element, "typeRef");
        let inner = Inner {
            owner,
            place,
            level: level + 1,
        };
        let form = match &*element.name {
            "literalExpression" => self.literal(element, owner, place),
            "decisionTable" => self
                .table(element, owner)
                .map(|table| Form::Table(Box::new(table))),
            "context" => self.context(element, inner),
            "invocation" => self.invocation(element, inner),
            "relation" => self.relation(element, inner),
            "list" => self.list(element, inner),
            "functionDefinition" => {
                let definition = self.definition(element, owner, place, level + 1);
                definition.map(|definition| Form::Function(Arc::new(definition)))
            }
            "conditional" => self.conditional(element, inner),
            "filter" => {
                let parts = ["in", "match"].map(|name| self.part(element, name, inner));
                let [Some(source), Some(condition)] = parts else {
                    return None;
                };
                Some(Form::Filter(Box::new([source, condition])))
            }
            "for" => self.iteration(element, "return", inner).map(Form::For),
            "some" => self.iteration(element, "satisfies", inner).map(Form::Some),
            "every" => self.iteration(element, "satisfies", inner).map(Form::Every),
            other => {
                let message = format!("{place}: <{other}> says nothing that can be executed");
                let way_out = "use a decision table or another expression";
                let problem = Problem::error(element.position, message, way_out);
                self.problems.push(about(owner, problem));
                None
            }
        };
        Some(Boxed {
            form: form?,
            kind,
            place: place.to_string(),
        })
    }

    fn literal(&mut self, element: &'d Element, owner: &'d Element, place: &str) -> Option<Form> {
        if !self.is_feel(element, owner) {
            return None;
        }
        let Some(text) = self.text(element) else {
            let message = format!("{place} is empty");
            let problem = Problem::error(element.position, message, "write a FEEL expression");
            self.problems.push(about(owner, problem));
            return None;
        };
        self.expression(text, owner, place).map(Form::Literal)
    }

    /// The boxed expression in a child of that name.
    fn part(&mut self, element: &'d Element, name: &str, inner: Inner<'_, 'd>) -> Option<Boxed> {
        let found = self
            .child(element, name)
            .and_then(|part| self.form_in(part));
        self.found(found, element, &format!("{}, `{name}`", inner.place), inner)
    }

    fn found(
        &mut self,
        found: Option<&'d Element>,
        around: &'d Element,
        place: &str,
        inner: Inner<'_, 'd>,
    ) -> Option<Boxed> {
        let Some(found) = found else {
            let message = format!("{place} is missing");
            let problem = Problem::error(around.position, message, "give it an expression");
            self.problems.push(about(inner.owner, problem));
            return None;
        };
        self.boxed(found, inner.owner, place, inner.level)
    }

    fn context(&mut self, element: &'d Element, inner: Inner<'_, 'd>) -> Option<Form> {
        let mut entries = Vec::new();
        let mut complete = true;
        for entry in self.children_of(element, "contextEntry") {
            let variable = self.child(entry, "variable");
            let name = variable.and_then(|variable| variable.attribute("name"));
            let kind = variable.map_or(Type::Any, |variable| self.type_of(variable, "typeRef"));
            let place = match name {
                Some(name) => format!("the entry \"{name}\""),
                None => "the result of the context".to_string(),
            };
            let value = self.form_in(entry);
            match self.found(value, entry, &place, inner) {
                Some(value) => entries.push(Entry {
                    name: name.map(Arc::from),
                    kind,
                    value,
                }),
                None => complete = false,
            }
        }
        complete.then_some(Form::Context(entries))
    }

    fn invocation(&mut self, element: &'d Element, inner: Inner<'_, 'd>) -> Option<Form> {
        let place = format!("the function that {} invokes", inner.place);
        let function = self.form_in(element);
        let function = self.found(function, element, &place, inner);
        let mut bindings: Vec<(Arc<str>, Option<Boxed>)> = Vec::new();
        for binding in self.children_of(element, "binding") {
            let parameter = self.child(binding, "parameter");
            let name = parameter.and_then(|parameter| parameter.attribute("name"));
            let name = name.unwrap_or_default();
            let value = self.form_in(binding);
            let value = match value {
                Some(value) => {
                    let place = format!("the argument \"{name}\"");
                    Some(self.boxed(value, inner.owner, &place, inner.level)?)
                }
                None => None,
            };
            bindings.push((name.into(), value));
        }
        Some(Form::Invocation {
            function: Box::new(function?),
            bindings,
        })
    }

    fn relation(&mut self, element: &'d Element, inner: Inner<'_, 'd>) -> Option<Form> {
        let columns = self.children_of(element, "column");
        let columns: Vec<Arc<str>> = columns
            .iter()
            .map(|column| column.attribute("name").unwrap_or_default().into())
            .collect();
        let mut rows = Vec::new();
        for (number, row) in self.children_of(element, "row").into_iter().enumerate() {
            let number = number + 1;
            let cells = self.forms_in(row);
            if cells.len() != columns.len() {
                let (found, wanted) = (cells.len(), columns.len());
                let message =
                    format!("row {number} has {found} cells, the relation {wanted} columns");
                let problem =
                    Problem::error(row.position, message, "give the row one cell a column");
                self.problems.push(about(inner.owner, problem));
                return None;
            }
            let mut read = Vec::new();
            for (cell, column) in cells.into_iter().zip(&columns) {
                let place = format!("row {number}, column \"{column}\"");
                read.push(self.boxed(cell, inner.owner, &place, inner.level)?);
            }
            rows.push(read);
        }
        Some(Form::Relation { columns, rows })
    }

    fn list(&mut self, element: &'d Element, inner: Inner<'_, 'd>) -> Option<Form> {
        let mut items = Vec::new();
        for (number, item) in self.forms_in(element).into_iter().enumerate() {
            let place = format!("item {}", number + 1);
            items.push(self.boxed(item, inner.owner, &place, inner.level)?);
        }
        Some(Form::List(items))
    }

    fn conditional(&mut self, element: &'d Element, inner: Inner<'_, 'd>) -> Option<Form> {
        let parts = ["if", "then", "else"].map(|name| self.part(element, name, inner));
        let [Some(condition), Some(yes), Some(no)] = parts else {
            return None;
        };
        Some(Form::Conditional(Box::new([condition, yes, no])))
    }

    fn iteration(
        &mut self,
        element: &'d Element,
        body: &str,
        inner: Inner<'_, 'd>,
    ) -> Option<Box<Iteration>> {
        let variable = element.attribute("iteratorVariable").unwrap_or_default();
        let source = self.part(element, "in", inner);
        let body = self.part(element, body, inner);
        Some(Box::new(Iteration {
            variable: variable.into(),
            source: source?,
            body: body?,
        }))
    }

    /// Parameters and body of a function or of business knowledge.
    pub(super) fn definition(
        &mut self,
        element: &'d Element,
        owner: &'d Element,
        place: &str,
        level: usize,
    ) -> Option<Definition> {
        let kind = element.attribute("kind").unwrap_or("FEEL");
        if !matches!(kind, "FEEL" | "F" | "") {
            let message = format!("{place}: functions outside of FEEL ({kind}) are not executed");
            let problem = Problem::error(element.position, message, "write the function in FEEL");
            self.problems.push(about(owner, problem));
            return None;
        }
        let mut parameters: Vec<(Arc<str>, Type)> = Vec::new();
        for parameter in self.children_of(element, "formalParameter") {
            let name = parameter.attribute("name").unwrap_or_default();
            parameters.push((name.into(), self.type_of(parameter, "typeRef")));
        }
        let result = self.type_of(element, "typeRef");
        let inner = Inner {
            owner,
            place,
            level,
        };
        let body = self.form_in(element);
        let body = self.found(body, element, place, inner)?;
        Some(Definition {
            parameters,
            body,
            result,
        })
    }
}

/// Where boxed expressions stand that are inside another one.
#[derive(Clone, Copy)]
struct Inner<'p, 'd> {
    owner: &'d Element,
    place: &'p str,
    level: usize,
}
