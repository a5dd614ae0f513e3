//! Intake: every event has its result, the same again changes nothing, refusals say what to mend.

use crate::company::{Company, calls, event, read};
use app::usage::EventResult::{Accepted, Duplicate, Rejected};
use serde_json::json;

fn company() -> Company {
    let company = Company::new();
    company.meter(calls());
    company.sells("calls", &json!({"model": "per_unit", "unit_price": "0.10"}));
    company
}

#[test]
fn an_intake_twice_changes_nothing() {
    let company = company();
    let events = vec![
        event("a", "2026-01-10T10:00:00Z", "1.50"),
        event("b", "2026-01-11T10:00:00Z", "2"),
        event("a", "2026-01-10T10:00:00Z", "1.5"),
    ];
    let first = company.take(events.clone());
    assert_eq!(first.results, [Accepted, Accepted, Duplicate]);
    assert_eq!(first.totals["calls"], "3.5");
    let again = company.take(events);
    assert_eq!(again.results, [Duplicate, Duplicate, Duplicate]);
    assert_eq!((again.accepted, again.duplicates), (0, 3));
    assert_eq!(
        again.events,
        again.accepted + again.duplicates + again.held + again.rejected
    );
    let meter = company.app.meter("calls").unwrap().unwrap();
    assert_eq!(meter.row.events, 2);
    assert_eq!(meter.uses[0].quantity.to_string(), "3.5");
    assert_eq!(company.bill("2026-02-01"), ["2026-01-01 35 3.5 × 0.10"]);
}

#[test]
fn the_same_key_with_other_content_is_refused_and_names_both() {
    let company = company();
    company.take(vec![event("a", "2026-01-10T10:00:00Z", "1")]);
    let taken = company.take(vec![
        event("a", "2026-01-10T10:00:00Z", "2"),
        event("b", "2026-01-10T10:00:00Z", "1"),
        event("b", "2026-01-10T10:00:01Z", "1"),
    ]);
    assert_eq!(taken.results, [Rejected, Accepted, Rejected]);
    let why: Vec<&str> = taken.problems.iter().map(|p| p.message.as_str()).collect();
    assert!(
        why.iter()
            .any(|text| text.contains("meter calls and key \"a\" name the event of intake 1")),
        "{why:?}"
    );
    assert!(
        why.iter()
            .any(|text| text.contains("an earlier event of this intake")),
        "{why:?}"
    );
}

#[test]
fn a_correction_takes_the_place_of_an_event_whichever_comes_first() {
    let company = company();
    let correction = read(json!({"meter": "calls", "key": "a2", "contract": "C-1",
        "at": "2026-01-10T10:00:00Z", "value": 5, "replaces": "a"}));
    company.take(vec![correction]);
    company.take(vec![event("a", "2026-01-10T10:00:00Z", "100")]);
    let second = read(json!({"meter": "calls", "key": "a3", "contract": "C-1",
        "at": "2026-01-10T10:00:00Z", "value": 7, "replaces": "a"}));
    let refused = company.take(vec![second]);
    assert_eq!(refused.results, [Rejected]);
    assert_eq!(
        refused.problems[0].message,
        "event \"a\" of meter calls is corrected by \"a2\" already; correct \"a2\" instead"
    );
    assert_eq!(company.bill("2026-02-01"), ["2026-01-01 50 5 × 0.10"]);
}

#[test]
fn every_refusal_names_field_value_and_mend() {
    let company = company();
    let base = json!({"meter": "calls", "key": "k", "contract": "C-1", "at": "2026-01-10T10:00:00Z", "value": 1});
    let with = |changes: serde_json::Value| {
        let mut body = base.clone();
        for (name, value) in changes.as_object().unwrap() {
            if value.is_null() {
                body.as_object_mut().unwrap().remove(name);
            } else {
                body[name] = value.clone();
            }
        }
        read(body)
    };
    for (event, field, words) in [
        (
            with(json!({"meter": "cals"})),
            "meter",
            "there is no meter \"cals\"; publish it, or use one of: calls",
        ),
        (
            with(json!({"value": "1e3"})),
            "value",
            "value is \"1e3\"; write a decimal number",
        ),
        (
            with(json!({"value": "0.0000000000001"})),
            "value",
            "at most 12 decimal places",
        ),
        (
            with(json!({"key": ""})),
            "key",
            "give 1 to 120 bytes of text",
        ),
        (
            with(json!({"dimensions": {"regoin": "eu"}})),
            "dimensions.regoin",
            "meter calls knows these dimensions: none",
        ),
        (
            with(json!({"contract": "C-9"})),
            "contract",
            "contract \"C-9\" has nothing that meter calls measures",
        ),
        (
            with(json!({"contract": null})),
            "contract",
            "name the contract, or a customer",
        ),
        (with(json!({"customer": "acme"})), "customer", "not both"),
        (
            with(json!({"at": "2025-12-31T10:00:00Z"})),
            "at",
            "before the service of contract C-1 begins",
        ),
        (
            with(json!({"cancels": "k"})),
            "cancels",
            "cannot correct itself",
        ),
    ] {
        let taken = company.take(vec![event]);
        assert_eq!(taken.results, [Rejected]);
        let problem = &taken.problems[0];
        assert_eq!(problem.field, field);
        assert!(problem.message.contains(words), "{}", problem.message);
    }
    let none = company.app.take_usage("reporter", Vec::new()).unwrap_err();
    assert_eq!(
        none.to_string(),
        "there are 0 events; send 1 to 10000 at once"
    );
}

#[test]
fn a_file_of_use_is_taken_in_row_by_row() {
    let company = company();
    let answer = company.act("import_usage", json!({"name": "calls.csv",
        "content": "meter,key,contract,at,value\ncalls,f1,C-1,2026-01-10T10:00:00Z,3\ncalls,f2,C-1,2026-01-10T11:00:00Z,4.5\n"}));
    assert_eq!(answer["accepted"], 2, "{answer}");
    let refused = company
        .try_act(
            "import_usage",
            json!({"name": "bad.csv",
            "content": "meter,key,contract,at,value\ncalls,f3,C-9,2026-01-10T10:00:00Z,3\n"}),
        )
        .unwrap_err();
    assert!(refused.to_string().contains("line 2"), "{refused}");
}

#[test]
fn a_meter_cannot_count_otherwise_than_it_did() {
    let company = company();
    let refused = company
        .try_act(
            "publish_meter",
            json!({"code": "calls", "name": "Calls", "unit": "call", "aggregation": "max"}),
        )
        .unwrap_err();
    assert!(
        refused
            .to_string()
            .contains("publish a meter with a code of its own"),
        "{refused}"
    );
    let refused = company
        .try_act(
            "publish_meter",
            json!({"code": "m", "name": "M", "unit": "u", "aggregation": "sum",
            "late": {"rule": "original_period", "look_back": 0}}),
        )
        .unwrap_err();
    assert_eq!(
        refused.to_string(),
        "late.look_back is 0; look back 1 to 60 billed periods"
    );
}
