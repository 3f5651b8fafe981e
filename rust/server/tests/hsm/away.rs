//! A token that is not there when the server starts.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::time::Duration;

use supacrypt_core::{KeySpec, Reason};
use supacrypt_server::config::{Pkcs11Settings, TokenName};
use supacrypt_server::custody::{Custodian, Pkcs11Custodian, Wanted};

use crate::token::{LABEL, MODULE, PIN, Token};

/// Opened while the module has no token.
pub(crate) async fn before(dir: &Path) -> Pkcs11Custodian {
    let pin_file = dir.join("pin");
    fs::write(&pin_file, PIN).unwrap();
    fs::set_permissions(&pin_file, fs::Permissions::from_mode(0o600)).unwrap();
    let settings = Pkcs11Settings {
        module: MODULE.into(),
        token: TokenName::Label(LABEL.into()),
        pin_file,
        sessions: 2.try_into().unwrap(),
        timeout: Duration::from_secs(5),
    };
    let custodian = Token::open(&settings).await.unwrap();
    for refused in [
        custodian.ready().await,
        custodian.check().await,
        custodian.generate(Wanted::usual(KeySpec::EcP256), b"early").await.map(drop),
    ] {
        assert_eq!(refused.unwrap_err().reason(), Reason::CustodianUnavailable);
    }
    assert!(custodian.capabilities().generates.is_empty());
    custodian
}

/// The same when the token is there.
pub(crate) async fn after(custodian: &Pkcs11Custodian) {
    custodian.ready().await.unwrap();
    assert!(custodian.capabilities().generates.contains(&KeySpec::EcP256));
    let made = custodian.generate(Wanted::usual(KeySpec::EcP256), b"late").await.unwrap();
    custodian.destroy(&made.reference).await.unwrap();
}
