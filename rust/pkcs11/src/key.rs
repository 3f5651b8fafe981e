//! The keys that operations work with: those of the token, which the backend uses, and session
//! keys, which exist in this process alone and are used here.

use std::sync::Arc;

use cryptoki_sys::*;
use supacrypt_client::{Client, Ticket};
use supacrypt_core::{
    Algorithm, DerivationInput, DerivationScheme, EncryptionScheme, KemScheme, KeyFlags, KeySpec,
    KeyUsages, MacScheme, Operation, SignatureScheme,
};
use supacrypt_crypto::{Material, PublicKey};
use zeroize::Zeroizing;

use crate::error::{Result, Rv};

/// A key as an operation sees it.
#[derive(Clone)]
pub(crate) enum Key {
    /// A key of the token.
    Token(Arc<supacrypt_client::Key>),
    /// A session key, and what its attributes permit.
    Session(Arc<SessionKey>, KeyUsages),
}

/// A key, or half of one, in the memory of this process.
pub(crate) struct SessionKey {
    pub(crate) spec: KeySpec,
    half: Half,
}

enum Half {
    Public(PublicKey),
    /// A private or secret key, ready for use and in the form it came in.
    Secret {
        key: supacrypt_crypto::Key,
        material: Material,
    },
}

impl SessionKey {
    /// A public key.
    pub(crate) fn public(key: PublicKey) -> SessionKey {
        SessionKey { spec: key.spec(), half: Half::Public(key) }
    }

    /// A private or secret key.
    pub(crate) fn secret(spec: KeySpec, material: Material) -> Result<SessionKey> {
        let key = supacrypt_crypto::Key::load(spec, &material)?;
        Ok(SessionKey { spec, half: Half::Secret { key, material } })
    }

    /// The public half; `None` for a secret key.
    pub(crate) fn public_key(&self) -> Option<&PublicKey> {
        match &self.half {
            Half::Public(key) => Some(key),
            Half::Secret { key, .. } => key.public_key(),
        }
    }

    /// PKCS#8 of a private key, the bytes of a secret one; `None` for a public key.
    pub(crate) fn material(&self) -> Option<&Material> {
        match &self.half {
            Half::Public(_) => None,
            Half::Secret { material, .. } => Some(material),
        }
    }

    /// The private or secret key.
    fn use_secret(&self) -> Result<&supacrypt_crypto::Key> {
        match &self.half {
            Half::Public(_) => Err(Rv(CKR_KEY_FUNCTION_NOT_PERMITTED)),
            Half::Secret { key, .. } => Ok(key),
        }
    }
}

impl Key {
    /// What the key is.
    pub(crate) fn spec(&self) -> KeySpec {
        match self {
            Key::Token(key) => key.spec,
            Key::Session(key, _) => key.spec,
        }
    }

    /// Has the backend take the next use for one whose user has just given a PIN.
    pub(crate) fn authorize(&mut self, ticket: &Ticket) {
        if let Key::Token(key) = self {
            let version = key.version.with(ticket.clone());
            *key = Arc::new(supacrypt_client::Key { version, ..(**key).clone() });
        }
    }

    /// What it may be used for.
    pub(crate) fn usages(&self) -> KeyUsages {
        match self {
            Key::Token(key) => key.usages,
            Key::Session(_, usages) => *usages,
        }
    }

    /// Whether it may wrap keys that only a trusted key may wrap. No session key may: who is to be
    /// trusted is not for an application to say.
    pub(crate) fn is_trusted(&self) -> bool {
        match self {
            Key::Token(key) => key.attributes.flags.contains(KeyFlags::TRUSTED),
            Key::Session(..) => false,
        }
    }

    /// The public half; `None` for a secret key.
    pub(crate) fn public_key(&self) -> Option<&PublicKey> {
        match self {
            Key::Token(key) => key.public_key.as_ref(),
            Key::Session(key, _) => key.public_key(),
        }
    }

    pub(crate) fn sign(
        &self,
        client: &Client,
        scheme: SignatureScheme,
        context: &[u8],
        input: &[u8],
    ) -> Result<Vec<u8>> {
        Ok(match self {
            Key::Token(key) => client.sign_in_context(&key.version, scheme, context, input)?,
            Key::Session(key, _) => key.use_secret()?.sign_in_context(scheme, context, input)?,
        })
    }

    pub(crate) fn derive(
        &self,
        client: &Client,
        scheme: DerivationScheme,
        input: &DerivationInput<'_>,
    ) -> Result<Zeroizing<Vec<u8>>> {
        Ok(match self {
            Key::Token(key) => client.derive(&key.version, scheme, input)?,
            Key::Session(key, _) => key.use_secret()?.derive(scheme, input)?,
        })
    }

    pub(crate) fn decapsulate(
        &self,
        client: &Client,
        ciphertext: &[u8],
    ) -> Result<Zeroizing<Vec<u8>>> {
        Ok(match self {
            Key::Token(key) => client.decapsulate(&key.version, ciphertext)?,
            Key::Session(key, _) => key.use_secret()?.decapsulate(KemScheme::MlKem, ciphertext)?,
        })
    }

    pub(crate) fn mac(&self, client: &Client, scheme: MacScheme, input: &[u8]) -> Result<Vec<u8>> {
        Ok(match self {
            Key::Token(key) => client.mac(&key.version, scheme, input)?,
            Key::Session(key, _) => key.use_secret()?.mac(scheme, input)?,
        })
    }

    pub(crate) fn verify_mac(
        &self,
        client: &Client,
        scheme: MacScheme,
        input: &[u8],
        mac: &[u8],
    ) -> Result<bool> {
        Ok(match self {
            Key::Token(key) => client.verify_mac(&key.version, scheme, input, mac)?,
            Key::Session(key, _) => key.use_secret()?.verify_mac(scheme, input, mac)?,
        })
    }

    /// Whether it may be used by an algorithm. A session key has been asked for the mechanism already.
    pub(crate) fn permits(&self, algorithm: Algorithm) -> bool {
        match self {
            Key::Token(key) => key.attributes.allowed.contains(algorithm),
            Key::Session(..) => true,
        }
    }

    /// Checks that the public half, which works here, may be used for `operation` now.
    pub(crate) fn check_use(&self, operation: Operation, algorithm: Algorithm) -> Result<()> {
        match self {
            Key::Token(key) => Ok(key.check_use(operation, algorithm)?),
            Key::Session(..) => Ok(()),
        }
    }

    /// Encrypts: with a public key here, whoever holds the private one.
    pub(crate) fn encrypt(
        &self,
        client: &Client,
        scheme: EncryptionScheme,
        iv: &[u8],
        aad: &[u8],
        plaintext: &[u8],
    ) -> Result<Vec<u8>> {
        Ok(match (self.public_key(), self) {
            (Some(public), _) => {
                self.check_use(Operation::Encrypt, Algorithm::Encryption(scheme))?;
                public.encrypt(scheme, aad, plaintext)?
            }
            (None, Key::Token(key)) => client.encrypt(&key.version, scheme, iv, aad, plaintext)?,
            (None, Key::Session(key, _)) => {
                key.use_secret()?.encrypt(scheme, iv, aad, plaintext)?
            }
        })
    }

    pub(crate) fn decrypt(
        &self,
        client: &Client,
        scheme: EncryptionScheme,
        iv: &[u8],
        aad: &[u8],
        ciphertext: &[u8],
    ) -> Result<Zeroizing<Vec<u8>>> {
        Ok(match self {
            Key::Token(key) => client.decrypt(&key.version, scheme, iv, aad, ciphertext)?,
            Key::Session(key, _) => key.use_secret()?.decrypt(scheme, iv, aad, ciphertext)?,
        })
    }
}
