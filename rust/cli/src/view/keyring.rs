//! Keyrings.

use jiff::Timestamp;
use serde::Serialize;
use supacrypt_core::{Capabilities, KeySpec, Role};
use supacrypt_proto::v1;

use super::{short, time};
use crate::output::{properties, table};

#[derive(Serialize)]
pub(crate) struct KeyringView {
    name: String,
    display_name: String,
    grants: Vec<GrantView>,
    create_time: Option<Timestamp>,
    update_time: Option<Timestamp>,
    pin: Option<PinView>,
    custodian: String,
    capabilities: Option<CapabilitiesView>,
    etag: String,
}

#[derive(Serialize)]
struct PinView {
    tries_left: u32,
}

#[derive(Serialize)]
pub(super) struct CapabilitiesView {
    generates: Vec<String>,
    imports: Vec<String>,
    /// All there are when empty.
    algorithms: Vec<String>,
    one_purpose: bool,
}

impl From<v1::Capabilities> for CapabilitiesView {
    fn from(capabilities: v1::Capabilities) -> Self {
        let known = Capabilities::from(capabilities);
        let names = |specs: &[KeySpec]| specs.iter().map(ToString::to_string).collect();
        CapabilitiesView {
            generates: names(&known.generates),
            imports: names(&known.imports),
            algorithms: known.algorithms.names().collect(),
            one_purpose: known.one_purpose,
        }
    }
}

#[derive(Serialize)]
struct GrantView {
    principal: String,
    role: String,
}

impl From<v1::Keyring> for KeyringView {
    fn from(keyring: v1::Keyring) -> Self {
        let grants = keyring.grants.iter().map(|grant| GrantView {
            principal: grant.principal.clone(),
            role: Role::try_from(grant.role())
                .map_or_else(|_| "unknown".to_owned(), |role| role.to_string()),
        });
        KeyringView {
            grants: grants.collect(),
            create_time: time(keyring.create_time.as_ref()),
            update_time: time(keyring.update_time.as_ref()),
            pin: keyring.pin.map(|pin| PinView { tries_left: pin.tries_left }),
            custodian: keyring.custodian,
            capabilities: keyring.capabilities.map(Into::into),
            name: keyring.name,
            display_name: keyring.display_name,
            etag: keyring.etag,
        }
    }
}

impl KeyringView {
    /// All that is known of one keyring.
    pub(crate) fn human(&self) -> String {
        let mut rows = vec![
            ("name", self.name.clone()),
            ("display name", self.display_name.clone()),
            ("custodian", self.custodian.clone()),
            ("created", short(self.create_time)),
            ("updated", short(self.update_time)),
        ];
        if let Some(PinView { tries_left }) = self.pin {
            let state = match tries_left {
                0 => "locked; `supacrypt keyring pin set` sets another one".to_owned(),
                left => format!("set, {left} tries left"),
            };
            rows.push(("PIN", state));
        }
        match &self.capabilities {
            None => rows.push(("offers", "nothing: the server has no such custodian now".into())),
            // Without a limit it is the software custodian, which has everything.
            Some(offered) if offered.algorithms.is_empty() => {}
            Some(offered) => {
                rows.push(("makes", offered.generates.join(" ")));
                rows.push(("takes in", offered.imports.join(" ")));
                rows.push(("algorithms", offered.algorithms.join(" ")));
                if offered.one_purpose {
                    rows.push(("keys", "have one purpose each: signing, or decrypting".into()));
                }
            }
        }
        for grant in &self.grants {
            rows.push(("grant", format!("{} {}", grant.role, grant.principal)));
        }
        properties(&rows)
    }

    /// One line for each keyring.
    pub(crate) fn human_list(keyrings: &[Self]) -> String {
        table(
            &["NAME", "DISPLAY NAME", "GRANTS", "CREATED"],
            keyrings.iter().map(|keyring| {
                let id = keyring.name.trim_start_matches("keyrings/").to_owned();
                let grants = keyring.grants.len().to_string();
                [id, keyring.display_name.clone(), grants, short(keyring.create_time)]
            }),
        )
    }
}
