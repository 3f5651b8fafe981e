//! `[custodians.NAME]` with `type = "azure"`.

mod credential;

use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::time::Duration;

use serde::Deserialize;
use serde::de::IgnoredAny;

pub use credential::AzureCredential;

use super::{default_concurrency, default_timeout, timeout};
use crate::config::sections::optional_path;

/// Azure Key Vault or Managed HSM.
#[derive(Clone, Debug, Deserialize)]
#[serde(try_from = "Table")]
pub struct AzureSettings {
    /// The vaults, one or more: `https://HOST` or `https://HOST:PORT`.
    pub vaults: Vec<String>,
    /// Whether keys are made in and brought to the HSM of a vault. A Managed HSM has no others.
    pub hsm: bool,
    /// Whether all of `vaults` are Managed HSMs.
    pub managed_hsm: bool,
    /// Who the server is to the vaults.
    pub credential: AzureCredential,
    /// Where Microsoft Entra ID is, for clouds other than the public one.
    pub authority: Option<String>,
    /// A certificate that is trusted beside those of the system, PEM.
    pub ca: Option<PathBuf>,
    /// Longest time for a call that uses a key.
    pub timeout: Duration,
    /// Most calls to one vault at once.
    pub concurrency: NonZeroUsize,
}

impl AzureSettings {
    /// Where Microsoft Entra ID is.
    pub(crate) fn authority(&self) -> &str {
        self.authority.as_deref().unwrap_or("https://login.microsoftonline.com")
    }
}

/// The keys as they are written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    #[serde(rename = "type")]
    _type: IgnoredAny,
    vaults: Vec<String>,
    #[serde(default)]
    hsm: bool,
    managed_hsm: Option<bool>,
    credential: AzureCredential,
    authority: Option<String>,
    #[serde(default, deserialize_with = "optional_path")]
    ca: Option<PathBuf>,
    #[serde(default = "default_timeout", deserialize_with = "timeout")]
    timeout: Duration,
    #[serde(default = "default_concurrency")]
    concurrency: NonZeroUsize,
}

impl TryFrom<Table> for AzureSettings {
    type Error = String;

    fn try_from(table: Table) -> Result<Self, Self::Error> {
        let Table { hsm, credential, ca, timeout, concurrency, .. } = table;
        let vaults: Vec<_> = table
            .vaults
            .iter()
            .map(|url| origin(url, "https://NAME.vault.azure.net"))
            .collect::<Result<_, _>>()?;
        if vaults.is_empty() {
            return Err("`vaults` names none; give the URL of one, which \
                        `az keyvault show --query properties.vaultUri` tells"
                .into());
        }
        if let Some(twice) =
            (1..vaults.len()).find(|index| vaults[..*index].contains(&vaults[*index]))
        {
            return Err(format!("`vaults` has {} twice; leave one out", vaults[twice]));
        }
        let authority = table.authority.as_deref();
        let authority = authority.map(|url| origin(url, "https://login.microsoftonline.us"));
        let authority = authority.transpose()?;
        let by_name = || vaults.iter().all(|url| is_managed_hsm(url));
        let managed_hsm = table.managed_hsm.unwrap_or_else(by_name);
        Ok(AzureSettings {
            vaults,
            hsm: hsm || managed_hsm,
            managed_hsm,
            credential,
            authority,
            ca,
            timeout,
            concurrency,
        })
    }
}

/// Whether a URL is that of a Managed HSM by its name, as in all of Azure's clouds.
pub(crate) fn is_managed_hsm(url: &str) -> bool {
    url.contains(".managedhsm.")
}

/// `https://HOST` or `https://HOST:PORT`, in lower case and without a slash at the end.
fn origin(given: &str, example: &str) -> Result<String, String> {
    let refuse = || {
        let message = "it begins with https:// and has nothing after the host and its port";
        Err(format!("{given:?} is not a URL like {example}; {message}"))
    };
    let Ok(url) = reqwest::Url::parse(given) else { return refuse() };
    let bare = url.path() == "/" && url.query().is_none() && url.fragment().is_none();
    let anonymous = url.username().is_empty() && url.password().is_none();
    match url.scheme() {
        "https" if bare && anonymous => Ok(url.as_str().trim_end_matches('/').to_owned()),
        _ => refuse(),
    }
}
