//! The way to KMS: its client, and the gate that every request goes through.

use std::error::Error as StdError;
use std::future::Future;
use std::sync::Arc;

use aws_sdk_kms::Client;
use aws_sdk_kms::error::{ProvideErrorMetadata, SdkError};
use supacrypt_core::{Error, Reason, Result};

use super::{connect, fault};
use crate::config::AwsSettings;
use crate::custody::Opening;
use crate::custody::gate::{Effect, Gate};

/// KMS of one region, with the credentials of one account.
pub(super) struct Kms {
    custodian: String,
    store: String,
    /// Days for which KMS keeps what is destroyed.
    pub(super) deletion_window: i32,
    pub(super) client: Client,
    gates: [Arc<Gate>; 1],
}

impl Kms {
    /// Nothing is asked of KMS yet.
    ///
    /// # Errors
    /// [`Reason::Configuration`].
    pub(super) async fn open(opening: Opening<'_>, settings: &AwsSettings) -> Result<Kms> {
        let name = opening.name;
        let endpoint =
            settings.endpoint.clone().unwrap_or_else(|| format!("kms.{}", settings.region));
        let metrics = opening.metrics.endpoint(name, &endpoint);
        let gate = Gate::new(name, &endpoint, settings.timeout, settings.concurrency, metrics);
        Ok(Kms {
            custodian: name.to_owned(),
            store: opening.store.to_owned(),
            deletion_window: settings.deletion_window,
            client: connect::client(name, settings).await?,
            gates: [Arc::new(gate)],
        })
    }

    /// The name of the custodian, for messages.
    pub(super) fn custodian(&self) -> &str {
        &self.custodian
    }

    /// What tells the keys of this store.
    pub(super) fn store(&self) -> &str {
        &self.store
    }

    /// The one way to it.
    pub(super) fn gates(&self) -> &[Arc<Gate>] {
        &self.gates
    }

    /// Sends a request; more than once where that may help.
    ///
    /// # Errors
    /// What the answer means.
    pub(super) async fn ask<T, E, F>(&self, request: impl Fn() -> F) -> Result<T>
    where
        E: ProvideErrorMetadata + StdError + Send + Sync + 'static,
        F: Future<Output = Result<T, SdkError<E>>>,
    {
        self.pass(Effect::Repeatable, request, |error| error).await
    }

    /// Sends a request that leaves something behind: once.
    ///
    /// # Errors
    /// As [`ask`](Self::ask).
    pub(super) async fn ask_once<T, E, F>(&self, request: impl Fn() -> F) -> Result<T>
    where
        E: ProvideErrorMetadata + StdError + Send + Sync + 'static,
        F: Future<Output = Result<T, SdkError<E>>>,
    {
        self.pass(Effect::Lasting, request, |error| error).await
    }

    /// Asks about a key that was made just now. Not all of KMS may have heard of it yet, or of its
    /// material (Developer Guide, "Eventual consistency"): it is not gone when it is not found.
    ///
    /// # Errors
    /// As [`ask`](Self::ask).
    pub(super) async fn ask_of_new<T, E, F>(&self, request: impl Fn() -> F) -> Result<T>
    where
        E: ProvideErrorMetadata + StdError + Send + Sync + 'static,
        F: Future<Output = Result<T, SdkError<E>>>,
    {
        let not_yet = |error: Error| match error.reason() {
            Reason::KeyVersionDestroyed | Reason::KeyVersionDisabled => {
                let message = format!(
                    "the custodian {} does not know the key yet that it just made; try again",
                    self.custodian
                );
                Error::new(Reason::CustodianUnavailable, message)
            }
            _ => error,
        };
        self.pass(Effect::Repeatable, request, not_yet).await
    }

    async fn pass<T, E, F>(
        &self,
        effect: Effect,
        request: impl Fn() -> F,
        meaning: impl Fn(Error) -> Error,
    ) -> Result<T>
    where
        E: ProvideErrorMetadata + StdError + Send + Sync + 'static,
        F: Future<Output = Result<T, SdkError<E>>>,
    {
        let call = async || {
            let refused = |error| fault::refusal(&self.custodian, &error, &meaning);
            request().await.map_err(refused)
        };
        self.gates[0].pass(effect, call).await
    }

    /// What is told of an answer that lacks what was asked for.
    pub(super) fn half_answer(&self) -> Error {
        let message = format!(
            "the custodian {} gave half an answer; look whether something between it and the server \
             alters answers",
            self.custodian
        );
        Error::new(Reason::CustodianUnavailable, message)
    }
}
