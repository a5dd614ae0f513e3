//! Credentials that cannot be printed by accident.

use std::fmt;

/// A credential: an API key, a signing secret, a bearer token or a private key.
///
/// `Debug` prints `[secret]` and there is no `Display`, so a log line cannot show the content.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// Wraps the credential as the vendor issued it.
    pub fn new(text: impl Into<String>) -> Secret {
        Secret(text.into())
    }

    /// The credential itself, for signing or for an `Authorization` header and nothing else.
    pub fn reveal(&self) -> &str {
        &self.0
    }

    /// Whether nothing was configured.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl<'de> serde::Deserialize<'de> for Secret {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Secret, D::Error> {
        String::deserialize(deserializer).map(Secret)
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("[secret]")
    }
}

#[cfg(test)]
mod tests {
    use super::Secret;

    #[test]
    fn debug_never_shows_the_content() {
        let secret = Secret::new("sk_live_very_private");
        assert_eq!(format!("{secret:?}"), "[secret]");
        assert_eq!(secret.reveal(), "sk_live_very_private");
    }
}
