//! Null pointers.

use cryptoki_sys::*;

use crate::{
    application::Application,
    ffi::{Called, NullCall},
    names,
    notes::Notes,
    target::Target,
    verdict::{Stop, Verdict, failed},
};

pub(super) fn general(target: &Target) -> Verdict {
    let application = Application::start(target)?;
    let calls = application.module.null_general(application.slot);
    end(application, calls)
}

pub(super) fn session(target: &Target) -> Verdict {
    let application = Application::start(target)?;
    let session = application.session()?;
    let calls = application.module.null_session(application.slot, session);
    end(application, calls)
}

pub(super) fn object(target: &Target) -> Verdict {
    let application = Application::start(target)?;
    let session = application.session()?;
    let key = application.signing_key(session)?;
    let calls = application.module.null_object(session, key.private);
    end(application, calls)
}

pub(super) fn operation(target: &Target) -> Verdict {
    let application = Application::start(target)?;
    let session = application.session()?;
    let key = application.signing_key(session)?;
    let calls = application.module.null_operation(session, key.private, key.signing.kind());
    end(application, calls)
}

/// The module is to refuse each call, and to work on.
fn end(application: Application<'_>, calls: Vec<NullCall>) -> Verdict {
    let mut notes = Notes::default();
    for NullCall { what, called } in calls {
        refuses(&mut notes, what, called)?;
    }
    let session = application.session()?;
    let key = application.signing_key(session)?;
    application.sign_and_verify(session, &key)?;
    application.end()?;
    notes.passed()
}

fn refuses(notes: &mut Notes, what: &str, called: Called) -> Result<(), Stop> {
    match called {
        Ok(()) => failed(format!("{what}: CKR_OK")),
        Err(refusal) if refusal.value == CKR_ARGUMENTS_BAD || refusal.is_unsupported() => Ok(()),
        // The standard has one value for this; with another a program is as safe.
        Err(refusal) => {
            notes.add(format!("{what}: {}", names::return_value(refusal.value)));
            Ok(())
        }
    }
}
