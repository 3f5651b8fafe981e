//! What is sealed in the store, wherever it is.

use sqlx::AssertSqlSafe;
use sqlx::sqlite::SqliteRow;
use supacrypt_core::{KeySpec, KeyringName, ObjectName, Result};

use super::{
    Connection,
    records::{column, parsed},
    unavailable_because,
};

/// A sealed value.
pub(crate) struct SealedValue {
    row: i64,
    /// What it is.
    pub(crate) secret: Secret,
    /// As it is kept.
    pub(crate) sealed: Vec<u8>,
}

/// What is sealed.
#[derive(strum::Display)]
pub(crate) enum Secret {
    /// The material of a key version.
    #[strum(to_string = "the key version with the id {uid}")]
    Version { spec: KeySpec, uid: String },
    /// The PIN of a keyring.
    #[strum(to_string = "the PIN of {0}")]
    Pin(KeyringName),
    /// Data of an application.
    #[strum(to_string = "{0}")]
    Data(ObjectName),
}

/// Where sealed values are.
struct Place {
    table: &'static str,
    column: &'static str,
    /// The table, called `t`, and what else tells what is sealed.
    from: &'static str,
    names: &'static str,
    /// Which rows have a sealed value.
    has_one: &'static str,
    secret: fn(&SqliteRow) -> Result<Secret>,
}

const VERSIONS: Place = Place {
    table: "key_versions",
    column: "reference",
    from: "key_versions t JOIN keys k ON k.keyring = t.keyring AND k.id = t.key",
    names: "t.uid, k.spec",
    has_one: "t.custodian = 'software' AND t.reference IS NOT NULL",
    secret: |row| Ok(Secret::Version { spec: parsed(row, "spec")?, uid: column(row, "uid")? }),
};
const PINS: Place = Place {
    table: "keyrings",
    column: "pin",
    from: "keyrings t",
    names: "t.id",
    has_one: "t.pin IS NOT NULL",
    secret: |row| Ok(Secret::Pin(KeyringName::new(parsed(row, "id")?))),
};
const DATA: Place = Place {
    table: "objects",
    column: "content",
    from: "objects t",
    names: "t.keyring, t.id",
    has_one: "t.kind = 'data'",
    secret: |row| {
        let keyring = KeyringName::new(parsed(row, "keyring")?);
        Ok(Secret::Data(keyring.object(parsed(row, "id")?)))
    },
};
const PLACES: [Place; 3] = [VERSIONS, PINS, DATA];

/// How many sealed values there are, and how many of them do not begin with `current`.
///
/// # Errors
/// [`Reason::StoreUnavailable`](supacrypt_core::Reason::StoreUnavailable).
pub(crate) async fn count(connection: &mut Connection, current: &[u8]) -> Result<(u64, u64)> {
    let (mut values, mut outdated) = (0, 0);
    for Place { column, from, has_one, .. } in PLACES {
        let query = format!(
            "SELECT COUNT(*), COUNT(*) FILTER (WHERE substr(t.{column}, 1, ?) <> ?)
             FROM {from} WHERE {has_one}"
        );
        let (all, old): (i64, i64) = sqlx::query_as(AssertSqlSafe(query))
            .bind(current.len() as i64)
            .bind(current)
            .fetch_one(&mut *connection)
            .await
            .map_err(unavailable_because)?;
        values += all.unsigned_abs();
        outdated += old.unsigned_abs();
    }
    Ok((values, outdated))
}

/// Some values that do not begin with `current`; none when there are none.
///
/// # Errors
/// [`Reason::StoreUnavailable`](supacrypt_core::Reason::StoreUnavailable).
pub(crate) async fn outdated(
    connection: &mut Connection,
    current: &[u8],
    limit: u32,
) -> Result<Vec<SealedValue>> {
    for Place { column: sealed, from, names, has_one, secret, .. } in PLACES {
        let query = format!(
            "SELECT t.rowid AS row, t.{sealed} AS sealed, {names} FROM {from}
             WHERE {has_one} AND substr(t.{sealed}, 1, ?) <> ? LIMIT ?"
        );
        let rows = sqlx::query(AssertSqlSafe(query))
            .bind(current.len() as i64)
            .bind(current)
            .bind(limit)
            .fetch_all(&mut *connection)
            .await
            .map_err(unavailable_because)?;
        if !rows.is_empty() {
            let value = |row: &SqliteRow| {
                let (number, sealed) = (column(row, "row")?, column(row, "sealed")?);
                Ok(SealedValue { row: number, secret: secret(row)?, sealed })
            };
            return rows.iter().map(value).collect();
        }
    }
    Ok(Vec::new())
}

/// Keeps a value as it was sealed anew.
///
/// # Errors
/// [`Reason::StoreUnavailable`](supacrypt_core::Reason::StoreUnavailable).
pub(crate) async fn replace(
    connection: &mut Connection,
    value: &SealedValue,
    sealed: &[u8],
) -> Result<()> {
    let Place { table, column, .. } = match value.secret {
        Secret::Version { .. } => VERSIONS,
        Secret::Pin(_) => PINS,
        Secret::Data(_) => DATA,
    };
    let query = format!("UPDATE {table} SET {column} = ? WHERE rowid = ?");
    sqlx::query(AssertSqlSafe(query))
        .bind(sealed)
        .bind(value.row)
        .execute(connection)
        .await
        .map(drop)
        .map_err(unavailable_because)
}
