//! Keyrings and their grants.

use std::collections::BTreeMap;

use sqlx::{QueryBuilder, Row, Sqlite, sqlite::SqliteRow};
use supacrypt_core::{Error, KeyringName, Principal, Reason, ResourceId, Result, Role};

use super::{
    Connection, KeyringRecord, Page, PageQuery, is_duplicate,
    pins::tries_left,
    records::{column, parsed, time},
    unavailable_because,
};

/// Adds a keyring with its grants.
///
/// # Errors
/// [`Reason::AlreadyExists`].
pub(crate) async fn insert(connection: &mut Connection, keyring: &KeyringRecord) -> Result<()> {
    sqlx::query(
        "INSERT INTO keyrings (id, display_name, custodian, etag, create_time, update_time)
         VALUES (?, ?, ?, ?, ?, ?)",
    )
    .bind(keyring.name.keyring().as_str())
    .bind(&keyring.display_name)
    .bind(&keyring.custodian)
    .bind(&keyring.etag)
    .bind(keyring.create_time.as_microsecond())
    .bind(keyring.update_time.as_microsecond())
    .execute(&mut *connection)
    .await
    .map_err(|error| {
        if is_duplicate(&error) {
            Error::new(Reason::AlreadyExists, format!("{} exists already", keyring.name))
        } else {
            unavailable_because(error)
        }
    })?;
    insert_grants(connection, keyring).await
}

/// Replaces what can change of a keyring.
///
/// # Errors
/// [`Reason::StoreUnavailable`].
pub(crate) async fn update(connection: &mut Connection, keyring: &KeyringRecord) -> Result<()> {
    let id = keyring.name.keyring().as_str();
    sqlx::query("UPDATE keyrings SET display_name = ?, etag = ?, update_time = ? WHERE id = ?")
        .bind(&keyring.display_name)
        .bind(&keyring.etag)
        .bind(keyring.update_time.as_microsecond())
        .bind(id)
        .execute(&mut *connection)
        .await
        .map_err(unavailable_because)?;
    sqlx::query("DELETE FROM grants WHERE keyring = ?")
        .bind(id)
        .execute(&mut *connection)
        .await
        .map_err(unavailable_because)?;
    insert_grants(connection, keyring).await
}

/// Removes an empty keyring.
///
/// # Errors
/// [`Reason::KeyringNotEmpty`].
pub(crate) async fn delete(connection: &mut Connection, name: &KeyringName) -> Result<()> {
    sqlx::query("DELETE FROM keyrings WHERE id = ?")
        .bind(name.keyring().as_str())
        .execute(connection)
        .await
        .map(drop)
        .map_err(|error| {
            let something_left = error
                .as_database_error()
                .is_some_and(sqlx::error::DatabaseError::is_foreign_key_violation);
            if something_left {
                Error::new(
                    Reason::KeyringNotEmpty,
                    format!(
                        "{name} still has keys or objects; keys that wait for the end of their \
                         recovery window count"
                    ),
                )
            } else {
                unavailable_because(error)
            }
        })
}

/// Reads one keyring.
///
/// # Errors
/// [`Reason::KeyringNotFound`].
pub(crate) async fn get(connection: &mut Connection, name: &KeyringName) -> Result<KeyringRecord> {
    let row = sqlx::query("SELECT * FROM keyrings WHERE id = ?")
        .bind(name.keyring().as_str())
        .fetch_optional(&mut *connection)
        .await
        .map_err(unavailable_because)?
        .ok_or_else(|| missing(name))?;
    let mut keyrings = [record(&row)?];
    read_grants(connection, &mut keyrings).await?;
    let [keyring] = keyrings;
    Ok(keyring)
}

/// The name of the custodian of a keyring.
///
/// # Errors
/// [`Reason::KeyringNotFound`].
pub(crate) async fn custodian(connection: &mut Connection, name: &KeyringName) -> Result<String> {
    let row = sqlx::query("SELECT custodian FROM keyrings WHERE id = ?")
        .bind(name.keyring().as_str())
        .fetch_optional(&mut *connection)
        .await
        .map_err(unavailable_because)?
        .ok_or_else(|| missing(name))?;
    column(&row, "custodian")
}

/// Reads a page of keyrings: all, or those where `principal` has a role.
///
/// # Errors
/// [`Reason::StoreUnavailable`].
pub(crate) async fn list(
    connection: &mut Connection,
    principal: Option<&Principal>,
    page: &PageQuery,
) -> Result<Page<KeyringRecord>> {
    let mut query = QueryBuilder::<Sqlite>::new("SELECT * FROM keyrings WHERE id > ");
    query.push_bind(&page.after);
    if let Some(principal) = principal {
        query.push(" AND id IN (SELECT keyring FROM grants WHERE principal = ");
        query.push_bind(principal.as_str()).push(")");
    }
    query.push(" ORDER BY id LIMIT ").push_bind(page.limit());
    let rows = query.build().fetch_all(&mut *connection).await.map_err(unavailable_because)?;
    let keyrings = rows.iter().map(record).collect::<Result<Vec<_>>>()?;
    let mut page = page.page(keyrings, |keyring| keyring.name.keyring().to_string());
    read_grants(connection, &mut page.items).await?;
    Ok(page)
}

/// Reads the grants of every keyring, of those that have none too.
///
/// # Errors
/// [`Reason::StoreUnavailable`].
pub(crate) async fn all_grants(
    connection: &mut Connection,
) -> Result<BTreeMap<ResourceId, Vec<(Principal, Role)>>> {
    let rows = sqlx::query(
        "SELECT keyrings.id AS keyring, principal, role
         FROM keyrings LEFT JOIN grants ON grants.keyring = keyrings.id",
    )
    .fetch_all(connection)
    .await
    .map_err(unavailable_because)?;
    let mut all = BTreeMap::<_, Vec<_>>::new();
    for row in &rows {
        let grants = all.entry(parsed(row, "keyring")?).or_default();
        if let Some(principal) = column::<Option<&str>>(row, "principal")? {
            grants.push((Principal::new(principal), parsed(row, "role")?));
        }
    }
    Ok(all)
}

async fn insert_grants(connection: &mut Connection, keyring: &KeyringRecord) -> Result<()> {
    for (principal, role) in &keyring.grants {
        sqlx::query("INSERT INTO grants (keyring, principal, role) VALUES (?, ?, ?)")
            .bind(keyring.name.keyring().as_str())
            .bind(principal.as_str())
            .bind(role.to_string())
            .execute(&mut *connection)
            .await
            .map_err(unavailable_because)?;
    }
    Ok(())
}

async fn read_grants(connection: &mut Connection, keyrings: &mut [KeyringRecord]) -> Result<()> {
    if keyrings.is_empty() {
        return Ok(());
    }
    let mut query = QueryBuilder::<Sqlite>::new(
        "SELECT keyring, principal, role FROM grants WHERE keyring IN (",
    );
    let mut ids = query.separated(", ");
    for keyring in keyrings.iter() {
        ids.push_bind(keyring.name.keyring().as_str());
    }
    query.push(") ORDER BY principal");
    let rows = query.build().fetch_all(connection).await.map_err(unavailable_because)?;
    let mut grants = BTreeMap::<String, Vec<(Principal, Role)>>::new();
    for row in &rows {
        let principal: &str = column(row, "principal")?;
        let grant = (Principal::new(principal), parsed(row, "role")?);
        grants.entry(row.get("keyring")).or_default().push(grant);
    }
    for keyring in keyrings {
        keyring.grants = grants.remove(keyring.name.keyring().as_str()).unwrap_or_default();
    }
    Ok(())
}

fn missing(name: &KeyringName) -> Error {
    Error::new(Reason::KeyringNotFound, format!("{name} does not exist"))
}

/// Reads a row of `keyrings`; the grants come after.
fn record(row: &SqliteRow) -> Result<KeyringRecord> {
    Ok(KeyringRecord {
        name: KeyringName::new(parsed(row, "id")?),
        display_name: column(row, "display_name")?,
        custodian: column(row, "custodian")?,
        grants: Vec::new(),
        etag: column(row, "etag")?,
        create_time: time(row, "create_time")?,
        update_time: time(row, "update_time")?,
        pin_tries_left: column::<Option<&[u8]>>(row, "pin")?
            .map(|_| column(row, "pin_failures").map(tries_left))
            .transpose()?,
    })
}
