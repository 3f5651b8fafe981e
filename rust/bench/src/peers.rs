//! What we are compared with: SoftHSM2, in the process and behind `p11-kit server`.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, bail, ensure};
use tempfile::TempDir;

use crate::options::{Options, SubjectKind};
use crate::subject::Subject;

const TOKEN: &str = "bench";
const PIN: &str = "1234";
const SOFTHSM: &str = "/usr/lib/softhsm/libsofthsm2.so";

/// A SoftHSM2 token in a directory of its own, and a server for it. Both go when dropped.
pub(crate) struct Peers {
    dir: TempDir,
    server: Option<Child>,
}

impl Peers {
    /// Makes what the wanted subjects need.
    pub(crate) fn prepare(options: &Options) -> anyhow::Result<Peers> {
        let mut peers = Peers { dir: tempfile::tempdir()?, server: None };
        let wanted = |kind| options.subjects.contains(&kind);
        if wanted(SubjectKind::Softhsm) || wanted(SubjectKind::P11Kit) {
            peers.make_token()?;
        }
        if wanted(SubjectKind::P11Kit) {
            peers.start_server()?;
        }
        Ok(peers)
    }

    /// The subjects to measure, in the order that was asked for.
    pub(crate) fn subjects(&self, options: &Options) -> anyhow::Result<Vec<Subject>> {
        let asked = options.subjects.iter().map(|kind| self.subject(*kind, options));
        let custody = [
            (SubjectKind::Sealed, &options.sealed, "dev"),
            (SubjectKind::Remote, &options.remote, "remote"),
        ];
        let custody = custody.into_iter().filter_map(|(kind, configuration, token)| {
            let configuration = configuration.as_ref()?.display().to_string();
            Some(ours(kind, options, token, vec![("SUPACRYPT_CONFIG", configuration)]))
        });
        asked.chain(custody).collect()
    }

    fn subject(&self, kind: SubjectKind, options: &Options) -> anyhow::Result<Subject> {
        let peer = |module: PathBuf, name, value| Subject {
            kind,
            module,
            token: TOKEN.into(),
            pin: PIN.into(),
            environment: vec![(name, value)],
        };
        Ok(match kind {
            SubjectKind::Ours | SubjectKind::Sealed | SubjectKind::Remote => {
                let token = options.token.as_ref().context("which token? Give --token")?;
                ours(kind, options, token, Vec::new())?
            }
            SubjectKind::Softhsm => {
                let configuration = self.configuration().display().to_string();
                peer(SOFTHSM.into(), "SOFTHSM2_CONF", configuration)
            }
            SubjectKind::P11Kit => {
                let address = format!("unix:path={}", self.socket().display());
                peer(p11_kit_client(), "P11_KIT_SERVER_ADDRESS", address)
            }
        })
    }

    fn configuration(&self) -> PathBuf {
        self.dir.path().join("softhsm2.conf")
    }

    fn socket(&self) -> PathBuf {
        self.dir.path().join("p11-kit.socket")
    }

    fn make_token(&self) -> anyhow::Result<()> {
        require(Path::new(SOFTHSM), "softhsm2")?;
        let tokens = self.dir.path().join("tokens");
        fs::create_dir(&tokens)?;
        let configuration = format!(
            "directories.tokendir = {}\nobjectstore.backend = file\nlog.level = ERROR\n",
            tokens.display()
        );
        fs::write(self.configuration(), configuration)?;
        let output = Command::new("softhsm2-util")
            .args(["--init-token", "--free", "--label", TOKEN, "--pin", PIN, "--so-pin", PIN])
            .env("SOFTHSM2_CONF", self.configuration())
            .output()
            .context("cannot run softhsm2-util; install Debian's softhsm2")?;
        let said = String::from_utf8_lossy(&output.stderr);
        ensure!(output.status.success(), "softhsm2-util cannot make a token: {}", said.trim());
        Ok(())
    }

    fn start_server(&mut self) -> anyhow::Result<()> {
        require(&p11_kit_client(), "p11-kit-modules")?;
        let socket = self.socket();
        let server = Command::new("p11-kit")
            .args(["server", "--foreground", "--provider", SOFTHSM, "--name"])
            .arg(&socket)
            .arg("pkcs11:")
            .env("SOFTHSM2_CONF", self.configuration())
            .stdout(Stdio::null())
            .spawn()
            .context("cannot run p11-kit; install Debian's p11-kit")?;
        self.server = Some(server);
        let patience = Instant::now() + Duration::from_secs(5);
        while !socket.exists() {
            if Instant::now() > patience {
                bail!("`p11-kit server` does not listen at {}", socket.display());
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        Ok(())
    }
}

impl Drop for Peers {
    fn drop(&mut self) {
        if let Some(server) = &mut self.server
            && let Err(error) = server.kill().and_then(|()| server.wait())
        {
            eprintln!("supacrypt-bench: cannot end process {}: {error}", server.id());
        }
    }
}

/// Where Debian puts the module that speaks to a server.
fn p11_kit_client() -> PathBuf {
    format!("/usr/lib/{}-linux-gnu/pkcs11/p11-kit-client.so", std::env::consts::ARCH).into()
}

fn require(module: &Path, package: &str) -> anyhow::Result<()> {
    ensure!(module.exists(), "{} is missing; install Debian's {package}", module.display());
    Ok(())
}

/// Our module, with a token of the backend that `environment` says.
fn ours(
    kind: SubjectKind,
    options: &Options,
    token: &str,
    mut environment: Vec<(&'static str, String)>,
) -> anyhow::Result<Subject> {
    if !environment.is_empty() {
        environment.push(("SUPACRYPT_KEYRING", token.to_owned()));
    }
    Ok(Subject {
        kind,
        module: options.module.clone().context(
            "which module? Give --module and --token, or run `./dev bench`, which starts a backend \
             and says",
        )?,
        token: token.to_owned(),
        pin: options.pin.clone(),
        environment,
    })
}
