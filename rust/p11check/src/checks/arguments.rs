//! Arguments that are wrong.

mod mechanisms;
mod null;
mod templates;

use cryptoki_sys::*;

use crate::{
    application::Application,
    check::Check,
    target::Target,
    verdict::{Verdict, passed, refused},
};

const GROUP: &str = "arguments";

pub(super) const CHECKS: &[Check] = &[
    Check::new(
        GROUP,
        "null-general",
        "5.4, 5.5",
        "null pointers to functions of module, slot and token are refused",
        null::general,
    ),
    Check::new(
        GROUP,
        "null-session",
        "5.6",
        "null pointers to functions of sessions are refused",
        null::session,
    ),
    Check::new(
        GROUP,
        "null-object",
        "5.7, 5.13",
        "null pointers to functions of objects and keys are refused",
        null::object,
    ),
    Check::new(
        GROUP,
        "null-operation",
        "5.8 to 5.12",
        "null pointers to functions of operations are refused",
        null::operation,
    ),
    Check::new(
        GROUP,
        "wrong-length",
        "5.1",
        "attributes whose length does not fit their type are refused",
        templates::wrong_length,
    ),
    Check::new(
        GROUP,
        "null-with-length",
        "5.1",
        "attributes with a length and no value are refused",
        templates::null_with_length,
    ),
    Check::new(
        GROUP,
        "absurd-length",
        "5.1",
        "attributes longer than memory are refused",
        templates::absurd_length,
    ),
    Check::new(
        GROUP,
        "unknown-mechanism",
        "5.11",
        "mechanisms that the token does not have are refused",
        mechanisms::unknown,
    ),
    Check::new(
        GROUP,
        "mechanism-parameter",
        "5.11",
        "parameters that are missing or of the wrong size are refused",
        mechanisms::parameter,
    ),
    Check::new(
        GROUP,
        "key-of-another-type",
        "5.11",
        "a key that does not fit the mechanism is refused",
        mechanisms::key_of_another_type,
    ),
    Check::new(GROUP, "slot-and-flags", "5.5, 5.6", "slots and flags are checked", slot_and_flags),
];

fn slot_and_flags(target: &Target) -> Verdict {
    let application = Application::start(target)?;
    let module = &application.module;
    let nowhere = CK_SLOT_ID::MAX - 1;
    for (name, called) in [
        ("C_GetSlotInfo", module.slot_info(nowhere).map(drop)),
        ("C_GetTokenInfo", module.token_info(nowhere).map(drop)),
        ("C_GetMechanismList", module.count_mechanisms(nowhere).map(drop)),
        ("C_OpenSession", module.open_session(nowhere, CKF_SERIAL_SESSION).map(drop)),
        ("C_CloseAllSessions", module.close_all_sessions(nowhere)),
    ] {
        refused(&format!("{name} of a slot that is not there"), called, &[CKR_SLOT_ID_INVALID])?;
    }
    let parallel = module.open_session(application.slot, CKF_RW_SESSION);
    let values = [CKR_SESSION_PARALLEL_NOT_SUPPORTED];
    refused("C_OpenSession without CKF_SERIAL_SESSION", parallel, &values)?;
    application.end()?;
    passed()
}
