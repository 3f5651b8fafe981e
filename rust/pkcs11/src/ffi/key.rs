//! Key generation (PKCS#11 v2.40 base, section 5.14).

use cryptoki_sys::*;

use super::{guard::in_session, input, output::put};
use crate::{error::Rv, generate};

pub(super) unsafe extern "C" fn generate_key(
    session: CK_SESSION_HANDLE,
    mechanism: *mut CK_MECHANISM,
    template: *mut CK_ATTRIBUTE,
    count: CK_ULONG,
    key: *mut CK_OBJECT_HANDLE,
) -> CK_RV {
    in_session("C_GenerateKey", session, |module, session| {
        // SAFETY: the caller passes a mechanism, and a template with its length.
        let (mechanism, template) =
            unsafe { (input::mechanism(mechanism)?, input::template(template, count)?) };
        if key.is_null() {
            return Err(Rv(CKR_ARGUMENTS_BAD));
        }
        let made = generate::secret_key(module, session, mechanism.row, &template)?;
        // SAFETY: not null; the caller passes a handle to write to.
        unsafe { put(key, made) }
    })
}

pub(super) unsafe extern "C" fn generate_key_pair(
    session: CK_SESSION_HANDLE,
    mechanism: *mut CK_MECHANISM,
    public_template: *mut CK_ATTRIBUTE,
    public_count: CK_ULONG,
    private_template: *mut CK_ATTRIBUTE,
    private_count: CK_ULONG,
    public_key: *mut CK_OBJECT_HANDLE,
    private_key: *mut CK_OBJECT_HANDLE,
) -> CK_RV {
    in_session("C_GenerateKeyPair", session, |module, session| {
        // SAFETY: the caller passes a mechanism, and two templates with their lengths.
        let (mechanism, public, private) = unsafe {
            (
                input::mechanism(mechanism)?,
                input::template(public_template, public_count)?,
                input::template(private_template, private_count)?,
            )
        };
        if public_key.is_null() || private_key.is_null() {
            return Err(Rv(CKR_ARGUMENTS_BAD));
        }
        let (public, private) =
            generate::key_pair(module, session, mechanism.row, &public, &private)?;
        // SAFETY: not null; the caller passes two handles to write to.
        unsafe {
            put(public_key, public)?;
            put(private_key, private)
        }
    })
}
