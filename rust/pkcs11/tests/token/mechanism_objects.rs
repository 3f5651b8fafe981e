//! Mechanisms as objects, and hardware features, of which there are none.
#![allow(unsafe_code, reason = "a function of C is called")]

use cryptoki::{
    error::RvError,
    mechanism::Mechanism,
    object::{Attribute, AttributeType, ObjectClass},
};
use cryptoki_sys::*;
use supacrypt_testkit::Backend;

use crate::{
    assert_refused,
    common::{end, functions, load, open},
};

/// The mechanisms of a slot. The library around the functions leaves out those it does not know.
fn mechanisms(slot: CK_SLOT_ID) -> Vec<CK_MECHANISM_TYPE> {
    let list = functions().C_GetMechanismList.expect("it is listed");
    let mut found = vec![0; 256];
    let mut count = found.len() as CK_ULONG;
    // SAFETY: there is room for as many as the count says.
    assert_eq!(unsafe { list(slot, found.as_mut_ptr(), &raw mut count) }, CKR_OK);
    found.truncate(count as usize);
    found
}

pub(crate) fn found(_: &mut Backend) {
    let context = load();
    let session = open(&context);
    let class = Attribute::Class(ObjectClass::MECHANISM);
    let mut each = Vec::new();
    for mechanism in mechanisms(context.get_slots_with_token().expect("slots")[0].id()) {
        let attribute = AttributeType::VendorDefined(CKA_MECHANISM_TYPE);
        let kind = Attribute::VendorDefined((attribute, mechanism.to_ne_bytes().to_vec()));
        let objects = session.find_objects(&[class.clone(), kind.clone()]).expect("a search");
        assert_eq!(objects.len(), 1, "{mechanism:#x}");
        assert!(session.find_objects(&[kind]).expect("a search").is_empty(), "it names no class");
        each.extend(objects);
    }
    let all = session.find_objects(std::slice::from_ref(&class)).expect("a search");
    assert_eq!(all, each);

    // Programs that list a token's objects do not come upon them.
    let everything = session.find_objects(&[]).expect("a search");
    assert!(!everything.iter().any(|object| all.contains(object)));
    // They are no storage objects, and so not among those of the token.
    let of_token = session.find_objects(&[class, Attribute::Token(true)]).expect("a search");
    assert!(of_token.is_empty());
    end(context);
}

pub(crate) fn fixed(_: &mut Backend) {
    let context = load();
    let session = open(&context);
    let class = Attribute::Class(ObjectClass::MECHANISM);
    let object = session.find_objects(std::slice::from_ref(&class)).expect("a search")[0];
    let attributes = [AttributeType::Class, AttributeType::Label];
    let attributes = session.get_attributes(object, &attributes).expect("what it has");
    assert_eq!(attributes, std::slice::from_ref(&class));
    let label = [Attribute::Label("mine".into())];
    assert_refused(session.update_attributes(object, &label), RvError::ActionProhibited);
    assert_refused(session.copy_object(object, &[]), RvError::ActionProhibited);
    assert_refused(session.destroy_object(object), RvError::ActionProhibited);
    let used = session.encrypt(&Mechanism::AesEcb, object, &[0; 16]);
    assert_refused(used, RvError::KeyHandleInvalid);
    let made = session.create_object(&[class]);
    assert_refused(made, RvError::AttributeValueInvalid);
    end(context);
}

pub(crate) fn no_hardware_features(_: &mut Backend) {
    let context = load();
    let session = open(&context);
    let class = [Attribute::Class(ObjectClass::HARDWARE_FEATURE)];
    assert!(session.find_objects(&class).expect("a search").is_empty());
    assert_refused(session.create_object(&class), RvError::AttributeValueInvalid);
    end(context);
}
