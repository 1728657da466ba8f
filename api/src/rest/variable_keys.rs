//! The keys of variables. A variable has no key of its own in the engine, so one is made of what names it and never changes: the number of its
//! instance, and [`HASH_BITS`] bits of a hash of its scope and name. A key so tells where to look, and nothing is scanned.
//! Where two variables of an instance have the same bits, the later one by scope and name has the next number.

use bpmn::{Key, ProcessInstance};
use serde_json::json;
use std::collections::BTreeSet;

/// How much of the key of a variable is hash; the bits before are the number of the instance.
const HASH_BITS: u32 = 28;

/// A variable of a scope.
pub(super) struct Variable {
    pub(super) key: Key,
    pub(super) scope: Key,
    pub(super) name: String,
    /// JSON.
    pub(super) value: String,
}

/// The variables of an instance, scope by scope and by name.
pub(super) fn all(instance: &ProcessInstance) -> Vec<Variable> {
    let scopes = [instance.key()]
        .into_iter()
        .chain(instance.elements().keys().copied());
    let mut all = Vec::new();
    let mut taken = BTreeSet::new();
    for scope in scopes {
        for (name, value) in instance.own_variables(scope).iter() {
            let mut hash = hash(scope, name);
            while !taken.insert(hash) {
                hash = (hash + 1) % (1 << HASH_BITS);
            }
            all.push(Variable {
                key: Key((scope.instance_number() << HASH_BITS) | hash),
                scope,
                name: name.to_string(),
                value: json!(value).to_string(),
            });
        }
    }
    all
}

/// The instance whose variable has this key.
pub(super) fn instance_of(variable: Key) -> Key {
    Key::of_instance(variable.0 >> HASH_BITS)
}

/// FNV-1a, 64 bits, folded to [`HASH_BITS`]: the same in every version of the program.
fn hash(scope: Key, name: &str) -> i64 {
    let ordinal = scope.ordinal().to_le_bytes();
    let hash = ordinal
        .iter()
        .chain(name.as_bytes())
        .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
            (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3)
        });
    let folded = (hash ^ (hash >> HASH_BITS) ^ (hash >> (2 * HASH_BITS))) & ((1 << HASH_BITS) - 1);
    i64::try_from(folded).expect("28 bits fit in 63")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_key_of_a_variable_never_changes_and_names_its_instance() {
        let instance = Key::of_instance(7);
        let key = |scope: Key, name| (scope.instance_number() << HASH_BITS) | hash(scope, name);
        assert_eq!(instance_of(Key(key(instance, "child"))), instance);
        assert_ne!(hash(instance, "child"), hash(Key(instance.0 + 1), "child"));
        // Clients keep keys: these numbers are part of the interface.
        assert_eq!(hash(instance, "child"), 213_010_405);
    }
}
