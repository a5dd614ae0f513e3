//! Measures that prove balances of accounts, and journals against the outside ledger. Which account
//! a measure proves is said by the chart.

use super::{Figures, Place, ReadBack};
use crate::books::Books;
use crate::fault::{AppFault, stored, stored_value};
use recon::Measure;
use revenue::Obligation;
use std::collections::BTreeMap;
use store::payments::MoneySum;
use store::{Tx, collection, documents, effects, intercompany, journals, obligations, payments};
use values::{AccountCode, Currency, EntityId, Instant, Month};

/// Obligations read at once.
const OBLIGATIONS_A_STEP: i64 = 500;

/// The operation by which a journal is delivered to the outside ledger.
pub(super) const DELIVERY: &str = "netsuite.journal_entry";

/// Settings that hold what the processor says it received net, in minor units, by entity and
/// currency.
const PROCESSOR_BALANCE: &str = "processor_balance";

/// Whether a measure is the one of balances.
pub(super) fn proves_accounts(measure: Measure) -> bool {
    match measure {
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
        | Measure::Cash => true,
        Measure::Bookings | Measure::Billings | Measure::BilledElsewhere | Measure::Delivered => {
            false
        }
    }
}

/// Adds both sides of every measure that proves an account.
pub(super) fn add(tx: &mut Tx<'_>, books: &Books, figures: &mut Figures) -> Result<(), AppFault> {
    balances(tx, books, figures)?;
    let mut expected = Figures::default();
    of_obligations(tx, &mut expected)?;
    of_documents(tx, &mut expected)?;
    of_money(tx, &mut expected)?;
    of_collection(tx, &mut expected)?;
    of_pairs(tx, &mut expected)?;
    // Where the chart proves no account by a measure, there is nothing to compare it with.
    expected.expected.retain(|figure| {
        let mut proven = books.chart.proven_by(figure.measure.as_str());
        proven.next().is_some()
    });
    figures.expected.append(&mut expected.expected);
    Ok(())
}

/// What the accounts say, on the side on which each grows.
fn balances(tx: &mut Tx<'_>, books: &Books, figures: &mut Figures) -> Result<(), AppFault> {
    let mut sums: BTreeMap<(String, String, String), (i64, String)> = BTreeMap::new();
    for row in journals::balances(tx, "")? {
        let sum = sums
            .entry((row.entity, row.account, row.currency))
            .or_default();
        let moved = row.debit.checked_sub(row.credit);
        sum.0 = moved
            .and_then(|moved| sum.0.checked_add(moved))
            .ok_or(values::MoneyRefused::TooLarge)?;
        if sum.1 < row.month {
            sum.1 = row.month;
        }
    }
    for ((entity, code, currency), (balance, month)) in sums {
        let code: AccountCode = stored_value("account", &code)?;
        let Some(account) = books.chart.account(&code) else {
            continue;
        };
        let measure = account.ties_out_with.as_deref();
        let Some(measure) = measure.and_then(Measure::from_word) else {
            continue;
        };
        // Between entities the sign says who owes: over the group the figures add up to zero.
        let signed = matches!(
            measure,
            Measure::Intercompany | Measure::IntercompanyCharged
        );
        let balance = if signed {
            Some(balance)
        } else {
            ledger::natural(account.kind, balance)
        };
        let balance = balance.ok_or(values::MoneyRefused::TooLarge)?;
        figures.find(measure, &entity, &currency, balance);
        let key: (Measure, EntityId, Currency) = (
            measure,
            stored_value("entity id", &entity)?,
            stored_value("currency", &currency)?,
        );
        let month: Month = stored_value("month", &month)?;
        figures
            .places
            .entry(key)
            .and_modify(|place| {
                place.month = place.month.max(month);
                place.account = None;
            })
            .or_insert(Place {
                month,
                account: Some(code.as_str().to_owned()),
            });
    }
    Ok(())
}

/// Billed against recognised, and recognised against what the schedules earn through the last run.
fn of_obligations(tx: &mut Tx<'_>, figures: &mut Figures) -> Result<(), AppFault> {
    let mut after = String::new();
    loop {
        let page = obligations::page(tx, "", &after, OBLIGATIONS_A_STEP)?;
        let Some(last) = page.last() else {
            return Ok(());
        };
        after.clone_from(&last.id);
        for row in page {
            let (entity, currency) = (row.entity.as_str(), row.currency.as_str());
            let position = row
                .billed
                .checked_sub(row.recognised)
                .ok_or(values::MoneyRefused::TooLarge)?;
            figures.expect(Measure::Deferred, entity, currency, position.max(0));
            figures.expect(Measure::Unbilled, entity, currency, -position.min(0));
            if row.recognised_through.is_empty() {
                continue;
            }
            let obligation: Obligation = stored("obligation", &row.body)?;
            let through = stored_value("date", &row.recognised_through)?;
            let earned = revenue::earned_through(&obligation, through).map_err(|refusal| {
                AppFault::Unreadable {
                    what: "obligation",
                    error: refusal.to_string(),
                }
            })?;
            figures.expect(Measure::Recognised, entity, currency, earned);
        }
    }
}

/// What is open on documents, their tax and what rounds them.
fn of_documents(tx: &mut Tx<'_>, figures: &mut Figures) -> Result<(), AppFault> {
    for sum in documents::sums(tx)? {
        let sign = if sum.kind == "credit_note" { -1 } else { 1 };
        let (entity, currency) = (sum.entity.as_str(), sum.currency.as_str());
        figures.expect(Measure::Receivable, entity, currency, sign * sum.remaining);
        figures.expect(Measure::Tax, entity, currency, sign * sum.tax);
        // What an invoice rounds up is no expense but less of one.
        let rounding = sum.total - sum.net - sum.tax;
        if rounding != 0 {
            figures.expect(Measure::Rounding, entity, currency, -sign * rounding);
        }
    }
    Ok(())
}

/// Credit bought in advance, and tax relieved of what was given up.
fn of_collection(tx: &mut Tx<'_>, figures: &mut Figures) -> Result<(), AppFault> {
    for sum in collection::prepaid_bought(tx)? {
        figures.expect(Measure::Unapplied, &sum.entity, &sum.currency, -sum.minor);
    }
    for sum in collection::prepaid_left(tx)? {
        figures.expect(Measure::Prepaid, &sum.entity, &sum.currency, sum.minor);
    }
    for sum in collection::tax_relieved(tx)? {
        figures.expect(Measure::Tax, &sum.entity, &sum.currency, -sum.minor);
    }
    Ok(())
}

/// What entities billed each other: the seller is owed and has earned, the buyer owes and has spent.
fn of_pairs(tx: &mut Tx<'_>, figures: &mut Figures) -> Result<(), AppFault> {
    for sum in intercompany::billed(tx)? {
        let (currency, amount) = (sum.currency.as_str(), sum.amount);
        for (entity, owed) in [(&sum.seller, amount), (&sum.buyer, -amount)] {
            figures.expect(Measure::Intercompany, entity, currency, owed);
            figures.expect(Measure::IntercompanyCharged, entity, currency, -owed);
        }
    }
    Ok(())
}

/// Money received: in the words of the processor for cards where it has been asked, and by the
/// payments themselves otherwise and since it was asked.
fn of_money(tx: &mut Tx<'_>, figures: &mut Figures) -> Result<(), AppFault> {
    let told = ReadBack::of(tx, PROCESSOR_BALANCE)?;
    for (entity, currency, minor) in &told.figures {
        figures.expect(Measure::Cash, entity, currency, *minor);
    }
    let by_processor = |sum: &MoneySum| {
        let known = |(entity, currency, _): &(String, String, i64)| {
            *entity == sum.entity && *currency == sum.currency
        };
        sum.method == "card" && told.figures.iter().any(known)
    };
    for sum in payments::received(tx)? {
        let (entity, currency) = (sum.entity.as_str(), sum.currency.as_str());
        figures.expect(Measure::Unapplied, entity, currency, sum.amount);
        if !by_processor(&sum) {
            figures.expect(Measure::Cash, entity, currency, sum.amount - sum.fee);
        }
    }
    for sum in payments::given_back(tx)? {
        let (entity, currency) = (sum.entity.as_str(), sum.currency.as_str());
        figures.expect(Measure::Unapplied, entity, currency, -sum.amount);
        if !by_processor(&sum) {
            figures.expect(Measure::Cash, entity, currency, -sum.amount);
        }
    }
    // What has happened since the processor was asked cannot be in its figure yet.
    for sum in payments::received_since(tx, told.read)? {
        if by_processor(&sum) {
            figures.expect(
                Measure::Cash,
                &sum.entity,
                &sum.currency,
                sum.amount - sum.fee,
            );
        }
    }
    for sum in payments::given_back_since(tx, told.read)? {
        if by_processor(&sum) {
            figures.expect(Measure::Cash, &sum.entity, &sum.currency, -sum.amount);
        }
    }
    for sum in payments::applied(tx)? {
        figures.expect(Measure::Unapplied, &sum.entity, &sum.currency, -sum.amount);
    }
    Ok(())
}

/// How long a journal may be on its way to the outside ledger before its absence there is a break.
const DELIVERY_WINDOW_SECONDS: i64 = 86_400;

/// Journals here against journals confirmed there, once anything was to be delivered, and what is on
/// its way.
pub(super) fn delivered(
    tx: &mut Tx<'_>,
    now: Instant,
    figures: &mut Figures,
) -> Result<(), AppFault> {
    let delivered = effects::value_by_status(tx, DELIVERY)?;
    if delivered.is_empty() {
        return Ok(());
    }
    for sum in journals::sums(tx)? {
        figures.expect(Measure::Delivered, &sum.entity, &sum.currency, sum.total);
    }
    for (entity, currency, status, _, value) in delivered {
        if status == "confirmed" {
            figures.find(Measure::Delivered, &entity, &currency, value);
        }
    }
    let since = now.plus_seconds(-DELIVERY_WINDOW_SECONDS).microseconds();
    for (entity, currency, value) in effects::value_under_way(tx, DELIVERY, since)? {
        figures
            .under_way
            .extend(super::figure(Measure::Delivered, &entity, &currency, value));
    }
    Ok(())
}
