//! `tieout config` as a process: export, plan, apply with another person, promote, and drift.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "helpers of tests fail the test"
)]

use std::path::Path;
use std::process::{Command, Output, Stdio};

fn tieout(folder: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_tieout"));
    for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("TIEOUT_")) {
        command.env_remove(name);
    }
    command
        .current_dir(folder)
        .args(arguments)
        .stdin(Stdio::null())
        .output()
        .unwrap()
}

fn told(output: &Output) -> String {
    let (out, fault) = (&output.stdout, &output.stderr);
    format!(
        "{}{}",
        String::from_utf8_lossy(out),
        String::from_utf8_lossy(fault)
    )
}

fn does(folder: &Path, arguments: &[&str]) -> String {
    let output = tieout(folder, arguments);
    assert!(output.status.success(), "{arguments:?}: {}", told(&output));
    told(&output)
}

/// An environment with a controller called li.
fn environment(folder: &Path, name: &str) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_tieout"));
    command
        .current_dir(folder)
        .env("TIEOUT_USER_PASSWORD", "a long enough password");
    let added = command
        .args(["user", "add", "li", "--role", "controller", "--data", name])
        .output()
        .unwrap();
    assert!(added.status.success(), "{}", told(&added));
}

/// Changes the days to pay in the template.
fn change(folder: &Path, days: &str) {
    let file = folder.join("files/template.toml");
    let text = std::fs::read_to_string(&file).unwrap();
    let changed = text.replacen("value = \"30\"", &format!("value = \"{days}\""), 1);
    assert_ne!(text, changed);
    std::fs::write(file, changed).unwrap();
}

#[test]
fn a_folder_is_planned_applied_by_two_people_and_promoted_until_it_has_drifted() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    for name in ["dev", "prod"] {
        environment(at, name);
    }
    does(at, &["config", "export", "--to", "files", "--data", "prod"]);
    let nothing = tieout(at, &["config", "plan", "--from", "files", "--data", "dev"]);
    assert_eq!(nothing.status.code(), Some(0), "{}", told(&nothing));

    change(at, "45");
    let plan = tieout(at, &["config", "plan", "--from", "files", "--data", "dev"]);
    assert_eq!(plan.status.code(), Some(2), "{}", told(&plan));
    for words in [
        "- value = \"30\"",
        "+ value = \"45\"",
        "payment_terms_days: 30 → 45",
    ] {
        assert!(told(&plan).contains(words), "{words}: {}", told(&plan));
    }

    // Maker and checker are two, and the checker is somebody known here.
    let apply = |name: &str, from: &str, who: &[&str]| {
        let mut arguments = vec![
            "config", "apply", "--from", from, "--data", name, "--by", "ana",
        ];
        arguments.extend(who);
        tieout(at, &arguments)
    };
    let ghost = apply("dev", "files", &["--approved-by", "ghost"]);
    assert!(
        !ghost.status.success() && told(&ghost).contains("ghost"),
        "{}",
        told(&ghost)
    );
    environment_user(at, "dev", "ana");
    let same = apply("dev", "files", &["--approved-by", "ana"]);
    assert!(!same.status.success(), "{}", told(&same));

    // Without an approver it waits; somebody approves it later.
    let waits = apply("dev", "files", &[]);
    assert!(
        waits.status.success() && told(&waits).contains("waits for another person"),
        "{}",
        told(&waits)
    );
    let text = told(&waits);
    let start = text.find("prp_").unwrap();
    let proposal: String = text[start..]
        .chars()
        .take_while(|c| c.is_ascii_alphanumeric() || *c == '_')
        .collect();
    let own = tieout(
        at,
        &[
            "config", "approve", &proposal, "--by", "ana", "--data", "dev",
        ],
    );
    assert!(!own.status.success(), "{}", told(&own));
    let granted = does(
        at,
        &[
            "config", "approve", &proposal, "--by", "li", "--data", "dev",
        ],
    );
    assert!(granted.contains("version 2"), "{granted}");
    let done = tieout(at, &["config", "plan", "--from", "files", "--data", "dev"]);
    assert_eq!(done.status.code(), Some(0), "{}", told(&done));

    // The same files go on as one bundle; a bundle that was touched is refused.
    does(
        at,
        &[
            "config",
            "promote",
            "--from",
            "files",
            "--to",
            "bundle.json",
        ],
    );
    let bundle = std::fs::read_to_string(at.join("bundle.json")).unwrap();
    std::fs::write(at.join("touched.json"), bundle.replace("45", "46")).unwrap();
    let touched = apply("prod", "touched.json", &["--approved-by", "li"]);
    assert!(
        !touched.status.success() && told(&touched).contains("changed after it was made"),
        "{}",
        told(&touched)
    );
    let promoted = apply("prod", "bundle.json", &["--approved-by", "li"]);
    assert!(
        promoted.status.success() && told(&promoted).contains("version 2"),
        "{}",
        told(&promoted)
    );
    let again = apply("prod", "bundle.json", &["--approved-by", "li"]);
    assert!(told(&again).contains("Nothing changes"), "{}", told(&again));

    // Somebody changes the target directly: what was made on another state is refused whole.
    does(at, &["config", "export", "--to", "files", "--data", "prod"]);
    std::fs::rename(at.join("files"), at.join("base")).unwrap();
    does(at, &["config", "export", "--to", "files", "--data", "prod"]);
    let direct = std::fs::read_to_string(at.join("files/template.toml")).unwrap();
    std::fs::write(
        at.join("files/template.toml"),
        direct.replacen("\"45\"", "\"60\"", 1),
    )
    .unwrap();
    assert!(
        apply("prod", "files", &["--approved-by", "li"])
            .status
            .success()
    );
    let stale = std::fs::read_to_string(at.join("base/template.toml")).unwrap();
    std::fs::write(
        at.join("base/template.toml"),
        stale.replacen("\"45\"", "\"90\"", 1),
    )
    .unwrap();
    let drifted = apply("prod", "base", &["--approved-by", "li"]);
    assert!(
        !drifted.status.success() && told(&drifted).contains("drifted"),
        "{}",
        told(&drifted)
    );
}

/// A second user, to show that nobody approves what they made.
fn environment_user(folder: &Path, name: &str, user: &str) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_tieout"));
    command
        .current_dir(folder)
        .env("TIEOUT_USER_PASSWORD", "a long enough password");
    let added = command
        .args(["user", "add", user, "--role", "controller", "--data", name])
        .output()
        .unwrap();
    assert!(added.status.success(), "{}", told(&added));
}

#[test]
fn presets_are_listed_and_printed_and_a_misspelled_file_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    let listed = does(at, &["config", "preset"]);
    assert_eq!(listed.lines().count(), 9, "{listed}");
    assert!(does(at, &["config", "preset", "suite"]).contains("name = \"suite\""));
    std::fs::create_dir(at.join("files")).unwrap();
    std::fs::write(at.join("files/topolgy.toml"), "").unwrap();
    let plan = tieout(
        at,
        &["config", "plan", "--from", "files", "--data", "books"],
    );
    assert!(
        !plan.status.success() && told(&plan).contains("topolgy.toml"),
        "{}",
        told(&plan)
    );
}
