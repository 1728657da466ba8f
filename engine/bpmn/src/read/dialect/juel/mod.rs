//! JUEL, the expression language of camunda 7, flowable and activiti, as FEEL.
//!
//! `lexer` and `parser` read it, `feel` prints it. What is read: names and paths, `[ ]`, comparisons and logic in
//! both spellings, `empty`, arithmetic, `? :`, literals, `execution` and `task` where they name what this engine
//! knows, and texts with expressions inside. Beans, methods and lambdas need the program that the model was made for.
//!
//! Differences that remain, since FEEL knows types and JUEL converts them: `"3" == 3` is false; null in
//! arithmetic gives null, not 0; `<` with null gives null, not false; `mod` has the sign of the divisor.

#[allow(
    clippy::wildcard_enum_match_arm,
    reason = "code names the forms that it treats apart; all others are alike"
)]
mod feel;
mod lexer;
mod parser;
mod syntax;

use feel::Printer;

/// Where an expression stands; what some names mean depends on it.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Setting<'a> {
    /// Whether it is evaluated for one of several instances, so that `loopCounter` is the engine's.
    pub(super) in_loop: bool,
    /// The id of the element that it belongs to.
    pub(super) element_id: &'a str,
    /// The name of that element.
    pub(super) element_name: Option<&'a str>,
}

/// What a text with JUEL in it means.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Meaning {
    /// There is no expression in it.
    Literal(String),
    /// FEEL without `=`.
    Feel(String),
}

/// Why a text is not translated.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Untranslatable {
    /// Byte in the text.
    pub(super) at: usize,
    /// Completes "An expression of X ...".
    pub(super) message: String,
    /// What to do about it.
    pub(super) way_out: &'static str,
}

/// Whether there is an expression in a text.
pub(super) fn is_in(text: &str) -> bool {
    text.contains("${") || text.contains("#{")
}

/// What a text means, which may be literal, an expression, or both.
pub(super) fn translate(text: &str, setting: Setting<'_>) -> Result<Meaning, Untranslatable> {
    let mut pieces = parser::text(text)?;
    let printer = Printer { setting };
    let feel = match (pieces.pop(), pieces.is_empty()) {
        (None, _) => return Ok(Meaning::Literal(String::new())),
        (Some(parser::Piece::Literal(text)), true) => return Ok(Meaning::Literal(text)),
        (Some(parser::Piece::Expression(node)), true) => printer.print(&node)?,
        (Some(last), false) => {
            pieces.push(last);
            printer.joined(&pieces)?
        }
    };
    match ::feel::Expression::compile(&feel) {
        Ok(_) => Ok(Meaning::Feel(feel)),
        Err(problem) => Err(Untranslatable {
            at: 0,
            message: format!(
                "cannot be said in FEEL: `{feel}` fails with {}",
                problem.message
            ),
            way_out: "write it in FEEL, beginning with \"=\"",
        }),
    }
}

/// A text as a FEEL literal.
pub(super) fn quoted(text: &str) -> String {
    let mut quoted = String::with_capacity(text.len() + 2);
    quoted.push('"');
    for character in text.chars() {
        match character {
            '"' => quoted.push_str("\\\""),
            '\\' => quoted.push_str("\\\\"),
            '\n' => quoted.push_str("\\n"),
            '\r' => quoted.push_str("\\r"),
            '\t' => quoted.push_str("\\t"),
            other => quoted.push(other),
        }
    }
    quoted.push('"');
    quoted
}

/// A name of a variable or entry as FEEL writes it.
pub(super) fn name(name: &str) -> String {
    let plain = name
        .chars()
        .enumerate()
        .all(|(index, c)| c == '_' || c.is_ascii_alphabetic() || index > 0 && c.is_ascii_digit());
    if plain && !name.is_empty() && !RESERVED.contains(&name) {
        name.to_owned()
    } else {
        format!("`{name}`")
    }
}

/// Words that FEEL reads as something else than a name.
const RESERVED: [&str; 18] = [
    "and",
    "between",
    "else",
    "every",
    "false",
    "for",
    "function",
    "if",
    "in",
    "instance",
    "not",
    "null",
    "or",
    "return",
    "satisfies",
    "some",
    "then",
    "true",
];

#[cfg(test)]
mod tests;
