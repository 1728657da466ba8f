//! Keys: the numbers of instances and of everything born inside them.

use std::fmt;
use std::num::ParseIntError;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// The number of an instance, or of something inside one (element instance, task, job, timer, incident).
///
/// Instance `n` has the key `n << 20`, and what is born in it takes the next numbers: so a key says
/// which instance it belongs to, and later things have greater keys. A number in JSON.
#[derive(
    Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct Key(pub i64);

/// Bits of a key that number the things inside one instance.
const INNER_BITS: u32 = 20;

impl Key {
    /// The key of instance number `n`.
    pub const fn of_instance(n: i64) -> Key {
        Key(n << INNER_BITS)
    }

    /// The key of the instance that this was born in; an instance's own key is itself.
    pub const fn instance(self) -> Key {
        Key(self.0 >> INNER_BITS << INNER_BITS)
    }

    /// The number `n` of the instance that this was born in.
    pub const fn instance_number(self) -> i64 {
        self.0 >> INNER_BITS
    }

    /// How many things were born in the instance before and including this one.
    pub const fn ordinal(self) -> i64 {
        self.0 & ((1 << INNER_BITS) - 1)
    }

    pub(crate) const fn next(self) -> Key {
        Key(self.0 + 1)
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl FromStr for Key {
    type Err = ParseIntError;

    fn from_str(text: &str) -> Result<Key, ParseIntError> {
        text.parse().map(Key)
    }
}

impl From<i64> for Key {
    fn from(number: i64) -> Key {
        Key(number)
    }
}

impl From<Key> for i64 {
    fn from(key: Key) -> i64 {
        key.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_knows_its_instance() {
        let instance = Key::of_instance(7);
        let task = instance.next().next();
        assert_eq!(task.instance(), instance);
        assert_eq!(task.instance_number(), 7);
        assert_eq!(task.ordinal(), 2);
        assert_eq!(instance.instance(), instance);
        assert_eq!(task.to_string().parse(), Ok(task));
    }
}
