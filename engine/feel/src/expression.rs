//! Texts that were read once and run often.

use crate::parser::{self, Parsed};
use crate::syntax::Node;
use crate::{Budget, Environment, Evaluation, Problem, Value, Variables, Vocabulary, evaluate};
use std::fmt;
use std::sync::Arc;

/// A checked expression. Clones share the checked form.
#[derive(Clone)]
pub struct Expression(Arc<Checked>);

/// The checked tests of a value, as the cells of decision tables hold them: `-`, `< 5`, `"a", "b"`, `not(...)`, `? > limit`.
#[derive(Clone)]
pub struct UnaryTests(Arc<Checked>);

struct Checked {
    text: String,
    parsed: Parsed,
}

impl Expression {
    /// Reads and checks a text.
    pub fn compile(text: &str) -> Result<Expression, Problem> {
        Expression::compile_knowing(text, &Vocabulary::new())
    }

    /// Reads and checks a text in which these names may have spaces and signs, and may be called as functions.
    pub fn compile_knowing(text: &str, names: &Vocabulary) -> Result<Expression, Problem> {
        let parsed = parser::expression(text, names)?;
        Ok(Expression(Arc::new(Checked {
            text: text.into(),
            parsed,
        })))
    }

    /// The text as it was written.
    pub fn text(&self) -> &str {
        &self.0.text
    }

    pub(crate) fn root(&self) -> &Node {
        &self.0.parsed.root
    }

    /// The names of the variables that an evaluation may ask for, sorted. A name inside a filter is among them, though it may turn
    /// out to be an entry of the items.
    pub fn reads(&self) -> &[String] {
        &self.0.parsed.reads
    }

    /// Whether it calls a function of working days, so that another calendar may give another value.
    pub fn counts_working_days(&self) -> bool {
        self.0.parsed.counts_working_days
    }

    /// Runs the expression. It always ends and never panics.
    pub fn evaluate(&self, variables: &dyn Variables, environment: &Environment) -> Evaluation {
        self.evaluate_within(variables, environment, &Budget::default())
    }

    /// Runs the expression as a part of something that has used up some of its limits already.
    pub fn evaluate_within(
        &self,
        variables: &dyn Variables,
        environment: &Environment,
        budget: &Budget,
    ) -> Evaluation {
        let root = &self.0.parsed.root;
        evaluate::evaluate(root, Vec::new(), variables, environment, budget)
    }
}

impl UnaryTests {
    /// Reads and checks the text of a cell.
    pub fn compile(text: &str) -> Result<UnaryTests, Problem> {
        UnaryTests::compile_knowing(text, &Vocabulary::new())
    }

    /// Reads and checks the text of a cell in which these names may have spaces and signs, and may be called as functions.
    pub fn compile_knowing(text: &str, names: &Vocabulary) -> Result<UnaryTests, Problem> {
        let parsed = parser::unary_tests(text, names)?;
        Ok(UnaryTests(Arc::new(Checked {
            text: text.into(),
            parsed,
        })))
    }

    /// The text as it was written.
    pub fn text(&self) -> &str {
        &self.0.text
    }

    pub(crate) fn root(&self) -> &Node {
        &self.0.parsed.root
    }

    /// The names of the variables that the tests may ask for besides the input, sorted.
    pub fn reads(&self) -> &[String] {
        &self.0.parsed.reads
    }

    /// Whether the input passes: true, false, or null where that cannot be decided.
    pub fn test(
        &self,
        input: &Value,
        variables: &dyn Variables,
        environment: &Environment,
    ) -> Evaluation {
        self.test_within(input, variables, environment, &Budget::default())
    }

    /// Tests as a part of something that has used up some of its limits already.
    pub fn test_within(
        &self,
        input: &Value,
        variables: &dyn Variables,
        environment: &Environment,
        budget: &Budget,
    ) -> Evaluation {
        let root = &self.0.parsed.root;
        evaluate::evaluate(root, vec![input.clone()], variables, environment, budget)
    }
}

impl fmt::Debug for Expression {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Expression").field(&self.0.text).finish()
    }
}

impl fmt::Debug for UnaryTests {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("UnaryTests").field(&self.0.text).finish()
    }
}
