//! FEEL's number: an exact decimal of up to 28 digits.

use rust_decimal::prelude::{FromPrimitive, ToPrimitive};
use rust_decimal::{Decimal, MathematicalOps, RoundingStrategy};
use std::fmt;
use std::str::FromStr;

/// An exact decimal number. Arithmetic gives `None` where the result does not fit.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Number(Decimal);

impl Number {
    /// Zero.
    pub const ZERO: Number = Number(Decimal::ZERO);
    /// One.
    pub const ONE: Number = Number(Decimal::ONE);

    /// The number nearest to a binary floating-point number, by its shortest decimal text.
    pub fn from_f64(float: f64) -> Option<Number> {
        if !float.is_finite() {
            return None;
        }
        format!("{float:e}").parse().ok()
    }

    /// The nearest binary floating-point number.
    pub fn to_f64(self) -> f64 {
        // Through the text, because the digits of a decimal and of its nearest float agree only there.
        self.0.to_string().parse().unwrap_or(0.0)
    }

    /// The number as an integer, if it is one.
    pub fn to_i64(self) -> Option<i64> {
        if self.is_integer() {
            self.0.to_i64()
        } else {
            None
        }
    }

    /// The number as a positive integer of 64 bits, if it is one.
    pub(crate) fn to_u64(self) -> Option<u64> {
        if self.is_integer() {
            self.0.to_u64()
        } else {
            None
        }
    }

    /// The integer part.
    pub fn truncate(self) -> Number {
        Number(self.0.trunc())
    }

    /// Whether there are no decimals.
    pub fn is_integer(self) -> bool {
        self.0.is_integer()
    }

    /// Whether it is less than zero.
    pub fn is_negative(self) -> bool {
        self.0.is_sign_negative() && !self.0.is_zero()
    }

    /// Without its sign.
    pub fn abs(self) -> Number {
        Number(self.0.abs())
    }

    /// The sum.
    pub fn checked_add(self, other: Number) -> Option<Number> {
        self.0.checked_add(other.0).map(Number)
    }

    /// The difference.
    pub fn checked_sub(self, other: Number) -> Option<Number> {
        self.0.checked_sub(other.0).map(Number)
    }

    /// The product.
    pub fn checked_mul(self, other: Number) -> Option<Number> {
        self.0.checked_mul(other.0).map(Number)
    }

    /// The quotient; `None` for a division by zero.
    pub fn checked_div(self, other: Number) -> Option<Number> {
        self.0.checked_div(other.0).map(Number)
    }

    /// The rest of a floored division: it has the sign of the divisor.
    pub fn modulo(self, other: Number) -> Option<Number> {
        let rest = self.0.checked_rem(other.0)?;
        match !rest.is_zero() && rest.is_sign_negative() != other.0.is_sign_negative() {
            true => rest.checked_add(other.0).map(Number),
            false => Some(Number(rest)),
        }
    }

    /// The power; whole exponents are exact while they fit.
    pub fn power(self, exponent: Number) -> Option<Number> {
        match exponent.to_i64() {
            Some(0) => Some(Number::ONE),
            Some(_) if self.0.is_zero() => (!exponent.is_negative()).then_some(Number::ZERO),
            Some(whole) => {
                let magnitude = self.whole_power(whole.unsigned_abs())?;
                if whole < 0 {
                    Number::ONE.checked_div(magnitude)
                } else {
                    Some(magnitude)
                }
            }
            None if self.is_negative() => None,
            None if self.0.is_zero() => (!exponent.is_negative()).then_some(Number::ZERO),
            // The series behind it leaves noise in the last digits.
            None => self
                .0
                .checked_powd(exponent.0)
                .map(|power| Number(power.round_sf(24).unwrap_or(power))),
        }
    }

    fn whole_power(self, mut exponent: u64) -> Option<Number> {
        let (mut result, mut square) = (Decimal::ONE, self.0);
        loop {
            if exponent & 1 == 1 {
                result = result.checked_mul(square)?;
            }
            exponent >>= 1;
            if exponent == 0 {
                return Some(Number(result));
            }
            // A power of one would be squared for ever without getting anywhere; all others soon overflow or reach zero.
            square = square.checked_mul(square)?;
        }
    }

    /// The square root.
    pub fn square_root(self) -> Option<Number> {
        self.0.sqrt().map(Number)
    }

    /// The natural logarithm.
    pub fn logarithm(self) -> Option<Number> {
        self.0.checked_ln().map(Number)
    }

    /// The power of Euler's number.
    pub fn exponential(self) -> Option<Number> {
        self.0.checked_exp().map(Number)
    }

    /// Rounded to that many decimals; a negative scale rounds to tens, hundreds, and so on.
    pub fn round(self, scale: i64, strategy: Rounding) -> Option<Number> {
        let strategy = match strategy {
            Rounding::HalfEven => RoundingStrategy::MidpointNearestEven,
            Rounding::HalfUp => RoundingStrategy::MidpointAwayFromZero,
            Rounding::HalfDown => RoundingStrategy::MidpointTowardZero,
            Rounding::Up => RoundingStrategy::AwayFromZero,
            Rounding::Down => RoundingStrategy::ToZero,
            Rounding::Floor => RoundingStrategy::ToNegativeInfinity,
            Rounding::Ceiling => RoundingStrategy::ToPositiveInfinity,
        };
        if scale >= 0 {
            let places = u32::try_from(scale)
                .unwrap_or(u32::MAX)
                .min(Decimal::MAX_SCALE);
            return Some(Number(self.0.round_dp_with_strategy(places, strategy)));
        }
        let tens = scale.unsigned_abs();
        if tens > 28 {
            return Some(Number::ZERO);
        }
        let unit = Number::from(10_i64).whole_power(tens)?;
        let units = self
            .checked_div(unit)?
            .0
            .round_dp_with_strategy(0, strategy);
        Number(units).checked_mul(unit)
    }

    /// The number as other programs read it from JSON: unchanged up to 15 digits, else rounded to the nearest 64-bit float.
    pub(crate) fn as_in_json(self) -> Number {
        const SAFE_MANTISSA: u128 = 1_000_000_000_000_000;
        let plain = self.0.normalize();
        let exact = plain.mantissa().unsigned_abs() < SAFE_MANTISSA
            || (plain.is_integer() && (plain.to_i64().is_some() || plain.to_u64().is_some()));
        if exact {
            Number(plain)
        } else {
            Number::from_f64(self.to_f64()).unwrap_or(Number(plain))
        }
    }
}

/// What to do with the decimals that are cut off.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rounding {
    /// To the nearest, and from the middle to the even neighbour.
    HalfEven,
    /// To the nearest, and from the middle away from zero.
    HalfUp,
    /// To the nearest, and from the middle towards zero.
    HalfDown,
    /// Away from zero.
    Up,
    /// Towards zero.
    Down,
    /// Downwards.
    Floor,
    /// Upwards.
    Ceiling,
}

impl std::ops::Neg for Number {
    type Output = Number;
    fn neg(self) -> Number {
        Number(-self.0)
    }
}

impl From<i64> for Number {
    fn from(whole: i64) -> Number {
        Number(Decimal::from(whole))
    }
}

impl From<usize> for Number {
    fn from(whole: usize) -> Number {
        Number(Decimal::from(whole))
    }
}

impl From<u64> for Number {
    fn from(whole: u64) -> Number {
        Number(Decimal::from(whole))
    }
}

impl From<Number> for Decimal {
    fn from(number: Number) -> Decimal {
        number.0
    }
}

impl From<Decimal> for Number {
    fn from(decimal: Decimal) -> Number {
        Number(decimal)
    }
}

/// The text is not a number, or one of more than 28 digits before the point.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a number of at most 28 digits")]
pub struct NotANumber;

/// Reads `1`, `-1.5`, `.5` and `1.5e-3`.
impl FromStr for Number {
    type Err = NotANumber;

    fn from_str(text: &str) -> Result<Number, NotANumber> {
        let (digits, exponent) = match text.split_once(['e', 'E']) {
            Some((digits, exponent)) => (digits, exponent.parse::<i32>().map_err(|_| NotANumber)?),
            None => (text, 0),
        };
        let unsigned = digits.strip_prefix('-').unwrap_or(digits);
        if !unsigned
            .bytes()
            .all(|byte| byte.is_ascii_digit() || byte == b'.')
            || !unsigned.bytes().any(|byte| byte.is_ascii_digit())
        {
            return Err(NotANumber);
        }
        let mantissa = Decimal::from_str(digits).map_err(|_| NotANumber)?;
        if exponent == 0 || mantissa.is_zero() {
            return Ok(Number(mantissa));
        }
        let scaled = match exponent {
            ..-56 => Some(Decimal::ZERO),
            -56..0 => shift_down(mantissa, exponent.unsigned_abs()),
            0..=28 => Decimal::from_i128(10_i128.pow(exponent.unsigned_abs()))
                .and_then(|power| mantissa.checked_mul(power)),
            _ => None,
        };
        scaled.map(Number).ok_or(NotANumber)
    }
}

fn shift_down(mantissa: Decimal, places: u32) -> Option<Decimal> {
    let first = places.min(28);
    let once = mantissa.checked_div(Decimal::from_i128(10_i128.pow(first))?)?;
    if places == first {
        Some(once)
    } else {
        once.checked_div(Decimal::from_i128(10_i128.pow(places - first))?)
    }
}

/// Without trailing zeros and without exponent.
impl fmt::Display for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let plain = self.0.normalize();
        if plain.is_zero() {
            f.write_str("0")
        } else {
            write!(f, "{plain}")
        }
    }
}

impl fmt::Debug for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
                "79228162514264337593543950335",
                "79228162514264337593543950335",
            ),
            ("1e-300", "0"),
        ] {
            assert_eq!(number(text).to_string(), written, "{text}");
        }
        for text in [
            "",
            "-",
            "abc",
            "1e",
            "1e29999999999",
            "1e300",
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
        assert_eq!(Number::from_f64(1e30), None);
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
        assert_eq!(number("10").power(number("6144")), None);
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
        let stored = third.as_in_json();
        assert_ne!(stored, third);
        assert_eq!(stored.as_in_json(), stored);
        assert_eq!(
            number("9007199254740993").as_in_json(),
            number("9007199254740993")
        );
        assert_eq!(number("0.1").as_in_json(), number("0.1"));
    }
}
