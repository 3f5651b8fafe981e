//! `supacrypt quickstart`.

use std::{
    fs,
    net::SocketAddr,
    path::{Path, PathBuf},
    time::Duration,
};

use indicatif::ProgressBar;
use serde_json::json;
use supacrypt_client::{Client, Config};
use supacrypt_core::{Error, Reason, ResourceId, Result};

use crate::{
    context::Context,
    local::{self, Deployment, Lifetime},
    output::{Output, properties},
};

/// Make and start a backend for development, with its own certificates, in one directory
#[derive(clap::Args)]
pub(crate) struct Quickstart {
    /// The directory to make; must not be in use
    #[arg(long, default_value = "supacrypt-dev")]
    dir: PathBuf,
    /// The first keyring, granted to the principal `app`
    #[arg(long, default_value = "dev")]
    keyring: ResourceId,
    /// Where the backend listens; port 0 chooses a free one, once
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:0")]
    listen: SocketAddr,
    /// Make the files only; start nothing, make no keyring
    #[arg(long)]
    no_start: bool,
    /// The server program; else the one beside this one, else the one in PATH
    #[arg(long, value_name = "FILE", conflicts_with = "no_start")]
    supacryptd: Option<PathBuf>,
}

impl Quickstart {
    pub(crate) fn run(self, context: &Context) -> Result<()> {
        let progress = Progress::new(context.output);
        progress.step("making certificates and configurations");
        let deployment = Deployment::create(&self.dir, self.listen, &self.keyring)?;
        let pid = if self.no_start {
            None
        } else {
            let supacryptd = local::find_supacryptd(self.supacryptd);
            Some(start(&supacryptd, &deployment, &self.keyring, &progress)?)
        };
        progress.finish();
        report(context, &deployment, pid)
    }
}

/// Starts the backend and makes its first keyring; answers its process id.
fn start(
    supacryptd: &Path,
    deployment: &Deployment,
    keyring: &ResourceId,
    progress: &Progress,
) -> Result<u32> {
    progress.step("starting the backend");
    let (mut process, _) = local::start(supacryptd, deployment, Lifetime::Detached)?;
    progress.step("making the keyring");
    let finished = finish(deployment, process.id(), keyring);
    if finished.is_err() {
        // A backend nobody was told of would hold its port. Killing a child that is not waited for
        // cannot fail.
        let _ = process.kill();
        let _ = process.wait();
    }
    finished.map(|()| process.id())
}

fn finish(deployment: &Deployment, pid: u32, keyring: &ResourceId) -> Result<()> {
    let path = deployment.pid_file();
    fs::write(&path, format!("{pid}\n")).map_err(|error| {
        Error::new(Reason::Configuration, format!("cannot write {}: {error}", path.display()))
    })?;
    let admin = Client::new(Config::from_file(&deployment.admin_config())?)?;
    local::create_keyring(&admin, keyring)
}

fn report(context: &Context, deployment: &Deployment, pid: Option<u32>) -> Result<()> {
    let value = json!({
        "dir": deployment.dir(),
        "config": deployment.client_config(),
        "admin_config": deployment.admin_config(),
        "server_config": deployment.server_config(),
        "log": deployment.log(),
        "pid": pid,
    });
    context.output.document(&value, || {
        let path = |path: PathBuf| path.display().to_string();
        let server = match pid {
            Some(pid) => format!("runs as process {pid}, log in {}", path(deployment.log())),
            None => format!("start it: supacryptd --config {}", path(deployment.server_config())),
        };
        let rows = [
            ("backend", server),
            (
                "applications",
                format!("export SUPACRYPT_CONFIG={}", path(deployment.client_config())),
            ),
            ("administrator", format!("supacrypt --config {} …", path(deployment.admin_config()))),
        ];
        properties(&rows)
    })
}

/// Says on a terminal what is being done.
struct Progress(ProgressBar);

impl Progress {
    fn new(output: Output) -> Self {
        if !output.shows_progress() {
            return Progress(ProgressBar::hidden());
        }
        let bar = ProgressBar::new_spinner();
        bar.enable_steady_tick(Duration::from_millis(100));
        Progress(bar)
    }

    fn step(&self, text: &'static str) {
        self.0.set_message(text);
    }

    fn finish(&self) {
        self.0.finish_and_clear();
    }
}
