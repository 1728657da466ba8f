//! Values as text in other formats, and conditions that must hold: functions that Camunda adds to the standard.

use super::{Builtin, function};
use crate::Value;
use crate::evaluate::{Call, Outcome};

pub(super) const FUNCTIONS: &[Builtin] = &[
    function("assert", &["value", "condition", "cause?"], assert),
    function("to json", &["value"], to_json),
    function("from json", &["value"], from_json),
    function("to base64", &["value"], to_base64),
];

/// The value if the condition holds; else null, and a warning that says so.
fn assert(call: &mut Call<'_, '_>) -> Outcome {
    if call.argument(1).as_bool() == Some(true) {
        return Ok(call.argument(0).clone());
    }
    let cause = call.argument(2).as_str().map(str::to_string);
    call.invalid(|| cause.unwrap_or_else(|| "the condition does not hold".into()))
}

fn to_json(call: &mut Call<'_, '_>) -> Outcome {
    let (at, value) = (call.at, call.argument(0).clone());
    // Small expressions can make values that are huge in writing: they are measured before they are written.
    let value = call.evaluator.storable(at, value)?;
    let text = value.to_json().to_string();
    call.made_text(text)
}

fn from_json(call: &mut Call<'_, '_>) -> Outcome {
    let text = call.text(0)?;
    call.evaluator.charge(call.at, text.len() / 8)?;
    match serde_json::from_str::<Value>(&text) {
        Ok(value) => Ok(value),
        Err(error) => call.invalid(|| format!("the text is no JSON: {error}")),
    }
}

/// RFC 4648, with padding.
fn to_base64(call: &mut Call<'_, '_>) -> Outcome {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let text = call.text(0)?;
    let mut coded = String::with_capacity(text.len().div_ceil(3) * 4);
    for bytes in text.as_bytes().chunks(3) {
        let byte = |at: usize| u32::from(bytes.get(at).copied().unwrap_or(0));
        let group = byte(0) << 16 | byte(1) << 8 | byte(2);
        for at in 0..4 {
            let letter = LETTERS[(group >> (18 - 6 * at) & 63) as usize];
            coded.push(if at <= bytes.len() {
                letter.into()
            } else {
                '='
            });
        }
    }
    call.made_text(coded)
}

#[cfg(test)]
mod tests {
    use crate::builtins::checks::check;

    #[test]
    fn what_must_hold_is_asserted() {
        check("assert(5, 5 > 3)", "5");
        check("assert(5, 5 < 3)", "null");
        check(r#"assert(5, null, "there must be a limit")"#, "null");
    }

    #[test]
    fn values_are_written_as_json_and_read_again() {
        check(
            r#"to json({a: [1, "x", null], b: @"2026-03-02"})"#,
            r#""{\"a\":[1,\"x\",null],\"b\":\"2026-03-02\"}""#,
        );
        check(r#"from json("{\"a\": [1, 2.5]}")"#, "{a: [1, 2.5]}");
        check(r#"from json("{")"#, "null");
    }

    #[test]
    fn text_is_written_in_base64() {
        for (text, coded) in [
            ("", ""),
            ("f", "Zg=="),
            ("fo", "Zm8="),
            ("foo", "Zm9v"),
            ("größe", "Z3LDtsOfZQ=="),
        ] {
            check(&format!("to base64({text:?})"), &format!("{coded:?}"));
        }
    }
}
