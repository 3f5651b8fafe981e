//! What an audit entry says, and its bytes: `supacrypt.v1.AuditEntry`.

use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use bytes::BufMut;
use prost::encoding::{WireType, encode_key, encode_varint};
use supacrypt_core::{Algorithm, Principal, Reason};
use supacrypt_proto::v1::audit_entry;

/// Longest text of one field, in bytes; the rest is cut off. Longer than any valid name, so that
/// only what a caller made up is shortened.
const MAX_TEXT_LEN: usize = 1024;

/// How a decision ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, strum::EnumIter, strum::IntoStaticStr)]
#[strum(serialize_all = "snake_case")]
pub enum Outcome {
    /// Allowed and done.
    Succeeded,
    /// Not allowed.
    Denied,
    /// Allowed, but it could not be done.
    Failed,
}

/// One decision. Everything in it is shared or static, so that making one copies no text.
#[derive(Clone, Debug)]
pub struct Entry {
    /// When it was taken.
    pub time: SystemTime,
    /// Who asked; `None` when the peer could not be identified.
    pub principal: Option<Principal>,
    /// What was asked: the method's name, such as `Sign`; `Connect` for a refused connection.
    pub action: &'static str,
    /// The resource it was asked of, in the caller's words; empty when there is none.
    pub resource: Arc<str>,
    /// The algorithm, for operations with a key.
    pub algorithm: Option<Algorithm>,
    /// How it ended.
    pub outcome: Outcome,
    /// Why it was denied or failed; `None` when it succeeded.
    pub reason: Option<Reason>,
    /// The peer's address.
    pub peer: Arc<str>,
    /// What a key was to be wrapped with.
    pub wrapping_key: Option<Arc<str>>,
}

impl Entry {
    /// Appends the entry, as number `sequence` of the log, to `buffer`.
    ///
    /// Writes the fields itself: a generated message would own a copy of each text first, for each
    /// of the operations of the hot path.
    pub(super) fn encode(&self, sequence: u64, buffer: &mut Vec<u8>) {
        varint(1, sequence, buffer);
        timestamp(2, self.time, buffer);
        text(3, self.principal.as_ref().map_or("", Principal::as_str), buffer);
        text(4, self.action, buffer);
        text(5, &self.resource, buffer);
        if let Some(algorithm) = self.algorithm {
            display(6, &algorithm, buffer);
        }
        varint(7, wire_outcome(self.outcome) as u64, buffer);
        text(8, self.reason.map_or("", Reason::as_str), buffer);
        text(9, &self.peer, buffer);
        text(10, self.wrapping_key.as_deref().unwrap_or_default(), buffer);
    }
}

fn wire_outcome(outcome: Outcome) -> audit_entry::Outcome {
    match outcome {
        Outcome::Succeeded => audit_entry::Outcome::Succeeded,
        Outcome::Denied => audit_entry::Outcome::Denied,
        Outcome::Failed => audit_entry::Outcome::Failed,
    }
}

fn varint(tag: u32, value: u64, buffer: &mut Vec<u8>) {
    // A value of zero is left out, as in every proto3 encoding.
    if value != 0 {
        encode_key(tag, WireType::Varint, buffer);
        encode_varint(value, buffer);
    }
}

fn text(tag: u32, value: &str, buffer: &mut Vec<u8>) {
    if value.is_empty() {
        return;
    }
    let value = &value[..value.floor_char_boundary(MAX_TEXT_LEN)];
    encode_key(tag, WireType::LengthDelimited, buffer);
    encode_varint(value.len() as u64, buffer);
    buffer.put_slice(value.as_bytes());
}

/// A short text that is not kept anywhere: written in place, its length filled in afterwards.
fn display(tag: u32, value: &dyn std::fmt::Display, buffer: &mut Vec<u8>) {
    encode_key(tag, WireType::LengthDelimited, buffer);
    let length_at = buffer.len();
    buffer.push(0);
    std::io::Write::write_fmt(buffer, format_args!("{value}"))
        .expect("invariant: writing to a Vec cannot fail");
    let length = buffer.len() - length_at - 1;
    buffer[length_at] = u8::try_from(length)
        .ok()
        .filter(|length| *length < 0x80)
        .expect("invariant: names of algorithms are far shorter than 128 bytes");
}

fn timestamp(tag: u32, time: SystemTime, buffer: &mut Vec<u8>) {
    let since_epoch = time.duration_since(UNIX_EPOCH).unwrap_or_default();
    encode_key(tag, WireType::LengthDelimited, buffer);
    let length_at = buffer.len();
    buffer.push(0);
    varint(1, since_epoch.as_secs(), buffer);
    varint(2, u64::from(since_epoch.subsec_nanos()), buffer);
    // Two varints of at most 10 and 5 bytes with their keys: the length is one byte.
    buffer[length_at] = (buffer.len() - length_at - 1) as u8;
}

#[cfg(test)]
pub(super) mod tests {
    use prost::Message;
    use supacrypt_core::SignatureScheme;
    use supacrypt_proto::v1::AuditEntry;

    use super::*;

    pub(in crate::audit) fn entry(resource: &str) -> Entry {
        Entry {
            time: UNIX_EPOCH + std::time::Duration::new(1_795_000_000, 42),
            principal: Some(Principal::new("spiffe://example.org/signer")),
            action: "Sign",
            resource: resource.into(),
            algorithm: Some(Algorithm::Signature(SignatureScheme::Ecdsa)),
            outcome: Outcome::Succeeded,
            reason: None,
            peer: "127.0.0.1:40000".into(),
            wrapping_key: None,
        }
    }

    fn decoded(entry: &Entry, sequence: u64) -> AuditEntry {
        let mut buffer = Vec::new();
        entry.encode(sequence, &mut buffer);
        let message = AuditEntry::decode(&buffer[..]).unwrap();
        assert_eq!(message.encode_to_vec(), buffer, "not the canonical encoding");
        message
    }

    #[test]
    fn an_entry_reads_back_as_the_message_of_the_api() {
        let denied = Entry {
            outcome: Outcome::Denied,
            reason: Some(Reason::KeyringNotGranted),
            wrapping_key: Some("keyrings/a/keys/kek".into()),
            ..entry("keyrings/a/keys/b/versions/1")
        };
        let message = decoded(&denied, 7);
        assert_eq!(message.sequence, 7);
        let time = message.time.as_ref().unwrap();
        assert_eq!((time.seconds, time.nanos), (1_795_000_000, 42));
        assert_eq!(message.principal, "spiffe://example.org/signer");
        assert_eq!(message.action, "Sign");
        assert_eq!(message.resource, "keyrings/a/keys/b/versions/1");
        assert_eq!(message.algorithm, denied.algorithm.unwrap().to_string());
        assert_eq!(message.outcome(), audit_entry::Outcome::Denied);
        assert_eq!(message.reason, "KEYRING_NOT_GRANTED");
        assert_eq!(message.peer, "127.0.0.1:40000");
        assert_eq!(message.wrapping_key, "keyrings/a/keys/kek");
    }

    #[test]
    fn what_is_absent_stays_empty() {
        let bare = Entry {
            principal: None,
            algorithm: None,
            peer: "".into(),
            time: UNIX_EPOCH,
            ..entry("")
        };
        let message = decoded(&bare, 0);
        assert_eq!((message.sequence, message.principal.as_str()), (0, ""));
        assert_eq!((message.resource.as_str(), message.algorithm.as_str()), ("", ""));
    }

    #[test]
    fn a_text_a_caller_made_up_is_cut_between_characters() {
        let message = decoded(&entry(&"ä".repeat(10_000)), 1);
        assert_eq!(message.resource, "ä".repeat(MAX_TEXT_LEN / 2));
        let message = decoded(&entry(&format!("x{}", "ä".repeat(10_000))), 1);
        assert_eq!(message.resource.len(), MAX_TEXT_LEN - 1);
    }
}
