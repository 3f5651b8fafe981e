//! Who the server is to Azure.

use std::path::PathBuf;

use serde::Deserialize;

use crate::config::sections::optional_path;

/// Who the server is to Azure.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "Table")]
pub enum AzureCredential {
    /// The identity of the machine that the server runs on.
    ManagedIdentity {
        /// Which, where the machine has several.
        client_id: Option<String>,
    },
    /// The identity of a Kubernetes service account. What is `None` is in the environment.
    WorkloadIdentity {
        /// The directory.
        tenant_id: Option<String>,
        /// The application.
        client_id: Option<String>,
        /// A file with the token of the service account.
        token_file: Option<PathBuf>,
    },
    /// An application that has a secret.
    ClientSecret {
        /// The directory.
        tenant_id: String,
        /// The application.
        client_id: String,
        /// A file with the secret; refused when others can read it.
        secret_file: PathBuf,
    },
    /// An application that has a certificate.
    ClientCertificate {
        /// The directory.
        tenant_id: String,
        /// The application.
        client_id: String,
        /// A file with the certificate and its private key, PEM; refused when others can read it.
        certificate_file: PathBuf,
    },
    /// Whoever is logged in to `az`: for development.
    AzureCli {
        /// The directory, where it is not the usual one.
        tenant_id: Option<String>,
    },
}

/// The keys as they are written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    r#type: Type,
    tenant_id: Option<String>,
    client_id: Option<String>,
    #[serde(default, deserialize_with = "optional_path")]
    secret_file: Option<PathBuf>,
    #[serde(default, deserialize_with = "optional_path")]
    certificate_file: Option<PathBuf>,
    #[serde(default, deserialize_with = "optional_path")]
    token_file: Option<PathBuf>,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Type {
    ManagedIdentity,
    WorkloadIdentity,
    ClientSecret,
    ClientCertificate,
    AzureCli,
}

impl TryFrom<Table> for AzureCredential {
    type Error = &'static str;

    fn try_from(table: Table) -> Result<Self, Self::Error> {
        let Table { r#type, tenant_id, client_id, secret_file, certificate_file, token_file } =
            table;
        // Each kind has a file of its own, or none.
        let files = (secret_file, certificate_file, token_file);
        match (r#type, tenant_id, client_id, files) {
            (Type::ManagedIdentity, None, client_id, (None, None, None)) => {
                Ok(AzureCredential::ManagedIdentity { client_id })
            }
            (Type::WorkloadIdentity, tenant_id, client_id, (None, None, token_file)) => {
                Ok(AzureCredential::WorkloadIdentity { tenant_id, client_id, token_file })
            }
            (
                Type::ClientSecret,
                Some(tenant_id),
                Some(client_id),
                (Some(secret_file), None, None),
            ) => Ok(AzureCredential::ClientSecret { tenant_id, client_id, secret_file }),
            (
                Type::ClientCertificate,
                Some(tenant_id),
                Some(client_id),
                (None, Some(certificate_file), None),
            ) => Ok(AzureCredential::ClientCertificate { tenant_id, client_id, certificate_file }),
            (Type::AzureCli, tenant_id, None, (None, None, None)) => {
                Ok(AzureCredential::AzureCli { tenant_id })
            }
            (Type::ManagedIdentity, ..) => Err("a managed identity has `client_id` alone"),
            (Type::WorkloadIdentity, ..) => {
                Err("a workload identity has `tenant_id`, `client_id` and `token_file` alone")
            }
            (Type::ClientSecret, ..) => {
                Err("a client secret has `tenant_id`, `client_id` and `secret_file`, each of them")
            }
            (Type::ClientCertificate, ..) => Err(
                "a client certificate has `tenant_id`, `client_id` and `certificate_file`, each of them",
            ),
            (Type::AzureCli, ..) => Err("the login of az has `tenant_id` alone"),
        }
    }
}
