//! The register of deviations: asked for, approved by another person, ended; and an exception for
//! each that is past its last day.

use super::day_of;
use crate::approval::people;
use crate::command::{Answer, DecideDeviation, EndDeviation, Envelope, RecordDeviation};
use crate::fault::{AppFault, stored_value};
use crate::journey::exception::{self, NewException};
use crate::record::{Context, Fact, Recorder};
use crate::{App, Refusal};
use control::Permission;
use control::change::{Deciding, ProposalState, decide};
use control::deviation::{self, DeviationStanding, NewDeviation};
use events::{DeviationRecorded, Event};
use serde_json::json;
use store::Tx;
use store::governance::{self, DeviationRow};
use values::{Date, DeviationId};

/// `record_deviation`.
///
/// # Errors
/// Everything that is wrong with it.
pub(crate) fn record(
    tx: &mut Tx<'_>,
    context: &Context,
    envelope: &Envelope,
    body: &RecordDeviation,
) -> Result<Answer, AppFault> {
    if let Some(entity) = &body.entity {
        context.books.entity(entity)?;
    }
    let text = |text: &Option<String>| text.clone().unwrap_or_default();
    let (key, value) = (text(&body.key), text(&body.value));
    let entity = body.entity.as_ref().map_or("", |it| it.as_str());
    let new = NewDeviation {
        class: body.class,
        title: &body.title,
        reason: &body.reason,
        entity,
        key: &key,
        value: &value,
        until: body.until,
    };
    let today = day_of(context.now);
    deviation::check(&new, &context.books.governance.template, today).map_err(|wrong| {
        AppFault::Refused(
            wrong
                .iter()
                .map(|it| Refusal::field("bad_deviation", it.field(), it.to_string()))
                .collect(),
        )
    })?;
    let id = DeviationId::mint(&*context.ids, context.now);
    let row = DeviationRow {
        id: id.as_str().to_owned(),
        class: body.class.as_str().to_owned(),
        title: body.title.trim().to_owned(),
        reason: body.reason.trim().to_owned(),
        entity: entity.to_owned(),
        key,
        value,
        last_day: body.until.map_or_else(String::new, |day| day.to_string()),
        state: "proposed".to_owned(),
        maker: people::behind(tx, &envelope.client, &envelope.actor)?.name,
        approver: String::new(),
        decision: String::new(),
        correlation: context.new_chain().as_str().to_owned(),
        created: context.now.microseconds(),
        decided: 0,
    };
    DeviationRow::insert(tx, &[row])?;
    Ok(json!({ "deviation": id, "state": "proposed" }))
}

fn load(tx: &mut Tx<'_>, id: &DeviationId) -> Result<DeviationRow, AppFault> {
    governance::deviation(tx, id.as_str())?.ok_or_else(|| AppFault::NotFound {
        kind: "deviation",
        id: id.to_string(),
    })
}

/// `decide_deviation`.
///
/// # Errors
/// When there is no such deviation, it was decided, or the sender made it or may not approve it.
pub(crate) fn decide_deviation(
    tx: &mut Tx<'_>,
    context: &Context,
    envelope: &Envelope,
    body: &DecideDeviation,
) -> Result<Answer, AppFault> {
    let mut row = load(tx, &body.deviation)?;
    let checker = people::behind(tx, &envelope.client, &envelope.actor)?;
    if let Some(role) = checker.role
        && !role.may(Permission::ApproveConfiguration)
    {
        return Err(AppFault::Forbidden {
            role: role.as_str().to_owned(),
            action: "approve a deviation; the controller or the administrator does".to_owned(),
        });
    }
    let state = match row.state.as_str() {
        "proposed" => ProposalState::Proposed,
        "denied" => ProposalState::Denied,
        _ => ProposalState::Applied,
    };
    let deciding = Deciding {
        state,
        maker: &row.maker,
        checker: &checker.name,
        base: None,
        current: None,
    };
    let next = decide(&deciding, body.decision.is_approval())
        .map_err(|refusal| Refusal::whole(refusal.code(), refusal.to_string()))?;
    let approved = next == ProposalState::Applied;
    row.state = if approved { "approved" } else { "denied" }.to_owned();
    row.approver = checker.name;
    row.decision.clone_from(&body.reason);
    row.decided = context.now.microseconds();
    governance::decide_deviation(tx, &row)?;
    if approved {
        tell(tx, context, &row)?;
    }
    Ok(json!({ "deviation": row.id, "state": row.state }))
}

fn tell(tx: &mut Tx<'_>, context: &Context, row: &DeviationRow) -> Result<(), AppFault> {
    let template = context.books.governance.template.key(&row.key);
    let (standard, practice) = match template {
        Some(key) => (
            format!("{} = {}", key.key, key.value),
            format!("{} = {}", row.key, row.value),
        ),
        None => ("the global process".to_owned(), row.title.clone()),
    };
    let event = DeviationRecorded {
        deviation: stored_value("deviation id", &row.id)?,
        kind: row.class.clone(),
        scope: if row.entity.is_empty() {
            "everywhere".to_owned()
        } else {
            row.entity.clone()
        },
        standard,
        practice,
        reason: row.reason.clone(),
        owner: row.maker.clone(),
        approved_by: row.approver.clone(),
        ends: last_day(row)?,
    };
    let chain = stored_value("chain id", &row.correlation)?;
    let mut recorder = Recorder::new(context, chain, "/governance", &row.id);
    let fact = Fact {
        subject: format!("deviation/{}", row.id),
        partition: format!("deviation/{}", row.id),
        entity: None,
        effective: day_of(context.now),
        happened: context.now,
    };
    recorder.event(fact, Event::DeviationRecorded(event));
    recorder.finish(tx)
}

pub(super) fn last_day(row: &DeviationRow) -> Result<Option<Date>, AppFault> {
    if row.last_day.is_empty() {
        return Ok(None);
    }
    stored_value("date", &row.last_day).map(Some)
}

/// `end_deviation`.
///
/// # Errors
/// When there is no such deviation in force, or no reason is given.
pub(crate) fn end(
    tx: &mut Tx<'_>,
    context: &Context,
    body: &EndDeviation,
) -> Result<Answer, AppFault> {
    let mut row = load(tx, &body.deviation)?;
    if body.reason.trim().is_empty() {
        return Err(Refusal::field("reason_missing", "reason", "say why it ends").into());
    }
    if row.state != "approved" {
        let message = format!(
            "{} is {}; only an approved one can be ended",
            row.id, row.state
        );
        return Err(Refusal::whole("not_in_force", message).into());
    }
    row.state = "ended".to_owned();
    row.decision = format!("ended by {}: {}", context.actor, body.reason.trim());
    row.decided = context.now.microseconds();
    governance::decide_deviation(tx, &row)?;
    exception::clear(
        tx,
        context,
        &overdue_key(&row.id),
        "the deviation was ended",
    )?;
    Ok(json!({ "deviation": row.id, "state": row.state }))
}

fn overdue_key(id: &str) -> String {
    format!("deviation/{id}")
}

impl App {
    /// Opens an exception for every approved deviation whose last day is past. Returns how many are
    /// overdue.
    ///
    /// # Errors
    /// When the store fails.
    pub fn check_deviations(&self, actor: &str) -> Result<usize, AppFault> {
        self.run(actor, |tx, context| {
            let today = day_of(context.now);
            let mut overdue = 0;
            for row in governance::deviations(tx)? {
                let until = last_day(&row)?;
                if deviation::standing(&row.state, until, today) != DeviationStanding::Overdue {
                    continue;
                }
                overdue += 1;
                let new = NewException {
                    key: overdue_key(&row.id),
                    class: "deviation_expired",
                    summary: format!("{} held until {} only", row.title, row.last_day),
                    detail: format!(
                        "{} deviation {} of {}, approved by {}: {}",
                        row.class, row.id, row.maker, row.approver, row.reason
                    ),
                    document: row.id,
                    entity: row.entity,
                    correlation: Some(stored_value("chain id", &row.correlation)?),
                    ..NewException::default()
                };
                exception::open(tx, context, new)?;
            }
            Ok(overdue)
        })
    }
}
