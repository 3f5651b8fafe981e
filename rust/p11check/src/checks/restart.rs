//! What is behind the module goes away and comes back: a daemon, a network device, a card reader.

use std::process::{Command, Stdio};

use crate::{
    application::Application,
    check::Check,
    target::Target,
    verdict::{Stop, Verdict, failed, passed, skipped},
};

const GROUP: &str = "restart";

pub(super) const CHECKS: &[Check] = &[
    Check::new(
        GROUP,
        "same-handles",
        "",
        "after a restart, session and key work on as if nothing had been",
        same_handles,
    ),
    Check::new(
        GROUP,
        "new-session",
        "",
        "after a restart, a new session works without initializing again",
        new_session,
    ),
];

fn same_handles(target: &Target) -> Verdict {
    let application = Application::start(target)?;
    let session = application.session()?;
    let key = application.lasting_key(session)?;
    application.sign_and_verify(session, &key)?;
    restart(target)?;
    application.sign_and_verify(session, &key)?;
    application.end()?;
    passed()
}

fn new_session(target: &Target) -> Verdict {
    let application = Application::start(target)?;
    let session = application.session()?;
    let key = application.lasting_key(session)?;
    application.sign_and_verify(session, &key)?;
    restart(target)?;
    // Where the old session is not of use any more, its end must not be in the way.
    let _ = application.module.close_session(session);
    let session = application.session()?;
    let key = application.lasting_key(session)?;
    application.sign_and_verify(session, &key)?;
    application.end()?;
    passed()
}

fn restart(target: &Target) -> Result<(), Stop> {
    let Some(command) = &target.restart_command else {
        return skipped("needs --restart-command");
    };
    let mut shell = Command::new("sh");
    shell.arg("-c").arg(command).stdin(Stdio::null());
    match shell.status() {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => failed(format!("the restart command itself ended with {status}")),
        Err(error) => failed(format!("cannot run a shell: {error}")),
    }
}
