//! The domain crates know no float, clock, async, input, output or randomness.

use super::rooms::DOMAIN;
use super::source::{Source, mentions, numbered, without_tests, words};
use super::{Offence, Rule, crate_of};

/// Each a whole path or word, with the rule that it breaks.
const CLOCKS: [&str; 7] = [
    "SystemTime::now",
    "Instant::now",
    "Utc::now",
    "Local::now",
    "Timestamp::now",
    "Zoned::now",
    "OffsetDateTime::now_utc",
];
const ASYNC: [&str; 3] = ["async", "await", "tokio"];
const RANDOMNESS: [&str; 9] = [
    "rand",
    "getrandom",
    "fastrand",
    "thread_rng",
    "OsRng",
    "SystemRandom",
    "Ulid::new",
    "Ulid::generate",
    "Uuid::new_v4",
];
/// Modules of the standard library that reach the world.
const WORLDLY_MODULES: [&str; 5] = ["fs", "net", "thread", "process", "env"];

/// What a domain crate's file does that only the rooms above it may do. The tests of a domain
/// crate may read files, but have no float, clock or randomness either.
pub fn impurities(path: &str, source: &Source) -> Vec<Offence> {
    if !crate_of(path).is_some_and(|name| DOMAIN.contains(&name)) {
        return Vec::new();
    }
    let mut found = Vec::new();
    let mut tell = |line, rule, what: &str, mend: &str| {
        found.push(Offence {
            path: path.to_owned(),
            line,
            rule,
            told: format!("`{what}` in a domain crate: {mend}"),
        });
    };
    for (number, line) in source.lines() {
        for word in floats(line) {
            tell(
                number,
                Rule::Float,
                &word,
                "use whole minor units or Decimal",
            );
        }
        for (rule, wanted, mend) in [
            (
                Rule::Clock,
                CLOCKS.as_slice(),
                "take the instant as an argument",
            ),
            (
                Rule::Async,
                &ASYNC,
                "async belongs to `web` and the connector driver",
            ),
            (
                Rule::Randomness,
                &RANDOMNESS,
                "take ids and seeds as arguments",
            ),
        ] {
            for word in wanted.iter().filter(|word| mentions(line, word)) {
                tell(number, rule, word, mend);
            }
        }
    }
    if in_sources(path) {
        let code = without_tests(&source.code);
        for (line, module) in worldly_modules(&code) {
            tell(
                line,
                Rule::InputOutput,
                &format!("std::{module}"),
                "let `store`, `connect` or `app` do it",
            );
        }
    }
    found
}

fn in_sources(path: &str) -> bool {
    path.split('/').nth(2) == Some("src")
}

/// Float types, conversions to and from them, and float literals.
fn floats(line: &str) -> Vec<String> {
    let mut found: Vec<String> = words(line)
        .filter(|word| {
            ["f32", "f64"]
                .iter()
                .any(|float| is_float_word(word, float))
        })
        .map(str::to_owned)
        .collect();
    found.extend(float_literals(line));
    found
}

/// `f64` itself, `as_f64`, `1f64`, `1_f64`; not `buf64`.
fn is_float_word(word: &str, float: &str) -> bool {
    match word.strip_suffix(float) {
        Some("") => true,
        Some(before) => {
            before.ends_with('_') || before.chars().all(|letter| letter.is_ascii_digit())
        }
        None => false,
    }
}

/// `1.5`, but not the range `1..5`, and not the field of a field `pair.0.1`.
fn float_literals(line: &str) -> Vec<String> {
    let mut found = Vec::new();
    let bytes = line.as_bytes();
    for (index, _) in line.match_indices('.') {
        let digits_before = bytes[..index]
            .iter()
            .rev()
            .take_while(|byte| byte.is_ascii_digit() || **byte == b'_')
            .count();
        let digits_after = bytes[index + 1..]
            .iter()
            .take_while(|byte| byte.is_ascii_digit() || **byte == b'_')
            .count();
        let start = index - digits_before;
        let before = bytes[..start].last();
        let begins_a_number = bytes.get(start).is_some_and(u8::is_ascii_digit)
            && !before.is_some_and(|byte| {
                *byte == b'.' || *byte == b'_' || byte.is_ascii_alphanumeric() || *byte >= 0x80
            });
        let goes_on = bytes.get(index + 1).is_some_and(u8::is_ascii_digit);
        if digits_before > 0 && begins_a_number && goes_on {
            found.push(line[start..=index + digits_after].to_owned());
        }
    }
    found
}

/// The worldly modules that code names, alone (`std::fs`) or in a group (`std::{fs, io}`).
fn worldly_modules(code: &str) -> Vec<(usize, &'static str)> {
    let mut found = Vec::new();
    for (number, line) in numbered(code) {
        for module in WORLDLY_MODULES {
            if mentions(line, &format!("std::{module}")) {
                found.push((number, module));
            }
        }
    }
    for (start, opening) in code.match_indices("std::{") {
        let number = 1 + code[..start].matches('\n').count();
        let group = &code[start + opening.len()..];
        let mut depth = 1_usize;
        let mut member = String::new();
        for character in group.chars() {
            match character {
                '{' => depth += 1,
                '}' => depth -= 1,
                _ => {}
            }
            if depth == 0 || (depth == 1 && character == ',') {
                let first = words(&member).next().unwrap_or_default();
                let worldly = WORLDLY_MODULES.into_iter().find(|module| *module == first);
                found.extend(worldly.map(|module| (number, module)));
                member.clear();
            } else {
                member.push(character);
            }
            if depth == 0 {
                break;
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(path: &str, text: &str) -> Vec<(usize, Rule)> {
        impurities(path, &Source::read(text))
            .into_iter()
            .map(|offence| (offence.line, offence.rule))
            .collect()
    }

    const DOMAIN_FILE: &str = "crates/billing/src/lib.rs";

    #[test]
    fn floats_are_told_in_every_shape() {
        for text in [
            "x: f64",
            "x as f32",
            "1f64",
            "2_f64",
            "v.as_f64()",
            "let x = 1.5;",
            "(0.1)",
        ] {
            assert_eq!(told(DOMAIN_FILE, text), [(1, Rule::Float)], "{text}");
        }
    }

    #[test]
    fn what_only_looks_like_a_float_is_not_told() {
        for text in [
            "0..1", "pair.0.1", "buf64", "// f64", "\"1.5\"", "0..=9", "x.0", "1.max(2)", "v1.2",
        ] {
            assert!(told(DOMAIN_FILE, text).is_empty(), "{text}");
        }
    }

    #[test]
    fn clock_async_and_randomness_are_told() {
        assert_eq!(
            told(DOMAIN_FILE, "\nlet t = SystemTime::now();"),
            [(2, Rule::Clock)]
        );
        assert_eq!(
            told(DOMAIN_FILE, "jiff::Timestamp::now()"),
            [(1, Rule::Clock)]
        );
        assert_eq!(told(DOMAIN_FILE, "pub async fn f() {}"), [(1, Rule::Async)]);
        assert_eq!(
            told(DOMAIN_FILE, "use tokio::sync::Mutex;"),
            [(1, Rule::Async)]
        );
        assert_eq!(told(DOMAIN_FILE, "rand::random()"), [(1, Rule::Randomness)]);
        assert_eq!(told(DOMAIN_FILE, "Ulid::new()"), [(1, Rule::Randomness)]);
        assert!(told(DOMAIN_FILE, "clock.now(); operand; Ulid::new_from(x)").is_empty());
    }

    #[test]
    fn input_and_output_are_told_outside_tests() {
        for text in [
            "std::fs::read(p)",
            "use std::net::TcpStream;",
            "use std::{collections::BTreeMap, thread};",
            "use std::{io::{self, Read}, fs::File};",
            "std::env::var(\"HOME\")",
        ] {
            assert_eq!(told(DOMAIN_FILE, text), [(1, Rule::InputOutput)], "{text}");
        }
        let in_tests = "#[cfg(test)]\nmod tests { fn f() { std::fs::read(p); } }";
        assert!(told(DOMAIN_FILE, in_tests).is_empty());
        assert!(told("crates/billing/tests/laws.rs", "std::fs::read(p)").is_empty());
        assert!(told(DOMAIN_FILE, "use std::{fmt, collections::{BTreeMap}};").is_empty());
    }

    #[test]
    fn the_rooms_above_may_do_all_this() {
        let text = "async fn f() -> f64 { std::fs::read(p); Instant::now() }";
        assert!(told("crates/app/src/lib.rs", text).is_empty());
        assert_eq!(told("crates/control/src/lib.rs", text).len(), 4);
    }
}
