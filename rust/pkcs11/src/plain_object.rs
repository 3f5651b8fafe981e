//! Certificates and data (PKCS#11 v2.40 base, sections 4.5 and 4.6).

use cryptoki_sys::*;

use crate::{
    attributes::Attributes,
    error::{Result, Rv},
    rules,
    session_object::common,
    template::Template,
};

/// The attributes of a certificate or of data that a template describes.
///
/// # Errors
/// `CKR_TEMPLATE_INCOMPLETE`, `CKR_ATTRIBUTE_VALUE_INVALID` for a class or a type of certificate
/// that is not offered, and those of [`rules::fill`].
pub(crate) fn attributes(class: CK_OBJECT_CLASS, template: &Template) -> Result<Attributes> {
    let mut attributes = match class {
        CKO_CERTIFICATE => {
            check_certificate(template)?;
            of_certificate()
        }
        CKO_DATA => of_data(),
        _ => return Err(Rv(CKR_ATTRIBUTE_VALUE_INVALID)),
    };
    rules::fill(&mut attributes, template, &[])?;
    Ok(attributes)
}

/// The attributes of data that nothing was said of.
pub(crate) fn of_data() -> Attributes {
    let mut attributes = Attributes::default();
    common(&mut attributes, CKO_DATA, true);
    for empty in [CKA_APPLICATION, CKA_OBJECT_ID, CKA_VALUE] {
        attributes.set(empty, []);
    }
    attributes
}

fn check_certificate(template: &Template) -> Result<()> {
    match template.number(CKA_CERTIFICATE_TYPE)? {
        Some(CKC_X_509) => {}
        Some(_) => return Err(Rv(CKR_ATTRIBUTE_VALUE_INVALID)),
        None => return Err(Rv(CKR_TEMPLATE_INCOMPLETE)),
    }
    for required in [CKA_VALUE, CKA_SUBJECT] {
        if template.bytes(required).is_none_or(<[u8]>::is_empty) {
            return Err(Rv(CKR_TEMPLATE_INCOMPLETE));
        }
    }
    Ok(())
}

/// The attributes of an X.509 certificate that nothing was said of.
pub(crate) fn of_certificate() -> Attributes {
    let mut attributes = Attributes::default();
    common(&mut attributes, CKO_CERTIFICATE, false);
    attributes.set_number(CKA_CERTIFICATE_TYPE, CKC_X_509);
    attributes.set_number(CKA_CERTIFICATE_CATEGORY, CK_CERTIFICATE_CATEGORY_UNSPECIFIED);
    attributes.set_number(CKA_JAVA_MIDP_SECURITY_DOMAIN, CK_SECURITY_DOMAIN_UNSPECIFIED);
    attributes.set_number(CKA_NAME_HASH_ALGORITHM, CKM_SHA_1);
    attributes.set_flag(CKA_TRUSTED, false);
    for empty in [
        CKA_ID,
        CKA_SUBJECT,
        CKA_ISSUER,
        CKA_SERIAL_NUMBER,
        CKA_VALUE,
        CKA_URL,
        CKA_HASH_OF_SUBJECT_PUBLIC_KEY,
        CKA_HASH_OF_ISSUER_PUBLIC_KEY,
        CKA_CHECK_VALUE,
        CKA_START_DATE,
        CKA_END_DATE,
        CKA_PUBLIC_KEY_INFO,
    ] {
        attributes.set(empty, []);
    }
    attributes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_certificate_needs_its_type_value_and_subject() {
        let of_type = |number: CK_ULONG| (CKA_CERTIFICATE_TYPE, number.to_ne_bytes().to_vec());
        let (value, subject) = ((CKA_VALUE, vec![0x30]), (CKA_SUBJECT, vec![0x30]));
        let made = |parts| attributes(CKO_CERTIFICATE, &Template::new(parts));
        assert!(made(vec![of_type(CKC_X_509), value.clone(), subject.clone()]).is_ok());
        let incomplete = made(vec![of_type(CKC_X_509), subject.clone()]);
        assert_eq!(incomplete.err(), Some(Rv(CKR_TEMPLATE_INCOMPLETE)));
        let other = made(vec![of_type(CKC_WTLS), value, subject]);
        assert_eq!(other.err(), Some(Rv(CKR_ATTRIBUTE_VALUE_INVALID)));
    }

    #[test]
    fn data_has_no_attributes_of_keys() {
        let refused = attributes(CKO_DATA, &Template::new(vec![(CKA_SIGN, vec![1])]));
        assert_eq!(refused.err(), Some(Rv(CKR_ATTRIBUTE_TYPE_INVALID)));
    }
}
