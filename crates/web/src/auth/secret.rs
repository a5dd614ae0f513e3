//! Making secrets, and the digests by which they are known.

use super::{AccessFault, check_name};
use app::App;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use control::Role;
use ring::rand::{SecureRandom, SystemRandom};
use sha2::{Digest, Sha256};

/// What every API token begins with, so that scanners can find one that leaked.
pub const TOKEN_START: &str = "tio_";

/// 43 characters of base64url: 32 random bytes.
pub(crate) fn random_text() -> Result<String, AccessFault> {
    let mut bytes = [0_u8; 32];
    SystemRandom::new()
        .fill(&mut bytes)
        .map_err(|_| AccessFault::NoRandomness)?;
    Ok(URL_SAFE_NO_PAD.encode(bytes))
}

pub(super) fn random_salt() -> Result<[u8; 16], AccessFault> {
    let mut bytes = [0_u8; 16];
    SystemRandom::new()
        .fill(&mut bytes)
        .map_err(|_| AccessFault::NoRandomness)?;
    Ok(bytes)
}

/// Secrets are random and long, so a plain digest keeps them; looking one up compares digests only,
/// whose timing tells nothing about the secret.
pub(super) fn digest(secret: &str) -> [u8; 32] {
    Sha256::digest(secret.as_bytes()).into()
}

/// Compares in a time that depends on the lengths only.
pub(super) fn same(left: &str, right: &str) -> bool {
    left.len() == right.len()
        && left
            .bytes()
            .zip(right.bytes())
            .fold(0, |differing, (a, b)| differing | (a ^ b))
            == 0
}

/// Makes an API token and returns its text, which is kept nowhere.
///
/// # Errors
/// When the name cannot be one, or the store fails.
pub fn create_token(app: &App, name: &str, role: Role) -> Result<String, AccessFault> {
    check_name(name)?;
    let token = format!("{TOKEN_START}{}", random_text()?);
    app.add_token(digest(&token), name, role)?;
    Ok(token)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_are_long_and_never_the_same() {
        let (one, other) = (random_text().unwrap(), random_text().unwrap());
        assert_eq!(one.len(), 43);
        assert!(!same(&one, &other));
        assert!(same(&one, &one.clone()));
        assert_ne!(digest(&one), digest(&other));
    }
}
