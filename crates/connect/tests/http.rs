//! The real transport against a bare socket that misbehaves in every way a server can.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "helpers of tests stop the test, as the tests themselves do"
)]

use std::io::{Read as _, Write as _};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::thread::JoinHandle;

use connect::request::{Body, Method, Operation, Request, Safety};
use connect::transport::{HttpLimits, HttpTransport, Transport, TransportFault};

static WRITE: Operation = Operation {
    system: "stripe",
    name: "create_payment",
    safety: Safety::NativeKey,
};

/// Serves one connection: reads the whole request, then does `act`. Joins to what was received.
fn serve_once(act: impl FnOnce(&mut TcpStream) + Send + 'static) -> (String, JoinHandle<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/v1/x?a=1", listener.local_addr().unwrap());
    let server = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let received = read_request(&mut stream);
        act(&mut stream);
        received
    });
    (url, server)
}

fn read_request(stream: &mut TcpStream) -> String {
    let mut received = Vec::new();
    let mut buffer = [0_u8; 4096];
    loop {
        let text = String::from_utf8_lossy(&received).into_owned();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length = head
                .lines()
                .find_map(|line| {
                    line.to_ascii_lowercase()
                        .strip_prefix("content-length: ")?
                        .parse()
                        .ok()
                })
                .unwrap_or(0);
            if body.len() >= length {
                return text;
            }
        }
        match stream.read(&mut buffer).unwrap() {
            0 => return text,
            count => received.extend_from_slice(&buffer[..count]),
        }
    }
}

fn request(url: &str, method: Method, body: Option<&str>) -> Request {
    Request {
        method,
        url: url.to_owned(),
        headers: vec![("Authorization".into(), "Bearer x".into())],
        body: body.map(|text| Body {
            content_type: "application/json",
            bytes: text.as_bytes().to_vec(),
        }),
        operation: &WRITE,
    }
}

fn transport() -> HttpTransport {
    HttpTransport::new(HttpLimits {
        connect_timeout_ms: 2_000,
        call_timeout_ms: 1_000,
        answer_limit_bytes: 1_000,
    })
}

fn write(stream: &mut TcpStream, text: &str) {
    stream.write_all(text.as_bytes()).unwrap();
}

#[test]
fn a_whole_exchange_arrives_on_both_sides() {
    for method in [Method::Post, Method::Put, Method::Patch] {
        let (url, server) = serve_once(|stream| {
            write(
                stream,
                "HTTP/1.1 402 Payment Required\r\nX-One: 1\r\nContent-Length: 2\r\n\r\n{}",
            );
        });
        let reply = transport()
            .perform(&request(&url, method, Some("{\"a\":1}")))
            .unwrap();
        assert_eq!((reply.status, reply.body.as_slice()), (402, &b"{}"[..]));
        assert_eq!(reply.header("x-one"), Some("1"));
        let received = server.join().unwrap();
        let lower = received.to_ascii_lowercase();
        assert!(
            received.starts_with(&format!("{} /v1/x?a=1 HTTP/1.1", method.as_str())),
            "{received}"
        );
        assert!(
            lower.contains("content-type: application/json"),
            "{received}"
        );
        assert!(lower.contains("authorization: bearer x"), "{received}");
        assert!(received.ends_with("{\"a\":1}"), "{received}");
    }
}

#[test]
fn a_post_without_a_body_announces_its_length() {
    let (url, server) = serve_once(|stream| write(stream, "HTTP/1.1 204 No Content\r\n\r\n"));
    let reply = transport()
        .perform(&request(&url, Method::Post, None))
        .unwrap();
    assert_eq!(reply.status, 204);
    let received = server.join().unwrap().to_ascii_lowercase();
    assert!(received.contains("content-length: 0"), "{received}");
}

#[test]
fn a_redirect_is_an_answer_and_is_not_followed() {
    let (url, server) = serve_once(|stream| {
        write(
            stream,
            "HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n",
        );
    });
    let reply = transport()
        .perform(&request(&url, Method::Get, None))
        .unwrap();
    assert_eq!(reply.status, 302);
    server.join().unwrap();
}

#[test]
fn silence_a_cut_and_a_closed_connection_are_no_answer() {
    let silent = |stream: &mut TcpStream| {
        // Until the client has given up.
        let _ = stream.read(&mut [0_u8; 1]);
    };
    let cut = |stream: &mut TcpStream| {
        write(
            stream,
            "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{\"id\":",
        );
        let _ = stream.shutdown(Shutdown::Both);
    };
    let closed = |stream: &mut TcpStream| {
        let _ = stream.shutdown(Shutdown::Both);
    };
    let garbage = |stream: &mut TcpStream| write(stream, "\u{1}\u{2} this is not HTTP\r\n\r\n");
    let acts: [fn(&mut TcpStream); 4] = [silent, cut, closed, garbage];
    for act in acts {
        let (url, server) = serve_once(act);
        let fault = transport()
            .perform(&request(&url, Method::Post, Some("{}")))
            .unwrap_err();
        assert!(matches!(fault, TransportFault::NoAnswer { .. }), "{fault}");
        assert_eq!(
            fault.into_fault(&WRITE).class,
            connect::FaultClass::Ambiguous
        );
        server.join().unwrap();
    }
}

#[test]
fn an_answer_at_the_limit_is_taken_and_one_beyond_is_refused() {
    for (length, taken) in [(1_000, true), (1_001, false)] {
        let (url, server) = serve_once(move |stream| {
            let body = "x".repeat(length);
            let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {length}\r\n\r\n");
            let _ = stream.write_all(head.as_bytes());
            let _ = stream.write_all(body.as_bytes());
        });
        let outcome = transport().perform(&request(&url, Method::Get, None));
        match outcome {
            Ok(reply) => assert!(taken && reply.body.len() == length),
            Err(fault) => {
                assert!(!taken);
                assert_eq!(fault, TransportFault::AnswerTooLarge { limit_bytes: 1_000 });
            }
        }
        server.join().unwrap();
    }
}

#[test]
fn nobody_listening_means_nothing_was_sent() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    drop(listener);
    for url in [url.as_str(), "http://no-such-host.invalid/"] {
        let fault = transport()
            .perform(&request(url, Method::Post, Some("{}")))
            .unwrap_err();
        assert!(
            matches!(fault, TransportFault::ConnectFailed { .. }),
            "{fault}"
        );
        assert_eq!(
            fault.into_fault(&WRITE).class,
            connect::FaultClass::Transient
        );
    }
}

#[test]
fn what_cannot_be_put_on_the_wire_is_our_bug() {
    let mut bad_header = request("http://127.0.0.1:1/", Method::Get, None);
    bad_header.headers.push(("X".into(), "a\r\nb".into()));
    let bad_url = request("not a url", Method::Get, None);
    for bad in [bad_header, bad_url] {
        let fault = transport().perform(&bad).unwrap_err();
        assert!(
            matches!(fault, TransportFault::NotSendable { .. }),
            "{fault}"
        );
        assert_eq!(fault.into_fault(&WRITE).class, connect::FaultClass::Bug);
    }
}
