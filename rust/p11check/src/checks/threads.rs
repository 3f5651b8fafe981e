//! Programs with many threads (version 2.20, section 6.6.2).

use std::{collections::HashSet, sync::Mutex};

use cryptoki_sys::*;

use crate::{
    application::Application,
    check::Check,
    ffi::Operation,
    key::{DATA, ROOM},
    rounds::in_threads,
    target::Target,
    verdict::{Verdict, ensure, passed, refused},
};

const GROUP: &str = "threads";
const SECTION: &str = "2.20: 6.6.2";

const THREADS: usize = 8;
/// What each thread does in a row.
const ROUNDS: usize = 25;

pub(super) const CHECKS: &[Check] = &[
    Check::new(
        GROUP,
        "own-sessions",
        SECTION,
        "threads sign at once, each in a session of its own",
        own_sessions,
    ),
    Check::new(
        GROUP,
        "one-session",
        SECTION,
        "threads that share a session get signatures or clean refusals",
        one_session,
    ),
    Check::new(
        GROUP,
        "open-and-close",
        SECTION,
        "threads open and close sessions at once",
        open_and_close,
    ),
];

fn own_sessions(target: &Target) -> Verdict {
    let application = Application::start(target)?;
    let key = application.signing_key(application.session()?)?;
    in_threads(THREADS, || {
        let session = application.session()?;
        for _ in 0..ROUNDS {
            application.sign_and_verify(session, &key)?;
        }
        Ok(application.module.close_session(session)?)
    })?;
    application.end()?;
    passed()
}

/// The operation of a session is one: a thread may find it begun or finished by another.
fn one_session(target: &Target) -> Verdict {
    let application = Application::start(target)?;
    let session = application.session()?;
    let key = application.signing_key(session)?;
    let module = &application.module;
    in_threads(THREADS, || {
        for _ in 0..ROUNDS {
            let begun = module.begin(Operation::Sign, session, &key.signing, key.private);
            if begun.is_err() {
                refused("C_SignInit", begun, &[CKR_OPERATION_ACTIVE])?;
            }
            let signed = module.whole(Operation::Sign, session, &DATA, Some(ROOM));
            ensure(!signed.overrun, || "C_Sign wrote after the buffer's end".to_owned())?;
            if signed.called.is_err() {
                let values = [CKR_OPERATION_NOT_INITIALIZED, CKR_OPERATION_ACTIVE];
                refused("C_Sign", signed.called, &values)?;
            }
        }
        Ok(())
    })?;
    // What the last of them left.
    let _ = module.whole(Operation::Sign, session, &DATA, Some(ROOM));
    application.sign_and_verify(session, &key)?;
    application.end()?;
    passed()
}

fn open_and_close(target: &Target) -> Verdict {
    let application = Application::start(target)?;
    // The login lasts while a session is open.
    let _first = application.session()?;
    let open = Mutex::new(HashSet::new());
    in_threads(THREADS, || {
        for _ in 0..ROUNDS {
            let session = application.session()?;
            let held = |what: fn(&mut HashSet<CK_SESSION_HANDLE>, CK_SESSION_HANDLE) -> bool| {
                let mut open = open.lock().expect("invariant: nothing panics with it");
                what(&mut open, session)
            };
            let is_new = held(|open, session| open.insert(session));
            ensure(is_new, || format!("two open sessions have the handle {session}"))?;
            application.module.session_info(session)?;
            held(|open, session| open.remove(&session));
            application.module.close_session(session)?;
        }
        Ok(())
    })?;
    application.end()?;
    passed()
}
