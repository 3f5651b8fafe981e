//! Slots and their tokens: the keyrings that the client's certificate opens.

use std::sync::{
    PoisonError, RwLock,
    atomic::{AtomicBool, Ordering},
};

use cryptoki_sys::*;
use supacrypt_client::{Client, Keyring, limits};
use supacrypt_core::{Digest, KeyringName};

use crate::error::{Result, Rv};

/// The keyrings in the order they were first seen; the position is the slot's id. A slot stays
/// when its keyring goes, and is empty then.
#[derive(Default)]
pub(crate) struct Slots {
    list: RwLock<Vec<Slot>>,
    /// Whether the backend was asked before: what is there the first time is no event.
    looked: AtomicBool,
}

#[derive(Clone)]
struct Slot {
    keyring: Keyring,
    present: bool,
    /// It came or went, and nobody was told of that yet.
    event: bool,
}

impl Slots {
    /// Asks the backend which keyrings there are.
    pub(crate) fn refresh(&self, client: &Client) -> Result<()> {
        let keyrings = client.keyrings()?;
        let mut slots = self.list.write().unwrap_or_else(PoisonError::into_inner);
        let first_look = !self.looked.swap(true, Ordering::Relaxed);
        let before: Vec<bool> = slots.iter().map(|slot| slot.present).collect();
        for slot in slots.iter_mut() {
            slot.present = false;
        }
        for keyring in keyrings {
            match slots.iter_mut().find(|slot| slot.keyring.name == keyring.name) {
                Some(slot) => *slot = Slot { keyring, present: true, event: slot.event },
                None => slots.push(Slot { keyring, present: true, event: !first_look }),
            }
        }
        for (slot, before) in slots.iter_mut().zip(before) {
            slot.event |= slot.present != before;
        }
        Ok(())
    }

    /// A slot whose token came or went since the last call that told of it.
    pub(crate) fn take_event(&self) -> Option<CK_SLOT_ID> {
        let mut slots = self.list.write().unwrap_or_else(PoisonError::into_inner);
        let (id, slot) = (0..).zip(slots.iter_mut()).find(|(_, slot)| slot.event)?;
        slot.event = false;
        Some(id)
    }

    /// The ids of all slots, or of those with a token.
    pub(crate) fn ids(&self, with_token: bool) -> Vec<CK_SLOT_ID> {
        let slots = self.list.read().unwrap_or_else(PoisonError::into_inner);
        (0..)
            .zip(slots.iter())
            .filter(|(_, s)| s.present || !with_token)
            .map(|(id, _)| id)
            .collect()
    }

    /// The slot's keyring and whether it is there.
    fn slot(&self, id: CK_SLOT_ID, client: &Client) -> Result<Slot> {
        let find = || {
            let slots = self.list.read().unwrap_or_else(PoisonError::into_inner);
            usize::try_from(id).ok().and_then(|index| slots.get(index).cloned())
        };
        if let Some(slot) = find() {
            return Ok(slot);
        }
        // A caller may know the slot's id from its configuration and never ask for the list.
        self.refresh(client)?;
        find().ok_or(Rv(CKR_SLOT_ID_INVALID))
    }

    /// The token in a slot.
    pub(crate) fn token(&self, id: CK_SLOT_ID, client: &Client) -> Result<Keyring> {
        let slot = self.slot(id, client)?;
        if slot.present { Ok(slot.keyring) } else { Err(Rv(CKR_TOKEN_NOT_PRESENT)) }
    }

    /// `C_GetSlotInfo`.
    pub(crate) fn info(&self, id: CK_SLOT_ID, client: &Client) -> Result<CK_SLOT_INFO> {
        let slot = self.slot(id, client)?;
        Ok(CK_SLOT_INFO {
            slotDescription: padded(&slot.keyring.name.to_string()),
            manufacturerID: padded("Supacrypt"),
            flags: if slot.present { CKF_TOKEN_PRESENT } else { 0 },
            hardwareVersion: VERSION,
            firmwareVersion: VERSION,
        })
    }

    /// A copy for a child process; empty if another thread held the lock while the parent forked.
    pub(crate) fn adopt(&self) -> Slots {
        let slots = self.list.try_read().map(|slots| slots.clone()).unwrap_or_default();
        let looked = AtomicBool::new(self.looked.load(Ordering::Relaxed));
        Slots { list: RwLock::new(slots), looked }
    }
}

/// The version of this library and of everything that it shows as a device.
pub(crate) const VERSION: CK_VERSION = CK_VERSION {
    major: number(env!("CARGO_PKG_VERSION_MAJOR")),
    minor: number(env!("CARGO_PKG_VERSION_MINOR")),
};

/// A part of the version; one that does not fit fails the build.
const fn number(text: &str) -> CK_BYTE {
    match CK_BYTE::from_str_radix(text, 10) {
        Ok(number) => number,
        Err(_) => panic!("a version's part is a number below 256"),
    }
}

/// `C_GetTokenInfo`; `sessions` are the open ones: all, and those that may write.
///
/// Without a PIN no login is required: the client certificate has said who the caller is. Where an
/// application logs in all the same, it need not ask for one.
pub(crate) fn token_info(keyring: &Keyring, sessions: (usize, usize)) -> CK_TOKEN_INFO {
    let (pin_flags, pin_lengths) = match keyring.pin_tries_left {
        None => (CKF_PROTECTED_AUTHENTICATION_PATH, (0, 255)),
        Some(left) => {
            let trouble = match left {
                0 => CKF_USER_PIN_LOCKED,
                1 => CKF_USER_PIN_COUNT_LOW | CKF_USER_PIN_FINAL_TRY,
                _ if left < limits::PIN_TRIES => CKF_USER_PIN_COUNT_LOW,
                _ => 0,
            };
            (CKF_LOGIN_REQUIRED | trouble, (limits::MIN_PIN, limits::MAX_PIN))
        }
    };
    CK_TOKEN_INFO {
        label: padded(&keyring.display_name),
        manufacturerID: padded("Supacrypt"),
        model: padded("Supacrypt"),
        serialNumber: padded(&serial_number(&keyring.name)),
        flags: CKF_RNG | CKF_USER_PIN_INITIALIZED | CKF_TOKEN_INITIALIZED | pin_flags,
        ulMaxSessionCount: CK_EFFECTIVELY_INFINITE,
        ulSessionCount: sessions.0 as CK_ULONG,
        ulMaxRwSessionCount: CK_EFFECTIVELY_INFINITE,
        ulRwSessionCount: sessions.1 as CK_ULONG,
        ulMaxPinLen: pin_lengths.1 as CK_ULONG,
        ulMinPinLen: pin_lengths.0 as CK_ULONG,
        ulTotalPublicMemory: CK_UNAVAILABLE_INFORMATION,
        ulFreePublicMemory: CK_UNAVAILABLE_INFORMATION,
        ulTotalPrivateMemory: CK_UNAVAILABLE_INFORMATION,
        ulFreePrivateMemory: CK_UNAVAILABLE_INFORMATION,
        hardwareVersion: VERSION,
        firmwareVersion: VERSION,
        utcTime: padded(""),
    }
}

/// 16 characters that stay the same for a keyring, whatever its label.
fn serial_number(name: &KeyringName) -> String {
    hex::encode(&supacrypt_crypto::digest(Digest::Sha256, name.to_string().as_bytes())[..8])
}

/// Text in a field of fixed length, filled with blanks, cut between two characters if it must be.
pub(crate) fn padded<const N: usize>(text: &str) -> [u8; N] {
    let text = &text.as_bytes()[..text.floor_char_boundary(N)];
    let mut field = [b' '; N];
    field[..text.len()].copy_from_slice(text);
    field
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_label_is_cut_between_characters() {
        assert_eq!(padded::<4>("ab"), *b"ab  ");
        assert_eq!(padded::<4>("abcé"), *b"abc ");
    }
}
