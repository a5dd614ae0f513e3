//! Signature of an inbound Stripe event, checked over the raw bytes before anything is parsed.
//!
//! `Stripe-Signature: t=<unix seconds>,v1=<hex>[,v1=<hex>][,v0=…]` with
//! `v1 = hex(HMAC-SHA256(secret, t + "." + body))`; the secret is the whole `whsec_…` text. Any
//! `v1` that matches any configured secret is enough, so that secrets can be rotated; other
//! schemes are ignored. (As the official Python client 16.1.0 verifies.)

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use values::Instant;

use crate::secret::Secret;

/// Age in seconds up to which a signature is accepted when nothing else is configured.
pub const DEFAULT_TOLERANCE_S: i64 = 300;

/// Most `v1` signatures looked at; a header with more is malformed.
const SIGNATURES_MAX: usize = 16;

/// Why a delivery is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SignatureFault {
    /// There is no `Stripe-Signature` header, or no signing secret is configured.
    #[error("the delivery carries no signature that could be checked")]
    Missing,
    /// The header lacks a single timestamp or a `v1` signature.
    #[error("the Stripe-Signature header is malformed: {problem}")]
    Malformed {
        /// What is wrong with it.
        problem: &'static str,
    },
    /// No signature was made with one of our secrets over these bytes.
    #[error("no signature in the Stripe-Signature header matches the body")]
    NoMatch,
    /// Signed properly, but too long ago: a replay, or a delivery that was held up.
    #[error("the delivery was signed {age_s} seconds ago, more than the {tolerance_s} allowed")]
    TooOld {
        /// Age in seconds.
        age_s: i64,
        /// Allowed age in seconds.
        tolerance_s: i64,
    },
    /// Signed properly, but later than now: a clock is wrong.
    #[error("the delivery was signed {ahead_s} seconds in the future; compare the clocks")]
    InFuture {
        /// How far ahead in seconds.
        ahead_s: i64,
    },
}

/// How deliveries are checked.
#[derive(Debug, Clone)]
pub struct Verifier {
    /// Secrets of the endpoint, the new one and during rotation the old one.
    pub secrets: Vec<Secret>,
    /// Accepted age, and clock difference into the future, in seconds.
    pub tolerance_s: i64,
}

impl Verifier {
    /// Checks a delivery. `header` is the value of `Stripe-Signature`, `body` the bytes exactly
    /// as received. Returns the moment it was signed.
    ///
    /// The signature is checked before the age, so that a forger learns nothing about our clock.
    ///
    /// # Errors
    /// When the delivery must be refused.
    pub fn verify(
        &self,
        header: Option<&str>,
        body: &[u8],
        now: Instant,
    ) -> Result<Instant, SignatureFault> {
        let header = header.ok_or(SignatureFault::Missing)?;
        if self.secrets.iter().all(Secret::is_empty) {
            return Err(SignatureFault::Missing);
        }
        let parts = Parts::read(header)?;
        if !self.any_matches(&parts, body) {
            return Err(SignatureFault::NoMatch);
        }
        let age_s = now.seconds().saturating_sub(parts.timestamp_s);
        if age_s > self.tolerance_s {
            return Err(SignatureFault::TooOld {
                age_s,
                tolerance_s: self.tolerance_s,
            });
        }
        if age_s < self.tolerance_s.saturating_neg() {
            return Err(SignatureFault::InFuture {
                ahead_s: age_s.saturating_neg(),
            });
        }
        Ok(Instant::from_seconds(parts.timestamp_s))
    }

    fn any_matches(&self, parts: &Parts<'_>, body: &[u8]) -> bool {
        let mut matched = false;
        for secret in self.secrets.iter().filter(|secret| !secret.is_empty()) {
            let Some(mac) = keyed(secret, parts.timestamp_text, body) else {
                continue;
            };
            for signature in &parts.signatures {
                // Constant time, and no early end, so timing tells nothing about which one fits.
                matched |= mac.clone().verify_slice(signature).is_ok();
            }
        }
        matched
    }
}

/// Signs a body as Stripe does; for simulators and tests. Returns the header value.
pub fn sign(secret: &Secret, body: &[u8], at: Instant) -> String {
    let timestamp = at.seconds().to_string();
    let signature = keyed(secret, &timestamp, body)
        .map(|mac| hex::encode(mac.finalize().into_bytes()))
        .unwrap_or_default();
    format!("t={timestamp},v1={signature}")
}

/// `None` never happens: HMAC takes keys of any length.
fn keyed(secret: &Secret, timestamp: &str, body: &[u8]) -> Option<Hmac<Sha256>> {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.reveal().as_bytes()).ok()?;
    mac.update(timestamp.as_bytes());
    mac.update(b".");
    mac.update(body);
    Some(mac)
}

struct Parts<'a> {
    timestamp_text: &'a str,
    timestamp_s: i64,
    signatures: Vec<[u8; 32]>,
}

impl<'a> Parts<'a> {
    fn read(header: &'a str) -> Result<Parts<'a>, SignatureFault> {
        let malformed = |problem| SignatureFault::Malformed { problem };
        let mut timestamp_text = None;
        let mut signatures = Vec::new();
        let mut seen_v1 = 0_usize;
        for part in header.split(',') {
            let Some((scheme, value)) = part.trim().split_once('=') else {
                return Err(malformed("a part has no equals sign"));
            };
            match scheme {
                "t" if timestamp_text.is_some() => return Err(malformed("two timestamps")),
                "t" => timestamp_text = Some(value),
                "v1" => {
                    seen_v1 = seen_v1.saturating_add(1);
                    let mut signature = [0_u8; 32];
                    if hex::decode_to_slice(value, &mut signature).is_ok() {
                        signatures.push(signature);
                    }
                }
                _ => {}
            }
        }
        let timestamp_text = timestamp_text.ok_or(malformed("no timestamp"))?;
        let timestamp_s = timestamp_text
            .parse()
            .map_err(|_| malformed("the timestamp is not whole seconds"))?;
        match seen_v1 {
            0 => Err(malformed("no v1 signature")),
            count if count > SIGNATURES_MAX => Err(malformed("too many v1 signatures")),
            _ => Ok(Parts {
                timestamp_text,
                timestamp_s,
                signatures,
            }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW_S: i64 = 1_767_225_600;

    fn verifier(secrets: &[&str]) -> Verifier {
        Verifier {
            secrets: secrets.iter().map(|text| Secret::new(*text)).collect(),
            tolerance_s: DEFAULT_TOLERANCE_S,
        }
    }

    fn check(secrets: &[&str], header: &str, now_s: i64) -> Result<Instant, SignatureFault> {
        verifier(secrets).verify(Some(header), b"{}", Instant::from_seconds(now_s))
    }

    #[test]
    fn a_rotated_secret_is_still_accepted() {
        let header = sign(&Secret::new("old"), b"{}", Instant::from_seconds(NOW_S));
        assert_eq!(
            check(&["new", "old"], &header, NOW_S),
            Ok(Instant::from_seconds(NOW_S))
        );
        assert_eq!(
            check(&["new"], &header, NOW_S),
            Err(SignatureFault::NoMatch)
        );
    }

    #[test]
    fn age_is_judged_at_both_ends() {
        let header = sign(&Secret::new("s"), b"{}", Instant::from_seconds(NOW_S));
        assert!(check(&["s"], &header, NOW_S + 300).is_ok());
        assert!(check(&["s"], &header, NOW_S - 300).is_ok());
        assert_eq!(
            check(&["s"], &header, NOW_S + 301),
            Err(SignatureFault::TooOld {
                age_s: 301,
                tolerance_s: 300
            })
        );
        assert_eq!(
            check(&["s"], &header, NOW_S - 301),
            Err(SignatureFault::InFuture { ahead_s: 301 })
        );
    }

    #[test]
    fn a_forged_old_delivery_is_a_forgery_first() {
        assert_eq!(
            check(&["s"], &format!("t=1,v1={}", "00".repeat(32)), NOW_S),
            Err(SignatureFault::NoMatch)
        );
    }

    #[test]
    fn headers_that_cannot_be_read_are_refused() {
        for header in [
            "",
            "t=1",
            "v1=00",
            "t=x,v1=00",
            "t=1,t=2,v1=00",
            "garbage",
            "t=1,v0=00",
        ] {
            assert!(
                matches!(
                    check(&["s"], header, NOW_S),
                    Err(SignatureFault::Malformed { .. })
                ),
                "{header}"
            );
        }
        let many = format!("t=1{}", ",v1=00".repeat(17));
        assert!(matches!(
            check(&["s"], &many, NOW_S),
            Err(SignatureFault::Malformed { .. })
        ));
    }

    #[test]
    fn nothing_passes_without_header_or_secret() {
        let now = Instant::from_seconds(NOW_S);
        assert_eq!(
            verifier(&["s"]).verify(None, b"{}", now),
            Err(SignatureFault::Missing)
        );
        let header = sign(&Secret::new(""), b"{}", now);
        assert_eq!(check(&[""], &header, NOW_S), Err(SignatureFault::Missing));
        assert_eq!(check(&[], &header, NOW_S), Err(SignatureFault::Missing));
    }
}
