//! Getting an access token: client credentials, or a signed JWT.
//!
//! Client credentials work on the My Domain host only. The JWT form is RS256 with `iss` the
//! consumer key, `sub` the user name, `aud` the login host and `exp` about three minutes ahead
//! (as simple-salesforce 1.12.10 sends it).

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use ring::rand::SystemRandom;
use ring::signature::{RSA_PKCS1_SHA256, RsaKeyPair};
use values::Instant;

use super::{Connection, SYSTEM, TOKEN};
use crate::encoding;
use crate::fault::{Fault, FaultClass};
use crate::json::Record;
use crate::request::{Body, Method, Operation, Reply, Request};
use crate::secret::Secret;

/// How Tieout proves who it is.
#[derive(Debug, Clone)]
pub enum Credentials {
    /// The OAuth 2.0 client-credentials flow.
    ClientCredentials {
        /// Consumer key of the connected app.
        client_id: String,
        /// Consumer secret of the connected app.
        client_secret: Secret,
    },
    /// The OAuth 2.0 JWT bearer flow.
    JwtBearer {
        /// Consumer key of the connected app.
        client_id: String,
        /// User to act as.
        username: String,
        /// `https://login.salesforce.com` or `https://test.salesforce.com`.
        audience: String,
        /// RSA private key in PEM: PKCS#8 (`PRIVATE KEY`) or PKCS#1 (`RSA PRIVATE KEY`).
        private_key_pem: Secret,
    },
}

/// An access token and where it is good.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    /// Bearer token. Salesforce does not say for how long: it is used until it is refused.
    pub access_token: Secret,
    /// Host of the org, without a slash at the end.
    pub instance_url: String,
}

/// How long an assertion is good, in seconds.
const ASSERTION_LIFE_S: i64 = 180;

impl Connection {
    /// Asks for an access token.
    ///
    /// # Errors
    /// When the private key cannot be used; the class is `Authentication`.
    pub fn token(&self, now: Instant) -> Result<Request, Fault> {
        let mut headers = Vec::new();
        let form = match &self.credentials {
            Credentials::ClientCredentials {
                client_id,
                client_secret,
            } => {
                let pair = format!("{client_id}:{}", client_secret.reveal());
                headers.push((
                    "Authorization".to_owned(),
                    format!("Basic {}", STANDARD.encode(pair)),
                ));
                encoding::form([("grant_type", "client_credentials")])
            }
            Credentials::JwtBearer {
                client_id,
                username,
                audience,
                private_key_pem,
            } => {
                let assertion = assertion(client_id, username, audience, private_key_pem, now)?;
                encoding::form([
                    ("grant_type", "urn:ietf:params:oauth:grant-type:jwt-bearer"),
                    ("assertion", assertion.as_str()),
                ])
            }
        };
        Ok(Request {
            method: Method::Post,
            url: format!("{}/services/oauth2/token", self.login_url),
            headers,
            body: Some(Body {
                content_type: "application/x-www-form-urlencoded",
                bytes: form.into_bytes(),
            }),
            operation: &TOKEN,
        })
    }
}

/// Reads the answer to [`Connection::token`].
///
/// # Errors
/// When Salesforce refused, or the answer cannot be read.
pub fn read_token(operation: &Operation, reply: &Reply) -> Result<Session, Fault> {
    if !reply.is_success() {
        return Err(super::read_fault(operation, reply));
    }
    let read = || {
        let record = Record::of_body(SYSTEM, "token", &reply.body)?;
        let instance_url = record.needed_text("instance_url")?;
        Ok(Session {
            access_token: Secret::new(record.needed_text("access_token")?),
            instance_url: instance_url.trim_end_matches('/').to_owned(),
        })
    };
    read().map_err(|fault| Fault::unreadable(operation, &fault))
}

fn assertion(
    client_id: &str,
    username: &str,
    audience: &str,
    private_key_pem: &Secret,
    now: Instant,
) -> Result<String, Fault> {
    let claims = serde_json::json!({
        "iss": client_id,
        "sub": username,
        "aud": audience,
        "exp": now.plus_seconds(ASSERTION_LIFE_S).seconds(),
    });
    let signed = format!(
        "{}.{}",
        URL_SAFE_NO_PAD.encode(r#"{"alg":"RS256","typ":"JWT"}"#),
        URL_SAFE_NO_PAD.encode(claims.to_string())
    );
    let key = key_pair(private_key_pem)?;
    let mut signature = vec![0; key.public().modulus_len()];
    // PKCS#1 v1.5 signatures are deterministic; the random source only blinds the computation.
    key.sign(
        &RSA_PKCS1_SHA256,
        &SystemRandom::new(),
        signed.as_bytes(),
        &mut signature,
    )
    .map_err(|_| bad_key("signing failed"))?;
    Ok(format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature)))
}

fn key_pair(pem: &Secret) -> Result<RsaKeyPair, Fault> {
    let refused = |_| bad_key("it is no RSA key of 2048 to 4096 bits");
    if let Some(der) = pem_content(pem.reveal(), "PRIVATE KEY") {
        return RsaKeyPair::from_pkcs8(&der).map_err(refused);
    }
    match pem_content(pem.reveal(), "RSA PRIVATE KEY") {
        Some(der) => RsaKeyPair::from_der(&der).map_err(refused),
        None => Err(bad_key("no PRIVATE KEY block in PEM was found")),
    }
}

fn pem_content(pem: &str, label: &str) -> Option<Vec<u8>> {
    let (_, rest) = pem.split_once(&format!("-----BEGIN {label}-----"))?;
    let (content, _) = rest.split_once(&format!("-----END {label}-----"))?;
    let joined: String = content.split_whitespace().collect();
    STANDARD.decode(joined).ok()
}

fn bad_key(why: &str) -> Fault {
    Fault::new(
        SYSTEM,
        FaultClass::Authentication,
        "private_key_unusable",
        &format!("the private key cannot be used: {why}"),
    )
}
