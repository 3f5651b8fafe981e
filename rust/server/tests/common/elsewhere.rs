//! A keyring of a whole backend, whose keys are elsewhere.

use supacrypt_core::{Digest, Reason, SignatureScheme};
use supacrypt_crypto::PublicKey;
use supacrypt_proto::v1::reconcile_custodian_response::Event;
use supacrypt_proto::v1::{
    self, DifferenceKind, KeySpec, KeyUsage, custodian_service_client::CustodianServiceClient,
    key_service_client::KeyServiceClient, keyring_service_client::KeyringServiceClient,
};
use tonic::Status;
use tonic::transport::Channel;

use crate::common::{ADMIN, APP, Backend, reason, sign, sign_rsa};

/// A keyring by its id.
#[derive(Clone, Copy)]
pub(crate) struct Keyring(pub(crate) &'static str);

impl Keyring {
    pub(crate) fn key(self, id: &str) -> String {
        format!("keyrings/{}/keys/{id}", self.0)
    }

    /// Makes it, with [`APP`] as its user.
    pub(crate) async fn make(
        self,
        backend: &Backend,
        custodian: &str,
    ) -> Result<v1::Keyring, Status> {
        let request = v1::CreateKeyringRequest {
            keyring_id: self.0.into(),
            keyring: Some(v1::Keyring {
                grants: vec![v1::Grant { principal: APP.into(), role: v1::Role::User.into() }],
                custodian: custodian.into(),
                ..Default::default()
            }),
            ..Default::default()
        };
        let mut keyrings = KeyringServiceClient::new(backend.channel(ADMIN).await);
        Ok(keyrings.create_keyring(request).await?.into_inner())
    }

    /// Makes a key for `usages`, or for what is usual.
    pub(crate) async fn create(
        self,
        backend: &Backend,
        id: &str,
        spec: KeySpec,
        usages: &[KeyUsage],
    ) -> Result<v1::Key, Status> {
        let usages = usages.iter().map(|usage| (*usage).into()).collect();
        let request = v1::CreateKeyRequest {
            parent: format!("keyrings/{}", self.0),
            key_id: id.into(),
            key: Some(v1::Key { spec: spec.into(), usages, ..Default::default() }),
            ..Default::default()
        };
        Ok(backend.keys(ADMIN).await.create_key(request).await?.into_inner())
    }

    pub(crate) async fn import(
        self,
        backend: &Backend,
        id: &str,
        key: v1::Key,
        material: &[u8],
    ) -> v1::Key {
        let request = v1::ImportKeyRequest {
            parent: format!("keyrings/{}", self.0),
            key_id: id.into(),
            key: Some(key),
            material: material.to_vec(),
            ..Default::default()
        };
        backend.keys(ADMIN).await.import_key(request).await.unwrap().into_inner()
    }

    /// Makes a key of one that others made.
    pub(crate) async fn adopt(
        self,
        keys: &mut KeyServiceClient<Channel>,
        id: &str,
        source: &str,
    ) -> Result<v1::Key, Status> {
        let request = v1::AdoptKeyRequest {
            parent: format!("keyrings/{}", self.0),
            key_id: id.into(),
            key: Some(v1::Key { label: id.into(), ..Default::default() }),
            source: source.into(),
            ..Default::default()
        };
        Ok(keys.adopt_key(request).await?.into_inner())
    }

    /// Makes a key, rotates it, and destroys its first version, by which `held` becomes less by `each`.
    pub(crate) async fn rotates(
        self,
        backend: &Backend,
        id: &str,
        spec: KeySpec,
        held: impl AsyncFn() -> usize,
        each: usize,
    ) -> v1::Key {
        let key = self.create(backend, id, spec, &[]).await.unwrap();
        let first = key.primary.clone().unwrap().name;
        signed(backend, &key.name, &first, spec).await;
        let mut keys = backend.keys(ADMIN).await;
        let request =
            v1::CreateKeyVersionRequest { parent: key.name.clone(), ..Default::default() };
        let second = keys.create_key_version(request).await.unwrap().into_inner().name;
        signed(backend, &key.name, &second, spec).await;
        signed(backend, &first, &first, spec).await;
        let before = held().await;
        let request = v1::DestroyKeyVersionRequest { name: first.clone() };
        keys.destroy_key_version(request).await.unwrap();
        assert_eq!(held().await, before - each);
        let status = backend.crypto(APP).await.sign(sign(&first)).await.unwrap_err();
        assert_eq!(reason(&status), Reason::KeyVersionDestroyed);
        signed(backend, &key.name, &second, spec).await;
        key
    }
}

/// Ends the server and starts another, where the second version of the key still signs.
pub(crate) async fn restarted(backend: &mut Backend, key: &str, spec: KeySpec) {
    backend.begin_shutdown();
    backend.ended().await;
    backend.restart().await;
    signed(backend, key, &format!("{key}/versions/2"), spec).await;
}

/// Deletes a key for good.
pub(crate) async fn delete(backend: &Backend, name: &str) {
    let request = v1::DeleteKeyRequest {
        name: name.into(),
        recovery_window: Some(prost_types::Duration::default()),
        ..Default::default()
    };
    backend.keys(ADMIN).await.delete_key(request).await.unwrap();
}

/// A difference: its kind, what differs, and whether it was repaired.
pub(crate) type Told = (DifferenceKind, String, bool);

/// Reconciles: the differences, and how much the server knows and the custodian holds.
pub(crate) async fn differences(
    backend: &Backend,
    custodian: &str,
    repair: bool,
) -> (Vec<Told>, (u64, u64)) {
    let mut custodians = CustodianServiceClient::new(backend.channel(ADMIN).await);
    let (custodian, kinds) = (custodian.to_owned(), Vec::new());
    let request = v1::ReconcileCustodianRequest { custodian, repair, kinds };
    let mut stream = custodians.reconcile_custodian(request).await.unwrap().into_inner();
    let mut found = Vec::new();
    let mut summary = None;
    while let Some(message) = stream.message().await.unwrap() {
        match message.event.unwrap() {
            Event::Difference(difference) => {
                let id = difference.key_version.clone() + &difference.custodian_id;
                found.push((difference.kind(), id, difference.repaired));
            }
            Event::Summary(sum) => summary = Some((sum.known, sum.held)),
        }
    }
    (found, summary.unwrap())
}

pub(crate) async fn public_key(backend: &Backend, name: &str) -> PublicKey {
    let request = v1::GetPublicKeyRequest { name: name.into() };
    let key = backend.keys(APP).await.get_public_key(request).await.unwrap().into_inner();
    PublicKey::from_spki_der(&key.der).unwrap()
}

/// Signs with a key or a version of it, and verifies here.
pub(crate) async fn signed(backend: &Backend, name: &str, version: &str, spec: KeySpec) {
    let (scheme, request) = match spec {
        KeySpec::Rsa2048 => (SignatureScheme::RsaPkcs1 { digest: Digest::Sha256 }, sign_rsa(name)),
        _ => (SignatureScheme::Ecdsa, sign(name)),
    };
    let answer = backend.crypto(APP).await.sign(request).await.unwrap().into_inner();
    assert_eq!(answer.name, version);
    let public = public_key(backend, version).await;
    assert!(public.verify(scheme, &[7; 32], &answer.signature).unwrap(), "{name}");
}
