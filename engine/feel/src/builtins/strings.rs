//! Text.

use super::{Builtin, function};
use crate::Value;
use crate::evaluate::{Call, Outcome};
use regex::{Regex, RegexBuilder};
use std::fmt::Write;
use std::sync::Arc;

pub(super) const FUNCTIONS: &[Builtin] = &[
    function("string", &["from"], string),
    function("string length", &["string"], string_length),
    function(
        "substring",
        &["string", "start position", "length?"],
        substring,
    ),
    function("upper case", &["string"], |call| {
        mapped(call, |text| text.to_uppercase())
    }),
    function("lower case", &["string"], |call| {
        mapped(call, |text| text.to_lowercase())
    }),
    function("trim", &["string"], |call| {
        mapped(call, |text| text.trim().into())
    }),
    function("substring before", &["string", "match"], substring_before),
    function("substring after", &["string", "match"], substring_after),
    function("contains", &["string", "match"], |call| {
        asked(call, |text, part| text.contains(part))
    }),
    function("starts with", &["string", "match"], |call| {
        asked(call, |text, part| text.starts_with(part))
    }),
    function("ends with", &["string", "match"], |call| {
        asked(call, |text, part| text.ends_with(part))
    }),
    function("is blank", &["string"], is_blank),
    function("matches", &["input", "pattern", "flags?"], matches),
    function(
        "replace",
        &["input", "pattern", "replacement", "flags?"],
        replace,
    ),
    function("split", &["string", "delimiter"], split),
    function("extract", &["string", "pattern"], extract),
    function(
        "string join",
        &["list", "delimiter?", "prefix?", "suffix?"],
        string_join,
    ),
];

/// The largest automaton that a pattern may need, in bytes.
const PATTERN_BYTES: usize = 1_000_000;

fn string(call: &mut Call<'_, '_>) -> Outcome {
    match call.argument(0) {
        Value::Null => Ok(Value::Null),
        Value::String(text) => Ok(text.clone().into()),
        other => {
            let mut limited = Limited {
                text: String::new(),
                most: call.evaluator.world.environment.limits.string_bytes,
            };
            let written = write!(limited, "{other}");
            let length = if written.is_ok() {
                limited.text.len()
            } else {
                usize::MAX
            };
            call.evaluator.string_of(call.at, length)?;
            Ok(limited.text.into())
        }
    }
}

/// Text that stops at a limit: values that share their parts can be huge in writing.
struct Limited {
    text: String,
    most: usize,
}

impl Write for Limited {
    fn write_str(&mut self, part: &str) -> std::fmt::Result {
        if self.text.len() + part.len() > self.most {
            return Err(std::fmt::Error);
        }
        self.text.push_str(part);
        Ok(())
    }
}

fn string_length(call: &mut Call<'_, '_>) -> Outcome {
    Ok(call.text(0)?.chars().count().into())
}

/// Positions count characters from 1, or from the end if they are negative.
fn substring(call: &mut Call<'_, '_>) -> Outcome {
    let text = call.text(0)?;
    let start = call.whole(1)?;
    let length = text.chars().count();
    let skipped = match start {
        0 => return call.invalid(|| "there is no position 0".into()),
        1.. => usize::try_from(start - 1).unwrap_or(usize::MAX),
        _ => length.saturating_sub(usize::try_from(start.unsigned_abs()).unwrap_or(usize::MAX)),
    };
    let taken = match call.lacks(2) {
        true => usize::MAX,
        false => usize::try_from(call.whole(2)?).unwrap_or(0),
    };
    Ok(text
        .chars()
        .skip(skipped)
        .take(taken)
        .collect::<String>()
        .into())
}

fn mapped(call: &mut Call<'_, '_>, map: fn(&str) -> String) -> Outcome {
    let text = call.text(0)?;
    call.made_text(map(&text))
}

fn asked(call: &mut Call<'_, '_>, ask: fn(&str, &str) -> bool) -> Outcome {
    let (text, part) = (call.text(0)?, call.text(1)?);
    Ok(ask(&text, &part).into())
}

fn is_blank(call: &mut Call<'_, '_>) -> Outcome {
    Ok(call.text(0)?.trim().is_empty().into())
}

fn substring_before(call: &mut Call<'_, '_>) -> Outcome {
    let (text, part) = (call.text(0)?, call.text(1)?);
    Ok(text
        .split_once(&*part)
        .map_or("", |(before, _)| before)
        .into())
}

fn substring_after(call: &mut Call<'_, '_>) -> Outcome {
    let (text, part) = (call.text(0)?, call.text(1)?);
    Ok(text
        .split_once(&*part)
        .map_or("", |(_, after)| after)
        .into())
}

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
    let source = if flags.contains('q') {
        regex::escape(text)
    } else {
        text.to_string()
    };
    RegexBuilder::new(&source)
        .crlf(true)
        .dot_matches_new_line(flags.contains('s'))
        .multi_line(flags.contains('m'))
        .case_insensitive(flags.contains('i'))
        .ignore_whitespace(flags.contains('x'))
        .size_limit(PATTERN_BYTES)
        .nest_limit(64)
        .build()
}

fn string_join(call: &mut Call<'_, '_>) -> Outcome {
    let items = call.list(0)?;
    let mut around = ["".into(), "".into(), "".into()];
    for (index, text) in around.iter_mut().enumerate() {
        if !call.lacks(index + 1) {
            *text = call.text(index + 1)?;
        }
    }
    let [delimiter, prefix, suffix] = around;
    let mut texts = Vec::with_capacity(items.len());
    for item in items.iter() {
        match item {
            Value::Null => {}
            Value::String(text) => texts.push(&**text),
            _ => return call.mismatch(0, "list of strings"),
        }
    }
    let length: usize = texts.iter().map(|text| text.len() + delimiter.len()).sum();
    call.evaluator.string_of(call.at, length)?;
    call.made_text(format!("{prefix}{}{suffix}", texts.join(&delimiter)))
}

#[cfg(test)]
mod tests {
    use crate::builtins::checks::check;

    #[test]
    fn values_become_text() {
        check("string(1.50)", r#""1.5""#);
        check("string(true)", r#""true""#);
        check(r#"string(date("2026-03-02"))"#, r#""2026-03-02""#);
        check(
            r#"string([1, "a", {b: null}])"#,
            r#""[1, \"a\", {b: null}]""#,
        );
        check(r#"string("text")"#, r#""text""#);
        check("string(null) = null", "true");
    }

    #[test]
    fn characters_are_counted_and_not_bytes() {
        check(r#"string length("größe🐎")"#, "6");
        check(r#"substring("foobar", 3)"#, r#""obar""#);
        check(r#"substring("foobar", 3, 3)"#, r#""oba""#);
        check(r#"substring("foobar", -2, 1)"#, r#""a""#);
        check(r#"substring("🐎bc", 2)"#, r#""bc""#);
        check(r#"substring("abc", 0)"#, "null");
        check(r#"substring(string: "abc", start position: 2)"#, r#""bc""#);
        check(r#"substring("abc", 9)"#, r#""""#);
    }

    #[test]
    fn text_is_searched_and_changed() {
        check(r#"upper case("aBc4")"#, r#""ABC4""#);
        check(r#"lower case("aBc4")"#, r#""abc4""#);
        check(r#"trim("  a b ")"#, r#""a b""#);
        check(r#"contains("foobar", "ob")"#, "true");
        check(r#"starts with("foobar", "fo")"#, "true");
        check(r#"ends with("foobar", "fo")"#, "false");
        check(r#"substring before("foobar", "bar")"#, r#""foo""#);
        check(r#"substring before("foobar", "xyz")"#, r#""""#);
        check(r#"substring after("foobar", "ob")"#, r#""ar""#);
        check(r#"is blank("  ")"#, "true");
        check("upper case(1)", "null");
    }

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
    fn texts_are_joined() {
        check(
            r#"string join(["a", "b", null, "c"], ", ")"#,
            r#""a, b, c""#,
        );
        check(r#"string join(["a", "b"])"#, r#""ab""#);
        check(r#"string join(["a", "b"], ", ", "[", "]")"#, r#""[a, b]""#);
        check(r#"string join([], "X")"#, r#""""#);
        check(r#"string join(["a", 1], "X")"#, "null");
    }
}
