//! Certificates: what is accepted is all of the input, and what is read stands in it.
#![no_main]

use libfuzzer_sys::fuzz_target;
use supacrypt_crypto::{Certificate, PublicKey};

fuzz_target!(|der: &[u8]| {
    let Ok(read) = Certificate::from_der(der) else { return };
    for part in [&read.subject, &read.issuer, &read.public_key] {
        assert!(der.windows(part.len()).any(|window| window == part.as_slice()));
    }
    assert_eq!(read.serial_number[0], 2, "an INTEGER");
    for text in [Some(&read.subject_text), Some(&read.issuer_text), read.common_name.as_ref()] {
        assert!(!text.is_some_and(|text| text.contains(char::is_control)));
    }
    let _ = PublicKey::from_spki_der(&read.public_key);

    let longer = [der, &[0]].concat();
    assert!(Certificate::from_der(&longer).is_err());
    assert!(Certificate::from_der(&der[..der.len() - 1]).is_err());
});
