//! Roles.

use supacrypt_core::{Error, Role};

use super::unknown;
use crate::v1;

impl From<Role> for v1::Role {
    fn from(role: Role) -> Self {
        match role {
            Role::User => v1::Role::User,
            Role::Admin => v1::Role::Admin,
        }
    }
}

impl TryFrom<v1::Role> for Role {
    type Error = Error;

    fn try_from(role: v1::Role) -> Result<Self, Error> {
        match role {
            v1::Role::User => Ok(Role::User),
            v1::Role::Admin => Ok(Role::Admin),
            v1::Role::Unspecified => Err(unknown("the role")),
        }
    }
}
