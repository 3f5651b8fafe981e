//! Keys, each with its primary version.

use jiff::Timestamp;
use sqlx::{QueryBuilder, Sqlite};
use supacrypt_core::{Error, KeyName, KeyringName, Reason, Result};

use super::{
    Connection, KeyFilter, KeyRecord, Page, PageQuery, is_duplicate,
    records::{self, parsed},
    unavailable_because,
};

/// Columns of both tables, without two that share a name.
const SELECT: &str = "SELECT k.*, v.number, v.state, v.origin, v.public_key, v.destroy_time,
        v.create_time AS version_create_time
    FROM keys k
    JOIN key_versions v ON v.keyring = k.keyring AND v.key = k.id AND v.number = k.primary_version";

/// Adds a key; its first version is added by [`super::versions::insert`].
///
/// # Errors
/// [`Reason::AlreadyExists`], [`Reason::KeyringNotFound`].
pub(crate) async fn insert(connection: &mut Connection, key: &KeyRecord) -> Result<()> {
    sqlx::query(
        "INSERT INTO keys (keyring, id, label, object_id, spec, usages, primary_version,
             annotations, etag, create_time, update_time, secret_length, subject, start_date,
             end_date, flags, allowed_algorithms, pkcs11_mechanisms)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
    )
    .bind(key.name.keyring().keyring().as_str())
    .bind(key.name.key().as_str())
    .bind(&key.label)
    .bind(&key.object_id)
    .bind(key.spec.to_string())
    .bind(i64::from(key.usages.bits()))
    .bind(i64::from(key.primary.name.number()))
    .bind(annotations(key))
    .bind(&key.etag)
    .bind(key.create_time.as_microsecond())
    .bind(key.update_time.as_microsecond())
    .bind(key.secret_length.map(i64::from))
    .bind(&key.attributes.subject)
    .bind(key.attributes.start_date.map(|date| date.to_string()))
    .bind(key.attributes.end_date.map(|date| date.to_string()))
    .bind(i64::from(key.attributes.flags.bits()))
    .bind(words(key.attributes.allowed.names()))
    .bind(words(key.attributes.mechanisms.iter().map(u32::to_string)))
    .execute(connection)
    .await
    .map(drop)
    .map_err(|error| {
        let database = error.as_database_error();
        if is_duplicate(&error) {
            Error::new(
                Reason::AlreadyExists,
                format!(
                    "{} exists already; deleted keys keep their name until their recovery window \
                     ends",
                    key.name
                ),
            )
        } else if database.is_some_and(sqlx::error::DatabaseError::is_foreign_key_violation) {
            Error::new(Reason::KeyringNotFound, format!("{} does not exist", key.name.keyring()))
        } else {
            unavailable_because(error)
        }
    })
}

/// Replaces what can change of a key.
///
/// # Errors
/// [`Reason::StoreUnavailable`].
pub(crate) async fn update(connection: &mut Connection, key: &KeyRecord) -> Result<()> {
    sqlx::query(
        "UPDATE keys SET label = ?, object_id = ?, primary_version = ?, annotations = ?, etag = ?,
             update_time = ?, purge_time = ?, subject = ?, start_date = ?, end_date = ?, flags = ?
         WHERE keyring = ? AND id = ?",
    )
    .bind(&key.label)
    .bind(&key.object_id)
    .bind(i64::from(key.primary.name.number()))
    .bind(annotations(key))
    .bind(&key.etag)
    .bind(key.update_time.as_microsecond())
    .bind(key.purge_time.map(Timestamp::as_microsecond))
    .bind(&key.attributes.subject)
    .bind(key.attributes.start_date.map(|date| date.to_string()))
    .bind(key.attributes.end_date.map(|date| date.to_string()))
    .bind(i64::from(key.attributes.flags.bits()))
    .bind(key.name.keyring().keyring().as_str())
    .bind(key.name.key().as_str())
    .execute(connection)
    .await
    .map(drop)
    .map_err(unavailable_because)
}

/// Removes a key and its versions.
///
/// # Errors
/// [`Reason::StoreUnavailable`].
pub(crate) async fn delete(connection: &mut Connection, name: &KeyName) -> Result<()> {
    sqlx::query("DELETE FROM keys WHERE keyring = ? AND id = ?")
        .bind(name.keyring().keyring().as_str())
        .bind(name.key().as_str())
        .execute(connection)
        .await
        .map(drop)
        .map_err(unavailable_because)
}

/// Reads one key, deleted or not.
///
/// # Errors
/// [`Reason::KeyNotFound`].
pub(crate) async fn get(connection: &mut Connection, name: &KeyName) -> Result<KeyRecord> {
    let mut query = QueryBuilder::<Sqlite>::new(SELECT);
    query.push(" WHERE k.keyring = ").push_bind(name.keyring().keyring().as_str());
    query.push(" AND k.id = ").push_bind(name.key().as_str());
    let row = query.build().fetch_optional(connection).await.map_err(unavailable_because)?;
    match row {
        Some(row) => records::key(&row),
        None => Err(Error::new(Reason::KeyNotFound, format!("{name} does not exist"))),
    }
}

/// Reads a page of the keys of a keyring.
///
/// # Errors
/// [`Reason::StoreUnavailable`].
pub(crate) async fn list(
    connection: &mut Connection,
    keyring: &KeyringName,
    filter: &KeyFilter,
    page: &PageQuery,
) -> Result<Page<KeyRecord>> {
    let mut query = listing(keyring, filter, page);
    let rows = query.build().fetch_all(connection).await.map_err(unavailable_because)?;
    let keys = rows.iter().map(records::key).collect::<Result<Vec<_>>>()?;
    Ok(page.page(keys, |key| key.name.key().to_string()))
}

fn listing(keyring: &KeyringName, filter: &KeyFilter, page: &PageQuery) -> QueryBuilder<Sqlite> {
    let mut query = QueryBuilder::new(SELECT);
    query.push(" WHERE k.keyring = ").push_bind(keyring.keyring().to_string());
    query.push(" AND k.id > ").push_bind(page.after.clone());
    if let Some(label) = &filter.label {
        query.push(" AND k.label = ").push_bind(label.clone());
    }
    if let Some(object_id) = &filter.object_id {
        query.push(" AND k.object_id = ").push_bind(object_id.clone());
    }
    if let Some(subject) = &filter.subject {
        query.push(" AND k.subject = ").push_bind(subject.clone());
    }
    if !filter.specs.is_empty() {
        query.push(" AND k.spec IN (");
        let mut specs = query.separated(", ");
        for spec in &filter.specs {
            specs.push_bind(spec.to_string());
        }
        query.push(")");
    }
    if !filter.show_deleted {
        query.push(" AND k.purge_time IS NULL");
    }
    query.push(" ORDER BY k.id LIMIT ").push_bind(page.limit());
    query
}

/// The names of deleted keys whose recovery window ended before `now`.
///
/// # Errors
/// [`Reason::StoreUnavailable`].
pub(crate) async fn due_for_purge(
    connection: &mut Connection,
    now: Timestamp,
) -> Result<Vec<KeyName>> {
    let rows = sqlx::query("SELECT keyring, id FROM keys WHERE purge_time <= ?")
        .bind(now.as_microsecond())
        .fetch_all(connection)
        .await
        .map_err(unavailable_because)?;
    rows.iter()
        .map(|row| Ok(KeyringName::new(parsed(row, "keyring")?).key(parsed(row, "id")?)))
        .collect()
}

fn words(words: impl Iterator<Item = String>) -> String {
    words.collect::<Vec<_>>().join(" ")
}

fn annotations(key: &KeyRecord) -> String {
    serde_json::json!(key.annotations).to_string()
}

#[cfg(test)]
mod tests {
    use sqlx::Row;

    use super::*;
    use crate::store::Store;

    #[tokio::test]
    async fn finding_by_label_object_id_or_subject_uses_an_index() {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::open(dir.path()).await.unwrap();
        let mut read = store.read().await.unwrap();
        let keyring = "keyrings/dev".parse().unwrap();
        let page = PageQuery::new(b"", 10, "").unwrap();
        for (filter, index) in [
            (KeyFilter { label: Some("x".into()), ..Default::default() }, "keys_by_label"),
            (KeyFilter { object_id: Some(vec![1]), ..Default::default() }, "keys_by_object_id"),
            (KeyFilter { subject: Some(vec![1]), ..Default::default() }, "keys_by_subject"),
        ] {
            let sql =
                format!("EXPLAIN QUERY PLAN {}", listing(&keyring, &filter, &page).sql().as_str());
            let plan = sqlx::query(sqlx::AssertSqlSafe(sql))
                .bind("dev")
                .bind("")
                .bind("x")
                .bind(11)
                .fetch_all(&mut *read)
                .await
                .unwrap();
            let steps: Vec<String> = plan.iter().map(|row| row.get("detail")).collect();
            assert!(steps.iter().any(|step| step.contains(index)), "{steps:?}");
        }
    }
}
