//! What legal entities bill each other: both sides of each bill, and that they come to nothing when
//! the group is added up.

use super::cursor::{self, ROWS_TO_ASK};
use super::money;
use crate::App;
use crate::fault::{AppFault, stored_value};
use crate::view::Page;
use ledger::Chart;
use schemars::JsonSchema;
use serde::Serialize;
use store::intercompany::{self, IntercompanyPairRow};
use store::{Tx, billing_desk, journals};
use values::{Date, Instant, Money, Rate};

const LIST: &str = "intercompany";

/// A bill of one legal entity to another.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct IntercompanyView {
    /// Its id.
    pub id: String,
    /// The number that stands in both books.
    pub number: String,
    /// The entity that bills.
    pub seller: String,
    /// The entity that is billed.
    pub buyer: String,
    /// For what.
    pub description: String,
    /// What it cost the seller.
    pub cost: Money,
    /// Put on the cost.
    pub markup: Rate,
    /// What was billed.
    pub amount: Money,
    /// Its date in both books.
    pub on: Date,
    /// `billed` or `undone`.
    pub status: String,
    /// The number of the credit note that took it back; bills undone before there were any have none.
    pub credit_note: Option<String>,
    /// Who billed or undid it.
    pub actor: String,
    /// When it was billed.
    pub created: Instant,
    /// In the books of the seller.
    pub seller_side: IntercompanySide,
    /// In the books of the buyer.
    pub buyer_side: IntercompanySide,
}

/// One side of such a bill.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct IntercompanySide {
    /// Its journal.
    pub journal: String,
    /// What it posts, debits above zero.
    pub lines: Vec<SideLine>,
}

/// A line of a journal of one side.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct SideLine {
    /// Account.
    pub account: String,
    /// Its name in the chart.
    pub name: String,
    /// Debits above zero, credits below.
    pub amount: Money,
}

/// What the accounts between entities come to over the whole group, in one currency.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct IntercompanyNet {
    /// Due from group companies less due to them: zero, or something was posted on one side alone.
    pub owed: Money,
    /// Charged to each other less charged by each other: zero as well.
    pub earned: Money,
    /// Whether both are zero.
    pub nets: bool,
}

fn side(tx: &mut Tx<'_>, chart: &Chart, journal: &str) -> Result<IntercompanySide, AppFault> {
    let mut lines = Vec::new();
    for line in journals::lines_of(tx, journal)? {
        let known = chart
            .accounts()
            .iter()
            .find(|account| account.code.as_str() == line.account);
        lines.push(SideLine {
            name: known.map_or_else(String::new, |account| account.name.clone()),
            account: line.account,
            amount: money(line.amount, &line.currency)?,
        });
    }
    Ok(IntercompanySide {
        journal: journal.to_owned(),
        lines,
    })
}

fn show(
    tx: &mut Tx<'_>,
    chart: &Chart,
    row: IntercompanyPairRow,
    credit_note: Option<String>,
) -> Result<IntercompanyView, AppFault> {
    Ok(IntercompanyView {
        credit_note,
        seller_side: side(tx, chart, &row.seller_journal)?,
        buyer_side: side(tx, chart, &row.buyer_journal)?,
        cost: money(row.cost, &row.currency)?,
        amount: money(row.amount, &row.currency)?,
        markup: stored_value("rate", &row.markup)?,
        on: stored_value("date", &row.dated)?,
        created: Instant::from_microseconds(row.created),
        id: row.id,
        number: row.number,
        seller: row.seller,
        buyer: row.buyer,
        description: row.description,
        status: row.status,
        actor: row.actor,
    })
}

impl App {
    /// What legal entities billed each other, newest first, with both sides.
    ///
    /// # Errors
    /// When the cursor is not one of this list or the store fails.
    pub fn intercompany_pairs(
        &self,
        cursor: Option<&str>,
    ) -> Result<Page<IntercompanyView>, AppFault> {
        let (books, cursor) = (self.books(), cursor.map(str::to_owned));
        self.store().read(move |tx| {
            let (time, id) = cursor::newest(LIST, cursor.as_deref())?;
            let found = billing_desk::intercompany_pairs(tx, (time, &id), ROWS_TO_ASK)?;
            let undone = found.iter().filter(|row| row.status == "undone");
            let undone: Vec<&str> = undone.map(|row| row.id.as_str()).collect();
            let mut credits = intercompany::credit_numbers(tx, &undone)?;
            cursor::page(
                found,
                |row| cursor::of_newest(LIST, row.created, &row.id),
                |row| {
                    let credit_note = credits.remove(&row.id);
                    show(tx, &books.chart, row, credit_note)
                },
            )
        })
    }

    /// What the accounts between entities come to over the group, one row a currency.
    ///
    /// # Errors
    /// When the store fails.
    pub fn intercompany_position(&self) -> Result<Vec<IntercompanyNet>, AppFault> {
        self.intercompany_nets()?
            .into_iter()
            .map(|net| {
                Ok(IntercompanyNet {
                    owed: money(net.difference, &net.currency)?,
                    earned: money(net.earned, &net.currency)?,
                    nets: net.difference == 0 && net.earned == 0,
                })
            })
            .collect()
    }
}
