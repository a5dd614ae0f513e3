//! `cargo xtask storm`: builds the simulation with some optimisation and lives many seeds, then
//! mutates the corpus of every parser of outside input for a while each.

use std::path::Path;
use std::process::ExitCode;

use crate::fuzz::{self, FUZZ_SECONDS};
use crate::tools::cargo;
use crate::trouble::Trouble;

/// What was asked for: the words for the simulation, and how long every parser is fuzzed.
#[derive(Debug, PartialEq, Eq)]
struct Wishes {
    words: Vec<String>,
    fuzz_seconds: u64,
}

impl Wishes {
    /// Takes `--fuzz-seconds N` out; the rest is read by the simulation. Whoever looks at one seed
    /// step by step is not made to wait for the parsers.
    fn parse(arguments: &[String]) -> Result<Wishes, Trouble> {
        let mut words = Vec::new();
        let mut asked = None;
        let mut rest = arguments.iter();
        while let Some(word) = rest.next() {
            if word != FUZZ_SECONDS {
                words.push(word.clone());
                continue;
            }
            let given = rest.next().map_or("", String::as_str);
            let seconds = given.parse().map_err(|_| Trouble::Usage {
                problem: format!("{FUZZ_SECONDS} takes a number of seconds, not {given:?}"),
            })?;
            asked = Some(seconds);
        }
        let looks_on = words.iter().any(|word| word == "--trace");
        let usual = if looks_on {
            0
        } else {
            fuzz::SECONDS_IN_A_STORM
        };
        Ok(Wishes {
            words,
            fuzz_seconds: asked.unwrap_or(usual),
        })
    }
}

/// Runs the storm, then the parsers, and fails when either does: what the second finds is worth
/// knowing whatever the first found.
pub fn storm(root: &Path, arguments: &[String]) -> Result<ExitCode, Trouble> {
    let wishes = Wishes::parse(arguments)?;
    let passed = live(root, &wishes.words)?;
    if wishes.fuzz_seconds > 0 {
        let seconds = wishes.fuzz_seconds;
        println!("\nevery parser of outside input, {seconds} s each:");
        fuzz::every_target(root, seconds)?;
    }
    Ok(passed)
}

/// The profile is set by environment, so that no other build of the workspace is made anew for it.
fn live(root: &Path, arguments: &[String]) -> Result<ExitCode, Trouble> {
    let mut words = vec!["run", "--quiet", "--package", "storm", "--target-dir"];
    let folder = root.join("target").join("storm").display().to_string();
    words.push(&folder);
    words.push("--");
    words.extend(arguments.iter().map(String::as_str));
    let mut command = cargo(root, &words);
    // Optimised enough to live a year in a second, with the checks of a debug build.
    command
        .env("CARGO_PROFILE_DEV_OPT_LEVEL", "1")
        .env("CARGO_PROFILE_DEV_DEBUG", "line-tables-only");
    let status = command.status().map_err(|source| Trouble::NotStarted {
        command: "cargo run --package storm".to_owned(),
        source,
    })?;
    Ok(match status.code() {
        Some(0) => ExitCode::SUCCESS,
        _ => ExitCode::FAILURE,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<(String, u64), Trouble> {
        let words: Vec<String> = text.split_whitespace().map(str::to_owned).collect();
        Wishes::parse(&words).map(|wishes| (wishes.words.join(" "), wishes.fuzz_seconds))
    }

    #[test]
    fn the_parsers_have_their_turn_unless_it_is_left_out_or_one_seed_is_looked_at() {
        let told = |text: &str| read(text).unwrap();
        assert_eq!(told(""), (String::new(), 120));
        assert_eq!(
            told("--seeds 5 --fuzz-seconds 7 --from 2"),
            ("--seeds 5 --from 2".to_owned(), 7)
        );
        assert_eq!(told("--fuzz-seconds 0"), (String::new(), 0));
        assert_eq!(told("--seeds 1 --from 17 --trace").1, 0);
        assert_eq!(told("--trace --fuzz-seconds 3"), ("--trace".to_owned(), 3));
    }

    #[test]
    fn seconds_are_read_strictly() {
        for wrong in [
            "--fuzz-seconds",
            "--fuzz-seconds many",
            "--fuzz-seconds --trace",
        ] {
            assert!(read(wrong).is_err(), "{wrong}");
        }
    }
}
