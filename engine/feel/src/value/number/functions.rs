//! Rounding, remainders, powers, roots and logarithms.

use super::{CONTEXT, DIGITS, Number};
use fastnum::D128;
use std::cmp::Ordering;

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

/// Beyond this no power of Euler's number is finite, or other than zero.
const MAX_EXPONENTIAL: u64 = 14_200;

/// Series leave noise in the last digits: so many of them count.
const EXACT_DIGITS: u32 = 32;

/// An integer without its last digits, rounded by what they were.
pub(super) fn cut(digits: u128, drop: u32, negative: bool, strategy: Rounding) -> u128 {
    // No integer of 128 bits has as many digits as a larger power.
    let power = 10_u128.checked_pow(drop);
    let (kept, rest) = match power {
        Some(power) => (digits / power, digits % power),
        None => (0, digits),
    };
    let to_half = match power {
        Some(power) => rest.cmp(&(power / 2)),
        None => Ordering::Less,
    };
    let lifts = match strategy {
        _ if rest == 0 => false,
        Rounding::HalfEven => to_half.is_gt() || (to_half.is_eq() && kept % 2 == 1),
        Rounding::HalfUp => to_half.is_ge(),
        Rounding::HalfDown => to_half.is_gt(),
        Rounding::Up => true,
        Rounding::Down => false,
        Rounding::Floor => negative,
        Rounding::Ceiling => !negative,
    };
    kept + u128::from(lifts)
}

impl Number {
    /// The integer part.
    #[must_use]
    pub fn truncate(self) -> Number {
        self.round(0, Rounding::Down).unwrap_or(self)
    }

    /// Rounded to that many decimals; a negative scale rounds to tens, hundreds, and so on.
    pub fn round(self, scale: i64, strategy: Rounding) -> Option<Number> {
        if i64::from(self.scale()) <= scale {
            return Some(self);
        }
        let scale = i32::try_from(scale).ok()?;
        let negative = self.is_negative();
        let drop = self.scale().checked_sub(scale)?.unsigned_abs();
        let digits = cut(self.digits(), drop, negative, strategy);
        let scale = if digits == 0 { 0 } else { scale };
        Number::rounded(digits, scale, negative)
    }

    /// The rest of a floored division: it has the sign of the divisor. `None` where the quotient has more digits than a number.
    pub fn modulo(self, other: Number) -> Option<Number> {
        if other == Number::ZERO || self.exponent() - other.exponent() >= DIGITS as i32 {
            return None;
        }
        let rest = Number::finished(self.decimal() % other.decimal())?;
        match rest != Number::ZERO && rest.is_negative() != other.is_negative() {
            true => rest.checked_add(other),
            false => Some(rest),
        }
    }

    /// The power; whole exponents are exact while they fit.
    pub fn power(self, exponent: Number) -> Option<Number> {
        if self == Number::ZERO {
            let one = exponent == Number::ZERO;
            return (!exponent.is_negative()).then_some(Number::from(i64::from(one)));
        }
        match exponent.to_i64() {
            Some(whole) => {
                let magnitude = self.whole_power(whole.unsigned_abs())?;
                if whole < 0 {
                    Number::ONE.checked_div(magnitude)
                } else {
                    Some(magnitude)
                }
            }
            None if self.is_negative() || exponent.is_integer() => None,
            None => {
                let power = self.logarithm_of()?.checked_mul(exponent)?;
                power.exponential_of()?.without_noise()
            }
        }
    }

    fn whole_power(self, mut exponent: u64) -> Option<Number> {
        let (mut result, mut square) = (Number::ONE.decimal(), self.decimal());
        loop {
            if exponent & 1 == 1 {
                result *= square;
            }
            exponent >>= 1;
            if exponent == 0 || result.is_zero() {
                return Number::finished(result);
            }
            if !result.is_finite() || !square.is_finite() {
                return None;
            }
            // A power of one would be squared for ever without getting anywhere; all others soon overflow or reach zero.
            square *= square;
        }
    }

    /// The square root.
    pub fn square_root(self) -> Option<Number> {
        if self.is_negative() {
            return None;
        }
        // An even power of ten comes out as it is: the series sees only a number between 1 and 100.
        let (near, tens) = self.near_one(2);
        let root = Number::finished(near.sqrt())?;
        root.times_ten_to(tens / 2)
    }

    /// The natural logarithm.
    pub fn logarithm(self) -> Option<Number> {
        self.logarithm_of()?.without_noise()
    }

    fn logarithm_of(self) -> Option<Number> {
        if self.is_negative() || self == Number::ZERO {
            return None;
        }
        let (near, tens) = self.near_one(1);
        let ten = D128::from_u8(10).with_ctx(CONTEXT).ln();
        let tens = Number::from(i64::from(tens)).decimal() * ten;
        Number::finished(near.ln() + tens)
    }

    /// The power of Euler's number.
    pub fn exponential(self) -> Option<Number> {
        self.exponential_of()?.without_noise()
    }

    fn exponential_of(self) -> Option<Number> {
        match self.truncate().to_i64() {
            Some(whole) if whole.unsigned_abs() <= MAX_EXPONENTIAL => {}
            _ => return self.is_negative().then_some(Number::ZERO),
        }
        // e^x = 10^n * e^(x - n ln 10): the series sees only a small number.
        let ten = D128::from_u8(10).with_ctx(CONTEXT).ln();
        let tens = Number::finished(self.decimal() / ten)?.round(0, Rounding::HalfEven)?;
        let rest = self.decimal() - tens.decimal() * ten;
        let near = Number::finished(rest.exp())?;
        near.times_ten_to(i32::try_from(tens.to_i64()?).ok()?)
    }

    /// The number as one near one, and the multiple of `step` by whose power of ten it was divided.
    fn near_one(self, step: i32) -> (D128, i32) {
        let tens = self.exponent().div_euclid(step) * step;
        let scale = i16::try_from(self.scale() + tens).unwrap_or_default();
        let near = Number::of_parts(self.digits(), scale, false);
        (near.decimal(), tens)
    }

    fn times_ten_to(self, power: i32) -> Option<Number> {
        let scale = self.scale().checked_sub(power)?;
        Number::rounded(self.digits(), scale, self.is_negative())
    }

    fn without_noise(self) -> Option<Number> {
        let digits = self.digits().checked_ilog10().unwrap_or(0) + 1;
        let excess = digits.saturating_sub(EXACT_DIGITS);
        let scale = i64::from(self.scale()) - i64::from(excess);
        self.round(scale, Rounding::HalfEven)
    }
}
