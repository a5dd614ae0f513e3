//! The house rules that a machine can check. Each rule is a pure function over text; this file
//! feeds them the repository. `CONTRIBUTING.md` tells the rules to people.

mod allowances;
mod leavings;
mod links;
mod purity;
mod rooms;
mod source;
mod sql;

use std::collections::BTreeSet;
use std::fmt;
use std::path::Path;
use std::process::Command;

use crate::setup::output_of;
use crate::trouble::Trouble;
use source::Source;

/// The rules, by the name that an offence is told under.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Rule {
    /// Crates depend on each other only along the arrows of the map of rooms.
    Direction,
    /// Every package takes the lints of the workspace.
    Lints,
    /// SQL lives in `store`.
    Sql,
    /// No binary floating point in the domain crates.
    Float,
    /// No reading of the machine's clock in the domain crates.
    Clock,
    /// No async in the domain crates.
    Async,
    /// No files, network, threads, processes or environment in the domain crates.
    InputOutput,
    /// No randomness in the domain crates.
    Randomness,
    /// No `unsafe` anywhere.
    Unsafe,
    /// No Rust file above [`leavings::LONGEST_FILE`] lines.
    Length,
    /// No module named for what it is not.
    Name,
    /// No unfinished code and no ignored test.
    Unfinished,
    /// No path of one person's machine.
    MachinePath,
    /// Links of Markdown pages to files of this repository lead somewhere.
    Link,
}

impl fmt::Display for Rule {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Rule::Direction => "direction",
            Rule::Lints => "lints",
            Rule::Sql => "sql",
            Rule::Float => "float",
            Rule::Clock => "clock",
            Rule::Async => "async",
            Rule::InputOutput => "input-output",
            Rule::Randomness => "randomness",
            Rule::Unsafe => "unsafe",
            Rule::Length => "length",
            Rule::Name => "name",
            Rule::Unfinished => "unfinished",
            Rule::MachinePath => "machine-path",
            Rule::Link => "link",
        })
    }
}

/// One place where a rule is broken.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Offence {
    /// From the root of the repository, with `/`.
    pub path: String,
    /// Counted from 1; 0 when the whole file is meant.
    pub line: usize,
    pub rule: Rule,
    /// What is wrong and how to mend it.
    pub told: String,
}

impl fmt::Display for Offence {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Offence {
            path,
            line,
            rule,
            told,
        } = self;
        match line {
            0 => write!(formatter, "{path}: [{rule}] {told}"),
            line => write!(formatter, "{path}:{line}: [{rule}] {told}"),
        }
    }
}

/// A file of the repository that is text.
#[derive(Debug)]
pub struct Page {
    pub path: String,
    pub text: String,
}

/// Prints every offence against the house rules, and fails when there is one.
pub fn check(root: &Path) -> Result<(), Trouble> {
    let (pages, paths) = pages(root)?;
    let (offences, allowed) = offences(&pages, &paths);
    for (place, reason) in &allowed {
        println!("allowed: {place}: {reason}");
    }
    for offence in &offences {
        println!("{offence}");
    }
    if !offences.is_empty() {
        return Err(Trouble::Untidy {
            count: offences.len(),
        });
    }
    println!("tidy: {} files keep the house rules", paths.len());
    Ok(())
}

/// Every offence in the order of the files, and the files that have leave to offend, with the
/// reason. `paths` are all files of the repository, those that are not text among them.
fn offences(
    pages: &[Page],
    paths: &BTreeSet<String>,
) -> (Vec<Offence>, BTreeSet<(String, &'static str)>) {
    let mut found = Vec::new();
    for path in paths {
        found.extend(leavings::bad_names(path));
    }
    for page in pages {
        let Page { path, text } = page;
        found.extend(leavings::leavings_in_text(path, text));
        if path.ends_with("/Cargo.toml") {
            found.extend(rooms::direction(path, text));
            found.extend(rooms::lints(path, text));
        }
        if path.ends_with(".md") {
            found.extend(links::broken(path, text, paths));
        }
        if path.ends_with(".sql") {
            found.extend(sql::statement_file(path));
        }
        if path.ends_with(".rs") {
            let source = Source::read(text);
            found.extend(leavings::leavings_in_code(path, &source));
            found.extend(leavings::too_long(path, text));
            found.extend(sql::statements(path, &source));
            found.extend(purity::impurities(path, &source));
        }
    }
    let mut allowed = BTreeSet::new();
    found.retain(|offence| match allowances::reason(offence) {
        Some(reason) => {
            allowed.insert((offence.path.clone(), reason));
            false
        }
        None => true,
    });
    found.sort();
    (found, allowed)
}

/// The files that git knows or would add, as text where they are text.
fn pages(root: &Path) -> Result<(Vec<Page>, BTreeSet<String>), Trouble> {
    let listed = output_of(
        Command::new("git")
            .args([
                "ls-files",
                "-z",
                "--cached",
                "--others",
                "--exclude-standard",
            ])
            .current_dir(root),
    )?;
    let mut pages = Vec::new();
    let mut paths = BTreeSet::new();
    for path in listed.split('\0').filter(|path| !path.is_empty()) {
        // A file that was removed but not yet committed is still listed.
        let Ok(bytes) = std::fs::read(root.join(path)) else {
            continue;
        };
        paths.insert(path.to_owned());
        if let Ok(text) = String::from_utf8(bytes) {
            pages.push(Page {
                path: path.to_owned(),
                text,
            });
        }
    }
    Ok((pages, paths))
}

/// The crate that a file belongs to: `crates/ledger/src/lib.rs` to `ledger`.
fn crate_of(path: &str) -> Option<&str> {
    path.strip_prefix("crates/")?.split('/').next()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What of the real repository breaks these rules.
    fn of_the_repository(rules: &[Rule]) -> Vec<String> {
        let (pages, paths) = pages(&crate::repository_root()).unwrap();
        assert!(
            pages
                .iter()
                .any(|page| page.path == "xtask/src/tidy/mod.rs"),
            "the list of files is not that of this repository"
        );
        let (offences, _) = offences(&pages, &paths);
        offences
            .iter()
            .filter(|offence| rules.contains(&offence.rule))
            .map(ToString::to_string)
            .collect()
    }

    const NOTHING: [String; 0] = [];

    #[test]
    fn crates_depend_along_the_map() {
        assert_eq!(of_the_repository(&[Rule::Direction, Rule::Lints]), NOTHING);
    }

    #[test]
    fn sql_lives_in_store() {
        assert_eq!(of_the_repository(&[Rule::Sql]), NOTHING);
    }

    #[test]
    fn domain_crates_are_pure() {
        let rules = [
            Rule::Float,
            Rule::Clock,
            Rule::Async,
            Rule::InputOutput,
            Rule::Randomness,
        ];
        assert_eq!(of_the_repository(&rules), NOTHING);
    }

    #[test]
    fn nothing_is_left_lying_about() {
        let rules = [
            Rule::Unsafe,
            Rule::Name,
            Rule::Unfinished,
            Rule::MachinePath,
        ];
        assert_eq!(of_the_repository(&rules), NOTHING);
    }

    #[test]
    fn files_are_short() {
        assert_eq!(of_the_repository(&[Rule::Length]), NOTHING);
    }

    #[test]
    fn links_lead_somewhere() {
        assert_eq!(of_the_repository(&[Rule::Link]), NOTHING);
    }

    #[test]
    fn an_offence_is_told_with_its_place_and_rule() {
        let planted = [Page {
            path: "crates/ledger/src/lib.rs".to_owned(),
            text: "fn rate() -> f64 {\n    0.1\n}\n".to_owned(),
        }];
        let paths = planted.iter().map(|page| page.path.clone()).collect();
        let (offences, _) = offences(&planted, &paths);
        let told: Vec<String> = offences.iter().map(ToString::to_string).collect();
        assert_eq!(told.len(), 2, "{told:?}");
        assert!(told[0].starts_with("crates/ledger/src/lib.rs:1: [float] `f64`"));
        assert!(told[1].starts_with("crates/ledger/src/lib.rs:2: [float] `0.1`"));
    }
}
