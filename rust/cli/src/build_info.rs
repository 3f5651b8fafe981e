//! What this build of the command is.

use std::sync::LazyLock;

use supacrypt_core::BuildInfo;

/// This build.
pub(crate) fn build_info() -> BuildInfo {
    let key_exchanges = supacrypt_client::key_exchanges().join(" ");
    BuildInfo {
        version: env!("CARGO_PKG_VERSION"),
        commit: option_env!("SUPACRYPT_COMMIT"),
        features: vec!["API supacrypt.v1".into(), format!("TLS 1.3 with {key_exchanges}")],
    }
}

/// The text of `--version`.
pub(crate) static VERSION: LazyLock<String> = LazyLock::new(|| build_info().to_string());
