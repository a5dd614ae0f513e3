//! What is shown of drafts: the list, one with its lines and its trail, and what issuing it would do.

use crate::App;
use crate::command::FinaliseInvoice;
use crate::fault::{AppFault, stored, stored_value};
use crate::record::read_envelope;
use crate::shadow::Impact;
use crate::view::Page;
use billing::TaxedLine;
use events::Event;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use store::invoice_drafts::{self, DraftFilter, InvoiceDraftRow};
use store::{Tx, approvals, catalogue, documents, log};
use values::{Currency, Date, Decimal, Instant, Money};

/// Rows of a list.
const ROWS: i64 = 50;

/// Who looks at what a draft would do; nothing of it is kept.
const LOOKING: &str = "tieout/preview";

/// A line of the list of drafts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct InvoiceDraftView {
    /// Its id.
    pub id: String,
    /// `draft`, `waiting`, `denied`, `finalised` or `withdrawn`.
    pub status: String,
    /// `invoice` or `credit_note`.
    pub kind: String,
    /// Legal entity.
    pub entity: String,
    /// Customer id.
    pub customer: String,
    /// Customer's name.
    pub customer_name: String,
    /// Contract.
    pub contract: String,
    /// It bills what is owed through this day.
    pub through: Date,
    /// The day on which it is issued by itself, where no second person is needed.
    pub ends: Date,
    /// Grows whenever its content changes.
    pub version: i64,
    /// With tax; negative for a credit note.
    pub total: Money,
    /// Why a second person is needed, or empty.
    pub needs: String,
    /// The request for approval, or empty.
    pub approval: String,
    /// The document that it became, or empty.
    pub document: String,
    /// The number of that document, or empty.
    pub number: String,
    /// When it was made.
    pub created: Instant,
    /// When it last moved.
    pub changed: Instant,
}

/// A line of a draft.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct InvoiceDraftLine {
    /// What was sold.
    pub product: String,
    /// What is to be printed.
    pub description: String,
    /// The arithmetic.
    pub arithmetic: String,
    /// First day.
    pub from: Date,
    /// Last day.
    pub to: Date,
    /// Without tax.
    pub net: Money,
    /// Tax code and rate in words, such as `standard 19 %`.
    pub tax_name: String,
    /// Tax.
    pub tax: Money,
}

/// Something that happened to a draft.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct DraftStep {
    /// When.
    pub at: Instant,
    /// `opened`, `refreshed`, `waiting`, `denied`, `finalised`, `withdrawn`, or of its request
    /// `requested`, `granted` or `denied`.
    pub step: String,
    /// Who.
    pub actor: String,
    /// In words.
    pub words: String,
    /// What it came to.
    pub total: Option<Money>,
    /// The request or document behind it, or empty.
    pub object: String,
}

/// A draft with everything about it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct InvoiceDraftDetail {
    /// The row of the list.
    pub row: InvoiceDraftView,
    /// Sum without tax.
    pub net: Money,
    /// Sum of tax.
    pub tax: Money,
    /// What stands between net and tax and its total; nothing where it is zero.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rounding: Option<Money>,
    /// Its lines.
    pub lines: Vec<InvoiceDraftLine>,
    /// Who made it.
    pub maker: String,
    /// Why it was denied or withdrawn, or empty.
    pub reason: String,
    /// What happened to it, oldest first, with every request for approval and its decision.
    pub steps: Vec<DraftStep>,
}

/// What issuing a draft now would do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct DraftPreview {
    /// Whether it would be issued with other content than it says.
    pub refreshed: bool,
    /// Its total as the draft says.
    pub before: Money,
    /// Its total as it would be issued; nothing when nothing is owed any more.
    pub after: Option<Money>,
    /// The document, its journals and what other systems would be told.
    pub impact: Impact,
}

impl App {
    /// Drafts, newest first; of all when a text of the filter is empty, and `open` for those that are
    /// not over.
    ///
    /// # Errors
    /// When the store fails.
    pub fn invoice_drafts(
        &self,
        filter: &DraftFilter,
        cursor: Option<&str>,
    ) -> Result<Page<InvoiceDraftView>, AppFault> {
        let (filter, before) = (filter.clone(), cursor.unwrap_or_default().to_owned());
        self.store().read(move |tx| {
            let mut rows = invoice_drafts::newest(tx, &filter, &before, ROWS + 1)?;
            let most = usize::try_from(ROWS).unwrap_or(usize::MAX);
            let next = (rows.len() > most).then(|| {
                rows.truncate(most);
                rows.last().map(|row| row.id.clone()).unwrap_or_default()
            });
            let items = rows
                .iter()
                .map(|row| show(tx, row))
                .collect::<Result<_, _>>()?;
            Ok(Page { items, next })
        })
    }

    /// One draft, by its id or by the contract that it bills.
    ///
    /// # Errors
    /// When there is none, or the store fails.
    pub fn invoice_draft(&self, id: &str) -> Result<InvoiceDraftDetail, AppFault> {
        let id = id.to_owned();
        self.store().read(move |tx| {
            let row = any(tx, &id)?;
            detail(tx, &row)
        })
    }

    /// What issuing an open draft now would do, by the function that issues it.
    ///
    /// # Errors
    /// When there is none, or the refusal that it would meet.
    pub fn preview_invoice_draft(&self, id: &str) -> Result<DraftPreview, AppFault> {
        let id = id.to_owned();
        let (answer, impact) = self.shadow_run(LOOKING, move |tx, context| {
            let before = super::total_of(&super::load(tx, &id)?)?;
            let body = FinaliseInvoice {
                draft: id,
                version: None,
            };
            Ok((super::finalise(tx, context, &body)?, before))
        })?;
        let (answer, before) = answer;
        Ok(DraftPreview {
            refreshed: answer["refreshed"].as_bool().unwrap_or_default()
                || answer["status"] == "withdrawn",
            before,
            after: (answer["status"] == "finalised")
                .then(|| impact.documents.first().map(|document| document.total))
                .flatten(),
            impact,
        })
    }
}

fn any(tx: &mut Tx<'_>, id: &str) -> Result<InvoiceDraftRow, AppFault> {
    let found = match invoice_drafts::draft(tx, id)? {
        Some(row) => Some(row),
        None => invoice_drafts::open_of(tx, id)?,
    };
    found.ok_or_else(|| AppFault::NotFound {
        kind: "draft of an invoice",
        id: id.to_owned(),
    })
}

fn show(tx: &mut Tx<'_>, row: &InvoiceDraftRow) -> Result<InvoiceDraftView, AppFault> {
    let currency: Currency = stored_value("currency", &row.currency)?;
    let name = catalogue::customer(tx, &row.customer)?.map(|customer| customer.name);
    let number = documents::document(tx, &row.document)?.map(|document| document.number);
    Ok(InvoiceDraftView {
        id: row.id.clone(),
        status: row.status.clone(),
        kind: row.kind.clone(),
        entity: row.entity.clone(),
        customer: row.customer.clone(),
        customer_name: name.unwrap_or_else(|| row.customer.clone()),
        contract: row.contract.clone(),
        through: stored_value("date", &row.through)?,
        ends: stored_value("date", &row.ends)?,
        version: row.version,
        total: Money::from_minor(sign(row) * row.total, currency),
        needs: row.needs.clone(),
        approval: row.approval.clone(),
        document: row.document.clone(),
        number: number.unwrap_or_default(),
        created: Instant::from_microseconds(row.created),
        changed: Instant::from_microseconds(row.changed),
    })
}

/// What stands between net and tax of a draft and its total; nothing where it is zero.
pub(super) fn rounding(row: &InvoiceDraftRow, currency: Currency) -> Option<Money> {
    let minor = row.total - row.net - row.tax;
    (minor != 0).then(|| Money::from_minor(minor, currency))
}

/// Amounts of a credit note are shown as on the customer's account.
fn sign(row: &InvoiceDraftRow) -> i64 {
    if row.kind == "credit_note" { -1 } else { 1 }
}

fn detail(tx: &mut Tx<'_>, row: &InvoiceDraftRow) -> Result<InvoiceDraftDetail, AppFault> {
    let currency: Currency = stored_value("currency", &row.currency)?;
    let money = |minor: i64| Money::from_minor(sign(row) * minor, currency);
    let lines: Vec<TaxedLine> = stored("lines of a draft", &row.lines)?;
    Ok(InvoiceDraftDetail {
        net: money(row.net),
        tax: money(row.tax),
        rounding: rounding(row, currency).map(|line| money(line.minor)),
        lines: lines.iter().map(line).collect(),
        maker: row.maker.clone(),
        reason: row.reason.clone(),
        steps: steps(tx, row)?,
        row: show(tx, row)?,
    })
}

fn line(taxed: &TaxedLine) -> InvoiceDraftLine {
    let it = &taxed.line;
    let until = it.period.until();
    let percent = (taxed.tax_rate.decimal() * Decimal::ONE_HUNDRED).normalize();
    InvoiceDraftLine {
        product: it.product.to_string(),
        description: it.description.clone(),
        arithmetic: it.arithmetic.clone(),
        from: it.period.from(),
        to: until.yesterday().unwrap_or(until),
        net: it.net,
        tax_name: format!("{} {percent} %", it.tax_code),
        tax: taxed.tax,
    }
}

/// What happened to a draft, from the log, with its requests for approval.
pub(crate) fn steps(tx: &mut Tx<'_>, row: &InvoiceDraftRow) -> Result<Vec<DraftStep>, AppFault> {
    let mut steps = Vec::new();
    let mut requests: Vec<String> = Vec::new();
    for stored in log::of_chain(tx, &row.correlation)? {
        let envelope = read_envelope(stored)?;
        let (word, it) = match &envelope.event {
            Event::InvoiceDraftOpened(it) => ("opened", it),
            Event::InvoiceDraftRefreshed(it) if it.status == "draft" => ("refreshed", it),
            Event::InvoiceDraftRefreshed(it) | Event::InvoiceDraftEnded(it) => {
                (it.status.as_str(), it)
            }
            _ => continue,
        };
        if it.draft.as_str() != row.id {
            continue;
        }
        requests.extend(it.approval.iter().map(|id| id.as_str().to_owned()));
        let object = match (&it.document, &it.approval) {
            (Some(document), _) => document.clone(),
            (None, Some(approval)) => approval.as_str().to_owned(),
            (None, None) => String::new(),
        };
        steps.push(DraftStep {
            at: envelope.recorded,
            step: word.to_owned(),
            actor: envelope.actor.clone(),
            words: in_words(word, it),
            total: Some(it.total),
            object,
        });
    }
    requests.sort();
    requests.dedup();
    for id in requests {
        if let Some(request) = approvals::approval(tx, &id)? {
            steps.extend(decided(request));
        }
    }
    // In one moment a request comes before its decision, and that before what it does.
    let rank = |step: &DraftStep| match step.step.as_str() {
        "opened" | "refreshed" => 0,
        "waiting" => 1,
        _ if step.total.is_none() => 2,
        _ => 3,
    };
    steps.sort_by_key(|step| (step.at, rank(step)));
    Ok(steps)
}

fn in_words(word: &str, it: &events::InvoiceDraftReport) -> String {
    let needs = it.needs.clone().unwrap_or_default();
    match word {
        "opened" => format!(
            "bills through {}, issued by itself on {}",
            it.through, it.ends
        ),
        "refreshed" => format!("version {} says what is owed now", it.version),
        "waiting" => format!("version {} waits for a second person: {needs}", it.version),
        "finalised" => format!("version {} was numbered and posted", it.version),
        _ => it.reason.clone().unwrap_or(needs),
    }
}

/// The end of a request that has ended.
fn decided(request: approvals::ApprovalRow) -> Option<DraftStep> {
    if request.decided == 0 {
        return None;
    }
    let lent = match request.on_behalf_of.as_str() {
        "" => String::new(),
        from => format!(", on behalf of {from}"),
    };
    let why = match request.reason.as_str() {
        "" => String::new(),
        reason => format!(": {reason}"),
    };
    Some(DraftStep {
        at: Instant::from_microseconds(request.decided),
        words: format!("asked by {}{lent}{why}", request.maker_person),
        actor: request.checker,
        step: request.status,
        total: None,
        object: request.id,
    })
}
