//! What a move of an account in the hierarchy would change, as of a day, before it is made: whose the
//! next invoices are, who looks after the open ones, and what stays as it was issued.

use super::structure::of_customer;
use super::{Group, Routes, subtree};
use crate::fault::{stored, stored_value};
use crate::journey::{customer, document, hierarchy};
use crate::{App, AppFault, Refusal};
use commerce::{Contract, Customer};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use store::Tx;
use store::contracts::ContractRow;
use store::documents::{self, DocumentFilter};
use values::{Currency, CustomerId, Date, Money, Zone};

/// Rows read at a time.
const PAGE: i64 = 500;

/// What a move would change.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct HierarchyPreview {
    /// The account.
    pub customer: String,
    /// The account above it now.
    pub parent_now: Option<String>,
    /// The account that would be above it.
    pub parent_then: Option<String>,
    /// On which day.
    pub as_of: Date,
    /// The account and every one below it.
    pub accounts: Vec<String>,
    /// The next invoices of their contracts, those that go another way first.
    pub next_invoices: Vec<NextInvoice>,
    /// Their open invoices. They stay addressed as they were issued; who looks after them may change.
    pub open_invoices: Vec<OpenInvoice>,
    /// Accounts that somebody else would look after.
    pub collections: Vec<OwnerMove>,
}

/// The next invoice of a contract.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct NextInvoice {
    /// The contract.
    pub contract: String,
    /// To whom it was sold.
    pub sold_to: String,
    /// When something is due next.
    pub due: Date,
    /// What is then due without tax, as far as it is agreed; what is measured is not known yet.
    pub net: Money,
    /// Who would be billed without the move.
    pub bill_to_now: Billed,
    /// Who would be billed with it.
    pub bill_to_then: Billed,
    /// Whether that differs.
    pub moves: bool,
}

/// Who is billed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Billed {
    /// The account; absent when nobody can be billed.
    pub customer: Option<String>,
    /// Whether everything that is due of it stands on one invoice.
    pub together: bool,
    /// Why nobody can be billed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refused: Option<String>,
}

/// An invoice that is not paid.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct OpenInvoice {
    /// Its id.
    pub invoice: String,
    /// Its printed number.
    pub number: String,
    /// Who was billed.
    pub customer: String,
    /// When it is to be paid.
    pub due: Date,
    /// What is open.
    pub open: Money,
    /// Who looks after it now.
    pub owner_now: Option<String>,
    /// Who would look after it.
    pub owner_then: Option<String>,
}

/// An account that somebody else would look after.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct OwnerMove {
    /// The account.
    pub customer: String,
    /// Who looks after what it owes now.
    pub now: Option<String>,
    /// Who would.
    pub then: Option<String>,
}

impl App {
    /// What moving an account below `parent` (an empty text: out of the hierarchy; absent: leaving it
    /// where it is) would change on a day; today when absent.
    ///
    /// # Errors
    /// When there is no such customer, or the move itself would be refused.
    pub fn preview_move(
        &self,
        id: &CustomerId,
        parent: Option<&str>,
        as_of: Option<Date>,
    ) -> Result<HierarchyPreview, AppFault> {
        let today = Zone::utc().date_at(self.clock().now());
        let day = as_of.unwrap_or(today);
        let (id, parent) = (id.clone(), parent.map(str::to_owned));
        self.store()
            .read(move |tx| preview(tx, &id, parent.as_deref(), day))
    }
}

fn preview(
    tx: &mut Tx<'_>,
    id: &CustomerId,
    parent: Option<&str>,
    day: Date,
) -> Result<HierarchyPreview, AppFault> {
    let moved = customer::load(tx, id)?;
    let then = would_be(tx, &moved, parent)?;
    let mut routes = (Routes::on(day), Routes::if_moved(day, id, then.as_ref()));
    let accounts = subtree(tx, id)?;
    let (mut next_invoices, mut open_invoices, mut collections) =
        (Vec::new(), Vec::new(), Vec::new());
    for account in &accounts {
        let account: CustomerId = stored_value("customer id", account)?;
        let owners = (
            routes.0.collections_owner(tx, &account)?,
            routes.1.collections_owner(tx, &account)?,
        );
        for row in of_customer(tx, account.as_str(), usize::MAX)? {
            next_invoices.extend(next_invoice(tx, &mut routes, &row)?);
        }
        open_invoices.extend(open(tx, &account, &owners)?);
        if owners.0 != owners.1 {
            collections.push(OwnerMove {
                customer: account.to_string(),
                now: owners.0,
                then: owners.1,
            });
        }
    }
    next_invoices.sort_by(|one: &NextInvoice, other| {
        (!one.moves, one.due, &one.contract).cmp(&(!other.moves, other.due, &other.contract))
    });
    Ok(HierarchyPreview {
        customer: id.to_string(),
        parent_now: moved.parent.map(|parent| parent.to_string()),
        parent_then: then.map(|parent| parent.to_string()),
        as_of: day,
        accounts,
        next_invoices,
        open_invoices,
        collections,
    })
}

/// The account that would be above, where the move itself is allowed.
fn would_be(
    tx: &mut Tx<'_>,
    moved: &Customer,
    parent: Option<&str>,
) -> Result<Option<CustomerId>, AppFault> {
    let Some(text) = parent.map(str::trim) else {
        return Ok(moved.parent.clone());
    };
    if text.is_empty() {
        return Ok(None);
    }
    let parent: CustomerId = text.parse().map_err(|error: values::IdRefused| {
        Refusal::field("bad_id", "parent", error.to_string())
    })?;
    if moved.parent.as_ref() != Some(&parent) {
        hierarchy::may_stand_below(tx, moved, &parent)?;
    }
    Ok(Some(parent))
}

fn next_invoice(
    tx: &mut Tx<'_>,
    routes: &mut (Routes, Routes),
    row: &ContractRow,
) -> Result<Option<NextInvoice>, AppFault> {
    if row.bill_from.is_empty() {
        return Ok(None);
    }
    let due: Date = stored_value("date", &row.bill_from)?;
    let contract: Contract = stored("contract", &row.body)?;
    let billed = document::billed_lines(tx, &row.id)?;
    // What cannot be priced is held by the bill run with its reason.
    let lines = billing::owed(&contract, &billed, due).unwrap_or_default();
    let net = lines.iter().map(|line| line.net.minor).sum();
    let now = whose(routes.0.of_contract(tx, row)?);
    let then = whose(routes.1.of_contract(tx, row)?);
    Ok(Some(NextInvoice {
        contract: row.id.clone(),
        sold_to: row.customer.clone(),
        due,
        net: Money::from_minor(net, contract.currency),
        moves: now != then,
        bill_to_now: now,
        bill_to_then: then,
    }))
}

fn whose(found: Result<Group, commerce::RoutingRefusal>) -> Billed {
    match found {
        Ok(group) => Billed {
            customer: Some(group.bill_to.to_string()),
            together: group.together,
            refused: None,
        },
        Err(refusal) => Billed {
            customer: None,
            together: false,
            refused: Some(refusal.to_string()),
        },
    }
}

fn open(
    tx: &mut Tx<'_>,
    account: &CustomerId,
    owners: &(Option<String>, Option<String>),
) -> Result<Vec<OpenInvoice>, AppFault> {
    let mut found = Vec::new();
    for status in ["open", "partly_paid"] {
        let filter = DocumentFilter {
            customer: account.to_string(),
            kind: "invoice".to_owned(),
            status: status.to_owned(),
            ..DocumentFilter::default()
        };
        let mut before = String::new();
        loop {
            let page = documents::documents(tx, &filter, &before, PAGE)?;
            let Some(last) = page.last() else { break };
            before.clone_from(&last.id);
            for row in page {
                let currency: Currency = stored_value("currency", &row.currency)?;
                found.push(OpenInvoice {
                    due: stored_value("date", &row.due)?,
                    open: Money::from_minor(row.remaining, currency),
                    invoice: row.id,
                    number: row.number,
                    customer: row.customer,
                    owner_now: owners.0.clone(),
                    owner_then: owners.1.clone(),
                });
            }
        }
    }
    found.sort_by(|one, other| (one.due, &one.number).cmp(&(other.due, &other.number)));
    Ok(found)
}
