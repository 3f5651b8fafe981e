//! The directory and what is in it.

use std::{
    fs, io,
    net::{IpAddr, Ipv4Addr, SocketAddr},
    path::{Path, PathBuf},
};

use supacrypt_core::{Error, Reason, ResourceId, Result};
use supacrypt_pki::{Authority, Identity, Validity};

use super::ports;

/// How long the certificates of `admin` and `app` hold.
const CLIENT_DAYS: u32 = 90;

/// The principal that administers the server.
const ADMIN: &str = "admin";
/// The principal of applications.
pub(super) const APP: &str = "app";

/// A directory with a backend's files.
#[derive(Clone, Debug)]
pub struct Deployment {
    dir: PathBuf,
}

impl Deployment {
    /// Makes the directory with certificates and configurations. A port of 0 in `listen` becomes a
    /// free one here and now, so that a restarted server comes back where its clients look for it.
    ///
    /// `keyring` is the one `client.toml` shows.
    ///
    /// # Errors
    /// [`Reason::AlreadyExists`] when the directory has files in it; [`Reason::Configuration`] when
    /// one cannot be written. Nothing is left behind then.
    pub fn create(dir: &Path, listen: SocketAddr, keyring: &ResourceId) -> Result<Self> {
        let dir = std::path::absolute(dir).map_err(|error| file_error(dir, &error))?;
        refuse_in_use(&dir)?;
        let parent = dir.parent().ok_or_else(|| in_use(&dir))?;
        fs::create_dir_all(parent).map_err(|error| file_error(parent, &error))?;
        // Made aside and moved into place when complete.
        let draft = tempfile::Builder::new()
            .prefix(".supacrypt-")
            .tempdir_in(parent)
            .map_err(|error| file_error(parent, &error))?;
        let deployment = Deployment { dir };
        write_all(draft.path(), listen, keyring)?;
        fs::rename(draft.path(), &deployment.dir)
            .map_err(|error| file_error(&deployment.dir, &error))?;
        Ok(deployment)
    }

    /// The directory.
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// The server's configuration.
    pub fn server_config(&self) -> PathBuf {
        self.dir.join("supacryptd.toml")
    }

    /// The configuration of applications, principal `app`.
    pub fn client_config(&self) -> PathBuf {
        self.dir.join("client.toml")
    }

    /// The configuration of the server's administrator, principal `admin`.
    pub fn admin_config(&self) -> PathBuf {
        self.dir.join("admin.toml")
    }

    /// The server's log.
    pub fn log(&self) -> PathBuf {
        self.dir.join("supacryptd.log")
    }

    /// The process id of the server that quickstart started.
    pub fn pid_file(&self) -> PathBuf {
        self.dir.join("supacryptd.pid")
    }

    /// Where the server writes the addresses it listens on, once it does.
    pub fn endpoints_file(&self) -> PathBuf {
        self.dir.join("data/endpoints.json")
    }

    /// The authority of this directory, to issue more certificates.
    ///
    /// # Errors
    /// [`Reason::Configuration`] when its files are gone or altered.
    pub fn authority(&self) -> Result<Authority> {
        let pki = self.dir.join("pki");
        Authority::read(&pki.join("ca.pem"), &pki.join("ca.key")).map_err(pki_error)
    }
}

fn write_all(draft: &Path, listen: SocketAddr, keyring: &ResourceId) -> Result<()> {
    let pki = draft.join("pki");
    fs::create_dir(&pki).map_err(|error| file_error(&pki, &error))?;
    write_pki(&pki, listen).map_err(pki_error)?;

    let data = draft.join("data");
    #[cfg_attr(not(unix), expect(unused_mut, reason = "changed on Unix only"))]
    let mut private = fs::DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut private, 0o700);
    private.create(&data).map_err(|error| file_error(&data, &error))?;

    let port_error = |error| file_error(Path::new("a free port"), &error);
    let grpc = match listen.port() {
        0 => ports::free(listen.ip()).map_err(port_error)?,
        _ => listen,
    };
    let loopback: IpAddr = Ipv4Addr::LOCALHOST.into();
    let metrics = ports::free(loopback).map_err(port_error)?;
    // The unspecified address is one to listen on, not one to call.
    let ip = if grpc.ip().is_unspecified() { loopback } else { grpc.ip() };
    let endpoint = SocketAddr::new(ip, grpc.port());
    for (name, content) in [
        ("supacryptd.toml", server_toml(grpc, metrics)),
        ("client.toml", client_toml(endpoint, APP, Some(keyring))),
        ("admin.toml", client_toml(endpoint, ADMIN, None)),
    ] {
        let path = draft.join(name);
        fs::write(&path, content).map_err(|error| file_error(&path, &error))?;
    }
    Ok(())
}

/// The text of the server's configuration. Relative paths start at the folder of the file here and
/// in the clients', so the directory can be moved.
fn server_toml(grpc: SocketAddr, metrics: SocketAddr) -> String {
    format!(
        "# Made by `supacrypt quickstart`, for development.\n\
         data_dir = \"data\"\n\
         \n\
         [listen]\n\
         grpc = \"{grpc}\"\n\
         metrics = \"{metrics}\"\n\
         \n\
         [tls]\n\
         certificate = \"pki/server.pem\"\n\
         key = \"pki/server.key\"\n\
         client_ca = \"pki/ca.pem\"\n\
         \n\
         [authorization]\n\
         admins = [\"{ADMIN}\"]\n"
    )
}

/// The text of the client configuration of `principal`, whose certificate is in `pki/`. With
/// `keyring`, providers show only that one.
pub fn client_toml(endpoint: SocketAddr, principal: &str, keyring: Option<&ResourceId>) -> String {
    let keyring = keyring.map_or(String::new(), |id| format!("keyring = \"{id}\"\n"));
    format!(
        "# Made by `supacrypt quickstart`, for development. Principal: {principal}.\n\
         endpoints = [\"https://{endpoint}\"]\n\
         {keyring}\
         \n\
         [tls]\n\
         ca = \"pki/ca.pem\"\n\
         certificate = \"pki/{principal}.pem\"\n\
         key = \"pki/{principal}.key\"\n"
    )
}

fn write_pki(pki: &Path, listen: SocketAddr) -> Result<(), supacrypt_pki::Error> {
    let authority = Authority::new("Supacrypt development CA")?;
    authority.write(&pki.join("ca.pem"), &pki.join("ca.key"))?;
    let address = listen.ip().to_string();
    let mut names = vec!["localhost", "127.0.0.1", "::1"];
    if !names.contains(&address.as_str()) {
        names.push(&address);
    }
    authority.issue_server(&names)?.write(&pki.join("server.pem"), &pki.join("server.key"))?;
    for principal in [ADMIN, APP] {
        let identity = Identity::CommonName(principal.to_owned());
        authority
            .issue_client(&identity, Validity::days(CLIENT_DAYS))?
            .write(&pki.join(format!("{principal}.pem")), &pki.join(format!("{principal}.key")))?;
    }
    Ok(())
}

fn refuse_in_use(dir: &Path) -> Result<()> {
    match fs::read_dir(dir).map(|mut entries| entries.next().is_some()) {
        Ok(false) => Ok(()),
        Ok(true) => Err(in_use(dir)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(file_error(dir, &error)),
    }
}

fn in_use(dir: &Path) -> Error {
    let dir = dir.display();
    Error::new(
        Reason::AlreadyExists,
        format!(
            "{dir} is in use; choose another --dir, or start what is there with \
             `supacryptd --config {dir}/supacryptd.toml`"
        ),
    )
}

fn file_error(path: &Path, error: &io::Error) -> Error {
    Error::new(Reason::Configuration, format!("{}: {error}", path.display()))
}

fn pki_error(error: supacrypt_pki::Error) -> Error {
    Error::new(Reason::Configuration, error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn loopback() -> SocketAddr {
        "127.0.0.1:0".parse().unwrap()
    }

    #[test]
    fn a_directory_with_files_is_refused_and_left_alone() {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join("mine"), "x").unwrap();
        let error =
            Deployment::create(dir.path(), loopback(), &"dev".parse().unwrap()).unwrap_err();
        assert_eq!(error.reason(), Reason::AlreadyExists);
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1);
    }

    #[test]
    fn an_empty_directory_is_filled_with_files_that_parse() {
        let parent = tempfile::tempdir().unwrap();
        let dir = parent.path().join("backend");
        fs::create_dir(&dir).unwrap();
        let deployment = Deployment::create(&dir, loopback(), &"dev".parse().unwrap()).unwrap();
        for path in
            [deployment.server_config(), deployment.client_config(), deployment.admin_config()]
        {
            let text = fs::read_to_string(&path).unwrap();
            text.parse::<toml::Table>().unwrap_or_else(|error| panic!("{text}: {error}"));
        }
        deployment.authority().unwrap();
        assert_eq!(fs::read_dir(parent.path()).unwrap().count(), 1, "nothing beside it");
    }
}
