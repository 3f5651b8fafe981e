//! Running the program.

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use supacrypt_testkit::Backend;

/// The program under test with the configuration at `config`.
pub(crate) struct Supacrypt {
    config: PathBuf,
}

/// What a run left.
pub(crate) struct Run {
    pub(crate) code: i32,
    pub(crate) stdout: Vec<u8>,
    pub(crate) stderr: String,
}

/// As principal `app`, administrator of the keyring `dev`.
pub(crate) fn app(backend: &Backend) -> Supacrypt {
    with_config(&backend.config_path())
}

/// As principal `admin`, administrator of the server.
pub(crate) fn admin(backend: &Backend) -> Supacrypt {
    with_config(&backend.admin_config_path())
}

pub(crate) fn with_config(config: &Path) -> Supacrypt {
    Supacrypt { config: config.to_path_buf() }
}

/// The program without any configuration or settings of the developer's machine.
pub(crate) fn bare() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_supacrypt"));
    for (variable, _) in std::env::vars_os() {
        if variable.to_string_lossy().starts_with("SUPACRYPT") {
            command.env_remove(variable);
        }
    }
    command.stdin(Stdio::null());
    command
}

impl Supacrypt {
    /// Runs the program, whatever comes of it.
    pub(crate) fn run(&self, args: &[&str]) -> Run {
        run(bare().arg("--config").arg(&self.config).args(args))
    }

    /// Runs the program, which must succeed; answers its standard output.
    pub(crate) fn ok(&self, args: &[&str]) -> String {
        let run = self.run(args);
        assert_eq!(run.code, 0, "{args:?}: {}", run.stderr);
        run.text()
    }

    /// Runs the program with a file on standard input, whatever comes of it.
    pub(crate) fn run_with_input(&self, input: &Path, args: &[&str]) -> Run {
        let input = fs::File::open(input).expect("the input");
        run(bare().stdin(input).arg("--config").arg(&self.config).args(args))
    }

    /// Runs the program with `--json`, which must succeed; answers the document.
    pub(crate) fn json(&self, args: &[&str]) -> serde_json::Value {
        let text = self.ok(&[&["--json"], args].concat());
        serde_json::from_str(&text).unwrap_or_else(|error| panic!("{text}: {error}"))
    }

    /// Runs the program with `--json`, which must fail with `code` and `reason`.
    pub(crate) fn fails(&self, code: i32, reason: &str, args: &[&str]) -> String {
        let run = self.run(&[&["--json"], args].concat());
        let answer: serde_json::Value =
            serde_json::from_slice(&run.stdout).unwrap_or_else(|_| panic!("{}", run.stderr));
        assert_eq!(answer["error"]["reason"], reason, "{args:?}: {}", run.stderr);
        assert_eq!(run.code, code, "{args:?}: {}", run.stderr);
        assert!(run.stderr.contains(reason), "people are told too: {}", run.stderr);
        answer["error"]["message"].as_str().expect("a message").to_owned()
    }
}

impl Run {
    pub(crate) fn text(&self) -> String {
        String::from_utf8(self.stdout.clone()).expect("text")
    }
}

pub(crate) fn run(command: &mut Command) -> Run {
    let output = command.output().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    Run {
        code: output.status.code().unwrap_or_else(|| panic!("{command:?}: {output:?}")),
        stdout: output.stdout,
        stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
    }
}
