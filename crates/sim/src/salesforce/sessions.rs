//! Tokens: client credentials and JWT bearer, expiry and revocation.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use ring::{hmac, signature};
use serde_json::{Value, json};

use super::{Salesforce, fault};
use crate::SimFault;
use crate::http::{Answer, Exchange, decode_pairs};
use crate::mint;

/// The consumer key of the one connected app.
pub const CLIENT_ID: &str = "tieout_consumer_key";
/// Its consumer secret.
pub const CLIENT_SECRET: &str = "tieout_consumer_secret";
/// The user that sessions belong to.
pub const USERNAME: &str = "integration@tieout.example";

/// How long a session lives unless a control call says otherwise, in seconds of simulated time.
pub(super) const SESSION_SECONDS: i64 = 7_200;

const AUDIENCES: [&str; 2] = [
    "https://login.salesforce.com",
    "https://test.salesforce.com",
];

impl Salesforce {
    /// `POST /services/oauth2/token`.
    pub(super) fn token(&self, exchange: &Exchange) -> Answer {
        let form = decode_pairs(&String::from_utf8_lossy(&exchange.body));
        let field = |name: &str| {
            form.iter()
                .find(|(key, _)| key == name)
                .map(|(_, value)| value.as_str())
        };
        match field("grant_type") {
            Some("client_credentials") => {
                let basic = exchange.header("authorization").and_then(basic);
                let given = match (&basic, field("client_id"), field("client_secret")) {
                    (Some((id, secret)), _, _) => Some((id.as_str(), secret.as_str())),
                    (None, Some(id), Some(secret)) => Some((id, secret)),
                    _ => None,
                };
                match given {
                    Some((CLIENT_ID, CLIENT_SECRET)) => self.issue(),
                    Some((CLIENT_ID, _)) => {
                        fault::oauth(401, "invalid_client", "invalid client credentials")
                    }
                    _ => fault::oauth(400, "invalid_client_id", "client identifier invalid"),
                }
            }
            Some("urn:ietf:params:oauth:grant-type:jwt-bearer") => {
                match self.check_assertion(field("assertion")) {
                    Ok(()) => self.issue(),
                    Err(description) => fault::oauth(400, "invalid_grant", description),
                }
            }
            _ => fault::oauth(400, "unsupported_grant_type", "grant type not supported"),
        }
    }

    fn issue(&self) -> Answer {
        let now = self.core.clock.now_micros();
        let seconds = *self
            .session_seconds
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner);
        let base = self.core.base_url();
        let id = format!("{base}/id/00DSim000000001MAA/{}", super::INTEGRATION_USER);
        let mut tables = self.core.tables();
        let mut change = tables.begin();
        let number = change.next_number().to_string();
        let token = format!(
            "00DSim000000001!{}",
            mint::letters(self.core.seed, &["token", &number], 32)
        );
        change.put("tokens", &token, json!({ "at": now, "seconds": seconds }));
        if change.commit().is_err() {
            return fault::oauth(500, "server_error", "the token could not be kept");
        }
        let issued_at = (now / 1_000).to_string();
        let key = hmac::Key::new(hmac::HMAC_SHA256, CLIENT_SECRET.as_bytes());
        let signed = hmac::sign(&key, format!("{id}{issued_at}").as_bytes());
        Answer::json(
            200,
            &json!({
                "access_token": token, "instance_url": base, "id": id, "token_type": "Bearer",
                "issued_at": issued_at, "signature": STANDARD.encode(signed.as_ref()), "scope": "api"
            }),
        )
    }

    /// Whether the call carries a session that is neither expired nor revoked.
    pub(super) fn has_session(&self, exchange: &Exchange) -> bool {
        let token = exchange.header("authorization").and_then(|header| {
            header
                .strip_prefix("Bearer ")
                .or(header.strip_prefix("OAuth "))
        });
        let tables = self.core.tables();
        let Some(session) = token.and_then(|token| tables.get("tokens", token)) else {
            return false;
        };
        let (at, seconds) = (
            session["at"].as_i64().unwrap_or(0),
            session["seconds"].as_i64().unwrap_or(0),
        );
        self.core.clock.now_micros() < at.saturating_add(seconds.saturating_mul(1_000_000))
    }

    fn check_assertion(&self, assertion: Option<&str>) -> Result<(), &'static str> {
        let assertion = assertion.ok_or("assertion missing")?;
        let (signed, signature_text) = assertion.rsplit_once('.').ok_or("invalid assertion")?;
        let (header, claims) = signed.split_once('.').ok_or("invalid assertion")?;
        let decode = |part: &str| -> Option<Value> {
            serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).ok()?).ok()
        };
        let header = decode(header).ok_or("invalid assertion")?;
        let claims = decode(claims).ok_or("invalid assertion")?;
        if header["alg"] != "RS256" {
            return Err("algorithm not supported");
        }
        let issuer = claims["iss"].as_str().ok_or("client identifier invalid")?;
        let tables = self.core.tables();
        let certificate = tables
            .get("certificates", issuer)
            .ok_or("client identifier invalid")?;
        if claims["sub"].as_str() != certificate["username"].as_str() {
            return Err("user hasn't approved this consumer");
        }
        let audience = claims["aud"].as_str().unwrap_or("");
        if !AUDIENCES.contains(&audience) && audience != self.core.base_url() {
            return Err("audience is invalid");
        }
        // simple-salesforce sends the expiry as a text.
        let expiry = match &claims["exp"] {
            Value::Number(number) => number.as_i64(),
            Value::String(text) => text.parse().ok(),
            _ => None,
        };
        if expiry.is_none_or(|expiry| expiry <= self.core.clock.now_seconds()) {
            return Err("expired authorization code");
        }
        let key = certificate["public_key"]
            .as_str()
            .and_then(|text| STANDARD.decode(text).ok())
            .unwrap_or_default();
        let signature_bytes = URL_SAFE_NO_PAD
            .decode(signature_text)
            .map_err(|_| "invalid assertion")?;
        signature::UnparsedPublicKey::new(&signature::RSA_PKCS1_2048_8192_SHA256, key)
            .verify(signed.as_bytes(), &signature_bytes)
            .map_err(|_| "invalid assertion")
    }
}

fn basic(header: &str) -> Option<(String, String)> {
    let bytes = STANDARD.decode(header.strip_prefix("Basic ")?).ok()?;
    let text = String::from_utf8(bytes).ok()?;
    text.split_once(':')
        .map(|(id, secret)| (id.to_owned(), secret.to_owned()))
}

/// The PKCS#1 bytes of an RSA public key in PEM, bare (`RSA PUBLIC KEY`) or wrapped (`PUBLIC KEY`).
pub(super) fn rsa_public_key(pem: &str) -> Result<Vec<u8>, SimFault> {
    let body: String = pem
        .lines()
        .filter(|line| !line.starts_with("-----"))
        .map(str::trim)
        .collect();
    let der = STANDARD.decode(body).map_err(|_| SimFault::PublicKey)?;
    if pem.contains("BEGIN RSA PUBLIC KEY") {
        return Ok(der);
    }
    // SubjectPublicKeyInfo: a sequence of the algorithm (a sequence) and the key (a bit string whose
    // first byte counts the unused bits).
    let (_, outer) = element(&der, 0x30).ok_or(SimFault::PublicKey)?;
    let (after_algorithm, _) = element(outer, 0x30).ok_or(SimFault::PublicKey)?;
    let (_, bits) = element(after_algorithm, 0x03).ok_or(SimFault::PublicKey)?;
    bits.strip_prefix(&[0])
        .map(<[u8]>::to_vec)
        .ok_or(SimFault::PublicKey)
}

/// One DER element with this tag: what follows it, and its content.
fn element(der: &[u8], tag: u8) -> Option<(&[u8], &[u8])> {
    let (first, rest) = der.split_first()?;
    if *first != tag {
        return None;
    }
    let (length, rest) = rest.split_first()?;
    let (length, rest) = if *length < 0x80 {
        (usize::from(*length), rest)
    } else {
        let (bytes, rest) = rest.split_at_checked(usize::from(*length & 0x7f))?;
        if bytes.len() > 4 {
            return None;
        }
        (
            bytes
                .iter()
                .fold(0, |sum, byte| sum << 8 | usize::from(*byte)),
            rest,
        )
    };
    let (content, after) = rest.split_at_checked(length)?;
    Some((after, content))
}
