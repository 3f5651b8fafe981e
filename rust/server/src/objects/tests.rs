//! The life of objects, on a real store.

use std::sync::Arc;

use supacrypt_core::{KeyringName, Principal, Reason};
use supacrypt_crypto::envelope::EnvelopeKey;
use zeroize::Zeroizing;

use super::{DataChange, NewContent, NewObject, ObjectChange, Objects};
use crate::{
    data_keys::DataKeys,
    keyrings::{Keyrings, NewKeyring},
    store::{DataRecord, ObjectContent, ObjectFilter, ObjectRecord, PageQuery, RequestId, Store},
    watch::{Change, Watchers},
};

struct Fixture {
    objects: Objects,
    store: Arc<Store>,
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
    let watchers = Arc::<Watchers>::default();
    let keys = Arc::new(DataKeys::from(EnvelopeKey::generate().unwrap()));
    let objects = Objects::new(Arc::clone(&store), keys, Arc::clone(&watchers));
    Fixture { objects, store, keyring, watchers, _dir: dir }
}

impl Fixture {
    fn data(&self, id: &str, value: &[u8]) -> NewObject {
        NewObject {
            keyring: self.keyring.clone(),
            id: Some(id.parse().unwrap()),
            label: id.into(),
            object_id: Vec::new(),
            content: NewContent::Data(DataRecord {
                application: "app".into(),
                oid: Vec::new(),
                value: Zeroizing::new(value.to_vec()),
            }),
            private: true,
            modifiable: true,
            copyable: true,
            destroyable: true,
        }
    }

    async fn create(&self, id: &str, value: &[u8]) -> ObjectRecord {
        self.objects.create(self.data(id, value), None).await.unwrap()
    }
}

fn value(object: &ObjectRecord) -> &[u8] {
    match &object.content {
        ObjectContent::Data(data) => &data.value,
        ObjectContent::Certificate(_) => panic!("a certificate"),
    }
}

fn new_value(value: &[u8]) -> ObjectChange {
    let value = Some(Zeroizing::new(value.to_vec()));
    ObjectChange { data: DataChange { value, ..Default::default() }, ..Default::default() }
}

#[tokio::test]
async fn data_is_sealed_at_rest_and_opens_for_its_own_object_only() {
    let fixture = fixture().await;
    let one = fixture.create("one", b"the secret").await;
    let two = fixture.create("two", b"another").await;
    fixture.objects.update(&two.name, new_value(b"the secret"), "").await.unwrap();
    assert_eq!(value(&fixture.objects.get(&two.name).await.unwrap()), b"the secret");

    let mut write = fixture.store.write().await.unwrap();
    let stored: Vec<Vec<u8>> =
        sqlx::query_scalar("SELECT content FROM objects").fetch_all(&mut *write).await.unwrap();
    assert_eq!(stored.len(), 2);
    let plain = |content: &Vec<u8>| content.windows(10).any(|window| window == b"the secret");
    assert!(!stored.iter().any(plain));

    let swap = "UPDATE objects SET content = (SELECT content FROM objects WHERE id = 'two')";
    sqlx::query(swap).execute(&mut *write).await.unwrap();
    write.commit().await.unwrap();
    assert!(fixture.objects.get(&two.name).await.is_ok());
    let error = fixture.objects.get(&one.name).await.unwrap_err();
    assert_eq!(error.reason(), Reason::SealUnavailable);
}

#[tokio::test]
async fn every_change_reaches_the_watchers_and_a_refused_one_does_not() {
    let fixture = fixture().await;
    let mut watcher = fixture.watchers.watch(&fixture.keyring);
    let object = fixture.create("o", b"1").await;
    fixture.objects.update(&object.name, new_value(b"2"), &object.etag).await.unwrap();
    let error = fixture.objects.delete(&object.name, &object.etag).await.unwrap_err();
    assert_eq!(error.reason(), Reason::EtagMismatch);
    fixture.objects.delete(&object.name, "").await.unwrap();
    let told = Change::Object(object.name.to_string().into());
    for _ in 0..3 {
        assert_eq!(watcher.try_recv().unwrap(), told);
    }
    assert!(watcher.try_recv().is_err());
    assert_eq!(
        fixture.objects.get(&object.name).await.unwrap_err().reason(),
        Reason::ObjectNotFound
    );
}

#[tokio::test]
async fn twins_in_flight_make_one_object() {
    let fixture = fixture().await;
    let request = |fingerprint: u8| {
        let principal = Principal::new("app");
        Some(RequestId { principal, id: "1".into(), fingerprint: vec![fingerprint] })
    };
    let new = || NewObject { id: None, ..fixture.data("x", b"1") };
    let create = || fixture.objects.create(new(), request(1));
    let (one, two) = tokio::join!(create(), create());
    assert_eq!(one.unwrap(), two.unwrap());
    let error = fixture.objects.create(new(), request(2)).await.unwrap_err();
    assert_eq!(error.reason(), Reason::RequestIdReused);
    let page = PageQuery::new(b"", 10, "").unwrap();
    let all = fixture.objects.list(&fixture.keyring, &ObjectFilter::default(), &page).await;
    assert_eq!(all.unwrap().items.len(), 1);
}

#[tokio::test]
async fn a_page_ends_before_it_is_too_long_for_a_message() {
    let fixture = fixture().await;
    for number in 0..20 {
        fixture.create(&format!("o{number:02}"), &[7; 64 * 1024]).await;
    }
    let (mut seen, mut pages, mut token) = (Vec::new(), 0, String::new());
    loop {
        let page = PageQuery::new(b"all", 1000, &token).unwrap();
        let filter = ObjectFilter::default();
        let found = fixture.objects.list(&fixture.keyring, &filter, &page).await.unwrap();
        assert!(found.items.len() <= 16, "{}", found.items.len());
        seen.extend(found.items.into_iter().map(|object| object.label));
        pages += 1;
        token = found.next_page_token;
        if token.is_empty() {
            break;
        }
    }
    let expected: Vec<String> = (0..20).map(|number| format!("o{number:02}")).collect();
    assert_eq!((seen, pages), (expected, 2));
}
