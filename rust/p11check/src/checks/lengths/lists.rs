//! Attributes and lists.

use cryptoki_sys::*;

use crate::{
    application::Application,
    ffi::Called,
    target::Target,
    verdict::{Stop, Verdict, ensure, passed, refused},
};

pub(super) fn attributes(target: &Target) -> Verdict {
    let application = Application::start(target)?;
    let session = application.session()?;
    let key = application.signing_key(session)?;
    let ask = |room| {
        let asked = [(CKA_LABEL, room), (CKA_CLASS, Some(size_of::<CK_OBJECT_CLASS>()))];
        application.module.attributes(session, key.private, &asked)
    };
    let (called, answers) = ask(None);
    called?;
    let label = target.key.as_ref().unwrap_or(&target.label);
    ensure(answers[0].length as usize == label.len(), || {
        format!("CKA_LABEL {label:?} has the length {}", answers[0].length)
    })?;
    let (called, answers) = ask(Some(label.len().saturating_sub(1)));
    refused("C_GetAttributeValue with little room", called, &[CKR_BUFFER_TOO_SMALL])?;
    ensure(answers[0].length == CK_UNAVAILABLE_INFORMATION, || {
        let length = answers[0].length;
        format!("the length of what did not fit is {length}, not CK_UNAVAILABLE_INFORMATION")
    })?;
    ensure(answers[1].value == CKO_PRIVATE_KEY.to_ne_bytes(), || {
        "CKA_CLASS is not filled in when CKA_LABEL does not fit".to_owned()
    })?;
    let (called, answers) = ask(Some(label.len()));
    called?;
    ensure(answers[0].value == label.as_bytes(), || "CKA_LABEL is another".to_owned())?;
    application.end()?;
    passed()
}

pub(super) fn slots(target: &Target) -> Verdict {
    let application = Application::start(target)?;
    let module = &application.module;
    list("C_GetSlotList", module.count_slots(), |room| module.slots(room))?;
    application.end()?;
    passed()
}

pub(super) fn mechanisms(target: &Target) -> Verdict {
    let application = Application::start(target)?;
    let (module, slot) = (&application.module, application.slot);
    list("C_GetMechanismList", module.count_mechanisms(slot), |room| {
        module.mechanisms(slot, room)
    })?;
    application.end()?;
    passed()
}

/// Asks with exactly the room that is needed, with less and with more.
fn list(
    name: &str,
    count: Called<CK_ULONG>,
    ask: impl Fn(usize) -> (Called<Vec<CK_ULONG>>, CK_ULONG),
) -> Result<(), Stop> {
    let count = count? as usize;
    let (exact, _) = ask(count);
    let listed = exact?.len();
    ensure(listed == count, || format!("{name} lists {listed} after it counted {count}"))?;
    let (short, told) = ask(count.saturating_sub(1));
    refused(&format!("{name} with little room"), short, &[CKR_BUFFER_TOO_SMALL])?;
    ensure(told as usize == count, || {
        format!("{name} tells {told} of {count} with CKR_BUFFER_TOO_SMALL")
    })?;
    let (long, _) = ask(count + 5);
    let listed = long?.len();
    ensure(listed == count, || format!("{name} lists {listed} of {count} in a longer list"))
}
