//! `supacrypt custodian`.

use std::{ops::ControlFlow, process::ExitCode};

use clap::{Subcommand, ValueEnum};
use supacrypt_core::Result;
use supacrypt_proto::v1::{
    DifferenceKind, ListCustodiansRequest, ReconcileCustodianRequest,
    reconcile_custodian_response::Event,
};

use crate::{
    confirm::confirm,
    context::Context,
    view::{CustodianView, DifferenceView, SummaryView},
};

/// Look after what holds the keys; for the server's administrators
#[derive(Subcommand)]
pub(crate) enum Custodian {
    /// List the custodians with what they offer, and whether they answer
    List,
    Reconcile(Reconcile),
}

/// Find what a custodian and the server do not agree about
///
/// An orphan is held by the custodian and unknown to the server; a missing version is known to the
/// server and gone from the custodian, and a deleted one can still be taken back there. A disabled one
/// is disabled there alone, an enabled one here alone. A newer version is one that others made of a key
/// of theirs that was adopted; an unfollowed key was adopted by what is of another kind now. Exits with
/// 1 when differences remain.
#[derive(clap::Args)]
pub(crate) struct Reconcile {
    /// The custodian
    custodian: String,
    /// Destroy orphans, mark missing versions as destroyed, take deleted ones back, disable on both sides
    /// what is disabled on one, and adopt newer ones
    #[arg(long)]
    repair: bool,
    /// Look for these alone, and repair no others
    #[arg(long, value_name = "KIND", value_delimiter = ',')]
    only: Vec<Kind>,
    /// Do not ask
    #[arg(long, requires = "repair")]
    yes: bool,
}

/// A kind of differences.
#[derive(Clone, Copy, ValueEnum)]
enum Kind {
    Orphan,
    Missing,
    Deleted,
    Disabled,
    Unusable,
    Newer,
    Unfollowed,
    Enabled,
}

impl From<Kind> for DifferenceKind {
    fn from(kind: Kind) -> Self {
        match kind {
            Kind::Orphan => DifferenceKind::Orphan,
            Kind::Missing => DifferenceKind::Missing,
            Kind::Deleted => DifferenceKind::Deleted,
            Kind::Disabled => DifferenceKind::Disabled,
            Kind::Unusable => DifferenceKind::Unusable,
            Kind::Newer => DifferenceKind::Newer,
            Kind::Unfollowed => DifferenceKind::Unfollowed,
            Kind::Enabled => DifferenceKind::Enabled,
        }
    }
}

impl Custodian {
    pub(crate) fn run(self, context: &Context) -> Result<ExitCode> {
        match self {
            Custodian::List => {
                let found = context.api()?.list_custodians(ListCustodiansRequest {})?;
                let all: Vec<_> = found.custodians.into_iter().map(CustodianView::from).collect();
                context.output.document(&all, || CustodianView::human_list(&all))?;
                Ok(ExitCode::SUCCESS)
            }
            Custodian::Reconcile(command) => command.run(context),
        }
    }
}

impl Reconcile {
    fn run(self, context: &Context) -> Result<ExitCode> {
        let Reconcile { custodian, repair, only, yes } = self;
        let weighty = |kind: &Kind| matches!(kind, Kind::Orphan | Kind::Missing | Kind::Deleted);
        if repair && (only.is_empty() || only.iter().any(weighty)) {
            let what = "destroy for good what the server does not know, such as keys that were made \
                        since a backup that was restored, give up what the custodian does not have, and \
                        take back what was deleted there";
            confirm(&format!("Repair {custodian}: {what}"), yes)?;
        }
        let kinds = only.into_iter().map(|kind| DifferenceKind::from(kind).into()).collect();
        let mut remain = false;
        let mut printed = Ok(());
        let request = ReconcileCustodianRequest { custodian, repair, kinds };
        context.api()?.reconcile_custodian(request, |message| {
            printed = match message.event {
                Some(Event::Difference(difference)) => {
                    remain |= !difference.repaired;
                    let view = DifferenceView::from(difference);
                    context.output.item(&view, || view.human())
                }
                Some(Event::Summary(summary)) => {
                    let view = SummaryView::from(summary);
                    context.output.item(&view, || view.human())
                }
                None => Ok(()),
            };
            if printed.is_err() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        })?;
        printed?;
        Ok(if remain { ExitCode::FAILURE } else { ExitCode::SUCCESS })
    }
}
