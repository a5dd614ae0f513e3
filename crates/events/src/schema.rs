//! The JSON Schema of a published event: the attributes of the envelope around the payload.

use crate::{CatalogueEntry, Origin, SCHEMA_NAMES};
use schemars::generate::SchemaSettings;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde_json::{Value, json};
use values::{CorrelationId, Date, EntityId, EventId, Instant, Month};

/// The attributes that a document may lack.
///
/// `dataschema` is always written; documents from before there was one lack it.
const OPTIONAL: [&str; 3] = ["legalentity", "causationid", "dataschema"];

/// The schema of the whole document of one event type. Further attributes are allowed, as
/// CloudEvents 1.0 has it; consumers pass over what they do not know.
pub(crate) fn document<P: JsonSchema>(type_name: &str, says: &str) -> Value {
    let mut generator = SchemaSettings::draft2020_12().into_generator();
    let properties = attributes::<P>(&mut generator, type_name);
    let required: Vec<String> = properties
        .as_object()
        .into_iter()
        .flat_map(|object| object.keys())
        .filter(|name| !OPTIONAL.contains(&name.as_str()))
        .cloned()
        .collect();
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": data_schema(type_name),
        "title": type_name,
        "description": says.trim(),
        "type": "object",
        "properties": properties,
        "required": required,
        "$defs": generator.take_definitions(true),
    })
}

fn attributes<P: JsonSchema>(generator: &mut SchemaGenerator, type_name: &str) -> Value {
    json!({
        "specversion": { "const": "1.0" },
        "id": told::<EventId>(generator, "Unique together with `source`"),
        "source": text("The connection or room that it came from, such as `/sys/crm`"),
        "type": { "const": type_name },
        "subject": text("The canonical object, such as `invoice/inv_01J…`"),
        "time": told::<Instant>(generator, "When it happened"),
        "datacontenttype": { "const": "application/json" },
        "dataschema": {
            "type": "string", "format": "uri", "pattern": any_minor(type_name),
            "description": "The name of this schema with its semantic version"
        },
        "recordedtime": told::<Instant>(generator, "When it was logged"),
        "effectivedate": told::<Date>(generator, "The day on which it counts for accounting"),
        "accountingperiod": told::<Month>(generator, "The month of `effectivedate`"),
        "legalentity": told::<EntityId>(generator, "Whose books it concerns, where there are any"),
        "partitionkey": text("Ordering key"),
        "sequence": {
            "type": "integer", "minimum": 1,
            "description": "1, 2, 3 … within `partitionkey`; a gap means that an event is missing"
        },
        "correlationid": told::<CorrelationId>(generator, "The order-to-cash chain it belongs to"),
        "causationid": told::<EventId>(generator, "The event that caused it, where one did"),
        "idempotencykey": text("Equal when the same fact is recorded again"),
        "origin": told::<Origin>(generator, "How it came to be recorded"),
        "authid": text("Who caused it: a user, a token or a worker"),
        "data": generator.subschema_for::<P>(),
    })
}

fn data_schema(type_name: &str) -> String {
    CatalogueEntry::of(type_name).map_or_else(String::new, CatalogueEntry::data_schema)
}

/// A pattern for every growth of one major version: a reader of it takes them all.
fn any_minor(type_name: &str) -> String {
    let (stem, major) = type_name.rsplit_once(".v").unwrap_or((type_name, "1"));
    let stem = stem.replace('.', "\\.");
    format!("^{SCHEMA_NAMES}{stem}:{major}\\.[0-9]+\\.[0-9]+$")
}

/// The schema of a value under what it means here.
fn told<T: JsonSchema>(generator: &mut SchemaGenerator, description: &str) -> Schema {
    let mut schema = generator.subschema_for::<T>();
    schema.insert("description".to_owned(), description.into());
    schema
}

fn text(description: &str) -> Value {
    json!({ "type": "string", "minLength": 1, "description": description })
}

/// Half-open days, as [`values::Period`] stands on the wire.
pub(crate) fn period(generator: &mut SchemaGenerator) -> Schema {
    let date = generator.subschema_for::<Date>();
    json_schema!({
        "type": "object",
        "properties": { "from": date.clone(), "until": date },
        "required": ["from", "until"],
        "additionalProperties": false
    })
}
