//! When a key may be used.

use crate::{Date, Error, Operation, Reason, Result};

/// The days between which a key protects data. What it protected can be read and checked later, too:
/// the two periods of NIST SP 800-57 part 1, section 5.3.5.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct UsePeriod {
    /// The first day of any use.
    pub start: Option<Date>,
    /// The last day of signing, making MACs and encrypting.
    pub end: Option<Date>,
}

impl UsePeriod {
    /// Whether all days are the same.
    pub fn is_unlimited(&self) -> bool {
        *self == UsePeriod::default()
    }

    /// Checks that `operation` is in time.
    ///
    /// # Errors
    /// [`Reason::UsageNotPermitted`].
    pub fn check(&self, operation: Operation, today: Date) -> Result<()> {
        let refuse = |why: String| Err(Error::new(Reason::UsageNotPermitted, why));
        if let Some(start) = self.start
            && today < start
        {
            return refuse(format!("the key may be used from {start} on; today is {today}"));
        }
        let protects =
            matches!(operation, Operation::Sign | Operation::MacSign | Operation::Encrypt);
        match self.end {
            Some(end) if protects && today > end => refuse(format!(
                "the key was made for {operation} until {end}, and today is {today}; \
                 change its end date, or use another key"
            )),
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn after_the_end_old_data_can_still_be_read() {
        let day = |text: &str| text.parse::<Date>().unwrap();
        let period = UsePeriod { start: Some(day("2026-01-02")), end: Some(day("2026-12-30")) };
        let permitted = |operation, today: &str| period.check(operation, day(today)).is_ok();
        for operation in [Operation::Sign, Operation::MacSign, Operation::Encrypt] {
            assert!(!permitted(operation, "2026-01-01") && permitted(operation, "2026-01-02"));
            assert!(permitted(operation, "2026-12-30") && !permitted(operation, "2026-12-31"));
        }
        for operation in [Operation::Verify, Operation::Decrypt, Operation::Derive] {
            assert!(!permitted(operation, "2026-01-01") && permitted(operation, "2026-12-31"));
        }
        assert!(UsePeriod::default().check(Operation::Sign, day("0000-01-01")).is_ok());
    }
}
