//! How the vaults and Microsoft Entra ID are reached.

use std::fs;
use std::sync::Arc;

use azure_core::cloud::{CloudConfiguration, CustomConfiguration};
use azure_core::http::{ClientOptions, RetryOptions, Transport};
use reqwest::redirect::Policy;
use reqwest::{Certificate, Client};
use supacrypt_core::{Error, Reason, Result};

use crate::config::AzureSettings;

/// How all clients of a custodian reach what they ask. They share its connections.
///
/// # Errors
/// [`Reason::Configuration`] when the certificate of `ca` cannot be read.
pub(super) fn options(settings: &AzureSettings) -> Result<ClientOptions> {
    let client = Client::builder()
        .connect_timeout(settings.timeout)
        .pool_max_idle_per_host(settings.concurrency.get())
        .redirect(Policy::none())
        .tls_certs_merge(trusted(settings)?)
        .build();
    let client = client.map_err(|cause| {
        let message = format!("no TLS client can be made: {cause}; see that the system has roots");
        Error::new(Reason::Configuration, message)
    })?;
    let mut cloud = CustomConfiguration::default();
    settings.authority().clone_into(&mut cloud.authority_host);
    Ok(ClientOptions {
        // The gate repeats, and knows when not to.
        retry: RetryOptions::none(),
        transport: Some(Transport::new(Arc::new(client))),
        // Without one a variable of the environment would say where tokens come from.
        cloud: Some(Arc::new(CloudConfiguration::Custom(cloud))),
        ..ClientOptions::default()
    })
}

/// What is trusted beside the roots of the system.
fn trusted(settings: &AzureSettings) -> Result<Vec<Certificate>> {
    let Some(path) = &settings.ca else { return Ok(Vec::new()) };
    let refuse = |cause: &dyn std::fmt::Display| {
        let message = format!("ca: {} has no certificate in PEM: {cause}", path.display());
        Error::new(Reason::Configuration, message)
    };
    let pem = fs::read(path).map_err(|cause| refuse(&cause))?;
    let certificates = Certificate::from_pem_bundle(&pem).map_err(|cause| refuse(&cause))?;
    match certificates.is_empty() {
        true => Err(refuse(&"it is empty")),
        false => Ok(certificates),
    }
}
