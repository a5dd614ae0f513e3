//! Signed deliveries as Stripe sends them, each with an id of its own, as bytes on the wire.

use connect::Secret;
use connect::stripe::webhook::sign;
use std::net::SocketAddr;
use values::Instant;

/// An event as the processor sends it; recorded by stripe-ruby-mock (MIT), see `SOURCES.md` beside
/// the fixtures of `connect`.
const TEMPLATE: &str =
    include_str!("../../../../connect/tests/fixtures/stripe/event.payment_intent.succeeded.json");
/// The id of the event in the template.
const TEMPLATE_ID: &str = "evt_000000000000000000000000";

/// Makes deliveries, no two with the same id.
#[derive(Debug)]
pub struct Deliveries {
    before: &'static str,
    after: &'static str,
    secret: Secret,
    host: String,
    run: u32,
}

impl Deliveries {
    /// Deliveries to a server, signed with a secret; `run` tells the ids of one pass from another's.
    #[must_use]
    pub fn to(address: SocketAddr, secret: &str, run: u32) -> Deliveries {
        let (before, after) = TEMPLATE.split_once(TEMPLATE_ID).unwrap_or((TEMPLATE, ""));
        Deliveries {
            before,
            after,
            secret: Secret::new(secret.to_owned()),
            host: address.to_string(),
            run,
        }
    }

    /// Id of the `number`th event.
    #[must_use]
    pub fn id(&self, number: u64) -> String {
        format!("evt_{:04}{number:020}", self.run)
    }

    /// Body of the `number`th event.
    #[must_use]
    pub fn body(&self, number: u64) -> String {
        [self.before, &self.id(number), self.after].concat()
    }

    /// The whole request for the `number`th event, signed at `now`.
    #[must_use]
    pub fn request(&self, number: u64, now: Instant) -> Vec<u8> {
        let body = self.body(number);
        let signature = sign(&self.secret, body.as_bytes(), now);
        let mut request = format!(
            "POST {} HTTP/1.1\r\nhost: {}\r\ncontent-type: application/json\r\n\
             stripe-signature: {signature}\r\ncontent-length: {}\r\n\r\n",
            web::STRIPE_DELIVERIES,
            self.host,
            body.len(),
        )
        .into_bytes();
        request.extend_from_slice(body.as_bytes());
        request
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use connect::stripe::read_delivered_event;

    #[test]
    fn every_delivery_is_an_event_with_an_id_of_its_own() {
        let deliveries = Deliveries::to(SocketAddr::from(([127, 0, 0, 1], 80)), "whsec_x", 7);
        let first = read_delivered_event(deliveries.body(1).as_bytes()).unwrap();
        let second = read_delivered_event(deliveries.body(2).as_bytes()).unwrap();
        assert_eq!(first.kind, "payment_intent.succeeded");
        assert_eq!(first.id, "evt_000700000000000000000001");
        assert_ne!(first.id, second.id);
    }
}
