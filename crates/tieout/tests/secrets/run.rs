//! The program as a process, its settings, and books that have something to deliver.

use crate::echo::{CLIENT_SECRET, Echo};
use crate::{BUS_TOKEN, CONSUMER_KEY, CONSUMER_SECRET, SIGNING, STRIPE_KEY, TOKEN, TOKEN_SECRET};
use app::command::Command as Asked;
use app::{App, MonotonicIds, Routing, SystemClock};
use serde_json::{Value, json};
use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};
use store::{Durability, Location, Store};

/// The program, without the settings of whoever runs the test.
pub fn tieout(folder: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_tieout"));
    for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("TIEOUT_")) {
        command.env_remove(name);
    }
    command.current_dir(folder).stdin(Stdio::null());
    command
}

pub fn settings(echo: &Echo) -> String {
    let url = echo.url();
    format!(
        r#"
data = "books"
[server]
address = "127.0.0.1:0"
patience_seconds = 1
[log]
level = "debug"
[telemetry]
otlp_endpoint = "{url}/v1/traces"
[outward]
private_addresses = true
[routing]
collect_cards = true
deliver_journals = true
write_back = true
[connections.pace]
sweep_seconds = 0
balance_seconds = 0
[connections.bus]
url = "nats://127.0.0.1:9"
token = "{BUS_TOKEN}"
[connections.salesforce]
login_url = "{url}"
[connections.salesforce.login]
flow = "client_credentials"
client_id = "client"
client_secret = "{CLIENT_SECRET}"
[connections.stripe]
base_url = "{url}"
api_key = "{STRIPE_KEY}"
webhook_secrets = ["{}", "{}"]
[connections.netsuite]
base_url = "{url}"
account = "1234567"
consumer_key = "{CONSUMER_KEY}"
consumer_secret = "{CONSUMER_SECRET}"
token = "{TOKEN}"
token_secret = "{TOKEN_SECRET}"
[connections.netsuite.ids.subsidiaries]
DE = "1"
[connections.netsuite.ids.currencies]
EUR = "1"
[connections.netsuite.ids.accounts]
{}
"#,
        SIGNING[0],
        SIGNING[1],
        (1000..3000)
            .step_by(10)
            .chain(4000..4100)
            .map(|account| format!("{account} = \"{account}\"\n"))
            .collect::<String>()
    )
}

/// Books with an invoice that is to be collected from a card and journals that are to be delivered.
pub fn prepare(data: &Path) {
    std::fs::create_dir_all(data).unwrap();
    let at = Location::File(data.join("books.sqlite"));
    let store = Store::open(&at, Durability::Relaxed).unwrap();
    let ids = Arc::new(MonotonicIds::new(7_777, 1));
    let app = App::open(store, Arc::new(SystemClock), ids, events::Origin::Live).unwrap();
    let routing = Routing {
        collect_cards: true,
        deliver_journals: true,
        ..Routing::default()
    };
    app.set_routing("dana", routing).unwrap();
    let act = |name: &str, body: Value| {
        let answer = app.act("dana", Asked::read(name, body).unwrap()).unwrap();
        assert!(
            !app::approval::is_waiting(&answer),
            "{name} waits: {answer}"
        );
    };
    act(
        "create_entity",
        json!({"id": "DE", "name": "Beispiel GmbH", "currency": "EUR", "time_zone": "Europe/Berlin"}),
    );
    act(
        "publish_product",
        json!({"code": "SEAT", "name": "Seat", "prices": [
            {"currency": "EUR", "billing": "monthly", "charge": {"model": "per_unit", "unit_price": "10"}}
        ]}),
    );
    act(
        "create_customer",
        json!({"id": "acme", "legal_name": "Acme", "collection": "card", "payment_method": "pm_1",
            "payment_terms_days": 30, "references": [{"system": "stripe", "kind": "Customer", "id": "cus_1"}]}),
    );
    act(
        "activate_contract",
        json!({"id": "C-1", "customer": "acme", "entity": "DE", "start": "2026-01-01", "end": "2030-12-31",
            "lines": [{"product": "SEAT", "quantity": 12}]}),
    );
    act(
        "run_billing",
        json!({"through": "2026-01-15", "contract": "C-1"}),
    );
}

/// A server that is ended with the test, however the test ends.
pub struct Served {
    process: Child,
    folder: PathBuf,
    address: String,
}

impl Drop for Served {
    fn drop(&mut self) {
        // It has ended already when the test went well.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

impl Served {
    pub fn start(folder: &Path, admin: &str) -> Served {
        let file = |name: &str| std::fs::File::create(folder.join(name)).unwrap();
        let process = tieout(folder)
            .args(["serve", "--config", "tieout.toml"])
            .env("TIEOUT_ADMIN_PASSWORD", admin)
            .stdout(file("stdout"))
            .stderr(file("stderr"))
            .spawn()
            .unwrap();
        let mut served = Served {
            process,
            folder: folder.to_owned(),
            address: String::new(),
        };
        let began = Instant::now();
        while served.address.is_empty() {
            let (said, log) = served.said();
            assert!(began.elapsed() < Duration::from_secs(60), "{log}");
            assert!(served.process.try_wait().unwrap().is_none(), "{log}");
            if let Some((_, rest)) = said.split_once("Console and API: http://")
                && let Some((address, _)) = rest.split_once('/')
            {
                served.address = address.to_owned();
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        served
    }

    fn said(&self) -> (String, String) {
        let read = |name: &str| std::fs::read_to_string(self.folder.join(name)).unwrap();
        (read("stdout"), read("stderr"))
    }

    fn talk(&self, request: &str) -> String {
        let mut stream = TcpStream::connect(&self.address).unwrap();
        let patience = Some(Duration::from_secs(30));
        stream.set_read_timeout(patience).unwrap();
        stream.write_all(request.as_bytes()).unwrap();
        let mut bytes = Vec::new();
        stream.read_to_end(&mut bytes).unwrap();
        String::from_utf8_lossy(&bytes).into_owned()
    }

    /// What a page or an address of the API answers.
    pub fn get(&self, path: &str, bearer: Option<&str>, cookie: Option<&str>) -> String {
        let bearer =
            bearer.map_or_else(String::new, |it| format!("Authorization: Bearer {it}\r\n"));
        let cookie = cookie.map_or_else(String::new, |it| format!("Cookie: {it}\r\n"));
        self.talk(&format!(
            "GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n{bearer}{cookie}\r\n"
        ))
    }

    pub fn post(&self, path: &str, bearer: &str, key: &str, body: &str) -> String {
        self.talk(&format!(
            "POST {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nAuthorization: Bearer {bearer}\r\n\
             Idempotency-Key: {key}\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        ))
    }

    pub fn webhook(&self, body: &str, signature: &str) -> String {
        self.talk(&format!(
            "POST /webhooks/stripe HTTP/1.1\r\nHost: x\r\nConnection: close\r\nStripe-Signature: {signature}\r\n\
             Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        ))
    }

    /// Signs in as a browser does; answers the cookie of the session, empty when refused.
    pub fn sign_in(&self, name: &str, password: &str) -> String {
        let form = self.get("/login", None, None);
        let secret = form.split("name=\"csrf\" value=\"").nth(1).unwrap();
        let secret = secret.split('"').next().unwrap();
        let kept = cookies(&form).join("; ");
        let body = format!(
            "csrf={secret}&next=%2F&name={name}&password={}",
            connect::encoding::percent(password)
        );
        let answer = self.talk(&format!(
            "POST /login HTTP/1.1\r\nHost: x\r\nConnection: close\r\nCookie: {kept}\r\nOrigin: http://x\r\n\
             Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        ));
        let mut given = cookies(&answer).into_iter();
        given
            .find(|one| one.contains("session"))
            .unwrap_or_default()
    }

    /// Asks it to end. What it said and what it wrote to the log.
    pub fn end(mut self) -> (String, String) {
        let id = self.process.id().to_string();
        let asked = Command::new("kill").args(["-TERM", &id]).status();
        assert!(asked.unwrap().success());
        let ended = self.process.wait().unwrap();
        let (said, log) = self.said();
        assert!(ended.success(), "{log}");
        (said, log)
    }
}

fn cookies(answer: &str) -> Vec<String> {
    let (head, _) = answer.split_once("\r\n\r\n").unwrap_or((answer, ""));
    head.lines()
        .filter_map(|line| {
            let (name, value) = line.split_once(':')?;
            name.eq_ignore_ascii_case("set-cookie").then(|| {
                value
                    .split(';')
                    .next()
                    .unwrap_or_default()
                    .trim()
                    .to_owned()
            })
        })
        .collect()
}
