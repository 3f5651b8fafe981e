//! Operations with one output.

use cryptoki_sys::*;

use crate::{
    application::Application,
    ffi::{Filled, Mechanism, Operation},
    key::{DATA, Kind, ROOM},
    notes::Notes,
    target::Target,
    verdict::{Stop, Verdict, ensure, passed, refused, skipped},
};

pub(super) fn sign(target: &Target) -> Verdict {
    let application = Application::start(target)?;
    let session = application.session()?;
    let key = application.signing_key(session)?;
    let module = &application.module;
    module.begin(Operation::Sign, session, &key.signing, key.private)?;
    let call = |room| module.whole(Operation::Sign, session, &DATA, room);
    let signature = keeps_to_the_protocol("C_Sign", call)?;
    if let Some(public) = key.public {
        module.verify(session, &key.signing, public, &DATA, &signature)?;
    }
    application.end()?;
    passed()
}

pub(super) fn sign_final(target: &Target) -> Verdict {
    let application = Application::start(target)?;
    let session = application.session()?;
    let mechanisms = application.mechanisms()?;
    let found = [(Kind::P256, CKM_ECDSA_SHA256), (Kind::Rsa2048, CKM_SHA256_RSA_PKCS)]
        .into_iter()
        .find(|(_, hashing)| mechanisms.contains(hashing));
    let Some((kind, hashing)) = found else {
        return skipped("the token has no mechanism that hashes with SHA-256 and signs");
    };
    let (key, hashing) = (application.new_key(session, kind)?, Mechanism::new(hashing));
    let module = &application.module;
    module.begin(Operation::Sign, session, &hashing, key.private)?;
    module.update(Operation::Sign, session, &DATA)?;
    let call = |room| module.finish(Operation::Sign, session, room);
    let signature = keeps_to_the_protocol("C_SignFinal", call)?;
    if let Some(public) = key.public {
        module.verify(session, &hashing, public, &DATA, &signature)?;
    }
    application.end()?;
    passed()
}

pub(super) fn encrypt(target: &Target) -> Verdict {
    let application = Application::start(target)?;
    let session = application.session()?;
    let (mechanism, public, _) = rsa(&application, session)?;
    let module = &application.module;
    module.begin(Operation::Encrypt, session, &mechanism, public)?;
    let call = |room| module.whole(Operation::Encrypt, session, &DATA, room);
    keeps_to_the_protocol("C_Encrypt", call)?;
    application.end()?;
    passed()
}

pub(super) fn decrypt(target: &Target) -> Verdict {
    let application = Application::start(target)?;
    let session = application.session()?;
    let (mechanism, public, private) = rsa(&application, session)?;
    let module = &application.module;
    module.begin(Operation::Encrypt, session, &mechanism, public)?;
    let block = module.whole(Operation::Encrypt, session, &DATA, Some(ROOM)).into_bytes()?;
    module.begin(Operation::Decrypt, session, &mechanism, private)?;
    let call = |room| module.whole(Operation::Decrypt, session, &block, room);
    let data = keeps_to_the_protocol("C_Decrypt", call)?;
    ensure(data == DATA, || "C_Decrypt gives other data than was encrypted".to_owned())?;
    application.end()?;
    passed()
}

/// A mechanism and the halves of a key to encrypt and decrypt with.
fn rsa(
    application: &Application<'_>,
    session: CK_SESSION_HANDLE,
) -> Result<(Mechanism, CK_OBJECT_HANDLE, CK_OBJECT_HANDLE), Stop> {
    let key = application.new_key(session, Kind::Rsa2048)?;
    let info = application.module.mechanism_info(application.slot, CKM_RSA_PKCS)?;
    let both = CKF_ENCRYPT | CKF_DECRYPT;
    match key.public {
        Some(public) if info.flags & both == both => {
            Ok((Mechanism::new(CKM_RSA_PKCS), public, key.private))
        }
        _ => skipped("CKM_RSA_PKCS of this token does not encrypt and decrypt"),
    }
}

pub(super) fn digest(target: &Target) -> Verdict {
    let application = Application::start(target)?;
    let session = begin_digest(&application)?;
    let call = |room| application.module.whole(Operation::Digest, session, &DATA, room);
    let digest = keeps_to_the_protocol("C_Digest", call)?;
    ensure(digest.len() == 32, || format!("a SHA-256 of {} bytes", digest.len()))?;
    application.end()?;
    passed()
}

pub(super) fn digest_final(target: &Target) -> Verdict {
    let application = Application::start(target)?;
    let session = begin_digest(&application)?;
    application.module.update(Operation::Digest, session, &DATA)?;
    let call = |room| application.module.finish(Operation::Digest, session, room);
    let digest = keeps_to_the_protocol("C_DigestFinal", call)?;
    ensure(digest.len() == 32, || format!("a SHA-256 of {} bytes", digest.len()))?;
    application.end()?;
    passed()
}

fn begin_digest(application: &Application<'_>) -> Result<CK_SESSION_HANDLE, Stop> {
    if !application.mechanisms()?.contains(&CKM_SHA256) {
        return skipped("the token has no CKM_SHA256");
    }
    let session = application.session()?;
    let mechanism = Mechanism::new(CKM_SHA256);
    application.module.begin(Operation::Digest, session, &mechanism, CK_INVALID_HANDLE)?;
    Ok(session)
}

/// Asks for the length, offers too little, asks again, offers enough, and tries once too often: with
/// an operation that has begun. Answers the output.
fn keeps_to_the_protocol(
    name: &str,
    call: impl Fn(Option<usize>) -> Filled,
) -> Result<Vec<u8>, Stop> {
    let mut needed = 0;
    for time in ["the first", "the second"] {
        let asked = call(None);
        asked.called?;
        needed = asked.length as usize;
        ensure(0 < needed && needed <= ROOM, || {
            format!("{name} tells the length {needed} at {time} query")
        })?;
        let small = call(Some(1));
        refused(&format!("{name} with a buffer of 1 byte"), small.called, &[CKR_BUFFER_TOO_SMALL])?;
        ensure(!small.overrun, || format!("{name} wrote after the end of a small buffer"))?;
        ensure(small.length > 1 && small.length as usize <= needed, || {
            format!("{name} tells the length {} with CKR_BUFFER_TOO_SMALL", small.length)
        })?;
    }
    let done = call(Some(needed));
    ensure(!done.overrun, || format!("{name} wrote after the buffer's end"))?;
    let length = done.length as usize;
    let output = done.into_bytes()?;
    // A query may tell more than is needed (section 5.2).
    ensure(0 < length && length <= needed, || {
        format!("{name} wrote {length} bytes after it told {needed}")
    })?;
    let after = call(Some(needed)).called;
    refused(&format!("{name} after it was done"), after, &[CKR_OPERATION_NOT_INITIALIZED])?;
    Ok(output)
}

pub(super) fn error_ends(target: &Target) -> Verdict {
    let application = Application::start(target)?;
    let session = application.session()?;
    let key = application.new_key(session, Kind::Rsa2048)?;
    let module = &application.module;
    module.begin(Operation::Sign, session, &key.signing, key.private)?;
    // A block of 256 bytes has room for 245 (PKCS #1).
    let long = module.whole(Operation::Sign, session, &[1; 246], Some(ROOM)).called;
    let mut notes = Notes::default();
    let vague = [CKR_DATA_INVALID, CKR_ARGUMENTS_BAD, CKR_FUNCTION_FAILED, CKR_GENERAL_ERROR];
    notes.refused("C_Sign of 246 bytes with RSA-2048", long, &[CKR_DATA_LEN_RANGE], &vague)?;
    let after = module.whole(Operation::Sign, session, &DATA, Some(ROOM)).called;
    refused("C_Sign after an error", after, &[CKR_OPERATION_NOT_INITIALIZED])?;
    application.sign_and_verify(session, &key)?;
    application.end()?;
    notes.passed()
}

pub(super) fn operation_active(target: &Target) -> Verdict {
    let application = Application::start(target)?;
    let session = application.session()?;
    let key = application.signing_key(session)?;
    let module = &application.module;
    let mut begun = vec![(Operation::Sign, key.signing.clone(), key.private)];
    if application.mechanisms()?.contains(&CKM_SHA256) {
        begun.push((Operation::Digest, Mechanism::new(CKM_SHA256), CK_INVALID_HANDLE));
    }
    for (operation, mechanism, key) in begun {
        let session = application.session()?;
        module.begin(operation, session, &mechanism, key)?;
        let second = module.begin(operation, session, &mechanism, key);
        refused(&format!("the second {operation:?}Init"), second, &[CKR_OPERATION_ACTIVE])?;
    }
    // Another session has operations of its own.
    application.sign_and_verify(application.session()?, &key)?;
    application.end()?;
    passed()
}
