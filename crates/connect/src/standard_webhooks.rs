//! Signing what we send by the Standard Webhooks specification (version 1).
//!
//! Three headers go with each request: `webhook-id` (the same on every attempt), `webhook-timestamp`
//! (seconds, of this attempt) and `webhook-signature`: one `v1,<base64>` for each secret in force,
//! parted by spaces, so that a receiver can change its secret without losing a message. The base64 is
//! HMAC-SHA256 over `id.timestamp.body`; the key is what stands in base64 after `whsec_`.

use crate::request::{Body, Method, Operation, Request, Safety};
use crate::secret::Secret;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use values::Instant;

/// What a signing secret begins with.
pub const SECRET_START: &str = "whsec_";
/// How many random bytes a new secret has.
pub const SECRET_BYTES: usize = 32;
/// Age in seconds up to which a receiver accepts a message.
pub const TOLERANCE_S: i64 = 300;

/// One request of ours to an endpoint. The receiver tells repeats by the message id.
pub const SEND: Operation = Operation {
    system: "webhook",
    name: "send_event",
    safety: Safety::NativeKey,
};

/// Why a message is not signed or not believed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SignatureRefused {
    /// The secret is no `whsec_` text.
    #[error("the signing secret is not whsec_ followed by 24 to 64 bytes in base64")]
    Secret,
    /// A header is missing or malformed.
    #[error("the {header} header is missing or malformed")]
    Header {
        /// Which.
        header: &'static str,
    },
    /// No signature fits.
    #[error("no signature was made with this secret over this message")]
    NoMatch,
    /// It was signed too long ago, or in the future.
    #[error("the message was signed {away_s} seconds away from now, more than {TOLERANCE_S}")]
    Stale {
        /// How far away.
        away_s: i64,
    },
}

/// The text of a secret from random bytes.
#[must_use]
pub fn secret_of(bytes: &[u8; SECRET_BYTES]) -> Secret {
    Secret::new(format!("{SECRET_START}{}", STANDARD.encode(bytes)))
}

/// The headers of one attempt, signed with every secret given, newest first.
///
/// # Errors
/// When a secret is malformed.
pub fn headers(
    id: &str,
    at: Instant,
    body: &[u8],
    secrets: &[Secret],
) -> Result<Vec<(String, String)>, SignatureRefused> {
    let timestamp = at.seconds().to_string();
    let signatures = secrets
        .iter()
        .map(|secret| {
            let mac = keyed(secret, id, &timestamp, body)?;
            Ok(format!(
                "v1,{}",
                STANDARD.encode(mac.finalize().into_bytes())
            ))
        })
        .collect::<Result<Vec<_>, SignatureRefused>>()?;
    Ok(vec![
        ("webhook-id".to_owned(), id.to_owned()),
        ("webhook-timestamp".to_owned(), timestamp),
        ("webhook-signature".to_owned(), signatures.join(" ")),
    ])
}

/// The request of one attempt.
///
/// # Errors
/// As [`headers`].
pub fn request(
    url: &str,
    id: &str,
    at: Instant,
    body: Vec<u8>,
    secrets: &[Secret],
) -> Result<Request, SignatureRefused> {
    Ok(Request {
        method: Method::Post,
        url: url.to_owned(),
        headers: headers(id, at, &body, secrets)?,
        body: Some(Body {
            content_type: "application/cloudevents+json; charset=utf-8",
            bytes: body,
        }),
        operation: &SEND,
    })
}

/// Checks a message as its receiver does: the signature first, then its age.
///
/// # Errors
/// When the message must not be believed.
pub fn verify(
    id: &str,
    timestamp: &str,
    signatures: &str,
    body: &[u8],
    secret: &Secret,
    now: Instant,
) -> Result<(), SignatureRefused> {
    let seconds: i64 = timestamp.parse().map_err(|_| SignatureRefused::Header {
        header: "webhook-timestamp",
    })?;
    let mac = keyed(secret, id, timestamp, body)?;
    let matches = signatures
        .split(' ')
        .filter_map(|one| STANDARD.decode(one.strip_prefix("v1,")?).ok())
        .fold(false, |found, bytes| {
            found | mac.clone().verify_slice(&bytes).is_ok()
        });
    if !matches {
        return Err(SignatureRefused::NoMatch);
    }
    let away_s = now.seconds().saturating_sub(seconds).saturating_abs();
    if away_s > TOLERANCE_S {
        return Err(SignatureRefused::Stale { away_s });
    }
    Ok(())
}

fn keyed(
    secret: &Secret,
    id: &str,
    timestamp: &str,
    body: &[u8],
) -> Result<Hmac<Sha256>, SignatureRefused> {
    let key = secret
        .reveal()
        .strip_prefix(SECRET_START)
        .and_then(|text| STANDARD.decode(text).ok())
        .filter(|key| (24..=64).contains(&key.len()))
        .ok_or(SignatureRefused::Secret)?;
    let mut mac = Hmac::<Sha256>::new_from_slice(&key).map_err(|_| SignatureRefused::Secret)?;
    for part in [id.as_bytes(), b".", timestamp.as_bytes(), b".", body] {
        mac.update(part);
    }
    Ok(mac)
}

#[cfg(test)]
mod tests {
    use super::*;

    // The example of the specification's own documentation.
    const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
    const ID: &str = "msg_p5jXN8AQM9LWM0D4loKWxJek";
    const BODY: &[u8] = br#"{"test": 2432232314}"#;
    const SIGNED: &str = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=";

    fn at() -> Instant {
        Instant::from_seconds(1_614_265_330)
    }

    #[test]
    fn the_published_vector_is_met() {
        let secrets = [Secret::new(SECRET)];
        let made = headers(ID, at(), BODY, &secrets).unwrap();
        let pairs: Vec<(&str, &str)> = made
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()))
            .collect();
        assert_eq!(
            pairs,
            [
                ("webhook-id", ID),
                ("webhook-timestamp", "1614265330"),
                ("webhook-signature", SIGNED)
            ]
        );
        verify(ID, "1614265330", SIGNED, BODY, &secrets[0], at()).unwrap();
    }

    #[test]
    fn both_secrets_sign_while_one_takes_over_from_the_other() {
        let (new, old) = (secret_of(&[7; 32]), Secret::new(SECRET));
        let made = headers(ID, at(), BODY, &[new.clone(), old.clone()]).unwrap();
        let signatures = made[2].1.as_str();
        assert_eq!(signatures.split(' ').count(), 2);
        for secret in [&new, &old] {
            verify(ID, "1614265330", signatures, BODY, secret, at()).unwrap();
        }
    }

    #[test]
    fn what_was_changed_or_is_stale_is_not_believed() {
        let secret = Secret::new(SECRET);
        let refused = |id: &str, time: &str, body: &[u8], now: i64| {
            verify(id, time, SIGNED, body, &secret, Instant::from_seconds(now)).unwrap_err()
        };
        let now = 1_614_265_330;
        let changed = br#"{"test": 2432232315}"#;
        for told in [
            refused("msg_other", "1614265330", BODY, now),
            refused(ID, "1614265331", BODY, now),
            refused(ID, "1614265330", changed, now),
        ] {
            assert_eq!(told, SignatureRefused::NoMatch);
        }
        let stale = refused(ID, "1614265330", BODY, now + 301);
        assert_eq!(stale, SignatureRefused::Stale { away_s: 301 });
        let malformed = refused(ID, "yesterday", BODY, now);
        assert!(matches!(malformed, SignatureRefused::Header { .. }));
    }

    #[test]
    fn a_malformed_secret_signs_nothing() {
        for text in [
            "",
            "whsec_",
            "whsec_!!",
            "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
            "whsec_c2hvcnQ=",
        ] {
            let told = headers(ID, at(), BODY, &[Secret::new(text)]).unwrap_err();
            assert_eq!(told, SignatureRefused::Secret, "{text:?}");
        }
    }
}
