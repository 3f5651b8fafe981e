//! Which version of a key an operation uses, and by what right.

use std::{fmt, sync::Arc};

use crate::{Retry, Ticket};

/// The name of a key version, as text, and the ticket for its next use if it has one. Cheap to clone.
#[derive(Clone, Debug)]
pub struct KeyVersionRef {
    name: Arc<str>,
    ticket: Option<Ticket>,
}

impl KeyVersionRef {
    pub(crate) fn new(name: String) -> Self {
        KeyVersionRef { name: name.into(), ticket: None }
    }

    /// The same with a ticket, which a key that is always authenticated wants for each use.
    #[must_use]
    pub fn with(&self, ticket: Ticket) -> Self {
        KeyVersionRef { name: Arc::clone(&self.name), ticket: Some(ticket) }
    }

    /// Whether a use may be repeated when it is not known whether it came to be.
    pub(crate) fn retry(&self) -> Retry {
        if self.ticket.is_some() { Retry::Never } else { Retry::Safe }
    }

    /// The ticket as it goes into a request; empty, and not allocated, without one.
    pub(crate) fn pin_ticket(&self) -> Vec<u8> {
        self.ticket.as_ref().map_or_else(Vec::new, |ticket| ticket.as_bytes().to_vec())
    }
}

impl fmt::Display for KeyVersionRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)
    }
}
