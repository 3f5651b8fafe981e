//! Key encapsulation schemes.

use crate::{Error, KeyClass, KeySpec, Reason, Result};

/// How a secret is agreed on with the holder of a key pair: whoever has the public key encapsulates,
/// which gives a ciphertext and the secret; the private key gets the secret from the ciphertext.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum KemScheme {
    /// ML-KEM (FIPS 203). A ciphertext that was altered gives another secret, and no error.
    MlKem,
}

impl KemScheme {
    /// The family of keys this scheme works with.
    pub const fn key_class(self) -> KeyClass {
        match self {
            KemScheme::MlKem => KeyClass::MlKem,
        }
    }

    /// Length in bytes of a ciphertext for `key` (FIPS 203, table 3); 0 for a key of another family.
    pub const fn ciphertext_len(self, key: KeySpec) -> usize {
        match (self, key) {
            (KemScheme::MlKem, KeySpec::MlKem512) => 768,
            (KemScheme::MlKem, KeySpec::MlKem768) => 1088,
            (KemScheme::MlKem, KeySpec::MlKem1024) => 1568,
            _ => 0,
        }
    }

    /// Length in bytes of the secret.
    pub const fn secret_len(self) -> usize {
        match self {
            KemScheme::MlKem => 32,
        }
    }

    /// Checks that the scheme works with `key`.
    ///
    /// # Errors
    /// [`Reason::AlgorithmMismatch`].
    pub fn check_key(self, key: KeySpec) -> Result<()> {
        if self.key_class() == key.class() {
            return Ok(());
        }
        Err(Error::new(
            Reason::AlgorithmMismatch,
            format!("{self} does not work with a key of type {key}"),
        ))
    }

    /// Checks that `key` can decapsulate a ciphertext of `ciphertext_len` bytes.
    ///
    /// # Errors
    /// Those of [`check_key`](Self::check_key), [`Reason::InputLength`].
    pub fn check_decapsulate(self, key: KeySpec, ciphertext_len: usize) -> Result<()> {
        self.check_key(key)?;
        let expected = self.ciphertext_len(key);
        if ciphertext_len == expected {
            return Ok(());
        }
        Err(Error::new(
            Reason::InputLength,
            format!("a ciphertext for {key} has {expected} bytes, not {ciphertext_len}"),
        ))
    }
}

impl std::fmt::Display for KemScheme {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            KemScheme::MlKem => f.write_str("ml-kem"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ciphertext_for_another_parameter_set_is_refused() {
        let check = |key| KemScheme::MlKem.check_decapsulate(key, 1088);
        assert!(check(KeySpec::MlKem768).is_ok());
        assert_eq!(check(KeySpec::MlKem512).unwrap_err().reason(), Reason::InputLength);
        assert_eq!(check(KeySpec::EcP256).unwrap_err().reason(), Reason::AlgorithmMismatch);
    }
}
