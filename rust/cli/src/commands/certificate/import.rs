//! `supacrypt certificate import`.

use std::path::PathBuf;

use clap::{builder::PossibleValuesParser, builder::TypedValueParser};
use supacrypt_core::{CertificateCategory, Error, KeyName, KeyringName, Reason, Result};
use supacrypt_crypto::PublicKey;
use supacrypt_proto::{
    limits,
    v1::{self, object::Content},
};

use super::file::{self, FromFile};
use crate::{
    api::{Api, request_id},
    context::Context,
    hex_bytes::Hex,
    names::{KeyRef, KeyringRef, chosen_keyring},
    view::CertificateView,
};

/// Bring in the certificates of a file
///
/// A certificate that the keyring has already, with the same label and object id, is not brought in
/// again.
#[derive(clap::Args)]
pub(crate) struct Import {
    /// PEM, with any number of certificates, or DER. `-` for standard input
    file: PathBuf,
    /// The key that one of the certificates is for; it gets the key's label and object id
    #[arg(long, conflicts_with_all = ["object_id", "keyring"])]
    key: Option<KeyRef>,
    /// The keyring; the configuration's by default
    #[arg(long)]
    keyring: Option<KeyringRef>,
    /// Ties the certificate to the key that has the same; CKA_ID in PKCS#11
    #[arg(long, value_name = "HEX")]
    object_id: Option<Hex>,
    /// Text for people, and CKA_LABEL in PKCS#11; what the subject says by default
    #[arg(long, value_name = "TEXT")]
    label: Option<String>,
    /// Whose the certificates are; with --key, token-user for the key's and authority for the others
    #[arg(long, value_parser = PossibleValuesParser::new(CATEGORIES)
        .try_map(|category| category.parse::<CertificateCategory>()))]
    category: Option<CertificateCategory>,
    /// Let applications take them for trust anchors
    #[arg(long)]
    trusted: bool,
}

/// The categories by name, as `core` prints them.
const CATEGORIES: [&str; 4] = ["unspecified", "token-user", "authority", "other-entity"];

impl Import {
    pub(crate) fn run(self, context: &Context) -> Result<()> {
        let api = context.api()?;
        let certificates = file::read(&self.file)?;
        let one = certificates.len() == 1;
        if !one && self.key.is_none() && (self.label.is_some() || self.object_id.is_some()) {
            let message = format!(
                "{} holds {} certificates; --label and --object-id are for one",
                self.file.display(),
                certificates.len()
            );
            return Err(Error::new(Reason::InvalidArgument, message));
        }
        let (keyring, key) = match &self.key {
            None => (chosen_keyring(self.keyring.as_ref(), api.default_keyring())?, None),
            Some(key) => {
                let name = key.key(api.default_keyring())?;
                let key = api.get_key(v1::GetKeyRequest { name: name.to_string() })?;
                (name.keyring().clone(), Some((of_key(&name, &key, &certificates)?, key)))
            }
        };
        if key.as_ref().is_some_and(|(_, key)| key.object_id.is_empty()) {
            context.output.note(
                "the key has no object id, by which applications find its certificate; \
                 `supacrypt key update KEY --object-id HEX` gives it one",
            );
        }
        let mut views = Vec::new();
        for (number, certificate) in certificates.into_iter().enumerate() {
            let of_key = key.as_ref().filter(|(index, _)| *index == number).map(|(_, key)| key);
            let chain = key.is_some() && of_key.is_none();
            let object = self.object(certificate, of_key, chain);
            views.push(CertificateView::from(bring_in(context, &api, &keyring, object)?));
        }
        context.output.document(&views, || CertificateView::human_list(&views))
    }

    /// The object for a certificate of the file; `of_key` is its key when `--key` names that, and
    /// `chain` says that `--key` names the one of another certificate in the file.
    fn object(&self, certificate: FromFile, of_key: Option<&v1::Key>, chain: bool) -> v1::Object {
        let own =
            || certificate.says.common_name.as_ref().unwrap_or(&certificate.says.subject_text);
        let label = match (&self.label, of_key) {
            (Some(label), _) if !chain => label.clone(),
            (_, Some(key)) => key.label.clone(),
            (_, None) => shortened(own()),
        };
        let object_id = match (of_key, &self.object_id) {
            (Some(key), _) => key.object_id.clone(),
            (None, given) => given.as_ref().map(|id| id.0.clone()).unwrap_or_default(),
        };
        let category = self.category.unwrap_or(match (of_key, chain) {
            (Some(_), _) => CertificateCategory::TokenUser,
            (None, true) => CertificateCategory::Authority,
            (None, false) => CertificateCategory::Unspecified,
        });
        v1::Object {
            label,
            object_id,
            content: Some(Content::Certificate(v1::Certificate {
                der: certificate.der,
                category: v1::CertificateCategory::from(category).into(),
                trusted: self.trusted,
                ..Default::default()
            })),
            ..Default::default()
        }
    }
}

/// Which of the certificates is for the key.
fn of_key(name: &KeyName, key: &v1::Key, certificates: &[FromFile]) -> Result<usize> {
    let primary = key.primary.as_ref().map(|version| &version.public_key[..]).unwrap_or_default();
    if primary.is_empty() {
        let message = format!("{name} is a secret key; certificates are for key pairs");
        return Err(Error::new(Reason::AlgorithmMismatch, message));
    }
    let public_key = PublicKey::from_spki_der(primary)?;
    // Compared as this program encodes them: others leave parameters out, or compress points.
    let matches = |certificate: &FromFile| {
        PublicKey::from_spki_der(&certificate.says.public_key)
            .is_ok_and(|its| its.spki_der() == public_key.spki_der())
    };
    certificates.iter().position(matches).ok_or_else(|| {
        let subjects: Vec<_> =
            certificates.iter().map(|certificate| &*certificate.says.subject_text).collect();
        let message = format!(
            "no certificate of the file is for {name}: the public key of {} is another one; \
             `supacrypt key public` prints the one it has to be",
            subjects.join(" and of ")
        );
        Error::new(Reason::InvalidArgument, message)
    })
}

/// Makes the object, unless it is there already.
fn bring_in(
    context: &Context,
    api: &Api,
    keyring: &KeyringName,
    object: v1::Object,
) -> Result<v1::Object> {
    if let Some(there) = find(api, keyring, &object)? {
        context.output.note(&format!("{} is this certificate already", there.name));
        return Ok(there);
    }
    api.create_object(v1::CreateObjectRequest {
        parent: keyring.to_string(),
        id: String::new(),
        object: Some(object),
        request_id: request_id()?,
    })
}

fn find(api: &Api, keyring: &KeyringName, object: &v1::Object) -> Result<Option<v1::Object>> {
    let der = |object: &v1::Object| match &object.content {
        Some(Content::Certificate(certificate)) => certificate.der.clone(),
        _ => Vec::new(),
    };
    let wanted = der(object);
    let filter = v1::ObjectFilter {
        label: Some(object.label.clone()),
        object_id: Some(object.object_id.clone()),
        kind: v1::ObjectKind::Certificate.into(),
        ..Default::default()
    };
    let found = api.all_objects(keyring, filter)?;
    Ok(found.into_iter().find(|object| der(object) == wanted))
}

/// The longest beginning of `text` that a label may be.
fn shortened(text: &str) -> String {
    text[..text.floor_char_boundary(limits::LABEL)].to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_category_that_is_offered_exists() {
        for name in CATEGORIES {
            assert_eq!(name.parse::<CertificateCategory>().unwrap().to_string(), name);
        }
    }

    #[test]
    fn a_long_name_is_cut_between_letters() {
        let name = format!("{}ü", "x".repeat(limits::LABEL - 1));
        assert_eq!(shortened(&name), "x".repeat(limits::LABEL - 1));
        assert_eq!(shortened("short"), "short");
    }
}
