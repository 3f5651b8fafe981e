//! Data-wrapping keys, wrapped by a seal.

use jiff::Timestamp;
use sqlx::Row;
use supacrypt_core::Result;

use super::{Connection, unavailable_because};

/// The newest key: the seal's name and the wrapped bytes.
///
/// # Errors
/// [`Reason::StoreUnavailable`](supacrypt_core::Reason::StoreUnavailable).
pub(crate) async fn newest(connection: &mut Connection) -> Result<Option<(String, Vec<u8>)>> {
    let row = sqlx::query("SELECT seal, wrapped FROM wrapping_keys ORDER BY id DESC LIMIT 1")
        .fetch_optional(connection)
        .await
        .map_err(unavailable_because)?;
    Ok(row.map(|row| (row.get("seal"), row.get("wrapped"))))
}

/// Puts a key in the place of all there were. What was wrapped before is erased.
///
/// # Errors
/// [`Reason::StoreUnavailable`](supacrypt_core::Reason::StoreUnavailable).
pub(crate) async fn replace(connection: &mut Connection, seal: &str, wrapped: &[u8]) -> Result<()> {
    sqlx::query("DELETE FROM wrapping_keys")
        .execute(&mut *connection)
        .await
        .map_err(unavailable_because)?;
    insert(connection, seal, wrapped).await
}

/// Adds a key, which becomes the newest.
///
/// # Errors
/// [`Reason::StoreUnavailable`](supacrypt_core::Reason::StoreUnavailable).
pub(crate) async fn insert(connection: &mut Connection, seal: &str, wrapped: &[u8]) -> Result<()> {
    sqlx::query("INSERT INTO wrapping_keys (seal, wrapped, create_time) VALUES (?, ?, ?)")
        .bind(seal)
        .bind(wrapped)
        .bind(Timestamp::now().as_microsecond())
        .execute(connection)
        .await
        .map(drop)
        .map_err(unavailable_because)
}
