//! The bus against a real NATS server: kept once, in order, through the server's death.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "helpers of tests stop the test, as the tests themselves do"
)]

use connect::FaultClass;
use connect::bus::{Bus, BusMessage, BusOptions};
use futures_util::StreamExt;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// A NATS server on loopback that is killed when it is dropped.
struct Server {
    child: Child,
    port: u16,
}

fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.local_addr().unwrap().port()
}

impl Server {
    fn start(folder: &Path, port: u16, extra: &[&str]) -> Server {
        let program = std::env::var("TIEOUT_NATS_SERVER")
            .expect("TIEOUT_NATS_SERVER names the program nats-server; `cargo xtask test` sets it");
        let child = Command::new(program)
            .args(["-js", "-a", "127.0.0.1", "-p", &port.to_string(), "-sd"])
            .arg(folder)
            .args(extra)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let address = SocketAddr::from(([127, 0, 0, 1], port));
        let began = Instant::now();
        while TcpStream::connect(address).is_err() {
            assert!(began.elapsed() < Duration::from_secs(20), "no server");
            std::thread::sleep(Duration::from_millis(20));
        }
        Server { child, port }
    }

    fn options(&self) -> BusOptions {
        BusOptions {
            patience: Duration::from_secs(3),
            ..BusOptions::at(&format!("nats://127.0.0.1:{}", self.port))
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn message(number: u32) -> BusMessage {
    BusMessage {
        id: format!("evt_{number}"),
        subject: "event.billing.invoice.issued.v1".to_owned(),
        headers: vec![("ce-id", format!("evt_{number}"))],
        payload: format!("{{\"number\":{number}}}").into_bytes(),
    }
}

/// Everything in the stream: the id header and the payload, in order.
fn kept(options: &BusOptions) -> Vec<(String, String)> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(async {
        let client = async_nats::connect(&options.url).await.unwrap();
        let context = async_nats::jetstream::new(client);
        let mut stream = context.get_stream(&options.stream).await.unwrap();
        let count = stream.info().await.unwrap().state.messages;
        let reading = async_nats::jetstream::consumer::pull::OrderedConfig {
            filter_subject: format!("{}.>", options.prefix),
            ..Default::default()
        };
        let consumer = stream.create_consumer(reading).await.unwrap();
        let mut messages = consumer.messages().await.unwrap();
        let mut found = Vec::new();
        while (found.len() as u64) < count {
            let message = messages.next().await.unwrap().unwrap();
            let headers = message.headers.clone().unwrap();
            let id = headers.get("ce-id").unwrap().to_string();
            let text = String::from_utf8(message.payload.to_vec()).unwrap();
            found.push((id, text));
        }
        found
    })
}

#[test]
fn a_message_that_comes_again_is_kept_once() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path(), free_port(), &[]);
    let bus = Bus::new(server.options()).unwrap();
    for number in 1..=5 {
        let outcome = bus.publish(vec![message(number)]).remove(0).unwrap();
        assert_eq!(
            (outcome.sequence, outcome.is_repeat),
            (u64::from(number), false)
        );
    }
    let again: Vec<_> = bus
        .publish((1..=6).map(message).collect())
        .into_iter()
        .map(|outcome| outcome.unwrap().is_repeat)
        .collect();
    assert_eq!(again, [true, true, true, true, true, false]);
    let found = kept(&server.options());
    assert_eq!(found.len(), 6);
    assert_eq!(found[5], ("evt_6".to_owned(), "{\"number\":6}".to_owned()));
}

#[test]
fn what_was_acknowledged_survives_the_death_of_the_server_and_the_rest_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let port = free_port();
    let mut server = Server::start(folder.path(), port, &[]);
    let bus = Bus::new(server.options()).unwrap();
    assert!(bus.publish(vec![message(1)]).remove(0).is_ok());
    server.child.kill().unwrap();
    server.child.wait().unwrap();
    let fault = bus.publish(vec![message(2)]).remove(0).unwrap_err();
    assert!(
        matches!(fault.class, FaultClass::Ambiguous | FaultClass::Transient),
        "{fault:?}"
    );
    let server = Server::start(folder.path(), port, &[]);
    let began = Instant::now();
    while bus.publish(vec![message(2)]).remove(0).is_err() {
        assert!(
            began.elapsed() < Duration::from_secs(20),
            "it never came back"
        );
    }
    let ids: Vec<_> = kept(&server.options())
        .into_iter()
        .map(|(id, _)| id)
        .collect();
    assert_eq!(ids, ["evt_1", "evt_2"]);
}

#[test]
fn a_wrong_token_is_refused_and_named() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path(), free_port(), &["--auth", "right"]);
    let with = |token: &str| {
        let options = BusOptions {
            token: Some(connect::Secret::new(token)),
            ..server.options()
        };
        Bus::new(options)
            .unwrap()
            .publish(vec![message(1)])
            .remove(0)
    };
    let fault = with("wrong").unwrap_err();
    assert_eq!(fault.class, FaultClass::Authentication, "{fault:?}");
    assert!(!fault.to_string().contains("wrong"), "{fault}");
    assert!(with("right").is_ok());
}
