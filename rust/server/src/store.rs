//! The store: what the server remembers, in SQLite.
//!
//! All SQL of the server is in this module. Each function is one statement or a few that belong
//! together, over a connection; callers compose them inside [`Store::write`] where several changes
//! must happen together or not at all.

pub(crate) mod keyrings;
pub(crate) mod keys;
pub(crate) mod objects;
mod page;
pub(crate) mod pins;
mod records;
pub(crate) mod requests;
pub(crate) mod sealed;
pub(crate) mod versions;
pub(crate) mod wrapping_keys;

use std::{
    fs::{self, File, TryLockError},
    path::Path,
    time::Duration,
};

use sqlx::{
    Sqlite, SqliteConnection, SqlitePool, Transaction,
    migrate::{Migration, MigrationType, Migrator},
    pool::PoolConnection,
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous},
};
use supacrypt_core::{Error, Reason, Result};

pub(crate) use objects::data_context;
pub use objects::{CertificateRecord, DataRecord, ObjectContent, ObjectFilter, ObjectRecord};
pub use page::{Page, PageQuery};
pub use records::{
    HeldVersion, KeyFilter, KeyRecord, KeyVersionRecord, KeyringRecord, StoredReference,
    StoredVersion,
};
pub use requests::RequestId;
pub use wrapping_keys::WrappedKey;

/// Characters of the store's id.
const ID_LENGTH: usize = 16;
/// Longest wait for another writer.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);
/// Readers beside one writer: SQLite in WAL mode lets them run together.
const CONNECTIONS: u32 = 4;

/// The open store.
pub struct Store {
    pool: SqlitePool,
    /// Held as long as the store is open; the operating system lets go of it when the process ends.
    _lock: File,
}

/// A change of the store, in one transaction: done by [`commit`](sqlx::Transaction::commit),
/// undone when dropped.
pub(crate) type Write = Transaction<'static, Sqlite>;

impl Store {
    /// Opens or makes the store in `dir`, and brings its tables up to date.
    ///
    /// # Errors
    /// [`Reason::StoreUnavailable`], also when another process has it open.
    pub async fn open(dir: &Path) -> Result<Store> {
        let shown = dir.display();
        let unavailable = |text: String| Error::new(Reason::StoreUnavailable, text);
        fs::create_dir_all(dir)
            .map_err(|error| unavailable(format!("the data directory {shown}: {error}")))?;
        let lock = File::create(dir.join("lock"))
            .map_err(|error| unavailable(format!("the data directory {shown}: {error}")))?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                return Err(unavailable(format!(
                    "another supacryptd uses the data directory {shown}; stop it, or give this \
                     one a data_dir of its own"
                )));
            }
            Err(TryLockError::Error(error)) => {
                return Err(unavailable(format!("the lock file in {shown}: {error}")));
            }
        }
        let options = SqliteConnectOptions::new()
            .filename(dir.join("supacrypt.db"))
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            // Acknowledged changes survive a power failure, not only a crash of the process.
            .synchronous(SqliteSynchronous::Full)
            .foreign_keys(true)
            .busy_timeout(BUSY_TIMEOUT)
            // What is deleted is overwritten: references hold sealed key material.
            .pragma("secure_delete", "ON");
        let pool = SqlitePoolOptions::new()
            .max_connections(CONNECTIONS)
            .connect_with(options)
            .await
            .map_err(unavailable_because)?;
        migrator().run(&pool).await.map_err(|error| {
            unavailable(format!("the tables in {shown} cannot be brought up to date: {error}"))
        })?;
        Ok(Store { pool, _lock: lock })
    }

    /// What tells this store from all others. Made once.
    ///
    /// # Errors
    /// [`Reason::StoreUnavailable`].
    pub async fn id(&self) -> Result<String> {
        let mut write = self.write().await?;
        let known = sqlx::query_scalar("SELECT id FROM store").fetch_optional(&mut *write).await;
        if let Some(id) = known.map_err(unavailable_because)? {
            return Ok(id);
        }
        let id = random_text(ID_LENGTH)?;
        let insert = sqlx::query("INSERT INTO store (id) VALUES (?)").bind(&id);
        insert.execute(&mut *write).await.map_err(unavailable_because)?;
        commit(write).await?;
        Ok(id)
    }

    /// A connection for reading.
    ///
    /// # Errors
    /// [`Reason::StoreUnavailable`].
    pub async fn read(&self) -> Result<PoolConnection<Sqlite>> {
        self.pool.acquire().await.map_err(unavailable_because)
    }

    /// Begins a change. It waits for other changes first, so that it cannot fail halfway because
    /// of them.
    ///
    /// # Errors
    /// [`Reason::StoreUnavailable`].
    pub async fn write(&self) -> Result<Write> {
        self.pool.begin_with("BEGIN IMMEDIATE").await.map_err(unavailable_because)
    }

    /// Whether the store answers.
    ///
    /// # Errors
    /// [`Reason::StoreUnavailable`].
    pub async fn check(&self) -> Result<()> {
        let mut connection = self.read().await?;
        sqlx::query("SELECT 1")
            .execute(&mut *connection)
            .await
            .map(drop)
            .map_err(unavailable_because)
    }

    /// Closes all connections, so that the write-ahead log is folded into the database.
    pub async fn close(&self) {
        self.pool.close().await;
    }
}

/// Makes a change last.
///
/// # Errors
/// [`Reason::StoreUnavailable`].
pub(crate) async fn commit(write: Write) -> Result<()> {
    write.commit().await.map_err(unavailable_because)
}

/// The connection that the functions of this module take.
pub(crate) type Connection = SqliteConnection;

fn migrator() -> Migrator {
    Migrator::with_migrations(migrations())
}

fn migrations() -> Vec<Migration> {
    let migration = |version, name: &'static str, sql: &'static str| {
        let sql = sqlx::SqlSafeStr::into_sql_str(sql);
        Migration::new(version, name.into(), MigrationType::Simple, sql, false)
    };
    vec![
        migration(1, "initial", include_str!("../migrations/0001_initial.sql")),
        migration(2, "objects", include_str!("../migrations/0002_objects.sql")),
        migration(3, "secret length", include_str!("../migrations/0003_secret_length.sql")),
        migration(4, "key attributes", include_str!("../migrations/0004_key_attributes.sql")),
        migration(5, "allowed", include_str!("../migrations/0005_allowed.sql")),
        migration(6, "pins", include_str!("../migrations/0006_pins.sql")),
        migration(7, "custodians", include_str!("../migrations/0007_custodians.sql")),
        migration(8, "store id", include_str!("../migrations/0008_store_id.sql")),
    ]
}

/// The present moment as the store keeps it, in whole microseconds: what is answered at creation
/// and what is read later must be the same.
pub(crate) fn now() -> jiff::Timestamp {
    let now = jiff::Timestamp::now();
    jiff::Timestamp::from_microsecond(now.as_microsecond()).unwrap_or(now)
}

/// The day, in UTC.
pub(crate) fn today() -> supacrypt_core::Date {
    let day = jiff::Timestamp::now().strftime("%F").to_string();
    day.parse().expect("invariant: a clock within four-digit years")
}

/// A new value for an etag, unlike any before.
///
/// # Errors
/// [`Reason::Internal`].
pub(crate) fn new_etag() -> Result<String> {
    random_text(16)
}

/// So many random characters out of the 32 that base32 uses (RFC 4648, section 6), in lower case.
///
/// # Errors
/// [`Reason::Internal`].
pub(crate) fn random_text(length: usize) -> Result<String> {
    const ALPHABET: &[u8; 32] = b"abcdefghijklmnopqrstuvwxyz234567";
    let mut bytes = vec![0; length];
    supacrypt_crypto::random(&mut bytes)?;
    Ok(bytes.iter().map(|byte| char::from(ALPHABET[usize::from(byte % 32)])).collect())
}

/// Checks that a caller who sent an etag has seen the current state.
///
/// # Errors
/// [`Reason::EtagMismatch`].
pub(crate) fn check_etag(name: &dyn std::fmt::Display, current: &str, sent: &str) -> Result<()> {
    if sent.is_empty() || sent == current {
        return Ok(());
    }
    Err(Error::new(
        Reason::EtagMismatch,
        format!("{name} was changed since you read it; read it again and repeat the change"),
    )
    .in_field("etag"))
}

/// What a caller is told of a failure of the database; the details are for the log.
fn unavailable_because(error: sqlx::Error) -> Error {
    tracing::error!(%error, "the store failed");
    Error::new(
        Reason::StoreUnavailable,
        "the server's store cannot be read or written; its log says why",
    )
}

/// Whether the error says that a row of this key exists already.
fn is_duplicate(error: &sqlx::Error) -> bool {
    error.as_database_error().is_some_and(sqlx::error::DatabaseError::is_unique_violation)
}

#[cfg(test)]
mod tests {
    use supacrypt_core::{KeyAttributes, KeyFlags};

    use super::*;

    #[tokio::test]
    async fn a_second_server_on_the_same_directory_is_refused() {
        let dir = tempfile::tempdir().unwrap();
        let first = Store::open(dir.path()).await.unwrap();
        let error = Store::open(dir.path()).await.err().unwrap();
        assert!(error.message().contains("another supacryptd"), "{error}");
        drop(first);
        assert!(Store::open(dir.path()).await.is_ok());
    }

    #[tokio::test]
    async fn keys_of_an_older_store_get_the_attributes_they_had_all_along() {
        let dir = tempfile::tempdir().unwrap();
        let file = SqliteConnectOptions::new().filename(dir.path().join("supacrypt.db"));
        let old = SqlitePool::connect_with(file.create_if_missing(true)).await.unwrap();
        let first = migrations().into_iter().take(1).collect();
        Migrator::with_migrations(first).run(&old).await.unwrap();
        for statement in [
            "INSERT INTO keyrings VALUES ('dev', '', '', 0, 0)",
            "INSERT INTO keys VALUES ('dev', 'made', '', '', 'aes-128', 4, 1, '{}', '', 0, 0, NULL)",
            "INSERT INTO keys VALUES ('dev', 'brought', '', '', 'aes-128', 4, 1, '{}', '', 0, 0, NULL)",
            "INSERT INTO key_versions VALUES
                 ('dev', 'made', 1, 'a', 'enabled', 'generated', 'software', NULL, NULL, 0, NULL),
                 ('dev', 'brought', 1, 'b', 'enabled', 'imported', 'software', NULL, NULL, 0, NULL)",
        ] {
            sqlx::query(statement).execute(&old).await.unwrap();
        }
        old.close().await;

        let store = Store::open(dir.path()).await.unwrap();
        let mut read = store.read().await.unwrap();
        let mut attributes = async |name: &str| {
            let name = format!("keyrings/dev/keys/{name}").parse().unwrap();
            keys::get(&mut read, &name).await.unwrap().attributes
        };
        let mut expected = KeyAttributes::default();
        assert_eq!(attributes("brought").await, expected);
        expected.flags |= KeyFlags::NEVER_EXTRACTABLE;
        assert_eq!(attributes("made").await, expected);
    }

    #[tokio::test]
    async fn a_change_that_is_not_committed_did_not_happen() {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::open(dir.path()).await.unwrap();
        let mut write = store.write().await.unwrap();
        wrapping_keys::insert(&mut write, "file", b"wrapped").await.unwrap();
        drop(write);
        let mut read = store.read().await.unwrap();
        assert!(wrapping_keys::all(&mut read).await.unwrap().is_empty());
    }
}
