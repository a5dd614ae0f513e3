//! What the events promise to those who read them: samples, schemas and the catalogue, committed
//! and compared with what the code makes. `UPDATE_SCHEMAS=1 cargo test -p events committed` writes
//! the schemas and the catalogue anew; a breaking change is refused even then.

#![allow(clippy::unwrap_used, clippy::panic)]

mod asyncapi;
mod breaking;
mod catalogue;
mod golden;
mod schemas;

use serde_json::Value;
use std::path::{Path, PathBuf};

/// Where the golden samples lie: one whole CloudEvents document of every type ever recorded.
fn golden_directory() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden")
}

fn docs() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs")
}

fn schema_path(type_name: &str) -> PathBuf {
    docs().join(format!("schemas/events/{type_name}.schema.json"))
}

fn read_json(path: &Path) -> Value {
    let text = std::fs::read_to_string(path)
        .unwrap_or_else(|error| panic!("{} cannot be read: {error}", path.display()));
    serde_json::from_str(&text)
        .unwrap_or_else(|error| panic!("{} is not JSON: {error}", path.display()))
}

/// The file names of a directory that end so, without the ending, in order.
fn names_in(directory: &Path, ending: &str) -> Vec<String> {
    let mut names: Vec<String> = std::fs::read_dir(directory)
        .unwrap_or_else(|error| panic!("{} cannot be read: {error}", directory.display()))
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .map(|name| {
            name.strip_suffix(ending)
                .unwrap_or_else(|| panic!("{name} does not belong there: it lacks {ending}"))
                .to_owned()
        })
        .collect();
    names.sort();
    names
}

/// Compares a committed file with what the code makes, or writes it where that is asked for.
fn committed(path: &Path, made: &str) {
    if std::fs::read_to_string(path).is_ok_and(|there| there == made) {
        return;
    }
    assert!(
        std::env::var_os("UPDATE_SCHEMAS").is_some(),
        "{} is not what the code makes; run UPDATE_SCHEMAS=1 cargo test -p events committed",
        path.display()
    );
    std::fs::write(path, made)
        .unwrap_or_else(|error| panic!("{} cannot be written: {error}", path.display()));
}
