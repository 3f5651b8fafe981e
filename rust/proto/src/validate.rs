//! The limits of every field, and the one place where requests are checked against them.
//!
//! What needs the store to decide (does it exist, may the caller) is not checked here.

mod crypto;
mod custodian;
mod key;
mod keyring;
mod object;
mod seal;

use supacrypt_core::{Error, Reason, Result};

/// The limits, in bytes or items.
pub mod limits {
    /// Input, additional data, signature or ciphertext of one operation, bytes.
    pub const INPUT: usize = 64 * 1024;
    /// Random bytes of one request.
    pub const RANDOM: usize = 64 * 1024;
    /// Operations in one message of `Perform`.
    pub const OPERATIONS: usize = 256;
    /// A gRPC message, bytes. A client splits what waits so that a message stays below it.
    pub const MESSAGE: usize = 1024 * 1024;
    /// Imported key material, bytes.
    pub const MATERIAL: usize = 8 * 1024;
    /// `Keyring.display_name`, bytes.
    pub const DISPLAY_NAME: usize = 64;
    /// `AdoptKeyRequest.source`, bytes.
    pub const SOURCE: usize = 2048;
    /// `Keyring.custodian`, bytes.
    pub const CUSTODIAN: usize = 63;
    /// `Key.label` and `Object.label`, bytes.
    pub const LABEL: usize = 255;
    /// `Key.object_id` and `Object.object_id`, bytes.
    pub const OBJECT_ID: usize = 128;
    /// `Certificate.der`, and so all that is read from it, bytes.
    pub const CERTIFICATE: usize = 64 * 1024;
    /// `Data.application`, bytes.
    pub const APPLICATION: usize = 255;
    /// `Data.oid`, bytes.
    pub const OID: usize = 128;
    /// `Data.value`, bytes.
    pub const DATA: usize = 64 * 1024;
    /// `Key.subject`, bytes.
    pub const SUBJECT: usize = 4 * 1024;
    /// `Key.allowed_algorithms`.
    pub const ALGORITHMS: usize = 128;
    /// The name of an algorithm, bytes.
    pub const ALGORITHM: usize = 63;
    /// `Key.pkcs11_mechanisms`.
    pub const MECHANISMS: usize = 256;
    /// Grants of a keyring.
    pub const GRANTS: usize = 256;
    /// `Grant.principal`, bytes.
    pub const PRINCIPAL: usize = 255;
    /// Shortest PIN, bytes.
    pub const MIN_PIN: usize = 4;
    /// Longest PIN, bytes.
    pub const MAX_PIN: usize = 64;
    /// Wrong PINs in a row until it is locked.
    pub const PIN_TRIES: u32 = 10;
    /// `pin_ticket`, bytes.
    pub const PIN_TICKET: usize = 64;
    /// Annotations of a key.
    pub const ANNOTATIONS: usize = 64;
    /// Name of an annotation, bytes.
    pub const ANNOTATION_NAME: usize = 63;
    /// Value of an annotation, bytes.
    pub const ANNOTATION_VALUE: usize = 255;
    /// `request_id`, bytes.
    pub const REQUEST_ID: usize = 64;
    /// `page_token` and `etag`, bytes.
    pub const TOKEN: usize = 512;
    /// Answers of a page when the request names no number.
    pub const DEFAULT_PAGE: usize = 100;
    /// Most answers of a page.
    pub const MAX_PAGE: usize = 1000;
    /// Specs in a filter, or that unwrapped material may have.
    pub const SPECS: usize = 64;
    /// Longest recovery window, seconds: 90 days.
    pub const MAX_RECOVERY_SECONDS: i64 = 90 * 24 * 60 * 60;
    /// Recovery window when the request names none, seconds: 30 days.
    pub const DEFAULT_RECOVERY_SECONDS: i64 = 30 * 24 * 60 * 60;
    /// A resource name, bytes.
    pub const NAME: usize = 256;
}

/// A request that can be checked against the limits of its fields.
pub trait Validate {
    /// Checks every field.
    ///
    /// # Errors
    /// `INVALID_ARGUMENT`, or `INVALID_RESOURCE_NAME` for a name, naming the field.
    fn validate(&self) -> Result<()>;
}

fn at_most(field: &'static str, len: usize, limit: usize, unit: &str) -> Result<()> {
    if len <= limit {
        return Ok(());
    }
    let message = format!("{field} has {len} {unit}, the limit is {limit}");
    Err(Error::new(Reason::InvalidArgument, message).in_field(field))
}

fn bytes(field: &'static str, len: usize, limit: usize) -> Result<()> {
    at_most(field, len, limit, "bytes")
}

/// Text for people: no control characters, which would forge lines on a terminal or in a log.
fn text(field: &'static str, value: &str, limit: usize) -> Result<()> {
    bytes(field, value.len(), limit)?;
    if value.chars().any(char::is_control) {
        let message = format!("{field} holds control characters; use plain text");
        return Err(Error::new(Reason::InvalidArgument, message).in_field(field));
    }
    Ok(())
}

fn required<'a, T>(field: &'static str, value: &'a Option<T>) -> Result<&'a T> {
    value.as_ref().ok_or_else(|| {
        Error::new(Reason::InvalidArgument, format!("{field} is required")).in_field(field)
    })
}

/// A resource name of the kind `N`; without its length limit a parse error would echo it whole.
fn name<N: std::str::FromStr<Err = Error>>(field: &'static str, value: &str) -> Result<N> {
    bytes(field, value.len(), limits::NAME)?;
    value.parse().map_err(|error: Error| error.in_field(field))
}

fn page(page_size: i32, page_token: &str) -> Result<()> {
    if page_size < 0 {
        let message = "page_size is negative; leave it out for the default";
        return Err(Error::new(Reason::InvalidArgument, message).in_field("page_size"));
    }
    bytes("page_token", page_token.len(), limits::TOKEN)
}

fn request_id(value: &str) -> Result<()> {
    text("request_id", value, limits::REQUEST_ID)
}

fn update_mask(mask: &Option<prost_types::FieldMask>, known: &[&str]) -> Result<()> {
    let mask = required("update_mask", mask)?;
    if mask.paths.is_empty() {
        let message = format!("update_mask is empty; name some of: {}", known.join(", "));
        return Err(Error::new(Reason::InvalidArgument, message).in_field("update_mask"));
    }
    match mask.paths.iter().find(|path| !known.contains(&path.as_str())) {
        None => Ok(()),
        Some(path) => {
            let path: String = path.chars().take(limits::ANNOTATION_NAME).collect();
            let message = format!("{path:?} cannot be updated; what can: {}", known.join(", "));
            Err(Error::new(Reason::InvalidArgument, message).in_field("update_mask"))
        }
    }
}
