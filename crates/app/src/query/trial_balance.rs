//! The trial balance, and the way from a balance down to its lines.

use super::cursor::{self, Key, ROWS_TO_ASK};
use super::{AccountKey, customer_name, money, some, tie_out};
use crate::fault::{AppFault, stored_value};
use crate::view::{AccountDetail, BalanceRow, Page, PostedLine, TieOutRow, TrialBalance};
use crate::{App, Books};
use recon::Measure;
use store::Tx;
use store::journals::{self, AccountMonth, PostedRow};
use values::{Date, EntityId, Instant, Money, Month};

const LIST: &str = "account";

/// Legal entities: id and name, by id.
#[must_use]
pub fn entities(books: &Books) -> Vec<(String, String)> {
    let all = books.entities.values();
    all.map(|entity| (entity.id.as_str().to_owned(), entity.name.clone()))
        .collect()
}

/// Months in which anything moved in an entity's books, newest first.
///
/// # Errors
/// When the store fails.
pub fn months(tx: &mut Tx<'_>, entity: &str) -> Result<Vec<Month>, AppFault> {
    let found = journals::months(tx, entity)?;
    found
        .iter()
        .map(|month| stored_value("month", month))
        .collect()
}

/// The trial balance; without entity the first one, without month its newest (the present one when
/// nothing moved yet). Nothing when there is no such entity.
///
/// # Errors
/// When the store fails, or a balance stands on an account that the chart does not have.
pub fn trial_balance(
    tx: &mut Tx<'_>,
    books: &Books,
    now: Instant,
    entity: Option<&str>,
    month: Option<Month>,
) -> Result<Option<TrialBalance>, AppFault> {
    let found = match entity {
        Some(id) => id
            .parse::<EntityId>()
            .ok()
            .and_then(|id| books.entities.get(&id)),
        None => books.entities.values().next(),
    };
    let Some(entity) = found else {
        return Ok(None);
    };
    let id = entity.id.as_str();
    let newest = months(tx, id)?.first().copied();
    let present = Month::of(entity.zone.date_at(now));
    let month = month.or(newest).unwrap_or(present);
    // Tie-outs are about everything posted so far; an earlier month shows its balances only.
    let proofs = match newest {
        Some(newest) if month >= newest => tie_out::of_accounts(tx, books)?,
        _ => Vec::new(),
    };
    let (rows, totals) = balances(tx, books, id, month, &proofs)?;
    let closed = journals::is_closed(tx, id, &month.to_string())?;
    Ok(Some(TrialBalance {
        entity: id.to_owned(),
        entity_name: entity.name.clone(),
        month,
        state: if closed { "closed" } else { "open" }.to_owned(),
        rows,
        totals,
    }))
}

/// The lines behind one balance, by accounting date. Nothing when nothing ever moved there.
///
/// # Errors
/// When the cursor is not one of this list or the store fails.
pub fn account(
    tx: &mut Tx<'_>,
    books: &Books,
    now: Instant,
    key: &AccountKey,
    cursor: Option<&str>,
) -> Result<Option<AccountDetail>, AppFault> {
    let after = cursor::read(LIST, cursor)?;
    let Some(found) = trial_balance(tx, books, now, Some(&key.entity), Some(key.month))? else {
        return Ok(None);
    };
    let row = found
        .rows
        .into_iter()
        .find(|row| row.account == key.account && row.closing.currency == key.currency);
    let Some(row) = row else {
        return Ok(None);
    };
    let month = key.month.to_string();
    let at = AccountMonth {
        entity: &key.entity,
        account: &key.account,
        currency: key.currency.code(),
        month: &month,
    };
    let (mut running, posted) = match &after {
        Some(Key {
            numbers: [line, _],
            texts: [date, journal],
        }) => {
            let place = (date.as_str(), journal.as_str(), *line);
            let moved = Money::from_minor(journals::moved_through(tx, at, place)?, key.currency);
            let posted = journals::lines_by_date(tx, at, place, ROWS_TO_ASK)?;
            (row.opening.plus(moved)?, posted)
        }
        None => {
            let posted = journals::lines_by_date(tx, at, ("", "", 0), ROWS_TO_ASK)?;
            (row.opening, posted)
        }
    };
    let lines: Page<PostedLine> = cursor::page(posted, cursor_of, |line| {
        running = running.plus(Money::from_minor(line.amount, key.currency))?;
        show_line(tx, line, running)
    })?;
    Ok(Some(AccountDetail {
        row,
        entity: key.entity.clone(),
        month: key.month,
        lines,
    }))
}

impl App {
    /// As [`entities`].
    ///
    /// # Errors
    /// Never: the configuration is at hand.
    pub fn entities(&self) -> Result<Vec<(String, String)>, AppFault> {
        Ok(entities(&self.books()))
    }

    /// As [`months`].
    ///
    /// # Errors
    /// As [`months`].
    pub fn months(&self, entity: &str) -> Result<Vec<Month>, AppFault> {
        let entity = entity.to_owned();
        self.store().read(move |tx| months(tx, &entity))
    }

    /// As [`trial_balance`].
    ///
    /// # Errors
    /// As [`trial_balance`].
    pub fn trial_balance(
        &self,
        entity: Option<&str>,
        month: Option<Month>,
    ) -> Result<Option<TrialBalance>, AppFault> {
        let (books, now, entity) = (self.books(), self.clock().now(), entity.map(str::to_owned));
        self.store()
            .read(move |tx| trial_balance(tx, &books, now, entity.as_deref(), month))
    }

    /// As [`account`].
    ///
    /// # Errors
    /// As [`account`].
    pub fn account(
        &self,
        key: &AccountKey,
        cursor: Option<&str>,
    ) -> Result<Option<AccountDetail>, AppFault> {
        let (books, now) = (self.books(), self.clock().now());
        let (key, cursor) = (key.clone(), cursor.map(str::to_owned));
        self.store()
            .read(move |tx| account(tx, &books, now, &key, cursor.as_deref()))
    }
}

fn balances(
    tx: &mut Tx<'_>,
    books: &Books,
    entity: &str,
    month: Month,
    proofs: &[TieOutRow],
) -> Result<(Vec<BalanceRow>, Vec<BalanceRow>), AppFault> {
    let mut kept = Vec::new();
    for row in journals::balances(tx, entity)? {
        kept.push(ledger::BalanceRow {
            account: stored_value("account", &row.account)?,
            currency: stored_value("currency", &row.currency)?,
            month: stored_value("month", &row.month)?,
            debit: row.debit,
            credit: row.credit,
        });
    }
    let drawn = ledger::trial_balance(&kept, &books.chart, month).map_err(|refusal| {
        AppFault::Unreadable {
            what: "balances",
            error: refusal.to_string(),
        }
    })?;
    let mut rows = Vec::new();
    for row in drawn.rows {
        let of = |minor| Money::from_minor(minor, row.currency);
        let measure = row.ties_out_with.as_deref().and_then(Measure::from_word);
        let proof = measure.and_then(|measure| {
            proofs.iter().find(|proof| {
                proof.measure == measure.as_str()
                    && proof.entity == entity
                    && proof.expected.currency == row.currency
            })
        });
        rows.push(BalanceRow {
            account: row.account.as_str().to_owned(),
            name: row.name,
            kind: row.kind.as_str().to_owned(),
            opening: of(row.opening),
            debit: of(row.debit),
            credit: of(row.credit),
            closing: of(row.closing),
            ties_out: proof.map(|proof| (proof.expected_from.clone(), proof.status)),
        });
    }
    let totals = drawn.totals.into_iter().map(|total| {
        let of = |minor| Money::from_minor(minor, total.currency);
        BalanceRow {
            account: String::new(),
            name: "All accounts".to_owned(),
            kind: String::new(),
            opening: of(total.opening),
            debit: of(total.debit),
            credit: of(total.credit),
            closing: of(total.closing),
            ties_out: None,
        }
    });
    Ok((rows, totals.collect()))
}

fn cursor_of(line: &PostedRow) -> String {
    let key = Key {
        numbers: [line.line, 0],
        texts: [line.date.clone(), line.journal.clone()],
    };
    cursor::write(LIST, &key)
}

fn show_line(tx: &mut Tx<'_>, line: PostedRow, running: Money) -> Result<PostedLine, AppFault> {
    let customer = match line.customer.as_str() {
        "" => None,
        id => Some(customer_name(tx, id)?),
    };
    let date: Date = stored_value("date", &line.date)?;
    Ok(PostedLine {
        amount: money(line.amount, running.currency.code())?,
        journal: line.journal,
        date,
        narration: line.narration,
        document: some(line.document),
        contract: some(line.contract),
        customer,
        running,
    })
}
