//! The catalogue of events as people and programs look things up in it.

use crate::App;
use crate::fault::AppFault;
use crate::record::read_envelope;
use events::{CATALOGUE, CatalogueEntry, Event};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;
use std::collections::BTreeMap;
use store::log;

/// One version of an event in the catalogue.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct EventTypeRow {
    /// The CloudEvents type.
    pub event_type: String,
    /// The semantic version of its schema.
    pub version: String,
    /// What it says.
    pub says: String,
    /// What makes it.
    pub producer: String,
    /// The role that answers for it.
    pub owner: String,
    /// For whom it is meant.
    pub consumers: Vec<String>,
    /// The class of its retention.
    pub retention: String,
    /// How long it is kept at least.
    pub kept: String,
    /// What stands in its `dataschema`.
    pub data_schema: String,
    /// When its end was announced.
    pub deprecated: Option<String>,
    /// The first day on which it is no longer sent.
    pub retired: Option<String>,
    /// The type to read instead.
    pub instead: Option<String>,
    /// How many were recorded in this version.
    pub recorded: i64,
    /// Endpoints that are sent it.
    pub endpoints: Vec<String>,
}

/// One field of a payload.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct FieldRow {
    /// Its path, such as `lines[].net`.
    pub path: String,
    /// Its type, in words.
    pub kind: String,
    /// Whether it always stands there.
    pub required: bool,
    /// What it means.
    pub says: String,
}

/// One difference between two versions of an event.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct FieldChange {
    /// The path of the field.
    pub path: String,
    /// What it was; absent when it is new.
    pub before: Option<String>,
    /// What it is; absent when it is gone.
    pub after: Option<String>,
}

/// One version of an event with everything behind it.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct EventTypeDetail {
    /// Its row of the catalogue.
    pub row: EventTypeRow,
    /// The fields of its payload.
    pub fields: Vec<FieldRow>,
    /// What this version has otherwise than the one before it.
    pub changes: Vec<FieldChange>,
    /// The other versions of the same event.
    pub versions: Vec<String>,
    /// The newest one recorded, as it is sent in this version; absent when none was.
    pub sample: Option<Value>,
    /// Its JSON Schema.
    pub schema: Value,
}

impl App {
    /// The catalogue of events, with how many of each were recorded and who is sent it.
    ///
    /// # Errors
    /// When the store fails.
    pub fn event_types(&self) -> Result<Vec<EventTypeRow>, AppFault> {
        let counts: BTreeMap<String, i64> = self
            .store()
            .read(log::type_counts)?
            .into_iter()
            .map(|(name, count, _)| (name, count))
            .collect();
        let endpoints = self.store().read(super::fan_out::enabled)?;
        let today = super::fan_out::day_of(self.clock().now());
        let says = says();
        Ok(CATALOGUE
            .iter()
            .map(|entry| {
                let listening = endpoints.iter().filter(|(_, wanted)| {
                    wanted
                        .choose(entry.type_name, today)
                        .iter()
                        .any(|choice| matches!(choice, super::Choice::Send(sent) if sent == &entry))
                });
                EventTypeRow {
                    endpoints: listening.map(|(row, _)| row.url.clone()).collect(),
                    recorded: counts.get(entry.type_name).copied().unwrap_or(0),
                    ..row_of(
                        entry,
                        says.get(entry.type_name).cloned().unwrap_or_default(),
                    )
                }
            })
            .collect())
    }

    /// One version of an event.
    ///
    /// # Errors
    /// When the store fails.
    pub fn event_type(&self, type_name: &str) -> Result<Option<EventTypeDetail>, AppFault> {
        let Some(row) = self
            .event_types()?
            .into_iter()
            .find(|row| row.event_type == type_name)
        else {
            return Ok(None);
        };
        let schemas: BTreeMap<&str, Value> = Event::schemas().into_iter().collect();
        let Some(schema) = schemas.get(type_name).cloned() else {
            return Ok(None);
        };
        let stem = type_name
            .rsplit_once(".v")
            .map_or(type_name, |(stem, _)| stem);
        let mut versions: Vec<&CatalogueEntry> = CATALOGUE
            .iter()
            .filter(|entry| entry.stem() == stem)
            .collect();
        versions.sort_by_key(|entry| entry.major());
        let before = versions
            .iter()
            .position(|entry| entry.type_name == type_name)
            .and_then(|at| at.checked_sub(1))
            .and_then(|at| versions.get(at))
            .and_then(|entry| schemas.get(entry.type_name));
        let fields = fields(&schema);
        Ok(Some(EventTypeDetail {
            changes: before.map_or_else(Vec::new, |before| {
                changes(&super::catalogue::fields(before), &fields)
            }),
            versions: versions
                .iter()
                .filter(|entry| entry.type_name != type_name)
                .map(|entry| entry.type_name.to_owned())
                .collect(),
            sample: self.newest_event(type_name)?,
            fields,
            row,
            schema,
        }))
    }

    /// The newest event of a type as it is sent, from any version that was recorded.
    fn newest_event(&self, type_name: &str) -> Result<Option<Value>, AppFault> {
        let wanted = Event::newest(type_name);
        let newest = self
            .store()
            .read(log::type_counts)?
            .into_iter()
            .filter(|(name, _, _)| Event::newest(name) == wanted)
            .map(|(_, _, id)| id)
            .max();
        let Some(id) = newest else { return Ok(None) };
        let Some(stored) = self.store().read(move |tx| log::by_id(tx, &id))? else {
            return Ok(None);
        };
        read_envelope(stored)?
            .to_cloud_event_as(type_name)
            .map_err(|error| AppFault::Unreadable {
                what: "event",
                error: error.to_string(),
            })
    }
}

fn says() -> BTreeMap<&'static str, String> {
    Event::schemas()
        .into_iter()
        .map(|(name, schema)| {
            let says = schema["description"]
                .as_str()
                .unwrap_or_default()
                .to_owned();
            (name, says)
        })
        .collect()
}

fn row_of(entry: &CatalogueEntry, says: String) -> EventTypeRow {
    let end = entry.deprecation;
    EventTypeRow {
        event_type: entry.type_name.to_owned(),
        version: entry.version(),
        says,
        producer: entry.producer.to_owned(),
        owner: entry.owner.to_owned(),
        consumers: entry
            .consumers
            .iter()
            .map(|consumer| consumer.title().to_owned())
            .collect(),
        retention: entry.retention.title().to_owned(),
        kept: entry.retention.least().to_owned(),
        data_schema: entry.data_schema(),
        deprecated: end.map(|end| end.announced.to_owned()),
        retired: end.map(|end| end.retired.to_owned()),
        instead: end.map(|end| end.instead.to_owned()),
        recorded: 0,
        endpoints: Vec::new(),
    }
}

/// The fields of the payload of a schema, outermost first.
fn fields(schema: &Value) -> Vec<FieldRow> {
    let mut found = Vec::new();
    walk(schema, &schema["properties"]["data"], "", &mut found);
    found
}

fn walk(root: &Value, schema: &Value, path: &str, found: &mut Vec<FieldRow>) {
    let schema = resolved(root, schema);
    let required: Vec<&str> = schema["required"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .collect();
    for (name, inner) in schema["properties"].as_object().into_iter().flatten() {
        let path = if path.is_empty() {
            name.clone()
        } else {
            format!("{path}.{name}")
        };
        let (kind, below) = kind(root, inner);
        found.push(FieldRow {
            path: path.clone(),
            kind,
            required: required.contains(&name.as_str()),
            says: inner["description"]
                .as_str()
                .unwrap_or_default()
                .replace('\n', " "),
        });
        // Money, FX and periods are values of their own; their inside is the same everywhere.
        if let Some((below, list)) = below {
            let path = if list { format!("{path}[]") } else { path };
            walk(root, below, &path, found);
        }
    }
}

/// The type of a field in words, and what lies below it with whether it is a list.
fn kind<'a>(root: &'a Value, schema: &'a Value) -> (String, Option<(&'a Value, bool)>) {
    if let Some(choices) = schema["anyOf"].as_array() {
        let one = choices.iter().find(|one| one["type"] != "null");
        return one.map_or((String::new(), None), |one| kind(root, one));
    }
    let name = schema["$ref"]
        .as_str()
        .and_then(|place| place.rsplit('/').next())
        .unwrap_or_default();
    let inner = resolved(root, schema);
    if let Some(words) = inner["oneOf"]
        .as_array()
        .or_else(|| inner["enum"].as_array())
    {
        let words: Vec<&str> = words
            .iter()
            .filter_map(|word| word["const"].as_str().or_else(|| word.as_str()))
            .collect();
        return (words.join(" or "), None);
    }
    if inner["type"] == "array" {
        let (kind, _) = kind(root, &inner["items"]);
        return (format!("list of {kind}"), Some((&inner["items"], true)));
    }
    let simple = match &inner["type"] {
        Value::String(word) => word.clone(),
        Value::Array(words) => words
            .iter()
            .filter_map(Value::as_str)
            .filter(|word| *word != "null")
            .collect::<Vec<_>>()
            .join(" or "),
        _ => "anything".to_owned(),
    };
    if simple == "object" && !name.is_empty() && name != "Money" {
        return (name.to_owned(), Some((inner, false)));
    }
    let told = if name.is_empty() {
        simple
    } else {
        name.to_owned()
    };
    (told, None)
}

fn resolved<'a>(root: &'a Value, schema: &'a Value) -> &'a Value {
    schema["$ref"]
        .as_str()
        .and_then(|place| root.pointer(place.trim_start_matches('#')))
        .unwrap_or(schema)
}

/// What is different between two lists of fields.
fn changes(before: &[FieldRow], after: &[FieldRow]) -> Vec<FieldChange> {
    let told = |row: &FieldRow| {
        let must = if row.required {
            "always"
        } else {
            "where there is one"
        };
        format!("{}, {must}", row.kind)
    };
    let find = |rows: &[FieldRow], path: &str| rows.iter().find(|row| row.path == path).map(told);
    let gone = before
        .iter()
        .filter(|row| find(after, &row.path).is_none())
        .map(|row| FieldChange {
            path: row.path.clone(),
            before: Some(told(row)),
            after: None,
        });
    let other = after.iter().filter_map(|row| {
        let (was, is) = (find(before, &row.path), told(row));
        (was.as_ref() != Some(&is)).then(|| FieldChange {
            path: row.path.clone(),
            before: was,
            after: Some(is),
        })
    });
    gone.chain(other).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(type_name: &str) -> Vec<FieldRow> {
        let schemas = Event::schemas();
        let (_, schema) = schemas.iter().find(|(name, _)| *name == type_name).unwrap();
        fields(schema)
    }

    #[test]
    fn fields_are_told_with_their_paths_and_types() {
        let rows = of("com.tieout.billing.invoice.issued.v1");
        let row = |path: &str| rows.iter().find(|row| row.path == path).unwrap();
        assert_eq!(row("total").kind, "Money");
        assert_eq!(row("lines").kind, "list of DocumentLine");
        assert!(row("lines[].net").required && !row("credit_note").required);
        assert!(rows.iter().all(|row| !row.says.is_empty()), "{rows:#?}");
    }

    #[test]
    fn two_versions_are_compared_field_by_field() {
        let (first, second) = (
            of("com.tieout.payment.payment.failed.v1"),
            of("com.tieout.payment.payment.failed.v2"),
        );
        let told = changes(&first, &second);
        assert_eq!(told.len(), 1, "{told:?}");
        assert_eq!(
            (told[0].path.as_str(), &told[0].before),
            ("decline_class", &None)
        );
        let kind = told[0].after.as_deref().unwrap();
        assert!(
            kind.contains("try_later") && kind.contains("always"),
            "{kind}"
        );
        assert_eq!(changes(&second, &first)[0].after, None);
        assert_eq!(changes(&first, &first), []);
    }
}
