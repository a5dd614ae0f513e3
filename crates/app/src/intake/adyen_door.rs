//! The door for notifications of Adyen. One delivery carries one or more items, each signed by
//! itself; all are kept, each as an item of the inbox, or none.

use super::ACTOR;
use super::receive::{Delivery, IntakeRefusal, LARGEST_DELIVERY, Received, refuse};
use crate::App;
use crate::connections::Connections;
use connect::adyen::webhook::{Item, Verifier, read_items};
use sha2::{Digest, Sha256};
use store::Tx;
use store::inbox::{self, InboxRow};

/// Takes a delivery at the door of an account of Adyen; `done` is called once the outcome is
/// durable. It is new when any of its items is.
pub(super) fn receive_then(
    app: &App,
    connections: &Connections,
    delivery: Delivery<'_>,
    done: impl FnOnce(Result<Received, IntakeRefusal>) + Send + 'static,
) {
    let (processor, now) = (delivery.processor, delivery.now);
    let items = match check(connections, &delivery) {
        Ok(items) => items,
        Err(refusal) => {
            let digest: [u8; 32] = Sha256::digest(&delivery.body).into();
            refuse(app, processor, refusal, &digest, now, done);
            return;
        }
    };
    let due = app.clock().now().microseconds();
    let rows: Vec<InboxRow> = items
        .into_iter()
        .map(|item| InboxRow {
            source: processor.to_owned(),
            source_id: item.id(),
            kind: item.event.as_str().to_owned(),
            received: now.microseconds(),
            digest: Sha256::digest(item.raw.as_bytes()).to_vec(),
            raw: item.raw.into_bytes(),
            status: "open".to_owned(),
            reason: String::new(),
            attempts: 0,
            next_attempt: due,
            deliveries: 1,
            correlation: String::new(),
        })
        .collect();
    let keep = move |tx: &mut Tx<'_>, _: &crate::Context| {
        let mut received = Received::Duplicate;
        for row in &rows {
            if inbox::receive(tx, row)? {
                received = Received::New;
            }
        }
        Ok(received)
    };
    app.run_then(ACTOR, keep, move |kept| {
        done(kept.map_err(IntakeRefusal::NotKept));
    });
}

fn check(connections: &Connections, delivery: &Delivery<'_>) -> Result<Vec<Item>, IntakeRefusal> {
    let body = &delivery.body;
    if body.len() > LARGEST_DELIVERY {
        return Err(IntakeRefusal::TooLarge { bytes: body.len() });
    }
    let items = read_items(body).map_err(|fault| IntakeRefusal::NoEvent {
        problem: fault.to_string(),
    })?;
    let account = connections.adyen.get(delivery.processor);
    let nobody = Verifier::default();
    let verifier = account.map_or(&nobody, |account| &account.verifier);
    verifier.verify(&items)?;
    Ok(items)
}
