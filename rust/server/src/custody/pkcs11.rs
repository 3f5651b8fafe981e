//! The PKCS#11 custodian: keys that an HSM makes, keeps and uses, by its PKCS#11 module.
//!
//! What is secret never comes into this process. What needs no secret, verifying and encrypting with a
//! public key, is computed here.

mod adopt;
mod call;
mod encoding;
mod fault;
mod handle;
mod import;
mod make;
mod mechanism;
mod module;
mod object;
mod offer;
mod pin;
mod seal;
mod template;
mod token;
mod trial;

use std::sync::{Arc, LazyLock, OnceLock};

use async_trait::async_trait;
use cryptoki::object::ObjectClass;
use supacrypt_core::{Capabilities, Error, KeySpec, Reason, Result};
use supacrypt_crypto::Material;
use tokio::sync::Mutex;
use tokio::task::spawn_blocking;

use self::handle::TokenKey;
use self::object::{Found, Which, find};
use self::offer::Mechanisms;
use self::seal::TokenSeal;
use self::template::Uses;
use self::token::{Again, Token};
use super::gate::{Effect, Gate, Refusal};
use super::remote::RemoteKey;
use super::{Adopted, Custodian, Held, KeyHandle, NewMaterial, Opening, Wanted};
use crate::config::{Pkcs11Settings, TokenName};
use crate::seal::Seal;

/// Keeps keys as objects of one token.
///
/// They are private, sensitive and not extractable (PKCS#11 v3.1, sections 4.8 to 4.10). Their `CKA_ID`
/// is the context that they were made in.
pub struct Pkcs11Custodian {
    name: String,
    token: Arc<Token>,
    /// Unknown while the token has never been there.
    offer: Arc<OnceLock<Offer>>,
    /// Held by the one who finds out.
    finding_out: Arc<Mutex<()>>,
}

/// What a token does.
struct Offer {
    capabilities: Capabilities,
    uses: Uses,
}

impl Pkcs11Custodian {
    /// Loads the module, logs in to the token and tries what it does. A token that is away is looked for
    /// when it is needed.
    ///
    /// # Errors
    /// [`Reason::Configuration`] when the module, the token or the PIN is not what the settings say.
    pub async fn open(opening: Opening<'_>, settings: &Pkcs11Settings) -> Result<Pkcs11Custodian> {
        let (name, settings) = (opening.name, settings.clone());
        let key = format!("custodians.{name}");
        let (TokenName::Label(endpoint) | TokenName::Serial(endpoint)) = &settings.token;
        let metrics = opening.metrics.endpoint(name, endpoint);
        let gate = Gate::new(name, endpoint, settings.timeout, settings.sessions, metrics);
        let (name, store) = (name.to_owned(), opening.store.to_owned());
        let opened = spawn_blocking(move || Self::open_here(name, store, gate, &settings)).await;
        let opened =
            opened.map_err(|_| Error::new(Reason::Internal, "opening a token was interrupted"))?;
        opened.map_err(|error| {
            let message = format!("{key}: {error}");
            Error::new(Reason::Configuration, message).in_field(key)
        })
    }

    fn open_here(
        name: String,
        store: String,
        gate: Gate,
        settings: &Pkcs11Settings,
    ) -> Result<Pkcs11Custodian> {
        let pin = pin::read(&settings.pin_file)?;
        let module = module::load(&settings.module)?;
        let token = Token::new(&name, store, gate, module, settings, pin);
        let offer = match Offer::of(&token) {
            Ok(offer) => OnceLock::from(offer),
            Err(error) if error.reason() == Reason::CustodianUnavailable && !token.has_others() => {
                tracing::warn!(custodian = name, "the token is away: {error}");
                OnceLock::new()
            }
            Err(error) => return Err(error),
        };
        let (token, offer) = (Arc::new(token), Arc::new(offer));
        Ok(Pkcs11Custodian { name, token, offer, finding_out: Arc::default() })
    }

    async fn offer(&self) -> Result<&Offer> {
        if let Some(offer) = self.offer.get() {
            return Ok(offer);
        }
        self.token.gates()[0].pass(Effect::Repeatable, || self.find_out()).await?;
        self.offer.get().ok_or_else(|| Error::new(Reason::Internal, "a token's offer is unknown"))
    }

    /// Has one thread find out what the token does, to the end, whoever waits for it.
    async fn find_out(&self) -> Result<(), Refusal> {
        let alone = Arc::clone(&self.finding_out).lock_owned().await;
        let (token, offer) = (Arc::clone(&self.token), Arc::clone(&self.offer));
        let found = spawn_blocking(move || {
            let _alone = alone;
            if offer.get().is_none() {
                let found = Offer::of(&token)?;
                offer.get_or_init(|| found);
            }
            Ok::<_, Error>(())
        });
        let interrupted = |_| Error::new(Reason::Internal, "trying a token was interrupted");
        Ok(found.await.map_err(interrupted)??)
    }
}

impl Offer {
    /// Tries what a token does.
    fn of(token: &Token) -> Result<Offer> {
        let name = token.custodian();
        let mechanisms = Mechanisms::of(token).map_err(|fault| fault.explain(name))?;
        let capabilities = mechanisms.capabilities(token).map_err(|fault| fault.explain(name))?;
        if capabilities.algorithms.is_empty() {
            let message = "the token makes no keys that can be used here; is it the right one? With \
                           log.level \"debug\" the log tells what was tried";
            return Err(Error::new(Reason::Configuration, message));
        }
        tracing::info!(
            custodian = name,
            kinds = capabilities.generates.len(),
            algorithms = capabilities.algorithms.names().count(),
            "the token is there"
        );
        Ok(Offer { capabilities, uses: mechanisms.uses() })
    }
}

#[async_trait]
impl Custodian for Pkcs11Custodian {
    fn name(&self) -> &str {
        &self.name
    }

    fn capabilities(&self) -> &Capabilities {
        static UNKNOWN: LazyLock<Capabilities> = LazyLock::new(Capabilities::none);
        self.offer.get().map_or(&UNKNOWN, |offer| &offer.capabilities)
    }

    async fn ready(&self) -> Result<()> {
        self.offer().await.map(drop)
    }

    async fn generate(&self, wanted: Wanted, context: &[u8]) -> Result<NewMaterial> {
        let Wanted { spec, secret_length, .. } = wanted;
        let length = secret_length.map_or(spec.bytes(), |length| length as usize);
        if spec.secret_lens().is_some_and(|lengths| !lengths.contains(&length)) {
            let message = format!("a key of type {spec} cannot have {length} bytes");
            return Err(Error::new(Reason::InvalidArgument, message));
        }
        let uses = self.offer().await?.uses;
        make::generate(&self.token, spec, length, uses, context).await
    }

    async fn import(&self, wanted: Wanted, material: &[u8], context: &[u8]) -> Result<NewMaterial> {
        let uses = self.offer().await?.uses;
        import::import(&self.token, wanted.spec, material, uses, context).await
    }

    async fn open(
        &self,
        spec: KeySpec,
        reference: &[u8],
        context: &[u8],
    ) -> Result<Arc<dyn KeyHandle>> {
        self.ready().await?;
        let which = Which::of(reference)?;
        if matches!(&which, Which::Ours(id) if id != context) {
            return Err(Error::new(
                Reason::CustodianUnavailable,
                "the store refers to the token's key of another version: it was altered",
            ));
        }
        let open = move |lease: &token::Lease| {
            let session = &lease.session;
            if !spec.is_asymmetric() {
                find(session, &which, ObjectClass::SECRET_KEY)?;
                return Ok((Found::new(which.clone(), ObjectClass::SECRET_KEY), None));
            }
            let public = find(session, &which, ObjectClass::PUBLIC_KEY)?;
            let public = encoding::public_key(session, public, spec)?;
            find(session, &which, ObjectClass::PRIVATE_KEY)?;
            Ok((Found::new(which.clone(), ObjectClass::PRIVATE_KEY), Some(public)))
        };
        let (key, public) = self.token.run(Again::Once, open).await?;
        let there = TokenKey::new(Arc::clone(&self.token), key);
        Ok(Arc::new(RemoteKey::new(spec, public, there)))
    }

    async fn export(&self, _: KeySpec, _: &[u8], _: &[u8]) -> Result<Material> {
        let message = format!("keys of the custodian {} never leave its token", self.name);
        Err(Error::new(Reason::UsageNotPermitted, message))
    }

    async fn destroy(&self, reference: &[u8]) -> Result<()> {
        // What others made is theirs.
        let Which::Ours(id) = Which::of(reference)? else { return Ok(()) };
        self.token.run(Again::Once, move |lease| object::destroy(&lease.session, &id)).await
    }

    fn gates(&self) -> &[Arc<Gate>] {
        self.token.gates()
    }

    async fn check(&self) -> Result<()> {
        self.ready().await?;
        self.token.run(Again::Once, |lease| token::check_login(&lease.session)).await
    }

    async fn held(&self) -> Result<Vec<Held>> {
        let store = self.token.store().to_owned();
        self.token.run(Again::Once, move |lease| object::held(&lease.session, &store)).await
    }

    async fn adopt(&self, key: &str) -> Result<Adopted> {
        let label = key.to_owned();
        self.token.run(Again::Once, move |lease| adopt::adopt(&lease.session, &label)).await
    }

    async fn seal(&self, key: &str) -> Result<Box<dyn Seal>> {
        Ok(Box::new(TokenSeal::open(Arc::clone(&self.token), key).await?))
    }
}
