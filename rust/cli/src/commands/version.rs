//! `supacrypt version`.

use serde_json::json;
use supacrypt_core::{BuildInfo, Result};

use crate::{build_info::build_info, context::Context};

/// Print the version, what it was built from, and what it can do
#[derive(clap::Args)]
pub(crate) struct Version {}

impl Version {
    pub(crate) fn run(self, context: &Context) -> Result<()> {
        let build = build_info();
        let (system, processor) = BuildInfo::SYSTEM;
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
