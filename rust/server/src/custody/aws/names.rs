//! What tells the keys of a store from others in the same account.

/// The tag with the id of the store.
pub(super) const STORE_TAG: &str = "supacrypt-store";
/// The tag with the id of the key version.
pub(super) const VERSION_TAG: &str = "supacrypt-version";

/// The description of all keys that were made for a store.
pub(super) const DESCRIPTION: &str = "made by supacrypt";

/// The alias of a key of the store: what lists them all in few requests, and what people read.
pub(super) fn alias(store: &str, context: &str) -> String {
    format!("{}{context}", prefix(store))
}

/// What the aliases of a store's keys begin with.
pub(super) fn prefix(store: &str) -> String {
    format!("alias/supacrypt/{store}/")
}
