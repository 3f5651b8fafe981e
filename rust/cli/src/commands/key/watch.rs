//! `supacrypt key watch`.

use std::ops::ControlFlow;

use serde_json::json;
use supacrypt_core::Result;
use supacrypt_proto::v1::WatchKeysRequest;

use crate::{context::Context, names::KeyringRef};

/// Print the name of each key that is made, changed or deleted, until interrupted
#[derive(clap::Args)]
pub(crate) struct Watch {
    /// The keyring
    keyring: KeyringRef,
}

impl Watch {
    pub(crate) fn run(self, context: &Context) -> Result<()> {
        let request = WatchKeysRequest { parent: self.keyring.name().to_string() };
        let mut printed = Ok(());
        context.api()?.watch_keys(request, |change| {
            // The first answer is empty: it says that the watch has begun.
            if change.key.is_empty() {
                context.output.note(&format!("watching {}", self.keyring.name()));
                return ControlFlow::Continue(());
            }
            printed = context.output.item(&json!({ "key": change.key }), || change.key.clone());
            if printed.is_ok() { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
        })?;
        printed
    }
}
