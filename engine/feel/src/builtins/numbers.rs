//! Numbers.

use super::{Builtin, function};
use crate::evaluate::{Call, Outcome};
use crate::{Number, Rounding, Value};

pub(super) const FUNCTIONS: &[Builtin] = &[
    function(
        "number",
        &["from", "grouping separator?", "decimal separator?"],
        number,
    ),
    function("abs", &["n"], abs),
    function("floor", &["n", "scale?"], |call| {
        rounded(call, Rounding::Floor)
    }),
    function("ceiling", &["n", "scale?"], |call| {
        rounded(call, Rounding::Ceiling)
    }),
    function("round", &["n", "scale?"], |call| {
        rounded(call, Rounding::HalfUp)
    }),
    function("decimal", &["n", "scale"], |call| {
        rounded(call, Rounding::HalfEven)
    }),
    function("round up", &["n", "scale?"], |call| {
        rounded(call, Rounding::Up)
    }),
    function("round down", &["n", "scale?"], |call| {
        rounded(call, Rounding::Down)
    }),
    function("round half up", &["n", "scale?"], |call| {
        rounded(call, Rounding::HalfUp)
    }),
    function("round half down", &["n", "scale?"], |call| {
        rounded(call, Rounding::HalfDown)
    }),
    function("modulo", &["dividend", "divisor"], modulo),
    function("sqrt", &["number"], |call| {
        computed(call, Number::square_root)
    }),
    function("log", &["number"], |call| computed(call, Number::logarithm)),
    function("exp", &["number"], |call| {
        computed(call, Number::exponential)
    }),
    function("odd", &["number"], |call| parity(call, Number::ONE)),
    function("even", &["number"], |call| parity(call, Number::ZERO)),
];

/// How many steps a series of some microseconds counts as.
pub(crate) const SERIES: usize = 500;

/// `number("1 234,5", " ", ",")`: text to number.
fn number(call: &mut Call<'_, '_>) -> Outcome {
    if let (Value::Number(number), true) = (call.argument(0), call.lacks(1) && call.lacks(2)) {
        return Ok((*number).into());
    }
    let mut text = call.text(0)?.to_string();
    for (index, allowed, replacement) in [
        (1, [" ", ",", "."].as_slice(), ""),
        (2, [".", ","].as_slice(), "."),
    ] {
        if call.lacks(index) {
            continue;
        }
        let separator = call.text(index)?;
        if !allowed.contains(&&*separator)
            || (index == 1 && call.argument(2).as_str() == Some(&separator))
        {
            return call.invalid(|| format!("\"{separator}\" cannot be a separator here"));
        }
        if index == 2 && *separator != *"." && text.contains('.') {
            return call.invalid(|| format!("\"{text}\" is not a number"));
        }
        text = text.replace(&*separator, replacement);
    }
    match text.parse::<Number>() {
        Ok(number) => Ok(number.into()),
        Err(reason) => call.invalid(|| format!("\"{text}\" is {reason}")),
    }
}

fn abs(call: &mut Call<'_, '_>) -> Outcome {
    let length = match call.argument(0) {
        Value::DaysDuration(duration) if duration.0.is_negative() => {
            let length = duration.0.checked_neg();
            length.map(|length| crate::DaysDuration(length).into())
        }
        Value::YearsDuration(duration) => {
            let length = duration.months.checked_abs();
            length.map(|months| crate::YearsDuration { months }.into())
        }
        duration @ Value::DaysDuration(_) => Some(duration.clone()),
        _ => Some(call.number(0)?.abs().into()),
    };
    match length {
        Some(length) => Ok(length),
        None => call.invalid(|| "the duration is too long to be turned round".into()),
    }
}

fn rounded(call: &mut Call<'_, '_>, rounding: Rounding) -> Outcome {
    let number = call.number(0)?;
    let scale = if call.arguments.len() > 1 {
        call.whole(1)?
    } else {
        0
    };
    if !(-6111..=6176).contains(&scale) {
        return call.invalid(|| format!("the scale {scale} is not between -6111 and 6176"));
    }
    match number.round(scale, rounding) {
        Some(number) => Ok(number.into()),
        None => call.invalid(|| format!("{number} cannot be rounded to {scale} decimals")),
    }
}

fn modulo(call: &mut Call<'_, '_>) -> Outcome {
    let (dividend, divisor) = (call.number(0)?, call.number(1)?);
    match dividend.modulo(divisor) {
        Some(rest) => Ok(rest.into()),
        None => call.invalid(|| format!("{dividend} cannot be divided by {divisor}")),
    }
}

fn computed(call: &mut Call<'_, '_>, compute: fn(Number) -> Option<Number>) -> Outcome {
    let number = call.number(0)?;
    call.evaluator.charge(call.at, SERIES)?;
    match compute(number) {
        Some(result) => Ok(result.into()),
        None => call.invalid(|| format!("there is no result for {number}")),
    }
}

fn parity(call: &mut Call<'_, '_>, rest: Number) -> Outcome {
    let number = call.number(0)?;
    Ok((number.modulo(Number::from(2_i64)) == Some(rest)).into())
}

#[cfg(test)]
mod tests {
    use crate::builtins::checks::check;

    #[test]
    fn text_becomes_a_number() {
        check(r#"number("1.5")"#, "1.5");
        check(r#"number("-2e3")"#, "-2000");
        check(r#"number("1 234,5", " ", ",")"#, "1234.5");
        check(r#"number("1,234.5", ",", ".")"#, "1234.5");
        check(
            r#"number(from: "1.234,5", grouping separator: ".", decimal separator: ",")"#,
            "1234.5",
        );
        check(r#"number("one")"#, "null");
        check(r#"number("1", ".", ".")"#, "null");
        check("number(7)", "7");
        check("number(true)", "null");
    }

    #[test]
    fn rounding_goes_where_the_name_says() {
        check("floor(1.5)", "1");
        check("floor(-1.5)", "-2");
        check("floor(1.56, 1)", "1.5");
        check("ceiling(1.5)", "2");
        check("ceiling(-1.5)", "-1");
        check("round(2.5)", "3");
        check("round(1.235, 2)", "1.24");
        check("decimal(2.5, 0)", "2");
        check("decimal(1/3, 2)", "0.33");
        check("round up(5.5, 0)", "6");
        check("round down(-5.5, 0)", "-5");
        check("round half up(-5.5, 0)", "-6");
        check("round half down(5.5, 0)", "5");
        check("round half up(1255, -1)", "1260");
        check("decimal(1, 7000)", "null");
        check(r#"floor("1")"#, "null");
    }

    #[test]
    fn the_rest_of_arithmetic() {
        check("abs(-1)", "1");
        check(r#"abs(@"-P1D")"#, r#"@"P1D""#);
        check(r#"abs(@"-PT9223372036854775807S" - @"PT1S")"#, "null");
        check("modulo(-12, 5)", "3");
        check("modulo(1, 0)", "null");
        check("sqrt(16)", "4");
        check("sqrt(-1)", "null");
        check("log(0)", "null");
        check("decimal(exp(1), 4)", "2.7183");
        check("odd(3)", "true");
        check("odd(2)", "false");
        check("even(-2)", "true");
        check("even(1.5)", "false");
    }
}
