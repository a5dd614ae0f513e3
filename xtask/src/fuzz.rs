//! `cargo xtask fuzz`: mutates the corpus of every parser of outside input for a while.

use crate::tools::cargo;
use crate::trouble::Trouble;
use std::path::Path;

/// The option of `cargo xtask storm` that says how long every parser is fuzzed.
pub const FUZZ_SECONDS: &str = "--fuzz-seconds";

/// How long that is when nothing is said.
pub const SECONDS_IN_A_STORM: u64 = 120;

/// What was asked for.
#[derive(Debug, PartialEq, Eq)]
struct Wishes {
    seconds: u64,
    seed: u64,
    target: String,
}

impl Wishes {
    fn parse(words: &[String]) -> Result<Wishes, Trouble> {
        let mut wishes = Wishes {
            seconds: 60,
            seed: 1,
            target: String::new(),
        };
        for pair in words.chunks(2) {
            let (name, value) = match pair {
                [name, value] => (name.as_str(), value),
                _ => return Err(unusable(pair)),
            };
            match name {
                "--seconds" => wishes.seconds = value.parse().map_err(|_| unusable(pair))?,
                "--seed" => wishes.seed = value.parse().map_err(|_| unusable(pair))?,
                "--target" => wishes.target.clone_from(value),
                _ => return Err(unusable(pair)),
            }
        }
        Ok(wishes)
    }
}

fn unusable(words: &[String]) -> Trouble {
    Trouble::Usage {
        problem: format!(
            "fuzz takes --seconds N, --seed N and --target NAME, not {:?}",
            words.join(" ")
        ),
    }
}

/// Runs the targets asked for, for the seconds asked for.
pub fn fuzz(root: &Path, words: &[String]) -> Result<(), Trouble> {
    run(root, &Wishes::parse(words)?)
}

/// Runs every target for so many seconds. The seed is another one each day, so that every storm looks
/// at inputs that none before it looked at; the seed is printed with what it finds.
pub fn every_target(root: &Path, seconds: u64) -> Result<(), Trouble> {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    let seed = since.map_or(1, |since| since.as_secs() / 86_400);
    let target = String::new();
    run(
        root,
        &Wishes {
            seconds,
            seed,
            target,
        },
    )
}

fn run(root: &Path, wishes: &Wishes) -> Result<(), Trouble> {
    let command = "cargo test -p app --test fuzz";
    let status = cargo(
        root,
        &["test", "--quiet", "-p", "app", "--test", "fuzz", "--"],
    )
    .args(["--nocapture", "mutations_are_answered"])
    .env("TIEOUT_FUZZ_SECONDS", wishes.seconds.to_string())
    .env("TIEOUT_FUZZ_SEED", wishes.seed.to_string())
    .env("TIEOUT_FUZZ_TARGET", &wishes.target)
    .status()
    .map_err(|source| Trouble::NotStarted {
        command: command.to_owned(),
        source,
    })?;
    if status.success() {
        return Ok(());
    }
    Err(Trouble::CommandFailed {
        command: command.to_owned(),
        status: status.to_string(),
        hint: "; each input is kept in fuzz/corpus, and what repeats it is printed above"
            .to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wishes_are_read_strictly() {
        let read = |text: &str| {
            Wishes::parse(
                &text
                    .split_whitespace()
                    .map(str::to_owned)
                    .collect::<Vec<_>>(),
            )
        };
        let wishes = read("--seconds 5 --target soql").unwrap();
        assert_eq!(
            (wishes.seconds, wishes.seed, wishes.target.as_str()),
            (5, 1, "soql")
        );
        for wrong in ["--seconds", "--seconds many", "--minutes 5"] {
            assert!(read(wrong).is_err(), "{wrong}");
        }
    }
}
