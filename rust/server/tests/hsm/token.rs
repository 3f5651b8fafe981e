//! A token of SoftHSM2 for this process.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use cryptoki::context::{CInitializeArgs, CInitializeFlags, Pkcs11};
use cryptoki::mechanism::Mechanism;
use cryptoki::object::{Attribute, AttributeType, ObjectClass, ObjectHandle};
use cryptoki::session::{Session, UserType};
use cryptoki::slot::Slot;
use cryptoki::types::{AuthPin, Ulong};
use supacrypt_core::Result;
use supacrypt_server::config::{Pkcs11Settings, TokenName};
use supacrypt_server::custody::{Opening, Pkcs11Custodian};
use supacrypt_server::telemetry::Metrics;
use tempfile::TempDir;

/// Where SoftHSM2 finds its configuration.
pub(crate) const PLACE: &str = "SOFTHSM2_CONF";
pub(crate) const MODULE: &str = "/usr/lib/softhsm/libsofthsm2.so";
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
        // The server may have done so.
        let _ = module.initialize(CInitializeArgs::new(CInitializeFlags::OS_LOCKING_OK));
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
        Token::open_counted(settings, &Metrics::new()).await
    }

    /// The same, with calls counted there.
    pub(crate) async fn open_counted(
        settings: &Pkcs11Settings,
        metrics: &Metrics,
    ) -> Result<Pkcs11Custodian> {
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

    /// Their labels.
    pub(crate) fn labels(&self) -> Vec<String> {
        let session = self.session();
        let label =
            |object| match session.get_attributes(object, &[AttributeType::Label]).unwrap()[..] {
                [Attribute::Label(ref label)] => String::from_utf8_lossy(label).into_owned(),
                _ => String::new(),
            };
        self.objects().into_iter().map(label).collect()
    }

    /// A key pair on P-256 that signs.
    pub(crate) fn make_pair(&self, label: &str) {
        self.make_pair_with_id(label, b"");
    }

    pub(crate) fn make_pair_with_id(&self, label: &str, id: &[u8]) {
        let both =
            [Attribute::Token(true), Attribute::Label(label.into()), Attribute::Id(id.to_vec())];
        // P-256 (RFC 5480, section 2.1.1.1).
        let curve = vec![0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07];
        let public = [&both[..], &[Attribute::EcParams(curve), Attribute::Verify(true)]].concat();
        let private = [&both[..], &[Attribute::Private(true), Attribute::Sign(true)]].concat();
        let session = self.session();
        session.generate_key_pair(&Mechanism::EccKeyPairGen, &public, &private).unwrap();
    }

    /// An AES key.
    pub(crate) fn make_secret(&self, label: &str) {
        let template = [
            Attribute::Class(ObjectClass::SECRET_KEY),
            Attribute::Token(true),
            Attribute::Private(true),
            Attribute::Sensitive(true),
            Attribute::Encrypt(true),
            Attribute::Decrypt(true),
            Attribute::ValueLen(Ulong::from(32)),
            Attribute::Label(label.into()),
        ];
        self.session().generate_key(&Mechanism::AesKeyGen, &template).unwrap();
    }

    pub(crate) fn destroy(&self, label: &str) {
        let session = self.session();
        for object in session.find_objects(&[Attribute::Label(label.into())]).unwrap() {
            session.destroy_object(object).unwrap();
        }
    }
}
