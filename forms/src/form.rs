//! A deployed form: read once, then filled, shown, checked and submitted as often as needed.

use crate::answers::Answers;
use crate::filled::{self, Filled, Keep};
use crate::lint;
use crate::post::{Action, Names};
use crate::problem::{Problem, Problems};
use crate::schema::{self, Kind, Schema};
use crate::suggestions::{self, Suggestion};
use crate::validate::{self, FieldError};
use crate::view::{self, Mode, View};
use feel::{Context, Environment, Value};
use std::sync::Arc;

/// A form that may be deployed; cheap to clone.
#[derive(Clone, Debug)]
pub struct Form(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    schema: Schema,
    /// Numbers of the computed components, each after those that it reads.
    order: Vec<usize>,
    names: Names,
    problems: Vec<Problem>,
}

/// What a form is filled with.
#[derive(Clone, Copy, Debug)]
pub struct Data<'d> {
    /// Variables of the task: they prefill fields, and expressions read them.
    pub variables: &'d Context,
    /// What was typed so far.
    pub draft: Option<&'d Answers>,
    /// What was found wrong when it was submitted.
    pub errors: &'d [FieldError],
}

/// A field that holds an answer, as lists of fields need it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Field {
    /// Its name in the data, `plan.goals[].due`.
    pub name: String,
    /// Its label as the designer wrote it; `…` stands for what comes from the data.
    pub label: String,
    /// Whether completing needs an answer.
    pub required: bool,
}

impl Form {
    /// Reads a form-js schema. With an error the form is refused, with all its problems; else [`Form::problems`] has the
    /// warnings and hints.
    pub fn read(json: &str) -> Result<Form, Vec<Problem>> {
        let mut problems = Problems::new(json);
        let schema = schema::read(json, &mut problems);
        lint::lint(&schema, &mut problems);
        let refused = problems.has_errors();
        let problems = problems.into_list();
        match filled::order(&schema) {
            Ok(order) if !refused => {
                let names = Names::of(&schema);
                Ok(Form(Arc::new(Inner {
                    schema,
                    order,
                    names,
                    problems,
                })))
            }
            _ => Err(problems),
        }
    }

    /// The id that user tasks refer to.
    pub fn id(&self) -> &str {
        &self.0.schema.id
    }

    /// Its `title`, else its first heading, else its id.
    pub fn title(&self) -> &str {
        &self.0.schema.title
    }

    /// Warnings and hints.
    pub fn problems(&self) -> &[Problem] {
        &self.0.problems
    }

    /// All fields that hold an answer or a computed value, in the order of the page.
    pub fn fields(&self) -> Vec<Field> {
        let mut fields = Vec::new();
        collect_fields("", &self.0.schema.components, &mut fields);
        fields
    }

    /// What to print, with computed values, visibility, options and prefilled answers worked out.
    pub fn view(&self, data: &Data<'_>, environment: &Environment, mode: Mode) -> View {
        let none = Answers::default();
        let filled = self.filled(data.variables, data.draft.unwrap_or(&none), environment);
        view::build(&filled, mode, data.errors)
    }

    /// What was typed, as it was typed; names that are not the form's are ignored.
    pub fn parse_post(&self, pairs: &[(String, String)]) -> Answers {
        self.0.names.answers(pairs)
    }

    /// Adds or removes a row where the button asks for it; `true` if it did. Other actions are the page's.
    pub fn act(
        &self,
        action: &Action,
        answers: &mut Answers,
        variables: &Context,
        environment: &Environment,
    ) -> bool {
        let (list, row) = match action {
            Action::AddRow { list } => (list, None),
            Action::RemoveRow { list, row } => (list, Some(row)),
            Action::Other(_) => return false,
        };
        let filled = self.filled(variables, answers, environment);
        let found = filled
            .nodes()
            .find(|(_, node)| node.row.is_none() && node.path.name() == *list);
        let Some((_, node)) = found.filter(|(_, node)| !node.readonly && !node.hidden) else {
            return false;
        };
        let Kind::List(settings) = &node.component.kind else {
            return false;
        };
        let ids = node
            .children
            .iter()
            .filter_map(|&row| filled.node(row).row.as_ref());
        let ids: Vec<String> = ids.map(|row| row.id.clone()).collect();
        let allowed = match row {
            None => ids.len() < settings.max_rows,
            Some(row) => ids.len() > settings.min_rows && ids.contains(row),
        };
        if !settings.may_change_rows || !allowed {
            return false;
        }
        answers.set_rows(list, ids);
        match row {
            None => answers.add_row(list),
            Some(row) => answers.remove_row(list, row),
        }
        true
    }

    /// What is wrong with the answers, in the order of the page; nothing if the form may be completed.
    pub fn check(
        &self,
        answers: &Answers,
        variables: &Context,
        environment: &Environment,
    ) -> Vec<FieldError> {
        validate::errors(&self.filled(variables, answers, environment))
    }

    /// The variables that the answers give: numbers as decimals, dates as ISO texts, computed values added, hidden and
    /// disabled fields left out. A visible field without an answer is null, so that an earlier answer can be taken back.
    pub fn submit(
        &self,
        answers: &Answers,
        variables: &Context,
        environment: &Environment,
    ) -> Result<Context, Vec<FieldError>> {
        let filled = self.filled(variables, answers, environment);
        let errors = validate::errors(&filled);
        if !errors.is_empty() {
            return Err(errors);
        }
        let submitted = Value::from(filled.data(Keep::Submitted)).into_json_like();
        Ok(submitted.as_context().cloned().unwrap_or_default())
    }

    /// What decisions have suggested, and what these answers say instead.
    pub fn suggestions(
        &self,
        answers: &Answers,
        variables: &Context,
        environment: &Environment,
    ) -> Vec<Suggestion> {
        suggestions::suggestions(&self.filled(variables, answers, environment))
    }

    fn filled<'f>(
        &'f self,
        variables: &'f Context,
        answers: &Answers,
        environment: &'f Environment,
    ) -> Filled<'f> {
        Filled::new(
            &self.0.schema,
            &self.0.order,
            variables,
            answers,
            environment,
        )
    }
}

fn collect_fields(container: &str, components: &[schema::Component], fields: &mut Vec<Field>) {
    for component in components {
        let own = component.path.join(".");
        let name = [container, &own]
            .into_iter()
            .filter(|part| !part.is_empty())
            .collect::<Vec<_>>()
            .join(".");
        let inside = if matches!(component.kind, Kind::List(_)) {
            format!("{name}[]")
        } else {
            name.clone()
        };
        if component.is_field() {
            fields.push(Field {
                name,
                label: component.label.outline(),
                required: component.rules.required,
            });
        }
        collect_fields(&inside, component.components(), fields);
    }
}
