//! A map that keeps what was used lately, and never more than so much.

use std::{borrow::Borrow, collections::HashMap, hash::Hash};

/// Values by key, in two generations: when the younger one is full it becomes the older one, and the
/// older one goes. What is used moves to the younger one.
pub(crate) struct Recent<K, V> {
    young: HashMap<K, V>,
    old: HashMap<K, V>,
    /// The most that one generation has.
    most: usize,
}

impl<K: Eq + Hash, V: Clone> Recent<K, V> {
    /// An empty map that keeps at least the last `most` values, and at most twice as many.
    pub(crate) fn new(most: usize) -> Self {
        Recent { young: HashMap::new(), old: HashMap::new(), most }
    }

    pub(crate) fn get<Q: Eq + Hash + ?Sized>(&mut self, key: &Q) -> Option<V>
    where
        K: Borrow<Q>,
    {
        if let Some(value) = self.young.get(key) {
            return Some(value.clone());
        }
        let (key, value) = self.old.remove_entry(key)?;
        self.insert(key, value.clone());
        Some(value)
    }

    pub(crate) fn insert(&mut self, key: K, value: V) {
        if self.young.len() == self.most && !self.young.contains_key(&key) {
            self.old = std::mem::take(&mut self.young);
        }
        self.old.remove(&key);
        self.young.insert(key, value);
    }

    pub(crate) fn remove<Q: Eq + Hash + ?Sized>(&mut self, key: &Q)
    where
        K: Borrow<Q>,
    {
        self.young.remove(key);
        self.old.remove(key);
    }

    pub(crate) fn clear(&mut self) {
        self.young = HashMap::new();
        self.old = HashMap::new();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_used_stays_and_the_rest_goes() {
        let mut recent = Recent::new(2);
        for number in 0..100 {
            recent.insert(number, number);
            assert_eq!(recent.get(&0), Some(0), "after {number}");
            assert!(recent.young.len() + recent.old.len() <= 4);
        }
        assert_eq!((recent.get(&1), recent.get(&99)), (None, Some(99)));
        recent.insert(0, 7);
        assert_eq!(recent.get(&0), Some(7));
        recent.remove(&0);
        assert_eq!(recent.get(&0), None);
    }
}
