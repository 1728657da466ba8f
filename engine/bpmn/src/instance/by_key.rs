//! What an instance holds by key, in the order of the keys, which is the order in which it came.
//!
//! The values are boxed: a tree makes room for eleven of them when the first one comes, and most instances have one task,
//! one timer and one deadline. With thousands of instances in memory that is most of what they take.

use std::collections::{BTreeMap, btree_map};
use std::iter::Map;
use std::ops::Index;

use serde::{Deserialize, Serialize};

use crate::Key;

/// Values by key, in the order of their keys.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ByKey<T>(BTreeMap<Key, Box<T>>);

impl<T> ByKey<T> {
    /// How many there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether there is one of this key.
    pub fn contains_key(&self, key: &Key) -> bool {
        self.0.contains_key(key)
    }

    /// The one of this key.
    pub fn get(&self, key: &Key) -> Option<&T> {
        self.0.get(key).map(Box::as_ref)
    }

    /// All keys, ascending.
    pub fn keys(&self) -> btree_map::Keys<'_, Key, Box<T>> {
        self.0.keys()
    }

    /// All values, in the order of their keys.
    pub fn values(&self) -> Values<'_, T> {
        self.0.values().map(Box::as_ref)
    }

    /// All of them, in the order of their keys.
    pub fn iter(&self) -> Iter<'_, T> {
        self.0.iter().map(|(key, value)| (key, &**value))
    }

    pub(super) fn get_mut(&mut self, key: &Key) -> Option<&mut T> {
        self.0.get_mut(key).map(Box::as_mut)
    }

    pub(super) fn values_mut(&mut self) -> impl Iterator<Item = &mut T> {
        self.0.values_mut().map(Box::as_mut)
    }

    pub(super) fn insert(&mut self, key: Key, value: Box<T>) {
        self.0.insert(key, value);
    }

    pub(super) fn remove(&mut self, key: &Key) -> Option<Box<T>> {
        self.0.remove(key)
    }
}

impl<T> Index<&Key> for ByKey<T> {
    type Output = T;

    /// The one of this key; panics where there is none.
    fn index(&self, key: &Key) -> &T {
        &self.0[key]
    }
}

type Values<'a, T> = Map<btree_map::Values<'a, Key, Box<T>>, fn(&'a Box<T>) -> &'a T>;

type Iter<'a, T> =
    Map<btree_map::Iter<'a, Key, Box<T>>, fn((&'a Key, &'a Box<T>)) -> (&'a Key, &'a T)>;

impl<'a, T> IntoIterator for &'a ByKey<T> {
    type Item = (&'a Key, &'a T);
    type IntoIter = Iter<'a, T>;

    fn into_iter(self) -> Iter<'a, T> {
        self.iter()
    }
}

impl<T> Default for ByKey<T> {
    fn default() -> ByKey<T> {
        ByKey(BTreeMap::new())
    }
}
