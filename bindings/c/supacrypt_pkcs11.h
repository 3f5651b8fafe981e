/* Supacrypt's extensions of PKCS#11. Include the standard's own header first.
 * Made from rust/pkcs11/src/vendor.rs: ./dev bindings makes it again. */

#ifndef SUPACRYPT_PKCS11_H
#define SUPACRYPT_PKCS11_H

/*
 The key's resource name, such as `keyrings/dev/keys/release`: UTF-8, not terminated, read-only. It
 can be searched for. Both halves of a pair have the same.
 */
#define CKA_SUPACRYPT_KEY_NAME (CKA_VENDOR_DEFINED | 1396920321)

/*
 The resource name of the key's version that operations use, as the audit log has it: UTF-8, not
 terminated, read-only.
 */
#define CKA_SUPACRYPT_KEY_VERSION (CKA_VENDOR_DEFINED | 1396920322)

#endif  /* SUPACRYPT_PKCS11_H */
