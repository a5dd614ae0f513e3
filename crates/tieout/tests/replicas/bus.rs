//! A real NATS server beside the processes: stopped and started while they are killed. At the end it
//! holds every event of the log once, in the order of its partition.

use futures_util::StreamExt;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use store::Store;
use storm::checker::Books;

/// The server with what it keeps, running or not.
pub struct BusServer {
    folder: PathBuf,
    port: u16,
    process: Option<Child>,
}

impl Drop for BusServer {
    fn drop(&mut self) {
        self.stop();
    }
}

impl BusServer {
    /// A running server on a free port of loopback.
    pub fn start(folder: &Path) -> BusServer {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let mut server = BusServer {
            folder: folder.to_owned(),
            port: listener.local_addr().unwrap().port(),
            process: None,
        };
        drop(listener);
        server.go_on();
        server
    }

    pub fn url(&self) -> String {
        format!("nats://127.0.0.1:{}", self.port)
    }

    /// SIGKILL.
    pub fn stop(&mut self) {
        if let Some(mut process) = self.process.take() {
            let _ = process.kill();
            let _ = process.wait();
        }
    }

    /// Starts it again on what it kept.
    pub fn go_on(&mut self) {
        let program = std::env::var("TIEOUT_NATS_SERVER").expect(
            "TIEOUT_NATS_SERVER names the program nats-server; `cargo xtask with-postgres` sets it",
        );
        let process = Command::new(program)
            .args([
                "-js",
                "-a",
                "127.0.0.1",
                "-p",
                &self.port.to_string(),
                "-sd",
            ])
            .arg(&self.folder)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn();
        self.process = Some(process.unwrap());
        let address = SocketAddr::from(([127, 0, 0, 1], self.port));
        let began = Instant::now();
        while TcpStream::connect(address).is_err() {
            assert!(began.elapsed() < Duration::from_secs(20), "no bus");
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// Every message of the stream, in its order.
    fn told(&self) -> Vec<Value> {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap();
        runtime.block_on(async {
            let client = async_nats::connect(self.url()).await.unwrap();
            let context = async_nats::jetstream::new(client);
            let mut stream = context.get_stream("TIEOUT").await.unwrap();
            let count = stream.info().await.unwrap().state.messages;
            let reading = async_nats::jetstream::consumer::pull::OrderedConfig {
                filter_subject: "tieout.event.>".to_owned(),
                ..Default::default()
            };
            let consumer = stream.create_consumer(reading).await.unwrap();
            let mut messages = consumer.messages().await.unwrap();
            let mut told = Vec::new();
            while (told.len() as u64) < count {
                let message = messages.next().await.unwrap().unwrap();
                told.push(serde_json::from_slice(&message.payload).unwrap());
            }
            told
        })
    }

    /// What is on the stream against what is in the log. Returns how many events there are.
    pub fn check(&self, books: &Books) -> usize {
        let told = self.told();
        let logged: BTreeSet<&str> = books
            .table("event")
            .iter()
            .map(|row| row.text("id"))
            .collect();
        let mut seen = BTreeSet::new();
        let mut last: BTreeMap<&str, i64> = BTreeMap::new();
        for event in &told {
            let id = event["id"].as_str().unwrap();
            assert!(seen.insert(id), "event {id} is on the bus twice");
            let before = last
                .entry(event["partitionkey"].as_str().unwrap())
                .or_default();
            assert_eq!(event["sequence"], *before + 1, "out of order: {event}");
            *before += 1;
        }
        let missing: Vec<_> = logged.difference(&seen).collect();
        let unknown: Vec<_> = seen.difference(&logged).collect();
        assert!(
            missing.is_empty() && unknown.is_empty(),
            "not on the bus: {missing:?}; not in the log: {unknown:?}"
        );
        told.len()
    }
}

/// How many events the bus was not told yet.
pub fn untold(store: &Store) -> i64 {
    let (count, _) = store
        .read(|tx| store::readers::waiting(tx, app::BUS_READER))
        .unwrap();
    count
}
