//! The configuration of `supacryptd`: a TOML file, with `SUPACRYPTD_*` variables over it.
//!
//! A variable is named after its key, with two underscores for each dot:
//! `SUPACRYPTD_LISTEN__GRPC` overrides `listen.grpc`. Keys nobody knows are refused, so that a
//! misspelt limit is noticed before it is missed.

mod custodians;
mod seal;
mod sections;

pub use custodians::{
    AwsSettings, AzureCredential, AzureSettings, CustodianSettings, Pkcs11Settings, TokenName,
};
pub(crate) use custodians::{is_loopback, is_managed_hsm};
pub use seal::{SealChoice, SealSettings};
pub use sections::{Audit, Authorization, Cache, Config, Limits, Listen, Log, Memory, Tls};

use std::path::Path;

use figment::providers::{Env, Format, Toml};
use figment::{Figment, Provider};
use supacrypt_core::{Error, Reason, Result};

/// Variables with our prefix that say something to the tools around the server, not to it: which
/// file to read, which binary to start, which process runs.
const NOT_KEYS: [&str; 3] = ["config", "bin", "pid"];

impl Config {
    /// Reads the configuration. Relative paths in the file start at the file's folder.
    ///
    /// # Errors
    /// [`Reason::Configuration`], naming the file or variable and the key.
    pub fn load(file: &Path) -> Result<Config> {
        if let Err(cause) = std::fs::File::open(file) {
            return Err(Error::new(
                Reason::Configuration,
                format!(
                    "cannot read the configuration {}: {cause}; name another with --config, or \
                     make one with `supacrypt quickstart`",
                    file.display()
                ),
            ));
        }
        let config = Config::from_sources(Toml::file_exact(file), variables())?;
        Ok(Config { file: file.to_path_buf(), ..config })
    }

    fn from_sources(file: impl Provider, variables: impl Provider) -> Result<Config> {
        let source = Figment::from(file).merge(variables);
        let mut config: Config = source.extract().map_err(|error| explain("", &error))?;
        for (name, kind) in &config.kinds {
            let settings = CustodianSettings::read(&source, name, *kind)?;
            config.custodians.insert(name.clone(), settings);
        }
        config.check()?;
        Ok(config)
    }
}

fn variables() -> Env {
    Env::prefixed("SUPACRYPTD_").ignore(&NOT_KEYS).split("__")
}

/// All that is wrong in a table, one line each; in the whole when the table has no name.
fn explain(table: &str, errors: &figment::Error) -> Error {
    let line = |error: figment::Error| {
        let path = error.path.iter().map(String::as_str);
        let path: Vec<_> =
            [table].into_iter().chain(path).filter(|part| !part.is_empty()).collect();
        let key = path.join(".");
        let source = match &error.metadata {
            Some(metadata) if metadata.name.contains("environment") => " in the environment".into(),
            Some(metadata) => {
                metadata.source.as_ref().map_or(String::new(), |source| format!(" in {source}"))
            }
            None => String::new(),
        };
        match key.as_str() {
            "" => format!("{}{source}", error.kind),
            key => format!("{key}: {}{source}", error.kind),
        }
    };
    let lines: Vec<String> = errors.clone().into_iter().map(line).collect();
    Error::new(
        Reason::Configuration,
        format!("{}; docs/configuration.md describes every key", lines.join("\n")),
    )
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;
    use std::time::Duration;

    use super::*;

    const TLS: &str = "[tls]\ncertificate = \"s.pem\"\nkey = \"s.key\"\nclient_ca = \"ca.pem\"\n";

    fn load(text: &str) -> Result<Config> {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("supacryptd.toml");
        std::fs::write(&file, text).unwrap();
        read(&file)
    }

    /// Without variables: one test sets some.
    fn read(file: &Path) -> Result<Config> {
        Config::from_sources(Toml::file_exact(file), Toml::string(""))
    }

    fn refused(text: &str) -> String {
        let error = load(text).unwrap_err();
        assert_eq!(error.reason(), Reason::Configuration);
        error.message().to_owned()
    }

    #[test]
    fn only_the_tls_files_have_to_be_named() {
        let config = load(TLS).unwrap();
        assert_eq!(config.data_dir, PathBuf::from("/var/lib/supacrypt"));
        assert_eq!(config.seal.now, SealChoice::File { path: None });
        assert!(config.listen.metrics.ip().is_loopback());
        assert_eq!(config.limits.operation_deadline, Duration::from_secs(10));
    }

    #[test]
    fn relative_paths_start_at_the_folder_of_the_file() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("supacryptd.toml");
        std::fs::write(&file, format!("data_dir = \"data\"\n{TLS}")).unwrap();
        let config = read(&file).unwrap();
        assert_eq!(config.data_dir, dir.path().join("data"));
        assert_eq!(config.tls.key, dir.path().join("s.key"));
    }

    #[test]
    fn a_misspelt_key_is_refused_with_its_name_and_file() {
        let message = refused(&format!("{TLS}[limits]\nmax_conections = 5\n"));
        assert!(message.contains("max_conections"), "{message}");
        assert!(message.contains("supacryptd.toml"), "{message}");
    }

    #[test]
    fn a_value_of_the_wrong_kind_is_refused_with_its_key() {
        let message = refused(&format!("{TLS}[listen]\ngrpc = \"localhost\"\n"));
        assert!(message.contains("listen.grpc"), "{message}");
    }

    #[test]
    fn a_limit_of_zero_is_refused() {
        refused(&format!("{TLS}[limits]\nmax_connections = 0\n"));
        let message = refused(&format!("{TLS}[limits]\nhandshake_timeout = \"0s\"\n"));
        assert!(message.contains("limits.handshake_timeout"), "{message}");
        let message = refused(&format!("{TLS}[seal]\ntype = \"passphrase\"\n"));
        assert!(message.contains("seal.path is missing"), "{message}");
    }

    #[test]
    fn a_custodian_is_described_whole() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("supacryptd.toml");
        let hsm = "[custodians.hsm]\ntype = \"pkcs11\"\nmodule = \"/lib/p11.so\"\n\
                   token = \"keys\"\npin_file = \"hsm.pin\"\n";
        std::fs::write(&file, format!("{TLS}{hsm}")).unwrap();
        let config = read(&file).unwrap();
        let CustodianSettings::Pkcs11(hsm) = &config.custodians["hsm"] else { panic!("no HSM") };
        assert_eq!(hsm.module, PathBuf::from("/lib/p11.so"));
        assert_eq!(hsm.pin_file, dir.path().join("hsm.pin"));
        assert_eq!(hsm.token, TokenName::Label("keys".into()));
        assert_eq!(hsm.timeout, Duration::from_secs(5));
        assert_eq!(hsm.sessions.get(), 16);
    }

    #[test]
    fn a_custodian_has_one_token_and_a_name_of_its_own() {
        let refused = |name: &str, token: &str| {
            let error = load(&format!(
                "{TLS}[custodians.{name}]\ntype = \"pkcs11\"\nmodule = \"m\"\npin_file = \"p\"\n{token}"
            ))
            .unwrap_err();
            assert_eq!(error.reason(), Reason::Configuration);
            error
        };
        let error = refused("hsm", "");
        assert!(error.message().contains("say which token"), "{error}");
        assert_eq!(error.field(), Some("custodians.hsm"));
        let error = refused("hsm", "token = \"a\"\nserial = \"b\"");
        assert!(error.message().contains("leave one out"), "{error}");
        for name in ["software", "public", "Hsm", "-"] {
            let error = refused(name, "token = \"a\"");
            assert!(error.message().contains("rename the table"), "{error}");
        }
        let error = refused("hsm", "token = \"a\"\ntimeout = \"0s\"");
        assert!(error.message().contains("custodians.hsm.timeout"), "{error}");
        let error = refused("hsm", "token = \"a\"\nsessions = 0");
        assert!(error.message().contains("custodians.hsm.sessions"), "{error}");
        let error = refused("hsm", "token = \"a\"\nslot = 0");
        assert!(error.message().contains("slot"), "{error}");
    }

    fn vault(text: &str) -> Result<AzureSettings> {
        let config = load(&format!("{TLS}[custodians.cloud]\ntype = \"azure\"\n{text}"))?;
        let CustodianSettings::Azure(vault) = &config.custodians["cloud"] else { panic!() };
        Ok(vault.clone())
    }

    #[test]
    fn a_vault_needs_a_url_and_a_credential() {
        let text = "vaults = [\"https://A.vault.azure.net/\", \"https://b.example:8443\"]\n\
                    [custodians.cloud.credential]\ntype = \"client_secret\"\ntenant_id = \"t\"\n\
                    client_id = \"c\"\nsecret_file = \"/etc/secret\"\n";
        let settings = vault(text).unwrap();
        assert_eq!(settings.vaults, ["https://a.vault.azure.net", "https://b.example:8443"]);
        assert_eq!((settings.hsm, settings.concurrency.get()), (false, 64));
        let secret_file = "/etc/secret".into();
        let (tenant_id, client_id) = ("t".into(), "c".into());
        let given = AzureCredential::ClientSecret { tenant_id, client_id, secret_file };
        assert_eq!(settings.credential, given);
        let given = AzureCredential::ManagedIdentity { client_id: None };
        for (host, more, hsm, managed) in [
            ("a.vault.azure.net", "hsm = true", true, false),
            ("a.managedhsm.azure.net", "", true, true),
            ("a.managedhsm.azure.net", "managed_hsm = false", false, false),
            ("keys.example", "managed_hsm = true", true, true),
        ] {
            let credential = "credential = { type = \"managed_identity\" }";
            let text = format!("vaults = [\"https://{host}\"]\n{more}\n{credential}\n");
            let settings = vault(&text).unwrap();
            assert_eq!((settings.hsm, settings.managed_hsm), (hsm, managed), "{text}");
            assert_eq!(settings.credential, given);
        }
    }

    #[test]
    fn a_vault_that_cannot_be_is_refused_with_what_to_write() {
        let credential = "credential = { type = \"managed_identity\" }\n";
        for (vaults, said) in [
            ("\"http://a.vault.azure.net\"", "begins with https://"),
            ("\"https://a.vault.azure.net/keys\"", "nothing after the host"),
            ("\"https://me:secret@a.vault.azure.net\"", "nothing after the host"),
            ("\"a\"", "is not a URL like https://NAME.vault.azure.net"),
            ("\"https://a.net\", \"https://A.net/\"", "https://a.net twice"),
            ("", "names none"),
        ] {
            let error = vault(&format!("vaults = [{vaults}]\n{credential}")).unwrap_err();
            assert!(error.message().contains(said), "{error}");
            assert_eq!(error.field(), Some("custodians.cloud"));
        }
        for (credential, said) in [
            ("", "credential"),
            ("credential = { type = \"device_code\" }", "device_code"),
            (
                "credential = { type = \"client_certificate\", secret_file = \"s\" }",
                "certificate_file",
            ),
            ("credential = { type = \"client_secret\", client_id = \"c\" }", "each of them"),
            ("credential = { type = \"managed_identity\", tenant_id = \"t\" }", "client_id"),
            ("credential = { type = \"azure_cli\", secret_file = \"s\" }", "tenant_id"),
        ] {
            let error =
                vault(&format!("vaults = [\"https://a.net\"]\n{credential}\n")).unwrap_err();
            assert!(error.message().contains(said), "{error}");
        }
    }

    #[test]
    fn a_key_service_has_a_region_and_a_protected_way_to_it() {
        let aws = |lines: &str| load(&format!("{TLS}[custodians.kms]\ntype = \"aws\"\n{lines}"));
        let config = aws("region = \"eu-central-1\"\nca = \"kms.pem\"").unwrap();
        let CustodianSettings::Aws(kms) = &config.custodians["kms"] else { panic!("no KMS") };
        assert_eq!(kms.region, "eu-central-1");
        assert!(kms.ca.as_ref().unwrap().is_absolute());
        assert_eq!((kms.deletion_window, kms.concurrency.get()), (7, 64));
        for (lines, said) in [
            ("", "region"),
            ("region = \"r\"\nendpoint = \"http://kms.example.org\"", "https://"),
            ("region = \"r\"\ndeletion_window = 6", "7 to 30 days"),
            ("region = \"r\"\ntimeout = \"0s\"", "timeout"),
            ("region = \"r\"\nsecret_key = \"x\"", "secret_key"),
        ] {
            let error = aws(lines).unwrap_err();
            assert_eq!(error.reason(), Reason::Configuration);
            assert!(error.message().contains(said), "{error}");
            assert_eq!(error.field(), Some("custodians.kms"));
        }
    }

    #[test]
    fn a_missing_file_is_named() {
        let error = Config::load(Path::new("/nonexistent/supacryptd.toml")).unwrap_err();
        assert!(error.message().contains("/nonexistent/supacryptd.toml"), "{error}");
    }

    #[test]
    #[allow(clippy::result_large_err, reason = "the closure's type is figment's")]
    fn a_variable_overrides_the_file_and_those_of_the_tools_are_no_keys() {
        figment::Jail::expect_with(|jail| {
            jail.set_env("SUPACRYPTD_LISTEN__GRPC", "127.0.0.1:1");
            jail.set_env("SUPACRYPTD_PID", "77");
            let config = Config::from_sources(Toml::string(TLS), variables()).unwrap();
            assert_eq!(config.listen.grpc.port(), 1);
            jail.set_env("SUPACRYPTD_LISTEN__PORT", "1");
            let error = Config::from_sources(Toml::string(TLS), variables()).unwrap_err();
            assert!(error.message().contains("environment"), "{error}");
            Ok(())
        });
    }
}
