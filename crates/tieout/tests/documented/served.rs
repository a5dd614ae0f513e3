//! A program that serves new books in a folder of its own, and a shell beside it.

use crate::root;
use std::io::{BufRead, BufReader, Read, Write};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use tempfile::TempDir;
use values::Clock;

/// An outside ledger that nobody reaches, so that there are lanes to steer.
const SETTINGS: &str = "[server]
address = \"127.0.0.1:0\"
patience_seconds = 1
[routing]
deliver_journals = true
[connections.netsuite]
base_url = \"http://127.0.0.1:9\"
account = \"1234567\"
consumer_key = \"key of the integration\"
consumer_secret = \"a secret of the integration\"
token = \"id of the token\"
token_secret = \"a secret of the token\"
";

/// The address at which the program serves unless told otherwise; the pages know no other.
const ADDRESS: &str = "127.0.0.1:8420";

/// The role of the token in each variable.
const TOKENS: [(&str, &str); 6] = [
    ("ADMINISTRATOR", "administrator"),
    ("REVOPS", "revops"),
    ("BILLING", "billing_analyst"),
    ("COLLECTIONS", "collections"),
    ("CONTROLLER", "controller"),
    ("ENGINEER", "integration_engineer"),
];

/// What every shell begins with: an answer with an error ends it. Programs of other makers that a page
/// tries an export with are used where they are there; `outside_proof` tests what they say.
const PRELUDE: &str = r#"
set -euo pipefail
curl() {
  case " $* " in
    *" -sf "*) command curl --max-time 60 "$@" ;;
    *) command curl --fail-with-body --max-time 60 "$@" ;;
  esac
}
tieout() { "$PROGRAM" "$@"; }
bean-check() { "${TIEOUT_BEAN_CHECK:-true}" "$@"; }
command -v hledger > /dev/null || hledger() { :; }
command -v ledger > /dev/null || ledger() { :; }
"#;

pub struct Served {
    process: Child,
    folder: TempDir,
    address: String,
    tokens: Vec<(&'static str, &'static str, String)>,
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
    command
        .current_dir(folder)
        .env("TIEOUT_CONFIG", "tieout.toml");
    command
}

/// Whether the program takes a text as its settings; else what it says about it.
pub fn takes_settings(text: &str) -> Result<(), String> {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("tieout.toml"), text).unwrap();
    let made = program(folder.path())
        .args(["token", "create", "--name", "reader", "--role", "auditor"])
        .output()
        .unwrap();
    if made.status.success() {
        Ok(())
    } else {
        Err(String::from_utf8_lossy(&made.stderr).into_owned())
    }
}

impl Served {
    pub fn start() -> Served {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("tieout.toml"), SETTINGS).unwrap();
        std::os::unix::fs::symlink(root().join("stories"), folder.path().join("stories")).unwrap();
        let mut process = program(folder.path())
            .arg("serve")
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
                .output()
                .unwrap();
            assert!(made.status.success(), "{made:?}");
            let token = String::from_utf8(made.stdout).unwrap();
            (name, role, token.trim().to_owned())
        });
        Served {
            process,
            folder,
            address,
            tokens: tokens.to_vec(),
        }
    }

    /// The token of a role.
    pub fn token(&self, role: &str) -> &str {
        let mut known = self.tokens.iter();
        let found = known.find(|(_, of, _)| *of == role);
        &found.unwrap_or_else(|| panic!("nobody is {role}")).2
    }

    pub fn writes(&self, file: &str, text: &str) {
        std::fs::write(self.folder.path().join(file), self.of_this_year(text)).unwrap();
    }

    /// The pages are written in 2026; documents are numbered by the year in which they are issued.
    fn of_this_year(&self, text: &str) -> String {
        let year = values::Zone::utc().date_at(app::SystemClock.now()).year();
        // The later year first, or the year after next would come of it.
        text.replace("2027-", &format!("{}-", year + 1))
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

    /// What a shell printed; what it complained of comes along when it failed.
    fn tries(&self, text: &str) -> Result<String, String> {
        let text = self.of_this_year(text).replace(ADDRESS, &self.address);
        let mut shell = Command::new("bash");
        shell
            .arg("-c")
            .arg(format!("{PRELUDE}{text}"))
            .current_dir(self.folder.path())
            .env("PROGRAM", env!("CARGO_BIN_EXE_tieout"))
            .env("TIEOUT_CONFIG", "tieout.toml")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        for (name, _, token) in &self.tokens {
            shell.env(name, token);
        }
        let mut shell = shell.spawn().unwrap();
        // What is asked for by hand is a secret; commands that ask for nothing leave it.
        let mut asked = shell.stdin.take().unwrap();
        let _ = asked.write_all(b"a secret that is typed\n");
        drop(asked);
        let done = shell.wait_with_output().unwrap();
        let told = String::from_utf8_lossy(&done.stdout).into_owned();
        if done.status.success() {
            Ok(told)
        } else {
            let complaint = String::from_utf8_lossy(&done.stderr);
            Err(format!("{told}{complaint}"))
        }
    }
}
