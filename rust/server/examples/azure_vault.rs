//! Two vaults on this machine that stand for Azure Key Vault, for judges and for trying things out.
//!
//! Prints the lines of a configuration that has them as the custodian `cloud`, and serves until it is ended.
//! What it says of itself on standard error ends with a URL to control it by: asking for `URL/throttled` has
//! the vaults answer so from then on, `URL/well` as ever; `URL/counts` tells what they were asked since the last
//! time.
#![allow(clippy::unwrap_used, reason = "it serves tests, and fails by panicking")]

#[path = "../tests/common/faults.rs"]
mod faults;
#[allow(dead_code, reason = "tests do more with it")]
#[path = "../tests/azure/standin.rs"]
mod standin;

use std::sync::Arc;

use serde_json::json;
use supacrypt_pki::Authority;

use faults::{Answer, Fault, Https, Request};
use standin::{Cloud, refused};
use tokio::signal::unix::{SignalKind, signal};

#[tokio::main]
async fn main() {
    let authority = Authority::new("azure").unwrap();
    let cloud = Arc::new(Cloud::start_of(&authority).await);
    let seal = json!({"kty": "RSA", "key_size": 3072, "key_ops": ["unwrapKey"]});
    cloud.vaults[0].keys.operate("POST", "/keys/seal/create", seal);
    println!("{}", cloud.lines());
    let vaults = Arc::clone(&cloud);
    let control = Https::start(&authority, move |request| controlled(&vaults, request)).await;
    eprintln!("control: {}", control.url());
    // Its files go when it ends.
    let mut terminated = signal(SignalKind::terminate()).unwrap();
    tokio::select! {
        _ = terminated.recv() => {}
        _ = tokio::signal::ctrl_c() => {}
    }
}

/// Has both vaults be what is asked for.
fn controlled(cloud: &Cloud, request: &Request) -> Answer {
    let fault = match request.path() {
        "/counts" => return Answer::new(200, counts(cloud)),
        "/well" => None,
        "/throttled" => Some(Fault::Told(refused(429, "Throttled", ""))),
        "/denied" => Some(Fault::Told(refused(403, "Forbidden", "ForbiddenByRbac"))),
        "/revoked" => Some(Fault::Told(refused(401, "Unauthorized", ""))),
        "/disabled" => Some(Fault::Told(refused(403, "Forbidden", "KeyDisabled"))),
        "/deleted" => Some(Fault::Told(refused(404, "KeyNotFound", ""))),
        "/slow" => Some(Fault::Hang),
        "/down" => Some(Fault::Reset),
        _ => return Answer::new(404, "no such fault\n"),
    };
    for vault in &cloud.vaults {
        match &fault {
            Some(fault) => vault.https.spoil(fault.clone()),
            None => vault.https.heal(),
        }
    }
    Answer::new(200, "")
}

fn counts(cloud: &Cloud) -> String {
    let vaults = cloud.vaults.iter();
    let (mut signatures, mut others) = (0, 0);
    for request in vaults.clone().flat_map(|vault| vault.https.take_requests()) {
        let is_signature = request.path().ends_with("/sign");
        *(if is_signature { &mut signatures } else { &mut others }) += 1;
    }
    let connections: usize = vaults.map(|vault| vault.https.connections()).sum();
    format!(
        "{signatures} signatures and {others} other requests, {connections} connections so far\n"
    )
}
