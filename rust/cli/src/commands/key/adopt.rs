//! `supacrypt key adopt`.

use supacrypt_core::Result;
use supacrypt_proto::v1::AdoptKeyRequest;

use super::{new_key::Properties, show};
use crate::{api::request_id, context::Context, names::KeyRef};

/// Make a key of one that exists at the keyring's custodian, and stays there
///
/// For the server's administrators. Its versions there become its versions here; destroying them here
/// leaves them where they are.
#[derive(clap::Args)]
pub(crate) struct Adopt {
    /// The new key: KEYRING/KEY, or KEY
    key: KeyRef,
    /// What the custodian calls the key: in Azure its URL, in AWS its ARN, id or alias, in an HSM
    /// its label
    #[arg(long = "from", value_name = "NAME")]
    source: String,
    #[command(flatten)]
    properties: Properties,
}

impl Adopt {
    pub(crate) fn run(self, context: &Context) -> Result<()> {
        let api = context.api()?;
        let name = self.key.key(api.default_keyring())?;
        let request = AdoptKeyRequest {
            parent: name.keyring().to_string(),
            key_id: name.key().to_string(),
            key: Some(self.properties.into_wire(name.key().as_str())),
            source: self.source,
            request_id: request_id()?,
        };
        show(context, api.adopt_key(request)?)
    }
}
