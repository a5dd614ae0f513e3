//! Price changes as people see them.

use super::cursor::{self as paging};
use crate::App;
use crate::command::PlanPriceChange;
use crate::fault::{AppFault, stored, stored_value};
use crate::price_change::load;
use crate::view::Page;
use commerce::NewPrice;
use schemars::JsonSchema;
use serde::Serialize;
use store::price_changes::{self, PriceChangeResult, PriceChangeRow, PriceChangeSum};
use values::{Currency, Date, Decimal, Instant, Money};

const LIST: &str = "price_changes";
const RESULTS: &str = "price_change_results";

/// A price change in a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct PriceChangeView {
    /// Its id.
    pub id: String,
    /// `planned`, `waiting`, `running`, `done` or `cancelled`.
    pub status: String,
    /// The product.
    pub product: String,
    /// Only contracts of this legal entity.
    pub entity: Option<String>,
    /// First day of the new price.
    pub effective: Date,
    /// What the new price is, in words such as `5 % on every price`.
    pub price: String,
    /// Why the price changes.
    pub why: String,
    /// Who planned it.
    pub maker: String,
    /// Who approved it.
    pub checker: Option<String>,
    /// Why it was cancelled.
    pub reason: Option<String>,
    /// When it was planned.
    pub created: Instant,
    /// When it last moved.
    pub changed: Instant,
}

/// Sums of one outcome.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct PriceChangeSums {
    /// `expected`, `excluded`, `repriced` or `held`.
    pub outcome: String,
    /// Word for why, for what is excluded or held.
    pub code: Option<String>,
    /// Contracts.
    pub contracts: i64,
    /// What they pay a month before.
    pub monthly_before: Money,
    /// What they pay a month afterwards.
    pub monthly_after: Money,
    /// What they are worth before.
    pub value_before: Money,
    /// What they are worth afterwards.
    pub value_after: Money,
}

/// One price change.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct PriceChangeDetail {
    /// What it is.
    pub price_change: PriceChangeView,
    /// Sums by outcome, reason and currency.
    pub sums: Vec<PriceChangeSums>,
}

/// What a price change comes to on one contract.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct PriceChangeLine {
    /// The contract.
    pub contract: String,
    /// Its customer.
    pub customer: String,
    /// `expected`, `excluded`, `repriced` or `held`.
    pub outcome: String,
    /// Word for why it is excluded or held.
    pub code: Option<String>,
    /// Why it is excluded or held.
    pub why: Option<String>,
    /// A month before.
    pub monthly_before: Money,
    /// A month afterwards.
    pub monthly_after: Money,
    /// Value of the contract before.
    pub value_before: Money,
    /// Value of the contract afterwards.
    pub value_after: Money,
}

fn said(text: String) -> Option<String> {
    (!text.is_empty()).then_some(text)
}

fn show(row: PriceChangeRow) -> Result<PriceChangeView, AppFault> {
    let body: PlanPriceChange = stored("price change", &row.body)?;
    Ok(PriceChangeView {
        id: row.id,
        status: row.status,
        product: row.product,
        entity: said(row.entity),
        effective: stored_value("date", &row.effective)?,
        price: in_words(&body.price),
        why: body.reason,
        maker: row.maker,
        checker: said(row.checker),
        reason: said(row.reason),
        created: Instant::from_microseconds(row.created),
        changed: Instant::from_microseconds(row.changed),
    })
}

/// A new price in words.
pub(crate) fn in_words(price: &NewPrice) -> String {
    match price {
        NewPrice::List => "the price of the catalogue".to_owned(),
        NewPrice::Uplift { rate } => {
            let percent = rate.decimal().saturating_mul(Decimal::ONE_HUNDRED);
            format!("{} % on every price", percent.normalize())
        }
        NewPrice::Unit { unit_price } => format!("{unit_price} a unit"),
    }
}

fn sums(row: PriceChangeSum) -> Result<PriceChangeSums, AppFault> {
    let currency: Currency = stored_value("currency", &row.currency)?;
    let money = |minor| Money::from_minor(minor, currency);
    Ok(PriceChangeSums {
        outcome: row.outcome,
        code: said(row.code),
        contracts: row.contracts,
        monthly_before: money(row.monthly_before),
        monthly_after: money(row.monthly_after),
        value_before: money(row.value_before),
        value_after: money(row.value_after),
    })
}

fn line(row: PriceChangeResult) -> Result<PriceChangeLine, AppFault> {
    let currency: Currency = stored_value("currency", &row.currency)?;
    let money = |minor| Money::from_minor(minor, currency);
    Ok(PriceChangeLine {
        contract: row.contract,
        customer: row.customer,
        outcome: row.outcome,
        code: said(row.code),
        why: said(row.why),
        monthly_before: money(row.monthly_before),
        monthly_after: money(row.monthly_after),
        value_before: money(row.value_before),
        value_after: money(row.value_after),
    })
}

impl App {
    /// Price changes, newest first.
    ///
    /// # Errors
    /// When the cursor is not one of this list or the store fails.
    pub fn price_changes(&self, cursor: Option<&str>) -> Result<Page<PriceChangeView>, AppFault> {
        let (created, id) = paging::newest(LIST, cursor)?;
        self.store().read(move |tx| {
            let found = price_changes::newest(tx, (created, &id), paging::ROWS_TO_ASK)?;
            paging::page(
                found,
                |row| paging::of_newest(LIST, row.created, &row.id),
                show,
            )
        })
    }

    /// One price change with its sums.
    ///
    /// # Errors
    /// When there is none with this id or the store fails.
    pub fn price_change(&self, id: &str) -> Result<PriceChangeDetail, AppFault> {
        let id = id.to_owned();
        self.store().read(move |tx| {
            let row = load(tx, &id)?;
            let found = price_changes::sums(tx, &id)?;
            Ok(PriceChangeDetail {
                price_change: show(row)?,
                sums: found.into_iter().map(sums).collect::<Result<_, _>>()?,
            })
        })
    }

    /// What a price change comes to on each contract, by contract; of one outcome, or all for nothing.
    ///
    /// # Errors
    /// When there is none with this id, the cursor is not one of this list or the store fails.
    pub fn price_change_lines(
        &self,
        id: &str,
        outcome: Option<&str>,
        cursor: Option<&str>,
    ) -> Result<Page<PriceChangeLine>, AppFault> {
        let (_, after) = match cursor {
            Some(_) => paging::newest(RESULTS, cursor)?,
            None => (0, String::new()),
        };
        let (id, outcome) = (id.to_owned(), outcome.unwrap_or_default().to_owned());
        self.store().read(move |tx| {
            load(tx, &id)?;
            let found = price_changes::results(tx, &id, &outcome, &after, paging::ROWS_TO_ASK)?;
            paging::page(
                found,
                |row| paging::of_newest(RESULTS, 0, &row.contract),
                line,
            )
        })
    }
}
