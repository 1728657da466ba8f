//! The variables of one scope: a row in the order of their names.
//!
//! Most scopes have a few. A tree would take half a kilobyte for the first of them, which is what an instance with ten
//! thousand visits at a time is made of. Variables that come in the order of their names are added at the end.

use std::collections::BTreeMap;
use std::sync::Arc;

use feel::Value;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// So many are looked through for a name one by one: most names differ in their length already.
const FEW: usize = 8;

/// Variables by name.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Variables(Vec<(Arc<str>, Value)>);

impl Variables {
    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The variable of this name.
    pub fn get(&self, name: &str) -> Option<&Value> {
        if self.0.len() > FEW {
            let place = self.place(name).ok()?;
            return Some(&self.0[place].1);
        }
        let mut all = self.0.iter();
        all.find_map(|(known, value)| (**known == *name).then_some(value))
    }

    /// Whether there is one of this name.
    pub fn contains_key(&self, name: &str) -> bool {
        self.get(name).is_some()
    }

    /// Sets one; gives what it was before.
    pub fn insert(&mut self, name: Arc<str>, value: Value) -> Option<Value> {
        match self.place(&name) {
            Ok(place) => Some(std::mem::replace(&mut self.0[place].1, value)),
            Err(place) => {
                self.0.insert(place, (name, value));
                None
            }
        }
    }

    /// All of them, in the order of their names.
    pub fn iter(&self) -> impl Iterator<Item = (&Arc<str>, &Value)> {
        self.0.iter().map(|(name, value)| (name, value))
    }

    fn place(&self, name: &str) -> Result<usize, usize> {
        match self.0.last() {
            Some((last, _)) if **last < *name => Err(self.0.len()),
            Some(_) | None => self.0.binary_search_by(|(known, _)| (**known).cmp(name)),
        }
    }
}

impl Serialize for Variables {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_map(self.iter())
    }
}

impl<'de> Deserialize<'de> for Variables {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Variables, D::Error> {
        let sorted = BTreeMap::<Arc<str>, Value>::deserialize(from)?;
        Ok(Variables(sorted.into_iter().collect()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn they_are_what_a_tree_of_them_is(steps in prop::collection::vec(("[a-e]{0,3}", 0_i64..9), 0..40)) {
            let (mut row, mut tree) = (Variables::default(), BTreeMap::<Arc<str>, Value>::new());
            for (name, number) in steps {
                let (name, value): (Arc<str>, Value) = (name.into(), number.into());
                prop_assert_eq!(
                    row.insert(name.clone(), value.clone()),
                    tree.insert(name.clone(), value)
                );
                prop_assert_eq!(row.get(&name), tree.get(&name));
                prop_assert!(row.contains_key(&name) && !row.contains_key("f"));
            }
            prop_assert!(row.iter().eq(tree.iter()));
            let stored = serde_json::to_string(&row).unwrap();
            prop_assert_eq!(&stored, &serde_json::to_string(&tree).unwrap());
            prop_assert_eq!(serde_json::from_str::<Variables>(&stored).unwrap(), row);
        }
    }
}
