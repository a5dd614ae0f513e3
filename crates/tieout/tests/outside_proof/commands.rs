//! The commands themselves, as a person runs them: on books in a folder, with their exit status.

use crate::{books, programs, readers};
use app::App;
use std::path::Path;
use std::process::{Command, Output};
use store::{Location, StoreFault, journals};
use tempfile::TempDir;

struct Folder {
    folder: TempDir,
    app: App,
}

/// The company's books in a folder, with the program that made them still running, as beside a
/// server.
fn company() -> Folder {
    let folder = tempfile::tempdir().unwrap();
    let app = books::build_in(Location::File(folder.path().join("books.sqlite")));
    Folder { folder, app }
}

impl Folder {
    fn path(&self) -> &Path {
        self.folder.path()
    }

    fn tieout(&self, arguments: &[&str]) -> Output {
        tieout(
            self.path(),
            &[arguments, &["--data", self.path().to_str().unwrap()]].concat(),
        )
    }
}

fn tieout(folder: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_tieout"))
        .args(arguments)
        .current_dir(folder)
        .env_remove("TIEOUT_DATA")
        .env("COLUMNS", "100")
        .output()
        .unwrap()
}

#[track_caller]
fn success(output: Output) -> String {
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{told}");
    String::from_utf8(output.stdout).unwrap()
}

#[track_caller]
fn failure(output: Output) -> String {
    assert_eq!(output.status.code(), Some(1));
    String::from_utf8(output.stderr).unwrap()
}

#[test]
fn exports_go_to_the_terminal_or_to_a_file() {
    let company = company();
    let beancount = success(company.tieout(&["export", "beancount"]));
    programs::bean_check(&beancount).accepted();
    let hledger = success(company.tieout(&["export", "hledger", "--out", "-"]));
    programs::hledger_check(&hledger).accepted();
    let csv = success(company.tieout(&["export", "csv"]));
    assert!(!readers::csv(&csv).is_empty());

    let told = company.tieout(&["export", "csv", "--out", "lines.csv"]);
    let noted = String::from_utf8_lossy(&told.stderr).into_owned();
    assert_eq!(success(told), "");
    assert!(
        noted.contains("journals") && noted.contains("lines.csv"),
        "{noted}"
    );
    assert_eq!(
        std::fs::read_to_string(company.path().join("lines.csv")).unwrap(),
        csv
    );
    success(company.tieout(&["export", "xlsx", "--out", "books.xlsx"]));
    let bytes = std::fs::read(company.path().join("books.xlsx")).unwrap();
    assert!(bytes.starts_with(b"PK"), "a workbook is a zip archive");
}

#[test]
fn missing_books_are_refused_and_not_made() {
    let folder = tempfile::tempdir().unwrap();
    for arguments in [
        ["export", "csv"],
        ["trace", "inv_1"],
        ["audit", "export"],
        ["audit", "check"],
    ] {
        let told = failure(tieout(folder.path(), &arguments));
        assert!(
            told.contains("tieout-data") && told.contains("--data"),
            "{told}"
        );
    }
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
}

#[test]
fn every_journal_traces_to_its_event_rule_and_actor() {
    let company = company();
    let rows = company
        .app
        .store()
        .read::<_, StoreFault, _>(|tx| journals::journals(tx, "", "", 10_000))
        .unwrap();
    assert!(rows.len() > 20);
    for row in &rows {
        let chain = company.app.chain(&row.id).unwrap().unwrap();
        let hop = chain
            .hops
            .iter()
            .find(|hop| hop.object.as_deref() == Some(&row.id) && hop.rule.is_some())
            .unwrap_or_else(|| panic!("journal {} ({}) has no hop", row.id, row.narration));
        let rule = hop.rule.as_deref().unwrap_or_default();
        assert!(
            rule.contains(&row.rule),
            "{rule:?} does not name {}",
            row.rule
        );
        assert_eq!(
            hop.effective.map(|day| day.to_string()).as_deref(),
            Some(row.date.as_str())
        );
        assert_eq!(hop.amount.map(|amount| amount.minor), Some(row.total));
        assert!(!hop.actor.is_empty());
    }
}

#[test]
fn trace_prints_the_chain_of_any_id() {
    let company = company();
    let text = success(company.tieout(&["trace", "acme:1/a"]));
    for part in [
        "Time (UTC)",
        "US-2026-00001",
        "US-CN-2026-00001",
        "invoice-issued",
        "revenue-recognised",
        "12,130.85 USD",
        "500.03 USD",
        "2026-01-31",
    ] {
        assert!(text.contains(part), "{part} is missing:\n{text}");
    }
    assert!(
        text.lines().all(|line| line.chars().count() <= 100),
        "{text}"
    );
    assert!(!text.contains('\u{1b}'), "no colours outside a terminal");
    // The number of its invoice opens the same chain, and the other name of the command too.
    assert_eq!(success(company.tieout(&["trace", "US-2026-00001"])), text);
    assert_eq!(
        success(company.tieout(&["lifecycle", "explain", "acme:1/a"])),
        text
    );
    let json = success(company.tieout(&["trace", "acme:1/a", "--json"]));
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(json["asked"], "acme:1/a");
    assert!(json["hops"].as_array().unwrap().len() > 10);
}

#[test]
fn an_unknown_id_says_what_can_be_given() {
    let told = failure(company().tieout(&["trace", "inv_nowhere"]));
    assert!(
        told.contains("inv_nowhere") && told.contains("opportunity"),
        "{told}"
    );
}

#[test]
fn an_auditor_verifies_the_log_without_the_books() {
    let company = company();
    success(company.tieout(&["audit", "export", "--out", "log.jsonl"]));
    let elsewhere = tempfile::tempdir().unwrap();
    let file = elsewhere.path().join("log.jsonl");
    std::fs::copy(company.path().join("log.jsonl"), &file).unwrap();
    let verify = |arguments: &[&str]| {
        tieout(
            elsewhere.path(),
            &[&["audit", "verify", "log.jsonl"], arguments].concat(),
        )
    };
    let told = success(verify(&[]));
    let fingerprint = told.trim_end().rsplit(' ').next().unwrap().to_owned();
    assert_eq!(fingerprint.len(), 64, "{told}");
    success(verify(&["--fingerprint", &fingerprint]));
    let other = fingerprint.replace(|c: char| c.is_ascii_digit(), "a");
    assert!(failure(verify(&["--fingerprint", &other])).contains("fingerprint"));
    // The same fingerprint from the books themselves.
    assert!(success(company.tieout(&["audit", "check"])).contains(&fingerprint));

    let log = std::fs::read_to_string(&file).unwrap();
    let lines: Vec<&str> = log.lines().collect();
    let middle = lines.len() / 2;
    let mut removed = lines.clone();
    removed.remove(middle);
    let mut swapped = lines.clone();
    swapped.swap(middle, middle + 1);
    let cut = &lines[..lines.len() - 1];
    let changed = log.replacen("\"controller\"", "\"contr0ller\"", 1);
    let script = documented_script();
    programs::python_script(&script, &file).accepted();
    for damaged in [
        removed.join("\n"),
        swapped.join("\n"),
        cut.join("\n"),
        changed,
    ] {
        std::fs::write(&file, damaged).unwrap();
        failure(verify(&[]));
        programs::python_script(&script, &file).failed();
    }
}

/// The verification that the documentation gives to an auditor.
fn documented_script() -> String {
    let text = include_str!("../../../../docs/exports.md");
    let (_, after) = text.split_once("```python\n").unwrap();
    let (script, _) = after.split_once("```").unwrap();
    script.to_owned()
}

#[test]
fn intake_proves_that_nothing_was_dropped() {
    let company = company();
    assert!(success(company.tieout(&["intake"])).contains("Nothing has arrived"));
    let json: serde_json::Value =
        serde_json::from_str(&success(company.tieout(&["intake", "--json"]))).unwrap();
    assert_eq!(json["holds"], true);
}
