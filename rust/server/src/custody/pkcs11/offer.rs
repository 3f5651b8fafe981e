//! What a token offers.

use cryptoki::mechanism::{MechanismInfo, MechanismType as Type};
use strum::IntoEnumIterator;
use supacrypt_core::{
    Algorithm, Capabilities, DerivationScheme, Digest, EncryptionScheme, Kdf, KeyClass, KeySpec,
    MacScheme, SignatureScheme,
};

use super::encoding::key_type;
use super::fault::Fault;
use super::mechanism::{digest, mac};
use super::template::Uses;
use super::token::Token;
use super::trial;

/// The mechanisms of a token (PKCS#11 v3.1, sections 5.5.6 and 5.5.7).
pub(super) struct Mechanisms(Vec<(Type, MechanismInfo)>);

impl Mechanisms {
    /// Asks the token.
    pub(super) fn of(token: &Token) -> Result<Mechanisms, Fault> {
        let (module, slot) = token.slot()?;
        let listed = module.get_mechanism_list(slot)?.into_iter();
        // Some modules list mechanisms that they then do not know.
        let known = listed.filter_map(|listed| {
            module.get_mechanism_info(slot, listed).ok().map(|info| (listed, info))
        });
        Ok(Mechanisms(known.collect()))
    }

    /// What is said of a mechanism that is good for something.
    fn get(&self, wanted: Type, good: fn(&MechanismInfo) -> bool) -> Option<&MechanismInfo> {
        let found = self.0.iter().find(|(listed, _)| *listed == wanted);
        found.map(|(_, info)| info).filter(|info| good(info))
    }

    fn signs(&self, wanted: Type) -> bool {
        self.get(wanted, MechanismInfo::sign).is_some()
    }

    fn decrypts(&self, wanted: Type) -> bool {
        self.get(wanted, MechanismInfo::decrypt).is_some()
    }

    fn encrypts(&self, wanted: Type) -> bool {
        self.get(wanted, |info| info.encrypt() && info.decrypt()).is_some()
    }

    /// What keys of the token may be used for.
    pub(super) fn uses(&self) -> Uses {
        Uses {
            derivation: self.get(Type::ECDH1_DERIVE, MechanismInfo::derive).is_some(),
            cmac: self.signs(Type::AES_CMAC),
        }
    }

    /// Whether keys of this kind may be worth a trial.
    fn may_make(&self, spec: KeySpec) -> bool {
        let pairs = |wanted| self.get(wanted, MechanismInfo::generate_key_pair);
        let secrets = |wanted| self.get(wanted, MechanismInfo::generate).is_some();
        match spec.class() {
            KeyClass::Rsa => {
                pairs(Type::RSA_PKCS_KEY_PAIR_GEN).is_some_and(|info| takes(info, spec.bits()))
            }
            KeyClass::Ec => pairs(Type::ECC_KEY_PAIR_GEN).is_some() && self.signs(Type::ECDSA),
            KeyClass::Edwards => {
                pairs(Type::ECC_EDWARDS_KEY_PAIR_GEN).is_some() && self.signs(Type::EDDSA)
            }
            KeyClass::Aes => secrets(Type::AES_KEY_GEN),
            KeyClass::Hmac | KeyClass::Generic => {
                let makes = |digest| MacScheme::hmac(digest).check(spec).is_ok();
                secrets(Type::GENERIC_SECRET_KEY_GEN)
                    && Digest::iter().any(|digest| makes(digest) && self.hmac(digest))
            }
            _ => false,
        }
    }

    fn hmac(&self, digest: Digest) -> bool {
        let mechanism = mac(MacScheme::hmac(digest));
        mechanism.is_ok_and(|mechanism| self.signs(mechanism.mechanism_type()))
    }

    /// What needs no trial.
    fn algorithms(&self) -> Vec<Algorithm> {
        use Algorithm::{Derivation, Encryption, Mac, Signature};
        let pkcs1 = Digest::iter().map(|digest| SignatureScheme::RsaPkcs1 { digest });
        let offered = |offered: bool, algorithm| offered.then_some(algorithm);
        let raw_rsa = self.signs(Type::RSA_X_509) && self.decrypts(Type::RSA_X_509);
        let gcm = EncryptionScheme::AesGcm { tag_length: 16 };
        let ecdh = DerivationScheme::Ecdh { kdf: Kdf::None };
        [
            offered(self.signs(Type::RSA_PKCS), Signature(SignatureScheme::RsaPkcs1Raw)),
            offered(raw_rsa, Signature(SignatureScheme::RsaRaw)),
            offered(self.signs(Type::ECDSA), Signature(SignatureScheme::Ecdsa)),
            offered(self.signs(Type::EDDSA), Signature(SignatureScheme::Ed25519)),
            offered(self.decrypts(Type::RSA_PKCS), Encryption(EncryptionScheme::RsaPkcs1)),
            offered(self.encrypts(Type::AES_GCM), Encryption(gcm)),
            offered(self.encrypts(Type::AES_ECB), Encryption(EncryptionScheme::AesEcb)),
            offered(self.encrypts(Type::AES_CBC), Encryption(EncryptionScheme::AesCbc)),
            offered(self.encrypts(Type::AES_CBC_PAD), Encryption(EncryptionScheme::AesCbcPad)),
            offered(self.encrypts(Type::AES_CTR), Encryption(EncryptionScheme::AesCtr)),
            offered(self.uses().cmac, Mac(MacScheme::aes_cmac())),
            offered(self.uses().derivation, Derivation(ecdh)),
        ]
        .into_iter()
        .flatten()
        .chain(pkcs1.filter(|_| self.signs(Type::RSA_PKCS)).map(Signature))
        .chain(
            Digest::iter().filter(|each| self.hmac(*each)).map(|each| Mac(MacScheme::hmac(each))),
        )
        .collect()
    }

    /// What is tried with an RSA key, for its parameters are listed nowhere.
    fn paddings(&self) -> Vec<Algorithm> {
        let digests = || Digest::iter().filter(|each| digest(*each).is_some());
        let pss = digests().filter(|_| self.signs(Type::RSA_PKCS_PSS)).map(|digest| {
            let salt_length = digest.len() as u16;
            let scheme = SignatureScheme::RsaPss { digest, mgf_digest: digest, salt_length };
            Algorithm::Signature(scheme)
        });
        let oaep = digests().filter(|_| self.decrypts(Type::RSA_PKCS_OAEP)).map(|digest| {
            Algorithm::Encryption(EncryptionScheme::RsaOaep { digest, mgf_digest: digest })
        });
        pss.chain(oaep).collect()
    }

    /// What the token can do, as far as keys of ours ask for it.
    ///
    /// # Errors
    /// Those that say nothing of what it can do, such as a session that is lost.
    pub(super) fn capabilities(&self, token: &Token) -> Result<Capabilities, Fault> {
        let mut generates = Vec::new();
        for spec in KeySpec::iter().filter(|spec| key_type(*spec).is_some() && self.may_make(*spec))
        {
            // A pair of RSA keys takes too long for one of each length; the token says which it takes.
            if spec.class() == KeyClass::Rsa || trial::makes(token, spec, self.uses())? {
                generates.push(spec);
            }
        }
        let imports = generates.iter().copied().filter(|spec| takes_in(*spec)).collect();
        let has_rsa = generates.iter().any(|spec| spec.class() == KeyClass::Rsa);
        let paddings = if has_rsa { trial::rsa(token, &self.paddings())? } else { Vec::new() };
        let algorithms = self.algorithms().into_iter().chain(paddings);
        let works =
            |algorithm: &Algorithm| generates.iter().any(|spec| algorithm.works_with(*spec));
        Ok(Capabilities {
            algorithms: algorithms.filter(works).collect(),
            imports,
            generates,
            one_purpose: false,
        })
    }
}

/// Whether keys of this kind are brought to tokens. What form they want the private half of an Edwards
/// key in, the versions of the standard disagree about.
fn takes_in(spec: KeySpec) -> bool {
    spec.class() != KeyClass::Edwards
}

/// Whether a size is within what a mechanism says of itself. Some say nothing, by zeros.
fn takes(info: &MechanismInfo, bits: usize) -> bool {
    info.max_key_size() == 0 || (info.min_key_size()..=info.max_key_size()).contains(&bits)
}
