//! Delivery of Stripe events: signed, at least once, and kept until they are accepted.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

use ring::hmac;
use serde_json::Value;
use sim::Weather;
use sim::stripe::Pumped;

use crate::caller::simulators;

/// A receiver that answers as it is told and keeps what it got (signature header, body).
struct Receiver {
    url: String,
    got: Arc<Mutex<Vec<(String, String)>>>,
    status: Arc<Mutex<u16>>,
}

impl Receiver {
    fn start() -> Receiver {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}/webhooks/stripe", listener.local_addr().unwrap());
        let got: Arc<Mutex<Vec<(String, String)>>> = Arc::default();
        let status = Arc::new(Mutex::new(200));
        let (kept, code) = (Arc::clone(&got), Arc::clone(&status));
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let code = *code.lock().unwrap();
                if let Some(delivery) = receive(stream.unwrap(), code) {
                    kept.lock().unwrap().push(delivery);
                }
            }
        });
        Receiver { url, got, status }
    }

    fn take(&self) -> Vec<(String, Value)> {
        let taken = std::mem::take(&mut *self.got.lock().unwrap());
        taken
            .into_iter()
            .map(|(signature, body)| (signature, serde_json::from_str(&body).unwrap()))
            .collect()
    }
}

fn receive(mut stream: TcpStream, status: u16) -> Option<(String, String)> {
    let mut reader = BufReader::new(stream.try_clone().ok()?);
    let (mut signature, mut length) = (String::new(), 0);
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line).ok()? == 0 {
            return None;
        }
        let line = line.trim();
        if line.is_empty() {
            break;
        }
        let (name, value) = line.split_once(':').unwrap_or((line, ""));
        match name.to_lowercase().as_str() {
            "stripe-signature" => signature = value.trim().to_owned(),
            "content-length" => length = value.trim().parse().unwrap(),
            _ => {}
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    write!(
        stream,
        "HTTP/1.1 {status} X\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
    )
    .ok()?;
    Some((signature, String::from_utf8(body).unwrap()))
}

#[test]
fn events_are_signed_and_wait_until_they_are_accepted() {
    let receiver = Receiver::start();
    let sims = simulators();
    sims.stripe
        .put_customer("cus_anna", "Anna", "anna@example.com")
        .unwrap();
    assert_eq!(
        sims.stripe.pump_webhooks(),
        Pumped {
            delivered: 0,
            pending: 1
        },
        "nowhere to send to"
    );
    sims.stripe.set_webhook_url(Some(receiver.url.clone()));
    *receiver.status.lock().unwrap() = 500;
    assert_eq!(
        sims.stripe.pump_webhooks(),
        Pumped {
            delivered: 0,
            pending: 1
        }
    );
    assert_eq!(receiver.take().len(), 1);
    *receiver.status.lock().unwrap() = 204;
    assert_eq!(
        sims.stripe.pump_webhooks(),
        Pumped {
            delivered: 1,
            pending: 0
        }
    );
    assert_eq!(
        sims.stripe.pump_webhooks(),
        Pumped {
            delivered: 0,
            pending: 0
        }
    );

    let delivered = receiver.got.lock().unwrap().clone();
    assert_eq!(delivered.len(), 1);
    let (signature, body) = &delivered[0];
    let (time, v1) = signature
        .strip_prefix("t=")
        .unwrap()
        .split_once(",v1=")
        .unwrap();
    assert_eq!(time, "1767225600");
    let key = hmac::Key::new(hmac::HMAC_SHA256, b"whsec_tieout_test_secret");
    hmac::verify(
        &key,
        format!("{time}.{body}").as_bytes(),
        &hex::decode(v1).unwrap(),
    )
    .unwrap();
    let event: Value = serde_json::from_str(body).unwrap();
    assert_eq!(
        (event["type"].as_str(), event["object"].as_str()),
        (Some("customer.created"), Some("event"))
    );
}

#[test]
fn in_a_storm_events_come_twice_and_out_of_order_but_all_come() {
    let receiver = Receiver::start();
    let sims = simulators();
    sims.stripe.set_webhook_url(Some(receiver.url.clone()));
    sims.set_weather(Weather {
        duplicate_webhook: 3_000,
        reorder_webhook: 3_000,
        ..Weather::calm()
    });
    let mut expected = Vec::new();
    for number in 0..30 {
        sims.stripe
            .put_customer(&format!("cus_{number:02}"), "N", "n@example.com")
            .unwrap();
        expected.push(format!("cus_{number:02}"));
    }
    assert_eq!(
        sims.stripe.pump_webhooks(),
        Pumped {
            delivered: 30,
            pending: 0
        }
    );
    let mut came: Vec<String> = receiver
        .take()
        .iter()
        .map(|(_, event)| event["data"]["object"]["id"].as_str().unwrap().to_owned())
        .collect();
    assert!(came.len() > 30, "some come twice");
    let order = came.clone();
    came.sort();
    assert_ne!(order, came, "some are out of order");
    came.dedup();
    assert_eq!(came, expected);
}
