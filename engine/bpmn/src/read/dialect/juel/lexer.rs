//! Splits the inside of `${ }` into tokens.

use super::Untranslatable;

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Token {
    /// Byte in the whole text.
    pub(super) at: usize,
    pub(super) lexeme: Lexeme,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Lexeme {
    Word(String),
    Number(String),
    Text(String),
    Mark(&'static str),
}

/// Longer marks first.
const MARKS: [&str; 26] = [
    "->", "==", "!=", "<=", ">=", "&&", "||", "+=", "<", ">", "!", "?", ":", "+", "-", "*", "/",
    "%", ".", ",", "(", ")", "[", "]", "=", ";",
];

/// The tokens from a byte on, up to the `}` that closes the expression, and the byte behind it.
pub(super) fn tokens(text: &str, start: usize) -> Result<(Vec<Token>, usize), Untranslatable> {
    let mut tokens = Vec::new();
    let mut at = start;
    loop {
        at += text[at..].len() - text[at..].trim_start().len();
        let rest = &text[at..];
        let Some(first) = rest.chars().next() else {
            return Err(Untranslatable {
                at: start.saturating_sub(2),
                message: "is not closed".to_owned(),
                way_out: "end it with }",
            });
        };
        let (lexeme, length) = match first {
            '}' => return Ok((tokens, at + 1)),
            '\'' | '"' => string(rest, first, at)?,
            '0'..='9' => number(rest),
            _ if is_name_part(first) => {
                let length = rest.find(|c| !is_name_part(c)).unwrap_or(rest.len());
                (Lexeme::Word(rest[..length].to_owned()), length)
            }
            _ => match MARKS.iter().find(|mark| rest.starts_with(**mark)) {
                Some(mark) => (Lexeme::Mark(mark), mark.len()),
                None => {
                    return Err(Untranslatable {
                        at,
                        message: format!(
                            "has the sign `{}`, which is not read",
                            first.escape_debug()
                        ),
                        way_out: "write it in FEEL, beginning with \"=\"",
                    });
                }
            },
        };
        tokens.push(Token { at, lexeme });
        at += length;
    }
}

fn is_name_part(character: char) -> bool {
    character.is_alphanumeric() || character == '_' || character == '$'
}

/// A backslash stands before a quote or a backslash.
fn string(rest: &str, quote: char, at: usize) -> Result<(Lexeme, usize), Untranslatable> {
    let mut text = String::new();
    let mut characters = rest.char_indices().skip(1);
    while let Some((index, character)) = characters.next() {
        if character == quote {
            return Ok((Lexeme::Text(text), index + 1));
        }
        let escaped = (character == '\\')
            .then(|| characters.clone().next())
            .flatten();
        match escaped {
            Some((_, next @ ('\\' | '\'' | '"'))) => {
                text.push(next);
                characters.next();
            }
            _ => text.push(character),
        }
    }
    Err(Untranslatable {
        at,
        message: "has a text without end".to_owned(),
        way_out: "close the quotation mark",
    })
}

/// Digits, decimals and exponent.
fn number(rest: &str) -> (Lexeme, usize) {
    let digits = |from: usize| {
        let tail = &rest[from..];
        from + tail
            .find(|c: char| !c.is_ascii_digit())
            .unwrap_or(tail.len())
    };
    let mut end = digits(0);
    if rest[end..].starts_with('.') && digits(end + 1) > end + 1 {
        end = digits(end + 1);
    }
    if rest[end..].starts_with(['e', 'E']) {
        let sign = end + 1;
        let from = sign + usize::from(rest[sign..].starts_with(['+', '-']));
        if digits(from) > from {
            end = digits(from);
        }
    }
    (Lexeme::Number(rest[..end].to_owned()), end)
}
