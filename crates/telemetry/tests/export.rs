//! What a collector receives: the trace of the chain, the chain's name, the caller's trace.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "helpers of tests stop the test, as the tests themselves do"
)]

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpListener;
use std::sync::mpsc::{Receiver, channel};
use telemetry::{OtlpSettings, join_caller, join_chain, layer, trace_id};
use tracing_subscriber::layer::SubscriberExt;

/// A collector that keeps what it is sent.
fn collector() -> (String, Receiver<(String, Vec<u8>)>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let endpoint = format!("http://{}/v1/traces", listener.local_addr().unwrap());
    let (sender, received) = channel();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let mut reader = BufReader::new(stream.try_clone().unwrap());
            let (mut head, mut length) = (String::new(), 0);
            loop {
                let mut line = String::new();
                reader.read_line(&mut line).unwrap();
                if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
                    length = value.trim().parse().unwrap();
                }
                if line.trim().is_empty() {
                    break;
                }
                head.push_str(&line);
            }
            let mut body = vec![0; length];
            reader.read_exact(&mut body).unwrap();
            stream
                .write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\nconnection: close\r\n\r\n")
                .unwrap();
            if sender.send((head, body)).is_err() {
                return;
            }
        }
    });
    (endpoint, received)
}

fn holds(body: &[u8], part: &[u8]) -> bool {
    body.windows(part.len()).any(|window| window == part)
}

fn bytes(hexadecimal: &str) -> Vec<u8> {
    (0..hexadecimal.len())
        .step_by(2)
        .map(|at| u8::from_str_radix(&hexadecimal[at..at + 2], 16).unwrap())
        .collect()
}

#[test]
fn a_collector_gets_the_spans_of_a_chain_in_one_trace_and_requests_in_that_of_their_caller() {
    let (endpoint, received) = collector();
    let settings = OtlpSettings {
        endpoint,
        service: "tieout-test".to_owned(),
    };
    let (layer, exporting) = layer(&settings).unwrap();
    let subscriber = tracing_subscriber::registry().with(layer);
    tracing::subscriber::with_default(subscriber, || {
        for operation in ["stripe.collect", "netsuite.journal_entry"] {
            let span = tracing::info_span!("deliver", operation, correlationid = "chn_42");
            join_chain(&span, "chn_42");
            span.in_scope(|| tracing::info!("sent"));
        }
        let request = tracing::info_span!("request", route = "/api/v1/customers");
        let caller = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
        join_caller(&request, caller);
        request.in_scope(|| tracing::info!("answered"));
    });
    drop(exporting);
    let (head, body) = received.recv().unwrap();
    assert!(head.starts_with("POST /v1/traces"), "{head}");
    assert!(head.contains("application/x-protobuf"), "{head}");
    let chain = bytes(&trace_id("chn_42"));
    let found = body.windows(16).filter(|window| *window == chain).count();
    assert_eq!(found, 2, "both deliveries are in the trace of the chain");
    for part in [
        "correlationid",
        "chn_42",
        "netsuite.journal_entry",
        "tieout-test",
    ] {
        assert!(holds(&body, part.as_bytes()), "{part}");
    }
    assert!(holds(&body, &bytes("0af7651916cd43dd8448eb211c80319c")));
    assert!(holds(&body, &bytes("b7ad6b7169203331")));
}
