//! Money that is set against nothing: how long it has waited, what it is worth, and what it is for,
//! as far as can be told.

use super::of_document;
use crate::fault::{AppFault, stored_value};
use billing::{Candidate, CashRefusal, MatchPolicy, OpenInvoice, Remittance, Suggestion};
use schemars::JsonSchema;
use serde::Serialize;
use store::documents::{self, DocumentRow};
use store::payments::PaymentRow;
use store::{Tx, catalogue, collection};
use values::{Date, Instant, Money, Zone};

/// Invoices that a payment of somebody unknown is compared with.
const OF_AMOUNT: i64 = 20;

/// A payment of which something is set against nothing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct UnmatchedPayment {
    /// The payment.
    pub payment: String,
    /// Who paid, or empty.
    pub customer: String,
    /// Its name, or empty.
    pub customer_name: String,
    /// Whose books.
    pub entity: String,
    /// What was paid.
    pub amount: Money,
    /// What is set against nothing.
    pub unapplied: Money,
    /// When it arrived.
    pub received: Date,
    /// For how many days it has waited.
    pub days: i64,
    /// What the payer wrote.
    pub text: String,
    /// Why it is not matched, in words.
    pub why: String,
    /// How sure the suggestion is, 0 to 100.
    pub confidence: u8,
    /// The open invoices that it may be for: those suggested first.
    pub candidates: Vec<UnmatchedCandidate>,
}

/// An open invoice that a payment may be for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct UnmatchedCandidate {
    /// The invoice.
    pub invoice: String,
    /// Its number.
    pub number: String,
    /// Who owes it.
    pub customer: String,
    /// When it is due.
    pub due: String,
    /// What is open.
    pub open: Money,
    /// What is suggested to be set against it; nothing where it is not suggested.
    pub suggested: Option<Money>,
}

/// A suggestion with the invoices that it chose from, or why there is none.
type Matched = Result<(Suggestion, Vec<Candidate>), CashRefusal>;

/// What is unapplied of a payment, and what it is for.
///
/// # Errors
/// When the store fails.
pub(crate) fn matched(
    tx: &mut Tx<'_>,
    row: &PaymentRow,
    policy: &MatchPolicy,
) -> Result<Matched, AppFault> {
    let text = collection::remittance(tx, &row.id)?;
    let amount = Money::from_minor(row.unapplied, stored_value("currency", &row.currency)?);
    let remittance = Remittance {
        amount,
        payer: match row.customer.as_str() {
            "" => None,
            id => Some(stored_value("customer id", id)?),
        },
        text,
    };
    let candidates = candidates(tx, row, &remittance)?;
    Ok(billing::suggest(&remittance, &candidates, policy).map(|found| (found, candidates)))
}

fn candidates(
    tx: &mut Tx<'_>,
    row: &PaymentRow,
    remittance: &Remittance,
) -> Result<Vec<Candidate>, AppFault> {
    let mut found: Vec<(DocumentRow, Option<String>)> = Vec::new();
    if row.customer.is_empty() {
        let minor = remittance.amount.minor;
        for id in collection::open_of_amount(tx, &row.entity, &row.currency, minor, OF_AMOUNT)? {
            found.extend(documents::document(tx, &id)?.map(|invoice| (invoice, None)));
        }
    } else {
        for invoice in documents::open_invoices(tx, &row.customer, &row.entity, &row.currency)? {
            found.push((invoice, None));
        }
        for customer in collection::paid_by(tx, &row.customer)? {
            for invoice in documents::open_invoices(tx, &customer, &row.entity, &row.currency)? {
                found.push((invoice, Some(row.customer.clone())));
            }
        }
    }
    // What the text names is looked at whoever owes it, in whatever currency.
    for word in remittance.text.split([' ', ',', ';', '\n', '\t']) {
        let word = word.trim_matches(|c: char| !c.is_alphanumeric());
        if word.len() < 4 {
            continue;
        }
        let named = match documents::by_number(tx, word)? {
            Some(named) => Some(named),
            None => documents::document(tx, word)?,
        };
        let Some(named) =
            named.filter(|it| it.kind == "invoice" && it.remaining > 0 && it.entity == row.entity)
        else {
            continue;
        };
        if !found.iter().any(|(known, _)| known.id == named.id) {
            let payer = super::cash::pays_for(tx, &row.customer, &named.customer)?;
            let payer = payer.then(|| row.customer.clone());
            found.push((named, payer));
        }
    }
    let mut all = Vec::with_capacity(found.len());
    for (invoice, payer) in found.iter().filter(|(invoice, _)| invoice.remaining > 0) {
        all.push(Candidate {
            open: OpenInvoice {
                id: stored_value("invoice id", &invoice.id)?,
                due: stored_value("date", &invoice.due)?,
                open: of_document(invoice, invoice.remaining)?,
            },
            number: invoice.number.clone(),
            customer: stored_value("customer id", &invoice.customer)?,
            payer: payer
                .as_deref()
                .map(|id| stored_value("customer id", id))
                .transpose()?,
        });
    }
    Ok(all)
}

/// A payment with how long it has waited at `now` and what it may be for.
///
/// # Errors
/// When the store fails.
pub(crate) fn waiting(
    tx: &mut Tx<'_>,
    row: PaymentRow,
    policy: &MatchPolicy,
    zone: &Zone,
    now: Instant,
) -> Result<UnmatchedPayment, AppFault> {
    let received = zone.date_at(Instant::from_microseconds(row.time));
    let days = billing::days_unmatched(received, zone.date_at(now));
    show(tx, row, policy, (received, days))
}

fn show(
    tx: &mut Tx<'_>,
    row: PaymentRow,
    policy: &MatchPolicy,
    (received, days): (Date, i64),
) -> Result<UnmatchedPayment, AppFault> {
    let found = matched(tx, &row, policy)?;
    let (why, confidence, candidates) = match found {
        Err(refusal) => (refusal.to_string(), 0, Vec::new()),
        Ok((suggestion, candidates)) => {
            let why = match (candidates.is_empty(), row.customer.is_empty()) {
                (true, true) => {
                    "nobody knows who paid, and no open invoice has this amount".to_owned()
                }
                (true, false) => "the payer has no open invoice".to_owned(),
                (false, _) if suggestion.reasons.is_empty() => {
                    "nothing says what it is for".to_owned()
                }
                (false, _) => suggestion.because(),
            };
            (why, suggestion.confidence, listed(&suggestion, &candidates))
        }
    };
    let currency = stored_value("currency", &row.currency)?;
    let name = catalogue::customer(tx, &row.customer)?.map_or_else(String::new, |known| known.name);
    Ok(UnmatchedPayment {
        text: collection::remittance(tx, &row.id)?,
        payment: row.id,
        customer: row.customer,
        customer_name: name,
        entity: row.entity,
        amount: Money::from_minor(row.amount, currency),
        unapplied: Money::from_minor(row.unapplied, currency),
        received,
        days,
        why,
        confidence,
        candidates,
    })
}

fn listed(suggestion: &Suggestion, candidates: &[Candidate]) -> Vec<UnmatchedCandidate> {
    let mut all: Vec<UnmatchedCandidate> = candidates
        .iter()
        .map(|one| UnmatchedCandidate {
            invoice: one.open.id.to_string(),
            number: one.number.clone(),
            customer: one.customer.to_string(),
            due: one.open.due.to_string(),
            open: one.open.open,
            suggested: suggestion
                .applications
                .iter()
                .find(|known| known.invoice == one.open.id)
                .map(|known| known.amount),
        })
        .collect();
    all.sort_by(|one, other| {
        (one.suggested.is_none(), &one.due, &one.number).cmp(&(
            other.suggested.is_none(),
            &other.due,
            &other.number,
        ))
    });
    all
}
