//! The chores of this repository: `cargo xtask help` lists them.

mod fuzz;
mod postgres;
mod setup;
mod steps;
mod storm;
mod tidy;
mod tools;
mod trouble;

use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use trouble::Trouble;

const HELP: &str = "\
The chores of this repository.

  cargo xtask setup                     get what the tests need (Debian packages, Python packages)
  cargo xtask test [OPTIONS]            setup, format, lints, house rules, all tests on both databases
      --only STEP                       run this step alone; may be given several times
      --keep-going                      run the later steps too when one fails
  cargo xtask fuzz [OPTIONS]            mutate the corpus of every parser: --seconds N each, --seed N, --target NAME
  cargo xtask tidy                      check the house rules only
  cargo xtask storm [OPTIONS]           live many seeded years in every kind of weather and check each, then fuzz
      --seeds N --from S                how many (1000) and the first seed (1)
      --minutes M                       begin no year after so many minutes
      --jobs J --trace                  years at the same time; print every step, and leave out the fuzzing
      --fuzz-seconds N                  for every parser of outside input (120); 0 leaves them out
  cargo xtask with-postgres -- CMD...   start a throw-away PostgreSQL, run CMD with the tests' variables, stop it
  cargo xtask help                      this page
";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match run(&repository_root(), &arguments) {
        Ok(code) => code,
        Err(trouble) => {
            eprintln!("xtask: {trouble}");
            ExitCode::FAILURE
        }
    }
}

fn run(root: &Path, arguments: &[String]) -> Result<ExitCode, Trouble> {
    let (chore, rest) = match arguments.split_first() {
        Some((chore, rest)) => (chore.as_str(), rest),
        None => ("help", [].as_slice()),
    };
    match chore {
        "setup" => {
            refuse_arguments(chore, rest)?;
            setup::setup(root)?;
            println!("setup: everything the tests need is here");
            Ok(ExitCode::SUCCESS)
        }
        "test" => {
            let wishes = steps::Wishes::parse(rest)?;
            steps::test(root, &wishes)?;
            Ok(ExitCode::SUCCESS)
        }
        "fuzz" => {
            fuzz::fuzz(root, rest)?;
            Ok(ExitCode::SUCCESS)
        }
        "tidy" => {
            refuse_arguments(chore, rest)?;
            tidy::check(root)?;
            Ok(ExitCode::SUCCESS)
        }
        "storm" => storm::storm(root, rest),
        "with-postgres" => with_postgres(root, rest),
        "help" | "--help" | "-h" => {
            print!("{HELP}");
            Ok(ExitCode::SUCCESS)
        }
        unknown => Err(Trouble::Usage {
            problem: format!("there is no chore named \"{unknown}\""),
        }),
    }
}

/// Runs one command beside a fresh PostgreSQL and passes its exit status on.
fn with_postgres(root: &Path, rest: &[String]) -> Result<ExitCode, Trouble> {
    let words = match rest.split_first() {
        Some((first, words)) if first == "--" => words,
        _ => rest,
    };
    let Some((program, program_arguments)) = words.split_first() else {
        return Err(Trouble::Usage {
            problem: "with-postgres needs a command after `--`".to_owned(),
        });
    };
    let server = postgres::Server::start(root)?;
    let mut command = Command::new(program);
    command
        .args(program_arguments)
        .envs(tools::Tools::find(root).environment());
    command.env(postgres::ADDRESS_VARIABLE, server.address());
    tools::forget_the_outer_cargo(&mut command);
    let status = command.status().map_err(|source| Trouble::NotStarted {
        command: program.clone(),
        source,
    })?;
    drop(server);
    Ok(match status.code() {
        Some(0) => ExitCode::SUCCESS,
        Some(code) => ExitCode::from(u8::try_from(code).unwrap_or(1)),
        None => ExitCode::FAILURE,
    })
}

fn refuse_arguments(chore: &str, rest: &[String]) -> Result<(), Trouble> {
    match rest.first() {
        None => Ok(()),
        Some(extra) => Err(Trouble::Usage {
            problem: format!("`{chore}` takes no argument, but got \"{extra}\""),
        }),
    }
}

/// The folder that holds the workspace manifest, fixed when this program is compiled.
fn repository_root() -> PathBuf {
    let own_folder = Path::new(env!("CARGO_MANIFEST_DIR"));
    own_folder.parent().unwrap_or(own_folder).to_path_buf()
}
