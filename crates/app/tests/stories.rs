//! Every story of the repository, with the report it leaves. `UPDATE_STORIES=1` writes the reports
//! anew; read the difference before you commit it.

// A test that cannot go on ends.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::path::{Path, PathBuf};

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../stories")
}

fn told(text: &str) -> Result<String, String> {
    let ending = app::story::run(text).map_err(|fault| fault.to_string())?;
    let report = app::story::report(&ending).map_err(|fault| fault.to_string())?;
    Ok(app::story::tables(&report))
}

fn stories() -> Vec<PathBuf> {
    let mut stories: Vec<PathBuf> = std::fs::read_dir(folder())
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| {
            path.extension()
                .is_some_and(|extension| extension == "yaml")
        })
        .collect();
    stories.sort();
    assert!(stories.len() >= 6, "stories are missing: {stories:?}");
    stories
}

#[test]
fn every_story_leaves_the_report_that_stands_beside_it() {
    let mut differing = Vec::new();
    for path in stories() {
        let told = told(&std::fs::read_to_string(&path).unwrap());
        let actual = told.unwrap_or_else(|fault| panic!("{path:?}: {fault}"));
        let beside = path.with_extension("txt");
        if std::env::var_os("UPDATE_STORIES").is_some() {
            std::fs::write(&beside, &actual).unwrap();
        }
        let expected = std::fs::read_to_string(&beside).unwrap_or_default();
        if expected != actual {
            differing.push(format!(
                "{}\n--- expected\n{expected}\n--- actual\n{actual}",
                path.display()
            ));
        }
    }
    assert!(differing.is_empty(), "{}", differing.join("\n"));
}

#[test]
fn every_story_leaves_the_same_report_on_postgresql() {
    let url = std::env::var("TIEOUT_TEST_POSTGRES")
        .expect("TIEOUT_TEST_POSTGRES is not set: run `cargo xtask test`, which starts PostgreSQL");
    for (number, path) in stories().into_iter().enumerate() {
        let text = std::fs::read_to_string(&path).unwrap();
        let schema = format!("story_{}_{number}", std::process::id());
        let location = store::Location::Postgres {
            url: url.clone(),
            schema,
        };
        let store = store::Store::open(&location, store::Durability::Full).unwrap();
        let here = app::story::report(&app::story::run(&text).unwrap()).unwrap();
        let there = app::story::report(&app::story::run_in(&text, store).unwrap()).unwrap();
        assert_eq!(here, there, "{}", path.display());
    }
}

#[test]
fn a_story_told_twice_leaves_the_same_document() {
    let text = std::fs::read_to_string(folder().join("credit-and-refund.yaml")).unwrap();
    let once = app::story::report(&app::story::run(&text).unwrap()).unwrap();
    let twice = app::story::report(&app::story::run(&text).unwrap()).unwrap();
    assert_eq!(once, twice);
    assert_eq!(once["format"], "tieout-story-report/1");
}

#[test]
fn what_is_wrong_with_a_story_is_said_with_the_step() {
    let head =
        "entities: [ { id: US, name: Example, currency: USD, time_zone: America/New_York } ]\n";
    let cases = [
        (
            "steps: [ { on: 2026-02-30 } ]",
            "step 1: on: \"2026-02-30\" is not a date",
        ),
        (
            "steps: [ { on: 2026-01-02, pay_up: {} } ]",
            "there is no command \"pay_up\"",
        ),
        (
            "steps: [ { on: 2026-01-02 }, { on: 2026-01-01 } ]",
            "2026-01-01 lies before 2026-01-02",
        ),
        (
            "steps: [ { note: nothing } ]",
            "at least one step with a date",
        ),
        (
            "steps: [ { on: 2026-01-01, create_customer: { legal_name: A, colour: red } } ]",
            "unknown field `colour`",
        ),
        (
            "steps: [ { on: 2026-01-01, activate_contract: { customer: nobody, entity: US, start: 2026-01-01, end: 2026-12-31, lines: [] } } ]",
            "there is no customer \"nobody\"",
        ),
        (
            "steps: [ { on: 2026-01-01, create_customer: { id: a, legal_name: A }, expect_refusal: customer_exists } ]",
            "was to be refused as customer_exists, but it was done",
        ),
    ];
    for (steps, wanted) in cases {
        let fault = told(&format!("{head}{steps}\n")).unwrap_err();
        assert!(fault.contains(wanted), "{fault:?} does not say {wanted:?}");
    }
}
