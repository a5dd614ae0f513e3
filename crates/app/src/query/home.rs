//! The first screen: does it tie out, what is stuck and worth how much, what comes next.

use super::words::{age, amounts, count};
use super::{ExceptionFilter, TieOutMemory, add_up, exceptions, intake, money, tie_outs};
use crate::fault::AppFault;
use crate::view::{FlowStage, Home, TieOutRow};
use crate::{App, Books};
use recon::Measure;
use store::exceptions::{self as stops, StakeSum};
use store::{Tx, contracts, documents, effects, journals, obligations, payments};
use values::{Instant, Money};

/// Exceptions on the first screen.
const EXCEPTIONS_SHOWN: usize = 10;

/// Everything on the first screen, from one view of the books.
///
/// # Errors
/// When the store fails or what is stored cannot be read.
pub fn home(
    tx: &mut Tx<'_>,
    (books, now): (&Books, Instant),
    memory: &TieOutMemory,
) -> Result<Home, AppFault> {
    let tie_outs = tie_outs(tx, (books, now), memory)?;
    let open = stops::stake_sums(tx)?;
    let filter = ExceptionFilter {
        status: Some("open".to_owned()),
        ..ExceptionFilter::default()
    };
    let mut first = exceptions(tx, now, &filter, None)?.items;
    first.truncate(EXCEPTIONS_SHOWN);
    let oldest = open.iter().map(|sum| sum.oldest).min();
    Ok(Home {
        now,
        flow: flow(tx, &tie_outs, &open)?,
        exceptions: first,
        exceptions_open: number(open.iter()),
        exceptions_value: worth(open.iter())?,
        exceptions_oldest: oldest.map(|opened| age(Instant::from_microseconds(opened), now)),
        intake: intake::intake(tx)?,
        connections: intake::connections(tx)?,
        tie_outs,
    })
}

impl App {
    /// Now, on the clock that the program runs on.
    #[must_use]
    pub fn now(&self) -> Instant {
        self.clock().now()
    }

    /// As [`home`].
    ///
    /// # Errors
    /// As [`home`].
    pub fn home(&self) -> Result<Home, AppFault> {
        let (books, now, app) = (self.books(), self.clock().now(), self.clone());
        self.store()
            .read(move |tx| home(tx, (&books, now), app.tie_out_memory()))
    }
}

/// What exceptions are worth, without sign, one a currency.
fn worth<'a>(open: impl Iterator<Item = &'a StakeSum>) -> Result<Vec<Money>, AppFault> {
    let mut sums = Vec::new();
    for sum in open.filter(|sum| !sum.currency.is_empty()) {
        add_up(&mut sums, money(sum.worth, &sum.currency)?)?;
    }
    sums.sort_by_key(|sum| sum.currency);
    Ok(sums)
}

/// How many exceptions they are.
fn number<'a>(open: impl Iterator<Item = &'a StakeSum>) -> i64 {
    open.map(|sum| sum.count).sum()
}

fn flow(
    tx: &mut Tx<'_>,
    tie_outs: &[TieOutRow],
    open: &[StakeSum],
) -> Result<Vec<FlowStage>, AppFault> {
    let mut won = Stage::default();
    for row in tie_outs {
        if row.measure == Measure::Bookings.as_str() {
            add_up(&mut won.values, row.expected)?;
        }
    }
    let mut contracted = Stage::default();
    for sum in contracts::sums(tx)? {
        contracted.add(sum.count, sum.value, &sum.currency)?;
    }
    let held = is_held(open, |sum| sum.about == "order");
    won.count = contracted.count + number(held.iter().copied());
    let mut invoiced = Stage::default();
    for sum in documents::sums(tx)? {
        let sign = if sum.kind == "credit_note" { -1 } else { 1 };
        invoiced.add(sum.count, sign * sum.net, &sum.currency)?;
    }
    let mut collected = Stage::default();
    for sum in payments::received(tx)? {
        collected.add(sum.count, sum.amount, &sum.currency)?;
    }
    for sum in payments::given_back(tx)? {
        collected.add(0, -sum.amount, &sum.currency)?;
    }
    let mut recognised = Stage::default();
    let mut through = String::new();
    for sum in obligations::sums(tx)? {
        recognised.add(sum.count, sum.recognised, &sum.currency)?;
        through = through.max(sum.through);
    }
    let mut posted = Stage::default();
    for sum in journals::sums(tx)? {
        posted.add(sum.count, sum.total, &sum.currency)?;
    }
    let unbilled = is_held(open, |row| row.measure == Measure::Billings.as_str());
    let unmatched = is_held(open, |row| row.class == "payment_unmatched");
    let failed = is_held(open, |row| row.class == "payment_failed");
    let run = match through.as_str() {
        "" => "no recognition run yet".to_owned(),
        through => format!("through {through}"),
    };
    Ok(vec![
        won.show("Won", "deals", None, "/contracts"),
        contracted.show(
            "Contracted",
            "contract value",
            stuck(&held, "held", "deal")?,
            "/contracts",
        ),
        invoiced.show(
            "Invoiced",
            "invoices less credits, without tax",
            stuck(&unbilled, "cannot be billed", "contract")?,
            "/invoices",
        ),
        collected.show(
            "Collected",
            "payments less refunds",
            both(
                stuck(&unmatched, "unmatched", "payment")?,
                stuck(&failed, "failed", "payment")?,
            ),
            "/payments",
        ),
        recognised.show("Recognised", &run, None, "/journals"),
        posted.show("Posted", "journals", not_posted(tx, open)?, "/journals"),
    ])
}

/// One stage while it is added up.
#[derive(Default)]
struct Stage {
    values: Vec<Money>,
    count: i64,
}

impl Stage {
    fn add(&mut self, count: i64, minor: i64, currency: &str) -> Result<(), AppFault> {
        self.count += count;
        add_up(&mut self.values, money(minor, currency)?)
    }

    fn show(mut self, title: &str, note: &str, stuck: Option<String>, href: &str) -> FlowStage {
        self.values.sort_by_key(|sum| sum.currency);
        FlowStage {
            title: title.to_owned(),
            values: self.values,
            count: self.count,
            note: note.to_owned(),
            stuck,
            href: href.to_owned(),
        }
    }
}

fn is_held(open: &[StakeSum], which: impl Fn(&StakeSum) -> bool) -> Vec<&StakeSum> {
    open.iter().filter(|row| which(row)).collect()
}

/// `12,490.00 USD held, 2 deals`; nothing when nothing is.
fn stuck(rows: &[&StakeSum], how: &str, one: &str) -> Result<Option<String>, AppFault> {
    if rows.is_empty() {
        return Ok(None);
    }
    let things = count(number(rows.iter().copied()), one, &format!("{one}s"));
    let value = amounts(&worth(rows.iter().copied())?);
    Ok(Some(if value.is_empty() {
        format!("{things} {how}")
    } else {
        format!("{value} {how}, {things}")
    }))
}

fn both(one: Option<String>, other: Option<String>) -> Option<String> {
    match (one, other) {
        (Some(one), Some(other)) => Some(format!("{one}; {other}")),
        (one, other) => one.or(other),
    }
}

fn not_posted(tx: &mut Tx<'_>, open: &[StakeSum]) -> Result<Option<String>, AppFault> {
    let parked = is_held(open, |sum| sum.about == "posting");
    let postings = stuck(&parked, "not posted", "fact")?;
    let refused: i64 = effects::counts(tx)?
        .iter()
        .filter(|count| count.status == "parked")
        .map(|count| count.count)
        .sum();
    let deliveries =
        (refused > 0).then(|| format!("{} parked", count(refused, "delivery", "deliveries")));
    Ok(both(postings, deliveries))
}
