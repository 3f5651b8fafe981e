//! More clients than the two a backend begins with.

use std::{
    fs,
    net::SocketAddr,
    path::PathBuf,
    sync::atomic::{AtomicUsize, Ordering},
};

use supacrypt_cli::local::{Deployment, client_toml};
use supacrypt_pki::{Identity, Validity};

/// Issues a certificate and writes a configuration that uses it; answers the configuration's path.
pub(crate) fn issue(
    deployment: &Deployment,
    grpc: SocketAddr,
    identity: &Identity,
    validity: Validity,
) -> PathBuf {
    // The same identity may be asked for twice, and a SPIFFE ID is no file name.
    static ISSUED: AtomicUsize = AtomicUsize::new(0);
    let file = format!("client-{}", ISSUED.fetch_add(1, Ordering::Relaxed));
    let pki = deployment.dir().join("pki");
    deployment
        .authority()
        .expect("the authority was written with the deployment")
        .issue_client(identity, validity)
        .unwrap_or_else(|error| panic!("{identity:?}: {error}"))
        .write(&pki.join(format!("{file}.pem")), &pki.join(format!("{file}.key")))
        .expect("the directory is ours");
    let config = deployment.dir().join(format!("{file}.toml"));
    fs::write(&config, client_toml(grpc, &file, None)).expect("the directory is ours");
    config
}
