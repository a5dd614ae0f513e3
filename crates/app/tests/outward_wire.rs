//! A webhook on the wire, believed by the Standard Webhooks library of others and by the example of our
//! own documentation. Needs the Python environment that `cargo xtask setup` makes.

// A test that cannot go on ends.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use app::command::Command as Asked;
use app::outward::OutwardConfig;
use app::seal::Sealer;
use app::{App, MonotonicIds, SystemClock};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpListener;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::Arc;
use store::{Durability, Location, Store};

const CONFIG: OutwardConfig = OutwardConfig {
    private_addresses: true,
    disable_after_days: 5,
    call_seconds: 5,
};

/// `TIEOUT_PYTHON`, else `.venv/bin/python` at the root of the repository.
fn interpreter() -> PathBuf {
    if let Some(named) = std::env::var_os("TIEOUT_PYTHON") {
        return PathBuf::from(named);
    }
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../.venv/bin/python")
}

/// Takes one request, answers 204, and gives what came: headers and body.
fn take_one(listener: &TcpListener) -> (BTreeMap<String, String>, String) {
    let (mut stream, _) = listener.accept().unwrap();
    let mut reader = BufReader::new(stream.try_clone().unwrap());
    let mut headers = BTreeMap::new();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).unwrap();
        if line.trim().is_empty() {
            break;
        }
        if let Some((name, value)) = line.trim().split_once(": ") {
            headers.insert(name.to_lowercase(), value.to_owned());
        }
    }
    let mut body = vec![0; headers["content-length"].parse().unwrap()];
    reader.read_exact(&mut body).unwrap();
    stream
        .write_all(b"HTTP/1.1 204 No Content\r\ncontent-length: 0\r\n\r\n")
        .unwrap();
    (headers, String::from_utf8(body).unwrap())
}

/// Sends a test message to a socket of ours; what came, and the secrets that signed it.
fn one_delivery() -> Value {
    let store = Store::open(&Location::Memory, Durability::Relaxed).unwrap();
    let ids = Arc::new(MonotonicIds::new(1, 0));
    let app = App::open(
        store,
        Arc::new(SystemClock),
        ids,
        events::Origin::Simulation,
    )
    .unwrap()
    .with_sealer(Sealer::from_key([3; 32]))
    .unwrap();
    app.allow_endpoints(CONFIG.policy());
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/hooks", listener.local_addr().unwrap());
    let act = |name: &str, body: Value| app.act("sam", Asked::read(name, body).unwrap()).unwrap();
    let id = act("add_webhook_endpoint", json!({ "url": url }))["endpoint"].clone();
    let endpoint = id.as_str().unwrap();
    let old = app.show_webhook_secret("sam", endpoint).unwrap();
    act("rotate_webhook_secret", json!({ "endpoint": id }));
    let new = app.show_webhook_secret("sam", endpoint).unwrap();
    act("test_webhook", json!({ "endpoint": id }));
    let receiver = std::thread::spawn(move || take_one(&listener));
    let sent = app.send_webhooks(&CONFIG.transport(), CONFIG);
    assert_eq!((sent.delivered, sent.failed), (1, 0));
    let (headers, body) = receiver.join().unwrap();
    json!({ "headers": headers, "body": body, "secrets": [new.reveal(), old.reveal()] })
}

/// Runs a script with what was delivered on its input.
fn python(script: &str) -> String {
    let mut child = Command::new(interpreter())
        .args(["-c", script])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("run `cargo xtask setup` to make the Python environment with standardwebhooks");
    let delivery = one_delivery().to_string();
    let mut input = child.stdin.take().unwrap();
    input.write_all(delivery.as_bytes()).unwrap();
    drop(input);
    let output = child.wait_with_output().unwrap();
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{told}");
    String::from_utf8(output.stdout).unwrap()
}

const LIBRARY: &str = r#"
import json, sys
from standardwebhooks import Webhook, WebhookVerificationError
it = json.load(sys.stdin)
for secret in it["secrets"]:
    document = Webhook(secret).verify(it["body"], it["headers"])
    assert document["id"] == it["headers"]["webhook-id"], document
for secret, body in [(it["secrets"][0], it["body"] + " "), ("whsec_" + "A" * 32, it["body"])]:
    try:
        Webhook(secret).verify(body, it["headers"])
    except WebhookVerificationError:
        continue
    raise AssertionError("a forged message was believed")
print("believed")
"#;

#[test]
fn the_library_of_others_believes_what_we_send_and_nothing_forged() {
    assert_eq!(python(LIBRARY).trim(), "believed");
}

/// The Python example of docs/webhooks-out.md, as it stands there.
fn example() -> String {
    let page = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../docs/webhooks-out.md");
    let text = std::fs::read_to_string(page).unwrap();
    let (_, after) = text
        .split_once("```python\n")
        .expect("an example in Python");
    after.split_once("```").unwrap().0.to_owned()
}

const WITH_EXAMPLE: &str = r#"
import json, sys
it = json.load(sys.stdin)
for secret in it["secrets"]:
    verify(secret, it["headers"], it["body"].encode())
stamp = int(it["headers"]["webhook-timestamp"])
for body, now in [(it["body"] + " ", stamp), (it["body"], stamp + 301)]:
    try:
        verify(it["secrets"][0], it["headers"], body.encode(), now)
    except ValueError:
        continue
    raise AssertionError("a forged or stale message was believed")
print("believed")
"#;

#[test]
fn the_example_of_the_documentation_works_as_it_stands() {
    let script = format!("{}\n{WITH_EXAMPLE}", example());
    assert_eq!(python(&script).trim(), "believed");
}
