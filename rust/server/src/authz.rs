//! Who may do what.
//!
//! The rule is closed: the server's administrators, named in the configuration, may do everything;
//! everyone else may do in a keyring what their role there includes, and nothing outside of it.
//! Deciding takes two hash lookups in a snapshot and waits for nothing, since it is done for every
//! operation; a change of the grants swaps the snapshot.

mod denial;
mod grants;

pub use denial::Denial;
pub use grants::Grants;

use std::collections::HashSet;
use std::sync::Arc;

use arc_swap::ArcSwap;
use supacrypt_core::{Permission, Principal, ResourceId};

/// Decides who may do what.
pub trait Authorizer: Send + Sync {
    /// Decides whether `principal` may do what asks for `permission` in `keyring`, or on the server
    /// as a whole when there is none.
    ///
    /// # Errors
    /// Why not.
    fn authorize(
        &self,
        principal: &Principal,
        permission: Permission,
        keyring: Option<&ResourceId>,
    ) -> Result<(), Denial>;
}

/// The closed rule.
#[derive(Debug)]
pub struct ClosedRule {
    admins: HashSet<Principal>,
    grants: Arc<ArcSwap<Grants>>,
}

impl ClosedRule {
    /// The rule for these administrators and the grants that are in force at the moment of each
    /// decision.
    pub fn new(
        admins: impl IntoIterator<Item = Principal>,
        grants: Arc<ArcSwap<Grants>>,
    ) -> ClosedRule {
        ClosedRule { admins: admins.into_iter().collect(), grants }
    }
}

impl Authorizer for ClosedRule {
    fn authorize(
        &self,
        principal: &Principal,
        permission: Permission,
        keyring: Option<&ResourceId>,
    ) -> Result<(), Denial> {
        // The roles come first because most who ask have one.
        let grants = self.grants.load();
        let role = keyring.and_then(|keyring| grants.role(keyring, principal));
        if role.is_some_and(|role| role.allows(permission)) || self.admins.contains(principal) {
            return Ok(());
        }
        Err(match (keyring, role) {
            (_, Some(_)) => Denial::RoleInsufficient { permission },
            (None, None) => Denial::AdministratorsOnly { permission },
            (Some(keyring), None) => {
                Denial::NotGranted { keyring: keyring.clone(), exists: grants.knows(keyring) }
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use supacrypt_core::{Reason, Role};

    use super::*;

    fn decide(
        principal: &str,
        permission: Permission,
        keyring: Option<&str>,
    ) -> Result<(), Denial> {
        let mut grants = Grants::default();
        let dev = "dev".parse().unwrap();
        let roles = [("user", Role::User), ("keeper", Role::Admin)];
        grants.insert(dev, roles.map(|(name, role)| (Principal::new(name), role)));
        let grants = Arc::new(ArcSwap::from_pointee(grants));
        let rule = ClosedRule::new([Principal::new("root")], grants);
        let keyring: Option<ResourceId> = keyring.map(|keyring| keyring.parse().unwrap());
        rule.authorize(&Principal::new(principal), permission, keyring.as_ref())
    }

    #[test]
    fn a_role_allows_what_it_includes_and_only_in_its_keyring() {
        assert_eq!(decide("user", Permission::Use, Some("dev")), Ok(()));
        let denial = decide("user", Permission::Manage, Some("dev")).unwrap_err();
        assert_eq!(denial.recorded(), Reason::RoleInsufficient);
        assert!(decide("user", Permission::Use, Some("other")).is_err());
        assert!(decide("keeper", Permission::Administer, None).is_err());
    }

    #[test]
    fn the_servers_administrators_may_do_everything() {
        assert_eq!(decide("root", Permission::Administer, None), Ok(()));
        assert_eq!(decide("root", Permission::Use, Some("dev")), Ok(()));
        assert_eq!(decide("root", Permission::View, Some("other")), Ok(()));
    }

    #[test]
    fn a_stranger_cannot_tell_a_foreign_keyring_from_one_that_does_not_exist() {
        let stranger = Principal::new("stranger");
        let foreign = decide("stranger", Permission::View, Some("dev")).unwrap_err();
        let absent = decide("stranger", Permission::View, Some("other")).unwrap_err();
        let shown = |denial: &Denial, name: &str| {
            let error = denial.shown(&stranger);
            (error.reason(), error.message().replace(name, "X"))
        };
        assert_eq!(shown(&foreign, "dev"), shown(&absent, "other"));
        assert_eq!(foreign.recorded(), Reason::KeyringNotGranted);
        assert_eq!(absent.recorded(), Reason::KeyringNotFound);
    }
}
