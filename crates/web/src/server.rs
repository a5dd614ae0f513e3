//! The server: all doors on one address, on threads of its own, so that synchronous callers can
//! start it, use it and stop it.

mod listen;

use crate::auth::session;
use crate::console;
use crate::limits::{self, Limits};
use crate::problem::{self, Code, Problem};
use crate::state::Web;
use crate::{api, observe, openapi, reference, webhooks};
use app::App;
use app::access::Admitted;
use app::connections::Connections;
use axum::body::Body;
use axum::extract::{DefaultBodyLimit, Path, State};
use axum::http::Request;
use axum::http::header::CONTENT_TYPE;
use axum::middleware::{from_fn_with_state, map_response};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Extension, Router};
use std::io;
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;
use tokio::sync::oneshot;

/// How the doors stand.
#[derive(Debug, Clone)]
pub struct Doors {
    /// How long a session lasts, in seconds.
    pub session_seconds: u32,
    /// How long a session lasts that nobody uses, in seconds.
    pub idle_seconds: u32,
    /// How often callers may ask.
    pub limits: Limits,
    /// Whether people reach the server through a proxy that ends TLS: cookies are then kept off plain
    /// http, the proxy's `X-Forwarded-For` is believed, and figures need a token from everywhere.
    pub https: bool,
    /// Longest time that a request may take.
    pub request_limit: Duration,
    /// Everybody who reaches the console is this viewer, without signing in: for trials on the own
    /// machine. The API needs tokens all the same.
    pub open_console: Option<Admitted>,
}

impl Default for Doors {
    /// Sessions of twelve hours, plain http, 30 seconds a request, everybody signs in.
    fn default() -> Self {
        Self {
            session_seconds: 12 * 3_600,
            idle_seconds: 30 * 60,
            limits: Limits::default(),
            https: false,
            request_limit: Duration::from_secs(30),
            open_console: None,
        }
    }
}

/// Where and how to serve.
#[derive(Debug, Clone)]
pub struct ServerOptions {
    /// Address to listen on; port 0 takes any free one.
    pub address: SocketAddr,
    /// How the doors stand.
    pub doors: Doors,
    /// How long requests that are under way may take to finish when the server is stopped.
    pub patience: Duration,
}

impl ServerOptions {
    /// Any free port on loopback.
    #[must_use]
    pub fn loopback(port: u16) -> Self {
        Self {
            address: SocketAddr::from(([127, 0, 0, 1], port)),
            doors: Doors::default(),
            patience: Duration::from_secs(10),
        }
    }
}

/// Why the server did not start.
#[derive(Debug, thiserror::Error)]
pub enum ServerFault {
    /// The address cannot be listened on.
    #[error("cannot listen on {address}: {error}; is another program using the port?")]
    Address {
        /// The address.
        address: SocketAddr,
        /// What the system said.
        error: io::Error,
    },
    /// The console is open to everybody, and the address can be reached from other machines.
    #[error(
        "{address} can be reached from other machines; a console without sign-in is served on loopback only"
    )]
    OpenToAll {
        /// The address.
        address: SocketAddr,
    },
    /// The system gave no threads.
    #[error("the server's threads cannot be started: {0}")]
    Threads(io::Error),
}

/// A server that runs until it is stopped or dropped.
#[derive(Debug)]
pub struct RunningServer {
    address: SocketAddr,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl RunningServer {
    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Takes no more requests, lets those under way finish within the patience of the options, and
    /// returns when nothing runs any more.
    pub fn stop(mut self) {
        self.end();
    }

    fn end(&mut self) {
        if let Some(stop) = self.stop.take() {
            // The server may have ended by itself.
            let _ = stop.send(());
        }
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            tracing::error!("the server's thread broke off");
        }
    }
}

impl Drop for RunningServer {
    fn drop(&mut self) {
        self.end();
    }
}

/// Starts a server for a program. Webhooks are accepted when there are connections to check them.
///
/// # Errors
/// When the address cannot be had, or may not be had with an open console.
pub fn start(
    app: App,
    connections: Option<Arc<Connections>>,
    options: ServerOptions,
) -> Result<RunningServer, ServerFault> {
    let address = options.address;
    if options.doors.open_console.is_some() && !address.ip().is_loopback() {
        return Err(ServerFault::OpenToAll { address });
    }
    let listener =
        TcpListener::bind(address).map_err(|error| ServerFault::Address { address, error })?;
    listener
        .set_nonblocking(true)
        .map_err(ServerFault::Threads)?;
    let address = listener.local_addr().map_err(ServerFault::Threads)?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .thread_name("tieout-web")
        .enable_all()
        .build()
        .map_err(ServerFault::Threads)?;
    let (stop, stopped) = oneshot::channel();
    let patience = options.patience;
    let service = router(Web::new(app, connections, options.doors));
    let thread = std::thread::Builder::new()
        .name("tieout-server".to_owned())
        .spawn(move || {
            runtime.block_on(serve(listener, service, stopped, patience));
            runtime.shutdown_timeout(patience);
        })
        .map_err(ServerFault::Threads)?;
    Ok(RunningServer {
        address,
        stop: Some(stop),
        thread: Some(thread),
    })
}

async fn serve(
    listener: TcpListener,
    service: Router,
    stopped: oneshot::Receiver<()>,
    patience: Duration,
) {
    let listener = match tokio::net::TcpListener::from_std(listener) {
        Ok(listener) => listener,
        Err(error) => {
            tracing::error!(%error, "the server cannot listen");
            return;
        }
    };
    listen::serve(listener, service, stopped, patience).await;
}

/// All doors as one service.
pub fn router(web: Web) -> Router {
    let programs = Router::new()
        .merge(api::router())
        .merge(webhooks::router())
        .merge(observe::router())
        .route(openapi::PATH, get(description))
        .route("/problems/{code}", get(help))
        .with_state(web.clone())
        .layer(map_response(problem::ensure));
    let people = Router::new()
        .route("/login", get(session::show).post(session::sign_in))
        .route("/logout", post(session::sign_out))
        .route(reference::PATH, get(reference::show))
        .with_state(web.clone())
        .merge(console::router(web.console().clone()))
        .fallback_service(Router::new().fallback(nowhere).with_state(web.clone()))
        .layer(DefaultBodyLimit::max(64 * 1024))
        .layer(from_fn_with_state(web.clone(), session::guard));
    programs
        .merge(people)
        .layer(from_fn_with_state(web.clone(), limits::around))
        .layer(from_fn_with_state(web, observe::around))
}

/// Whether programs rather than people look here: errors are problems, not pages.
pub(crate) fn is_for_programs(path: &str) -> bool {
    (path.starts_with("/api/") && path != reference::PATH)
        || path.starts_with("/webhooks/")
        || path.starts_with("/problems/")
}

async fn nowhere(
    State(web): State<Web>,
    viewer: Option<Extension<console::Viewer>>,
    request: Request<Body>,
) -> Response {
    let path = request.uri().path();
    if is_for_programs(path) {
        return Problem::new(
            Code::NotFound,
            "This path leads nowhere; /api/reference lists those that do.",
        )
        .into_response();
    }
    console::not_found(State(web.console().clone()), viewer).await
}

async fn description() -> Response {
    (
        [(CONTENT_TYPE, "application/json")],
        openapi::document().to_string(),
    )
        .into_response()
}

async fn help(Path(code): Path<String>) -> Response {
    match problem::page(&code) {
        Some(page) => console::alone(page.title, &page.html()).await,
        None => Problem::no_such("kind of problem", &code).into_response(),
    }
}
