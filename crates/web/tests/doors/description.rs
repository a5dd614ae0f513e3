//! The description of the API, its reference and the help pages: complete, sound and in step.

use crate::support::House;
use app::access::Admitted;
use app::command::Command;
use axum::body::Body;
use axum::http::Request;
use control::Role;
use serde_json::Value;
use std::collections::BTreeSet;
use std::path::Path;
use web::api::{PREFIX, ROUTES, Work};
use web::openapi::document;
use web::problem::{Code, pages};
use web::server::Doors;

fn references<'a>(value: &'a Value, found: &mut Vec<&'a str>) {
    match value {
        Value::Object(fields) => {
            if let Some(Value::String(path)) = fields.get("$ref") {
                found.push(path);
            }
            fields.values().for_each(|value| references(value, found));
        }
        Value::Array(items) => items.iter().for_each(|value| references(value, found)),
        _ => {}
    }
}

#[test]
fn every_reference_of_the_description_resolves() {
    let document = document();
    let mut found = Vec::new();
    references(&document, &mut found);
    assert!(found.len() > 50, "{}", found.len());
    for path in found {
        let pointer = path.strip_prefix('#').unwrap();
        assert!(document.pointer(pointer).is_some(), "{path}");
    }
}

#[test]
fn every_route_is_described_and_nothing_else() {
    let document = document();
    let described: BTreeSet<(String, String)> = document["paths"]
        .as_object()
        .unwrap()
        .iter()
        .flat_map(|(path, methods)| {
            methods
                .as_object()
                .unwrap()
                .keys()
                .map(|method| (path.clone(), method.to_uppercase()))
        })
        .collect();
    let served: BTreeSet<(String, String)> = ROUTES
        .iter()
        .map(|route| (format!("{PREFIX}{}", route.path), route.method().to_owned()))
        .collect();
    assert_eq!(described, served);
    assert_eq!(served.len(), ROUTES.len(), "no route stands twice");
    let ids: BTreeSet<String> = ROUTES.iter().map(web::api::Route::operation_id).collect();
    assert_eq!(
        ids.len(),
        ROUTES.len(),
        "operations have names of their own"
    );
}

#[test]
fn every_command_of_the_program_has_a_route() {
    let served: BTreeSet<&str> = ROUTES
        .iter()
        .filter_map(|route| match &route.work {
            Work::Command(command) => Some(command.name),
            // Its answer is kept nowhere, so that it goes the way of a preview: a secret.
            Work::Preview(attempt) if attempt.name == attempt.command.name => {
                Some(attempt.command.name)
            }
            Work::Preview(_) | Work::Intake(_) | Work::Query(_) | Work::Download(_) => None,
        })
        .collect();
    assert_eq!(served, Command::NAMES.iter().copied().collect());
}

#[test]
fn every_operation_has_what_clients_are_made_from() {
    let document = document();
    for route in ROUTES {
        let path = format!("{PREFIX}{}", route.path);
        let told = &document["paths"][&path][route.method().to_lowercase()];
        let named: BTreeSet<&str> = told["parameters"]
            .as_array()
            .unwrap()
            .iter()
            .filter(|parameter| parameter["in"] == "path")
            .map(|parameter| parameter["name"].as_str().unwrap())
            .collect();
        let wanted: BTreeSet<&str> = route
            .path
            .split('/')
            .filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'))
            .collect();
        assert_eq!(named, wanted, "{path}");
        assert!(told["responses"]["default"]["$ref"].is_string(), "{path}");
        if let Work::Command(command) = &route.work {
            let reference = told["requestBody"]["content"]["application/json"]["schema"]["$ref"]
                .as_str()
                .unwrap();
            let body = document
                .pointer(reference.strip_prefix('#').unwrap())
                .unwrap();
            // A body of several kinds refuses unknown fields in each of them; one may be named once more.
            let body = match body["$ref"].as_str() {
                Some(behind) => document.pointer(&behind[1..]).unwrap(),
                None => body,
            };
            let kinds = body["oneOf"].as_array().cloned();
            for kind in kinds.unwrap_or_else(|| vec![body.clone()]) {
                assert_eq!(kind["additionalProperties"], false, "{reference}");
            }
            if let Some(field) = command.from_path {
                assert!(
                    body["properties"].get(field).is_none(),
                    "{reference} states {field}"
                );
            }
        }
    }
}

#[test]
fn the_committed_description_is_the_served_one() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/openapi.json");
    let text = format!("{}\n", serde_json::to_string_pretty(&document()).unwrap());
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(&path, &text).unwrap();
    }
    let kept = std::fs::read_to_string(&path).unwrap_or_default();
    let same =
        serde_json::from_str::<Value>(&kept).ok() == serde_json::from_str::<Value>(&text).ok();
    assert!(
        same,
        "docs/openapi.json is out of step; run: UPDATE=1 cargo test -p web --test doors"
    );
}

#[tokio::test]
async fn the_description_is_served_without_a_token() {
    let house = House::new();
    let reply = house
        .send(
            Request::get("/api/openapi.json")
                .body(Body::empty())
                .unwrap(),
        )
        .await;
    assert_eq!(reply.status, 200);
    assert_eq!(reply.json(), document());
}

#[tokio::test]
async fn every_problem_has_its_page() {
    let house = House::new();
    for page in pages() {
        let path = format!("/problems/{}", page.word);
        let reply = house
            .send(Request::get(&path).body(Body::empty()).unwrap())
            .await;
        assert_eq!(reply.status, 200, "{path}");
        assert!(
            reply.text.contains(page.word) && reply.text.contains("<h1>"),
            "{path}"
        );
    }
    for code in Code::ALL {
        assert!(web::problem::page(code.word()).is_some());
    }
    let reply = house
        .send(
            Request::get("/problems/nonsense")
                .body(Body::empty())
                .unwrap(),
        )
        .await;
    reply.problem(404, "not_found");
}

#[tokio::test]
async fn the_reference_shows_every_operation_and_shape() {
    let viewer = Admitted {
        name: "ada".to_owned(),
        role: Role::Auditor,
        csrf: "s".to_owned(),
    };
    let house = House::with(Doors {
        open_console: Some(viewer),
        ..Doors::default()
    });
    let reply = house
        .send(Request::get("/api/reference").body(Body::empty()).unwrap())
        .await;
    assert_eq!(reply.status, 200);
    for route in ROUTES {
        let line = format!("{} {PREFIX}{}", route.method(), route.path);
        assert!(reply.text.contains(&line), "{line}");
    }
    let document = document();
    for shape in document["components"]["schemas"]
        .as_object()
        .unwrap()
        .keys()
    {
        assert!(
            reply.text.contains(&format!("id=\"shape-{shape}\"")),
            "{shape}"
        );
    }
    for (at, link) in reply.text.match_indices("href=\"#shape-") {
        let name = reply.text[at + link.len()..].split('"').next().unwrap();
        assert!(
            reply.text.contains(&format!("id=\"shape-{name}\"")),
            "{name}"
        );
    }
    assert!(!reply.text.contains(" style=") && !reply.text.contains("<script>"));
}

/// The words that the sources refuse with.
fn words_of_the_sources() -> BTreeSet<String> {
    let crates = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let mut words = BTreeSet::new();
    for name in ["app", "commerce", "billing", "ledger", "revenue"] {
        each_source(&crates.join(name).join("src"), &mut |text| {
            for start in ["Refusal::field(", "Refusal::whole("] {
                for part in text.split(start).skip(1) {
                    words.extend(quoted(part.trim_start()));
                }
            }
            if name != "app" {
                for part in text.split("fn code(&self) -> &'static str {").skip(1) {
                    let body = part.split("\n    }").next().unwrap();
                    words.extend(body.split("=> ").skip(1).filter_map(quoted));
                }
            }
        });
    }
    words
}

fn quoted(text: &str) -> Option<String> {
    let word = text.strip_prefix('"')?.split('"').next()?;
    Some(word.to_owned())
}

fn each_source(folder: &Path, read: &mut impl FnMut(&str)) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            each_source(&path, read);
        } else if path.extension().is_some_and(|end| end == "rs") {
            read(&std::fs::read_to_string(&path).unwrap());
        }
    }
}

#[test]
fn every_refusal_of_the_sources_has_its_page() {
    let words = words_of_the_sources();
    assert!(words.len() > 60, "{}", words.len());
    let missing: Vec<&String> = words
        .iter()
        .filter(|word| web::problem::page(word).is_none())
        .collect();
    assert!(missing.is_empty(), "add to problem/words.rs: {missing:?}");
}
