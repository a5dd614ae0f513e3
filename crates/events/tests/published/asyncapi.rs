//! `docs/asyncapi.json` is made from the enum and the catalogue, and is AsyncAPI 3.0.

use crate::breaking::missing_messages;
use crate::{committed, docs, read_json};
use events::{CATALOGUE, Event, async_api};
use serde_json::Value;
use std::path::Path;

#[test]
fn the_committed_description_is_that_of_the_code_and_drops_nothing() {
    let path = docs().join("asyncapi.json");
    let made = async_api();
    if path.exists() {
        let lost = missing_messages(&read_json(&path), &made);
        assert!(lost.is_empty(), "{}", lost.join("\n"));
    }
    let text = serde_json::to_string_pretty(&made).unwrap();
    committed(&path, &format!("{text}\n"));
}

#[test]
fn the_description_fits_the_schema_of_asyncapi() {
    let schema = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/asyncapi/3.0.0.json");
    let validator = jsonschema::validator_for(&read_json(&schema)).unwrap();
    let made = async_api();
    let told: Vec<String> = validator
        .iter_errors(&made)
        .map(|error| format!("{}: {error}", error.instance_path()))
        .collect();
    assert!(told.is_empty(), "{told:#?}");
    let mut broken = made;
    broken["operations"]["send.com.tieout.billing.invoice.issued"]["action"] = "publish".into();
    assert!(!validator.is_valid(&broken));
}

#[test]
fn every_reference_leads_somewhere_and_every_sample_is_there() {
    let made = async_api();
    let mut found = 0;
    each_reference(&made, &mut |place| {
        found += 1;
        match place.strip_prefix('#') {
            Some(pointer) => assert!(made.pointer(pointer).is_some(), "{place}"),
            None => assert!(docs().join(place).exists(), "{place}"),
        }
    });
    assert!(found > 3 * CATALOGUE.len());
    for name in Event::PUBLISHED {
        let message = &made["components"]["messages"][*name];
        assert_eq!(message["examples"][0]["payload"]["type"], **name);
    }
}

fn each_reference(value: &Value, tell: &mut impl FnMut(&str)) {
    match value {
        Value::Object(fields) => {
            for (name, inner) in fields {
                match inner.as_str() {
                    Some(place) if name == "$ref" => tell(place),
                    _ => each_reference(inner, tell),
                }
            }
        }
        Value::Array(items) => items.iter().for_each(|item| each_reference(item, tell)),
        _ => {}
    }
}
