//! PINs of keyrings, and the tickets that a right one gives.
//!
//! A ticket stands for a PIN that was given a moment ago: it is checked without waiting, where a PIN
//! takes the store and much computing. It is good for one use of a key, in this process, and lost
//! with it.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwap;
use moka::sync::Cache;
use supacrypt_core::{Error, KeyringName, Principal, Reason, ResourceId, Result};
use supacrypt_crypto::{hash_pin, is_pin};
use tokio::sync::Mutex;
use tokio::task::spawn_blocking;
use zeroize::Zeroizing;

use crate::data_keys::DataKeys;
use crate::store::{self, Store};

/// How long a ticket is good for: as long as an application may take from the PIN to the operation.
const VALIDITY: Duration = Duration::from_secs(120);
/// Most tickets that nobody used yet.
const TICKETS: u64 = 10_000;
const TICKET_LEN: usize = 16;

/// The PINs of a store's keyrings.
pub struct Pins {
    store: Arc<Store>,
    keys: Arc<DataKeys>,
    /// Those that are set. Read at every use of a key that asks for one, without a lock.
    set: ArcSwap<HashMap<ResourceId, Sealed>>,
    /// Taken to change `set`, so that an older reading never replaces a newer one.
    refresh: Mutex<()>,
    tickets: Cache<[u8; TICKET_LEN], Ticket>,
    /// One PIN is looked at at a time: whoever guesses does not get all processors.
    looking: Mutex<()>,
    /// Who has a PIN looked at, or waits for that. Once each: nobody fills the queue.
    waiting: parking_lot::Mutex<HashSet<Principal>>,
}

/// A PIN as it is kept: never twice the same.
type Sealed = Arc<[u8]>;

/// What a ticket is good for.
#[derive(Clone)]
struct Ticket {
    principal: Principal,
    keyring: ResourceId,
    /// The PIN that was given. After another was set the ticket is void.
    pin: Sealed,
}

impl Pins {
    /// The PINs of `store`, which `keys` seal.
    ///
    /// # Errors
    /// [`Reason::StoreUnavailable`].
    pub async fn open(store: Arc<Store>, keys: Arc<DataKeys>) -> Result<Self> {
        Pins::open_with(store, keys, VALIDITY).await
    }

    async fn open_with(store: Arc<Store>, keys: Arc<DataKeys>, validity: Duration) -> Result<Self> {
        let pins = Pins {
            store,
            keys,
            set: ArcSwap::default(),
            refresh: Mutex::default(),
            tickets: Cache::builder().max_capacity(TICKETS).time_to_live(validity).build(),
            looking: Mutex::default(),
            waiting: parking_lot::Mutex::default(),
        };
        pins.refresh().await?;
        Ok(pins)
    }

    /// Reads again which keyrings have a PIN.
    ///
    /// # Errors
    /// [`Reason::StoreUnavailable`].
    pub async fn refresh(&self) -> Result<()> {
        let _only_one = self.refresh.lock().await;
        let mut read = self.store.read().await?;
        let set = store::pins::all(&mut read).await?;
        self.set.store(Arc::new(set.into_iter().map(|(id, pin)| (id, pin.into())).collect()));
        Ok(())
    }

    /// Sets the PIN of a keyring, or removes it when there is no `new` one. When the `current` one is
    /// given it has to be right.
    ///
    /// # Errors
    /// Those of [`verify`](Self::verify).
    pub async fn change(
        &self,
        principal: &Principal,
        keyring: &KeyringName,
        current: Option<Zeroizing<Vec<u8>>>,
        new: Option<Zeroizing<Vec<u8>>>,
    ) -> Result<()> {
        let _place = self.queue(principal)?;
        // Held to the end: no change comes between the look at the current PIN and the new one.
        let _one_at_a_time = self.looking.lock().await;
        if let Some(current) = current {
            self.look(keyring, current).await?;
        }
        let sealed = match new {
            None => None,
            Some(pin) => {
                let hash = computed(move || hash_pin(&pin)).await??;
                Some(self.keys.seal(&pin_context(keyring), &hash)?)
            }
        };
        let mut write = self.store.write().await?;
        store::pins::get(&mut write, keyring).await?;
        store::pins::set(&mut write, keyring, sealed.as_deref()).await?;
        if let Some(sealed) = sealed {
            // Wanted from before it is kept: if this ends in between, a use too many is refused.
            let _only_one = self.refresh.lock().await;
            let mut set = HashMap::clone(&self.set.load());
            set.insert(keyring.keyring().clone(), sealed.into());
            self.set.store(Arc::new(set));
        }
        store::commit(write).await?;
        self.refresh().await
    }

    /// Checks a PIN, for a ticket: it is good for one use of a key of `keyring` by `principal`.
    ///
    /// # Errors
    /// [`Reason::PinIncorrect`], [`Reason::PinLocked`], [`Reason::PinNotSet`],
    /// [`Reason::KeyringNotFound`]; [`Reason::Overloaded`] while another PIN of this principal is
    /// looked at; [`Reason::SealUnavailable`] when what is kept does not open.
    pub async fn verify(
        &self,
        principal: &Principal,
        keyring: &KeyringName,
        pin: Zeroizing<Vec<u8>>,
    ) -> Result<Vec<u8>> {
        let _place = self.queue(principal)?;
        let _one_at_a_time = self.looking.lock().await;
        let pin = self.look(keyring, pin).await?;
        if self.set.load().get(keyring.keyring()) != Some(&pin) {
            // A change that did not come to its end.
            self.refresh().await?;
        }
        let mut ticket = [0; TICKET_LEN];
        supacrypt_crypto::random(&mut ticket)?;
        let keyring = keyring.keyring().clone();
        self.tickets.insert(ticket, Ticket { principal: principal.clone(), keyring, pin });
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
        let set = self.set.load();
        let Some(pin) = set.get(keyring.keyring()) else { return Ok(()) };
        let given = <[u8; TICKET_LEN]>::try_from(ticket)
            .ok()
            // What is removed may have expired, and the cache would not say so.
            .filter(|given| self.tickets.contains_key(given))
            .and_then(|given| self.tickets.remove(&given));
        match given {
            Some(ticket)
                if ticket.principal == *principal
                    && ticket.keyring == *keyring.keyring()
                    && ticket.pin == *pin =>
            {
                Ok(())
            }
            _ => Err(Error::new(
                Reason::PinRequired,
                format!(
                    "the key is used only right after its user has given the PIN of {keyring}, \
                     once for each use"
                ),
            )),
        }
    }

    /// Whether a PIN is the right one; answers it as it is kept.
    async fn look(&self, keyring: &KeyringName, pin: Zeroizing<Vec<u8>>) -> Result<Sealed> {
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
        let hash = self.keys.open(&pin_context(keyring), &stored.sealed)?;
        if computed(move || is_pin(&hash, &pin)).await? {
            let mut write = self.store.write().await?;
            store::pins::forget_failures(&mut write, keyring).await?;
            store::commit(write).await?;
            return Ok(stored.sealed.into());
        }
        match stored.tries_left - 1 {
            0 => Err(locked(keyring)),
            left => Err(Error::new(
                Reason::PinIncorrect,
                format!("that is not the PIN of {keyring}; {left} more tries until it is locked"),
            )),
        }
    }

    fn queue(&self, principal: &Principal) -> Result<Place<'_>> {
        if self.waiting.lock().insert(principal.clone()) {
            return Ok(Place { waiting: &self.waiting, principal: principal.clone() });
        }
        let message = "another PIN of this principal is being looked at; try again in a moment";
        Err(Error::new(Reason::Overloaded, message))
    }
}

/// A principal's place among those that wait; free again when dropped.
struct Place<'a> {
    waiting: &'a parking_lot::Mutex<HashSet<Principal>>,
    principal: Principal,
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        self.waiting.lock().remove(&self.principal);
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
pub(crate) fn pin_context(keyring: &KeyringName) -> Vec<u8> {
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
