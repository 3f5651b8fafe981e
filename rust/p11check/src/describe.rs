//! What comes before and after the checks: who made the module, whether it can be checked at all, and
//! the removal of the keys that were made.

use cryptoki_sys::*;
use serde::{Deserialize, Serialize};

use crate::{
    application::{Application, text},
    key::{Kind, Life},
    target::Target,
    template::Template,
    verdict::{Stop, failed},
};

/// What a module and its token say of themselves.
#[derive(Serialize, Deserialize)]
pub struct Description {
    /// The maker of the library.
    pub manufacturer: String,
    /// The library in the maker's words.
    pub library: String,
    /// The library's version, `major.minor`.
    pub library_version: String,
    /// The version of the standard that it speaks, `major.minor`.
    pub cryptoki_version: String,
    /// The token's label.
    pub token: String,
    /// Whether it makes keys that live as long as a session.
    pub session_keys: bool,
}

/// Loads the module, and logs in where there is a PIN: once, so that a wrong PIN does not lock the
/// token.
///
/// # Errors
/// Why it cannot be checked, and what to do.
pub fn describe(target: &Target) -> Result<Description, Stop> {
    let application = Application::start(target)?;
    let info = application.module.info()?;
    let token = application.module.token_info(application.slot)?;
    let label = text(&token.label);
    if token.flags & CKF_LOGIN_REQUIRED != 0 && target.pin.is_none() {
        return failed(format!(
            "the token {label:?} wants a login: put its PIN into SUPACRYPT_P11_PIN or a file for \
             --pin-file"
        ));
    }
    let session = application.session()?;
    let session_keys = application.generate(session, Kind::P256, Life::Session).is_ok();
    application.end()?;
    let version = |version: CK_VERSION| format!("{}.{}", version.major, version.minor);
    Ok(Description {
        manufacturer: text(&info.manufacturerID),
        library: text(&info.libraryDescription),
        library_version: version(info.libraryVersion),
        cryptoki_version: version(info.cryptokiVersion),
        token: label,
        session_keys,
    })
}

/// Destroys all objects with the label of the checks' keys.
///
/// # Errors
/// When one of them stays.
pub fn sweep(target: &Target) -> Result<(), Stop> {
    let application = Application::start(target)?;
    let session = application.session()?;
    let label = Template::default().bytes(CKA_LABEL, target.label.as_bytes());
    // What goes with a private key need not, or must not, be destroyed too. So success is that
    // nothing is left.
    for object in application.find(session, &label)? {
        let _ = application.module.destroy(session, object);
    }
    let left = application.find(session, &label)?.len();
    application.end()?;
    if left > 0 {
        return failed(format!("{left} objects with the label {:?} are left", target.label));
    }
    Ok(())
}
