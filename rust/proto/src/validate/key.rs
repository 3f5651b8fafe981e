//! Limits of the key service's requests.

mod existing;

use supacrypt_core::{
    Error, KeyAttributes, KeyName, KeySpec, KeyVersionName, KeyringName, Reason, ResourceId, Result,
};

use super::{
    Validate, at_most, bytes, limits, name, page, request_id, required, text, update_mask,
};
use crate::{
    allowed_from_wire, key_usages_from_wire,
    v1::{self, wrap_key_request::WrappingKey},
};

impl Validate for v1::Key {
    fn validate(&self) -> Result<()> {
        text("key.label", &self.label, limits::LABEL)?;
        bytes("key.object_id", self.object_id.len(), limits::OBJECT_ID)?;
        bytes("key.etag", self.etag.len(), limits::TOKEN)?;
        bytes("key.subject", self.subject.len(), limits::SUBJECT)?;
        let (algorithms, mechanisms) = (&self.allowed_algorithms, &self.pkcs11_mechanisms);
        at_most("key.allowed_algorithms", algorithms.len(), limits::ALGORITHMS, "names")?;
        for name in algorithms {
            bytes("key.allowed_algorithms", name.len(), limits::ALGORITHM)?;
        }
        at_most("key.pkcs11_mechanisms", mechanisms.len(), limits::MECHANISMS, "items")?;
        KeyAttributes::try_from(self)?;
        at_most("key.annotations", self.annotations.len(), limits::ANNOTATIONS, "entries")?;
        for (name, value) in &self.annotations {
            text("key.annotations", name, limits::ANNOTATION_NAME)?;
            text("key.annotations", value, limits::ANNOTATION_VALUE)?;
        }
        Ok(())
    }
}

/// What creating and importing a key have in common.
fn new_key(parent: &str, key_id: &str, key: &Option<v1::Key>, id: &str) -> Result<()> {
    let key = some_key(parent, key_id, key, id)?;
    let spec = KeySpec::try_from(key.spec()).map_err(|error| error.in_field("key.spec"))?;
    fits(key, spec)
}

/// What all requests for a new key have in common.
fn some_key<'a>(
    parent: &str,
    key_id: &str,
    key: &'a Option<v1::Key>,
    id: &str,
) -> Result<&'a v1::Key> {
    name::<KeyringName>("parent", parent)?;
    if !key_id.is_empty() {
        name::<ResourceId>("key_id", key_id)?;
    }
    request_id(id)?;
    let key = required("key", key)?;
    key.validate()?;
    Ok(key)
}

/// What is asked of a new key must be what one of this spec can do.
fn fits(key: &v1::Key, spec: KeySpec) -> Result<()> {
    secret_length(spec, key.secret_length)?;
    let usages = key_usages_from_wire(&key.usages).map_err(|error| error.in_field("key.usages"))?;
    let possible = if key.public_only { spec.public_usages() } else { spec.possible_usages() };
    let impossible = usages.difference(possible);
    if !impossible.is_empty() {
        let message = format!("a key of type {spec} cannot be used to {impossible:?}");
        return Err(Error::new(Reason::InvalidArgument, message).in_field("key.usages"));
    }
    if key.always_authenticate && (key.public_only || !spec.is_asymmetric()) {
        let message = "always_authenticate is for keys with a private half";
        return Err(
            Error::new(Reason::InvalidArgument, message).in_field("key.always_authenticate")
        );
    }
    let allowed = allowed_from_wire(&key.allowed_algorithms)?;
    allowed.check(spec).map_err(|error| error.in_field("key.allowed_algorithms"))
}

/// The length of a secret, where the spec leaves it open and the caller does not.
fn secret_length(spec: KeySpec, length: u32) -> Result<()> {
    let message = match spec.secret_lens() {
        _ if length == 0 => return Ok(()),
        Some(lengths) if spec.has_free_length() => {
            if lengths.contains(&(length as usize)) {
                return Ok(());
            }
            let (least, most) = lengths.into_inner();
            format!("a key of type {spec} has {least} to {most} bytes, not {length}")
        }
        _ => format!("a key of type {spec} has a length of its own; leave secret_length out"),
    };
    Err(Error::new(Reason::InvalidArgument, message).in_field("key.secret_length"))
}

impl Validate for v1::CreateKeyRequest {
    fn validate(&self) -> Result<()> {
        if self.key.as_ref().is_some_and(|key| key.public_only) {
            let message = "a public key alone is imported, not made";
            return Err(Error::new(Reason::InvalidArgument, message).in_field("key.public_only"));
        }
        new_key(&self.parent, &self.key_id, &self.key, &self.request_id)
    }
}

impl Validate for v1::GetKeyRequest {
    fn validate(&self) -> Result<()> {
        name::<KeyName>("name", &self.name).map(drop)
    }
}

impl Validate for v1::ListKeysRequest {
    fn validate(&self) -> Result<()> {
        name::<KeyringName>("parent", &self.parent)?;
        page(self.page_size, &self.page_token)?;
        let Some(filter) = &self.filter else { return Ok(()) };
        if let Some(label) = &filter.label {
            bytes("filter.label", label.len(), limits::LABEL)?;
        }
        if let Some(object_id) = &filter.object_id {
            bytes("filter.object_id", object_id.len(), limits::OBJECT_ID)?;
        }
        if let Some(subject) = &filter.subject {
            bytes("filter.subject", subject.len(), limits::SUBJECT)?;
        }
        at_most("filter.specs", filter.specs.len(), limits::SPECS, "specs")?;
        for spec in filter.specs() {
            KeySpec::try_from(spec).map_err(|error| error.in_field("filter.specs"))?;
        }
        Ok(())
    }
}

impl Validate for v1::UpdateKeyRequest {
    fn validate(&self) -> Result<()> {
        let key = required("key", &self.key)?;
        name::<KeyName>("key.name", &key.name)?;
        let known = [
            "label",
            "object_id",
            "annotations",
            "primary_version",
            "subject",
            "start_date",
            "end_date",
            "copyable",
            "destroyable",
            "wrap_with_trusted",
            "trusted",
            "extractable",
            "private_only",
        ];
        update_mask(&self.update_mask, &known)?;
        key.validate()
    }
}

impl Validate for v1::DeleteKeyRequest {
    fn validate(&self) -> Result<()> {
        name::<KeyName>("name", &self.name)?;
        bytes("etag", self.etag.len(), limits::TOKEN)?;
        let Some(window) = &self.recovery_window else { return Ok(()) };
        if (0..=limits::MAX_RECOVERY_SECONDS).contains(&window.seconds) && window.nanos == 0 {
            return Ok(());
        }
        let message = "recovery_window is from 0 to 90 days, in whole seconds";
        Err(Error::new(Reason::InvalidArgument, message).in_field("recovery_window"))
    }
}

impl Validate for v1::UndeleteKeyRequest {
    fn validate(&self) -> Result<()> {
        name::<KeyName>("name", &self.name).map(drop)
    }
}

impl Validate for v1::CreateKeyVersionRequest {
    fn validate(&self) -> Result<()> {
        name::<KeyName>("parent", &self.parent)?;
        request_id(&self.request_id)
    }
}

impl Validate for v1::ListKeyVersionsRequest {
    fn validate(&self) -> Result<()> {
        name::<KeyName>("parent", &self.parent)?;
        page(self.page_size, &self.page_token)
    }
}

impl Validate for v1::GetKeyVersionRequest {
    fn validate(&self) -> Result<()> {
        name::<KeyVersionName>("name", &self.name).map(drop)
    }
}

impl Validate for v1::EnableKeyVersionRequest {
    fn validate(&self) -> Result<()> {
        name::<KeyVersionName>("name", &self.name).map(drop)
    }
}

impl Validate for v1::DisableKeyVersionRequest {
    fn validate(&self) -> Result<()> {
        name::<KeyVersionName>("name", &self.name).map(drop)
    }
}

impl Validate for v1::DestroyKeyVersionRequest {
    fn validate(&self) -> Result<()> {
        name::<KeyVersionName>("name", &self.name).map(drop)
    }
}

impl Validate for v1::GetPublicKeyRequest {
    fn validate(&self) -> Result<()> {
        super::crypto::key_or_version("name", &self.name)
    }
}

impl Validate for v1::WrapKeyRequest {
    fn validate(&self) -> Result<()> {
        super::crypto::key_or_version("name", &self.name)?;
        bytes("pin_ticket", self.pin_ticket.len(), limits::PIN_TICKET)?;
        match required("wrapping_key", &self.wrapping_key)? {
            WrappingKey::Key(key) => super::crypto::key_or_version("key", key)?,
            WrappingKey::PublicKey(der) => bytes("public_key", der.len(), limits::MATERIAL)?,
        }
        super::crypto::parameters(&self.iv, &self.aad)
    }
}

impl Validate for v1::WatchKeysRequest {
    fn validate(&self) -> Result<()> {
        name::<KeyringName>("parent", &self.parent).map(drop)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn create(key: v1::Key) -> v1::CreateKeyRequest {
        let spec = v1::KeySpec::EcP256.into();
        v1::CreateKeyRequest {
            parent: "keyrings/dev".into(),
            key: Some(v1::Key { spec, ..key }),
            ..Default::default()
        }
    }

    #[test]
    fn only_a_private_half_is_authenticated_for() {
        let refused = |spec: v1::KeySpec| {
            let key =
                v1::Key { spec: spec.into(), always_authenticate: true, ..Default::default() };
            let parent = "keyrings/a".into();
            let request = v1::CreateKeyRequest { parent, key: Some(key), ..Default::default() };
            request.validate().err().and_then(|error| error.field().map(str::to_owned))
        };
        assert_eq!(refused(v1::KeySpec::EcP256), None);
        assert_eq!(refused(v1::KeySpec::Aes128).as_deref(), Some("key.always_authenticate"));
    }

    #[test]
    fn a_label_at_its_limit_passes_and_one_byte_more_does_not() {
        let label = |len| v1::Key { label: "x".repeat(len), ..Default::default() };
        assert!(create(label(limits::LABEL)).validate().is_ok());
        let error = create(label(limits::LABEL + 1)).validate().unwrap_err();
        assert_eq!(error.field(), Some("key.label"));
    }

    #[test]
    fn control_characters_in_a_label_are_refused() {
        let key = v1::Key { label: "a\u{1b}[2J".into(), ..Default::default() };
        assert_eq!(create(key).validate().unwrap_err().field(), Some("key.label"));
    }

    #[test]
    fn a_usage_the_spec_cannot_have_is_refused() {
        let key = v1::Key { usages: vec![v1::KeyUsage::Decrypt.into()], ..Default::default() };
        assert_eq!(create(key).validate().unwrap_err().field(), Some("key.usages"));
    }

    #[test]
    fn an_algorithm_the_spec_does_not_have_is_refused() {
        let create = |names: &[&str]| {
            let allowed_algorithms = names.iter().map(|name| (*name).to_owned()).collect();
            create(v1::Key { allowed_algorithms, ..Default::default() }).validate()
        };
        assert_eq!(create(&["ecdsa", "ecdh"]), Ok(()));
        let long = "x".repeat(limits::ALGORITHM + 1);
        for wrong in ["rsa-raw", "ECDSA", "", &long] {
            let error = create(&["ecdsa", wrong]).unwrap_err();
            assert_eq!(error.field(), Some("key.allowed_algorithms"), "{error}");
            assert!(!error.message().contains(&long), "it is not echoed whole");
        }
        assert_eq!(create(&["ecdsa"; limits::ALGORITHMS]), Ok(()));
        assert!(create(&["ecdsa"; limits::ALGORITHMS + 1]).is_err());
    }

    #[test]
    fn a_list_of_mechanisms_has_its_limit() {
        let create = |count| {
            let pkcs11_mechanisms = vec![u32::MAX; count];
            create(v1::Key { pkcs11_mechanisms, ..Default::default() }).validate()
        };
        assert_eq!(create(limits::MECHANISMS), Ok(()));
        let error = create(limits::MECHANISMS + 1).unwrap_err();
        assert_eq!(error.field(), Some("key.pkcs11_mechanisms"));
    }

    #[test]
    fn a_length_is_for_specs_that_leave_it_open() {
        let field = |spec: v1::KeySpec, secret_length| {
            let key = v1::Key { spec: spec.into(), secret_length, ..Default::default() };
            let key_id = String::from("k");
            let request =
                v1::CreateKeyRequest { key: Some(key), key_id, ..create(v1::Key::default()) };
            request.validate().map_err(|error| error.field().map(str::to_owned))
        };
        let refused = Err(Some("key.secret_length".to_owned()));
        for length in [0, 1, 512] {
            assert_eq!(field(v1::KeySpec::GenericSecret, length), Ok(()));
        }
        assert_eq!(field(v1::KeySpec::GenericSecret, 513), refused);
        assert_eq!(field(v1::KeySpec::Aes128, 0), Ok(()));
        assert_eq!(field(v1::KeySpec::Aes128, 16), refused);
        assert_eq!(field(v1::KeySpec::EcP256, 32), refused);
    }

    #[test]
    fn every_spec_that_may_come_out_has_to_fit_what_is_asked() {
        let field = |specs: Vec<v1::KeySpec>, usage: v1::KeyUsage| {
            let usages = vec![usage.into()];
            let key = v1::Key { spec: v1::KeySpec::Aes128.into(), usages, ..Default::default() };
            let unwrapping = v1::Unwrapping {
                key: "keyrings/dev/keys/kek".into(),
                scheme: Some(v1::EncryptionScheme::default()),
                other_specs: specs.into_iter().map(i32::from).collect(),
                ..Default::default()
            };
            let request = v1::ImportKeyRequest {
                parent: "keyrings/dev".into(),
                key: Some(key),
                material: vec![0; 24],
                unwrapping: Some(unwrapping),
                ..Default::default()
            };
            request.validate().map_err(|error| error.field().map(str::to_owned))
        };
        use v1::{KeySpec as Spec, KeyUsage as Usage};
        let refused = |field: &str| Err(Some(field.to_owned()));
        assert_eq!(field(vec![Spec::Aes192, Spec::Aes256], Usage::Decrypt), Ok(()));
        assert_eq!(field(vec![Spec::EcP256], Usage::Decrypt), refused("key.usages"));
        assert_eq!(field(vec![Spec::Unspecified], Usage::Decrypt), refused(existing::OTHER_SPECS));
        assert_eq!(field(vec![Spec::Aes192; 65], Usage::Decrypt), refused(existing::OTHER_SPECS));
    }

    #[test]
    fn a_recovery_window_over_90_days_is_refused() {
        let request = v1::DeleteKeyRequest {
            name: "keyrings/dev/keys/k".into(),
            recovery_window: Some(prost_types::Duration {
                seconds: limits::MAX_RECOVERY_SECONDS + 1,
                nanos: 0,
            }),
            ..Default::default()
        };
        assert_eq!(request.validate().unwrap_err().field(), Some("recovery_window"));
    }
}
