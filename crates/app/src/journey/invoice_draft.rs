//! Drafts of invoices and credit notes: what billing would issue and does not issue yet, because it
//! stands for some days or waits for a second person. A draft is a stored proposal and nothing else:
//! it has no number, moves no account and covers no days, so what is owed stays owed. Whenever its
//! contract is billed again the same function computes it anew; it is refreshed, withdrawn when nothing
//! is owed any more, or issued.

mod approval;
mod dates;
mod view;

pub(crate) use approval::{hold, not_granted};
pub(crate) use dates::{dated, dated_with, through};
pub use store::invoice_drafts::DraftFilter;
pub(crate) use view::steps;
pub use view::{DraftPreview, DraftStep, InvoiceDraftDetail, InvoiceDraftLine, InvoiceDraftView};

use super::billing::{self, Asked, Billed};
use super::exception;
use crate::App;
use crate::Refusal;
use crate::command::{Answer, FinaliseInvoice, RefreshInvoiceDraft};
use crate::fault::{AppFault, stored, stored_value, to_store};
use crate::record::{Context, Fact, Recorder};
use ::billing::{Document, InvoicePolicy, TaxedLine};
use commerce::Contract;
use events::{Event, InvoiceDraftReport};
use serde_json::json;
use store::contracts::ContractRow;
use store::documents;
use store::invoice_drafts::{self, InvoiceDraftRow};
use store::{StoreFault, Tx, settings};
use values::{ContractId, Currency, Date, EntityId, InvoiceDraftId, Money};

/// Drafts that are looked at in one go.
const AT_ONCE: i64 = 200;

/// What billing does with the document that a contract comes to.
pub(crate) enum Stand {
    /// It is issued; it was this draft until now.
    Issue(Option<Box<InvoiceDraftRow>>),
    /// It is not.
    Waits(Billed),
}

/// A document as far as a draft keeps it.
struct Content<'d> {
    kind: &'static str,
    lines: &'d [TaxedLine],
    net: Money,
    tax: Money,
    total: Money,
}

impl<'d> Content<'d> {
    fn of(document: &'d Document) -> Option<Content<'d>> {
        Some(match document {
            Document::Nothing => return None,
            Document::Invoice(draft) => Content {
                kind: "invoice",
                lines: &draft.lines,
                net: draft.net,
                tax: draft.tax,
                total: draft.total,
            },
            Document::CreditNote(draft) => Content {
                kind: "credit_note",
                lines: &draft.lines,
                net: draft.net,
                tax: draft.tax,
                total: draft.total,
            },
        })
    }

    /// Whether a draft says the same. How its tax was decided may bear another date.
    fn is_in(&self, row: &InvoiceDraftRow) -> Result<bool, AppFault> {
        let known: Vec<TaxedLine> = stored("lines of a draft", &row.lines)?;
        let same = |one: &TaxedLine, other: &TaxedLine| {
            one.line == other.line && one.tax == other.tax && one.tax_rate == other.tax_rate
        };
        Ok(self.kind == row.kind
            && self.total.minor == row.total
            && self.lines.len() == known.len()
            && self.lines.iter().zip(&known).all(|(one, it)| same(one, it)))
    }

    fn put_into(&self, row: &mut InvoiceDraftRow) -> Result<(), AppFault> {
        row.kind = self.kind.to_owned();
        (row.net, row.tax, row.total) = (self.net.minor, self.tax.minor, self.total.minor);
        row.lines = to_store("lines of a draft", &self.lines)?;
        Ok(())
    }
}

/// The policy of a legal entity, where one was stated.
fn policy<'c>(context: &'c Context, entity: &EntityId) -> Option<&'c InvoicePolicy> {
    context.books.invoices.get(entity).map(|it| &it.policy)
}

/// Whether documents of a legal entity may have to stand as drafts: they are billed by themselves.
pub(crate) fn may_stand(context: &Context, entity: &EntityId) -> bool {
    policy(context, entity).is_some_and(InvoicePolicy::drafts)
}

/// Whether the document of a contract is issued now, and what becomes of its draft.
///
/// # Errors
/// When the store fails, or a draft was to be issued exactly as it was seen and is another one.
pub(crate) fn stand(
    tx: &mut Tx<'_>,
    context: &Context,
    (row, contract): (&ContractRow, &Contract),
    open: Option<InvoiceDraftRow>,
    (document, through): (&Document, Date),
    asked: Asked,
) -> Result<Stand, AppFault> {
    let Some(content) = Content::of(document) else {
        if let Some(open) = open {
            withdraw(tx, context, open, "nothing is owed any more")?;
        }
        return Ok(Stand::Issue(None));
    };
    let policy = policy(context, &contract.entity);
    let needs = needs(policy, &content);
    let stands = policy.is_some_and(|it| it.draft_days > 0);
    let Some(open) = open else {
        if needs.is_none() && !stands {
            return Ok(Stand::Issue(None));
        }
        let made = make(tx, context, (row, contract), &content, through)?;
        return waits(tx, context, made, needs);
    };
    let is_same = content.is_in(&open)?;
    if !is_same && asked == (Asked::Finalise { exact: true }) {
        return Err(changed(content.total).into());
    }
    let current = if is_same {
        open
    } else {
        refreshed(tx, context, open, &content, through)?
    };
    match asked {
        Asked::Finalise { .. } => return Ok(Stand::Issue(Some(Box::new(current)))),
        Asked::Refresh => return waits(tx, context, current, needs),
        Asked::Run | Asked::BesideRuns => {}
    }
    let today = context.today(&contract.entity)?;
    let is_over = !stands || current.ends.as_str() <= today.to_string().as_str();
    if needs.is_none() && is_over && current.status != "denied" {
        // A request that the policy of today does not ask for is for nobody to decide.
        give_up_request(tx, context, &current, "no second person is needed any more")?;
        return Ok(Stand::Issue(Some(Box::new(current))));
    }
    waits(tx, context, current, needs)
}

fn needs(policy: Option<&InvoicePolicy>, content: &Content<'_>) -> Option<String> {
    policy
        .filter(|_| content.kind == "invoice")
        .and_then(|policy| policy.needs(content.total))
}

/// Leaves a draft standing, with a request for approval where a second person is needed and has not
/// been asked about this content.
fn waits(
    tx: &mut Tx<'_>,
    context: &Context,
    row: InvoiceDraftRow,
    needs: Option<String>,
) -> Result<Stand, AppFault> {
    if row.status == "denied" {
        return Ok(Stand::Waits(Billed::Held));
    }
    exception::clear(
        tx,
        context,
        &format!("billing/{}", row.contract),
        "the contract could be billed",
    )?;
    let id = row.id.clone();
    match needs {
        Some(why) if row.status == "draft" => {
            approval::request(tx, context, row, &why)?;
        }
        None if row.status == "waiting" => {
            give_up_request(tx, context, &row, "no second person is needed any more")?;
            let next = InvoiceDraftRow {
                status: "draft".to_owned(),
                needs: String::new(),
                approval: String::new(),
                ..row.clone()
            };
            put(tx, context, &row, next, Said::Refreshed)?;
        }
        _ => {}
    }
    Ok(Stand::Waits(Billed::Drafted(id)))
}

fn give_up_request(
    tx: &mut Tx<'_>,
    context: &Context,
    row: &InvoiceDraftRow,
    reason: &str,
) -> Result<(), AppFault> {
    if row.status == "waiting" && !row.approval.is_empty() {
        crate::approval::take_back(tx, context, &row.approval, reason)?;
    }
    Ok(())
}

fn make(
    tx: &mut Tx<'_>,
    context: &Context,
    (row, contract): (&ContractRow, &Contract),
    content: &Content<'_>,
    through: Date,
) -> Result<InvoiceDraftRow, AppFault> {
    let days = policy(context, &contract.entity).map_or(0, |policy| policy.draft_days);
    let today = context.today(&contract.entity)?;
    let ends = today.saturating_add(jiff::Span::new().days(i64::from(days)));
    let mut made = InvoiceDraftRow {
        id: InvoiceDraftId::mint(&*context.ids, context.now)
            .as_str()
            .to_owned(),
        status: "draft".to_owned(),
        kind: String::new(),
        contract: row.id.clone(),
        customer: row.customer.clone(),
        entity: row.entity.clone(),
        currency: contract.currency.code().to_owned(),
        through: through.to_string(),
        ends: ends.to_string(),
        net: 0,
        tax: 0,
        total: 0,
        lines: String::new(),
        version: 1,
        needs: String::new(),
        approval: String::new(),
        document: String::new(),
        reason: String::new(),
        maker: context.actor.clone(),
        correlation: row.correlation.clone(),
        created: context.now.microseconds(),
        changed: context.now.microseconds(),
    };
    content.put_into(&mut made)?;
    InvoiceDraftRow::insert(tx, std::slice::from_ref(&made))?;
    record(tx, context, &made, Said::Opened)?;
    Ok(made)
}

/// The draft with what is owed now. Whoever was asked about the content before is not asked any more.
fn refreshed(
    tx: &mut Tx<'_>,
    context: &Context,
    open: InvoiceDraftRow,
    content: &Content<'_>,
    through: Date,
) -> Result<InvoiceDraftRow, AppFault> {
    give_up_request(tx, context, &open, "the draft has other content by now")?;
    let mut next = InvoiceDraftRow {
        status: "draft".to_owned(),
        through: through.to_string(),
        version: open.version + 1,
        needs: String::new(),
        approval: String::new(),
        reason: String::new(),
        ..open.clone()
    };
    content.put_into(&mut next)?;
    put(tx, context, &open, next, Said::Refreshed)
}

/// Withdraws the draft of a contract that is billed with others by now.
///
/// # Errors
/// When the store fails.
pub(crate) fn billed_together(
    tx: &mut Tx<'_>,
    context: &Context,
    open: Option<InvoiceDraftRow>,
) -> Result<(), AppFault> {
    match open {
        Some(open) => withdraw(tx, context, open, "it is billed with others of its account"),
        None => Ok(()),
    }
}

fn withdraw(
    tx: &mut Tx<'_>,
    context: &Context,
    open: InvoiceDraftRow,
    reason: &str,
) -> Result<(), AppFault> {
    give_up_request(tx, context, &open, reason)?;
    let next = InvoiceDraftRow {
        status: "withdrawn".to_owned(),
        reason: reason.to_owned(),
        ..open.clone()
    };
    let gone = put(tx, context, &open, next, Said::Ended)?;
    exception::clear(tx, context, &format!("billing/{}", gone.contract), reason)?;
    Ok(())
}

/// Notes which document a draft became.
///
/// # Errors
/// When the store fails.
pub(crate) fn became(
    tx: &mut Tx<'_>,
    context: &Context,
    draft: Option<Box<InvoiceDraftRow>>,
    document: &str,
) -> Result<(), AppFault> {
    let Some(open) = draft.map(|draft| *draft) else {
        return Ok(());
    };
    let next = InvoiceDraftRow {
        status: "finalised".to_owned(),
        document: document.to_owned(),
        ..open.clone()
    };
    put(tx, context, &open, next, Said::Ended)?;
    Ok(())
}

/// Which event says what became of a draft.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Said {
    Opened,
    Refreshed,
    Ended,
}

/// Writes a draft back and says so; another that has moved it meanwhile comes first.
fn put(
    tx: &mut Tx<'_>,
    context: &Context,
    before: &InvoiceDraftRow,
    row: InvoiceDraftRow,
    said: Said,
) -> Result<InvoiceDraftRow, AppFault> {
    let lifecycle = &control::lifecycle::INVOICE_DRAFT;
    crate::lifecycle::go(lifecycle, &row.id, &before.status, &row.status)?;
    let row = InvoiceDraftRow {
        changed: context.now.microseconds(),
        ..row
    };
    if !invoice_drafts::put(tx, before, &row)? {
        let message = format!("draft {} has been moved by somebody else", row.id);
        return Err(StoreFault::Contended(message).into());
    }
    record(tx, context, &row, said)?;
    Ok(row)
}

fn record(
    tx: &mut Tx<'_>,
    context: &Context,
    row: &InvoiceDraftRow,
    said: Said,
) -> Result<(), AppFault> {
    let key = format!("invoice-draft/{}/{}/{}", row.id, row.version, row.status);
    let correlation = stored_value("chain id", &row.correlation)?;
    let mut recorder = Recorder::new(context, correlation, "/billing", &key);
    let entity: EntityId = stored_value("entity id", &row.entity)?;
    let fact = Fact {
        subject: format!("invoice_draft/{}", row.id),
        partition: format!("contract/{}", row.contract),
        effective: context.today(&entity)?,
        entity: Some(entity),
        happened: context.now,
    };
    let report = report(row)?;
    let event = match said {
        Said::Opened => Event::InvoiceDraftOpened(report),
        Said::Refreshed => Event::InvoiceDraftRefreshed(report),
        Said::Ended => Event::InvoiceDraftEnded(report),
    };
    recorder.event(fact, event);
    recorder.finish(tx)
}

fn report(row: &InvoiceDraftRow) -> Result<InvoiceDraftReport, AppFault> {
    let currency: Currency = stored_value("currency", &row.currency)?;
    let lines: Vec<TaxedLine> = stored("lines of a draft", &row.lines)?;
    let optional = |text: &str| (!text.is_empty()).then(|| text.to_owned());
    let approval = optional(&row.approval).map(|id| stored_value("approval id", &id));
    Ok(InvoiceDraftReport {
        draft: stored_value("draft id", &row.id)?,
        kind: row.kind.clone(),
        customer: stored_value("customer id", &row.customer)?,
        contract: stored_value("contract id", &row.contract)?,
        through: stored_value("date", &row.through)?,
        ends: stored_value("date", &row.ends)?,
        version: u32::try_from(row.version).unwrap_or(u32::MAX),
        status: row.status.clone(),
        lines: u32::try_from(lines.len()).unwrap_or(u32::MAX),
        net: Money::from_minor(row.net, currency),
        tax: Money::from_minor(row.tax, currency),
        rounding: view::rounding(row, currency),
        total: Money::from_minor(row.total, currency),
        needs: optional(&row.needs),
        approval: approval.transpose()?,
        document: optional(&row.document),
        reason: optional(&row.reason),
    })
}

fn total_of(row: &InvoiceDraftRow) -> Result<Money, AppFault> {
    let currency: Currency = stored_value("currency", &row.currency)?;
    Ok(Money::from_minor(row.total, currency))
}

/// An open draft by its id, or by the contract that it bills.
fn load(tx: &mut Tx<'_>, text: &str) -> Result<InvoiceDraftRow, AppFault> {
    let found = match invoice_drafts::draft(tx, text)? {
        Some(row) => Some(row),
        None => invoice_drafts::open_of(tx, text)?,
    };
    let row = found.ok_or_else(|| AppFault::NotFound {
        kind: "draft of an invoice",
        id: text.to_owned(),
    })?;
    settings::take_turn(tx, &format!("contract/{}", row.contract))?;
    if matches!(row.status.as_str(), "draft" | "waiting" | "denied") {
        return Ok(row);
    }
    let message = format!("draft {} is {} already", row.id, row.status);
    Err(Refusal::field("draft_over", "draft", message).into())
}

fn changed(now: Money) -> Refusal {
    let message = format!(
        "the draft has other content by now: it comes to {now}; refresh it, look at it again and issue that version"
    );
    Refusal::field("draft_changed", "version", message)
}

/// Whether the version that was looked at is the one that stands.
fn check_version(row: &InvoiceDraftRow, seen: Option<u32>) -> Result<(), AppFault> {
    if seen.is_none_or(|seen| i64::from(seen) == row.version) {
        return Ok(());
    }
    Err(changed(total_of(row)?).into())
}

/// Bills the contract of a draft again.
fn again(
    tx: &mut Tx<'_>,
    context: &Context,
    row: &InvoiceDraftRow,
    asked: Asked,
) -> Result<Billed, AppFault> {
    let contract: ContractId = stored_value("contract id", &row.contract)?;
    let through: Date = stored_value("date", &row.through)?;
    billing::bill_as(tx, context, &contract, through, asked)
}

/// `finalise_invoice`: issues a draft as what is owed now. Where that is not what the draft said, it
/// is refreshed first, and the answer says so.
///
/// # Errors
/// When there is no such open draft, it is not the version that was looked at, or its contract cannot
/// be billed.
pub fn finalise(
    tx: &mut Tx<'_>,
    context: &Context,
    body: &FinaliseInvoice,
) -> Result<Answer, AppFault> {
    let row = load(tx, &body.draft)?;
    check_version(&row, body.version)?;
    let exact = body.version.is_some();
    let document = match again(tx, context, &row, Asked::Finalise { exact })? {
        Billed::Issued(issued) => match issued.last() {
            Some(document) => documents::document(tx, document)?,
            None => None,
        },
        Billed::Nothing | Billed::Left(_) => None,
        Billed::Waits(_) => {
            let message = format!(
                "contract {} waits for the answer of its tax engine; issue the draft once it has come",
                row.contract
            );
            return Err(Refusal::field("draft_held", "draft", message).into());
        }
        Billed::Held | Billed::Drafted(_) => {
            let message = format!(
                "contract {} cannot be billed as it stands; its exception says why",
                row.contract
            );
            return Err(Refusal::field("draft_held", "draft", message).into());
        }
    };
    let after = invoice_drafts::draft(tx, &row.id)?.unwrap_or_else(|| row.clone());
    Ok(json!({
        "draft": row.id, "status": after.status, "total": total_of(&after)?,
        "document": document.as_ref().map(|it| &it.id), "number": document.as_ref().map(|it| &it.number),
        "refreshed": after.version != row.version,
    }))
}

/// `refresh_invoice_draft`.
///
/// # Errors
/// When there is no such open draft.
pub fn refresh(
    tx: &mut Tx<'_>,
    context: &Context,
    body: &RefreshInvoiceDraft,
) -> Result<Answer, AppFault> {
    let row = load(tx, &body.draft)?;
    again(tx, context, &row, Asked::Refresh)?;
    let after = invoice_drafts::draft(tx, &row.id)?.unwrap_or_else(|| row.clone());
    Ok(json!({
        "draft": after.id, "status": after.status, "version": after.version, "total": total_of(&after)?,
        "refreshed": after.version != row.version,
    }))
}

/// Computes the draft of a contract anew that has just changed; nothing where it has none.
///
/// # Errors
/// When the store fails.
pub(crate) fn follow(
    tx: &mut Tx<'_>,
    context: &Context,
    contract: &ContractId,
) -> Result<(), AppFault> {
    if let Some(open) = invoice_drafts::open_of(tx, contract.as_str())? {
        again(tx, context, &open, Asked::Refresh)?;
    }
    Ok(())
}

impl App {
    /// Issues every draft whose days are over where its legal entity is, each by itself. Returns how
    /// many documents were issued.
    ///
    /// # Errors
    /// When the store fails.
    pub fn finalise_drafts(&self, actor: &str) -> Result<usize, AppFault> {
        let context = self.context(actor);
        let entities = context.books.entities.values();
        let Some(last) = entities
            .map(|entity| entity.zone.date_at(context.now))
            .max()
        else {
            return Ok(0);
        };
        let (mut after, mut issued) = ((String::new(), String::new()), 0);
        loop {
            let (day, from) = (last.to_string(), after.clone());
            let page = self.store().read(move |tx| {
                invoice_drafts::due(tx, &day, (&from.0, &from.1), AT_ONCE).map_err(AppFault::from)
            })?;
            let Some((ends, id, _, _)) = page.last() else {
                return Ok(issued);
            };
            after = (ends.clone(), id.clone());
            for (ends, _, contract, entity) in page {
                let entity: EntityId = stored_value("entity id", &entity)?;
                let today = context.today(&entity)?;
                if ends > today.to_string() {
                    continue;
                }
                let contract: ContractId = stored_value("contract id", &contract)?;
                let billed = self.run(actor, move |tx, context| {
                    billing::bill_by_itself(tx, context, &contract, today)
                })?;
                issued += usize::from(matches!(billed, Billed::Issued(_)));
            }
        }
    }
}
