//! Keys that a token makes.

use std::sync::Arc;

use cryptoki::object::ObjectHandle;
use cryptoki::session::Session;
use supacrypt_core::{KeySpec, Result};

use super::encoding;
use super::fault::Fault;
use super::object::{Which, destroy};
use super::template::{Place, Uses, pair_generation, secret_generation};
use super::token::{Again, Token};
use crate::custody::NewMaterial;

/// A key that is made for someone who has not got it yet. When they do not, what there is of it is
/// destroyed: making it may have failed halfway, and whoever asked may have gone.
pub(super) struct Unclaimed {
    token: Arc<Token>,
    id: Vec<u8>,
    public_key: Option<Vec<u8>>,
    claimed: bool,
}

impl Unclaimed {
    /// A key of `token` whose `CKA_ID` is `id`.
    pub(super) fn new(token: &Arc<Token>, id: &[u8]) -> Unclaimed {
        let (token, id) = (Arc::clone(token), id.to_vec());
        Unclaimed { token, id, public_key: None, claimed: false }
    }

    /// With its public half, DER `SubjectPublicKeyInfo`.
    pub(super) fn with_public_key(mut self, public_key: &[u8]) -> Unclaimed {
        self.public_key = Some(public_key.to_vec());
        self
    }

    /// Hands it over.
    pub(super) fn claim(mut self) -> NewMaterial {
        self.claimed = true;
        let reference = Which::Ours(std::mem::take(&mut self.id)).reference();
        NewMaterial { reference, public_key: self.public_key.take() }
    }
}

impl Drop for Unclaimed {
    fn drop(&mut self) {
        if self.claimed {
            return;
        }
        let destroyed = self.token.run_here(Again::Once, |lease| destroy(&lease.session, &self.id));
        if let Err(fault) = destroyed {
            let why = fault.explain(self.token.custodian());
            let id = String::from_utf8_lossy(&self.id);
            tracing::error!(
                "the key with the id {id:?}, if it was made, is of no use and could not be \
                 destroyed; `supacrypt custodian reconcile` finds it: {why}"
            );
        }
    }
}

/// Has the token make a key.
///
/// # Errors
/// Those of the token.
pub(super) async fn generate(
    token: &Arc<Token>,
    spec: KeySpec,
    length: usize,
    uses: Uses,
    id: &[u8],
) -> Result<NewMaterial> {
    let (holder, id) = (Arc::clone(token), id.to_vec());
    let made = token.run(Again::Never, move |lease| {
        let place = Place { named: Some((holder.store(), &id)), uses };
        // Before it is made: a connection may break after that, and before its handle gets here.
        let made = Unclaimed::new(&holder, &id);
        if !spec.is_asymmetric() {
            let (mechanism, template) = secret_generation(spec, length, place)?;
            lease.session.generate_key(&mechanism, &template)?;
            return Ok(made);
        }
        let public = make_pair(&lease.session, spec, place)?;
        let key = encoding::public_key(&lease.session, public, spec)?;
        Ok(made.with_public_key(key.spki_der()))
    });
    Ok(made.await?.claim())
}

/// Makes a pair, and gives the handle of its public half.
fn make_pair(session: &Session, spec: KeySpec, place: Place<'_>) -> Result<ObjectHandle, Fault> {
    let (mechanism, public, private) = pair_generation(spec, place)?;
    Ok(session.generate_key_pair(&mechanism, &public, &private)?.0)
}
