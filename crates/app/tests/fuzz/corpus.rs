//! Where inputs come from: files of this repository that are of the right kind, and those kept because
//! they once broke something or show a limit.

use crate::targets::Target;
use std::collections::hash_map::DefaultHasher;
use std::fs;
use std::hash::{Hash, Hasher};
use std::path::{Path, PathBuf};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn files(folder: &Path) -> Vec<Vec<u8>> {
    let Ok(entries) = fs::read_dir(folder) else {
        return Vec::new();
    };
    let mut paths: Vec<PathBuf> = entries
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.is_file())
        .collect();
    paths.sort();
    paths.iter().map(|path| fs::read(path).unwrap()).collect()
}

/// The inputs of a target, in a fixed order.
pub fn of(target: &Target) -> Vec<Vec<u8>> {
    let mut inputs: Vec<Vec<u8>> = target
        .examples
        .iter()
        .map(|text| text.as_bytes().to_vec())
        .collect();
    inputs.extend(files(&root().join("fuzz/corpus").join(target.name)));
    for seeds in target.seeds {
        let path = root().join(seeds);
        let found = if path.is_dir() {
            files(&path)
        } else {
            vec![fs::read(&path).unwrap()]
        };
        inputs.extend(found.into_iter().filter(|bytes| bytes.len() < 32_768));
    }
    inputs
}

/// Keeps an input that broke something.
pub fn keep(target: &str, input: &[u8]) -> PathBuf {
    let mut hasher = DefaultHasher::new();
    input.hash(&mut hasher);
    let folder = root().join("fuzz/corpus").join(target);
    fs::create_dir_all(&folder).unwrap();
    let path = folder.join(format!("broke-{:016x}", hasher.finish()));
    fs::write(&path, input).unwrap();
    path
}
