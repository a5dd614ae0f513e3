//! Every parser of outside input, under mutated input. The corpus (files of this repository and
//! `fuzz/corpus`) runs as a plain test; `cargo xtask fuzz --seconds N` mutates it for N seconds a target.
//!
//! The mutator is seeded and keeps an input when a target says something about it that it had not said
//! before. It measures no coverage: that needs compiler flags that are not stable.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod corpus;
mod intake;
mod mutate;
mod targets;

use mutate::Mutator;
use std::collections::BTreeSet;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::{Duration, Instant};
use targets::{Target, targets};

/// Longest input.
const BYTES_MOST: usize = 64 * 1024;

/// What a target says about an input; a panic is a failure, and the input is shown.
fn attempt(target: &mut Target, input: &[u8], seed: u64) -> String {
    let said = catch_unwind(AssertUnwindSafe(|| (target.run)(input)));
    said.unwrap_or_else(|_| {
        let path = corpus::keep(target.name, input);
        panic!(
            "{} panics (seed {seed}); the input is kept as {} and starts with {:?}",
            target.name,
            path.display(),
            String::from_utf8_lossy(&input[..input.len().min(200)])
        )
    })
}

#[test]
fn the_corpus_of_every_target_is_answered_without_a_panic() {
    for mut target in targets() {
        let inputs = corpus::of(&target);
        assert!(inputs.len() >= 2, "{} has no corpus", target.name);
        for input in inputs {
            attempt(&mut target, &input, 0);
        }
    }
}

/// A short, seeded run; `cargo xtask fuzz` says in the environment how much longer it is to be.
#[test]
fn mutations_are_answered_without_a_panic() {
    let number = |name: &str| -> Option<u64> {
        let told = std::env::var(name).ok();
        told.map(|text| text.parse().unwrap())
    };
    let (long, most) = match number("TIEOUT_FUZZ_SECONDS") {
        Some(seconds) => (Duration::from_secs(seconds), u64::MAX),
        None => (Duration::from_millis(150), 2_000),
    };
    let seed = number("TIEOUT_FUZZ_SEED").unwrap_or(1);
    let only = std::env::var("TIEOUT_FUZZ_TARGET").unwrap_or_default();
    let mut failed = Vec::new();
    for mut target in targets().into_iter().filter(|it| it.name.contains(&only)) {
        let name = target.name;
        // The other targets have their turn too.
        let done = catch_unwind(AssertUnwindSafe(|| mutated(&mut target, seed, long, most)));
        match done {
            Ok((runs, kinds)) => println!("{name:<22} {runs:>9} inputs, {kinds} kinds of answer"),
            Err(_) => {
                println!("{name:<22} FAILED, see above");
                failed.push(name);
            }
        }
    }
    let seconds = long.as_secs().max(1);
    let again: Vec<String> = failed
        .iter()
        .map(|name| format!("cargo xtask fuzz --target {name} --seed {seed} --seconds {seconds}"))
        .collect();
    assert!(
        failed.is_empty(),
        "{failed:?} failed; the inputs are kept in fuzz/corpus, where \
         `cargo test -p app --test fuzz` repeats them; the whole runs again:\n{}",
        again.join("\n")
    );
}

/// Mutates for a while; how many inputs there were, and how many different answers.
fn mutated(target: &mut Target, seed: u64, long: Duration, most: u64) -> (u64, usize) {
    let mut mutator = Mutator::new(seed, corpus::of(target));
    let (mut said, mut runs) = (BTreeSet::new(), 0);
    let started = Instant::now();
    while runs < most && started.elapsed() < long {
        let input = mutator.next(BYTES_MOST);
        let words = attempt(target, &input, seed);
        if said.len() < 20_000 && said.insert(kind_of(&words)) {
            mutator.keep(input);
        }
        runs += 1;
    }
    (runs, said.len())
}

/// An answer without its numbers and quoted values: what kind of answer it is.
fn kind_of(words: &str) -> String {
    let mut kind = String::new();
    let mut quoted = false;
    for letter in words.chars().take(400) {
        match letter {
            '"' | '`' => quoted = !quoted,
            _ if quoted || letter.is_numeric() => {}
            _ => kind.push(letter),
        }
    }
    kind
}
