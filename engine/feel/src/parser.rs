//! Tokens to the checked tree: a Pratt parser that resolves names as it goes.
//!
//! A name is one word, whatever is in scope. Names of several words stand in backticks, or are known: the built-in functions, and
//! what a decision model or the expression itself declares.

mod calls;
mod forms;
mod primary;
mod scope;
mod tests;

use crate::lexer::{Lexeme, Token, tokens};
use crate::syntax::{Comparison, Form, MAX_DEPTH, Node, Operator};
use crate::{Position, Problem, Value, Vocabulary};
use scope::Scope;
use std::sync::Arc;

/// The tree and the free variables.
pub(crate) struct Parsed {
    pub(crate) root: Node,
    pub(crate) reads: Vec<String>,
    pub(crate) counts_working_days: bool,
}

/// The longest text of an expression in bytes.
const MAX_BYTES: usize = 1_000_000;

/// Reads one expression with the names that are known.
pub(crate) fn expression(text: &str, known: &Vocabulary) -> Result<Parsed, Problem> {
    let mut parser = Parser::new(text, Scope::knowing(known))?;
    let root = parser.expression()?;
    parser.end()?;
    Ok(Parsed {
        root,
        counts_working_days: parser.scope.counts_working_days,
        reads: parser.scope.into_reads(),
    })
}

/// Reads the tests of a value, which is the local at slot 0.
pub(crate) fn unary_tests(text: &str, known: &Vocabulary) -> Result<Parsed, Problem> {
    let mut parser = Parser::new(text, Scope::knowing(known))?;
    parser.scope.push("?".into(), false);
    let root = parser.unary_tests()?;
    parser.end()?;
    Ok(Parsed {
        root,
        counts_working_days: parser.scope.counts_working_days,
        reads: parser.scope.into_reads(),
    })
}

type Parse<T> = Result<T, Problem>;

struct Parser<'v> {
    tokens: Vec<Token>,
    next: usize,
    scope: Scope<'v>,
    nesting: u16,
    /// At the upper end of a range a `[` closes the range and opens no filter.
    in_range_end: bool,
    /// Whether `?` was read since this was last cleared.
    saw_input: bool,
}

/// How tightly operators bind; a higher number binds tighter.
mod power {
    pub(super) const LOWEST: u8 = 0;
    pub(super) const OR: u8 = 1;
    pub(super) const AND: u8 = 2;
    pub(super) const COMPARISON: u8 = 3;
    pub(super) const SUM: u8 = 4;
    pub(super) const PRODUCT: u8 = 5;
    pub(super) const POWER: u8 = 6;
    pub(super) const NEGATION: u8 = 7;
    pub(super) const POSTFIX: u8 = 8;
}

impl<'v> Parser<'v> {
    fn new(text: &str, scope: Scope<'v>) -> Parse<Parser<'v>> {
        if text.len() > MAX_BYTES {
            let message = format!("the expression has more than {MAX_BYTES} bytes");
            return Err(Problem {
                position: Position {
                    offset: 0,
                    line: 1,
                    column: 1,
                },
                message,
            });
        }
        let tokens = tokens(text)?;
        Ok(Parser {
            tokens,
            next: 0,
            scope,
            nesting: 0,
            in_range_end: false,
            saw_input: false,
        })
    }

    fn expression(&mut self) -> Parse<Node> {
        self.operand(power::LOWEST)
    }

    /// An expression inside brackets, where an end of a range outside does not matter.
    fn enclosed<T>(&mut self, read: impl FnOnce(&mut Self) -> Parse<T>) -> Parse<T> {
        let outside = std::mem::replace(&mut self.in_range_end, false);
        let inside = read(self);
        self.in_range_end = outside;
        inside
    }

    /// An expression whose operators all bind at least as tightly as `least`.
    fn operand(&mut self, least: u8) -> Parse<Node> {
        if self.nesting >= MAX_DEPTH {
            return Err(self.problem(format!(
                "the expression is nested more than {MAX_DEPTH} levels deep"
            )));
        }
        self.nesting += 1;
        let read = self.operand_inside(least);
        self.nesting -= 1;
        read
    }

    fn operand_inside(&mut self, least: u8) -> Parse<Node> {
        let first = self.prefix()?;
        self.continued(first, least)
    }

    /// What the operators that follow make of an expression.
    fn continued(&mut self, first: Node, least: u8) -> Parse<Node> {
        let mut left = first;
        loop {
            let at = self.at();
            let binds = self.binding();
            if binds == power::LOWEST || binds < least {
                return Ok(left);
            }
            left = match binds {
                power::OR => {
                    let operands = self.chain(left, "or", power::OR)?;
                    self.node(at, Form::Or(operands))?
                }
                power::AND => {
                    let operands = self.chain(left, "and", power::AND)?;
                    self.node(at, Form::And(operands))?
                }
                power::COMPARISON => self.comparison(left)?,
                power::SUM | power::PRODUCT | power::POWER => self.arithmetic(left, binds)?,
                _ => self.postfix(left)?,
            };
        }
    }

    /// How tightly the operator that comes next binds to what is on its left.
    fn binding(&self) -> u8 {
        match self.lexeme() {
            Lexeme::Word(word) => match &**word {
                "or" => power::OR,
                "and" => power::AND,
                "between" | "in" => power::COMPARISON,
                "instance" if self.word_at(1, "of") => power::POSTFIX,
                _ => power::LOWEST,
            },
            Lexeme::Mark(mark) => match *mark {
                "=" | "!=" | "<" | "<=" | ">" | ">=" => power::COMPARISON,
                "+" | "-" => power::SUM,
                "*" | "/" => power::PRODUCT,
                "**" => power::POWER,
                "[" if self.in_range_end => power::LOWEST,
                "." | "[" | "(" => power::POSTFIX,
                _ => power::LOWEST,
            },
            Lexeme::Quoted(_) | Lexeme::Number(_) | Lexeme::Text(_) | Lexeme::End => power::LOWEST,
        }
    }

    fn chain(&mut self, first: Node, word: &str, binds: u8) -> Parse<Vec<Node>> {
        let mut operands = vec![first];
        while self.takes_word(word) {
            operands.push(self.operand(binds + 1)?);
        }
        Ok(operands)
    }

    fn arithmetic(&mut self, first: Node, binds: u8) -> Parse<Node> {
        let at = self.at();
        let mut rest = Vec::new();
        while self.binding() == binds {
            let operator = match self.take() {
                Lexeme::Mark("+") => Operator::Add,
                Lexeme::Mark("-") => Operator::Subtract,
                Lexeme::Mark("*") => Operator::Multiply,
                Lexeme::Mark("/") => Operator::Divide,
                _ => Operator::Power,
            };
            rest.push((operator, self.operand(binds + 1)?));
        }
        self.node(at, Form::Arithmetic(Box::new(first), rest))
    }

    /// Small, because what is nested in comparisons returns through here.
    fn comparison(&mut self, left: Node) -> Parse<Node> {
        let at = self.at();
        if self.takes_word("between") {
            return self.between(at, left);
        }
        if self.takes_word("in") {
            return self.membership(at, left);
        }
        let comparison = self
            .takes_comparison()
            .expect("binding() has seen a comparison");
        let right = self.operand(power::SUM)?;
        self.compared(at, comparison, left, right)
    }

    fn between(&mut self, at: Position, value: Node) -> Parse<Node> {
        let low = self.operand(power::SUM)?;
        self.expect_word("and", "between the two ends of `between`")?;
        let high = self.operand(power::SUM)?;
        self.node(at, Form::Between(Box::new([value, low, high])))
    }

    fn membership(&mut self, at: Position, value: Node) -> Parse<Node> {
        let tests = self.in_tests()?;
        self.node(at, Form::In(Box::new(value), tests))
    }

    fn compared(
        &self,
        at: Position,
        comparison: Comparison,
        left: Node,
        right: Node,
    ) -> Parse<Node> {
        let asks_for_null = matches!(comparison, Comparison::Equal | Comparison::NotEqual);
        let (left, right) = match asks_for_null {
            // Whoever compares with null asks whether the thing is there: that it is not is no mishap.
            true if is_null(&right) => (self.node(at, Form::Quiet(Box::new(left)))?, right),
            true if is_null(&left) => (left, self.node(at, Form::Quiet(Box::new(right)))?),
            _ => (left, right),
        };
        self.node(
            at,
            Form::Compare(comparison, Box::new(left), Box::new(right)),
        )
    }

    fn takes_comparison(&mut self) -> Option<Comparison> {
        let comparison = match self.lexeme() {
            Lexeme::Mark("=") => Comparison::Equal,
            Lexeme::Mark("!=") => Comparison::NotEqual,
            Lexeme::Mark("<") => Comparison::Less,
            Lexeme::Mark("<=") => Comparison::LessOrEqual,
            Lexeme::Mark(">") => Comparison::Greater,
            Lexeme::Mark(">=") => Comparison::GreaterOrEqual,
            _ => return None,
        };
        self.next += 1;
        Some(comparison)
    }

    fn node(&self, at: Position, form: Form) -> Parse<Node> {
        let node = Node::new(at, form);
        match node.depth > MAX_DEPTH {
            true => Err(Problem {
                position: at,
                message: format!("the expression is nested more than {MAX_DEPTH} levels deep"),
            }),
            false => Ok(node),
        }
    }

    fn constant(&self, at: Position, value: impl Into<Value>) -> Node {
        Node::new(at, Form::Constant(value.into()))
    }

    fn end(&self) -> Parse<()> {
        match self.lexeme() {
            Lexeme::End => Ok(()),
            found => Err(self.problem(format!(
                "expected an operator or the end, found {}",
                describe(found)
            ))),
        }
    }

    fn lexeme(&self) -> &Lexeme {
        &self.tokens[self.next].lexeme
    }

    fn at(&self) -> Position {
        self.tokens[self.next].at
    }

    fn ahead(&self, tokens: usize) -> &Lexeme {
        &self.tokens[(self.next + tokens).min(self.tokens.len() - 1)].lexeme
    }

    fn take(&mut self) -> Lexeme {
        let lexeme = self.lexeme().clone();
        if lexeme != Lexeme::End {
            self.next += 1;
        }
        lexeme
    }

    fn word_at(&self, ahead: usize, word: &str) -> bool {
        matches!(self.ahead(ahead), Lexeme::Word(found) if &**found == word)
    }

    fn mark_at(&self, ahead: usize, mark: &str) -> bool {
        matches!(self.ahead(ahead), Lexeme::Mark(found) if *found == mark)
    }

    fn takes_word(&mut self, word: &str) -> bool {
        let found = self.word_at(0, word);
        self.next += usize::from(found);
        found
    }

    fn takes(&mut self, mark: &str) -> bool {
        let found = self.mark_at(0, mark);
        self.next += usize::from(found);
        found
    }

    fn expect(&mut self, mark: &str, place: &str) -> Parse<()> {
        if self.takes(mark) {
            return Ok(());
        }
        Err(self.problem(format!(
            "expected `{mark}` {place}, found {}",
            describe(self.lexeme())
        )))
    }

    fn expect_word(&mut self, word: &str, place: &str) -> Parse<()> {
        if self.takes_word(word) {
            return Ok(());
        }
        Err(self.problem(format!(
            "expected `{word}` {place}, found {}",
            describe(self.lexeme())
        )))
    }

    fn problem(&self, message: impl Into<String>) -> Problem {
        Problem {
            position: self.at(),
            message: message.into(),
        }
    }

    /// A name of one word, of several that run up to a mark, or in backticks; it becomes known with its spaces.
    fn declared_name(&mut self, what: &str) -> Parse<Arc<str>> {
        if let Lexeme::Quoted(name) = self.lexeme().clone() {
            self.next += 1;
            return Ok(name);
        }
        let mut words: Vec<Arc<str>> = Vec::new();
        while let Lexeme::Word(word) = self.lexeme().clone() {
            if word.as_ref() == "in" {
                break;
            }
            self.next += 1;
            words.push(word);
        }
        match words.len() {
            0 => Err(self.problem(format!(
                "expected the name of {what}, found {}",
                describe(self.lexeme())
            ))),
            1 => Ok(words.remove(0)),
            _ => {
                let name = words.join(" ");
                self.scope.declare_phrase(&name);
                Ok(name.into())
            }
        }
    }
}

fn is_null(node: &Node) -> bool {
    matches!(node.form, Form::Constant(Value::Null))
}

/// A lexeme in a sentence.
fn describe(lexeme: &Lexeme) -> String {
    match lexeme {
        Lexeme::Word(word) | Lexeme::Quoted(word) => format!("`{word}`"),
        Lexeme::Number(number) => format!("the number {number}"),
        Lexeme::Text(_) => "a string".into(),
        Lexeme::Mark(mark) => format!("`{mark}`"),
        Lexeme::End => "the end".into(),
    }
}
