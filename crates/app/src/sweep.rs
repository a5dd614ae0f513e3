//! Sweeps ask the other systems what there is, so that nothing depends on being told: won
//! opportunities of the CRM, events of the processor that no webhook brought, and the totals that
//! our figures must agree with.

mod notified;

use crate::connections::{Connections, SALESFORCE};
use crate::intake::{self, ACTOR};
use crate::worker::Progress;
use crate::{App, AppFault, Context};
use connect::driver::{Salesforce, Stripe};
use connect::salesforce::{BadRow, WonOpportunity};
use connect::stripe::{BalanceTransaction, ENTITY_METADATA, Event, Expandable, Filter};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use store::inbox::{self, InboxRow};
use store::{Tx, settings};
use values::{Currency, Decimal, Instant, Money, Rounding, parse_decimal, round_to_minor};

/// Setting that holds the last change of an opportunity that was swept.
const SALESFORCE_CURSOR: &str = "cursor/salesforce";
/// Items written in one transaction with the cursor.
const PAGE: usize = 200;

/// Days for which Stripe keeps events.
const EVENTS_KEPT_DAYS: i64 = 30;

/// Seconds before the cursor from which events are asked for again: they may become visible late.
const EVENTS_OVERLAP_SECONDS: i64 = 300;

/// Legal entity under which a figure is kept that names none.
const NO_ENTITY: &str = "?";

/// Brings won opportunities that changed since the last sweep into the inbox. The last moment is
/// read again, because several changes may carry it; what is known is recognised by id and change.
///
/// # Errors
/// When the CRM could not be asked or the store fails; what was written before stays.
pub fn sweep_salesforce(app: &App, connections: &Connections) -> Result<Progress, AppFault> {
    let Some(api) = &connections.salesforce else {
        return Ok(Progress::default());
    };
    let since = cursor(app, SALESFORCE_CURSOR.to_owned())?;
    let names = crate::governance::mappings::field_names(&app.books().governance.salesforce);
    let sweep = api.won_opportunities_named(since, &names)?;
    let now = app.clock().now();
    let mut total = Progress::default();
    let bad: Vec<_> = sweep
        .bad
        .iter()
        .map(|row| (bad_item(row, now), None))
        .collect();
    let won = sweep.won.iter().map(|opportunity| {
        (
            opportunity_item(opportunity, now),
            Some(opportunity.modified),
        )
    });
    let items: Vec<_> = bad.into_iter().chain(won).collect();
    for page in items.chunks(PAGE) {
        let page = page.to_vec();
        total.received += app.run(ACTOR, move |tx, _| keep_opportunities(tx, &page))?;
    }
    Ok(total)
}

fn keep_opportunities(
    tx: &mut Tx<'_>,
    page: &[(InboxRow, Option<Instant>)],
) -> Result<u64, AppFault> {
    let mut received = 0;
    for (row, modified) in page {
        if inbox::item(tx, &row.source, &row.source_id)?.is_none() && inbox::receive(tx, row)? {
            received += 1;
            let stem = row
                .source_id
                .split_inclusive('@')
                .next()
                .unwrap_or_default();
            let reason = format!("superseded by {}", row.source_id);
            inbox::supersede(tx, &row.source, stem, &row.source_id, &reason)?;
        }
        if let Some(modified) = modified {
            settings::set_setting(tx, SALESFORCE_CURSOR, &modified.to_string())?;
        }
    }
    Ok(received)
}

fn opportunity_item(opportunity: &WonOpportunity, now: Instant) -> InboxRow {
    let raw = intake::salesforce::as_record(opportunity);
    let id = format!("{}@{}", opportunity.id, opportunity.modified);
    item(SALESFORCE, id, intake::salesforce::OPPORTUNITY, raw, now)
}

/// A record that cannot be read is known by its id and by what is wrong with it.
fn bad_item(row: &BadRow, now: Instant) -> InboxRow {
    let raw = intake::salesforce::as_bad_record(row);
    let digest = hex_start(&Sha256::digest(raw.as_bytes()));
    let id = format!(
        "{}@unreadable-{digest}",
        row.id.as_deref().unwrap_or("unknown")
    );
    item(SALESFORCE, id, intake::salesforce::UNREADABLE, raw, now)
}

fn item(source: &str, source_id: String, kind: &str, raw: String, now: Instant) -> InboxRow {
    InboxRow {
        source: source.to_owned(),
        source_id,
        kind: kind.to_owned(),
        received: now.microseconds(),
        digest: Sha256::digest(raw.as_bytes()).to_vec(),
        raw: raw.into_bytes(),
        status: "open".to_owned(),
        reason: String::new(),
        attempts: 0,
        next_attempt: now.microseconds(),
        deliveries: 1,
        correlation: String::new(),
    }
}

fn hex_start(digest: &[u8]) -> String {
    digest
        .iter()
        .take(8)
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

/// Brings events that lead to something and that no webhook has brought into the inbox.
///
/// # Errors
/// When the processor could not be asked or the store fails; what was written before stays.
pub fn sweep_stripe(app: &App, connections: &Connections) -> Result<Progress, AppFault> {
    let mut total = Progress::default();
    for (processor, api) in connections.processors() {
        total += sweep_processor(app, processor, api)?;
    }
    Ok(total)
}

fn sweep_processor(app: &App, processor: &'static str, api: &Stripe) -> Result<Progress, AppFault> {
    let now = app.clock().now();
    let from = match cursor(app, format!("cursor/{processor}"))? {
        Some(last) => last.plus_seconds(-EVENTS_OVERLAP_SECONDS),
        None => now.plus_seconds(-EVENTS_KEPT_DAYS * 86_400),
    };
    let events = api.events_since(from, None)?;
    let mut total = Progress::default();
    for page in events.chunks(PAGE) {
        let last = page.last().map(|event| event.created);
        let rows: Vec<InboxRow> = page
            .iter()
            .filter(|event| intake::stripe::has_action(&event.kind))
            .map(|event| event_item(processor, event, now))
            .collect();
        let kept = move |tx: &mut Tx<'_>, _: &Context| keep_events(tx, processor, &rows, last);
        total.received += app.run(ACTOR, kept)?;
    }
    Ok(total)
}

fn event_item(processor: &str, event: &Event, now: Instant) -> InboxRow {
    let raw = intake::stripe::as_delivered(event);
    let found = item(processor, event.id.clone(), &event.kind, raw, now);
    InboxRow {
        reason: "found by a sweep; no webhook had come".to_owned(),
        ..found
    }
}

fn keep_events(
    tx: &mut Tx<'_>,
    processor: &str,
    rows: &[InboxRow],
    last: Option<Instant>,
) -> Result<u64, AppFault> {
    let mut received = 0;
    for row in rows {
        if inbox::item(tx, &row.source, &row.source_id)?.is_none() && inbox::receive(tx, row)? {
            received += 1;
        }
    }
    if let Some(last) = last {
        settings::set_setting(tx, &format!("cursor/{processor}"), &last.to_string())?;
    }
    Ok(received)
}

fn cursor(app: &App, name: String) -> Result<Option<Instant>, AppFault> {
    let text = app.store().read(move |tx| settings::setting(tx, &name))?;
    Ok(text.and_then(|text| text.parse().ok()))
}

/// Totals by legal entity and currency, in minor units.
type Totals = BTreeMap<(String, Currency), i64>;

/// Reads the totals of the other systems and keeps them as settings, in minor units:
/// `processor_balance/<entity>/<currency>` is what payments, refunds and fees have left at the
/// processor, before payouts to the bank; `crm_booked/<entity>/<currency>` is what sellers booked on
/// won opportunities. An entity that is not named is `?`; an opportunity without a currency is in no
/// total, its exception says so.
///
/// # Errors
/// When a system could not be asked or the store fails; the totals of the others are kept.
pub fn read_balances(app: &App, connections: &Connections) -> Result<(), AppFault> {
    let mut first_fault = None;
    let mut keep = |prefix: &'static str, totals: Result<Totals, AppFault>| {
        let kept = totals.and_then(|totals| keep_totals(app, prefix, totals));
        if let Err(fault) = kept {
            tracing::warn!(totals = prefix, fault = %fault, "totals could not be read");
            first_fault.get_or_insert(fault);
        }
    };
    if connections.processors().next().is_some() || !connections.adyen.is_empty() {
        keep("processor_balance", processor_balances(app, connections));
    }
    if let Some(api) = &connections.salesforce {
        keep("crm_booked", crm_booked(api));
    }
    first_fault.map_or(Ok(()), Err)
}

/// What all accounts of all processors hold together.
fn processor_balances(app: &App, connections: &Connections) -> Result<Totals, AppFault> {
    let mut totals = Totals::new();
    for (_, api) in connections.processors() {
        for ((entity, currency), minor) in processor_balance(app, api)? {
            *totals.entry((entity, currency)).or_default() += minor;
        }
    }
    notified::add_totals(app, connections, &mut totals)?;
    Ok(totals)
}

fn processor_balance(app: &App, api: &Stripe) -> Result<Totals, AppFault> {
    let mut entities = entities_of_sources(api)?;
    let mut totals = Totals::new();
    let rows = api.balance_transactions(&Filter::default())?;
    add_disputes(api, &rows, &mut entities)?;
    for row in rows {
        // A payout moves money between two of our own accounts.
        if row.kind.starts_with("payout") {
            continue;
        }
        let currency = row.net.currency;
        let named = row
            .source
            .as_ref()
            .and_then(|source| entities.get(source).cloned());
        let entity = named.unwrap_or_else(|| entity_of_currency(app, currency));
        add(&mut totals, entity, row.net)?;
    }
    Ok(totals)
}

/// The legal entity that each charge and refund belongs to, by the metadata of its payment.
fn entities_of_sources(api: &Stripe) -> Result<BTreeMap<String, String>, AppFault> {
    let mut of_source = BTreeMap::new();
    let mut of_payment = BTreeMap::new();
    for payment in api.payments(&Filter::default())? {
        let Some(entity) = payment.metadata.get(ENTITY_METADATA) else {
            continue;
        };
        if let Some(charge) = &payment.latest_charge {
            of_source.insert(
                Expandable::<connect::stripe::Charge>::id(charge).to_owned(),
                entity.clone(),
            );
        }
        of_payment.insert(payment.id, entity.clone());
    }
    for refund in api.refunds(&Filter::default())? {
        let by_charge = refund
            .charge
            .as_ref()
            .and_then(|charge| of_source.get(charge));
        let by_payment = refund
            .payment_intent
            .as_ref()
            .and_then(|payment| of_payment.get(payment));
        if let Some(entity) = by_charge.or(by_payment).cloned() {
            of_source.insert(refund.id, entity);
        }
    }
    Ok(of_source)
}

/// Adds the disputes behind these rows, by their charge; they are asked for only where there are any.
fn add_disputes(
    api: &Stripe,
    rows: &[BalanceTransaction],
    of_source: &mut BTreeMap<String, String>,
) -> Result<(), AppFault> {
    let is_dispute = |source: &String| source.starts_with("dp_") || source.starts_with("du_");
    if !rows
        .iter()
        .any(|row| row.source.as_ref().is_some_and(is_dispute))
    {
        return Ok(());
    }
    for dispute in api.disputes(&Filter::default())? {
        let of_charge = dispute.charge.as_ref();
        if let Some(entity) = of_charge.and_then(|charge| of_source.get(charge)).cloned() {
            of_source.insert(dispute.id, entity);
        }
    }
    Ok(())
}

/// As the payment journey does it for money that names no entity: the first one that keeps its books
/// in this currency.
fn entity_of_currency(app: &App, currency: Currency) -> String {
    let books = app.books();
    let found = books
        .entities
        .values()
        .find(|entity| entity.currency == currency);
    found.map_or_else(
        || NO_ENTITY.to_owned(),
        |entity| entity.id.as_str().to_owned(),
    )
}

fn crm_booked(api: &Salesforce) -> Result<Totals, AppFault> {
    let mut totals = Totals::new();
    for row in api.query(connect::salesforce::BOOKED_SOQL)? {
        let currency = row
            .get("CurrencyIsoCode")
            .and_then(|code| code.parse::<Currency>().ok());
        let (Some(currency), Some(amount)) = (currency, row.get("Total_Contract_Value__c")) else {
            continue;
        };
        // Large figures come as `1.0E7`.
        let Ok(amount) = parse_decimal(amount).or_else(|_| Decimal::from_scientific(amount)) else {
            tracing::warn!(
                opportunity = row.get("Id"),
                "an amount in the CRM is no decimal"
            );
            continue;
        };
        let minor = round_to_minor(amount, currency, Rounding::HalfUp)?;
        let entity = row
            .get("Tieout_Entity__c")
            .cloned()
            .unwrap_or_else(|| NO_ENTITY.to_owned());
        add(&mut totals, entity, Money::from_minor(minor, currency))?;
    }
    Ok(totals)
}

fn add(totals: &mut Totals, entity: String, amount: Money) -> Result<(), AppFault> {
    let total = totals.entry((entity, amount.currency)).or_default();
    *total = Money::from_minor(*total, amount.currency)
        .plus(amount)?
        .minor;
    Ok(())
}

/// Keeps totals; one that was kept before and is not among them any more becomes zero.
fn keep_totals(app: &App, prefix: &'static str, totals: Totals) -> Result<(), AppFault> {
    app.run(ACTOR, move |tx, context| {
        let names_of = format!("{prefix}/names");
        let kept = settings::setting(tx, &names_of)?.unwrap_or_default();
        let mut figures: BTreeMap<String, i64> =
            kept.lines().map(|name| (name.to_owned(), 0)).collect();
        for ((entity, currency), minor) in totals {
            figures.insert(format!("{prefix}/{entity}/{currency}"), minor);
        }
        let names: Vec<&str> = figures.keys().map(String::as_str).collect();
        settings::set_setting(tx, &names_of, &names.join("\n"))?;
        for (name, minor) in &figures {
            settings::set_setting(tx, name, &minor.to_string())?;
        }
        settings::set_setting(tx, &format!("{prefix}/read"), &context.now.to_string())?;
        Ok(())
    })
}
