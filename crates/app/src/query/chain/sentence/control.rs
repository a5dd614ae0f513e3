//! The sentences of what is controlled: exceptions, approvals, replays, processes, connections,
//! the configuration, files and reconciliation.

use super::Told;
use crate::query::words::{amounts, count, plain, system};
use crate::view::HopKind;
use events::{
    ApprovalDecided, ApprovalExpired, ApprovalRequested, BreakCleared, BreakOpened,
    ConfigurationChanged, ConnectionHeld, ConnectionRecovered, CredentialExpiring, CustomerUpdated,
    DeviationRecorded, DisputeOpened, DisputeResolved, ExceptionAssigned, ExceptionEscalated,
    FileReceived, ProcessCancelled, ProcessCompleted, ProcessOverdue, ProcessStarted,
    ReconciliationRunCompleted, ReplayCompleted, ReplayRequested, SchemaPublished,
};
use values::Money;

/// How many, as the trade counts: `3 lanes`.
fn many(number: u64, one: &str, several: &str) -> String {
    count(i64::try_from(number).unwrap_or(i64::MAX), one, several)
}

/// Amounts by currency, or that there is nothing.
fn worth(value: &[Money]) -> String {
    if value.is_empty() {
        "worth nothing".to_owned()
    } else {
        format!("worth {}", amounts(value))
    }
}

/// A fact that carries an amount only where there is one.
fn valued(told: Told, value: Option<Money>) -> Told {
    match value {
        Some(value) => told.worth(value),
        None => told,
    }
}

pub(super) fn customer_updated(updated: &CustomerUpdated) -> Told {
    let changes: Vec<String> = updated
        .changes
        .iter()
        .map(|change| {
            format!(
                "{} from {} to {}, by {}",
                plain(&change.field),
                change.before.as_deref().unwrap_or("nothing"),
                change.after.as_deref().unwrap_or("nothing"),
                system(&change.owner)
            )
        })
        .collect();
    Told::fact(
        format!("Customer {} changed", updated.legal_name),
        &updated.customer,
        changes.join("; "),
    )
}

pub(super) fn dispute_opened(dispute: &DisputeOpened) -> Told {
    Told::fact(
        format!(
            "Invoice {} disputed: {}",
            dispute.invoice,
            plain(&dispute.reason_code)
        ),
        &dispute.dispute,
        format!("{}, for {}", dispute.description, dispute.owner),
    )
    .worth(dispute.amount)
    .stop()
}

pub(super) fn dispute_resolved(dispute: &DisputeResolved) -> Told {
    let credit = match (&dispute.credit_note, dispute.credited) {
        (Some(note), Some(amount)) => format!("; {amount} credited by {note}"),
        _ => String::new(),
    };
    Told::fact(
        format!(
            "Dispute of invoice {} {}",
            dispute.invoice,
            plain(&dispute.outcome)
        ),
        &dispute.dispute,
        format!("{}{credit}", dispute.reason),
    )
    .worth(dispute.amount)
}

pub(super) fn reconciled(run: &ReconciliationRunCompleted) -> Told {
    let differences: Vec<Money> = run
        .totals
        .iter()
        .map(|total| total.difference)
        .filter(|difference| difference.minor != 0)
        .collect();
    let told = Told::fact(
        format!("{} reconciled through {}", plain(&run.tie_out), run.through),
        &run.run,
        format!(
            "{} agree, {} a matter of time, {} explained, {}; the difference is {}",
            run.matched,
            run.timing,
            run.explained,
            many(run.breaks, "break", "breaks"),
            if differences.is_empty() {
                "zero".to_owned()
            } else {
                amounts(&differences)
            },
        ),
    );
    if run.breaks > 0 { told.stop() } else { told }
}

pub(super) fn break_opened(broken: &BreakOpened) -> Told {
    let figure = |side: Option<Money>| side.map_or("nothing".to_owned(), |money| money.to_string());
    Told::fact(
        format!(
            "{} does not tie out: {}",
            broken.subject,
            plain(&broken.class)
        ),
        &broken.break_id,
        format!(
            "expected {}, actual {}; for {}",
            figure(broken.expected),
            figure(broken.actual),
            broken.owner
        ),
    )
    .worth(broken.difference)
    .stop()
}

pub(super) fn break_cleared(broken: &BreakCleared) -> Told {
    Told::fact(
        format!("{} ties out again", broken.subject),
        &broken.break_id,
        format!("{}, by {}", broken.reason, broken.cleared_by),
    )
    .worth(broken.difference)
}

pub(super) fn assigned(exception: &ExceptionAssigned) -> Told {
    let to = exception.assignee.as_ref().unwrap_or(&exception.owner);
    let from = exception
        .previous
        .as_ref()
        .map_or_else(String::new, |previous| format!("before: {previous}"));
    let why: Vec<String> = [from, exception.reason.clone().unwrap_or_default()]
        .into_iter()
        .filter(|part| !part.is_empty())
        .collect();
    Told::fact(
        format!("Exception given to {to}"),
        &exception.exception,
        why.join("; "),
    )
}

pub(super) fn escalated(exception: &ExceptionEscalated) -> Told {
    let told = Told::fact(
        format!(
            "Exception escalated to {}, level {}",
            exception.owner, exception.level
        ),
        &exception.exception,
        format!("{}; before: {}", exception.reason, exception.previous),
    )
    .stop();
    Told {
        amount: exception.value,
        ..told
    }
}

pub(super) fn approval_requested(approval: &ApprovalRequested) -> Told {
    let told = Told::fact(
        format!("Approval asked for: {}", approval.summary),
        &approval.approval,
        format!(
            "by {}; {} can grant it under {}",
            approval.requested_by,
            approval.approvers.join(" or "),
            plain(&approval.policy)
        ),
    );
    valued(told, approval.value)
}

pub(super) fn approval_decided(word: &str, approval: &ApprovalDecided) -> Told {
    let for_whom = approval
        .on_behalf_of
        .as_ref()
        .map_or_else(String::new, |person| format!(" for {person}"));
    let told = Told::fact(
        format!(
            "{} {word} by {}{for_whom}",
            plain(&approval.command),
            approval.decided_by
        ),
        &approval.approval,
        format!(
            "{}; asked for by {}",
            approval.reason, approval.requested_by
        ),
    );
    if word == "denied" { told.stop() } else { told }
}

pub(super) fn approval_expired(approval: &ApprovalExpired) -> Told {
    Told::fact(
        format!("Nobody decided on {} in time", plain(&approval.command)),
        &approval.approval,
        format!("asked for by {}", approval.requested_by),
    )
    .stop()
}

pub(super) fn replay_requested(replay: &ReplayRequested) -> Told {
    Told::fact(
        format!(
            "Replay of {} asked for",
            many(replay.items, "item", "items")
        ),
        &replay.replay,
        format!(
            "{}, {} of them done before; {}, by {}",
            worth(&replay.value),
            replay.duplicates,
            replay.reason,
            replay.requested_by
        ),
    )
}

pub(super) fn replay_completed(replay: &ReplayCompleted) -> Told {
    let told = Told::fact(
        format!(
            "Replay done: {} of {}",
            replay.done,
            many(replay.items, "item", "items")
        ),
        &replay.replay,
        format!(
            "{}, {} done before, {} failed; {}; approved by {}",
            worth(&replay.value),
            replay.duplicates,
            replay.failed,
            if replay.verified {
                "read back in both systems"
            } else {
                "not yet read back"
            },
            replay.approved_by
        ),
    );
    if replay.failed > 0 { told.stop() } else { told }
}

pub(super) fn process_started(process: &ProcessStarted) -> Told {
    Told::fact(
        format!(
            "{} began for {}",
            capital(&process.definition),
            process.subject
        ),
        &process.process,
        format!("version {}; at {}", process.version, plain(&process.step)),
    )
}

pub(super) fn process_completed(process: &ProcessCompleted) -> Told {
    Told::fact(
        format!(
            "{} of {} is complete",
            capital(&process.definition),
            process.subject
        ),
        &process.process,
        format!("version {}; at {}", process.version, plain(&process.step)),
    )
}

pub(super) fn process_cancelled(process: &ProcessCancelled) -> Told {
    let undone = if process.undone.is_empty() {
        "nothing had to be undone".to_owned()
    } else {
        format!("undone: {}", plain(&process.undone.join(", ")))
    };
    Told::fact(
        format!(
            "{} of {} given up",
            capital(&process.definition),
            process.subject
        ),
        &process.process,
        format!("{} at {}; {undone}", process.reason, plain(&process.step)),
    )
    .stop()
}

pub(super) fn process_overdue(process: &ProcessOverdue) -> Told {
    let told = Told::fact(
        format!(
            "{} of {} is late",
            capital(&process.definition),
            process.subject
        ),
        &process.process,
        format!(
            "at {}; {} was due at {}; for {}",
            plain(&process.step),
            process.awaited,
            process.due,
            process.owner
        ),
    );
    valued(told, process.value).stop()
}

pub(super) fn file_received(file: &FileReceived) -> Told {
    let told = Told::fact(
        format!("File {} taken in from {}", file.name, system(&file.source)),
        &file.file,
        format!(
            "{}: {} accepted, {} rejected",
            many(file.rows, "row", "rows"),
            file.accepted,
            file.rejected
        ),
    );
    if file.rejected > 0 { told.stop() } else { told }
}

pub(super) fn held(word: &str, connection: &ConnectionHeld) -> Told {
    Told::fact(
        format!("{} {word}", system(&connection.connection)),
        &connection.connection,
        format!(
            "{}; {} in {} held, {}",
            connection.reason,
            many(connection.held_effects, "effect", "effects"),
            many(connection.held_lanes, "lane", "lanes"),
            worth(&connection.value_held)
        ),
    )
    .stop()
}

pub(super) fn recovered(connection: &ConnectionRecovered) -> Told {
    Told::fact(
        format!(
            "{} {}",
            system(&connection.connection),
            plain(&connection.cause)
        ),
        &connection.connection,
        format!(
            "{} to be delivered, {}",
            many(connection.waiting_effects, "effect", "effects"),
            worth(&connection.value_waiting)
        ),
    )
}

pub(super) fn credential(expiring: &CredentialExpiring) -> Told {
    Told::fact(
        format!(
            "{} of {} expires",
            plain(&expiring.credential),
            system(&expiring.connection)
        ),
        &expiring.connection,
        format!("at {}; for {}", expiring.expires, expiring.owner),
    )
    .stop()
}

pub(super) fn configured(what: &str, changed: &ConfigurationChanged) -> Told {
    let checker = changed
        .approved_by
        .as_ref()
        .map_or_else(String::new, |person| format!("; approved by {person}"));
    Told::fact(
        format!("{what} {} is at version {}", changed.name, changed.version),
        &changed.name,
        format!(
            "{}; by {}{checker}",
            changed.changes.join("; "),
            changed.requested_by
        ),
    )
}

pub(super) fn schema(published: &SchemaPublished) -> Told {
    Told::fact(
        format!(
            "Schema {} of {} published",
            published.version, published.event_type
        ),
        &published.event_type,
        match (published.deprecated, published.retired) {
            (Some(from), Some(until)) => format!("deprecated on {from}, last sent before {until}"),
            (Some(from), None) => format!("deprecated on {from}"),
            _ => String::new(),
        },
    )
}

pub(super) fn deviation(deviation: &DeviationRecorded) -> Told {
    let end = deviation
        .ends
        .map_or_else(String::new, |date| format!("; through {date}"));
    Told {
        kind: HopKind::Fact,
        ..Told::fact(
            format!("{} deviates from {}", deviation.scope, deviation.standard),
            &deviation.deviation,
            format!("{}: {}{end}", plain(&deviation.kind), deviation.practice),
        )
    }
}

/// A word of ours at the head of a sentence: `order_to_invoice` is `Order to invoice`.
fn capital(word: &str) -> String {
    let plain = plain(word);
    let mut letters = plain.chars();
    letters
        .next()
        .map(|first| first.to_uppercase().chain(letters).collect())
        .unwrap_or_default()
}
