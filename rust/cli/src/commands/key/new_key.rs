//! What `key create` and `key import` have in common.

use std::{collections::HashMap, str::FromStr};

use clap::{ValueEnum, builder::PossibleValuesParser, builder::TypedValueParser};
use strum::IntoEnumIterator;
use supacrypt_core::{AlgorithmSet, Error, KeySpec, KeyUsages, Reason, Result};
use supacrypt_proto::{key_usages_to_wire, v1};

use super::attributes::NewAttributes;
use crate::hex_bytes::Hex;

/// The names of all specs.
fn specs() -> impl Iterator<Item = &'static str> {
    KeySpec::iter().map(Into::into)
}

/// The properties of a key that is to be made.
#[derive(clap::Args)]
pub(super) struct NewKey {
    /// Type and size
    #[arg(long, value_parser = PossibleValuesParser::new(specs()).try_map(|spec| spec.parse::<KeySpec>()))]
    pub(super) spec: KeySpec,
    /// Length of a generic secret, 32 bytes by default
    #[arg(long, value_name = "BYTES")]
    secret_length: Option<u32>,
    #[command(flatten)]
    properties: Properties,
}

/// The properties that keys of all types have.
#[derive(clap::Args)]
pub(super) struct Properties {
    /// Text for people, and CKA_LABEL in PKCS#11; the key's id by default
    #[arg(long, value_name = "TEXT")]
    label: Option<String>,
    /// Ties the key to its certificate; CKA_ID in PKCS#11
    #[arg(long, value_name = "HEX")]
    object_id: Option<Hex>,
    /// What the key may be used for; by default everything its type can do, but for EC keys and
    /// generic secrets not `derive`, and for AES keys not `sign` and `verify`
    #[arg(long = "usage", value_enum, value_delimiter = ',')]
    usages: Vec<Usage>,
    /// Let it be used by this algorithm only, by the name that the audit log has for it, such as
    /// rsa-pss-sha256; may be given several times
    #[arg(long = "allow", value_name = "ALGORITHM", value_delimiter = ',', hide_possible_values = true,
          value_parser = PossibleValuesParser::new(AlgorithmSet::every_name()))]
    allowed: Vec<String>,
    /// A note kept with the key; may be given several times
    #[arg(long = "annotation", value_name = "NAME=VALUE")]
    annotations: Vec<Annotation>,
    #[command(flatten)]
    attributes: NewAttributes,
}

#[derive(Clone, Copy, ValueEnum)]
enum Usage {
    Sign,
    Verify,
    Encrypt,
    Decrypt,
    Encapsulate,
    Decapsulate,
    Derive,
}

/// A note kept with a key.
#[derive(Clone)]
pub(super) struct Annotation(pub(super) String, pub(super) String);

impl NewKey {
    /// The key for the request; `id` is its label where none was given.
    pub(super) fn into_wire(self, id: &str) -> v1::Key {
        v1::Key {
            spec: v1::KeySpec::from(self.spec).into(),
            secret_length: self.secret_length.unwrap_or_default(),
            ..self.properties.into_wire(id)
        }
    }
}

impl Properties {
    /// The same without a type.
    pub(super) fn into_wire(self, id: &str) -> v1::Key {
        let usages = self.usages.iter().fold(KeyUsages::empty(), |set, usage| {
            set | match usage {
                Usage::Sign => KeyUsages::SIGN,
                Usage::Verify => KeyUsages::VERIFY,
                Usage::Encrypt => KeyUsages::ENCRYPT,
                Usage::Decrypt => KeyUsages::DECRYPT,
                Usage::Encapsulate => KeyUsages::ENCAPSULATE,
                Usage::Decapsulate => KeyUsages::DECAPSULATE,
                Usage::Derive => KeyUsages::DERIVE,
            }
        });
        let key = v1::Key {
            label: self.label.unwrap_or_else(|| id.to_owned()),
            object_id: self.object_id.map_or_else(Vec::new, |id| id.0),
            usages: key_usages_to_wire(usages),
            annotations: to_map(self.annotations),
            allowed_algorithms: self.allowed,
            ..v1::Key::default()
        };
        self.attributes.apply(key)
    }
}

/// The annotations as the API takes them.
pub(super) fn to_map(annotations: Vec<Annotation>) -> HashMap<String, String> {
    annotations.into_iter().map(|Annotation(name, value)| (name, value)).collect()
}

impl FromStr for Annotation {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        match text.split_once('=') {
            Some((name, value)) => Ok(Annotation(name.to_owned(), value.to_owned())),
            None => Err(Error::new(Reason::InvalidArgument, "write an annotation as NAME=VALUE")),
        }
    }
}
