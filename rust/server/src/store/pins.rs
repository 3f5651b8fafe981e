//! PINs of keyrings.

use supacrypt_core::{Error, KeyringName, Reason, ResourceId, Result};
use supacrypt_proto::limits;

use super::{
    Connection,
    records::{column, parsed},
    unavailable_because,
};

/// A PIN as it is kept.
pub(crate) struct StoredPin {
    /// Its salted hash, sealed.
    pub(crate) sealed: Vec<u8>,
    /// How often another one may be given before it is locked.
    pub(crate) tries_left: u32,
}

/// The PIN of a keyring that exists; `None` when it has none.
///
/// # Errors
/// [`Reason::KeyringNotFound`].
pub(crate) async fn get(
    connection: &mut Connection,
    name: &KeyringName,
) -> Result<Option<StoredPin>> {
    let row = sqlx::query("SELECT pin, pin_failures FROM keyrings WHERE id = ?")
        .bind(name.keyring().as_str())
        .fetch_optional(connection)
        .await
        .map_err(unavailable_because)?
        .ok_or_else(|| Error::new(Reason::KeyringNotFound, format!("{name} does not exist")))?;
    let failures = column(&row, "pin_failures")?;
    Ok(column::<Option<Vec<u8>>>(&row, "pin")?
        .map(|sealed| StoredPin { sealed, tries_left: tries_left(failures) }))
}

/// Sets the PIN, sealed, or removes it.
///
/// # Errors
/// [`Reason::StoreUnavailable`].
pub(crate) async fn set(
    connection: &mut Connection,
    name: &KeyringName,
    sealed: Option<&[u8]>,
) -> Result<()> {
    sqlx::query("UPDATE keyrings SET pin = ?, pin_failures = 0 WHERE id = ?")
        .bind(sealed)
        .bind(name.keyring().as_str())
        .execute(connection)
        .await
        .map(drop)
        .map_err(unavailable_because)
}

/// Counts one more wrong PIN.
///
/// # Errors
/// [`Reason::StoreUnavailable`].
pub(crate) async fn count_failure(connection: &mut Connection, name: &KeyringName) -> Result<()> {
    sqlx::query("UPDATE keyrings SET pin_failures = pin_failures + 1 WHERE id = ?")
        .bind(name.keyring().as_str())
        .execute(connection)
        .await
        .map(drop)
        .map_err(unavailable_because)
}

/// Forgets the wrong PINs.
///
/// # Errors
/// [`Reason::StoreUnavailable`].
pub(crate) async fn forget_failures(connection: &mut Connection, name: &KeyringName) -> Result<()> {
    sqlx::query("UPDATE keyrings SET pin_failures = 0 WHERE id = ?")
        .bind(name.keyring().as_str())
        .execute(connection)
        .await
        .map(drop)
        .map_err(unavailable_because)
}

/// All that are set, sealed, with their keyrings.
///
/// # Errors
/// [`Reason::StoreUnavailable`].
pub(crate) async fn all(connection: &mut Connection) -> Result<Vec<(ResourceId, Vec<u8>)>> {
    sqlx::query("SELECT id, pin FROM keyrings WHERE pin IS NOT NULL")
        .fetch_all(connection)
        .await
        .map_err(unavailable_because)?
        .iter()
        .map(|row| Ok((parsed(row, "id")?, column(row, "pin")?)))
        .collect()
}

/// What is left after so many wrong ones.
pub(super) fn tries_left(failures: i64) -> u32 {
    limits::PIN_TRIES.saturating_sub(u32::try_from(failures).unwrap_or(u32::MAX))
}
