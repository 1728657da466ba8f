//! Reads texts with expressions in them.

use super::Untranslatable;
use super::lexer::{Lexeme, Token, tokens};
use super::syntax::{Form, Node, Operator};

/// Parts inside parts of one expression; beyond, it is refused.
const DEPTH_MAX: usize = 64;

/// A part of a text.
#[derive(Debug, PartialEq)]
pub(super) enum Piece {
    Literal(String),
    Expression(Node),
}

/// The parts of a text; two literals never follow one another.
pub(super) fn text(text: &str) -> Result<Vec<Piece>, Untranslatable> {
    let mut pieces = Vec::new();
    let mut literal = String::new();
    let mut at = 0;
    while at < text.len() {
        let rest = &text[at..];
        if rest.starts_with("\\${") || rest.starts_with("\\#{") {
            literal.push_str(&rest[1..3]);
            at += 3;
        } else if rest.starts_with("${") || rest.starts_with("#{") {
            if !literal.is_empty() {
                pieces.push(Piece::Literal(std::mem::take(&mut literal)));
            }
            let (tokens, end) = tokens(text, at + 2)?;
            pieces.push(Piece::Expression(expression(tokens, at, end - 1)?));
            at = end;
        } else {
            let length = rest.chars().next().map_or(1, char::len_utf8);
            literal.push_str(&rest[..length]);
            at += length;
        }
    }
    if !literal.is_empty() {
        pieces.push(Piece::Literal(literal));
    }
    Ok(pieces)
}

fn expression(tokens: Vec<Token>, start: usize, end: usize) -> Result<Node, Untranslatable> {
    if tokens.is_empty() {
        return Err(Untranslatable {
            at: start,
            message: "is empty".to_owned(),
            way_out: "write an expression between the braces",
        });
    }
    let mut parser = Parser {
        tokens,
        next: 0,
        end,
        depth: 0,
    };
    let node = parser.choice()?;
    if parser.peek().is_some() {
        return Err(parser.unexpected());
    }
    Ok(node)
}

struct Parser {
    tokens: Vec<Token>,
    next: usize,
    /// Byte of the closing brace.
    end: usize,
    depth: usize,
}

type Parse = Result<Node, Untranslatable>;

/// Binary operators from the weakest level to the strongest, in both spellings.
const LEVELS: [&[(&str, Operator)]; 6] = [
    &[("||", Operator::Or), ("or", Operator::Or)],
    &[("&&", Operator::And), ("and", Operator::And)],
    &[
        ("==", Operator::Equal),
        ("eq", Operator::Equal),
        ("!=", Operator::NotEqual),
        ("ne", Operator::NotEqual),
    ],
    &[
        ("<=", Operator::LessOrEqual),
        ("le", Operator::LessOrEqual),
        (">=", Operator::GreaterOrEqual),
        ("ge", Operator::GreaterOrEqual),
        ("<", Operator::Less),
        ("lt", Operator::Less),
        (">", Operator::Greater),
        ("gt", Operator::Greater),
    ],
    &[("+", Operator::Plus), ("-", Operator::Minus)],
    &[
        ("*", Operator::Times),
        ("/", Operator::Divided),
        ("div", Operator::Divided),
        ("%", Operator::Modulo),
        ("mod", Operator::Modulo),
    ],
];

impl Parser {
    fn peek(&self) -> Option<&Token> {
        self.tokens.get(self.next)
    }

    fn at(&self) -> usize {
        self.peek().map_or(self.end, |token| token.at)
    }

    /// Whether the next token is this mark or word; then it is taken.
    fn takes(&mut self, sign: &str) -> bool {
        let taken = match self.peek().map(|token| &token.lexeme) {
            Some(Lexeme::Mark(mark)) => *mark == sign,
            Some(Lexeme::Word(word)) => word == sign,
            Some(Lexeme::Number(_) | Lexeme::Text(_)) | None => false,
        };
        self.next += usize::from(taken);
        taken
    }

    fn expect(&mut self, sign: &str) -> Result<(), Untranslatable> {
        if self.takes(sign) {
            return Ok(());
        }
        Err(self.unexpected())
    }

    fn unexpected(&self) -> Untranslatable {
        let found = match self.peek().map(|token| &token.lexeme) {
            None => "the end".to_owned(),
            Some(Lexeme::Mark("->")) => {
                return Untranslatable {
                    at: self.at(),
                    message: "has a lambda, which is not executed".to_owned(),
                    way_out: "write it in FEEL, for example with \"for\" or a filter",
                };
            }
            Some(Lexeme::Mark("=" | ";")) => {
                return Untranslatable {
                    at: self.at(),
                    message: "changes something while it is evaluated".to_owned(),
                    way_out: "set the variable with an output mapping or a script task",
                };
            }
            Some(Lexeme::Mark(mark)) => format!("`{mark}`"),
            Some(Lexeme::Word(text) | Lexeme::Number(text)) => format!("`{text}`"),
            Some(Lexeme::Text(text)) => format!("the text '{text}'"),
        };
        Untranslatable {
            at: self.at(),
            message: format!("is not understood at {found}"),
            way_out: "correct the expression at this place",
        }
    }

    fn deeper(&mut self) -> Result<(), Untranslatable> {
        self.depth += 1;
        if self.depth <= DEPTH_MAX {
            return Ok(());
        }
        Err(Untranslatable {
            at: self.at(),
            message: format!("is nested deeper than {DEPTH_MAX} levels"),
            way_out: "compute parts of it in a script task before",
        })
    }

    fn choice(&mut self) -> Parse {
        self.deeper()?;
        let condition = self.level(0)?;
        let node = if self.takes("?") {
            let yes = self.choice()?;
            self.expect(":")?;
            let no = self.choice()?;
            Node {
                at: condition.at,
                form: Form::Choice(Box::new([condition, yes, no])),
            }
        } else {
            condition
        };
        self.depth -= 1;
        Ok(node)
    }

    fn level(&mut self, level: usize) -> Parse {
        let Some(operators) = LEVELS.get(level) else {
            return self.prefix();
        };
        let mut left = self.level(level + 1)?;
        let mut links = 0;
        while let Some((_, operator)) = operators.iter().find(|(sign, _)| self.takes(sign)) {
            links += 1;
            if links > 1000 {
                return Err(Untranslatable {
                    at: self.at(),
                    message: "joins more than 1000 parts".to_owned(),
                    way_out: "use a list and a function of FEEL",
                });
            }
            let right = self.level(level + 1)?;
            left = Node {
                at: left.at,
                form: Form::Both(*operator, Box::new([left, right])),
            };
        }
        Ok(left)
    }

    fn prefix(&mut self) -> Parse {
        let at = self.at();
        let wrap: fn(Box<Node>) -> Form = if self.takes("!") || self.takes("not") {
            Form::Not
        } else if self.takes("-") {
            Form::Negative
        } else if self.takes("empty") {
            Form::Empty
        } else {
            return self.path();
        };
        self.deeper()?;
        let inner = self.prefix()?;
        self.depth -= 1;
        Ok(Node {
            at,
            form: wrap(Box::new(inner)),
        })
    }

    /// A value and what follows it directly: entries, items, calls.
    fn path(&mut self) -> Parse {
        let mut node = self.value()?;
        let mut links = 0;
        loop {
            let at = node.at;
            let form = if self.takes(".") {
                Form::Entry(Box::new(node), self.word()?)
            } else if self.takes("[") {
                let item = self.choice()?;
                self.expect("]")?;
                Form::Item(Box::new(node), Box::new(item))
            } else if self.takes("(") {
                Form::Call(Box::new(node), self.arguments()?)
            } else if self.is_namespaced(&node) {
                self.takes(":");
                let Form::Name(prefix) = node.form else {
                    return Err(self.unexpected());
                };
                Form::Name(format!("{prefix}:{}", self.word()?))
            } else {
                return Ok(node);
            };
            links += 1;
            if links > DEPTH_MAX {
                return Err(self.unexpected());
            }
            node = Node { at, form };
        }
    }

    /// Whether `: name (` follows the prefix of functions; else a colon begins the second half of a choice.
    fn is_namespaced(&self, node: &Node) -> bool {
        let lexeme = |offset: usize| {
            self.tokens
                .get(self.next + offset)
                .map(|token| &token.lexeme)
        };
        let Form::Name(prefix) = &node.form else {
            return false;
        };
        ["variables", "vars", "var", "fn"].contains(&prefix.as_str())
            && lexeme(0) == Some(&Lexeme::Mark(":"))
            && matches!(lexeme(1), Some(Lexeme::Word(_)))
            && lexeme(2) == Some(&Lexeme::Mark("("))
    }

    fn arguments(&mut self) -> Result<Vec<Node>, Untranslatable> {
        let mut arguments = Vec::new();
        if self.takes(")") {
            return Ok(arguments);
        }
        loop {
            arguments.push(self.choice()?);
            if self.takes(")") {
                return Ok(arguments);
            }
            self.expect(",")?;
        }
    }

    fn word(&mut self) -> Result<String, Untranslatable> {
        if let Some(Token {
            lexeme: Lexeme::Word(word),
            ..
        }) = self.peek()
        {
            let word = word.clone();
            self.next += 1;
            return Ok(word);
        }
        Err(self.unexpected())
    }

    fn value(&mut self) -> Parse {
        let at = self.at();
        if self.takes("(") {
            let node = self.choice()?;
            self.expect(")")?;
            return Ok(node);
        }
        let form = match self.peek().map(|token| &token.lexeme) {
            Some(Lexeme::Number(number)) => Form::Number(number.clone()),
            Some(Lexeme::Text(text)) => Form::Text(text.clone()),
            Some(Lexeme::Word(word)) => match word.as_str() {
                "null" => Form::Null,
                "true" => Form::Boolean(true),
                "false" => Form::Boolean(false),
                word => Form::Name(word.to_owned()),
            },
            Some(Lexeme::Mark(_)) | None => return Err(self.unexpected()),
        };
        self.next += 1;
        Ok(Node { at, form })
    }
}
