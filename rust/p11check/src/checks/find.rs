//! Searches (section 5.7).

use std::collections::HashSet;

use cryptoki_sys::*;

use crate::{
    application::Application,
    check::Check,
    key::{Kind, Life},
    target::Target,
    template::Template,
    verdict::{Stop, Verdict, ensure, passed, refused},
};

const GROUP: &str = "find";
const SECTION: &str = "5.7";

pub(super) const CHECKS: &[Check] = &[
    Check::new(
        GROUP,
        "unknown-attribute",
        SECTION,
        "an attribute that no object has finds nothing",
        unknown_attribute,
    ),
    Check::new(
        GROUP,
        "search-in-search",
        SECTION,
        "a second search in a session is refused, and the first goes on",
        search_in_search,
    ),
    Check::new(
        GROUP,
        "continues",
        SECTION,
        "more results than asked for come with the next call, each once",
        continues,
    ),
    Check::new(
        GROUP,
        "all-attributes",
        SECTION,
        "an object is found by all attributes of the template, not by some",
        all_attributes,
    ),
    Check::new(GROUP, "destroyed", SECTION, "a destroyed object is not found any more", destroyed),
];

/// The number of keys that a search is to find.
const KEYS: usize = 5;

/// Private keys that checks made.
fn ours(target: &Target) -> Template {
    Template::default().number(CKA_CLASS, CKO_PRIVATE_KEY).bytes(CKA_LABEL, target.label.as_bytes())
}

fn unknown_attribute(target: &Target) -> Verdict {
    let application = Application::start(target)?;
    let session = application.session()?;
    application.signing_key(session)?;
    let unknown = Template::default().bytes(CKA_VENDOR_DEFINED | 0x5afe, [1]);
    if let Err(refusal) = application.module.find_init(session, &unknown) {
        // Listed for C_FindObjectsInit, though most modules find nothing.
        refused("C_FindObjectsInit", Err::<(), _>(refusal), &[CKR_ATTRIBUTE_TYPE_INVALID])?;
        return Ok("C_FindObjectsInit answers CKR_ATTRIBUTE_TYPE_INVALID".to_owned());
    }
    let found = application.module.find_next(session, 10)?.len();
    ensure(found == 0, || format!("{found} objects are found"))?;
    application.module.find_final(session)?;
    application.end()?;
    passed()
}

fn search_in_search(target: &Target) -> Verdict {
    let application = Application::start(target)?;
    let (session, other) = (application.session()?, application.session()?);
    application.new_key(session, Kind::P256)?;
    let module = &application.module;
    module.find_init(session, &ours(target))?;
    let second = module.find_init(session, &Template::default());
    refused("the second C_FindObjectsInit", second, &[CKR_OPERATION_ACTIVE])?;
    application.find(other, &ours(target))?;
    let found = module.find_next(session, 1)?.len();
    ensure(found == 1, || "the first search is gone".to_owned())?;
    module.find_final(session)?;
    let after = module.find_final(session);
    refused("C_FindObjectsFinal without a search", after, &[CKR_OPERATION_NOT_INITIALIZED])?;
    application.end()?;
    passed()
}

fn continues(target: &Target) -> Verdict {
    let application = Application::start(target)?;
    let session = application.session()?;
    let module = &application.module;
    let before = application.find(session, &ours(target))?.len();
    let mut wanted = HashSet::new();
    for _ in 0..KEYS {
        wanted.insert(application.new_key(session, Kind::P256)?.private);
    }
    ensure(wanted.len() == KEYS, || "two keys have one handle".to_owned())?;
    module.find_init(session, &ours(target))?;
    let mut found = Vec::new();
    loop {
        let next = module.find_next(session, 2)?;
        if next.is_empty() {
            break;
        }
        found.extend(next);
    }
    let end = module.find_next(session, 2)?.len();
    ensure(end == 0, || "results after the end".to_owned())?;
    module.find_final(session)?;
    let distinct: HashSet<_> = found.iter().copied().collect();
    ensure(distinct.len() == found.len(), || "an object is found twice".to_owned())?;
    ensure(wanted.is_subset(&distinct) && found.len() == before + KEYS, || {
        format!("{} of {} keys are found", found.len(), before + KEYS)
    })?;
    application.end()?;
    passed()
}

fn all_attributes(target: &Target) -> Verdict {
    let application = Application::start(target)?;
    let session = application.session()?;
    let key = application.new_key(session, Kind::P256)?;
    let is_found = |template: &Template| {
        Ok::<_, Stop>(application.find(session, template)?.contains(&key.private))
    };
    ensure(is_found(&ours(target))?, || "not found by class and label".to_owned())?;
    ensure(is_found(&ours(target).number(CKA_KEY_TYPE, CKK_EC))?, || {
        "not found by class, label and key type".to_owned()
    })?;
    let others = [
        ("another key type", ours(target).number(CKA_KEY_TYPE, CKK_RSA)),
        ("a longer label", Template::default().bytes(CKA_LABEL, format!("{} ", target.label))),
        ("an empty label", Template::default().bytes(CKA_LABEL, [])),
    ];
    for (what, template) in others {
        ensure(!is_found(&template)?, || format!("found by {what}"))?;
    }
    application.end()?;
    passed()
}

fn destroyed(target: &Target) -> Verdict {
    let application = Application::start(target)?;
    let (session, other) = (application.session()?, application.session()?);
    let made = application.generate(session, Kind::P256, Life::Token);
    let key = match made {
        Ok(key) => key,
        Err(_) => application.new_key(session, Kind::P256)?,
    };
    application.module.destroy(session, key.private)?;
    for session in [session, other] {
        let found = application.find(session, &ours(target))?;
        ensure(!found.contains(&key.private), || "still found".to_owned())?;
    }
    application.end()?;
    passed()
}
