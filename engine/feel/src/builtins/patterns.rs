//! Regular expressions, as XPath and XQuery Functions 3.1 (5.6) have them.

mod syntax;

use super::{Builtin, function};
use crate::Value;
use crate::evaluate::{Call, Outcome};
use regex::{Regex, RegexBuilder};
use std::sync::Arc;

pub(super) const FUNCTIONS: &[Builtin] = &[
    function("matches", &["input", "pattern", "flags?"], matches),
    function(
        "replace",
        &["input", "pattern", "replacement", "flags?"],
        replace,
    ),
    function("split", &["string", "delimiter"], split),
    function("extract", &["string", "pattern"], extract),
];

/// The largest automaton that a pattern may need, in bytes.
const PATTERN_BYTES: usize = 1_000_000;

fn matches(call: &mut Call<'_, '_>) -> Outcome {
    let text = call.text(0)?;
    let pattern = pattern(call, 1, 2)?;
    Ok(pattern.is_match(&text).into())
}

fn replace(call: &mut Call<'_, '_>) -> Outcome {
    let text = call.text(0)?;
    let pattern = pattern(call, 1, 3)?;
    let replacement = replacement(
        &call.text(2)?,
        call.argument(3)
            .as_str()
            .is_some_and(|flags| flags.contains('q')),
    );
    let most = call.evaluator.world.environment.limits.string_bytes;
    // The result grows with every match: look before it does.
    let longest = text
        .len()
        .saturating_add(1)
        .saturating_mul(replacement.len().saturating_add(1));
    if longest > most.saturating_mul(4) {
        let matches = pattern.find_iter(&text).count();
        call.evaluator.string_of(
            call.at,
            text.len()
                .saturating_add(matches.saturating_mul(replacement.len())),
        )?;
    }
    let replaced = pattern
        .replace_all(&text, replacement.as_str())
        .into_owned();
    call.made_text(replaced)
}

/// `$1` as the regex crate wants it, so that letters may follow the number; `\$` is a dollar sign.
fn replacement(text: &str, literal: bool) -> String {
    if literal {
        return text.replace('$', "$$");
    }
    let mut result = String::new();
    let mut characters = text.chars().peekable();
    while let Some(character) = characters.next() {
        match (character, characters.peek()) {
            ('\\', Some('$')) => {
                characters.next();
                result.push_str("$$");
            }
            ('\\', Some('\\')) => {
                characters.next();
                result.push('\\');
            }
            ('$', Some(digit)) if digit.is_ascii_digit() => {
                result.push_str(&format!("${{{digit}}}"));
                characters.next();
            }
            ('$', _) => result.push_str("$$"),
            (other, _) => result.push(other),
        }
    }
    result
}

fn split(call: &mut Call<'_, '_>) -> Outcome {
    let text = call.text(0)?;
    let delimiter = pattern(call, 1, usize::MAX)?;
    let parts: Vec<Value> = delimiter.split(&text).map(Value::from).collect();
    call.made(parts)
}

fn extract(call: &mut Call<'_, '_>) -> Outcome {
    let text = call.text(0)?;
    let pattern = pattern(call, 1, usize::MAX)?;
    let parts: Vec<Value> = pattern
        .find_iter(&text)
        .map(|found| found.as_str().into())
        .collect();
    call.made(parts)
}

/// The regular expression in an argument, with the flags in another: `s m i x`, and `q` for text without special meaning.
fn pattern(call: &mut Call<'_, '_>, index: usize, flags: usize) -> Outcome<Regex> {
    let text = call.text(index)?;
    let flags = if call.lacks(flags) {
        "".into()
    } else {
        call.text(flags)?
    };
    if let Some(flag) = flags.chars().find(|flag| !"smixq".contains(*flag)) {
        return call.invalid(|| format!("there is no flag `{flag}`"));
    }
    // Making the automaton is work in proportion to the pattern; a pattern that stands in the text is made only once, but counts
    // every time, so that the steps of an evaluation do not depend on the ones before.
    call.evaluator.charge(call.at, text.len())?;
    if let Some(known) = call
        .pattern
        .get()
        .filter(|known| known.text == text && known.flags == flags)
    {
        return Ok(known.regex.clone());
    }
    match built(&text, &flags) {
        Ok(regex) => {
            let made = Pattern {
                text,
                flags,
                regex: regex.clone(),
            };
            // Somebody else may have been first; then theirs is kept.
            call.pattern.set(Box::new(made)).ok();
            Ok(regex)
        }
        Err(error) => {
            let reason = error.to_string();
            let last = reason
                .lines()
                .last()
                .unwrap_or_default()
                .trim_start_matches("error: ")
                .to_string();
            call.invalid(|| format!("\"{text}\" is no pattern: {last}"))
        }
    }
}

/// A regular expression and what it was made of.
#[derive(Debug)]
pub(crate) struct Pattern {
    text: Arc<str>,
    flags: Arc<str>,
    regex: Regex,
}

fn built(text: &str, flags: &str) -> Result<Regex, regex::Error> {
    let source = match flags.contains('q') {
        true => regex::escape(text),
        false => syntax::translated(text, flags.contains('x')),
    };
    RegexBuilder::new(&source)
        .crlf(true)
        .dot_matches_new_line(flags.contains('s'))
        .multi_line(flags.contains('m'))
        .case_insensitive(flags.contains('i'))
        .size_limit(PATTERN_BYTES)
        .nest_limit(64)
        .build()
}

#[cfg(test)]
mod tests {
    use crate::builtins::checks::check;

    #[test]
    fn patterns_are_regular_expressions() {
        check(r#"matches("foobar", "^fo*b")"#, "true");
        check(r#"matches("FOO", "foo", "i")"#, "true");
        check(r#"matches("CP-2026-001", "[A-Z]{2}-\d{4}-\d+")"#, "true");
        check(r#"matches("a.c", "a.c", "q")"#, "true");
        check(r#"matches("abc", "a.c", "q")"#, "false");
        check(r#"matches("a", "(")"#, "null");
        check(r#"matches("a", "a", "z")"#, "null");
        check(
            r#"replace("abcd", "(ab)|(a)", "[1=$1][2=$2]")"#,
            r#""[1=ab][2=]cd""#,
        );
        check(r#"replace("10 USD", "\d+", "$$")"#, r#""$$ USD""#);
        check(r#"replace("a1", "(\d)", "$1x")"#, r#""a1x""#);
        check(r#"split("John Doe", "\s")"#, r#"["John", "Doe"]"#);
        check(r#"split("a;b;c;;", ";")"#, r#"["a", "b", "c", "", ""]"#);
        check(
            r#"extract("references are 1234 and 1256", "12[0-9]*")"#,
            r#"["1234", "1256"]"#,
        );
    }

    #[test]
    fn patterns_are_those_of_xpath() {
        check(r#"matches("O", "[A-Z-[OI]]")"#, "false");
        check(r#"matches("X", "[A-Z-[OI]]")"#, "true");
        check(r#"matches("x", "[A-Z-[OI]]", "i")"#, "true");
        check(r#"matches("i", "[A-Z-[OI]]", "i")"#, "false");
        check(r#"matches("hello world", "hello\ sworld", "x")"#, "true");
        check(
            r#"matches("hello world", " he ll o[ ]worl d ", "x")"#,
            "true",
        );
        check(r#"matches("a#b", "a # b", "x")"#, "true");
        check(r#"matches("hello", "^\p{IsBasicLatin}+$")"#, "true");
        check(r#"matches("größe", "^\p{IsBasicLatin}+$")"#, "false");
        check(r#"matches("größe", "^\P{IsCyrillic}+$")"#, "true");
        check(r#"matches("_a1", "^\i\c*$")"#, "true");
        check(r#"matches("1a", "^\i\c*$")"#, "false");
        check(r#"matches("a&&b", "[&&]+b")"#, "true");
        check(r#"matches("aa", "(a)\1")"#, "null");
    }
}
