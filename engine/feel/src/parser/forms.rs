//! The forms that begin with a keyword, and the names of types.

use super::{Parse, Parser, describe};
use crate::lexer::Lexeme;
use crate::syntax::{Form, Iteration, Lambda, Node};
use crate::{Kind, Problem, Type};
use std::sync::Arc;

/// The most iterators that one `for`, `some` or `every` may have.
const MAX_ITERATORS: usize = 16;

impl Parser<'_> {
    pub(super) fn conditional(&mut self) -> Parse<Node> {
        let at = self.at();
        self.next += 1;
        let condition = self.expression()?;
        self.expect_word("then", "after the condition of `if`")?;
        let yes = self.expression()?;
        self.expect_word("else", "after the value of `then`")?;
        let no = self.expression()?;
        self.node(at, Form::If(Box::new([condition, yes, no])))
    }

    pub(super) fn for_loop(&mut self) -> Parse<Node> {
        let at = self.at();
        let height = self.scope.height();
        let iterations = self.iterations("for")?;
        self.expect_word("return", "after the lists of `for`")?;
        // The results so far have a slot of their own, and cost something only if they are read.
        self.scope.push("partial".into(), false);
        let start = self.next;
        let body = self.expression()?;
        self.scope.truncate(height);
        let reads_partial = (start..self.next).any(|index| {
            matches!(&self.tokens[index].lexeme, Lexeme::Word(word) if &**word == "partial")
        });
        self.node(
            at,
            Form::For {
                iterations,
                body: Box::new(body),
                reads_partial,
            },
        )
    }

    pub(super) fn quantified(&mut self, every: bool) -> Parse<Node> {
        let at = self.at();
        let height = self.scope.height();
        let iterations = self.iterations(if every { "every" } else { "some" })?;
        self.expect_word("satisfies", "after the lists")?;
        let condition = Box::new(self.expression()?);
        self.scope.truncate(height);
        let form = match every {
            true => Form::Every {
                iterations,
                condition,
            },
            false => Form::Some {
                iterations,
                condition,
            },
        };
        self.node(at, form)
    }

    fn iterations(&mut self, keyword: &str) -> Parse<Vec<Iteration>> {
        self.next += 1;
        let mut iterations = Vec::new();
        loop {
            if iterations.len() == MAX_ITERATORS {
                return Err(self.problem(format!(
                    "`{keyword}` has more than {MAX_ITERATORS} iterators"
                )));
            }
            let name = self.declared_name("the iterator")?;
            self.expect_word("in", &format!("after the name `{name}` of the iterator"))?;
            let source = self.expression()?;
            let to = if self.takes("..") {
                Some(self.expression()?)
            } else {
                None
            };
            self.scope.push(name, false);
            iterations.push(Iteration { source, to });
            if !self.takes(",") {
                return Ok(iterations);
            }
        }
    }

    /// `function(a, b: number) body`; with a name it can call itself.
    pub(super) fn function(&mut self, name: Option<Arc<str>>) -> Parse<Node> {
        let at = self.at();
        self.next += 1;
        self.expect("(", "after `function`")?;
        let mut parameters = Vec::new();
        while !self.takes(")") {
            let parameter = self.declared_name("a parameter")?;
            let kind = if self.takes(":") {
                Some(self.type_name()?)
            } else {
                None
            };
            parameters.push((parameter, kind));
            if !self.takes(",") {
                self.expect(")", "after the parameters")?;
                break;
            }
        }
        if self.word_at(0, "external") {
            return Err(self.problem("functions outside of FEEL (`external`) are not executed"));
        }
        let height = self.scope.height();
        let knows_itself = name.is_some();
        if let Some(name) = name {
            self.scope.push(name, true);
        }
        for (parameter, _) in &parameters {
            self.scope.push(parameter.clone(), true);
        }
        let outside = self.scope.start_reading();
        let body = self.enclosed(Parser::expression);
        let reads = self.scope.finish_reading(outside);
        self.scope.truncate(height);
        self.node(
            at,
            Form::Function(Arc::new(Lambda {
                parameters,
                body: body?,
                reads,
                knows_itself,
            })),
        )
    }

    pub(super) fn type_name(&mut self) -> Parse<Type> {
        if self.nesting >= crate::syntax::MAX_DEPTH {
            return Err(self.problem("the type is nested too deep"));
        }
        self.nesting += 1;
        let found = self.type_inside();
        self.nesting -= 1;
        found
    }

    fn type_inside(&mut self) -> Parse<Type> {
        let at = self.at();
        if let Some((name, tokens)) = self.scope.phrase(&self.tokens[self.next..])
            && let Some(kind) = self.scope.type_named(&name).cloned()
        {
            self.next += tokens;
            return Ok(kind);
        }
        let first = match self.take() {
            Lexeme::Word(word) | Lexeme::Quoted(word) => word,
            other => {
                return Err(Problem {
                    position: at,
                    message: format!("expected the name of a type, found {}", describe(&other)),
                });
            }
        };
        if let Some(kind) = self.scope.type_named(&first) {
            return Ok(kind.clone());
        }
        match &*first {
            "date" if self.word_at(0, "and") && self.word_at(1, "time") => {
                self.next += 2;
                Ok(Type::Kind(Kind::DateTime))
            }
            "days" | "years" => self.duration_type(at, &first),
            "list" => Ok(Type::List(Arc::new(self.type_argument()?))),
            "range" => Ok(Type::Range(Arc::new(self.type_argument()?))),
            "context" => self.context_type(),
            "function" => self.function_type(),
            other => Type::named(other).ok_or_else(|| Problem {
                position: at,
                message: format!("there is no type `{other}`"),
            }),
        }
    }

    fn duration_type(&mut self, at: crate::Position, first: &str) -> Parse<Type> {
        let (second, kind) = match first {
            "days" => ("time", Kind::DaysDuration),
            _ => ("months", Kind::YearsDuration),
        };
        if self.takes_word("and") && self.takes_word(second) && self.takes_word("duration") {
            return Ok(Type::Kind(kind));
        }
        Err(Problem {
            position: at,
            message: format!("there is no type `{first}`; did you mean `{kind}`?"),
        })
    }

    fn type_argument(&mut self) -> Parse<Type> {
        if !self.takes("<") {
            return Ok(Type::Any);
        }
        let argument = self.type_name()?;
        self.expect(">", "after the type of the items")?;
        Ok(argument)
    }

    fn context_type(&mut self) -> Parse<Type> {
        let mut entries = Vec::new();
        if self.takes("<") {
            loop {
                let name = self.declared_name("an entry")?;
                self.expect(":", "after the name of the entry")?;
                entries.push((name, self.type_name()?));
                if !self.takes(",") {
                    break;
                }
            }
            self.expect(">", "after the entries of the context")?;
        }
        Ok(Type::Context(entries.into()))
    }

    fn function_type(&mut self) -> Parse<Type> {
        let mut parameters = Vec::new();
        if !self.takes("<") {
            return Ok(Type::Kind(Kind::Function));
        }
        while !self.takes(">") {
            parameters.push(self.type_name()?);
            if !self.takes(",") {
                self.expect(">", "after the types of the parameters")?;
                break;
            }
        }
        let result = match self.takes("->") {
            true => self.type_name()?,
            false => Type::Any,
        };
        Ok(Type::Function(parameters.into(), Arc::new(result)))
    }
}
