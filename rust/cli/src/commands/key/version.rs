//! `supacrypt key rotate`, `versions`, `enable`, `disable` and `destroy`.

use supacrypt_core::Result;
use supacrypt_proto::v1;

use crate::{
    api::request_id, confirm::confirm, context::Context, names::KeyRef, view::VersionView,
};

/// Make a new version of a key, which new operations use from now on
#[derive(clap::Args)]
pub(crate) struct Rotate {
    /// The key
    key: KeyRef,
}

impl Rotate {
    pub(crate) fn run(self, context: &Context) -> Result<()> {
        let api = context.api()?;
        let parent = self.key.key(api.default_keyring())?.to_string();
        let request = v1::CreateKeyVersionRequest { parent, request_id: request_id()? };
        show(context, api.create_key_version(request)?)
    }
}

/// List the versions of a key, newest first
#[derive(clap::Args)]
pub(crate) struct Versions {
    /// The key
    key: KeyRef,
}

impl Versions {
    pub(crate) fn run(self, context: &Context) -> Result<()> {
        let api = context.api()?;
        let parent = self.key.key(api.default_keyring())?.to_string();
        let mut request = v1::ListKeyVersionsRequest { parent, ..Default::default() };
        let mut versions = Vec::new();
        loop {
            let answer = api.list_key_versions(request.clone())?;
            versions.extend(answer.versions.into_iter().map(VersionView::from));
            if answer.next_page_token.is_empty() {
                break;
            }
            request.page_token = answer.next_page_token;
        }
        context.output.document(&versions, || VersionView::human_list(&versions))
    }
}

/// Let a disabled version work again
#[derive(clap::Args)]
pub(crate) struct Enable {
    /// The version: KEY@N
    version: KeyRef,
}

impl Enable {
    pub(crate) fn run(self, context: &Context) -> Result<()> {
        let api = context.api()?;
        let name = self.version.version(api.default_keyring())?.to_string();
        show(context, api.enable_key_version(v1::EnableKeyVersionRequest { name })?)
    }
}

/// Stop a version from working until it is enabled again
#[derive(clap::Args)]
pub(crate) struct Disable {
    /// The version: KEY@N
    version: KeyRef,
}

impl Disable {
    pub(crate) fn run(self, context: &Context) -> Result<()> {
        let api = context.api()?;
        let name = self.version.version(api.default_keyring())?.to_string();
        show(context, api.disable_key_version(v1::DisableKeyVersionRequest { name })?)
    }
}

/// Erase the material of a version, at once and for good
#[derive(clap::Args)]
pub(crate) struct Destroy {
    /// The version: KEY@N
    version: KeyRef,
    /// Do not ask
    #[arg(long)]
    yes: bool,
}

impl Destroy {
    pub(crate) fn run(self, context: &Context) -> Result<()> {
        let api = context.api()?;
        let name = self.version.version(api.default_keyring())?.to_string();
        confirm(&format!("Destroy {name} for good"), self.yes)?;
        show(context, api.destroy_key_version(v1::DestroyKeyVersionRequest { name })?)
    }
}

fn show(context: &Context, version: v1::KeyVersion) -> Result<()> {
    let view = VersionView::from(version);
    context.output.document(&view, || view.human())
}
