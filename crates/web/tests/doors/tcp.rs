//! The server on a real port, used by a synchronous caller.

use crate::support::House;
use control::Role;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;
use web::server::{ServerFault, ServerOptions, start};

fn talk(address: std::net::SocketAddr, request: &str) -> String {
    let mut stream = TcpStream::connect(address).unwrap();
    stream
        .set_read_timeout(Some(Duration::from_secs(20)))
        .unwrap();
    stream.write_all(request.as_bytes()).unwrap();
    let mut text = String::new();
    stream.read_to_string(&mut text).unwrap();
    text
}

#[test]
fn a_server_starts_answers_and_stops() {
    let house = House::new();
    let token = house.token(Role::RevOps);
    let server = start(house.app.clone(), None, ServerOptions::loopback(0)).unwrap();
    let address = server.address();
    let taken = start(
        house.app.clone(),
        None,
        ServerOptions {
            address,
            ..ServerOptions::loopback(0)
        },
    );
    assert!(matches!(taken, Err(ServerFault::Address { .. })));

    let body = "{\"id\":\"acme\",\"legal_name\":\"Acme Inc.\"}";
    let request = format!(
        "POST /api/v1/customers HTTP/1.1\r\nHost: x\r\nConnection: close\r\nAuthorization: Bearer {token}\r\n\
         Idempotency-Key: k1\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    );
    let reply = talk(address, &request);
    assert!(
        reply.starts_with("HTTP/1.1 201 ") && reply.ends_with("{\"customer\":\"acme\"}"),
        "{reply}"
    );
    // A neighbour on the same machine reads the figures without a token.
    let figures = talk(
        address,
        "GET /metrics HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
    );
    assert!(
        figures.contains("tieout_commands_total{command=\"create_customer\",outcome=\"done\"} 1"),
        "{figures}"
    );
    server.stop();
    assert!(
        TcpStream::connect(address).is_err(),
        "nothing listens after the stop"
    );
    assert!(house.app.customer("acme").unwrap().is_some());
}

#[test]
fn a_stop_waits_for_a_request_that_is_under_way_but_not_for_ever() {
    let house = House::new();
    let options = ServerOptions {
        patience: Duration::from_millis(300),
        ..ServerOptions::loopback(0)
    };
    let server = start(house.app.clone(), None, options).unwrap();
    let mut stream = TcpStream::connect(server.address()).unwrap();
    stream
        .write_all(b"POST /webhooks/stripe HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nhalf")
        .unwrap();
    std::thread::sleep(Duration::from_millis(50));
    let started = std::time::Instant::now();
    server.stop();
    let took = started.elapsed();
    assert!(
        took >= Duration::from_millis(250) && took < Duration::from_secs(5),
        "{took:?}"
    );
}
