//! Finding objects. The backend looks for what it has an index of; what else a template asks for is
//! compared here.

use std::sync::Arc;

use cryptoki_sys::*;
use strum::IntoEnumIterator;
use supacrypt_client::{KeyFilter, limits};
use supacrypt_core::KeySpec;

use crate::{
    attribute::key_type,
    error::Result,
    mechanism_object,
    module::Module,
    object::{Class, TokenObject},
    session::Session,
    stored,
    template::Template,
    view::View,
};

/// The handles of all objects that match: of the token first, then those of sessions with it.
pub(crate) fn find(
    module: &Module,
    session: &Session,
    template: &Template,
) -> Result<Vec<CK_OBJECT_HANDLE>> {
    let mut found = Vec::new();
    if let Some(filter) = filter(template)? {
        module.client.visit_keys(&session.keyring, &filter, |key| {
            // One copy of the keyring's name for all handles.
            let name = session.keyring.key(key.name.key().clone());
            for &class in Class::of(&key) {
                if View::Key(class, Arc::clone(&key)).matches(template) {
                    found.push(module.objects.handle(TokenObject::Key(name.clone(), class)));
                }
            }
        })?;
    }
    if let Some(filter) = stored::filter(template)? {
        for object in module.client.find_objects(&session.keyring, &filter)? {
            if View::stored(Arc::clone(&object)).matches(template) {
                found.push(module.objects.handle(TokenObject::Stored(object.name.clone())));
            }
        }
    }
    for mechanism in mechanism_object::candidates(module, session, template)? {
        if View::Mechanism(mechanism_object::object(mechanism)).matches(template) {
            let object = TokenObject::Mechanism(session.keyring.clone(), mechanism);
            found.push(module.objects.handle(object));
        }
    }
    for (handle, owned) in module.objects.of_sessions(session.slot) {
        if View::Session(owned).matches(template) {
            found.push(handle);
        }
    }
    Ok(found)
}

/// What to ask the backend for; `None` when no key of the token can match, and nothing need be asked.
fn filter(template: &Template) -> Result<Option<KeyFilter>> {
    let class = template.number(CKA_CLASS)?;
    let wanted = template.number(CKA_KEY_TYPE)?;
    let kinds: Vec<KeySpec> = KeySpec::iter()
        .filter(|spec| wanted.is_none_or(|wanted| key_type(*spec) == wanted))
        .filter(|spec| match class {
            None => true,
            Some(CKO_PUBLIC_KEY | CKO_PRIVATE_KEY) => spec.is_asymmetric(),
            Some(CKO_SECRET_KEY) => !spec.is_asymmetric(),
            Some(_) => false,
        })
        .collect();
    // A label that is not text is nobody's.
    if kinds.is_empty() || template.boolean(CKA_TOKEN)? == Some(false) {
        return Ok(None);
    }
    let Ok(label) = template.text(CKA_LABEL) else { return Ok(None) };
    let object_id = template.bytes(CKA_ID).map(<[u8]>::to_vec);
    let subject = template.bytes(CKA_SUBJECT).map(<[u8]>::to_vec);
    // Longer ones than a key can have are an error to the backend, and just not found here.
    if label.as_ref().is_some_and(|label| label.len() > limits::LABEL)
        || object_id.as_ref().is_some_and(|id| id.len() > limits::OBJECT_ID)
        || subject.as_ref().is_some_and(|subject| subject.len() > limits::SUBJECT)
    {
        return Ok(None);
    }
    let specs = if kinds.len() == KeySpec::iter().len() { Vec::new() } else { kinds };
    Ok(Some(KeyFilter { label, object_id, subject, specs }))
}

#[cfg(test)]
mod tests {
    use supacrypt_core::KeyClass;

    use super::*;

    fn template(attribute: CK_ATTRIBUTE_TYPE, value: CK_ULONG) -> Template {
        Template::new(vec![(attribute, value.to_ne_bytes().to_vec())])
    }

    #[test]
    fn nothing_is_asked_for_what_tokens_never_hold() {
        assert!(filter(&template(CKA_CLASS, CKO_CERTIFICATE)).unwrap().is_none());
        assert!(filter(&template(CKA_KEY_TYPE, CKK_DSA)).unwrap().is_none());
    }

    #[test]
    fn a_subject_is_looked_for_where_there_can_be_one() {
        let of = |subject: &[u8]| filter(&Template::new(vec![(CKA_SUBJECT, subject.to_vec())]));
        assert_eq!(of(&[0x30, 0]).unwrap().unwrap().subject, Some(vec![0x30, 0]));
        assert!(of(&[0; limits::SUBJECT + 1]).unwrap().is_none());
    }

    #[test]
    fn the_key_type_narrows_what_is_asked_for() {
        let filter = filter(&template(CKA_KEY_TYPE, CKK_EC)).unwrap().unwrap();
        assert!(filter.specs.contains(&KeySpec::EcP521));
        assert!(filter.specs.iter().all(|spec| spec.class() == KeyClass::Ec));
    }
}
