//! A backend that is killed, again and again, while it makes, takes in, rotates and destroys keys in an HSM
//! and in its store, and while it replaces its data keys: nothing is left in the HSM that reconciling does not
//! find, and every key that is listed can be used.
//!
//! `SUPACRYPT_TEST_KILLS` says how often; `SUPACRYPT_TEST_SEED` repeats the pauses of another run.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::ops::ControlFlow;
use std::path::Path;
use std::process::{Command, ExitCode};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use supacrypt_client::{Client, Retry};
use supacrypt_core::{KeySpec, Result};
use supacrypt_proto::v1;
use supacrypt_proto::v1::crypto_service_client::CryptoServiceClient;
use supacrypt_proto::v1::custodian_service_client::CustodianServiceClient;
use supacrypt_proto::v1::key_service_client::KeyServiceClient;
use supacrypt_proto::v1::keyring_service_client::KeyringServiceClient;
use supacrypt_proto::v1::reconcile_custodian_response::Event;
use supacrypt_proto::v1::seal_service_client::SealServiceClient;
use supacrypt_testkit::Backend;

const PLACE: &str = "SOFTHSM2_CONF";
const MODULE: &str = "/usr/lib/softhsm/libsofthsm2.so";
/// The keyring of the store, and one whose keys are in the HSM.
const KEYRINGS: [(&str, &str); 2] = [("keyrings/dev", "software"), ("keyrings/vault", "hsm")];

fn main() -> ExitCode {
    // This program again, in an environment that tells where the token is.
    if std::env::var_os(PLACE).is_none() {
        let dir = tempfile::tempdir().unwrap();
        let configuration = make_token(dir.path());
        let mut again = Command::new(std::env::current_exe().unwrap());
        let status = again.env(PLACE, configuration).env("TOKEN_DIR", dir.path()).status().unwrap();
        return if status.success() { ExitCode::SUCCESS } else { ExitCode::FAILURE };
    }
    let number = |name, otherwise| {
        std::env::var(name).map_or(otherwise, |text| text.parse().expect("a number"))
    };
    let kills = number("SUPACRYPT_TEST_KILLS", 10);
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_nanos() as u64;
    let mut random = Random(number("SUPACRYPT_TEST_SEED", now));
    println!("{kills} kills, SUPACRYPT_TEST_SEED={}", random.0);

    let mut backend = Backend::start_with(&custodian());
    make_keyring(&backend.admin());
    let mut found = Found::default();
    for _ in 0..kills {
        let pause = Duration::from_micros(random.below(250_000));
        kill_amid(&mut backend, pause);
        found.add(check(&backend));
    }
    println!(
        "test a_killed_backend_leaves_nothing_behind ... ok ({} orphans and {} missing versions found \
         and repaired, {} versions used)",
        found.orphans, found.missing, found.used
    );
    ExitCode::SUCCESS
}

/// Makes a token, and tells where its configuration is.
fn make_token(dir: &Path) -> std::path::PathBuf {
    let tokens = dir.join("tokens");
    std::fs::create_dir(&tokens).unwrap();
    let configuration = dir.join("softhsm2.conf");
    let text = format!("directories.tokendir = {}\nlog.level = ERROR\n", tokens.display());
    std::fs::write(&configuration, text).unwrap();
    let made = Command::new("softhsm2-util")
        .args([
            "--init-token",
            "--free",
            "--label",
            "killed",
            "--so-pin",
            "135790",
            "--pin",
            "246810",
        ])
        .env(PLACE, &configuration)
        .output()
        .expect("softhsm2-util; apt-get install softhsm2");
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    configuration
}

fn custodian() -> String {
    use std::os::unix::fs::PermissionsExt;
    let pin = Path::new(&std::env::var_os("TOKEN_DIR").unwrap()).join("pin");
    std::fs::write(&pin, "246810").unwrap();
    std::fs::set_permissions(&pin, std::fs::Permissions::from_mode(0o600)).unwrap();
    format!(
        "[custodians.hsm]\ntype = \"pkcs11\"\nmodule = {MODULE:?}\ntoken = \"killed\"\npin_file = {pin:?}\n"
    )
}

/// Pauses that another run can repeat: splitmix64.
struct Random(u64);

impl Random {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut bits = self.0;
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (bits ^ (bits >> 31)) % limit
    }
}

/// Sends a request once; a backend that is gone is no surprise here.
macro_rules! send {
    ($client:expr, $service:ident.$method:ident($request:expr)) => {{
        let request = $request;
        $client.call(Retry::Never, |transport| {
            let request = request.clone();
            async move { $service::new(transport).$method(request).await }
        })
    }};
}

fn make_keyring(admin: &Client) {
    let keyring = v1::Keyring {
        custodian: "hsm".into(),
        grants: vec![v1::Grant { principal: "app".into(), role: v1::Role::Admin.into() }],
        ..Default::default()
    };
    let request = v1::CreateKeyringRequest {
        keyring_id: "vault".into(),
        keyring: Some(keyring),
        ..Default::default()
    };
    send!(admin, KeyringServiceClient.create_keyring(request)).unwrap();
}

/// Kills the backend after a pause in which it has much to do, and starts another.
fn kill_amid(backend: &mut Backend, pause: Duration) {
    let over = AtomicBool::new(false);
    let clients: Vec<_> =
        KEYRINGS.iter().map(|(keyring, _)| (backend.client(), *keyring)).collect();
    let admin = backend.admin();
    thread::scope(|scope| {
        for (client, keyring) in &clients {
            scope.spawn(|| repeat(&over, || make(client, keyring)));
            scope.spawn(|| repeat(&over, || bring(client, keyring)));
        }
        scope.spawn(|| repeat(&over, || rotate(&admin)));
        thread::sleep(pause);
        backend.kill();
        over.store(true, Ordering::Relaxed);
    });
    backend.restart();
}

/// Does something until it fails or is over.
fn repeat(over: &AtomicBool, work: impl Fn() -> Result<()>) {
    loop {
        if over.load(Ordering::Relaxed) || work().is_err() {
            return;
        }
    }
}

fn rotate(admin: &Client) -> Result<()> {
    send!(admin, SealServiceClient.rotate_data_key(v1::RotateDataKeyRequest {}))?;
    thread::sleep(Duration::from_millis(20));
    Ok(())
}

/// Makes a key, rotates it, and destroys its first version.
fn make(client: &Client, keyring: &str) -> Result<()> {
    let key =
        v1::Key { spec: v1::KeySpec::EcP256.into(), label: "made".into(), ..Default::default() };
    let request =
        v1::CreateKeyRequest { parent: keyring.into(), key: Some(key), ..Default::default() };
    let key = send!(client, KeyServiceClient.create_key(request))?;
    let request = v1::CreateKeyVersionRequest { parent: key.name.clone(), ..Default::default() };
    send!(client, KeyServiceClient.create_key_version(request))?;
    let request = v1::DestroyKeyVersionRequest { name: format!("{}/versions/1", key.name) };
    send!(client, KeyServiceClient.destroy_key_version(request)).map(drop)
}

fn bring(client: &Client, keyring: &str) -> Result<()> {
    let material = supacrypt_crypto::generate(KeySpec::EcP256)?;
    let key =
        v1::Key { spec: v1::KeySpec::EcP256.into(), label: "brought".into(), ..Default::default() };
    let request = v1::ImportKeyRequest {
        parent: keyring.into(),
        key: Some(key),
        material: material.as_bytes().to_vec(),
        ..Default::default()
    };
    send!(client, KeyServiceClient.import_key(request)).map(drop)
}

/// What was found after kills.
#[derive(Default)]
struct Found {
    orphans: usize,
    missing: usize,
    used: usize,
}

impl Found {
    fn add(&mut self, other: Found) {
        self.orphans += other.orphans;
        self.missing += other.missing;
        self.used += other.used;
    }
}

/// Reconciles, uses each version that is listed, and deletes all keys.
fn check(backend: &Backend) -> Found {
    let (admin, client) = (backend.admin(), backend.client());
    let mut found = Found::default();
    for (keyring, custodian) in KEYRINGS {
        for difference in differences(&admin, custodian, true) {
            assert!(difference.repaired, "{difference:?}");
            match difference.kind() {
                v1::DifferenceKind::Orphan => found.orphans += 1,
                v1::DifferenceKind::Missing => found.missing += 1,
                _ => panic!("{difference:?}"),
            }
        }
        assert_eq!(differences(&admin, custodian, false), []);
        for key in keys(&client, keyring) {
            found.used += use_all(&client, &key);
            let request = v1::DeleteKeyRequest {
                name: key,
                recovery_window: Some(Default::default()),
                ..Default::default()
            };
            send!(client, KeyServiceClient.delete_key(request)).unwrap();
        }
        assert_eq!(differences(&admin, custodian, false), []);
    }
    found
}

fn differences(admin: &Client, custodian: &str, repair: bool) -> Vec<v1::Difference> {
    let request =
        v1::ReconcileCustodianRequest { custodian: custodian.into(), repair, kinds: Vec::new() };
    let mut found = Vec::new();
    let open = |transport| {
        let request = request.clone();
        async move { CustodianServiceClient::new(transport).reconcile_custodian(request).await }
    };
    let told = admin.stream(open, |message: v1::ReconcileCustodianResponse| {
        if let Some(Event::Difference(difference)) = message.event {
            found.push(difference);
        }
        ControlFlow::Continue(())
    });
    told.unwrap();
    found
}

fn keys(client: &Client, keyring: &str) -> Vec<String> {
    let mut names = Vec::new();
    let mut page_token = String::new();
    loop {
        let request =
            v1::ListKeysRequest { parent: keyring.into(), page_token, ..Default::default() };
        let page = send!(client, KeyServiceClient.list_keys(request)).unwrap();
        names.extend(page.keys.into_iter().map(|key| key.name));
        if page.next_page_token.is_empty() {
            return names;
        }
        page_token = page.next_page_token;
    }
}

/// Signs by every version that is enabled; how many there are.
fn use_all(client: &Client, key: &str) -> usize {
    let request = v1::ListKeyVersionsRequest { parent: key.into(), ..Default::default() };
    let versions = send!(client, KeyServiceClient.list_key_versions(request)).unwrap().versions;
    let enabled = versions.iter().filter(|version| version.state() == v1::KeyVersionState::Enabled);
    enabled
        .map(|version| {
            let mut scheme = v1::SignatureScheme::default();
            scheme.set_type(v1::signature_scheme::Type::Ecdsa);
            let request = v1::SignRequest {
                name: version.name.clone(),
                scheme: Some(scheme),
                input: vec![7; 32],
                ..Default::default()
            };
            send!(client, CryptoServiceClient.sign(request)).unwrap();
        })
        .count()
}
