//! What is known of a key beside its material and usages.

use crate::{AlgorithmSet, Date, Error, KeySpec, Reason, Result, UsePeriod};

/// Attributes that a key has for its applications' sake (PKCS#11 v2.40 base, sections 4.4 and 4.7
/// to 4.10).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct KeyAttributes {
    /// The subject of the key's certificate, a `Name` in DER; empty when nobody said.
    pub subject: Vec<u8>,
    /// From when on it may be used: [`UsePeriod::start`].
    pub start_date: Option<Date>,
    /// Until when it protects data: [`UsePeriod::end`].
    pub end_date: Option<Date>,
    /// What may be done with it.
    pub flags: KeyFlags,
    /// The algorithms it may be used by. Fixed at creation.
    pub allowed: AlgorithmSet,
    /// The mechanisms that PKCS#11 applications may use it by, `CK_MECHANISM_TYPE` each, as one of
    /// them said; empty when nobody did. For a PKCS#11 module to heed. Fixed at creation.
    pub mechanisms: Vec<u32>,
}

bitflags::bitflags! {
    /// What may be done with a key as a whole. Its usages say which operations it performs.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
    pub struct KeyFlags: u32 {
        /// Its attributes can be changed, and it can be rotated. Fixed at creation.
        const MODIFIABLE = 1;
        /// Applications may copy it; it is theirs to heed. Can be taken away only.
        const COPYABLE = 1 << 1;
        /// It can be deleted, and its versions destroyed. Can be taken away only.
        const DESTROYABLE = 1 << 2;
        /// Applications ask their user before each use; it is theirs to heed. Fixed at creation.
        const ALWAYS_AUTHENTICATE = 1 << 3;
        /// Only a trusted key may wrap it. Can be given only.
        const WRAP_WITH_TRUSTED = 1 << 4;
        /// It may wrap keys that only a trusted key may wrap.
        const TRUSTED = 1 << 5;
        /// Its material may leave the backend, wrapped by another key. Can be taken away only.
        const EXTRACTABLE = 1 << 6;
        /// It was generated, and was never extractable. The server's to say.
        const NEVER_EXTRACTABLE = 1 << 7;
        /// It is a public key without its private half. Fixed at creation.
        const PUBLIC_ONLY = 1 << 8;
        /// Its public half is no object of its own for applications.
        const PRIVATE_ONLY = 1 << 9;
    }
}

impl Default for KeyFlags {
    fn default() -> Self {
        KeyFlags::MODIFIABLE | KeyFlags::COPYABLE | KeyFlags::DESTROYABLE
    }
}

impl KeyFlags {
    const TAKEN_ONLY: KeyFlags =
        KeyFlags::COPYABLE.union(KeyFlags::DESTROYABLE).union(KeyFlags::EXTRACTABLE);
    const GIVEN_ONLY: KeyFlags = KeyFlags::WRAP_WITH_TRUSTED;

    /// Whether each use of the private half of a key like this takes a PIN, where its keyring has one.
    /// Stores may have secret keys with the flag from before it was refused for them.
    pub fn ask_for_a_pin(self, key: KeySpec) -> bool {
        self.contains(KeyFlags::ALWAYS_AUTHENTICATE) && key.is_asymmetric()
    }

    fn change(self, given: KeyFlags, taken: KeyFlags) -> Result<KeyFlags> {
        let given_again = given.difference(self).intersection(Self::TAKEN_ONLY);
        let taken_again = taken.intersection(self).intersection(Self::GIVEN_ONLY);
        match given_again.union(taken_again).iter_names().next() {
            None => Ok(self.union(given).difference(taken)),
            Some((name, _)) => {
                let name = name.to_ascii_lowercase();
                let message = format!("{name} changes in one direction only, and has done so");
                Err(Error::new(Reason::ObjectImmutable, message).in_field(format!("key.{name}")))
            }
        }
    }
}

/// What changes in the attributes of a key; `None` leaves one as it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyAttributesChange {
    /// The subject of the key's certificate, DER.
    pub subject: Option<Vec<u8>>,
    /// From when on it is meant to be used.
    pub start_date: Option<Option<Date>>,
    /// Until when it is meant to be used.
    pub end_date: Option<Option<Date>>,
    /// Flags that it gets.
    pub given: KeyFlags,
    /// Flags that are taken from it.
    pub taken: KeyFlags,
}

impl Default for KeyAttributesChange {
    /// Changes nothing.
    fn default() -> Self {
        KeyAttributesChange {
            subject: None,
            start_date: None,
            end_date: None,
            given: KeyFlags::empty(),
            taken: KeyFlags::empty(),
        }
    }
}

impl KeyAttributes {
    /// When the key may be used.
    pub fn use_period(&self) -> UsePeriod {
        UsePeriod { start: self.start_date, end: self.end_date }
    }

    /// Changes them as a whole or, after an error, not at all.
    ///
    /// # Errors
    /// [`Reason::ObjectImmutable`] for a flag that changes in the other direction only.
    pub fn change(&mut self, change: KeyAttributesChange) -> Result<()> {
        self.flags = self.flags.change(change.given, change.taken)?;
        self.start_date = change.start_date.unwrap_or(self.start_date);
        self.end_date = change.end_date.unwrap_or(self.end_date);
        if let Some(subject) = change.subject {
            self.subject = subject;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flag_that_was_taken_away_is_not_given_back_and_the_other_way_round() {
        let flags = KeyFlags::default() | KeyFlags::EXTRACTABLE;
        let none = KeyFlags::empty();
        for flag in [KeyFlags::COPYABLE, KeyFlags::DESTROYABLE, KeyFlags::EXTRACTABLE] {
            let without = flags.change(none, flag).unwrap();
            assert!(!without.contains(flag));
            assert_eq!(without.change(flag, none).unwrap_err().reason(), Reason::ObjectImmutable);
            assert_eq!(without.change(none, flag), Ok(without));
        }
        let wrapped = flags.change(KeyFlags::WRAP_WITH_TRUSTED, none).unwrap();
        let error = wrapped.change(none, KeyFlags::WRAP_WITH_TRUSTED).unwrap_err();
        assert_eq!(error.field(), Some("key.wrap_with_trusted"));
        let trusted = flags.change(KeyFlags::TRUSTED, none).unwrap();
        assert_eq!(trusted.change(none, KeyFlags::TRUSTED), Ok(flags));
    }
}
