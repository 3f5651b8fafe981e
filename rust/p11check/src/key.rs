//! The keys that checks use: made for the check, or the one the user names.

use cryptoki_sys::*;

use crate::{
    application::Application,
    ffi::{Called, Mechanism, Operation},
    template::Template,
    verdict::{Stop, skipped},
};

/// The OID of P-256 in DER (RFC 5480, section 2.1.1.1).
const P256: [u8; 10] = [0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07];
/// What is signed: as long as the digest of a message with SHA-256.
pub(crate) const DATA: [u8; 32] = [0x5a; 32];
/// More than any signature or block of the keys in here.
pub(crate) const ROOM: usize = 1024;

/// A kind of key pair that checks make.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    P256,
    Rsa2048,
}

/// How long a key is to live.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Life {
    /// As long as its session.
    Session,
    /// Until it is destroyed.
    Token,
}

/// A key pair.
#[derive(Clone)]
pub(crate) struct Pair {
    /// Missing where the user's key has none.
    pub(crate) public: Option<CK_OBJECT_HANDLE>,
    pub(crate) private: CK_OBJECT_HANDLE,
    /// What it signs [`DATA`] with, in one part.
    pub(crate) signing: Mechanism,
}

impl Kind {
    pub(crate) fn generating(self) -> Mechanism {
        Mechanism::new(match self {
            Kind::P256 => CKM_EC_KEY_PAIR_GEN,
            Kind::Rsa2048 => CKM_RSA_PKCS_KEY_PAIR_GEN,
        })
    }

    pub(crate) fn signing(self) -> Mechanism {
        Mechanism::new(match self {
            Kind::P256 => CKM_ECDSA,
            Kind::Rsa2048 => CKM_RSA_PKCS,
        })
    }

    /// The templates of the public and the private half.
    pub(crate) fn templates(self, label: &str, life: Life) -> (Template, Template) {
        let common =
            Template::default().flag(CKA_TOKEN, life == Life::Token).bytes(CKA_LABEL, label);
        let public = common.clone().flag(CKA_VERIFY, true);
        let private = common.flag(CKA_PRIVATE, true).flag(CKA_SENSITIVE, true).flag(CKA_SIGN, true);
        match self {
            Kind::P256 => (public.bytes(CKA_EC_PARAMS, P256), private),
            Kind::Rsa2048 => (
                public
                    .flag(CKA_ENCRYPT, true)
                    .number(CKA_MODULUS_BITS, 2048)
                    .bytes(CKA_PUBLIC_EXPONENT, [1, 0, 1]),
                private.flag(CKA_DECRYPT, true),
            ),
        }
    }
}

impl Application<'_> {
    /// A key to sign with: the user's, else a new one that lives as long as the session where the
    /// module has such, on P-256 where it has that.
    pub(crate) fn signing_key(&self, session: CK_SESSION_HANDLE) -> Result<Pair, Stop> {
        if let Some(label) = &self.target.key {
            return self.named_key(session, label);
        }
        let tries = [Kind::P256, Kind::Rsa2048].map(|kind| self.new_key(session, kind));
        let [ec, rsa] = tries;
        ec.or(rsa)
    }

    /// The kind of key that checks make where any will do.
    pub(crate) fn kind(&self) -> Called<Kind> {
        let has_ec = self.mechanisms()?.contains(&CKM_EC_KEY_PAIR_GEN);
        Ok(if has_ec { Kind::P256 } else { Kind::Rsa2048 })
    }

    /// A new key of this kind; of the session where the module has such keys.
    pub(crate) fn new_key(&self, session: CK_SESSION_HANDLE, kind: Kind) -> Result<Pair, Stop> {
        self.generate(session, kind, Life::Session)
            .or_else(|_| self.generate(session, kind, Life::Token))
            .or_else(|refusal| {
                skipped(format!("no {kind:?} key can be made ({refusal}); name one with --key"))
            })
    }

    /// A key to sign with that the token keeps.
    pub(crate) fn lasting_key(&self, session: CK_SESSION_HANDLE) -> Result<Pair, Stop> {
        match &self.target.key {
            Some(label) => self.named_key(session, label),
            None => self
                .generate(session, Kind::P256, Life::Token)
                .or_else(|_| self.generate(session, Kind::Rsa2048, Life::Token))
                .or_else(|refusal| {
                    skipped(format!("no key can be made ({refusal}); name one with --key"))
                }),
        }
    }

    pub(crate) fn generate(
        &self,
        session: CK_SESSION_HANDLE,
        kind: Kind,
        life: Life,
    ) -> Called<Pair> {
        let (public, private) = kind.templates(&self.target.label, life);
        let (public, private) =
            self.module.generate_key_pair(session, &kind.generating(), &public, &private)?;
        Ok(Pair { public: Some(public), private, signing: kind.signing() })
    }

    fn named_key(&self, session: CK_SESSION_HANDLE, label: &str) -> Result<Pair, Stop> {
        let half = |class| {
            let template = Template::default().number(CKA_CLASS, class).bytes(CKA_LABEL, label);
            Ok::<_, Stop>(self.find(session, &template)?.first().copied())
        };
        let Some(private) = half(CKO_PRIVATE_KEY)? else {
            return skipped(format!("there is no private key with the label {label:?}"));
        };
        let asked = [(CKA_KEY_TYPE, Some(size_of::<CK_KEY_TYPE>()))];
        let (called, answers) = self.module.attributes(session, private, &asked);
        called?;
        let kind = match <[u8; size_of::<CK_KEY_TYPE>()]>::try_from(&answers[0].value[..]) {
            Ok(bytes) if CK_KEY_TYPE::from_ne_bytes(bytes) == CKK_EC => Kind::P256,
            Ok(bytes) if CK_KEY_TYPE::from_ne_bytes(bytes) == CKK_RSA => Kind::Rsa2048,
            _ => return skipped(format!("the key {label:?} is neither an EC nor an RSA key")),
        };
        Ok(Pair { public: half(CKO_PUBLIC_KEY)?, private, signing: kind.signing() })
    }

    /// All objects of a search.
    pub(crate) fn find(
        &self,
        session: CK_SESSION_HANDLE,
        template: &Template,
    ) -> Called<Vec<CK_OBJECT_HANDLE>> {
        self.module.find_init(session, template)?;
        let mut found = Vec::new();
        loop {
            let next = self.module.find_next(session, 64)?;
            if next.is_empty() {
                break;
            }
            found.extend(next);
        }
        self.module.find_final(session)?;
        Ok(found)
    }

    /// Signs, without a look at the signature.
    pub(crate) fn sign(&self, session: CK_SESSION_HANDLE, pair: &Pair) -> Called<Vec<u8>> {
        self.module.begin(Operation::Sign, session, &pair.signing, pair.private)?;
        self.module.whole(Operation::Sign, session, &DATA, Some(ROOM)).into_bytes()
    }

    /// Signs, and has the signature verified where there is a public half.
    pub(crate) fn sign_and_verify(&self, session: CK_SESSION_HANDLE, pair: &Pair) -> Called {
        let signature = self.sign(session, pair)?;
        match pair.public {
            Some(public) => self.module.verify(session, &pair.signing, public, &DATA, &signature),
            None => Ok(()),
        }
    }
}
