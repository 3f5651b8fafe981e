//! Who the server is to Azure.

use std::path::Path;
use std::sync::Arc;

use azure_core::credentials::{Secret, TokenCredential};
use azure_core::http::ClientOptions;
use azure_identity::{
    AzureCliCredential, AzureCliCredentialOptions, ClientAssertionCredential,
    ClientAssertionCredentialOptions, ClientSecretCredential, ClientSecretCredentialOptions,
    ManagedIdentityCredential, ManagedIdentityCredentialOptions, UserAssignedId,
    WorkloadIdentityCredential, WorkloadIdentityCredentialOptions,
};
use supacrypt_core::{Error, Reason, Result};

use super::certificate::CertificateAssertion;
use crate::config::{AzureCredential, AzureSettings};
use crate::secret_file;

/// What gets tokens, and keeps each until it expires. It asks for none before the first call.
///
/// # Errors
/// [`Reason::Configuration`] when the file or the environment lacks what the credential is made of.
pub(super) fn credential(
    settings: &AzureSettings,
    client_options: ClientOptions,
) -> Result<Arc<dyn TokenCredential>> {
    let made = match settings.credential.clone() {
        AzureCredential::ManagedIdentity { client_id } => {
            let user_assigned_id = client_id.map(UserAssignedId::ClientId);
            let options = ManagedIdentityCredentialOptions { user_assigned_id, client_options };
            ManagedIdentityCredential::new(Some(options)).map(|made| made as Arc<_>)
        }
        AzureCredential::WorkloadIdentity { tenant_id, client_id, token_file } => {
            let options = WorkloadIdentityCredentialOptions {
                credential_options: ClientAssertionCredentialOptions { client_options },
                tenant_id,
                client_id,
                token_file_path: token_file,
            };
            WorkloadIdentityCredential::new(Some(options)).map(|made| made as Arc<_>)
        }
        AzureCredential::ClientSecret { tenant_id, client_id, secret_file } => {
            let options = ClientSecretCredentialOptions { client_options };
            let secret = secret(&secret_file)?;
            let made = ClientSecretCredential::new(&tenant_id, client_id, secret, Some(options));
            made.map(|made| made as Arc<_>)
        }
        AzureCredential::ClientCertificate { tenant_id, client_id, certificate_file } => {
            let audience = format!("{}/{tenant_id}/oauth2/v2.0/token", settings.authority());
            let assertion = CertificateAssertion::read(&certificate_file, &client_id, audience)?;
            let options = ClientAssertionCredentialOptions { client_options };
            let made =
                ClientAssertionCredential::new(tenant_id, client_id, assertion, Some(options));
            made.map(|made| made as Arc<_>)
        }
        AzureCredential::AzureCli { tenant_id } => {
            let options = AzureCliCredentialOptions { tenant_id, ..Default::default() };
            AzureCliCredential::new(Some(options)).map(|made| made as Arc<_>)
        }
    };
    made.map_err(|cause| Error::new(Reason::Configuration, format!("credential: {cause}")))
}

/// The secret of an application, from its file.
fn secret(path: &Path) -> Result<Secret> {
    let missing = "Make it for the server's account, with the secret of the application";
    let bytes = secret_file::read_line(path, "the secret file", missing)?;
    let text = std::str::from_utf8(&bytes).map_err(|_| {
        let message = format!("the secret file {} is not text in UTF-8", path.display());
        Error::new(Reason::Configuration, message)
    })?;
    Ok(Secret::new(text.to_owned()))
}
