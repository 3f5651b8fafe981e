//! `C_DeriveKey`, `C_EncapsulateKey` and `C_DecapsulateKey`: a secret comes out of a key pair, and
//! becomes a secret key. Where it is one of the token it is brought there: it has been in this process.

use std::sync::Arc;

use cryptoki_sys::*;
use supacrypt_core::{
    Algorithm, DerivationInput, DerivationScheme, HkdfSteps, Kdf, KemScheme, KeyUsages, Operation,
};
use zeroize::Zeroizing;

use crate::{
    create::keep,
    error::{Result, Rv},
    ffi::Output,
    key::SessionKey,
    material,
    mechanism::Mechanism,
    module::Module,
    object::Class,
    operation::permitted,
    session::Session,
    session_object::SessionObject,
    template::Template,
};

const ML_KEM: Algorithm = Algorithm::Kem(KemScheme::MlKem);

/// Derives a secret key from a private or secret one, `base`, as the template describes it.
pub(crate) fn derive(
    module: &Module,
    session: &Session,
    mechanism: &Mechanism,
    base: CK_OBJECT_HANDLE,
    template: &Template,
) -> Result<CK_OBJECT_HANDLE> {
    mechanism.row.permits(CKF_DERIVE)?;
    let (scheme, input) = mechanism.derivation()?;
    let (class, key) = module.key(session, base, mechanism.row)?;
    if !mechanism.row.works_with(key.spec().class()) {
        return Err(Rv(CKR_KEY_TYPE_INCONSISTENT));
    }
    permitted(&key, class, Class::Private, KeyUsages::DERIVE, Algorithm::Derivation(scheme))?;
    let secret = Secret::of(template)?;
    let length = match (scheme, secret.length) {
        (DerivationScheme::Ecdh { kdf: Kdf::None }, _) => key.spec().bytes(),
        (DerivationScheme::Hkdf { digest, steps: HkdfSteps::Extract }, _) => digest.len(),
        (_, Some(length)) => length,
        (_, None) => return Err(Rv(CKR_TEMPLATE_INCOMPLETE)),
    };
    let peer = material::point(key.spec(), input.peer);
    let input = DerivationInput { length, peer, ..input };
    scheme.check(key.spec(), &input).map_err(|_| Rv(CKR_MECHANISM_PARAM_INVALID))?;
    let derived = key.derive(&module.client, scheme, &input).map_err(|error| match error {
        // The peer's point is not on the curve.
        Rv(CKR_ARGUMENTS_BAD) => Rv(CKR_MECHANISM_PARAM_INVALID),
        other => other,
    })?;
    secret.keep(module, session, derived, template)
}

/// Makes a secret for the holder of a private key: writes its ciphertext, and returns the handle of
/// the secret key. `None` when the caller only asks for the length.
pub(crate) fn encapsulate(
    module: &Module,
    session: &Session,
    mechanism: &Mechanism,
    public: CK_OBJECT_HANDLE,
    template: &Template,
    output: &mut Output,
) -> Result<Option<CK_OBJECT_HANDLE>> {
    mechanism.row.permits(CKF_ENCAPSULATE)?;
    let (class, key) = module.key(session, public, mechanism.row)?;
    if !mechanism.row.works_with(key.spec().class()) {
        return Err(Rv(CKR_KEY_TYPE_INCONSISTENT));
    }
    permitted(&key, class, Class::Public, KeyUsages::ENCAPSULATE, ML_KEM)?;
    key.check_use(Operation::Encrypt, ML_KEM)?;
    let secret = Secret::of(template)?;
    if !output.takes(KemScheme::MlKem.ciphertext_len(key.spec()))? {
        return Ok(None);
    }
    let public = key.public_key().ok_or(Rv(CKR_KEY_TYPE_INCONSISTENT))?;
    let (ciphertext, shared) = public.encapsulate()?;
    let made = secret.keep(module, session, shared, template)?;
    output.write(&ciphertext)?;
    Ok(Some(made))
}

/// Gets the secret that a ciphertext was made with; returns the handle of the secret key.
pub(crate) fn decapsulate(
    module: &Module,
    session: &Session,
    mechanism: &Mechanism,
    private: CK_OBJECT_HANDLE,
    ciphertext: &[u8],
    template: &Template,
) -> Result<CK_OBJECT_HANDLE> {
    mechanism.row.permits(CKF_DECAPSULATE)?;
    let (class, key) = module.key(session, private, mechanism.row)?;
    if !mechanism.row.works_with(key.spec().class()) {
        return Err(Rv(CKR_KEY_TYPE_INCONSISTENT));
    }
    permitted(&key, class, Class::Private, KeyUsages::DECAPSULATE, ML_KEM)?;
    let secret = Secret::of(template)?;
    if ciphertext.len() != KemScheme::MlKem.ciphertext_len(key.spec()) {
        return Err(Rv(CKR_WRAPPED_KEY_LEN_RANGE));
    }
    let shared = key.decapsulate(&module.client, ciphertext)?;
    secret.keep(module, session, shared, template)
}

/// What shall become of a secret.
struct Secret {
    key_type: CK_KEY_TYPE,
    /// Bytes; all that there are where the template does not say.
    length: Option<usize>,
}

impl Secret {
    fn of(template: &Template) -> Result<Secret> {
        if template.number(CKA_CLASS)?.is_some_and(|class| class != CKO_SECRET_KEY) {
            return Err(Rv(CKR_TEMPLATE_INCONSISTENT));
        }
        let length = template.number(CKA_VALUE_LEN)?;
        let length = length.map(usize::try_from).transpose();
        Ok(Secret {
            key_type: template.number(CKA_KEY_TYPE)?.unwrap_or(CKK_GENERIC_SECRET),
            length: length.map_err(|_| Rv(CKR_ATTRIBUTE_VALUE_INVALID))?,
        })
    }

    /// The key made of the secret. Where it is to be shorter, bytes are taken from the leading end
    /// (PKCS#11 v2.40 current mechanisms, section 2.3.8).
    fn keep(
        &self,
        module: &Module,
        session: &Session,
        secret: Zeroizing<Vec<u8>>,
        template: &Template,
    ) -> Result<CK_OBJECT_HANDLE> {
        let length = self.length.unwrap_or(secret.len());
        let cut = secret.len().checked_sub(length).ok_or(Rv(CKR_KEY_SIZE_RANGE))?;
        let value = &secret[cut..];
        let (spec, material) = material::secret_of_bytes(self.key_type, value)?;
        let key = SessionKey::secret(spec, material)?;
        let object = SessionObject::key(Class::Secret, Arc::new(key), template, None)?;
        keep(module, session, object)
    }
}
