//! The committed schemas are those of the code, and change only in ways that break nobody.

use crate::breaking::{breaks, gone, same_version};
use crate::{committed, docs, names_in, read_json, schema_path};
use events::Event;

#[test]
fn the_committed_schemas_are_those_of_the_code_and_none_breaks() {
    let schemas = Event::schemas();
    let names: Vec<&str> = schemas.iter().map(|(name, _)| *name).collect();
    assert_eq!(names, Event::PUBLISHED);
    let mut broken: Vec<String> = names_in(&docs().join("schemas/events"), ".schema.json")
        .iter()
        .filter(|name| !names.contains(&name.as_str()))
        .map(|name| gone(name))
        .collect();
    for (type_name, schema) in &schemas {
        let path = schema_path(type_name);
        if path.exists() {
            let committed = read_json(&path);
            broken.extend(breaks(type_name, &committed, schema));
            broken.extend(same_version(type_name, &committed, schema));
        }
    }
    assert!(broken.is_empty(), "{}", broken.join("\n"));
    for (type_name, schema) in &schemas {
        let text = serde_json::to_string_pretty(schema).unwrap();
        committed(&schema_path(type_name), &format!("{text}\n"));
    }
}

#[test]
fn every_schema_is_itself_valid() {
    for (type_name, schema) in Event::schemas() {
        jsonschema::meta::validate(&schema).unwrap_or_else(|error| panic!("{type_name}: {error}"));
    }
}
