//! What the parent and its workers say to each other, one JSON document a line.

use std::path::PathBuf;
use std::time::Duration;

use serde::{Deserialize, Serialize};

/// What a worker shall do.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) enum Request {
    /// Load a module and log in. The first request.
    Open { module: PathBuf, token: String, pin: String },
    /// Sign with `threads` threads at once.
    Sign { algorithm: Algorithm, threads: usize, span: Span },
    /// See to it that the token has `keys` secret keys, but give up after `at_most`.
    Populate { keys: usize, at_most: Duration },
    /// Find keys, one at a time.
    Find { by: By, span: Span },
    /// List all secret keys once.
    List,
    /// Tell how much the process has grown since the module was opened.
    Growth,
}

/// What keys are found by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum By {
    /// `CKA_LABEL`.
    Label,
    /// `CKA_ID`.
    Id,
}

/// What a worker answers.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) enum Answer {
    /// The module is open; `C_Initialize` took this long.
    Opened { initialize: Duration },
    /// The figures of this kind of request so far, earlier rounds included.
    Measured(Figures),
    /// The token has this many secret keys now.
    Populated { keys: usize },
    /// Resident memory that was added, in bytes.
    Grown { bytes: u64 },
    /// It did not work. The worker ends.
    Failed { message: String },
}

/// How long to run before measuring, and to measure.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(crate) struct Span {
    pub(crate) warm_up: Duration,
    pub(crate) measure: Duration,
}

/// What to sign with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Algorithm {
    /// ECDSA with P-256 over a digest of 32 bytes.
    P256,
    /// RSASSA-PKCS1-v1_5 with 2048 bits over the `DigestInfo` of a SHA-256 digest.
    Rsa2048,
}

/// How fast something was.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Figures {
    /// Operations measured.
    pub(crate) operations: u64,
    /// Operations a second, of all threads together.
    pub(crate) per_second: f64,
    /// Median time of one operation, in microseconds.
    pub(crate) p50_us: f64,
    /// Time that one operation in a hundred exceeds, in microseconds.
    pub(crate) p99_us: f64,
}

impl Figures {
    /// Of something that was done once.
    pub(crate) fn once(took: Duration) -> Figures {
        let us = took.as_secs_f64() * 1e6;
        Figures { operations: 1, per_second: 1e6 / us, p50_us: us, p99_us: us }
    }
}
