//! How a call reaches a simulated system: read whole, sent through the weather, answered by plain
//! synchronous code, and (when the weather says so) cut off without an answer.

use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::connect_info::Connected;
use axum::extract::{ConnectInfo, Request, State};
use axum::response::Response;
use axum::serve::{IncomingStream, Listener};
use serde_json::Value;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};

use crate::clock::SimClock;
use crate::mint;
use crate::tables::Tables;
use crate::weather::{Fault, Station, Weather};

/// The largest request body read, in bytes.
const BODY_LIMIT: usize = 32 * 1024 * 1024;

/// What every simulated system has.
#[derive(Debug)]
pub(crate) struct Core {
    pub(crate) seed: u64,
    pub(crate) clock: SimClock,
    pub(crate) station: Station,
    tables: Mutex<Tables>,
    base_url: String,
    listener: Mutex<Option<std::net::TcpListener>>,
}

impl Core {
    pub(crate) fn new(
        name: &'static str,
        tables: Tables,
        clock: SimClock,
        seed: u64,
        weather: Weather,
        base_url: String,
        listener: Option<std::net::TcpListener>,
    ) -> Core {
        Core {
            seed,
            clock,
            station: Station::new(name, seed, weather),
            tables: Mutex::new(tables),
            base_url,
            listener: Mutex::new(listener),
        }
    }

    pub(crate) fn tables(&self) -> MutexGuard<'_, Tables> {
        self.tables.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn base_url(&self) -> String {
        self.base_url.clone()
    }

    pub(crate) fn take_listener(&self) -> Option<std::net::TcpListener> {
        self.listener
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take()
    }
}

/// A call, read whole.
#[derive(Debug)]
pub(crate) struct Exchange {
    pub(crate) method: String,
    /// As received, percent-encoded.
    pub(crate) path: String,
    /// As received, without the question mark.
    pub(crate) raw_query: String,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
    /// A read should answer with the version before.
    pub(crate) stale: bool,
}

impl Exchange {
    /// The first header of this lower-case name.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find(|(header, _)| header == name)
            .map(|(_, value)| value.as_str())
    }

    /// The path in decoded segments, without empty ones.
    pub(crate) fn segments(&self) -> Vec<String> {
        self.path
            .split('/')
            .filter(|part| !part.is_empty())
            .map(percent_decode)
            .collect()
    }

    /// The decoded query.
    pub(crate) fn query(&self) -> Vec<(String, String)> {
        decode_pairs(&self.raw_query)
    }

    /// The value of one query parameter.
    pub(crate) fn parameter(&self, name: &str) -> Option<String> {
        self.query()
            .into_iter()
            .find(|(key, _)| key == name)
            .map(|(_, value)| value)
    }

    /// What makes two calls the same call in the eyes of the weather.
    fn identity(&self) -> [u8; 32] {
        let key = self
            .header("idempotency-key")
            .or(self.header("x-netsuite-idempotency-key"))
            .unwrap_or("");
        let body = if key.is_empty() {
            String::from_utf8_lossy(&self.body)
        } else {
            "".into()
        };
        mint::digest_of(0, &[&self.method, &self.path, &self.raw_query, key, &body])
    }
}

/// An answer.
#[derive(Debug, Clone)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(&'static str, String)>,
    pub(crate) body: Vec<u8>,
}

impl Answer {
    pub(crate) fn json(status: u16, body: &Value) -> Answer {
        Answer {
            status,
            headers: vec![("Content-Type", "application/json;charset=UTF-8".to_owned())],
            body: body.to_string().into_bytes(),
        }
    }

    pub(crate) fn empty(status: u16) -> Answer {
        Answer {
            status,
            headers: Vec::new(),
            body: Vec::new(),
        }
    }

    pub(crate) fn with(mut self, name: &'static str, value: impl Into<String>) -> Answer {
        self.headers.push((name, value.into()));
        self
    }
}

/// A simulated system.
pub(crate) trait System: Send + Sync + 'static {
    fn core(&self) -> &Core;
    /// Does the work and answers.
    fn answer(&self, exchange: &Exchange) -> Answer;
    /// This system's way to say 429 (or its like).
    fn too_many_requests(&self, exchange: &Exchange) -> Answer;
    /// This system's way to fail.
    fn server_error(&self, exchange: &Exchange) -> Answer;
    /// Told when a call comes in; `false` refuses it as one too many at once.
    fn enter(&self) -> bool {
        true
    }
    /// Told when the call is over.
    fn leave(&self) {}
}

/// Serves until the runtime ends.
pub(crate) async fn serve<S: System>(system: Arc<S>, listener: TcpListener) {
    let router = Router::new().fallback(call::<S>).with_state(system);
    let service = router.into_make_service_with_connect_info::<Shears>();
    // It ends only with the runtime, and there is nobody left to tell.
    let _ended = axum::serve(Loopback(listener), service).await;
}

async fn call<S: System>(
    State(system): State<Arc<S>>,
    ConnectInfo(shears): ConnectInfo<Shears>,
    request: Request,
) -> Response {
    let admitted = system.enter();
    let _present = Present(system.as_ref());
    let Some(exchange) = read(request).await else {
        return respond(Answer::empty(413));
    };
    match handle(system.as_ref(), admitted, exchange) {
        Handled::Answered(answer) => respond(answer),
        Handled::Unsent(answer) => {
            let hold = system.core().station.hold_ms();
            tokio::time::sleep(Duration::from_millis(hold)).await;
            shears.cut();
            respond(answer)
        }
    }
}

/// What a call has come to, whichever way it came in.
#[derive(Debug)]
pub(crate) enum Handled {
    /// The caller gets this.
    Answered(Answer),
    /// The work is done, and the caller never hears of it.
    Unsent(Answer),
}

/// A call through the weather to the system. `admitted` says whether the system has room for it.
pub(crate) fn handle<S: System>(system: &S, admitted: bool, mut exchange: Exchange) -> Handled {
    if !admitted {
        return Handled::Answered(system.too_many_requests(&exchange));
    }
    let station = &system.core().station;
    let fault = station.befalls(&exchange.method, &exchange.path, &exchange.identity());
    match fault {
        Some(Fault::TooManyRequests) => Handled::Answered(system.too_many_requests(&exchange)),
        Some(Fault::ServerError) => Handled::Answered(system.server_error(&exchange)),
        Some(Fault::TimeoutAfterWork) => Handled::Unsent(system.answer(&exchange)),
        Some(Fault::StaleRead) => {
            exchange.stale = true;
            Handled::Answered(system.answer(&exchange))
        }
        None => Handled::Answered(system.answer(&exchange)),
    }
}

/// Leaves when it is dropped, so that an abandoned call leaves too.
pub(crate) struct Present<'a, S: System>(pub(crate) &'a S);

impl<S: System> Drop for Present<'_, S> {
    fn drop(&mut self) {
        self.0.leave();
    }
}

async fn read(request: Request) -> Option<Exchange> {
    let (parts, body) = request.into_parts();
    let body = axum::body::to_bytes(body, BODY_LIMIT).await.ok()?.to_vec();
    let headers = parts
        .headers
        .iter()
        .map(|(name, value)| {
            (
                name.as_str().to_owned(),
                String::from_utf8_lossy(value.as_bytes()).into_owned(),
            )
        })
        .collect();
    Some(Exchange {
        method: parts.method.as_str().to_owned(),
        path: parts.uri.path().to_owned(),
        raw_query: parts.uri.query().unwrap_or("").to_owned(),
        headers,
        body,
        stale: false,
    })
}

fn respond(answer: Answer) -> Response {
    let mut response = Response::builder().status(answer.status);
    for (name, value) in answer.headers {
        response = response.header(name, value);
    }
    response
        .body(Body::from(answer.body))
        .unwrap_or_else(|_| Response::new(Body::empty()))
}

/// Cuts one connection: whatever is written after that never leaves.
#[derive(Clone, Debug, Default)]
struct Shears(Arc<AtomicBool>);

impl Shears {
    fn cut(&self) {
        self.0.store(true, Ordering::SeqCst);
    }

    fn is_cut(&self) -> bool {
        self.0.load(Ordering::SeqCst)
    }
}

struct Loopback(TcpListener);

impl Listener for Loopback {
    type Io = Line;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Line, SocketAddr) {
        loop {
            match self.0.accept().await {
                Ok((stream, address)) => {
                    // Answers are small; waiting to fill a packet would only slow them down.
                    let _ignored = stream.set_nodelay(true);
                    return (
                        Line {
                            stream,
                            shears: Shears::default(),
                        },
                        address,
                    );
                }
                Err(_) => tokio::time::sleep(Duration::from_millis(20)).await,
            }
        }
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        self.0.local_addr()
    }
}

impl Connected<IncomingStream<'_, Loopback>> for Shears {
    fn connect_info(stream: IncomingStream<'_, Loopback>) -> Shears {
        stream.io().shears.clone()
    }
}

/// A connection that can be cut.
struct Line {
    stream: TcpStream,
    shears: Shears,
}

impl AsyncRead for Line {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(context, buffer)
    }
}

impl AsyncWrite for Line {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        if self.shears.is_cut() {
            return Poll::Ready(Err(io::ErrorKind::BrokenPipe.into()));
        }
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}

/// `a=b&c=d` with `%XX` and `+` decoded.
pub(crate) fn decode_pairs(text: &str) -> Vec<(String, String)> {
    text.split('&')
        .filter(|pair| !pair.is_empty())
        .map(|pair| {
            let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
            (
                percent_decode(&key.replace('+', " ")),
                percent_decode(&value.replace('+', " ")),
            )
        })
        .collect()
}

/// Decodes `%XX`; what is not a valid escape stays as it is.
pub(crate) fn percent_decode(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut decoded = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        let escape = if bytes[at] == b'%' {
            text.get(at + 1..at + 3)
        } else {
            None
        };
        match escape.and_then(|digits| u8::from_str_radix(digits, 16).ok()) {
            Some(byte) => {
                decoded.push(byte);
                at += 3;
            }
            None => {
                decoded.push(bytes[at]);
                at += 1;
            }
        }
    }
    String::from_utf8_lossy(&decoded).into_owned()
}

/// Encodes all but letters, digits and `-._~` (RFC 3986 unreserved).
pub(crate) fn percent_encode(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            encoded.push_str(&format!("%{byte:02X}"));
        }
    }
    encoded
}
