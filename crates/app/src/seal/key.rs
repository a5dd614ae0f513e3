//! Keys that never print, and where random bytes come from.

use super::SealFault;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::rand::{SecureRandom, SystemRandom};
use sha2::{Digest, Sha256};
use std::fmt;

/// Where random bytes come from, so that a test can say which.
pub trait Entropy: Send + Sync {
    /// Fills all of `bytes`.
    ///
    /// # Errors
    /// When there are none.
    fn fill(&self, bytes: &mut [u8]) -> Result<(), SealFault>;
}

/// The random bytes of the operating system.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemEntropy;

impl Entropy for SystemEntropy {
    fn fill(&self, bytes: &mut [u8]) -> Result<(), SealFault> {
        SystemRandom::new()
            .fill(bytes)
            .map_err(|_| SealFault::NoRandomness)
    }
}

/// One key of 32 bytes. `Debug` prints its id only.
#[derive(Clone, PartialEq, Eq)]
pub struct SealKey {
    id: String,
    bytes: [u8; 32],
}

impl fmt::Debug for SealKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "SealKey({})", self.id)
    }
}

impl SealKey {
    /// A key of these bytes; its id is the start of their digest, which tells nothing about them.
    #[must_use]
    pub fn from_bytes(bytes: [u8; 32]) -> SealKey {
        let mut digest = Sha256::new();
        digest.update(b"tieout seal key");
        digest.update(bytes);
        let id = hex::encode(digest.finalize().get(..4).unwrap_or_default());
        SealKey { id, bytes }
    }

    /// A new key.
    ///
    /// # Errors
    /// When there are no random bytes.
    pub fn generate(entropy: &dyn Entropy) -> Result<SealKey, SealFault> {
        let mut bytes = [0_u8; 32];
        entropy.fill(&mut bytes)?;
        Ok(SealKey::from_bytes(bytes))
    }

    /// Reads a line of a key file: 32 bytes in base64url.
    #[must_use]
    pub fn parse(line: &str) -> Option<SealKey> {
        let decoded = URL_SAFE_NO_PAD.decode(line.trim_end_matches('=')).ok()?;
        decoded.try_into().ok().map(SealKey::from_bytes)
    }

    /// The line of a key file.
    pub(super) fn line(&self) -> String {
        URL_SAFE_NO_PAD.encode(self.bytes)
    }

    /// By which name sealed texts know the key.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    pub(super) fn bytes(&self) -> &[u8; 32] {
        &self.bytes
    }
}
