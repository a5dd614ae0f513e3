//! The browsable reference of the API, drawn from the same table and types as the description.

use crate::api::{PREFIX, Parameter, ROUTES, Route, Work};
use crate::console::{Viewer, sheet};
use crate::openapi;
use crate::problem::{Code, Problem};
use crate::state::Web;
use askama::Template;
use axum::Extension;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use control::Role;
use serde_json::{Map, Value};

/// Where the reference is served.
pub const PATH: &str = "/api/reference";

#[derive(Template)]
#[template(path = "reference.html")]
struct Reference {
    groups: Vec<Group>,
    shapes: Vec<Shape>,
    description: &'static str,
}

struct Group {
    title: &'static str,
    operations: Vec<Operation>,
}

struct Operation {
    method: &'static str,
    path: String,
    anchor: String,
    summary: &'static str,
    roles: String,
    parameters: &'static [Parameter],
    paged: bool,
    body: Option<TypeWords>,
    answer: TypeWords,
}

/// A type in words, with the shape that it leads to.
#[derive(Clone)]
struct TypeWords {
    text: String,
    shape: Option<String>,
}

struct Shape {
    name: String,
    about: String,
    fields: Vec<Field>,
    /// For a shape that is one of several, or a plain value.
    choices: Vec<String>,
}

struct Field {
    name: String,
    kind: TypeWords,
    required: bool,
    about: String,
}

/// `GET /api/reference`.
pub(crate) async fn show(State(web): State<Web>, viewer: Option<Extension<Viewer>>) -> Response {
    let document = openapi::document();
    let page = Reference {
        groups: groups(&document),
        shapes: shapes(&document),
        description: openapi::PATH,
    };
    match page.render() {
        Ok(body) => {
            sheet(
                web.console().clone(),
                viewer.map(|Extension(viewer)| viewer),
                "API reference",
                body,
            )
            .await
        }
        Err(error) => {
            tracing::error!(%error, "the reference could not be drawn");
            Problem::new(Code::Internal, "The reference could not be drawn.").into_response()
        }
    }
}

fn groups(document: &Value) -> Vec<Group> {
    let of = |group: &'static str| {
        ROUTES
            .iter()
            .filter(|route| route.group == group)
            .map(|route| operation(route, document))
            .collect()
    };
    openapi::groups()
        .into_iter()
        .map(|title| Group {
            title,
            operations: of(title),
        })
        .collect()
}

fn operation(route: &Route, document: &Value) -> Operation {
    let path = format!("{PREFIX}{}", route.path);
    let told = &document["paths"][&path][route.method().to_ascii_lowercase()];
    let statuses = told["responses"].as_object();
    let success = statuses.and_then(|all| all.iter().find(|(status, _)| status.starts_with('2')));
    let answer = success.map_or(&Value::Null, |(_, answer)| {
        &answer["content"]["application/json"]["schema"]
    });
    let body = &told["requestBody"]["content"]["application/json"]["schema"];
    let (parameters, paged) = match &route.work {
        Work::Command(_) | Work::Preview(_) | Work::Intake(_) | Work::Download(_) => {
            (&[][..], false)
        }
        Work::Query(query) => (query.parameters, query.paged),
    };
    let roles: Vec<&str> = route
        .permission
        .roles()
        .iter()
        .map(|role| role.title())
        .collect();
    Operation {
        method: route.method(),
        anchor: route.operation_id(),
        path,
        summary: route.summary,
        roles: if roles.len() == Role::ALL.len() {
            "Every role".to_owned()
        } else {
            roles.join(", ")
        },
        parameters,
        paged,
        body: (!body.is_null()).then(|| type_words(body)),
        answer: type_words(answer),
    }
}

fn shapes(document: &Value) -> Vec<Shape> {
    let empty = Map::new();
    let known = document["components"]["schemas"]
        .as_object()
        .unwrap_or(&empty);
    known
        .iter()
        .map(|(name, schema)| shape(name, schema))
        .collect()
}

fn shape(name: &str, schema: &Value) -> Shape {
    let choices: Vec<String> = schema
        .get("oneOf")
        .or_else(|| schema.get("anyOf"))
        .and_then(Value::as_array)
        .map(|choices| choices.iter().map(choice).collect())
        .unwrap_or_default();
    let choices = match (
        schema.get("enum").and_then(Value::as_array),
        schema.get("properties"),
    ) {
        (Some(words), _) => words.iter().map(Value::to_string).collect(),
        (None, None) if choices.is_empty() => vec![type_words(schema).text],
        _ => choices,
    };
    Shape {
        name: name.to_owned(),
        about: about(schema),
        fields: fields(schema),
        choices,
    }
}

/// One of several forms: its fixed words, its fields and what it is for.
fn choice(schema: &Value) -> String {
    let words = schema.get("const").map(Value::to_string).into_iter();
    let enumerated = schema
        .get("enum")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .map(Value::to_string);
    let fields = schema
        .get("properties")
        .and_then(Value::as_object)
        .into_iter()
        .flatten()
        .map(|(name, field)| match field.get("const") {
            Some(word) => format!("{name}: {word}"),
            None => format!("{name}: {}", type_words(field).text),
        });
    let parts: Vec<String> = words.chain(enumerated).chain(fields).collect();
    let form = if parts.is_empty() {
        type_words(schema).text
    } else {
        parts.join(", ")
    };
    match about(schema) {
        about if about.is_empty() => form,
        about => format!("{form} — {about}"),
    }
}

fn fields(schema: &Value) -> Vec<Field> {
    let Some(properties) = schema.get("properties").and_then(Value::as_object) else {
        return Vec::new();
    };
    let required = schema.get("required").and_then(Value::as_array);
    properties
        .iter()
        .map(|(name, field)| Field {
            name: name.clone(),
            kind: type_words(field),
            required: required.is_some_and(|names| names.iter().any(|known| known == name)),
            about: about(field),
        })
        .collect()
}

fn about(schema: &Value) -> String {
    schema
        .get("description")
        .and_then(Value::as_str)
        .unwrap_or_default()
        .to_owned()
}

/// A schema in words, and the shape that it names.
fn type_words(schema: &Value) -> TypeWords {
    if let Some(name) = schema
        .get("$ref")
        .and_then(Value::as_str)
        .and_then(|path| path.rsplit('/').next())
    {
        return TypeWords {
            text: name.to_owned(),
            shape: Some(name.to_owned()),
        };
    }
    if let Some(choices) = schema.get("anyOf").and_then(Value::as_array) {
        let mut real = choices
            .iter()
            .filter(|choice| choice.get("type").is_none_or(|kind| kind != "null"));
        if let (Some(one), None) = (real.next(), real.next()) {
            return type_words(one);
        }
    }
    if schema.get("type").is_some_and(|kind| kind == "array") {
        let item = type_words(schema.get("items").unwrap_or(&Value::Null));
        return TypeWords {
            text: format!("list of {}", item.text),
            shape: item.shape,
        };
    }
    let text = match schema.get("type") {
        Some(Value::String(kind)) => kind.clone(),
        Some(Value::Array(kinds)) => {
            let kinds: Vec<&str> = kinds
                .iter()
                .filter_map(Value::as_str)
                .filter(|kind| *kind != "null")
                .collect();
            kinds.join(" or ")
        }
        _ => "any".to_owned(),
    };
    TypeWords { text, shape: None }
}
