//! `C_UnwrapKey`, and that of v3.2 which authenticates other data, too: a key that was wrapped comes back
//! as an object (PKCS#11 v3.2, section 5.18). One that a key of the token brings to the token is not
//! seen here, unless the mechanism gives out more than the key.

use std::sync::Arc;

use cryptoki_sys::*;
use strum::IntoEnumIterator;
use supacrypt_client::{Unwrapping, limits};
use supacrypt_core::{Error, KeyClass, KeySpec, KeyUsages, Reason};
use zeroize::Zeroizing;

use crate::{
    attribute,
    create::{confined_key, keep, keep_one_public_half},
    error::{Result, Rv},
    key::{Key, SessionKey},
    material,
    mechanism::Mechanism,
    module::Module,
    object::{Class, TokenObject},
    operation::{Cipher, Direction, Parameters},
    session::Session,
    session_object::SessionObject,
    template::Template,
};

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
    let wanted = Wanted::of(template)?;
    let (class, key) = module
        .key_for(session, unwrapping_key, mechanism.row, CKA_UNWRAP, KeyUsages::DECRYPT)
        .map_err(|error| match error {
            Rv(CKR_KEY_HANDLE_INVALID) => Rv(CKR_UNWRAPPING_KEY_HANDLE_INVALID),
            other => other,
        })?;
    let cipher = Cipher::new(Direction::Decrypt, mechanism, class, key.clone());
    let cipher = cipher.map_err(|error| match error {
        Rv(CKR_KEY_TYPE_INCONSISTENT) => Rv(CKR_UNWRAPPING_KEY_TYPE_INCONSISTENT),
        other => other,
    })?;
    match key {
        Key::Token(key) if wanted.on_token && wanted.is_all(mechanism, wrapped.len()) => {
            by_backend(module, session, &key, cipher.parameters(), wrapped, &wanted, template)
        }
        _ => {
            let value = cipher.at_once(&module.client, wrapped).map_err(|error| match error {
                Rv(CKR_ENCRYPTED_DATA_INVALID) => Rv(CKR_WRAPPED_KEY_INVALID),
                Rv(CKR_ENCRYPTED_DATA_LEN_RANGE) => Rv(CKR_WRAPPED_KEY_LEN_RANGE),
                other => other,
            })?;
            let object = wanted.made_of(cut(mechanism, value, &wanted)?, template)?;
            keep(module, session, object)
        }
    }
}

/// Has the backend unwrap a key and keep it.
fn by_backend(
    module: &Module,
    session: &Session,
    key: &supacrypt_client::Key,
    (scheme, iv, aad): Parameters<'_>,
    wrapped: &[u8],
    wanted: &Wanted,
    template: &Template,
) -> Result<CK_OBJECT_HANDLE> {
    session.may_write()?;
    if wrapped.is_empty() || wrapped.len() > limits::MATERIAL {
        return Err(Rv(CKR_WRAPPED_KEY_LEN_RANGE));
    }
    let specs = wanted.specs(template)?;
    let [spec, other_specs @ ..] = &specs[..] else { return Err(Rv(CKR_TEMPLATE_INCONSISTENT)) };
    let class = wanted.class;
    let object = SessionObject::unseen(class, *spec, template)?;
    let mut new = confined_key(&object, class, *spec, object.usages())?;
    if spec.has_free_length() {
        let length = wanted.length.map(u32::try_from).transpose();
        new.secret_length = length.map_err(|_| Rv(CKR_ATTRIBUTE_VALUE_INVALID))?;
    }
    let unwrapping = Unwrapping { key: &key.version, scheme, iv, aad, other_specs };
    let made = module.client.import_wrapped_key(&session.keyring, new, wrapped, unwrapping);
    let made = made.map_err(refused)?;
    keep_one_public_half(module, session, &made, &object)?;
    Ok(module.objects.handle(TokenObject::Key(made.name.clone(), class)))
}

/// What is wrong with a wrapped key. Whether its padding was, or what was in it, is told nobody: who is
/// told that of many could read what others wrapped (Bleichenbacher, Vaudenay).
fn refused(error: Error) -> Rv {
    let reason = error.reason();
    let told = Rv::from(error);
    match reason {
        Reason::DecryptionFailed | Reason::InvalidKeyMaterial => Rv(CKR_WRAPPED_KEY_INVALID),
        Reason::InputLength => Rv(CKR_WRAPPED_KEY_LEN_RANGE),
        _ => told,
    }
}

/// The key that a template describes.
struct Wanted {
    class: Class,
    key_type: CK_KEY_TYPE,
    /// Bytes, where the template says.
    length: Option<usize>,
    on_token: bool,
}

impl Wanted {
    fn of(template: &Template) -> Result<Wanted> {
        let class = template.number(CKA_CLASS)?.ok_or(Rv(CKR_TEMPLATE_INCOMPLETE))?;
        let key_type = template.number(CKA_KEY_TYPE)?.ok_or(Rv(CKR_TEMPLATE_INCOMPLETE))?;
        let class = match class {
            CKO_PRIVATE_KEY => Class::Private,
            CKO_SECRET_KEY => Class::Secret,
            _ => return Err(Rv(CKR_TEMPLATE_INCONSISTENT)),
        };
        let length = template.number(CKA_VALUE_LEN)?.map(usize::try_from).transpose();
        Ok(Wanted {
            class,
            key_type,
            length: length.map_err(|_| Rv(CKR_ATTRIBUTE_VALUE_INVALID))?,
            on_token: template.boolean(CKA_TOKEN)? == Some(true),
        })
    }

    /// Whether all that comes out of `wrapped` bytes is the key.
    fn is_all(&self, mechanism: &Mechanism, wrapped: usize) -> bool {
        match mechanism.row.mechanism {
            CKM_RSA_X_509 => false,
            CKM_AES_ECB | CKM_AES_CBC => self.length.is_none_or(|length| length == wrapped),
            _ => true,
        }
    }

    /// The kinds of key that it may be.
    fn specs(&self, template: &Template) -> Result<Vec<KeySpec>> {
        let set = template.number(CKA_PARAMETER_SET)?;
        let curve = template.bytes(CKA_EC_PARAMS);
        let fits = |spec: &KeySpec| {
            let lengths = spec.secret_lens();
            attribute::key_type(*spec) == self.key_type
                && spec.is_asymmetric() == (self.class == Class::Private)
                // A secret of a free length does what one for a certain purpose does, and more.
                && spec.class() != KeyClass::Hmac
                && (lengths.zip(self.length)).is_none_or(|(lengths, length)| lengths.contains(&length))
                && set.is_none_or(|set| attribute::parameter_set(*spec) == Some(set))
                && curve.is_none_or(|curve| material::of_curve(spec.class(), curve) == Ok(*spec))
        };
        Ok(KeySpec::iter().filter(fits).collect())
    }

    /// A private or secret key made of what came out of a wrapping.
    fn made_of(&self, value: Zeroizing<Vec<u8>>, template: &Template) -> Result<SessionObject> {
        let (spec, material) = match self.class {
            Class::Private => material::private_of_pkcs8(&value)?,
            _ => material::secret_of_bytes(self.key_type, &value)?,
        };
        let key = SessionKey::secret(spec, material)?;
        SessionObject::key(self.class, Arc::new(key), template, None)
    }
}

/// The key itself, where the mechanism gives more: a number as long as the modulus, or whole blocks.
fn cut(
    mechanism: &Mechanism,
    mut value: Zeroizing<Vec<u8>>,
    wanted: &Wanted,
) -> Result<Zeroizing<Vec<u8>>> {
    let length = match wanted.length {
        Some(length) => length,
        // PKCS#8 does not begin with a zero.
        None if wanted.class == Class::Private && mechanism.row.mechanism == CKM_RSA_X_509 => {
            value.len() - value.iter().take_while(|byte| **byte == 0).count()
        }
        None => return Ok(value),
    };
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
