//! `supacrypt seal`.

use std::{
    thread,
    time::{Duration, Instant},
};

use clap::Subcommand;
use indicatif::{ProgressBar, ProgressStyle};
use supacrypt_core::{Error, Reason, Result};
use supacrypt_proto::v1::{self, ChangeSealRequest, GetSealRequest, RotateDataKeyRequest};

use crate::{api::Api, context::Context, view::SealView};

/// How often the server is asked how far it is.
const POLL: Duration = Duration::from_millis(500);

/// The server tries again each minute.
const PATIENCE: Duration = Duration::from_secs(150);

/// Look after the seal of the store; for the server's administrators
#[derive(Subcommand)]
pub(crate) enum Seal {
    /// Show how the store is sealed
    Show,
    /// Make a new data key, and seal anew what older ones have sealed
    ///
    /// The server serves meanwhile, and goes on when this command is interrupted or the server is
    /// restarted.
    Rotate {
        /// Do not wait until everything is sealed anew
        #[arg(long)]
        no_wait: bool,
    },
    /// Have the seal that the server's configuration names now wrap the data keys
    ///
    /// Change `seal` in the configuration first; `seal.previous` is for a change at a start and not
    /// needed. The old seal is needed no more when this is done.
    Change,
}

impl Seal {
    pub(crate) fn run(self, context: &Context) -> Result<()> {
        let api = context.api()?;
        let seal = match self {
            Seal::Show => api.get_seal(GetSealRequest {})?,
            Seal::Rotate { no_wait } => {
                let seal = api.rotate_data_key(RotateDataKeyRequest {})?;
                if no_wait { seal } else { wait(context, &api, seal)? }
            }
            Seal::Change => api.change_seal(ChangeSealRequest {})?,
        };
        let view = SealView::from(seal);
        context.output.document(&view, || view.human())
    }
}

/// Waits until nothing is left that an older data key has sealed, as long as it gets less.
///
/// # Errors
/// [`Reason::SealUnavailable`] when it does not.
fn wait(context: &Context, api: &Api, mut seal: v1::Seal) -> Result<v1::Seal> {
    let bar = if context.output.shows_progress() {
        let style = ProgressStyle::with_template("{wide_bar} {pos}/{len} values, {eta} left");
        ProgressBar::new(seal.values)
            .with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()))
    } else {
        ProgressBar::hidden()
    };
    let (mut left, mut since) = (seal.outdated_values, Instant::now());
    while seal.outdated_values > 0 {
        if seal.outdated_values < left {
            (left, since) = (seal.outdated_values, Instant::now());
        }
        if since.elapsed() > PATIENCE {
            let message = format!(
                "{left} values are still sealed by older data keys and it goes no further; the server's \
                 log says why"
            );
            return Err(Error::new(Reason::SealUnavailable, message));
        }
        bar.set_length(seal.values);
        bar.set_position(seal.values.saturating_sub(seal.outdated_values));
        thread::sleep(POLL);
        seal = api.get_seal(GetSealRequest {})?;
    }
    bar.finish_and_clear();
    Ok(seal)
}
