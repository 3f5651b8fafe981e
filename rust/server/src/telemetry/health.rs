//! Whether the server can serve: the checks behind `/readyz`.

use std::collections::BTreeMap;
use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

use futures_util::future::join_all;
use serde::Serialize;
use supacrypt_core::{Error, Reason, Result};

/// A check that takes longer has failed.
const TIMEOUT: Duration = Duration::from_secs(2);

type Run = dyn Fn() -> Pin<Box<dyn Future<Output = Result<()>> + Send>> + Send + Sync;

/// What has to work for the server to serve, and what some of its keys need beside that.
#[derive(Default)]
pub struct Readiness {
    checks: Vec<(String, Box<Run>)>,
    custodians: Vec<(String, Box<Run>)>,
}

impl Readiness {
    /// Nothing to check yet: ready.
    pub fn new() -> Self {
        Readiness::default()
    }

    /// Adds a check. `run` is called for each report.
    #[must_use]
    pub fn with<F, R>(mut self, name: &str, run: F) -> Self
    where
        F: Fn() -> R + Send + Sync + 'static,
        R: Future<Output = Result<()>> + Send + 'static,
    {
        self.checks.push((name.to_owned(), Box::new(move || Box::pin(run()))));
        self
    }

    /// Adds a check of a custodian. The server serves without it: keys elsewhere do not need it.
    #[must_use]
    pub fn with_custodian<F, R>(mut self, name: &str, run: F) -> Self
    where
        F: Fn() -> R + Send + Sync + 'static,
        R: Future<Output = Result<()>> + Send + 'static,
    {
        self.custodians.push((name.to_owned(), Box::new(move || Box::pin(run()))));
        self
    }

    /// Runs all checks at once.
    pub async fn report(&self) -> Report {
        let (checks, custodians) = tokio::join!(run(&self.checks), run(&self.custodians));
        Report { ready: checks.values().all(|verdict| verdict.ok), checks, custodians }
    }
}

async fn run(checks: &[(String, Box<Run>)]) -> BTreeMap<String, Verdict> {
    let verdicts = checks.iter().map(async |(name, run)| {
        let outcome = tokio::time::timeout(TIMEOUT, run()).await.unwrap_or_else(|_| {
            let message = format!("no answer within {TIMEOUT:?}");
            Err(Error::new(Reason::DeadlineExceeded, message))
        });
        (name.clone(), outcome.into())
    });
    join_all(verdicts).await.into_iter().collect()
}

impl std::fmt::Debug for Readiness {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries(self.checks.iter().map(|(name, _)| name)).finish()
    }
}

/// What the checks found.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub struct Report {
    /// Every check passed.
    pub ready: bool,
    checks: BTreeMap<String, Verdict>,
    /// What holds keys elsewhere, and whether it answers.
    custodians: BTreeMap<String, Verdict>,
}

#[derive(Debug, PartialEq, Eq, Serialize)]
struct Verdict {
    ok: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<String>,
}

impl From<Result<()>> for Verdict {
    fn from(outcome: Result<()>) -> Self {
        let error = outcome.err();
        Verdict {
            ok: error.is_none(),
            reason: error.as_ref().map(|error| error.reason().as_str()),
            message: error.map(|error| error.message().to_owned()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn one_failed_check_makes_the_server_unready_and_is_explained() {
        let readiness = Readiness::new()
            .with("seal", async || Ok(()))
            .with("store", async || Err(Error::new(Reason::StoreUnavailable, "the disk is gone")))
            .with_custodian("software", async || Ok(()));
        let report = serde_json::to_value(readiness.report().await).unwrap();
        assert_eq!(
            report,
            serde_json::json!({
                "ready": false,
                "checks": {
                    "seal": { "ok": true },
                    "store": {
                        "ok": false,
                        "reason": "STORE_UNAVAILABLE",
                        "message": "the disk is gone",
                    },
                },
                "custodians": { "software": { "ok": true } },
            })
        );
    }

    #[tokio::test]
    async fn the_server_is_ready_without_a_custodian() {
        let readiness =
            Readiness::new().with("store", async || Ok(())).with_custodian("hsm", async || {
                Err(Error::new(Reason::CustodianUnavailable, "the token is gone"))
            });
        let report = readiness.report().await;
        assert!(report.ready);
        assert_eq!(report.custodians["hsm"].reason, Some("CUSTODIAN_UNAVAILABLE"));
    }

    #[tokio::test(start_paused = true)]
    async fn a_check_that_hangs_has_failed() {
        let readiness = Readiness::new().with("store", std::future::pending);
        let report = readiness.report().await;
        assert_eq!(report.checks["store"].reason, Some("DEADLINE_EXCEEDED"));
    }
}
