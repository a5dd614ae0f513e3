//! Every answer protects itself; nothing is shared with other sites; nothing leads out of the house.

use crate::support::House;
use axum::body::Body;
use axum::http::Request;
use control::Role;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;
use web::server::{Doors, ServerOptions, start};

#[tokio::test]
async fn every_answer_carries_the_protective_headers() {
    let house = House::with(Doors {
        https: true,
        ..Doors::default()
    });
    let token = house.token(Role::Auditor);
    for path in [
        "/",
        "/login",
        "/static/style.css",
        "/static/none.css",
        "/favicon.ico",
        "/healthz",
        "/readyz",
        "/metrics",
        "/api/v1/contracts",
        "/api/v1/none",
        "/api/v1/openapi.json",
        "/problems/forbidden",
        "/problems/none",
        "/webhooks/none",
    ] {
        let reply = house.get(&token, path).await;
        for (name, value) in [
            ("x-content-type-options", "nosniff"),
            ("x-frame-options", "DENY"),
            ("strict-transport-security", "max-age=31536000"),
        ] {
            assert_eq!(reply.header(name), value, "{path}");
        }
        let policy = reply.header("content-security-policy");
        assert!(
            policy.starts_with("default-src 'none'") && policy.contains("frame-ancestors 'none'"),
            "{path}"
        );
        assert!(!policy.contains("unsafe"), "{path}");
        assert!(
            !reply.header("referrer-policy").is_empty()
                && !reply.header("cache-control").is_empty(),
            "{path}"
        );
        assert_eq!(reply.header("server"), "", "{path}");
    }
}

#[tokio::test]
async fn other_sites_are_given_nothing() {
    let house = House::new();
    let token = house.token(Role::Auditor);
    for method in ["GET", "OPTIONS"] {
        let request = Request::builder()
            .method(method)
            .uri("/api/v1/contracts")
            .header("authorization", format!("Bearer {token}"))
            .header("origin", "https://evil.example")
            .header("access-control-request-method", "POST");
        let reply = house.send(request.body(Body::empty()).unwrap()).await;
        let shared = reply
            .headers
            .iter()
            .any(|(name, _)| name.starts_with("access-control"));
        assert!(!shared, "{method}");
    }
}

#[tokio::test]
async fn no_path_leads_out_of_the_house() {
    let house = House::new();
    for path in [
        "/static/../Cargo.toml",
        "/static/..%2f..%2fCargo.toml",
        "/static/%2e%2e/%2e%2e/etc/passwd",
        "/static//etc/passwd",
        "/static/....//style.css",
        "/static/style.css%00.txt",
    ] {
        let reply = house
            .send(Request::get(path).body(Body::empty()).unwrap())
            .await;
        assert_ne!(reply.status, 200, "{path}");
        assert!(
            !reply.text.contains("[package]") && !reply.text.contains("root:"),
            "{path}"
        );
    }
    // An address to go to after the sign-in stays here whatever it says.
    for next in [
        "//evil.example",
        "https://evil.example",
        "/%5cevil.example",
        "/%0d%0aLocation:x",
    ] {
        let reply = house
            .send(
                Request::get(format!("/login?next={next}"))
                    .body(Body::empty())
                    .unwrap(),
            )
            .await;
        assert!(!reply.text.contains("evil.example"), "{next}");
    }
}

#[test]
fn headers_without_end_and_clients_without_haste_are_cut_off() {
    let house = House::new();
    let server = start(house.app.clone(), None, ServerOptions::loopback(0)).unwrap();
    let send = |text: &str| {
        let mut stream = TcpStream::connect(server.address()).unwrap();
        stream
            .set_read_timeout(Some(Duration::from_secs(20)))
            .unwrap();
        // The server may hang up before it has read everything.
        let _ = stream.write_all(text.as_bytes());
        let mut answer = String::new();
        let _ = stream.read_to_string(&mut answer);
        answer
    };
    let many = (0..200).fold(String::new(), |text, n| format!("{text}x-{n}: 1\r\n"));
    let answer = send(&format!("GET /healthz HTTP/1.1\r\nHost: x\r\n{many}\r\n"));
    assert!(answer.starts_with("HTTP/1.1 431 "), "{answer}");
    let long = "a".repeat(100_000);
    let answer = send(&format!(
        "GET /healthz HTTP/1.1\r\nHost: x\r\nx-long: {long}\r\n\r\n"
    ));
    assert!(!answer.contains(" 200 "), "{answer}");
    // Half a request: the connection is closed after ten seconds, and others are served meanwhile.
    let address = server.address();
    let slow = std::thread::spawn(move || {
        let mut stream = TcpStream::connect(address).unwrap();
        stream
            .set_read_timeout(Some(Duration::from_secs(20)))
            .unwrap();
        stream.write_all(b"GET /healthz HTTP/1.1\r\nHost:").unwrap();
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).map(|_| answer)
    });
    let answer = send("GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
    let answer = String::from_utf8(slow.join().unwrap().unwrap()).unwrap();
    assert!(!answer.contains(" 200 "), "{answer}");
    server.stop();
}
