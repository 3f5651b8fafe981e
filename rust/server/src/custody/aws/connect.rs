//! The client of KMS: credentials, trust and time.

use std::path::Path;
use std::time::Duration;

use aws_config::profile::ProfileFileCredentialsProvider;
use aws_config::provider_config::ProviderConfig;
use aws_config::sts::AssumeRoleProvider;
use aws_config::{AppName, BehaviorVersion, Region};
use aws_sdk_kms::Client;
use aws_sdk_kms::config::retry::RetryConfig;
use aws_sdk_kms::config::timeout::TimeoutConfig;
use aws_sdk_kms::config::{
    Builder, SharedCredentialsProvider, SharedHttpClient, StalledStreamProtectionConfig,
};
use aws_smithy_http_client::tls::rustls_provider::CryptoMode;
use aws_smithy_http_client::tls::{Provider, TlsContext, TrustStore};
use rustls::RootCertStore;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use supacrypt_core::{Error, Reason, Result};

use crate::config::AwsSettings;

/// Longest time for a connection. Nothing is asked before it is there, so that all may begin again.
const CONNECTION: Duration = Duration::from_secs(3);

/// Longest time for a request that is not repeated, which nothing else may end: whether it did what it
/// was to do has to be known.
const LONGEST: Duration = Duration::from_secs(60);

/// How the server calls itself, in the user agent and as the session of a role.
const NAME: &str = "supacrypt";

/// A client for what the settings of the custodian `name` say.
///
/// # Errors
/// [`Reason::Configuration`].
pub(super) async fn client(name: &str, settings: &AwsSettings) -> Result<Client> {
    let refused = |message: String| {
        let key = format!("custodians.{name}");
        Error::new(Reason::Configuration, format!("{key}: {message}")).in_field(key)
    };
    // For those who give out credentials. Where KMS has authorities of its own, they vouch for it alone.
    let system = http_client(TrustStore::empty().with_native_roots(true)).map_err(refused)?;
    let region = Region::new(settings.region.clone());
    let mut loader = aws_config::defaults(BehaviorVersion::latest())
        .region(region.clone())
        .app_name(AppName::new(NAME).map_err(|cause| refused(cause.to_string()))?)
        .http_client(system.clone());
    if let Some(profile) = &settings.profile {
        // The one that is named, whatever the environment has, which the SDK would look at first.
        let parts = ProviderConfig::without_region().with_region(Some(region));
        let provider = ProfileFileCredentialsProvider::builder()
            .configure(&parts.with_http_client(system))
            .profile_name(profile)
            .build();
        loader = loader.credentials_provider(provider);
    }
    let shared = loader.load().await;
    let mut config = Builder::from(&shared);
    if let Some(role) = &settings.role_arn {
        let role = AssumeRoleProvider::builder(role).session_name(NAME).configure(&shared);
        let role = SharedCredentialsProvider::new(role.build().await);
        config.set_credentials_provider(Some(role));
    }
    if let Some(file) = &settings.ca {
        let only = authorities(file).map_err(refused)?;
        config.set_http_client(Some(http_client(only).map_err(refused)?));
    }
    // The gate repeats, and says how long a call may take. What the environment says of endpoints is not
    // followed: where requests go is in one place.
    config.set_endpoint_url(settings.endpoint.clone());
    let timeouts = TimeoutConfig::builder()
        .connect_timeout(CONNECTION)
        .operation_timeout(LONGEST.max(settings.timeout));
    let config = config
        .retry_config(RetryConfig::disabled())
        .timeout_config(timeouts.build())
        .stalled_stream_protection(StalledStreamProtectionConfig::disabled());
    Ok(Client::from_conf(config.build()))
}

fn http_client(trusted: TrustStore) -> Result<SharedHttpClient, String> {
    let context = TlsContext::builder().with_trust_store(trusted).build();
    let context = context.map_err(|cause| format!("TLS cannot be set up: {cause}"))?;
    Ok(aws_smithy_http_client::Builder::new()
        .tls_provider(Provider::Rustls(CryptoMode::AwsLc))
        .tls_context(context)
        .build_https())
}

/// The authorities in a PEM file, read as the client will: it panics on what it cannot read.
fn authorities(file: &Path) -> Result<TrustStore, String> {
    let unreadable =
        |cause: String| format!("ca: cannot read certificates from {}: {cause}", file.display());
    let pem = std::fs::read(file).map_err(|cause| unreadable(cause.to_string()))?;
    let mut found = RootCertStore::empty();
    for certificate in CertificateDer::pem_slice_iter(&pem) {
        let certificate = certificate.map_err(|cause| unreadable(cause.to_string()))?;
        found.add(certificate).map_err(|cause| unreadable(cause.to_string()))?;
    }
    match found.is_empty() {
        true => Err(unreadable("there is none in PEM".into())),
        false => Ok(TrustStore::empty().with_pem_certificate(pem)),
    }
}
