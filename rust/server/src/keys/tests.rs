//! The life of keys, on a real store with the software custodian.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use supacrypt_core::{
    Algorithm, AlgorithmSet, KeyAttributes, KeyAttributesChange, KeyFlags, KeyName, KeySpec,
    KeyUsages, KeyVersionState, KeyringName, Operation, Principal, Reason, SignatureScheme,
};
use supacrypt_crypto::{Key, envelope::EnvelopeKey, generate};

use super::{KeyChange, Keys, NewKey};
use crate::{
    custody::{CryptoOutput, CryptoRequest, Custodians, SoftwareCustodian},
    data_keys::DataKeys,
    keyrings::{Keyrings, NewKeyring},
    store::{KeyFilter, PageQuery, RequestId, Store},
    watch::{Change, Watchers},
};

const ECDSA: Algorithm = Algorithm::Signature(SignatureScheme::Ecdsa);

struct Fixture {
    keys: Keys,
    keyring: KeyringName,
    watchers: Arc<Watchers>,
    _dir: tempfile::TempDir,
}

async fn fixture() -> Fixture {
    let dir = tempfile::tempdir().unwrap();
    let store = Arc::new(Store::open(dir.path()).await.unwrap());
    let keyring: KeyringName = "keyrings/dev".parse().unwrap();
    let keyrings = Keyrings::open(Arc::clone(&store)).await.unwrap();
    keyrings.create(keyring.clone(), NewKeyring::default(), None).await.unwrap();
    let custodian = SoftwareCustodian::new(DataKeys::from(EnvelopeKey::generate().unwrap()));
    let watchers = Arc::<Watchers>::default();
    let keys = Keys::new(
        store,
        Arc::new(Custodians::new(vec![Arc::new(custodian)])),
        100,
        Arc::clone(&watchers),
    );
    Fixture { keys, keyring, watchers, _dir: dir }
}

impl Fixture {
    fn new_key(&self, label: &str) -> NewKey {
        NewKey {
            keyring: self.keyring.clone(),
            id: None,
            label: label.into(),
            object_id: Vec::new(),
            spec: KeySpec::EcP256,
            usages: KeyUsages::empty(),
            secret_length: None,
            attributes: KeyAttributes::default(),
            annotations: BTreeMap::new(),
        }
    }

    async fn create(&self, label: &str) -> KeyName {
        self.keys.create(self.new_key(label), None).await.unwrap().name
    }

    async fn sign(&self, name: &str) -> Result<(), Reason> {
        let version = self.keys.usable(name).await.map_err(|error| error.reason())?;
        let request =
            CryptoRequest::Sign { scheme: SignatureScheme::Ecdsa, context: &[], input: &[1; 32] };
        match version.handle.perform(request).await.unwrap() {
            CryptoOutput::Bytes(signature) => assert_eq!(signature.len(), 64),
            CryptoOutput::Valid(_) => panic!("not a signature"),
        }
        Ok(())
    }
}

fn request(id: &str, fingerprint: u8) -> Option<RequestId> {
    let principal = Principal::new("app");
    Some(RequestId { principal, id: id.into(), fingerprint: vec![fingerprint] })
}

#[tokio::test]
async fn a_key_is_used_by_its_name_and_by_its_versions() {
    let fixture = fixture().await;
    let key = fixture.create("Release signing, 2026!").await;
    assert!(key.key().as_str().starts_with("release-signing-2026-"), "{key}");
    assert_eq!(fixture.sign(&key.to_string()).await, Ok(()));
    assert_eq!(fixture.sign(&key.version(1).to_string()).await, Ok(()));
    assert_eq!(fixture.sign(&key.version(2).to_string()).await, Err(Reason::KeyVersionNotFound));
    assert_eq!(fixture.sign("keyrings/dev/keys/none").await, Err(Reason::KeyNotFound));
}

#[tokio::test]
async fn rotation_takes_effect_at_once_and_leaves_the_old_version_usable() {
    let fixture = fixture().await;
    let key = fixture.create("k").await;
    let name = key.to_string();
    let old = fixture.keys.usable(&name).await.unwrap();
    fixture.keys.create_version(&key, None).await.unwrap();
    let new = fixture.keys.usable(&name).await.unwrap();
    assert_eq!(
        (&*old.name, &*new.name),
        (&*format!("{name}/versions/1"), &*format!("{name}/versions/2"))
    );
    assert_eq!(fixture.sign(&old.name).await, Ok(()));
    let page = PageQuery::new(b"", 10, "").unwrap();
    let versions = fixture.keys.list_versions(&key, &page).await.unwrap().items;
    let numbers: Vec<u32> = versions.iter().map(|version| version.name.number()).collect();
    assert_eq!(numbers, [2, 1]);
}

#[tokio::test]
async fn a_disabled_version_performs_nothing_until_it_is_enabled() {
    let fixture = fixture().await;
    let version = fixture.create("k").await.version(1);
    let name = version.to_string();
    assert_eq!(fixture.sign(&name).await, Ok(()));
    fixture.keys.set_enabled(&version, false).await.unwrap();
    assert_eq!(fixture.sign(&name).await, Err(Reason::KeyVersionDisabled));
    fixture.keys.set_enabled(&version, true).await.unwrap();
    assert_eq!(fixture.sign(&name).await, Ok(()));
}

#[tokio::test]
async fn destruction_is_final_and_erases_the_reference() {
    let fixture = fixture().await;
    let version = fixture.create("k").await.version(1);
    fixture.keys.destroy_version(&version).await.unwrap();
    assert_eq!(fixture.sign(&version.to_string()).await, Err(Reason::KeyVersionDestroyed));
    let stored = fixture.keys.get_version(&version).await.unwrap();
    assert!(stored.reference.is_none());
    assert!(stored.version.public_key.is_some());
    let error = fixture.keys.set_enabled(&version, true).await.unwrap_err();
    assert_eq!(error.reason(), Reason::KeyVersionDestroyed);
    let again = fixture.keys.destroy_version(&version).await.unwrap();
    assert_eq!(again.state, KeyVersionState::Destroyed);
}

#[tokio::test]
async fn a_deleted_key_can_be_taken_back_until_it_is_purged() {
    let fixture = fixture().await;
    let key = fixture.create("k").await;
    let name = key.to_string();
    fixture.sign(&name).await.unwrap();
    fixture.keys.delete(&key, Duration::from_secs(3600), "").await.unwrap();
    assert_eq!(fixture.sign(&name).await, Err(Reason::KeyDeleted));
    assert_eq!(fixture.keys.purge_due().await.unwrap(), 0);
    fixture.keys.undelete(&key).await.unwrap();
    assert_eq!(fixture.sign(&name).await, Ok(()));
    fixture.keys.delete(&key, Duration::ZERO, "").await.unwrap();
    assert_eq!(fixture.sign(&name).await, Err(Reason::KeyNotFound));
    assert_eq!(fixture.keys.undelete(&key).await.unwrap_err().reason(), Reason::KeyNotFound);
}

#[tokio::test]
async fn the_end_of_the_recovery_window_purges() {
    let fixture = fixture().await;
    let key = fixture.create("k").await;
    fixture.keys.delete(&key, Duration::from_micros(1), "").await.unwrap();
    tokio::time::sleep(Duration::from_millis(2)).await;
    assert_eq!(fixture.keys.purge_due().await.unwrap(), 1);
    assert_eq!(fixture.keys.get(&key).await.unwrap_err().reason(), Reason::KeyNotFound);
}

#[tokio::test]
async fn a_custodian_that_is_not_there_holds_up_no_keys_but_its_own() {
    let fixture = fixture().await;
    let held = fixture.create("held").await;
    let spec = KeySpec::EcP256;
    let public = Key::load(spec, &generate(spec).unwrap()).unwrap();
    let mut new = fixture.new_key("free");
    new.attributes.flags |= KeyFlags::PUBLIC_ONLY;
    let der = public.public_key().unwrap().spki_der();
    let free = fixture.keys.import(new, der, None).await.unwrap().name;
    for key in [&held, &free] {
        fixture.keys.delete(key, Duration::from_micros(1), "").await.unwrap();
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    let custodians = Arc::new(Custodians::new(Vec::new()));
    let store = Arc::clone(&fixture.keys.store);
    let keys = Keys::new(store, custodians, 100, Arc::clone(&fixture.watchers));
    assert_eq!(keys.purge_due().await.unwrap_err().reason(), Reason::CustodianUnavailable);
    assert!(keys.get(&held).await.is_ok());
    assert_eq!(keys.get(&free).await.unwrap_err().reason(), Reason::KeyNotFound);
    assert_eq!(fixture.keys.purge_due().await, Ok(1));
}

#[tokio::test]
async fn a_retry_answers_what_the_first_did() {
    let fixture = fixture().await;
    let first = fixture.keys.create(fixture.new_key("k"), request("1", 1)).await.unwrap();
    let again = fixture.keys.create(fixture.new_key("k"), request("1", 1)).await.unwrap();
    assert_eq!(first, again);
    let error = fixture.keys.create(fixture.new_key("x"), request("1", 2)).await.unwrap_err();
    assert_eq!(error.reason(), Reason::RequestIdReused);

    let one = fixture.keys.create_version(&first.name, request("2", 1)).await.unwrap();
    let two = fixture.keys.create_version(&first.name, request("2", 1)).await.unwrap();
    assert_eq!(one, two);
}

#[tokio::test]
async fn twins_in_flight_make_one_key() {
    let fixture = fixture().await;
    let create = || fixture.keys.create(fixture.new_key("k"), request("1", 1));
    let (one, two) = tokio::join!(create(), create());
    assert_eq!(one.unwrap().name, two.unwrap().name);
    let page = PageQuery::new(b"", 10, "").unwrap();
    let all = fixture.keys.list(&fixture.keyring, &KeyFilter::default(), &page).await.unwrap();
    assert_eq!(all.items.len(), 1);
}

#[tokio::test]
async fn changes_need_the_current_etag_and_reach_the_watchers() {
    let fixture = fixture().await;
    let key = fixture.keys.create(fixture.new_key("k"), None).await.unwrap();
    let mut watcher = fixture.watchers.watch(&fixture.keyring);
    let change = || KeyChange { label: Some("new".into()), ..Default::default() };
    let changed = fixture.keys.update(&key.name, change(), &key.etag).await.unwrap();
    assert_eq!(changed.label, "new");
    assert_eq!(watcher.try_recv().unwrap(), Change::Key(key.name.to_string().into()));
    let error = fixture.keys.update(&key.name, change(), &key.etag).await.unwrap_err();
    assert_eq!(error.reason(), Reason::EtagMismatch);
    assert!(watcher.try_recv().is_err());
}

#[tokio::test]
async fn filters_find_by_label_object_id_and_spec() {
    let fixture = fixture().await;
    for (label, object_id, spec) in
        [("a", 1, KeySpec::EcP256), ("a", 2, KeySpec::Aes128), ("b", 2, KeySpec::Aes128)]
    {
        let mut new = fixture.new_key(label);
        (new.object_id, new.spec) = (vec![object_id], spec);
        fixture.keys.create(new, None).await.unwrap();
    }
    let count = async |filter: KeyFilter| {
        let page = PageQuery::new(b"", 10, "").unwrap();
        fixture.keys.list(&fixture.keyring, &filter, &page).await.unwrap().items.len()
    };
    let label = |label: &str| KeyFilter { label: Some(label.into()), ..Default::default() };
    assert_eq!(count(label("a")).await, 2);
    assert_eq!(count(KeyFilter { object_id: Some(vec![2]), ..label("a") }).await, 1);
    assert_eq!(count(KeyFilter { specs: vec![KeySpec::Aes128], ..Default::default() }).await, 2);
    assert_eq!(count(label("c")).await, 0);
}

#[tokio::test]
async fn usages_are_kept_and_enforced() {
    let fixture = fixture().await;
    let mut new = fixture.new_key("verify only");
    new.usages = KeyUsages::VERIFY;
    let key = fixture.keys.create(new, None).await.unwrap();
    let version = fixture.keys.usable(&key.name.to_string()).await.unwrap();
    assert!(version.check_use(Operation::Verify, ECDSA).is_ok());
    let error = version.check_use(Operation::Sign, ECDSA).unwrap_err();
    assert_eq!(error.reason(), Reason::UsageNotPermitted);

    let mut new = fixture.new_key("impossible");
    new.usages = KeyUsages::DECRYPT;
    let error = fixture.keys.create(new, None).await.unwrap_err();
    assert_eq!(error.field(), Some("key.usages"));
}

#[tokio::test]
async fn algorithms_are_kept_and_enforced() {
    let fixture = fixture().await;
    let mut new = fixture.new_key("k");
    new.attributes.allowed = AlgorithmSet::from_names(["ecdsa"]).unwrap();
    new.attributes.mechanisms = vec![0x1044, u32::MAX];
    let made = fixture.keys.create(new, None).await.unwrap();
    let mut expected = made.attributes.clone();
    assert_eq!(fixture.keys.get(&made.name).await.unwrap().attributes, expected);
    let name = made.name.to_string();
    let version = fixture.keys.usable(&name).await.unwrap();
    assert_eq!(version.check_use(Operation::Sign, ECDSA), Ok(()));
    let raw = Algorithm::Signature(SignatureScheme::RsaRaw);
    let error = version.check_use(Operation::Sign, raw).unwrap_err();
    assert_eq!(error.reason(), Reason::AlgorithmNotPermitted);

    // A change of something else leaves them, and so does another version.
    let taken = KeyFlags::COPYABLE;
    let attributes = KeyAttributesChange { taken, ..Default::default() };
    let change = KeyChange { attributes, ..Default::default() };
    expected.flags.remove(taken);
    let changed = fixture.keys.update(&made.name, change, "").await.unwrap();
    assert_eq!(changed.attributes, expected);
    fixture.keys.create_version(&made.name, None).await.unwrap();
    let version = fixture.keys.usable(&name).await.unwrap();
    assert!(version.name.ends_with("/2") && version.check_use(Operation::Sign, raw).is_err());
}

#[tokio::test]
async fn a_key_signs_in_its_time() {
    let fixture = fixture().await;
    let key = fixture.keys.create(fixture.new_key("k"), None).await.unwrap();
    let name = key.name.to_string();
    assert_eq!(fixture.sign(&name).await, Ok(()));
    let set = async |start: Option<&str>, end: Option<&str>| {
        let date = |text: Option<&str>| Some(text.map(|text| text.parse().unwrap()));
        let attributes = KeyAttributesChange {
            start_date: date(start),
            end_date: date(end),
            ..Default::default()
        };
        let change = KeyChange { attributes, ..Default::default() };
        fixture.keys.update(&key.name, change, "").await.unwrap();
        fixture.keys.usable(&name).await.unwrap()
    };
    let over = set(None, Some("2020-12-31")).await;
    let error = over.check_use(Operation::Sign, ECDSA).unwrap_err();
    assert_eq!(error.reason(), Reason::UsageNotPermitted);
    assert!(error.message().contains("2020-12-31"), "{error}");
    assert!(over.check_use(Operation::Verify, ECDSA).is_ok());
    let early = set(Some("9999-01-01"), None).await;
    assert!(early.check_use(Operation::Verify, ECDSA).is_err());
    let today = set(Some("2020-01-01"), Some("9999-12-31")).await;
    assert!(today.check_use(Operation::Sign, ECDSA).is_ok());
}

#[tokio::test]
async fn attributes_are_kept_and_their_flags_change_in_one_direction() {
    let fixture = fixture().await;
    let mut new = fixture.new_key("k");
    new.attributes.flags |= KeyFlags::EXTRACTABLE | KeyFlags::NEVER_EXTRACTABLE;
    new.attributes.start_date = Some("2026-01-01".parse().unwrap());
    let key = fixture.keys.create(new, None).await.unwrap();
    assert!(!key.attributes.flags.contains(KeyFlags::NEVER_EXTRACTABLE), "the server decides");

    let change = KeyAttributesChange {
        subject: Some(vec![0x30, 0]),
        start_date: None,
        end_date: Some(Some("2027-01-01".parse().unwrap())),
        given: KeyFlags::TRUSTED,
        taken: KeyFlags::EXTRACTABLE,
    };
    let of = |attributes| KeyChange { attributes, ..Default::default() };
    let changed = fixture.keys.update(&key.name, of(change), "").await.unwrap();
    let expected = KeyAttributes {
        subject: vec![0x30, 0],
        start_date: key.attributes.start_date,
        end_date: Some("2027-01-01".parse().unwrap()),
        flags: KeyFlags::default() | KeyFlags::TRUSTED,
        ..KeyAttributes::default()
    };
    assert_eq!(changed.attributes, expected);
    assert_eq!(fixture.keys.get(&key.name).await.unwrap(), changed);
    let back = KeyAttributesChange { given: KeyFlags::EXTRACTABLE, ..Default::default() };
    let error = fixture.keys.update(&key.name, of(back), "").await.unwrap_err();
    assert_eq!(error.reason(), Reason::ObjectImmutable);

    let page = PageQuery::new(b"", 10, "").unwrap();
    let filter = KeyFilter { subject: Some(vec![0x30, 0]), ..Default::default() };
    let found = fixture.keys.list(&fixture.keyring, &filter, &page).await.unwrap();
    assert_eq!(found.items, [changed]);
}

#[tokio::test]
async fn only_a_generated_key_was_never_extractable() {
    let fixture = fixture().await;
    let generated = fixture.keys.create(fixture.new_key("k"), None).await.unwrap();
    assert!(generated.attributes.flags.contains(KeyFlags::NEVER_EXTRACTABLE));
    let new = NewKey { spec: KeySpec::Aes128, ..fixture.new_key("i") };
    let imported = fixture.keys.import(new, &[7; 16], None).await.unwrap();
    assert!(!imported.attributes.flags.contains(KeyFlags::NEVER_EXTRACTABLE));
}

#[tokio::test]
async fn an_unmodifiable_key_stays_as_it_is_and_an_undestroyable_one_stays() {
    let fixture = fixture().await;
    let without = async |flag| {
        let mut new = fixture.new_key("k");
        new.attributes.flags.remove(flag);
        fixture.keys.create(new, None).await.unwrap().name
    };
    let refused = |error: supacrypt_core::Error| {
        assert_eq!(error.reason(), Reason::ObjectImmutable);
    };
    let fixed = without(KeyFlags::MODIFIABLE).await;
    let change = KeyChange { label: Some("new".into()), ..Default::default() };
    refused(fixture.keys.update(&fixed, change, "").await.unwrap_err());
    refused(fixture.keys.create_version(&fixed, None).await.unwrap_err());
    fixture.keys.delete(&fixed, Duration::ZERO, "").await.unwrap();

    let lasting = without(KeyFlags::DESTROYABLE).await;
    refused(fixture.keys.delete(&lasting, Duration::ZERO, "").await.unwrap_err());
    refused(fixture.keys.destroy_version(&lasting.version(1)).await.unwrap_err());
    assert_eq!(fixture.sign(&lasting.to_string()).await, Ok(()));
}
