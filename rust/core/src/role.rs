//! Who acts, and what they may do in a keyring.

use std::sync::Arc;

/// Who a client certificate says its holder is: its SPIFFE ID, else its first DNS name, else its
/// common name. Cheap to clone.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Principal(Arc<str>);

impl Principal {
    /// Names a principal. The name is taken as it is.
    pub fn new(name: impl Into<Arc<str>>) -> Self {
        Principal(name.into())
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Display for Principal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

/// What a principal is in a keyring.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Hash, strum::EnumIter, strum::Display, strum::EnumString,
)]
#[strum(serialize_all = "lowercase")]
pub enum Role {
    /// Sees the keyring with its objects, and uses its keys.
    User,
    /// A user who also makes, changes and deletes keys and objects, and grants roles in this
    /// keyring.
    Admin,
}

impl Role {
    /// Whether the role includes `permission`.
    pub const fn allows(self, permission: Permission) -> bool {
        match self {
            Role::User => matches!(permission, Permission::View | Permission::Use),
            Role::Admin => !matches!(permission, Permission::Administer),
        }
    }
}

/// What an action asks of the one who takes it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, strum::EnumIter, strum::Display)]
#[strum(serialize_all = "kebab-case")]
pub enum Permission {
    /// See a keyring, its keys and its objects.
    View,
    /// Perform operations with a key.
    Use,
    /// Make, change and delete keys and objects; change the keyring and its grants.
    Manage,
    /// Make and delete keyrings, read the audit log: for the server's administrators only.
    Administer,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_user_cannot_manage_and_a_keyring_admin_cannot_administer_the_server() {
        assert!(Role::User.allows(Permission::Use));
        assert!(!Role::User.allows(Permission::Manage));
        assert!(Role::Admin.allows(Permission::Manage));
        assert!(!Role::Admin.allows(Permission::Administer));
    }
}
