//! Why something was not allowed: what the caller is told, and what is recorded.

use supacrypt_core::{Error, Permission, Principal, Reason, ResourceId};

/// A decision against the caller.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Denial {
    /// The principal has no role in the keyring, or there is no such keyring.
    NotGranted {
        /// The keyring that was asked for.
        keyring: ResourceId,
        /// Whether there is one. Recorded, never told: names of keyrings are not for strangers.
        exists: bool,
    },
    /// The principal's role does not include the permission.
    RoleInsufficient {
        /// What the action asks for.
        permission: Permission,
    },
    /// Only the server's administrators may do this.
    AdministratorsOnly {
        /// What the action asks for.
        permission: Permission,
    },
}

impl Denial {
    /// What the caller is told.
    pub fn shown(&self, principal: &Principal) -> Error {
        match self {
            Denial::NotGranted { keyring, .. } => Error::new(
                Reason::KeyringNotGranted,
                format!(
                    "{principal} has no role in keyrings/{keyring}, or it does not exist; check \
                     the name, or ask an administrator for a role"
                ),
            ),
            Denial::RoleInsufficient { permission } => Error::new(
                Reason::RoleInsufficient,
                format!(
                    "the role of {principal} does not allow to {permission} here; ask an \
                     administrator of the keyring for the role admin"
                ),
            ),
            Denial::AdministratorsOnly { permission } => Error::new(
                Reason::RoleInsufficient,
                format!(
                    "{principal} may not {permission} this server; that is for the principals in \
                     authorization.admins of its configuration"
                ),
            ),
        }
    }

    /// What is recorded.
    pub fn recorded(&self) -> Reason {
        match self {
            Denial::NotGranted { exists: true, .. } => Reason::KeyringNotGranted,
            Denial::NotGranted { exists: false, .. } => Reason::KeyringNotFound,
            Denial::RoleInsufficient { .. } | Denial::AdministratorsOnly { .. } => {
                Reason::RoleInsufficient
            }
        }
    }
}
