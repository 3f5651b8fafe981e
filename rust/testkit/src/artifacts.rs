//! Programs and libraries of this workspace, built when a test first asks for them.

use std::{
    collections::HashMap,
    env,
    path::PathBuf,
    sync::{Mutex, OnceLock, PoisonError},
};

use escargot::{CargoBuild, format::Message};

/// The path of a program, such as `supacryptd`. The variable named after it (`SUPACRYPTD_BIN`) names
/// one that is built already; else Cargo builds `package`, once in a test process.
pub fn program(package: &str, name: &str) -> PathBuf {
    let variable = format!("{}_BIN", name.to_uppercase().replace('-', "_"));
    built(variable, || {
        CargoBuild::new()
            .manifest_path(workspace_manifest())
            .package(package)
            .bin(name)
            .run()
            .unwrap_or_else(|error| panic!("building {name}: {error}"))
            .path()
            .to_path_buf()
    })
}

/// The path of a package's C library, such as `supacrypt-pkcs11`'s. The variable named after the
/// package (`SUPACRYPT_PKCS11_LIB`) names one that is built already.
pub fn cdylib(package: &str) -> PathBuf {
    let variable = format!("{}_LIB", package.to_uppercase().replace('-', "_"));
    built(variable, || {
        CargoBuild::new()
            .manifest_path(workspace_manifest())
            .package(package)
            .exec()
            .unwrap_or_else(|error| panic!("building {package}: {error}"))
            .filter_map(|message| dynamic_library(message.ok()?.decode().ok()?))
            .last()
            .unwrap_or_else(|| panic!("{package} has no cdylib target"))
    })
}

fn built(variable: String, build: impl FnOnce() -> PathBuf) -> PathBuf {
    if let Some(path) = env::var_os(&variable) {
        return path.into();
    }
    static BUILT: OnceLock<Mutex<HashMap<String, PathBuf>>> = OnceLock::new();
    let built = BUILT.get_or_init(Mutex::default);
    // A failed build poisons the lock, and the map is as good as before.
    let mut built = built.lock().unwrap_or_else(PoisonError::into_inner);
    built.entry(variable).or_insert_with(build).clone()
}

fn dynamic_library(message: Message<'_>) -> Option<PathBuf> {
    let Message::CompilerArtifact(artifact) = message else { return None };
    if !artifact.target.crate_types.iter().any(|kind| kind == "cdylib") {
        return None;
    }
    let extension = env::consts::DLL_EXTENSION;
    artifact
        .filenames
        .iter()
        .map(|path| path.to_path_buf())
        .find(|path| path.extension().is_some_and(|found| found == extension))
}

fn workspace_manifest() -> PathBuf {
    [env!("CARGO_MANIFEST_DIR"), "..", "..", "Cargo.toml"].iter().collect()
}
