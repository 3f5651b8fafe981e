//! Whom a certificate is for, and when it holds.

use std::time::{Duration, SystemTime};

/// Whom a client certificate names. The server takes the first of these it finds, in this order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Identity {
    /// A SPIFFE ID such as `spiffe://example.org/builder`, as a URI name.
    Spiffe(String),
    /// A DNS name.
    Dns(String),
    /// A plain name in the subject's common name, with no alternative name at all.
    CommonName(String),
}

impl Identity {
    /// The name itself.
    pub fn name(&self) -> &str {
        match self {
            Identity::Spiffe(name) | Identity::Dns(name) | Identity::CommonName(name) => name,
        }
    }
}

/// When a certificate holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Validity {
    /// From this moment on.
    pub not_before: SystemTime,
    /// Up to this moment.
    pub not_after: SystemTime,
}

/// Tolerates clocks that are behind by this much.
const CLOCK_SKEW: Duration = Duration::from_secs(5 * 60);
const DAY: Duration = Duration::from_secs(24 * 60 * 60);

impl Validity {
    /// From now on, for so many days.
    pub fn days(days: u32) -> Self {
        let now = SystemTime::now();
        Validity { not_before: now - CLOCK_SKEW, not_after: now + DAY * days }
    }

    /// Over since yesterday.
    pub fn expired() -> Self {
        let now = SystemTime::now();
        Validity { not_before: now - DAY * 2, not_after: now - DAY }
    }

    /// Begins tomorrow.
    pub fn not_yet() -> Self {
        let now = SystemTime::now();
        Validity { not_before: now + DAY, not_after: now + DAY * 2 }
    }

    /// From a moment ago, for so long: for tests that wait for the end.
    pub fn lasting(duration: Duration) -> Self {
        let now = SystemTime::now();
        Validity { not_before: now - CLOCK_SKEW, not_after: now + duration }
    }
}
