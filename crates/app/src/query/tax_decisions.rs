//! Tax decisions with the names of what they are about, for the pages of those who decide on them.

use super::customer_name;
use crate::App;
use crate::fault::{AppFault, Refusal};
use crate::journey::taxation::{
    TaxCallView, TaxDecisionStatus, TaxDecisionView, TaxLineView, UnknownTaxStatus,
};
use crate::view::Page;
use serde::{Deserialize, Serialize};
use store::{Tx, billing_desk, documents};
use values::Money;

/// A decision with the names of what it is about.
#[derive(Debug, Clone, Serialize)]
pub struct TaxDecisionLine {
    /// The decision.
    pub decision: TaxDecisionView,
    /// Who buys.
    pub customer_name: String,
    /// The number of the document that was issued by it.
    pub number: Option<String>,
    /// The engine's figure less ours, where both are known.
    pub difference: Option<Money>,
}

/// A decision with its charges and calls.
#[derive(Debug, Clone, Serialize)]
pub struct TaxDecisionPage {
    /// The decision.
    pub line: TaxDecisionLine,
    /// What is taxed, without tax.
    pub net: Option<Money>,
    /// Its charges.
    pub lines: Vec<TaxLineView>,
    /// The calls, oldest first.
    pub calls: Vec<TaxCallView>,
}

/// How many decisions there are of a status.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TaxDecisionCount {
    /// The status.
    pub status: String,
    /// How many.
    pub count: i64,
}

fn named(tx: &mut Tx<'_>, decision: TaxDecisionView) -> Result<TaxDecisionLine, AppFault> {
    let difference = match (decision.own_tax, decision.engine_tax) {
        (Some(ours), Some(theirs)) => Some(theirs.minus(ours)?),
        _ => None,
    };
    let document = match &decision.document {
        Some(id) => documents::document(tx, id)?,
        None => None,
    };
    Ok(TaxDecisionLine {
        customer_name: customer_name(tx, &decision.customer)?,
        number: document.map(|document| document.number),
        difference,
        decision,
    })
}

impl App {
    /// Decisions of a status (all when it is empty), newest first, with names.
    ///
    /// # Errors
    /// When there is no such status, or the store fails.
    pub fn tax_decision_lines(
        &self,
        status: &str,
        cursor: Option<&str>,
    ) -> Result<Page<TaxDecisionLine>, AppFault> {
        let status = match status {
            "" => None,
            word => Some(word.parse::<TaxDecisionStatus>().map_err(
                |unknown: UnknownTaxStatus| {
                    Refusal::field("unknown_status", "status", unknown.to_string())
                },
            )?),
        };
        let page = self.tax_decisions(status, cursor)?;
        let next = page.next;
        self.store().read(move |tx| {
            let items = page.items.into_iter().map(|row| named(tx, row));
            Ok(Page {
                items: items.collect::<Result<_, AppFault>>()?,
                next,
            })
        })
    }

    /// One decision with names, charges and calls.
    ///
    /// # Errors
    /// When the store fails or an amount does not fit.
    pub fn tax_decision_page(&self, id: &str) -> Result<Option<TaxDecisionPage>, AppFault> {
        let Some(found) = self.tax_decision(id)? else {
            return Ok(None);
        };
        let mut net: Option<Money> = None;
        for line in &found.lines {
            net = Some(match net {
                Some(net) => net.plus(line.net)?,
                None => line.net,
            });
        }
        let decision = found.decision;
        let line = self.store().read(move |tx| named(tx, decision))?;
        Ok(Some(TaxDecisionPage {
            line,
            net,
            lines: found.lines,
            calls: found.calls,
        }))
    }

    /// How many decisions there are of each status.
    ///
    /// # Errors
    /// When the store fails.
    pub fn tax_decision_counts(&self) -> Result<Vec<TaxDecisionCount>, AppFault> {
        let counts = self
            .store()
            .read(|tx| billing_desk::tax_decision_counts(tx).map_err(AppFault::from))?;
        let counts = counts.into_iter();
        Ok(counts
            .map(|(status, count)| TaxDecisionCount { status, count })
            .collect())
    }
}
