//! A token of SoftHSM2 for this process.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use cryptoki::context::{CInitializeArgs, CInitializeFlags, Pkcs11};
use cryptoki::object::{Attribute, ObjectHandle};
use cryptoki::session::{Session, UserType};
use cryptoki::slot::Slot;
use cryptoki::types::AuthPin;
use supacrypt_core::Result;
use supacrypt_server::config::{Pkcs11Settings, TokenName};
use supacrypt_server::custody::{Opening, Pkcs11Custodian};
use supacrypt_server::telemetry::Metrics;
use tempfile::TempDir;

/// Where SoftHSM2 finds its configuration.
pub(crate) const PLACE: &str = "SOFTHSM2_CONF";
const MODULE: &str = "/usr/lib/softhsm/libsofthsm2.so";
pub(crate) const LABEL: &str = "test keys";
pub(crate) const PIN: &str = "246810";

/// Writes a configuration whose tokens are in `dir`.
pub(crate) fn configure(dir: &Path) -> PathBuf {
    let tokens = dir.join("tokens");
    fs::create_dir(&tokens).unwrap();
    let file = dir.join("softhsm2.conf");
    fs::write(&file, format!("directories.tokendir = {}\nlog.level = ERROR\n", tokens.display()))
        .unwrap();
    file
}

/// The token, as another program beside the server sees it.
pub(crate) struct Token {
    pub(crate) dir: TempDir,
    module: Pkcs11,
    slot: Slot,
}

impl Token {
    pub(crate) fn make() -> Token {
        let module = Pkcs11::new(MODULE).expect("SoftHSM2; apt-get install softhsm2");
        module.initialize(CInitializeArgs::new(CInitializeFlags::OS_LOCKING_OK)).unwrap();
        let (so, user) = (AuthPin::from("135790"), AuthPin::from(PIN));
        let slot = module.get_slots_with_token().unwrap()[0];
        module.init_token(slot, &so, LABEL).unwrap();
        let slot = module.get_slots_with_initialized_token().unwrap()[0];
        let session = module.open_rw_session(slot).unwrap();
        session.login(UserType::So, Some(&so)).unwrap();
        session.init_pin(&user).unwrap();
        session.logout().unwrap();
        drop(session);
        Token { dir: tempfile::tempdir().unwrap(), module, slot }
    }

    /// A file with this PIN.
    pub(crate) fn pin_file(&self, pin: &str, mode: u32) -> PathBuf {
        let file = self.dir.path().join(format!("pin-{mode:o}"));
        fs::write(&file, format!("{pin}\n")).unwrap();
        fs::set_permissions(&file, fs::Permissions::from_mode(mode)).unwrap();
        file
    }

    pub(crate) fn settings(&self) -> Pkcs11Settings {
        Pkcs11Settings {
            module: MODULE.into(),
            token: TokenName::Label(LABEL.into()),
            timeout: Duration::from_secs(5),
            pin_file: self.pin_file(PIN, 0o600),
            sessions: 2.try_into().unwrap(),
        }
    }

    /// The custodian that these settings make.
    pub(crate) async fn open(settings: &Pkcs11Settings) -> Result<Pkcs11Custodian> {
        let metrics = Metrics::new();
        let opening = Opening { name: "hsm", store: "store", metrics: &metrics.custodians };
        Pkcs11Custodian::open(opening, settings).await
    }

    /// The same as lines of the server's configuration.
    pub(crate) fn lines(&self) -> String {
        let settings = self.settings();
        format!(
            "[custodians.hsm]\ntype = \"pkcs11\"\nmodule = {MODULE:?}\ntoken = {LABEL:?}\n\
             pin_file = {:?}\nsessions = 2\n",
            settings.pin_file
        )
    }

    pub(crate) fn serial(&self) -> String {
        self.module.get_token_info(self.slot).unwrap().serial_number().to_owned()
    }

    /// A session. It is logged in while the server is: a login is of the whole process.
    pub(crate) fn session(&self) -> Session {
        self.module.open_rw_session(self.slot).unwrap()
    }

    /// Gives the token's user another PIN. Nobody is logged in after that.
    pub(crate) fn change_pin(&self, old: &str, new: &str) {
        let session = self.session();
        // Whoever is logged in, this process is.
        let _ = session.logout();
        session.login(UserType::User, Some(&AuthPin::from(old))).unwrap();
        session.set_pin(&AuthPin::from(old), &AuthPin::from(new)).unwrap();
        session.logout().unwrap();
    }

    /// All keys.
    pub(crate) fn objects(&self) -> Vec<ObjectHandle> {
        self.session().find_objects(&[Attribute::Token(true)]).unwrap()
    }
}
