//! Key specs, usages, states and origins.

use supacrypt_core::{Error, KeySpec, KeyUsages, KeyVersionState, Origin};

use super::unknown;
use crate::v1;

/// Pairs each core value with its wire value and derives both directions from the one list. After a
/// semicolon come those that prost spells in another way.
macro_rules! pairs {
    ($core:ident, $what:literal: $($value:ident),+ $(; $($ours:ident = $wire:ident),+)?) => {
        impl From<$core> for v1::$core {
            #[allow(unreachable_patterns)] // Core enums that grow are non_exhaustive.
            fn from(value: $core) -> Self {
                match value {
                    $($core::$value => v1::$core::$value,)+
                    $($($core::$ours => v1::$core::$wire,)+)?
                    _ => v1::$core::Unspecified,
                }
            }
        }

        impl TryFrom<v1::$core> for $core {
            type Error = Error;

            fn try_from(value: v1::$core) -> Result<Self, Error> {
                match value {
                    $(v1::$core::$value => Ok($core::$value),)+
                    $($(v1::$core::$wire => Ok($core::$ours),)+)?
                    v1::$core::Unspecified => Err(unknown($what)),
                }
            }
        }
    };
}

pairs!(KeySpec, "the key spec":
    Rsa2048, Rsa3072, Rsa4096, EcP256, EcP384, EcP521, Ed25519, Aes128, Aes256,
    HmacSha256, HmacSha384, HmacSha512, MlDsa44, MlDsa65, MlDsa87, MlKem512, MlKem768,
    MlKem1024, X25519, EcSecp256k1, Aes192, GenericSecret;
    ChaCha20 = Chacha20);
pairs!(KeyVersionState, "the key version state": Enabled, Disabled, Destroyed);
pairs!(Origin, "the origin": Generated, Imported, Adopted);

const USAGES: [(KeyUsages, v1::KeyUsage); 7] = [
    (KeyUsages::SIGN, v1::KeyUsage::Sign),
    (KeyUsages::VERIFY, v1::KeyUsage::Verify),
    (KeyUsages::ENCRYPT, v1::KeyUsage::Encrypt),
    (KeyUsages::DECRYPT, v1::KeyUsage::Decrypt),
    (KeyUsages::ENCAPSULATE, v1::KeyUsage::Encapsulate),
    (KeyUsages::DECAPSULATE, v1::KeyUsage::Decapsulate),
    (KeyUsages::DERIVE, v1::KeyUsage::Derive),
];

/// The wire form of a set of usages.
pub fn key_usages_to_wire(usages: KeyUsages) -> Vec<i32> {
    USAGES
        .iter()
        .filter(|(usage, _)| usages.contains(*usage))
        .map(|(_, wire)| *wire as i32)
        .collect()
}

/// Reads a set of usages.
///
/// # Errors
/// `INVALID_ARGUMENT` when one is unspecified or unknown.
pub fn key_usages_from_wire(wire: &[i32]) -> Result<KeyUsages, Error> {
    wire.iter().try_fold(KeyUsages::empty(), |set, value| {
        USAGES
            .iter()
            .find(|(_, known)| *known as i32 == *value)
            .map(|(usage, _)| set | *usage)
            .ok_or_else(|| unknown("a key usage"))
    })
}

#[cfg(test)]
mod tests {
    use strum::IntoEnumIterator;

    use super::*;

    #[test]
    fn every_value_survives_the_wire() {
        for spec in KeySpec::iter() {
            assert_eq!(v1::KeySpec::from(spec).try_into(), Ok(spec));
        }
        for state in KeyVersionState::iter() {
            assert_eq!(v1::KeyVersionState::from(state).try_into(), Ok(state));
        }
        for origin in Origin::iter() {
            assert_eq!(v1::Origin::from(origin).try_into(), Ok(origin));
        }
    }

    #[test]
    fn all_usages_survive_the_wire_and_unknown_ones_are_refused() {
        let all = KeyUsages::all();
        assert_eq!(key_usages_from_wire(&key_usages_to_wire(all)), Ok(all));
        assert!(key_usages_from_wire(&[99]).is_err());
    }
}
