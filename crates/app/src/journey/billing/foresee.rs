//! What a bill run would issue. What follows from agreed lines alone is computed by the function that
//! bills it; what takes measured use or others of its account onto the same invoice, may stand as a
//! draft or asks a tax engine is billed in a transaction that is undone, so that a preview cannot differ
//! from the run.

use super::case::{self, Case, Others};
use super::{Asked, Billed, Pages, Through, awaited, given_back, page, plan};
use crate::App;
use crate::fault::{AppFault, stored_value};
use crate::governance::gate::{self, Issuing};
use crate::journey::taxation::engine_of;
use crate::journey::{invoice_draft, rounding};
use crate::record::Context;
use crate::usage::rate::is_measured;
use ::billing::Document;
use std::collections::BTreeSet;
use store::contracts::ContractRow;
use store::{Tx, bill_pages, documents, exceptions};
use values::{ContractId, Currency, EntityId, Money};

/// What a contract would come to.
#[derive(Clone)]
pub(crate) struct Foreseen {
    /// Its customer.
    pub(crate) customer: String,
    /// The contract.
    pub(crate) contract: String,
    /// Each document; none when nothing is owed.
    pub(crate) documents: Vec<ForeseenDocument>,
    /// What waits for a tax engine, in words.
    waits: Vec<String>,
    /// Why it cannot be billed.
    pub(crate) held: Option<String>,
}

/// A document that would be issued, stand as a draft, or wait for its tax.
#[derive(Clone)]
pub(crate) struct ForeseenDocument {
    /// `invoice` or `credit_note`; `draft_invoice` or `draft_credit_note`; `untaxed_invoice`.
    pub(crate) kind: String,
    /// Without tax.
    pub(crate) net: Money,
    /// Tax.
    pub(crate) tax: Money,
    /// What is to be paid or given back, with tax and rounding.
    pub(crate) total: Money,
}

/// Contracts that stand on the invoice of another one that was seen already.
pub(crate) type Seen = BTreeSet<String>;

impl Foreseen {
    fn of(row: &ContractRow) -> Foreseen {
        Foreseen {
            customer: row.customer.clone(),
            contract: row.id.clone(),
            documents: Vec::new(),
            waits: Vec::new(),
            held: None,
        }
    }

    /// Adds a document with its net, tax and total, minor units.
    fn add(
        &mut self,
        kind: String,
        currency: &str,
        (net, tax, total): (i64, i64, i64),
    ) -> Result<(), AppFault> {
        let currency: Currency = stored_value("currency", currency)?;
        let money = |minor| Money::from_minor(minor, currency);
        self.documents.push(ForeseenDocument {
            kind,
            net: money(net),
            tax: money(tax),
            total: money(total),
        });
        Ok(())
    }

    /// Adds what a contract has wait for a tax engine. Where it is not the one asked about, it stands on
    /// an invoice with that one and only the words tell of it.
    fn add_waiting(
        &mut self,
        tx: &mut Tx<'_>,
        contract: &str,
        question: &str,
    ) -> Result<(), AppFault> {
        if let Some(waiting) = awaited(tx, question)? {
            if waiting.contract == contract {
                let net = waiting.net;
                let kind = "untaxed_invoice".to_owned();
                self.add(kind, net.currency.code(), (net.minor, 0, net.minor))?;
            }
            self.waits.push(waiting.words());
        }
        Ok(())
    }

    /// What it would come to: `held`, `waits`, `drafted` or `issued`.
    pub(crate) fn outcome(&self) -> &'static str {
        let is_draft = |document: &ForeseenDocument| document.kind.starts_with("draft_");
        match &self.held {
            Some(_) => "held",
            None if !self.waits.is_empty() => "waits",
            None if self.documents.iter().any(is_draft) => "drafted",
            None => "issued",
        }
    }

    /// Whether it comes to nothing.
    pub(crate) fn is_nothing(&self) -> bool {
        self.held.is_none() && self.documents.is_empty() && self.waits.is_empty()
    }

    /// What it would come to, in words.
    pub(crate) fn words(&self) -> String {
        if let Some(why) = &self.held {
            return why.clone();
        }
        if !self.waits.is_empty() {
            return self.waits.join(" and ");
        }
        let mut words = Vec::with_capacity(self.documents.len());
        for document in &self.documents {
            let kind = document.kind.replace('_', " ");
            words.push(format!("{kind} of {}", document.total));
        }
        words.join(" and ")
    }
}

impl App {
    /// What the next page of contracts would come to. Nothing is kept of it. Answers the page and its
    /// last customer and contract; nothing at the end. `seen` is carried from page to page.
    #[allow(clippy::type_complexity)]
    pub(crate) fn foresee_page(
        &self,
        actor: &str,
        pages: &Pages,
        after: &(String, String),
        seen: &mut Seen,
    ) -> Result<Option<(Vec<Foreseen>, (String, String))>, AppFault> {
        let context = self.context(actor);
        let Some(last) = pages.last_day(&context) else {
            return Ok(None);
        };
        let (asked, after, through) = (pages.clone(), after.clone(), pages.through);
        let read = self.store().read(move |tx| -> Result<_, AppFault> {
            let from = (after.0.as_str(), after.1.as_str());
            let rows = bill_pages::due(tx, &last, &asked.filter, from, asked.size)?;
            let Some(end) = rows.last() else {
                return Ok(None);
            };
            let after = (end.customer.clone(), end.id.clone());
            let looked = case::cases(tx, rows)?
                .into_iter()
                .map(|case| match is_rehearsed(&context, &case) {
                    true => Ok(Err(case.row)),
                    false => foresee(tx, &context, &case, through).map(Ok),
                })
                .collect::<Result<Vec<_>, AppFault>>()?;
            Ok(Some((looked, after)))
        })?;
        let Some((looked, after)) = read else {
            return Ok(None);
        };
        if looked.iter().all(Result::is_ok) {
            let foreseen = looked.into_iter().filter_map(Result::ok).collect();
            return Ok(Some((foreseen, after)));
        }
        // One transaction a page, in which each contract is undone before the next one.
        let mut known = seen.clone();
        let (foreseen, known) = self.run(actor, move |tx, context| -> Result<_, AppFault> {
            let mut foreseen = Vec::with_capacity(looked.len());
            for one in &looked {
                foreseen.push(match one {
                    Ok(known) => known.clone(),
                    Err(row) if known.contains(&row.id) => Foreseen::of(row),
                    Err(row) => {
                        let (found, others) = rehearse(tx, context, row, through)?;
                        known.extend(others.into_keys());
                        found
                    }
                });
            }
            Ok((foreseen, known.clone()))
        })?;
        *seen = known;
        Ok(Some((foreseen, after)))
    }
}

/// Whether what a contract comes to is seen only by billing it.
fn is_rehearsed(context: &Context, case: &Case) -> bool {
    case.is_routed
        || case.contract.as_ref().is_some_and(|contract| {
            let entity = &contract.entity;
            is_measured(contract)
                || invoice_draft::may_stand(context, entity)
                || engine_of(context, entity).is_some()
        })
}

/// Bills one contract with what goes to the same account, looks at what that came to, and undoes it.
fn rehearse(
    tx: &mut Tx<'_>,
    context: &Context,
    row: &ContractRow,
    through: Through,
) -> Result<(Foreseen, Others), AppFault> {
    let id: ContractId = stored_value("contract id", &row.id)?;
    let entity: EntityId = stored_value("entity id", &row.entity)?;
    let day = through.day(context, &entity)?;
    if through.comes_later(day, row) {
        return Ok((Foreseen::of(row), Others::new()));
    }
    tx.undone(|tx| {
        let (billed, others) = page::alone(tx, context, &id, (day, Asked::Run))?;
        let mut foreseen = came_to(tx, row, &billed)?;
        for (other, outcome) in &others {
            if let Billed::Waits(question) = outcome {
                foreseen.add_waiting(tx, other, question)?;
            }
        }
        Ok((foreseen, others))
    })
}

/// What billing a contract came to, while it can be read.
fn came_to(tx: &mut Tx<'_>, row: &ContractRow, billed: &Billed) -> Result<Foreseen, AppFault> {
    let mut foreseen = Foreseen::of(row);
    match billed {
        Billed::Nothing | Billed::Left(_) => {}
        Billed::Waits(question) => foreseen.add_waiting(tx, &row.id, question)?,
        Billed::Issued(issued) => {
            for id in issued {
                if let Some(row) = documents::document(tx, id)? {
                    let amounts = (row.net, row.tax, row.total);
                    foreseen.add(row.kind, &row.currency, amounts)?;
                }
            }
        }
        Billed::Drafted(id) => {
            if let Some(row) = store::invoice_drafts::draft(tx, id)? {
                let amounts = (row.net, row.tax, row.total);
                foreseen.add(format!("draft_{}", row.kind), &row.currency, amounts)?;
            }
        }
        Billed::Held => {
            let open = exceptions::open_about(tx, &format!("billing/{}", row.id))?;
            let why = open.map(|open| open.detail);
            foreseen.held = Some(why.unwrap_or_else(|| NOT_ISSUED.to_owned()));
        }
    }
    Ok(foreseen)
}

/// Why a contract is held of which no exception is open.
const NOT_ISSUED: &str = "its draft is not to be issued as it stands; look at the draft";

/// What a contract would come to by what was agreed, by the function that bills it.
fn foresee(
    tx: &mut Tx<'_>,
    context: &Context,
    case: &Case,
    through: Through,
) -> Result<Foreseen, AppFault> {
    let mut foreseen = Foreseen::of(&case.row);
    let Some(contract) = &case.contract else {
        foreseen.held = Some("what is stored of it cannot be read".to_owned());
        return Ok(foreseen);
    };
    match gate::issuing(context, contract) {
        Issuing::Ours => {}
        Issuing::Elsewhere { .. } => return Ok(foreseen),
        Issuing::Split => {
            foreseen.held = Some(super::SPLIT.to_owned());
            return Ok(foreseen);
        }
    }
    let day = through.day(context, &contract.entity)?;
    if through.comes_later(day, &case.row) {
        return Ok(foreseen);
    }
    let issued = through.issued(context, &contract.entity)?;
    let owed = match plan::document_of(context, contract, case.owing(), day, issued) {
        Ok(owed) => owed,
        Err(refusal) => {
            foreseen.held = Some(refusal.to_string());
            return Ok(foreseen);
        }
    };
    let entity = &contract.entity;
    let mut found = |kind: &str, (net, tax, total)| {
        foreseen.documents.push(ForeseenDocument {
            kind: kind.to_owned(),
            net,
            tax,
            total,
        });
    };
    match owed {
        Document::CreditNote(given) => {
            for (_, note) in given_back::drafted(tx, context, entity, given)? {
                found("credit_note", (note.net, note.tax, note.total));
            }
        }
        owed => {
            if let Document::Invoice(draft) = rounding::rounded(tx, context, entity, owed)? {
                found("invoice", (draft.net, draft.tax, draft.total));
            }
        }
    }
    Ok(foreseen)
}
