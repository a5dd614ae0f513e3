//! Token-based authentication: OAuth 1.0a with HMAC-SHA256 (RFC 5849).

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ring::hmac;

use crate::http::{decode_pairs, percent_decode, percent_encode};

/// The account, in the spelling of the realm.
pub const ACCOUNT: &str = "1234567_SB1";
/// The consumer key it accepts.
pub const CONSUMER_KEY: &str = "ck_tieout";
/// Its secret.
pub const CONSUMER_SECRET: &str = "cs_tieout";
/// The token it accepts.
pub const TOKEN_ID: &str = "tk_tieout";
/// Its secret.
pub const TOKEN_SECRET: &str = "ts_tieout";

/// What is signed beside the header.
#[derive(Debug, Clone, Copy)]
pub(super) struct Signed<'a> {
    pub(super) method: &'a str,
    /// Scheme, host (with its port unless that is the usual one) and path, as sent.
    pub(super) url: &'a str,
    /// As sent, without the question mark.
    pub(super) query: &'a str,
}

/// The parameters of an `OAuth …` header; `None` when it is not one.
pub(super) fn parameters(header: &str) -> Option<Vec<(String, String)>> {
    let list = header.strip_prefix("OAuth ")?;
    list.split(',')
        .map(|part| {
            let (name, value) = part.trim().split_once('=')?;
            let value = value.strip_prefix('"')?.strip_suffix('"')?;
            Some((percent_decode(name), percent_decode(value)))
        })
        .collect()
}

/// The text that is signed: every `oauth_*` parameter received takes part (clients add
/// `oauth_body_hash`), but neither the realm nor the signature.
pub(super) fn base_string(signed: &Signed<'_>, header: &[(String, String)]) -> String {
    let own = header
        .iter()
        .filter(|(name, _)| name != "realm" && name != "oauth_signature")
        .cloned();
    let mut all: Vec<(String, String)> = own
        .chain(decode_pairs(signed.query))
        .map(|(name, value)| (percent_encode(&name), percent_encode(&value)))
        .collect();
    all.sort();
    let list: Vec<String> = all
        .into_iter()
        .map(|(name, value)| format!("{name}={value}"))
        .collect();
    format!(
        "{}&{}&{}",
        signed.method,
        percent_encode(signed.url),
        percent_encode(&list.join("&"))
    )
}

/// Whether the header is a good signature by the one consumer and token; answers its nonce.
pub(super) fn verify(signed: &Signed<'_>, header: &str) -> Option<Credentials> {
    let all = parameters(header)?;
    let value = |name: &str| {
        all.iter()
            .find(|(key, _)| key == name)
            .map(|(_, value)| value.as_str())
    };
    let expected = [
        ("realm", ACCOUNT),
        ("oauth_consumer_key", CONSUMER_KEY),
        ("oauth_token", TOKEN_ID),
        ("oauth_signature_method", "HMAC-SHA256"),
    ];
    if expected
        .iter()
        .any(|(name, wanted)| value(name) != Some(wanted))
    {
        return None;
    }
    let signature = STANDARD.decode(value("oauth_signature")?).ok()?;
    let key = format!(
        "{}&{}",
        percent_encode(CONSUMER_SECRET),
        percent_encode(TOKEN_SECRET)
    );
    let key = hmac::Key::new(hmac::HMAC_SHA256, key.as_bytes());
    hmac::verify(&key, base_string(signed, &all).as_bytes(), &signature).ok()?;
    Some(Credentials {
        nonce: value("oauth_nonce")?.to_owned(),
        timestamp: value("oauth_timestamp")?.parse().ok()?,
    })
}

/// What must be fresh about a signature.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Credentials {
    pub(super) nonce: String,
    /// Seconds since the Unix epoch.
    pub(super) timestamp: i64,
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::Value;

    #[test]
    fn the_published_vectors_hold() {
        let vectors: Value = serde_json::from_str(include_str!(
            "../../tests/fixtures/vectors/webhook-and-request-signatures.json"
        ))
        .unwrap();
        let mut seen = 0;
        for vector in vectors["vectors"]
            .as_array()
            .unwrap()
            .iter()
            .filter(|v| v["system"] == "netsuite")
        {
            let (url, query) = vector["url"]
                .as_str()
                .unwrap()
                .split_once('?')
                .unwrap_or((vector["url"].as_str().unwrap(), ""));
            let signed = Signed {
                method: vector["method"].as_str().unwrap(),
                url,
                query,
            };
            let header = vector["headers"]["Authorization"].as_str().unwrap();
            assert_eq!(
                base_string(&signed, &parameters(header).unwrap()),
                vector["base_string"].as_str().unwrap()
            );
            let good = Credentials {
                nonce: "abcdef0123456789".to_owned(),
                timestamp: 1_767_225_600,
            };
            assert_eq!(verify(&signed, header), Some(good));
            assert_eq!(
                verify(
                    &Signed {
                        method: "DELETE",
                        ..signed
                    },
                    header
                ),
                None
            );
            assert_eq!(
                verify(&signed, &header.replace("1234567_SB1", "1234567")),
                None
            );
            seen += 1;
        }
        assert_eq!(seen, 2);
        assert_eq!(parameters("Bearer x"), None);
    }
}
