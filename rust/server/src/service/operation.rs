//! One operation with a key.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::Duration;

use supacrypt_core::{
    Algorithm, KeyName, KeyVersionName, Operation, Permission, Reason, ResourceId, Result,
};
use supacrypt_proto::Validate;

use super::request::{internal, within};
use super::{Failure, Service, Subject};
use crate::custody::{CryptoOutput, CryptoRequest, Weight};
use crate::keys::UsableVersion;
use crate::transport::Peer;

/// A request for an operation, as it came from the wire.
pub trait KeyOperation: Validate + Send + Sync + 'static {
    /// What it is answered with.
    type Answer: Send + 'static;

    /// What is done.
    fn kind(&self) -> Operation;

    /// The key version, or key, it names.
    fn name(&self) -> &str;

    /// Fills in what the caller left to the server.
    ///
    /// # Errors
    /// [`Reason::Internal`](supacrypt_core::Reason::Internal) when there is no randomness.
    fn complete(&mut self) -> Result<()> {
        Ok(())
    }

    /// The operation itself.
    ///
    /// # Errors
    /// [`Reason::AlgorithmNotSupported`](supacrypt_core::Reason::AlgorithmNotSupported),
    /// [`Reason::InvalidArgument`](supacrypt_core::Reason::InvalidArgument).
    fn request(&self) -> Result<CryptoRequest<'_>>;

    /// What says that the user of the key has just given a PIN; empty when nothing does.
    fn pin_ticket(&self) -> &[u8] {
        &[]
    }

    /// The answer, from what came of the operation with this version.
    fn answer(self, version: &UsableVersion, output: CryptoOutput) -> Self::Answer;
}

/// An operation that was tried at once.
pub(super) enum Attempt<K: KeyOperation> {
    /// It is done.
    Done(Subject, Result<K::Answer, Failure>),
    /// It would take longer than the thread it arrived on should be held up.
    TakesLonger(K),
}

impl Subject {
    /// What an operation is about, as far as its caller says.
    pub fn of(operation: &impl KeyOperation) -> Self {
        Subject {
            action: action(operation.kind()),
            resource: operation.name().into(),
            algorithm: operation.request().ok().map(|request| request.algorithm()),
            wrapping_key: None,
        }
    }
}

impl Service {
    /// Performs an operation if its key is open and it is quick. Waits for nothing, and hops to no
    /// other thread: for most signatures that would cost more than the signature.
    pub(super) fn attempt<K: KeyOperation>(&self, peer: &Peer, mut operation: K) -> Attempt<K> {
        let Some(version) = self.keys.cached(operation.name()) else {
            return Attempt::TakesLonger(operation);
        };
        let kind = operation.kind();
        if version.handle.weight(kind) != Weight::Light {
            return Attempt::TakesLonger(operation);
        }
        self.metrics.key_cache.hits.inc();
        let mut algorithm = None;
        let output = self.compute_now(peer, &mut operation, &version, &mut algorithm);
        let result = output.map(|output| operation.answer(&version, output));
        let resource = Arc::clone(&version.name);
        let subject = Subject { action: action(kind), resource, algorithm, wrapping_key: None };
        Attempt::Done(subject, result)
    }

    fn compute_now(
        &self,
        peer: &Peer,
        operation: &mut impl KeyOperation,
        version: &UsableVersion,
        algorithm: &mut Option<Algorithm>,
    ) -> Result<CryptoOutput, Failure> {
        operation.validate()?;
        operation.complete()?;
        self.authorize_use(peer, version.keyring.keyring())?;
        let request = operation.request()?;
        let used = request.algorithm();
        *algorithm = Some(used);
        version.check_use(request.operation(), used)?;
        let request = version.offered(request)?;
        *algorithm = Some(request.algorithm());
        self.authenticate_use(peer, version, request.operation(), operation.pin_ticket())?;
        Ok(compute(version, &request)?)
    }

    /// Performs an operation, whatever it takes, within the deadline.
    ///
    /// # Errors
    /// Those of the API's `CryptoService`.
    pub async fn perform<K: KeyOperation>(
        &self,
        peer: &Peer,
        mut operation: K,
    ) -> Result<K::Answer, Failure> {
        operation.validate()?;
        operation.complete()?;
        // Before anything is looked up, so that nobody learns what exists in foreign keyrings.
        self.authorize_use(peer, &keyring_of(operation.name())?)?;
        let version = match self.keys.cached(operation.name()) {
            Some(version) => {
                self.metrics.key_cache.hits.inc();
                version
            }
            None => {
                self.metrics.key_cache.misses.inc();
                unhurried(self.keys.usable(operation.name()).await).await?
            }
        };
        let output = {
            let request = operation.request()?;
            let kind = request.operation();
            version.check_use(kind, request.algorithm())?;
            let request = version.offered(request)?;
            self.authenticate_use(peer, &version, kind, operation.pin_ticket())?;
            match version.handle.weight(kind) {
                Weight::Light | Weight::Heavy => compute(&version, &request)?,
                Weight::Remote => unhurried(version.handle.perform(request).await).await?,
            }
        };
        Ok(operation.answer(&version, output))
    }

    /// [`perform`](Self::perform) as a task among others: within the server's limits, and recorded
    /// by the caller.
    pub(super) async fn perform_aside<K: KeyOperation>(
        &self,
        peer: &Peer,
        operation: K,
    ) -> Result<K::Answer, Failure> {
        let _slot = self.slot()?;
        within(self.deadline, self.perform(peer, operation)).await
    }

    fn authorize_use(&self, peer: &Peer, keyring: &ResourceId) -> Result<(), Failure> {
        self.authorize(peer, Permission::Use, Some(keyring))
    }

    /// Checks that the user has just given a PIN, where the key wants that for each use of its private
    /// half.
    fn authenticate_use(
        &self,
        peer: &Peer,
        version: &UsableVersion,
        operation: Operation,
        ticket: &[u8],
    ) -> Result<()> {
        if !version.flags.ask_for_a_pin(version.spec)
            || matches!(operation, Operation::Verify | Operation::Encrypt)
        {
            return Ok(());
        }
        self.pins.redeem(peer.principal(), &version.keyring, ticket)
    }
}

/// How long an operation waits before it says that a custodian is away.
const UNHURRIED: Duration = Duration::from_millis(100);

/// Waits for a moment where a custodian is away. What is left alone is refused at once, and many programs ask
/// again at once: the server would do nothing but refuse, and that costs everybody else.
async fn unhurried<T>(outcome: Result<T>) -> Result<T> {
    if matches!(&outcome, Err(error) if error.reason() == Reason::CustodianUnavailable) {
        tokio::time::sleep(UNHURRIED).await;
    }
    outcome
}

/// The name of the method that asks for an operation.
fn action(kind: Operation) -> &'static str {
    match kind {
        Operation::Sign => "Sign",
        Operation::Verify => "Verify",
        Operation::Encrypt => "Encrypt",
        Operation::Decrypt => "Decrypt",
        Operation::MacSign => "MacSign",
        Operation::MacVerify => "MacVerify",
        Operation::Decapsulate => "Decapsulate",
        Operation::Derive => "Derive",
    }
}

/// Computes here and now; a panic is an error of this operation alone.
fn compute(version: &UsableVersion, request: &CryptoRequest<'_>) -> Result<CryptoOutput> {
    catch_unwind(AssertUnwindSafe(|| version.handle.compute(request)))
        .unwrap_or_else(|_panic| Err(internal()))
}

/// The keyring that a name of a key version or key lies in.
///
/// # Errors
/// [`Reason::InvalidResourceName`](supacrypt_core::Reason::InvalidResourceName).
pub(crate) fn keyring_of(name: &str) -> Result<ResourceId> {
    let key = match name.parse::<KeyVersionName>() {
        Ok(version) => version.key().clone(),
        Err(_) => name.parse::<KeyName>().map_err(|error| error.in_field("name"))?,
    };
    Ok(key.keyring().keyring().clone())
}

#[cfg(test)]
mod tests {
    use supacrypt_core::Error;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn what_is_away_is_not_said_to_be_at_once() {
        for (reason, wait) in [
            (Reason::CustodianUnavailable, UNHURRIED),
            (Reason::KeyVersionDisabled, Duration::ZERO),
        ] {
            let begun = tokio::time::Instant::now();
            let outcome = unhurried(Err::<(), _>(Error::new(reason, "as the test wants it"))).await;
            assert_eq!(outcome.unwrap_err().reason(), reason);
            assert_eq!(begun.elapsed(), wait, "{reason:?}");
        }
    }
}
