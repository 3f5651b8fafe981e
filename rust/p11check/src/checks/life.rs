//! A module's life in its process: begin, end, begin again.

mod left;
mod unload;

use std::sync::atomic::{AtomicUsize, Ordering};

use cryptoki_sys::*;

use crate::{
    application::{Application, load},
    check::Check,
    ffi::{Locking, Module},
    rounds::in_threads,
    target::Target,
    verdict::{Stop, Verdict, ensure, passed, refused},
};

const GROUP: &str = "life";

/// How often threads race to initialize, and how many.
const ROUNDS: usize = 50;
const THREADS: usize = 8;

pub(super) const CHECKS: &[Check] = &[
    Check::new(GROUP, "initialize-again", "5.4", "after C_Finalize it begins anew", again),
    Check::new(
        GROUP,
        "initialize-twice",
        "5.4",
        "a second C_Initialize is refused, and changes nothing",
        initialize_twice,
    ),
    Check::new(
        GROUP,
        "initialize-in-threads",
        "",
        "of threads that initialize at once, one does",
        initialize_in_threads,
    ),
    Check::new(
        GROUP,
        "finalize-twice",
        "5.4",
        "a second C_Finalize is refused; a third life works",
        finalize_twice,
    ),
    Check::new(
        GROUP,
        "before-initialize",
        "5.4",
        "functions before C_Initialize and after C_Finalize are refused",
        before_initialize,
    ),
    Check::new(
        GROUP,
        "reserved-argument",
        "5.4",
        "the pointers reserved in C_Initialize and C_Finalize must be null",
        reserved_argument,
    ),
    Check::new(
        GROUP,
        "half-of-the-mutexes",
        "5.4",
        "two of the four functions for mutexes are refused",
        half_of_the_mutexes,
    ),
    Check::new(
        GROUP,
        "own-mutexes",
        "5.4",
        "works with the application's mutexes, or says that it cannot",
        own_mutexes,
    ),
    Check::new(
        GROUP,
        "without-arguments",
        "5.4",
        "works when C_Initialize gets no arguments",
        without_arguments,
    ),
    Check::new(GROUP, "unload", "", "can be unloaded and loaded again", unload::unload),
    Check::new(
        GROUP,
        "unload-after-threads",
        "",
        "threads that used it end in peace after it was unloaded",
        unload::unload_after_threads,
    ),
    Check::new(
        GROUP,
        "exit-initialized",
        "",
        "a process that does not finalize ends in peace",
        unload::exit_initialized,
    ),
    Check::new(GROUP, "threads-left", "", "C_Finalize leaves no thread behind", left::threads),
    Check::new(
        GROUP,
        "descriptors-left",
        "",
        "C_Finalize leaves no socket behind, and no more files each time",
        left::descriptors,
    ),
];

/// One signature, with a new session and key.
fn use_it(application: &Application<'_>) -> Result<(), Stop> {
    let session = application.session()?;
    let key = application.signing_key(session)?;
    Ok(application.sign_and_verify(session, &key)?)
}

fn again(target: &Target) -> Verdict {
    let mut application = Application::start(target)?;
    use_it(&application)?;
    for _ in 0..2 {
        application.module.finalize()?;
        application.initialize_again()?;
        use_it(&application)?;
    }
    application.end()?;
    passed()
}

fn initialize_twice(target: &Target) -> Verdict {
    let application = Application::start(target)?;
    let session = application.session()?;
    let key = application.signing_key(session)?;
    let second = application.module.initialize(Locking::System);
    refused("the second C_Initialize", second, &[CKR_CRYPTOKI_ALREADY_INITIALIZED])?;
    application.sign_and_verify(session, &key)?;
    application.end()?;
    passed()
}

/// As happens where two libraries of one program use the module, each on its own.
fn initialize_in_threads(target: &Target) -> Verdict {
    let module = load(target)?;
    for _ in 0..ROUNDS {
        let begun = AtomicUsize::new(0);
        in_threads(THREADS, || match module.initialize(Locking::System) {
            Ok(()) => {
                begun.fetch_add(1, Ordering::Relaxed);
                Ok(())
            }
            other => {
                let values = [CKR_CRYPTOKI_ALREADY_INITIALIZED];
                refused("C_Initialize of another thread", other, &values)
            }
        })?;
        let begun = begun.into_inner();
        ensure(begun == 1, || format!("C_Initialize succeeded in {begun} of {THREADS} threads"))?;
        module.finalize()?;
    }
    passed()
}

fn finalize_twice(target: &Target) -> Verdict {
    let mut application = Application::start(target)?;
    use_it(&application)?;
    application.module.finalize()?;
    let second = application.module.finalize();
    refused("the second C_Finalize", second, &[CKR_CRYPTOKI_NOT_INITIALIZED])?;
    application.initialize_again()?;
    use_it(&application)?;
    application.end()?;
    passed()
}

fn before_initialize(target: &Target) -> Verdict {
    let module = load(target)?;
    refuses_all(&module, "before C_Initialize")?;
    module.initialize(Locking::System)?;
    module.finalize()?;
    refuses_all(&module, "after C_Finalize")?;
    passed()
}

fn refuses_all(module: &Module, when: &str) -> Result<(), Stop> {
    let flags = CKF_SERIAL_SESSION;
    for (name, called) in [
        ("C_Finalize", module.finalize()),
        ("C_GetInfo", module.info().map(drop)),
        ("C_GetSlotList", module.count_slots().map(drop)),
        ("C_GetSlotInfo", module.slot_info(0).map(drop)),
        ("C_GetTokenInfo", module.token_info(0).map(drop)),
        ("C_GetMechanismList", module.count_mechanisms(0).map(drop)),
        ("C_GetMechanismInfo", module.mechanism_info(0, CKM_RSA_PKCS).map(drop)),
        ("C_OpenSession", module.open_session(0, flags).map(drop)),
        ("C_GetSessionInfo", module.session_info(1).map(drop)),
        ("C_CloseSession", module.close_session(1)),
        ("C_CloseAllSessions", module.close_all_sessions(0)),
        ("C_FindObjects", module.find_next(1, 1).map(drop)),
        ("C_DestroyObject", module.destroy(1, 1)),
    ] {
        refused(&format!("{name} {when}"), called, &[CKR_CRYPTOKI_NOT_INITIALIZED])?;
    }
    Ok(())
}

fn reserved_argument(target: &Target) -> Verdict {
    let mut application = Application { target, module: load(target)?, slot: 0 };
    let called = application.module.initialize(Locking::Reserved);
    refused("C_Initialize with pReserved set", called, &[CKR_ARGUMENTS_BAD])?;
    application.initialize_again()?;
    let called = application.module.finalize_with_argument();
    refused("C_Finalize with pReserved set", called, &[CKR_ARGUMENTS_BAD])?;
    use_it(&application)?;
    application.end()?;
    passed()
}

fn half_of_the_mutexes(target: &Target) -> Verdict {
    let mut application = Application { target, module: load(target)?, slot: 0 };
    let called = application.module.initialize(Locking::Half);
    refused("C_Initialize with CreateMutex and LockMutex only", called, &[CKR_ARGUMENTS_BAD])?;
    application.initialize_again()?;
    use_it(&application)?;
    application.end()?;
    passed()
}

fn own_mutexes(target: &Target) -> Verdict {
    let module = load(target)?;
    if let Err(refusal) = module.initialize(Locking::Own) {
        refused("C_Initialize", Err::<(), _>(refusal), &[CKR_CANT_LOCK])?;
        return Ok("CKR_CANT_LOCK: uses the system's only".to_owned());
    }
    module.finalize()?;
    drop(module);
    let application = Application::start_with(target, Locking::Own)?;
    in_threads(4, || use_it(&application))?;
    application.end()?;
    passed()
}

fn without_arguments(target: &Target) -> Verdict {
    let application = Application::start_with(target, Locking::None)?;
    use_it(&application)?;
    application.end()?;
    passed()
}
