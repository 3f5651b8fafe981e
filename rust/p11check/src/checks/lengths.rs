//! The protocol for outputs whose length the caller does not know (section 5.2), and what begins and
//! ends an operation.

mod lists;
mod operations;

use crate::check::Check;

const GROUP: &str = "lengths";

pub(super) const CHECKS: &[Check] = &[
    Check::new(
        GROUP,
        "sign",
        "5.2",
        "C_Sign tells the length, keeps the operation until it is done",
        operations::sign,
    ),
    Check::new(
        GROUP,
        "sign-final",
        "5.2",
        "C_SignFinal tells the length, keeps the operation until it is done",
        operations::sign_final,
    ),
    Check::new(
        GROUP,
        "encrypt",
        "5.2",
        "C_Encrypt tells the length, keeps the operation until it is done",
        operations::encrypt,
    ),
    Check::new(
        GROUP,
        "decrypt",
        "5.2",
        "C_Decrypt tells the length, keeps the operation until it is done",
        operations::decrypt,
    ),
    Check::new(
        GROUP,
        "digest",
        "5.2",
        "C_Digest tells the length, keeps the operation until it is done",
        operations::digest,
    ),
    Check::new(
        GROUP,
        "digest-final",
        "5.2",
        "C_DigestFinal tells the length, keeps the operation until it is done",
        operations::digest_final,
    ),
    Check::new(
        GROUP,
        "error-ends",
        "5.11",
        "an error other than a small buffer ends the operation",
        operations::error_ends,
    ),
    Check::new(
        GROUP,
        "operation-active",
        "5.11",
        "beginning an operation twice is refused",
        operations::operation_active,
    ),
    Check::new(
        GROUP,
        "attributes",
        "5.7",
        "C_GetAttributeValue tells lengths, and does not fill what is too small",
        lists::attributes,
    ),
    Check::new(
        GROUP,
        "slot-list",
        "5.5",
        "C_GetSlotList tells the count, and does not fill what is too small",
        lists::slots,
    ),
    Check::new(
        GROUP,
        "mechanism-list",
        "5.5",
        "C_GetMechanismList tells the count, and does not fill what is too small",
        lists::mechanisms,
    ),
];
