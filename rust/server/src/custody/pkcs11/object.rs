//! The objects of a token that are keys of ours, by their `CKA_ID`.

use std::collections::BTreeMap;

use cryptoki::object::{Attribute, AttributeType, ObjectClass, ObjectHandle};
use cryptoki::session::Session;
use parking_lot::Mutex;
use supacrypt_core::{Error, Reason, Result};

use super::fault::Fault;
use super::token::{Lease, check_login};
use crate::custody::{Held, HeldState};

/// What a stored reference begins with: the form of the rest.
const MADE: u8 = 1;
const ADOPTED: u8 = 2;

/// `CKA_LABEL` of the key of a store that has this `CKA_ID`.
pub(super) fn label(store: &str, id: &[u8]) -> Vec<u8> {
    [prefix(store).as_bytes(), id].concat()
}

/// What the labels of all keys begin with that were made for stores.
pub(super) const OURS: &str = "supacrypt ";

fn prefix(store: &str) -> String {
    format!("{OURS}{store}/")
}

/// The keys of a store, or what is left of them.
pub(super) fn held(session: &Session, store: &str) -> Result<Vec<Held>, Fault> {
    check_login(session)?;
    let prefix = prefix(store);
    // What there is of each: its halves, or the secret.
    let mut found = BTreeMap::<Vec<u8>, Vec<ObjectClass>>::new();
    for object in session.find_objects(&[Attribute::Token(true)])? {
        let wanted = [AttributeType::Label, AttributeType::Id, AttributeType::Class];
        let (mut ours, mut id, mut kind) = (false, Vec::new(), None);
        for attribute in session.get_attributes(object, &wanted)? {
            match attribute {
                Attribute::Label(label) => ours = label.starts_with(prefix.as_bytes()),
                Attribute::Id(value) => id = value,
                Attribute::Class(class) => kind = Some(class),
                _ => {}
            }
        }
        if ours && !id.is_empty() {
            found.entry(id).or_default().extend(kind);
        }
    }
    let held = |(id, classes): (Vec<u8>, Vec<ObjectClass>)| {
        let has = |class| classes.contains(&class);
        let whole = has(ObjectClass::SECRET_KEY)
            || has(ObjectClass::PUBLIC_KEY) && has(ObjectClass::PRIVATE_KEY);
        let state = if whole { HeldState::Whole } else { HeldState::Partial };
        Held { reference: Which::Ours(id.clone()).reference(), context: id, state }
    };
    Ok(found.into_iter().map(held).collect())
}

/// Which key of the token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Which {
    /// One that was made for a store, by its `CKA_ID`.
    Ours(Vec<u8>),
    /// One that others made, by its `CKA_LABEL`.
    Adopted(Vec<u8>),
}

impl Which {
    /// How the server's store refers to it. There is nothing secret in it.
    pub(super) fn reference(&self) -> Vec<u8> {
        let (form, name) = match self {
            Which::Ours(id) => (MADE, id),
            Which::Adopted(label) => (ADOPTED, label),
        };
        [&[form], &name[..]].concat()
    }

    /// What a reference refers to.
    ///
    /// # Errors
    /// [`Reason::CustodianUnavailable`] for one that a newer server made.
    pub(super) fn of(reference: &[u8]) -> Result<Which> {
        match reference {
            [MADE, id @ ..] if !id.is_empty() => Ok(Which::Ours(id.to_vec())),
            [ADOPTED, label @ ..] if !label.is_empty() => Ok(Which::Adopted(label.to_vec())),
            _ => Err(Error::new(
                Reason::CustodianUnavailable,
                "the store refers to a key of a token in a way that this server does not know; a \
                 newer one may have written it",
            )),
        }
    }

    fn attribute(&self) -> Attribute {
        match self {
            Which::Ours(id) => Attribute::Id(id.clone()),
            Which::Adopted(label) => Attribute::Label(label.clone()),
        }
    }
}

impl std::fmt::Display for Which {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Which::Ours(id) => write!(f, "with the id {:?}", String::from_utf8_lossy(id)),
            Which::Adopted(label) => write!(f, "{:?}", String::from_utf8_lossy(label)),
        }
    }
}

/// The object of a class that is a key, or its public half.
///
/// # Errors
/// [`Reason::KeyVersionDestroyed`].
pub(super) fn find(
    session: &Session,
    which: &Which,
    class: ObjectClass,
) -> Result<ObjectHandle, Fault> {
    check_login(session)?;
    let found = session.find_objects(&[Attribute::Class(class), which.attribute()])?;
    match (found[..].first(), which) {
        (None, _) => {
            let message = format!(
                "the token does not have the key {which} any more; restore it from the backup of the \
                 token"
            );
            Err(Error::new(Reason::KeyVersionDestroyed, message).into())
        }
        // Another may have been put beside it, by whoever may.
        (Some(_), Which::Adopted(_)) if found.len() > 1 => {
            let message =
                format!("the token has several keys {which}; give the others other labels");
            Err(Fault::Useless(Error::new(Reason::CustodianUnavailable, message)))
        }
        (Some(key), _) => Ok(*key),
    }
}

/// Destroys all objects that have this `CKA_ID`. That there is none is no error.
pub(super) fn destroy(session: &Session, id: &[u8]) -> Result<(), Fault> {
    // An empty search would find the objects of others.
    if id.is_empty() {
        return Ok(());
    }
    check_login(session)?;
    for object in session.find_objects(&[Attribute::Id(id.to_vec())])? {
        match session.destroy_object(object).map_err(Fault::from) {
            Err(fault) if !fault.is_stale() => return Err(fault),
            _ => {}
        }
    }
    Ok(())
}

/// A private or secret key, and its handle once that is known. Handles end with the login.
pub(super) struct Found {
    which: Which,
    class: ObjectClass,
    handle: Mutex<Option<(u64, ObjectHandle)>>,
}

impl Found {
    /// A key that was not looked for yet.
    pub(super) fn new(which: Which, class: ObjectClass) -> Found {
        Found { which, class, handle: Mutex::default() }
    }

    /// Does something with the key; again with a new handle when the one that was known is no good.
    pub(super) fn with<T>(
        &self,
        lease: &Lease,
        act: impl Fn(ObjectHandle) -> Result<T, Fault>,
    ) -> Result<T, Fault> {
        let known = self.handle.lock().filter(|(generation, _)| *generation == lease.generation);
        if let Some((_, handle)) = known {
            match act(handle) {
                Err(fault) if fault.is_stale() => {}
                done => return done,
            }
        }
        let handle = find(&lease.session, &self.which, self.class)?;
        *self.handle.lock() = Some((lease.generation, handle));
        act(handle)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reference_is_read_as_it_was_written_and_no_other_is() {
        for which in [Which::Ours(b"uid".to_vec()), Which::Adopted(b"TLS key".to_vec())] {
            assert_eq!(Which::of(&which.reference()).unwrap(), which);
        }
        for unknown in [&b""[..], b"\x01", b"\x02", b"\x03uid"] {
            assert_eq!(Which::of(unknown).unwrap_err().reason(), Reason::CustodianUnavailable);
        }
    }
}
