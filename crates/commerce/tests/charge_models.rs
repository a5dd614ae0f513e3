//! A new pricing model is a variant and a rule: nothing outside the folder of charges asks which model a
//! charge is, and what takes orders in, stores, shows and delivers does not even name one.

// A test that cannot go on ends.
#![allow(clippy::unwrap_used)]

use commerce::Charge;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// The word of every model, such as `per_unit`, as the schema of charges has it; a model that is added is
/// found here by itself.
fn words() -> BTreeSet<String> {
    let schema = schemars::schema_for!(Charge);
    let schema = serde_json::to_value(&schema).unwrap();
    let kinds = schema["oneOf"].as_array().unwrap();
    let words: BTreeSet<String> = kinds
        .iter()
        .map(|kind| &kind["properties"]["model"]["const"])
        .map(|word| word.as_str().unwrap().to_owned())
        .collect();
    assert_eq!(
        words.len(),
        kinds.len(),
        "every model has a word of its own"
    );
    words
}

/// The variant of a word: `per_unit` is `PerUnit`.
fn variant(word: &str) -> String {
    let capital = |part: &str| {
        let (first, rest) = part.split_at(1);
        format!("{}{rest}", first.to_uppercase())
    };
    word.split('_').map(capital).collect()
}

fn crates() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// The lines of every file of a folder that are part of the program, with where they stand.
fn lines_of_program(folder: &Path) -> Vec<(String, String)> {
    const NOT_THE_PROGRAM: [&str; 6] = ["tests", "target", "data", "templates", "static", "sim"];
    let (mut found, mut folders) = (Vec::new(), vec![folder.to_owned()]);
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let text = path.display().to_string();
            if path.is_dir() {
                if !NOT_THE_PROGRAM
                    .iter()
                    .any(|skipped| path.ends_with(skipped))
                {
                    folders.push(path);
                }
            } else if text.ends_with(".rs") && !text.ends_with("/tests.rs") {
                let source = std::fs::read_to_string(&path).unwrap();
                let body = source.split("#[cfg(test)]").next().unwrap_or_default();
                found.extend(
                    body.lines()
                        .map(|line| (text.clone(), line.trim().to_owned())),
                );
            }
        }
    }
    found
}

/// Whether a line has the name and no letter or digit after it.
fn has(line: &str, name: &str) -> bool {
    line.match_indices(name).any(|(at, _)| {
        line[at + name.len()..]
            .chars()
            .next()
            .is_none_or(|next| !next.is_alphanumeric())
    })
}

#[test]
fn the_variant_of_every_model_is_known_by_its_word() {
    let source = crates().join("commerce/src/charge.rs");
    let source = std::fs::read_to_string(source).unwrap();
    let (_, body) = source.split_once("pub enum Charge {").unwrap();
    let (body, _) = body.split_once("\n}\n").unwrap();
    let declared: BTreeSet<String> = body
        .lines()
        .filter_map(|line| line.strip_prefix("    "))
        .filter(|line| line.starts_with(|first: char| first.is_ascii_uppercase()))
        .map(|line| line.chars().take_while(|c| c.is_alphanumeric()).collect())
        .collect();
    let by_word: BTreeSet<String> = words().iter().map(|word| variant(word)).collect();
    assert_eq!(declared, by_word);
    assert!(by_word.contains("GraduatedPercentage"), "{by_word:?}");
}

#[test]
fn no_source_file_outside_their_folder_asks_which_model_a_charge_is() {
    let asked: Vec<String> = words()
        .iter()
        .map(|word| format!("Charge::{}", variant(word)))
        .collect();
    let (inside, outside): (Vec<_>, Vec<_>) = lines_of_program(&crates())
        .into_iter()
        .partition(|(file, _)| file.contains("commerce/src/charge"));
    let asks = |line: &str| asked.iter().any(|name| has(line, name));
    // Where they are asked the search finds them, so that it would find them elsewhere.
    for name in &asked {
        assert!(inside.iter().any(|(_, line)| has(line, name)), "{name}");
    }
    let files: BTreeSet<&String> = outside.iter().map(|(file, _)| file).collect();
    assert!(
        files.len() > 300,
        "only {} files were looked at",
        files.len()
    );
    let found: Vec<_> = outside.iter().filter(|(_, line)| asks(line)).collect();
    assert!(found.is_empty(), "{found:#?}");
}

/// What carries orders, charges and documents from one system to another: it passes a charge on whole.
const CARRIERS: [&str; 6] = [
    "connect/src",
    "store/src",
    "web/src",
    "app/src/intake",
    "app/src/deliver",
    "app/src/outward",
];

#[test]
fn nothing_that_takes_in_stores_shows_or_delivers_names_a_model() {
    let words = words();
    let mut looked_at = 0;
    for carrier in CARRIERS {
        let lines = lines_of_program(&crates().join(carrier));
        assert!(!lines.is_empty(), "{carrier} has no source");
        looked_at += lines.len();
        let named: Vec<_> = lines
            .iter()
            .filter(|(_, line)| {
                words.iter().any(|word| {
                    line.contains(&format!("\"{word}\""))
                        || line.contains(&format!("\"model\": \"{word}"))
                })
            })
            .filter(|(_, line)| !line.starts_with("//"))
            .collect();
        assert!(named.is_empty(), "{carrier} names a model: {named:#?}");
    }
    assert!(looked_at > 20_000, "only {looked_at} lines were looked at");
}

/// A model that this program does not have, as configuration of a later one would state it, is refused by
/// the one place that reads charges, with the models that there are.
#[test]
fn a_model_that_there_is_not_is_refused_with_those_that_there_are() {
    let refused = serde_json::from_str::<Charge>(r#"{ "model": "by_weather", "amount": "1" }"#);
    let message = refused.unwrap_err().to_string();
    assert!(message.contains("by_weather"), "{message}");
    for word in words() {
        assert!(message.contains(&format!("`{word}`")), "{word}: {message}");
    }
}
