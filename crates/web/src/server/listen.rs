//! Taking connections: a bounded number at once, headers of bounded size that must arrive in time, and
//! an end that lets those under way finish.

use axum::Router;
use axum::extract::ConnectInfo;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::sync::{Semaphore, oneshot};

/// Connections open at one time; more wait to be taken.
const CONNECTIONS_MOST: usize = 2_048;
/// How long the headers of a request may take to arrive.
const HEADERS_WITHIN: Duration = Duration::from_secs(10);
/// Most headers of a request; more are answered with 431.
const HEADERS_MOST: usize = 64;
/// Most bytes of the first line and the headers together.
const HEADER_BYTES: usize = 32 * 1024;

/// Serves until it is told to stop; then lets what is under way finish within the patience.
pub(super) async fn serve(
    listener: TcpListener,
    service: Router,
    stopped: oneshot::Receiver<()>,
    patience: Duration,
) {
    let mut protocol = http1::Builder::new();
    protocol
        .timer(TokioTimer::new())
        .header_read_timeout(HEADERS_WITHIN)
        .max_headers(HEADERS_MOST)
        .max_buf_size(HEADER_BYTES);
    let (seats, ending) = (
        Arc::new(Semaphore::new(CONNECTIONS_MOST)),
        GracefulShutdown::new(),
    );
    let mut stopped = std::pin::pin!(stopped);
    loop {
        let Ok(seat) = seats.clone().acquire_owned().await else {
            break;
        };
        let (stream, peer) = tokio::select! {
            // A sender that is gone means that the server was dropped, which stops it too.
            _ = &mut stopped => break,
            taken = listener.accept() => match taken {
                Ok(taken) => taken,
                Err(error) => {
                    tracing::warn!(%error, "a connection could not be taken");
                    tokio::time::sleep(Duration::from_millis(50)).await;
                    continue;
                }
            },
        };
        // Small answers must not wait for more.
        let _ = stream.set_nodelay(true);
        let service = TowerToHyperService::new(of(service.clone(), peer));
        let connection = protocol.serve_connection(TokioIo::new(stream), service);
        let connection = ending.watch(connection);
        tokio::spawn(async move {
            // What goes wrong on a connection concerns its client, who sees it.
            let _ = connection.await;
            drop(seat);
        });
    }
    drop(listener);
    if tokio::time::timeout(patience, ending.shutdown())
        .await
        .is_err()
    {
        tracing::warn!("requests that were under way took too long; they are cut off");
    }
}

/// The doors, as seen from one address.
fn of(
    service: Router,
    peer: SocketAddr,
) -> impl tower::Service<
    hyper::Request<Incoming>,
    Response = axum::response::Response,
    Error = std::convert::Infallible,
    Future: Send,
> + Clone {
    tower::service_fn(move |mut request: hyper::Request<Incoming>| {
        request.extensions_mut().insert(ConnectInfo(peer));
        let mut service = service.clone();
        async move { tower::Service::call(&mut service, request).await }
    })
}
