//! Digests (PKCS#11 v2.40 base, section 5.10).

use cryptoki_sys::*;

use super::{Output, guard::in_session, input};
use crate::operation::{Digest, begin, cancel, step};

pub(super) unsafe extern "C" fn digest_init(
    session: CK_SESSION_HANDLE,
    mechanism: *mut CK_MECHANISM,
) -> CK_RV {
    in_session("C_DigestInit", session, |_, session| {
        // SAFETY: the caller passes a mechanism or null.
        let mechanism = unsafe { input::optional_mechanism(mechanism) }?;
        let Some(mechanism) = mechanism else { return cancel(&mut session.operations().digest) };
        begin(&mut session.operations().digest, || Digest::new(&mechanism))
    })
}

pub(super) unsafe extern "C" fn digest(
    session: CK_SESSION_HANDLE,
    data: *mut CK_BYTE,
    data_length: CK_ULONG,
    digest: *mut CK_BYTE,
    digest_length: *mut CK_ULONG,
) -> CK_RV {
    in_session("C_Digest", session, |_, session| {
        step(&mut session.operations().digest, |operation| {
            // SAFETY: the caller passes the data and a buffer, with their lengths.
            let (data, mut output) =
                unsafe { (input::bytes(data, data_length)?, Output::new(digest, digest_length)?) };
            operation.whole(data, &mut output)
        })
    })
}

pub(super) unsafe extern "C" fn digest_update(
    session: CK_SESSION_HANDLE,
    part: *mut CK_BYTE,
    part_length: CK_ULONG,
) -> CK_RV {
    in_session("C_DigestUpdate", session, |_, session| {
        step(&mut session.operations().digest, |operation| {
            // SAFETY: the caller passes the data and its length.
            operation.update(unsafe { input::bytes(part, part_length) }?)
        })
    })
}

pub(super) unsafe extern "C" fn digest_key(
    session: CK_SESSION_HANDLE,
    key: CK_OBJECT_HANDLE,
) -> CK_RV {
    in_session("C_DigestKey", session, |module, session| {
        step(&mut session.operations().digest, |operation| {
            let (_, key) = module.key_view(session, key)?.into_key()?;
            operation.key(&key)
        })
    })
}

pub(super) unsafe extern "C" fn digest_final(
    session: CK_SESSION_HANDLE,
    digest: *mut CK_BYTE,
    digest_length: *mut CK_ULONG,
) -> CK_RV {
    in_session("C_DigestFinal", session, |_, session| {
        step(&mut session.operations().digest, |operation| {
            // SAFETY: the caller passes a buffer and its length.
            operation.finish(&mut unsafe { Output::new(digest, digest_length) }?)
        })
    })
}
