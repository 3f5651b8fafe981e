//! `[custodians.NAME]` with `type = "aws"`.

use std::num::NonZeroUsize;
use std::ops::RangeInclusive;
use std::path::PathBuf;
use std::time::Duration;

use http::Uri;
use serde::Deserialize;
use serde::de::IgnoredAny;

use super::{default_concurrency, default_timeout, is_loopback, timeout};
use crate::config::sections::optional_path;

/// Days that KMS may take to delete a key (API reference, `ScheduleKeyDeletion`).
const DELETION_WINDOWS: RangeInclusive<i32> = 7..=30;

/// The key service of AWS. Credentials come from where its SDK looks for them.
#[derive(Clone, Debug, Deserialize)]
#[serde(try_from = "Table")]
pub struct AwsSettings {
    /// The region, such as `eu-central-1`.
    pub region: String,
    /// The URL of the service when it is not the region's public one.
    pub endpoint: Option<String>,
    /// PEM: the authorities that vouch for the endpoint, when they are not those of the system.
    pub ca: Option<PathBuf>,
    /// A profile of the SDK's files.
    pub profile: Option<String>,
    /// A role to assume with those credentials.
    pub role_arn: Option<String>,
    /// Days for which a destroyed key can still be saved by an administrator of KMS.
    pub deletion_window: i32,
    /// Longest time for a call that uses a key.
    pub timeout: Duration,
    /// Most calls at once.
    pub concurrency: NonZeroUsize,
}

/// The keys as they are written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    #[serde(rename = "type")]
    _type: IgnoredAny,
    region: String,
    endpoint: Option<String>,
    #[serde(default, deserialize_with = "optional_path")]
    ca: Option<PathBuf>,
    profile: Option<String>,
    role_arn: Option<String>,
    #[serde(default = "default_deletion_window")]
    deletion_window: i32,
    #[serde(default = "default_timeout", deserialize_with = "timeout")]
    timeout: Duration,
    #[serde(default = "default_concurrency")]
    concurrency: NonZeroUsize,
}

impl TryFrom<Table> for AwsSettings {
    type Error = &'static str;

    fn try_from(table: Table) -> Result<Self, Self::Error> {
        let Table { region, endpoint, ca, profile, role_arn, .. } = table;
        let Table { deletion_window, timeout, concurrency, .. } = table;
        if endpoint.as_deref().is_some_and(|endpoint| !is_trustworthy(endpoint)) {
            return Err("endpoint: give a URL that begins with https://; http:// is for this \
                        machine's own addresses");
        }
        if !DELETION_WINDOWS.contains(&deletion_window) {
            return Err("deletion_window: KMS takes 7 to 30 days");
        }
        Ok(AwsSettings {
            region,
            endpoint,
            ca,
            profile,
            role_arn,
            deletion_window,
            timeout,
            concurrency,
        })
    }
}

/// Whether requests to a URL are protected, or stay on this machine.
fn is_trustworthy(url: &str) -> bool {
    let Ok(url) = url.parse::<Uri>() else { return false };
    match (url.scheme_str(), url.host()) {
        (Some("https"), Some(_)) => true,
        (Some("http"), Some(host)) => is_loopback(host),
        _ => false,
    }
}

fn default_deletion_window() -> i32 {
    *DELETION_WINDOWS.start()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_are_protected_or_stay_on_this_machine() {
        for good in ["https://kms.example.org", "http://127.0.0.1:5000", "http://[::1]:5000"] {
            assert!(is_trustworthy(good), "{good}");
        }
        for bad in ["http://kms.example.org", "kms.example.org", "ftp://localhost", "https://", ""]
        {
            assert!(!is_trustworthy(bad), "{bad}");
        }
    }
}
