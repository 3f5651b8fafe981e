//! `C_WrapKey`, and that of v3.2 which authenticates other data, too: a key is encrypted with another
//! one. What is wrapped is the value of a secret key, or the PKCS#8 of a private one (PKCS#11 v3.2,
//! section 5.18).

use cryptoki_sys::*;
use supacrypt_client::WrappingKey;
use supacrypt_core::{KeyFlags, KeyUsages, Reason};
use zeroize::Zeroizing;

use crate::{
    error::{Result, Rv},
    ffi::Output,
    key::Key,
    mechanism::Mechanism,
    module::Module,
    object::Class,
    operation::{Cipher, Direction, Parameters},
    session::Session,
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
