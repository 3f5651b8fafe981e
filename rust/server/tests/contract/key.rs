//! A key of the custodian, and what is done with it.

use std::sync::Arc;

use supacrypt_core::{Error, KeySpec, KeyUsages};
use supacrypt_crypto::{Key, Material, PublicKey, generate, generate_secret};
use supacrypt_server::custody::{
    CryptoOutput, CryptoRequest, Custodian, KeyHandle, NewMaterial, Wanted,
};

/// How long secrets are whose kind leaves that open, bytes. Some want them as long as the digest.
const SECRET: usize = 64;

/// A key that was made or brought, and opened.
pub(super) struct Made<'a> {
    pub(super) custodian: &'a dyn Custodian,
    pub(super) spec: KeySpec,
    pub(super) context: String,
    pub(super) reference: Vec<u8>,
    pub(super) public: Option<PublicKey>,
    /// The same key in the engine, of one that was brought.
    pub(super) twin: Option<Key>,
    pub(super) handle: Arc<dyn KeyHandle>,
}

impl<'a> Made<'a> {
    pub(super) async fn generate(
        custodian: &'a dyn Custodian,
        spec: KeySpec,
        usages: KeyUsages,
    ) -> Made<'a> {
        let context = new_context();
        let made = custodian.generate(wanted(spec, usages), context.as_bytes()).await.unwrap();
        Made::open(custodian, spec, context, made, None).await
    }

    pub(super) async fn import(
        custodian: &'a dyn Custodian,
        spec: KeySpec,
        usages: KeyUsages,
        material: &Material,
    ) -> Made<'a> {
        let (context, wanted) = (new_context(), wanted(spec, usages));
        let brought = custodian.import(wanted, material.as_bytes(), context.as_bytes());
        let brought = brought.await.unwrap();
        let twin = Key::load(spec, material).unwrap();
        Made::open(custodian, spec, context, brought, Some(twin)).await
    }

    async fn open(
        custodian: &'a dyn Custodian,
        spec: KeySpec,
        context: String,
        made: NewMaterial,
        twin: Option<Key>,
    ) -> Made<'a> {
        let NewMaterial { reference, public_key } = made;
        let public = public_key.map(|der| PublicKey::from_spki_der(&der).unwrap());
        assert_eq!(public.as_ref().map(PublicKey::spec), spec.is_asymmetric().then_some(spec));
        let handle = custodian.open(spec, &reference, context.as_bytes()).await.unwrap();
        Made { custodian, spec, context, reference, public, twin, handle }
    }

    pub(super) fn public(&self) -> &PublicKey {
        self.public.as_ref().unwrap()
    }

    pub(super) async fn bytes(&self, request: CryptoRequest<'_>) -> Vec<u8> {
        bytes(&*self.handle, request).await
    }

    /// What is said of a signature or MAC.
    pub(super) async fn verdict(&self, request: CryptoRequest<'_>) -> bool {
        match self.handle.perform(request).await {
            Ok(CryptoOutput::Valid(valid)) => valid,
            Ok(CryptoOutput::Bytes(_)) => panic!("{}: no verdict", request.algorithm()),
            Err(error) => panic!("{}: {error}", request.algorithm()),
        }
    }

    pub(super) async fn refused(&self, request: CryptoRequest<'_>) -> Error {
        let refused = self.handle.perform(request).await.err();
        refused.unwrap_or_else(|| panic!("{} does {}", self.spec, request.algorithm()))
    }

    pub(super) async fn destroy(self) {
        self.custodian.destroy(&self.reference).await.unwrap();
    }
}

pub(super) async fn bytes(handle: &dyn KeyHandle, request: CryptoRequest<'_>) -> Vec<u8> {
    match handle.perform(request).await {
        Ok(CryptoOutput::Bytes(bytes)) => bytes.to_vec(),
        Ok(CryptoOutput::Valid(_)) => panic!("{}: a verdict", request.algorithm()),
        Err(error) => panic!("{}: {error}", request.algorithm()),
    }
}

pub(super) fn wanted(spec: KeySpec, usages: KeyUsages) -> Wanted {
    Wanted { spec, usages, secret_length: spec.has_free_length().then_some(SECRET as u32) }
}

/// Material for [`Made::import`].
pub(super) fn material(spec: KeySpec) -> Material {
    match spec.has_free_length() {
        true => generate_secret(spec, SECRET).unwrap(),
        false => generate(spec).unwrap(),
    }
}

/// What a key version is called: 26 letters and digits that no other has.
pub(super) fn new_context() -> String {
    let mut random = [0; 26];
    getrandom::fill(&mut random).unwrap();
    let letter = |byte: u8| b"abcdefghijklmnopqrstuvwxyz234567"[usize::from(byte % 32)];
    random.map(|byte| char::from(letter(byte))).iter().collect()
}
