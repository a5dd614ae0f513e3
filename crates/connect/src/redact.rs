//! What we prove ourselves with must not come back in. A system, or a proxy before it, that quotes a
//! call in its answer would otherwise bring a key into the text of an exception, a kept payload or a
//! log, where people read it. So everything secret that a request carries is taken out of its answer
//! before anything reads the answer.

use crate::encoding::{pairs, percent, percent_decoded};
use crate::fault::Fault;
use crate::request::{Reply, Request};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD};

/// What stands in the place of a credential.
const MARK: &str = "[secret]";
/// Shorter texts are no credentials, and taking them out could spoil an answer.
const SHORTEST: usize = 8;
/// A piece of a credential that is cut off is known by its beginning, when that is at least this long
/// and half of it.
const SHORTEST_BEGINNING: usize = 16;
/// Headers that carry credentials.
const HEADERS: [&str; 4] = [
    "authorization",
    "proxy-authorization",
    "cookie",
    "x-api-key",
];
/// Fields of a form that carry credentials.
const FIELDS: [&str; 6] = [
    "client_secret",
    "assertion",
    "password",
    "refresh_token",
    "access_token",
    "token",
];
/// Parameters of an OAuth 1.0a header that are no secret.
const PUBLIC: [&str; 5] = [
    "realm",
    "oauth_nonce",
    "oauth_signature_method",
    "oauth_timestamp",
    "oauth_version",
];

/// The answer without anything secret that its request carried.
pub(crate) fn reply(request: &Request, reply: Reply) -> Reply {
    let credentials = credentials(request);
    if credentials.is_empty() {
        return reply;
    }
    let headers = reply.headers.into_iter().map(|(name, value)| {
        let value = without(&credentials, &value).unwrap_or(value);
        (name, value)
    });
    let body = match String::from_utf8(reply.body) {
        Ok(text) => without(&credentials, &text).unwrap_or(text).into_bytes(),
        // What is no text is still searched, as the text that a reader would make of it.
        Err(error) => {
            let text = String::from_utf8_lossy(error.as_bytes()).into_owned();
            without(&credentials, &text).map_or_else(|| error.into_bytes(), String::into_bytes)
        }
    };
    Reply {
        status: reply.status,
        headers: headers.collect(),
        body,
    }
}

/// A fault that came about without an answer, likewise.
pub(crate) fn fault(request: &Request, mut fault: Fault) -> Fault {
    let credentials = credentials(request);
    for text in [&mut fault.code, &mut fault.message] {
        if let Some(clean) = without(&credentials, text) {
            *text = clean;
        }
    }
    fault
}

/// Everything secret that a request carries, longest first so that a whole is taken out before its
/// parts, each in all the ways in which an answer may write it.
fn credentials(request: &Request) -> Vec<String> {
    let mut found = Vec::new();
    let carrying = request
        .headers
        .iter()
        .filter(|(name, _)| HEADERS.iter().any(|known| name.eq_ignore_ascii_case(known)));
    for (_, value) in carrying {
        of_header(value, &mut found);
    }
    let is_form = request
        .body
        .as_ref()
        .is_some_and(|body| body.content_type == "application/x-www-form-urlencoded");
    if is_form {
        let fields = pairs(request.body_text(), true).unwrap_or_default();
        let secret = fields
            .into_iter()
            .filter(|(name, _)| FIELDS.contains(&name.as_str()));
        found.extend(secret.map(|(_, value)| value));
    }
    let mut written: Vec<String> = found
        .into_iter()
        .filter(|text| text.len() >= SHORTEST)
        .flat_map(|text| as_written(&text))
        .collect();
    written.sort_by(|one, other| other.len().cmp(&one.len()).then_with(|| one.cmp(other)));
    written.dedup();
    written
}

/// A credential as it is, as JSON may write it, as an address encodes it, once or twice, and as it
/// stands inside a longer text that is in base64.
fn as_written(text: &str) -> Vec<String> {
    let once = percent(text);
    let mut ways = vec![
        text.to_owned(),
        text.replace('/', "\\/"),
        with_small_escapes(&once),
        percent(&once),
    ];
    // A form has a blank as a plus, and some leave alone what need not be encoded in a path.
    ways.push(once.replace("%20", "+"));
    ways.push(once.replace("%2F", "/").replace("%3A", ":"));
    ways.push(once);
    ways.extend(in_base64(text));
    ways
}

/// The part of a base64 text that says these bytes and nothing else, for each of the three places in
/// which they can begin, in both alphabets.
fn in_base64(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    for before in 0..3_usize {
        let mut bytes = vec![0_u8; before];
        bytes.extend_from_slice(text.as_bytes());
        // Six bits a letter: those which a neighbour shares are left out at both ends.
        let first = (before * 8).div_ceil(6);
        let end = bytes.len() * 8 / 6;
        let standard = STANDARD_NO_PAD.encode(&bytes);
        if let Some(part) = standard
            .get(first..end)
            .filter(|part| part.len() >= SHORTEST)
        {
            found.push(part.replace('+', "-").replace('/', "_"));
            found.push(percent(part));
            found.push(part.replace('/', "\\/"));
            found.push(part.to_owned());
        }
    }
    found
}

/// With the hexadecimal digits of every escape in small letters.
fn with_small_escapes(text: &str) -> String {
    let mut after_sign = usize::MAX;
    text.chars()
        .map(|letter| {
            after_sign = match letter {
                '%' => 0,
                _ => after_sign.saturating_add(1),
            };
            match after_sign {
                1 | 2 => letter.to_ascii_lowercase(),
                _ => letter,
            }
        })
        .collect()
}

/// `Bearer x`, `Basic base64(id:secret)` or `OAuth name="value", …`.
fn of_header(value: &str, found: &mut Vec<String>) {
    let (scheme, rest) = value.split_once(' ').unwrap_or(("", value));
    if !scheme.eq_ignore_ascii_case("OAuth") {
        found.push(rest.trim().to_owned());
    }
    if scheme.eq_ignore_ascii_case("Basic")
        && let Ok(bytes) = STANDARD.decode(rest.trim())
        && let Ok(pair) = String::from_utf8(bytes)
        && let Some((_, secret)) = pair.split_once(':')
    {
        found.push(secret.to_owned());
    }
    if scheme.eq_ignore_ascii_case("OAuth") {
        for parameter in rest.split(',') {
            let Some((name, value)) = parameter.trim().split_once('=') else {
                continue;
            };
            if !PUBLIC.contains(&name) {
                let value = value.trim_matches('"');
                found.push(percent_decoded(value).unwrap_or_else(|| value.to_owned()));
            }
        }
    }
}

/// The text with the mark in the place of every credential; nothing when there is none in it.
fn without(credentials: &[String], text: &str) -> Option<String> {
    let mut clean: Option<String> = None;
    // Wholes first: what one way of writing shares with another must not leave the rest behind.
    for credential in credentials {
        let now = clean.as_deref().unwrap_or(text);
        if now.contains(credential.as_str()) {
            clean = Some(now.replace(credential.as_str(), MARK));
        }
    }
    for credential in credentials {
        let now = clean.as_deref().unwrap_or(text);
        if let Some(next) = without_beginning(credential, now) {
            clean = Some(next);
        }
    }
    clean
}

/// Takes a credential out from its beginning to where it was cut off.
fn without_beginning(credential: &str, text: &str) -> Option<String> {
    let half = SHORTEST_BEGINNING.max(credential.len().div_ceil(2));
    let beginning = credential.get(..half).unwrap_or(credential);
    let mut clean = String::new();
    let mut rest = text;
    while let Some(at) = rest.find(beginning) {
        let (before, from) = rest.split_at(at);
        let same = from
            .char_indices()
            .zip(credential.chars())
            .take_while(|((_, one), other)| one == other)
            .last();
        let length = same.map_or(beginning.len(), |((at, letter), _)| at + letter.len_utf8());
        clean.push_str(before);
        clean.push_str(MARK);
        rest = from.get(length..).unwrap_or_default();
    }
    if clean.is_empty() {
        return None;
    }
    clean.push_str(rest);
    Some(clean)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::request::{Body, Method, Operation, Safety};
    use base64::engine::general_purpose::{URL_SAFE, URL_SAFE_NO_PAD};

    static LIST: Operation = Operation {
        system: "stripe",
        name: "list_events",
        safety: Safety::ReadOnly,
    };
    const KEY: &str = "sk_test_a/very+private=key_of_ours";

    fn asking(authorization: &str, form: Option<&str>) -> Request {
        Request {
            method: Method::Post,
            url: "https://stripe.example/v1/events".to_owned(),
            headers: vec![("Authorization".to_owned(), authorization.to_owned())],
            body: form.map(|form| Body {
                content_type: "application/x-www-form-urlencoded",
                bytes: form.as_bytes().to_vec(),
            }),
            operation: &LIST,
        }
    }

    fn read(request: &Request, body: &[u8]) -> String {
        let whole = Reply {
            status: 400,
            headers: vec![(
                "X-Echo".to_owned(),
                String::from_utf8_lossy(body).into_owned(),
            )],
            body: body.to_vec(),
        };
        let clean = reply(request, whole);
        let body = String::from_utf8_lossy(&clean.body).into_owned();
        assert_eq!(clean.header("X-Echo"), Some(body.as_str()));
        body
    }

    #[test]
    fn a_key_is_taken_out_as_it_is_encoded_escaped_and_cut_off() {
        let request = asking(&format!("Bearer {KEY}"), None);
        for written in [
            KEY.to_owned(),
            percent(KEY),
            KEY.replace('/', "\\/"),
            KEY[..20].to_owned(),
        ] {
            let told = read(&request, format!("no {written} here").as_bytes());
            assert_eq!(told, "no [secret] here", "{written}");
        }
        let bytes = [b"\xff ".as_slice(), KEY.as_bytes()].concat();
        assert!(!read(&request, &bytes).contains("private"));
        assert_eq!(
            read(&request, b"{\"id\":\"sk_test_a\"}"),
            "{\"id\":\"sk_test_a\"}"
        );
    }

    #[test]
    fn a_key_that_stands_in_a_header_of_its_own_is_taken_out_too() {
        let mut request = asking("", None);
        request.headers = vec![("x-api-key".to_owned(), KEY.to_owned())];
        assert_eq!(
            read(&request, format!("no {KEY}").as_bytes()),
            "no [secret]"
        );
    }

    #[test]
    fn a_key_is_taken_out_of_texts_in_base64_and_of_addresses_however_they_are_written() {
        let request = asking(&format!("Bearer {KEY}"), None);
        for before in ["", "a", "ab", "authorization: Bearer "] {
            for after in ["", "x", " and more"] {
                let whole = format!("{before}{KEY}{after}");
                for engine in [STANDARD, STANDARD_NO_PAD, URL_SAFE, URL_SAFE_NO_PAD] {
                    let written = engine.encode(&whole);
                    let told = read(&request, format!("{{\"echo\":\"{written}\"}}").as_bytes());
                    assert!(told.contains(MARK), "{written}: {told}");
                    // Of the key no more than the letters are left that it shares with others.
                    let frame = "{\"echo\":\"\"}".len();
                    let left = told.replace(MARK, "").len() - frame;
                    assert!(left + KEY.len() * 8 / 6 - 2 <= written.len(), "{told}");
                }
            }
        }
        let once = percent(KEY);
        for written in [
            with_small_escapes(&once),
            percent(&once),
            once.replace("%2F", "/"),
        ] {
            let told = read(&request, format!("?key={written}&x=1").as_bytes());
            assert_eq!(told, "?key=[secret]&x=1", "{written}");
        }
    }

    #[test]
    fn both_halves_of_a_basic_login_and_all_of_an_oauth_header_are_credentials() {
        let pair = STANDARD.encode("client:its_secret_text");
        let basic = asking(&format!("Basic {pair}"), None);
        let told = read(&basic, format!("{pair} its_secret_text client").as_bytes());
        assert_eq!(told, "[secret] [secret] client");
        let header = "OAuth realm=\"1234567\", oauth_consumer_key=\"consumer-key\", \
                      oauth_signature=\"c2lnbmF0dXJl%2Fx%3D\", oauth_version=\"1.0\"";
        let told = read(&asking(header, None), header.as_bytes());
        assert!(told.contains("1234567") && told.contains("1.0"), "{told}");
        assert!(
            !told.contains("consumer-key") && !told.contains("c2ln"),
            "{told}"
        );
        let form = "grant_type=jwt&assertion=abc.def%2Fghi";
        let told = read(
            &asking("Bearer x", Some(form)),
            b"abc.def/ghi abc.def%2Fghi jwt",
        );
        assert_eq!(told, "[secret] [secret] jwt");
    }
}
