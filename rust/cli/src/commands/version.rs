//! `supacrypt version`.

use serde_json::json;
use supacrypt_core::Result;

use crate::context::Context;

/// Print the version
#[derive(clap::Args)]
pub(crate) struct Version {}

impl Version {
    pub(crate) fn run(self, context: &Context) -> Result<()> {
        let version = env!("CARGO_PKG_VERSION");
        context.output.document(&json!({ "version": version }), || format!("supacrypt {version}"))
    }
}
