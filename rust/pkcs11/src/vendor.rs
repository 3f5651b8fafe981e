//! What the module offers beyond the standard. `bindings/c/supacrypt_pkcs11.h` is made from this file.

use cryptoki_sys::{CK_ATTRIBUTE_TYPE, CKA_VENDOR_DEFINED};

/// The key's resource name, such as `keyrings/dev/keys/release`: UTF-8, not terminated, read-only. It
/// can be searched for. Both halves of a pair have the same.
pub const CKA_SUPACRYPT_KEY_NAME: CK_ATTRIBUTE_TYPE = CKA_VENDOR_DEFINED | 0x5343_5001;

/// The resource name of the key's version that operations use, as the audit log has it: UTF-8, not
/// terminated, read-only.
pub const CKA_SUPACRYPT_KEY_VERSION: CK_ATTRIBUTE_TYPE = CKA_VENDOR_DEFINED | 0x5343_5002;
