//! Bookings and billings: what was sold against what is under contract, and what the timelines say
//! is owed against what was billed.

use super::memory::Memory;
use super::rated::{Standing, Verified};
use super::{Figures, ReadBack, figure};
use crate::books::Books;
use crate::fault::AppFault;
use recon::Measure;
use store::exceptions::named;
use store::{Tx, contracts, documents, inbox};
use values::{EntityId, Instant, Money};

/// Settings that hold what the CRM says was won, in minor units, by entity and currency.
const CRM_BOOKED: &str = "crm_booked";

/// What orders name that were quoted here.
const OURS: &str = "tieout";

/// By how much a contract's billing lags behind its timeline.
pub(super) struct BillingGap {
    pub(super) contract: String,
    pub(super) entity: EntityId,
    /// Expected less billed, without tax.
    pub(super) amount: Money,
}

/// What was won or entered here, against the contracts in force.
pub(super) fn bookings(
    tx: &mut Tx<'_>,
    memory: &Memory,
    figures: &mut Figures,
) -> Result<(), AppFault> {
    let log = memory.sold(tx)?;
    for ((entity, currency), minor) in &log.direct {
        figures.expect(Measure::Bookings, entity, currency.code(), *minor);
    }
    let told = ReadBack::of(tx, CRM_BOOKED)?;
    for (entity, currency, minor) in &told.figures {
        figures.expect(Measure::Bookings, entity, currency, *minor);
    }
    // What the CRM sent, whether taken over or held, stands for what it has not been asked for yet:
    // all of it before the first reading, and later what arrived since.
    let asked = !told.figures.is_empty();
    let is_new = |tx: &mut Tx<'_>, known: i64, system: &str, opportunity: &str| {
        if !asked {
            return Ok(true);
        }
        if known <= told.read {
            return Ok(false);
        }
        let arrived = inbox::first_received(tx, system, opportunity)?;
        Ok::<bool, AppFault>(arrived.unwrap_or(known) > told.read)
    };
    for order in &log.accepted {
        // A quote of ours is in no figure of the CRM, whenever that was read.
        let is_ours = order.system == OURS;
        if is_ours || is_new(tx, order.recorded, &order.system, &order.opportunity)? {
            let (code, minor) = (order.booked.currency.code(), order.booked.minor);
            figures.expect(Measure::Bookings, &order.entity, code, minor);
        }
    }
    if asked {
        // What was held before the reading is in the figure that was read.
        for held in named::held_orders_since(tx, told.read)? {
            let order = held
                .key
                .strip_prefix("order/")
                .and_then(|key| key.split_once('/'));
            let Some((system, opportunity)) = order else {
                continue;
            };
            if is_new(tx, held.opened, system, opportunity)? {
                figures.expect(Measure::Bookings, &held.entity, &held.currency, held.amount);
            }
        }
    } else {
        for (entity, currency, minor) in named::held_orders(tx)? {
            figures.expect(Measure::Bookings, &entity, &currency, minor);
        }
    }
    for sum in contracts::sums(tx)? {
        figures.find(Measure::Bookings, &sum.entity, &sum.currency, sum.value);
    }
    Ok(())
}

/// Every contract rated through the date of its entity, against the documents issued. What another
/// system bills is compared with that; what is only mirrored is compared with nothing.
pub(super) fn billings(
    tx: &mut Tx<'_>,
    (books, now): (&Books, Instant),
    memory: &Memory,
    figures: &mut Figures,
) -> Result<Vec<BillingGap>, AppFault> {
    for sum in documents::sums(tx)? {
        let sign = if sum.kind == "credit_note" { -1 } else { 1 };
        figures.find(
            Measure::Billings,
            &sum.entity,
            &sum.currency,
            sign * sum.net,
        );
    }
    let mut gaps = Vec::new();
    memory.rated(tx, (books, now), |contract, rated| {
        let (entity, currency) = (rated.entity.as_str(), rated.currency.code());
        match rated.standing {
            Standing::Elsewhere { actual, verified } => {
                figures.find(Measure::Billings, entity, currency, -actual);
                if let Some(verified) = verified {
                    elsewhere(verified, actual, (entity, currency), figures);
                }
            }
            Standing::Ours { expected, actual } => {
                figures.expect(Measure::Billings, entity, currency, expected);
                let amount = Money::from_minor(expected, rated.currency)
                    .minus(Money::from_minor(actual, rated.currency))?;
                if !amount.is_zero() {
                    gaps.push(BillingGap {
                        contract: contract.to_owned(),
                        entity: rated.entity.clone(),
                        amount,
                    });
                }
            }
        }
        Ok(())
    })?;
    Ok(gaps)
}

/// What another system should have billed and what it billed. What fell due in the last days is on
/// its way.
fn elsewhere(
    verified: Verified,
    actual: i64,
    (entity, currency): (&str, &str),
    figures: &mut Figures,
) {
    figures.expect(Measure::BilledElsewhere, entity, currency, verified.due);
    figures.find(Measure::BilledElsewhere, entity, currency, actual);
    let under_way = verified.due - verified.late;
    let coming = figure(Measure::BilledElsewhere, entity, currency, under_way);
    figures
        .under_way
        .extend(coming.filter(|coming| !coming.amount.is_zero()));
}
