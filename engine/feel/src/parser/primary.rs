//! The parts of an expression that are no operators: literals, names, lists, contexts, ranges, and what follows them directly.

use super::scope::Meaning;
use super::{Parse, Parser, describe, power};
use crate::lexer::Lexeme;
use crate::syntax::{Comparison, Form, Node, RangeForm};
use crate::value::{range, temporal};
use crate::{Context, Problem, Range, Value};
use std::sync::Arc;

/// Words that are never names.
const KEYWORDS: [&str; 14] = [
    "if",
    "then",
    "else",
    "for",
    "in",
    "return",
    "some",
    "every",
    "satisfies",
    "and",
    "or",
    "between",
    "instance",
    "function",
];

/// Properties of values whose names have two words.
const PROPERTIES: [(&str, &str); 3] = [
    ("time", "offset"),
    ("start", "included"),
    ("end", "included"),
];

impl Parser<'_> {
    pub(super) fn prefix(&mut self) -> Parse<Node> {
        let at = self.at();
        match self.lexeme().clone() {
            Lexeme::Number(number) => {
                self.next += 1;
                Ok(self.constant(at, number))
            }
            Lexeme::Text(text) => {
                self.next += 1;
                Ok(self.constant(at, text))
            }
            Lexeme::Quoted(name) => {
                self.next += 1;
                self.named(at, &name)
            }
            Lexeme::Mark(mark) => self.after_mark(mark),
            Lexeme::Word(word) => self.after_word(&word),
            Lexeme::End => Err(self.problem("expected a value, found the end")),
        }
    }

    fn after_mark(&mut self, mark: &str) -> Parse<Node> {
        let at = self.at();
        match mark {
            "-" => {
                self.next += 1;
                let operand = self.operand(power::NEGATION)?;
                match &operand.form {
                    Form::Constant(Value::Number(number)) => Ok(self.constant(at, -*number)),
                    _ => self.node(at, Form::Negate(Box::new(operand))),
                }
            }
            "@" => self.temporal_literal(),
            "?" => {
                self.next += 1;
                let (_, meaning) = self.scope.resolve(&"?".into());
                self.saw_input = true;
                match meaning {
                    Meaning::Local(slot) => self.node(at, Form::Local(slot)),
                    Meaning::Variable => Err(Problem {
                        position: at,
                        message: "`?` is the tested value and has a meaning only in the cells of a decision table".into(),
                    }),
                }
            }
            "(" => self.parenthesis(),
            "[" => self.list(),
            "]" => {
                self.next += 1;
                let start = self.enclosed(|parser| parser.operand(power::SUM))?;
                self.range_from(at, start, false)
            }
            "{" => self.context(),
            _ => Err(self.problem(format!("expected a value, found `{mark}`"))),
        }
    }

    fn after_word(&mut self, word: &Arc<str>) -> Parse<Node> {
        let at = self.at();
        if let Some(call) = self.built_in_call()? {
            return Ok(call);
        }
        if let Some((name, tokens)) = self.scope.phrase(&self.tokens[self.next..]) {
            self.next += tokens;
            return self.named(at, &name);
        }
        if let Some(function) = self.built_in_value() {
            return Ok(function);
        }
        match &**word {
            "null" | "true" | "false" => {
                self.next += 1;
                Ok(self.constant(at, (&**word != "null").then_some(&**word == "true")))
            }
            "if" => self.conditional(),
            "for" => self.for_loop(),
            "some" | "every" => self.quantified(&**word == "every"),
            "function" => self.function(None),
            keyword if KEYWORDS.contains(&keyword) => {
                Err(self.problem(format!("expected a value, found `{keyword}`")))
            }
            _ => {
                self.next += 1;
                self.named(at, word)
            }
        }
    }

    /// What a name means at this place.
    fn named(&mut self, at: crate::Position, name: &Arc<str>) -> Parse<Node> {
        if self.mark_at(0, "(") {
            self.check_callable(at, name)?;
        }
        let (items, meaning) = self.scope.resolve(name);
        let outside = match meaning {
            Meaning::Local(slot) => Form::Local(slot),
            Meaning::Variable => Form::Variable(name.clone()),
        };
        if items.is_empty() {
            return self.node(at, outside);
        }
        let otherwise = Box::new(self.node(at, outside)?);
        self.node(
            at,
            Form::Member {
                name: name.clone(),
                items,
                otherwise,
            },
        )
    }

    fn temporal_literal(&mut self) -> Parse<Node> {
        let at = self.at();
        self.next += 1;
        let Lexeme::Text(text) = self.take() else {
            return Err(Problem {
                position: at,
                message: "expected a string after `@`, such as @\"2026-03-02\"".into(),
            });
        };
        match temporal::literal(&text) {
            Some(value) => Ok(self.constant(at, value)),
            None => Err(Problem {
                position: at,
                message: format!(
                    "\"{text}\" is no date, time, date and time or duration of ISO 8601"
                ),
            }),
        }
    }

    /// `(a)`, `(a..b]` or `(< a)`.
    fn parenthesis(&mut self) -> Parse<Node> {
        let at = self.at();
        self.next += 1;
        if let Some(comparison) = self.takes_comparison() {
            let end = self.enclosed(|parser| parser.operand(power::SUM))?;
            self.expect(")", "after the end of the range")?;
            return self.half_range(at, comparison, end);
        }
        let inside = self.enclosed(Parser::expression)?;
        if self.mark_at(0, "..") {
            return self.range_from(at, inside, false);
        }
        self.expect(")", "after the expression")?;
        Ok(inside)
    }

    fn half_range(
        &mut self,
        at: crate::Position,
        comparison: Comparison,
        end: Node,
    ) -> Parse<Node> {
        let included = matches!(
            comparison,
            Comparison::LessOrEqual | Comparison::GreaterOrEqual
        );
        let (start, end) = match comparison {
            Comparison::Less | Comparison::LessOrEqual => (None, Some(end)),
            Comparison::Greater | Comparison::GreaterOrEqual => (Some(end), None),
            Comparison::Equal => {
                return self.node(at, Form::RangeOf(Box::new(end), range::Form::Equal));
            }
            Comparison::NotEqual => {
                return self.node(at, Form::RangeOf(Box::new(end), range::Form::NotEqual));
            }
        };
        self.range(
            at,
            RangeForm {
                start,
                start_included: included,
                end,
                end_included: included,
            },
        )
    }

    /// The rest of a range whose start has been read; the next mark is `..`.
    pub(super) fn range_from(
        &mut self,
        at: crate::Position,
        start: Node,
        start_included: bool,
    ) -> Parse<Node> {
        self.expect("..", "between the ends of the range")?;
        let outside = std::mem::replace(&mut self.in_range_end, true);
        let end = self.operand(power::SUM);
        self.in_range_end = outside;
        let end = end?;
        let end_included = self.takes("]");
        if !end_included && !self.takes(")") && !self.takes("[") {
            let message = format!(
                "expected `]` or `)` after the range, found {}",
                describe(self.lexeme())
            );
            return Err(self.problem(message));
        }
        self.range(
            at,
            RangeForm {
                start: Some(start),
                start_included,
                end: Some(end),
                end_included,
            },
        )
    }

    /// A range of constants is made once and then shared.
    fn range(&self, at: crate::Position, form: RangeForm) -> Parse<Node> {
        let constant = |end: &Option<Node>| end.as_ref().map(|node| node.form.constant().cloned());
        let ends = match (constant(&form.start), constant(&form.end)) {
            (Some(None), _) | (_, Some(None)) => return self.node(at, Form::Range(Box::new(form))),
            (start, end) => (start.flatten(), end.flatten()),
        };
        match Range::new(ends.0, form.start_included, ends.1, form.end_included) {
            Ok(range) => Ok(self.constant(at, range)),
            Err(message) => Err(Problem {
                position: at,
                message,
            }),
        }
    }

    /// `[a, b]` or `[a..b]`.
    fn list(&mut self) -> Parse<Node> {
        let at = self.at();
        self.next += 1;
        let mut items = Vec::new();
        if self.takes("]") {
            return Ok(self.constant(at, Vec::new()));
        }
        loop {
            items.push(self.enclosed(Parser::expression)?);
            if self.mark_at(0, "..") && items.len() == 1 {
                return self.range_from(at, items.remove(0), true);
            }
            if !self.takes(",") {
                break;
            }
        }
        self.expect("]", "after the items of the list")?;
        // A list of constants is made once and then shared.
        let constants: Option<Vec<Value>> = items
            .iter()
            .map(|item| item.form.constant().cloned())
            .collect();
        match constants {
            Some(values) => Ok(self.constant(at, values)),
            None => self.node(at, Form::List(items)),
        }
    }

    /// `{name: value, "other name": value}`; later values may use the names of earlier ones.
    fn context(&mut self) -> Parse<Node> {
        let at = self.at();
        self.next += 1;
        if self.takes("}") {
            return Ok(self.constant(at, Context::new()));
        }
        let height = self.scope.height();
        let entries = self.enclosed(Parser::entries);
        self.scope.truncate(height);
        let entries = entries?;
        self.expect("}", "after the entries of the context")?;
        self.node(at, Form::Context(entries))
    }

    fn entries(&mut self) -> Parse<Vec<(Arc<str>, Node)>> {
        let mut entries: Vec<(Arc<str>, Node)> = Vec::new();
        loop {
            let name = self.key()?;
            if entries.iter().any(|(known, _)| *known == name) {
                return Err(self.problem(format!("the context has two entries `{name}`")));
            }
            self.expect(":", "after the name of the entry")?;
            let is_function = self.word_at(0, "function") && self.mark_at(1, "(");
            let value = match is_function {
                true => self.function(Some(name.clone()))?,
                false => self.expression()?,
            };
            self.scope.push(name.clone(), is_function);
            entries.push((name, value));
            if !self.takes(",") {
                return Ok(entries);
            }
        }
    }

    /// The name of an entry: a string, or words and signs up to the colon.
    fn key(&mut self) -> Parse<Arc<str>> {
        if let Lexeme::Text(text) = self.lexeme().clone() {
            self.next += 1;
            return Ok(text);
        }
        if matches!(self.lexeme(), Lexeme::Quoted(_)) || self.mark_at(1, ":") {
            return self.declared_name("an entry");
        }
        let start = self.next;
        let mut name = String::new();
        loop {
            match self.lexeme() {
                Lexeme::Word(word) => {
                    if !name.is_empty()
                        && matches!(self.tokens[self.next - 1].lexeme, Lexeme::Word(_))
                    {
                        name.push(' ');
                    }
                    name.push_str(word);
                }
                Lexeme::Number(number) if self.next > start => name.push_str(&number.to_string()),
                Lexeme::Mark(sign @ ("+" | "-" | "*" | "/" | "." | "**")) if self.next > start => {
                    name.push_str(sign)
                }
                _ => break,
            }
            self.next += 1;
        }
        if name.is_empty() {
            return Err(self.problem(format!(
                "expected the name of an entry, found {}",
                describe(self.lexeme())
            )));
        }
        self.scope.declare_phrase(&name);
        Ok(name.into())
    }

    /// What follows a value directly: `.name`, `[filter]`, `(arguments)`, `instance of type`.
    pub(super) fn postfix(&mut self, left: Node) -> Parse<Node> {
        let at = self.at();
        match self.take() {
            Lexeme::Mark(".") => {
                let name = self.property()?;
                self.node(at, Form::Path(Box::new(left), name))
            }
            Lexeme::Mark("[") => {
                let height = self.scope.height();
                self.scope.push_item();
                let condition = self.enclosed(Parser::expression);
                self.scope.truncate(height);
                let condition = condition?;
                self.expect("]", "after the filter")?;
                self.node(at, Form::Filter(Box::new(left), Box::new(condition)))
            }
            Lexeme::Mark("(") => self.invocation(at, left),
            _ => {
                self.next += 1;
                let mut left = left;
                self.meaning_built_in(&mut left);
                let kind = self.type_name()?;
                self.node(at, Form::InstanceOf(Box::new(left), kind))
            }
        }
    }

    fn property(&mut self) -> Parse<Arc<str>> {
        let first = self.lexeme().clone();
        if let Lexeme::Word(word) = &first {
            if PROPERTIES
                .iter()
                .any(|(one, two)| **word == **one && self.word_at(1, two))
            {
                let Lexeme::Word(second) = self.ahead(1).clone() else {
                    return Ok(word.clone());
                };
                self.next += 2;
                return Ok(format!("{word} {second}").into());
            }
            if let Some((name, tokens)) = self.scope.phrase(&self.tokens[self.next..]) {
                self.next += tokens;
                return Ok(name);
            }
        }
        match first {
            Lexeme::Word(name) | Lexeme::Quoted(name) => {
                self.next += 1;
                Ok(name)
            }
            other => Err(self.problem(format!(
                "expected a name after the point, found {}",
                describe(&other)
            ))),
        }
    }
}
