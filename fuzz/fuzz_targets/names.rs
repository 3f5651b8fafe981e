//! Resource names: whatever parses is written as it was read.
#![no_main]

use std::{fmt::Display, str::FromStr};

use libfuzzer_sys::fuzz_target;
use supacrypt_core::{KeyName, KeyVersionName, KeyringName, ResourceId};

fuzz_target!(|text: &str| {
    read::<ResourceId>(text);
    read::<KeyringName>(text);
    read::<KeyName>(text);
    read::<KeyVersionName>(text);
});

fn read<T: FromStr + Display>(text: &str) {
    if let Ok(name) = text.parse::<T>() {
        assert_eq!(name.to_string(), text);
    }
}
