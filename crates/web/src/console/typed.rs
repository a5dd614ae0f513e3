//! What was typed into a form, and how it becomes the body of a command.

use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// The fields of a form.
#[derive(Debug, Clone, Default)]
pub(super) struct Typed(BTreeMap<String, String>);

impl Typed {
    pub(super) fn new(fields: BTreeMap<String, String>) -> Self {
        Self(fields)
    }

    /// What a field holds, without the spaces around it; empty when it was not sent.
    pub(super) fn get(&self, name: &str) -> &str {
        self.0.get(name).map_or("", |text| text.trim())
    }

    /// A body of the fields that hold something.
    pub(super) fn body(&self, names: &[&str]) -> Map<String, Value> {
        let mut body = Map::new();
        for name in names {
            put(&mut body, name, self.get(name));
        }
        body
    }
}

/// Sets a text field; an empty one is left out.
pub(super) fn put(body: &mut Map<String, Value>, name: &str, text: &str) {
    if text.is_empty() {
        body.remove(name);
    } else {
        body.insert(name.to_owned(), Value::String(text.to_owned()));
    }
}

/// Ten for ten percent, as the proportion that commands take.
pub(super) fn proportion(text: &str) -> Option<String> {
    let plain = text.trim_end_matches('%').trim();
    let value: values::Decimal = plain.parse().ok()?;
    let part = value.checked_div(values::Decimal::ONE_HUNDRED)?;
    Some(part.normalize().to_string())
}

/// A proportion as the percentage that a person types.
pub(super) fn percentage(rate: values::Rate) -> String {
    (rate.decimal() * values::Decimal::ONE_HUNDRED)
        .normalize()
        .to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentages_are_typed_as_people_write_them() {
        assert_eq!(proportion("10").as_deref(), Some("0.1"));
        assert_eq!(proportion("12.5 %").as_deref(), Some("0.125"));
        assert_eq!(proportion("ten"), None);
        assert_eq!(percentage("0.125".parse().unwrap()), "12.5");
    }

    #[test]
    fn empty_fields_are_left_out() {
        let typed = Typed::new(BTreeMap::from([
            ("a".to_owned(), " 1 ".to_owned()),
            ("b".to_owned(), "  ".to_owned()),
        ]));
        assert_eq!(
            Value::Object(typed.body(&["a", "b", "c"])),
            serde_json::json!({ "a": "1" })
        );
    }
}
