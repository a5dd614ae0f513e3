//! Asks the official schemas of UBL 2.1 and the official Schematron of EN 16931. The tests of the program
//! use this file too, for documents that come out of the books.

use std::path::{Path, PathBuf};
use std::process::Command;

/// `TIEOUT_PYTHON`, else `.venv/bin/python` at the root of the repository.
fn python() -> PathBuf {
    if let Some(named) = std::env::var_os("TIEOUT_PYTHON") {
        return PathBuf::from(named);
    }
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../.venv/bin/python")
}

/// What the official rules say of documents, each by its name.
pub fn findings(documents: &[(String, Vec<u8>)]) -> Vec<String> {
    let folder = tempfile::tempdir().expect("a folder");
    let mut command = Command::new(python());
    command.arg(concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../paper/tests/paper/official.py"
    ));
    for (name, bytes) in documents {
        let path = folder.path().join(name);
        std::fs::write(&path, bytes).expect("written");
        command.arg(path);
    }
    let output = command
        .output()
        .expect("python is there: `cargo xtask setup` makes it");
    let told = String::from_utf8_lossy(&output.stdout).into_owned();
    let end = format!("checked {}", documents.len());
    assert!(
        told.trim_end().ends_with(&end),
        "{told}{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let prefix = folder.path().display().to_string();
    let lines = told.lines().filter(|line| !line.starts_with("checked "));
    lines.map(|line| line.replace(&prefix, "")).collect()
}
