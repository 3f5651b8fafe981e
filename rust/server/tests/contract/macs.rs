//! Message authentication codes.

use supacrypt_core::{MacScheme, Reason};
use supacrypt_server::custody::CryptoRequest;

use super::key::Made;

pub(super) async fn made(key: &Made<'_>, scheme: MacScheme) {
    let input = b"a message";
    let whole = key.bytes(CryptoRequest::MacSign { scheme, input }).await;
    assert_eq!(whole.len(), scheme.mac_len());
    if let Some(twin) = &key.twin {
        assert_eq!(whole, twin.mac(scheme, input).unwrap(), "{} {scheme}", key.spec);
    }
    let short = of_length(scheme, 8);
    let cut = key.bytes(CryptoRequest::MacSign { scheme: short, input }).await;
    assert_eq!(cut, whole[..8], "{scheme}");
    for (scheme, input, mac, expected) in [
        (scheme, &input[..], &whole[..], true),
        (short, input, &cut, true),
        (scheme, b"another", &whole, false),
        (scheme, input, &cut, false),
        (scheme, input, &whole[1..], false),
        (scheme, input, &[], false),
    ] {
        let verify = CryptoRequest::MacVerify { scheme, input, mac };
        assert_eq!(key.verdict(verify).await, expected, "{} {scheme}", key.spec);
    }
}

/// MACs of a length that there is not are refused.
pub(super) async fn refused(key: &Made<'_>, scheme: MacScheme) {
    for length in [3, scheme.mac_len() as u8 + 1] {
        let request = CryptoRequest::MacSign { scheme: of_length(scheme, length), input: b"x" };
        let error = key.refused(request).await;
        assert_eq!(error.reason(), Reason::InvalidArgument, "{scheme} {length}: {error}");
    }
}

fn of_length(scheme: MacScheme, length: u8) -> MacScheme {
    match scheme {
        MacScheme::Hmac { digest, .. } => MacScheme::Hmac { digest, length },
        _ => MacScheme::AesCmac { length },
    }
}
