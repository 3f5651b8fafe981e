//! What custodians offer.

use supacrypt_core::{AlgorithmSet, Capabilities};

use crate::v1;

impl From<&Capabilities> for v1::Capabilities {
    fn from(capabilities: &Capabilities) -> Self {
        let specs =
            |specs: &[_]| specs.iter().map(|spec| v1::KeySpec::from(*spec).into()).collect();
        v1::Capabilities {
            generates: specs(&capabilities.generates),
            imports: specs(&capabilities.imports),
            algorithms: capabilities.algorithms.names().collect(),
            one_purpose: capabilities.one_purpose,
        }
    }
}

/// What a newer server has more is left out.
impl From<v1::Capabilities> for Capabilities {
    fn from(wire: v1::Capabilities) -> Self {
        let limited = !wire.algorithms.is_empty();
        let known =
            wire.algorithms.iter().filter_map(|name| AlgorithmSet::from_names([&**name]).ok());
        let union = known.fold(AlgorithmSet::NONE, AlgorithmSet::union);
        Capabilities {
            generates: wire.generates().filter_map(|spec| spec.try_into().ok()).collect(),
            imports: wire.imports().filter_map(|spec| spec.try_into().ok()).collect(),
            algorithms: if limited { union } else { AlgorithmSet::ALL },
            one_purpose: wire.one_purpose,
        }
    }
}

#[cfg(test)]
mod tests {
    use supacrypt_core::{Algorithm, KeySpec, SignatureScheme};

    use super::*;

    #[test]
    fn capabilities_come_back_and_what_is_unknown_is_left_out() {
        let all = Capabilities::all();
        assert_eq!(Capabilities::from(v1::Capabilities::from(&all)), all);

        let few = Capabilities {
            generates: vec![KeySpec::EcP256],
            imports: Vec::new(),
            algorithms: AlgorithmSet::from_names(["ecdsa", "aes-gcm"]).unwrap(),
            one_purpose: true,
        };
        let mut wire = v1::Capabilities::from(&few);
        assert_eq!(Capabilities::from(wire.clone()), few);
        wire.generates.push(10_000);
        wire.algorithms.push("signature-of-tomorrow".into());
        assert_eq!(Capabilities::from(wire), few);

        let newer = v1::Capabilities { algorithms: vec!["x".into()], ..Default::default() };
        let ecdsa = Algorithm::Signature(SignatureScheme::Ecdsa);
        assert!(!Capabilities::from(newer).algorithms.contains(ecdsa), "a limit stays one");
    }
}
