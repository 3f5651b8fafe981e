//! `supacrypt audit`.

use std::ops::ControlFlow;

use clap::Subcommand;
use supacrypt_core::Result;
use supacrypt_proto::v1::{AuditFilter, ReadAuditLogRequest};

use crate::{context::Context, view::EntryView};

/// Read the audit log
#[derive(Subcommand)]
pub(crate) enum Audit {
    Tail(Tail),
}

/// Print the last entries, oldest first; for the server's administrators
#[derive(clap::Args)]
pub(crate) struct Tail {
    /// How many entries before the end to begin with; filters apply to these
    #[arg(long, short = 'n', default_value_t = 20, value_name = "COUNT")]
    lines: u32,
    /// Go on with new entries until interrupted
    #[arg(long, short)]
    follow: bool,
    /// Only what this principal did
    #[arg(long)]
    principal: Option<String>,
    /// Only this action, such as Sign or CreateKey
    #[arg(long)]
    action: Option<String>,
    /// Only this resource and what is in it, such as keyrings/dev; of a key also what it wrapped
    #[arg(long)]
    resource: Option<String>,
}

impl Audit {
    pub(crate) fn run(self, context: &Context) -> Result<()> {
        match self {
            Audit::Tail(command) => command.run(context),
        }
    }
}

impl Tail {
    fn run(self, context: &Context) -> Result<()> {
        if self.lines == 0 && !self.follow {
            return Ok(());
        }
        let request = ReadAuditLogRequest {
            start: -i64::from(self.lines),
            follow: self.follow,
            filter: Some(AuditFilter {
                principal: self.principal.unwrap_or_default(),
                action: self.action.unwrap_or_default(),
                resource: self.resource.unwrap_or_default(),
            }),
        };
        let mut printed = Ok(());
        context.api()?.read_audit_log(request, |answer| {
            for entry in answer.entries {
                let view = EntryView::from(entry);
                printed = context.output.item(&view, || view.human());
                if printed.is_err() {
                    return ControlFlow::Break(());
                }
            }
            ControlFlow::Continue(())
        })?;
        printed
    }
}
