//! Boxed expressions (DMN 1.5, 10.2): the forms that logic can take, and what they evaluate to.

mod iterate;
mod reads;

use crate::DecisionError;
use crate::function::{Closure, Definition};
use crate::scope::Scope;
use crate::table::Table;
use feel::{Context, Expression, Function, Reason, Type, Value};
use std::sync::Arc;

/// How many levels of nested evaluation a boxed expression counts as: its stack is larger than that of a part of a text.
const LEVELS: u32 = 3;

/// A boxed expression.
#[derive(Debug)]
pub(crate) struct Boxed {
    pub(crate) form: Form,
    /// What the value must be.
    pub(crate) kind: Type,
    /// Where it stands, for messages: `the entry "age"`.
    pub(crate) place: String,
}

/// The forms.
#[derive(Debug)]
pub(crate) enum Form {
    Literal(Expression),
    Table(Box<Table>),
    /// Entries in order; the value of one without name is the value of the whole.
    Context(Vec<Entry>),
    Invocation {
        function: Box<Boxed>,
        bindings: Vec<(Arc<str>, Option<Boxed>)>,
    },
    Relation {
        columns: Vec<Arc<str>>,
        rows: Vec<Vec<Boxed>>,
    },
    List(Vec<Boxed>),
    Function(Arc<Definition>),
    Conditional(Box<[Boxed; 3]>),
    /// A list and what its items must fulfil.
    Filter(Box<[Boxed; 2]>),
    For(Box<Iteration>),
    Some(Box<Iteration>),
    Every(Box<Iteration>),
}

/// An entry of a context.
#[derive(Debug)]
pub(crate) struct Entry {
    pub(crate) name: Option<Arc<str>>,
    pub(crate) kind: Type,
    pub(crate) value: Boxed,
}

/// A list, the name of its items, and what is done with each.
#[derive(Debug)]
pub(crate) struct Iteration {
    pub(crate) variable: Arc<str>,
    pub(crate) source: Boxed,
    pub(crate) body: Boxed,
}

impl Boxed {
    /// The value, as one of its type.
    pub(crate) fn evaluate(&self, scope: &mut Scope<'_>) -> Result<Value, DecisionError> {
        let world = scope.world;
        let limits = &world.environment.limits;
        let value = world
            .budget
            .deeper(LEVELS, limits, || self.untyped(&mut *scope));
        let Some(value) = value else {
            let message = format!(
                "the limit `depth` was passed: at most {} levels of nested evaluation",
                limits.depth
            );
            return Err(scope.limit(self.place.clone(), message));
        };
        Ok(scope.typed(&self.kind, value?, || self.place.clone()))
    }

    fn untyped(&self, scope: &mut Scope<'_>) -> Result<Value, DecisionError> {
        match &self.form {
            Form::Literal(expression) => scope.value(expression, || self.place.clone()),
            Form::Table(table) => Ok(table.evaluate(scope)?.value),
            Form::Context(entries) => context(entries, scope),
            Form::Invocation { function, bindings } => self.invocation(function, bindings, scope),
            Form::Relation { columns, rows } => relation(columns, rows, scope),
            Form::List(items) => {
                let items = items.iter().map(|item| item.evaluate(scope));
                Ok(items.collect::<Result<Vec<Value>, _>>()?.into())
            }
            Form::Function(definition) => Ok(closure(definition, scope, None)),
            Form::Conditional(parts) => {
                let [condition, yes, no] = &**parts;
                match condition.evaluate(scope)? {
                    Value::Boolean(true) => yes.evaluate(scope),
                    Value::Boolean(false) | Value::Null => no.evaluate(scope),
                    other => Ok(no_boolean(condition, &other, scope)),
                }
            }
            Form::Filter(parts) => iterate::filter(&parts[0], &parts[1], scope),
            Form::For(iteration) => iterate::for_each(iteration, scope),
            Form::Some(iteration) => iterate::quantified(iteration, scope, true),
            Form::Every(iteration) => iterate::quantified(iteration, scope, false),
        }
    }

    fn invocation(
        &self,
        function: &Boxed,
        bindings: &[(Arc<str>, Option<Boxed>)],
        scope: &mut Scope<'_>,
    ) -> Result<Value, DecisionError> {
        let place = || self.place.clone();
        let Value::Function(function) = function.evaluate(scope)? else {
            let message = "what is invoked is no function".into();
            scope.note(Reason::TypeMismatch, message, &place);
            return Ok(Value::Null);
        };
        let parameters = function.parameters();
        let mut arguments = vec![Value::Null; parameters.len()];
        for (name, value) in bindings {
            let index = parameters.iter().position(|known| *known == &**name);
            let Some(index) = index else {
                let message = format!("{function} has no parameter `{name}`");
                scope.note(Reason::TypeMismatch, message, &place);
                return Ok(Value::Null);
            };
            if let Some(value) = value {
                arguments[index] = value.evaluate(scope)?;
            }
        }
        let world = scope.world;
        let evaluation = function.call(arguments, world.environment, world.budget);
        scope.kept(evaluation, place)
    }
}

fn context(entries: &[Entry], scope: &mut Scope<'_>) -> Result<Value, DecisionError> {
    let outside = scope.locals.clone();
    let mut made = Context::new();
    for entry in entries {
        let value = match (&entry.name, &entry.value.form) {
            // A function that is an entry can call itself by the name of the entry.
            (Some(name), Form::Function(definition)) => {
                Ok(closure(definition, scope, Some(name.clone())))
            }
            _ => entry.value.evaluate(scope),
        };
        let value = match value {
            Ok(value) => value,
            Err(error) => {
                scope.locals = outside;
                return Err(error);
            }
        };
        let value = scope.typed(&entry.kind, value, || entry.value.place.clone());
        let Some(name) = &entry.name else {
            scope.locals = outside;
            return Ok(value);
        };
        scope.locals.insert(&**name, value.clone());
        made.insert(&**name, value);
    }
    scope.locals = outside;
    Ok(made.into())
}

/// What is neither true nor false makes the whole null.
fn no_boolean(condition: &Boxed, value: &Value, scope: &mut Scope<'_>) -> Value {
    let message = format!("the condition is a {}, not a boolean", value.kind());
    scope.note(Reason::TypeMismatch, message, &|| condition.place.clone());
    Value::Null
}

fn relation(
    columns: &[Arc<str>],
    rows: &[Vec<Boxed>],
    scope: &mut Scope<'_>,
) -> Result<Value, DecisionError> {
    let mut made = Vec::with_capacity(rows.len());
    for row in rows {
        let mut context = Context::new();
        for (name, cell) in columns.iter().zip(row) {
            context.insert(&**name, cell.evaluate(scope)?);
        }
        made.push(Value::from(context));
    }
    Ok(made.into())
}

fn closure(definition: &Arc<Definition>, scope: &Scope<'_>, itself: Option<Arc<str>>) -> Value {
    let closure = Closure {
        graph: scope.world.graph.clone(),
        definition: definition.clone(),
        owner: scope.owner.clone(),
        locals: scope.locals.clone(),
        itself,
    };
    Value::Function(Arc::new(Function::new(Arc::new(closure))))
}
