//! Incidents: what explains one or more groups of exceptions, with a severity, a leader and a
//! timeline. An incident ends when the last of its exceptions does, or by its leader.

use super::reason_of;
use crate::command::{Answer, CloseIncident, OpenIncident, UpdateIncident};
use crate::record::Context;
use crate::{AppFault, Refusal};
use control::Severity;
use serde_json::json;
use store::Tx;
use store::exceptions::cases::{self, IncidentRow};
use store::exceptions::trail;

const SEVERITIES: [Severity; 4] = [
    Severity::Low,
    Severity::Normal,
    Severity::High,
    Severity::BlocksClose,
];

fn severity(word: &str) -> Result<String, Refusal> {
    let known: Vec<&str> = SEVERITIES
        .iter()
        .map(|severity| severity.as_str())
        .collect();
    if known.contains(&word) {
        return Ok(word.to_owned());
    }
    let message = format!("{word:?} is no severity; use one of: {}", known.join(", "));
    Err(Refusal::field("bad_severity", "severity", message))
}

/// The subject of an incident's timeline.
pub(crate) fn subject(id: &str) -> String {
    format!("incident/{id}")
}

fn note(
    tx: &mut Tx<'_>,
    context: &Context,
    id: &str,
    action: &str,
    text: &str,
) -> Result<(), AppFault> {
    let now = context.now.microseconds();
    Ok(trail::add(
        tx,
        &subject(id),
        now,
        &context.actor,
        action,
        text,
    )?)
}

/// `open_incident`.
///
/// # Errors
/// When title, owner, severity or groups are missing or unknown.
pub fn open(
    tx: &mut Tx<'_>,
    context: &Context,
    command: &OpenIncident,
) -> Result<Answer, AppFault> {
    let title = command.title.trim();
    if title.is_empty() || title.chars().count() > 200 {
        return Err(Refusal::field(
            "bad_title",
            "title",
            "say in at most 200 letters what is the matter",
        )
        .into());
    }
    let owner = command.owner.trim();
    if owner.is_empty() {
        return Err(
            Refusal::field("bad_owner", "owner", "name the role or person who leads it").into(),
        );
    }
    let row = IncidentRow {
        id: context.ids.mint("inc", context.now),
        title: title.to_owned(),
        severity: severity(&command.severity)?,
        owner: owner.to_owned(),
        status: "open".to_owned(),
        opened: context.now.microseconds(),
        closed: 0,
    };
    IncidentRow::insert(tx, std::slice::from_ref(&row))?;
    note(
        tx,
        context,
        &row.id,
        "opened",
        &format!("{title}, led by {owner}"),
    )?;
    let gathered = gather(tx, context, &row.id, &command.groups)?;
    if gathered == 0 {
        let message = "an incident gathers at least one open exception that no other incident has";
        return Err(Refusal::field("nothing_gathered", "groups", message).into());
    }
    Ok(json!({ "incident": row.id, "status": "open", "exceptions": gathered }))
}

fn gather(
    tx: &mut Tx<'_>,
    context: &Context,
    id: &str,
    groups: &[String],
) -> Result<u64, AppFault> {
    let mut gathered = 0;
    for group in groups {
        let found = cases::gather(tx, id, group)?;
        note(
            tx,
            context,
            id,
            "gathered",
            &format!("{found} exceptions of {group}"),
        )?;
        gathered += found;
    }
    Ok(gathered)
}

/// `update_incident`.
///
/// # Errors
/// When there is no such open incident, or a word is unknown.
pub fn update(
    tx: &mut Tx<'_>,
    context: &Context,
    command: &UpdateIncident,
) -> Result<Answer, AppFault> {
    let mut row = open_row(tx, &command.incident)?;
    if let Some(word) = &command.severity {
        row.severity = severity(word)?;
        note(tx, context, &row.id, "severity", word)?;
    }
    if let Some(owner) = command.owner.as_deref().map(str::trim)
        && !owner.is_empty()
    {
        owner.clone_into(&mut row.owner);
        note(tx, context, &row.id, "owner", owner)?;
    }
    cases::update_incident(tx, &row)?;
    let gathered = gather(tx, context, &row.id, &command.groups)?;
    if !command.note.trim().is_empty() {
        note(tx, context, &row.id, "note", command.note.trim())?;
    }
    Ok(json!({ "incident": row.id, "status": row.status, "exceptions": gathered }))
}

/// `close_incident`.
///
/// # Errors
/// When there is no such open incident, or exceptions of it are open.
pub fn close(
    tx: &mut Tx<'_>,
    context: &Context,
    command: &CloseIncident,
) -> Result<Answer, AppFault> {
    let reason = reason_of(&command.reason)?;
    let row = open_row(tx, &command.incident)?;
    let open = cases::open_of_incident(tx, &row.id)?;
    if open > 0 {
        let message = format!("{open} of its exceptions are open; an incident ends after them");
        return Err(Refusal::whole("exceptions_open", message).into());
    }
    end(tx, context, row, reason)?;
    Ok(json!({ "incident": command.incident, "status": "closed", "exceptions": 0 }))
}

/// Closes an incident whose last exception was resolved.
pub(super) fn close_when_done(
    tx: &mut Tx<'_>,
    context: &Context,
    id: &str,
) -> Result<(), AppFault> {
    if id.is_empty() || cases::open_of_incident(tx, id)? > 0 {
        return Ok(());
    }
    match cases::incident(tx, id)? {
        Some(row) if row.status == "open" => {
            end(tx, context, row, "its last exception is resolved")
        }
        _ => Ok(()),
    }
}

fn end(
    tx: &mut Tx<'_>,
    context: &Context,
    mut row: IncidentRow,
    reason: &str,
) -> Result<(), AppFault> {
    "closed".clone_into(&mut row.status);
    row.closed = context.now.microseconds();
    cases::update_incident(tx, &row)?;
    note(tx, context, &row.id, "closed", reason)
}

fn open_row(tx: &mut Tx<'_>, id: &str) -> Result<IncidentRow, AppFault> {
    let row = cases::incident(tx, id)?.ok_or_else(|| AppFault::NotFound {
        kind: "incident",
        id: id.to_owned(),
    })?;
    if row.status == "closed" {
        return Err(Refusal::whole("incident_closed", format!("incident {id} is closed")).into());
    }
    Ok(row)
}
