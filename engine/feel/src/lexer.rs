//! Text to tokens. Names are single words here; names of several words are put together by the parser, which knows them.

use crate::value::{is_name_part, is_name_start};
use crate::{Number, Position, Problem};
use std::sync::Arc;

/// The smallest parts of an expression.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Lexeme {
    /// A word; keywords are words too.
    Word(Arc<str>),
    /// A name in backticks.
    Quoted(Arc<str>),
    Number(Number),
    Text(Arc<str>),
    /// An operator or a bracket.
    Mark(&'static str),
    End,
}

/// A lexeme and its place.
#[derive(Debug, Clone)]
pub(crate) struct Token {
    pub(crate) lexeme: Lexeme,
    pub(crate) at: Position,
}

/// Longer marks stand before their beginnings.
const MARKS: [&str; 28] = [
    "..", "**", "!=", "<=", ">=", "->", "(", ")", "[", "]", "{", "}", ",", ":", ".", "+", "-", "*",
    "/", "=", "<", ">", "@", "?", "'", "\u{2212}", "\u{2264}", "\u{2265}",
];

/// Splits the whole text; the last token is always [`Lexeme::End`].
pub(crate) fn tokens(text: &str) -> Result<Vec<Token>, Problem> {
    let mut lexer = Lexer {
        text,
        offset: 0,
        at: Position {
            offset: 0,
            line: 1,
            column: 1,
        },
    };
    let mut tokens = Vec::new();
    loop {
        lexer.skip_blank()?;
        let at = lexer.at;
        let lexeme = lexer.lexeme()?;
        let end = lexeme == Lexeme::End;
        tokens.push(Token { lexeme, at });
        if end {
            return Ok(tokens);
        }
    }
}

struct Lexer<'t> {
    text: &'t str,
    offset: usize,
    at: Position,
}

impl Lexer<'_> {
    fn rest(&self) -> &str {
        &self.text[self.offset..]
    }

    fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    fn next(&mut self) -> Option<char> {
        let character = self.peek()?;
        self.offset += character.len_utf8();
        self.at.offset = u32::try_from(self.offset).unwrap_or(u32::MAX);
        if character == '\n' {
            self.at.line += 1;
            self.at.column = 1;
        } else {
            self.at.column += 1;
        }
        Some(character)
    }

    fn skip(&mut self, characters: usize) {
        for _ in 0..characters {
            self.next();
        }
    }

    fn skip_blank(&mut self) -> Result<(), Problem> {
        loop {
            while self.peek().is_some_and(char::is_whitespace) {
                self.next();
            }
            if self.rest().starts_with("//") {
                while self.peek().is_some_and(|c| c != '\n') {
                    self.next();
                }
            } else if self.rest().starts_with("/*") {
                let at = self.at;
                let length = self.rest().find("*/").ok_or_else(|| Problem {
                    position: at,
                    message: "the comment has no end `*/`".into(),
                })?;
                let characters = self.rest()[..length].chars().count() + 2;
                self.skip(characters);
            } else {
                return Ok(());
            }
        }
    }

    fn lexeme(&mut self) -> Result<Lexeme, Problem> {
        let Some(first) = self.peek() else {
            return Ok(Lexeme::End);
        };
        if is_mark(first) {
            return self.mark_or_fraction(first);
        }
        match first {
            '"' => self.string().map(|text| Lexeme::Text(text.into())),
            '`' => self.quoted_name(),
            _ if first.is_ascii_digit() => self.number(),
            _ if is_name_start(first) => {
                let length = self
                    .rest()
                    .chars()
                    .take_while(|c| is_name_part(*c) && !is_mark(*c))
                    .count();
                let start = self.offset;
                self.skip(length);
                Ok(Lexeme::Word(self.text[start..self.offset].into()))
            }
            _ => Err(self.problem(format!(
                "the character `{}` means nothing here",
                first.escape_debug()
            ))),
        }
    }

    fn problem(&self, message: impl Into<String>) -> Problem {
        Problem {
            position: self.at,
            message: message.into(),
        }
    }

    fn mark_or_fraction(&mut self, first: char) -> Result<Lexeme, Problem> {
        if first == '.' && self.rest()[1..].starts_with(|c: char| c.is_ascii_digit()) {
            return self.number();
        }
        let mark = MARKS.into_iter().find(|mark| self.rest().starts_with(mark));
        let mark = mark.ok_or_else(|| {
            self.problem(format!("`{first}` alone means nothing; not equal is `!=`"))
        })?;
        self.skip(mark.chars().count());
        Ok(Lexeme::Mark(match mark {
            "\u{2212}" => "-",
            "\u{2264}" => "<=",
            "\u{2265}" => ">=",
            other => other,
        }))
    }

    /// Digits, then decimals unless the point begins a range such as `1..5`, then an exponent.
    fn number(&mut self) -> Result<Lexeme, Problem> {
        let (start, at) = (self.offset, self.at);
        self.digits();
        if self.peek() == Some('.') && self.rest()[1..].starts_with(|c: char| c.is_ascii_digit()) {
            self.next();
            self.digits();
        }
        let exponent = self
            .rest()
            .strip_prefix(['e', 'E'])
            .map(|rest| rest.strip_prefix(['+', '-']).unwrap_or(rest));
        if exponent.is_some_and(|digits| digits.starts_with(|c: char| c.is_ascii_digit())) {
            self.skip(2);
            self.digits();
        }
        if self.peek().is_some_and(|c| is_name_start(c) && !is_mark(c)) {
            return Err(self.problem("a name cannot follow a number without an operator"));
        }
        let text = self.text[start..self.offset]
            .replace("e+", "e")
            .replace("E+", "e");
        text.parse().map(Lexeme::Number).map_err(|_| Problem {
            position: at,
            message: format!("the number {text} is too large"),
        })
    }

    fn digits(&mut self) {
        while self.peek().is_some_and(|c| c.is_ascii_digit()) {
            self.next();
        }
    }

    fn quoted_name(&mut self) -> Result<Lexeme, Problem> {
        let opening = self.problem("the name in backticks has no closing backtick");
        self.next();
        let start = self.offset;
        while let Some(character) = self.next() {
            if character == '`' {
                return Ok(Lexeme::Quoted(self.text[start..self.offset - 1].into()));
            }
        }
        Err(opening)
    }

    fn string(&mut self) -> Result<String, Problem> {
        let opening = self.problem("the string has no closing quote");
        self.next();
        let mut string = String::new();
        loop {
            match self.next() {
                None => return Err(opening),
                Some('"') => return Ok(string),
                Some('\\') => self.escape(&mut string)?,
                Some(other) => string.push(other),
            }
        }
    }

    /// What follows a backslash; one that begins no escape stands for itself, so that patterns such as `\d` read well.
    fn escape(&mut self, string: &mut String) -> Result<(), Problem> {
        let length = match self.peek() {
            Some('u') => 4,
            Some('U') => 6,
            other => {
                let meant = match other {
                    Some('n') => '\n',
                    Some('r') => '\r',
                    Some('t') => '\t',
                    Some(quote @ ('"' | '\'' | '\\')) => quote,
                    _ => {
                        string.push('\\');
                        return Ok(());
                    }
                };
                self.next();
                string.push(meant);
                return Ok(());
            }
        };
        let mut code = self.hexadecimal(length)?;
        if (0xD800..0xDC00).contains(&code) && self.rest().starts_with("\\u") {
            self.next();
            let low = self.hexadecimal(4)?;
            code = 0x10000 + ((code - 0xD800) << 10) + (low.wrapping_sub(0xDC00) & 0x3FF);
        }
        let character = char::from_u32(code)
            .ok_or_else(|| self.problem(format!("U+{code:X} is no character")))?;
        string.push(character);
        Ok(())
    }

    /// The letter `u` or `U` and so many hexadecimal digits.
    fn hexadecimal(&mut self, length: usize) -> Result<u32, Problem> {
        self.next();
        let digits: String = self.rest().chars().take(length).collect();
        if digits.len() != length || !digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return Err(self.problem(format!("the escape needs {length} hexadecimal digits")));
        }
        self.skip(length);
        Ok(u32::from_str_radix(&digits, 16).unwrap_or(u32::MAX))
    }
}

fn is_mark(character: char) -> bool {
    matches!(
        character,
        '.' | '*'
            | '!'
            | '<'
            | '>'
            | '-'
            | '('
            | ')'
            | '['
            | ']'
            | '{'
            | '}'
            | ','
            | ':'
            | '+'
            | '/'
            | '='
            | '@'
            | '?'
            | '\''
    ) || matches!(character, '\u{2212}' | '\u{2264}' | '\u{2265}')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: &str) {
        let written = match tokens(text) {
            Ok(tokens) => tokens
                .iter()
                .map(|token| show(&token.lexeme))
                .collect::<Vec<_>>()
                .join(" "),
            Err(problem) => problem.to_string(),
        };
        assert_eq!(written.trim_end(), expected, "{text}");
    }

    fn show(lexeme: &Lexeme) -> String {
        match lexeme {
            Lexeme::Word(word) => word.to_string(),
            Lexeme::Quoted(name) => format!("`{name}`"),
            Lexeme::Number(number) => format!("#{number}"),
            Lexeme::Text(text) => format!("{text:?}"),
            Lexeme::Mark(mark) => (*mark).into(),
            Lexeme::End => String::new(),
        }
    }

    #[test]
    fn numbers_end_where_a_range_begins() {
        check("1..5", "#1 .. #5");
        check("1.5..2.5", "#1.5 .. #2.5");
        check(".5", "#0.5");
        check("1.2e-3 1e+2", "#0.0012 #100");
        check(
            "list.1a",
            "line 1, column 7: a name cannot follow a number without an operator",
        );
        check(
            "1e",
            "line 1, column 2: a name cannot follow a number without an operator",
        );
    }

    #[test]
    fn strings_know_escapes_and_keep_other_backslashes() {
        check(r#""a\"b\\c\n""#, r#""a\"b\\c\n""#);
        check(r#""\u0041\U01F40E\uD83D\uDC0E""#, r#""A🐎🐎""#);
        check(r#""\d+""#, r#""\\d+""#);
        check(r#""\ud83d""#, "line 1, column 8: U+D83D is no character");
        check(
            "\"open",
            "line 1, column 1: the string has no closing quote",
        );
        check(
            r#""\u12""#,
            "line 1, column 4: the escape needs 4 hexadecimal digits",
        );
    }

    #[test]
    fn names_are_words_in_any_script() {
        check("child_age größe_2 имя 名前", "child_age größe_2 имя 名前");
        check("a-b+c", "a - b + c");
        check("`full name` x", "`full name` x");
        check(
            "`open",
            "line 1, column 1: the name in backticks has no closing backtick",
        );
    }

    #[test]
    fn comments_count_as_blanks() {
        check("1 // one\n + /* two\n */ 2", "#1 + #2");
        check("1 /* open", "line 1, column 3: the comment has no end `*/`");
    }

    #[test]
    fn marks_are_as_long_as_they_can_be() {
        check("a<=b**c!=d->e", "a <= b ** c != d -> e");
        check(
            "!a",
            "line 1, column 1: `!` alone means nothing; not equal is `!=`",
        );
        check(
            "a # b",
            "line 1, column 3: the character `#` means nothing here",
        );
        check("a ≤ b", "a <= b");
    }
}
