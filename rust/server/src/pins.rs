//! PINs of keyrings, and the tickets that a right one gives.
//!
//! A ticket stands for a PIN that was given a moment ago: it is checked without waiting, where a PIN
//! takes the store and much computing. It is good for one use of a key, in this process, and lost
//! with it.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwap;
use moka::sync::Cache;
use supacrypt_core::{Error, KeyringName, Principal, Reason, ResourceId, Result};
use supacrypt_crypto::envelope::EnvelopeKey;
use supacrypt_crypto::{hash_pin, is_pin};
use tokio::sync::Mutex;
use tokio::task::spawn_blocking;
use zeroize::Zeroizing;

use crate::store::{self, Store};

/// How long a ticket is good for: as long as an application may take from the PIN to the operation.
const VALIDITY: Duration = Duration::from_secs(120);
/// Tickets that nobody used yet; beyond that old ones go.
const TICKETS: u64 = 10_000;
const TICKET_LEN: usize = 16;

/// The PINs of a store's keyrings.
pub struct Pins {
    store: Arc<Store>,
    envelope: Arc<EnvelopeKey>,
    /// Which keyrings have one. Read at every use of a key that asks for it, without a lock.
    keyrings: ArcSwap<HashSet<ResourceId>>,
    tickets: Cache<[u8; TICKET_LEN], (Principal, ResourceId)>,
    /// One at a time: whoever guesses does not get all processors.
    checking: Mutex<()>,
}

impl Pins {
    /// The PINs of `store`, which `envelope` seals.
    ///
    /// # Errors
    /// [`Reason::StoreUnavailable`].
    pub async fn open(store: Arc<Store>, envelope: Arc<EnvelopeKey>) -> Result<Self> {
        let pins = Pins {
            store,
            envelope,
            keyrings: ArcSwap::default(),
            tickets: Cache::builder().max_capacity(TICKETS).time_to_live(VALIDITY).build(),
            checking: Mutex::new(()),
        };
        pins.refresh().await?;
        Ok(pins)
    }

    /// Reads again which keyrings have a PIN.
    ///
    /// # Errors
    /// [`Reason::StoreUnavailable`].
    pub async fn refresh(&self) -> Result<()> {
        let mut read = self.store.read().await?;
        let keyrings = store::pins::keyrings(&mut read).await?;
        self.keyrings.store(Arc::new(keyrings.into_iter().collect()));
        Ok(())
    }

    /// Sets the PIN of a keyring; removes it when there is none.
    ///
    /// # Errors
    /// [`Reason::KeyringNotFound`].
    pub async fn set(&self, keyring: &KeyringName, pin: Option<Zeroizing<Vec<u8>>>) -> Result<()> {
        let _one_at_a_time = self.checking.lock().await;
        let sealed = match pin {
            None => None,
            Some(pin) => {
                let hash = computed(move || hash_pin(&pin)).await??;
                Some(self.envelope.seal(&context(keyring), &hash)?)
            }
        };
        let mut write = self.store.write().await?;
        store::pins::get(&mut write, keyring).await?;
        store::pins::set(&mut write, keyring, sealed.as_deref()).await?;
        store::commit(write).await?;
        self.refresh().await
    }

    /// Checks a PIN.
    ///
    /// # Errors
    /// [`Reason::PinIncorrect`], [`Reason::PinLocked`], [`Reason::PinNotSet`],
    /// [`Reason::KeyringNotFound`]; [`Reason::SealUnavailable`] when what is kept does not open.
    pub async fn check(&self, keyring: &KeyringName, pin: Zeroizing<Vec<u8>>) -> Result<()> {
        let _one_at_a_time = self.checking.lock().await;
        let mut write = self.store.write().await?;
        let stored = store::pins::get(&mut write, keyring).await?.ok_or_else(|| {
            Error::new(Reason::PinNotSet, format!("{keyring} has no PIN; its keys need none"))
        })?;
        if stored.tries_left == 0 {
            return Err(locked(keyring));
        }
        // Counted before it is known: whoever hangs up in between has used a try, too.
        store::pins::count_failure(&mut write, keyring).await?;
        store::commit(write).await?;
        let hash = self.envelope.open(&context(keyring), &stored.sealed)?;
        if computed(move || is_pin(&hash, &pin)).await? {
            let mut write = self.store.write().await?;
            store::pins::forget_failures(&mut write, keyring).await?;
            return store::commit(write).await;
        }
        match stored.tries_left - 1 {
            0 => Err(locked(keyring)),
            left => Err(Error::new(
                Reason::PinIncorrect,
                format!("that is not the PIN of {keyring}; {left} more tries until it is locked"),
            )),
        }
    }

    /// A ticket for one use of a key of `keyring` by `principal`, who has just given its PIN.
    ///
    /// # Errors
    /// [`Reason::Internal`] when there is no randomness.
    pub fn ticket(&self, principal: &Principal, keyring: &KeyringName) -> Result<Vec<u8>> {
        let mut ticket = [0; TICKET_LEN];
        supacrypt_crypto::random(&mut ticket)?;
        self.tickets.insert(ticket, (principal.clone(), keyring.keyring().clone()));
        Ok(ticket.to_vec())
    }

    /// Takes the ticket for a use of a key that is to be authenticated each time; nothing in a keyring
    /// without a PIN. Never waits.
    ///
    /// # Errors
    /// [`Reason::PinRequired`].
    pub fn redeem(
        &self,
        principal: &Principal,
        keyring: &KeyringName,
        ticket: &[u8],
    ) -> Result<()> {
        if !self.keyrings.load().contains(keyring.keyring()) {
            return Ok(());
        }
        let given = <[u8; TICKET_LEN]>::try_from(ticket).ok();
        match given.and_then(|ticket| self.tickets.remove(&ticket)) {
            Some((who, place)) if who == *principal && place == *keyring.keyring() => Ok(()),
            _ => Err(Error::new(
                Reason::PinRequired,
                format!(
                    "the key is used only right after its user has given the PIN of {keyring}, \
                     once for each use"
                ),
            )),
        }
    }
}

fn locked(keyring: &KeyringName) -> Error {
    Error::new(
        Reason::PinLocked,
        format!(
            "the PIN of {keyring} was given wrong too often and is locked; an administrator of the \
             keyring sets another one with `supacrypt keyring pin set`"
        ),
    )
}

/// Ties what is kept to its keyring.
fn context(keyring: &KeyringName) -> Vec<u8> {
    format!("pin\0{keyring}").into_bytes()
}

/// What takes much computing, where it holds up nobody.
async fn computed<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T> {
    spawn_blocking(work)
        .await
        .map_err(|_| Error::new(Reason::Internal, "checking the PIN failed; the log says why"))
}

#[cfg(test)]
mod tests;
