//! A day of the calendar.

use std::fmt;
use std::str::FromStr;

use crate::{Error, Reason, Result};

/// A day in the years 0 to 9999, as ISO 8601 writes it: `2026-11-25`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Date {
    year: u16,
    month: u8,
    day: u8,
}

impl Date {
    /// A date.
    ///
    /// # Errors
    /// [`Reason::InvalidArgument`] when the calendar does not have it.
    pub fn new(year: u16, month: u8, day: u8) -> Result<Self> {
        if year > 9999 || !(1..=days_of_month(year, month)).contains(&day) {
            let message = format!("the calendar has no {year:04}-{month:02}-{day:02}");
            return Err(Error::new(Reason::InvalidArgument, message));
        }
        Ok(Date { year, month, day })
    }

    /// The year.
    pub fn year(self) -> u16 {
        self.year
    }

    /// The month, 1 to 12.
    pub fn month(self) -> u8 {
        self.month
    }

    /// The day of the month, from 1.
    pub fn day(self) -> u8 {
        self.day
    }
}

/// 0 for what is no month.
fn days_of_month(year: u16, month: u8) -> u8 {
    let leap = year.is_multiple_of(4) && !year.is_multiple_of(100) || year.is_multiple_of(400);
    match month {
        1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
        4 | 6 | 9 | 11 => 30,
        2 if leap => 29,
        2 => 28,
        _ => 0,
    }
}

impl fmt::Display for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}-{:02}", self.year, self.month, self.day)
    }
}

impl FromStr for Date {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let read = || {
            let (year, rest) = text.split_once('-')?;
            let (month, day) = rest.split_once('-')?;
            let digits = |text: &str, count| {
                text.len() == count && text.bytes().all(|byte| byte.is_ascii_digit())
            };
            let sound = digits(year, 4) && digits(month, 2) && digits(day, 2);
            sound.then_some((year.parse().ok()?, month.parse().ok()?, day.parse().ok()?))
        };
        let (year, month, day) = read().ok_or_else(|| {
            Error::new(Reason::InvalidArgument, "write a date as YYYY-MM-DD, such as 2026-11-25")
        })?;
        Date::new(year, month, day)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_print_as_they_parse() {
        for text in ["2026-11-25", "2024-02-29", "2000-02-29", "0001-01-01", "9999-12-31"] {
            assert_eq!(text.parse::<Date>().unwrap().to_string(), text);
        }
    }

    #[test]
    fn what_the_calendar_does_not_have_is_refused() {
        for text in [
            "",
            "2026",
            "2026-1-1",
            "2026-00-01",
            "2026-13-01",
            "2026-11-31",
            "2026-02-29",
            "1900-02-29",
            "2026-11-00",
            "+026-11-01",
            "2026-11-25T",
            "12026-11-25",
            "é26-11-25",
        ] {
            assert!(text.parse::<Date>().is_err(), "{text}");
        }
    }
}
