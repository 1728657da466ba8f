//! FEEL's number: a decimal of 34 digits with an exponent, as IEEE 754 has it (decimal128).

mod functions;
mod text;

use fastnum::decimal::{self, Context, RoundingMode};
use fastnum::{D128, U128};
use std::cmp::Ordering;
use std::hash::{Hash, Hasher};

pub use functions::Rounding;
pub use text::NotANumber;

/// A decimal number. Results are rounded to 34 digits; arithmetic gives `None` where a result is too large.
///
/// In two halves, so that it needs no alignment of 16 bytes, and with a sign that leaves room for the tag of [`crate::Value`].
#[derive(Clone, Copy)]
pub struct Number {
    low: u64,
    high: u64,
    /// How many of the digits stand behind the point; negative if zeros follow them.
    scale: i16,
    sign: Sign,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Sign {
    Plus,
    Minus,
}

/// The digits that a number can have.
pub(crate) const DIGITS: u32 = 34;

/// The first integer that has more digits.
const TOO_MANY: u128 = 10_u128.pow(DIGITS);

/// The largest power of ten in a number.
const MAX_EXPONENT: i32 = 6144;

/// The most digits behind the point.
const MAX_SCALE: i32 = 6176;

/// Nothing is trapped: what has no value is looked for after each operation.
const CONTEXT: Context = Context::default()
    .without_traps()
    .with_rounding_mode(RoundingMode::HalfEven);

impl Number {
    /// Zero.
    pub const ZERO: Number = Number::of_parts(0, 0, false);
    /// One.
    pub const ONE: Number = Number::of_parts(1, 0, false);

    /// `digits` divided by ten to the power of `scale`, which both fit.
    const fn of_parts(digits: u128, scale: i16, negative: bool) -> Number {
        Number {
            low: digits as u64,
            high: (digits >> 64) as u64,
            scale,
            sign: if negative { Sign::Minus } else { Sign::Plus },
        }
    }

    /// The number nearest to `digits` divided by ten to the power of `scale`; `None` if it is too large.
    fn rounded(digits: u128, scale: i32, negative: bool) -> Option<Number> {
        let excess = match digits < TOO_MANY {
            true => 0,
            false => (digits.ilog10() + 1 - DIGITS) as i32,
        };
        let kept = scale.checked_sub(excess)?.min(MAX_SCALE);
        let (mut digits, mut kept) = match kept == scale {
            true => (digits, kept),
            false => {
                let drop = scale.abs_diff(kept);
                let digits = functions::cut(digits, drop, negative, Rounding::HalfEven);
                (digits, kept)
            }
        };
        if digits >= TOO_MANY {
            (digits, kept) = (digits / 10, kept - 1);
        }
        let too_large = kept < DIGITS as i32 - MAX_EXPONENT
            && digits > 0
            && digits.ilog10() as i32 - kept > MAX_EXPONENT;
        let scale = if digits == 0 { 0 } else { kept };
        match too_large {
            true => None,
            false => Some(Number::of_parts(
                digits,
                i16::try_from(scale).ok()?,
                negative,
            )),
        }
    }

    /// A result of the library; `None` for what is no number, or too large.
    fn finished(result: D128) -> Option<Number> {
        if !result.is_finite() {
            return None;
        }
        let digits = result.digits();
        let [low, high] = *digits.digits();
        let digits = u128::from(high) << 64 | u128::from(low);
        let scale = result.fractional_digits_count().into();
        Number::rounded(digits, scale, result.is_sign_negative())
    }

    /// The number as the library has it.
    fn decimal(self) -> D128 {
        let sign = match self.sign {
            Sign::Plus => decimal::Sign::Plus,
            Sign::Minus => decimal::Sign::Minus,
        };
        let digits = U128::from_digits([self.low, self.high]);
        D128::from_parts(digits, -self.scale(), sign, CONTEXT)
    }

    fn digits(&self) -> u128 {
        u128::from(self.high) << 64 | u128::from(self.low)
    }

    fn scale(&self) -> i32 {
        self.scale.into()
    }

    /// The power of ten of the first digit.
    fn exponent(&self) -> i32 {
        match self.digits().checked_ilog10() {
            Some(digits) => digits as i32 - self.scale(),
            None => 0,
        }
    }

    /// The number as an integer, if it is one.
    pub fn to_i64(self) -> Option<i64> {
        let (negative, magnitude) = self.to_integer()?;
        let magnitude = i128::try_from(magnitude).ok()?;
        i64::try_from(if negative { -magnitude } else { magnitude }).ok()
    }

    /// The number as a positive integer of 64 bits, if it is one.
    pub(crate) fn to_u64(self) -> Option<u64> {
        let (negative, magnitude) = self.to_integer()?;
        match negative && magnitude > 0 {
            true => None,
            false => u64::try_from(magnitude).ok(),
        }
    }

    /// Sign and magnitude of an integer of at most 128 bits.
    pub(crate) fn to_integer(self) -> Option<(bool, u128)> {
        let (digits, scale) = (self.digits(), self.scale());
        let power = 10_u128.checked_pow(scale.unsigned_abs());
        let magnitude = match (digits, scale) {
            (0, _) => 0,
            (_, ..=0) => digits.checked_mul(power?)?,
            (_, 1..) if digits.is_multiple_of(power?) => digits / power?,
            _ => return None,
        };
        Some((self.is_negative(), magnitude))
    }

    /// Whether there are no decimals.
    pub fn is_integer(self) -> bool {
        let (digits, scale) = (self.digits(), self.scale());
        let power = 10_u128.checked_pow(scale.max(0).unsigned_abs());
        digits == 0 || power.is_some_and(|power| digits.is_multiple_of(power))
    }

    /// Whether it is less than zero.
    pub fn is_negative(self) -> bool {
        self.sign == Sign::Minus && self.digits() > 0
    }

    /// Without its sign.
    pub fn abs(self) -> Number {
        let sign = Sign::Plus;
        Number { sign, ..self }
    }

    /// The sum.
    pub fn checked_add(self, other: Number) -> Option<Number> {
        let Some((left, right, scale)) = aligned(&self, &other) else {
            return Number::finished(self.decimal() + other.decimal());
        };
        let (digits, negative) = match self.sign == other.sign {
            true => (left.checked_add(right), self.sign == Sign::Minus),
            false if left >= right => (Some(left - right), self.sign == Sign::Minus),
            false => (Some(right - left), other.sign == Sign::Minus),
        };
        match digits {
            Some(digits) => Number::rounded(digits, scale, negative),
            None => Number::finished(self.decimal() + other.decimal()),
        }
    }

    /// The difference.
    pub fn checked_sub(self, other: Number) -> Option<Number> {
        self.checked_add(-other)
    }

    /// The product.
    pub fn checked_mul(self, other: Number) -> Option<Number> {
        match self.digits().checked_mul(other.digits()) {
            Some(digits) => {
                let scale = self.scale() + other.scale();
                Number::rounded(digits, scale, self.sign != other.sign)
            }
            None => Number::finished(self.decimal() * other.decimal()),
        }
    }

    /// The quotient; `None` for a division by zero.
    pub fn checked_div(self, other: Number) -> Option<Number> {
        if other == Number::ZERO {
            return None;
        }
        Number::finished(self.decimal() / other.decimal())
    }

    /// How it stands to another one of the same sign, without the sign.
    fn cmp_magnitude(&self, other: &Number) -> Ordering {
        if let Some((left, right, _)) = aligned(self, other) {
            return left.cmp(&right);
        }
        // One of them has so many more digits before the point that it does not fit: it is the larger one.
        self.exponent().cmp(&other.exponent())
    }
}

/// The digits of two numbers as if both had equally many behind the point, and how many that is. `None` where they do not fit.
fn aligned(left: &Number, right: &Number) -> Option<(u128, u128, i32)> {
    let (a, b) = (left.digits(), right.digits());
    let apart = left.scale() - right.scale();
    if apart == 0 {
        return Some((a, b, left.scale()));
    }
    match (a, b) {
        (_, 0) => return Some((a, 0, left.scale())),
        (0, _) => return Some((0, b, right.scale())),
        _ => {}
    }
    let power = 10_u128.checked_pow(apart.unsigned_abs())?;
    match apart > 0 {
        true => Some((a, b.checked_mul(power)?, left.scale())),
        false => Some((a.checked_mul(power)?, b, right.scale())),
    }
}

impl Default for Number {
    fn default() -> Number {
        Number::ZERO
    }
}

impl PartialEq for Number {
    fn eq(&self, other: &Number) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Number {}

impl PartialOrd for Number {
    fn partial_cmp(&self, other: &Number) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Number {
    fn cmp(&self, other: &Number) -> Ordering {
        match (self.is_negative(), other.is_negative()) {
            (false, false) => self.cmp_magnitude(other),
            (true, true) => other.cmp_magnitude(self),
            (true, false) => Ordering::Less,
            (false, true) => Ordering::Greater,
        }
    }
}

impl Hash for Number {
    fn hash<H: Hasher>(&self, state: &mut H) {
        let (mut digits, mut scale) = (self.digits(), self.scale());
        while digits > 0 && digits.is_multiple_of(10) {
            digits /= 10;
            scale -= 1;
        }
        let scale = if digits == 0 { 0 } else { scale };
        (self.is_negative(), digits, scale).hash(state);
    }
}

impl std::ops::Neg for Number {
    type Output = Number;
    fn neg(self) -> Number {
        let sign = match self.sign {
            Sign::Plus => Sign::Minus,
            Sign::Minus => Sign::Plus,
        };
        Number { sign, ..self }
    }
}

impl From<i64> for Number {
    fn from(whole: i64) -> Number {
        Number::of_parts(whole.unsigned_abs().into(), 0, whole < 0)
    }
}

impl From<usize> for Number {
    fn from(whole: usize) -> Number {
        Number::of_parts(whole as u128, 0, false)
    }
}

impl From<u64> for Number {
    fn from(whole: u64) -> Number {
        Number::of_parts(whole.into(), 0, false)
    }
}

impl Number {
    /// An integer of up to 128 bits, rounded to what a number can hold.
    pub(crate) fn from_i128(whole: i128) -> Number {
        Number::rounded(whole.unsigned_abs(), 0, whole < 0).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests;
