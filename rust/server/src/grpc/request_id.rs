//! Telling a retry from another request.

use std::collections::BTreeMap;

use prost::Message;
use supacrypt_core::{Digest, Principal};
use supacrypt_proto::v1::{self, object::Content};
use zeroize::Zeroizing;

use crate::store::RequestId;

/// The id a caller gave a request, with a fingerprint of the request; `None` when it gave none.
pub(super) fn request_id(
    principal: &Principal,
    id: &str,
    method: &str,
    request: &impl Fingerprint,
) -> Option<RequestId> {
    if id.is_empty() {
        return None;
    }
    let bytes = [method.as_bytes(), b"\0", &request.bytes()].concat();
    Some(RequestId {
        principal: principal.clone(),
        id: id.to_owned(),
        fingerprint: supacrypt_crypto::digest(Digest::Sha256, &bytes).to_vec(),
    })
}

/// The bytes that two requests share exactly when they ask for the same.
pub(super) trait Fingerprint {
    fn bytes(&self) -> Vec<u8>;
}

impl Fingerprint for v1::CreateKeyringRequest {
    fn bytes(&self) -> Vec<u8> {
        self.encode_to_vec()
    }
}

impl Fingerprint for v1::CreateKeyVersionRequest {
    fn bytes(&self) -> Vec<u8> {
        self.encode_to_vec()
    }
}

impl Fingerprint for v1::CreateKeyRequest {
    fn bytes(&self) -> Vec<u8> {
        let mut request = self.clone();
        let annotations = take_annotations(&mut request.key);
        [request.encode_to_vec(), annotations].concat()
    }
}

impl Fingerprint for v1::ImportKeyRequest {
    /// The material counts by its length only: the fingerprint is stored, and from a digest a
    /// secret that is easy to guess could be found out.
    fn bytes(&self) -> Vec<u8> {
        let mut request = v1::ImportKeyRequest {
            parent: self.parent.clone(),
            key_id: self.key_id.clone(),
            key: self.key.clone(),
            material: Vec::new(),
            request_id: self.request_id.clone(),
            // Who asks again may have got another ticket meanwhile.
            unwrapping: self
                .unwrapping
                .clone()
                .map(|unwrapping| v1::Unwrapping { pin_ticket: Vec::new(), ..unwrapping }),
        };
        let annotations = take_annotations(&mut request.key);
        let length = self.material.len().to_be_bytes().to_vec();
        [request.encode_to_vec(), annotations, length].concat()
    }
}

impl Fingerprint for v1::AdoptKeyRequest {
    fn bytes(&self) -> Vec<u8> {
        let mut request = self.clone();
        let annotations = take_annotations(&mut request.key);
        [request.encode_to_vec(), annotations].concat()
    }
}

impl Fingerprint for v1::CreateObjectRequest {
    /// The value of data counts by its length only, as the material of a key does.
    fn bytes(&self) -> Vec<u8> {
        let mut request = self.clone();
        let value = match request.object.as_mut().and_then(|object| object.content.as_mut()) {
            Some(Content::Data(data)) => Zeroizing::new(std::mem::take(&mut data.value)),
            _ => Zeroizing::default(),
        };
        [&request.encode_to_vec()[..], &value.len().to_be_bytes()].concat()
    }
}

/// Annotations in an order of their own: a map encodes in any.
fn take_annotations(key: &mut Option<v1::Key>) -> Vec<u8> {
    let annotations = key.as_mut().map(|key| std::mem::take(&mut key.annotations));
    let sorted: BTreeMap<_, _> = annotations.into_iter().flatten().collect();
    format!("{sorted:?}").into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn create(annotations: &[(&str, &str)], label: &str) -> v1::CreateKeyRequest {
        let annotations =
            annotations.iter().map(|(name, value)| (name.to_string(), value.to_string())).collect();
        let key = v1::Key { annotations, label: label.into(), ..Default::default() };
        v1::CreateKeyRequest { key: Some(key), ..Default::default() }
    }

    #[test]
    fn the_order_of_annotations_does_not_make_another_request() {
        let many: Vec<String> = (0..20).map(|number| number.to_string()).collect();
        let forwards: Vec<_> = many.iter().map(|n| (n.as_str(), "x")).collect();
        let backwards: Vec<_> = forwards.iter().rev().copied().collect();
        assert_eq!(create(&forwards, "a").bytes(), create(&backwards, "a").bytes());
        assert_ne!(create(&forwards, "a").bytes(), create(&forwards, "b").bytes());
        assert_ne!(create(&forwards, "a").bytes(), create(&forwards[1..], "a").bytes());
    }
}
