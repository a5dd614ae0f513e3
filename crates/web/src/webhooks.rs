//! Deliveries of other systems. They are checked over the raw bytes, kept and answered; what they
//! mean is worked out later.

use crate::api::blocking;
use crate::body::{BrokeOff, collect};
use crate::problem::{Code, Problem};
use crate::state::Web;
use app::intake::{IntakeRefusal, LARGEST_DELIVERY, Received, receive_stripe};
use axum::Router;
use axum::body::Body;
use axum::extract::State;
use axum::http::Request;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use axum::routing::post;

/// Where Stripe delivers its events.
pub const STRIPE: &str = "/webhooks/stripe";

pub(crate) fn router() -> Router<Web> {
    Router::new().route(STRIPE, post(stripe))
}

async fn stripe(State(web): State<Web>, request: Request<Body>) -> Response {
    receive(web, request)
        .await
        .unwrap_or_else(IntoResponse::into_response)
}

async fn receive(web: Web, request: Request<Body>) -> Result<Response, Problem> {
    let (parts, body) = request.into_parts();
    let bytes = collect(body, LARGEST_DELIVERY).await.map_err(|BrokeOff| {
        Problem::new(Code::UnreadableBody, "The body broke off before its end.")
    })?;
    let signature = parts
        .headers
        .get("stripe-signature")
        .map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned());
    let received = blocking(move || {
        let Some(connections) = web.connections() else {
            return Err(Problem::new(
                Code::NotFound,
                "No payment processor is configured here.",
            ));
        };
        let now = web.app().clock().now();
        receive_stripe(web.app(), connections, &bytes, signature.as_deref(), now).map_err(refused)
    })
    .await?;
    let word = match received {
        Received::New => "new",
        Received::Duplicate => "duplicate",
    };
    let kind = [(CONTENT_TYPE, "application/json")];
    Ok((kind, format!("{{\"received\":\"{word}\"}}")).into_response())
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
        | IntakeRefusal::NoEvent { .. }
        | IntakeRefusal::OtherContent { .. } => {
            Problem::new(Code::WebhookRefused, message.clone()).with_error(word, message)
        }
    }
}
