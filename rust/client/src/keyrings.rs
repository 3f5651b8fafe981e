//! Keyrings that the caller sees.

use supacrypt_core::{Capabilities, KeyringName, Result};
use supacrypt_proto::v1::{self, keyring_service_client::KeyringServiceClient};

use crate::{Client, Retry};

/// A keyring.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Keyring {
    /// Its name.
    pub name: KeyringName,
    /// Text for people; the id when there is none.
    pub display_name: String,
    /// How often a wrong PIN may still be given; `None` when it has no PIN.
    pub pin_tries_left: Option<u32>,
    /// What its keys can be, and be used by.
    pub capabilities: Capabilities,
}

impl Client {
    /// The keyrings that the caller sees, ordered by name; just the one of the configuration when
    /// it names one.
    ///
    /// # Errors
    /// Those of every method of this crate.
    pub fn keyrings(&self) -> Result<Vec<Keyring>> {
        if let Some(id) = &self.config().keyring {
            let request = v1::GetKeyringRequest { name: KeyringName::new(id.clone()).to_string() };
            let keyring = self.call(Retry::Safe, |transport| {
                let request = request.clone();
                async move { KeyringServiceClient::new(transport).get_keyring(request).await }
            })?;
            return Ok(vec![keyring.try_into()?]);
        }
        let mut keyrings = Vec::new();
        let mut request =
            v1::ListKeyringsRequest { page_size: crate::keys::PAGE, ..Default::default() };
        loop {
            let page = self.call(Retry::Safe, |transport| {
                let request = request.clone();
                async move { KeyringServiceClient::new(transport).list_keyrings(request).await }
            })?;
            for keyring in page.keyrings {
                keyrings.push(keyring.try_into()?);
            }
            if page.next_page_token.is_empty() {
                return Ok(keyrings);
            }
            request.page_token = page.next_page_token;
        }
    }
}

impl TryFrom<v1::Keyring> for Keyring {
    type Error = supacrypt_core::Error;

    fn try_from(wire: v1::Keyring) -> Result<Self> {
        let name: KeyringName = wire.name.parse()?;
        let display_name = if wire.display_name.is_empty() {
            name.keyring().to_string()
        } else {
            wire.display_name
        };
        let pin_tries_left = wire.pin.map(|pin| pin.tries_left);
        // A server that says nothing of it has the software custodian, or cannot tell just now.
        let capabilities = wire.capabilities.map_or_else(Capabilities::all, Into::into);
        Ok(Keyring { name, display_name, pin_tries_left, capabilities })
    }
}
