//! What the log says was sold. Events never change, so what was read of them is kept: of very many only
//! those that are new are read again.

use crate::fault::AppFault;
use events::Event;
use std::collections::{BTreeMap, BTreeSet};
use store::{Tx, log};
use values::{Currency, Money};

/// Events that sell something or change what was sold.
const TYPES: [&str; 4] = [
    "com.tieout.order.order.accepted.v1",
    "com.tieout.contract.contract.activated.v1",
    "com.tieout.contract.contract.amended.v1",
    "com.tieout.contract.contract.cancelled.v1",
];

/// An order that was taken over.
#[derive(Debug, Clone)]
pub(super) struct Accepted {
    pub(super) entity: String,
    pub(super) system: String,
    pub(super) opportunity: String,
    pub(super) booked: Money,
    /// When, microseconds.
    pub(super) recorded: i64,
}

/// What the log says was sold.
#[derive(Debug, Clone, Default)]
pub(super) struct Sold {
    /// By orders of other systems.
    pub(super) accepted: Vec<Accepted>,
    /// Sold or changed here without an order, minor units by legal entity and currency.
    pub(super) direct: BTreeMap<(String, Currency), i64>,
    /// How many events that were, and the greatest id of them.
    read: (i64, String),
}

impl Sold {
    /// Goes on to what the log says now.
    ///
    /// # Errors
    /// When the store fails or an event cannot be read.
    pub(super) fn follow(&mut self, tx: &mut Tx<'_>) -> Result<(), AppFault> {
        let there = log::count_of_types(tx, &TYPES)?;
        if there == self.read {
            return Ok(());
        }
        // What failed half-way is read from the beginning the next time.
        let mut known = std::mem::take(self);
        let news = known.add(tx)?;
        if (known.read.0.saturating_add(news), &known.read.1) != (there.0, &there.1) {
            // An event came in before one that was read already, or one is gone.
            known = Sold::default();
            known.add(tx)?;
        }
        known.read = there;
        *self = known;
        Ok(())
    }

    /// Adds the events behind the last one; answers how many they were.
    fn add(&mut self, tx: &mut Tx<'_>) -> Result<i64, AppFault> {
        let mut events = Vec::new();
        log::each_of_types(tx, &TYPES, &self.read.1, |event| {
            events.push(event);
            Ok(())
        })?;
        let (mut changes, mut by_order, mut count) = (Vec::new(), BTreeSet::new(), 0);
        for stored in events {
            count += 1;
            self.read.1.clone_from(&stored.id);
            let event = Event::read(&stored.type_name, &stored.data);
            let event = event.map_err(|error| AppFault::Unreadable {
                what: "event",
                error: error.to_string(),
            })?;
            // Events of one journey share the key that stands before the mark, and are recorded
            // together.
            let key = stored.idempotency_key.split('#').next().unwrap_or_default();
            let journey = (stored.correlation, key.to_owned());
            match event {
                Event::OrderAccepted(order) => {
                    by_order.insert(journey);
                    self.accepted.push(Accepted {
                        entity: stored.entity,
                        system: order.reference.system,
                        opportunity: order.reference.id,
                        booked: order.booked,
                        recorded: stored.recorded,
                    });
                }
                Event::ContractActivated(it) => changes.push((journey, stored.entity, it.value)),
                Event::ContractAmended(it) | Event::ContractCancelled(it) => {
                    changes.push((journey, stored.entity, it.value_change));
                }
                _ => {}
            }
        }
        for (journey, entity, value) in changes {
            if !by_order.contains(&journey) {
                let sum = self.direct.entry((entity, value.currency)).or_default();
                *sum = sum
                    .checked_add(value.minor)
                    .ok_or(values::MoneyRefused::TooLarge)?;
            }
        }
        Ok(count)
    }
}
