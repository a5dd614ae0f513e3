//! The hash chain: each event of a partition is sealed over the one before it, so that a changed,
//! removed or reordered event is found offline from an export alone.

use sha2::{Digest, Sha256};

/// A SHA-256 hash.
pub type Hash = [u8; 32];

/// What the first event of every partition is sealed over.
pub const GENESIS: Hash = [0; 32];

/// The fields of a stored event that the seal covers, exactly as stored.
#[derive(Debug, Clone, Copy)]
pub struct Link<'a> {
    /// Partition key.
    pub partition: &'a str,
    /// Dense sequence within the partition, from 1.
    pub sequence: i64,
    /// Event id.
    pub id: &'a str,
    /// Type name.
    pub type_name: &'a str,
    /// Subject.
    pub subject: &'a str,
    /// When it happened, microseconds.
    pub time: i64,
    /// When it was recorded, microseconds.
    pub recorded: i64,
    /// Effective date, ISO.
    pub effective: &'a str,
    /// Legal entity, or nothing.
    pub entity: &'a str,
    /// Chain of evidence.
    pub correlation: &'a str,
    /// Causing event, or nothing.
    pub causation: &'a str,
    /// Idempotency key.
    pub idempotency_key: &'a str,
    /// Who caused it.
    pub actor: &'a str,
    /// Where it came from.
    pub source: &'a str,
    /// How it came to be recorded.
    pub origin: &'a str,
    /// The payload's stored JSON text.
    pub data: &'a str,
}

/// The first place where a chain does not hold.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ChainBreak {
    /// A sequence number is missing or repeated.
    #[error("partition {partition}: expected event {expected}, found {found}")]
    Gap {
        /// The partition.
        partition: String,
        /// The sequence that should follow.
        expected: i64,
        /// The sequence that is there.
        found: i64,
    },
    /// The content of an event does not match its seal.
    #[error("partition {partition}: event {sequence} was changed after it was recorded")]
    Changed {
        /// The partition.
        partition: String,
        /// The event's sequence.
        sequence: i64,
    },
    /// Events are missing at the end: the recorded head lies further.
    #[error("partition {partition}: the log ends at {found} but its head stands at {head}")]
    CutOff {
        /// The partition.
        partition: String,
        /// Last sequence found.
        found: i64,
        /// Sequence of the recorded head.
        head: i64,
    },
}

/// The seal of `link` over the seal before it: SHA-256 of the previous hash and every field, each
/// led by its length in eight bytes, so that no two different events have the same bytes.
#[must_use]
pub fn link(previous: &Hash, link: &Link<'_>) -> Hash {
    let mut hasher = Sha256::new();
    hasher.update(previous);
    for number in [link.sequence, link.time, link.recorded] {
        hasher.update(number.to_be_bytes());
    }
    let texts = [
        link.partition,
        link.id,
        link.type_name,
        link.subject,
        link.effective,
        link.entity,
        link.correlation,
        link.causation,
        link.idempotency_key,
        link.actor,
        link.source,
        link.origin,
        link.data,
    ];
    for text in texts {
        hasher.update((text.len() as u64).to_be_bytes());
        hasher.update(text.as_bytes());
    }
    hasher.finalize().into()
}
