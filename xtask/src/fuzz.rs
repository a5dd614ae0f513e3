//! `cargo xtask fuzz`: mutates the corpus of every parser of outside input for a while.

use crate::trouble::Trouble;
use std::path::Path;
use std::process::Command;

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

/// Runs every target for the seconds asked for.
pub fn fuzz(root: &Path, words: &[String]) -> Result<(), Trouble> {
    let wishes = Wishes::parse(words)?;
    let command = "cargo test -p app --test fuzz";
    let status = Command::new("cargo")
        .args(["test", "-p", "app", "--test", "fuzz", "--"])
        .args(["--nocapture", "mutations_are_answered"])
        .env("TIEOUT_FUZZ_SECONDS", wishes.seconds.to_string())
        .env("TIEOUT_FUZZ_SEED", wishes.seed.to_string())
        .env("TIEOUT_FUZZ_TARGET", &wishes.target)
        .current_dir(root)
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
        hint: "; the input is kept in fuzz/corpus".to_owned(),
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
