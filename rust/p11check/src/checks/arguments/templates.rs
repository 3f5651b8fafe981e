//! Templates with lengths that are wrong.

use cryptoki_sys::*;

use crate::{
    application::Application,
    key::Life,
    names,
    target::Target,
    template::Template,
    verdict::{Verdict, failed, passed, skipped},
};

/// How long an attribute of a template is said to be.
enum Length {
    /// The bytes are there.
    Honest(usize),
    /// There is no value.
    Null(CK_ULONG),
    /// There is one byte.
    Absurd(CK_ULONG),
}

pub(super) fn wrong_length(target: &Target) -> Verdict {
    refuses(
        target,
        &[
            (CKA_TOKEN, Length::Honest(0)),
            (CKA_TOKEN, Length::Honest(2)),
            (CKA_SIGN, Length::Honest(1000)),
            (CKA_KEY_TYPE, Length::Honest(1)),
            (CKA_KEY_TYPE, Length::Honest(0)),
            (CKA_CLASS, Length::Honest(size_of::<CK_ULONG>() + 1)),
        ],
    )
}

pub(super) fn null_with_length(target: &Target) -> Verdict {
    refuses(
        target,
        &[
            (CKA_TOKEN, Length::Null(1)),
            (CKA_KEY_TYPE, Length::Null(size_of::<CK_ULONG>() as CK_ULONG)),
            (CKA_LABEL, Length::Null(16)),
        ],
    )
}

pub(super) fn absurd_length(target: &Target) -> Verdict {
    refuses(
        target,
        &[
            (CKA_TOKEN, Length::Absurd(CK_ULONG::MAX)),
            (CKA_KEY_TYPE, Length::Absurd(CK_ULONG::MAX / 2)),
            (CKA_LABEL, Length::Absurd(CK_ULONG::MAX)),
            (CKA_ID, Length::Absurd(CK_ULONG::MAX / 2)),
        ],
    )
}

/// Makes a key with each of the attributes in the private half's template, which is to fail; and
/// searches with it, which is to fail or to find nothing.
fn refuses(target: &Target, attributes: &[(CK_ATTRIBUTE_TYPE, Length)]) -> Verdict {
    let application = Application::start(target)?;
    let session = application.session()?;
    // Without the attribute, a key is made and found.
    let pair = application.kind()?;
    let Ok(key) = application.generate(session, pair, Life::Token) else {
        return skipped("no key can be made that the token keeps");
    };
    for (kind, length) in attributes {
        let (value, length) = match length {
            Length::Honest(length) => (Some(vec![1; *length]), *length as CK_ULONG),
            Length::Null(length) => (None, *length),
            Length::Absurd(length) => (Some(vec![1]), *length),
        };
        let what = format!("{} of {length} bytes", names::attribute(*kind));
        let with = |template: Template| template.claiming(*kind, value.clone(), length);
        let found = application.find(session, &with(Template::default()));
        if found.is_ok_and(|found| !found.is_empty()) {
            return failed(format!("a search with {what} found something"));
        }
        // A failed search may be left active.
        let _ = application.module.find_final(session);
        let (public, private) = pair.templates(&target.label, Life::Token);
        let generating = pair.generating();
        let made =
            application.module.generate_key_pair(session, &generating, &public, &with(private));
        if made.is_ok() {
            return failed(format!("a key was made with {what}"));
        }
    }
    application.sign_and_verify(session, &key)?;
    application.end()?;
    passed()
}
