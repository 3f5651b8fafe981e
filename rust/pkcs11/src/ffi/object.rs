//! Objects (PKCS#11 v2.40 base, section 5.7).

use std::ptr;

use cryptoki_sys::*;

use super::{guard::in_session, input, output::put};
use crate::{
    attribute::Attribute,
    change, create, destroy,
    error::{Result, Rv},
    find::find,
    operation::begin,
    view::View,
};

pub(super) unsafe extern "C" fn create_object(
    session: CK_SESSION_HANDLE,
    template: *mut CK_ATTRIBUTE,
    count: CK_ULONG,
    object: *mut CK_OBJECT_HANDLE,
) -> CK_RV {
    in_session("C_CreateObject", session, |module, session| {
        // SAFETY: the caller passes a template and its length.
        let template = unsafe { input::template(template, count) }?;
        if object.is_null() {
            return Err(Rv(CKR_ARGUMENTS_BAD));
        }
        let made = create::create(module, session, &template)?;
        // SAFETY: not null; the caller passes a handle to write to.
        unsafe { put(object, made) }
    })
}

pub(super) unsafe extern "C" fn copy_object(
    session: CK_SESSION_HANDLE,
    object: CK_OBJECT_HANDLE,
    template: *mut CK_ATTRIBUTE,
    count: CK_ULONG,
    copy: *mut CK_OBJECT_HANDLE,
) -> CK_RV {
    in_session("C_CopyObject", session, |module, session| {
        // SAFETY: the caller passes a template and its length.
        let template = unsafe { input::template(template, count) }?;
        if copy.is_null() {
            return Err(Rv(CKR_ARGUMENTS_BAD));
        }
        let made = create::copy(module, session, object, &template)?;
        // SAFETY: not null; the caller passes a handle to write to.
        unsafe { put(copy, made) }
    })
}

pub(super) unsafe extern "C" fn find_objects_init(
    session: CK_SESSION_HANDLE,
    template: *mut CK_ATTRIBUTE,
    count: CK_ULONG,
) -> CK_RV {
    in_session("C_FindObjectsInit", session, |module, session| {
        // SAFETY: the caller passes a template and its length.
        let template = unsafe { input::template(template, count) }?;
        begin(&mut session.operations().find, || {
            find(module, session, &template).map(Vec::into_iter)
        })
    })
}

pub(super) unsafe extern "C" fn find_objects(
    session: CK_SESSION_HANDLE,
    objects: *mut CK_OBJECT_HANDLE,
    most: CK_ULONG,
    count: *mut CK_ULONG,
) -> CK_RV {
    in_session("C_FindObjects", session, |_, session| {
        if count.is_null() || (objects.is_null() && most > 0) {
            return Err(Rv(CKR_ARGUMENTS_BAD));
        }
        let mut operations = session.operations();
        let found = operations.find.as_mut().ok_or(Rv(CKR_OPERATION_NOT_INITIALIZED))?;
        let mut written = 0;
        for handle in found.take(most as usize) {
            // SAFETY: the caller passes room for `most` handles.
            unsafe { objects.add(written).write(handle) };
            written += 1;
        }
        // SAFETY: not null; the caller passes a number to write to.
        unsafe { put(count, written as CK_ULONG) }
    })
}

pub(super) unsafe extern "C" fn find_objects_final(session: CK_SESSION_HANDLE) -> CK_RV {
    in_session("C_FindObjectsFinal", session, |_, session| {
        session.operations().find.take().map(drop).ok_or(Rv(CKR_OPERATION_NOT_INITIALIZED))
    })
}

pub(super) unsafe extern "C" fn get_attribute_value(
    session: CK_SESSION_HANDLE,
    object: CK_OBJECT_HANDLE,
    template: *mut CK_ATTRIBUTE,
    count: CK_ULONG,
) -> CK_RV {
    in_session("C_GetAttributeValue", session, |module, session| {
        if template.is_null() && count > 0 {
            return Err(Rv(CKR_ARGUMENTS_BAD));
        }
        let view = module.view(session, object)?;
        let mut outcome = Ok(());
        for index in 0..count as usize {
            // SAFETY: the caller passes `count` attributes.
            let answered = unsafe { answer(&view, template.add(index)) };
            outcome = outcome.and(answered);
        }
        outcome
    })
}

/// Answers one attribute; whatever comes of it, the others are answered too.
///
/// # Safety
/// `place` points to an attribute whose value is null or as long as it says.
unsafe fn answer(view: &View, place: *mut CK_ATTRIBUTE) -> Result<()> {
    // SAFETY: promised by the caller. The structure may be packed.
    let mut given = unsafe { place.read_unaligned() };
    let (length, outcome) = match view.attribute(given.type_) {
        Attribute::Sensitive => (CK_UNAVAILABLE_INFORMATION, Err(Rv(CKR_ATTRIBUTE_SENSITIVE))),
        Attribute::Unknown => (CK_UNAVAILABLE_INFORMATION, Err(Rv(CKR_ATTRIBUTE_TYPE_INVALID))),
        Attribute::Value(value) if given.pValue.is_null() => (value.len() as CK_ULONG, Ok(())),
        Attribute::Value(value) if (given.ulValueLen as usize) < value.len() => {
            (CK_UNAVAILABLE_INFORMATION, Err(Rv(CKR_BUFFER_TOO_SMALL)))
        }
        Attribute::Value(value) => {
            // SAFETY: not null and long enough.
            unsafe { ptr::copy_nonoverlapping(value.as_ptr(), given.pValue.cast(), value.len()) };
            (value.len() as CK_ULONG, Ok(()))
        }
    };
    given.ulValueLen = length;
    // SAFETY: as for reading.
    unsafe { place.write_unaligned(given) };
    outcome
}

pub(super) unsafe extern "C" fn set_attribute_value(
    session: CK_SESSION_HANDLE,
    object: CK_OBJECT_HANDLE,
    template: *mut CK_ATTRIBUTE,
    count: CK_ULONG,
) -> CK_RV {
    in_session("C_SetAttributeValue", session, |module, session| {
        // SAFETY: the caller passes a template and its length.
        let template = unsafe { input::template(template, count) }?;
        change::change(module, session, object, &template)
    })
}

pub(super) unsafe extern "C" fn destroy_object(
    session: CK_SESSION_HANDLE,
    object: CK_OBJECT_HANDLE,
) -> CK_RV {
    in_session("C_DestroyObject", session, |module, session| {
        destroy::destroy(module, session, object)
    })
}

pub(super) unsafe extern "C" fn get_object_size(
    session: CK_SESSION_HANDLE,
    object: CK_OBJECT_HANDLE,
    size: *mut CK_ULONG,
) -> CK_RV {
    in_session("C_GetObjectSize", session, |module, session| {
        module.view(session, object)?;
        // SAFETY: the caller passes a number to write to.
        unsafe { put(size, CK_UNAVAILABLE_INFORMATION) }
    })
}
