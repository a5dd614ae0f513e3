//! Disputed invoices: opened with lines, amount and reason, held out of collection while they are
//! open, and ended by an outcome code: a credit note, or the invoice stays due.

use super::{NewException, close, reason_of, record_about, role_named};
use crate::Refusal;
use crate::approval::Difference;
use crate::command::{Amount, Answer, CreditLine, IssueCreditNote, OpenDispute, ResolveDispute};
use crate::fault::{AppFault, stored, stored_value, to_store};
use crate::journey::{credit, document, exception, standing};
use crate::record::{Context, Fact, Recorder};
use control::ExceptionClass;
use control::exception_case::{CaseKind, OutcomeCode};
use events::{DisputeOpened, DisputeResolved, Event, ExceptionAssigned};
use serde_json::json;
use store::Tx;
use store::documents::DocumentRow;
use store::exceptions::cases::{self, DisputeRow};
use store::exceptions::{self, trail};
use values::{Currency, CustomerId, DisputeId, EntityId, Money};

/// Lines of an invoice that a refusal names.
const LINES_SHOWN: usize = 5;

/// `open_dispute`.
///
/// # Errors
/// When there is no such invoice, it is disputed already, nothing of it is open, more is disputed than
/// is open, or the lines are not those of the invoice or do not come to the amount.
pub fn open(
    tx: &mut Tx<'_>,
    context: &Context,
    key: &str,
    command: &OpenDispute,
) -> Result<Answer, AppFault> {
    let note = command.note.trim();
    if note.is_empty() {
        return Err(
            Refusal::field("note_missing", "note", "say what the customer objects to").into(),
        );
    }
    let invoice = document::invoice(tx, &command.invoice)?;
    if let Some(known) = cases::open_dispute(tx, &invoice.id)? {
        let message = format!(
            "invoice {} is disputed already, as {}",
            invoice.number, known.id
        );
        return Err(Refusal::whole("disputed_already", message).into());
    }
    let currency: Currency = stored_value("currency", &invoice.currency)?;
    let open = Money::from_minor(invoice.remaining, currency);
    needs_open(open, &invoice.number)?;
    let amount = match command.lines.as_slice() {
        [] => disputed(command, open, &invoice.number)?,
        lines => {
            let billed = lines_of_dispute(tx, context, &invoice, lines)?;
            disputed_on_lines(command, (open, billed), &invoice.number)?
        }
    };
    let id = command
        .id
        .clone()
        .unwrap_or_else(|| DisputeId::mint(&*context.ids, context.now));
    let class = ExceptionClass::InvoiceDisputed;
    let reason_code = command.reason_code.as_str();
    let exception = exception::open(
        tx,
        context,
        NewException {
            key: format!("dispute/{id}"),
            class: class.code(),
            summary: format!(
                "{amount} of invoice {} is disputed: {}",
                invoice.number,
                reason_code.replace('_', " ")
            ),
            detail: reason_code.to_owned(),
            payload: json!({ "note": note, "lines": command.lines }).to_string(),
            customer: invoice.customer.clone(),
            document: invoice.id.clone(),
            entity: invoice.entity.clone(),
            value: Some(amount),
            correlation: Some(stored_value("chain id", &invoice.correlation)?),
            ..NewException::default()
        },
    )?;
    let owner = command
        .owner
        .clone()
        .unwrap_or_else(|| class.owner().title().to_owned());
    let row = DisputeRow {
        id: id.as_str().to_owned(),
        invoice: invoice.id.clone(),
        customer: invoice.customer.clone(),
        contract: invoice.contract.clone(),
        entity: invoice.entity.clone(),
        currency: invoice.currency.clone(),
        amount: amount.minor,
        lines: to_store("lines", &command.lines)?,
        reason_code: reason_code.to_owned(),
        note: note.to_owned(),
        owner: owner.clone(),
        status: "open".to_owned(),
        outcome: String::new(),
        credit_note: String::new(),
        exception: exception.as_str().to_owned(),
        correlation: invoice.correlation.clone(),
        opened: context.now.microseconds(),
        closed: 0,
    };
    DisputeRow::insert(tx, std::slice::from_ref(&row))?;
    give(tx, context, &row, &owner)?;
    let event = Event::DisputeOpened(DisputeOpened {
        dispute: id.clone(),
        customer: stored_value("customer id", &row.customer)?,
        invoice: stored_value("invoice id", &row.invoice)?,
        lines: command.lines.iter().map(|line| line.line.clone()).collect(),
        amount,
        reason_code: reason_code.to_owned(),
        description: note.to_owned(),
        owner,
        due: None,
    });
    publish(tx, context, key, &row, event)?;
    Ok(json!({ "dispute": id, "exception": exception, "status": "open", "amount": amount }))
}

fn needs_open(open: Money, number: &str) -> Result<(), Refusal> {
    if open.minor > 0 {
        return Ok(());
    }
    let message = format!(
        "nothing of invoice {number} is open; what was paid is given back by a credit note"
    );
    Err(Refusal::field("nothing_open", "invoice", message))
}

/// What the command states as disputed, with tax.
fn stated(command: &OpenDispute, currency: Currency) -> Result<Option<Money>, Refusal> {
    let read = |text: &Amount| {
        Money::parse(text, currency)
            .map_err(|refused| Refusal::field("bad_amount", "amount", refused.to_string()))
    };
    command.amount.as_ref().map(read).transpose()
}

/// What the disputed lines come to with tax: what accepting the dispute would credit.
fn lines_of_dispute(
    tx: &mut Tx<'_>,
    context: &Context,
    invoice: &DocumentRow,
    lines: &[CreditLine],
) -> Result<Money, AppFault> {
    let known = store::documents::lines_of(tx, &invoice.id)?;
    for (index, named) in lines.iter().enumerate() {
        let line = named.line.as_str();
        if !known.iter().any(|row| row.id == line) {
            let shown = known.iter().take(LINES_SHOWN).map(|row| row.id.as_str());
            let message = format!(
                "line {line} is not on invoice {}; name lines of that invoice, such as {}",
                invoice.number,
                shown.collect::<Vec<_>>().join(", ")
            );
            let field = format!("lines[{index}].line");
            return Err(Refusal::field("unknown_line", &field, message).into());
        }
    }
    let body = IssueCreditNote {
        id: None,
        invoice: invoice.id.clone(),
        reason: "disputed".to_owned(),
        full: false,
        fraction: None,
        amount: None,
        lines: lines.to_vec(),
    };
    credit::total_of(tx, context, invoice, &body)
}

/// What is disputed where lines are named: what they come to with tax, and no more than is open. An
/// amount that says otherwise would be decided as another one than the customer disputes.
fn disputed_on_lines(
    command: &OpenDispute,
    (open, lines): (Money, Money),
    number: &str,
) -> Result<Money, AppFault> {
    let amount = if lines.minor < open.minor {
        lines
    } else {
        open
    };
    match stated(command, open.currency)? {
        Some(stated) if stated != amount => {
            let message = format!(
                "the lines come to {lines} with tax, of which {amount} is open on invoice {number}, and the amount says {stated}; leave amount out, or name lines that come to it"
            );
            Err(Refusal::field("lines_and_amount_differ", "amount", message).into())
        }
        Some(_) | None => Ok(amount),
    }
}

/// What is disputed of an invoice as a whole.
fn disputed(command: &OpenDispute, open: Money, number: &str) -> Result<Money, AppFault> {
    let Some(amount) = stated(command, open.currency)? else {
        return Ok(open);
    };
    if amount.minor <= 0 || amount.minor > open.minor {
        let message = format!("{amount} cannot be disputed: {open} of invoice {number} is open");
        return Err(Refusal::field("more_than_open", "amount", message).into());
    }
    Ok(amount)
}

/// Gives the dispute's exception to whoever was named.
fn give(tx: &mut Tx<'_>, context: &Context, row: &DisputeRow, owner: &str) -> Result<(), AppFault> {
    let mut about = exception::open_row(tx, &row.exception)?;
    let before = about.owner.clone();
    match role_named(owner) {
        Some(role) if role.title() == before => return Ok(()),
        Some(role) => about.owner = role.title().to_owned(),
        None => {
            owner.clone_into(&mut about.assignee);
            "assigned".clone_into(&mut about.status);
        }
    }
    exceptions::update(tx, &about)?;
    exception::note(tx, context, &about, "assigned", owner)?;
    let event = Event::ExceptionAssigned(ExceptionAssigned {
        exception: stored_value("exception id", &about.id)?,
        class: about.class.clone(),
        owner: about.owner.clone(),
        assignee: (!about.assignee.is_empty()).then(|| about.assignee.clone()),
        previous: Some(before),
        reason: None,
    });
    record_about(tx, context, &about, event)
}

/// `resolve_dispute`.
///
/// # Errors
/// When there is no such open dispute, the outcome is no code of a dispute, or the credit note is
/// refused.
pub fn resolve(
    tx: &mut Tx<'_>,
    context: &Context,
    key: &str,
    command: &ResolveDispute,
) -> Result<Answer, AppFault> {
    let reason = reason_of(&command.reason)?;
    let code = OutcomeCode::from_word(&command.outcome)
        .filter(|code| CaseKind::DisputedInvoice.codes().contains(code))
        .ok_or_else(|| {
            let known: Vec<&str> = CaseKind::DisputedInvoice
                .codes()
                .iter()
                .map(|code| code.as_str())
                .collect();
            let message = format!(
                "{:?} is no outcome of a dispute; use one of: {}",
                command.outcome,
                known.join(", ")
            );
            Refusal::field("bad_outcome_code", "outcome", message)
        })?;
    let mut row = open_row(tx, command.dispute.as_str())?;
    let credited = credit_for(tx, context, key, &row, code, command)?;
    "closed".clone_into(&mut row.status);
    code.as_str().clone_into(&mut row.outcome);
    row.credit_note = credited
        .as_ref()
        .map_or_else(String::new, |note| note.0.clone());
    row.closed = context.now.microseconds();
    cases::update_dispute(tx, &row)?;
    if let Some(about) = exceptions::exception(tx, &row.exception)?
        && about.status != "resolved"
    {
        let outcome = if code.does_work() {
            "mended"
        } else {
            "skipped"
        };
        close(tx, context, about, outcome, code, reason)?;
    }
    let event = Event::DisputeResolved(DisputeResolved {
        dispute: command.dispute.clone(),
        customer: stored_value("customer id", &row.customer)?,
        invoice: stored_value("invoice id", &row.invoice)?,
        amount: money(&row)?,
        outcome: published(code).to_owned(),
        credit_note: (!row.credit_note.is_empty())
            .then(|| stored_value("credit note id", &row.credit_note))
            .transpose()?,
        credited: credited.as_ref().map(|note| note.1),
        reason: reason.to_owned(),
    });
    publish(tx, context, key, &row, event)?;
    Ok(
        json!({ "dispute": command.dispute, "status": "closed", "outcome": code,
        "credit_note": credited.map(|note| note.0) }),
    )
}

/// The word of the event for an outcome code.
fn published(code: OutcomeCode) -> &'static str {
    match code {
        OutcomeCode::DisputeAccepted => "upheld",
        OutcomeCode::DisputePartlyAccepted => "partly_upheld",
        OutcomeCode::DisputeWithdrawn => "withdrawn",
        _ => "rejected",
    }
}

/// The credit note that an outcome calls for: its id and total.
fn credit_for(
    tx: &mut Tx<'_>,
    context: &Context,
    key: &str,
    row: &DisputeRow,
    code: OutcomeCode,
    command: &ResolveDispute,
) -> Result<Option<(String, Money)>, AppFault> {
    let lines: Vec<CreditLine> = stored("lines", &row.lines)?;
    let mut body = IssueCreditNote {
        id: None,
        invoice: row.invoice.clone(),
        reason: command.reason.trim().to_owned(),
        full: false,
        fraction: None,
        amount: None,
        lines: Vec::new(),
    };
    match code {
        OutcomeCode::DisputeAccepted if lines.is_empty() => {
            let invoice = document::invoice(tx, &row.invoice)?;
            if invoice.total != row.amount && command.amount.is_none() {
                let message = "only part of the invoice was disputed: say how much is credited without tax, in amount";
                return Err(Refusal::field("amount_missing", "amount", message).into());
            }
            body.full = command.amount.is_none();
            body.amount.clone_from(&command.amount);
        }
        OutcomeCode::DisputeAccepted => body.lines = lines,
        OutcomeCode::DisputePartlyAccepted => {
            if command.amount.is_none() {
                let message = "say how much is credited, without tax";
                return Err(Refusal::field("amount_missing", "amount", message).into());
            }
            body.amount.clone_from(&command.amount);
        }
        _ => return Ok(None),
    }
    let answer = credit::issue(tx, context, key, &body)?;
    let id = answer["credit_note"]
        .as_str()
        .unwrap_or_default()
        .to_owned();
    let total = store::documents::document(tx, &id)?.map_or(0, |note| note.total);
    Ok(Some((
        id,
        Money::from_minor(total, stored_value("currency", &row.currency)?),
    )))
}

fn open_row(tx: &mut Tx<'_>, id: &str) -> Result<DisputeRow, AppFault> {
    let row = cases::dispute(tx, id)?.ok_or_else(|| AppFault::NotFound {
        kind: "dispute",
        id: id.to_owned(),
    })?;
    if row.status != "open" {
        let message = format!("dispute {id} ended as {}", row.outcome);
        return Err(Refusal::whole("dispute_closed", message).into());
    }
    Ok(row)
}

fn money(row: &DisputeRow) -> Result<Money, AppFault> {
    Ok(Money::from_minor(
        row.amount,
        stored_value("currency", &row.currency)?,
    ))
}

/// Records the event on the invoice's chain, tells the trail, and shows the CRM how the account
/// stands.
fn publish(
    tx: &mut Tx<'_>,
    context: &Context,
    key: &str,
    row: &DisputeRow,
    event: Event,
) -> Result<(), AppFault> {
    let entity: EntityId = stored_value("entity id", &row.entity)?;
    let customer: CustomerId = stored_value("customer id", &row.customer)?;
    let text = if row.outcome.is_empty() {
        row.reason_code.clone()
    } else {
        row.outcome.clone()
    };
    let subject = format!("dispute/{}", row.id);
    trail::add(
        tx,
        &subject,
        context.now.microseconds(),
        &context.actor,
        &row.status,
        &text,
    )?;
    let mut recorder = Recorder::new(
        context,
        stored_value("chain id", &row.correlation)?,
        "/billing",
        &format!("{key}/{}", event.type_name()),
    );
    let fact = Fact {
        subject,
        partition: format!("contract/{}", row.contract),
        effective: context.today(&entity)?,
        entity: Some(entity),
        happened: context.now,
    };
    recorder.event(fact, event);
    standing::refresh(tx, context, &mut recorder, customer.as_str())?;
    standing::tell_crm(tx, context, &mut recorder, customer.as_str(), &row.contract)?;
    recorder.finish(tx)
}

/// Whether an outcome gives a credit, which needs whom a credit note of that amount needs.
pub(crate) fn gives_credit(command: &ResolveDispute) -> bool {
    OutcomeCode::from_word(&command.outcome).is_some_and(|code| {
        matches!(
            code,
            OutcomeCode::DisputeAccepted | OutcomeCode::DisputePartlyAccepted
        )
    })
}

/// What a checker sees of the decision: what was disputed and why, and how it ends.
///
/// # Errors
/// When the store fails or there is no such dispute.
pub(crate) fn differences(
    tx: &mut Tx<'_>,
    command: &ResolveDispute,
) -> Result<Vec<Difference>, AppFault> {
    let row = open_row(tx, command.dispute.as_str())?;
    let invoice = document::invoice(tx, &row.invoice)?;
    Ok(vec![Difference {
        field: format!("dispute about invoice {}", invoice.number),
        before: format!(
            "{} of {} disputed, {}: {}",
            money(&row)?,
            Money::from_minor(invoice.total, stored_value("currency", &invoice.currency)?),
            row.reason_code.replace('_', " "),
            row.note
        ),
        after: command.outcome.replace('_', " "),
    }])
}
