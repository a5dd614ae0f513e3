//! Bookings and billings: what was sold against what is under contract, and what the timelines say
//! is owed against what was billed.

use super::{Figures, ReadBack, figure};
use crate::books::Books;
use crate::fault::{AppFault, stored};
use crate::governance::gate::{self, Issuing};
use crate::journey::outside_billing::GRACE_DAYS;
use crate::usage::rate;
use billing::BilledLine;
use commerce::Contract;
use control::topology::Mode;
use events::Event;
use recon::Measure;
use std::collections::{BTreeMap, BTreeSet};
use store::exceptions::named;
use store::{Tx, contracts, documents, inbox, log};
use values::{Date, EntityId, Instant, Money};

/// Settings that hold what the CRM says was won, in minor units, by entity and currency.
const CRM_BOOKED: &str = "crm_booked";

/// What orders name that were quoted here.
const OURS: &str = "tieout";

/// Contracts rated at once.
const CONTRACTS_A_STEP: i64 = 200;

/// By how much a contract's billing lags behind its timeline.
pub(super) struct BillingGap {
    pub(super) contract: String,
    pub(super) entity: EntityId,
    /// Expected less billed, without tax.
    pub(super) amount: Money,
}

/// What was won or entered here, against the contracts in force.
pub(super) fn bookings(tx: &mut Tx<'_>, figures: &mut Figures) -> Result<(), AppFault> {
    let log = read_log(tx)?;
    for (entity, value) in &log.direct {
        figures.expect(
            Measure::Bookings,
            entity,
            value.currency.code(),
            value.minor,
        );
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

/// An order that was taken over.
struct Accepted {
    entity: String,
    system: String,
    opportunity: String,
    booked: Money,
    /// When, microseconds.
    recorded: i64,
}

/// What the log says was sold.
#[derive(Default)]
struct Sold {
    /// By orders of other systems.
    accepted: Vec<Accepted>,
    /// Sold or changed here without an order: legal entity and value.
    direct: Vec<(String, Money)>,
}

fn read_log(tx: &mut Tx<'_>) -> Result<Sold, AppFault> {
    const TYPES: [&str; 4] = [
        "com.tieout.order.order.accepted.v1",
        "com.tieout.contract.contract.activated.v1",
        "com.tieout.contract.contract.amended.v1",
        "com.tieout.contract.contract.cancelled.v1",
    ];
    let mut events = Vec::new();
    log::each_of_types(tx, &TYPES, |event| {
        events.push(event);
        Ok(())
    })?;
    let (mut sold, mut changes, mut by_order) = (Sold::default(), Vec::new(), BTreeSet::new());
    for stored in events {
        let event = Event::read(&stored.type_name, &stored.data);
        let event = event.map_err(|error| AppFault::Unreadable {
            what: "event",
            error: error.to_string(),
        })?;
        // Events of one journey share the key that stands before the mark.
        let key = stored.idempotency_key.split('#').next().unwrap_or_default();
        let journey = (stored.correlation, key.to_owned());
        match event {
            Event::OrderAccepted(order) => {
                by_order.insert(journey);
                sold.accepted.push(Accepted {
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
    let direct = changes
        .into_iter()
        .filter(|(journey, _, _)| !by_order.contains(journey))
        .map(|(_, entity, value)| (entity, value));
    sold.direct = direct.collect();
    Ok(sold)
}

/// Every contract rated again through the date of its entity, against the documents issued. What
/// another system bills is compared with that; what is only mirrored is compared with nothing.
pub(super) fn billings(
    tx: &mut Tx<'_>,
    books: &Books,
    now: Instant,
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
    let (mut gaps, mut after) = (Vec::new(), String::new());
    loop {
        let page = contracts::all_after(tx, &after, CONTRACTS_A_STEP)?;
        let (Some(first), Some(last)) = (page.first(), page.last()) else {
            return Ok(gaps);
        };
        let mut lines: BTreeMap<String, Vec<BilledLine>> = BTreeMap::new();
        for line in documents::lines_of_contracts(tx, &first.id, &last.id)? {
            let billed = stored("line", &line.body)?;
            lines.entry(line.contract).or_default().push(billed);
        }
        after.clone_from(&last.id);
        for row in page {
            let contract: Contract = stored("contract", &row.body)?;
            let today = books.entity(&contract.entity)?.zone.date_at(now);
            let billed = lines.remove(&row.id).unwrap_or_default();
            let actual = sum(billed.iter().map(|line| line.line.net.minor))?;
            let place = (row.entity.as_str(), row.currency.as_str());
            match gate::issuing_by(&books.governance.topology, &contract) {
                Issuing::Elsewhere { mode, .. } => {
                    figures.find(Measure::Billings, place.0, place.1, -actual);
                    if mode == Mode::Verify {
                        elsewhere(&contract, &billed, (today, actual), place, figures)?;
                    }
                }
                Issuing::Ours | Issuing::Split => {
                    // A timeline that cannot be rated has its own exception, which says why.
                    let expected = match expected(&contract, &billed, today)? {
                        Some(agreed) => {
                            let measured = measured(tx, (books, now), &contract, &billed, today)?;
                            measured.map_or(actual, |measured| agreed.saturating_add(measured))
                        }
                        None => actual,
                    };
                    figures.expect(Measure::Billings, place.0, place.1, expected);
                    let amount = Money::from_minor(expected, contract.currency)
                        .minus(Money::from_minor(actual, contract.currency))?;
                    if !amount.is_zero() {
                        gaps.push(BillingGap {
                            contract: row.id,
                            entity: contract.entity,
                            amount,
                        });
                    }
                }
            }
        }
    }
}

/// What another system should have billed and what it billed. What fell due in the last days is on
/// its way.
fn elsewhere(
    contract: &Contract,
    billed: &[BilledLine],
    (today, actual): (Date, i64),
    (entity, currency): (&str, &str),
    figures: &mut Figures,
) -> Result<(), AppFault> {
    let settled = today.saturating_sub(jiff::Span::new().days(GRACE_DAYS));
    let due = expected(contract, billed, today)?.unwrap_or(actual);
    let late = expected(contract, billed, settled)?.unwrap_or(actual);
    figures.expect(Measure::BilledElsewhere, entity, currency, due);
    figures.find(Measure::BilledElsewhere, entity, currency, actual);
    let coming = figure(Measure::BilledElsewhere, entity, currency, due - late);
    figures
        .under_way
        .extend(coming.filter(|coming| !coming.amount.is_zero()));
    Ok(())
}

/// What the timeline comes to, without tax: every billing period that is due, or of which anything
/// was billed, whole; less what was conceded. Nothing when the timeline cannot be rated.
fn expected(
    contract: &Contract,
    billed: &[BilledLine],
    today: Date,
) -> Result<Option<i64>, AppFault> {
    let Ok(positions) = billing::positions(contract, billed, today) else {
        return Ok(None);
    };
    sum(positions.iter().map(|position| position.expected.minor)).map(Some)
}

/// What the measured components come to, without tax: what was billed for them, and what the events
/// of periods that have ended say beyond it. Nothing when they cannot be rated.
fn measured(
    tx: &mut Tx<'_>,
    at: (&Books, Instant),
    contract: &Contract,
    billed: &[BilledLine],
    today: Date,
) -> Result<Option<i64>, AppFault> {
    if !rate::is_measured(contract) {
        return Ok(Some(0));
    }
    let is_measured = |line: &&BilledLine| {
        contract
            .components
            .iter()
            .any(|it| it.measure.is_some() && it.id == line.line.component)
    };
    let billed_net = sum(billed
        .iter()
        .filter(is_measured)
        .map(|line| line.line.net.minor))?;
    // Only what is missing is asked for here; what the other components owe is expected above.
    let Ok(agreed) = billing::owed(contract, billed, today) else {
        return Ok(None);
    };
    let Ok(rated) = rate::rate(tx, at, contract, billed, &agreed, today)? else {
        return Ok(None);
    };
    let missing = sum(rated.lines.iter().map(|line| line.net.minor))?;
    Ok(Some(billed_net.saturating_add(missing)))
}

fn sum(parts: impl Iterator<Item = i64>) -> Result<i64, AppFault> {
    let wide: i128 = parts.map(i128::from).sum();
    i64::try_from(wide).map_err(|_| values::MoneyRefused::TooLarge.into())
}
