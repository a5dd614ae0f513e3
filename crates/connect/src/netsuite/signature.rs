//! Token-based authentication: OAuth 1.0a with HMAC-SHA256.
//!
//! The base string is `METHOD & enc(URL without query) & enc(sorted parameters)`, where the
//! parameters are those of the query and the `oauth_…` ones; JSON bodies are not part of it. The
//! key is `enc(consumer secret) & enc(token secret)`. The realm is the account in upper case and
//! is not signed. Checked against vectors made with oauthlib 3.3.1 and oauth-1.0a 2.2.6.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use values::Instant;

use crate::encoding::{pairs, percent};
use crate::request::Method;
use crate::secret::Secret;

/// The credentials of one integration in one NetSuite account.
#[derive(Debug, Clone)]
pub struct Credentials {
    /// Account id as NetSuite shows it, e.g. `1234567_SB1`.
    pub account: String,
    /// Key of the integration record.
    pub consumer_key: String,
    /// Secret of the integration record.
    pub consumer_secret: Secret,
    /// Id of the access token.
    pub token: String,
    /// Secret of the access token.
    pub token_secret: Secret,
}

/// What makes each signed call unique. A stamp is used once: the server refuses a repeat.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stamp {
    /// Random text, never used before with the same second.
    pub nonce: String,
    /// The present moment.
    pub at: Instant,
}

impl Credentials {
    /// The value of the `Authorization` header for one call.
    pub fn authorization(&self, method: Method, url: &str, stamp: &Stamp) -> String {
        let own = self.own_parameters(stamp);
        let signature = self.signature(&base_string(method, url, &own));
        let mut header = format!("OAuth realm=\"{}\"", percent(&self.realm()));
        for (name, value) in own
            .iter()
            .map(|(name, value)| (*name, value.as_str()))
            .chain([("oauth_signature", signature.as_str())])
        {
            header.push_str(&format!(", {name}=\"{}\"", percent(value)));
        }
        header
    }

    /// The account as the realm has it.
    fn realm(&self) -> String {
        self.account.to_ascii_uppercase().replace('-', "_")
    }

    fn own_parameters(&self, stamp: &Stamp) -> [(&'static str, String); 6] {
        [
            ("oauth_consumer_key", self.consumer_key.clone()),
            ("oauth_nonce", stamp.nonce.clone()),
            ("oauth_signature_method", "HMAC-SHA256".to_owned()),
            ("oauth_timestamp", stamp.at.seconds().to_string()),
            ("oauth_token", self.token.clone()),
            ("oauth_version", "1.0".to_owned()),
        ]
    }

    fn signature(&self, base: &str) -> String {
        let key = format!(
            "{}&{}",
            percent(self.consumer_secret.reveal()),
            percent(self.token_secret.reveal())
        );
        // HMAC takes keys of any length, so this cannot fail.
        let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(key.as_bytes()) else {
            return String::new();
        };
        mac.update(base.as_bytes());
        STANDARD.encode(mac.finalize().into_bytes())
    }
}

fn base_string(method: Method, url: &str, own: &[(&'static str, String)]) -> String {
    let (address, query) = url.split_once('?').unwrap_or((url, ""));
    let mut parameters: Vec<(String, String)> = pairs(query, false)
        .unwrap_or_default()
        .iter()
        .map(|(name, value)| (percent(name), percent(value)))
        .chain(
            own.iter()
                .map(|(name, value)| (percent(name), percent(value))),
        )
        .collect();
    parameters.sort();
    let joined: Vec<String> = parameters
        .iter()
        .map(|(name, value)| format!("{name}={value}"))
        .collect();
    format!(
        "{}&{}&{}",
        method.as_str(),
        percent(address),
        percent(&joined.join("&"))
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn credentials() -> Credentials {
        Credentials {
            account: "1234567-sb1".into(),
            consumer_key: "ck_tieout".into(),
            consumer_secret: Secret::new("cs_tieout"),
            token: "tk_tieout".into(),
            token_secret: Secret::new("ts_tieout"),
        }
    }

    #[derive(serde::Deserialize)]
    struct Vectors {
        vectors: Vec<serde_json::Value>,
    }

    #[test]
    fn agrees_with_the_published_vectors() {
        let text = include_str!("../../tests/fixtures/vectors/netsuite-signatures.json");
        let vectors: Vectors = serde_json::from_str(text).unwrap();
        assert_eq!(vectors.vectors.len(), 2);
        let stamp = Stamp {
            nonce: "abcdef0123456789".into(),
            at: Instant::from_seconds(1_767_225_600),
        };
        for vector in vectors.vectors {
            let field = |name: &str| vector[name].as_str().unwrap().to_owned();
            let method = match field("method").as_str() {
                "POST" => Method::Post,
                "GET" => Method::Get,
                other => panic!("unexpected method {other}"),
            };
            let own = credentials().own_parameters(&stamp);
            assert_eq!(
                base_string(method, &field("url"), &own),
                field("base_string")
            );
            let expected = vector["headers"]["Authorization"].as_str().unwrap();
            let made = credentials().authorization(method, &field("url"), &stamp);
            assert_eq!(parts(&made), parts(expected));
        }
    }

    /// The parts of an OAuth header, whatever their order.
    fn parts(header: &str) -> std::collections::BTreeSet<String> {
        header
            .strip_prefix("OAuth ")
            .unwrap()
            .split(", ")
            .map(str::to_owned)
            .collect()
    }
}
