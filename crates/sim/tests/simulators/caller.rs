//! A plain HTTP caller for the tests, and simulators on free ports.

use std::time::Duration;

use serde_json::Value;
use sim::{SimClock, SimOptions, Simulators};

/// 2026-01-01T00:00:00Z in microseconds.
pub const NEW_YEAR: i64 = 1_767_225_600_000_000;

pub fn simulators() -> Simulators {
    let sims = Simulators::start(SimOptions::in_memory(17, SimClock::at(NEW_YEAR))).unwrap();
    sims.set_hold(Duration::from_millis(20));
    sims
}

/// An answer, read whole.
#[derive(Debug)]
pub struct Reply {
    pub status: u16,
    pub headers: Vec<(String, String)>,
    pub text: String,
}

impl Reply {
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|_| panic!("not JSON: {}", self.text))
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find(|(header, _)| header.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.as_str())
    }
}

/// Sends a call; `None` when it was never answered.
pub fn try_call(
    method: &str,
    url: &str,
    headers: &[(&str, &str)],
    body: Option<&str>,
) -> Option<Reply> {
    let agent = ureq::Agent::config_builder()
        .http_status_as_error(false)
        .timeout_global(Some(Duration::from_secs(10)))
        .build()
        .new_agent();
    let mut request = ureq::http::Request::builder().method(method).uri(url);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let sent = match body {
        Some(body) => agent.run(request.body(body.to_owned()).unwrap()),
        None => agent.run(request.body(()).unwrap()),
    };
    let mut answer = sent.ok()?;
    let headers = answer
        .headers()
        .iter()
        .map(|(name, value)| (name.as_str().to_owned(), value.to_str().unwrap().to_owned()))
        .collect();
    let status = answer.status().as_u16();
    let text = answer.body_mut().read_to_string().unwrap();
    Some(Reply {
        status,
        headers,
        text,
    })
}

pub fn call(method: &str, url: &str, headers: &[(&str, &str)], body: Option<&str>) -> Reply {
    try_call(method, url, headers, body)
        .unwrap_or_else(|| panic!("{method} {url} was not answered"))
}
