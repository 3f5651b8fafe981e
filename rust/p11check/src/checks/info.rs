//! What a module says of itself and its keys.

use cryptoki_sys::*;

use crate::{
    application::{Application, load},
    check::Check,
    key::Kind,
    names,
    target::Target,
    verdict::{Verdict, ensure, failed, passed, refused, skipped},
};

const GROUP: &str = "info";

pub(super) const CHECKS: &[Check] = &[
    Check::new(GROUP, "functions", "5.4", "the list has a pointer for every function", functions),
    Check::new(GROUP, "texts", "3.1, 3.2", "texts of fixed length are padded with blanks", texts),
    Check::new(
        GROUP,
        "mechanisms",
        "5.5",
        "every mechanism in the list has an info, and is listed once",
        mechanisms,
    ),
    Check::new(
        GROUP,
        "key-attributes",
        "5.7",
        "every attribute of keys has a value or a clean refusal",
        key_attributes,
    ),
    Check::new(
        GROUP,
        "others-are-filled",
        "5.7",
        "attributes that can be told are told beside some that cannot",
        others_are_filled,
    ),
];

/// The standard's attributes of keys: common, of key pairs, RSA and EC (sections 4.4 to 4.9).
const OF_KEYS: [CK_ATTRIBUTE_TYPE; 46] = [
    CKA_CLASS,
    CKA_TOKEN,
    CKA_PRIVATE,
    CKA_MODIFIABLE,
    CKA_LABEL,
    CKA_COPYABLE,
    CKA_DESTROYABLE,
    CKA_KEY_TYPE,
    CKA_ID,
    CKA_START_DATE,
    CKA_END_DATE,
    CKA_DERIVE,
    CKA_LOCAL,
    CKA_KEY_GEN_MECHANISM,
    CKA_ALLOWED_MECHANISMS,
    CKA_SUBJECT,
    CKA_ENCRYPT,
    CKA_VERIFY,
    CKA_VERIFY_RECOVER,
    CKA_WRAP,
    CKA_TRUSTED,
    CKA_WRAP_TEMPLATE,
    CKA_PUBLIC_KEY_INFO,
    CKA_SENSITIVE,
    CKA_DECRYPT,
    CKA_SIGN,
    CKA_SIGN_RECOVER,
    CKA_UNWRAP,
    CKA_EXTRACTABLE,
    CKA_ALWAYS_SENSITIVE,
    CKA_NEVER_EXTRACTABLE,
    CKA_WRAP_WITH_TRUSTED,
    CKA_UNWRAP_TEMPLATE,
    CKA_ALWAYS_AUTHENTICATE,
    CKA_MODULUS,
    CKA_MODULUS_BITS,
    CKA_PUBLIC_EXPONENT,
    CKA_PRIVATE_EXPONENT,
    CKA_PRIME_1,
    CKA_PRIME_2,
    CKA_EXPONENT_1,
    CKA_EXPONENT_2,
    CKA_COEFFICIENT,
    CKA_EC_PARAMS,
    CKA_EC_POINT,
    CKA_VALUE,
];

fn functions(target: &Target) -> Verdict {
    let missing = load(target)?.missing_functions();
    ensure(missing.is_empty(), || format!("no pointer for {}", missing.join(", ")))?;
    passed()
}

fn texts(target: &Target) -> Verdict {
    let application = Application::start(target)?;
    let info = application.module.info()?;
    let slot = application.module.slot_info(application.slot)?;
    let token = application.module.token_info(application.slot)?;
    for (name, text) in [
        ("CK_INFO.manufacturerID", &info.manufacturerID[..]),
        ("CK_INFO.libraryDescription", &info.libraryDescription),
        ("CK_SLOT_INFO.slotDescription", &slot.slotDescription),
        ("CK_SLOT_INFO.manufacturerID", &slot.manufacturerID),
        ("CK_TOKEN_INFO.label", &token.label),
        ("CK_TOKEN_INFO.manufacturerID", &token.manufacturerID),
        ("CK_TOKEN_INFO.model", &token.model),
        ("CK_TOKEN_INFO.serialNumber", &token.serialNumber),
    ] {
        ensure(!text.contains(&0), || format!("{name} has a zero byte"))?;
        ensure(str::from_utf8(text).is_ok(), || format!("{name} is not UTF-8"))?;
    }
    application.end()?;
    passed()
}

fn mechanisms(target: &Target) -> Verdict {
    let application = Application::start(target)?;
    let mut mechanisms = application.mechanisms()?;
    for mechanism in &mechanisms {
        if let Err(refusal) = application.module.mechanism_info(application.slot, *mechanism) {
            return failed(format!("{}: {refusal}", names::mechanism(*mechanism)));
        }
    }
    let count = mechanisms.len();
    mechanisms.sort_unstable();
    mechanisms.dedup();
    ensure(mechanisms.len() == count, || "a mechanism is listed twice".to_owned())?;
    application.end()?;
    Ok(format!("{count} mechanisms"))
}

fn key_attributes(target: &Target) -> Verdict {
    let application = Application::start(target)?;
    let session = application.session()?;
    let keys: Vec<_> = [Kind::P256, Kind::Rsa2048]
        .into_iter()
        .filter_map(|kind| Some((kind, application.new_key(session, kind).ok()?)))
        .collect();
    if keys.is_empty() {
        return skipped("neither an EC nor an RSA key can be made");
    }
    for (kind, key) in keys {
        for (half, object) in [("public", key.public), ("private", Some(key.private))] {
            let Some(object) = object else { continue };
            for attribute in OF_KEYS {
                let (called, _) =
                    application.module.attributes(session, object, &[(attribute, None)]);
                if called.is_err() {
                    let what = format!("{} of a {half} {kind:?} key", names::attribute(attribute));
                    let values = [CKR_ATTRIBUTE_TYPE_INVALID, CKR_ATTRIBUTE_SENSITIVE];
                    refused(&what, called, &values)?;
                }
            }
        }
    }
    application.end()?;
    passed()
}

fn others_are_filled(target: &Target) -> Verdict {
    let application = Application::start(target)?;
    let session = application.session()?;
    let key = application.signing_key(session)?;
    let number = Some(size_of::<CK_ULONG>());
    let unknown = CKA_VENDOR_DEFINED | 0x5afe;
    let asked = [(CKA_CLASS, number), (unknown, Some(64)), (CKA_KEY_TYPE, number)];
    let (called, answers) = application.module.attributes(session, key.private, &asked);
    let given = called.err().map_or(CKR_OK, |refusal| refusal.value);
    ensure(given == CKR_ATTRIBUTE_TYPE_INVALID, || {
        format!("with an unknown attribute: {}", names::return_value(given))
    })?;
    ensure(answers[1].length == CK_UNAVAILABLE_INFORMATION, || {
        format!("an unknown attribute has the length {}", answers[1].length)
    })?;
    for (name, answer) in [("CKA_CLASS", &answers[0]), ("CKA_KEY_TYPE", &answers[2])] {
        ensure(answer.value.len() == size_of::<CK_ULONG>(), || {
            format!("{name} is not filled in beside an unknown attribute")
        })?;
    }
    ensure(answers[0].value == CKO_PRIVATE_KEY.to_ne_bytes(), || "CKA_CLASS is wrong".to_owned())?;
    application.end()?;
    passed()
}
