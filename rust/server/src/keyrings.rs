//! Keyrings: making, changing and finding them, and who may do what in them.

use std::sync::Arc;

use arc_swap::ArcSwap;
use supacrypt_core::{KeyringName, Principal, Result, Role};
use tokio::sync::Mutex;

use crate::authz::Grants;
use crate::custody::SOFTWARE;
use crate::store::{self, KeyringRecord, Page, PageQuery, RequestId, Store};

/// The keyrings of a store.
pub struct Keyrings {
    store: Arc<Store>,
    /// Read at every operation without a lock, replaced as a whole at every change.
    grants: Arc<ArcSwap<Grants>>,
    /// Taken to refresh `grants`, so that an older reading never replaces a newer one.
    refresh: Mutex<()>,
}

/// What a new keyring shall be.
#[derive(Clone, Debug)]
pub struct NewKeyring {
    /// Text for people.
    pub display_name: String,
    /// What holds its keys, for good; one that the server has.
    pub custodian: String,
    /// Who may do what.
    pub grants: Vec<(Principal, Role)>,
}

impl Default for NewKeyring {
    fn default() -> Self {
        NewKeyring {
            display_name: String::new(),
            custodian: SOFTWARE.to_owned(),
            grants: Vec::new(),
        }
    }
}

/// What changes in a keyring; `None` leaves a field as it is.
#[derive(Clone, Debug, Default)]
pub struct KeyringChange {
    /// Text for people.
    pub display_name: Option<String>,
    /// All grants, replacing those before.
    pub grants: Option<Vec<(Principal, Role)>>,
}

impl Keyrings {
    /// Reads the grants of `store`.
    ///
    /// # Errors
    /// [`Reason::StoreUnavailable`].
    pub async fn open(store: Arc<Store>) -> Result<Self> {
        let keyrings = Keyrings { store, grants: Arc::default(), refresh: Mutex::new(()) };
        keyrings.refresh().await?;
        Ok(keyrings)
    }

    /// The grants in force, as they change.
    pub fn grants(&self) -> Arc<ArcSwap<Grants>> {
        Arc::clone(&self.grants)
    }

    /// Makes a keyring.
    ///
    /// # Errors
    /// [`Reason::AlreadyExists`], [`Reason::RequestIdReused`].
    pub async fn create(
        &self,
        name: KeyringName,
        new: NewKeyring,
        request: Option<RequestId>,
    ) -> Result<KeyringRecord> {
        let mut write = self.store.write().await?;
        if let Some(request) = &request
            && let Some(made) = store::requests::find(&mut write, request).await?
        {
            return store::keyrings::get(&mut write, &made.parse()?).await;
        }
        let now = store::now();
        let mut keyring = KeyringRecord {
            display_name: new.display_name,
            custodian: new.custodian,
            grants: new.grants,
            etag: store::new_etag()?,
            create_time: now,
            update_time: now,
            pin_tries_left: None,
            name,
        };
        sort(&mut keyring.grants);
        store::keyrings::insert(&mut write, &keyring).await?;
        if let Some(request) = &request {
            store::requests::insert(&mut write, request, &keyring.name.to_string()).await?;
        }
        store::commit(write).await?;
        self.refresh().await?;
        Ok(keyring)
    }

    /// Reads one keyring.
    ///
    /// # Errors
    /// [`Reason::KeyringNotFound`].
    pub async fn get(&self, name: &KeyringName) -> Result<KeyringRecord> {
        let mut read = self.store.read().await?;
        store::keyrings::get(&mut read, name).await
    }

    /// Reads a page of keyrings: all, or those where `principal` has a role.
    ///
    /// # Errors
    /// [`Reason::StoreUnavailable`].
    pub async fn list(
        &self,
        principal: Option<&Principal>,
        page: &PageQuery,
    ) -> Result<Page<KeyringRecord>> {
        let mut read = self.store.read().await?;
        store::keyrings::list(&mut read, principal, page).await
    }

    /// Changes a keyring. A non-empty `etag` must be the current one.
    ///
    /// # Errors
    /// [`Reason::KeyringNotFound`], [`Reason::EtagMismatch`].
    pub async fn update(
        &self,
        name: &KeyringName,
        change: KeyringChange,
        etag: &str,
    ) -> Result<KeyringRecord> {
        let mut write = self.store.write().await?;
        let mut keyring = store::keyrings::get(&mut write, name).await?;
        store::check_etag(name, &keyring.etag, etag)?;
        if let Some(display_name) = change.display_name {
            keyring.display_name = display_name;
        }
        if let Some(mut grants) = change.grants {
            sort(&mut grants);
            keyring.grants = grants;
        }
        keyring.etag = store::new_etag()?;
        keyring.update_time = store::now();
        store::keyrings::update(&mut write, &keyring).await?;
        store::commit(write).await?;
        self.refresh().await?;
        Ok(keyring)
    }

    /// Removes an empty keyring. A non-empty `etag` must be the current one.
    ///
    /// # Errors
    /// [`Reason::KeyringNotFound`], [`Reason::KeyringNotEmpty`], [`Reason::EtagMismatch`].
    pub async fn delete(&self, name: &KeyringName, etag: &str) -> Result<()> {
        let mut write = self.store.write().await?;
        let keyring = store::keyrings::get(&mut write, name).await?;
        store::check_etag(name, &keyring.etag, etag)?;
        store::keyrings::delete(&mut write, name).await?;
        store::commit(write).await?;
        self.refresh().await
    }

    async fn refresh(&self) -> Result<()> {
        let _only_one = self.refresh.lock().await;
        let mut read = self.store.read().await?;
        let mut grants = Grants::default();
        for (keyring, granted) in store::keyrings::all_grants(&mut read).await? {
            grants.insert(keyring, granted);
        }
        self.grants.store(Arc::new(grants));
        Ok(())
    }
}

/// The order in which the store gives grants back.
fn sort(grants: &mut [(Principal, Role)]) {
    grants.sort_by(|(one, _), (other, _)| one.cmp(other));
}

#[cfg(test)]
mod tests {
    use supacrypt_core::Reason;

    use super::*;

    async fn keyrings(dir: &tempfile::TempDir) -> Keyrings {
        Keyrings::open(Arc::new(Store::open(dir.path()).await.unwrap())).await.unwrap()
    }

    fn grant(principal: &str, role: Role) -> Vec<(Principal, Role)> {
        vec![(Principal::new(principal), role)]
    }

    fn new(display_name: &str, grants: Vec<(Principal, Role)>) -> NewKeyring {
        NewKeyring { display_name: display_name.into(), grants, ..NewKeyring::default() }
    }

    fn role(keyrings: &Keyrings, principal: &Principal, keyring: &str) -> Option<Role> {
        keyrings.grants().load().role(&keyring.parse().unwrap(), principal)
    }

    #[tokio::test]
    async fn grants_hold_at_once_and_survive_a_restart() {
        let dir = tempfile::tempdir().unwrap();
        let app = Principal::new("app");
        {
            let keyrings = keyrings(&dir).await;
            let name: KeyringName = "keyrings/dev".parse().unwrap();
            keyrings
                .create(name.clone(), new("Dev", grant("app", Role::User)), None)
                .await
                .unwrap();
            assert_eq!(role(&keyrings, &app, "dev"), Some(Role::User));
            let change =
                KeyringChange { grants: Some(grant("app", Role::Admin)), ..Default::default() };
            keyrings.update(&name, change, "").await.unwrap();
        }
        let keyrings = keyrings(&dir).await;
        assert_eq!(role(&keyrings, &app, "dev"), Some(Role::Admin));
        assert_eq!(role(&keyrings, &app, "prod"), None);
    }

    #[tokio::test]
    async fn an_old_etag_changes_nothing() {
        let dir = tempfile::tempdir().unwrap();
        let keyrings = keyrings(&dir).await;
        let name: KeyringName = "keyrings/dev".parse().unwrap();
        let first = keyrings.create(name.clone(), new("a", Vec::new()), None).await.unwrap();
        let to = |text: &str| KeyringChange { display_name: Some(text.into()), grants: None };
        keyrings.update(&name, to("b"), &first.etag).await.unwrap();
        let error = keyrings.update(&name, to("c"), &first.etag).await.unwrap_err();
        assert_eq!(error.reason(), Reason::EtagMismatch);
        assert_eq!(keyrings.get(&name).await.unwrap().display_name, "b");
    }

    #[tokio::test]
    async fn a_principal_lists_its_own_keyrings_page_by_page() {
        let dir = tempfile::tempdir().unwrap();
        let keyrings = keyrings(&dir).await;
        for id in ["a", "b", "c", "d"] {
            let grants = if id == "b" { Vec::new() } else { grant("app", Role::User) };
            let name = format!("keyrings/{id}").parse().unwrap();
            keyrings.create(name, new("", grants), None).await.unwrap();
        }
        let app = Principal::new("app");
        let ids = |page: &Page<KeyringRecord>| -> Vec<String> {
            page.items.iter().map(|keyring| keyring.name.keyring().to_string()).collect()
        };
        let first =
            keyrings.list(Some(&app), &PageQuery::new(b"app", 2, "").unwrap()).await.unwrap();
        assert_eq!(ids(&first), ["a", "c"]);
        assert_eq!(first.items[1].grants, grant("app", Role::User));
        let rest = PageQuery::new(b"app", 2, &first.next_page_token).unwrap();
        let second = keyrings.list(Some(&app), &rest).await.unwrap();
        assert_eq!((ids(&second), second.next_page_token.as_str()), (vec!["d".to_owned()], ""));
    }

    #[tokio::test]
    async fn a_retry_makes_nothing_twice_and_another_request_is_told() {
        let dir = tempfile::tempdir().unwrap();
        let keyrings = keyrings(&dir).await;
        let request = |fingerprint: u8| {
            Some(RequestId {
                principal: Principal::new("admin"),
                id: "1".into(),
                fingerprint: vec![fingerprint],
            })
        };
        let name: KeyringName = "keyrings/dev".parse().unwrap();
        let first = keyrings.create(name.clone(), new("x", Vec::new()), request(1)).await.unwrap();
        let again = keyrings.create(name.clone(), new("x", Vec::new()), request(1)).await.unwrap();
        assert_eq!(first, again);
        let error = keyrings.create(name, new("y", Vec::new()), request(2)).await.unwrap_err();
        assert_eq!(error.reason(), Reason::RequestIdReused);
    }
}
