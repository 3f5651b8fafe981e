//! `C_CreateObject` and `C_CopyObject`. An object is made in this process, and stored from here if it
//! is one of the token's.

use std::sync::Arc;

use cryptoki_sys::*;
use supacrypt_client::{KeyChange, KeyFilter, NewKey};
use supacrypt_core::{KeyAttributesChange, KeyFlags, KeyName, KeySpec, KeyUsages};
use supacrypt_crypto::PublicKey;

use crate::{
    error::{Result, Rv},
    key::{Key, SessionKey},
    key_attributes, material,
    module::Module,
    object::{Class, TokenObject},
    plain_object,
    session::Session,
    session_object::SessionObject,
    stored,
    template::Template,
    view::View,
};

/// Makes the object that a template describes; returns its handle.
pub(crate) fn create(
    module: &Module,
    session: &Session,
    template: &Template,
) -> Result<CK_OBJECT_HANDLE> {
    let class = template.number(CKA_CLASS)?.ok_or(Rv(CKR_TEMPLATE_INCOMPLETE))?;
    let kind = || template.number(CKA_KEY_TYPE)?.ok_or(Rv(CKR_TEMPLATE_INCOMPLETE));
    let object = match class {
        CKO_PUBLIC_KEY => {
            let key = SessionKey::public(material::public_key(kind()?, template)?);
            SessionObject::key(Class::Public, Arc::new(key), template, None)?
        }
        CKO_PRIVATE_KEY | CKO_SECRET_KEY => {
            let (spec, material) = material::secret_part(kind()?, template)?;
            let class = if spec.is_asymmetric() { Class::Private } else { Class::Secret };
            let key = SessionKey::secret(spec, material)?;
            SessionObject::key(class, Arc::new(key), template, None)?
        }
        _ => SessionObject::of_attributes(plain_object::attributes(class, template)?),
    };
    keep(module, session, object)
}

/// Makes a copy that differs in what the template says. Keys of the token have no copies: there is
/// one of each, and what it may do is for the backend to say.
pub(crate) fn copy(
    module: &Module,
    session: &Session,
    object: CK_OBJECT_HANDLE,
    template: &Template,
) -> Result<CK_OBJECT_HANDLE> {
    match module.view(session, object)? {
        View::Key(..) | View::Mechanism(_) => Err(Rv(CKR_ACTION_PROHIBITED)),
        View::Stored(_, object) => keep(module, session, object.changed(template, true)?),
        View::Session(owned) => keep(module, session, owned.object.changed(template, true)?),
    }
}

/// Keeps an object where its attributes say: on the token, or in this process for as long as the
/// session is open.
pub(crate) fn keep(
    module: &Module,
    session: &Session,
    object: SessionObject,
) -> Result<CK_OBJECT_HANDLE> {
    if !object.attributes.flag(CKA_TOKEN) {
        return module.keep(session, object);
    }
    session.may_write()?;
    match object.usable_key() {
        Some((Class::Public, Key::Session(key, usages))) => {
            let public = key.public_key().ok_or(Rv(CKR_GENERAL_ERROR))?;
            import_public(module, session, public, usages, &object)
        }
        Some((class, Key::Session(key, usages))) => {
            import(module, session, class, &key, usages, &object)
        }
        _ => {
            let new = stored::new_object(&object.attributes)?;
            let stored = module.client.create_object(&session.keyring, new)?;
            Ok(module.objects.handle(TokenObject::Stored(stored.name.clone())))
        }
    }
}

/// Brings a private or secret key into the token.
fn import(
    module: &Module,
    session: &Session,
    class: Class,
    key: &SessionKey,
    usages: KeyUsages,
    object: &SessionObject,
) -> Result<CK_OBJECT_HANDLE> {
    let material = key.material().ok_or(Rv(CKR_GENERAL_ERROR))?;
    let mut new = confined_key(object, class, key.spec, usages)?;
    // An application that brought the public half before shows that one.
    let known = match key.public_key() {
        Some(public) => with_public_key(module, session, public, object, None)?,
        None => None,
    };
    if known.is_some_and(|known| shows_public(&known)) {
        new.attributes.flags |= KeyFlags::PRIVATE_ONLY;
    }
    let made = module.client.import_key(&session.keyring, new, material.as_bytes())?;
    Ok(module.objects.handle(TokenObject::Key(made.name.clone(), class)))
}

/// The same for a key that the backend unwrapped: its public half is known only now. Where that shall
/// never be destroyed it goes on to show, too.
pub(crate) fn keep_one_public_half(
    module: &Module,
    session: &Session,
    made: &supacrypt_client::Key,
    object: &SessionObject,
) -> Result<()> {
    let Some(public) = &made.public_key else { return Ok(()) };
    let known = with_public_key(module, session, public, object, Some(&made.name))?;
    if !known.is_some_and(|known| shows_public(&known))
        || !made.attributes.flags.contains(KeyFlags::DESTROYABLE)
    {
        return Ok(());
    }
    let given = KeyFlags::PRIVATE_ONLY;
    let attributes = KeyAttributesChange { given, ..KeyAttributesChange::default() };
    module.client.update_key(&made.name, KeyChange { attributes, ..KeyChange::default() })?;
    Ok(())
}

/// Brings a public key into the token: as the half of the pair that is there already, for
/// applications that bring in a private key bring its public key, too, or as a key of its own.
fn import_public(
    module: &Module,
    session: &Session,
    public: &PublicKey,
    usages: KeyUsages,
    object: &SessionObject,
) -> Result<CK_OBJECT_HANDLE> {
    let key = match with_public_key(module, session, public, object, None)? {
        Some(key) if shows_public(&key) => key,
        Some(key) => {
            let taken = KeyFlags::PRIVATE_ONLY;
            let attributes = KeyAttributesChange { taken, ..KeyAttributesChange::default() };
            let change = KeyChange { attributes, ..KeyChange::default() };
            module.client.update_key(&key.name, change)?
        }
        None => {
            let spec = public.spec();
            if usages.is_empty() && !spec.public_usages().is_empty() {
                // Without any it would get the usual ones.
                return Err(Rv(CKR_TEMPLATE_INCONSISTENT));
            }
            let mut new = new_key(object, spec, usages.intersection(spec.public_usages()))?;
            new.attributes.flags |= KeyFlags::PUBLIC_ONLY;
            module.client.import_key(&session.keyring, new, public.spki_der())?
        }
    };
    Ok(module.objects.handle(TokenObject::Key(key.name.clone(), Class::Public)))
}

/// A private or secret key that comes to the token, as the object's attributes describe it.
pub(crate) fn confined_key(
    object: &SessionObject,
    class: Class,
    spec: KeySpec,
    mut usages: KeyUsages,
) -> Result<NewKey> {
    if class == Class::Private {
        // What the public half does is not for its private half to say.
        usages |= KeyUsages::VERIFY | KeyUsages::ENCRYPT | KeyUsages::ENCAPSULATE;
    }
    new_key(object, spec, usages.intersection(spec.possible_usages()))
}

/// What comes to the token, as the object's attributes describe it.
fn new_key(object: &SessionObject, spec: KeySpec, usages: KeyUsages) -> Result<NewKey> {
    key_attributes::new_key(spec, usages, None, |attribute| {
        Ok(object.attributes.get(attribute).map(<[u8]>::to_vec))
    })
}

fn shows_public(key: &supacrypt_client::Key) -> bool {
    Class::of(key).contains(&Class::Public)
}

/// The key of the token, another than `except`, that has this public key, and the object's `CKA_ID` if it
/// has one; of several one that shows it.
fn with_public_key(
    module: &Module,
    session: &Session,
    public: &PublicKey,
    object: &SessionObject,
    except: Option<&KeyName>,
) -> Result<Option<Arc<supacrypt_client::Key>>> {
    let object_id = object.attributes.get(CKA_ID).filter(|id| !id.is_empty());
    let filter = KeyFilter {
        object_id: object_id.map(<[u8]>::to_vec),
        specs: vec![public.spec()],
        ..KeyFilter::default()
    };
    let mut found: Option<Arc<supacrypt_client::Key>> = None;
    module.client.visit_keys(&session.keyring, &filter, |key| {
        let better = found.as_ref().is_none_or(|found| !shows_public(found) && shows_public(&key));
        if better && key.public_key.as_ref() == Some(public) && except != Some(&key.name) {
            found = Some(key);
        }
    })?;
    Ok(found)
}
