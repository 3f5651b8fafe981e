//! `supacrypt custodian`.

use std::{ops::ControlFlow, process::ExitCode};

use clap::Subcommand;
use supacrypt_core::Result;
use supacrypt_proto::v1::{
    ListCustodiansRequest, ReconcileCustodianRequest, reconcile_custodian_response::Event,
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
/// server and gone from the custodian. Exits with 1 when differences remain.
#[derive(clap::Args)]
pub(crate) struct Reconcile {
    /// The custodian
    custodian: String,
    /// Destroy orphans, and mark missing versions as destroyed
    #[arg(long)]
    repair: bool,
    /// Do not ask
    #[arg(long, requires = "repair")]
    yes: bool,
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
        let Reconcile { custodian, repair, yes } = self;
        if repair {
            let what = "destroy for good what the server does not know, such as keys that were made \
                        since a backup that was restored, and give up what the custodian does not have";
            confirm(&format!("Repair {custodian}: {what}"), yes)?;
        }
        let mut remain = false;
        let mut printed = Ok(());
        let request = ReconcileCustodianRequest { custodian, repair };
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
