//! Peers who do not speak TLS: told so in their own protocol, where they have one.

use tokio::io::{AsyncWriteExt, Result};
use tokio::net::TcpStream;

/// First byte of a TLS handshake record (RFC 8446, section 5.1).
const TLS_HANDSHAKE: u8 = 0x16;

const ADVICE: &str = "this port speaks gRPC over TLS 1.3 with client certificates; use https://";

/// What a peer speaks, by the first bytes it sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Protocol {
    Tls,
    Http1,
    Http2,
    Unknown,
}

impl Protocol {
    pub(super) fn of(first: &[u8]) -> Self {
        let methods: [&[u8]; 7] = [b"GET ", b"HEAD", b"POST", b"PUT ", b"DELE", b"OPTI", b"CONN"];
        match first {
            [TLS_HANDSHAKE, ..] => Protocol::Tls,
            // The preface of HTTP/2 (RFC 9113, section 3.4).
            [b'P', b'R', b'I', b' ', ..] => Protocol::Http2,
            _ if methods.iter().any(|method| first.starts_with(method)) => Protocol::Http1,
            _ => Protocol::Unknown,
        }
    }

    /// Tells the peer that it should have spoken TLS.
    pub(super) async fn explain(self, peer: &mut TcpStream) -> Result<()> {
        match self {
            Protocol::Http1 => peer.write_all(bad_request().as_bytes()).await,
            Protocol::Http2 => peer.write_all(&go_away()).await,
            Protocol::Tls | Protocol::Unknown => Ok(()),
        }
    }
}

fn bad_request() -> String {
    let length = ADVICE.len() + 1;
    format!(
        "HTTP/1.1 400 Bad Request\r\ncontent-type: text/plain\r\ncontent-length: {length}\r\n\
         connection: close\r\n\r\n{ADVICE}\n"
    )
}

/// An empty SETTINGS frame, which has to come first, and a GOAWAY that says why (RFC 9113, sections
/// 6.5 and 6.8).
fn go_away() -> Vec<u8> {
    const SETTINGS: [u8; 9] = [0, 0, 0, 4, 0, 0, 0, 0, 0];
    const GOAWAY: u8 = 7;
    const INADEQUATE_SECURITY: u8 = 0xc;
    let length = u8::try_from(8 + ADVICE.len()).expect("invariant: the advice is short");
    let mut frames = SETTINGS.to_vec();
    frames.extend([0, 0, length, GOAWAY, 0, 0, 0, 0, 0]);
    frames.extend([0, 0, 0, 0, 0, 0, 0, INADEQUATE_SECURITY]);
    frames.extend(ADVICE.as_bytes());
    frames
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_protocol_is_known_by_its_first_bytes() {
        assert_eq!(Protocol::of(&[0x16, 3, 1, 0]), Protocol::Tls);
        assert_eq!(Protocol::of(b"PRI * HTTP/2.0"), Protocol::Http2);
        assert_eq!(Protocol::of(b"GET / HTTP/1.1"), Protocol::Http1);
        assert_eq!(Protocol::of(b"SSH-2.0-x"), Protocol::Unknown);
        assert_eq!(Protocol::of(b"G"), Protocol::Unknown);
    }
}
