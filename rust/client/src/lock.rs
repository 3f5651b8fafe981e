//! The lock of this crate.

use std::sync::{MutexGuard, PoisonError};

/// The standard library's mutex, which is one word of memory and nothing else: locks that share a
/// table in the process can be left locked in a child made by fork. A panic does not poison it.
#[derive(Debug, Default)]
pub(crate) struct Mutex<T>(std::sync::Mutex<T>);

impl<T> Mutex<T> {
    pub(crate) fn lock(&self) -> MutexGuard<'_, T> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
