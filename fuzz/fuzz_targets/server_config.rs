//! The server's configuration: every file is read, or refused with the reason for it.
#![no_main]

use std::{fs, sync::LazyLock};

use libfuzzer_sys::fuzz_target;
use supacrypt_core::Reason;
use supacrypt_server::config::Config;
use tempfile::TempDir;

static FOLDER: LazyLock<TempDir> = LazyLock::new(|| tempfile::tempdir().expect("a folder"));

fuzz_target!(|text: &[u8]| {
    let file = FOLDER.path().join("supacryptd.toml");
    fs::write(&file, text).expect("writes the file");
    if let Err(error) = Config::load(&file) {
        assert_eq!(error.reason(), Reason::Configuration);
    }
});
