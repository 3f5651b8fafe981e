//! One vault: the requests that are sent to it, each through its gate.

use std::future::Future;
use std::sync::Arc;

use azure_core::Bytes;
use azure_core::credentials::TokenCredential;
use azure_core::http::pager::{PagerContinuation, PagerOptions};
use azure_core::http::{ClientOptions, Format, RequestContent, Response, Url};
use azure_security_keyvault_keys::models::{
    CreateKeyParameters, DeletedKey, EncryptionAlgorithm, JsonWebKey, Key, KeyAttributes,
    KeyClientEncryptOptions, KeyClientGetKeyOptions, KeyClientListKeyPropertiesOptions,
    KeyClientListKeyPropertiesVersionsOptions, KeyClientSignOptions,
    KeyClientUpdateKeyPropertiesOptions, KeyOperationParameters, KeyOperationResult, KeyProperties,
    ListKeyPropertiesResult, SignParameters, SignatureAlgorithm, UpdateKeyPropertiesParameters,
};
use azure_security_keyvault_keys::{KeyClient, KeyClientOptions};
use futures_util::StreamExt;
use supacrypt_core::{Error, Reason, Result};
use zeroize::Zeroizing;

use super::fault::{Purpose, disabled, incomplete, refusal};
use super::reference::KeyId;
use crate::config::{is_loopback, is_managed_hsm};
use crate::custody::gate::{Effect, Gate, Refusal};

/// Most keys in one answer (REST API, `maxresults`).
const PAGE: i32 = 25;

/// A vault or Managed HSM.
pub(super) struct Vault {
    url: String,
    /// Whether its keys are made in and brought to its HSM.
    hsm: bool,
    client: KeyClient,
    gate: Arc<Gate>,
}

impl Vault {
    /// The vault at `url`, which is an origin.
    ///
    /// # Errors
    /// [`Reason::Configuration`].
    pub(super) fn new(
        url: &str,
        hsm: bool,
        credential: Arc<dyn TokenCredential>,
        client_options: ClientOptions,
        gate: Arc<Gate>,
    ) -> Result<Vault> {
        let options = KeyClientOptions {
            client_options,
            // A stand-in on this machine has no domain that the token's audience could be compared to.
            verify_challenge_resource: Some(!is_here(url)),
            ..KeyClientOptions::default()
        };
        let client = KeyClient::new(url, credential, Some(options)).map_err(|cause| {
            Error::new(Reason::Configuration, format!("{url} cannot be used: {cause}"))
        })?;
        // A Managed HSM has no keys that are not in its HSM.
        let hsm = hsm || is_managed_hsm(url);
        Ok(Vault { url: url.to_owned(), hsm, client, gate })
    }

    pub(super) fn url(&self) -> &str {
        &self.url
    }

    pub(super) fn hsm(&self) -> bool {
        self.hsm
    }

    pub(super) fn gate(&self) -> &Arc<Gate> {
        &self.gate
    }

    /// Makes a key.
    pub(super) async fn create(&self, name: &str, key: CreateKeyParameters) -> Result<Key> {
        let body: RequestContent<_> = key.try_into().map_err(unwritten)?;
        let send = || self.client.create_key(name, body.clone(), None);
        self.ask(Effect::Lasting, Purpose::Other, send).await
    }

    /// Takes in a key; `body` is of `ImportKeyParameters`.
    pub(super) async fn import(&self, name: &str, body: Zeroizing<Vec<u8>>) -> Result<Key> {
        let body = Bytes::from_owner(Wiped(body));
        let send = || self.client.import_key(name, body.clone().into(), None);
        self.ask(Effect::Lasting, Purpose::Other, send).await
    }

    /// The public half of a version of a key that is enabled.
    ///
    /// # Errors
    /// [`Reason::KeyVersionDisabled`], and others of the vault.
    pub(super) async fn get_enabled(&self, key: &KeyId) -> Result<JsonWebKey> {
        let send = || {
            let key_version = key.version.clone();
            let options = KeyClientGetKeyOptions { key_version, ..Default::default() };
            self.client.get_key(&key.name, Some(options))
        };
        let answer = self.ask(Effect::Repeatable, Purpose::Other, send).await?;
        if answer.attributes.is_some_and(|attributes| attributes.enabled == Some(false)) {
            return Err(disabled(&self.gate.name()));
        }
        let found = answer.key.filter(|found| is_of(found.kid.as_deref(), key));
        found.ok_or_else(|| incomplete(&self.gate.name(), "it is another key"))
    }

    /// Signs a digest.
    pub(super) async fn sign(
        &self,
        key: &KeyId,
        algorithm: SignatureAlgorithm,
        digest: Vec<u8>,
    ) -> Result<Vec<u8>> {
        let body = SignParameters { algorithm: Some(algorithm), value: Some(digest) };
        let body: RequestContent<_> = body.try_into().map_err(unwritten)?;
        let send = || {
            let key_version = key.version.clone();
            let options = KeyClientSignOptions { key_version, ..Default::default() };
            self.client.sign(&key.name, body.clone(), Some(options))
        };
        let answer = self.ask(Effect::Repeatable, Purpose::Other, send).await?;
        self.result(key, answer)
    }

    /// Encrypts with a secret key.
    pub(super) async fn encrypt(
        &self,
        key: &KeyId,
        algorithm: EncryptionAlgorithm,
        iv: &[u8],
        plaintext: &[u8],
    ) -> Result<Vec<u8>> {
        let body = parameters(algorithm, iv, plaintext)?;
        let send = || {
            let key_version = key.version.clone();
            let options = KeyClientEncryptOptions { key_version, ..Default::default() };
            self.client.encrypt(&key.name, body.clone(), Some(options))
        };
        let answer = self.ask(Effect::Repeatable, Purpose::Other, send).await?;
        self.result(key, answer)
    }

    /// Undoes an encryption. `iv` is empty for RSA.
    pub(super) async fn decrypt(
        &self,
        key: &KeyId,
        algorithm: EncryptionAlgorithm,
        iv: &[u8],
        ciphertext: &[u8],
    ) -> Result<Zeroizing<Vec<u8>>> {
        let body = parameters(algorithm, iv, ciphertext)?;
        let version = self.version(key)?;
        let send = || self.client.decrypt(&key.name, version, body.clone(), None);
        let answer = self.ask(Effect::Repeatable, Purpose::Decrypt, send).await?;
        self.result(key, answer).map(Zeroizing::new)
    }

    /// The same for what is a key. Vaults have an operation of its own for that, and a right to it.
    pub(super) async fn unwrap(
        &self,
        key: &KeyId,
        algorithm: EncryptionAlgorithm,
        wrapped: &[u8],
    ) -> Result<Zeroizing<Vec<u8>>> {
        let body = parameters(algorithm, &[], wrapped)?;
        let version = self.version(key)?;
        let send = || self.client.unwrap_key(&key.name, version, body.clone(), None);
        let answer = self.ask(Effect::Repeatable, Purpose::Decrypt, send).await?;
        self.result(key, answer).map(Zeroizing::new)
    }

    /// Has the vault use a version of a key, or no longer.
    pub(super) async fn set_enabled(&self, key: &KeyId, enabled: bool) -> Result<()> {
        let attributes = KeyAttributes { enabled: Some(enabled), ..Default::default() };
        let body = UpdateKeyPropertiesParameters {
            key_attributes: Some(attributes),
            ..Default::default()
        };
        let body: RequestContent<_> = body.try_into().map_err(unwritten)?;
        let send = || {
            let key_version = key.version.clone();
            let options = KeyClientUpdateKeyPropertiesOptions { key_version, ..Default::default() };
            self.client.update_key_properties(&key.name, body.clone(), Some(options))
        };
        self.ask(Effect::Repeatable, Purpose::Other, send).await.map(|_: Key| ())
    }

    /// Deletes a key with all its versions. It can be recovered for as long as the vault keeps it.
    pub(super) async fn delete(&self, name: &str) -> Result<DeletedKey> {
        let send = || self.client.delete_key(name, None);
        self.ask(Effect::Repeatable, Purpose::Other, send).await
    }

    /// Whether a key is deleted, and can be recovered.
    pub(super) async fn is_deleted(&self, name: &str) -> Result<bool> {
        let send = || self.client.get_deleted_key(name, None);
        let found = self.ask(Effect::Repeatable, Purpose::Other, send).await;
        match found {
            Ok(_) => Ok(true),
            Err(error) if error.reason() == Reason::KeyVersionDestroyed => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// Takes a deletion back. The vault needs a while for that.
    pub(super) async fn recover(&self, name: &str) -> Result<()> {
        let send = || self.client.recover_deleted_key(name, None);
        self.ask(Effect::Repeatable, Purpose::Other, send).await.map(|_: Key| ())
    }

    /// Erases a deleted key.
    pub(super) async fn purge(&self, name: &str) -> Result<()> {
        let send = || async {
            let purged = self.client.purge_deleted_key(name, None).await;
            purged.map(|_| ()).map_err(|error| self.refusal(Purpose::Other, &error))
        };
        self.gate.pass(Effect::Repeatable, send).await
    }

    /// All keys, each as a whole.
    pub(super) async fn keys(&self) -> Result<Vec<KeyProperties>> {
        self.pages(|method_options| {
            let options =
                KeyClientListKeyPropertiesOptions { maxresults: Some(PAGE), method_options };
            self.client.list_key_properties(Some(options))
        })
        .await
    }

    /// All versions of a key.
    pub(super) async fn versions(&self, name: &str) -> Result<Vec<KeyProperties>> {
        self.pages(|method_options| {
            let options = KeyClientListKeyPropertiesVersionsOptions {
                maxresults: Some(PAGE),
                method_options,
            };
            self.client.list_key_properties_versions(name, Some(options))
        })
        .await
    }

    /// Asks for as little as there is to ask for.
    pub(super) async fn check(&self) -> Result<()> {
        let first = |method_options| {
            let options = KeyClientListKeyPropertiesOptions { maxresults: Some(1), method_options };
            self.client.list_key_properties(Some(options))
        };
        self.page(&first, None).await.map(|_| ())
    }

    async fn pages(
        &self,
        list: impl Fn(PagerOptions<'static>) -> Listing,
    ) -> Result<Vec<KeyProperties>> {
        let (mut found, mut next) = (Vec::new(), None);
        loop {
            let page = self.page(&list, next).await?;
            found.extend(page.value);
            match page.next_link.filter(|link| !link.is_empty()) {
                Some(link) => next = Some(self.link(&link)?),
                None => return Ok(found),
            }
        }
    }

    async fn page(
        &self,
        list: &impl Fn(PagerOptions<'static>) -> Listing,
        next: Option<Url>,
    ) -> Result<ListKeyPropertiesResult> {
        let send = || async {
            let continuation = next.clone().map(PagerContinuation::Link);
            let options = PagerOptions { continuation, ..PagerOptions::default() };
            let page = match list(options)?.into_pages().next().await {
                Some(page) => page?.into_model()?,
                None => ListKeyPropertiesResult::default(),
            };
            Ok(page)
        };
        let send = || async { send().await.map_err(|error| self.refusal(Purpose::Other, &error)) };
        self.gate.pass(Effect::Repeatable, send).await
    }

    /// Where the next page is. The token goes to this vault and nowhere else.
    fn link(&self, link: &str) -> Result<Url> {
        let url = Url::parse(link).ok();
        let url = url.filter(|url| url.origin().ascii_serialization() == self.url);
        url.ok_or_else(|| incomplete(&self.gate.name(), "its next page is not its own"))
    }

    async fn ask<T, M, F>(
        &self,
        effect: Effect,
        purpose: Purpose,
        send: impl Fn() -> F,
    ) -> Result<T>
    where
        F: Future<Output = azure_core::Result<Response<T, M>>>,
        M: Format,
        T: azure_core::http::DeserializeWith<M>,
    {
        let call = || async {
            let answered = send().await.and_then(Response::into_model);
            answered.map_err(|error| self.refusal(purpose, &error))
        };
        self.gate.pass(effect, call).await
    }

    fn refusal(&self, purpose: Purpose, error: &azure_core::Error) -> Refusal {
        refusal(&self.gate.name(), purpose, error)
    }

    /// What an operation gave, where it was done with the key that it was asked for.
    fn result(&self, key: &KeyId, answer: KeyOperationResult) -> Result<Vec<u8>> {
        let result = answer.result.filter(|_| is_of(answer.kid.as_deref(), key));
        result.ok_or_else(|| incomplete(&self.gate.name(), "the result is not of the key"))
    }

    fn version<'a>(&self, key: &'a KeyId) -> Result<&'a str> {
        let missing = || Error::new(Reason::Internal, "a key is used without its version");
        key.version.as_deref().ok_or_else(missing)
    }
}

type Listing = azure_core::Result<azure_core::http::Pager<ListKeyPropertiesResult>>;

/// A body that is wiped when the last request with it is done.
struct Wiped(Zeroizing<Vec<u8>>);

impl AsRef<[u8]> for Wiped {
    fn as_ref(&self) -> &[u8] {
        &self.0
    }
}

fn parameters(
    algorithm: EncryptionAlgorithm,
    iv: &[u8],
    value: &[u8],
) -> Result<RequestContent<KeyOperationParameters>> {
    let body = KeyOperationParameters {
        algorithm: Some(algorithm),
        iv: (!iv.is_empty()).then(|| iv.to_vec()),
        value: Some(value.to_vec()),
        ..KeyOperationParameters::default()
    };
    body.try_into().map_err(unwritten)
}

fn unwritten(cause: azure_core::Error) -> Error {
    Error::new(Reason::Internal, format!("a request to a vault could not be written: {cause}"))
}

/// Whether an answer is about a key. A vault may have more than one name, and tells one of them.
fn is_of(answered: Option<&str>, key: &KeyId) -> bool {
    let answered = answered.and_then(KeyId::parse);
    answered
        .is_some_and(|answered| answered.is_called(&key.name) && answered.version == key.version)
}

/// Whether a vault is on this machine.
fn is_here(url: &str) -> bool {
    Url::parse(url).is_ok_and(|url| url.host_str().is_some_and(is_loopback))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_audience_of_tokens_goes_unchecked_on_this_machine_alone() {
        for url in ["https://localhost:8443", "https://127.0.0.1", "https://[::1]:1"] {
            assert!(is_here(url), "{url}");
        }
        for url in ["https://a.vault.azure.net", "https://localhost.example", "https://10.0.0.1"] {
            assert!(!is_here(url), "{url}");
        }
    }
}
