//! What must not be left lying about: unfinished code, unsafe code, long files, names that say
//! nothing, paths of one person's machine.

use super::source::{Source, is_word, mentions, numbered, words};
use super::{Offence, Rule};

/// A longer file is two files.
pub const LONGEST_FILE: usize = 600;

/// Names that fit everything, and so say nothing.
const EMPTY_NAMES: [&str; 10] = [
    "util", "utils", "common", "helper", "helpers", "misc", "stuff", "v2", "new", "old",
];

/// Macros and attributes of code that is not finished.
const UNFINISHED: [&str; 4] = ["todo!", "unimplemented!", "dbg!", "#[ignore"];

/// A file or folder of source with a name that says nothing.
pub fn bad_names(path: &str) -> Option<Offence> {
    let is_source = path.starts_with("crates/") || path.starts_with("xtask/");
    let stem = path.strip_suffix(".rs")?;
    let empty = stem
        .split('/')
        .find(|part| EMPTY_NAMES.contains(part))
        .filter(|_| is_source)?;
    Some(Offence {
        path: path.to_owned(),
        line: 0,
        rule: Rule::Name,
        told: format!("a module named `{empty}` says nothing: name it for what it holds"),
    })
}

/// A Rust file that is too long.
pub fn too_long(path: &str, text: &str) -> Option<Offence> {
    let length = text.lines().count();
    (length > LONGEST_FILE).then(|| Offence {
        path: path.to_owned(),
        line: 0,
        rule: Rule::Length,
        told: format!(
            "{length} lines, where {LONGEST_FILE} is the most: split it by what it holds"
        ),
    })
}

/// Unsafe and unfinished code, and modules within a file that are named for nothing.
pub fn leavings_in_code(path: &str, source: &Source) -> Vec<Offence> {
    let mut found = Vec::new();
    let mut tell = |line, rule, told: String| {
        found.push(Offence {
            path: path.to_owned(),
            line,
            rule,
            told,
        });
    };
    for (number, line) in source.lines() {
        if mentions(line, "unsafe") {
            tell(number, Rule::Unsafe, "`unsafe` is not used here".to_owned());
        }
        for unfinished in UNFINISHED.iter().filter(|word| starts_word(line, word)) {
            tell(
                number,
                Rule::Unfinished,
                format!("`{unfinished}` is left: finish it or take it out"),
            );
        }
        let mut words = words(line).skip_while(|word| *word != "mod").skip(1);
        if let Some(name) = words.next().filter(|name| EMPTY_NAMES.contains(name)) {
            tell(
                number,
                Rule::Name,
                format!("a module named `{name}` says nothing: name it for what it holds"),
            );
        }
    }
    found
}

/// Marks of unfinished work and paths of one machine, in any text file.
pub fn leavings_in_text(path: &str, text: &str) -> Vec<Offence> {
    // Written so that this file does not hold what it looks for.
    let reminder = concat!("FIX", "ME");
    let machine_paths = [
        concat!("/wo", "rk/"),
        concat!("../sha", "red"),
        concat!("/fa", "rm"),
    ];
    // Payloads of other systems say what they say.
    let is_ours = !path.contains("/tests/fixtures/");
    let mut found = Vec::new();
    for (number, line) in numbered(text) {
        if is_ours && mentions(line, reminder) {
            found.push(Offence {
                path: path.to_owned(),
                line: number,
                rule: Rule::Unfinished,
                told: format!("a stray {reminder}: mend it now or open an issue"),
            });
        }
        for wanted in machine_paths
            .iter()
            .filter(|wanted| names_path(line, wanted))
        {
            found.push(Offence {
                path: path.to_owned(),
                line: number,
                rule: Rule::MachinePath,
                told: format!("`{wanted}` is a path of one machine: others do not have it"),
            });
        }
    }
    found
}

/// `todo!` in `todo!()`, not in `my_todo!()`.
fn starts_word(line: &str, wanted: &str) -> bool {
    line.match_indices(wanted)
        .any(|(index, _)| !line[..index].chars().next_back().is_some_and(is_word))
}

/// Whether the line names this very path, and not one that only contains its letters, such as a
/// web address with a folder of the same name.
fn names_path(line: &str, wanted: &str) -> bool {
    line.match_indices(wanted).any(|(index, _)| {
        let before = line[..index].chars().next_back();
        let after = line[index + wanted.len()..].chars().next();
        let goes_on =
            !wanted.ends_with('/') && after.is_some_and(|next| is_word(next) || next == '-');
        let inside = before.is_some_and(|last| is_word(last) || matches!(last, '.' | '-' | '}'));
        !goes_on && !inside
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn in_code(text: &str) -> Vec<Rule> {
        leavings_in_code("crates/app/src/lib.rs", &Source::read(text))
            .into_iter()
            .map(|offence| offence.rule)
            .collect()
    }

    fn in_text(path: &str, text: &str) -> Vec<Rule> {
        leavings_in_text(path, text)
            .into_iter()
            .map(|offence| offence.rule)
            .collect()
    }

    #[test]
    fn unsafe_code_is_told() {
        assert_eq!(in_code("fn f() { unsafe { g() } }"), [Rule::Unsafe]);
        assert!(in_code("// unsafe\n#![forbid(unsafe_code)]").is_empty());
    }

    #[test]
    fn unfinished_code_is_told() {
        for text in [
            "todo!()",
            "unimplemented!(\"x\")",
            "dbg!(x)",
            "#[ignore]",
            "#[ignore = \"y\"]",
        ] {
            assert_eq!(in_code(text), [Rule::Unfinished], "{text}");
        }
        assert!(in_code("// todo! later\n\"dbg!\"").is_empty());
    }

    #[test]
    fn names_that_say_nothing_are_told() {
        for path in [
            "crates/app/src/utils.rs",
            "crates/web/tests/common/mod.rs",
            "xtask/src/v2.rs",
        ] {
            assert!(bad_names(path).is_some(), "{path}");
        }
        for path in [
            "crates/commerce/src/lib.rs",
            "crates/app/src/bill.rs",
            "docs/common.md",
        ] {
            assert!(bad_names(path).is_none(), "{path}");
        }
        assert_eq!(in_code("pub mod helpers {\n}"), [Rule::Name]);
        assert!(in_code("mod commerce;").is_empty());
    }

    #[test]
    fn a_long_file_is_told_with_its_length() {
        assert!(too_long("a.rs", &"x\n".repeat(600)).is_none());
        let offence = too_long("a.rs", &"x\n".repeat(601)).unwrap();
        assert!(offence.told.starts_with("601 lines"));
    }

    #[test]
    fn a_stray_reminder_is_told_except_in_foreign_payloads() {
        let text = format!("// {}{}: later", "FIX", "ME");
        assert_eq!(in_text("docs/tour.md", &text), [Rule::Unfinished]);
        assert!(in_text("crates/sim/tests/fixtures/a.json", &text).is_empty());
    }

    #[test]
    fn paths_of_one_machine_are_told() {
        let (work, shared, farm) = (
            ["/wo", "rk/"].concat(),
            ["../sha", "red"].concat(),
            ["/fa", "rm"].concat(),
        );
        for text in [
            format!("see {work}main"),
            format!("`{shared}/design.md`"),
            format!("cd {farm}"),
            format!("\"{farm}/x\""),
        ] {
            assert_eq!(in_text("README.md", &text), [Rule::MachinePath], "{text}");
        }
        for text in [
            format!("https://example.org{work}7"),
            format!("home{work}"),
            format!("{farm}ers"),
        ] {
            assert!(in_text("README.md", &text).is_empty(), "{text}");
        }
    }
}
