//! Runs the checked tree.
//!
//! Nothing here fails in silence: where a value cannot be computed it is null, and a [`Warning`] says why. Nothing runs away:
//! every step is counted, and past a limit the whole evaluation ends.

mod arithmetic;
mod calls;
mod compare;
mod iterate;
mod paths;
mod tests;

pub(crate) use calls::Call;
pub(crate) use compare::{equal, order};
pub(crate) use iterate::sorted;

use crate::syntax::{Form, Node, RangeForm, Slot};
use crate::{
    Budget, Context, Environment, Evaluation, Function, Limits, Position, Range, Reason, Value,
    Variables, Warning,
};
use std::sync::Arc;

/// Warnings beyond this number would only repeat themselves.
const MAX_WARNINGS: usize = 50;

/// Lists and contexts in each other that a result may have; more could not be stored.
const MAX_LEVELS: usize = crate::json::LEVELS;

/// Why there is no value.
pub(crate) enum Stop {
    /// It is null, and the reason has been noted.
    Null,
    /// A limit was passed; nothing more is evaluated.
    Limit,
}

/// A value, or why there is none.
pub(crate) type Outcome<T = Value> = Result<T, Stop>;

/// What every part of an evaluation may see: the environment, and how much of its limits is used up.
pub(crate) struct World<'a> {
    pub(crate) environment: &'a Environment,
    pub(crate) budget: &'a Budget,
}

impl World<'_> {
    /// Counts work, and says whether there may be more of it.
    pub(crate) fn count(&self, steps: u64) -> bool {
        self.budget.charge(steps, &self.environment.limits)
    }
}

/// One evaluation under way.
pub(crate) struct Evaluator<'a> {
    variables: &'a dyn Variables,
    pub(crate) world: World<'a>,
    warnings: Vec<Warning>,
    /// The values of iterators, parameters, entries and filter items; those of the running function begin at `base`.
    locals: Vec<Value>,
    base: Slot,
    /// The variables that the running function saw when it was made.
    around: Option<Context>,
}

/// Evaluates the tree with `locals` as its first local values.
pub(crate) fn evaluate(
    root: &Node,
    locals: Vec<Value>,
    variables: &dyn Variables,
    environment: &Environment,
    budget: &Budget,
) -> Evaluation {
    run(locals, variables, environment, budget, |evaluator| {
        let value = evaluator.value(root)?;
        evaluator.storable(root.at, value)
    })
}

/// Calls a function from outside of expressions.
pub(crate) fn call(
    function: &Function,
    arguments: Vec<Value>,
    environment: &Environment,
    budget: &Budget,
) -> Evaluation {
    run(Vec::new(), &(), environment, budget, |evaluator| {
        let function = Value::Function(Arc::new(function.clone()));
        evaluator.invoke(Position::default(), &function, arguments)
    })
}

fn run(
    locals: Vec<Value>,
    variables: &dyn Variables,
    environment: &Environment,
    budget: &Budget,
    work: impl FnOnce(&mut Evaluator<'_>) -> Outcome,
) -> Evaluation {
    let world = World {
        environment,
        budget,
    };
    let mut evaluator = Evaluator {
        variables,
        world,
        warnings: Vec::new(),
        locals,
        base: 0,
        around: None,
    };
    let outcome = work(&mut evaluator);
    Evaluation {
        value: outcome.unwrap_or_default(),
        warnings: evaluator.warnings,
    }
}

impl<'a> Evaluator<'a> {
    /// The value of a part. `Err` is always [`Stop::Limit`]: what is merely null has become a value.
    pub(crate) fn value(&mut self, node: &Node) -> Outcome {
        self.step(node.at)?;
        match &node.form {
            Form::Constant(value) => Ok(value.clone()),
            Form::Local(slot) => Ok(self.locals[self.base + slot].clone()),
            Form::Variable(name) => Ok(self.variable(node.at, name)),
            _ => {
                let depth = &self.world.budget.depth;
                if depth.get() >= self.limits().depth {
                    return self.too_deep(node.at);
                }
                depth.set(depth.get() + 1);
                let outcome = self.compound(node);
                depth.set(depth.get() - 1);
                // Comparing large values may have stopped half-way: then its answer means nothing.
                self.charge(node.at, 0)?;
                match outcome {
                    Err(Stop::Null) => Ok(Value::Null),
                    other => other,
                }
            }
        }
    }

    fn compound(&mut self, node: &Node) -> Outcome {
        let at = node.at;
        match &node.form {
            Form::Constant(_) | Form::Local(_) | Form::Variable(_) => self.value(node),
            Form::Member {
                name,
                items,
                otherwise,
            } => self.member(name, items, otherwise),
            Form::List(nodes) => self.list(nodes),
            Form::Context(entries) => self.context(entries),
            Form::Range(form) => self.range(at, form),
            Form::RangeOf(node, form) => Ok(Range::of(self.value(node)?, *form).into()),
            Form::Path(node, name) => self.path(at, node, name),
            Form::Filter(list, condition) => self.filter(at, list, condition),
            Form::Negate(operand) => self.negate(at, operand),
            Form::Arithmetic(first, rest) => self.arithmetic(at, first, rest),
            Form::Compare(comparison, left, right) => self.compare(at, *comparison, left, right),
            Form::Between(nodes) => self.between(at, nodes),
            Form::In(node, tests) => self.is_in(at, node, tests),
            Form::And(nodes) => self.logic(nodes, false),
            Form::Or(nodes) => self.logic(nodes, true),
            Form::If(nodes) => self.conditional(nodes),
            Form::For {
                iterations,
                body,
                reads_partial,
            } => self.for_loop(at, iterations, body, *reads_partial),
            Form::Some {
                iterations,
                condition,
            } => self.quantified(iterations, condition, true),
            Form::Every {
                iterations,
                condition,
            } => self.quantified(iterations, condition, false),
            Form::InstanceOf(node, kind) => {
                let value = self.value(node)?;
                Ok(kind.has_instance(&value).into())
            }
            Form::Builtin(builtin, arguments, pattern) => {
                self.built_in(at, builtin, arguments, pattern)
            }
            Form::Invoke(function, arguments) => self.invoke_node(at, function, arguments),
            Form::InvokeNamed(function, arguments) => self.invoke_named(at, function, arguments),
            Form::Function(lambda) => self.closure(lambda),
            Form::BuiltinValue(name, variable) => self.built_in_value(name, variable.as_deref()),
            Form::Tests {
                input,
                tests,
                negated,
            } => self.tests(at, *input, tests, *negated),
            Form::Quiet(inner) => {
                let before = self.warnings.len();
                let value = self.value(inner)?;
                self.warnings.truncate(before);
                Ok(value)
            }
        }
    }

    fn variable(&mut self, at: Position, name: &str) -> Value {
        if let Some(value) = self.around.as_ref().and_then(|around| around.get(name)) {
            return value.clone();
        }
        match self.variables.get(name) {
            Some(value) => value,
            None => {
                self.warn(at, Reason::MissingVariable, || {
                    format!("there is no variable `{name}`")
                });
                Value::Null
            }
        }
    }

    fn member(&mut self, name: &str, items: &[Slot], otherwise: &Node) -> Outcome {
        for slot in items {
            if let Value::Context(context) = &self.locals[self.base + slot]
                && let Some(value) = context.get(name)
            {
                return Ok(value.clone());
            }
        }
        self.value(otherwise)
    }

    fn list(&mut self, nodes: &[Node]) -> Outcome {
        let mut items = Vec::with_capacity(nodes.len());
        for node in nodes {
            items.push(self.value(node)?);
        }
        Ok(items.into())
    }

    fn context(&mut self, entries: &[(Arc<str>, Node)]) -> Outcome {
        let height = self.locals.len();
        let mut context = Context::new();
        for (name, node) in entries {
            let value = self.value(node)?;
            self.locals.push(value.clone());
            context.insert(&**name, value);
        }
        self.locals.truncate(height);
        Ok(context.into())
    }

    fn range(&mut self, at: Position, form: &RangeForm) -> Outcome {
        let start = form
            .start
            .as_ref()
            .map(|node| self.value(node))
            .transpose()?;
        let end = form.end.as_ref().map(|node| self.value(node)).transpose()?;
        for (node, value) in [(&form.start, &start), (&form.end, &end)] {
            let written = node.as_ref().and_then(|node| node.form.constant());
            if written.is_none() && value.as_ref().is_some_and(Value::is_null) {
                return self.null(at, Reason::TypeMismatch, || {
                    "a range cannot end at null".into()
                });
            }
        }
        match Range::new(start, form.start_included, end, form.end_included) {
            Ok(range) => Ok(range.into()),
            Err(message) => self.null(at, Reason::TypeMismatch, || message),
        }
    }

    fn conditional(&mut self, nodes: &[Node; 3]) -> Outcome {
        let [condition, yes, no] = nodes;
        let value = self.value(condition)?;
        match value.as_bool() {
            Some(true) => return self.value(yes),
            Some(false) => {}
            None => self.warn(condition.at, Reason::TypeMismatch, || {
                format!(
                    "the condition is {}, not a boolean; `else` was taken",
                    with_article(&value)
                )
            }),
        }
        self.value(no)
    }

    /// `and` (decided by a false) and `or` (decided by a true); what is neither true nor false is unknown.
    fn logic(&mut self, nodes: &[Node], decides: bool) -> Outcome {
        let mut unknown = false;
        for node in nodes {
            let value = self.value(node)?;
            match value.as_bool() {
                Some(boolean) if boolean == decides => return Ok(decides.into()),
                Some(_) => {}
                None => {
                    unknown = true;
                    if !value.is_null() {
                        self.warn(node.at, Reason::TypeMismatch, || {
                            format!("{} is neither true nor false", with_article(&value))
                        });
                    }
                }
            }
        }
        Ok(if unknown {
            Value::Null
        } else {
            (!decides).into()
        })
    }

    /// Counts one step.
    fn step(&mut self, at: Position) -> Outcome<()> {
        self.charge(at, 1)
    }

    /// Counts work that is more than a step.
    pub(crate) fn charge(&mut self, at: Position, steps: usize) -> Outcome<()> {
        match self.world.count(steps as u64) {
            true => Ok(()),
            false => self
                .limit(at, "steps", self.limits().steps, "steps")
                .map(drop),
        }
    }

    /// Checks the length of a list before it is made, and counts the copying.
    pub(crate) fn list_of(&mut self, at: Position, items: usize) -> Outcome<()> {
        let most = self.limits().list_items;
        if items > most {
            return self
                .limit(at, "list_items", most as u64, "items in a list")
                .map(drop);
        }
        self.charge(at, items / 8)
    }

    /// Checks the length of a string before it is made, and counts the copying.
    pub(crate) fn string_of(&mut self, at: Position, bytes: usize) -> Outcome<()> {
        let most = self.limits().string_bytes;
        if bytes > most {
            return self
                .limit(at, "string_bytes", most as u64, "bytes in a string")
                .map(drop);
        }
        self.charge(at, bytes / 64)
    }

    /// Refuses what is too large or too deep to be written down. Small expressions can make values that are huge in writing,
    /// because they share their parts.
    pub(crate) fn storable(&mut self, at: Position, value: Value) -> Outcome {
        match self.measure(&value, 0) {
            Some(levels) if levels > MAX_LEVELS => self.limit(
                at,
                "levels",
                MAX_LEVELS as u64,
                "lists and contexts in each other",
            ),
            Some(_) => Ok(value),
            None => self.limit(at, "steps", self.limits().steps, "steps"),
        }
    }

    /// How deep a value is, or a number above the limit; `None` where looking at all of it takes too long.
    fn measure(&self, value: &Value, levels: usize) -> Option<usize> {
        let (inner, outer): (&mut dyn Iterator<Item = &Value>, usize) = match value {
            Value::List(items) => (&mut items.iter(), items.len()),
            Value::Context(context) => (&mut context.iter().map(|(_, value)| value), context.len()),
            Value::Function(function) => {
                let around = function.around().map(|(_, value)| value);
                (&mut function.captured().iter().chain(around), 1)
            }
            _ => return Some(levels),
        };
        if levels >= MAX_LEVELS {
            return Some(levels + 1);
        }
        if !self.world.count(outer as u64) {
            return None;
        }
        let mut deepest = levels + 1;
        for value in inner {
            deepest = deepest.max(self.measure(value, levels + 1)?);
        }
        Some(deepest)
    }

    fn limits(&self) -> &'a Limits {
        &self.world.environment.limits
    }

    fn too_deep(&mut self, at: Position) -> Outcome {
        let most = self.limits().depth;
        self.limit(at, "depth", most.into(), "levels of nested evaluation")
    }

    fn limit(&mut self, at: Position, name: &str, most: u64, what: &str) -> Outcome {
        // The one warning that counts must not be dropped because there are many others.
        self.warnings.truncate(MAX_WARNINGS - 1);
        self.warn(at, Reason::Limit, || {
            format!("the limit `{name}` was passed: at most {most} {what}")
        });
        Err(Stop::Limit)
    }

    /// Notes why a value is null.
    pub(crate) fn null<T>(
        &mut self,
        at: Position,
        reason: Reason,
        message: impl FnOnce() -> String,
    ) -> Outcome<T> {
        self.warn(at, reason, message);
        Err(Stop::Null)
    }

    pub(crate) fn warn(
        &mut self,
        position: Position,
        reason: Reason,
        message: impl FnOnce() -> String,
    ) {
        if self.warnings.len() >= MAX_WARNINGS {
            return;
        }
        let warning = Warning {
            position,
            reason,
            message: message(),
        };
        if !self.warnings.contains(&warning) {
            self.warnings.push(warning);
        }
    }
}

/// The type of a value in a sentence.
pub(crate) fn with_article(value: &Value) -> String {
    match value {
        Value::Null => "null".into(),
        Value::Far(far) => format!("a {} beyond the year 9999", far.kind()),
        other => format!("a {}", other.kind()),
    }
}
