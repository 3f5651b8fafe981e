//! The command line.

use std::path::PathBuf;

use clap::{Parser, Subcommand, ValueEnum};

/// Measures the PKCS#11 module beside others, in one run on this machine.
#[derive(Debug, Parser)]
#[command(version, args_conflicts_with_subcommands = true)]
pub(crate) struct Options {
    /// Our module.
    #[arg(long, env = "P11_MODULE", value_name = "FILE")]
    pub(crate) module: Option<PathBuf>,
    /// Label of the token to use in it.
    #[arg(long, env = "P11_TOKEN", value_name = "LABEL")]
    pub(crate) token: Option<String>,
    /// Its PIN; empty for none.
    #[arg(long, env = "P11_PIN", default_value = "", hide_env_values = true)]
    pub(crate) pin: String,
    /// A client's configuration for a backend whose store a key in an HSM seals; measured, too.
    #[arg(long, value_name = "FILE")]
    pub(crate) sealed: Option<PathBuf>,
    /// A client's configuration for a keyring `remote` whose keys are elsewhere; measured, too.
    #[arg(long, value_name = "FILE")]
    pub(crate) remote: Option<PathBuf>,
    /// What to measure; without a value nothing but `--sealed` and `--remote`.
    #[arg(long, value_delimiter = ',', num_args = 0.., default_values = ["ours", "softhsm", "p11-kit"])]
    pub(crate) subjects: Vec<SubjectKind>,
    /// How many threads sign at once; each number is measured.
    #[arg(long, value_delimiter = ',', default_values_t = [1, 8, 32])]
    pub(crate) threads: Vec<usize>,
    /// Seconds to measure each figure of each subject, in all rounds together.
    #[arg(long, default_value_t = 3.0)]
    pub(crate) seconds: f64,
    /// Rounds to measure each figure in.
    #[arg(long, default_value_t = 3)]
    pub(crate) rounds: u32,
    /// Finds among so many keys, too, lists them all, and tells how much the process grows by that. To
    /// make 100,000 keys takes ours minutes; others are measured with those they can make in one.
    #[arg(long, value_name = "KEYS")]
    pub(crate) many: Option<usize>,
    /// Takes a minute instead of several: short rounds and 1,000 keys in place of 10,000.
    #[arg(long)]
    pub(crate) quick: bool,
    /// Writes the results to a file, too.
    #[arg(long, value_name = "FILE")]
    pub(crate) json: Option<PathBuf>,
    #[command(subcommand)]
    pub(crate) command: Option<Command>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Measures one module as standard input asks; started by the bench itself.
    #[command(hide = true)]
    Worker,
}

/// What is measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum SubjectKind {
    /// Our module and the backend it is configured for.
    Ours,
    /// SoftHSM2, in the process.
    Softhsm,
    /// SoftHSM2 behind `p11-kit server`, over its Unix socket.
    #[value(name = "p11-kit")]
    P11Kit,
    /// Our module, and a backend whose store a key in an HSM seals.
    #[value(skip)]
    Sealed,
    /// Our module, and keys that a custodian of the backend has elsewhere.
    #[value(skip)]
    Remote,
}

impl SubjectKind {
    /// Whether it differs from what is measured anyway in what keys do, and in nothing else.
    pub(crate) fn only_signs(self) -> bool {
        matches!(self, SubjectKind::Sealed | SubjectKind::Remote)
    }

    pub(crate) fn title(self) -> &'static str {
        match self {
            SubjectKind::Ours => "Supacrypt",
            SubjectKind::Softhsm => "SoftHSM2 in-process",
            SubjectKind::P11Kit => "SoftHSM2 behind p11-kit",
            SubjectKind::Sealed => "Supacrypt, sealed by SoftHSM2",
            SubjectKind::Remote => "Supacrypt, keys elsewhere",
        }
    }
}
