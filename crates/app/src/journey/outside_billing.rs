//! Billing that another system does: its invoices and credit notes are facts, recorded once and
//! posted to our books by the same rules as ours. They cover the timeline, so that whoever bills
//! next bills only what is left.

mod balance;
mod credited;
mod undo;
mod verify;

pub(crate) use balance::use_balance;
pub(crate) use undo::{give_up, void};
pub use verify::{GRACE_DAYS, run as verify};

use crate::command::{Answer, OutsideKind, RecordOutsideInvoice};
use crate::fault::{AppFault, stored, stored_value, to_store};
use crate::governance::gate::{self, Issuing};
use crate::journey::document::{self, Draft, Kind, Outside};
use crate::journey::exception::{self, NewException};
use crate::journey::{concession, contract as contracts_journey, credit, customer};
use crate::record::{Context, Recorder};
use crate::{App, Refusal};
use billing::{BilledLine, Giving, OutsideLine, OutsideRefusal, TaxedLine, lay_out};
use commerce::Contract;
use control::topology::Mode;
use serde_json::json;
use sha2::{Digest, Sha256};
use std::collections::BTreeSet;
use std::sync::Arc;
use store::Tx;
use store::contracts::ContractRow;
use store::documents::DocumentRow;
use store::outside_documents::{self as outside, OutsideDocumentRow};
use values::{ComponentId, CreditNoteId, LineId, Money, Period, Rate};

/// Parked documents looked at in one transaction.
const A_STEP: i64 = 100;

/// `record_outside_invoice`.
///
/// # Errors
/// Everything that is wrong with it; that this program bills the contract; or that the same id was
/// recorded with other content.
pub fn record(
    tx: &mut Tx<'_>,
    context: &Context,
    key: &str,
    body: &RecordOutsideInvoice,
) -> Result<Answer, AppFault> {
    let digest = hex::encode(Sha256::digest(to_store("outside document", body)?));
    if let Some(before) = outside::outside_document(tx, &body.system, &body.outside_id)? {
        return known(&before, &digest);
    }
    let (row, contract) = contracts_journey::load(tx, &body.contract)?;
    let credited = credited::invoice_there(tx, body)?;
    let mode = match mode_of(context, &contract, &body.system) {
        // Whoever bills by now: what a system issued, it can correct.
        Err(_) if credited.is_some() => Mode::Verify,
        told => told?,
    };
    let on = credited::lines_of(tx, credited.as_deref())?;
    let (lines, sums) = read(context, &contract, body, &on)?;
    let kept = OutsideDocumentRow {
        system: body.system.clone(),
        outside_id: body.outside_id.clone(),
        kind: word(body.kind).to_owned(),
        number: body.number.clone(),
        contract: row.id.clone(),
        customer: row.customer.clone(),
        entity: row.entity.clone(),
        currency: row.currency.clone(),
        issued: body.issued.to_string(),
        net: sums.0,
        tax: sums.1,
        digest,
        body: to_store("outside document", body)?,
        document: String::new(),
        status: "parked".to_owned(),
        reason: String::new(),
        received: context.now.microseconds(),
    };
    let laid = laid(tx, &contract, &lines)?;
    let kept = match laid {
        Ok(lines) => OutsideDocumentRow {
            document: post(tx, context, key, &row, &contract, body, &lines)?.id,
            status: "posted".to_owned(),
            ..kept
        },
        Err(refusal) => {
            park(tx, context, &kept, &row, &refusal.to_string())?;
            OutsideDocumentRow {
                reason: refusal.to_string(),
                ..kept
            }
        }
    };
    OutsideDocumentRow::insert(tx, std::slice::from_ref(&kept))?;
    if mode == Mode::Verify {
        verify::contract(
            tx,
            context,
            &row,
            &contract,
            verify::usual_day(context, &contract)?,
        )?;
    }
    Ok(said(&kept, false))
}

fn word(kind: OutsideKind) -> &'static str {
    match kind {
        OutsideKind::Invoice => "invoice",
        OutsideKind::CreditNote => "credit_note",
    }
}

fn said(row: &OutsideDocumentRow, before: bool) -> Answer {
    json!({
        "system": row.system, "outside_id": row.outside_id, "number": row.number,
        "document": (!row.document.is_empty()).then_some(&row.document),
        "status": row.status, "recorded_before": before,
    })
}

fn known(before: &OutsideDocumentRow, digest: &str) -> Result<Answer, AppFault> {
    if before.digest == digest {
        return Ok(said(before, true));
    }
    let message = format!(
        "{} {} of {} was recorded before with other content; what is issued does not change: record a credit note that corrects it",
        before.kind.replace('_', " "),
        before.outside_id,
        before.system
    );
    Err(Refusal::field("outside_document_differs", "outside_id", message).into())
}

/// What we do for the contract's billing, where `system` is the one that bills it.
fn mode_of(context: &Context, contract: &Contract, system: &str) -> Result<Mode, Refusal> {
    match gate::issuing(context, contract) {
        Issuing::Elsewhere {
            system: owner,
            mode,
        } if owner == system => Ok(mode),
        Issuing::Elsewhere { system: owner, .. } => {
            let message = format!(
                "contract {} is billed by {owner}, not by {system}; correct the system, or make {system} the system of record of billing in the topology",
                contract.id
            );
            Err(Refusal::field("not_the_biller", "system", message))
        }
        Issuing::Ours => {
            let message = format!(
                "Tieout itself bills contract {}: an invoice of {system} would bill the customer twice. Void it there; or, while {system} still bills, give the contract's scope mode \"mirror\" or \"verify\" in the topology",
                contract.id
            );
            Err(Refusal::field("billed_here", "system", message))
        }
        Issuing::Split => {
            let message = format!(
                "the lines of contract {} belong to product lines that different systems bill; move them to contracts of their own, or give them one row in the topology",
                contract.id
            );
            Err(Refusal::field("billing_split", "contract", message))
        }
    }
}

/// The lines as billing has them, signed, with the sums of the document; or all that is wrong.
fn read(
    context: &Context,
    contract: &Contract,
    body: &RecordOutsideInvoice,
    on: &Arc<BTreeSet<LineId>>,
) -> Result<(Vec<OutsideLine>, (i64, i64)), AppFault> {
    let mut wrong = head(contract, body);
    let (mut lines, mut net, mut tax) = (Vec::new(), 0_i64, 0_i64);
    for (index, line) in body.lines.iter().enumerate() {
        let at = |field: &str| format!("lines[{index}].{field}");
        let mut money = |field: &str, text: &str| match Money::parse(text, contract.currency) {
            Ok(money) => money,
            Err(refused) => {
                wrong.push(Refusal::field(
                    "bad_amount",
                    &at(field),
                    refused.to_string(),
                ));
                Money::zero(contract.currency)
            }
        };
        let (line_net, line_tax) = (money("net", &line.net), money("tax", &line.tax));
        let Ok(period) = Period::new(line.from, line.to.tomorrow().unwrap_or(line.to)) else {
            let message = format!(
                "{} lies before {}: a line bills whole days",
                line.to, line.from
            );
            wrong.push(Refusal::field("end_before_start", &at("to"), message));
            continue;
        };
        let Some(component) = component_of(contract, line.component.as_ref()) else {
            let message = "the contract has more than one component: say which one the line bills";
            wrong.push(Refusal::field(
                "component_missing",
                &at("component"),
                message,
            ));
            continue;
        };
        net = net
            .checked_add(line_net.minor)
            .ok_or(values::MoneyRefused::TooLarge)?;
        tax = tax
            .checked_add(line_tax.minor)
            .ok_or(values::MoneyRefused::TooLarge)?;
        let credits = body.kind == OutsideKind::CreditNote;
        let signed = |money: Money| if credits { money.negated() } else { Ok(money) };
        let (tax_rate, tax_name) = our_rate(context, contract, &component, body);
        lines.push(OutsideLine {
            component,
            period,
            quantity: line.quantity,
            description: line.description.clone(),
            net: signed(line_net)?,
            tax: signed(line_tax)?,
            tax_rate: tax_rate.unwrap_or_else(|| implied(line_net, line_tax)),
            tax_name,
            giving: giving(body),
            on: on.clone(),
        });
    }
    if wrong.is_empty() {
        Ok((lines, (net, tax)))
    } else {
        Err(AppFault::Refused(wrong))
    }
}

/// Whether another system's billing of a contract is only mirrored here.
pub(crate) fn mirrored(context: &Context, contract: &Contract) -> bool {
    let told = gate::issuing(context, contract);
    matches!(
        told,
        Issuing::Elsewhere {
            mode: Mode::Mirror,
            ..
        }
    )
}

fn giving(body: &RecordOutsideInvoice) -> Giving {
    match (body.goodwill, body.rest_is_goodwill) {
        (true, _) => Giving::Goodwill,
        (false, true) => Giving::OwedThenGoodwill,
        (false, false) => Giving::Owed,
    }
}

/// What is wrong with everything but the lines.
fn head(contract: &Contract, body: &RecordOutsideInvoice) -> Vec<Refusal> {
    let mut wrong = Vec::new();
    let mut differs = |field: &str, stated: Option<String>, ours: &str| {
        if let Some(stated) = stated.filter(|stated| stated != ours) {
            let message = format!(
                "{stated} is not {ours}, which contract {} has; record it for the contract that it bills",
                contract.id
            );
            wrong.push(Refusal::field("not_of_the_contract", field, message));
        }
    };
    let text = |id: &dyn std::fmt::Display| id.to_string();
    differs(
        "customer",
        body.customer.as_ref().map(|id| text(id)),
        contract.customer.as_str(),
    );
    differs(
        "entity",
        body.entity.as_ref().map(|id| text(id)),
        contract.entity.as_str(),
    );
    let currency = body.currency.map(|currency| currency.code().to_owned());
    differs("currency", currency, contract.currency.code());
    for (field, value) in [("outside_id", &body.outside_id), ("number", &body.number)] {
        if value.trim().is_empty() || value.len() > 100 {
            let message = "it is 1 to 100 letters long";
            wrong.push(Refusal::field("bad_identifier", field, message));
        }
    }
    if body.lines.is_empty() || body.lines.len() > 1_000 {
        wrong.push(Refusal::field(
            "no_lines",
            "lines",
            "a document has 1 to 1,000 lines",
        ));
    }
    if body.kind == OutsideKind::CreditNote && body.credits.is_none() {
        let message = "say which invoice the credit note credits, by its id in the other system";
        wrong.push(Refusal::field("credits_missing", "credits", message));
    }
    wrong
}

fn component_of(contract: &Contract, stated: Option<&ComponentId>) -> Option<ComponentId> {
    match (stated, contract.components.as_slice()) {
        (Some(stated), _) => Some(stated.clone()),
        (None, [only]) => Some(only.id.clone()),
        (None, _) => None,
    }
}

/// The rate that we hold to be right. Where we state none, tax is decided elsewhere and not checked.
fn our_rate(
    context: &Context,
    contract: &Contract,
    component: &ComponentId,
    body: &RecordOutsideInvoice,
) -> (Option<Rate>, String) {
    let code = contract
        .components
        .iter()
        .find(|known| known.id == *component)
        .map(|known| known.tax_code.as_str());
    let taxes = &context.books.taxes;
    match code.map(|code| taxes.rate(&contract.entity, code, body.issued)) {
        Some(Ok(rate)) => (Some(rate.rate), rate.name.clone()),
        _ => (None, format!("as billed by {}", body.system)),
    }
}

fn implied(net: Money, tax: Money) -> Rate {
    let rate = tax.decimal().checked_div(net.decimal());
    Rate::new(rate.unwrap_or_default().round_dp(9))
}

/// The lines laid over the timeline, one after the other, or why one cannot be.
fn laid(
    tx: &mut Tx<'_>,
    contract: &Contract,
    lines: &[OutsideLine],
) -> Result<Result<Vec<TaxedLine>, OutsideRefusal>, AppFault> {
    let mut billed: Vec<BilledLine> = document::billed_lines(tx, contract.id.as_str())?;
    let mut all = Vec::new();
    for (index, line) in lines.iter().enumerate() {
        let laid = match lay_out(contract, &billed, line) {
            Ok(laid) => laid,
            Err(refusal) => return Ok(Err(refusal)),
        };
        for (part, taxed) in laid.into_iter().enumerate() {
            // So that the lines of one document see those above them.
            let id: LineId = stored_value("line id", &format!("laid-{index}-{part}"))?;
            billed.push(taxed.issued(id));
            all.push(taxed);
        }
    }
    Ok(Ok(all))
}

/// The document in our books: its lines cover the timeline, its journal follows by the rules.
fn post(
    tx: &mut Tx<'_>,
    context: &Context,
    key: &str,
    row: &ContractRow,
    contract: &Contract,
    body: &RecordOutsideInvoice,
    lines: &[TaxedLine],
) -> Result<DocumentRow, AppFault> {
    let buyer = customer::load(tx, &contract.customer)?;
    let kind = match body.kind {
        OutsideKind::Invoice => Kind::Invoice,
        OutsideKind::CreditNote => Kind::CreditNote {
            id: CreditNoteId::mint(&*context.ids, context.now),
            invoice: credited::invoice(tx, body, lines)?,
            reason: body
                .reason
                .clone()
                .unwrap_or_else(|| "issued outside".to_owned()),
        },
    };
    let correlation = stored_value("chain id", &row.correlation)?;
    let key = format!("outside/{}/{}/{key}", body.system, body.outside_id);
    let mut recorder = Recorder::new(context, correlation, "/outside-billing", &key);
    let draft = Draft {
        contract,
        customer: &buyer,
        kind,
        lines,
        // Another system's totals are its own.
        rounding: None,
        issued: body.issued,
        outside: Some(Outside {
            system: body.system.clone(),
            id: body.outside_id.clone(),
            number: number_here(tx, contract, body)?,
            due: body.due,
        }),
    };
    let mut posted = document::issue(tx, context, &mut recorder, &draft)?;
    if body.kind == OutsideKind::CreditNote {
        if giving(body) != Giving::Owed {
            let words = format!("credit note {}", posted.number);
            let whole = concession::TakenBack::of(tx, &posted)?;
            concession::lower_price(
                tx,
                context,
                &mut recorder,
                contract,
                (lines, &whole),
                (body.issued, &words),
            )?;
        }
        credit::set_off(tx, context, &mut recorder, &mut posted)?;
    }
    document::tell(tx, context, &mut recorder, &row.customer, &row.id)?;
    recorder.finish(tx)?;
    Ok(posted)
}

/// The number that the other system printed, with the system and its id before it where another
/// document of the entity has it already.
fn number_here(
    tx: &mut Tx<'_>,
    contract: &Contract,
    body: &RecordOutsideInvoice,
) -> Result<String, AppFault> {
    if outside::number_taken(tx, contract.entity.as_str(), &body.number)? {
        return Ok(format!(
            "{}/{}/{}",
            body.system, body.outside_id, body.number
        ));
    }
    Ok(body.number.clone())
}

fn parked_key(row: &OutsideDocumentRow) -> String {
    format!("outside-document/{}/{}", row.system, row.outside_id)
}

fn park(
    tx: &mut Tx<'_>,
    context: &Context,
    kept: &OutsideDocumentRow,
    row: &ContractRow,
    why: &str,
) -> Result<(), AppFault> {
    let currency = stored_value("currency", &kept.currency)?;
    let new = NewException {
        key: parked_key(kept),
        class: "outside_document_parked",
        summary: format!(
            "{} {} of {} is recorded and cannot be posted: {why}",
            if kept.kind == "invoice" {
                "Invoice"
            } else {
                "Credit note"
            },
            kept.number,
            kept.system
        ),
        detail: why.to_owned(),
        payload: kept.body.clone(),
        customer: row.customer.clone(),
        document: row.id.clone(),
        entity: row.entity.clone(),
        value: Some(Money::from_minor(kept.net, currency)),
        correlation: Some(stored_value("chain id", &row.correlation)?),
        ..NewException::default()
    };
    exception::open(tx, context, new)?;
    Ok(())
}

impl App {
    /// Posts documents of other systems that could not be posted before, each in a transaction of its
    /// own. One that is refused stays parked with what is wrong now. Returns how many it posted.
    ///
    /// # Errors
    /// When the store fails.
    pub fn post_parked_outside_documents(&self, actor: &str) -> Result<usize, AppFault> {
        let (mut posted, mut after) = (0, (String::new(), String::new()));
        loop {
            let from = after.clone();
            let page = self.store().read(move |tx| {
                outside::after(tx, (&from.0, &from.1), "", true, A_STEP).map_err(AppFault::from)
            })?;
            let Some(last) = page.last() else {
                return Ok(posted);
            };
            after = (last.system.clone(), last.outside_id.clone());
            for row in page {
                let tried = row.clone();
                match self.run(actor, move |tx, context| again(tx, context, &tried)) {
                    Ok(done) => posted += usize::from(done),
                    Err(fault) if fault.is_its_own() => self.stays_parked(actor, row, &fault)?,
                    Err(fault) => return Err(fault),
                }
            }
        }
    }
}

impl App {
    fn stays_parked(
        &self,
        actor: &str,
        kept: OutsideDocumentRow,
        fault: &AppFault,
    ) -> Result<(), AppFault> {
        let why = fault.to_string();
        self.run(actor, move |tx, context| {
            match store::contracts::contract(tx, &kept.contract)? {
                Some(row) => park(tx, context, &kept, &row, &why),
                // Its exception is open since it was recorded.
                None => Ok(()),
            }
        })
    }
}

fn again(tx: &mut Tx<'_>, context: &Context, kept: &OutsideDocumentRow) -> Result<bool, AppFault> {
    let body: RecordOutsideInvoice = stored("outside document", &kept.body)?;
    let (row, contract) = contracts_journey::load(tx, &body.contract)?;
    let credited = credited::invoice_there(tx, &body)?;
    let on = credited::lines_of(tx, credited.as_deref())?;
    let (lines, _) = read(context, &contract, &body, &on)?;
    let lines = match laid(tx, &contract, &lines)? {
        Ok(lines) => lines,
        Err(refusal) => {
            park(tx, context, kept, &row, &refusal.to_string())?;
            return Ok(false);
        }
    };
    let posted = post(tx, context, "again", &row, &contract, &body, &lines)?;
    outside::posted(tx, &kept.system, &kept.outside_id, &posted.id)?;
    exception::clear(
        tx,
        context,
        &parked_key(kept),
        "the document could be posted",
    )?;
    verify::contract(
        tx,
        context,
        &row,
        &contract,
        verify::usual_day(context, &contract)?,
    )?;
    Ok(true)
}
