//! What the documents say to write is read by the program: charges of every model, and the commands of
//! stories that stand in them. And the documents that the program issues, on paper.

// A test that cannot go on ends.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod between;
#[path = "../../../paper/tests/paper/official_rules.rs"]
mod official_rules;
mod printed;

use app::command::Command;
use app::story::read_yaml;
use std::collections::BTreeSet;
use std::path::Path;

fn document(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../docs")
        .join(name);
    std::fs::read_to_string(&path).unwrap_or_else(|fault| panic!("{path:?}: {fault}"))
}

/// The models that there are, as the schema of a charge has them.
fn models() -> BTreeSet<String> {
    let schema = serde_json::to_value(schemars::schema_for!(commerce::Charge)).unwrap();
    let branches = schema["oneOf"].as_array().unwrap();
    let name = |branch: &serde_json::Value| {
        branch["properties"]["model"]["const"]
            .as_str()
            .unwrap()
            .to_owned()
    };
    branches.iter().map(name).collect()
}

#[test]
fn the_story_format_writes_a_charge_of_every_model() {
    let text = document("story-format.md");
    let mut written = BTreeSet::new();
    for line in text
        .lines()
        .filter(|line| line.starts_with("| `") && line.contains("{ model: "))
    {
        let cells: Vec<&str> = line.trim_matches('|').split(" | ").map(str::trim).collect();
        let name = cells[0].trim_matches(['`', ' ']);
        let example = cells
            .last()
            .unwrap()
            .trim_matches(['`', ' ', '|'])
            .trim_end_matches('`');
        let value = read_yaml(example).unwrap_or_else(|fault| panic!("{example}: {fault}"));
        let charge: commerce::Charge =
            serde_json::from_value(value).unwrap_or_else(|fault| panic!("{example}: {fault}"));
        charge
            .check()
            .unwrap_or_else(|fault| panic!("{example}: {fault}"));
        let told = serde_json::to_value(&charge).unwrap();
        assert_eq!(told["model"], name, "{line}");
        written.insert(name.to_owned());
    }
    assert_eq!(written, models());
}

/// Blocks of YAML whose lines, or the steps of whose list, are commands.
#[test]
fn commands_in_the_documents_are_read() {
    let mut read = 0;
    for name in [
        "contracts.md",
        "tax.md",
        "story-format.md",
        "dunning.md",
        "cash.md",
    ] {
        let text = document(name);
        for block in text.split("```yaml\n").skip(1) {
            let block = block.split("```").next().unwrap();
            for step in steps(block) {
                let value =
                    read_yaml(&step).unwrap_or_else(|fault| panic!("{name}: {step}: {fault}"));
                let step = match value {
                    serde_json::Value::Array(steps) => steps.into_iter().next().unwrap(),
                    step => step,
                };
                for (command, body) in step.as_object().unwrap() {
                    if [
                        "on",
                        "advance_to",
                        "note",
                        "by",
                        "approved_by",
                        "expect_refusal",
                    ]
                    .contains(&command.as_str())
                    {
                        continue;
                    }
                    Command::read(command, body.clone())
                        .unwrap_or_else(|fault| panic!("{name}: {command}: {fault}"));
                    read += 1;
                }
            }
        }
    }
    assert!(read >= 7, "only {read} commands were found");
}

/// The steps of a block: each line by itself, or each item of a list. A whole story is none of them: it
/// has its own tests.
fn steps(block: &str) -> Vec<String> {
    if block.starts_with("story:") {
        return Vec::new();
    }
    let lead = block.len() - block.trim_start().len();
    let mut steps: Vec<String> = Vec::new();
    for line in block.lines().filter(|line| !line.trim().is_empty()) {
        let line = line.get(lead..).unwrap_or(line);
        let goes_on = line.starts_with(' ') && !steps.is_empty();
        match steps.last_mut() {
            Some(last) if goes_on => {
                last.push('\n');
                last.push_str(line);
            }
            _ => steps.push(line.to_owned()),
        }
    }
    steps
}
