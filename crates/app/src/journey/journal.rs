//! Journals entered by hand, and reversals. A posted journal is never changed.

use crate::Refusal;
use crate::command::{Answer, PostJournal, PostJournalLine, ReverseJournal};
use crate::fault::{AppFault, stored_value};
use crate::record::{Context, Fact, Recorder};
use events::{EnteredLine, Event, JournalEntered, JournalReversed};
use ledger::{Dimensions, JournalDraft, JournalLine, PostingRefusal};
use serde_json::json;
use store::{Tx, journals};
use values::{Currency, Date, EntityId, JournalId, Money, Month};

/// `post_journal`.
///
/// # Errors
/// When the journal does not balance, an account is unknown, or the month is closed; all that is
/// wrong with the lines is named at once.
pub fn post(
    tx: &mut Tx<'_>,
    context: &Context,
    key: &str,
    body: &PostJournal,
) -> Result<Answer, AppFault> {
    if body.reason.trim().is_empty() {
        return Err(Refusal::field(
            "reason_missing",
            "reason",
            "say why a journal by hand is needed",
        )
        .into());
    }
    let entity = context.books.entity(&body.entity)?;
    let lines = read_lines(&body.lines, entity.currency)?;
    let draft = ledger::enter(&body.entity, body.date, &lines, &context.books.chart).map_err(
        |refusal| {
            let problems = refusal.problems.iter();
            AppFault::Refused(
                problems
                    .map(|p| Refusal::field("journal_refused", "lines", p.to_string()))
                    .collect(),
            )
        },
    )?;
    check_open(tx, &body.entity, body.date)?;
    let id = match &body.id {
        Some(id) if journals::journal(tx, id.as_str())?.is_some() => {
            let message =
                format!("there is a journal {id} already; leave the id out to get a new one");
            return Err(Refusal::field("journal_exists", "id", message).into());
        }
        Some(id) => id.clone(),
        None => JournalId::mint(&*context.ids, context.now),
    };
    let mut recorder = Recorder::new(context, context.new_chain(), "/commands", key);
    let entered = JournalEntered {
        journal: id.clone(),
        reason: body.reason.clone(),
        lines,
    };
    recorder.event(
        fact(context, &body.entity, &id, body.date),
        Event::JournalEntered(entered),
    );
    recorder.journal(draft);
    recorder.finish(tx)?;
    Ok(json!({ "journal": id }))
}

fn read_lines(
    lines: &[PostJournalLine],
    functional: Currency,
) -> Result<Vec<EnteredLine>, AppFault> {
    let mut wrong = Vec::new();
    let mut read = Vec::with_capacity(lines.len());
    for (index, line) in lines.iter().enumerate() {
        let currency = line.currency.unwrap_or(functional);
        let field = format!("lines[{index}]");
        let amount = match (&line.debit, &line.credit) {
            (Some(text), None) => Money::parse(text, currency),
            (None, Some(text)) => Money::parse(text, currency).and_then(Money::negated),
            _ => {
                wrong.push(Refusal::field(
                    "debit_or_credit",
                    &field,
                    "a line is either a debit or a credit",
                ));
                continue;
            }
        };
        match amount {
            Ok(amount) => read.push(EnteredLine {
                account: line.account.clone(),
                amount,
            }),
            Err(refused) => wrong.push(Refusal::field("bad_amount", &field, refused.to_string())),
        }
    }
    if wrong.is_empty() {
        Ok(read)
    } else {
        Err(AppFault::Refused(wrong))
    }
}

fn fact(context: &Context, entity: &EntityId, id: &JournalId, date: Date) -> Fact {
    Fact {
        subject: format!("journal/{id}"),
        partition: format!("batch/{entity}/{}", Month::of(date)),
        entity: Some(entity.clone()),
        effective: date,
        happened: context.now,
    }
}

pub(crate) fn check_open(tx: &mut Tx<'_>, entity: &EntityId, date: Date) -> Result<(), AppFault> {
    let month = Month::of(date);
    if journals::is_closed(tx, entity.as_str(), &month.to_string())? {
        let refusal = PostingRefusal::PeriodClosed {
            entity: entity.clone(),
            month,
        };
        return Err(Refusal::field(refusal.code(), "date", refusal.to_string()).into());
    }
    Ok(())
}

/// `reverse_journal`.
///
/// # Errors
/// When there is no such journal, it is reversed already, or the month is closed.
pub fn reverse(
    tx: &mut Tx<'_>,
    context: &Context,
    key: &str,
    body: &ReverseJournal,
) -> Result<Answer, AppFault> {
    let row = journals::journal(tx, body.journal.as_str())?.ok_or_else(|| AppFault::NotFound {
        kind: "journal",
        id: body.journal.to_string(),
    })?;
    if body.reason.trim().is_empty() {
        return Err(
            Refusal::field("reason_missing", "reason", "say why the journal is undone").into(),
        );
    }
    let entity: EntityId = stored_value("entity id", &row.entity)?;
    if let Some(before) = journals::reversal_of(tx, &row.id)? {
        let message = format!("journal {} is reversed already, by {before}", row.id);
        return Err(Refusal::field("already_reversed", "journal", message).into());
    }
    let mut lines = Vec::new();
    for line in journals::lines_of(tx, &row.id)? {
        let product = if line.product.is_empty() {
            None
        } else {
            Some(stored_value("product", &line.product)?)
        };
        lines.push(JournalLine {
            account: stored_value("account", &line.account)?,
            amount: line.amount,
            currency: stored_value("currency", &line.currency)?,
            dimensions: Dimensions {
                product,
                ..Dimensions::default()
            },
        });
    }
    let draft = JournalDraft {
        entity: entity.clone(),
        date: stored_value("date", &row.date)?,
        rule: row.rule.clone(),
        rule_version: u32::try_from(row.rule_version).unwrap_or(0),
        lines,
    };
    let date = body.date.unwrap_or(draft.date);
    check_open(tx, &entity, date)?;
    let draft =
        ledger::reverse(&draft, date).map_err(|r| Refusal::whole(r.code(), r.to_string()))?;
    let id = JournalId::mint(&*context.ids, context.now);
    let correlation = stored_value("chain id", &row.correlation)?;
    let mut recorder = Recorder::new(context, correlation, "/commands", key);
    let reversed = JournalReversed {
        journal: id.clone(),
        reverses: body.journal.clone(),
        reason: body.reason.clone(),
    };
    recorder.event(
        fact(context, &entity, &id, date),
        Event::JournalReversed(reversed),
    );
    recorder.journal(draft);
    recorder.finish(tx)?;
    Ok(json!({ "journal": id, "reverses": body.journal }))
}
