//! Calls: of built-in functions, whose parameters are known here, and of values.

use super::{Parse, Parser};
use crate::builtins::{self, Builtin};
use crate::lexer::Lexeme;
use crate::syntax::{Form, Node};
use crate::{Position, Problem, Value};
use std::sync::{Arc, OnceLock};

/// Arguments as they are written.
enum Arguments {
    Positional(Vec<Node>),
    Named(Vec<(Arc<str>, Node)>),
}

impl Parser<'_> {
    /// A call of a built-in function, if the next words name one and a parenthesis follows.
    pub(super) fn built_in_call(&mut self) -> Parse<Option<Node>> {
        let Some((name, words)) = self.built_in_name()? else {
            return Ok(None);
        };
        if self.scope.calls_local(name, true) || self.scope.calls_variable(name) {
            return Ok(None);
        }
        let at = self.at();
        self.next += words + 1;
        self.scope.counts_working_days |= builtins::counts_working_days(name);
        let arguments = self.arguments()?;
        let (builtin, mut nodes) = match arguments {
            Arguments::Positional(nodes) => (builtins::with_arity(name, nodes.len()), nodes),
            Arguments::Named(named) => named_arguments(name, named, at),
        };
        let Some(builtin) = builtin else {
            let message = format!(
                "`{name}` takes {}, not {} arguments",
                builtins::usage(name),
                nodes.len()
            );
            return Err(Problem {
                position: at,
                message,
            });
        };
        for (node, parameter) in nodes.iter_mut().zip(builtin.parameter_names()) {
            if matches!(parameter, "precedes" | "match") {
                self.meaning_built_in(node);
            }
        }
        if builtin.asks_for_presence && !nodes.is_empty() {
            let first = nodes.remove(0);
            nodes.insert(0, self.node(at, Form::Quiet(Box::new(first)))?);
        }
        self.node(at, Form::Builtin(builtin, nodes, OnceLock::new()))
            .map(Some)
    }

    /// The longest name of a built-in function at this place and how many words it has; a `(` follows it.
    fn built_in_name(&self) -> Parse<Option<(&'static str, usize)>> {
        let mut words = String::new();
        let mut longest = None;
        for count in 0..builtins::MOST_WORDS {
            let Lexeme::Word(word) = self.ahead(count) else {
                break;
            };
            if count > 0 {
                words.push(' ');
            }
            words.push_str(word);
            if self.mark_at(count + 1, "(") {
                longest = builtins::find(&words).map(|name| (name, count + 1));
                let known =
                    self.scope.calls_local(&words, true) || self.scope.calls_variable(&words);
                if let (Some(why), false) = (builtins::refusal(&words), known) {
                    return Err(self.problem(format!("`{words}` is not executed: {why}")));
                }
                break;
            }
        }
        Ok(longest)
    }

    /// A call of a name must mean something that can be called, or the author has mistyped it.
    pub(super) fn check_callable(&self, at: Position, name: &str) -> Parse<()> {
        if self.scope.calls_local(name, false) || self.scope.calls_variable(name) {
            return Ok(());
        }
        let hint = builtins::nearest(name)
            .map(|near| format!("; did you mean `{near}`?"))
            .unwrap_or_default();
        Err(Problem {
            position: at,
            message: format!("there is no function `{name}`{hint}"),
        })
    }

    /// A call of a value; the opening parenthesis has been read.
    pub(super) fn invocation(&mut self, at: Position, function: Node) -> Parse<Node> {
        let form = match self.arguments()? {
            Arguments::Positional(mut nodes) => {
                nodes
                    .iter_mut()
                    .for_each(|node| self.meaning_built_in(node));
                Form::Invoke(Box::new(function), nodes)
            }
            Arguments::Named(mut nodes) => {
                nodes
                    .iter_mut()
                    .for_each(|(_, node)| self.meaning_built_in(node));
                Form::InvokeNamed(Box::new(function), nodes)
            }
        };
        self.node(at, form)
    }

    /// Where a function may be wanted, the name of a built-in one is that function.
    pub(super) fn meaning_built_in(&self, node: &mut Node) {
        if let Form::Variable(name) = &node.form
            && let Some(name) = builtins::find(name)
        {
            let variable = std::mem::replace(&mut node.form, Form::BuiltinValue(name, None));
            let inner = Node::new(node.at, variable);
            *node = Node::new(node.at, Form::BuiltinValue(name, Some(Box::new(inner))));
        }
    }

    /// A built-in function of several words that is named and not called.
    pub(super) fn built_in_value(&mut self) -> Option<Node> {
        let at = self.at();
        let mut words = String::new();
        let mut found = None;
        for count in 0..builtins::MOST_WORDS {
            let Lexeme::Word(word) = self.ahead(count) else {
                break;
            };
            if count > 0 {
                words.push(' ');
            }
            words.push_str(word);
            if count > 0
                && let Some(name) = builtins::find(&words)
            {
                found = Some((name, count + 1));
            }
        }
        let (name, words) = found?;
        self.next += words;
        Some(Node::new(at, Form::BuiltinValue(name, None)))
    }

    fn arguments(&mut self) -> Parse<Arguments> {
        if self.takes(")") {
            return Ok(Arguments::Positional(Vec::new()));
        }
        let arguments = self.enclosed(|parser| match parser.argument_name() {
            Some(_) => parser.by_name().map(Arguments::Named),
            None => parser.positional().map(Arguments::Positional),
        })?;
        self.expect(")", "after the arguments")?;
        Ok(arguments)
    }

    fn positional(&mut self) -> Parse<Vec<Node>> {
        let mut nodes = vec![self.expression()?];
        while self.takes(",") {
            nodes.push(self.expression()?);
        }
        Ok(nodes)
    }

    fn by_name(&mut self) -> Parse<Vec<(Arc<str>, Node)>> {
        let mut nodes = Vec::new();
        loop {
            let Some((name, tokens)) = self.argument_name() else {
                return Err(self.problem("either all arguments have names or none"));
            };
            self.next += tokens + 1;
            nodes.push((name, self.expression()?));
            if !self.takes(",") {
                return Ok(nodes);
            }
        }
    }

    /// The name before a colon, and how many words it has.
    fn argument_name(&self) -> Option<(Arc<str>, usize)> {
        if let (Lexeme::Quoted(name), true) = (self.lexeme(), self.mark_at(1, ":")) {
            return Some((name.clone(), 1));
        }
        let mut words: Vec<&str> = Vec::new();
        while let Lexeme::Word(word) = self.ahead(words.len()) {
            words.push(word);
        }
        match words.is_empty() || !self.mark_at(words.len(), ":") {
            true => None,
            false => Some((words.join(" ").into(), words.len())),
        }
    }
}

/// Puts named arguments into the order of the parameters.
fn named_arguments(
    name: &str,
    mut named: Vec<(Arc<str>, Node)>,
    at: Position,
) -> (Option<&'static Builtin>, Vec<Node>) {
    let names: Vec<&str> = named.iter().map(|(name, _)| &**name).collect();
    let builtin = builtins::with_names(name, &names);
    let mut nodes = Vec::new();
    for parameter in builtin.iter().flat_map(|builtin| builtin.parameter_names()) {
        match named.iter().position(|(name, _)| **name == *parameter) {
            Some(index) => nodes.push(named.swap_remove(index).1),
            None if named.is_empty() => break,
            None => nodes.push(Node::new(at, Form::Constant(Value::Null))),
        }
    }
    nodes.extend(named.into_iter().map(|(_, node)| node));
    (builtin, nodes)
}
