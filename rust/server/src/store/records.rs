//! What the store remembers, as plain data.

use std::{collections::BTreeMap, str::FromStr};

use jiff::Timestamp;
use sqlx::{Row, sqlite::SqliteRow};
use supacrypt_core::{
    AlgorithmSet, Error, KeyAttributes, KeyFlags, KeyName, KeySpec, KeyUsages, KeyVersionName,
    KeyVersionState, KeyringName, Origin, Principal, Reason, ResourceId, Result, Role, UsePeriod,
};

/// A keyring with its grants, ordered by principal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyringRecord {
    /// The name.
    pub name: KeyringName,
    /// Text for people.
    pub display_name: String,
    /// What holds its keys.
    pub custodian: String,
    /// Who may do what.
    pub grants: Vec<(Principal, Role)>,
    /// Changes with every update.
    pub etag: String,
    /// When it was made.
    pub create_time: Timestamp,
    /// When it was last changed.
    pub update_time: Timestamp,
    /// How often a wrong PIN may still be given; `None` when it has no PIN.
    pub pin_tries_left: Option<u32>,
}

/// A key with its primary version.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyRecord {
    /// The name.
    pub name: KeyName,
    /// Text for people.
    pub label: String,
    /// Ties the key to a certificate.
    pub object_id: Vec<u8>,
    /// What the key is.
    pub spec: KeySpec,
    /// What it may be used for.
    pub usages: KeyUsages,
    /// Bytes of the secret, where the spec leaves that open.
    pub secret_length: Option<u32>,
    /// The version that new operations use.
    pub primary: KeyVersionRecord,
    /// What is known of it for its applications' sake.
    pub attributes: KeyAttributes,
    /// Free text by free name.
    pub annotations: BTreeMap<String, String>,
    /// Changes with every update of the key or its versions.
    pub etag: String,
    /// When it was made.
    pub create_time: Timestamp,
    /// When it was last changed.
    pub update_time: Timestamp,
    /// When it goes for good, while it is deleted.
    pub purge_time: Option<Timestamp>,
}

/// A version of a key, without its material.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyVersionRecord {
    /// The name.
    pub name: KeyVersionName,
    /// What it can do at the moment.
    pub state: KeyVersionState,
    /// Where its material came from.
    pub origin: Origin,
    /// DER `SubjectPublicKeyInfo`; `None` for secret keys.
    pub public_key: Option<Vec<u8>>,
    /// When it was made.
    pub create_time: Timestamp,
    /// When its material was erased.
    pub destroy_time: Option<Timestamp>,
}

/// A version with all that a custodian needs to open it.
pub struct StoredVersion {
    /// The version.
    pub version: KeyVersionRecord,
    /// What the key is.
    pub spec: KeySpec,
    /// What it may be used for.
    pub usages: KeyUsages,
    /// When it may be used.
    pub use_period: UsePeriod,
    /// What may be done with the key.
    pub flags: KeyFlags,
    /// The algorithms it may be used by.
    pub allowed: AlgorithmSet,
    /// Whether the key is deleted.
    pub deleted: bool,
    /// Where the material is; `None` once it is destroyed.
    pub reference: Option<StoredReference>,
}

/// Where the material of a version is.
pub struct StoredReference {
    /// The custodian that holds it.
    pub custodian: String,
    /// The version's name for the custodian.
    pub uid: String,
    /// The custodian's own.
    pub reference: Vec<u8>,
}

/// A version that a custodian has the material of.
pub struct HeldVersion {
    /// Which one.
    pub name: KeyVersionName,
    /// What its key is.
    pub spec: KeySpec,
    /// Whether it may be used.
    pub state: KeyVersionState,
    /// Where its material came from.
    pub origin: Origin,
    /// Whether its key waits for the end of its recovery window.
    pub deleted: bool,
    /// Where the material is.
    pub reference: StoredReference,
}

/// Which keys to list; every field that is set must match.
#[derive(Clone, Debug, Default)]
pub struct KeyFilter {
    /// Exactly this label.
    pub label: Option<String>,
    /// Exactly this object id.
    pub object_id: Option<Vec<u8>>,
    /// Exactly this subject.
    pub subject: Option<Vec<u8>>,
    /// One of these, when there are any.
    pub specs: Vec<KeySpec>,
    /// Deleted keys too.
    pub show_deleted: bool,
}

/// Reads a column; a wrong type means that the store is not ours or was altered.
pub(super) fn column<'r, T>(row: &'r SqliteRow, name: &str) -> Result<T>
where
    T: sqlx::Decode<'r, sqlx::Sqlite> + sqlx::Type<sqlx::Sqlite>,
{
    row.try_get(name).map_err(super::unavailable_because)
}

/// Reads a column whose text is the name of a value.
pub(super) fn parsed<T: FromStr>(row: &SqliteRow, name: &str) -> Result<T> {
    let text: &str = column(row, name)?;
    text.parse().map_err(|_| altered(name))
}

/// Reads a time in microseconds.
pub(super) fn time(row: &SqliteRow, name: &str) -> Result<Timestamp> {
    let micros: i64 = column(row, name)?;
    Timestamp::from_microsecond(micros).map_err(|_| altered(name))
}

/// Reads a time that may not be there.
pub(super) fn optional_time(row: &SqliteRow, name: &str) -> Result<Option<Timestamp>> {
    let micros: Option<i64> = column(row, name)?;
    micros.map(|micros| Timestamp::from_microsecond(micros).map_err(|_| altered(name))).transpose()
}

/// Reads a row of `key_versions`; `version_of` is the key it belongs to.
pub(super) fn version(row: &SqliteRow, version_of: &KeyName) -> Result<KeyVersionRecord> {
    let number: i64 = column(row, "number")?;
    Ok(KeyVersionRecord {
        name: version_of.version(u32::try_from(number).map_err(|_| altered("number"))?),
        state: parsed(row, "state")?,
        origin: parsed(row, "origin")?,
        public_key: column(row, "public_key")?,
        create_time: time(row, "version_create_time")?,
        destroy_time: optional_time(row, "destroy_time")?,
    })
}

/// Reads a row of `keys` joined with its primary version.
pub(super) fn key(row: &SqliteRow) -> Result<KeyRecord> {
    let keyring: ResourceId = parsed(row, "keyring")?;
    let name = KeyringName::new(keyring).key(parsed(row, "id")?);
    let annotations: &str = column(row, "annotations")?;
    Ok(KeyRecord {
        primary: version(row, &name)?,
        name,
        label: column(row, "label")?,
        object_id: column(row, "object_id")?,
        spec: parsed(row, "spec")?,
        usages: usages(row)?,
        secret_length: secret_length(row)?,
        attributes: attributes(row)?,
        annotations: serde_json::from_str(annotations).map_err(|_| altered("annotations"))?,
        etag: column(row, "etag")?,
        create_time: time(row, "create_time")?,
        update_time: time(row, "update_time")?,
        purge_time: optional_time(row, "purge_time")?,
    })
}

fn secret_length(row: &SqliteRow) -> Result<Option<u32>> {
    let length: Option<i64> = column(row, "secret_length")?;
    length.map(|length| u32::try_from(length).map_err(|_| altered("secret_length"))).transpose()
}

/// Reads the usages of a key.
pub(super) fn usages(row: &SqliteRow) -> Result<KeyUsages> {
    let bits: i64 = column(row, "usages")?;
    u32::try_from(bits).ok().and_then(KeyUsages::from_bits).ok_or_else(|| altered("usages"))
}

/// Reads when a key may be used.
pub(super) fn use_period(row: &SqliteRow) -> Result<UsePeriod> {
    let date = |name| {
        let text: Option<&str> = column(row, name)?;
        text.map(|text| text.parse().map_err(|_| altered(name))).transpose()
    };
    Ok(UsePeriod { start: date("start_date")?, end: date("end_date")? })
}

fn attributes(row: &SqliteRow) -> Result<KeyAttributes> {
    let UsePeriod { start, end } = use_period(row)?;
    Ok(KeyAttributes {
        subject: column(row, "subject")?,
        start_date: start,
        end_date: end,
        flags: flags(row)?,
        allowed: allowed(row)?,
        mechanisms: mechanisms(row)?,
    })
}

/// Reads the algorithms that a key may be used by.
pub(super) fn allowed(row: &SqliteRow) -> Result<AlgorithmSet> {
    const COLUMN: &str = "allowed_algorithms";
    let names: &str = column(row, COLUMN)?;
    AlgorithmSet::from_names(names.split_whitespace()).map_err(|_| altered(COLUMN))
}

fn mechanisms(row: &SqliteRow) -> Result<Vec<u32>> {
    const COLUMN: &str = "pkcs11_mechanisms";
    let numbers: &str = column(row, COLUMN)?;
    numbers.split_whitespace().map(|number| number.parse().map_err(|_| altered(COLUMN))).collect()
}

/// Reads what may be done with a key.
pub(super) fn flags(row: &SqliteRow) -> Result<KeyFlags> {
    let bits: i64 = column(row, "flags")?;
    u32::try_from(bits).ok().and_then(KeyFlags::from_bits).ok_or_else(|| altered("flags"))
}

/// What a caller is told of a value that this server never wrote.
pub(super) fn altered(column: &str) -> Error {
    tracing::error!(column, "the store holds a value that this version does not know");
    Error::new(
        Reason::StoreUnavailable,
        "the server's store holds a value that this version does not know; its log says where",
    )
}
