//! Signing with one key over and over.

use anyhow::{Context, ensure};
use cryptoki_sys::{CK_MECHANISM_TYPE, CK_OBJECT_HANDLE, CKM_ECDSA, CKM_RSA_PKCS};

use super::keys;
use super::measure::Work;
use super::pkcs11::Session;
use super::token::Token;
use crate::protocol::Algorithm;

/// `DigestInfo` of SHA-256 up to the digest (RFC 8017, section 9.2, note 1).
const SHA256_DIGEST_INFO: [u8; 19] = [
    0x30, 0x31, 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01, 0x05,
    0x00, 0x04, 0x20,
];

/// Making the same signature again and again.
pub(super) struct Signing {
    session: Session,
    key: CK_OBJECT_HANDLE,
    mechanism: CK_MECHANISM_TYPE,
    input: Vec<u8>,
    signature_len: usize,
}

impl Signing {
    pub(super) fn start(token: &Token, algorithm: Algorithm) -> anyhow::Result<Self> {
        let digest = [0x5a; 32];
        let (mechanism, input, signature_len) = match algorithm {
            Algorithm::P256 => (CKM_ECDSA, digest.to_vec(), 64),
            Algorithm::Rsa2048 => (CKM_RSA_PKCS, [&SHA256_DIGEST_INFO[..], &digest].concat(), 256),
        };
        let session = token.session()?;
        let key = keys::private_key(&session, algorithm)?.context("the signing key is gone")?;
        Ok(Signing { session, key, mechanism, input, signature_len })
    }
}

impl Work for Signing {
    fn once(&mut self) -> anyhow::Result<()> {
        let mut signature = [0; 512];
        let len = self.session.sign(self.mechanism, self.key, &self.input, &mut signature)?;
        ensure!(len == self.signature_len, "a signature of {len} bytes");
        Ok(())
    }
}
