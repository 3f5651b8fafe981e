//! PINs of keyrings.

use std::sync::Arc;

use supacrypt_core::{KeyringName, Result};
use supacrypt_proto::v1::{self, keyring_service_client::KeyringServiceClient};

use crate::{Client, Keyring, Retry};

/// What the server gave for a PIN: good for one use of a key, soon. Shows nothing in `Debug`.
#[derive(Clone)]
pub struct Ticket(Arc<[u8]>);

impl Ticket {
    pub(crate) fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

impl std::fmt::Debug for Ticket {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Ticket")
    }
}

impl Client {
    /// Checks the PIN of a keyring; the ticket is for [`KeyVersionRef::with`](crate::KeyVersionRef::with).
    ///
    /// # Errors
    /// Those of the method `VerifyPin` of the API, and those of every method of this crate. It is not
    /// repeated when the connection breaks: each time counts.
    pub fn verify_pin(&self, keyring: &KeyringName, pin: &[u8]) -> Result<Ticket> {
        let request = v1::VerifyPinRequest { name: keyring.to_string(), pin: pin.to_vec() };
        let response = self.call(Retry::Never, |transport| {
            let request = request.clone();
            async move { KeyringServiceClient::new(transport).verify_pin(request).await }
        })?;
        Ok(Ticket(response.ticket.into()))
    }

    /// Sets the PIN of a keyring, to nothing for none. The administrators of the keyring need not give
    /// the current one.
    ///
    /// # Errors
    /// Those of the method `SetPin` of the API, and those of every method of this crate.
    pub fn set_pin(
        &self,
        keyring: &KeyringName,
        pin: &[u8],
        current_pin: Option<&[u8]>,
    ) -> Result<Keyring> {
        let request = v1::SetPinRequest {
            name: keyring.to_string(),
            pin: pin.to_vec(),
            current_pin: current_pin.unwrap_or_default().to_vec(),
        };
        let keyring = self.call(Retry::Never, |transport| {
            let request = request.clone();
            async move { KeyringServiceClient::new(transport).set_pin(request).await }
        })?;
        keyring.try_into()
    }
}
