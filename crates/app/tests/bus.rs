//! The event bus as a reader of the log, against a real NATS server that is stopped and started:
//! every event is on the bus once and in the order of its partition, and nothing else waits for it.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "helpers of tests stop the test, as the tests themselves do"
)]

use app::command::Command as Order;
use app::connections::{Connections, ConnectionsConfig};
use app::{App, BusConfig, MonotonicIds, SimulatedClock, worker};
use events::Origin;
use futures_util::StreamExt;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};
use store::{Durability, Location, Store};

/// A NATS server on loopback that is killed when it is dropped.
struct Server(Child);

impl Server {
    fn start(folder: &Path, port: u16) -> Server {
        let program = std::env::var("TIEOUT_NATS_SERVER")
            .expect("TIEOUT_NATS_SERVER names the program nats-server; `cargo xtask test` sets it");
        let child = Command::new(program)
            .args(["-js", "-a", "127.0.0.1", "-p", &port.to_string(), "-sd"])
            .arg(folder)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let began = Instant::now();
        while TcpStream::connect(SocketAddr::from(([127, 0, 0, 1], port))).is_err() {
            assert!(began.elapsed() < Duration::from_secs(20), "no server");
            std::thread::sleep(Duration::from_millis(20));
        }
        Server(child)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

struct Bench {
    app: App,
    connections: Connections,
    clock: Arc<SimulatedClock>,
}

impl Bench {
    fn new(port: u16) -> Bench {
        let clock = Arc::new(SimulatedClock::at("2026-03-02T09:00:00Z".parse().unwrap()));
        let store = Store::open(&Location::Memory, Durability::Relaxed).unwrap();
        let ids = Arc::new(MonotonicIds::new(1, 1));
        let app = App::open(store, clock.clone(), ids, Origin::Live).unwrap();
        let bus: BusConfig = serde_json::from_value(json!({
            "url": format!("nats://127.0.0.1:{port}"), "from_the_beginning": true
        }))
        .unwrap();
        let config = ConnectionsConfig {
            bus: Some(bus),
            ..ConnectionsConfig::default()
        };
        Bench {
            app,
            connections: Connections::over_http(&config),
            clock,
        }
    }

    fn customer(&self, name: &str) {
        let body = json!({ "id": format!("cus_{name}"), "legal_name": name });
        let order = Order::read("create_customer", body).unwrap();
        self.app.act("test", order).unwrap();
    }

    /// Rounds of the worker, some time apart, until `done` or a minute of simulated time is over.
    fn work_until(&self, done: impl Fn() -> bool) {
        for _ in 0..60 {
            self.clock
                .move_to(values::Clock::now(&*self.clock).plus_seconds(1));
            let _ = worker::tick(&self.app, &self.connections);
            if done() {
                return;
            }
        }
        panic!("it did not come to that within a minute");
    }

    fn waiting(&self) -> i64 {
        let waiting = |tx: &mut store::Tx<'_>| store::readers::waiting(tx, app::BUS_READER);
        self.app.store().read(waiting).unwrap().0
    }

    fn open_exceptions(&self) -> i64 {
        let count = |tx: &mut store::Tx<'_>| store::exceptions::open_count(tx);
        self.app.store().read(count).unwrap()
    }
}

/// Everything on the bus, in order.
fn told(port: u16) -> Vec<Value> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(async {
        let client = async_nats::connect(format!("nats://127.0.0.1:{port}")).await;
        let context = async_nats::jetstream::new(client.unwrap());
        let mut stream = context.get_stream("TIEOUT").await.unwrap();
        let count = stream.info().await.unwrap().state.messages;
        let reading = async_nats::jetstream::consumer::pull::OrderedConfig {
            filter_subject: "tieout.event.>".to_owned(),
            ..Default::default()
        };
        let consumer = stream.create_consumer(reading).await.unwrap();
        let mut messages = consumer.messages().await.unwrap();
        let mut found = Vec::new();
        while (found.len() as u64) < count {
            let message = messages.next().await.unwrap().unwrap();
            found.push(serde_json::from_slice(&message.payload).unwrap());
        }
        found
    })
}

#[test]
fn every_event_is_on_the_bus_once_and_in_order_through_the_death_of_its_server() {
    let folder = tempfile::tempdir().unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    drop(listener);
    let server = Server::start(folder.path(), port);
    let bench = Bench::new(port);
    for number in 0..20 {
        bench.customer(&format!("before{number}"));
    }
    bench.work_until(|| bench.waiting() == 0);
    assert_eq!(bench.open_exceptions(), 0);

    drop(server);
    for number in 0..20 {
        bench.customer(&format!("while{number}"));
    }
    bench.work_until(|| bench.open_exceptions() == 1);
    assert!(bench.waiting() >= 20, "they wait in the log");

    let _server = Server::start(folder.path(), port);
    bench.work_until(|| bench.open_exceptions() == 0);
    bench.customer("after");
    bench.work_until(|| bench.waiting() == 0);

    let logged = bench.app.events(None, 1_000).unwrap().items;
    let told = told(port);
    let ids = |events: &[Value]| {
        let mut ids: Vec<String> = events
            .iter()
            .map(|event| event["id"].as_str().unwrap().to_owned())
            .collect();
        ids.sort();
        ids
    };
    let mut expected: Vec<String> = logged.iter().map(|event| event.id.clone()).collect();
    expected.sort();
    assert_eq!(ids(&told), expected);
    let mut last: BTreeMap<String, i64> = BTreeMap::new();
    for event in &told {
        let partition = event["partitionkey"].as_str().unwrap().to_owned();
        let before = last.entry(partition).or_default();
        assert_eq!(event["sequence"], json!(*before + 1));
        *before += 1;
    }
}
