//! A page of the documents, as the blocks that stand in it.

use crate::root;
use std::path::PathBuf;

/// Words with which a line begins that somebody types into a shell.
const COMMANDS: [&str; 4] = ["tieout ", "curl ", "cargo ", "target/release/tieout "];

/// What stands between two fences.
pub struct Block {
    /// The word after the fence, such as `sh`.
    pub language: String,
    pub text: String,
}

impl Block {
    pub fn is_typed(&self) -> bool {
        self.language == "sh"
    }

    /// A block for a shell that does not say so would be passed over.
    pub fn hides_commands(&self) -> bool {
        let plain = matches!(self.language.as_str(), "" | "text" | "bash" | "console");
        let typed = |line: &str| COMMANDS.iter().any(|word| line.starts_with(word));
        plain && self.text.lines().any(typed)
    }
}

pub fn folder() -> PathBuf {
    root().join("docs")
}

/// The blocks of a page in their order.
pub fn blocks(name: &str) -> Vec<Block> {
    let path = folder().join(name);
    let text = std::fs::read_to_string(&path).unwrap_or_else(|fault| panic!("{path:?}: {fault}"));
    let mut found = Vec::new();
    let mut open: Option<Block> = None;
    for line in text.lines() {
        match (line.trim_start().strip_prefix("```"), open.take()) {
            (Some(_), Some(done)) => found.push(done),
            (Some(language), None) => {
                open = Some(Block {
                    language: language.trim().to_owned(),
                    text: String::new(),
                });
            }
            (None, Some(mut block)) => {
                block.text.push_str(line);
                block.text.push('\n');
                open = Some(block);
            }
            (None, None) => {}
        }
    }
    assert!(open.is_none(), "{name}: a fence is not closed");
    found
}

/// Every page of the folder.
pub fn names() -> Vec<String> {
    let mut names: Vec<String> = std::fs::read_dir(folder())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| name.ends_with(".md"))
        .collect();
    names.sort();
    names
}
