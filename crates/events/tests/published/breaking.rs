//! Which changes of a schema break those who read its events, and those events that are stored.

use serde_json::{Map, Value, json};
use std::collections::BTreeSet;

/// Words of a schema that constrain nothing.
const REMARKS: [&str; 8] = [
    "$schema",
    "$id",
    "$defs",
    "title",
    "description",
    "examples",
    "default",
    "$comment",
];
/// Words that are followed rather than compared.
const STRUCTURE: [&str; 7] = [
    "$ref",
    "properties",
    "required",
    "items",
    "anyOf",
    "oneOf",
    "additionalProperties",
];

/// A sentence for every place where `new` breaks what `old` promised.
pub fn breaks(type_name: &str, old: &Value, new: &Value) -> Vec<String> {
    let mut comparison = Comparison {
        type_name,
        old_root: old,
        new_root: new,
        found: Vec::new(),
    };
    comparison.compare("", old, new);
    comparison.found
}

/// The sentence for a type that was published and is no longer known.
pub fn gone(type_name: &str) -> String {
    format!(
        "{type_name} was published and is no longer in the code: its events are stored and must \
         still be read; keep it, and put a new version beside it"
    )
}

/// A sentence for every channel and message that a description had and has no longer: whoever made
/// their client from it would wait in vain.
pub fn missing_messages(old: &Value, new: &Value) -> Vec<String> {
    let mut lost = Vec::new();
    for (part, place) in [
        ("channel", "/channels"),
        ("message", "/components/messages"),
    ] {
        let there = new.pointer(place).and_then(Value::as_object);
        for name in old
            .pointer(place)
            .and_then(Value::as_object)
            .into_iter()
            .flat_map(Map::keys)
        {
            if there.is_none_or(|there| !there.contains_key(name)) {
                lost.push(format!(
                    "the {part} {name} was described and is gone: keep it until its last day in \
                     the catalogue"
                ));
            }
        }
    }
    lost
}

/// The sentence for a schema that grew and did not say so in its version.
pub fn same_version(type_name: &str, old: &Value, new: &Value) -> Option<String> {
    let version = old.get("$id")?;
    (new.get("$id") == Some(version) && substance(old) != substance(new)).then(|| {
        format!(
            "{type_name}: its schema grew and is still {version}; say so in the catalogue, where \
             `growths` counts"
        )
    })
}

/// A schema without its remarks.
fn substance(schema: &Value) -> Value {
    match schema {
        Value::Object(fields) => fields
            .iter()
            .filter(|(name, inner)| {
                !REMARKS.contains(&name.as_str()) || *name == "$defs" || inner.is_object()
            })
            .map(|(name, inner)| (name.clone(), substance(inner)))
            .collect(),
        Value::Array(items) => items.iter().map(substance).collect(),
        plain => plain.clone(),
    }
}

struct Comparison<'a> {
    type_name: &'a str,
    old_root: &'a Value,
    new_root: &'a Value,
    found: Vec<String>,
}

impl Comparison<'_> {
    fn tell(&mut self, field: &str, what: &str) {
        let (stem, version) = self.type_name.rsplit_once(".v").unwrap();
        let next = version.parse::<u32>().unwrap() + 1;
        let name = self.type_name;
        self.found.push(format!(
            "{name}: field {field} {what}; this breaks stored events or their readers and needs a \
             new version: leave this one as it is and add {stem}.v{next}"
        ));
    }

    fn compare(&mut self, field: &str, old: &Value, new: &Value) {
        let (old, new) = (resolve(self.old_root, old), resolve(self.new_root, new));
        let (Value::Object(old), Value::Object(new)) = (old, new) else {
            // `true` takes everything and `false` nothing: there is only same or other.
            if old != new {
                self.tell(field, "was retyped");
            }
            return;
        };
        if constraints(old) != constraints(new) {
            let (was, is) = (word(old), word(new));
            self.tell(field, &format!("was retyped from {was} to {is}"));
            return;
        }
        if old.get("additionalProperties") != Some(&json!(false))
            && new.get("additionalProperties") == Some(&json!(false))
        {
            self.tell(field, "takes no further fields any more");
        }
        self.compare_fields(field, old, new);
        self.compare_choices(field, old, new);
        match (old.get("items"), new.get("items")) {
            (Some(old), Some(new)) => self.compare(&format!("{field}[]"), old, new),
            (None, None) => {}
            _ => self.tell(field, "was retyped: its items have another shape"),
        }
    }

    fn compare_fields(&mut self, field: &str, old: &Map<String, Value>, new: &Map<String, Value>) {
        let inner = |name: &str| {
            if field.is_empty() {
                name.to_owned()
            } else {
                format!("{field}.{name}")
            }
        };
        let (required_before, required) = (words(old, "required"), words(new, "required"));
        let fields = new.get("properties").and_then(Value::as_object);
        for (name, before) in old
            .get("properties")
            .and_then(Value::as_object)
            .into_iter()
            .flatten()
        {
            match fields.and_then(|fields| fields.get(name)) {
                None => self.tell(&inner(name), "was removed or renamed"),
                Some(after) => {
                    self.compare(&inner(name), before, after);
                    if required_before.contains(name.as_str()) && !required.contains(name.as_str())
                    {
                        self.tell(&inner(name), "is no longer required");
                    }
                }
            }
        }
        for name in required.difference(&required_before) {
            self.tell(&inner(name), "is newly required");
        }
    }

    fn compare_choices(&mut self, field: &str, old: &Map<String, Value>, new: &Map<String, Value>) {
        for choice in ["anyOf", "oneOf"] {
            let (before, after) = (list(old, choice), list(new, choice));
            if before.iter().all(|one| one.get("const").is_some()) {
                // A closed list of words may grow.
                for lost in before
                    .iter()
                    .filter_map(|one| one.get("const"))
                    .filter(|one| !after.iter().any(|other| other.get("const") == Some(one)))
                {
                    self.tell(field, &format!("no longer takes {lost}"));
                }
                if before.is_empty() && !after.is_empty() {
                    self.tell(field, "was retyped: it now has choices");
                }
            } else if before.len() == after.len() {
                for (before, after) in before.iter().zip(after) {
                    self.compare(field, before, after);
                }
            } else {
                self.tell(field, "was retyped: it has other choices");
            }
        }
    }
}

/// Follows `$ref`s into the definitions of the same schema.
fn resolve<'a>(root: &'a Value, mut schema: &'a Value) -> &'a Value {
    while let Some(place) = schema.get("$ref").and_then(Value::as_str) {
        let pointer = place.strip_prefix('#').unwrap();
        schema = root
            .pointer(pointer)
            .unwrap_or_else(|| panic!("{place} leads nowhere"));
    }
    schema
}

fn constraints(schema: &Map<String, Value>) -> Vec<(&String, &Value)> {
    schema
        .iter()
        .filter(|(name, _)| {
            !REMARKS.contains(&name.as_str()) && !STRUCTURE.contains(&name.as_str())
        })
        .collect()
}

fn word(schema: &Map<String, Value>) -> String {
    let told: Map<String, Value> = constraints(schema)
        .into_iter()
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect();
    Value::Object(told).to_string()
}

fn words<'a>(schema: &'a Map<String, Value>, name: &str) -> BTreeSet<&'a str> {
    list(schema, name)
        .iter()
        .filter_map(Value::as_str)
        .collect()
}

fn list<'a>(schema: &'a Map<String, Value>, name: &str) -> &'a [Value] {
    schema
        .get(name)
        .and_then(Value::as_array)
        .map_or(&[], Vec::as_slice)
}

const INVOICE: &str = "com.tieout.billing.invoice.issued.v1";

/// What is said of a change to the schema of the invoice.
fn told(change: impl FnOnce(&mut Value)) -> Vec<String> {
    let schemas = events::Event::schemas();
    let (_, old) = schemas
        .into_iter()
        .find(|(name, _)| *name == INVOICE)
        .unwrap();
    let mut new = old.clone();
    change(&mut new);
    breaks(INVOICE, &old, &new)
}

fn drop_word(list: &mut Value, word: &str) {
    list.as_array_mut().unwrap().retain(|one| one != word);
}

#[test]
fn a_breaking_change_is_named_by_type_and_field_and_asks_for_a_new_version() {
    let removed = told(|schema| {
        let line = &mut schema["$defs"]["DocumentLine"];
        line["properties"].as_object_mut().unwrap().remove("net");
        drop_word(&mut line["required"], "net");
    });
    assert_eq!(
        removed,
        [
            "com.tieout.billing.invoice.issued.v1: field data.lines[].net was removed or renamed; \
             this breaks stored events or their readers and needs a new version: leave this one \
             as it is and add com.tieout.billing.invoice.issued.v2"
        ]
    );
}

#[test]
fn every_kind_of_breaking_change_is_found() {
    let cases: Vec<(&str, Vec<String>)> = vec![
        (
            "data.lines[].deferred was retyped",
            told(|schema| {
                schema["$defs"]["DocumentLine"]["properties"]["deferred"] =
                    json!({ "type": "string" });
            }),
        ),
        (
            "data.total.currency was retyped",
            told(|schema| {
                schema["$defs"]["Currency"]["pattern"] = json!("^[a-z]{3}$");
            }),
        ),
        (
            "data.reference is newly required",
            told(|schema| {
                let invoice = &mut schema["$defs"]["BillingDocument"];
                invoice["properties"]["reference"] = json!({ "type": "string" });
                invoice["required"]
                    .as_array_mut()
                    .unwrap()
                    .push(json!("reference"));
            }),
        ),
        (
            "data.reason is newly required",
            told(|schema| {
                let required = &mut schema["$defs"]["BillingDocument"]["required"];
                required.as_array_mut().unwrap().push(json!("reason"));
            }),
        ),
        (
            "data.due is no longer required",
            told(|schema| {
                drop_word(&mut schema["$defs"]["BillingDocument"]["required"], "due");
            }),
        ),
        (
            "data takes no further fields",
            told(|schema| {
                schema["$defs"]["BillingDocument"]["additionalProperties"] = json!(false);
            }),
        ),
        (
            "data.credit_note was retyped",
            told(|schema| {
                let fields = &mut schema["$defs"]["BillingDocument"]["properties"];
                fields["credit_note"] = json!({ "type": "string" });
            }),
        ),
        (
            "origin no longer takes \"replay\"",
            told(|schema| {
                let words = schema["$defs"]["Origin"]["oneOf"].as_array_mut().unwrap();
                words.retain(|one| one["const"] != "replay");
            }),
        ),
    ];
    for (wanted, found) in cases {
        assert!(
            found
                .iter()
                .any(|sentence| sentence.contains(&format!("field {wanted}"))
                    && sentence.starts_with(INVOICE)),
            "{wanted}: {found:#?}"
        );
    }
    assert!(gone(INVOICE).starts_with(INVOICE) && gone(INVOICE).contains("new version"));
}

#[test]
fn a_message_that_is_no_longer_described_is_named() {
    let old = events::async_api();
    let mut new = old.clone();
    let messages = new["components"]["messages"].as_object_mut().unwrap();
    messages
        .remove("com.tieout.payment.payment.failed.v1")
        .unwrap();
    let told = missing_messages(&old, &new);
    assert_eq!(told.len(), 1, "{told:?}");
    assert!(told[0].contains("payment.failed.v1"), "{told:?}");
    assert_eq!(missing_messages(&old, &old), Vec::<String>::new());
}

#[test]
fn a_schema_that_grew_says_so_in_its_version() {
    let schemas = events::Event::schemas();
    let (_, old) = schemas
        .into_iter()
        .find(|(name, _)| *name == INVOICE)
        .unwrap();
    let mut new = old.clone();
    new["description"] = json!("Said better.");
    assert_eq!(same_version(INVOICE, &old, &new), None);
    new["$defs"]["BillingDocument"]["properties"]["purchase_order"] = json!({ "type": "string" });
    let told = same_version(INVOICE, &old, &new).unwrap();
    assert!(
        told.contains("growths") && told.contains(":1.4.0"),
        "{told}"
    );
    new["$id"] = json!("urn:tieout:event-schema:com.tieout.billing.invoice.issued:1.5.0");
    assert_eq!(same_version(INVOICE, &old, &new), None);
}

#[test]
fn what_breaks_nobody_is_let_through() {
    let found = told(|schema| {
        schema["description"] = json!("Said better.");
        let invoice = &mut schema["$defs"]["BillingDocument"];
        invoice["properties"]["purchase_order"] = json!({ "type": ["string", "null"] });
        let words = schema["$defs"]["Origin"]["oneOf"].as_array_mut().unwrap();
        words.push(json!({ "type": "string", "const": "rehearsal" }));
    });
    assert_eq!(found, Vec::<String>::new());
}
