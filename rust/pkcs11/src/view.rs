//! An object as it is at this moment, and what can be seen of it.

use std::sync::Arc;

use cryptoki_sys::*;

use crate::{
    allowed,
    attribute::{Attribute, attribute},
    error::{Result, Rv},
    key::Key,
    mechanism::Row,
    object::{Class, Owned},
    session_object::SessionObject,
    stored,
    template::Template,
};

/// An object as it is now.
pub(crate) enum View {
    /// A key of the token, or a half of one.
    Key(Class, Arc<supacrypt_client::Key>),
    /// A certificate or data of the token.
    Stored(Arc<supacrypt_client::Object>, SessionObject),
    /// A mechanism of the token.
    Mechanism(SessionObject),
    /// A session object.
    Session(Arc<Owned>),
}

impl View {
    /// A certificate or data of the token.
    pub(crate) fn stored(object: Arc<supacrypt_client::Object>) -> View {
        let attributes = stored::attributes(&object);
        View::Stored(object, SessionObject::of_attributes(attributes))
    }

    /// The value of an attribute, as callers may see it.
    pub(crate) fn attribute(&self, wanted: CK_ATTRIBUTE_TYPE) -> Attribute {
        match self {
            View::Key(class, key) => attribute(key, *class, wanted),
            View::Stored(_, object) | View::Mechanism(object) => object.attribute(wanted),
            View::Session(owned) => owned.object.attribute(wanted),
        }
    }

    /// Whether all attributes of the template have the values it names.
    pub(crate) fn matches(&self, template: &Template) -> bool {
        template.iter().all(|(wanted, value)| {
            matches!(self.attribute(wanted), Attribute::Value(own) if own == value)
        })
    }

    /// Whether the object's attributes allow the mechanism. That it does not fit is for the operation to
    /// say.
    pub(crate) fn allows(&self, mechanism: &Row) -> bool {
        let owned = match self {
            View::Key(_, key) => {
                return !mechanism.works_with(key.spec.class()) || allowed::allows(key, mechanism);
            }
            View::Stored(..) | View::Mechanism(_) => return true,
            View::Session(owned) => owned,
        };
        let class = owned.object.usable_key().map(|(_, key)| key.spec().class());
        if !class.is_some_and(|class| mechanism.works_with(class)) {
            return true;
        }
        let allowed = owned.object.attributes.get(CKA_ALLOWED_MECHANISMS);
        let mut allowed = allowed.unwrap_or_default().chunks_exact(size_of::<CK_MECHANISM_TYPE>());
        allowed.any(|each| *each == mechanism.mechanism.to_ne_bytes())
    }

    /// The key for an operation.
    ///
    /// # Errors
    /// `CKR_KEY_HANDLE_INVALID` for what is no key.
    pub(crate) fn into_key(self) -> Result<(Class, Key)> {
        match self {
            View::Key(class, key) => Ok((class, Key::Token(key))),
            View::Stored(..) | View::Mechanism(_) => Err(Rv(CKR_KEY_HANDLE_INVALID)),
            View::Session(owned) => owned.object.usable_key().ok_or(Rv(CKR_KEY_HANDLE_INVALID)),
        }
    }
}
