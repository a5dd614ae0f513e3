//! Percent-encoding and form encoding.
//!
//! Two dialects are on the wire. URLs and OAuth 1.0a base strings use RFC 3986: everything but
//! the unreserved characters is `%XX`. Form bodies use `application/x-www-form-urlencoded`,
//! where a blank is `+`.

use std::fmt::Write as _;

/// Percent-encodes by RFC 3986: only `A-Z a-z 0-9 - . _ ~` stay as they are.
pub fn percent(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        push_encoded(&mut encoded, byte);
    }
    encoded
}

fn push_encoded(encoded: &mut String, byte: u8) {
    if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~') {
        encoded.push(char::from(byte));
    } else {
        // Writing into a String cannot fail.
        let _ = write!(encoded, "%{byte:02X}");
    }
}

/// Decodes `%XX` sequences; `None` when a sequence is cut off, is not hexadecimal, or when the
/// bytes are not UTF-8. A `+` stays a `+`.
pub fn percent_decoded(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&first, tail)) = rest.split_first() {
        if first == b'%' {
            let pair = tail.get(..2)?;
            let mut decoded = [0u8; 1];
            hex::decode_to_slice(pair, &mut decoded).ok()?;
            bytes.push(decoded[0]);
            rest = tail.get(2..)?;
        } else {
            bytes.push(first);
            rest = tail;
        }
    }
    String::from_utf8(bytes).ok()
}

/// Joins pairs as a URL query: `a=1&b=2`, both sides by RFC 3986. No leading `?`.
pub fn query<'a>(pairs: impl IntoIterator<Item = (&'a str, &'a str)>) -> String {
    joined(pairs, percent)
}

/// Joins pairs as a form body. Bracketed names such as `metadata[invoice]` are encoded as well;
/// Stripe reads brackets raw or encoded.
pub fn form<'a>(pairs: impl IntoIterator<Item = (&'a str, &'a str)>) -> String {
    joined(pairs, |text| percent(text).replace("%20", "+"))
}

fn joined<'a>(
    pairs: impl IntoIterator<Item = (&'a str, &'a str)>,
    encode: impl Fn(&str) -> String,
) -> String {
    let mut text = String::new();
    for (name, value) in pairs {
        if !text.is_empty() {
            text.push('&');
        }
        text.push_str(&encode(name));
        text.push('=');
        text.push_str(&encode(value));
    }
    text
}

/// Splits a URL query or form body into decoded pairs; `None` when an escape is broken.
/// `plus_is_blank` is true for form bodies.
pub fn pairs(text: &str, plus_is_blank: bool) -> Option<Vec<(String, String)>> {
    let decoded = |part: &str| {
        if plus_is_blank {
            percent_decoded(&part.replace('+', " "))
        } else {
            percent_decoded(part)
        }
    };
    text.split('&')
        .filter(|part| !part.is_empty())
        .map(|part| {
            let (name, value) = part.split_once('=').unwrap_or((part, ""));
            Some((decoded(name)?, decoded(value)?))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn reserved_characters_and_other_scripts_are_escaped() {
        assert_eq!(percent("a b+c/ü~"), "a%20b%2Bc%2F%C3%BC~");
        assert_eq!(
            form([("name", "Ann & Söhne"), ("metadata[k]", "a+b")]),
            "name=Ann+%26+S%C3%B6hne&metadata%5Bk%5D=a%2Bb"
        );
        assert_eq!(query([("q", "a b")]), "q=a%20b");
    }

    #[test]
    fn broken_escapes_are_refused() {
        assert_eq!(percent_decoded("%4"), None);
        assert_eq!(percent_decoded("%zz"), None);
        assert_eq!(percent_decoded("%ff"), None);
        assert_eq!(pairs("a=%4", true), None);
    }

    proptest! {
        #[test]
        fn percent_encoding_comes_back(text in any::<String>()) {
            let encoded = percent(&text);
            prop_assert!(encoded.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._~%".contains(&byte)));
            prop_assert_eq!(percent_decoded(&encoded), Some(text));
        }

        #[test]
        fn form_bodies_come_back(fields in proptest::collection::vec((any::<String>(), any::<String>()), 0..6)) {
            // An empty name with an empty value is written "=" and read back as such.
            let body = form(fields.iter().map(|(name, value)| (name.as_str(), value.as_str())));
            prop_assert_eq!(pairs(&body, true), Some(fields));
        }

        #[test]
        fn queries_come_back(fields in proptest::collection::vec((any::<String>(), any::<String>()), 0..6)) {
            let text = query(fields.iter().map(|(name, value)| (name.as_str(), value.as_str())));
            prop_assert_eq!(pairs(&text, false), Some(fields));
        }
    }
}
