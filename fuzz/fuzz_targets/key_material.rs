//! Imported keys: what is accepted can be loaded, and has a public half when it is a pair.
#![no_main]

use libfuzzer_sys::fuzz_target;
use strum::IntoEnumIterator;
use supacrypt_core::KeySpec;
use supacrypt_crypto::{Key, import};

fuzz_target!(|bytes: &[u8]| {
    for spec in KeySpec::iter() {
        let Ok(material) = import(spec, bytes) else { continue };
        let key = Key::load(spec, &material).expect("what was imported can be loaded");
        assert_eq!(key.spec(), spec);
        assert_eq!(key.public_key().is_some(), spec.is_asymmetric());
    }
});
