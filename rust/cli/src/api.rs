//! The API's methods, one blocking function each.

use std::ops::ControlFlow;

use supacrypt_client::{Client, Retry};
use supacrypt_core::{KeyringName, ResourceId, Result};
use supacrypt_proto::v1::{
    self, audit_service_client::AuditServiceClient, crypto_service_client::CryptoServiceClient,
    custodian_service_client::CustodianServiceClient, key_service_client::KeyServiceClient,
    keyring_service_client::KeyringServiceClient, object_service_client::ObjectServiceClient,
    seal_service_client::SealServiceClient,
};

pub(crate) struct Api {
    client: Client,
}

/// `Safe` methods may be sent again when it is not known whether they were performed: they only
/// read, set what is already so, or carry a request id.
macro_rules! unary {
    ($($service:ident.$method:ident($request:ident) -> $answer:ident, $retry:ident;)+) => {
        $(pub(crate) fn $method(&self, request: v1::$request) -> Result<v1::$answer> {
            self.client.call(Retry::$retry, |transport| {
                let request = request.clone();
                async move { $service::new(transport).$method(request).await }
            })
        })+
    };
}

impl Api {
    pub(crate) fn new(client: Client) -> Self {
        Api { client }
    }

    /// The keyring that the configuration chooses.
    pub(crate) fn default_keyring(&self) -> Option<&ResourceId> {
        self.client.config().keyring.as_ref()
    }

    unary! {
        CustodianServiceClient.list_custodians(ListCustodiansRequest) -> ListCustodiansResponse, Safe;
        KeyringServiceClient.create_keyring(CreateKeyringRequest) -> Keyring, Safe;
        KeyringServiceClient.get_keyring(GetKeyringRequest) -> Keyring, Safe;
        KeyringServiceClient.list_keyrings(ListKeyringsRequest) -> ListKeyringsResponse, Safe;
        KeyringServiceClient.update_keyring(UpdateKeyringRequest) -> Keyring, Never;
        KeyringServiceClient.delete_keyring(DeleteKeyringRequest) -> DeleteKeyringResponse, Never;
        KeyringServiceClient.set_pin(SetPinRequest) -> Keyring, Never;
        KeyringServiceClient.verify_pin(VerifyPinRequest) -> VerifyPinResponse, Never;
        KeyServiceClient.create_key(CreateKeyRequest) -> Key, Safe;
        KeyServiceClient.import_key(ImportKeyRequest) -> Key, Safe;
        KeyServiceClient.adopt_key(AdoptKeyRequest) -> Key, Safe;
        KeyServiceClient.get_key(GetKeyRequest) -> Key, Safe;
        KeyServiceClient.list_keys(ListKeysRequest) -> ListKeysResponse, Safe;
        KeyServiceClient.update_key(UpdateKeyRequest) -> Key, Never;
        KeyServiceClient.delete_key(DeleteKeyRequest) -> Key, Never;
        KeyServiceClient.undelete_key(UndeleteKeyRequest) -> Key, Never;
        KeyServiceClient.create_key_version(CreateKeyVersionRequest) -> KeyVersion, Safe;
        KeyServiceClient.list_key_versions(ListKeyVersionsRequest) -> ListKeyVersionsResponse, Safe;
        KeyServiceClient.enable_key_version(EnableKeyVersionRequest) -> KeyVersion, Safe;
        KeyServiceClient.disable_key_version(DisableKeyVersionRequest) -> KeyVersion, Safe;
        KeyServiceClient.destroy_key_version(DestroyKeyVersionRequest) -> KeyVersion, Never;
        KeyServiceClient.wrap_key(WrapKeyRequest) -> WrapKeyResponse, Safe;
        KeyServiceClient.get_public_key(GetPublicKeyRequest) -> PublicKey, Safe;
        ObjectServiceClient.create_object(CreateObjectRequest) -> Object, Safe;
        ObjectServiceClient.get_object(GetObjectRequest) -> Object, Safe;
        ObjectServiceClient.list_objects(ListObjectsRequest) -> ListObjectsResponse, Safe;
        ObjectServiceClient.delete_object(DeleteObjectRequest) -> DeleteObjectResponse, Never;
        SealServiceClient.get_seal(GetSealRequest) -> Seal, Safe;
        SealServiceClient.rotate_data_key(RotateDataKeyRequest) -> Seal, Never;
        SealServiceClient.change_seal(ChangeSealRequest) -> Seal, Safe;
        CryptoServiceClient.sign(SignRequest) -> SignResponse, Safe;
        CryptoServiceClient.generate_random(GenerateRandomRequest) -> GenerateRandomResponse, Safe;
    }

    /// All objects of a keyring that match.
    pub(crate) fn all_objects(
        &self,
        keyring: &KeyringName,
        filter: v1::ObjectFilter,
    ) -> Result<Vec<v1::Object>> {
        let mut request = v1::ListObjectsRequest {
            parent: keyring.to_string(),
            filter: Some(filter),
            ..v1::ListObjectsRequest::default()
        };
        let mut objects = Vec::new();
        loop {
            let answer = self.list_objects(request.clone())?;
            objects.extend(answer.objects);
            if answer.next_page_token.is_empty() {
                return Ok(objects);
            }
            request.page_token = answer.next_page_token;
        }
    }

    /// Changes of a keyring's keys and objects, until `on_change` says stop.
    pub(crate) fn watch_keys(
        &self,
        request: v1::WatchKeysRequest,
        on_change: impl FnMut(v1::WatchKeysResponse) -> ControlFlow<()>,
    ) -> Result<()> {
        self.client.stream(
            |transport| {
                let request = request.clone();
                async move { KeyServiceClient::new(transport).watch_keys(request).await }
            },
            on_change,
        )
    }

    /// Differences between a custodian and the server, and at the end the summary.
    pub(crate) fn reconcile_custodian(
        &self,
        request: v1::ReconcileCustodianRequest,
        on_event: impl FnMut(v1::ReconcileCustodianResponse) -> ControlFlow<()>,
    ) -> Result<()> {
        self.client.stream(
            |transport| {
                let request = request.clone();
                let client = CustodianServiceClient::new(transport);
                async move { { client }.reconcile_custodian(request).await }
            },
            on_event,
        )
    }

    /// Entries of the audit log, until there are no more or `on_entries` says stop.
    pub(crate) fn read_audit_log(
        &self,
        request: v1::ReadAuditLogRequest,
        on_entries: impl FnMut(v1::ReadAuditLogResponse) -> ControlFlow<()>,
    ) -> Result<()> {
        self.client.stream(
            |transport| {
                let request = request.clone();
                async move { AuditServiceClient::new(transport).read_audit_log(request).await }
            },
            on_entries,
        )
    }
}

/// A new request id (a version 4 UUID, RFC 9562, section 5.4), which makes a retry safe.
pub(crate) fn request_id() -> Result<String> {
    let mut bytes = [0; 16];
    supacrypt_crypto::random(&mut bytes)?;
    bytes[6] = bytes[6] & 0x0f | 0x40;
    bytes[8] = bytes[8] & 0x3f | 0x80;
    let hex = hex::encode(bytes);
    let parts = [&hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..]];
    Ok(parts.join("-"))
}
