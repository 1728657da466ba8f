//! Tests of a value: what stands on the right of `in`, and the cells of decision tables.

use super::{Parse, Parser, power};
use crate::Position;
use crate::lexer::Lexeme;
use crate::syntax::{Form, Node, Test};

impl Parser<'_> {
    /// A whole cell: `-`, `not(...)`, or tests with commas between them.
    pub(super) fn unary_tests(&mut self) -> Parse<Node> {
        let at = self.at();
        if self.mark_at(0, "-") && *self.ahead(1) == Lexeme::End {
            self.next += 1;
            return self.node(
                at,
                Form::Tests {
                    input: 0,
                    tests: vec![Test::Any],
                    negated: false,
                },
            );
        }
        let start = self.next;
        if self.takes_word("not") && self.takes("(") {
            let tests = self.enclosed(Parser::tests)?;
            self.expect(")", "after the tests of `not`")?;
            if *self.lexeme() == Lexeme::End {
                return self.node(
                    at,
                    Form::Tests {
                        input: 0,
                        tests,
                        negated: true,
                    },
                );
            }
        }
        // The `not(...)` was only the beginning of a longer condition, or there was none.
        self.next = start;
        let tests = self.tests()?;
        self.node(
            at,
            Form::Tests {
                input: 0,
                tests,
                negated: false,
            },
        )
    }

    fn tests(&mut self) -> Parse<Vec<Test>> {
        let mut tests = vec![self.test(power::LOWEST)?];
        while self.takes(",") {
            tests.push(self.test(power::LOWEST)?);
        }
        Ok(tests)
    }

    fn test(&mut self, least: u8) -> Parse<Test> {
        if let Some(comparison) = self.takes_comparison() {
            return Ok(Test::Compare(comparison, self.operand(power::SUM)?));
        }
        let outside = std::mem::replace(&mut self.saw_input, false);
        let node = self.operand(least)?;
        let inside = std::mem::replace(&mut self.saw_input, outside);
        self.saw_input |= inside;
        Ok(if inside {
            Test::Condition(node)
        } else {
            Test::Value(node)
        })
    }

    /// What stands on the right of `in`: one test, or several in parentheses.
    pub(super) fn in_tests(&mut self) -> Parse<Vec<Test>> {
        let at = self.at();
        let inside = self.takes("(");
        let least = if inside { power::LOWEST } else { power::SUM };
        let first = self.in_test(inside, least)?;
        if inside {
            self.rest_of_tests(at, first)
        } else {
            Ok(vec![as_value(first)])
        }
    }

    fn in_test(&mut self, inside: bool, least: u8) -> Parse<Test> {
        let outside = self.in_range_end;
        self.in_range_end &= !inside;
        let test = self.test(least);
        self.in_range_end = outside;
        test
    }

    fn rest_of_tests(&mut self, at: Position, first: Test) -> Parse<Vec<Test>> {
        let mut tests = match first {
            Test::Value(start) | Test::Condition(start) if self.mark_at(0, "..") => {
                return Ok(vec![Test::Value(self.range_from(at, start, false)?)]);
            }
            first => vec![as_value(first)],
        };
        while self.takes(",") {
            tests.push(as_value(self.in_test(true, power::LOWEST)?));
        }
        self.expect(")", "after the tests of `in`")?;
        match (tests.pop(), tests.is_empty()) {
            // The parenthesis was only the beginning of an expression: `x in (a + b) * c`.
            (Some(Test::Value(node)), true) => {
                Ok(vec![Test::Value(self.continued(node, power::SUM)?)])
            }
            (last, _) => {
                tests.extend(last);
                Ok(tests)
            }
        }
    }
}

/// Beside `in` a `?` belongs to the cell around it, so what holds it is a value like any other.
fn as_value(test: Test) -> Test {
    match test {
        Test::Condition(node) => Test::Value(node),
        Test::Compare(..) | Test::Value(_) | Test::Any => test,
    }
}
