//! What this build of the command is.

use std::sync::LazyLock;

use supacrypt_core::Build;

/// This build.
pub(crate) fn build() -> Build {
    let key_exchanges = supacrypt_client::key_exchanges().join(" ");
    Build {
        version: env!("CARGO_PKG_VERSION"),
        commit: option_env!("SUPACRYPT_COMMIT"),
        features: vec!["API supacrypt.v1".into(), format!("TLS 1.3 with {key_exchanges}")],
    }
}

/// The text of `--version`.
pub(crate) static VERSION: LazyLock<String> = LazyLock::new(|| build().to_string());
