//! `cargo xtask test`: every check of the repository, one after the other, each with its time.

use std::io::{BufRead, BufReader, IsTerminal, Read, Write};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use crate::tools::{Tools, cargo, forget_the_outer_cargo, on_path, spelled};
use crate::trouble::Trouble;
use crate::{postgres, setup, tidy};

/// The steps in their order: the quick ones first, so that a slip is told early.
const STEPS: [&str; 7] = [
    "setup",
    "fmt",
    "clippy",
    "tidy",
    "dependencies",
    "test",
    "doctest",
];

/// What the caller asked of `cargo xtask test`.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Wishes {
    only: Vec<&'static str>,
    keep_going: bool,
}

impl Wishes {
    /// Reads `--only STEP` (several times if need be) and `--keep-going`.
    pub fn parse(arguments: &[String]) -> Result<Wishes, Trouble> {
        let mut wishes = Wishes::default();
        let mut rest = arguments.iter();
        while let Some(argument) = rest.next() {
            let named = match argument.as_str() {
                "--keep-going" => {
                    wishes.keep_going = true;
                    continue;
                }
                "--only" => rest.next().map(String::as_str),
                other => match other.strip_prefix("--only=") {
                    Some(step) => Some(step),
                    None => {
                        return Err(Trouble::Usage {
                            problem: format!("`test` has no option \"{other}\""),
                        });
                    }
                },
            };
            let known = named.and_then(|named| STEPS.into_iter().find(|step| *step == named));
            let Some(step) = known else {
                return Err(Trouble::Usage {
                    problem: format!(
                        "--only takes one of {}, not \"{}\"",
                        STEPS.join(", "),
                        named.unwrap_or_default()
                    ),
                });
            };
            wishes.only.push(step);
        }
        Ok(wishes)
    }

    fn includes(&self, step: &str) -> bool {
        self.only.is_empty() || self.only.contains(&step)
    }
}

/// How one step went.
struct Outcome {
    step: &'static str,
    took: Duration,
    /// The runner's own closing line, where there is one.
    closing_line: Option<String>,
    failure: Option<Trouble>,
}

/// Runs the steps, prints their times, and fails with the name of the first that failed.
pub fn test(root: &Path, wishes: &Wishes) -> Result<(), Trouble> {
    let mut outcomes: Vec<Outcome> = Vec::new();
    for step in STEPS {
        if !wishes.includes(step) {
            continue;
        }
        println!("== {step}");
        let began = Instant::now();
        let (closing_line, failure) = match perform(root, step) {
            Ok(closing_line) => (closing_line, None),
            Err(Failure {
                trouble,
                closing_line,
            }) => (closing_line, Some(trouble)),
        };
        let outcome = Outcome {
            step,
            took: began.elapsed(),
            closing_line,
            failure,
        };
        let word = if outcome.failure.is_none() {
            "ok"
        } else {
            "FAILED"
        };
        println!("== {step}: {word} in {:.1} s", outcome.took.as_secs_f64());
        let failed = outcome.failure.is_some();
        outcomes.push(outcome);
        if failed && !wishes.keep_going {
            break;
        }
    }
    print!("{}", summary(&outcomes));
    let first_failure = outcomes.into_iter().find_map(|outcome| {
        let trouble = outcome.failure?;
        Some(Trouble::StepFailed {
            step: outcome.step,
            reason: trouble.to_string(),
        })
    });
    match first_failure {
        Some(trouble) => Err(trouble),
        None => Ok(()),
    }
}

/// The table of times, then the runners' closing lines, so that they end the output.
fn summary(outcomes: &[Outcome]) -> String {
    let mut text = String::from("\nstep      seconds  result\n");
    let mut total = Duration::ZERO;
    for outcome in outcomes {
        let result = if outcome.failure.is_none() {
            "ok"
        } else {
            "FAILED"
        };
        text.push_str(&format!(
            "{:<8} {:>8.1}  {result}\n",
            outcome.step,
            outcome.took.as_secs_f64()
        ));
        total += outcome.took;
    }
    text.push_str(&format!("{:<8} {:>8.1}\n", "total", total.as_secs_f64()));
    let closing = |step: &str| {
        outcomes
            .iter()
            .filter(|outcome| outcome.step == step)
            .find_map(|outcome| outcome.closing_line.as_deref())
    };
    for (name, step) in [("documentation tests", "doctest"), ("tests", "test")] {
        if let Some(line) = closing(step) {
            text.push_str(&format!("\n{name}:\n{line}\n"));
        }
    }
    text
}

/// A step that failed, and what its runner said last.
struct Failure {
    trouble: Trouble,
    closing_line: Option<String>,
}

impl From<Trouble> for Failure {
    fn from(trouble: Trouble) -> Failure {
        Failure {
            trouble,
            closing_line: None,
        }
    }
}

fn perform(root: &Path, step: &str) -> Result<Option<String>, Failure> {
    match step {
        "setup" => {
            setup::setup(root)?;
            Ok(None)
        }
        "fmt" => in_front(
            cargo(root, &["fmt", "--all", "--check"]),
            "run `cargo fmt --all`",
        ),
        "clippy" => in_front(
            cargo(
                root,
                &[
                    "clippy",
                    "--workspace",
                    "--all-targets",
                    "--",
                    "-D",
                    "warnings",
                ],
            ),
            "mend each warning above",
        ),
        "tidy" => {
            tidy::check(root)?;
            Ok(None)
        }
        "dependencies" => in_front(
            dependencies(root),
            "a licence or source that is new is added to deny.toml when it is permissive",
        ),
        "test" => {
            let server = postgres::Server::start(root)?;
            let mut command = cargo(root, runner());
            command.envs(Tools::find(root).environment());
            command.env(postgres::ADDRESS_VARIABLE, server.address());
            with_closing_line(command)
        }
        _ => with_closing_line(cargo(
            root,
            &["test", "--doc", "--workspace", "--no-fail-fast"],
        )),
    }
}

/// Checks the licences, sources and bans of everything that is built in.
fn dependencies(root: &Path) -> Command {
    let program = Tools::find(root).cargo_deny;
    let mut command = Command::new(program.unwrap_or_else(|| "cargo-deny".into()));
    command
        .args(["--log-level", "error", "check"])
        .args(["licenses", "bans", "sources"])
        .current_dir(root);
    forget_the_outer_cargo(&mut command);
    command
}

/// nextest where it is installed, since it runs the tests of all crates side by side.
fn runner() -> &'static [&'static str] {
    let mut ask = Command::new("cargo");
    ask.args(["nextest", "--version"])
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    forget_the_outer_cargo(&mut ask);
    let installed =
        on_path(&["cargo-nextest"]).is_some() || ask.status().is_ok_and(|status| status.success());
    if installed {
        &[
            "nextest",
            "run",
            "--workspace",
            "--config-file",
            "xtask/nextest.toml",
        ]
    } else {
        // Documentation tests have a step of their own.
        &["test", "--workspace", "--all-targets", "--no-fail-fast"]
    }
}

/// Runs a command that writes straight to the terminal.
fn in_front(mut command: Command, mend: &str) -> Result<Option<String>, Failure> {
    let status = command.status().map_err(|source| Trouble::NotStarted {
        command: spelled(&command),
        source,
    })?;
    if status.success() {
        return Ok(None);
    }
    Err(Failure::from(Trouble::CommandFailed {
        command: spelled(&command),
        status: status.to_string(),
        hint: format!("; {mend}"),
    }))
}

/// Runs a test runner, passes its output through, and keeps its closing line.
fn with_closing_line(mut command: Command) -> Result<Option<String>, Failure> {
    if std::io::stderr().is_terminal() {
        // Behind a pipe the runner would think that nobody looks.
        command.env("CARGO_TERM_COLOR", "always");
    }
    command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut child = command.spawn().map_err(|source| Trouble::NotStarted {
        command: spelled(&command),
        source,
    })?;
    let (output, errors) = (child.stdout.take(), child.stderr.take());
    let (of_output, of_errors) = std::thread::scope(|scope| {
        let reader = scope.spawn(move || pass_through(output, std::io::stdout()));
        let of_errors = pass_through(errors, std::io::stderr());
        (reader.join().unwrap_or_default(), of_errors)
    });
    let status = child.wait().map_err(|source| Trouble::NotStarted {
        command: spelled(&command),
        source,
    })?;
    let closing_line = closing_line(&[of_output, of_errors].concat());
    if status.success() {
        return Ok(closing_line);
    }
    Err(Failure {
        trouble: Trouble::CommandFailed {
            command: spelled(&command),
            status: status.to_string(),
            hint: String::new(),
        },
        closing_line,
    })
}

/// Copies line by line, and returns the lines that a runner ends with.
fn pass_through(from: Option<impl Read>, mut to: impl Write) -> Vec<String> {
    let Some(from) = from else {
        return Vec::new();
    };
    let mut from = BufReader::new(from);
    let mut kept = Vec::new();
    let mut line = Vec::new();
    loop {
        line.clear();
        match from.read_until(b'\n', &mut line) {
            Ok(0) | Err(_) => return kept,
            Ok(_) => {
                // A reader that went away is no reason to stop the tests.
                let _ = to.write_all(&line);
                let _ = to.flush();
                let text = without_colour(&String::from_utf8_lossy(&line));
                let bare = text.trim();
                if bare.starts_with("Summary [") || bare.starts_with("test result:") {
                    kept.push(text.trim_end().to_owned());
                }
            }
        }
    }
}

/// nextest's summary as it is; the lines of `cargo test`, one for each program, added up.
fn closing_line(lines: &[String]) -> Option<String> {
    let summary = lines
        .iter()
        .rev()
        .find(|line| line.trim_start().starts_with("Summary ["));
    if let Some(summary) = summary {
        return Some(summary.clone());
    }
    if lines.is_empty() {
        return None;
    }
    let sum = |what: &str| -> u64 { lines.iter().map(|line| count_before(line, what)).sum() };
    let failed = sum("failed");
    Some(format!(
        "test result: {}. {} passed; {failed} failed; {} ignored; {} measured; {} filtered out",
        if failed == 0 { "ok" } else { "FAILED" },
        sum("passed"),
        sum("ignored"),
        sum("measured"),
        sum("filtered out"),
    ))
}

/// In "test result: ok. 3 passed; 1 failed; …", the number that stands before `what`.
fn count_before(line: &str, what: &str) -> u64 {
    line.split([';', '.'])
        .filter_map(|part| part.trim().strip_suffix(what))
        .find_map(|number| number.trim().parse().ok())
        .unwrap_or(0)
}

/// The line without the escape sequences that colour it.
fn without_colour(line: &str) -> String {
    let mut text = String::with_capacity(line.len());
    let mut rest = line.chars();
    while let Some(character) = rest.next() {
        if character == '\u{1b}' {
            rest.by_ref().find(char::is_ascii_alphabetic);
        } else {
            text.push(character);
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wishes(words: &[&str]) -> Result<Wishes, String> {
        let words: Vec<String> = words.iter().map(|word| (*word).to_owned()).collect();
        Wishes::parse(&words).map_err(|trouble| trouble.to_string())
    }

    #[test]
    fn without_options_every_step_runs() {
        let wishes = wishes(&[]).unwrap();
        assert!(STEPS.iter().all(|step| wishes.includes(step)));
        assert!(!wishes.keep_going);
    }

    #[test]
    fn only_picks_steps_and_may_be_repeated() {
        let wishes = wishes(&["--only", "fmt", "--only=tidy", "--keep-going"]).unwrap();
        let picked: Vec<&str> = STEPS
            .into_iter()
            .filter(|step| wishes.includes(step))
            .collect();
        assert_eq!(picked, ["fmt", "tidy"]);
        assert!(wishes.keep_going);
    }

    #[test]
    fn an_unknown_step_or_option_is_told_with_the_choice() {
        assert_eq!(
            wishes(&["--only", "lint"]).unwrap_err(),
            "--only takes one of setup, fmt, clippy, tidy, dependencies, test, doctest, not \"lint\"; \
             `cargo xtask help` lists what there is"
        );
        assert!(wishes(&["--fast"]).unwrap_err().contains("\"--fast\""));
        assert!(wishes(&["--only"]).is_err());
    }

    #[test]
    fn the_summary_of_nextest_is_the_closing_line() {
        let output =
            "\u{1b}[32;1m     Summary\u{1b}[0m [   0.123s] 4 tests run: 4 passed, 0 skipped\n";
        let kept = pass_through(Some(output.as_bytes()), Vec::new());
        assert_eq!(
            closing_line(&kept).unwrap(),
            "     Summary [   0.123s] 4 tests run: 4 passed, 0 skipped"
        );
    }

    #[test]
    fn the_lines_of_cargo_test_are_added_up() {
        let output = "running 3 tests\n\
            test result: ok. 3 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.10s\n\
            test result: FAILED. 1 passed; 2 failed; 0 ignored; 0 measured; 1 filtered out; finished in 1.25s\n";
        let kept = pass_through(Some(output.as_bytes()), Vec::new());
        assert_eq!(
            closing_line(&kept).unwrap(),
            "test result: FAILED. 4 passed; 2 failed; 0 ignored; 0 measured; 1 filtered out"
        );
        assert_eq!(closing_line(&[]), None);
    }

    #[test]
    fn the_table_ends_with_the_runners_closing_line() {
        let outcomes = [
            Outcome {
                step: "fmt",
                took: Duration::from_millis(1_500),
                closing_line: None,
                failure: None,
            },
            Outcome {
                step: "test",
                took: Duration::from_secs(60),
                closing_line: Some("     Summary [  59.9s] 1 test run: 1 passed".to_owned()),
                failure: None,
            },
        ];
        assert_eq!(
            summary(&outcomes),
            "\nstep      seconds  result\n\
             fmt           1.5  ok\n\
             test         60.0  ok\n\
             total        61.5\n\
             \ntests:\n     Summary [  59.9s] 1 test run: 1 passed\n"
        );
    }
}
