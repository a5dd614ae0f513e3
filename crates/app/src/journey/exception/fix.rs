//! Edits of what is parked, as proposals: one person proposes, another approves, and only then is the
//! text changed and run again. The text as it was stays in the proposal.

use super::{note, open_row, reason_of};
use crate::command::{Answer, ApplyFix, ProposeFix, RejectFix};
use crate::record::Context;
use crate::{AppFault, Refusal};
use serde::Serialize;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use store::exceptions::ExceptionRow;
use store::exceptions::fixes::{self, FixRow};
use store::exceptions::groups;
use store::{Tx, effects, inbox};

/// Largest payload that can be proposed, in bytes.
const LARGEST: usize = 512 * 1024;

/// `propose_fix`.
///
/// # Errors
/// When there is no such open exception, nothing parked stands behind it, the text is no JSON, or
/// nothing is different.
pub fn propose(
    tx: &mut Tx<'_>,
    context: &Context,
    command: &ProposeFix,
) -> Result<Answer, AppFault> {
    let reason = reason_of(&command.reason)?;
    let row = open_row(tx, command.exception.as_str())?;
    let (target, before) = parked(tx, &row)?;
    let after = read(&command.payload)?;
    let changes = differences(&serde_json::from_str(&before).unwrap_or_default(), &after);
    if changes.is_empty() {
        let message = "nothing in it is different from what is parked";
        return Err(Refusal::field("nothing_changed", "payload", message).into());
    }
    let fix = FixRow {
        id: context.ids.mint("fix", context.now),
        exception: row.id.clone(),
        target,
        before,
        after: command.payload.clone(),
        reason: reason.to_owned(),
        status: "proposed".to_owned(),
        maker: context.actor.clone(),
        made: context.now.microseconds(),
        checker: String::new(),
        checked: 0,
        remark: String::new(),
    };
    FixRow::insert(tx, std::slice::from_ref(&fix))?;
    let text = format!("{}: {reason}; {}", fix.id, told(&changes));
    note(tx, context, &row, "fix_proposed", &text)?;
    Ok(
        json!({ "exception": command.exception, "fix": fix.id, "status": "proposed", "changes": changes }),
    )
}

/// `apply_fix`: by another person than the one who proposed it.
///
/// # Errors
/// When there is no such proposal, the same person proposed it, or what it edits moved on.
pub fn apply(tx: &mut Tx<'_>, context: &Context, command: &ApplyFix) -> Result<Answer, AppFault> {
    let mut fix = proposed(tx, &command.fix)?;
    if fix.maker == context.actor {
        let message = format!(
            "{} proposed this; another person has to approve it",
            fix.maker
        );
        return Err(Refusal::whole("same_person", message).into());
    }
    let mut row = open_row(tx, &fix.exception)?;
    let (target, now) = parked(tx, &row)?;
    if target != fix.target || now != fix.before {
        let message =
            "what is parked is not what the proposal was made from any more; propose it again";
        return Err(Refusal::whole("moved_on", message).into());
    }
    let done = match fix.target.split_once('/') {
        Some(("effect", effect)) => fixes::edit_request(tx, effect, &fix.after)?,
        Some(("inbox", item)) => {
            let (source, id) = item.split_once('/').unwrap_or((item, ""));
            fixes::edit_item(tx, source, id, fix.after.as_bytes())?
        }
        _ => false,
    };
    if !done {
        let message = "what it edits is not parked any more";
        return Err(Refusal::whole("moved_on", message).into());
    }
    decide(tx, context, &mut fix, "applied", &command.remark)?;
    let text = format!("{} by {}: {}", fix.id, fix.maker, fix.reason);
    note(tx, context, &row, "fix_applied", &text)?;
    row.payload.clone_from(&fix.after);
    store::exceptions::update(tx, &row)?;
    let status = crate::retry::again(tx, context, &row.id)?;
    Ok(json!({ "fix": fix.id, "exception": row.id, "status": status }))
}

/// `reject_fix`.
///
/// # Errors
/// When there is no such proposal or the reason is empty.
pub fn reject(tx: &mut Tx<'_>, context: &Context, command: &RejectFix) -> Result<Answer, AppFault> {
    let remark = reason_of(&command.remark)?;
    let mut fix = proposed(tx, &command.fix)?;
    decide(tx, context, &mut fix, "rejected", remark)?;
    let row = open_row(tx, &fix.exception)?;
    note(
        tx,
        context,
        &row,
        "fix_rejected",
        &format!("{}: {remark}", fix.id),
    )?;
    Ok(json!({ "fix": fix.id, "exception": row.id, "status": "rejected" }))
}

fn proposed(tx: &mut Tx<'_>, id: &str) -> Result<FixRow, AppFault> {
    let fix = fixes::fix(tx, id)?.ok_or_else(|| AppFault::NotFound {
        kind: "proposal",
        id: id.to_owned(),
    })?;
    if fix.status != "proposed" {
        let message = format!("proposal {id} was {} already", fix.status);
        return Err(Refusal::whole("decided_already", message).into());
    }
    Ok(fix)
}

fn decide(
    tx: &mut Tx<'_>,
    context: &Context,
    fix: &mut FixRow,
    status: &str,
    remark: &str,
) -> Result<(), AppFault> {
    status.clone_into(&mut fix.status);
    fix.checker.clone_from(&context.actor);
    fix.checked = context.now.microseconds();
    remark.clone_into(&mut fix.remark);
    Ok(fixes::decide(tx, fix)?)
}

/// What is parked behind an exception and its text.
pub(crate) fn parked(tx: &mut Tx<'_>, row: &ExceptionRow) -> Result<(String, String), AppFault> {
    if let Some(id) = row.key.strip_prefix("effect/")
        && let Some(effect) = effects::effect(tx, id)?
        && effect.status == "parked"
    {
        return Ok((row.key.clone(), effect.request));
    }
    let mut held = groups::items_held(tx, &row.id)?;
    if held.len() == 1
        && let Some((source, id)) = held.pop()
        && let Some(item) = inbox::item(tx, &source, &id)?
    {
        let text = String::from_utf8_lossy(&item.raw).into_owned();
        return Ok((format!("inbox/{source}/{id}"), text));
    }
    let message = "nothing parked stands behind this exception whose text could be edited; \
                   mend the cause where it is, then try again";
    Err(Refusal::whole("nothing_to_edit", message).into())
}

fn read(text: &str) -> Result<Value, Refusal> {
    if text.len() > LARGEST {
        let message = format!("a payload has at most {LARGEST} bytes");
        return Err(Refusal::field("payload_too_large", "payload", message));
    }
    serde_json::from_str(text).map_err(|error| {
        Refusal::field(
            "bad_payload",
            "payload",
            format!("the payload is not JSON: {error}"),
        )
    })
}

/// One field that differs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, serde::Deserialize, schemars::JsonSchema)]
pub struct FieldDifference {
    /// Where, such as `lines[0].amount`.
    pub field: String,
    /// What stands there now; absent when it is new.
    pub before: Option<String>,
    /// What is to stand there; absent when it goes.
    pub after: Option<String>,
}

/// The fields that differ between two JSON values, in the order of their names.
#[must_use]
pub fn differences(before: &Value, after: &Value) -> Vec<FieldDifference> {
    let (mut left, mut right) = (BTreeMap::new(), BTreeMap::new());
    flatten(String::new(), before, &mut left);
    flatten(String::new(), after, &mut right);
    let mut fields: Vec<&String> = left.keys().chain(right.keys()).collect();
    fields.sort();
    fields.dedup();
    fields
        .into_iter()
        .filter(|field| left.get(*field) != right.get(*field))
        .map(|field| FieldDifference {
            field: field.clone(),
            before: left.get(field).cloned(),
            after: right.get(field).cloned(),
        })
        .collect()
}

fn flatten(path: String, value: &Value, fields: &mut BTreeMap<String, String>) {
    match value {
        Value::Object(members) if !members.is_empty() => {
            for (name, member) in members {
                let at = if path.is_empty() {
                    name.clone()
                } else {
                    format!("{path}.{name}")
                };
                flatten(at, member, fields);
            }
        }
        Value::Array(items) if !items.is_empty() => {
            for (index, item) in items.iter().enumerate() {
                flatten(format!("{path}[{index}]"), item, fields);
            }
        }
        leaf => {
            fields.insert(path, leaf.to_string());
        }
    }
}

fn told(changes: &[FieldDifference]) -> String {
    let told: Vec<String> = changes
        .iter()
        .take(5)
        .map(|change| {
            let shown =
                |side: &Option<String>| side.clone().unwrap_or_else(|| "nothing".to_owned());
            format!(
                "{}: {} to {}",
                change.field,
                shown(&change.before),
                shown(&change.after)
            )
        })
        .collect();
    told.join("; ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_difference_names_each_field_that_was_changed_added_or_taken_out() {
        let before = json!({ "a": 1, "lines": [{ "x": "1.10" }, { "x": "2" }], "gone": null });
        let after = json!({ "a": 1, "lines": [{ "x": "1.20" }], "new": true });
        let found: Vec<_> = differences(&before, &after)
            .into_iter()
            .map(|d| (d.field, d.before, d.after))
            .collect();
        let text = |text: &str| Some(text.to_owned());
        assert_eq!(
            found,
            [
                ("gone".to_owned(), text("null"), None),
                ("lines[0].x".to_owned(), text("\"1.10\""), text("\"1.20\"")),
                ("lines[1].x".to_owned(), text("\"2\""), None),
                ("new".to_owned(), None, text("true")),
            ]
        );
        assert!(differences(&before, &before).is_empty());
    }
}
