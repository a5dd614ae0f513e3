//! Secrets at rest are sealed: encrypted and authenticated under a key that is kept apart from the
//! books, so that a copy of the database alone gives nobody a signing secret or a credential.
//!
//! A sealed text is `sealed:v1:<key id>:<base64url of nonce and ciphertext>`, XChaCha20-Poly1305 with a
//! random nonce of 24 bytes. What the secret is for (its *purpose* and its *name*) is authenticated
//! with it: a sealed text that was moved to another row or setting, or edited, does not open.
//!
//! A secret that belongs to a row of the books is kept by [`keep`] and opened by [`kept`] in the same
//! transaction as the rest of the row; `tieout seal rotate` then seals it again with the newest key.

mod kept;
mod key;
mod key_file;

pub use kept::{forget, keep, kept};
pub use key::{Entropy, SealKey, SystemEntropy};
pub use key_file::KeyFile;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use connect::Secret;
use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

/// What every sealed text begins with.
pub const SEALED_START: &str = "sealed:";
const VERSION: &str = "v1";
const NONCE_BYTES: usize = 24;

/// Why a secret was not sealed or did not open. No variant holds any of the secret.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SealFault {
    /// This program was opened without a key.
    #[error(
        "there is no key to seal secrets with: name one in TIEOUT_SEAL__KEY_FILE or [seal] key_file, or let `tieout serve` make seal.key in the data folder"
    )]
    NoKey,
    /// The system gave no random bytes.
    #[error("the system gave no random bytes, so nothing was sealed")]
    NoRandomness,
    /// A line of a key file is no key.
    #[error("line {line} of {} is no key: a line holds 32 bytes in base64url, newest key first", path.display())]
    KeyText {
        /// The file.
        path: PathBuf,
        /// Counted from one.
        line: usize,
    },
    /// A key file cannot be read or written.
    #[error("the key file {} cannot be used: {why}", path.display())]
    KeyFile {
        /// The file.
        path: PathBuf,
        /// What the system said.
        why: String,
    },
    /// Others on this machine can read the key file.
    #[error("others can read the key file {}: make it yours alone with chmod 600, and rotate the key if they may have", path.display())]
    KeyIsOpen {
        /// The file.
        path: PathBuf,
    },
    /// The books hold secrets under a key that this program does not have.
    #[error(
        "the secrets of these books are sealed with the key {wanted}, and the key file holds {found}: bring the key file that belongs to these books"
    )]
    OtherKey {
        /// Id of the key that the books ask for.
        wanted: String,
        /// Ids of the keys at hand, or `none`.
        found: String,
    },
    /// The text is not a sealed one.
    #[error(
        "{name} is not sealed: a sealed value begins with sealed:v1: and is made by `tieout seal value`"
    )]
    NotSealed {
        /// Which secret.
        name: String,
    },
    /// The text was sealed by a newer version of the program.
    #[error(
        "{name} is sealed in the form {form:?}, which this version of the program does not know"
    )]
    Form {
        /// Which secret.
        name: String,
        /// The form that it states.
        form: String,
    },
    /// It was sealed with a key that is not at hand.
    #[error("{name} is sealed with the key {key}, which is not in the key file")]
    UnknownKey {
        /// Which secret.
        name: String,
        /// Id of the missing key.
        key: String,
    },
    /// It does not open with the right key.
    #[error("{name} does not open: the sealed text was edited, cut, or sealed for another name")]
    Edited {
        /// Which secret.
        name: String,
    },
}

/// Seals with the newest key and opens with every key that it holds.
pub struct Sealer {
    keys: Vec<SealKey>,
    entropy: Arc<dyn Entropy>,
}

impl fmt::Debug for Sealer {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Sealer")
            .field("keys", &self.keys)
            .finish_non_exhaustive()
    }
}

impl Sealer {
    /// A sealer over keys, newest first, with a source of nonces.
    ///
    /// # Errors
    /// When there is no key.
    pub fn new(keys: Vec<SealKey>, entropy: Arc<dyn Entropy>) -> Result<Sealer, SealFault> {
        if keys.is_empty() {
            return Err(SealFault::NoKey);
        }
        Ok(Sealer { keys, entropy })
    }

    /// A sealer of one key with the nonces of the system: for tests and for keys kept elsewhere.
    #[must_use]
    pub fn from_key(bytes: [u8; 32]) -> Sealer {
        Sealer {
            keys: vec![SealKey::from_bytes(bytes)],
            entropy: Arc::new(SystemEntropy),
        }
    }

    /// Ids of the keys, newest first.
    #[must_use]
    pub fn key_ids(&self) -> Vec<&str> {
        self.keys.iter().map(SealKey::id).collect()
    }

    /// Whether a text looks like a sealed one.
    #[must_use]
    pub fn is_sealed(text: &str) -> bool {
        text.starts_with(SEALED_START)
    }

    /// Whether a sealed text was sealed with the newest key.
    #[must_use]
    pub fn is_newest(&self, text: &str) -> bool {
        text.split(':').nth(2) == self.keys.first().map(SealKey::id)
    }

    /// Seals a secret for a purpose such as `webhook_endpoint` and a name such as the endpoint's id.
    ///
    /// # Errors
    /// When the system gives no random bytes.
    pub fn seal(&self, purpose: &str, name: &str, secret: &Secret) -> Result<String, SealFault> {
        let key = self.keys.first().ok_or(SealFault::NoKey)?;
        let mut nonce = [0_u8; NONCE_BYTES];
        self.entropy.fill(&mut nonce)?;
        let bound = bound_to(key.id(), purpose, name);
        let payload = Payload {
            msg: secret.reveal().as_bytes(),
            aad: &bound,
        };
        let cipher = XChaCha20Poly1305::new(key.bytes().into());
        // It refuses only what is longer than 256 GB.
        let sealed =
            cipher
                .encrypt(&XNonce::from(nonce), payload)
                .map_err(|_| SealFault::Edited {
                    name: name.to_owned(),
                })?;
        let mut bytes = nonce.to_vec();
        bytes.extend(sealed);
        Ok(format!(
            "{SEALED_START}{VERSION}:{}:{}",
            key.id(),
            URL_SAFE_NO_PAD.encode(bytes)
        ))
    }

    /// Opens what was sealed for this purpose and name.
    ///
    /// # Errors
    /// When the text is not a sealed one, was edited or moved, or its key is not at hand.
    pub fn open(&self, purpose: &str, name: &str, text: &str) -> Result<Secret, SealFault> {
        let owned = || name.to_owned();
        let rest = text
            .strip_prefix(SEALED_START)
            .ok_or_else(|| SealFault::NotSealed { name: owned() })?;
        let mut parts = rest.splitn(3, ':');
        let (form, id, body) = (
            parts.next().unwrap_or_default(),
            parts.next().unwrap_or_default(),
            parts.next().unwrap_or_default(),
        );
        if form != VERSION {
            return Err(SealFault::Form {
                name: owned(),
                form: form.chars().take(20).collect(),
            });
        }
        let key =
            self.keys
                .iter()
                .find(|key| key.id() == id)
                .ok_or_else(|| SealFault::UnknownKey {
                    name: owned(),
                    key: id.chars().take(20).collect(),
                })?;
        let edited = || SealFault::Edited { name: owned() };
        let bytes = URL_SAFE_NO_PAD.decode(body).map_err(|_| edited())?;
        let (nonce, sealed) = bytes
            .split_first_chunk::<NONCE_BYTES>()
            .ok_or_else(edited)?;
        let bound = bound_to(key.id(), purpose, name);
        let opened = XChaCha20Poly1305::new(key.bytes().into())
            .decrypt(
                &XNonce::from(*nonce),
                Payload {
                    msg: sealed,
                    aad: &bound,
                },
            )
            .map_err(|_| edited())?;
        String::from_utf8(opened)
            .map(Secret::new)
            .map_err(|_| edited())
    }
}

/// What is authenticated with the secret; lengths are stated so that no two pairs read the same.
fn bound_to(key: &str, purpose: &str, name: &str) -> Vec<u8> {
    format!(
        "tieout seal {VERSION} {key} {}:{purpose} {}:{name}",
        purpose.len(),
        name.len()
    )
    .into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicU8, Ordering};

    /// Counts instead of throwing dice.
    struct Counting(AtomicU8);

    impl Entropy for Counting {
        fn fill(&self, bytes: &mut [u8]) -> Result<(), SealFault> {
            bytes.fill(self.0.fetch_add(1, Ordering::SeqCst));
            Ok(())
        }
    }

    struct Dry;

    impl Entropy for Dry {
        fn fill(&self, _: &mut [u8]) -> Result<(), SealFault> {
            Err(SealFault::NoRandomness)
        }
    }

    fn sealer(keys: &[u8]) -> Sealer {
        let keys = keys
            .iter()
            .map(|byte| SealKey::from_bytes([*byte; 32]))
            .collect();
        Sealer::new(keys, Arc::new(Counting(AtomicU8::new(0)))).unwrap()
    }

    #[test]
    fn a_secret_comes_back_for_its_purpose_and_name_only() {
        let sealer = sealer(&[1]);
        let secret = Secret::new("whsec_very_private");
        let text = sealer.seal("webhook_endpoint", "whe_1", &secret).unwrap();
        assert!(
            text.starts_with("sealed:v1:") && !text.contains("private"),
            "{text}"
        );
        assert_eq!(
            sealer.open("webhook_endpoint", "whe_1", &text).unwrap(),
            secret
        );
        for (purpose, name) in [
            ("webhook_endpoint", "whe_2"),
            ("setting", "whe_1"),
            ("webhook_endpointw", "he_1"),
        ] {
            let refused = sealer.open(purpose, name, &text).unwrap_err();
            assert_eq!(
                refused,
                SealFault::Edited {
                    name: name.to_owned()
                }
            );
        }
        // The same secret never looks the same twice.
        assert_ne!(
            text,
            sealer.seal("webhook_endpoint", "whe_1", &secret).unwrap()
        );
    }

    #[test]
    fn every_edited_character_is_noticed() {
        let sealer = sealer(&[1]);
        let text = sealer.seal("setting", "a", &Secret::new("s")).unwrap();
        for at in 0..text.len() {
            let mut bytes = text.clone().into_bytes();
            bytes[at] = if bytes[at] == b'A' { b'B' } else { b'A' };
            let edited = String::from_utf8(bytes).unwrap();
            assert!(sealer.open("setting", "a", &edited).is_err(), "{edited}");
        }
        for cut in 0..text.len() {
            assert!(sealer.open("setting", "a", &text[..cut]).is_err(), "{cut}");
        }
    }

    #[test]
    fn an_older_key_opens_and_the_newest_seals() {
        let old = sealer(&[1]);
        let text = old.seal("setting", "a", &Secret::new("s")).unwrap();
        let rotated = sealer(&[2, 1]);
        assert_eq!(rotated.open("setting", "a", &text).unwrap().reveal(), "s");
        assert!(!rotated.is_newest(&text));
        let again = rotated.seal("setting", "a", &Secret::new("s")).unwrap();
        assert!(rotated.is_newest(&again));
        let refused = old.open("setting", "a", &again).unwrap_err().to_string();
        assert!(
            refused.contains(rotated.key_ids()[0]) && refused.contains("key file"),
            "{refused}"
        );
    }

    #[test]
    fn neither_sealer_nor_fault_prints_a_key_or_a_secret() {
        let sealer = sealer(&[0x41]);
        let printed = format!("{sealer:?}");
        assert!(printed.contains(sealer.key_ids()[0]), "{printed}");
        assert!(
            !printed.contains("AAAA") && !printed.contains("65, 65"),
            "{printed}"
        );
        let told = sealer.open("setting", "a", "sk_live_private").unwrap_err();
        assert!(!format!("{told} {told:?}").contains("private"));
        assert_eq!(
            Sealer::new(vec![SealKey::from_bytes([1; 32])], Arc::new(Dry))
                .unwrap()
                .seal("setting", "a", &Secret::new("s")),
            Err(SealFault::NoRandomness)
        );
    }

    #[test]
    fn a_newer_form_is_named() {
        let refused = sealer(&[1])
            .open("setting", "a", "sealed:v9:x:y")
            .unwrap_err();
        assert!(refused.to_string().contains("v9"), "{refused}");
    }
}
