//! The checked form of an expression: a tree in which every name already knows where its value will be.

use crate::builtins::{Builtin, Pattern};
use crate::value::range;
use crate::{Position, Type, Value};
use std::sync::{Arc, OnceLock};

/// The deepest tree that is accepted. It bounds the stack that reading, running and dropping an expression need.
pub(crate) const MAX_DEPTH: u16 = 128;

/// The place of a local value, counted from the start of the running function's values.
pub(crate) type Slot = usize;

/// A part of an expression.
#[derive(Debug)]
pub(crate) struct Node {
    pub(crate) at: Position,
    pub(crate) depth: u16,
    pub(crate) form: Form,
}

/// What a part of an expression does.
#[derive(Debug)]
pub(crate) enum Form {
    Constant(Value),
    /// A variable of the surroundings.
    Variable(Arc<str>),
    /// A value that an enclosing part has made: an iterator, a parameter, an entry, the item of a filter.
    Local(Slot),
    /// A name inside filters: an entry of the items, innermost first, else what the name means outside.
    Member {
        name: Arc<str>,
        items: Vec<Slot>,
        otherwise: Box<Node>,
    },
    List(Vec<Node>),
    Context(Vec<(Arc<str>, Node)>),
    Range(Box<RangeForm>),
    /// `(= a)` and `(!= a)`.
    RangeOf(Box<Node>, range::Form),
    Path(Box<Node>, Arc<str>),
    Filter(Box<Node>, Box<Node>),
    Negate(Box<Node>),
    /// Operators of one precedence, from left to right: `a + b - c`.
    Arithmetic(Box<Node>, Vec<(Operator, Node)>),
    Compare(Comparison, Box<Node>, Box<Node>),
    Between(Box<[Node; 3]>),
    In(Box<Node>, Vec<Test>),
    And(Vec<Node>),
    Or(Vec<Node>),
    If(Box<[Node; 3]>),
    For {
        iterations: Vec<Iteration>,
        body: Box<Node>,
        reads_partial: bool,
    },
    Some {
        iterations: Vec<Iteration>,
        condition: Box<Node>,
    },
    Every {
        iterations: Vec<Iteration>,
        condition: Box<Node>,
    },
    InstanceOf(Box<Node>, Type),
    /// The last part remembers the regular expression of the first call.
    Builtin(&'static Builtin, Vec<Node>, OnceLock<Box<Pattern>>),
    Invoke(Box<Node>, Vec<Node>),
    InvokeNamed(Box<Node>, Vec<(Arc<str>, Node)>),
    Function(Arc<Lambda>),
    /// A built-in function as a value, unless there is a variable of that name.
    BuiltinValue(&'static str, Option<Box<Node>>),
    /// Tests of a value at a slot; any that holds is enough. `negated`: none may hold.
    Tests {
        input: Slot,
        tests: Vec<Test>,
        negated: bool,
    },
    /// The inner part without its warnings: it asks whether something is there.
    Quiet(Box<Node>),
}

/// The ends of a range.
#[derive(Debug)]
pub(crate) struct RangeForm {
    pub(crate) start: Option<Node>,
    pub(crate) start_included: bool,
    pub(crate) end: Option<Node>,
    pub(crate) end_included: bool,
}

/// `x in source`, or `x in from..to`.
#[derive(Debug)]
pub(crate) struct Iteration {
    pub(crate) source: Node,
    pub(crate) to: Option<Node>,
}

/// A function of the expression itself.
#[derive(Debug)]
pub(crate) struct Lambda {
    pub(crate) parameters: Vec<(Arc<str>, Option<Type>)>,
    pub(crate) body: Node,
    /// The free variables of the body.
    pub(crate) reads: Vec<Arc<str>>,
    /// Whether it is an entry of a context and so can call itself by the slot before its parameters.
    pub(crate) knows_itself: bool,
}

/// One test on the right of `in`, or one of a cell in a decision table.
#[derive(Debug)]
pub(crate) enum Test {
    /// `< 5`
    Compare(Comparison, Node),
    /// A value, a list or a range that the input is compared with.
    Value(Node),
    /// A condition that speaks of the input as `?`.
    Condition(Node),
    /// `-`
    Any,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Operator {
    Add,
    Subtract,
    Multiply,
    Divide,
    Power,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Comparison {
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

impl Node {
    /// A node, and how deep the tree below it is.
    pub(crate) fn new(at: Position, form: Form) -> Node {
        let mut deepest = 0;
        form.each_child(&mut |child| deepest = deepest.max(child.depth));
        Node {
            at,
            depth: deepest + 1,
            form,
        }
    }
}

impl Form {
    fn each_child<'n>(&'n self, visit: &mut dyn FnMut(&'n Node)) {
        match self {
            Form::Constant(_) | Form::Variable(_) | Form::Local(_) => {}
            Form::BuiltinValue(_, variable) => variable.iter().for_each(|node| visit(node)),
            Form::Member {
                otherwise: node, ..
            }
            | Form::Path(node, _)
            | Form::Negate(node)
            | Form::RangeOf(node, _)
            | Form::InstanceOf(node, _)
            | Form::Quiet(node) => visit(node),
            Form::List(nodes) | Form::And(nodes) | Form::Or(nodes) | Form::Builtin(_, nodes, _) => {
                nodes.iter().for_each(visit)
            }
            Form::Context(entries) => entries.iter().for_each(|(_, node)| visit(node)),
            Form::Range(range) => range.start.iter().chain(&range.end).for_each(visit),
            Form::Filter(first, second) | Form::Compare(_, first, second) => {
                [first, second].into_iter().for_each(|node| visit(node))
            }
            Form::Arithmetic(first, rest) => {
                visit(first);
                rest.iter().for_each(|(_, node)| visit(node));
            }
            Form::Between(nodes) | Form::If(nodes) => nodes.iter().for_each(visit),
            Form::In(node, tests) => {
                visit(node);
                tests.iter().filter_map(Test::node).for_each(visit);
            }
            Form::Tests { tests, .. } => tests.iter().filter_map(Test::node).for_each(visit),
            Form::For {
                iterations,
                body: node,
                ..
            }
            | Form::Some {
                iterations,
                condition: node,
            }
            | Form::Every {
                iterations,
                condition: node,
            } => {
                iterations
                    .iter()
                    .flat_map(|iteration| iteration.to.iter().chain([&iteration.source]))
                    .for_each(&mut *visit);
                visit(node);
            }
            Form::Invoke(node, arguments) => {
                visit(node);
                arguments.iter().for_each(visit);
            }
            Form::InvokeNamed(node, arguments) => {
                visit(node);
                arguments.iter().for_each(|(_, node)| visit(node));
            }
            Form::Function(lambda) => visit(&lambda.body),
        }
    }
}

impl Test {
    fn node(&self) -> Option<&Node> {
        match self {
            Test::Compare(_, node) | Test::Value(node) | Test::Condition(node) => Some(node),
            Test::Any => None,
        }
    }
}

impl Form {
    /// The value, if it is the same in every evaluation.
    pub(crate) fn constant(&self) -> Option<&Value> {
        if let Form::Constant(value) = self {
            Some(value)
        } else {
            None
        }
    }
}
