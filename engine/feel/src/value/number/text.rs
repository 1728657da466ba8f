//! Numbers as text and as floating-point numbers.

use super::{Number, TOO_MANY};
use std::fmt;
use std::str::FromStr;

/// The text is not a number, or one that is too large.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a number, or one of more than 6145 digits before the point")]
pub struct NotANumber;

/// Digits that are read exactly; what follows them only rounds.
const READ: usize = 37;

impl Number {
    /// The number nearest to a binary floating-point number, by its shortest decimal text.
    pub fn from_f64(float: f64) -> Option<Number> {
        if !float.is_finite() {
            return None;
        }
        format!("{float:e}").parse().ok()
    }

    /// The number for a message: with an exponent where it would be long.
    pub(crate) fn brief(self) -> String {
        match self.scale() {
            -40..=40 => self.to_string(),
            scale => {
                let sign = if self.is_negative() { "-" } else { "" };
                format!("{sign}{}e{}", self.digits(), -scale)
            }
        }
    }

    /// The nearest binary floating-point number; infinite if there is none.
    pub fn to_f64(self) -> f64 {
        // Through the text, because the digits of a decimal and of its nearest float agree only there.
        let sign = if self.is_negative() { "-" } else { "" };
        let text = format!("{sign}{}e{}", self.digits(), -self.scale());
        text.parse().unwrap_or(0.0)
    }

    /// The number as other programs read it from JSON: unchanged up to 15 digits, else rounded to the nearest 64-bit float.
    /// `None` where that is infinite.
    pub(crate) fn as_in_json(self) -> Option<Number> {
        if self.is_short() || self.to_i64().is_some() || self.to_u64().is_some() {
            Some(self)
        } else {
            Number::from_f64(self.to_f64())
        }
    }

    /// Whether other programs read the number from JSON unchanged.
    pub(crate) fn is_json_like(self) -> bool {
        self.is_short() || self.as_in_json() == Some(self)
    }

    /// Whether it has no more digits, and is no larger or smaller, than a 64-bit float surely keeps.
    fn is_short(self) -> bool {
        const SAFE_DIGITS: u128 = 1_000_000_000_000_000;
        self.digits() < SAFE_DIGITS && (-290..290).contains(&self.scale())
    }
}

/// Reads `1`, `-1.5`, `.5` and `1.5e-3`.
impl FromStr for Number {
    type Err = NotANumber;

    fn from_str(text: &str) -> Result<Number, NotANumber> {
        let (digits, exponent) = match text.split_once(['e', 'E']) {
            Some((digits, exponent)) => (digits, exponent.parse::<i32>().map_err(|_| NotANumber)?),
            None => (text, 0),
        };
        let unsigned = digits.strip_prefix('-').unwrap_or(digits);
        let (whole, fraction) = unsigned.split_once('.').unwrap_or((unsigned, ""));
        let all = || whole.bytes().chain(fraction.bytes());
        if whole.is_empty() && fraction.is_empty() || !all().all(|byte| byte.is_ascii_digit()) {
            return Err(NotANumber);
        }
        let (mut value, mut kept, mut dropped, mut rest) = (0_u128, 0, 0_i32, false);
        for digit in all().map(|byte| byte - b'0') {
            if kept == READ {
                dropped = dropped.saturating_add(1);
                rest |= digit > 0;
            } else {
                value = value * 10 + u128::from(digit);
                kept += usize::from(value > 0);
            }
        }
        // A rest that is cut off must still lift the number over the middle between two others.
        value += u128::from(rest && value.is_multiple_of(5) && value >= TOO_MANY);
        let decimals = i32::try_from(fraction.len()).map_err(|_| NotANumber)?;
        let scale = decimals
            .checked_sub(exponent)
            .and_then(|scale| scale.checked_sub(dropped))
            .ok_or(NotANumber)?;
        Number::rounded(value, scale, digits.starts_with('-')).ok_or(NotANumber)
    }
}

/// Without trailing zeros behind the point and without exponent.
impl fmt::Display for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (digits, scale) = (self.digits(), self.scale());
        if digits == 0 {
            return f.write_str("0");
        }
        if self.is_negative() {
            f.write_str("-")?;
        }
        let written = digits.to_string();
        let decimals = usize::try_from(scale).unwrap_or(0);
        if decimals == 0 {
            let zeros = scale.unsigned_abs() as usize;
            return write!(f, "{written}{:0>zeros$}", "");
        }
        let (whole, fraction) = match written.len().checked_sub(decimals) {
            Some(place) => written.split_at(place),
            None => ("", written.as_str()),
        };
        let fraction = format!("{fraction:0>decimals$}");
        let fraction = fraction.trim_end_matches('0');
        let whole = if whole.is_empty() { "0" } else { whole };
        match fraction.is_empty() {
            true => f.write_str(whole),
            false => write!(f, "{whole}.{fraction}"),
        }
    }
}

impl fmt::Debug for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}
