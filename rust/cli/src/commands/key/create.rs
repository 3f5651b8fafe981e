//! `supacrypt key create`.

use supacrypt_core::Result;
use supacrypt_proto::v1::CreateKeyRequest;

use super::{new_key::NewKey, show};
use crate::{api::request_id, context::Context, names::KeyRef};

/// Make a key in the backend
#[derive(clap::Args)]
pub(crate) struct Create {
    /// The new key: KEYRING/KEY, or KEY
    key: KeyRef,
    #[command(flatten)]
    properties: NewKey,
}

impl Create {
    pub(crate) fn run(self, context: &Context) -> Result<()> {
        let api = context.api()?;
        let name = self.key.key(api.default_keyring())?;
        let request = CreateKeyRequest {
            parent: name.keyring().to_string(),
            key_id: name.key().to_string(),
            key: Some(self.properties.into_wire(name.key().as_str())),
            request_id: request_id()?,
        };
        show(context, api.create_key(request)?)
    }
}
