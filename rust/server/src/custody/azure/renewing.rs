//! Tokens that a vault takes no longer, though they have not expired.

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant};

use async_trait::async_trait;
use azure_core::credentials::{AccessToken, TokenCredential, TokenRequestOptions};
use azure_core::error::ErrorKind;
use azure_core::http::ClientOptions;
use supacrypt_core::Result;
use tokio::sync::Mutex;

use super::credential::credential;
use crate::config::AzureSettings;

/// Least time from one renewal to the next, so that a vault that refuses the server for good is no
/// load for what gives tokens.
const PAUSE: Duration = Duration::from_secs(10);

/// The credential of one vault's client.
///
/// The client keeps a token until it expires or is refused; that it asks for another and is given the same
/// says that it was refused. Microsoft's credentials keep tokens, too, and have no way to say so: another
/// credential is made then, of the files as they are now.
pub(super) struct Renewing {
    settings: AzureSettings,
    client_options: ClientOptions,
    state: Mutex<State>,
}

struct State {
    credential: Arc<dyn TokenCredential>,
    given: Option<AccessToken>,
    renewed: Option<Instant>,
}

impl Renewing {
    /// A credential as the settings say.
    ///
    /// # Errors
    /// As [`credential`].
    pub(super) fn new(settings: &AzureSettings, client_options: ClientOptions) -> Result<Renewing> {
        let credential = credential(settings, client_options.clone())?;
        let state = Mutex::new(State { credential, given: None, renewed: None });
        Ok(Renewing { settings: settings.clone(), client_options, state })
    }
}

#[async_trait]
impl TokenCredential for Renewing {
    async fn get_token(
        &self,
        scopes: &[&str],
        options: Option<TokenRequestOptions<'_>>,
    ) -> azure_core::Result<AccessToken> {
        let mut state = self.state.lock().await;
        let mut token = state.credential.get_token(scopes, options.clone()).await?;
        let refused =
            state.given.as_ref().is_some_and(|given| given.token.secret() == token.token.secret());
        if refused && state.renewed.is_none_or(|at| at.elapsed() >= PAUSE) {
            state.renewed = Some(Instant::now());
            state.credential = credential(&self.settings, self.client_options.clone())
                .map_err(|error| azure_core::Error::new(ErrorKind::Credential, error))?;
            token = state.credential.get_token(scopes, options).await?;
        }
        state.given = Some(token.clone());
        Ok(token)
    }
}

impl fmt::Debug for Renewing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Renewing").finish_non_exhaustive()
    }
}
