//! `C_WrapKey`, `C_UnwrapKey` and those of v3.2 that authenticate other data, too: a key is encrypted with another one, and comes back as an object.
//! What is wrapped is the value of a secret key, or the PKCS#8 of a private one (PKCS#11 v3.2,
//! section 5.18).

use std::sync::Arc;

use cryptoki_sys::*;
use supacrypt_client::WrappingKey;
use supacrypt_core::{KeyFlags, KeyUsages, Reason};
use zeroize::Zeroizing;

use crate::{
    create::keep,
    error::{Result, Rv},
    ffi::Output,
    key::{Key, SessionKey},
    material,
    mechanism::Mechanism,
    module::Module,
    object::Class,
    operation::{Cipher, Direction, Parameters},
    session::Session,
    session_object::SessionObject,
    template::Template,
    view::View,
};

/// Wraps `key` with `wrapping_key` into the caller's buffer.
pub(crate) fn wrap(
    module: &Module,
    session: &Session,
    mechanism: &Mechanism,
    wrapping_key: CK_OBJECT_HANDLE,
    key: CK_OBJECT_HANDLE,
    output: &mut Output,
) -> Result<()> {
    let wrapping = Wrapping::new(module, session, mechanism, wrapping_key, key)?;
    if let Some(length) = wrapping.length()?
        && !output.takes(length)?
    {
        return Ok(());
    }
    output.write(&wrapping.wrapped(module)?)
}

/// [`wrap`] by a mechanism whose tag, of `tag_length` bytes, is kept apart. There is none when the
/// caller only asks for the length.
pub(crate) fn wrap_authenticated(
    module: &Module,
    session: &Session,
    mechanism: &Mechanism,
    wrapping_key: CK_OBJECT_HANDLE,
    key: CK_OBJECT_HANDLE,
    tag_length: usize,
    output: &mut Output,
) -> Result<Option<Vec<u8>>> {
    let wrapping = Wrapping::new(module, session, mechanism, wrapping_key, key)?;
    if let Some(length) = wrapping.length()?
        && !output.takes(length - tag_length)?
    {
        return Ok(None);
    }
    let mut wrapped = wrapping.wrapped(module)?;
    let end = wrapped.len().checked_sub(tag_length).ok_or(Rv(CKR_GENERAL_ERROR))?;
    let tag = wrapped.split_off(end);
    if !output.takes(wrapped.len())? {
        return Ok(None);
    }
    output.write(&wrapped)?;
    Ok(Some(tag))
}

/// A wrapping that is permitted: of a session key here, of one of the token there.
struct Wrapping {
    cipher: Cipher,
    with: Key,
    key: Key,
}

impl Wrapping {
    fn new(
        module: &Module,
        session: &Session,
        mechanism: &Mechanism,
        wrapping_key: CK_OBJECT_HANDLE,
        key: CK_OBJECT_HANDLE,
    ) -> Result<Wrapping> {
        mechanism.row.permits(CKF_WRAP)?;
        let (class, with) = module
            .key_for(session, wrapping_key, mechanism.row, CKA_WRAP, KeyUsages::ENCRYPT)
            .map_err(|error| match error {
                Rv(CKR_KEY_HANDLE_INVALID) => Rv(CKR_WRAPPING_KEY_HANDLE_INVALID),
                other => other,
            })?;
        let view = module.key_view(session, key)?;
        let (extractable, trusted_only) = match &view {
            View::Stored(..) | View::Mechanism(_) => return Err(Rv(CKR_KEY_HANDLE_INVALID)),
            View::Key(Class::Public, _) => return Err(Rv(CKR_KEY_NOT_WRAPPABLE)),
            View::Key(_, key) => {
                let flags = key.attributes.flags;
                (flags.contains(KeyFlags::EXTRACTABLE), flags.contains(KeyFlags::WRAP_WITH_TRUSTED))
            }
            View::Session(owned) => {
                let attributes = &owned.object.attributes;
                (attributes.flag(CKA_EXTRACTABLE), attributes.flag(CKA_WRAP_WITH_TRUSTED))
            }
        };
        let (_, key) = view.into_key()?;
        if let Key::Session(key, _) = &key {
            key.material().ok_or(Rv(CKR_KEY_NOT_WRAPPABLE))?;
        }
        if !extractable {
            return Err(Rv(CKR_KEY_UNEXTRACTABLE));
        }
        if trusted_only && !with.is_trusted() {
            return Err(Rv(CKR_KEY_NOT_WRAPPABLE));
        }
        let cipher = Cipher::new(Direction::Encrypt, mechanism, class, with.clone());
        let cipher = cipher.map_err(|error| match error {
            Rv(CKR_KEY_TYPE_INCONSISTENT) => Rv(CKR_WRAPPING_KEY_TYPE_INCONSISTENT),
            other => other,
        })?;
        Ok(Wrapping { cipher, with, key })
    }

    /// How long the result is, where nobody need wrap to tell it: how long a private key of the token
    /// is in PKCS#8 is for the backend to say.
    fn length(&self) -> Result<Option<usize>> {
        let length = match &self.key {
            Key::Session(key, _) => key.material().map(|material| material.as_bytes().len()),
            Key::Token(key) if key.spec.is_asymmetric() => None,
            Key::Token(key) => {
                Some(key.secret_length.map_or(key.spec.bytes(), |length| length as usize))
            }
        };
        length.map(|length| self.cipher.encrypted_length(length)).transpose().map_err(of_key)
    }

    fn wrapped(&self, module: &Module) -> Result<Zeroizing<Vec<u8>>> {
        match &self.key {
            Key::Token(key) => by_backend(module, key, &self.with, self.cipher.parameters()),
            Key::Session(key, _) => {
                let material = key.material().ok_or(Rv(CKR_KEY_NOT_WRAPPABLE))?;
                self.cipher.at_once(&module.client, material.as_bytes())
            }
        }
        .map_err(of_key)
    }
}

/// What is wrong with the data that a key is.
fn of_key(error: Rv) -> Rv {
    match error {
        Rv(CKR_DATA_LEN_RANGE) => Rv(CKR_KEY_SIZE_RANGE),
        other => other,
    }
}

/// Has the backend wrap a key of the token. A secret key of this process is not known there, and
/// what it would wrap would have to come here in the clear.
fn by_backend(
    module: &Module,
    key: &supacrypt_client::Key,
    with: &Key,
    (scheme, iv, aad): Parameters<'_>,
) -> Result<Zeroizing<Vec<u8>>> {
    let with = match with {
        Key::Token(key) => WrappingKey::Key(&key.version),
        Key::Session(key, _) => {
            WrappingKey::Public(key.public_key().ok_or(Rv(CKR_KEY_NOT_WRAPPABLE))?)
        }
    };
    let wrapped = module.client.wrap_key(&key.version, with, scheme, iv, aad);
    let wrapped = wrapped.map_err(|error| match error.reason() {
        Reason::UsageNotPermitted => {
            tracing::warn!("{error}");
            Rv(CKR_KEY_NOT_WRAPPABLE)
        }
        _ => error.into(),
    })?;
    Ok(Zeroizing::new(wrapped))
}

/// Unwraps a key and makes the object that the template describes; returns its handle.
pub(crate) fn unwrap(
    module: &Module,
    session: &Session,
    mechanism: &Mechanism,
    unwrapping_key: CK_OBJECT_HANDLE,
    wrapped: &[u8],
    template: &Template,
) -> Result<CK_OBJECT_HANDLE> {
    mechanism.row.permits(CKF_UNWRAP)?;
    let object_class = template.number(CKA_CLASS)?.ok_or(Rv(CKR_TEMPLATE_INCOMPLETE))?;
    let key_type = template.number(CKA_KEY_TYPE)?.ok_or(Rv(CKR_TEMPLATE_INCOMPLETE))?;
    let (class, unwrapping_key) = module
        .key_for(session, unwrapping_key, mechanism.row, CKA_UNWRAP, KeyUsages::DECRYPT)
        .map_err(|error| match error {
            Rv(CKR_KEY_HANDLE_INVALID) => Rv(CKR_UNWRAPPING_KEY_HANDLE_INVALID),
            other => other,
        })?;
    let cipher = Cipher::new(Direction::Decrypt, mechanism, class, unwrapping_key);
    let cipher = cipher.map_err(|error| match error {
        Rv(CKR_KEY_TYPE_INCONSISTENT) => Rv(CKR_UNWRAPPING_KEY_TYPE_INCONSISTENT),
        other => other,
    })?;
    let value = cipher.at_once(&module.client, wrapped).map_err(|error| match error {
        Rv(CKR_ENCRYPTED_DATA_INVALID) => Rv(CKR_WRAPPED_KEY_INVALID),
        Rv(CKR_ENCRYPTED_DATA_LEN_RANGE) => Rv(CKR_WRAPPED_KEY_LEN_RANGE),
        other => other,
    })?;
    let value = match template.number(CKA_VALUE_LEN)? {
        Some(length) => cut(mechanism, value, length as usize)?,
        // PKCS#8 does not begin with a zero.
        None if object_class == CKO_PRIVATE_KEY && mechanism.row.mechanism == CKM_RSA_X_509 => {
            let zeros = value.iter().take_while(|byte| **byte == 0).count();
            let length = value.len() - zeros;
            cut(mechanism, value, length)?
        }
        None => value,
    };
    let object = secret_object(object_class, key_type, value, template)?;
    keep(module, session, object)
}

/// The key itself, where the mechanism gives more: a number as long as the modulus, or whole blocks.
fn cut(
    mechanism: &Mechanism,
    mut value: Zeroizing<Vec<u8>>,
    length: usize,
) -> Result<Zeroizing<Vec<u8>>> {
    let more = value.len().checked_sub(length).ok_or(Rv(CKR_WRAPPED_KEY_LEN_RANGE))?;
    let (key, padding) = match mechanism.row.mechanism {
        CKM_RSA_X_509 => (more..value.len(), 0..more),
        CKM_AES_ECB | CKM_AES_CBC => (0..length, length..value.len()),
        _ if more == 0 => return Ok(value),
        _ => return Err(Rv(CKR_WRAPPED_KEY_LEN_RANGE)),
    };
    if value[padding].iter().any(|byte| *byte != 0) {
        return Err(Rv(CKR_WRAPPED_KEY_INVALID));
    }
    value.copy_within(key, 0);
    value.truncate(length);
    Ok(value)
}

/// A private or secret key made of what came out of a wrapping.
fn secret_object(
    class: CK_OBJECT_CLASS,
    key_type: CK_KEY_TYPE,
    value: Zeroizing<Vec<u8>>,
    template: &Template,
) -> Result<SessionObject> {
    let (spec, material) = match class {
        CKO_PRIVATE_KEY => material::private_of_pkcs8(&value)?,
        CKO_SECRET_KEY => material::secret_of_bytes(key_type, &value)?,
        _ => return Err(Rv(CKR_TEMPLATE_INCONSISTENT)),
    };
    let class = if spec.is_asymmetric() { Class::Private } else { Class::Secret };
    let key = SessionKey::secret(spec, material)?;
    SessionObject::key(class, Arc::new(key), template, None)
}
