//! Mechanism objects: one for each mechanism of the token, to be read only (PKCS#11 v2.40 base,
//! section 4.12). They are no storage objects, and have none of the attributes of those.

use cryptoki_sys::*;

use crate::{
    attributes::Attributes, error::Result, mechanism, module::Module, session::Session,
    session_object::SessionObject, template::Template,
};

/// What is known of a mechanism as an object.
pub(crate) fn object(mechanism: CK_MECHANISM_TYPE) -> SessionObject {
    let mut attributes = Attributes::default();
    attributes.set_number(CKA_CLASS, CKO_MECHANISM);
    attributes.set_number(CKA_MECHANISM_TYPE, mechanism);
    SessionObject::of_attributes(attributes)
}

/// The mechanisms that a search may find: those of the token, or none where it does not name their
/// class. Programs that list all objects of a token do not know what to make of them.
pub(crate) fn candidates(
    module: &Module,
    session: &Session,
    template: &Template,
) -> Result<Vec<CK_MECHANISM_TYPE>> {
    if template.number(CKA_CLASS)? != Some(CKO_MECHANISM) {
        return Ok(Vec::new());
    }
    let token = module.slots.token(session.slot, &module.client)?;
    Ok(mechanism::offered(&token.capabilities))
}
