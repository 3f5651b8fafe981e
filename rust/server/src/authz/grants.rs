//! The roles that are in force.

use std::collections::HashMap;

use supacrypt_core::{Principal, ResourceId, Role};

/// A snapshot of all grants: keyring × principal → role. Keyrings without grants are in it too.
#[derive(Clone, Debug, Default)]
pub struct Grants(HashMap<ResourceId, HashMap<Principal, Role>>);

impl Grants {
    /// Sets the grants of a keyring, in place of those it had.
    pub fn insert(
        &mut self,
        keyring: ResourceId,
        grants: impl IntoIterator<Item = (Principal, Role)>,
    ) {
        self.0.insert(keyring, grants.into_iter().collect());
    }

    /// Forgets a keyring.
    pub fn remove(&mut self, keyring: &ResourceId) {
        self.0.remove(keyring);
    }

    /// What `principal` is in `keyring`.
    pub fn role(&self, keyring: &ResourceId, principal: &Principal) -> Option<Role> {
        self.0.get(keyring)?.get(principal).copied()
    }

    /// Whether the keyring exists.
    pub fn knows(&self, keyring: &ResourceId) -> bool {
        self.0.contains_key(keyring)
    }
}
