//! A page of contracts, decided and put into rows without a transaction: the same for one contract
//! and for thousands, before the writer's turn or within it.

use super::case::{Case, Numbers, View};
use super::{Billed, Through};
use crate::fault::{AppFault, stored_value};
use crate::governance::gate::{self, Issuing};
use crate::journey::document::{self, Draft, Kind};
use crate::journey::numbering::series;
use crate::journey::taxation::engine_of;
use crate::journey::{invoice_draft, payment, rounding};
use crate::record::sealed::{Ground, Sealed, Unsealed};
use crate::record::{Context, Recorder};
use ::billing::{BilledLine, Document, InvoiceDraft, Taxation, draft_taxed, next_due, owed};
use commerce::{Contract, Customer};
use control::topology::RoutedFact;
use events::Envelope;
use store::Tx;
use store::bill_pages::{self, Moved, NextDue};
use store::document_roundings::RoundingRow;
use store::documents::{DocumentRow, LineRow};
use store::payments::PaymentRow;
use values::Date;

/// What the first contracts of a page come to, ready to be written.
pub(super) struct Plan {
    /// How many of the page's contracts it holds. The one after them is billed by itself.
    pub(super) count: usize,
    /// What each came to.
    pub(super) outcomes: Vec<Billed>,
    version: i64,
    numbers: Numbers,
    documents: Vec<DocumentRow>,
    lines: Vec<LineRow>,
    roundings: Vec<RoundingRow>,
    moved: Vec<Moved>,
    credited: Vec<(String, i64, i64)>,
    payments: Vec<PaymentRow>,
    due: Vec<NextDue>,
    sealed: Sealed,
    /// Events that a process waits for or begins with, by contract.
    heard: Vec<Vec<Envelope>>,
    begins: bool,
}

/// What one contract comes to before anything is minted for it.
enum Decision {
    /// Nothing is owed; this is due next.
    Nothing(Option<Date>),
    /// An invoice; this is due next.
    Invoice(Issue, Option<Date>),
    /// Another system bills it, or its day has not come where it is: nothing moves.
    Untouched,
    /// It needs more than rows: an exception, a credit note, a process or another system to tell.
    Apart,
}

impl Plan {
    /// Decides the contracts of a view from `from` on, up to the first one that is billed by itself.
    ///
    /// # Errors
    /// When something stored cannot be read.
    pub(super) fn make(
        context: &Context,
        view: &mut View,
        from: usize,
        through: Through,
    ) -> Result<Plan, AppFault> {
        let mut plan = Plan {
            count: 0,
            outcomes: Vec::new(),
            version: context.books.version,
            numbers: Numbers::default(),
            documents: Vec::new(),
            lines: Vec::new(),
            roundings: Vec::new(),
            moved: Vec::new(),
            credited: Vec::new(),
            payments: Vec::new(),
            due: Vec::new(),
            heard: Vec::new(),
            begins: begins(context),
            sealed: Sealed::on(&view.ground),
        };
        let until = if all_apart(context) {
            from
        } else {
            view.cases.len()
        };
        for index in from..until {
            let decision = match view.cases.get(index) {
                Some(case) => decide(context, case, through)?,
                None => break,
            };
            if !plan.take(context, view, index, decision)? {
                break;
            }
            plan.count += 1;
        }
        plan.numbers = view.numbers.clone();
        view.numbers = view.numbers.afterwards();
        Ok(plan)
    }

    /// Adds one contract; false when it has to be billed by itself.
    fn take(
        &mut self,
        context: &Context,
        view: &mut View,
        index: usize,
        decision: Decision,
    ) -> Result<bool, AppFault> {
        let Some(case) = view.cases.get(index) else {
            return Ok(false);
        };
        let (outcome, next) = match decision {
            Decision::Apart => return Ok(false),
            Decision::Untouched => {
                self.outcomes.push(Billed::Nothing);
                return Ok(true);
            }
            Decision::Nothing(next) => (Billed::Nothing, next),
            Decision::Invoice(issue, next) => {
                let series = series(&context.books, &case.row.entity, "invoice", issue.issued);
                let Some(number) = view.numbers.next(&series.counter) else {
                    return Ok(false);
                };
                let number = series.text(number);
                match self.invoice(context, &mut view.ground, case, &issue, number)? {
                    Some(id) => (Billed::Issued(vec![id]), next),
                    None => {
                        view.numbers.give_back(&series.counter);
                        return Ok(false);
                    }
                }
            }
        };
        let after = next.map_or_else(String::new, |date| date.to_string());
        if after != case.row.bill_from {
            self.due.push(NextDue {
                contract: case.row.id.clone(),
                version: case.row.version,
                before: case.row.bill_from.clone(),
                after,
            });
        }
        self.outcomes.push(outcome);
        Ok(true)
    }

    /// Puts one invoice into rows; nothing when its posting has to be parked.
    fn invoice(
        &mut self,
        context: &Context,
        ground: &mut Ground,
        case: &Case,
        issue: &Issue,
        number: String,
    ) -> Result<Option<String>, AppFault> {
        let (Some(contract), Some(buyer)) = (&case.contract, case.buyer.clone()) else {
            return Ok(None);
        };
        let key = super::key(&contract.id, case.row.version, issue.through);
        let correlation = stored_value("chain id", &case.row.correlation)?;
        let mut recorder = Recorder::new(context, correlation, "/billing", &key);
        let draft = Draft {
            contract,
            customer: &buyer,
            kind: Kind::Invoice,
            lines: &issue.draft.lines,
            rounding: issue.draft.rounding,
            issued: issue.issued,
            outside: None,
        };
        let mut positions = case.positions.clone();
        let chain = recorder.correlation();
        let (rendered, lines, moved) =
            document::render(context, chain, &draft, &mut positions, number)?;
        recorder.event(rendered.fact, rendered.event);
        let payment = payment::prepare(context, &mut recorder, &rendered.row, &buyer)?;
        if payment.is_none() && payment::lacks_route(context, &rendered.row, &buyer) {
            return Ok(None);
        }
        match self.sealed.take(ground, recorder) {
            Ok(events) if case.is_awaited || self.begins => self.heard.push(events),
            Ok(_) => {}
            Err(Unsealed::Parks) => return Ok(None),
            Err(Unsealed::Fault(fault)) => return Err(fault),
        }
        let id = rendered.row.id.clone();
        self.payments.extend(payment);
        self.documents.push(rendered.row);
        self.lines.extend(lines);
        self.roundings.extend(rendered.rounding);
        self.moved.extend(moved);
        self.credited.extend(rendered.credited);
        Ok(Some(id))
    }

    /// Writes everything, one statement a table. False when something is not as it was read; the
    /// transaction must then be undone.
    ///
    /// # Errors
    /// When the store fails.
    pub(super) fn write(&self, tx: &mut Tx<'_>, context: &Context) -> Result<bool, AppFault> {
        if context.books.version != self.version {
            return Ok(false);
        }
        for (counter, before, after) in self.numbers.moves() {
            if !bill_pages::move_number(tx, counter, before, after)? {
                return Ok(false);
            }
        }
        if !bill_pages::set_next_due(tx, &self.due)?
            || !bill_pages::move_positions(tx, &self.moved)?
        {
            return Ok(false);
        }
        LineRow::insert(tx, &self.lines)?;
        DocumentRow::insert(tx, &self.documents)?;
        RoundingRow::insert(tx, &self.roundings)?;
        bill_pages::add_credited(tx, &self.credited)?;
        PaymentRow::insert(tx, &self.payments)?;
        if !self.sealed.write(tx)? {
            return Ok(false);
        }
        for events in &self.heard {
            crate::process::advance(tx, context, events, None)?;
        }
        Ok(true)
    }

    /// The numbers as they stand once this is written.
    pub(super) fn numbers_afterwards(&self) -> Numbers {
        self.numbers.afterwards()
    }
}

/// An invoice that is to be issued.
struct Issue {
    draft: InvoiceDraft,
    through: Date,
    issued: Date,
}

/// What a contract comes to. Nothing is read, minted or written.
fn decide(context: &Context, case: &Case, through: Through) -> Result<Decision, AppFault> {
    let Some(contract) = case.contract.as_ref().filter(|_| !case.is_apart) else {
        return Ok(Decision::Apart);
    };
    match gate::issuing(context, contract) {
        Issuing::Ours => {}
        Issuing::Elsewhere { .. } => return Ok(Decision::Untouched),
        Issuing::Split => return Ok(Decision::Apart),
    }
    let day = through.day(context, &contract.entity)?;
    if through.comes_later(day, &case.row) {
        return Ok(Decision::Untouched);
    }
    let issued = through.issued(context, &contract.entity)?;
    // An engine that decides on tax is asked between two transactions.
    let entity = &contract.entity;
    if engine_of(context, entity).is_some() || invoice_draft::may_stand(context, entity) {
        return Ok(Decision::Apart);
    }
    let Ok(document) = document_of(context, contract, case.owing(), day, issued) else {
        return Ok(Decision::Apart);
    };
    match document {
        Document::Nothing => Ok(Decision::Nothing(next_due(contract, day))),
        Document::Invoice(draft) if draft.total.minor > 0 => {
            let through = day;
            let issue = Issue {
                draft,
                through,
                issued,
            };
            Ok(Decision::Invoice(issue, next_due(contract, day)))
        }
        // Nothing to pay may put the account in good standing, and a credit note is set off.
        Document::Invoice(_) | Document::CreditNote(_) => Ok(Decision::Apart),
    }
}

/// What is owed of a contract by what was agreed alone, as a document, from every line billed on it and
/// who bought. An invoice is rounded; what rounds a credit note is read elsewhere.
pub(super) fn document_of(
    context: &Context,
    contract: &Contract,
    (billed, buyer): (&[BilledLine], Option<&Customer>),
    day: Date,
    issued: Date,
) -> Result<Document, ::billing::BillingRefusal> {
    let lines = owed(contract, billed, day)?;
    let taxation = Taxation {
        table: &context.books.taxes,
        entity: &contract.entity,
        buyer: buyer.and_then(|buyer| buyer.tax.as_ref()),
        contract: Some(contract),
        on: issued,
        answer: None,
    };
    let document = draft_taxed(&lines, billed, &taxation)?;
    Ok(rounding::rounded_invoice(
        context,
        &contract.entity,
        document,
    )?)
}

/// Whether every document has to be issued by itself: sales is told of each change of an account.
fn all_apart(context: &Context) -> bool {
    let books = &context.books;
    let told = books
        .governance
        .tells(RoutedFact::WriteBack, "salesforce", None);
    books.routing.write_back && told
}

/// Whether a process begins with an invoice or with its collection.
fn begins(context: &Context) -> bool {
    let processes = &context.books.processes;
    [
        "com.tieout.billing.invoice.issued.v1",
        "com.tieout.payment.payment.initiated.v1",
    ]
    .iter()
    .any(|signal| !processes.started_by(signal).is_empty())
}
