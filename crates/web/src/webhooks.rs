//! Deliveries of other systems. They are checked over the raw bytes, kept and answered; what they
//! mean is worked out later.

use crate::api::blocking;
use crate::body::{BrokeOff, collect};
use crate::problem::{Code, Problem};
use crate::state::Web;
use app::connections::Connections;
use app::intake::{
    Delivery, IntakeRefusal, LARGEST_DELIVERY, Received, receive_delivery, receive_delivery_then,
};
use app::payment_routes::{connection, is_adyen};
use axum::Router;
use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::Request;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use tokio::sync::oneshot;

/// Where Stripe delivers its events.
pub const STRIPE: &str = "/webhooks/stripe";

/// Where Adyen delivers its notifications.
pub const ADYEN: &str = "/webhooks/adyen";

/// What Adyen expects to read when a delivery was accepted.
const ACCEPTED: &str = "[accepted]";

pub(crate) fn router() -> Router<Web> {
    Router::new()
        .route(STRIPE, post(stripe))
        .route("/webhooks/stripe/{account}", post(stripe_account))
        .route(ADYEN, post(adyen))
        .route("/webhooks/adyen/{account}", post(adyen_account))
}

async fn stripe(State(web): State<Web>, request: Request<Body>) -> Response {
    receive(web, app::connections::STRIPE, request)
        .await
        .unwrap_or_else(IntoResponse::into_response)
}

/// The door of a further account of the processor: its deliveries have secrets of their own.
async fn stripe_account(
    State(web): State<Web>,
    Path(account): Path<String>,
    request: Request<Body>,
) -> Response {
    at_account(web, &format!("stripe_{account}"), request).await
}

async fn adyen(State(web): State<Web>, request: Request<Body>) -> Response {
    at_account(web, app::connections::ADYEN, request).await
}

/// The door of a further merchant account.
async fn adyen_account(
    State(web): State<Web>,
    Path(account): Path<String>,
    request: Request<Body>,
) -> Response {
    at_account(web, &format!("adyen_{account}"), request).await
}

async fn at_account(web: Web, name: &str, request: Request<Body>) -> Response {
    let known = connection(name);
    let known = known.filter(|name| web.connections().is_some_and(|all| all.has(name)));
    let received = match known {
        Some(processor) => receive(web, processor, request).await,
        None => {
            let message = "No such account of the payment processor is configured here.";
            Err(Problem::new(Code::NotFound, message))
        }
    };
    received.unwrap_or_else(IntoResponse::into_response)
}

async fn receive(
    web: Web,
    processor: &'static str,
    request: Request<Body>,
) -> Result<Response, Problem> {
    let (parts, body) = request.into_parts();
    let bytes = collect(body, LARGEST_DELIVERY).await.map_err(|BrokeOff| {
        Problem::new(Code::UnreadableBody, "The body broke off before its end.")
    })?;
    let signature = parts
        .headers
        .get("stripe-signature")
        .map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned());
    let received = if web.app().store().queues_writes() {
        queued(&web, processor, bytes, signature.as_deref()).await?
    } else {
        blocking(move || {
            let connections = configured(&web)?;
            let now = web.app().clock().now();
            let delivery = Delivery {
                processor,
                body: bytes,
                signature: signature.as_deref(),
                now,
            };
            receive_delivery(web.app(), connections, delivery).map_err(refused)
        })
        .await?
    };
    if is_adyen(processor) {
        let kind = [(CONTENT_TYPE, "text/plain; charset=utf-8")];
        return Ok((kind, ACCEPTED).into_response());
    }
    let word = match received {
        Received::New => "new",
        Received::Duplicate => "duplicate",
    };
    let kind = [(CONTENT_TYPE, "application/json")];
    Ok((kind, format!("{{\"received\":\"{word}\"}}")).into_response())
}

fn configured(web: &Web) -> Result<&Connections, Problem> {
    web.connections()
        .ok_or_else(|| Problem::new(Code::NotFound, "No payment processor is configured here."))
}

/// The way without a thread for each delivery: thousands wait for one flush together.
async fn queued(
    web: &Web,
    processor: &'static str,
    body: Vec<u8>,
    signature: Option<&str>,
) -> Result<Received, Problem> {
    let (answer, waiting) = oneshot::channel();
    let delivery = Delivery {
        processor,
        body,
        signature,
        now: web.app().clock().now(),
    };
    receive_delivery_then(web.app(), configured(web)?, delivery, move |result| {
        // The sender of the delivery may have gone; what was kept is kept.
        let _ = answer.send(result);
    });
    match waiting.await {
        Ok(result) => result.map_err(refused),
        Err(_) => Err(Problem::new(
            Code::Internal,
            "The books were closed before the delivery was kept; send it again.",
        )),
    }
}

fn refused(refusal: IntakeRefusal) -> Problem {
    let (word, message) = (refusal.code(), refusal.to_string());
    match refusal {
        IntakeRefusal::NotKept(fault) => fault.into(),
        IntakeRefusal::TooLarge { .. } => Problem::new(
            Code::PayloadTooLarge,
            format!("A delivery has at most {LARGEST_DELIVERY} bytes."),
        ),
        IntakeRefusal::Signature(_)
        | IntakeRefusal::ItemSignature(_)
        | IntakeRefusal::NoEvent { .. }
        | IntakeRefusal::OtherContent { .. } => {
            Problem::new(Code::WebhookRefused, message.clone()).with_error(word, message)
        }
    }
}
