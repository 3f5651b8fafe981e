//! `supacrypt key`.

mod adopt;
mod attributes;
mod change;
mod create;
mod import;
mod list;
mod new_key;
mod public;
mod version;
mod watch;
mod wrap;

use clap::Subcommand;
use supacrypt_core::Result;
use supacrypt_proto::v1;

use crate::{context::Context, view::KeyView};

/// Make, change and show keys and their versions
///
/// A key is named KEYRING/KEY, or KEY alone when the configuration chooses a keyring; KEY@N is one
/// version of it. Full names such as keyrings/dev/keys/app work too.
#[derive(Subcommand)]
pub(crate) enum Key {
    Create(create::Create),
    Import(import::Import),
    Adopt(adopt::Adopt),
    List(list::List),
    Show(list::Show),
    Update(change::Update),
    Delete(change::Delete),
    Undelete(change::Undelete),
    Rotate(version::Rotate),
    Versions(version::Versions),
    Enable(version::Enable),
    Disable(version::Disable),
    Destroy(version::Destroy),
    Public(public::Public),
    Wrap(wrap::Wrap),
    Watch(watch::Watch),
}

impl Key {
    pub(crate) fn run(self, context: &Context) -> Result<()> {
        match self {
            Key::Create(command) => command.run(context),
            Key::Import(command) => command.run(context),
            Key::Adopt(command) => command.run(context),
            Key::List(command) => command.run(context),
            Key::Show(command) => command.run(context),
            Key::Update(command) => command.run(context),
            Key::Delete(command) => command.run(context),
            Key::Undelete(command) => command.run(context),
            Key::Rotate(command) => command.run(context),
            Key::Versions(command) => command.run(context),
            Key::Enable(command) => command.run(context),
            Key::Disable(command) => command.run(context),
            Key::Destroy(command) => command.run(context),
            Key::Public(command) => command.run(context),
            Key::Wrap(command) => command.run(context),
            Key::Watch(command) => command.run(context),
        }
    }
}

/// Prints a key that a command made, changed or found.
fn show(context: &Context, key: v1::Key) -> Result<()> {
    let view = KeyView::from(key);
    context.output.document(&view, || view.human())
}
