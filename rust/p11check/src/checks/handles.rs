//! Handles that are guessed, or whose time is over.

use cryptoki_sys::*;

use crate::{
    application::Application,
    check::Check,
    ffi::{Mechanism, Operation},
    key::{DATA, Kind, Life, ROOM},
    notes::Notes,
    target::Target,
    template::Template,
    verdict::{Stop, Verdict, passed, refused, skipped},
};

const GROUP: &str = "handles";

pub(super) const CHECKS: &[Check] = &[
    Check::new(
        GROUP,
        "guessed-session",
        "5.6",
        "a session handle that was not given out is refused",
        guessed_session,
    ),
    Check::new(
        GROUP,
        "closed-session",
        "5.6",
        "the handle of a closed session is refused, the others work on",
        closed_session,
    ),
    Check::new(
        GROUP,
        "all-sessions-closed",
        "5.6",
        "C_CloseAllSessions ends every session",
        all_sessions_closed,
    ),
    Check::new(
        GROUP,
        "guessed-object",
        "5.7",
        "an object handle that was not given out is refused",
        guessed_object,
    ),
    Check::new(
        GROUP,
        "destroyed-object",
        "5.7",
        "the handle of a destroyed object is refused, in every session",
        destroyed_object,
    ),
    Check::new(
        GROUP,
        "session-object",
        "5.6",
        "a session's object can be used in another, until its session is closed",
        session_object,
    ),
    Check::new(
        GROUP,
        "finished-operation",
        "5.11",
        "an operation that has finished or never begun cannot be continued",
        finished_operation,
    ),
];

/// Handles that no module gives out early: the invalid one, and numbers far away.
const FAR_AWAY: [CK_ULONG; 4] = [CK_INVALID_HANDLE, CK_ULONG::MAX, CK_ULONG::MAX / 2, 0x5afe_c0de];

fn refuses_session(
    notes: &mut Notes,
    application: &Application<'_>,
    session: CK_SESSION_HANDLE,
) -> Result<(), Stop> {
    let module = &application.module;
    let digest = Mechanism::new(CKM_SHA256);
    for (what, called) in [
        ("C_GetSessionInfo", module.session_info(session).map(drop)),
        ("C_DigestInit", module.begin(Operation::Digest, session, &digest, 0)),
        ("C_Sign", module.whole(Operation::Sign, session, &DATA, Some(ROOM)).called),
        ("C_FindObjects", module.find_next(session, 1).map(drop)),
        ("C_DestroyObject", module.destroy(session, 1)),
        ("C_CloseSession", module.close_session(session)),
    ] {
        notes.refused(what, called, &[CKR_SESSION_HANDLE_INVALID, CKR_SESSION_CLOSED], &[])?;
    }
    Ok(())
}

fn guessed_session(target: &Target) -> Verdict {
    let application = Application::start(target)?;
    let session = application.session()?;
    let key = application.signing_key(session)?;
    let mut notes = Notes::default();
    for guess in FAR_AWAY.into_iter().chain([session.wrapping_add(1), session.wrapping_sub(1)]) {
        refuses_session(&mut notes, &application, guess)?;
    }
    application.sign_and_verify(session, &key)?;
    application.end()?;
    notes.passed()
}

fn closed_session(target: &Target) -> Verdict {
    let application = Application::start(target)?;
    let (first, second) = (application.session()?, application.session()?);
    let key = application.signing_key(second)?;
    application.module.close_session(first)?;
    let mut notes = Notes::default();
    refuses_session(&mut notes, &application, first)?;
    application.sign_and_verify(second, &key)?;
    application.end()?;
    notes.passed()
}

fn all_sessions_closed(target: &Target) -> Verdict {
    let application = Application::start(target)?;
    let sessions = [(); 3].map(|()| application.session());
    application.module.close_all_sessions(application.slot)?;
    let mut notes = Notes::default();
    for session in sessions {
        refuses_session(&mut notes, &application, session?)?;
    }
    let session = application.session()?;
    let key = application.signing_key(session)?;
    application.sign_and_verify(session, &key)?;
    application.end()?;
    notes.passed()
}

/// All that can be tried with an object that is not there.
fn refuses_object(
    notes: &mut Notes,
    application: &Application<'_>,
    session: CK_SESSION_HANDLE,
    object: CK_OBJECT_HANDLE,
) -> Result<(), Stop> {
    let module = &application.module;
    let asked = [(CKA_CLASS, Some(size_of::<CK_OBJECT_CLASS>()))];
    for (what, called) in [
        ("C_GetAttributeValue", module.attributes(session, object, &asked).0),
        ("C_DestroyObject", module.destroy(session, object)),
    ] {
        refused(what, called, &[CKR_OBJECT_HANDLE_INVALID])?;
    }
    let signing = application.kind()?.signing();
    let called = module.begin(Operation::Sign, session, &signing, object);
    notes.refused("C_SignInit", called, &[CKR_KEY_HANDLE_INVALID], &[CKR_OBJECT_HANDLE_INVALID])
}

fn guessed_object(target: &Target) -> Verdict {
    let application = Application::start(target)?;
    let session = application.session()?;
    let mut notes = Notes::default();
    for guess in FAR_AWAY {
        refuses_object(&mut notes, &application, session, guess)?;
    }
    application.end()?;
    notes.passed()
}

fn destroyed_object(target: &Target) -> Verdict {
    let application = Application::start(target)?;
    let (session, other) = (application.session()?, application.session()?);
    let key = application.new_key(session, Kind::P256)?;
    application.sign_and_verify(other, &key)?;
    application.module.destroy(session, key.private)?;
    let mut notes = Notes::default();
    for session in [session, other] {
        refuses_object(&mut notes, &application, session, key.private)?;
    }
    application.end()?;
    notes.passed()
}

fn session_object(target: &Target) -> Verdict {
    let application = Application::start(target)?;
    let (first, second) = (application.session()?, application.session()?);
    let made = application.generate(first, Kind::P256, Life::Session);
    let Ok(key) = made.or_else(|_| application.generate(first, Kind::Rsa2048, Life::Session))
    else {
        return skipped("the module has no keys that live as long as a session");
    };
    application.sign_and_verify(second, &key)?;
    application.module.close_session(first)?;
    let mut notes = Notes::default();
    refuses_object(&mut notes, &application, second, key.private)?;
    application.end()?;
    notes.passed()
}

fn finished_operation(target: &Target) -> Verdict {
    let application = Application::start(target)?;
    let session = application.session()?;
    let key = application.signing_key(session)?;
    let module = &application.module;
    let over = |what: &str| {
        for operation in
            [Operation::Sign, Operation::Encrypt, Operation::Decrypt, Operation::Digest]
        {
            let what = format!("{operation:?} {what}");
            let called = module.whole(operation, session, &DATA, Some(ROOM)).called;
            refused(&what, called, &[CKR_OPERATION_NOT_INITIALIZED])?;
        }
        let found = module.find_next(session, 1);
        refused(&format!("C_FindObjects {what}"), found, &[CKR_OPERATION_NOT_INITIALIZED])
    };
    over("before anything was begun")?;
    application.sign_and_verify(session, &key)?;
    application.find(session, &Template::default())?;
    over("after it has finished")?;
    application.end()?;
    passed()
}
