//! The OpenAPI 3.1 description, made from the table of routes and the types behind it.

use crate::api::{CommandRoute, PREFIX, QueryRoute, ROUTES, Route, Work};
use crate::problem::ProblemBody;
use schemars::SchemaGenerator;
use schemars::generate::SchemaSettings;
use serde_json::{Map, Value, json};

/// Where the description is served.
pub const PATH: &str = "/api/openapi.json";

const ABOUT: &str = "Commands change the books and carry an Idempotency-Key, so that sending one twice is harmless; \
questions read them. Amounts are exact: text in major units, never a float. Errors are application/problem+json.";

/// The whole description.
#[must_use]
pub fn document() -> Value {
    let settings = SchemaSettings::draft2020_12()
        .with(|settings| settings.definitions_path = "/components/schemas".into());
    let mut generator = SchemaGenerator::new(settings);
    let problem = generator.subschema_for::<ProblemBody>();
    let mut paths: Map<String, Value> = Map::new();
    for route in ROUTES {
        let path = format!("{PREFIX}{}", route.path);
        let entry = paths.entry(path).or_insert_with(|| json!({}));
        entry[route.method().to_ascii_lowercase()] = operation(route, &mut generator);
    }
    let mut schemas = generator.take_definitions(true);
    for (body, field) in filled_by_path() {
        without(&mut schemas, &body, field);
    }
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Tieout",
            "version": env!("CARGO_PKG_VERSION"),
            "description": ABOUT,
            "license": { "name": "Apache-2.0", "identifier": "Apache-2.0" }
        },
        "servers": [{ "url": "/" }],
        "security": [{ "token": [] }],
        "tags": groups().iter().map(|group| json!({ "name": group })).collect::<Vec<_>>(),
        "paths": paths,
        "components": {
            "securitySchemes": {
                "token": {
                    "type": "http", "scheme": "bearer",
                    "description": "An API token, made with: tieout token create --name NAME --role ROLE"
                }
            },
            "parameters": {
                "cursor": {
                    "name": "cursor", "in": "query", "schema": { "type": "string" },
                    "description": "The `next` of the page before; opaque."
                },
                "limit": {
                    "name": "limit", "in": "query", "description": "Most rows of the page.",
                    "schema": { "type": "integer", "minimum": 1, "maximum": 200, "default": 50 }
                },
                "key": {
                    "name": "Idempotency-Key", "in": "header", "required": true,
                    "schema": { "type": "string", "minLength": 1, "maxLength": 255 },
                    "description": "New for each command, such as a UUID. The same key with the same body answers \
                                    as before; with another body it is refused."
                }
            },
            "responses": {
                "problem": {
                    "description": "It was not done; the body says why.",
                    "content": { "application/problem+json": { "schema": problem } }
                }
            },
            "schemas": schemas
        }
    })
}

/// The groups in the order of the table.
#[must_use]
pub fn groups() -> Vec<&'static str> {
    let mut groups: Vec<&'static str> = Vec::new();
    for route in ROUTES {
        if !groups.contains(&route.group) {
            groups.push(route.group);
        }
    }
    groups
}

fn operation(route: &Route, generator: &mut SchemaGenerator) -> Value {
    let answer = (route.answer)(generator);
    let mut parameters: Vec<Value> = path_parameters(route.path)
        .map(|name| json!({ "name": name, "in": "path", "required": true, "schema": { "type": "string" } }))
        .collect();
    let mut operation = json!({
        "operationId": route.operation_id(),
        "summary": route.summary,
        "tags": [route.group],
        "x-permission": route.permission.as_str(),
        "x-roles": route.permission.roles().iter().map(|role| role.as_str()).collect::<Vec<_>>()
    });
    let mut success = json!({
        "description": "Done.",
        "content": { "application/json": { "schema": answer } }
    });
    let status = match &route.work {
        Work::Command(command) => {
            parameters.push(json!({ "$ref": "#/components/parameters/key" }));
            operation["requestBody"] = request_body(command, generator);
            success["headers"] = json!({
                "Idempotent-Replayed": {
                    "description": "`true` when the same command was done before; this is its answer.",
                    "schema": { "type": "string", "enum": ["true"] }
                }
            });
            command.status
        }
        Work::Preview(preview) => {
            operation["requestBody"] = request_body(&preview.command, generator);
            200
        }
        Work::Intake(intake) => {
            let body = (intake.body)(generator);
            let lines = json!({ "schema": { "type": "string", "description": "One event a line, each a JSON object." } });
            operation["requestBody"] = json!({ "required": true, "content": {
                "application/json": { "schema": body }, "application/x-ndjson": lines } });
            200
        }
        Work::Query(query) => {
            parameters.extend(query_parameters(query));
            200
        }
        Work::Download(download) => {
            let file = json!({ "schema": { "type": "string", "format": "binary" } });
            success["content"] = json!({ download.media_type: file });
            200
        }
    };
    operation["parameters"] = Value::Array(parameters);
    operation["responses"] = json!({
        status.to_string(): success,
        "default": { "$ref": "#/components/responses/problem" }
    });
    if let Work::Command(command) = &route.work
        && crate::api::may_wait(command.name)
    {
        let waiting = generator.subschema_for::<crate::api::answers::Waiting>();
        operation["responses"]["202"] = json!({
            "description": "The approval policy asks for another person: it waits and is done when that person grants it.",
            "content": { "application/json": { "schema": waiting } }
        });
    }
    operation
}

fn request_body(command: &CommandRoute, generator: &mut SchemaGenerator) -> Value {
    let body = (command.body)(generator);
    json!({ "required": true, "content": { "application/json": { "schema": body } } })
}

fn query_parameters(query: &QueryRoute) -> Vec<Value> {
    let own = query.parameters.iter().map(|parameter| {
        json!({
            "name": parameter.name, "in": "query", "required": parameter.required,
            "description": parameter.about, "schema": { "type": "string" }
        })
    });
    let paging: &[&str] = if query.paged {
        &["cursor", "limit"]
    } else {
        &[]
    };
    let paging = paging
        .iter()
        .map(|name| json!({ "$ref": format!("#/components/parameters/{name}") }));
    own.chain(paging).collect()
}

/// The names between braces.
pub(crate) fn path_parameters(path: &str) -> impl Iterator<Item = &str> {
    path.split('/')
        .filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'))
}

/// Bodies of which the path fills a field, which therefore need not state it.
fn filled_by_path() -> Vec<(String, &'static str)> {
    let mut generator = SchemaGenerator::default();
    let mut filled = Vec::new();
    for route in ROUTES {
        if let Work::Command(CommandRoute {
            body,
            from_path: Some(field),
            ..
        }) = &route.work
        {
            let schema = body(&mut generator);
            let name = schema
                .get("$ref")
                .and_then(Value::as_str)
                .and_then(|path| path.rsplit('/').next());
            filled.extend(name.map(|name| (name.to_owned(), *field)));
        }
    }
    filled
}

fn without(schemas: &mut Map<String, Value>, name: &str, field: &str) {
    let Some(schema) = schemas.get_mut(name) else {
        return;
    };
    if let Some(properties) = schema.get_mut("properties").and_then(Value::as_object_mut) {
        properties.remove(field);
    }
    if let Some(required) = schema.get_mut("required").and_then(Value::as_array_mut) {
        required.retain(|known| known != field);
    }
}
