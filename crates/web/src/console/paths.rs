//! Where each object has its page.

use std::collections::BTreeMap;
use std::fmt::Write;

/// What a request asked for after the `?`, the last of each name, empty values left out.
#[derive(Debug, Clone, Default)]
pub(super) struct Asked(BTreeMap<String, String>);

impl Asked {
    pub(super) fn new(mut pairs: BTreeMap<String, String>) -> Self {
        pairs.retain(|_, value| !value.trim().is_empty());
        Self(pairs)
    }

    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(|value| value.trim())
    }

    pub(super) fn text(&self, name: &str) -> Option<String> {
        self.get(name).map(str::to_owned)
    }

    /// The same page with one value changed; any cursor is dropped, because it belongs to the
    /// old selection.
    pub(super) fn with(&self, path: &str, name: &str, value: &str) -> String {
        let mut pairs = self.0.clone();
        pairs.remove("cursor");
        pairs.insert(name.to_owned(), value.to_owned());
        pairs.retain(|_, value| !value.is_empty());
        let mut href = path.to_owned();
        for (index, (name, value)) in pairs.iter().enumerate() {
            let mark = if index == 0 { '?' } else { '&' };
            let _ = write!(href, "{mark}{}={}", segment(name), segment(value));
        }
        href
    }
}

/// Text made fit for one segment of a path or one value of a query.
pub(super) fn segment(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            let _ = write!(out, "%{byte:02X}");
        }
    }
    out
}

/// The page of an object by its id: its own page where its kind has one, else its chain.
pub(super) fn object(id: &str) -> String {
    let room = match id.split_once('_').map(|(prefix, _)| prefix) {
        Some("inv" | "crn") => "invoices",
        Some("drf") => "invoice-drafts",
        Some("apr") => "approvals",
        Some("con") => "contracts",
        Some("cus") => "customers",
        Some("jrn") => "journals",
        Some("exc") => "exceptions",
        Some("pay") => "payments",
        Some(_) | None => "trace",
    };
    format!("/{room}/{}", segment(id))
}

/// A long minted id cut to what a person compares: its kind and its last six characters.
pub(super) fn short(id: &str) -> String {
    if id.len() <= 20 || !id.is_ascii() {
        return id.to_owned();
    }
    let tail = &id[id.len() - 6..];
    match id.split_once('_') {
        Some((prefix, _)) if prefix.len() <= 4 => format!("{prefix}_…{tail}"),
        Some(_) | None => format!("{}…{tail}", &id[..6]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_open_their_own_page_or_their_chain() {
        assert_eq!(object("inv_01J8"), "/invoices/inv_01J8");
        assert_eq!(object("pay_01J8"), "/payments/pay_01J8");
        assert_eq!(object("ref_01J8"), "/trace/ref_01J8");
        assert_eq!(object("acme/2026"), "/trace/acme%2F2026");
    }

    #[test]
    fn long_ids_keep_their_kind_and_tail() {
        assert_eq!(short("con_01J8ABCDEFGHJKMNPQRSTVWXYZ"), "con_…TVWXYZ");
        assert_eq!(short("0065g00000Wq1AAE"), "0065g00000Wq1AAE");
        assert_eq!(short("pi_3Q9xAbCdEfGhIjKlMnOpQrSt"), "pi_…OpQrSt");
    }

    #[test]
    fn a_changed_filter_drops_the_cursor() {
        let asked = Asked::new(BTreeMap::from([
            ("cursor".to_owned(), "9".to_owned()),
            ("class".to_owned(), "a b".to_owned()),
            ("owner".to_owned(), String::new()),
        ]));
        assert_eq!(
            asked.with("/exceptions", "status", "open"),
            "/exceptions?class=a%20b&status=open"
        );
        assert_eq!(asked.with("/exceptions", "class", ""), "/exceptions");
    }
}
