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
/// says that it was refused. Microsoft's credentials keep tokens, too, and have no way to say so. They also
/// keep what they were made of. So another credential is made then, and when one gets no token, of the files
/// as they are now.
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
        let given = state.credential.get_token(scopes, options.clone()).await;
        let is_new = |token: &AccessToken| {
            state.given.as_ref().is_none_or(|last| last.token.secret() != token.token.secret())
        };
        let early = state.renewed.is_some_and(|at| at.elapsed() < PAUSE);
        let token = match given {
            Ok(token) if is_new(&token) => token,
            given if early => given?,
            _ => {
                state.renewed = Some(Instant::now());
                let renewed = credential(&self.settings, self.client_options.clone())
                    .map_err(|error| azure_core::Error::new(ErrorKind::Credential, error))?;
                let token = renewed.get_token(scopes, options).await?;
                state.credential = renewed;
                token
            }
        };
        state.given = Some(token.clone());
        Ok(token)
    }
}

impl fmt::Debug for Renewing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Renewing").finish_non_exhaustive()
    }
}
