//! Certificates and data of applications.

mod record;

use futures_util::TryStreamExt;
use sqlx::{QueryBuilder, Sqlite, query::Query, sqlite::SqliteArguments};
use supacrypt_core::{Error, KeyringName, ObjectKind, ObjectName, Reason, Result};

use crate::data_keys::DataKeys;

use super::{Connection, Page, PageQuery, is_duplicate, unavailable_because};

pub(crate) use record::data_context;
pub use record::{CertificateRecord, DataRecord, ObjectContent, ObjectRecord};

/// A page ends before it is longer than this, in bytes, so that every gRPC client can take it.
const PAGE_BYTES: usize = 1024 * 1024;

/// Which objects to list; every field that is set must match.
#[derive(Clone, Debug, Default)]
pub struct ObjectFilter {
    /// Exactly this label.
    pub label: Option<String>,
    /// Exactly this object id.
    pub object_id: Option<Vec<u8>>,
    /// Only such objects.
    pub kind: Option<ObjectKind>,
    /// Certificates of exactly this subject.
    pub subject: Option<Vec<u8>>,
    /// Certificates of exactly this issuer.
    pub issuer: Option<Vec<u8>>,
    /// Certificates with exactly this serial number.
    pub serial_number: Option<Vec<u8>>,
    /// Data of exactly this application.
    pub application: Option<String>,
}

/// Adds an object; data is sealed by `keys`.
///
/// # Errors
/// [`Reason::AlreadyExists`], [`Reason::KeyringNotFound`].
pub(crate) async fn insert(
    connection: &mut Connection,
    keys: &DataKeys,
    object: &ObjectRecord,
) -> Result<()> {
    let query = sqlx::query(
        "INSERT INTO objects (kind, content, category, trusted, subject, issuer, serial_number,
             application, oid, label, object_id, copyable, destroyable, etag, update_time,
             private, modifiable, create_time, keyring, id)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
    )
    .bind(object.content.kind().to_string());
    bind_changeable(query, keys, object)?
        .bind(object.private)
        .bind(object.modifiable)
        .bind(object.create_time.as_microsecond())
        .bind(object.name.keyring().keyring().as_str())
        .bind(object.name.object().as_str())
        .execute(connection)
        .await
        .map(drop)
        .map_err(|error| {
            let database = error.as_database_error();
            if is_duplicate(&error) {
                Error::new(Reason::AlreadyExists, format!("{} exists already", object.name))
            } else if database.is_some_and(sqlx::error::DatabaseError::is_foreign_key_violation) {
                let keyring = object.name.keyring();
                Error::new(Reason::KeyringNotFound, format!("{keyring} does not exist"))
            } else {
                unavailable_because(error)
            }
        })
}

/// Replaces what can change of an object.
///
/// # Errors
/// [`Reason::StoreUnavailable`].
pub(crate) async fn update(
    connection: &mut Connection,
    keys: &DataKeys,
    object: &ObjectRecord,
) -> Result<()> {
    let query = sqlx::query(
        "UPDATE objects SET content = ?, category = ?, trusted = ?, subject = ?, issuer = ?,
             serial_number = ?, application = ?, oid = ?, label = ?, object_id = ?, copyable = ?,
             destroyable = ?, etag = ?, update_time = ?
         WHERE keyring = ? AND id = ?",
    );
    bind_changeable(query, keys, object)?
        .bind(object.name.keyring().keyring().as_str())
        .bind(object.name.object().as_str())
        .execute(connection)
        .await
        .map(drop)
        .map_err(unavailable_because)
}

type Statement<'q> = Query<'q, Sqlite, SqliteArguments>;

/// Binds the columns from `content` to `update_time`, in the order in which both statements that
/// write have them.
fn bind_changeable<'q>(
    query: Statement<'q>,
    keys: &DataKeys,
    object: &'q ObjectRecord,
) -> Result<Statement<'q>> {
    let (certificate, data) = match &object.content {
        ObjectContent::Certificate(certificate) => (Some(certificate), None),
        ObjectContent::Data(data) => (None, Some(data)),
    };
    Ok(query
        .bind(record::content(object, keys)?)
        .bind(certificate.map(|it| it.category.to_string()))
        .bind(certificate.map(|it| it.trusted))
        .bind(certificate.map(|it| &it.subject))
        .bind(certificate.map(|it| &it.issuer))
        .bind(certificate.map(|it| &it.serial_number))
        .bind(data.map(|it| &it.application))
        .bind(data.map(|it| &it.oid))
        .bind(&object.label)
        .bind(&object.object_id)
        .bind(object.copyable)
        .bind(object.destroyable)
        .bind(&object.etag)
        .bind(object.update_time.as_microsecond()))
}

/// Removes an object.
///
/// # Errors
/// [`Reason::StoreUnavailable`].
pub(crate) async fn delete(connection: &mut Connection, name: &ObjectName) -> Result<()> {
    sqlx::query("DELETE FROM objects WHERE keyring = ? AND id = ?")
        .bind(name.keyring().keyring().as_str())
        .bind(name.object().as_str())
        .execute(connection)
        .await
        .map(drop)
        .map_err(unavailable_because)
}

/// Reads one object.
///
/// # Errors
/// [`Reason::ObjectNotFound`]; [`Reason::SealUnavailable`] when data does not open.
pub(crate) async fn get(
    connection: &mut Connection,
    keys: &DataKeys,
    name: &ObjectName,
) -> Result<ObjectRecord> {
    let row = sqlx::query("SELECT * FROM objects WHERE keyring = ? AND id = ?")
        .bind(name.keyring().keyring().as_str())
        .bind(name.object().as_str())
        .fetch_optional(connection)
        .await
        .map_err(unavailable_because)?;
    match row {
        Some(row) => record::object(&row, keys),
        None => Err(Error::new(Reason::ObjectNotFound, format!("{name} does not exist"))),
    }
}

/// Reads a page of the objects of a keyring.
///
/// # Errors
/// [`Reason::SealUnavailable`] when data does not open.
pub(crate) async fn list(
    connection: &mut Connection,
    keys: &DataKeys,
    keyring: &KeyringName,
    filter: &ObjectFilter,
    page: &PageQuery,
) -> Result<Page<ObjectRecord>> {
    let mut query = listing(keyring, filter, page);
    let mut rows = query.build().fetch(connection);
    let mut objects = Vec::new();
    let mut bytes = 0;
    while let Some(row) = rows.try_next().await.map_err(unavailable_because)? {
        let object = record::object(&row, keys)?;
        bytes += object.size();
        let full = objects.len() == page.size || bytes > PAGE_BYTES;
        if full && !objects.is_empty() {
            return Ok(page.part(objects, true, id));
        }
        objects.push(object);
    }
    Ok(page.part(objects, false, id))
}

fn id(object: &ObjectRecord) -> String {
    object.name.object().to_string()
}

fn listing(keyring: &KeyringName, filter: &ObjectFilter, page: &PageQuery) -> QueryBuilder<Sqlite> {
    let mut query = QueryBuilder::new("SELECT * FROM objects WHERE keyring = ");
    query.push_bind(keyring.keyring().to_string());
    query.push(" AND id > ").push_bind(page.after.clone());
    let texts = [("label", &filter.label), ("application", &filter.application)];
    for (column, text) in texts {
        if let Some(text) = text {
            query.push(format_args!(" AND {column} = ")).push_bind(text.clone());
        }
    }
    let blobs = [
        ("object_id", &filter.object_id),
        ("subject", &filter.subject),
        ("issuer", &filter.issuer),
        ("serial_number", &filter.serial_number),
    ];
    for (column, blob) in blobs {
        if let Some(blob) = blob {
            query.push(format_args!(" AND {column} = ")).push_bind(blob.clone());
        }
    }
    if let Some(kind) = filter.kind {
        query.push(" AND kind = ").push_bind(kind.to_string());
    }
    query.push(" ORDER BY id LIMIT ").push_bind(page.limit());
    query
}

#[cfg(test)]
mod tests {
    use sqlx::Row;

    use super::*;
    use crate::store::Store;

    #[tokio::test]
    async fn what_is_promised_to_be_indexed_is() {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::open(dir.path()).await.unwrap();
        let mut read = store.read().await.unwrap();
        let keyring = "keyrings/dev".parse().unwrap();
        let page = PageQuery::new(b"", 10, "").unwrap();
        let any = ObjectFilter::default;
        let (text, blob) = (Some("x".to_owned()), Some(vec![1]));
        for (filter, index) in [
            (ObjectFilter { label: text.clone(), ..any() }, "objects_by_label"),
            (ObjectFilter { object_id: blob.clone(), ..any() }, "objects_by_object_id"),
            (ObjectFilter { subject: blob.clone(), ..any() }, "objects_by_subject"),
            (
                ObjectFilter { issuer: blob.clone(), serial_number: blob, ..any() },
                "objects_by_serial_number (keyring=? AND issuer=? AND serial_number=?",
            ),
            (ObjectFilter { application: text, ..any() }, "objects_by_application"),
        ] {
            let sql =
                format!("EXPLAIN QUERY PLAN {}", listing(&keyring, &filter, &page).sql().as_str());
            let plan = sqlx::query(sqlx::AssertSqlSafe(sql)).fetch_all(&mut *read).await.unwrap();
            let steps: Vec<String> = plan.iter().map(|row| row.get("detail")).collect();
            assert!(steps.iter().any(|step| step.contains(index)), "{index}: {steps:?}");
        }
    }
}
