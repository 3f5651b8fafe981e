//! Data keys, wrapped by a seal.

use jiff::Timestamp;
use sqlx::sqlite::SqliteRow;
use supacrypt_core::Result;

use super::{
    Connection,
    records::{altered, column, time},
    unavailable_because,
};

/// A data key as it is kept.
pub struct WrappedKey {
    /// Which one: those made later have higher ids.
    pub id: u32,
    /// The name of the seal that wrapped it.
    pub seal: String,
    /// What the seal made of it.
    pub wrapped: Vec<u8>,
    /// When it was made.
    pub create_time: Timestamp,
}

/// All keys, oldest first.
///
/// # Errors
/// [`Reason::StoreUnavailable`](supacrypt_core::Reason::StoreUnavailable).
pub(crate) async fn all(connection: &mut Connection) -> Result<Vec<WrappedKey>> {
    let rows = sqlx::query("SELECT * FROM wrapping_keys ORDER BY id")
        .fetch_all(connection)
        .await
        .map_err(unavailable_because)?;
    let key = |row: &SqliteRow| {
        Ok(WrappedKey {
            id: id(column(row, "id")?)?,
            seal: column(row, "seal")?,
            wrapped: column(row, "wrapped")?,
            create_time: time(row, "create_time")?,
        })
    };
    rows.iter().map(key).collect()
}

/// Adds a key, which becomes the newest. Gives its id.
///
/// # Errors
/// [`Reason::StoreUnavailable`](supacrypt_core::Reason::StoreUnavailable).
pub(crate) async fn insert(connection: &mut Connection, seal: &str, wrapped: &[u8]) -> Result<u32> {
    let insert = "INSERT INTO wrapping_keys (seal, wrapped, create_time) VALUES (?, ?, ?)";
    let inserted = sqlx::query(insert)
        .bind(seal)
        .bind(wrapped)
        .bind(Timestamp::now().as_microsecond())
        .execute(connection)
        .await
        .map_err(unavailable_because)?;
    id(inserted.last_insert_rowid())
}

/// Keeps a key as another seal has wrapped it. What was wrapped before is erased.
///
/// # Errors
/// [`Reason::StoreUnavailable`](supacrypt_core::Reason::StoreUnavailable).
pub(crate) async fn replace(
    connection: &mut Connection,
    id: u32,
    seal: &str,
    wrapped: &[u8],
) -> Result<()> {
    sqlx::query("UPDATE wrapping_keys SET seal = ?, wrapped = ? WHERE id = ?")
        .bind(seal)
        .bind(wrapped)
        .bind(id)
        .execute(connection)
        .await
        .map(drop)
        .map_err(unavailable_because)
}

/// Erases all keys older than one.
///
/// # Errors
/// [`Reason::StoreUnavailable`](supacrypt_core::Reason::StoreUnavailable).
pub(crate) async fn delete_before(connection: &mut Connection, id: u32) -> Result<()> {
    sqlx::query("DELETE FROM wrapping_keys WHERE id < ?")
        .bind(id)
        .execute(connection)
        .await
        .map(drop)
        .map_err(unavailable_because)
}

fn id(number: i64) -> Result<u32> {
    u32::try_from(number).map_err(|_| altered("id"))
}
