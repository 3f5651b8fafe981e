//! What a custodian offers.

use strum::IntoEnumIterator;

use crate::{AlgorithmSet, KeySpec};

/// What keys of a custodian can be, and what they can be used by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Capabilities {
    /// Kinds of keys that it makes.
    pub generates: Vec<KeySpec>,
    /// Kinds of keys that it takes in.
    pub imports: Vec<KeySpec>,
    /// The algorithms that its keys are used by.
    pub algorithms: AlgorithmSet,
    /// Whether each key does one kind of things alone: what signs does not decrypt.
    pub one_purpose: bool,
}

impl Capabilities {
    /// Nothing.
    pub fn none() -> Capabilities {
        Capabilities {
            generates: Vec::new(),
            imports: Vec::new(),
            algorithms: AlgorithmSet::NONE,
            one_purpose: false,
        }
    }

    /// Whatever there is.
    pub fn all() -> Capabilities {
        let specs: Vec<_> = KeySpec::iter().collect();
        Capabilities {
            generates: specs.clone(),
            imports: specs,
            algorithms: AlgorithmSet::ALL,
            one_purpose: false,
        }
    }
}
