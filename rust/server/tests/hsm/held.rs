//! What the token holds, beside what the server knows: keys of others, orphans, and what is missing.

use supacrypt_core::Reason;
use supacrypt_proto::v1::{
    self, DifferenceKind, KeySpec, custodian_service_client::CustodianServiceClient,
    keyring_service_client::KeyringServiceClient,
};
use supacrypt_server::Server;
use tonic::Status;

use crate::common::{ADMIN, APP, Backend, error, reason, sign};
use crate::done;
use crate::elsewhere::{Keyring, differences};
use crate::token::{LABEL, Token};

const KEYRING: Keyring = Keyring("held");

pub(crate) async fn all(token: &Token) {
    let backend = Backend::start_with(&token.lines()).await;
    let request = v1::CreateKeyringRequest {
        keyring_id: "held".into(),
        keyring: Some(v1::Keyring {
            grants: vec![v1::Grant { principal: APP.into(), role: v1::Role::Admin.into() }],
            custodian: "hsm".into(),
            ..Default::default()
        }),
        ..Default::default()
    };
    let mut keyrings = KeyringServiceClient::new(backend.channel(ADMIN).await);
    keyrings.create_keyring(request).await.unwrap();
    listed(&backend).await;
    done("custodians_are_listed_for_administrators");
    adopted(&backend, token).await;
    done("a_key_of_others_is_adopted_and_left_where_it_is");
    reconciled(&backend, token).await;
    done("orphans_and_missing_keys_are_found_and_repaired");
    backend.end().await;
    sealed(token).await;
    done("a_store_is_sealed_by_a_key_of_the_token");
}

async fn listed(backend: &Backend) {
    let list = async |principal| {
        let mut custodians = CustodianServiceClient::new(backend.channel(principal).await);
        Ok::<_, Status>(
            custodians.list_custodians(v1::ListCustodiansRequest {}).await?.into_inner(),
        )
    };
    let found = list(ADMIN).await.unwrap().custodians;
    let names: Vec<_> = found.iter().map(|custodian| custodian.name.as_str()).collect();
    assert_eq!(names, ["software", "hsm"]);
    assert!(found[0].endpoints.is_empty());
    assert_eq!(found[1].endpoints[0].name, LABEL);
    assert!(found.iter().all(|custodian| custodian.problem.is_none()));
    assert_eq!(reason(&list(APP).await.unwrap_err()), Reason::RoleInsufficient);
    let metrics = backend.metrics().await;
    let calls = format!("custodian=\"hsm\",endpoint=\"{LABEL}\",outcome=\"succeeded\"}} ");
    assert!(metrics.contains(&calls), "{metrics}");
}

async fn adopted(backend: &Backend, token: &Token) {
    let before = token.objects().len();
    token.make_pair("of others");
    let mut keys = backend.keys(ADMIN).await;
    let key = KEYRING.adopt(&mut keys, "theirs", "of others").await.unwrap();
    assert_eq!(key.spec(), KeySpec::EcP256);
    // It may sign and not derive.
    let mut usages: Vec<_> = key.usages().collect();
    usages.sort();
    assert_eq!(usages, [v1::KeyUsage::Sign, v1::KeyUsage::Verify]);
    assert_eq!(key.primary.unwrap().origin(), v1::Origin::Adopted);
    let signed = backend.crypto(APP).await.sign(sign(&key.name)).await.unwrap().into_inner();
    assert_eq!(signed.signature.len(), 64);

    // What is in the token may be anybody's: the keyring's own administrator does not reach for it.
    let refused =
        KEYRING.adopt(&mut backend.keys(APP).await, "mine", "of others").await.unwrap_err();
    assert_eq!(reason(&refused), Reason::RoleInsufficient);
    let unknown = KEYRING.adopt(&mut keys, "other", "of nobody").await.unwrap_err();
    assert_eq!(reason(&unknown), Reason::KeyNotFound);
    token.make_pair("of others");
    let several = KEYRING.adopt(&mut keys, "other", "of others").await.unwrap_err();
    assert!(error(&several).message().contains("several"), "{several}");

    let request = v1::DeleteKeyRequest {
        name: key.name,
        recovery_window: Some(prost_types::Duration::default()),
        ..Default::default()
    };
    keys.delete_key(request).await.unwrap();
    assert_eq!(token.objects().len(), before + 4);
    token.destroy("of others");
}

async fn reconciled(backend: &Backend, token: &Token) {
    let mut keys = backend.keys(ADMIN).await;
    // Other stores have keys there, too.
    let others = token.labels();
    for id in ["first", "second"] {
        let request = v1::CreateKeyRequest {
            parent: "keyrings/held".into(),
            key_id: id.into(),
            key: Some(v1::Key { spec: KeySpec::EcP256.into(), ..Default::default() }),
            ..Default::default()
        };
        keys.create_key(request).await.unwrap();
    }
    assert_eq!(differences(backend, "hsm", false).await, (vec![], (2, 2)));

    // What a server leaves that is killed before it remembers a key; and a key of another store.
    let ours = token.labels().into_iter().find(|label| !others.contains(label)).unwrap();
    let (prefix, first) = ours.split_once('/').unwrap();
    token.make_pair_with_id(&format!("{prefix}/orphan"), b"orphan");
    token.make_pair_with_id("supacrypt another/uid", b"another");
    token.destroy(&format!("{prefix}/{first}"));
    let (found, _) = differences(backend, "hsm", false).await;
    assert_eq!(found[0], (DifferenceKind::Orphan, "orphan".into(), false));
    let (DifferenceKind::Missing, missing, false) = &found[1] else { panic!("{found:?}") };
    assert_eq!(found.len(), 2);

    let (repaired, _) = differences(backend, "hsm", true).await;
    assert!(repaired.iter().all(|(_, _, repaired)| *repaired), "{repaired:?}");
    assert_eq!(differences(backend, "hsm", false).await, (vec![], (1, 1)));
    let mut request = v1::GetKeyVersionRequest::default();
    request.name.clone_from(missing);
    let version = keys.get_key_version(request).await.unwrap().into_inner();
    assert_eq!(version.state(), v1::KeyVersionState::Destroyed);
    assert!(token.labels().iter().any(|label| label == "supacrypt another/uid"));
    let recorded = backend.audit().await;
    let repairs = recorded.iter().filter(|entry| entry.action == "RepairKeyVersion").count();
    assert_eq!(repairs, 2);
    token.destroy("supacrypt another/uid");
}

async fn sealed(token: &Token) {
    token.make_secret("store seal");
    let seal = "[seal]\ntype = \"custodian\"\ncustodian = \"hsm\"\nkey = \"store seal\"\n";
    let mut backend = Backend::start_with(&format!("{}{seal}", token.lines())).await;
    assert!(!backend.data_dir().join("seal.key").exists());
    let name = backend.make_key("app", KeySpec::EcP256).await;
    backend.begin_shutdown();
    backend.ended().await;
    backend.restart().await;
    backend.crypto(APP).await.sign(sign(&name)).await.unwrap();

    // Keys that are open need no seal.
    token.destroy("store seal");
    backend.crypto(APP).await.sign(sign(&name)).await.unwrap();
    backend.begin_shutdown();
    backend.ended().await;
    let error = Server::build(backend.config()).await.err().unwrap();
    assert_eq!(error.reason(), Reason::Configuration, "{error}");
    assert!(error.message().contains("store seal"), "{error}");
}
