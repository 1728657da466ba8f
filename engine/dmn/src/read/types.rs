//! Item definitions (DMN 1.5, 7.3.2) to types.

use super::model::Model;
use feel::{Type, UnaryTests, Vocabulary};
use std::collections::BTreeMap;
use std::sync::Arc;
use xml::Element;

/// How deep item definitions may stand in each other, by components and by name.
const MAX_LEVELS: usize = 32;

/// Reads the item definitions of a model; those of imported models have been read before.
pub(super) fn read(models: &mut [Model<'_>], at: usize) {
    let mut imported: Vec<(String, Type)> = Vec::new();
    for import in &models[at].imports {
        let types = import
            .model
            .into_iter()
            .flat_map(|model| &models[model].types);
        imported.extend(types.map(|(name, kind)| (prefixed(&import.name, name), kind.clone())));
    }
    let model = &mut models[at];
    model.types.extend(imported);
    let definitions = model.children("itemDefinition");
    let names = definitions
        .iter()
        .filter_map(|element| element.attribute("name"));
    let mut reader = Definitions {
        by_name: names.zip(definitions.iter().copied()).collect(),
        model,
        open: Vec::new(),
    };
    for element in &definitions {
        reader.named(element);
    }
    let types = model.types.clone();
    for (name, kind) in types {
        model.vocabulary.declare_type(&name, kind);
    }
}

/// A name in an import as this model writes it.
pub(super) fn prefixed(import: &str, name: &str) -> String {
    match import {
        "" => name.into(),
        import => format!("{import}.{name}"),
    }
}

/// The definitions of one model under reading.
struct Definitions<'m, 'd> {
    by_name: BTreeMap<&'d str, &'d Element>,
    model: &'m mut Model<'d>,
    /// Those that wait for what they refer to.
    open: Vec<&'d str>,
}

impl<'d> Definitions<'_, 'd> {
    /// The type of a definition on the top level.
    fn named(&mut self, element: &'d Element) -> Type {
        let name = element.attribute("name").unwrap_or_default();
        if let Some(known) = self.model.types.get(name) {
            return known.clone();
        }
        if self.open.contains(&name) {
            let message = format!("the type \"{name}\" is made of itself");
            self.model
                .error(element, message, "take one of the references away");
            return Type::Any;
        }
        if self.open.len() >= MAX_LEVELS {
            let message = format!("types refer to each other more than {MAX_LEVELS} levels deep");
            self.model.error(element, message, "make fewer levels");
            return Type::Any;
        }
        self.open.push(name);
        let kind = self.definition(element, 0);
        self.open.pop();
        self.model.types.insert(name.to_string(), kind.clone());
        kind
    }

    fn definition(&mut self, element: &'d Element, level: usize) -> Type {
        if level > MAX_LEVELS {
            let message = format!("the type has more than {MAX_LEVELS} levels");
            self.model.error(element, message, "make fewer levels");
            return Type::Any;
        }
        let components = self.model.children_of(element, "itemComponent");
        let base = if let Some(reference) = self.model.child(element, "typeRef") {
            self.referred(element, reference.text().trim())
        } else if let Some(function) = self.model.child(element, "functionItem") {
            self.function(function)
        } else if components.is_empty() {
            Type::Any
        } else {
            let entries = components.into_iter().map(|component| {
                let name = component.attribute("name").unwrap_or_default();
                (Arc::from(name), self.definition(component, level + 1))
            });
            Type::Context(entries.collect())
        };
        // Allowed values are those of an item, a constraint is one of the whole.
        let base = self.restricted(element, "allowedValues", base);
        let is_list = matches!(element.attribute("isCollection"), Some("true" | "1"));
        let base = match is_list {
            true => Type::List(Arc::new(base)),
            false => base,
        };
        self.restricted(element, "typeConstraint", base)
    }

    fn restricted(&mut self, element: &'d Element, name: &str, base: Type) -> Type {
        let values = self.model.child(element, name);
        let Some(text) = values.and_then(|values| self.model.text(values)) else {
            return base;
        };
        let of = element.attribute("name").unwrap_or_default();
        let place = format!("the values of the type \"{of}\"");
        match self.model.tests(text, element, &place) {
            Some(tests) => restrict(base, tests),
            None => base,
        }
    }

    fn function(&mut self, element: &'d Element) -> Type {
        let result = element.attribute("outputTypeRef");
        let result = result.map_or(Type::Any, |name| self.referred(element, name));
        let mut parameters = Vec::new();
        for parameter in self.model.children_of(element, "parameters") {
            let kind = parameter.attribute("typeRef");
            parameters.push(kind.map_or(Type::Any, |name| self.referred(parameter, name)));
        }
        Type::Function(parameters.into(), Arc::new(result))
    }

    fn referred(&mut self, element: &'d Element, name: &str) -> Type {
        if let Some(definition) = self.by_name.get(name).copied() {
            return self.named(definition);
        }
        self.model.type_named(element, name)
    }
}

fn restrict(base: Type, tests: UnaryTests) -> Type {
    Type::Restricted(Arc::new((base, tests)))
}

impl Model<'_> {
    /// The type that an element refers to by its attribute; every value where it says nothing.
    pub(super) fn type_of(&mut self, element: &Element, attribute: &str) -> Type {
        match element.attribute(attribute) {
            Some(name) if !name.trim().is_empty() => self.type_named(element, name.trim()),
            _ => Type::Any,
        }
    }

    fn type_named(&mut self, element: &Element, name: &str) -> Type {
        let local = name.rsplit(':').next().unwrap_or(name);
        for name in [name, local] {
            if let Some(kind) = self.types.get(name).cloned().or_else(|| Type::named(name)) {
                return kind;
            }
        }
        // Types of FEEL with their parts, such as `list<number>`.
        let text = format!("null instance of {name}");
        let known = Vocabulary::new();
        if feel::Expression::compile_knowing(&text, &known).is_ok() {
            return Type::Any;
        }
        let message = format!("there is no type \"{name}\"; the values are not checked");
        self.warning(element, message, "define the type, or correct its name");
        Type::Any
    }
}
