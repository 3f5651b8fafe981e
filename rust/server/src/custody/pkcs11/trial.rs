//! What a token does, by trying it. The list of its mechanisms does not say which curves it has, nor
//! which parameters of PSS and OAEP it takes.

use cryptoki::object::ObjectHandle;
use cryptoki::session::Session;
use supacrypt_core::{Algorithm, EncryptionScheme, Error, KeySpec, Reason, SignatureScheme};
use supacrypt_crypto::PublicKey;

use super::encoding;
use super::fault::Fault;
use super::mechanism;
use super::template::{Place, Uses, pair_generation, secret_generation};
use super::token::{Again, Token};

/// Makes a key of this kind that lives in its session alone; its public half, and its private or secret
/// one.
fn make(
    session: &Session,
    spec: KeySpec,
    uses: Uses,
) -> Result<(Option<ObjectHandle>, ObjectHandle), Fault> {
    let place = Place { named: None, uses };
    if spec.is_asymmetric() {
        let (mechanism, public, private) = pair_generation(spec, place)?;
        let (public, private) = session.generate_key_pair(&mechanism, &public, &private)?;
        return Ok((Some(public), private));
    }
    let (mechanism, template) = secret_generation(spec, spec.bytes(), place)?;
    Ok((None, session.generate_key(&mechanism, &template)?))
}

/// Whether the token makes keys of this kind.
///
/// # Errors
/// Those that say nothing of that.
pub(super) fn makes(token: &Token, spec: KeySpec, uses: Uses) -> Result<bool, Fault> {
    let made = token.run_here(Again::Once, |lease| {
        let (public, secret) = make(&lease.session, spec, uses)?;
        for object in public.into_iter().chain([secret]) {
            lease.session.destroy_object(object)?;
        }
        Ok(())
    });
    succeeded(token, spec, made.err())
}

/// Those of some algorithms that the token performs with an RSA key.
///
/// # Errors
/// As [`makes`].
pub(super) fn rsa(token: &Token, algorithms: &[Algorithm]) -> Result<Vec<Algorithm>, Fault> {
    let spec = KeySpec::Rsa2048;
    let tried = token.run_here(Again::Once, |lease| {
        let session = &lease.session;
        let (public, private) = make(session, spec, Uses::default())?;
        let mut works = Vec::new();
        if let Some(object) = public {
            let key = encoding::public_key(session, object, spec)?;
            session.destroy_object(object)?;
            for algorithm in algorithms {
                let tried = performs(session, private, &key, *algorithm);
                if succeeded(token, algorithm, tried.err())? {
                    works.push(*algorithm);
                }
            }
        }
        session.destroy_object(private)?;
        Ok(works)
    });
    tried.or_else(|fault| succeeded(token, spec, Some(fault)).map(|_| Vec::new()))
}

fn performs(
    session: &Session,
    private: ObjectHandle,
    public: &PublicKey,
    algorithm: Algorithm,
) -> Result<(), Fault> {
    match algorithm {
        Algorithm::Signature(scheme @ SignatureScheme::RsaPss { digest, .. }) => {
            let input = vec![0; digest.len()];
            let (mechanism, _) = mechanism::signature(scheme, public.spec(), &input)?;
            let signature = session.sign(&mechanism, private, &input)?;
            if !public.verify(scheme, &input, &signature)? {
                return Err(Error::new(Reason::Internal, "the signature is not valid").into());
            }
        }
        Algorithm::Encryption(scheme @ EncryptionScheme::RsaOaep { .. }) => {
            let ciphertext = public.encrypt(scheme, &[], b"x")?;
            mechanism::with_encryption(scheme, &[], &[], |mechanism| {
                session.decrypt(mechanism, private, &ciphertext)
            })?;
        }
        _ => return Err(Error::new(Reason::Internal, "there is no trial for it").into()),
    }
    Ok(())
}

/// Whether there was no fault. What was is told to whoever looks for it. One of the way to the token says
/// nothing of what the token does.
fn succeeded(
    token: &Token,
    tried: impl std::fmt::Display,
    fault: Option<Fault>,
) -> Result<bool, Fault> {
    let Some(fault) = fault else { return Ok(true) };
    if fault.is_lost() || fault.is_of_pin() {
        return Err(fault);
    }
    let custodian = token.custodian();
    let why = fault.explain(custodian);
    tracing::debug!(custodian, %tried, %why, "not offered");
    Ok(false)
}
