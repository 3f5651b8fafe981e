//! Requests that made something, so that a retry makes nothing twice.

use jiff::Timestamp;
use sqlx::Row;
use supacrypt_core::{Error, Principal, Reason, Result};

use super::{Connection, unavailable_because};

/// How long a request is remembered.
const MEMORY: jiff::SignedDuration = jiff::SignedDuration::from_hours(24);

/// A request that its sender may repeat.
#[derive(Clone, Debug)]
pub struct RequestId {
    /// Who sent it.
    pub principal: Principal,
    /// The sender's id for it.
    pub id: String,
    /// A digest of the whole request, to tell a retry from another request with the same id.
    pub fingerprint: Vec<u8>,
}

/// The resource that the same request made before.
///
/// # Errors
/// [`Reason::RequestIdReused`] when another request had this id.
pub(crate) async fn find(
    connection: &mut Connection,
    request: &RequestId,
) -> Result<Option<String>> {
    let row = sqlx::query(
        "SELECT fingerprint, resource FROM requests WHERE principal = ? AND request_id = ?",
    )
    .bind(request.principal.as_str())
    .bind(&request.id)
    .fetch_optional(connection)
    .await
    .map_err(unavailable_because)?;
    let Some(row) = row else { return Ok(None) };
    if row.get::<&[u8], _>("fingerprint") != request.fingerprint {
        return Err(Error::new(
            Reason::RequestIdReused,
            format!("the request id {} was used before, for another request", request.id),
        )
        .in_field("request_id"));
    }
    Ok(Some(row.get("resource")))
}

/// Remembers that `request` made `resource`, and forgets what is over a day old. Call
/// [`find`] before, in the same transaction.
///
/// # Errors
/// [`Reason::StoreUnavailable`].
pub(crate) async fn insert(
    connection: &mut Connection,
    request: &RequestId,
    resource: &str,
) -> Result<()> {
    let now = Timestamp::now();
    sqlx::query("DELETE FROM requests WHERE create_time < ?")
        .bind((now - MEMORY).as_microsecond())
        .execute(&mut *connection)
        .await
        .map_err(unavailable_because)?;
    sqlx::query(
        "INSERT INTO requests (principal, request_id, fingerprint, resource, create_time)
         VALUES (?, ?, ?, ?, ?)",
    )
    .bind(request.principal.as_str())
    .bind(&request.id)
    .bind(&request.fingerprint)
    .bind(resource)
    .bind(now.as_microsecond())
    .execute(connection)
    .await
    .map(drop)
    .map_err(unavailable_because)
}
