//! Tie-outs: figures recomputed from the facts against the books, per measure, legal entity and
//! currency, and the open exceptions that name the difference. The joining is `recon`'s.

mod commercial;
mod ledger_side;
mod memory;
mod named;
mod rated;
mod sold;

use super::words::segment;
use crate::fault::{AppFault, stored, stored_value};
use crate::view::{TieOutRow, TieOutStatus};
use crate::{App, Books};
use commercial::BillingGap;
pub use memory::Memory;
use recon::{Figure, Inputs, Measure, Status};
use serde::Deserialize;
use std::collections::BTreeMap;
use store::exceptions::Stake;
use store::{Tx, bill_runs, contracts, invoice_drafts, settings};
use values::{ContractId, Currency, EntityId, Instant, Money, Month};

/// Drafts that are read at once.
const DRAFTS_A_STEP: i64 = 200;

/// Contracts that are read at once.
const CONTRACTS_A_STEP: usize = 1_000;

/// Everything that must agree, sorted by measure, entity and currency. Billings are recomputed
/// through the date of each entity at `now`.
///
/// # Errors
/// When the store fails, what is stored cannot be read, or a sum leaves 64 bits.
pub fn tie_outs(
    tx: &mut Tx<'_>,
    (books, now): (&Books, Instant),
    memory: &Memory,
) -> Result<Vec<TieOutRow>, AppFault> {
    let mut figures = Figures::default();
    commercial::bookings(tx, memory, &mut figures)?;
    let gaps = commercial::billings(tx, (books, now), memory, &mut figures)?;
    coming(tx, &gaps, &mut figures)?;
    ledger_side::add(tx, books, &mut figures)?;
    ledger_side::delivered(tx, now, &mut figures)?;
    join(tx, books, &figures, &gaps, |_| true)
}

/// What is owed and stands as a draft, or is for an open bill run to bill, is on its way, unless an
/// exception names it.
fn coming(tx: &mut Tx<'_>, gaps: &[BillingGap], figures: &mut Figures) -> Result<(), AppFault> {
    let mut lagging: BTreeMap<&str, &BillingGap> = gaps
        .iter()
        .map(|gap| (gap.contract.as_str(), gap))
        .collect();
    if lagging.is_empty() {
        return Ok(());
    }
    let mut drafted: Vec<&BillingGap> = Vec::new();
    let standing = invoice_drafts::standing(tx)?;
    for contract in &standing {
        drafted.extend(lagging.remove(contract.as_str()));
    }
    // A draft may bill others with the contract that it is kept under: read only while one is sought.
    let (mut after, mut unread) = (String::new(), standing.len());
    while unread > 0 && !lagging.is_empty() {
        let page = invoice_drafts::lines_after(tx, &after, DRAFTS_A_STEP)?;
        let Some((last, _)) = page.last() else { break };
        after.clone_from(last);
        unread = unread.saturating_sub(page.len());
        for (_, lines) in &page {
            for line in stored::<Vec<DraftedLine>>("draft", lines)? {
                drafted.extend(lagging.remove(line.line.contract.as_str()));
            }
        }
    }
    drafted.extend(left_to_runs(tx, &lagging)?);
    for gap in drafted {
        let key = format!("billing/{}", gap.contract);
        if store::exceptions::open_about(tx, &key)?.is_none() {
            let (entity, currency) = (gap.entity.as_str(), gap.amount.currency.code());
            let coming = figure(Measure::Billings, entity, currency, gap.amount.minor);
            figures.under_way.extend(coming);
        }
    }
    Ok(())
}

/// What an open bill run is to bill.
fn left_to_runs<'g>(
    tx: &mut Tx<'_>,
    lagging: &BTreeMap<&str, &'g BillingGap>,
) -> Result<Vec<&'g BillingGap>, AppFault> {
    let open = bill_runs::open(tx)?;
    let mut left = Vec::new();
    if open.is_empty() {
        return Ok(left);
    }
    let ids: Vec<&str> = lagging.keys().copied().collect();
    for ids in ids.chunks(CONTRACTS_A_STEP) {
        let rows = contracts::by_ids(tx, ids)?;
        let covered = rows
            .iter()
            .filter(|row| open.iter().any(|run| run.covers(row)));
        left.extend(covered.filter_map(|row| lagging.get(row.id.as_str()).copied()));
    }
    Ok(left)
}

/// What is read of a line of a draft here.
#[derive(Deserialize)]
struct DraftedLine {
    line: OfContract,
}

/// Whose a line is.
#[derive(Deserialize)]
struct OfContract {
    contract: ContractId,
}

/// The measures that prove balances of accounts, without rating any contract again.
pub(super) fn of_accounts(tx: &mut Tx<'_>, books: &Books) -> Result<Vec<TieOutRow>, AppFault> {
    let mut figures = Figures::default();
    ledger_side::add(tx, books, &mut figures)?;
    join(tx, books, &figures, &[], ledger_side::proves_accounts)
}

/// The measures that an exception explains.
pub(super) fn named_by(tx: &mut Tx<'_>, row: &Stake) -> Result<Vec<Measure>, AppFault> {
    let named = named::names(tx, row, &named::Gaps::default())?;
    Ok(named.into_iter().map(|named| named.measure).collect())
}

impl App {
    /// As [`tie_outs`].
    ///
    /// # Errors
    /// As [`tie_outs`].
    pub fn tie_outs(&self) -> Result<Vec<TieOutRow>, AppFault> {
        let (books, now, app) = (self.books(), self.clock().now(), self.clone());
        self.store()
            .read(move |tx| tie_outs(tx, (&books, now), app.tie_out_memory()))
    }
}

/// Both sides while they are gathered.
#[derive(Default)]
struct Figures {
    expected: Vec<Figure>,
    actual: Vec<Figure>,
    under_way: Vec<Figure>,
    /// Where a figure of the books can be looked at: the account and its newest month.
    places: BTreeMap<(Measure, EntityId, Currency), Place>,
}

/// The newest month of the accounts behind a figure, and the account when it is the only one.
struct Place {
    month: Month,
    account: Option<String>,
}

impl Figures {
    fn expect(&mut self, measure: Measure, entity: &str, currency: &str, minor: i64) {
        self.expected
            .extend(figure(measure, entity, currency, minor));
    }

    fn find(&mut self, measure: Measure, entity: &str, currency: &str, minor: i64) {
        self.actual.extend(figure(measure, entity, currency, minor));
    }
}

/// Totals that another system was asked for, kept as settings by the sweep.
struct ReadBack {
    /// Legal entity, currency, minor units.
    figures: Vec<(String, String, i64)>,
    /// When it was asked, microseconds; the end of time when nobody has noted when, so that nothing
    /// counts as having happened since.
    read: i64,
}

impl ReadBack {
    /// The totals `<name>/<entity>/<currency>`, and `<name>/read`.
    fn of(tx: &mut Tx<'_>, name: &str) -> Result<ReadBack, AppFault> {
        let prefix = format!("{name}/");
        let (mut figures, mut read) = (Vec::new(), i64::MAX);
        for (setting, value) in settings::starting_with(tx, &prefix)? {
            let rest = setting.strip_prefix(&prefix).unwrap_or_default();
            if rest == "read" {
                read = stored_value::<Instant>("time of a reading", &value)?.microseconds();
            } else if let Some((entity, currency)) = rest.rsplit_once('/') {
                let minor = stored_value("total of another system", &value)?;
                figures.push((entity.to_owned(), currency.to_owned(), minor));
            }
        }
        Ok(ReadBack { figures, read })
    }
}

/// A figure; nothing when it belongs to no books because it has no entity or currency yet.
fn figure(measure: Measure, entity: &str, currency: &str, minor: i64) -> Option<Figure> {
    let currency: Currency = currency.parse().ok()?;
    Some(Figure {
        measure,
        entity: entity.parse().ok()?,
        amount: Money::from_minor(minor, currency),
    })
}

fn join(
    tx: &mut Tx<'_>,
    books: &Books,
    figures: &Figures,
    gaps: &[BillingGap],
    wanted: impl Fn(Measure) -> bool,
) -> Result<Vec<TieOutRow>, AppFault> {
    let mut open = named::explanations(tx, books, gaps)?;
    open.retain(|explanation| wanted(explanation.measure));
    let inputs = Inputs {
        expected: &figures.expected,
        actual: &figures.actual,
        open: &open,
        under_way: &figures.under_way,
    };
    let rows = recon::tie_out(inputs).map_err(|refusal| AppFault::Unreadable {
        what: "figures",
        error: refusal.to_string(),
    })?;
    rows.iter().map(|row| show(row, figures)).collect()
}

fn show(row: &recon::TieOutRow, figures: &Figures) -> Result<TieOutRow, AppFault> {
    let money = |minor| Money::from_minor(minor, row.currency);
    let exceptions = row.first.iter().map(|id| id.as_str().to_owned());
    Ok(TieOutRow {
        measure: row.measure.as_str().to_owned(),
        title: row.measure.title().to_owned(),
        expected_from: row.measure.expected_from().to_owned(),
        actual_in: row.measure.actual_in().to_owned(),
        entity: row.entity.as_str().to_owned(),
        expected: money(row.expected),
        actual: money(row.actual),
        difference: money(row.expected).minus(money(row.actual))?,
        under_way: money(row.under_way),
        exceptions: exceptions.collect(),
        exceptions_count: row.exceptions,
        status: match row.status() {
            Status::TiesOut => TieOutStatus::TiesOut,
            Status::Timing => TieOutStatus::Timing,
            Status::Explained => TieOutStatus::Explained,
            Status::Break => TieOutStatus::Break,
        },
        href: href(row, figures),
    })
}

/// The page with the rows behind the figures.
fn href(row: &recon::TieOutRow, figures: &Figures) -> String {
    let entity = segment(row.entity.as_str());
    match row.measure {
        Measure::Bookings => format!("/contracts?entity={entity}"),
        Measure::Billings | Measure::BilledElsewhere => format!("/invoices?entity={entity}"),
        Measure::Delivered => format!("/journals?entity={entity}"),
        Measure::Deferred
        | Measure::Unbilled
        | Measure::Recognised
        | Measure::Receivable
        | Measure::Unapplied
        | Measure::Prepaid
        | Measure::Tax
        | Measure::Rounding
        | Measure::Intercompany
        | Measure::IntercompanyCharged
        | Measure::Cash => {
            let key = (row.measure, row.entity.clone(), row.currency);
            match figures.places.get(&key) {
                Some(Place {
                    month,
                    account: Some(account),
                }) => format!(
                    "/trial-balance/{entity}/{month}/{}?currency={}",
                    segment(account),
                    row.currency
                ),
                Some(Place {
                    month,
                    account: None,
                }) => format!("/trial-balance?entity={entity}&month={month}"),
                None => format!("/trial-balance?entity={entity}"),
            }
        }
    }
}
