//! Keys of a token that others made.

use cryptoki::object::{Attribute, AttributeType, KeyType, ObjectClass, ObjectHandle};
use cryptoki::session::Session;
use strum::IntoEnumIterator;
use supacrypt_core::{Error, KeyClass, KeySpec, KeyUsages, Reason, Result};
use supacrypt_crypto::PublicKey;

use super::encoding::{key_type, public_key};
use super::fault::Fault;
use super::object::{OURS, Which};
use super::token::check_login;
use crate::custody::{Adopted, NewMaterial, of_a_store};

/// The key of this label.
///
/// # Errors
/// [`Reason::KeyNotFound`] where no key or more than one has the label,
/// [`Reason::AlgorithmNotSupported`].
pub(super) fn adopt(session: &Session, label: &str) -> Result<Adopted, Fault> {
    if label.starts_with(OURS) {
        return Err(of_a_store(label).into());
    }
    check_login(session)?;
    let objects =
        |class| session.find_objects(&[Attribute::Class(class), Attribute::Label(label.into())]);
    let private = objects(ObjectClass::PRIVATE_KEY)?;
    let secret = objects(ObjectClass::SECRET_KEY)?;
    let (spec, public, key) = match (&private[..], &secret[..]) {
        ([key], []) => match objects(ObjectClass::PUBLIC_KEY)?[..] {
            [public] => {
                let public = any_public_key(session, public)?;
                (public.spec(), Some(public), *key)
            }
            _ => return Err(not_found(label, "has not one public half beside its private one")),
        },
        ([], [key]) => (secret_spec(session, *key)?, None, *key),
        ([], []) => return Err(not_found(label, "is no key of the token; labels are exact")),
        _ => return Err(not_found(label, "is the label of several keys; give one another label")),
    };
    let public_key = public.map(|public| public.spki_der().to_vec());
    let reference = Which::Adopted(label.into()).reference();
    let versions = vec![NewMaterial { reference, public_key }];
    Ok(Adopted { spec, usages: usages(session, key, spec)?, versions })
}

fn any_public_key(session: &Session, object: ObjectHandle) -> Result<PublicKey, Fault> {
    let known = kind(session, object)?;
    let mut specs = KeySpec::iter().filter(|spec| key_type(*spec) == Some(known));
    // A point lies on one curve of its length alone, so that trying tells which it is.
    let found = specs.find_map(|spec| public_key(session, object, spec).ok());
    found.ok_or_else(|| not_served("keys of its type or size"))
}

fn secret_spec(session: &Session, object: ObjectHandle) -> Result<KeySpec, Fault> {
    if kind(session, object)? != KeyType::AES {
        return Err(not_served("secret keys other than AES"));
    }
    let length = session.get_attributes(object, &[AttributeType::ValueLen])?;
    let mut specs = KeySpec::iter().filter(|spec| spec.class() == KeyClass::Aes);
    let found = specs.find(|spec| {
        length.iter().any(|attribute| match attribute {
            Attribute::ValueLen(length) => usize::try_from(**length) == Ok(spec.bytes()),
            _ => false,
        })
    });
    found.ok_or_else(|| not_served("AES keys of its length"))
}

fn kind(session: &Session, object: ObjectHandle) -> Result<KeyType, Fault> {
    let attributes = session.get_attributes(object, &[AttributeType::KeyType])?;
    match attributes[..] {
        [Attribute::KeyType(kind)] => Ok(kind),
        _ => Err(not_served("keys without a type")),
    }
}

/// What the token lets the key do.
fn usages(session: &Session, key: ObjectHandle, spec: KeySpec) -> Result<KeyUsages, Fault> {
    let wanted = [
        AttributeType::Sign,
        AttributeType::Decrypt,
        AttributeType::Encrypt,
        AttributeType::Derive,
    ];
    let mut usages = KeyUsages::empty();
    for attribute in session.get_attributes(key, &wanted)? {
        usages |= match attribute {
            Attribute::Sign(true) => KeyUsages::SIGN | KeyUsages::VERIFY,
            Attribute::Decrypt(true) if spec.is_asymmetric() => {
                KeyUsages::DECRYPT | KeyUsages::ENCRYPT
            }
            Attribute::Decrypt(true) => KeyUsages::DECRYPT,
            Attribute::Encrypt(true) => KeyUsages::ENCRYPT,
            Attribute::Derive(true) => KeyUsages::DERIVE,
            _ => KeyUsages::empty(),
        };
    }
    Ok(usages.intersection(spec.possible_usages()))
}

fn not_found(label: &str, why: &str) -> Fault {
    Error::new(Reason::KeyNotFound, format!("{label:?} {why}")).in_field("source").into()
}

fn not_served(what: &str) -> Fault {
    let message = format!("{what} of a token do not serve");
    Error::new(Reason::AlgorithmNotSupported, message).in_field("source").into()
}
