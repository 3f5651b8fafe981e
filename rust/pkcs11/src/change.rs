//! `C_SetAttributeValue`.

use std::sync::Arc;

use cryptoki_sys::*;
use supacrypt_client::{Key, KeyChange};
use supacrypt_core::KeyFlags;

use crate::{
    attribute::{Attribute, attribute},
    error::{Result, Rv},
    key_attributes,
    module::Module,
    object::Class,
    session::Session,
    stored,
    template::Template,
    view::View,
};

/// Changes what the template says, all of it or nothing.
pub(crate) fn change(
    module: &Module,
    session: &Session,
    object: CK_OBJECT_HANDLE,
    template: &Template,
) -> Result<()> {
    match module.view(session, object)? {
        View::Key(class, key) => {
            session.may_write()?;
            change_key(module, class, &key, template)
        }
        View::Stored(stored, before) => {
            session.may_write()?;
            let after = before.changed(template, false)?;
            let change = stored::change(&before.attributes, &after.attributes)?;
            module.client.update_object(&stored.name, change)?;
            Ok(())
        }
        View::Mechanism(_) => Err(Rv(CKR_ACTION_PROHIBITED)),
        View::Session(_) => module.objects.change(object, |before| before.changed(template, false)),
    }
}

fn change_key(module: &Module, class: Class, key: &Arc<Key>, template: &Template) -> Result<()> {
    if !key.attributes.flags.contains(KeyFlags::MODIFIABLE) {
        return Err(Rv(CKR_ACTION_PROHIBITED));
    }
    let mut change = KeyChange::default();
    for (each, value) in template.iter() {
        match (each, attribute(key, class, each)) {
            (CKA_LABEL, _) => change.label = template.text(CKA_LABEL)?,
            (CKA_ID, _) => change.object_id = Some(value.to_vec()),
            // Said again, it changes nothing.
            (_, Attribute::Value(own)) if own == value => {}
            (_, Attribute::Unknown) => return Err(Rv(CKR_ATTRIBUTE_TYPE_INVALID)),
            _ => {
                key_attributes::change(
                    &mut change.attributes,
                    &key.attributes,
                    class,
                    each,
                    value,
                )?;
            }
        }
    }
    if change != KeyChange::default() {
        module.client.update_key(&key.name, change)?;
    }
    Ok(())
}
