//! `supacrypt keyring`.

mod pin;

use clap::{Subcommand, builder::PossibleValuesParser, builder::TypedValueParser};
use serde_json::json;
use supacrypt_core::{Error, Reason, Result, Role};
use supacrypt_proto::v1;

use crate::{
    api::{Api, request_id},
    confirm::confirm,
    context::Context,
    names::KeyringRef,
    view::KeyringView,
};

/// Make and change keyrings, and grant access to them
#[derive(Subcommand)]
pub(crate) enum Keyring {
    /// Make a keyring; for the server's administrators
    Create {
        /// The id of the new keyring
        keyring: KeyringRef,
        /// Text for people, and the token label in PKCS#11; the id by default
        #[arg(long, value_name = "TEXT", default_value = "")]
        display_name: String,
        /// What holds its keys, for good: `software`, or a custodian of the server's configuration
        #[arg(long, value_name = "NAME", default_value = "software")]
        custodian: String,
    },
    /// List the keyrings you see
    List,
    /// Show a keyring with its grants
    Show {
        /// The keyring
        keyring: KeyringRef,
    },
    /// Change a keyring
    Update {
        /// The keyring
        keyring: KeyringRef,
        /// The new text for people, and token label in PKCS#11
        #[arg(long, value_name = "TEXT")]
        display_name: String,
    },
    /// Delete an empty keyring; for the server's administrators
    Delete {
        /// The keyring
        keyring: KeyringRef,
        /// Do not ask
        #[arg(long)]
        yes: bool,
    },
    /// Give a principal a role in a keyring, or another one than it has
    Grant {
        /// The keyring
        keyring: KeyringRef,
        /// The name in the client's certificate: SPIFFE ID, else first DNS name, else common name
        principal: String,
        /// A user uses keys; an admin also makes, changes and deletes them and grants roles
        #[arg(long, default_value = "user", value_parser = PossibleValuesParser::new(["user", "admin"])
            .try_map(|role| role.parse::<Role>()))]
        role: Role,
    },
    /// Take a principal's role in a keyring away
    Revoke {
        /// The keyring
        keyring: KeyringRef,
        /// The principal
        principal: String,
    },
    #[command(subcommand)]
    Pin(pin::Pin),
}

impl Keyring {
    pub(crate) fn run(self, context: &Context) -> Result<()> {
        let api = context.api()?;
        match self {
            Keyring::Create { keyring, display_name, custodian } => {
                let request = v1::CreateKeyringRequest {
                    keyring_id: keyring.id().to_string(),
                    keyring: Some(v1::Keyring {
                        display_name,
                        custodian,
                        ..v1::Keyring::default()
                    }),
                    request_id: request_id()?,
                };
                show(context, api.create_keyring(request)?)
            }
            Keyring::List => list(context, &api),
            Keyring::Show { keyring } => {
                let request = v1::GetKeyringRequest { name: keyring.name().to_string() };
                show(context, api.get_keyring(request)?)
            }
            Keyring::Update { keyring, display_name } => {
                let name = keyring.name().to_string();
                let changed = v1::Keyring { name, display_name, ..v1::Keyring::default() };
                show(context, update(&api, changed, "display_name")?)
            }
            Keyring::Delete { keyring, yes } => {
                let name = keyring.name().to_string();
                confirm(&format!("Delete {name}"), yes)?;
                let request = v1::DeleteKeyringRequest { name: name.clone(), etag: String::new() };
                api.delete_keyring(request)?;
                context.output.document(&json!({ "name": name, "deleted": true }), || {
                    format!("deleted {name}")
                })
            }
            Keyring::Grant { keyring, principal, role } => show(
                context,
                change_grants(&api, &keyring, |grants| {
                    grants.retain(|grant| grant.principal != principal);
                    grants.push(v1::Grant { principal, role: v1::Role::from(role).into() });
                    Ok(())
                })?,
            ),
            Keyring::Pin(command) => command.run(context, &api),
            Keyring::Revoke { keyring, principal } => show(
                context,
                change_grants(&api, &keyring, |grants| {
                    let before = grants.len();
                    grants.retain(|grant| grant.principal != principal);
                    if grants.len() < before {
                        return Ok(());
                    }
                    let message = format!("{principal:?} has no role in {}", keyring.name());
                    Err(Error::new(Reason::InvalidArgument, message))
                })?,
            ),
        }
    }
}

fn list(context: &Context, api: &Api) -> Result<()> {
    let mut keyrings = Vec::new();
    let mut page_token = String::new();
    loop {
        let answer = api.list_keyrings(v1::ListKeyringsRequest { page_size: 0, page_token })?;
        keyrings.extend(answer.keyrings.into_iter().map(KeyringView::from));
        if answer.next_page_token.is_empty() {
            break;
        }
        page_token = answer.next_page_token;
    }
    context.output.document(&keyrings, || KeyringView::human_list(&keyrings))
}

/// Changes the grants as they are now; somebody else's change in between is an etag mismatch, never
/// lost.
fn change_grants(
    api: &Api,
    keyring: &KeyringRef,
    change: impl FnOnce(&mut Vec<v1::Grant>) -> Result<()>,
) -> Result<v1::Keyring> {
    let request = v1::GetKeyringRequest { name: keyring.name().to_string() };
    let mut current = api.get_keyring(request)?;
    change(&mut current.grants)?;
    update(api, current, "grants")
}

fn update(api: &Api, keyring: v1::Keyring, field: &str) -> Result<v1::Keyring> {
    let update_mask = Some(prost_types::FieldMask { paths: vec![field.to_owned()] });
    api.update_keyring(v1::UpdateKeyringRequest { keyring: Some(keyring), update_mask })
}

fn show(context: &Context, keyring: v1::Keyring) -> Result<()> {
    let view = KeyringView::from(keyring);
    context.output.document(&view, || view.human())
}
