//! The client's configuration: every file is read, or refused with the reason for it.
#![no_main]

use std::{fs, sync::LazyLock};

use libfuzzer_sys::fuzz_target;
use supacrypt_client::Config;
use supacrypt_core::Reason;
use tempfile::TempDir;

static FOLDER: LazyLock<TempDir> = LazyLock::new(|| tempfile::tempdir().expect("a folder"));

fuzz_target!(|text: &[u8]| {
    let file = FOLDER.path().join("client.toml");
    fs::write(&file, text).expect("writes the file");
    if let Err(error) = Config::from_file(&file) {
        assert_eq!(error.reason(), Reason::Configuration);
    }
});
