//! The programs outside: `bean-check` and the Python package beside it, and `hledger`.

use crate::books::{Figures, Key};
use crate::readers::Mutant;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// How a program took a text.
pub struct Verdict {
    output: Output,
}

impl Verdict {
    #[track_caller]
    pub fn accepted(&self) {
        assert!(
            self.output.status.success(),
            "{}{}",
            String::from_utf8_lossy(&self.output.stderr),
            String::from_utf8_lossy(&self.output.stdout)
        );
    }

    #[track_caller]
    pub fn failed(&self) {
        assert_eq!(self.output.status.code(), Some(1));
    }

    /// It was refused, and because something does not balance.
    #[track_caller]
    pub fn refused(&self, case: &str) {
        let told = String::from_utf8_lossy(&self.output.stderr).to_lowercase();
        assert!(!self.output.status.success(), "{case} passed");
        assert!(told.contains("balance"), "{case}: {told}");
    }
}

/// A Python script on a file.
pub fn python_script(script: &str, file: &Path) -> Verdict {
    let output = run(python(script).arg(file));
    Verdict { output }
}

/// `bean-check` on a text.
pub fn bean_check(text: &str) -> Verdict {
    let program = program("TIEOUT_BEAN_CHECK", in_venv("bean-check"));
    let file = written(text, ".beancount");
    let output = run(Command::new(program).arg("--no-cache").arg(file.path()));
    Verdict { output }
}

/// `hledger check` on a text, strictly and with the dates in order.
pub fn hledger_check(text: &str) -> Verdict {
    let file = written(text, ".journal");
    let output = run(hledger(file.path()).args(["check", "-s", "ordereddates"]));
    Verdict { output }
}

/// The trial balance that Beancount computes by itself.
pub fn beancount_balances(text: &str) -> Figures {
    const SCRIPT: &str = r#"
import sys
from beancount import loader
from beancount.core import realization
entries, errors, options = loader.load_file(sys.argv[1])
if errors:
    sys.exit(str(errors[0]))
for account in realization.iter_children(realization.realize(entries), leaf_only=False):
    for position in account.balance:
        print(account.account, position.units.currency, position.units.number, sep="\t")
"#;
    let file = written(text, ".beancount");
    let told = run(python(SCRIPT).arg(file.path()));
    assert!(
        told.status.success(),
        "{}",
        String::from_utf8_lossy(&told.stderr)
    );
    let told = String::from_utf8(told.stdout).unwrap();
    let rows = told.lines().map(|line| {
        let [account, currency, number] = line.split('\t').collect::<Vec<_>>()[..] else {
            panic!("{line:?}");
        };
        figure(account, currency, number)
    });
    collect(rows)
}

/// Those of the texts that Beancount's loader accepts; the program starts once for all of them.
pub fn beancount_accepts(mutants: &[Mutant]) -> Vec<String> {
    const SCRIPT: &str = r#"
import sys
from beancount import loader
for path in sys.argv[1:]:
    entries, errors, options = loader.load_file(path)
    print(len(errors))
"#;
    let folder = tempfile::tempdir().unwrap();
    let mut command = python(SCRIPT);
    for (number, mutant) in mutants.iter().enumerate() {
        let path = folder.path().join(format!("{number}.beancount"));
        std::fs::write(&path, &mutant.text).unwrap();
        command.arg(path);
    }
    let told = run(&mut command);
    assert!(
        told.status.success(),
        "{}",
        String::from_utf8_lossy(&told.stderr)
    );
    let told = String::from_utf8(told.stdout).unwrap();
    let errors: Vec<&str> = told.lines().collect();
    assert_eq!(errors.len(), mutants.len());
    let accepted = mutants
        .iter()
        .zip(errors)
        .filter(|(_, errors)| *errors == "0");
    accepted.map(|(mutant, _)| mutant.line.clone()).collect()
}

/// The trial balance that hledger computes by itself, from `hledger balance -O csv`.
pub fn hledger_balances(text: &str) -> Figures {
    let file = written(text, ".journal");
    let arguments = [
        "balance",
        "--flat",
        "--empty",
        "--no-total",
        "--layout",
        "bare",
        "-O",
        "csv",
    ];
    let told = run(hledger(file.path()).args(arguments));
    assert!(
        told.status.success(),
        "{}",
        String::from_utf8_lossy(&told.stderr)
    );
    let mut reader = csv::Reader::from_reader(told.stdout.as_slice());
    assert_eq!(
        reader.headers().unwrap(),
        vec!["account", "commodity", "balance"]
    );
    let rows = reader.into_records().map(|row| {
        let row = row.unwrap();
        figure(&row[0], &row[1], &row[2])
    });
    collect(rows)
}

/// An exported account name taken apart again: `Assets:US:A1100-Trade-receivables`.
fn figure(account: &str, currency: &str, number: &str) -> (Key, i64) {
    let [_, entity, name] = account.split(':').collect::<Vec<_>>()[..] else {
        panic!("{account:?} is not one of our account names");
    };
    let code = name.strip_prefix('A').unwrap();
    let code = code.split('-').next().unwrap();
    // The entities of these books and of the demo; other characters are escaped in a name.
    let entity = match entity {
        "US" => "US",
        "X-de--berlin" => "de-berlin",
        "QM--US" => "QM-US",
        "QM--DE" => "QM-DE",
        other => panic!("{other:?} is not one of our entities"),
    };
    let key = Key {
        entity: entity.to_owned(),
        account: code.to_owned(),
        currency: currency.to_owned(),
    };
    (key, crate::minor(number, currency))
}

fn collect(rows: impl Iterator<Item = (Key, i64)>) -> Figures {
    let mut figures = Figures::new();
    for (key, minor) in rows {
        assert_eq!(
            figures.insert(key.clone(), minor),
            None,
            "{key:?} stands twice"
        );
    }
    figures
}

/// Where `cargo xtask setup` puts the Python programs.
fn in_venv(name: &str) -> PathBuf {
    let root = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../.."));
    root.join(".venv/bin").join(name)
}

fn program(variable: &str, otherwise: PathBuf) -> PathBuf {
    std::env::var_os(variable).map_or(otherwise, PathBuf::from)
}

fn python(script: &str) -> Command {
    let mut command = Command::new(program("TIEOUT_PYTHON", in_venv("python")));
    command
        .args(["-c", script])
        .env("BEANCOUNT_DISABLE_LOAD_CACHE", "1");
    command
}

fn hledger(file: &Path) -> Command {
    let mut command = Command::new(program("TIEOUT_HLEDGER", PathBuf::from("hledger")));
    command.arg("-f").arg(file);
    command
}

fn written(text: &str, suffix: &str) -> tempfile::NamedTempFile {
    let mut file = tempfile::Builder::new().suffix(suffix).tempfile().unwrap();
    file.write_all(text.as_bytes()).unwrap();
    file
}

fn run(command: &mut Command) -> Output {
    command
        .env("LC_ALL", "C.UTF-8")
        .output()
        .unwrap_or_else(|error| {
            panic!(
                "{} cannot be run ({error}); run `cargo xtask setup` first",
                command.get_program().display()
            )
        })
}
