//! A backend in threads of this process, so that it is instrumented as the module is, and a panic of
//! either is a finding. The module reaches it as any other: over TCP, with mutual TLS.

use std::{
    future,
    net::{Ipv4Addr, SocketAddr},
    path::PathBuf,
    thread,
    time::{Duration, Instant},
};

use supacrypt_cli::local::{self, Deployment};
use supacrypt_client::{Client, Config};
use supacrypt_server::Server;
use tokio::runtime;

/// How long a start may take.
const PATIENCE: Duration = Duration::from_secs(60);

/// Starts it, with a keyring whose administrator is the application; returns the configuration that
/// the application needs.
pub fn start() -> PathBuf {
    let dir = tempfile::Builder::new().prefix("supacrypt-fuzz-").tempdir().expect("a folder");
    let keyring = "fuzz".parse().expect("invariant: an id");
    let listen = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
    // The fuzzer ends the process without a word, so the folder stays.
    let deployment =
        Deployment::create(&dir.keep().join("backend"), listen, &keyring).expect("the files");
    let config = supacrypt_server::config::Config::load(&deployment.server_config())
        .expect("its configuration");
    thread::spawn(move || {
        let runtime = runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build();
        runtime
            .expect("a runtime")
            .block_on(async { Server::build(config).await?.run(future::pending()).await })
            .expect("the backend runs");
    });
    let begun = Instant::now();
    while !deployment.endpoints_file().exists() {
        assert!(begun.elapsed() < PATIENCE, "the backend does not start");
        thread::sleep(Duration::from_millis(5));
    }

    let config = Config::from_file(&deployment.admin_config()).expect("its configuration");
    let admin = Client::new(config).expect("a client");
    local::create_keyring(&admin, &keyring).expect("the keyring");
    deployment.client_config()
}
