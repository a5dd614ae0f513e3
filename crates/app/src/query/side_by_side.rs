//! The objects of a chain side by side: how each stands here and in Salesforce, Stripe and NetSuite,
//! from what they are called there, what was delivered and what was last read back.

use super::money;
use super::words::{count, href, plain};
use crate::App;
use crate::fault::AppFault;
use crate::payment_routes::is_processor;
use crate::view::{SideBySide, SystemState};
use std::collections::BTreeSet;
use store::documents::DocumentFilter;
use store::flow_times::{LastWord, last_words};
use store::{Tx, catalogue, contracts, documents, journals, log, payments};
use values::Instant;

/// Objects of one chain that are compared.
const MOST: usize = 200;

const MATCHED: &str = "matched";
const TIMING: &str = "timing";
const MISMATCHED: &str = "mismatched";
const MISSING: &str = "missing";

fn side_by_side(tx: &mut Tx<'_>, correlation: &str) -> Result<Vec<SideBySide>, AppFault> {
    let mut subjects: Vec<String> = Vec::new();
    let mut seen = BTreeSet::new();
    for event in log::of_chain(tx, correlation)? {
        if seen.insert(event.subject.clone()) {
            subjects.push(event.subject);
        }
    }
    let mut rows = Vec::new();
    for subject in subjects {
        let Some((kind, id)) = subject.split_once('/') else {
            continue;
        };
        let row = match kind {
            "contract" => contract(tx, id)?,
            "invoice" | "credit_note" => paper(tx, id)?,
            "payment" => payment(tx, id)?,
            "refund" => refund(tx, id)?,
            _ => None,
        };
        rows.extend(row);
        if rows.len() >= MOST {
            break;
        }
    }
    Ok(rows)
}

/// A row with the worst mark of its systems.
fn row(
    kind: &str,
    id: &str,
    title: String,
    ours: String,
    value: values::Money,
    systems: Vec<SystemState>,
) -> SideBySide {
    let worst = [MISMATCHED, MISSING, TIMING, MATCHED]
        .into_iter()
        .find(|mark| systems.iter().any(|state| state.mark == *mark));
    SideBySide {
        kind: kind.to_owned(),
        object: id.to_owned(),
        title,
        href: href(kind, id),
        ours,
        value: Some(value),
        systems,
        mark: worst.map(str::to_owned),
    }
}

/// The mark of a delivery by where it stands.
fn mark_of(status: &str) -> &'static str {
    match status {
        "confirmed" => MATCHED,
        "parked" => MISSING,
        "skipped" => MISMATCHED,
        _ => TIMING,
    }
}

fn told(word: &LastWord) -> String {
    let how = if word.read_back == 1 {
        "confirmed by reading back"
    } else {
        "confirmed"
    };
    match word.status.as_str() {
        "confirmed" => how.to_owned(),
        "skipped" => "given up".to_owned(),
        "parked" => "stopped, waits for a person".to_owned(),
        "ambiguous" => "not known, to be read back".to_owned(),
        "sent" => "on its way".to_owned(),
        _ => "waits to be sent".to_owned(),
    }
}

fn names(tx: &mut Tx<'_>, object: &str, system: &str) -> Result<Vec<String>, AppFault> {
    Ok(catalogue::references_of(tx, object)?
        .into_iter()
        .filter(|known| known.system == system)
        .map(|known| known.id)
        .collect())
}

fn contract(tx: &mut Tx<'_>, id: &str) -> Result<Option<SideBySide>, AppFault> {
    let Some(found) = contracts::contract(tx, id)? else {
        return Ok(None);
    };
    let object = format!("contract/{id}");
    let references = names(tx, &object, "salesforce")?;
    let mut systems = Vec::new();
    let words = last_words(tx, &object)?;
    let crm = words.iter().find(|word| word.connection == "salesforce");
    if !references.is_empty() || crm.is_some() {
        systems.push(in_crm(tx, id, references, crm)?);
    }
    Ok(Some(row(
        "contract",
        id,
        format!("Contract, version {}", found.version),
        plain(&found.status),
        money(found.value, &found.currency)?,
        systems,
    )))
}

/// The CRM is told how many invoices there are and how many are open; the same count made now says
/// whether what it was told still holds.
fn in_crm(
    tx: &mut Tx<'_>,
    contract: &str,
    references: Vec<String>,
    word: Option<&LastWord>,
) -> Result<SystemState, AppFault> {
    let filter = DocumentFilter {
        contract: contract.to_owned(),
        kind: "invoice".to_owned(),
        ..DocumentFilter::default()
    };
    let invoices = documents::documents(tx, &filter, "", 200)?;
    let open = invoices.iter().filter(|one| one.remaining > 0).count();
    let expected = format!("{} invoiced, {open} open", invoices.len());
    let Some(word) = word else {
        return Ok(SystemState {
            system: "salesforce".to_owned(),
            references,
            state: "known there; nothing was written back".to_owned(),
            at: None,
            mark: if invoices.is_empty() {
                MATCHED
            } else {
                MISSING
            }
            .to_owned(),
        });
    };
    let request: serde_json::Value =
        serde_json::from_str(&word.request).unwrap_or(serde_json::Value::Null);
    let said = request["fields"]["Tieout_Invoice_State__c"]
        .as_str()
        .unwrap_or_default();
    let mark = match mark_of(&word.status) {
        MATCHED if said != expected => MISMATCHED,
        mark => mark,
    };
    Ok(SystemState {
        system: "salesforce".to_owned(),
        references,
        state: format!("{said}: {}", told(word)),
        at: Some(Instant::from_microseconds(word.changed)),
        mark: mark.to_owned(),
    })
}

/// The journals of an object in the outside ledger.
fn in_ledger(tx: &mut Tx<'_>, document: &str) -> Result<Option<SystemState>, AppFault> {
    let (mut references, mut at, mut mark) = (Vec::new(), None, MATCHED);
    let (mut sent, mut confirmed) = (0_i64, 0_i64);
    for journal in journals::of_document(tx, document)? {
        for word in last_words(tx, &format!("journal/{}", journal.id))? {
            sent += 1;
            at = at.max(Some(Instant::from_microseconds(word.changed)));
            let own = match mark_of(&word.status) {
                MATCHED if word.amount != journal.total => MISMATCHED,
                own => own,
            };
            if own == MATCHED {
                confirmed += 1;
                references.push(word.external_id);
            } else if mark == MATCHED || own == MISMATCHED {
                mark = own;
            }
        }
    }
    if sent == 0 {
        return Ok(None);
    }
    Ok(Some(SystemState {
        system: "netsuite".to_owned(),
        references,
        state: format!(
            "{confirmed} of {} confirmed",
            count(sent, "journal", "journals")
        ),
        at,
        mark: mark.to_owned(),
    }))
}

fn paper(tx: &mut Tx<'_>, id: &str) -> Result<Option<SideBySide>, AppFault> {
    let Some(found) = documents::document(tx, id)? else {
        return Ok(None);
    };
    let mut systems = Vec::new();
    if found.kind == "invoice" {
        for known in payments::of_invoice(tx, id)? {
            systems.extend(at_processor(
                tx,
                &format!("payment/{}", known.id),
                &known.status,
            )?);
        }
    }
    systems.extend(in_ledger(tx, id)?);
    let title = match found.kind.as_str() {
        "invoice" => format!("Invoice {}", found.number),
        _ => format!("Credit note {}", found.number),
    };
    Ok(Some(row(
        &found.kind,
        id,
        title,
        plain(&found.status),
        money(found.total, &found.currency)?,
        systems,
    )))
}

/// A payment or refund at the processor: what it is called there, and whether its end agrees.
fn at_processor(
    tx: &mut Tx<'_>,
    object: &str,
    ours: &str,
) -> Result<Option<SystemState>, AppFault> {
    let words = last_words(tx, object)?;
    let word = words.iter().find(|word| is_processor(&word.connection));
    let known = catalogue::references_of(tx, object)?;
    let named = known.iter().find(|known| is_processor(&known.system));
    let there = word
        .map(|word| word.connection.clone())
        .or_else(|| named.map(|known| known.system.clone()));
    let Some(there) = there else {
        return Ok(None);
    };
    let references = names(tx, object, &there)?;
    let is_ended = matches!(ours, "settled" | "refunded" | "failed");
    let (state, mark, at) = match word {
        // It came from there: what it says is what we have.
        None => ("reported by it".to_owned(), MATCHED, None),
        Some(word) => {
            let mark = match mark_of(&word.status) {
                MATCHED if !is_ended => TIMING,
                TIMING if is_ended && !references.is_empty() => MATCHED,
                mark => mark,
            };
            let at = Some(Instant::from_microseconds(word.changed));
            (format!("{}: {}", plain(ours), told(word)), mark, at)
        }
    };
    Ok(Some(SystemState {
        system: there,
        references,
        state,
        at,
        mark: mark.to_owned(),
    }))
}

fn payment(tx: &mut Tx<'_>, id: &str) -> Result<Option<SideBySide>, AppFault> {
    let Some(found) = payments::payment(tx, id)? else {
        return Ok(None);
    };
    let mut systems: Vec<SystemState> = Vec::new();
    systems.extend(at_processor(tx, &format!("payment/{id}"), &found.status)?);
    systems.extend(in_ledger(tx, id)?);
    Ok(Some(row(
        "payment",
        id,
        format!("Payment by {}", found.method),
        plain(&found.status),
        money(found.amount, &found.currency)?,
        systems,
    )))
}

fn refund(tx: &mut Tx<'_>, id: &str) -> Result<Option<SideBySide>, AppFault> {
    let Some(found) = payments::refund(tx, id)? else {
        return Ok(None);
    };
    let mut systems: Vec<SystemState> = Vec::new();
    systems.extend(at_processor(tx, &format!("refund/{id}"), &found.status)?);
    Ok(Some(row(
        "refund",
        id,
        "Refund".to_owned(),
        plain(&found.status),
        money(found.amount, &found.currency)?,
        systems,
    )))
}

impl App {
    /// The objects of a chain side by side in every system, in the order in which they came up.
    ///
    /// # Errors
    /// When the store fails.
    pub fn side_by_side(&self, correlation: &str) -> Result<Vec<SideBySide>, AppFault> {
        let correlation = correlation.to_owned();
        self.store().read(move |tx| side_by_side(tx, &correlation))
    }
}
