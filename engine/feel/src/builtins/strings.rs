//! Text.

use super::{Builtin, function};
use crate::Value;
use crate::evaluate::{Call, Outcome};
use std::fmt::Write;

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
    function("string join", &["list", "delimiter?"], string_join),
    function(
        "string join",
        &["list", "delimiter", "prefix", "suffix"],
        string_join,
    ),
];

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
