//! The AsyncAPI 3.0 description of everything that is sent: one channel for each event, one message
//! for each of its versions, with its schema by reference and a sample.

use crate::{CATALOGUE, CatalogueEntry, Consumer, Event};
use serde_json::{Map, Value, json};

const DESCRIPTION: &str = "\
Every business event of Tieout, as a CloudEvents 1.0 structured JSON document. Webhooks are signed by the Standard \
Webhooks specification; an endpoint says which events it wants and the highest major version that it reads, and \
several versions are served side by side until the last day of the earlier one. Schemas lie beside this description, \
under schemas/events.";

/// The description, with references to schemas relative to the place where it lies.
#[must_use]
pub fn async_api() -> Value {
    let mut channels = Map::new();
    let mut operations = Map::new();
    let mut messages = Map::new();
    for (entry, (_, schema)) in CATALOGUE.iter().zip(Event::schemas()) {
        let says = schema["description"].as_str().unwrap_or_default();
        messages.insert(entry.type_name.to_owned(), message(entry, says));
    }
    for entry in CATALOGUE
        .iter()
        .filter(|entry| Event::newest(entry.type_name) == Some(entry.type_name))
    {
        let versions: Vec<&CatalogueEntry> = CATALOGUE
            .iter()
            .filter(|other| other.stem() == entry.stem())
            .collect();
        let says = messages[entry.type_name]["summary"].clone();
        channels.insert(entry.stem().to_owned(), channel(entry, &versions, &says));
        operations.insert(
            format!("send.{}", entry.stem()),
            operation(entry, &versions, &says),
        );
    }
    json!({
        "asyncapi": "3.0.0",
        "id": "urn:tieout:events",
        "info": {
            "title": "Tieout events",
            "version": "1.0.0",
            "description": DESCRIPTION,
            "license": { "name": "Apache-2.0", "url": "https://www.apache.org/licenses/LICENSE-2.0" }
        },
        "defaultContentType": "application/cloudevents+json",
        "channels": channels,
        "operations": operations,
        "components": {
            "messages": messages,
            "messageTraits": { "signed": { "headers": signature_headers() } }
        }
    })
}

/// A name within a JSON pointer.
fn pointer(name: &str) -> String {
    name.replace('~', "~0").replace('/', "~1")
}

fn channel(entry: &CatalogueEntry, versions: &[&CatalogueEntry], says: &Value) -> Value {
    let messages: Map<String, Value> = versions
        .iter()
        .map(|version| {
            let place = format!("#/components/messages/{}", pointer(version.type_name));
            (version.type_name.to_owned(), json!({ "$ref": place }))
        })
        .collect();
    json!({
        // Where it goes is each receiver's own address.
        "address": null,
        "title": entry.stem(),
        "description": says,
        "messages": messages,
    })
}

fn operation(entry: &CatalogueEntry, versions: &[&CatalogueEntry], says: &Value) -> Value {
    let channel = format!("#/channels/{}", pointer(entry.stem()));
    let messages: Vec<Value> = versions
        .iter()
        .map(|version| {
            json!({ "$ref": format!("{channel}/messages/{}", pointer(version.type_name)) })
        })
        .collect();
    json!({
        "action": "send",
        "summary": says,
        "channel": { "$ref": channel },
        "messages": messages,
    })
}

fn message(entry: &CatalogueEntry, says: &str) -> Value {
    let sample = Event::SAMPLES
        .iter()
        .find(|(name, _)| *name == entry.type_name)
        .and_then(|(_, text)| serde_json::from_str::<Value>(text).ok())
        .unwrap_or_default();
    let consumers: Vec<&str> = if entry.consumers == Consumer::ALL {
        vec!["all"]
    } else {
        entry.consumers.iter().map(|one| one.title()).collect()
    };
    let mut message = json!({
        "name": entry.type_name,
        "title": entry.type_name,
        "summary": says,
        "contentType": "application/cloudevents+json",
        "correlationId": { "location": "$message.payload#/correlationid" },
        "traits": [{ "$ref": "#/components/messageTraits/signed" }],
        "payload": {
            "schemaFormat": "application/schema+json;version=draft-2020-12",
            "schema": { "$ref": format!("schemas/events/{}.schema.json", entry.type_name) }
        },
        "examples": [{ "name": "sample", "payload": sample }],
        "x-version": entry.version(),
        "x-dataschema": entry.data_schema(),
        "x-producer": entry.producer,
        "x-consumers": consumers,
        "x-owner": entry.owner,
        "x-retention": entry.retention.title(),
    });
    if let (Some(end), Some(object)) = (entry.deprecation, message.as_object_mut()) {
        object.insert(
            "x-deprecated".to_owned(),
            json!({ "announced": end.announced, "retired": end.retired, "instead": end.instead }),
        );
    }
    message
}

fn signature_headers() -> Value {
    let text = |says: &str| json!({ "type": "string", "description": says });
    json!({
        "type": "object",
        "required": ["webhook-id", "webhook-timestamp", "webhook-signature"],
        "properties": {
            "webhook-id": text("The id of the message, the same on every attempt: by it repeats are told"),
            "webhook-timestamp": text("Seconds since 1970 of this attempt; refuse what is older than five minutes"),
            "webhook-signature": text("One `v1,<base64>` for each secret in force, parted by spaces: HMAC-SHA256 over `id.timestamp.body`"),
        }
    })
}
