//! `C_DestroyObject`. The backend keeps both halves of a pair as one key; here each is an object that
//! goes without the other.

use cryptoki_sys::*;
use supacrypt_client::{Key, KeyChange, NewKey};
use supacrypt_core::{KeyAttributes, KeyAttributesChange, KeyFlags, KeyName, Reason};

use crate::{
    error::{Result, Rv},
    module::Module,
    object::{Class, Object, TokenObject},
    session::Session,
    view::View,
};

/// Flags of a private half that its public half has no part in.
const PRIVATE: KeyFlags = KeyFlags::ALWAYS_AUTHENTICATE
    .union(KeyFlags::WRAP_WITH_TRUSTED)
    .union(KeyFlags::EXTRACTABLE)
    .union(KeyFlags::NEVER_EXTRACTABLE);

/// Ends an object.
pub(crate) fn destroy(module: &Module, session: &Session, handle: CK_OBJECT_HANDLE) -> Result<()> {
    let token = match module.object(session, handle)? {
        Object::Token(token) => token,
        Object::Session(owned) if owned.object.attributes.flag(CKA_DESTROYABLE) => {
            module.objects.destroy(handle);
            return Ok(());
        }
        Object::Session(_) => return Err(Rv(CKR_ACTION_PROHIBITED)),
    };
    session.may_write()?;
    match (&*token, module.view(session, handle)?) {
        (TokenObject::Key(name, _), View::Key(class, key)) => match class {
            Class::Public if Class::of(&key).contains(&Class::Private) => {
                public_half(module, name)?
            }
            Class::Private if Class::of(&key).contains(&Class::Public) => {
                return private_half(module, &key);
            }
            _ => module.client.delete_key(name)?,
        },
        (TokenObject::Stored(name), _) => module.client.delete_object(name)?,
        (TokenObject::Mechanism(..), _) => return Err(Rv(CKR_ACTION_PROHIBITED)),
        (TokenObject::Key(..), _) => return Err(Rv(CKR_OBJECT_HANDLE_INVALID)),
    }
    module.objects.forget(&[(*token).clone()]);
    Ok(())
}

/// The key stays as it is, and shows its public half no more.
fn public_half(module: &Module, name: &KeyName) -> Result<()> {
    let attributes =
        KeyAttributesChange { given: KeyFlags::PRIVATE_ONLY, ..KeyAttributesChange::default() };
    module.client.update_key(name, KeyChange { attributes, ..KeyChange::default() })?;
    Ok(())
}

/// The key is deleted, and its public half stays as a key of its own. That is made first: whatever
/// happens in between, nothing is lost.
fn private_half(module: &Module, key: &Key) -> Result<()> {
    if !key.attributes.flags.contains(KeyFlags::DESTROYABLE) {
        return Err(Rv(CKR_ACTION_PROHIBITED));
    }
    let usages = key.usages.intersection(key.spec.public_usages());
    if usages.is_empty() && !key.spec.public_usages().is_empty() {
        // A half that was good for nothing; without usages it would get the usual ones.
        module.client.delete_key(&key.name)?;
        module.objects.forget_key(&key.name);
        return Ok(());
    }
    let public = key.public_key.as_ref().ok_or(Rv(CKR_GENERAL_ERROR))?;
    let new = NewKey {
        id: None,
        label: key.label.clone(),
        object_id: key.object_id.clone(),
        spec: key.spec,
        usages,
        secret_length: None,
        attributes: KeyAttributes {
            flags: key.attributes.flags.difference(PRIVATE) | KeyFlags::PUBLIC_ONLY,
            ..key.attributes.clone()
        },
    };
    let half = module.client.import_key(key.name.keyring(), new, public.spki_der())?;
    if let Err(error) = module.client.delete_key(&key.name) {
        // Where it is not known whether the pair is gone, its public half stays: one too many is no
        // loss, nor is one that cannot be taken back.
        if matches!(error.reason(), Reason::ObjectImmutable | Reason::RoleInsufficient) {
            let _ = module.client.delete_key(&half.name);
        }
        return Err(error.into());
    }
    let stays = TokenObject::Key(half.name.clone(), Class::Public);
    module.objects.replace(&TokenObject::Key(key.name.clone(), Class::Public), stays);
    module.objects.forget_key(&key.name);
    Ok(())
}
