//! Connections: TCP, mutual TLS 1.3, and who the peer is.
//!
//! [`tls`] says what the server demands of a peer; [`acceptor`] carries out handshakes, each in a
//! task of its own so that a slow one holds up nobody; [`lane`] is the thread that drives a
//! connection; [`refusal`] names what went wrong with one; [`peer`] reads the principal from the
//! certificate; [`stream`] is a connection that knows its peer.

mod acceptor;
mod identity;
mod lane;
mod peer;
mod plaintext;
mod refusal;
mod stream;
mod tls;

pub use acceptor::{Acceptor, Connections};
pub use lane::{Lane, LaneEnds};
pub use peer::Peer;
pub use stream::PeerStream;
pub use tls::{key_exchanges, server_config};
