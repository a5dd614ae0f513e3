//! Tax of documents: by our own rows of data, or by an outside engine that is asked between two
//! transactions. Every question is kept with its answer and with what our own rows come to; where the
//! two differ, the document waits until a person takes one of them.

pub mod avatax;
mod decisions;
mod engine;
mod profile;

pub use decisions::{
    TaxCallView, TaxDecisionDetail, TaxDecisionStatus, TaxDecisionView, TaxLineView,
    UnknownTaxStatus,
};
pub use engine::{AskedTax, NoTaxAnswer, Said, SimulatedTaxEngine, TaxCall, TaxEngine};
pub use profile::set_profile;
pub(crate) use profile::{kind as profile_kind, profile_at};

use crate::Refusal;
use crate::command::{AcceptTax, Answer, TakenTax};
use crate::fault::{AppFault, stored, stored_value, to_store};
use crate::journey::exception::{self, NewException};
use crate::record::Context;
use billing::{
    BilledLine, BillingRefusal, Document, DraftLine, EngineAnswer, EngineQuestion, TaxEngineUse,
    TaxMismatch, Taxation, TaxedLine, compare_tax, draft_taxed, question_of,
};
use commerce::{Contract, Customer};
use serde_json::json;
use sha2::{Digest, Sha256};
use store::Tx;
use store::contracts::ContractRow;
use store::tax_calls;
use store::tax_decisions::{self, TaxDecisionRow};
use values::{Date, EntityId, Money};

/// Whether an engine decides on the tax of a legal entity.
pub(crate) fn engine_of<'a>(context: &'a Context, entity: &EntityId) -> Option<&'a TaxEngineUse> {
    let mut sellers = context.books.taxes.sellers.iter();
    sellers
        .find(|seller| seller.entity == *entity)
        .and_then(|seller| seller.engine.as_ref())
}

/// What tax makes of the lines of one document.
pub(crate) enum Taxed {
    /// The document, with the decision that it is issued by.
    Drafted(Document, Option<String>),
    /// The engine has not answered, or its answer waits for a person.
    Waits,
    /// It cannot be taxed.
    Refused(BillingRefusal),
}

/// Puts tax on the lines of a contract, or notes what the engine is to be asked.
///
/// # Errors
/// When the store fails.
pub(crate) fn drafted(
    tx: &mut Tx<'_>,
    context: &Context,
    (contract, buyer): (&Contract, &Customer),
    (lines, billed): (&[DraftLine], &[BilledLine]),
    on: Date,
) -> Result<Taxed, AppFault> {
    let taxation = Taxation {
        table: &context.books.taxes,
        entity: &contract.entity,
        buyer: buyer.tax.as_ref(),
        contract: Some(contract),
        on,
        answer: None,
    };
    let ours = |decision| match draft_taxed(lines, billed, &taxation) {
        Ok(document) => Taxed::Drafted(document, decision),
        Err(refusal) => Taxed::Refused(refusal),
    };
    let charges = lines.iter().any(|line| line.corrects.is_none());
    let Some(engine) = engine_of(context, &contract.entity).filter(|_| charges) else {
        return Ok(ours(None));
    };
    let question = EngineQuestion {
        entity: contract.entity.clone(),
        customer: contract.customer.clone(),
        buyer: buyer.tax.clone(),
        contract: contract.id.clone(),
        currency: contract.currency,
        on,
        lines: question_of(lines),
    };
    let digest = digest(&question, lines)?;
    let Some(row) = tax_decisions::pending(tx, &digest)? else {
        ask(
            tx,
            context,
            engine,
            &question,
            digest,
            taxation.tax(lines, billed).ok(),
        )?;
        return Ok(Taxed::Waits);
    };
    match row.taken.as_str() {
        "table" => Ok(ours(Some(row.id))),
        "engine" => {
            let answer: EngineAnswer = stored("answer of a tax engine", &row.answer)?;
            let taxation = Taxation {
                answer: Some(&answer),
                ..taxation
            };
            Ok(match draft_taxed(lines, billed, &taxation) {
                Ok(document) => Taxed::Drafted(document, Some(row.id)),
                Err(refusal) => Taxed::Refused(refusal),
            })
        }
        _ => Ok(Taxed::Waits),
    }
}

/// What tells a question from others: the charges with their days and where the buyer is. The date
/// is left out, so that what a person accepted yesterday is billed today.
fn digest(question: &EngineQuestion, lines: &[DraftLine]) -> Result<String, AppFault> {
    let undated = EngineQuestion {
        on: Date::MIN,
        ..question.clone()
    };
    let charges: Vec<_> = lines
        .iter()
        .filter(|line| line.corrects.is_none())
        .map(|line| (&line.component, line.period))
        .collect();
    let text = to_store("question to a tax engine", &(undated, charges))?;
    Ok(hex::encode(Sha256::digest(text)))
}

fn ask(
    tx: &mut Tx<'_>,
    context: &Context,
    engine: &TaxEngineUse,
    question: &EngineQuestion,
    digest: String,
    ours: Option<Vec<TaxedLine>>,
) -> Result<(), AppFault> {
    supersede(tx, context, question)?;
    let charges = ours
        .iter()
        .flatten()
        .filter(|it| it.line.corrects.is_none());
    let own_tax = charges.map(|it| it.tax.minor).sum();
    let row = TaxDecisionRow {
        id: values::TaxDecisionId::mint(&*context.ids, context.now)
            .as_str()
            .to_owned(),
        digest,
        contract: question.contract.as_str().to_owned(),
        entity: question.entity.as_str().to_owned(),
        engine: engine.name.clone(),
        status: "asked".to_owned(),
        question: to_store("question to a tax engine", question)?,
        ours: match ours {
            Some(ours) => to_store("own tax", &ours)?,
            None => String::new(),
        },
        answer: String::new(),
        own_tax,
        their_tax: 0,
        taken: String::new(),
        reason: String::new(),
        decided_by: String::new(),
        document: String::new(),
        asked: context.now.microseconds(),
        answered: 0,
    };
    Ok(TaxDecisionRow::insert(tx, std::slice::from_ref(&row))?)
}

/// What is asked about now takes the place of what was asked about the contract before: the customer
/// has moved, the contract was amended or more has come to be owed.
fn supersede(
    tx: &mut Tx<'_>,
    context: &Context,
    question: &EngineQuestion,
) -> Result<(), AppFault> {
    for row in tax_calls::waiting(tx, question.contract.as_str())? {
        for key in [key(&row), away_key(&row), refused_key(&row)] {
            exception::clear(tx, context, &key, "a newer question took its place")?;
        }
        let status = "superseded".to_owned();
        tax_decisions::update(tx, &TaxDecisionRow { status, ..row })?;
    }
    Ok(())
}

/// Notes the document that was issued by a decision.
pub(crate) fn issued_by(
    tx: &mut Tx<'_>,
    decision: Option<&str>,
    document: &str,
) -> Result<(), AppFault> {
    let Some(decision) = decision else {
        return Ok(());
    };
    if let Some(row) = tax_decisions::decision(tx, decision)? {
        let document = document.to_owned();
        tax_decisions::update(tx, &TaxDecisionRow { document, ..row })?;
    }
    Ok(())
}

fn key(row: &TaxDecisionRow) -> String {
    format!("tax/{}", row.id)
}

/// Takes the engine's answer in. Answers whether the document can be issued by it now.
pub(super) fn answered(
    tx: &mut Tx<'_>,
    context: &Context,
    id: &str,
    answer: &EngineAnswer,
) -> Result<bool, AppFault> {
    let Some(row) = tax_decisions::decision(tx, id)?.filter(|row| row.answered == 0) else {
        return Ok(false);
    };
    let question: EngineQuestion = stored("question to a tax engine", &row.question)?;
    let mismatch = match row.ours.as_str() {
        "" => None,
        text => {
            let ours: Vec<TaxedLine> = stored("own tax", text)?;
            let entity = &question.entity;
            let tolerance = engine_of(context, entity).map_or(0, |engine| engine.tolerance);
            compare_tax(&ours, answer, question.currency, tolerance)?
        }
    };
    let by_table = row.status == "table";
    let their_tax = answer.lines.iter().map(|line| line.tax.minor).sum();
    let next = TaxDecisionRow {
        answer: to_store("answer of a tax engine", answer)?,
        answered: context.now.microseconds(),
        their_tax,
        status: match (&mismatch, by_table) {
            (Some(_), _) => "mismatch",
            (None, true) => "table",
            (None, false) => "agreed",
        }
        .to_owned(),
        // What was issued by our own rows while the engine was away stays issued by them.
        taken: match (&mismatch, by_table) {
            (_, true) => "table",
            (None, false) => "engine",
            (Some(_), false) => "",
        }
        .to_owned(),
        ..row
    };
    tax_decisions::update(tx, &next)?;
    for key in [away_key(&next), refused_key(&next)] {
        exception::clear(tx, context, &key, "the tax engine answered")?;
    }
    match mismatch {
        Some(mismatch) => {
            differs(tx, context, &next, &question, &mismatch)?;
            Ok(false)
        }
        None => Ok(!by_table),
    }
}

fn differs(
    tx: &mut Tx<'_>,
    context: &Context,
    row: &TaxDecisionRow,
    question: &EngineQuestion,
    mismatch: &TaxMismatch,
) -> Result<(), AppFault> {
    let held = if row.taken.is_empty() {
        "its document waits until a person takes one of the two"
    } else {
        "its document was issued by our own rows while the engine was away"
    };
    let value = Money::from_minor(row.their_tax - row.own_tax, question.currency);
    told(
        tx,
        context,
        row,
        question,
        ("tax_mismatch", key(row)),
        &format!(
            "Tax of contract {}: {mismatch}; {held} (decision {})",
            row.contract, row.id
        ),
        Some(value),
    )
}

fn away_key(row: &TaxDecisionRow) -> String {
    format!("tax-away/{}", row.id)
}

/// Notes that the engine is away. Answers whether the document can be issued by our own rows.
pub(super) fn away(
    tx: &mut Tx<'_>,
    context: &Context,
    id: &str,
    why: &str,
) -> Result<bool, AppFault> {
    let Some(row) = tax_decisions::decision(tx, id)?.filter(|row| row.status == "asked") else {
        return Ok(false);
    };
    let question: EngineQuestion = stored("question to a tax engine", &row.question)?;
    let offline = engine_of(context, &question.entity).map(|engine| engine.offline);
    if offline == Some(billing::Offline::Table) && !row.ours.is_empty() {
        let next = TaxDecisionRow {
            status: "table".to_owned(),
            taken: "table".to_owned(),
            reason: format!("{} was away: {why}", row.engine),
            ..row
        };
        tax_decisions::update(tx, &next)?;
        return Ok(true);
    }
    let summary = format!(
        "{} is away and contract {} waits for its tax: {why}",
        row.engine, row.contract
    );
    let place = ("tax_engine_away", away_key(&row));
    told(tx, context, &row, &question, place, &summary, None)?;
    Ok(false)
}

fn refused_key(row: &TaxDecisionRow) -> String {
    format!("tax-refused/{}", row.id)
}

/// Notes that the engine will not answer as the question stands. Its document waits whatever the policy
/// for an engine that is away: what is wrong with the question may be wrong with our own rows too.
pub(super) fn refused(
    tx: &mut Tx<'_>,
    context: &Context,
    id: &str,
    why: &str,
) -> Result<bool, AppFault> {
    let Some(row) = tax_decisions::decision(tx, id)?.filter(|row| row.answered == 0) else {
        return Ok(false);
    };
    let question: EngineQuestion = stored("question to a tax engine", &row.question)?;
    let summary = format!(
        "{} will not say the tax of contract {}: {why} (decision {})",
        row.engine, row.contract, row.id
    );
    exception::clear(tx, context, &away_key(&row), "the tax engine answered")?;
    let place = ("tax_question_refused", refused_key(&row));
    told(tx, context, &row, &question, place, &summary, None)?;
    Ok(false)
}

fn told(
    tx: &mut Tx<'_>,
    context: &Context,
    row: &TaxDecisionRow,
    question: &EngineQuestion,
    (class, key): (&str, String),
    summary: &str,
    value: Option<Money>,
) -> Result<(), AppFault> {
    let contract: Option<ContractRow> = store::contracts::contract(tx, &row.contract)?;
    let chain = contract.map(|row| stored_value("chain id", &row.correlation));
    let new = NewException {
        key,
        class,
        summary: summary.to_owned(),
        detail: summary.to_owned(),
        payload: row.question.clone(),
        customer: question.customer.as_str().to_owned(),
        document: row.contract.clone(),
        entity: row.entity.clone(),
        value,
        correlation: chain.transpose()?,
        ..NewException::default()
    };
    exception::open(tx, context, new)?;
    Ok(())
}

/// `accept_tax`: a person takes one of two figures, and the document goes on by it.
///
/// # Errors
/// When there is no such decision, it does not differ, or no reason is given.
pub fn accept(tx: &mut Tx<'_>, context: &Context, body: &AcceptTax) -> Result<Answer, AppFault> {
    let row = match tax_decisions::decision(tx, &body.decision)? {
        Some(row) => Some(row),
        None => {
            let mut waiting = tax_calls::waiting(tx, &body.decision)?.into_iter();
            waiting.find(|row| row.status == "mismatch")
        }
    };
    let row = row.ok_or_else(|| AppFault::NotFound {
        kind: "tax decision",
        id: body.decision.clone(),
    })?;
    if body.reason.trim().is_empty() {
        let message = "say why these figures are the right ones";
        return Err(Refusal::field("reason_missing", "reason", message).into());
    }
    if row.status != "mismatch" {
        let message = format!("decision {} is {} and waits for nobody", row.id, row.status);
        return Err(Refusal::field("not_a_mismatch", "decision", message).into());
    }
    let issued = !row.document.is_empty();
    if issued && body.take == TakenTax::Engine {
        let message = format!(
            "document {} was issued by our own rows while the engine was away; credit it and bill again to charge the engine's tax",
            row.document
        );
        return Err(Refusal::field("already_issued", "take", message).into());
    }
    let take = match body.take {
        TakenTax::Engine => "engine",
        TakenTax::Table => "table",
    };
    let next = TaxDecisionRow {
        status: "accepted".to_owned(),
        taken: take.to_owned(),
        reason: body.reason.trim().to_owned(),
        decided_by: context.actor.clone(),
        ..row
    };
    tax_decisions::update(tx, &next)?;
    let told = format!(
        "{} took the figures of the {take}: {}",
        context.actor, next.reason
    );
    exception::clear(tx, context, &key(&next), &told)?;
    if !issued {
        let contract = stored_value("contract id", &next.contract)?;
        let question: EngineQuestion = stored("question to a tax engine", &next.question)?;
        let today = context.today(&question.entity)?;
        super::billing::bill_contract(tx, context, &contract, question.on.max(today))?;
    }
    Ok(json!({ "decision": next.id, "taken": take }))
}
