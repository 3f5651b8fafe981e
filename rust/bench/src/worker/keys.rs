//! The keys to measure with: made when they are not there, found by label.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use anyhow::ensure;
use cryptoki_sys::{
    CK_OBJECT_HANDLE, CKA_CLASS, CKA_DECRYPT, CKA_EC_PARAMS, CKA_ENCRYPT, CKA_ID, CKA_LABEL,
    CKA_MODULUS_BITS, CKA_PRIVATE, CKA_PUBLIC_EXPONENT, CKA_SIGN, CKA_TOKEN, CKA_VALUE_LEN,
    CKA_VERIFY, CKM_AES_KEY_GEN, CKM_EC_KEY_PAIR_GEN, CKM_RSA_PKCS_KEY_PAIR_GEN, CKO_PRIVATE_KEY,
    CKO_SECRET_KEY,
};

use super::measure::Work;
use super::pkcs11::Session;
use super::template::Template;
use super::token::Token;
use crate::protocol::{Algorithm, By};

/// Threads that make keys. A backend commits several at once; a token on files does not mind.
const MAKERS: usize = 8;

/// More keys than are ever made.
const MOST_KEYS: usize = 1_000_000;

/// The OID of P-256 in DER (RFC 5480, section 2.1.1.1).
const P256_PARAMETERS: [u8; 10] = [0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07];

/// The private key that [`ensure_pair`] made.
pub(super) fn private_key(
    session: &Session,
    algorithm: Algorithm,
) -> anyhow::Result<Option<CK_OBJECT_HANDLE>> {
    let template = Template::default()
        .number(CKA_CLASS, CKO_PRIVATE_KEY)
        .bytes(CKA_LABEL, pair_label(algorithm));
    Ok(session.find(&template, 1)?.first().copied())
}

/// Makes a key pair to sign with, unless the token has it.
pub(super) fn ensure_pair(session: &Session, algorithm: Algorithm) -> anyhow::Result<()> {
    if private_key(session, algorithm)?.is_some() {
        return Ok(());
    }
    let common = Template::default().flag(CKA_TOKEN, true).bytes(CKA_LABEL, pair_label(algorithm));
    let public = common.clone().flag(CKA_VERIFY, true);
    let private = common.flag(CKA_PRIVATE, true).flag(CKA_SIGN, true);
    let (mechanism, public) = match algorithm {
        Algorithm::P256 => (CKM_EC_KEY_PAIR_GEN, public.bytes(CKA_EC_PARAMS, P256_PARAMETERS)),
        Algorithm::Rsa2048 => (
            CKM_RSA_PKCS_KEY_PAIR_GEN,
            public.number(CKA_MODULUS_BITS, 2048).bytes(CKA_PUBLIC_EXPONENT, [0x01, 0x00, 0x01]),
        ),
    };
    session.generate_key_pair(mechanism, &public, &private)
}

fn pair_label(algorithm: Algorithm) -> &'static str {
    match algorithm {
        Algorithm::P256 => "bench-p256",
        Algorithm::Rsa2048 => "bench-rsa2048",
    }
}

/// Makes AES keys until the token has `keys` secret keys or `at_most` has passed. Returns how many
/// it has. They are labelled by number, so that a later call goes on where this one ended.
pub(super) fn populate(token: &Token, keys: usize, at_most: Duration) -> anyhow::Result<usize> {
    let existing = count(token)?;
    let end = Instant::now() + at_most;
    let next = AtomicUsize::new(existing);
    let make = || -> anyhow::Result<()> {
        let session = token.session()?;
        while Instant::now() < end {
            let number = next.fetch_add(1, Ordering::Relaxed);
            if number >= keys {
                break;
            }
            let template = Template::default()
                .flag(CKA_TOKEN, true)
                .bytes(CKA_LABEL, secret_label(number))
                .bytes(CKA_ID, secret_id(number))
                .number(CKA_VALUE_LEN, 32)
                .flag(CKA_ENCRYPT, true)
                .flag(CKA_DECRYPT, true);
            session.generate_key(CKM_AES_KEY_GEN, &template)?;
        }
        Ok(())
    };
    std::thread::scope(|scope| {
        let makers: Vec<_> = (0..MAKERS).map(|_| scope.spawn(make)).collect();
        makers
            .into_iter()
            .try_for_each(|maker| maker.join().expect("invariant: a maker returns its errors"))
    })?;
    count(token)
}

/// How many secret keys the token has.
pub(super) fn count(token: &Token) -> anyhow::Result<usize> {
    Ok(token.session()?.find(&secret_keys(), MOST_KEYS)?.len())
}

fn secret_keys() -> Template {
    Template::default().number(CKA_CLASS, CKO_SECRET_KEY)
}

fn secret_label(number: usize) -> Vec<u8> {
    format!("bench-{number:05}").into_bytes()
}

fn secret_id(number: usize) -> [u8; 8] {
    (number as u64).to_be_bytes()
}

/// Finding one secret key after the other.
pub(super) struct Finding {
    session: Session,
    by: By,
    population: usize,
    number: usize,
}

impl Finding {
    pub(super) fn start(token: &Token, by: By, population: usize) -> anyhow::Result<Self> {
        ensure!(population > 0, "there are no keys to find");
        Ok(Finding { session: token.session()?, by, population, number: 0 })
    }
}

impl Work for Finding {
    fn once(&mut self) -> anyhow::Result<()> {
        // A step with no common divisor with a round number visits all keys in no simple order.
        self.number = (self.number + 7_919) % self.population;
        let template = match self.by {
            By::Label => secret_keys().bytes(CKA_LABEL, secret_label(self.number)),
            By::Id => secret_keys().bytes(CKA_ID, secret_id(self.number)),
        };
        let found = self.session.find(&template, 2)?.len();
        ensure!(found == 1, "found {found} keys in place of one");
        Ok(())
    }
}
