//! Object handles. A handle stands for an object of the token, by name, or for a session object; it is
//! never given to another object.

use std::{
    collections::HashMap,
    sync::{
        Arc, PoisonError, RwLock,
        atomic::{AtomicU64, Ordering},
    },
};

use cryptoki_sys::*;
use supacrypt_client::Key;
use supacrypt_core::{KeyFlags, KeyName, KeyringName, ObjectName};

use crate::{
    error::{Result, Rv},
    session_object::SessionObject,
};

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
        if !key.spec.is_asymmetric() {
            &[Class::Secret]
        } else if key.attributes.flags.contains(KeyFlags::PUBLIC_ONLY) {
            &[Class::Public]
        } else if key.attributes.flags.contains(KeyFlags::PRIVATE_ONLY) {
            &[Class::Private]
        } else {
            &[Class::Public, Class::Private]
        }
    }
}

/// An object of the token.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum TokenObject {
    /// A key, or a half of one.
    Key(KeyName, Class),
    /// A certificate or data.
    Stored(ObjectName),
    /// A mechanism of the token.
    Mechanism(KeyringName, CK_MECHANISM_TYPE),
}

/// What a handle stands for.
#[derive(Clone)]
pub(crate) enum Object {
    /// An object of the token, by name.
    Token(Arc<TokenObject>),
    /// A session object.
    Session(Arc<Owned>),
}

/// A session object and whose it is.
pub(crate) struct Owned {
    /// The session that made it, and that it goes with.
    session: CK_SESSION_HANDLE,
    /// The slot whose sessions see it.
    pub(crate) slot: CK_SLOT_ID,
    pub(crate) object: SessionObject,
}

/// All handles of a process.
pub(crate) struct Objects {
    // Outside of the lock: a child that finds the tables locked still counts on.
    next: AtomicU64,
    tables: RwLock<Tables>,
}

#[derive(Clone, Default)]
struct Tables {
    by_handle: HashMap<CK_OBJECT_HANDLE, Object>,
    by_name: HashMap<Arc<TokenObject>, CK_OBJECT_HANDLE>,
    /// Handles of session objects, in the order they were made.
    session: Vec<CK_OBJECT_HANDLE>,
}

impl Default for Objects {
    fn default() -> Self {
        // 0 is CK_INVALID_HANDLE.
        Objects { next: AtomicU64::new(1), tables: RwLock::default() }
    }
}

impl Objects {
    /// The handle of an object of the token, new if it has none yet.
    pub(crate) fn handle(&self, object: TokenObject) -> CK_OBJECT_HANDLE {
        let known = self.tables.read().unwrap_or_else(PoisonError::into_inner);
        if let Some(handle) = known.by_name.get(&object) {
            return *handle;
        }
        drop(known);
        let mut tables = self.tables.write().unwrap_or_else(PoisonError::into_inner);
        if let Some(handle) = tables.by_name.get(&object) {
            return *handle;
        }
        let handle = self.next_handle();
        let object = Arc::new(object);
        tables.by_handle.insert(handle, Object::Token(Arc::clone(&object)));
        tables.by_name.insert(object, handle);
        handle
    }

    /// Keeps a session object for as long as its session is open.
    pub(crate) fn keep(
        &self,
        session: CK_SESSION_HANDLE,
        slot: CK_SLOT_ID,
        object: SessionObject,
    ) -> CK_OBJECT_HANDLE {
        let mut tables = self.tables.write().unwrap_or_else(PoisonError::into_inner);
        let handle = self.next_handle();
        tables.by_handle.insert(handle, Object::Session(Arc::new(Owned { session, slot, object })));
        tables.session.push(handle);
        handle
    }

    /// Changes a session object; no other change comes between.
    pub(crate) fn change(
        &self,
        handle: CK_OBJECT_HANDLE,
        change: impl FnOnce(&SessionObject) -> Result<SessionObject>,
    ) -> Result<()> {
        let mut tables = self.tables.write().unwrap_or_else(PoisonError::into_inner);
        let Some(Object::Session(owned)) = tables.by_handle.get_mut(&handle) else {
            return Err(Rv(CKR_OBJECT_HANDLE_INVALID));
        };
        let object = change(&owned.object)?;
        *owned = Arc::new(Owned { session: owned.session, slot: owned.slot, object });
        Ok(())
    }

    /// What the handle stands for.
    pub(crate) fn object(&self, handle: CK_OBJECT_HANDLE) -> Result<Object> {
        let tables = self.tables.read().unwrap_or_else(PoisonError::into_inner);
        tables.by_handle.get(&handle).cloned().ok_or(Rv(CKR_OBJECT_HANDLE_INVALID))
    }

    /// The session objects that sessions of a slot see, in the order they were made.
    pub(crate) fn of_sessions(&self, slot: CK_SLOT_ID) -> Vec<(CK_OBJECT_HANDLE, Arc<Owned>)> {
        let tables = self.tables.read().unwrap_or_else(PoisonError::into_inner);
        let owned = tables.session.iter().filter_map(|handle| match tables.by_handle.get(handle) {
            Some(Object::Session(owned)) => Some((*handle, Arc::clone(owned))),
            _ => None,
        });
        owned.filter(|(_, owned)| owned.slot == slot).collect()
    }

    /// Gives up the handles of a key that is gone.
    pub(crate) fn forget_key(&self, key: &KeyName) {
        let classes = [Class::Public, Class::Private, Class::Secret];
        self.forget(&classes.map(|class| TokenObject::Key(key.clone(), class)));
    }

    /// Lets the handle of an object, if it has one, stand for the object that took its place.
    pub(crate) fn replace(&self, gone: &TokenObject, by: TokenObject) {
        let mut tables = self.tables.write().unwrap_or_else(PoisonError::into_inner);
        if let Some(handle) = tables.by_name.remove(gone) {
            let by = Arc::new(by);
            tables.by_handle.insert(handle, Object::Token(Arc::clone(&by)));
            // Somebody may have found it meanwhile; then it has two handles.
            tables.by_name.entry(by).or_insert(handle);
        }
    }

    /// Gives up the handles of objects that are gone.
    pub(crate) fn forget(&self, gone: &[TokenObject]) {
        let mut tables = self.tables.write().unwrap_or_else(PoisonError::into_inner);
        for object in gone {
            if let Some(handle) = tables.by_name.remove(object) {
                tables.by_handle.remove(&handle);
            }
        }
    }

    /// Ends a session object.
    pub(crate) fn destroy(&self, handle: CK_OBJECT_HANDLE) {
        self.retain(|other, _| other != handle);
    }

    /// Ends the objects of a session that is closed.
    pub(crate) fn close_session(&self, session: CK_SESSION_HANDLE) {
        self.retain(|_, owned| owned.session != session);
    }

    /// Ends the objects of all sessions of a slot.
    pub(crate) fn close_slot(&self, slot: CK_SLOT_ID) {
        self.retain(|_, owned| owned.slot != slot);
    }

    /// Keeps those session objects only that `stays` is true for.
    fn retain(&self, stays: impl Fn(CK_OBJECT_HANDLE, &Owned) -> bool) {
        if self.tables.read().unwrap_or_else(PoisonError::into_inner).session.is_empty() {
            return;
        }
        let mut tables = self.tables.write().unwrap_or_else(PoisonError::into_inner);
        let Tables { by_handle, session, .. } = &mut *tables;
        session.retain(|handle| {
            let kept = match by_handle.get(handle) {
                Some(Object::Session(owned)) => stays(*handle, owned),
                _ => false,
            };
            if !kept {
                by_handle.remove(handle);
            }
            kept
        });
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

    fn next_handle(&self) -> CK_OBJECT_HANDLE {
        self.next.fetch_add(1, Ordering::Relaxed) as CK_OBJECT_HANDLE
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::attributes::Attributes;

    #[test]
    fn a_handle_is_kept_and_never_given_again() {
        let objects = Objects::default();
        let name: KeyName = "keyrings/a/keys/b".parse().unwrap();
        let key = TokenObject::Key(name.clone(), Class::Private);
        let handle = objects.handle(key.clone());
        assert_eq!(objects.handle(key.clone()), handle);
        assert!(matches!(objects.adopt().object(handle), Ok(Object::Token(own)) if *own == key));
        objects.forget_key(&name);
        assert_eq!(objects.object(handle).err(), Some(Rv(CKR_OBJECT_HANDLE_INVALID)));
        assert_ne!(objects.handle(key), handle);
    }

    #[test]
    fn session_objects_go_with_their_session() {
        let objects = Objects::default();
        let empty = || SessionObject::of_attributes(Attributes::default());
        let [of_one, of_two, elsewhere] =
            [(1, 0), (2, 0), (3, 7)].map(|(session, slot)| objects.keep(session, slot, empty()));
        let seen = |slot| {
            objects.of_sessions(slot).into_iter().map(|(handle, _)| handle).collect::<Vec<_>>()
        };
        assert_eq!(seen(0), [of_one, of_two]);
        objects.close_session(1);
        assert_eq!(seen(0), [of_two]);
        objects.close_slot(0);
        assert_eq!((seen(0), seen(7)), (vec![], vec![elsewhere]));
        assert_eq!(objects.object(of_one).err(), Some(Rv(CKR_OBJECT_HANDLE_INVALID)));
    }
}
