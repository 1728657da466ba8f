//! From the components of a form to the nodes of a filled one: rows are made, answers put in.

use super::{Choice, Filled, Node, Row, data};
use crate::answers::Answers;
use crate::limits;
use crate::path::Path;
use crate::post;
use crate::schema::{Component, Flag, Kind, ListField, Options, Question};
use crate::typed;
use feel::{Context, Environment, Value};

impl<'f> Filled<'f> {
    /// The nodes of some components, with all that they hold. `given` is what the variables have there.
    pub(super) fn expand(
        &mut self,
        components: &'f [Component],
        container: Option<usize>,
        path: &Path,
        given: &Context,
        answers: &Answers,
    ) -> Vec<usize> {
        let mut made = Vec::new();
        for component in components {
            if self.nodes.len() >= limits::FIELDS {
                break;
            }
            let path = path.with_keys(&component.path);
            let prefill = if component.path.is_empty() {
                Value::Null
            } else {
                data::at(given, &component.path)
            };
            let index = self.add(component, container, path.clone(), prefill.clone());
            made.push(index);
            match &component.kind {
                Kind::Group { components, .. } => {
                    let inner = match component.path.is_empty() {
                        true => given.clone(),
                        false => prefill.as_context().cloned().unwrap_or_default(),
                    };
                    self.nodes[index].children =
                        self.expand(components, Some(index), &path, &inner, answers);
                }
                Kind::List(list) => self.expand_rows(list, index, &path, &prefill, answers),
                Kind::Question(question) => self.answer(index, question, answers),
                Kind::Table { .. }
                | Kind::Prose { .. }
                | Kind::Computed(_)
                | Kind::Separator
                | Kind::Spacer => {}
            }
        }
        made
    }

    fn add(
        &mut self,
        component: &'f Component,
        container: Option<usize>,
        path: Path,
        prefill: Value,
    ) -> usize {
        self.nodes.push(Node {
            component,
            container,
            path,
            children: Vec::new(),
            row: None,
            texts: Vec::new(),
            answer: Ok(Value::Null),
            prefill,
            options: static_options(component),
            hidden: false,
            hides_itself: false,
            readonly: matches!(component.readonly, Flag::Fixed(true)) || component.disabled,
            untouched: true,
        });
        self.nodes.len() - 1
    }

    fn expand_rows(
        &mut self,
        list: &'f ListField,
        index: usize,
        path: &Path,
        prefill: &Value,
        answers: &Answers,
    ) {
        let given = prefill.as_list().unwrap_or_default();
        let ids: Vec<String> = match answers.row_ids(&path.name()) {
            Some(ids) => ids.to_vec(),
            None if given.is_empty() => (1..=list.initial_rows)
                .map(|row| format!("n{row}"))
                .collect(),
            None => (1..=given.len().min(limits::ROWS))
                .map(|row| format!("v{row}"))
                .collect(),
        };
        let component = self.nodes[index].component;
        let mut rows = Vec::new();
        for (place, id) in ids.into_iter().enumerate() {
            if self.nodes.len() >= limits::FIELDS {
                break;
            }
            let row_path = path.with_row(&id);
            let of_variables = id
                .strip_prefix('v')
                .and_then(|number| number.parse::<usize>().ok());
            let row_given = of_variables
                .and_then(|number| given.get(number.checked_sub(1)?))
                .cloned();
            let row_given = row_given.unwrap_or(Value::Null);
            let row = self.add(component, Some(index), row_path.clone(), row_given.clone());
            self.nodes[row].row = Some(Row { id, index: place });
            let inner = row_given.as_context().cloned().unwrap_or_default();
            self.nodes[row].children =
                self.expand(&list.components, Some(row), &row_path, &inner, answers);
            rows.push(row);
        }
        self.nodes[index].children = rows;
    }

    /// Sets the answer of a question from what was typed, else from the variables, else from the default.
    fn answer(&mut self, index: usize, question: &Question, answers: &Answers) {
        let node = &mut self.nodes[index];
        let name = node.path.name();
        let parts = post::parts(question).iter();
        let typed: Vec<_> = parts
            .map(|part| answers.texts(&format!("{name}{part}")))
            .collect();
        if node.readonly || typed.iter().all(Option::is_none) {
            node.give(question, self.environment);
            return;
        }
        let typed = typed.into_iter().map(Option::unwrap_or_default);
        node.texts = typed.map(<[String]>::to_vec).collect();
        node.untouched = false;
        node.read(question, self.environment);
    }
}

impl Node<'_> {
    /// Works the answer out from what was typed.
    pub(super) fn read(&mut self, question: &Question, environment: &Environment) {
        self.answer = typed::read(question, &self.texts, &self.options, environment);
    }

    /// Answers with the variable, else with the default.
    pub(super) fn give(&mut self, question: &Question, environment: &Environment) {
        let first = match (&self.prefill, &self.component.default) {
            (Value::Null, Some(default)) => default,
            (prefill, _) => prefill,
        };
        let value = typed::adopt(question, first, &self.options, environment);
        self.untouched = true;
        self.texts = typed::write(question, &value, environment);
        self.answer = Ok(value);
    }
}

fn static_options(component: &Component) -> Vec<Choice> {
    let Some(Options::Static(options)) = component.options() else {
        return Vec::new();
    };
    let choices = options.iter().map(|option| Choice {
        text: crate::words::value(&option.value),
        value: option.value.clone(),
        label: option.label.clone(),
    });
    choices.collect()
}
