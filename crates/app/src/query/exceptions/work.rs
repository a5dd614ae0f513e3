//! What is known and done about one exception.

use super::super::words::age;
use super::super::{add_up, money, payload, some};
use super::cases;
use crate::fault::AppFault;
use crate::journey::exception::{class_of, fix, subject};
use crate::view::{
    ExceptionWork, OutcomeChoice, PlaybookStep, ProposedFix, SimilarFix, TrailEntry,
};
use serde_json::json;
use store::Tx;
use store::exceptions::fixes::FixRow;
use store::exceptions::groups::{self, Narrowed};
use store::exceptions::{self as rows, ExceptionRow, fixes, trail};
use values::Instant;

/// Resolved exceptions shown beside one.
const SIMILAR_SHOWN: usize = 5;

pub(super) fn work(tx: &mut Tx<'_>, row: &ExceptionRow) -> Result<ExceptionWork, AppFault> {
    let is_open = row.status != "resolved";
    let mut work = ExceptionWork {
        group: row.fingerprint.clone(),
        cause: row.cause.clone(),
        connection: some(row.connection.clone()),
        operation: some(row.operation.clone()),
        respond_due: instant(row.respond_due),
        responded: instant(row.responded),
        escalated_to: some(row.escalated_to.clone()),
        incident: some(row.incident.clone()),
        code: some(row.outcome_code.clone()),
        codes: codes(row),
        steps: steps(tx, row)?,
        trail: told(tx, &subject(&row.id))?,
        dispute: cases::dispute_of(tx, row)?,
        ..ExceptionWork::default()
    };
    for fix in fixes::of_exception(tx, &row.id)? {
        work.fixes.push(show_fix(&fix));
    }
    if !is_open {
        return Ok(work);
    }
    let same = Narrowed {
        fingerprint: row.fingerprint.clone(),
        ..Narrowed::default()
    };
    let alike: i64 = groups::groups(tx, &same, 0)?
        .iter()
        .map(|part| part.count)
        .sum();
    work.alike = (alike - 1).max(0);
    if let Some(effect) = row.key.strip_prefix("effect/") {
        for (currency, count, minor) in groups::followers_of(tx, effect)? {
            work.followers += count;
            if !currency.is_empty() {
                add_up(&mut work.followers_value, money(minor, &currency)?)?;
            }
        }
    }
    let held = groups::items_held(tx, &row.id)?;
    work.items = held
        .into_iter()
        .map(|(source, id)| format!("{source}/{id}"))
        .collect();
    work.parked = match fix::parked(tx, row) {
        Ok((_, text)) => Some(payload::pretty(&text)),
        Err(AppFault::Refused(_)) => None,
        Err(fault) => return Err(fault),
    };
    work.canonical = canonical(tx, row)?;
    Ok(work)
}

pub(super) fn instant(microseconds: i64) -> Option<Instant> {
    (microseconds > 0).then(|| Instant::from_microseconds(microseconds))
}

fn codes(row: &ExceptionRow) -> Vec<OutcomeChoice> {
    let case = class_of(&row.class).case();
    case.codes()
        .iter()
        .map(|code| OutcomeChoice {
            code: code.as_str().to_owned(),
            title: code.title().to_owned(),
            does_work: code.does_work(),
        })
        .collect()
}

fn steps(tx: &mut Tx<'_>, row: &ExceptionRow) -> Result<Vec<PlaybookStep>, AppFault> {
    let done = trail::steps_of(tx, &row.id)?;
    let texts = class_of(&row.class).playbook();
    Ok(texts
        .iter()
        .zip(1_u32..)
        .map(|(text, number)| {
            let done = done.iter().find(|done| done.step == i64::from(number));
            PlaybookStep {
                number,
                text: (*text).to_owned(),
                by: done.map(|done| done.actor.clone()),
                done: done.map(|done| Instant::from_microseconds(done.done)),
            }
        })
        .collect())
}

/// A trail, oldest first.
pub(super) fn told(tx: &mut Tx<'_>, subject: &str) -> Result<Vec<TrailEntry>, AppFault> {
    let entries = trail::of(tx, subject)?;
    Ok(entries
        .into_iter()
        .map(|entry| TrailEntry {
            time: Instant::from_microseconds(entry.time),
            actor: entry.actor,
            action: entry.action,
            detail: entry.detail,
        })
        .collect())
}

pub(super) fn show_fix(row: &FixRow) -> ProposedFix {
    let read = |text: &str| serde_json::from_str(text).unwrap_or_default();
    ProposedFix {
        fix: row.id.clone(),
        exception: row.exception.clone(),
        target: row.target.clone(),
        status: row.status.clone(),
        reason: row.reason.clone(),
        maker: row.maker.clone(),
        made: Instant::from_microseconds(row.made),
        checker: some(row.checker.clone()),
        checked: instant(row.checked),
        remark: some(row.remark.clone()),
        changes: fix::differences(&read(&row.before), &read(&row.after)),
    }
}

/// How the same was ended before: of the same cause first, then of the same class.
pub(super) fn similar(tx: &mut Tx<'_>, row: &ExceptionRow) -> Result<Vec<SimilarFix>, AppFault> {
    let limit = SIMILAR_SHOWN as i64 + 1;
    let mut found = rows::groups::resolved_alike(tx, &row.fingerprint, limit)?;
    if found.len() < SIMILAR_SHOWN {
        let of_class = rows::resolved_of_class(tx, &row.class, limit * 2)?;
        found.extend(
            of_class
                .into_iter()
                .filter(|other| other.fingerprint != row.fingerprint),
        );
    }
    Ok(found
        .into_iter()
        .filter(|other| other.id != row.id)
        .take(SIMILAR_SHOWN)
        .map(|other| {
            let resolved = Instant::from_microseconds(other.resolved);
            SimilarFix {
                id: other.id,
                summary: other.summary,
                resolution: other.resolution,
                resolved,
                code: some(other.outcome_code),
                by: some(other.resolved_by),
                took: age(Instant::from_microseconds(other.opened), resolved),
                same_cause: other.fingerprint == row.fingerprint,
            }
        })
        .collect())
}

/// What our books hold about the thing that the payload is about: the order as we read it, or the
/// object that another system is to be told of.
fn canonical(tx: &mut Tx<'_>, row: &ExceptionRow) -> Result<Option<String>, AppFault> {
    if let Some(id) = row.key.strip_prefix("effect/") {
        let Some(effect) = store::effects::effect(tx, id)? else {
            return Ok(None);
        };
        let (kind, object) = effect.subject.split_once('/').unwrap_or(("", ""));
        let found = match kind {
            "journal" => Some(journal(tx, object)?),
            "invoice" => written(&super::super::invoice(tx, object)?),
            _ => None,
        };
        return Ok(found);
    }
    if row.connection != crate::connections::SALESFORCE {
        return Ok(None);
    }
    let Ok(read) = connect::salesforce::read_opportunity(row.payload.as_bytes()) else {
        return Ok(None);
    };
    let order = crate::intake::salesforce::won_order(&read.opportunity, String::new());
    let lines: Vec<_> = order
        .lines
        .iter()
        .map(|line| {
            json!({
                "product": line.product,
                "quantity": line.quantity.map(|it| it.to_string()),
                "unit_price": line.unit_price.map(|it| it.to_string()),
            })
        })
        .collect();
    let neutral = json!({
        "order": order.opportunity,
        "customer": order.account.name,
        "currency": order.currency,
        "entity": order.entity,
        "start": order.start.map(|date| date.to_string()),
        "end": order.end.map(|date| date.to_string()),
        "billing": order.frequency,
        "upgrades": order.upgrades,
        "booked": order.booked.map(|it| it.to_string()),
        "lines": lines,
    });
    Ok(Some(payload::pretty(&neutral.to_string())))
}

fn written<T: serde::Serialize>(found: &Option<T>) -> Option<String> {
    let found = found.as_ref()?;
    let text = serde_json::to_string(found).ok()?;
    Some(payload::pretty(&text))
}

/// A journal as our books hold it, debits and credits in minor units.
fn journal(tx: &mut Tx<'_>, id: &str) -> Result<String, AppFault> {
    let head = store::journals::journal(tx, id)?;
    let lines: Vec<_> = store::journals::lines_of(tx, id)?
        .into_iter()
        .map(|line| {
            json!({
                "account": line.account,
                "debit_minor": line.amount.max(0).to_string(),
                "credit_minor": (-line.amount.min(0)).to_string(),
                "currency": line.currency,
            })
        })
        .collect();
    let whole = json!({
        "journal": id,
        "date": head.as_ref().map(|it| it.date.clone()),
        "narration": head.as_ref().map(|it| it.narration.clone()),
        "document": head.as_ref().map(|it| it.document.clone()),
        "lines": lines,
    });
    Ok(payload::pretty(&whole.to_string()))
}
