//! Signatures and MACs. What is hashed is hashed here; the backend gets the digest.

use std::borrow::Cow;

use cryptoki_sys::*;
use supacrypt_client::Client;
use supacrypt_core::{Digest, KeyUsages, SignatureScheme};
use supacrypt_crypto::{Hasher, digest};

use super::{Collected, Step, give, permitted, with_zeros};
use crate::{
    error::{Result, Rv},
    ffi::Output,
    key::Key,
    mechanism::{Mechanism, Scheme},
    object::Class,
};

/// A signature in the making.
pub(crate) struct Sign {
    key: Key,
    scheme: Scheme,
    context: Vec<u8>,
    input: Input,
}

/// The message of a signature as it comes in.
pub(super) enum Input {
    /// Hashed piece by piece.
    Hashed { digest: Digest, pieces: Option<Hasher> },
    /// Sent as it is.
    Whole { pieces: Option<Collected> },
}

impl Input {
    pub(super) fn new(hashed: Option<Digest>) -> Input {
        match hashed {
            Some(digest) => Input::Hashed { digest, pieces: None },
            None => Input::Whole { pieces: None },
        }
    }

    pub(super) fn update(&mut self, piece: &[u8]) -> Result<Step> {
        match self {
            Input::Hashed { digest, pieces } => {
                pieces.get_or_insert_with(|| Hasher::new(*digest)).update(piece);
            }
            Input::Whole { pieces } => pieces.get_or_insert_default().add(piece)?,
        }
        Ok(Step::Continues)
    }

    /// What is signed when the message came in pieces.
    pub(super) fn of_pieces(&self) -> Cow<'_, [u8]> {
        match self {
            Input::Hashed { digest: kind, pieces } => match pieces {
                Some(hasher) => hasher.clone().finish().into(),
                None => digest(*kind, &[]).into(),
            },
            Input::Whole { pieces } => pieces.as_ref().map_or(&[][..], |pieces| &pieces.0).into(),
        }
    }

    /// What is signed when the message came at once.
    pub(super) fn of_whole<'a>(&self, message: &'a [u8]) -> Result<Cow<'a, [u8]>> {
        match self {
            Input::Hashed { pieces: Some(_), .. } | Input::Whole { pieces: Some(_) } => {
                Err(Rv(CKR_OPERATION_ACTIVE))
            }
            Input::Hashed { digest: kind, .. } => Ok(digest(*kind, message).into()),
            Input::Whole { .. } => Ok(message.into()),
        }
    }
}

impl Sign {
    /// Begins a signature, by a mechanism that can do what `flag` says.
    pub(crate) fn new(
        flag: CK_FLAGS,
        mechanism: &Mechanism,
        class: Class,
        key: Key,
    ) -> Result<Sign> {
        mechanism.row.permits(flag)?;
        let (hashed, scheme) = mechanism.signature()?;
        fits(scheme, &key)?;
        permitted(&key, class, Class::Private, KeyUsages::SIGN, scheme.algorithm())?;
        Ok(Sign { key, scheme, context: mechanism.context(), input: Input::new(hashed) })
    }

    pub(super) fn key(&mut self) -> &mut Key {
        &mut self.key
    }

    pub(crate) fn update(&mut self, piece: &[u8]) -> Result<Step> {
        self.input.update(piece)
    }

    pub(crate) fn finish(&mut self, client: &Client, output: &mut Output) -> Result<Step> {
        give(output, self.length(), || self.sign(client, &self.input.of_pieces()))
    }

    pub(crate) fn whole(
        &mut self,
        client: &Client,
        message: &[u8],
        output: &mut Output,
    ) -> Result<Step> {
        give(output, self.length(), || self.sign(client, &self.input.of_whole(message)?))
    }

    /// Whether there is a place for the signature; `false` when the caller only asks for its length.
    pub(crate) fn fits(&self, output: &mut Output) -> Result<bool> {
        output.takes(self.length())
    }

    fn length(&self) -> usize {
        match self.scheme {
            Scheme::Signature(scheme) => scheme.signature_len(self.key.spec()),
            Scheme::Mac(scheme) => scheme.mac_len(),
        }
    }

    fn sign(&self, client: &Client, input: &[u8]) -> Result<Vec<u8>> {
        match self.scheme {
            Scheme::Signature(scheme) => {
                let input = signed_input(scheme, &self.key, input);
                self.key.sign(client, scheme, &self.context, &input)
            }
            Scheme::Mac(scheme) => self.key.mac(client, scheme, input),
        }
    }
}

/// Refuses a key that the scheme does not work with.
pub(super) fn fits(scheme: Scheme, key: &Key) -> Result<()> {
    let fits = match scheme {
        Scheme::Signature(scheme) => scheme.key_class() == key.spec().class(),
        Scheme::Mac(scheme) => scheme.check(key.spec()).is_ok(),
    };
    if !fits {
        return Err(Rv(CKR_KEY_TYPE_INCONSISTENT));
    }
    match scheme {
        // The salt may be too long for the key.
        Scheme::Signature(pss @ SignatureScheme::RsaPss { digest, .. }) => {
            pss.check(key.spec(), digest.len()).map_err(|_| Rv(CKR_MECHANISM_PARAM_INVALID))
        }
        _ => Ok(()),
    }
}

/// What is signed where it is a number: zeros before a short one change nothing. `CKM_ECDSA` takes a
/// digest of any length (FIPS 186-5, section 6.4.1), `CKM_RSA_X_509` a number of any (PKCS#11 v2.40
/// current mechanisms, section 2.1.9).
pub(super) fn signed_input<'a>(
    scheme: SignatureScheme,
    key: &Key,
    input: &'a [u8],
) -> Cow<'a, [u8]> {
    match scheme {
        SignatureScheme::Ecdsa if !input.is_empty() => {
            with_zeros(input, *SignatureScheme::ECDSA_DIGEST_LEN.start())
        }
        SignatureScheme::RsaRaw => with_zeros(input, key.spec().bytes()),
        _ => input.into(),
    }
}
