//! Object handles. A handle stands for a key's public half, its private half, or a secret key, by
//! the key's name; it is never given to another object.

use std::{
    collections::HashMap,
    sync::{
        Arc, PoisonError, RwLock,
        atomic::{AtomicU64, Ordering},
    },
};

use cryptoki_sys::*;
use supacrypt_client::Key;
use supacrypt_core::KeyName;

use crate::error::{Result, Rv};

/// Which of a key's objects.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Class {
    /// The public half.
    Public,
    /// The private half.
    Private,
    /// All of a secret key.
    Secret,
}

impl Class {
    /// `CKA_CLASS`.
    pub(crate) const fn value(self) -> CK_OBJECT_CLASS {
        match self {
            Class::Public => CKO_PUBLIC_KEY,
            Class::Private => CKO_PRIVATE_KEY,
            Class::Secret => CKO_SECRET_KEY,
        }
    }

    /// The objects of a key.
    pub(crate) fn of(key: &Key) -> &'static [Class] {
        if key.spec.is_asymmetric() { &[Class::Public, Class::Private] } else { &[Class::Secret] }
    }
}

/// What a handle stands for.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Object {
    pub(crate) key: KeyName,
    pub(crate) class: Class,
}

/// All handles of a process.
pub(crate) struct Objects {
    // Outside of the lock: a child that finds the tables locked still counts on.
    next: AtomicU64,
    tables: RwLock<Tables>,
}

#[derive(Clone, Default)]
struct Tables {
    by_handle: HashMap<CK_OBJECT_HANDLE, Arc<Object>>,
    by_object: HashMap<Arc<Object>, CK_OBJECT_HANDLE>,
}

impl Default for Objects {
    fn default() -> Self {
        // 0 is CK_INVALID_HANDLE.
        Objects { next: AtomicU64::new(1), tables: RwLock::default() }
    }
}

impl Objects {
    /// The object's handle, new if it has none yet.
    pub(crate) fn handle(&self, object: Object) -> CK_OBJECT_HANDLE {
        let known = self.tables.read().unwrap_or_else(PoisonError::into_inner);
        if let Some(handle) = known.by_object.get(&object) {
            return *handle;
        }
        drop(known);
        let mut tables = self.tables.write().unwrap_or_else(PoisonError::into_inner);
        if let Some(handle) = tables.by_object.get(&object) {
            return *handle;
        }
        let handle = self.next.fetch_add(1, Ordering::Relaxed) as CK_OBJECT_HANDLE;
        let object = Arc::new(object);
        tables.by_handle.insert(handle, Arc::clone(&object));
        tables.by_object.insert(object, handle);
        handle
    }

    /// What the handle stands for.
    pub(crate) fn object(&self, handle: CK_OBJECT_HANDLE) -> Result<Arc<Object>> {
        let tables = self.tables.read().unwrap_or_else(PoisonError::into_inner);
        tables.by_handle.get(&handle).cloned().ok_or(Rv(CKR_OBJECT_HANDLE_INVALID))
    }

    /// Gives up the handles of a key that is gone.
    pub(crate) fn forget(&self, key: &KeyName) {
        let mut tables = self.tables.write().unwrap_or_else(PoisonError::into_inner);
        for class in [Class::Public, Class::Private, Class::Secret] {
            let object = Object { key: key.clone(), class };
            if let Some(handle) = tables.by_object.remove(&object) {
                tables.by_handle.remove(&handle);
            }
        }
    }

    /// A copy for a child process; without the handles if another thread held the lock while the
    /// parent forked.
    pub(crate) fn adopt(&self) -> Objects {
        Objects {
            next: AtomicU64::new(self.next.load(Ordering::Relaxed)),
            tables: RwLock::new(
                self.tables.try_read().map(|tables| tables.clone()).unwrap_or_default(),
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_handle_is_kept_and_never_given_again() {
        let objects = Objects::default();
        let object = Object { key: "keyrings/a/keys/b".parse().unwrap(), class: Class::Private };
        let handle = objects.handle(object.clone());
        assert_eq!(objects.handle(object.clone()), handle);
        assert_eq!(objects.adopt().object(handle), Ok(Arc::new(object.clone())));
        objects.forget(&object.key);
        assert_eq!(objects.object(handle), Err(Rv(CKR_OBJECT_HANDLE_INVALID)));
        assert_ne!(objects.handle(object), handle);
    }
}
