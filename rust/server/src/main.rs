//! `supacryptd`, the Supacrypt backend.

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::LazyLock;

use clap::Parser;
use supacrypt_core::{BuildInfo, Error, Reason, Result};
use supacrypt_server::config::Config;
use supacrypt_server::{Server, memory, telemetry, transport};
use tokio::signal::unix::{SignalKind, signal};

static VERSION: LazyLock<String> = LazyLock::new(|| {
    let key_exchanges = transport::key_exchanges().join(" ");
    let build = BuildInfo {
        version: env!("CARGO_PKG_VERSION"),
        commit: option_env!("SUPACRYPT_COMMIT"),
        features: vec![
            "API supacrypt.v1".into(),
            "software custodian".into(),
            "SQLite store".into(),
            format!("TLS 1.3 with {key_exchanges}"),
        ],
    };
    build.to_string()
});

/// Keeps cryptographic keys and performs operations with them, over gRPC with mutual TLS.
///
/// Exit codes: 0 after a shutdown by SIGTERM or SIGINT, 1 when the server fails, 2 when the
/// configuration is wrong.
#[derive(Parser)]
#[command(version, long_version = VERSION.as_str())]
struct Arguments {
    /// The configuration file
    #[arg(
        long,
        value_name = "FILE",
        env = "SUPACRYPTD_CONFIG",
        default_value = "/etc/supacrypt/supacryptd.toml"
    )]
    config: PathBuf,
    /// Check the configuration and the files it names, and exit
    #[arg(long)]
    check_config: bool,
}

const EXIT_CONFIGURATION: u8 = 2;

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    match start(&arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // The log may not exist yet, and whoever starts a server by hand looks here.
            eprintln!("supacryptd: {error}");
            match error.reason() {
                Reason::Configuration => EXIT_CONFIGURATION.into(),
                _ => ExitCode::FAILURE,
            }
        }
    }
}

fn start(arguments: &Arguments) -> Result<()> {
    let config = Config::load(&arguments.config)?;
    if arguments.check_config {
        transport::server_config(&config.tls)?;
        println!("{} is valid", arguments.config.display());
        return Ok(());
    }
    telemetry::init_logs(config.log.format, &config.log.level)?;
    // Before there are other threads or any secret.
    if !memory::harden(config.memory.lock)? {
        tracing::warn!("memory is not locked: secrets may reach the swap space");
    }
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(|cause| Error::new(Reason::Internal, format!("no runtime: {cause}")))?;
    runtime.block_on(async {
        let shutdown = shutdown()?;
        Server::build(config).await?.run(shutdown).await
    })
}

/// Completes at the first SIGTERM or SIGINT. Listening begins at once, so that a signal during the
/// start is not lost.
fn shutdown() -> Result<impl Future<Output = ()>> {
    let listen = |kind| {
        signal(kind).map_err(|cause| Error::new(Reason::Internal, format!("no signals: {cause}")))
    };
    let (mut terminate, mut interrupt) =
        (listen(SignalKind::terminate())?, listen(SignalKind::interrupt())?);
    Ok(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
    })
}
