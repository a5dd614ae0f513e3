//! A server that is every outside system at once. It answers badly, and quotes all that it was sent
//! in every text of its answer and in a header.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

pub const CLIENT_SECRET: &str = "the-secret/of+the=connected-app-0123";
/// What it gives as a token of the CRM, so that calls with a session are made too.
pub const SESSION: &str = "00D000000000001!the.session.token.of.the.crm";

/// One call: its first line, all of its head and its body.
#[derive(Clone)]
struct Call {
    line: String,
    whole: Vec<u8>,
    status: u16,
}

pub struct Echo {
    port: u16,
    calls: Arc<Mutex<Vec<Call>>>,
}

impl Echo {
    pub fn start() -> Echo {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let echo = Echo {
            port: listener.local_addr().unwrap().port(),
            calls: Arc::default(),
        };
        let calls = echo.calls.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let calls = calls.clone();
                std::thread::spawn(move || {
                    // A caller that goes away in the middle is not of interest.
                    let _ = answer(&stream, &calls);
                });
            }
        });
        echo
    }

    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    fn of(&self, part: &str) -> Vec<u8> {
        let calls = self.calls.lock().unwrap();
        let found = calls.iter().filter(|call| call.line.contains(part));
        found.flat_map(|call| call.whole.clone()).collect()
    }

    pub fn asked(&self) -> Vec<String> {
        let calls = self.calls.lock().unwrap();
        calls.iter().map(|call| call.line.clone()).collect()
    }

    /// Whether each kind of bad answer was given.
    pub fn asked_of_each_status(&self) -> bool {
        let calls = self.calls.lock().unwrap();
        STATUSES
            .iter()
            .all(|status| calls.iter().any(|call| call.status == *status))
    }

    pub fn traces(&self) -> Vec<u8> {
        self.of("/v1/traces")
    }

    pub fn webhooks(&self) -> Vec<u8> {
        self.of("/hook")
    }
}

/// The refusal that names the content, success with nonsense, and the refusal of credentials.
const STATUSES: [u16; 3] = [400, 200, 401];

fn answer(stream: &TcpStream, calls: &Mutex<Vec<Call>>) -> std::io::Result<()> {
    let mut reader = BufReader::new(stream.try_clone()?);
    let (mut head, mut length) = (String::new(), 0);
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line)? == 0 {
            return Ok(());
        }
        if line.trim().is_empty() {
            break;
        }
        if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
            length = value.trim().parse().unwrap_or(0);
        }
        head.push_str(&line);
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body)?;
    let line = head.lines().next().unwrap_or_default().to_owned();
    let said = format!("quoted {head} {}", String::from_utf8_lossy(&body));
    let (status, text) = reply(&line, &said, calls);
    let whole = [head.as_bytes(), &body].concat();
    calls.lock().unwrap().push(Call {
        line,
        whole,
        status,
    });
    let quoted = said.replace(['\r', '\n'], " ");
    let mut stream = stream;
    write!(
        stream,
        "HTTP/1.1 {status} As it is\r\nContent-Type: application/json\r\nLocation: {quoted}\r\n\
         X-Echo: {quoted}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{text}",
        text.len()
    )
}

fn reply(line: &str, said: &str, calls: &Mutex<Vec<Call>>) -> (u16, String) {
    if line.contains("/v1/traces") {
        return (200, String::new());
    }
    if line.contains("/services/oauth2/token") {
        let session = serde_json::json!({ "access_token": SESSION, "instance_url": host(said) });
        return (200, session.to_string());
    }
    let door = line.split(['?', ' ']).nth(1).unwrap_or_default().to_owned();
    let before = calls.lock().unwrap();
    let earlier = before
        .iter()
        .filter(|call| call.line.contains(&door))
        .count();
    let status = STATUSES[earlier % STATUSES.len()];
    let text = if line.contains("/services/data") {
        serde_json::json!([{ "message": said, "errorCode": said }])
    } else {
        serde_json::json!({
            "id": said, "object": said, "type": said,
            "error": { "message": said, "code": said, "type": said, "param": said },
            "o:errorDetails": [{ "detail": said, "o:errorCode": said, "o:errorPath": said }]
        })
    };
    (status, text.to_string())
}

fn host(said: &str) -> String {
    let mut lines = said.lines();
    let named = lines.find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.eq_ignore_ascii_case("host")
            .then(|| value.trim().to_owned())
    });
    format!("http://{}", named.unwrap_or_default())
}
