//! Processes that fork. The standard wants a child to initialize again, and leaves open what happens
//! to one that does not; servers fork after they loaded their keys, so it must be something sane.

use std::{
    sync::atomic::{AtomicBool, Ordering},
    thread,
    time::Duration,
};

use cryptoki_sys::*;

use crate::{
    application::Application,
    check::Check,
    ffi::{Locking, process::fork},
    key::Pair,
    target::Target,
    verdict::{Stop, Verdict, failed, passed},
};

const GROUP: &str = "fork";
const SECTION: &str = "2.20: 6.6.1";

/// Signatures in a row.
const ROUNDS: usize = 10;
/// Forks under a thread that signs: enough to meet it in most of what it does.
const FORKS: usize = 30;

pub(super) const CHECKS: &[Check] = &[
    Check::new(
        GROUP,
        "child-initializes",
        SECTION,
        "a child that initializes again makes keys and signs",
        child_initializes,
    ),
    Check::new(
        GROUP,
        "child-continues",
        SECTION,
        "a child that does not is served, or told to initialize",
        child_continues,
    ),
    Check::new(
        GROUP,
        "child-ends",
        SECTION,
        "the parent signs on after a child used the module and ended",
        parent_after_child_ends,
    ),
    Check::new(
        GROUP,
        "child-finalizes",
        SECTION,
        "the parent signs on after a child finalized what it inherited",
        parent_after_child_finalizes,
    ),
    Check::new(GROUP, "both-sign", SECTION, "parent and children sign at the same time", both_sign),
    Check::new(GROUP, "grandchild", SECTION, "a child's child initializes and signs", grandchild),
    Check::new(
        GROUP,
        "while-signing",
        SECTION,
        "a fork while another thread signs leaves nothing locked",
        while_signing,
    ),
];

/// What a process has before it forks.
struct Parent<'t> {
    application: Application<'t>,
    session: CK_SESSION_HANDLE,
    key: Pair,
}

impl<'t> Parent<'t> {
    fn start(target: &'t Target) -> Result<Self, Stop> {
        let application = Application::start(target)?;
        let session = application.session()?;
        let key = application.signing_key(session)?;
        let parent = Parent { application, session, key };
        parent.signs()?;
        Ok(parent)
    }

    fn signs(&self) -> Result<(), Stop> {
        (0..ROUNDS)
            .try_for_each(|_| Ok(self.application.sign_and_verify(self.session, &self.key)?))
    }

    /// Half the time of the check, so that a child that hangs is found by its parent.
    fn patience(&self) -> Duration {
        self.application.target.deadline / 2
    }

    /// In a child: initializes again and signs with a new key.
    fn begins_anew(&self) -> Verdict {
        let module = &self.application.module;
        match module.initialize(Locking::System) {
            Ok(()) => {}
            // Against the standard, but if the child can sign, no program is the worse for it.
            Err(refusal) if refusal.value == CKR_CRYPTOKI_ALREADY_INITIALIZED => {
                self.signs()?;
                return Ok(
                    "C_Initialize in the child answers CKR_CRYPTOKI_ALREADY_INITIALIZED, and \
                           what it inherited works"
                        .to_owned(),
                );
            }
            Err(refusal) => return Err(refusal.into()),
        }
        let session = self.application.session()?;
        let key = self.application.signing_key(session)?;
        for _ in 0..ROUNDS {
            self.application.sign_and_verify(session, &key)?;
        }
        passed()
    }
}

fn child_initializes(target: &Target) -> Verdict {
    let parent = Parent::start(target)?;
    let said = fork(parent.patience(), || parent.begins_anew())?.verdict("the child")?;
    parent.application.end()?;
    Ok(said)
}

fn child_continues(target: &Target) -> Verdict {
    let parent = Parent::start(target)?;
    let child =
        fork(parent.patience(), || match parent.application.sign(parent.session, &parent.key) {
            Ok(_) => {
                parent.signs()?;
                Ok("works on in the child".to_owned())
            }
            Err(refusal) if refusal.value == CKR_CRYPTOKI_NOT_INITIALIZED => {
                Ok("answers CKR_CRYPTOKI_NOT_INITIALIZED in the child".to_owned())
            }
            Err(refusal) => failed(refusal.to_string()),
        })?;
    let said = child.verdict("the child")?;
    parent.application.end()?;
    Ok(said)
}

fn parent_after_child_ends(target: &Target) -> Verdict {
    let parent = Parent::start(target)?;
    for _ in 0..3 {
        // What becomes of the child is for the other checks to say.
        let _ = fork(parent.patience(), || parent.begins_anew())?.verdict("the child");
        let _ = fork(parent.patience(), || {
            Ok(parent.signs().map_or_else(|stop| stop.to_string(), |()| String::new()))
        })?
        .verdict("the child");
        parent.signs()?;
    }
    parent.application.end()?;
    passed()
}

fn parent_after_child_finalizes(target: &Target) -> Verdict {
    let parent = Parent::start(target)?;
    for _ in 0..3 {
        let child = fork(parent.patience(), || match parent.application.module.finalize() {
            Err(refusal) if refusal.value != CKR_CRYPTOKI_NOT_INITIALIZED => Err(refusal.into()),
            _ => passed(),
        })?;
        child.verdict("the child that finalizes")?;
        parent.signs()?;
        let child = fork(parent.patience(), || {
            parent.begins_anew()?;
            parent.application.module.finalize()?;
            passed()
        })?;
        child.verdict("the child that initializes and finalizes")?;
        parent.signs()?;
    }
    parent.application.end()?;
    passed()
}

fn both_sign(target: &Target) -> Verdict {
    let parent = Parent::start(target)?;
    let work = || parent.begins_anew();
    let children = [(); 4].map(|()| fork(parent.patience(), work));
    parent.signs()?;
    let mut said = String::new();
    for child in children {
        said = child?.verdict("a child")?;
    }
    parent.signs()?;
    parent.application.end()?;
    Ok(said)
}

fn grandchild(target: &Target) -> Verdict {
    let parent = Parent::start(target)?;
    // In less time than its parent has.
    let patience = parent.patience() / 2;
    let child = fork(parent.patience(), || {
        parent.begins_anew()?;
        let said = fork(patience, || parent.begins_anew())?.verdict("the grandchild")?;
        Ok(said)
    })?;
    let said = child.verdict("the child")?;
    parent.signs()?;
    parent.application.end()?;
    Ok(said)
}

fn while_signing(target: &Target) -> Verdict {
    let parent = Parent::start(target)?;
    let busy = parent.application.session()?;
    let (going, over) = (AtomicBool::new(false), AtomicBool::new(false));
    let said = thread::scope(|scope| {
        let signing = scope.spawn(|| {
            while !over.load(Ordering::Relaxed) {
                parent.application.sign(busy, &parent.key)?;
                going.store(true, Ordering::Relaxed);
            }
            Ok::<(), Stop>(())
        });
        while !going.load(Ordering::Relaxed) && !signing.is_finished() {
            thread::yield_now();
        }
        let mut said = passed();
        for _ in 0..FORKS {
            // The first that hangs is the last.
            said = fork(parent.patience() / 2, || parent.begins_anew())
                .and_then(|child| child.verdict("a child"));
            if said.is_err() {
                break;
            }
        }
        over.store(true, Ordering::Relaxed);
        let signed = signing.join();
        signed.unwrap_or_else(|_| failed("the thread that signs panicked"))?;
        said
    })?;
    parent.signs()?;
    parent.application.end()?;
    Ok(said)
}
