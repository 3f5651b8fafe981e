//! Starting `supacryptd` and waiting until it serves.

use std::{
    env,
    fs::{self, File, OpenOptions},
    io,
    net::SocketAddr,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use serde::Deserialize;
use supacrypt_core::{Error, Reason, Result};

use super::Deployment;

/// How long a start may take before it counts as failed. It takes a fraction of a second; a machine
/// that compiles at the same time may need much more.
const START_LIMIT: Duration = Duration::from_secs(30);
const POLL: Duration = Duration::from_millis(5);
/// Lines of the log shown when the server did not start.
const LOG_LINES: usize = 20;

/// The addresses a server listens on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
pub struct Endpoints {
    /// The API.
    pub grpc: SocketAddr,
    /// `/metrics`, `/healthz`, `/readyz`.
    pub metrics: SocketAddr,
}

/// What Ctrl-C at the terminal means for a server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lifetime {
    /// It ends too.
    Attached,
    /// It goes on.
    Detached,
}

/// The `supacryptd` to start: the one given, else the one beside this program, else the one in
/// `PATH`.
pub fn find_supacryptd(given: Option<PathBuf>) -> PathBuf {
    let name = format!("supacryptd{}", env::consts::EXE_SUFFIX);
    given
        .or_else(|| {
            let beside = env::current_exe().ok()?.with_file_name(&name);
            beside.is_file().then_some(beside)
        })
        .unwrap_or_else(|| name.into())
}

/// Starts the server of `deployment` in the background and waits until it listens. The process
/// outlives this one.
///
/// # Errors
/// [`Reason::Configuration`] when the program cannot be run or ends at once, with the end of its
/// log; [`Reason::DeadlineExceeded`] when it does not get ready; it is ended then.
pub fn start(
    supacryptd: &Path,
    deployment: &Deployment,
    lifetime: Lifetime,
) -> Result<(Child, Endpoints)> {
    let endpoints_file = deployment.endpoints_file();
    // What a killed server left would be taken for the new one's.
    match fs::remove_file(&endpoints_file) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            return Err(failure(Reason::Configuration, &endpoints_file, &error));
        }
        _ => {}
    }
    let mut child = spawn(supacryptd, deployment, lifetime)?;
    let begun = Instant::now();
    loop {
        if let Some(endpoints) = listening(&endpoints_file) {
            return Ok((child, endpoints));
        }
        let ended =
            child.try_wait().map_err(|error| failure(Reason::Internal, supacryptd, &error))?;
        if let Some(status) = ended {
            let message = format!("supacryptd ended with {status}; {}", end_of_log(deployment));
            return Err(Error::new(Reason::Configuration, message));
        }
        if begun.elapsed() > START_LIMIT {
            // Neither fails for a process that is ours and not waited for.
            let _ = child.kill();
            let _ = child.wait();
            let limit = START_LIMIT.as_secs();
            let message =
                format!("supacryptd was not ready after {limit} s; {}", end_of_log(deployment));
            return Err(Error::new(Reason::DeadlineExceeded, message));
        }
        thread::sleep(POLL);
    }
}

fn spawn(supacryptd: &Path, deployment: &Deployment, lifetime: Lifetime) -> Result<Child> {
    let log_path = deployment.log();
    let log_error = |error| failure(Reason::Configuration, &log_path, &error);
    let log = OpenOptions::new().create(true).append(true).open(&log_path).map_err(log_error)?;
    let mut command = Command::new(supacryptd);
    command
        .arg("--config")
        .arg(deployment.server_config())
        .stdin(Stdio::null())
        .stdout(log.try_clone().map_err(log_error)?)
        .stderr(log);
    #[cfg(unix)]
    if lifetime == Lifetime::Detached {
        // The terminal signals the group of the program it runs.
        std::os::unix::process::CommandExt::process_group(&mut command, 0);
    }
    #[cfg(not(unix))]
    let _ = lifetime;
    command.spawn().map_err(|error| {
        let program = supacryptd.display();
        Error::new(
            Reason::Configuration,
            format!(
                "cannot run {program}: {error}; install supacryptd, or name it with --supacryptd"
            ),
        )
    })
}

/// The addresses, once they are written: the server does so when it listens. A connection to try it
/// would only put a failed handshake into the audit log.
fn listening(endpoints_file: &Path) -> Option<Endpoints> {
    serde_json::from_reader(File::open(endpoints_file).ok()?).ok()
}

fn end_of_log(deployment: &Deployment) -> String {
    let path = deployment.log();
    let text = fs::read_to_string(&path).unwrap_or_default();
    let lines: Vec<&str> = text.lines().collect();
    let end = lines[lines.len().saturating_sub(LOG_LINES)..].join("\n");
    format!("the end of {}:\n{end}", path.display())
}

fn failure(reason: Reason, path: &Path, error: &io::Error) -> Error {
    Error::new(reason, format!("{}: {error}", path.display()))
}
