//! `supacrypt version`.

use serde_json::json;
use supacrypt_core::{Build, Result};

use crate::{build::build, context::Context};

/// Print the version, what it was built from, and what it can do
#[derive(clap::Args)]
pub(crate) struct Version {}

impl Version {
    pub(crate) fn run(self, context: &Context) -> Result<()> {
        let build = build();
        let (system, processor) = Build::SYSTEM;
        let document = json!({
            "version": build.version,
            "commit": build.commit,
            "system": system,
            "processor": processor,
            "features": build.features,
        });
        context.output.document(&document, || format!("supacrypt {build}"))
    }
}
