//! `C_WrapKey` and `C_UnwrapKey`: a key is encrypted with another one, and comes back as an object.
//! What is wrapped is the value of a secret key, or the PKCS#8 of a private one (PKCS#11 v2.40 base,
//! section 5.14).

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

/// Wraps `key` with `wrapping_key` into the caller's buffer: a session key here, one of the token there.
pub(crate) fn wrap(
    module: &Module,
    session: &Session,
    mechanism: &Mechanism,
    wrapping_key: CK_OBJECT_HANDLE,
    key: CK_OBJECT_HANDLE,
    output: &mut Output,
) -> Result<()> {
    mechanism.row.permits(CKF_WRAP)?;
    let (class, wrapping_key) = module
        .key_for(session, wrapping_key, mechanism.row, CKA_WRAP, KeyUsages::ENCRYPT)
        .map_err(|error| match error {
            Rv(CKR_KEY_HANDLE_INVALID) => Rv(CKR_WRAPPING_KEY_HANDLE_INVALID),
            other => other,
        })?;
    let wrapped = match module.view(session, key) {
        Ok(view) => view,
        Err(Rv(CKR_OBJECT_HANDLE_INVALID)) => return Err(Rv(CKR_KEY_HANDLE_INVALID)),
        Err(error) => return Err(error),
    };
    let (extractable, trusted_only) = match &wrapped {
        View::Stored(..) | View::Mechanism(_) => return Err(Rv(CKR_KEY_HANDLE_INVALID)),
        View::Key(Class::Public, _) => return Err(Rv(CKR_KEY_NOT_WRAPPABLE)),
        View::Key(_, key) => {
            let flags = key.attributes.flags;
            (flags.contains(KeyFlags::EXTRACTABLE), flags.contains(KeyFlags::WRAP_WITH_TRUSTED))
        }
        View::Session(owned) => {
            let Some((_, Key::Session(key, _))) = owned.object.usable_key() else {
                return Err(Rv(CKR_KEY_HANDLE_INVALID));
            };
            key.material().ok_or(Rv(CKR_KEY_NOT_WRAPPABLE))?;
            let attributes = &owned.object.attributes;
            (attributes.flag(CKA_EXTRACTABLE), attributes.flag(CKA_WRAP_WITH_TRUSTED))
        }
    };
    if !extractable {
        return Err(Rv(CKR_KEY_UNEXTRACTABLE));
    }
    if trusted_only && !wrapping_key.is_trusted() {
        return Err(Rv(CKR_KEY_NOT_WRAPPABLE));
    }
    let cipher = Cipher::new(Direction::Encrypt, mechanism, class, wrapping_key.clone());
    let mut cipher = cipher.map_err(|error| match error {
        Rv(CKR_KEY_TYPE_INCONSISTENT) => Rv(CKR_WRAPPING_KEY_TYPE_INCONSISTENT),
        other => other,
    })?;
    let written = match wrapped.into_key()? {
        (_, Key::Token(key)) => {
            by_backend(module, &key, &wrapping_key, cipher.parameters(), output)
        }
        (_, Key::Session(key, _)) => {
            let material = key.material().ok_or(Rv(CKR_KEY_NOT_WRAPPABLE))?;
            cipher.whole(&module.client, material.as_bytes(), output).map(drop)
        }
    };
    written.map_err(|error| match error {
        Rv(CKR_DATA_LEN_RANGE) => Rv(CKR_KEY_SIZE_RANGE),
        other => other,
    })
}

/// Has the backend wrap a key of the token. A secret key of this process is not known there, and
/// what it would wrap would have to come here in the clear.
fn by_backend(
    module: &Module,
    key: &supacrypt_client::Key,
    wrapping_key: &Key,
    (scheme, iv, aad): Parameters<'_>,
    output: &mut Output,
) -> Result<()> {
    let with = match wrapping_key {
        Key::Token(key) => WrappingKey::Key(&key.version),
        Key::Session(key, _) => {
            WrappingKey::Public(key.public_key().ok_or(Rv(CKR_KEY_NOT_WRAPPABLE))?)
        }
    };
    // Where the length is known nobody need wrap to tell it. How long a private key is in PKCS#8 is for
    // the backend to say.
    let secret = (!key.spec.is_asymmetric())
        .then(|| key.secret_length.map_or(key.spec.bytes(), |length| length as usize));
    if let Some(length) = secret
        && !output.takes(scheme.ciphertext_len(wrapping_key.spec(), length))?
    {
        return Ok(());
    }
    let wrapped = module.client.wrap_key(&key.version, with, scheme, iv, aad);
    let wrapped = wrapped.map_err(|error| match error.reason() {
        Reason::UsageNotPermitted => {
            tracing::warn!("{error}");
            Rv(CKR_KEY_NOT_WRAPPABLE)
        }
        _ => error.into(),
    })?;
    output.write(&wrapped)
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
    let value = cipher.decrypted(&module.client, wrapped).map_err(|error| match error {
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
