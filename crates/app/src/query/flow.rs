//! The health of the flow, stage by stage: what waits, what is blocked, what went through and how
//! long it took. Every time is the difference of two recorded instants.

use super::words::{age, href};
use super::{add_up, customer_name, money};
use crate::fault::{AppFault, stored, stored_value};
use crate::journey::{document, schedule};
use crate::view::{FlowHealth, FlowLane, FlowLaneDetail, FlowPassage, FlowRow, Times};
use crate::{App, Context};
use commerce::Contract;
use control::dwell::percentile;
use std::collections::BTreeMap;
use store::bill_pages::{self, DueFilter};
use store::flow_times::{self as rows, Passage, Waiting};
use store::{Tx, contracts, exceptions};
use values::{Date, Instant, Money, Month};

/// Days over which times and the norm are taken.
const DAYS: i64 = 28;
const DAY: i64 = 86_400_000_000;
/// Rows of one list.
const MOST: i64 = 2_000;
/// Passages shown beside a stage.
const PASSAGES_SHOWN: usize = 100;

const ACTIVATED: &str = "com.tieout.contract.contract.activated.v1";
const INVOICED: &str = "com.tieout.billing.invoice.issued.v1";
const RECOGNISED: &str = "com.tieout.revenue.revenue.recognized.v1";

/// The stages, with what waits in each and what its times measure.
const LANES: [(&str, &str, &str, &str); 6] = [
    (
        "quote",
        "Quote",
        "deals that are won and not under contract",
        "Deal received to contract in force",
    ),
    (
        "order",
        "Order",
        "in force, due and not billed",
        "Contract in force to first invoice",
    ),
    (
        "invoice",
        "Invoice",
        "issued and not paid",
        "Invoice issued to paid in full",
    ),
    (
        "cash",
        "Cash",
        "payments without an outcome or an invoice",
        "Collection begun to outcome",
    ),
    (
        "revenue",
        "Revenue",
        "earned and not recognised",
        "Contract in force to first revenue",
    ),
    (
        "ledger",
        "Ledger",
        "journals that the outside ledger has not confirmed",
        "Journal posted to confirmed outside",
    ),
];

/// `45 s`, `12 min`, `5 h`, `3 d`.
fn lasting(seconds: i64) -> String {
    match seconds {
        ..=119 => format!("{seconds} s"),
        120..=7_199 => format!("{} min", seconds / 60),
        7_200..=172_799 => format!("{} h", seconds / 3_600),
        _ => format!("{} d", seconds / 86_400),
    }
}

/// The percentiles of some passages.
fn times(key: &str, title: &str, passed: &[Passage]) -> Times {
    let mut took: Vec<i64> = passed.iter().map(|one| one.until - one.from).collect();
    took.sort_unstable();
    let at = |percent| percentile(&took, percent).map(|micros| micros.div_euclid(1_000_000));
    let words = |seconds: Option<i64>| seconds.map_or_else(|| "none yet".to_owned(), lasting);
    let (median, p95) = (at(50), at(95));
    Times {
        key: key.to_owned(),
        title: title.to_owned(),
        count: i64::try_from(took.len()).unwrap_or(i64::MAX),
        median_seconds: median,
        p95_seconds: p95,
        median: words(median),
        p95: words(p95),
    }
}

fn passed(tx: &mut Tx<'_>, key: &str, since: i64) -> Result<Vec<Passage>, AppFault> {
    Ok(match key {
        "quote" => rows::from_receipt(tx, ACTIVATED, since)?,
        "order" => rows::between_events(tx, ACTIVATED, INVOICED, since)?,
        "invoice" => rows::invoices_paid(tx, since)?
            .into_iter()
            .map(|one| Passage {
                object: format!("invoice/{}", one.object),
                ..one
            })
            .collect(),
        "cash" => rows::steps_done(tx, "collection", "outcome", since)?
            .into_iter()
            .map(|one| Passage {
                object: format!("payment/{}", one.subject),
                from: one.started,
                until: one.settled,
            })
            .collect(),
        "revenue" => rows::between_events(tx, ACTIVATED, RECOGNISED, since)?,
        _ => rows::journals_confirmed(tx, since)?,
    })
}

fn waiting(tx: &mut Tx<'_>, context: &Context, key: &str) -> Result<Vec<Waiting>, AppFault> {
    Ok(match key {
        "quote" => {
            let mut all = rows::held(tx, "order/", MOST)?;
            all.extend(rows::deals_arrived(tx, MOST)?);
            all
        }
        "order" => not_billed(tx, context)?,
        "invoice" => rows::invoices_open(tx, MOST)?,
        "cash" => rows::payments_open(tx, MOST)?,
        "revenue" => not_recognised(tx, context)?,
        _ => {
            let mut all = rows::held(tx, "posting/", MOST)?;
            all.extend(rows::journals_open(tx, MOST)?);
            all
        }
    })
}

/// Contracts with something due that is not billed, each with what is owed.
fn not_billed(tx: &mut Tx<'_>, context: &Context) -> Result<Vec<Waiting>, AppFault> {
    let mut found = Vec::new();
    let last_today = context
        .books
        .entities
        .values()
        .map(|entity| entity.zone.date_at(context.now))
        .max();
    let Some(last_today) = last_today else {
        return Ok(found);
    };
    let (day, all) = (last_today.to_string(), DueFilter::default());
    for row in bill_pages::due(tx, &day, &all, ("", ""), MOST)? {
        let entity = stored_value("entity id", &row.entity)?;
        let today = context.today(&entity)?;
        let from: Date = stored_value("date", &row.bill_from)?;
        if from > today {
            continue;
        }
        let contract: Contract = stored("contract", &row.body)?;
        let billed = document::billed_lines(tx, &row.id)?;
        let held = exceptions::open_about(tx, &format!("billing/{}", row.id))?;
        let (amount, cause) = match billing::owed(&contract, &billed, today) {
            Ok(lines) if lines.is_empty() => continue,
            Ok(lines) => {
                let owed = lines.iter().map(|line| line.net.minor).sum();
                (owed, format!("due since {from}, not billed"))
            }
            Err(refusal) => (0, refusal.to_string()),
        };
        let zone = &context.books.entity(&entity)?.zone;
        found.push(Waiting {
            object: format!("contract/{}", row.id),
            customer: row.customer,
            amount,
            currency: row.currency,
            since: zone.start_of(from).microseconds().max(row.created),
            blocked: held.is_some(),
            cause: held.map_or(cause, |held| held.summary),
        });
    }
    found.sort_by(|a, b| (a.since, &a.object).cmp(&(b.since, &b.object)));
    Ok(found)
}

/// Obligations that earned something through the last full month which is not recognised.
fn not_recognised(tx: &mut Tx<'_>, context: &Context) -> Result<Vec<Waiting>, AppFault> {
    let mut found = Vec::new();
    let last_today = context
        .books
        .entities
        .values()
        .map(|entity| entity.zone.date_at(context.now))
        .max();
    let Some(last_today) = last_today else {
        return Ok(found);
    };
    let through = Month::of(last_today).previous().last();
    for row in store::obligations::behind(tx, &through.to_string(), MOST)? {
        let currency = row.currency.clone();
        let (id, customer) = (row.id.clone(), row.customer.clone());
        let entity = stored_value("entity id", &row.entity)?;
        let own = Month::of(context.today(&entity)?).previous().last();
        let scheduled = schedule::read(row)?;
        let amount = revenue::to_recognise(&scheduled.obligation, scheduled.row.recognised, own)
            .map_err(schedule::refused)?;
        if amount == 0 {
            continue;
        }
        let zone = &context.books.entity(&entity)?.zone;
        let day_after = own.tomorrow().unwrap_or(own);
        found.push(Waiting {
            object: format!("obligation/{id}"),
            customer,
            amount,
            currency,
            since: zone.start_of(day_after).microseconds(),
            cause: format!("earned through {own}, not recognised"),
            blocked: false,
        });
    }
    found.sort_by(|a, b| (a.since, &a.object).cmp(&(b.since, &b.object)));
    Ok(found)
}

fn sums<'a>(rows: impl Iterator<Item = &'a Waiting>) -> Result<Vec<Money>, AppFault> {
    let mut sums = Vec::new();
    for row in rows.filter(|row| !row.currency.is_empty()) {
        add_up(&mut sums, money(row.amount, &row.currency)?)?;
    }
    sums.sort_by_key(|sum| sum.currency);
    Ok(sums)
}

fn counted(rows: usize) -> i64 {
    i64::try_from(rows).unwrap_or(i64::MAX)
}

/// The first instant of today, UTC.
fn midnight(now: Instant) -> i64 {
    now.microseconds().div_euclid(DAY) * DAY
}

fn lane(
    now: Instant,
    words: (&str, &str, &str, &str),
    waits: &[Waiting],
    passed: &[Passage],
) -> Result<FlowLane, AppFault> {
    let (key, title, what, measure) = words;
    let today = midnight(now);
    let since_midnight = passed.iter().filter(|one| one.until >= today).count();
    let before = counted(passed.len() - since_midnight);
    let oldest = waits.iter().map(|row| row.since).min();
    Ok(FlowLane {
        key: key.to_owned(),
        title: title.to_owned(),
        what: what.to_owned(),
        waiting: counted(waits.len()),
        values: sums(waits.iter())?,
        oldest: oldest.map(|since| age(Instant::from_microseconds(since), now)),
        blocked: counted(waits.iter().filter(|row| row.blocked).count()),
        blocked_values: sums(waits.iter().filter(|row| row.blocked))?,
        today: counted(since_midnight),
        usual_tenths: (before * 10 + DAYS / 2) / DAYS,
        times: times(key, measure, passed),
    })
}

/// The whole flow.
fn health(tx: &mut Tx<'_>, context: &Context) -> Result<FlowHealth, AppFault> {
    let now = context.now;
    let since = midnight(now) - DAYS * DAY;
    let mut lanes = Vec::new();
    for words in LANES {
        let waits = waiting(tx, context, words.0)?;
        let passed = passed(tx, words.0, since)?;
        lanes.push(lane(now, words, &waits, &passed)?);
    }
    let whole = order_to_cash(tx, since)?;
    let latency = invoice_latency(tx, since)?;
    let cycles = vec![
        times(
            "invoice_latency",
            "First day due to invoice issued",
            &latency,
        ),
        times(
            "order_to_cash",
            "Contract in force to first invoice paid",
            &whole,
        ),
    ];
    Ok(FlowHealth {
        now,
        days: DAYS,
        lanes,
        cycles,
    })
}

/// From the moment when an invoice could be issued to its issue.
fn invoice_latency(tx: &mut Tx<'_>, since: i64) -> Result<Vec<Passage>, AppFault> {
    let mut found = Vec::new();
    for one in rows::steps_done(tx, "order_to_invoice", "invoiced", since)? {
        let memory: BTreeMap<String, String> = stored("process memory", &one.memory)?;
        let due = memory
            .get("to_bill_on")
            .and_then(|text| text.parse::<Instant>().ok())
            .map_or(one.started, Instant::microseconds);
        let from = due.max(one.started);
        found.push(Passage {
            object: format!("contract/{}", one.subject),
            // Billed ahead of its day, it took no time.
            from: from.min(one.settled),
            until: one.settled,
        });
    }
    Ok(found)
}

/// From a contract in force to the payment in full of its first invoice.
fn order_to_cash(tx: &mut Tx<'_>, since: i64) -> Result<Vec<Passage>, AppFault> {
    let mut found: Vec<Passage> = Vec::new();
    for paid in rows::invoices_paid(tx, since)? {
        let Some(invoice) = store::documents::document(tx, &paid.object)? else {
            continue;
        };
        let Some(contract) = contracts::contract(tx, &invoice.contract)? else {
            continue;
        };
        let object = format!("contract/{}", contract.id);
        if !found.iter().any(|known| known.object == object) {
            found.push(Passage {
                object,
                from: contract.created,
                until: paid.until,
            });
        }
    }
    Ok(found)
}

fn shown(tx: &mut Tx<'_>, now: Instant, row: Waiting) -> Result<FlowRow, AppFault> {
    let (kind, id) = row.object.split_once('/').unwrap_or(("", &row.object));
    let since = Instant::from_microseconds(row.since);
    Ok(FlowRow {
        href: href(kind, id),
        object: id.to_owned(),
        customer: match row.customer.as_str() {
            "" => None,
            customer => Some(customer_name(tx, customer)?),
        },
        value: match row.currency.as_str() {
            "" => None,
            currency => Some(money(row.amount, currency)?),
        },
        since,
        age: age(since, now),
        cause: row.cause.clone(),
        blocked: row.blocked,
    })
}

impl App {
    /// What waits, what is blocked and how long each stage takes.
    ///
    /// # Errors
    /// When the store fails.
    pub fn flow_health(&self) -> Result<FlowHealth, AppFault> {
        let context = self.context("query");
        self.store().read(move |tx| health(tx, &context))
    }

    /// One stage of the flow with its rows; nothing when there is none of that name.
    ///
    /// # Errors
    /// When the store fails.
    pub fn flow_lane(&self, key: &str) -> Result<Option<FlowLaneDetail>, AppFault> {
        let context = self.context("query");
        let Some(words) = LANES.into_iter().find(|lane| lane.0 == key) else {
            return Ok(None);
        };
        self.store().read(move |tx| {
            let now = context.now;
            let waits = waiting(tx, &context, words.0)?;
            let passed = passed(tx, words.0, midnight(now) - DAYS * DAY)?;
            let lane = lane(now, words, &waits, &passed)?;
            let mut shown_rows = Vec::new();
            for row in waits {
                shown_rows.push(shown(tx, now, row)?);
            }
            let passages = passed
                .into_iter()
                .rev()
                .take(PASSAGES_SHOWN)
                .map(|one| {
                    let (kind, id) = one.object.split_once('/').unwrap_or(("", &one.object));
                    FlowPassage {
                        href: href(kind, id),
                        object: id.to_owned(),
                        from: Instant::from_microseconds(one.from),
                        until: Instant::from_microseconds(one.until),
                        took: lasting((one.until - one.from).div_euclid(1_000_000)),
                    }
                })
                .collect();
            Ok(Some(FlowLaneDetail {
                lane,
                waiting: shown_rows,
                passed: passages,
            }))
        })
    }
}
