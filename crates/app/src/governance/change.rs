//! Proposed changes: writes by another system than the owner, and what needs a second person. The
//! steward applies or denies each; who made it never decides it.

use super::gate;
use super::view::FieldChange;
use crate::command::{Answer, Command, DecideChange, Envelope};
use crate::fault::{AppFault, stored, to_store};
use crate::journey::{self, exception};
use crate::record::Context;
use crate::{Refusal, approval};
use control::Role;
use control::change::{Deciding, ProposalState, decide};
use control::ownership::ProposedWrite;
use serde_json::json;
use store::Tx;
use store::governance::{self, ProposedChangeRow};
use store::inbox::{self, InboxRow};

/// A write that is to wait.
pub(super) struct NewChange<'a> {
    /// `command`, `inbox` or `stage_gate`.
    pub(super) origin: &'static str,
    /// What it came from.
    pub(super) origin_key: String,
    /// Who wants to write.
    pub(super) source: String,
    /// What it is about.
    pub(super) object: String,
    /// Legal entity, or empty.
    pub(super) entity: String,
    /// The writes.
    pub(super) writes: &'a [ProposedWrite],
    /// The command or the record.
    pub(super) body: String,
    /// Before and after.
    pub(super) diff: Vec<FieldChange>,
    /// Who made it.
    pub(super) maker: String,
    /// Why.
    pub(super) reason: String,
}

/// Keeps a write until its steward decides.
pub(super) fn propose(
    tx: &mut Tx<'_>,
    context: &Context,
    new: NewChange<'_>,
) -> Result<Answer, AppFault> {
    let fields: Vec<&str> = new.writes.iter().map(|it| it.field.as_str()).collect();
    let owner = new.writes.first().map_or("tieout", |it| it.owner.as_str());
    let steward = new
        .writes
        .first()
        .map_or(Role::RevOps, |write| write.steward);
    let row = ProposedChangeRow {
        id: context.ids.mint("chg", context.now),
        origin: new.origin.to_owned(),
        origin_key: new.origin_key,
        source: new.source,
        owner: owner.to_owned(),
        steward: steward.as_str().to_owned(),
        object: new.object,
        entity: new.entity,
        fields: to_store("fields", &fields)?,
        body: new.body,
        diff: to_store("differences", &new.diff)?,
        state: "proposed".to_owned(),
        maker: new.maker,
        checker: String::new(),
        reason: new.reason,
        answer: String::new(),
        correlation: context.new_chain().as_str().to_owned(),
        created: context.now.microseconds(),
        decided: 0,
    };
    let answer = gate::answer(&row.id, "proposed", &row.owner, &row.steward);
    ProposedChangeRow::insert(tx, &[row])?;
    Ok(answer)
}

/// The key of a change that came from the inbox.
pub(super) fn inbox_key(row: &InboxRow) -> String {
    format!("{}/{}", row.source, row.source_id)
}

/// `decide_change`.
///
/// # Errors
/// When there is no such change, it was decided, or the sender made it or is not its steward.
pub(crate) fn decide_change(
    tx: &mut Tx<'_>,
    context: &Context,
    envelope: &Envelope,
    body: &DecideChange,
) -> Result<Answer, AppFault> {
    let mut row = governance::change(tx, &body.change)?.ok_or_else(|| AppFault::NotFound {
        kind: "proposed change",
        id: body.change.clone(),
    })?;
    let checker = approval::people::behind(tx, &envelope.client, &envelope.actor)?;
    must_decide(&row, checker.role)?;
    let state = ProposalState::from_word(&row.state).unwrap_or(ProposalState::Denied);
    let deciding = Deciding {
        state,
        maker: &row.maker,
        checker: &checker.name,
        base: None,
        current: None,
    };
    let next = decide(&deciding, body.decision.is_approval())
        .map_err(|refusal| Refusal::whole(refusal.code(), refusal.to_string()))?;
    row.state = next.as_str().to_owned();
    row.checker = checker.name;
    row.reason.clone_from(&body.reason);
    row.decided = context.now.microseconds();
    let answer = match next {
        ProposalState::Applied => apply(tx, context, &row)?,
        ProposalState::Denied | ProposalState::Proposed => deny(tx, context, &row)?,
    };
    row.answer = answer.to_string();
    governance::decide_change(tx, &row)?;
    Ok(json!({ "proposed_change": row.id, "state": row.state, "answer": answer }))
}

/// The steward decides, and so does the controller. Who has no role here is a program of ours.
fn must_decide(row: &ProposedChangeRow, role: Option<Role>) -> Result<(), AppFault> {
    let Some(role) = role else { return Ok(()) };
    if role.as_str() == row.steward || role == Role::Controller {
        return Ok(());
    }
    let steward = Role::from_word(&row.steward).map_or("its steward", Role::title);
    Err(AppFault::Forbidden {
        role: role.as_str().to_owned(),
        action: format!(
            "decide about {} of {}; {steward} or the controller does",
            row.object, row.owner
        ),
    })
}

/// Does what was proposed: the command, or the record of the inbox at its next turn.
fn apply(tx: &mut Tx<'_>, context: &Context, row: &ProposedChangeRow) -> Result<Answer, AppFault> {
    match row.origin.as_str() {
        "command" => {
            let command: Command = stored("proposed command", &row.body)?;
            journey::perform(tx, context, &format!("change/{}", row.id), &command)
        }
        "inbox" => {
            let (source, id) = row.origin_key.split_once('/').unwrap_or_default();
            let now = context.now.microseconds();
            let reason = "its steward applied it";
            inbox::postpone(tx, source, id, reason, now, "")?;
            Ok(json!({ "inbox": row.origin_key }))
        }
        _ => Ok(json!({ "object": row.object })),
    }
}

/// Gives up what was proposed, with the reason.
fn deny(tx: &mut Tx<'_>, context: &Context, row: &ProposedChangeRow) -> Result<Answer, AppFault> {
    if row.origin == "inbox" {
        let (source, id) = row.origin_key.split_once('/').unwrap_or_default();
        let reason = format!("denied by {}: {}", row.checker, row.reason);
        inbox::conclude(tx, source, id, "rejected", &reason, "")?;
        exception::clear(tx, context, &format!("inbox/{source}/{id}"), &reason)?;
    }
    Ok(json!({ "denied": row.object }))
}
