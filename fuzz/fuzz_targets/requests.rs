//! Requests as they come from the wire: decoded, checked against the limits, translated. A refusal
//! arrives at the client with the reason and field that it left the server with.
#![no_main]

use libfuzzer_sys::fuzz_target;
use prost::Message;
use supacrypt_core::{
    DerivationScheme, EncryptionScheme, Error, KemScheme, KeySpec, MacScheme, Role, SignatureScheme,
};
use supacrypt_proto::{
    Validate, error_from_status, key_usages_from_wire, status,
    v1::{self, perform_operation::Operation},
};

fuzz_target!(|input: &[u8]| {
    let Some((kind, bytes)) = input.split_first() else { return };
    match kind % 13 {
        0 => drop(read::<v1::CreateKeyringRequest>(bytes).and_then(|it| it.keyring).map(keyring)),
        1 => drop(read::<v1::UpdateKeyringRequest>(bytes)),
        2 => drop(read::<v1::CreateKeyRequest>(bytes).and_then(|it| it.key).map(key)),
        3 => drop(read::<v1::ImportKeyRequest>(bytes).and_then(|it| it.key).map(key)),
        4 => drop(read::<v1::ListKeysRequest>(bytes)),
        5 => drop(read::<v1::UpdateKeyRequest>(bytes)),
        6 => drop(read::<v1::DeleteKeyRequest>(bytes)),
        7 => drop(read::<v1::ReadAuditLogRequest>(bytes)),
        8 => drop(read::<v1::WatchKeysRequest>(bytes)),
        9 => drop(read::<v1::CreateObjectRequest>(bytes)),
        10 => drop(read::<v1::ListObjectsRequest>(bytes)),
        11 => drop(read::<v1::UpdateObjectRequest>(bytes)),
        _ => {
            let request = read::<v1::PerformRequest>(bytes).unwrap_or_default();
            request.operations.into_iter().filter_map(|it| it.operation).for_each(operation);
        }
    }
});

fn read<M: Message + Validate + Default>(bytes: &[u8]) -> Option<M> {
    let message = M::decode(bytes).ok()?;
    check(message.validate()).map(|()| message)
}

fn keyring(keyring: v1::Keyring) {
    for grant in keyring.grants {
        check(Role::try_from(grant.role()));
    }
}

fn key(key: v1::Key) {
    check(KeySpec::try_from(key.spec()));
    check(key_usages_from_wire(&key.usages));
}

fn operation(operation: Operation) {
    match operation {
        Operation::Sign(request) => {
            check(request.validate());
            check(request.scheme.map_or(Ok(None), |it| SignatureScheme::try_from(&it).map(Some)));
        }
        Operation::Verify(request) => {
            check(request.validate());
            check(request.scheme.map_or(Ok(None), |it| SignatureScheme::try_from(&it).map(Some)));
        }
        Operation::Encrypt(request) => {
            check(request.validate());
            check(request.scheme.map_or(Ok(None), |it| EncryptionScheme::try_from(&it).map(Some)));
        }
        Operation::Decrypt(request) => {
            check(request.validate());
            check(request.scheme.map_or(Ok(None), |it| EncryptionScheme::try_from(&it).map(Some)));
        }
        Operation::MacSign(request) => {
            check(request.validate());
            check(request.scheme.map_or(Ok(None), |it| MacScheme::try_from(&it).map(Some)));
        }
        Operation::MacVerify(request) => {
            check(request.validate());
            check(request.scheme.map_or(Ok(None), |it| MacScheme::try_from(&it).map(Some)));
        }
        Operation::Decapsulate(request) => {
            check(request.validate());
            check(request.scheme.map_or(Ok(None), |it| KemScheme::try_from(&it).map(Some)));
        }
        Operation::Derive(request) => {
            check(request.validate());
            check(request.scheme.map_or(Ok(None), |it| DerivationScheme::try_from(&it).map(Some)));
        }
        Operation::GenerateRandom(request) => drop(check(request.validate())),
    }
}

fn check<T>(result: Result<T, Error>) -> Option<T> {
    result
        .inspect_err(|error| {
            let arrived = error_from_status(&status(error));
            assert_eq!(arrived.reason(), error.reason());
            assert_eq!(arrived.field(), error.field());
        })
        .ok()
}
