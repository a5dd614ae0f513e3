//! What people do in Tieout, and how a wish becomes a command once what it is about is there.

use crate::fault::StormFault;
use app::App;
use app::command::Command;
use serde_json::{Value, json};
use store::proof::{self, Record};
use values::Decimal;

/// Something that somebody does in Tieout, once, however often it has to be tried.
#[derive(Debug, Clone)]
pub struct Errand {
    /// The idempotency key.
    pub key: String,
    /// What is wanted.
    pub wish: Wish,
}

/// Whose contract is meant.
#[derive(Debug, Clone)]
pub enum Whose {
    /// The one that came of this opportunity.
    Opportunity(String),
    /// The one with this id.
    Contract(String),
}

/// What somebody wants.
#[derive(Debug, Clone)]
pub enum Wish {
    /// This command as it is.
    Command {
        /// Its name.
        name: &'static str,
        /// Its body.
        body: Value,
    },
    /// A change of a contract's first component, or of the whole contract.
    Amend {
        /// Which contract.
        whose: Whose,
        /// From when.
        effective: values::Date,
        /// What changes; the component is filled in where the change needs one.
        change: Value,
    },
    /// A credit note about the contract's newest invoice with something left.
    Credit {
        /// Which contract.
        whose: Whose,
        /// How much of it.
        fraction: &'static str,
    },
    /// Free money of the contract's customer goes back.
    Refund {
        /// Which contract.
        whose: Whose,
    },
    /// The customer of a contract transfers money.
    Transfer {
        /// Which contract.
        whose: Whose,
        /// How much.
        how: Transfer,
        /// The bank's reference.
        reference: String,
    },
}

/// How much a customer transfers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Transfer {
    /// What is open of the oldest open invoice.
    Exact,
    /// Half of it.
    Short,
    /// So much more, minor units.
    Over(i64),
    /// So much without naming an invoice, minor units.
    OnAccount(i64),
}

/// Minor units of a currency with two places, in major units.
#[must_use]
pub fn major(minor: i64) -> String {
    Decimal::new(minor, 2).to_string()
}

impl Wish {
    /// The command that fulfils it now; nothing when what it is about is not there.
    ///
    /// # Errors
    /// When our books cannot be read, or the body is none of the command's.
    pub fn command(&self, app: &App) -> Result<Option<Command>, StormFault> {
        let found = match self {
            Wish::Command { name, body } => Some((*name, body.clone())),
            Wish::Amend {
                whose,
                effective,
                change,
            } => amendment(app, whose, &effective.to_string(), change)?,
            Wish::Credit { whose, fraction } => credit(app, whose, fraction)?,
            Wish::Refund { whose } => refund(app, whose)?,
            Wish::Transfer {
                whose,
                how,
                reference,
            } => transfer(app, whose, *how, reference)?,
        };
        match found {
            None => Ok(None),
            Some((name, body)) => Ok(Some(Command::read(name, body)?)),
        }
    }
}

type Worded = Option<(&'static str, Value)>;

fn table(app: &App, name: &'static str) -> Result<Vec<Record>, StormFault> {
    Ok(app.store().read(move |tx| proof::rows(tx, name))?)
}

/// The contract and the row behind it.
fn contract(app: &App, whose: &Whose) -> Result<Option<Record>, StormFault> {
    let id = match whose {
        Whose::Contract(id) => id.clone(),
        Whose::Opportunity(opportunity) => {
            let references = table(app, "reference")?;
            let known = references.iter().find(|row| {
                row.text("kind") == "Opportunity" && row.text("id") == opportunity.as_str()
            });
            match known.and_then(|row| row.text("object").strip_prefix("contract/")) {
                Some(id) => id.to_owned(),
                None => return Ok(None),
            }
        }
    };
    let contracts = table(app, "contract")?;
    Ok(contracts.into_iter().find(|row| row.text("id") == id))
}

fn amendment(
    app: &App,
    whose: &Whose,
    effective: &str,
    change: &Value,
) -> Result<Worded, StormFault> {
    let Some(row) = contract(app, whose)? else {
        return Ok(None);
    };
    let mut change = change.clone();
    if matches!(change["kind"].as_str(), Some("quantity" | "price")) {
        let id = row.text("id").to_owned();
        let whole = app
            .store()
            .read(move |tx| store::contracts::contract(tx, &id))?;
        let body: Value = whole
            .and_then(|whole| serde_json::from_str(&whole.body).ok())
            .unwrap_or_default();
        change["component"] = body["components"][0]["id"].clone();
    }
    Ok(Some((
        "amend_contract",
        json!({ "contract": row.text("id"), "effective": effective, "change": change, "reason": "as agreed" }),
    )))
}

fn credit(app: &App, whose: &Whose, fraction: &str) -> Result<Worded, StormFault> {
    let Some(row) = contract(app, whose)? else {
        return Ok(None);
    };
    let documents = table(app, "document")?;
    let mut of_contract = documents.iter().filter(|document| {
        document.text("kind") == "invoice" && document.text("contract") == row.text("id")
    });
    // The first invoice is the one most likely to be paid, so that the credit frees money.
    let Some(invoice) = of_contract.next() else {
        return Ok(None);
    };
    Ok(Some((
        "issue_credit_note",
        json!({ "invoice": invoice.text("id"), "reason": "service was late", "fraction": fraction }),
    )))
}

fn refund(app: &App, whose: &Whose) -> Result<Worded, StormFault> {
    let Some(row) = contract(app, whose)? else {
        return Ok(None);
    };
    let payments = table(app, "payment")?;
    let free = payments.iter().find(|payment| {
        payment.text("customer") == row.text("customer")
            && payment.text("status") == "settled"
            && payment.int("unapplied") > 0
    });
    Ok(free.map(|payment| {
        let body = json!({ "payment": payment.text("id"), "reason": "money back" });
        ("refund_payment", body)
    }))
}

fn transfer(
    app: &App,
    whose: &Whose,
    how: Transfer,
    reference: &str,
) -> Result<Worded, StormFault> {
    let Some(row) = contract(app, whose)? else {
        return Ok(None);
    };
    let documents = table(app, "document")?;
    let open = documents.iter().find(|document| {
        document.text("kind") == "invoice"
            && document.text("customer") == row.text("customer")
            && document.int("remaining") > 0
    });
    let references = json!([{ "system": "bank", "kind": "Transfer", "id": reference }]);
    let body = match (how, open) {
        (Transfer::OnAccount(minor), _) => json!({
            "customer": row.text("customer"), "entity": row.text("entity"), "currency": row.text("currency"),
            "amount": major(minor), "references": references,
        }),
        (_, None) => return Ok(None),
        (_, Some(invoice)) => {
            let remaining = invoice.int("remaining");
            let minor = match how {
                Transfer::Short => (remaining / 2).max(1),
                Transfer::Over(more) => remaining + more,
                Transfer::Exact | Transfer::OnAccount(_) => remaining,
            };
            json!({ "invoice": invoice.text("id"), "amount": major(minor), "references": references })
        }
    };
    Ok(Some(("record_payment", body)))
}
