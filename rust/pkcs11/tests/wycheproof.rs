//! What a client is told of Wycheproof's vectors, by each mechanism that the module offers. Most keys
//! are session objects, whose operations are those that the engine does for the backend as well; a
//! sample of the private and secret ones is of the token.
#![allow(unsafe_code, reason = "functions of C are called")]

#[path = "wycheproof/aead.rs"]
mod aead;
#[path = "wycheproof/agreement.rs"]
mod agreement;
#[path = "wycheproof/cbc.rs"]
mod cbc;
#[path = "wycheproof/client.rs"]
mod client;
mod common;
#[path = "wycheproof/curves.rs"]
mod curves;
#[path = "wycheproof/ecdsa.rs"]
mod ecdsa;
#[path = "wycheproof/ed25519.rs"]
mod ed25519;
#[path = "wycheproof/hashes.rs"]
mod hashes;
#[path = "wycheproof/hkdf.rs"]
mod hkdf;
#[path = "wycheproof/key_wrap.rs"]
mod key_wrap;
#[path = "wycheproof/mac.rs"]
mod mac;
#[path = "wycheproof/ml_dsa.rs"]
mod ml_dsa;
#[path = "wycheproof/ml_kem.rs"]
mod ml_kem;
#[path = "wycheproof/operations.rs"]
mod operations;
#[path = "wycheproof/rsa_encryption.rs"]
mod rsa_encryption;
#[path = "wycheproof/rsa_signatures.rs"]
mod rsa_signatures;
#[path = "wycheproof/secrets.rs"]
mod secrets;
#[path = "wycheproof/verdicts.rs"]
mod verdicts;

fn main() {
    common::run(&[
        ("macs_are_judged_as_wycheproof_says", mac::judge),
        ("gcm_is_judged_as_wycheproof_says", aead::judge_gcm),
        ("gcm_messages_are_judged_as_wycheproof_says", aead::judge_gcm_messages),
        ("ccm_is_judged_as_wycheproof_says", aead::judge_ccm),
        ("chacha20_poly1305_is_judged_as_wycheproof_says", aead::judge_chacha20_poly1305),
        ("cbc_with_padding_is_judged_as_wycheproof_says", cbc::judge),
        ("key_wraps_are_judged_as_wycheproof_says", key_wrap::judge),
        ("pkcs1_signatures_are_judged_as_wycheproof_says", rsa_signatures::judge_pkcs1),
        ("pss_signatures_are_judged_as_wycheproof_says", rsa_signatures::judge_pss),
        ("pkcs1_ciphertexts_are_judged_as_wycheproof_says", rsa_encryption::judge_pkcs1),
        ("oaep_ciphertexts_are_judged_as_wycheproof_says", rsa_encryption::judge_oaep),
        ("ecdsa_signatures_of_plain_numbers_are_judged_as_wycheproof_says", ecdsa::judge_plain),
        ("ecdsa_signatures_in_der_are_judged_as_wycheproof_says", ecdsa::judge_der),
        ("ed25519_signatures_are_judged_as_wycheproof_says", ed25519::judge),
        ("ml_dsa_signatures_are_judged_as_wycheproof_says", ml_dsa::judge_signatures),
        ("ml_dsa_keys_sign_as_wycheproof_says", ml_dsa::judge_signing),
        ("ml_kem_secrets_are_judged_as_wycheproof_says", ml_kem::judge_secrets),
        ("ml_kem_public_keys_are_judged_as_wycheproof_says", ml_kem::judge_public_keys),
        ("ecdh_is_judged_as_wycheproof_says", agreement::judge_ecdh),
        ("x25519_is_judged_as_wycheproof_says", agreement::judge_x25519),
        ("hkdf_is_judged_as_wycheproof_says", hkdf::judge),
    ]);
}
