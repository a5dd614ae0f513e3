//! The files of a configuration: a folder with one document a file and the base that it was
//! exported from, or one bundle of them with the digest of its content.

use super::ConfigFault;
use app::governance::{canonical, digest_of, readable};
use control::change::ConfigurationKind;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// The file of a folder that says what its documents were exported from.
const BASE: &str = "base.json";
/// The shape of bundles.
const BUNDLE: u32 = 1;

/// A document as it is to be.
#[derive(Debug)]
pub(super) struct Document {
    /// Which.
    pub(super) kind: ConfigurationKind,
    /// Its text as it is stored.
    pub(super) text: String,
    /// The digest of the text that it was made on, where that is known.
    pub(super) base: Option<String>,
}

/// What a configuration is to be.
#[derive(Debug)]
pub(super) struct Desired {
    /// Its documents; what has no file stays as it is.
    pub(super) documents: Vec<Document>,
}

/// The base of a folder: the digest of each document as it was exported.
type Base = BTreeMap<String, String>;

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Bundle {
    tieout_bundle: u32,
    digest: String,
    documents: Vec<Packed>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Packed {
    kind: ConfigurationKind,
    base: Option<String>,
    text: String,
}

fn fault(path: &Path, why: impl ToString) -> ConfigFault {
    ConfigFault::File {
        path: path.to_path_buf(),
        why: why.to_string(),
    }
}

fn read_text(path: &Path) -> Result<String, ConfigFault> {
    std::fs::read_to_string(path).map_err(|error| fault(path, error))
}

fn write_text(path: &Path, text: &str) -> Result<(), ConfigFault> {
    std::fs::write(path, text).map_err(|error| fault(path, error))
}

/// Writes documents and their base into a folder.
pub(super) fn write(
    folder: &Path,
    documents: &[(ConfigurationKind, String)],
) -> Result<(), ConfigFault> {
    std::fs::create_dir_all(folder).map_err(|error| fault(folder, error))?;
    let mut base = Base::new();
    for (kind, text) in documents {
        write_text(&folder.join(kind.file()), &readable(*kind, text))?;
        base.insert(kind.as_str().to_owned(), digest_of(text));
    }
    let path = folder.join(BASE);
    let text = serde_json::to_string_pretty(&base).map_err(|error| fault(&path, error))?;
    write_text(&path, &format!("{text}\n"))
}

/// Reads a folder or a bundle.
pub(super) fn desired(path: &Path) -> Result<Desired, ConfigFault> {
    if path.is_dir() {
        folder(path)
    } else {
        bundle(path)
    }
}

fn folder(path: &Path) -> Result<Desired, ConfigFault> {
    let base_path = path.join(BASE);
    let base: Base = if base_path.is_file() {
        serde_json::from_str(&read_text(&base_path)?).map_err(|error| fault(&base_path, error))?
    } else {
        Base::new()
    };
    no_strangers(path)?;
    let mut documents = Vec::new();
    for kind in ConfigurationKind::ALL {
        let file = path.join(kind.file());
        if file.is_file() {
            documents.push(Document {
                kind: *kind,
                text: canonical(*kind, &read_text(&file)?),
                base: base.get(kind.as_str()).cloned(),
            });
        }
    }
    if documents.is_empty() {
        let files: Vec<&str> = ConfigurationKind::ALL.iter().map(|it| it.file()).collect();
        let why = format!(
            "it holds no document of a configuration, such as {}",
            files.join(", ")
        );
        return Err(fault(path, why));
    }
    Ok(Desired { documents })
}

/// A misspelled file name would silently change nothing.
fn no_strangers(path: &Path) -> Result<(), ConfigFault> {
    for entry in std::fs::read_dir(path).map_err(|error| fault(path, error))? {
        let file: PathBuf = entry.map_err(|error| fault(path, error))?.path();
        let name = file
            .file_name()
            .and_then(|it| it.to_str())
            .unwrap_or_default()
            .to_owned();
        let is_ours = name == BASE || ConfigurationKind::ALL.iter().any(|it| it.file() == name);
        let is_document = name.ends_with(".toml") || name.ends_with(".json");
        if is_document && !is_ours {
            let files: Vec<&str> = ConfigurationKind::ALL.iter().map(|it| it.file()).collect();
            let why = format!(
                "it is no document of a configuration; they are {}",
                files.join(", ")
            );
            return Err(fault(&file, why));
        }
    }
    Ok(())
}

/// The digest of what a bundle holds.
fn content_digest(documents: &[Packed], path: &Path) -> Result<String, ConfigFault> {
    let text = serde_json::to_string(documents).map_err(|error| fault(path, error))?;
    Ok(digest_of(&text))
}

fn bundle(path: &Path) -> Result<Desired, ConfigFault> {
    let read: Bundle =
        serde_json::from_str(&read_text(path)?).map_err(|error| fault(path, error))?;
    if read.tieout_bundle != BUNDLE {
        return Err(fault(
            path,
            "it is a bundle of another version of the program",
        ));
    }
    let found = content_digest(&read.documents, path)?;
    if found != read.digest {
        return Err(ConfigFault::Tampered {
            path: path.to_path_buf(),
            found,
            stated: read.digest,
        });
    }
    let documents = read.documents.into_iter().map(|packed| Document {
        kind: packed.kind,
        text: packed.text,
        base: packed.base,
    });
    Ok(Desired {
        documents: documents.collect(),
    })
}

/// Packs a folder. Only a folder with a base can be promoted: without one, nobody could tell
/// whether the next environment has drifted.
pub(super) fn promote(from: &Path, to: &Path) -> Result<String, ConfigFault> {
    let desired = folder(from)?;
    if let Some(without) = desired.documents.iter().find(|it| it.base.is_none()) {
        let why = format!(
            "{} says nothing about {}; start from a folder that `tieout config export` wrote",
            BASE,
            without.kind.file()
        );
        return Err(fault(from, why));
    }
    let documents: Vec<Packed> = desired
        .documents
        .into_iter()
        .map(|it| Packed {
            kind: it.kind,
            base: it.base,
            text: it.text,
        })
        .collect();
    let bundle = Bundle {
        tieout_bundle: BUNDLE,
        digest: content_digest(&documents, to)?,
        documents,
    };
    let text = serde_json::to_string_pretty(&bundle).map_err(|error| fault(to, error))?;
    write_text(to, &format!("{text}\n"))?;
    Ok(bundle.digest)
}
