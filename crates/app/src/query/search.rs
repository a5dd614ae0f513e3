//! The search box: ids of ours and of other systems, printed numbers and names, the best first.

use super::words::{href, plain};
use super::{customer_name, some};
use crate::App;
use crate::fault::AppFault;
use crate::view::SearchHit;
use store::search::{self as rows, Found};
use store::{Tx, contracts};

/// Hits of one kind that hold the text without being called by it.
const HITS_A_KIND: i64 = 10;

/// What is called `text`, and after it what holds it in its name, id or number.
///
/// # Errors
/// When the store fails.
pub fn search(tx: &mut Tx<'_>, text: &str) -> Result<Vec<SearchHit>, AppFault> {
    let text = text.trim();
    if text.is_empty() {
        return Ok(Vec::new());
    }
    let mut found = rows::exactly(tx, text)?;
    found.extend(rows::chains_known_as(tx, text)?);
    if found.is_empty() {
        found = rows::holding(tx, text, HITS_A_KIND)?;
    }
    let mut hits: Vec<SearchHit> = Vec::new();
    for found in found {
        let hit = show(tx, found)?;
        if !hits.iter().any(|known| known.href == hit.href) {
            hits.push(hit);
        }
    }
    Ok(hits)
}

impl App {
    /// As [`search`].
    ///
    /// # Errors
    /// As [`search`].
    pub fn search(&self, text: &str) -> Result<Vec<SearchHit>, AppFault> {
        let text = text.to_owned();
        self.store().read(move |tx| search(tx, &text))
    }
}

fn show(tx: &mut Tx<'_>, found: Found) -> Result<SearchHit, AppFault> {
    let title = match found.kind.as_str() {
        "contract" => {
            let customer = contracts::contract(tx, &found.id)?.map(|row| row.customer);
            let name = match customer {
                Some(id) => customer_name(tx, &id)?,
                None => found.title,
            };
            format!("Contract of {name}")
        }
        "customer" | "exception" | "journal" => found.title,
        "invoice" => format!("Invoice {}", found.title),
        "credit_note" => format!("Credit note {}", found.title),
        "payment" => format!("Payment, {}", plain(&found.title)),
        "refund" => format!("Refund, {}", plain(&found.title)),
        _ => some(plain(&found.title)).unwrap_or_else(|| plain(&found.kind)),
    };
    Ok(SearchHit {
        href: href(&found.kind, &found.id),
        kind: found.kind,
        id: found.id,
        title,
    })
}
