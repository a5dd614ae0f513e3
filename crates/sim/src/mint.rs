//! Ids and chance made from the seed by hashing: the same question gets the same answer.

use ring::digest;

const BASE62: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// SHA-256 of the seed and the parts, each with its length before it so that no two lists of parts meet.
pub(crate) fn digest_of(seed: u64, parts: &[&str]) -> [u8; 32] {
    let mut context = digest::Context::new(&digest::SHA256);
    context.update(&seed.to_be_bytes());
    for part in parts {
        context.update(&(part.len() as u64).to_be_bytes());
        context.update(part.as_bytes());
    }
    let mut bytes = [0; 32];
    bytes.copy_from_slice(context.finish().as_ref());
    bytes
}

/// A number drawn by hashing.
pub(crate) fn draw(seed: u64, parts: &[&str]) -> u64 {
    let mut first = [0; 8];
    first.copy_from_slice(&digest_of(seed, parts)[0..8]);
    u64::from_be_bytes(first)
}

/// `length` (at most 32) letters and digits made by hashing.
pub(crate) fn letters(seed: u64, parts: &[&str], length: usize) -> String {
    digest_of(seed, parts)
        .iter()
        .take(length)
        .map(|byte| char::from(BASE62[usize::from(*byte) % 62]))
        .collect()
}
