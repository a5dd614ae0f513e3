//! A program that serves new books in a folder of its own, and a shell beside it.

use crate::root;
use std::io::{BufRead, BufReader, Read};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use tempfile::TempDir;

const SETTINGS: &str = "[server]\naddress = \"127.0.0.1:0\"\npatience_seconds = 1\n";

/// The role of the token in each variable.
const TOKENS: [(&str, &str); 3] = [
    ("ADMINISTRATOR", "administrator"),
    ("REVOPS", "revops"),
    ("BILLING", "billing_analyst"),
];

/// Addresses that the pages write for the program.
const ADDRESSES: [&str; 3] = [
    "http://127.0.0.1:8080",
    "http://127.0.0.1:8420",
    "http://127.0.0.1:7070",
];

/// What every shell begins with: an answer with an error ends it.
const PRELUDE: &str = r#"
set -euo pipefail
curl() {
  case " $* " in
    *" -sf "*) command curl --max-time 60 "$@" ;;
    *) command curl --fail-with-body --max-time 60 "$@" ;;
  esac
}
tieout() { "$PROGRAM" "$@"; }
"#;

pub struct Served {
    process: Child,
    folder: TempDir,
    address: String,
    tokens: Vec<(&'static str, String)>,
}

impl Drop for Served {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn program(folder: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_tieout"));
    for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("TIEOUT_")) {
        command.env_remove(name);
    }
    command.current_dir(folder);
    command
}

impl Served {
    pub fn start() -> Served {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("tieout.toml"), SETTINGS).unwrap();
        let arguments = ["--config", "tieout.toml", "--data", "books"];
        let mut process = program(folder.path())
            .arg("serve")
            .args(arguments)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(process.stdout.take().unwrap());
        let address = loop {
            let mut line = String::new();
            assert_ne!(lines.read_line(&mut line).unwrap(), 0, "it ended");
            if let Some(rest) = line.strip_prefix("Console and API: http://") {
                break rest.split('/').next().unwrap().trim().to_owned();
            }
        };
        // Nobody reads on; what it says meanwhile must not make it wait.
        std::thread::spawn(move || lines.read_to_end(&mut Vec::new()));
        let tokens = TOKENS.map(|(name, role)| {
            let made = program(folder.path())
                .args(["token", "create", "--name", role, "--role", role])
                .args(arguments)
                .output()
                .unwrap();
            assert!(made.status.success(), "{made:?}");
            (
                name,
                String::from_utf8(made.stdout).unwrap().trim().to_owned(),
            )
        });
        Served {
            process,
            folder,
            address,
            tokens: tokens.to_vec(),
        }
    }

    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// The pages are written in 2026; documents are numbered by the year in which they are issued.
    pub fn of_this_year(&self, text: &str) -> String {
        let year = values::Zone::utc()
            .date_at(values::Clock::now(&app::SystemClock))
            .year();
        text.replace("YEAR-", &format!("{year}-"))
            .replace("2026-", &format!("{year}-"))
    }

    /// Types text into a shell; answers what it printed, and fails unless all of it went well.
    #[track_caller]
    pub fn types(&self, page: &str, text: &str) -> String {
        match self.tries(text) {
            Ok(told) => told,
            Err(told) => panic!("{page}: {text}\n{told}"),
        }
    }

    /// Types text again and again until it prints something.
    #[track_caller]
    pub fn waits_for(&self, page: &str, text: &str, wanted: &str) {
        let began = Instant::now();
        loop {
            let told = self.types(page, text);
            if told.contains(wanted) {
                return;
            }
            assert!(
                began.elapsed() < Duration::from_secs(30),
                "{page}: {wanted} never came: {told}"
            );
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    fn tries(&self, text: &str) -> Result<String, String> {
        let mut text = self.of_this_year(text);
        for address in ADDRESSES {
            text = text.replace(address, &format!("http://{}", self.address));
        }
        let mut shell = Command::new("bash");
        shell
            .arg("-c")
            .arg(format!("{PRELUDE}{text}"))
            .current_dir(self.folder.path())
            .env("PROGRAM", env!("CARGO_BIN_EXE_tieout"))
            .env("TIEOUT", format!("http://{}", self.address))
            .env("STORIES", root().join("stories"))
            .stdin(Stdio::null());
        for (name, token) in &self.tokens {
            shell.env(name, token);
        }
        shell.env("TOKEN", &self.tokens[1].1);
        let done = shell.output().unwrap();
        let told = format!(
            "{}{}",
            String::from_utf8_lossy(&done.stdout),
            String::from_utf8_lossy(&done.stderr)
        );
        if done.status.success() {
            Ok(told)
        } else {
            Err(told)
        }
    }
}
