//! What a key may do, and the states of a key version.

bitflags::bitflags! {
    /// What a key may be used for. The server enforces it; a provider only reports it.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
    pub struct KeyUsages: u32 {
        /// Make signatures, or MACs when the key is a secret.
        const SIGN = 1;
        /// Verify signatures, or MACs when the key is a secret.
        const VERIFY = 1 << 1;
        /// Encrypt, and wrap given bytes with AES key wrap.
        const ENCRYPT = 1 << 2;
        /// Decrypt, and unwrap to plain bytes with AES key wrap.
        const DECRYPT = 1 << 3;
        /// Make a secret and its ciphertext with the public key.
        const ENCAPSULATE = 1 << 4;
        /// Get the secret from a ciphertext.
        const DECAPSULATE = 1 << 5;
        /// Derive secrets, which go to whoever asks.
        const DERIVE = 1 << 6;
    }
}

/// The state of one key version.
///
/// `Enabled` and `Disabled` change into each other; `Destroyed` is final, the material is gone.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Hash, strum::EnumIter, strum::Display, strum::EnumString,
)]
#[strum(serialize_all = "lowercase")]
pub enum KeyVersionState {
    /// Performs operations.
    Enabled,
    /// Performs nothing until it is enabled again. The public key can still be read.
    Disabled,
    /// The private or secret material has been erased.
    Destroyed,
}

/// Where the material of a key version came from.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Hash, strum::EnumIter, strum::Display, strum::EnumString,
)]
#[strum(serialize_all = "lowercase")]
pub enum Origin {
    /// Made by the custodian; it has never been outside.
    Generated,
    /// Brought in from outside, so a copy may exist elsewhere.
    Imported,
    /// Made at the custodian by others, who may use it without this server.
    Adopted,
}
