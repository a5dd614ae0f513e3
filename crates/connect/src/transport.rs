//! The one place that touches the network.

use std::time::Duration;

use crate::fault::{Fault, FaultClass};
use crate::request::{Method, Operation, Reply, Request};

/// Why no answer can be used. The variants differ in whether the other system may have worked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TransportFault {
    /// No connection came about: nothing was sent.
    #[error("no connection: {detail}")]
    ConnectFailed {
        /// What went wrong, without credentials.
        detail: String,
    },
    /// The request cannot be put on the wire (a malformed URL or header): nothing was sent.
    #[error("cannot be sent: {detail}")]
    NotSendable {
        /// What is malformed, without credentials.
        detail: String,
    },
    /// The request was sent, wholly or in part, and no whole answer came: the outcome is unknown.
    #[error("no answer: {detail}")]
    NoAnswer {
        /// What went wrong, without credentials.
        detail: String,
    },
    /// An answer came but is larger than the limit: the outcome is unknown.
    #[error("the answer is larger than {limit_bytes} bytes")]
    AnswerTooLarge {
        /// The limit in bytes.
        limit_bytes: u64,
    },
}

impl TransportFault {
    /// The fault in the classes of the house, for the operation that was attempted.
    pub fn into_fault(self, operation: &Operation) -> Fault {
        let outcome_unknown = if operation.safety.writes() {
            FaultClass::Ambiguous
        } else {
            FaultClass::Transient
        };
        let (class, code) = match &self {
            TransportFault::ConnectFailed { .. } => (FaultClass::Transient, "connect_failed"),
            TransportFault::NotSendable { .. } => (FaultClass::Bug, "not_sendable"),
            TransportFault::NoAnswer { .. } => (outcome_unknown, "no_answer"),
            TransportFault::AnswerTooLarge { .. } if operation.safety.writes() => {
                (FaultClass::Ambiguous, "answer_too_large")
            }
            TransportFault::AnswerTooLarge { .. } => (FaultClass::Data, "answer_too_large"),
        };
        Fault::new(
            operation.system,
            class,
            code,
            &format!("{}: {self}", operation.name),
        )
    }
}

/// Performs one request. Implementations never retry and never follow redirects.
pub trait Transport: Send + Sync {
    /// Sends the request and waits for the whole answer, whatever its status.
    ///
    /// # Errors
    /// When no whole answer came; the variant tells whether anything was sent.
    fn perform(&self, request: &Request) -> Result<Reply, TransportFault>;
}

/// Limits of [`HttpTransport`].
#[derive(Debug, Clone, Copy)]
pub struct HttpLimits {
    /// Longest time to open a connection, in milliseconds.
    pub connect_timeout_ms: u64,
    /// Longest time for a whole call, in milliseconds.
    pub call_timeout_ms: u64,
    /// Largest answer accepted, in bytes.
    pub answer_limit_bytes: u64,
}

impl Default for HttpLimits {
    /// 5 s to connect, 30 s for the call, 16 MiB for the answer.
    fn default() -> Self {
        HttpLimits {
            connect_timeout_ms: 5_000,
            call_timeout_ms: 30_000,
            answer_limit_bytes: 16 * 1024 * 1024,
        }
    }
}

/// HTTP/1.1 over TCP or TLS (rustls), blocking, with connections kept for reuse.
#[derive(Debug)]
pub struct HttpTransport {
    agent: ureq::Agent,
    answer_limit_bytes: u64,
}

impl HttpTransport {
    /// A transport with these limits. Proxy settings are taken from the environment.
    pub fn new(limits: HttpLimits) -> HttpTransport {
        let config = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .max_redirects(0)
            .max_redirects_will_error(false)
            .timeout_connect(Some(Duration::from_millis(limits.connect_timeout_ms)))
            .timeout_global(Some(Duration::from_millis(limits.call_timeout_ms)))
            // A connection the server has closed meanwhile would turn a plain call into one of
            // unknown outcome, so idle ones are dropped early.
            .max_idle_age(Duration::from_secs(5))
            .user_agent(concat!("tieout/", env!("CARGO_PKG_VERSION")))
            .build();
        HttpTransport {
            agent: config.new_agent(),
            answer_limit_bytes: limits.answer_limit_bytes,
        }
    }

    /// A transport that looks names up through a guard, and uses no proxy that would look them up
    /// past it.
    pub(crate) fn guarded(limits: HttpLimits, guard: crate::guarded::Guard) -> HttpTransport {
        let config = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .max_redirects(0)
            .max_redirects_will_error(false)
            .proxy(None)
            .timeout_connect(Some(Duration::from_millis(limits.connect_timeout_ms)))
            .timeout_global(Some(Duration::from_millis(limits.call_timeout_ms)))
            .max_idle_age(Duration::from_secs(5))
            .user_agent(concat!("tieout/", env!("CARGO_PKG_VERSION")))
            .build();
        let connector = ureq::unversioned::transport::DefaultConnector::default();
        HttpTransport {
            agent: ureq::Agent::with_parts(config, connector, guard),
            answer_limit_bytes: limits.answer_limit_bytes,
        }
    }

    fn read(
        &self,
        mut response: ureq::http::Response<ureq::Body>,
    ) -> Result<Reply, TransportFault> {
        let status = response.status().as_u16();
        let headers = response
            .headers()
            .iter()
            .map(|(name, value)| {
                let value = String::from_utf8_lossy(value.as_bytes()).into_owned();
                (name.as_str().to_owned(), value)
            })
            .collect();
        // The reader refuses at the limit itself, so ask for one byte more than is accepted.
        let body = response
            .body_mut()
            .with_config()
            .limit(self.answer_limit_bytes.saturating_add(1))
            .read_to_vec()
            .map_err(|error| match error {
                ureq::Error::BodyExceedsLimit(_) => TransportFault::AnswerTooLarge {
                    limit_bytes: self.answer_limit_bytes,
                },
                other => TransportFault::NoAnswer {
                    detail: other.to_string(),
                },
            })?;
        if u64::try_from(body.len()).unwrap_or(u64::MAX) > self.answer_limit_bytes {
            return Err(TransportFault::AnswerTooLarge {
                limit_bytes: self.answer_limit_bytes,
            });
        }
        Ok(Reply {
            status,
            headers,
            body,
        })
    }
}

impl Default for HttpTransport {
    fn default() -> Self {
        HttpTransport::new(HttpLimits::default())
    }
}

impl Transport for HttpTransport {
    fn perform(&self, request: &Request) -> Result<Reply, TransportFault> {
        let mut builder = ureq::http::Request::builder()
            .method(request.method.as_str())
            .uri(&request.url);
        for (name, value) in &request.headers {
            builder = builder.header(name, value);
        }
        let not_sendable = |error: ureq::http::Error| TransportFault::NotSendable {
            detail: error.to_string(),
        };
        let result = match &request.body {
            Some(body) => {
                let whole = builder
                    .header("Content-Type", body.content_type)
                    .body(body.bytes.as_slice())
                    .map_err(not_sendable)?;
                self.agent.run(whole)
            }
            // A POST or PUT without content still announces its length of zero.
            None if matches!(request.method, Method::Post | Method::Put | Method::Patch) => {
                let empty: &[u8] = &[];
                self.agent.run(builder.body(empty).map_err(not_sendable)?)
            }
            None => self.agent.run(builder.body(()).map_err(not_sendable)?),
        };
        self.read(result.map_err(fault_of)?)
    }
}

/// Tells what was certainly never sent from what may have been.
fn fault_of(error: ureq::Error) -> TransportFault {
    let detail = error.to_string();
    let refused = matches!(&error, ureq::Error::Io(io) if matches!(
        io.kind(),
        std::io::ErrorKind::ConnectionRefused
            | std::io::ErrorKind::HostUnreachable
            | std::io::ErrorKind::NetworkUnreachable
            | std::io::ErrorKind::AddrNotAvailable
    ));
    // The standard library gives a failed look-up of a name no kind of its own, only this text.
    // Should the text ever change, the fault becomes `NoAnswer`, which is merely more careful.
    let unknown_host = matches!(&error, ureq::Error::Io(_))
        && detail.contains("failed to lookup address information");
    let never_connected = matches!(
        error,
        ureq::Error::HostNotFound
            | ureq::Error::ConnectionFailed
            | ureq::Error::ConnectProxyFailed(_)
            | ureq::Error::Timeout(ureq::Timeout::Resolve | ureq::Timeout::Connect)
    );
    let malformed = matches!(
        error,
        ureq::Error::BadUri(_)
            | ureq::Error::Http(_)
            | ureq::Error::InvalidProxyUrl
            | ureq::Error::RequireHttpsOnly(_)
    );
    if refused || unknown_host || never_connected {
        TransportFault::ConnectFailed { detail }
    } else if malformed {
        TransportFault::NotSendable { detail }
    } else {
        TransportFault::NoAnswer { detail }
    }
}
