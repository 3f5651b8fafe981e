//! `supacrypt key watch`.

use std::ops::ControlFlow;

use serde_json::json;
use supacrypt_core::Result;
use supacrypt_proto::v1::WatchKeysRequest;

use crate::{context::Context, names::KeyringRef};

/// Print the name of each key or object that is made, changed or deleted, until interrupted
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
            let (kind, name) = match (change.key, change.object) {
                // The first answer is empty: it says that the watch has begun.
                (key, object) if key.is_empty() && object.is_empty() => {
                    context.output.note(&format!("watching {}", self.keyring.name()));
                    return ControlFlow::Continue(());
                }
                (key, object) if object.is_empty() => ("key", key),
                (_, object) => ("object", object),
            };
            printed = context.output.item(&json!({ kind: name }), || name.clone());
            if printed.is_ok() { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
        })?;
        printed
    }
}
