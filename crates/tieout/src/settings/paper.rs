//! Fonts for documents, besides those that ship with the program.

use serde::Deserialize;
use std::path::{Path, PathBuf};

/// How documents are printed.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct PaperSettings {
    /// Folder of fonts (.ttf, .otf, .ttc) for letters that the shipped ones do not have.
    pub fonts: Option<PathBuf>,
}

/// A font by name, with its bytes.
type Font = (String, Vec<u8>);

impl PaperSettings {
    /// The fonts of the folder by name, each with its bytes.
    ///
    /// # Errors
    /// When the folder or a font in it cannot be read: the path and why.
    pub fn files(&self) -> Result<Vec<Font>, (PathBuf, std::io::Error)> {
        let Some(folder) = &self.fonts else {
            return Ok(Vec::new());
        };
        let told = |error| (folder.clone(), error);
        let mut paths = Vec::new();
        for entry in std::fs::read_dir(folder).map_err(told)? {
            paths.push(entry.map_err(told)?.path());
        }
        // By name, so that every process asks them in one order.
        paths.sort();
        let mut files = Vec::new();
        for path in paths.into_iter().filter(|path| is_font(path)) {
            let bytes = std::fs::read(&path).map_err(|error| (path.clone(), error))?;
            files.push((path.display().to_string(), bytes));
        }
        Ok(files)
    }
}

fn is_font(path: &Path) -> bool {
    let end = path.extension().and_then(|end| end.to_str()).unwrap_or("");
    ["ttf", "otf", "ttc"]
        .iter()
        .any(|known| end.eq_ignore_ascii_case(known))
}
