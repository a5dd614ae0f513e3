//! Sums of a bill run by currency and kind: what its preview expects, and what it came to.

use super::{EXPECTED, ISSUED};
use crate::fault::{AppFault, stored_value};
use crate::journey::billing::{Billed, Foreseen, PageDone, awaited};
use std::collections::BTreeMap;
use store::bill_runs::{self, BillRunResult, BillRunTotal};
use store::{Tx, invoice_drafts};
use values::{Currency, Money};

/// Sums of one part while they are added up.
struct Sums<'r> {
    run: &'r str,
    part: &'static str,
    totals: BTreeMap<(String, String), BillRunTotal>,
}

impl<'r> Sums<'r> {
    fn of(run: &'r str, part: &'static str) -> Sums<'r> {
        Sums {
            run,
            part,
            totals: BTreeMap::new(),
        }
    }

    /// Adds one document with its net, tax and total, minor units.
    fn add(&mut self, currency: &str, kind: String, (net, tax, total): (i64, i64, i64)) {
        let key = (currency.to_owned(), kind.clone());
        let sum = self.totals.entry(key).or_insert_with(|| BillRunTotal {
            run: self.run.to_owned(),
            part: self.part.to_owned(),
            currency: currency.to_owned(),
            kind,
            documents: 0,
            net: 0,
            tax: 0,
            total: 0,
        });
        sum.documents += 1;
        sum.net += net;
        sum.tax += tax;
        sum.total += total;
    }

    fn rows(self) -> Vec<BillRunTotal> {
        self.totals.into_values().collect()
    }
}

/// What contracts would come to, as sums and one by one.
pub(super) fn expected(
    run: &str,
    foreseen: &[Foreseen],
) -> (Vec<BillRunTotal>, Vec<BillRunResult>) {
    let mut sums = Sums::of(run, EXPECTED);
    let mut results = Vec::new();
    for one in foreseen.iter().filter(|one| !one.is_nothing()) {
        for document in &one.documents {
            let amounts = (document.net.minor, document.tax.minor, document.total.minor);
            let currency = document.total.currency.code();
            sums.add(currency, document.kind.clone(), amounts);
        }
        results.push(BillRunResult {
            run: run.to_owned(),
            customer: one.customer.clone(),
            contract: one.contract.clone(),
            part: EXPECTED.to_owned(),
            outcome: one.outcome().to_owned(),
            document: String::new(),
            why: one.words(),
        });
    }
    (sums.rows(), results)
}

/// What the contracts of a page came to, as sums and one by one.
pub(super) fn came_to(
    tx: &mut Tx<'_>,
    run: &str,
    page: &PageDone,
) -> Result<(Vec<BillRunTotal>, Vec<BillRunResult>), AppFault> {
    let documents: Vec<&str> = page.documents.iter().map(String::as_str).collect();
    let mut totals = bill_runs::sums_of(tx, run, &documents)?;
    let mut sums = Sums::of(run, ISSUED);
    let mut results = Vec::with_capacity(page.results.len());
    for result in &page.results {
        let contract = &result.contract;
        let (outcome, document, why) = match &result.outcome {
            Billed::Nothing | Billed::Left(_) => continue,
            // What is given back of earlier invoices comes first; the new invoice, where there is one, names
            // the result.
            Billed::Issued(documents) => {
                let document = documents.last().cloned().unwrap_or_default();
                ("issued", document, String::new())
            }
            Billed::Drafted(draft) => {
                add_draft(tx, &mut sums, contract, draft)?;
                ("drafted", draft.clone(), String::new())
            }
            Billed::Waits(question) => {
                let why = add_waiting(tx, &mut sums, contract, question)?;
                ("waits", question.clone(), why)
            }
            Billed::Held => ("held", String::new(), String::new()),
        };
        results.push(BillRunResult {
            run: run.to_owned(),
            customer: result.customer.clone(),
            contract: contract.clone(),
            part: ISSUED.to_owned(),
            outcome: outcome.to_owned(),
            document,
            why,
        });
    }
    totals.append(&mut sums.rows());
    Ok((totals, results))
}

/// A draft counts once, with the contract that it is kept under.
fn add_draft(
    tx: &mut Tx<'_>,
    sums: &mut Sums<'_>,
    contract: &str,
    draft: &str,
) -> Result<(), AppFault> {
    if let Some(row) = invoice_drafts::draft(tx, draft)?.filter(|row| row.contract == contract) {
        let kind = format!("draft_{}", row.kind);
        sums.add(&row.currency, kind, (row.net, row.tax, row.total));
    }
    Ok(())
}

/// What waits for a tax engine counts with the contract that it is asked about. Answers why it waits.
fn add_waiting(
    tx: &mut Tx<'_>,
    sums: &mut Sums<'_>,
    contract: &str,
    question: &str,
) -> Result<String, AppFault> {
    let Some(waiting) = awaited(tx, question)? else {
        return Ok(String::new());
    };
    if waiting.contract == contract {
        let net = waiting.net;
        let kind = "untaxed_invoice".to_owned();
        sums.add(net.currency.code(), kind, (net.minor, 0, net.minor));
    }
    Ok(waiting.words())
}

/// What is issued of a part with tax, invoices less credit notes, by currency.
pub(super) fn issued(totals: &[BillRunTotal], part: &str) -> Result<Vec<Money>, AppFault> {
    let sign = |kind: &str| match kind {
        "invoice" => 1,
        "credit_note" => -1,
        // What stands as a draft or waits for its tax is issued later.
        _ => 0,
    };
    by_currency(totals, part, sign)
}

/// What a part charges by currency: invoices with tax, whether they are issued at once, stand as drafts or
/// wait for their tax.
pub(super) fn charged(totals: &[BillRunTotal], part: &str) -> Result<Vec<Money>, AppFault> {
    by_currency(totals, part, |kind| i64::from(!is_given_back(kind)))
}

/// What a part gives back by currency.
pub(super) fn given_back(totals: &[BillRunTotal], part: &str) -> Result<Vec<Money>, AppFault> {
    by_currency(totals, part, |kind| i64::from(is_given_back(kind)))
}

fn is_given_back(kind: &str) -> bool {
    matches!(kind, "credit_note" | "draft_credit_note")
}

fn by_currency(
    totals: &[BillRunTotal],
    part: &str,
    sign: impl Fn(&str) -> i64,
) -> Result<Vec<Money>, AppFault> {
    let mut sums: BTreeMap<&str, i64> = BTreeMap::new();
    for total in totals.iter().filter(|total| total.part == part) {
        let sign = sign(&total.kind);
        if sign != 0 {
            *sums.entry(&total.currency).or_default() += sign * total.total;
        }
    }
    sums.into_iter()
        .map(|(code, minor)| {
            let currency: Currency = stored_value("currency", code)?;
            Ok(Money::from_minor(minor, currency))
        })
        .collect()
}
