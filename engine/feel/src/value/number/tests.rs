use super::*;
use crate::Rounding;

fn number(text: &str) -> Number {
    text.parse().unwrap()
}

#[test]
fn numbers_are_read_and_written_without_loss() {
    for (text, written) in [
        ("1", "1"),
        ("1.50", "1.5"),
        ("-0.0", "0"),
        (".5", "0.5"),
        ("1e3", "1000"),
        ("1.25E-2", "0.0125"),
        (
            "9999999999999999999999999999999999",
            "9999999999999999999999999999999999",
        ),
        (
            "12345678901234567890123456789012345678901234567890",
            "12345678901234567890123456789012350000000000000000",
        ),
        ("1e-7000", "0"),
        ("1.5e30", "1500000000000000000000000000000"),
    ] {
        assert_eq!(number(text).to_string(), written, "{text}");
    }
    for text in [
        "",
        "-",
        "abc",
        "1e",
        "1e29999999999",
        "1e6145",
        "1_000",
        "+1",
        "1.2.3",
    ] {
        assert_eq!(text.parse::<Number>(), Err(NotANumber), "{text}");
    }
}

#[test]
fn floats_become_their_shortest_decimal() {
    assert_eq!(Number::from_f64(0.1).unwrap().to_string(), "0.1");
    assert_eq!(Number::from_f64(1e30).unwrap(), number("1e30"));
    assert_eq!(Number::from_f64(f64::NAN), None);
    assert_eq!(number("0.3").to_f64(), 0.3);
}

#[test]
fn the_modulo_has_the_sign_of_the_divisor() {
    for (left, right, rest) in [
        ("12", "5", "2"),
        ("-12", "5", "3"),
        ("12", "-5", "-3"),
        ("-12", "-5", "-2"),
        ("10.1", "4.5", "1.1"),
    ] {
        assert_eq!(
            number(left).modulo(number(right)).unwrap(),
            number(rest),
            "{left} mod {right}"
        );
    }
    assert_eq!(Number::ONE.modulo(Number::ZERO), None);
}

#[test]
fn powers_are_exact_and_end_at_the_limit() {
    assert_eq!(number("2").power(number("10")).unwrap(), number("1024"));
    assert_eq!(number("2").power(number("-2")).unwrap(), number("0.25"));
    assert_eq!(number("4").power(number("0.5")).unwrap(), number("2"));
    assert_eq!(
        number("10").power(number("6144")).unwrap(),
        number("1e6144")
    );
    assert_eq!(number("10").power(number("6145")), None);
    assert_eq!(
        number("2").power(number("0.5")).unwrap(),
        number("1.4142135623730950488016887242097")
    );
    assert_eq!(number("-8").power(number("0.5")), None);
    assert_eq!(
        number("1").power(number("9223372036854775807")).unwrap(),
        number("1")
    );
    assert_eq!(number("0").power(number("-1")), None);
}

#[test]
fn rounding_follows_its_name_on_both_sides_of_the_point() {
    assert_eq!(
        number("2.5").round(0, Rounding::HalfEven).unwrap(),
        number("2")
    );
    assert_eq!(
        number("-2.5").round(0, Rounding::HalfUp).unwrap(),
        number("-3")
    );
    assert_eq!(
        number("2.5").round(0, Rounding::HalfDown).unwrap(),
        number("2")
    );
    assert_eq!(
        number("1.121").round(2, Rounding::Up).unwrap(),
        number("1.13")
    );
    assert_eq!(
        number("-1.5").round(0, Rounding::Floor).unwrap(),
        number("-2")
    );
    assert_eq!(
        number("1250").round(-2, Rounding::HalfEven).unwrap(),
        number("1200")
    );
}

#[test]
fn a_number_with_too_many_digits_for_json_is_rounded_once() {
    let third = number("1").checked_div(number("3")).unwrap();
    let stored = third.as_in_json().unwrap();
    assert_ne!(stored, third);
    assert_eq!(stored.as_in_json(), Some(stored));
    for text in ["9007199254740993", "0.1", "18446744073709551615"] {
        assert_eq!(number(text).as_in_json(), Some(number(text)));
    }
    assert_eq!(number("1e400").as_in_json(), None);
    assert_eq!(number("1e-400").as_in_json(), Some(Number::ZERO));
}

#[test]
fn results_have_34_digits_and_are_rounded_once() {
    for (text, written) in [
        ("1/3", "0.3333333333333333333333333333333333"),
        ("2/3", "0.6666666666666666666666666666666667"),
        (
            "9999999999999999999999999999999999+1",
            "10000000000000000000000000000000000",
        ),
        (
            "9999999999999999999999999999999999+0.5",
            "10000000000000000000000000000000000",
        ),
        (
            "9999999999999999999999999999999998+0.5",
            "9999999999999999999999999999999998",
        ),
        ("1e6144*1", &format!("1{}", "0".repeat(6144))),
        (
            "99999999999999999*99999999999999999",
            "9999999999999999800000000000000001",
        ),
    ] {
        let (left, right) = text.split_once(['/', '+', '*']).unwrap();
        let (left, right) = (number(left), number(right));
        let result = match text {
            text if text.contains('/') => left.checked_div(right),
            text if text.contains('+') => left.checked_add(right),
            _ => left.checked_mul(right),
        };
        assert_eq!(result.unwrap().to_string(), written, "{text}");
    }
    assert_eq!(number("1e6144").checked_mul(number("10")), None);
    assert_eq!(Number::ONE.checked_div(Number::ZERO), None);
    let back = number("2").checked_div(number("3")).unwrap();
    assert_eq!(back.checked_mul(number("3")).unwrap().to_string(), "2");
}

#[test]
fn numbers_are_compared_however_they_are_written() {
    let sorted = [
        "-1e6144", "-2", "-1.5", "-1e-6000", "0", "1e-6000", "1.49", "1.5", "15", "1e30", "1e6144",
    ];
    for (at, left) in sorted.iter().enumerate() {
        for (other, right) in sorted.iter().enumerate() {
            assert_eq!(
                number(left).cmp(&number(right)),
                at.cmp(&other),
                "{left} {right}"
            );
        }
    }
    assert_eq!(number("1.50"), number("1.5"));
    assert_eq!(number("1e3"), number("1000"));
    assert_eq!(number("-0"), number("0.000"));
}

#[test]
fn roots_logarithms_and_powers_keep_their_digits_at_every_size() {
    assert_eq!(number("16").square_root().unwrap(), number("4"));
    assert_eq!(number("1e-6000").square_root().unwrap(), number("1e-3000"));
    assert_eq!(
        number("2").square_root().unwrap(),
        number("1.414213562373095048801688724209698")
    );
    assert_eq!(number("-1").square_root(), None);
    assert_eq!(number("1").logarithm().unwrap(), Number::ZERO);
    assert_eq!(
        number("10").logarithm().unwrap(),
        number("2.3025850929940456840179914546844")
    );
    assert_eq!(
        number("1").exponential().unwrap(),
        number("2.7182818284590452353602874713527")
    );
    assert_eq!(number("0").exponential().unwrap(), Number::ONE);
    assert_eq!(number("1e6000").exponential(), None);
    assert_eq!(number("-1e6000").exponential(), Some(Number::ZERO));
    let least = Number::from(i64::MIN);
    assert_eq!(least.exponential(), Some(Number::ZERO));
    let large = number("1e6000").logarithm().unwrap().exponential().unwrap();
    assert!(large > number("0.999999e6000") && large < number("1.000001e6000"));
}

#[test]
fn a_value_is_three_words() {
    assert_eq!(size_of::<crate::Value>(), 24);
}

proptest::proptest! {
    /// Beside numbers of 77 digits, whose sums and products are exact here.
    #[test]
    fn sums_and_products_are_those_of_a_wider_decimal(
        (a, b) in (0..TOO_MANY, 0..TOO_MANY),
        (left_scale, right_scale) in (-12_i32..30, -12_i32..30),
        (left_sign, right_sign) in ("-?", "-?"),
        (short_a, short_b) in (0..34_u32, 0..34_u32),
    ) {
        use fastnum::D256;
        let texts = [
            format!("{left_sign}{}e{}", a / 10_u128.pow(short_a), -left_scale),
            format!("{right_sign}{}e{}", b / 10_u128.pow(short_b), -right_scale),
        ];
        let [left, right] = [number(&texts[0]), number(&texts[1])];
        let [wide_left, wide_right] =
            [&texts[0], &texts[1]].map(|text| D256::from_str(text, CONTEXT).unwrap());
        for (found, wide) in [
            (left.checked_add(right), wide_left + wide_right),
            (left.checked_sub(right), wide_left - wide_right),
            (left.checked_mul(right), wide_left * wide_right),
        ] {
            let wide = format!("{}{}e{}", if wide.is_sign_negative() { "-" } else { "" }, wide.digits(), -wide.fractional_digits_count());
            proptest::prop_assert_eq!(found.unwrap(), number(&wide), "{} {} {}", &texts[0], &texts[1], wide);
        }
        proptest::prop_assert_eq!(left.cmp(&right), wide_left.partial_cmp(&wide_right).unwrap());
    }
}
