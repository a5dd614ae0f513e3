//! `tieout serve` as a process: first start, tokens and users beside it, and an orderly end.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "helpers of tests fail the test"
)]

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Output, Stdio};
use std::time::Duration;

const SETTINGS: &str =
    "[server]\naddress = \"127.0.0.1:0\"\npatience_seconds = 2\n\n[log]\nformat = \"json\"\n";

fn tieout(folder: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_tieout"));
    for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("TIEOUT_")) {
        command.env_remove(name);
    }
    command.current_dir(folder);
    command
}

fn settled(folder: &Path) -> [String; 4] {
    std::fs::write(folder.join("tieout.toml"), SETTINGS).unwrap();
    ["--config", "tieout.toml", "--data", "books"].map(str::to_owned)
}

/// A server that is ended with the test, however the test ends.
struct Served {
    process: Child,
    lines: BufReader<ChildStdout>,
    address: String,
    said: String,
}

impl Drop for Served {
    fn drop(&mut self) {
        // It has ended already when the test went well.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

impl Served {
    fn start(folder: &Path, arguments: &[String]) -> Served {
        let mut process = tieout(folder)
            .arg("serve")
            .args(arguments)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let lines = BufReader::new(process.stdout.take().unwrap());
        let mut served = Served {
            process,
            lines,
            address: String::new(),
            said: String::new(),
        };
        while served.address.is_empty() {
            let start = served.said.len();
            if served.lines.read_line(&mut served.said).unwrap() == 0 {
                let mut why = String::new();
                let mut log = served.process.stderr.take().unwrap();
                log.read_to_string(&mut why).unwrap();
                panic!("it ended: {why}");
            }
            if let Some(rest) = served.said[start..].strip_prefix("Console and API: http://") {
                served.address = rest.split('/').next().unwrap().to_owned();
            }
        }
        served
    }

    fn talk(&self, request: &str) -> String {
        let mut stream = TcpStream::connect(&self.address).unwrap();
        stream
            .set_read_timeout(Some(Duration::from_secs(20)))
            .unwrap();
        stream.write_all(request.as_bytes()).unwrap();
        let mut text = String::new();
        stream.read_to_string(&mut text).unwrap();
        text
    }

    /// Asks it to end as an init system does. Returns what it wrote to the log.
    fn end(mut self) -> String {
        let id = self.process.id().to_string();
        assert!(
            Command::new("kill")
                .args(["-TERM", &id])
                .status()
                .unwrap()
                .success()
        );
        let mut log = String::new();
        self.process
            .stderr
            .take()
            .unwrap()
            .read_to_string(&mut log)
            .unwrap();
        self.lines.read_to_string(&mut self.said).unwrap();
        assert!(self.process.wait().unwrap().success(), "{log}");
        log
    }
}

fn run(folder: &Path, arguments: &[&str], rest: &[String], password: Option<&str>) -> Output {
    let mut command = tieout(folder);
    command.args(arguments).args(rest).stdin(Stdio::null());
    if let Some(password) = password {
        command.env("TIEOUT_USER_PASSWORD", password);
    }
    command.output().unwrap()
}

#[test]
fn the_first_start_makes_an_administrator_and_a_request_to_end_is_heeded() {
    let folder = tempfile::tempdir().unwrap();
    let arguments = settled(folder.path());
    let served = Served::start(folder.path(), &arguments);
    let password = served
        .said
        .split("password ")
        .nth(1)
        .unwrap()
        .lines()
        .next()
        .unwrap()
        .to_owned();
    assert_eq!(password.len(), 43);
    let ready = served.talk("GET /readyz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    assert!(ready.starts_with("HTTP/1.1 200 "), "{ready}");

    let made = run(
        folder.path(),
        &["token", "create", "--name", "crm", "--role", "revops"],
        &arguments,
        None,
    );
    assert!(
        made.status.success(),
        "{}",
        String::from_utf8_lossy(&made.stderr)
    );
    let token = String::from_utf8(made.stdout).unwrap().trim().to_owned();
    assert!(token.starts_with("tio_") && token.len() == 47, "{token}");
    let body = "{\"id\":\"acme\",\"legal_name\":\"Acme Inc.\"}";
    let reply = served.talk(&format!(
        "POST /api/v1/customers HTTP/1.1\r\nHost: x\r\nConnection: close\r\nAuthorization: Bearer {token}\r\n\
         Idempotency-Key: k1\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    ));
    assert!(reply.starts_with("HTTP/1.1 201 "), "{reply}");

    let log = served.end();
    assert!(
        log.contains("\"route\":\"/api/v1/customers\"") && log.contains("\"actor\":\"crm\""),
        "{log}"
    );
    assert!(
        !log.contains(&token) && !log.contains(&password) && !log.contains("Acme"),
        "{log}"
    );
    assert!(log.contains("stopped"), "{log}");

    // The books are as they were, and nobody is made administrator again.
    let again = Served::start(folder.path(), &arguments);
    assert!(!again.said.contains("password"), "{}", again.said);
    let reply = again.talk(&format!(
        "POST /api/v1/customers HTTP/1.1\r\nHost: x\r\nConnection: close\r\nAuthorization: Bearer {token}\r\n\
         Idempotency-Key: k1\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    ));
    assert!(
        reply.to_lowercase().contains("idempotent-replayed: true"),
        "{reply}"
    );
    again.end();
}

#[test]
fn users_are_added_with_a_role_and_a_password_that_is_long_enough() {
    let folder = tempfile::tempdir().unwrap();
    let arguments = settled(folder.path());
    let short = run(
        folder.path(),
        &["user", "add", "ada", "--role", "controller"],
        &arguments,
        Some("short"),
    );
    assert!(!short.status.success());
    assert!(
        String::from_utf8_lossy(&short.stderr).contains("12"),
        "{short:?}"
    );
    let good = run(
        folder.path(),
        &["user", "add", "ada", "--role", "controller"],
        &arguments,
        Some("long enough for us"),
    );
    assert!(good.status.success(), "{good:?}");
    let role = run(
        folder.path(),
        &["user", "add", "ada", "--role", "boss"],
        &arguments,
        Some("long enough for us"),
    );
    assert!(
        String::from_utf8_lossy(&role.stderr).contains("billing_analyst"),
        "{role:?}"
    );
}

#[test]
fn a_setting_that_is_not_known_ends_the_start_with_its_name() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(
        folder.path().join("tieout.toml"),
        "[server]\nadress = \"127.0.0.1:0\"\n",
    )
    .unwrap();
    let arguments = ["--config", "tieout.toml"].map(str::to_owned);
    let ended = run(folder.path(), &["serve"], &arguments, None);
    assert!(!ended.status.success());
    let told = String::from_utf8_lossy(&ended.stderr).into_owned();
    assert!(
        told.contains("adress") && told.contains("tieout.toml"),
        "{told}"
    );
    assert!(
        !folder.path().join("tieout-data").exists(),
        "nothing is made before the settings are read"
    );
}
