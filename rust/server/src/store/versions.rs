//! Versions of keys, with the references to their material.

use std::collections::HashSet;

use jiff::Timestamp;
use sqlx::{Row, sqlite::SqliteRow};
use supacrypt_core::{
    Error, KeyName, KeyVersionName, KeyVersionState, KeyringName, Reason, Result,
};

use super::{
    Connection, HeldVersion, KeyVersionRecord, Page, PageQuery, StoredReference, StoredVersion,
    records::{self, column, optional_time, parsed},
    unavailable_because,
};

/// Adds a version of an existing key.
///
/// # Errors
/// [`Reason::StoreUnavailable`].
pub(crate) async fn insert(
    connection: &mut Connection,
    version: &KeyVersionRecord,
    reference: &StoredReference,
) -> Result<()> {
    sqlx::query(
        "INSERT INTO key_versions (keyring, key, number, uid, state, origin, custodian, reference,
             public_key, create_time)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
    )
    .bind(version.name.key().keyring().keyring().as_str())
    .bind(version.name.key().key().as_str())
    .bind(i64::from(version.name.number()))
    .bind(&reference.uid)
    .bind(version.state.to_string())
    .bind(version.origin.to_string())
    .bind(&reference.custodian)
    .bind(&reference.reference)
    .bind(&version.public_key)
    .bind(version.create_time.as_microsecond())
    .execute(connection)
    .await
    .map(drop)
    .map_err(unavailable_because)
}

/// Replaces a version's state. Destroying it erases its reference.
///
/// # Errors
/// [`Reason::StoreUnavailable`].
pub(crate) async fn update(connection: &mut Connection, version: &KeyVersionRecord) -> Result<()> {
    sqlx::query(
        "UPDATE key_versions SET state = ?, destroy_time = ?,
             reference = CASE WHEN ? THEN NULL ELSE reference END
         WHERE keyring = ? AND key = ? AND number = ?",
    )
    .bind(version.state.to_string())
    .bind(version.destroy_time.map(Timestamp::as_microsecond))
    .bind(version.destroy_time.is_some())
    .bind(version.name.key().keyring().keyring().as_str())
    .bind(version.name.key().key().as_str())
    .bind(i64::from(version.name.number()))
    .execute(connection)
    .await
    .map(drop)
    .map_err(unavailable_because)
}

/// Reads a version with what is needed to use it.
///
/// # Errors
/// [`Reason::KeyVersionNotFound`].
pub(crate) async fn get(
    connection: &mut Connection,
    name: &KeyVersionName,
) -> Result<StoredVersion> {
    let row = sqlx::query(
        "SELECT v.*, v.create_time AS version_create_time, k.spec, k.usages, k.purge_time,
             k.start_date, k.end_date, k.flags, k.allowed_algorithms
         FROM key_versions v JOIN keys k ON k.keyring = v.keyring AND k.id = v.key
         WHERE v.keyring = ? AND v.key = ? AND v.number = ?",
    )
    .bind(name.key().keyring().keyring().as_str())
    .bind(name.key().key().as_str())
    .bind(i64::from(name.number()))
    .fetch_optional(connection)
    .await
    .map_err(unavailable_because)?
    .ok_or_else(|| Error::new(Reason::KeyVersionNotFound, format!("{name} does not exist")))?;
    Ok(StoredVersion {
        version: records::version(&row, name.key())?,
        spec: parsed(&row, "spec")?,
        usages: records::usages(&row)?,
        use_period: records::use_period(&row)?,
        flags: records::flags(&row)?,
        allowed: records::allowed(&row)?,
        deleted: optional_time(&row, "purge_time")?.is_some(),
        reference: reference(&row)?,
    })
}

/// Reads a page of the versions of a key, newest first.
///
/// # Errors
/// [`Reason::StoreUnavailable`].
pub(crate) async fn list(
    connection: &mut Connection,
    key: &KeyName,
    page: &PageQuery,
) -> Result<Page<KeyVersionRecord>> {
    let before = page.after.parse::<i64>().unwrap_or(i64::MAX);
    let rows = sqlx::query(
        "SELECT *, create_time AS version_create_time FROM key_versions
         WHERE keyring = ? AND key = ? AND number < ? ORDER BY number DESC LIMIT ?",
    )
    .bind(key.keyring().keyring().as_str())
    .bind(key.key().as_str())
    .bind(before)
    .bind(page.limit())
    .fetch_all(connection)
    .await
    .map_err(unavailable_because)?;
    let versions = rows.iter().map(|row| records::version(row, key)).collect::<Result<Vec<_>>>()?;
    Ok(page.page(versions, |version| version.name.number().to_string()))
}

/// The highest version number of a key; 0 when it has none.
///
/// # Errors
/// [`Reason::StoreUnavailable`].
pub(crate) async fn highest(connection: &mut Connection, key: &KeyName) -> Result<u32> {
    let row = sqlx::query(
        "SELECT COALESCE(MAX(number), 0) AS highest FROM key_versions WHERE keyring = ? AND key = ?",
    )
    .bind(key.keyring().keyring().as_str())
    .bind(key.key().as_str())
    .fetch_one(connection)
    .await
    .map_err(unavailable_because)?;
    u32::try_from(row.get::<i64, _>("highest")).map_err(|_| records::altered("number"))
}

/// Where the material of all versions of a key is.
///
/// # Errors
/// [`Reason::StoreUnavailable`].
pub(crate) async fn references(
    connection: &mut Connection,
    key: &KeyName,
) -> Result<Vec<StoredReference>> {
    let rows = sqlx::query(
        "SELECT custodian, uid, reference FROM key_versions
         WHERE keyring = ? AND key = ? AND reference IS NOT NULL",
    )
    .bind(key.keyring().keyring().as_str())
    .bind(key.key().as_str())
    .fetch_all(connection)
    .await
    .map_err(unavailable_because)?;
    rows.iter().filter_map(|row| reference(row).transpose()).collect()
}

/// All versions whose material a custodian has.
///
/// # Errors
/// [`Reason::StoreUnavailable`].
pub(crate) async fn held_by(
    connection: &mut Connection,
    custodian: &str,
) -> Result<Vec<HeldVersion>> {
    let rows = sqlx::query(
        "SELECT v.*, k.spec, k.purge_time FROM key_versions v
         JOIN keys k ON k.keyring = v.keyring AND k.id = v.key
         WHERE v.custodian = ? AND v.reference IS NOT NULL",
    )
    .bind(custodian)
    .fetch_all(connection)
    .await
    .map_err(unavailable_because)?;
    let version = |row: &SqliteRow| {
        let Some(reference) = reference(row)? else { return Ok(None) };
        let keyring = KeyringName::new(parsed(row, "keyring")?);
        let number = u32::try_from(column::<i64>(row, "number")?);
        Ok(Some(HeldVersion {
            name: keyring
                .key(parsed(row, "key")?)
                .version(number.map_err(|_| records::altered("number"))?),
            spec: parsed(row, "spec")?,
            state: parsed(row, "state")?,
            origin: parsed(row, "origin")?,
            deleted: optional_time(row, "purge_time")?.is_some(),
            reference,
        }))
    };
    rows.iter().filter_map(|row| version(row).transpose()).collect()
}

/// The ids of all versions whose material is somewhere.
///
/// # Errors
/// [`Reason::StoreUnavailable`].
pub(crate) async fn uids(connection: &mut Connection) -> Result<HashSet<String>> {
    sqlx::query_scalar("SELECT uid FROM key_versions WHERE reference IS NOT NULL")
        .fetch_all(connection)
        .await
        .map(|uids| uids.into_iter().collect())
        .map_err(unavailable_because)
}

/// The public halves of all versions of a key, also of those that were destroyed: DER
/// `SubjectPublicKeyInfo`.
///
/// # Errors
/// [`Reason::StoreUnavailable`].
pub(crate) async fn public_keys(
    connection: &mut Connection,
    key: &KeyName,
) -> Result<HashSet<Vec<u8>>> {
    sqlx::query_scalar(
        "SELECT public_key FROM key_versions
         WHERE keyring = ? AND key = ? AND public_key IS NOT NULL",
    )
    .bind(key.keyring().keyring().as_str())
    .bind(key.key().as_str())
    .fetch_all(connection)
    .await
    .map(|keys| keys.into_iter().collect())
    .map_err(unavailable_because)
}

/// Has no version of a key do anything any more, while its material is destroyed. Where that is stays known.
///
/// # Errors
/// [`Reason::StoreUnavailable`].
pub(crate) async fn give_up(connection: &mut Connection, key: &KeyName) -> Result<()> {
    sqlx::query(
        "UPDATE key_versions SET state = ?, destroy_time = ?
         WHERE keyring = ? AND key = ? AND destroy_time IS NULL",
    )
    .bind(KeyVersionState::Destroyed.to_string())
    .bind(Timestamp::now().as_microsecond())
    .bind(key.keyring().keyring().as_str())
    .bind(key.key().as_str())
    .execute(connection)
    .await
    .map(drop)
    .map_err(unavailable_because)
}

fn reference(row: &SqliteRow) -> Result<Option<StoredReference>> {
    let Some(reference) = column(row, "reference")? else { return Ok(None) };
    Ok(Some(StoredReference {
        custodian: column(row, "custodian")?,
        uid: column(row, "uid")?,
        reference,
    }))
}
