//! Work that is billed in parts, as it stands: what each plan is worth, what of it is accepted and
//! billed, and what remains.

use super::cursor::{self, ROWS_TO_ASK};
use super::{customer_name, money, some};
use crate::App;
use crate::fault::{AppFault, stored_value};
use crate::view::Page;
use schemars::JsonSchema;
use serde::Serialize;
use store::progress::{self, ProgressPlanRow};
use store::{Tx, billing_desk, contracts};
use values::{Date, Instant, Money};

const LIST: &str = "progress";

/// A plan in a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct ProgressPlanView {
    /// Its id.
    pub id: String,
    /// What is done.
    pub description: String,
    /// What is sold.
    pub product: String,
    /// The contract.
    pub contract: String,
    /// Who buys.
    pub customer: String,
    /// Its name.
    pub customer_name: String,
    /// What all parts may come to.
    pub value: Money,
    /// Accepted so far.
    pub accepted: Money,
    /// What remains.
    pub remaining: Money,
    /// Accepted of the value, in whole percent.
    pub percent: i64,
    /// When it was agreed.
    pub agreed: Instant,
    /// Its parts in order.
    pub parts: Vec<ProgressPartView>,
}

/// A part of a plan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct ProgressPartView {
    /// Its name.
    pub name: String,
    /// `planned`, `accepted` or `undone`.
    pub status: String,
    /// How its amount came about.
    pub arithmetic: String,
    /// Its amount.
    pub amount: Money,
    /// The day on which it was accepted.
    pub on: Option<Date>,
    /// Who accepted it or took it back.
    pub actor: Option<String>,
    /// The documents that bill or credit it, oldest first.
    pub documents: Vec<BillingDocument>,
}

/// A document that bills a part.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct BillingDocument {
    /// Its id.
    pub id: String,
    /// Its number.
    pub number: String,
}

fn show(tx: &mut Tx<'_>, row: ProgressPlanRow) -> Result<ProgressPlanView, AppFault> {
    let mut accepted = money(0, &row.currency)?;
    let mut parts = Vec::new();
    for part in progress::parts(tx, &row.id)? {
        let amount = money(part.amount, &row.currency)?;
        if part.status == "accepted" {
            accepted = accepted.plus(amount)?;
        }
        let found = match part.component.as_str() {
            "" => Vec::new(),
            component => billing_desk::documents_of_component(tx, &row.contract, component)?,
        };
        parts.push(ProgressPartView {
            name: part.name,
            status: part.status,
            arithmetic: part.words,
            amount,
            on: match part.effective.as_str() {
                "" => None,
                day => Some(stored_value("date", day)?),
            },
            actor: some(part.actor),
            documents: found
                .into_iter()
                .map(|(id, number)| BillingDocument { id, number })
                .collect(),
        });
    }
    let value = money(row.value, &row.currency)?;
    let customer = contracts::contract(tx, &row.contract)?
        .map_or_else(String::new, |contract| contract.customer);
    Ok(ProgressPlanView {
        remaining: value.minus(accepted)?,
        percent: percent(accepted.minor, value.minor),
        customer_name: customer_name(tx, &customer)?,
        customer,
        id: row.id,
        description: row.description,
        product: row.product,
        contract: row.contract,
        value,
        accepted,
        agreed: Instant::from_microseconds(row.created),
        parts,
    })
}

/// Rounded down, so that 100 stands only where nothing remains.
fn percent(part: i64, whole: i64) -> i64 {
    let share = i128::from(part) * 100 / i128::from(whole.max(1));
    i64::try_from(share).unwrap_or(100)
}

impl App {
    /// Plans of work that is billed in parts, newest first; of one contract where it is not empty.
    ///
    /// # Errors
    /// When the cursor is not one of this list or the store fails.
    pub fn progress_plans(
        &self,
        contract: &str,
        cursor: Option<&str>,
    ) -> Result<Page<ProgressPlanView>, AppFault> {
        let (contract, cursor) = (contract.to_owned(), cursor.map(str::to_owned));
        self.store().read(move |tx| {
            let (time, id) = cursor::newest(LIST, cursor.as_deref())?;
            let found = billing_desk::progress_plans(tx, &contract, (time, &id), ROWS_TO_ASK)?;
            cursor::page(
                found,
                |row| cursor::of_newest(LIST, row.created, &row.id),
                |row| show(tx, row),
            )
        })
    }

    /// One plan with its parts.
    ///
    /// # Errors
    /// When the store fails.
    pub fn progress_plan(&self, id: &str) -> Result<Option<ProgressPlanView>, AppFault> {
        let id = id.to_owned();
        self.store().read(move |tx| {
            let found = progress::plan(tx, &id)?;
            found.map(|row| show(tx, row)).transpose()
        })
    }
}

#[cfg(test)]
mod tests {
    use super::percent;

    #[test]
    fn a_hundred_percent_stands_only_where_nothing_remains() {
        assert_eq!(percent(99_999, 100_000), 99);
        assert_eq!(percent(100_000, 100_000), 100);
        assert_eq!(percent(0, 0), 0);
    }
}
