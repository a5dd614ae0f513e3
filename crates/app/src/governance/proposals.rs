//! Proposals of configuration: made with their impact, decided by another person, and then a version
//! that holds from its day.

use super::document::{self, Document, canonical, digest_of, readable, standard_text};
use super::view::Impact;
use super::{day_of, impact, text_on};
use crate::Refusal;
use crate::approval::people;
use crate::command::{Answer, DecideConfiguration, Envelope, ProposeConfiguration};
use crate::fault::{AppFault, stored, stored_value, to_store};
use crate::record::{Context, Fact, Recorder};
use control::change::{ConfigurationKind, Deciding, ProposalState, decide, difference};
use control::deviation::{DeviationStanding, standing};
use control::topology::Topology;
use control::{Permission, Role};
use events::{ConfigurationChanged, Event};
use serde_json::json;
use store::governance::{self, ConfigurationProposalRow};
use store::{Tx, settings};
use values::{Date, ProposalId};

/// Most changed lines that an event names.
const LINES: usize = 200;
/// The longest look back.
const MOST_DAYS: u32 = 3_660;

/// `propose_configuration`.
///
/// # Errors
/// Everything that is wrong with the document or the proposal.
pub(crate) fn propose(
    tx: &mut Tx<'_>,
    context: &Context,
    envelope: &Envelope,
    body: &ProposeConfiguration,
) -> Result<Answer, AppFault> {
    let today = day_of(context.now);
    check_proposal(body, today)?;
    let kind = body.kind;
    let proposed = document::read(kind, &body.body, (&context.books, context.now))
        .map_err(AppFault::Refused)?;
    if let Document::Topology(topology) = &proposed {
        check_waivers(tx, topology, today)?;
    }
    let current = newest(tx, kind)?;
    let base = body.base.unwrap_or(current);
    if base != current {
        let message = format!(
            "it was made on version {base}, but version {current} is the newest; make it again on that one, so that nothing of it is lost"
        );
        return Err(Refusal::field("configuration_drifted", "base", message).into());
    }
    let before = text_of(tx, kind, current)?;
    let text = canonical(kind, &body.body);
    if before == text {
        let message = "the document is the same as the newest version; there is nothing to propose";
        return Err(Refusal::field("nothing_changes", "body", message).into());
    }
    let impact = impact::of(tx, context, &proposed, body.days)?;
    let maker = people::behind(tx, &envelope.client, &envelope.actor)?.name;
    let id = ProposalId::mint(&*context.ids, context.now);
    let row = ConfigurationProposalRow {
        id: id.as_str().to_owned(),
        kind: kind.as_str().to_owned(),
        base,
        body: text,
        effective: body
            .effective
            .map_or_else(String::new, |day| day.to_string()),
        reason: body.reason.trim().to_owned(),
        impact: to_store("impact", &impact)?,
        state: ProposalState::Proposed.as_str().to_owned(),
        maker,
        checker: String::new(),
        decision: String::new(),
        version: 0,
        correlation: context.new_chain().as_str().to_owned(),
        created: context.now.microseconds(),
        decided: 0,
    };
    ConfigurationProposalRow::insert(tx, &[row])?;
    Ok(json!({
        "proposal": id,
        "kind": kind.as_str(),
        "base": base,
        "state": "proposed",
        "summary": impact::summary(&impact),
    }))
}

fn check_proposal(body: &ProposeConfiguration, today: Date) -> Result<(), AppFault> {
    let mut wrong = Vec::new();
    if body.reason.trim().is_empty() {
        let message = "say why the configuration is to change; the auditor reads it";
        wrong.push(Refusal::field("reason_missing", "reason", message));
    }
    if let Some(day) = body.effective.filter(|day| *day < today) {
        let message =
            format!("{day} is past; use {today} or later, so that what was posted stays as it was");
        wrong.push(Refusal::field("effective_past", "effective", message));
    }
    if body.days == 0 || body.days > MOST_DAYS {
        let message = format!(
            "{} cannot be the days of the impact; use 1 to {MOST_DAYS}",
            body.days
        );
        wrong.push(Refusal::field("bad_days", "days", message));
    }
    if wrong.is_empty() {
        Ok(())
    } else {
        Err(AppFault::Refused(wrong))
    }
}

/// A staging interface needs a legacy deviation that is in force.
fn check_waivers(tx: &mut Tx<'_>, topology: &Topology, today: Date) -> Result<(), AppFault> {
    let mut wrong = Vec::new();
    for (system, waiver) in topology.waivers() {
        let found = governance::deviation(tx, waiver)?;
        let holds = found.is_some_and(|row| {
            let until = row.last_day.parse().ok();
            row.class == "legacy"
                && standing(&row.state, until, today) == DeviationStanding::InForce
        });
        if !holds {
            let message = format!(
                "system {system} has a staging interface, and {waiver} is no legacy deviation in force; have one approved first"
            );
            wrong.push(Refusal::field("waiver_missing", "body", message));
        }
    }
    if wrong.is_empty() {
        Ok(())
    } else {
        Err(AppFault::Refused(wrong))
    }
}

/// The newest version of a document, whether its day has come or not; 0 when there is none.
pub(super) fn newest(tx: &mut Tx<'_>, kind: ConfigurationKind) -> Result<i64, AppFault> {
    let versions = governance::versions(tx, kind.as_str())?;
    Ok(versions.first().map_or(0, |version| version.version))
}

/// The text of a version; what ships with the program for version 0.
pub(super) fn text_of(
    tx: &mut Tx<'_>,
    kind: ConfigurationKind,
    version: i64,
) -> Result<String, AppFault> {
    let text = governance::body(tx, kind.as_str(), version)?;
    Ok(text.unwrap_or_else(|| standard_text(kind).to_owned()))
}

/// What a checker must have for a document.
fn permission(kind: ConfigurationKind) -> Permission {
    match kind {
        ConfigurationKind::PostingRules
        | ConfigurationKind::Chart
        | ConfigurationKind::Tax
        | ConfigurationKind::ApprovalPolicy => Permission::ApproveFinance,
        ConfigurationKind::Topology
        | ConfigurationKind::MappingSalesforce
        | ConfigurationKind::MappingNetsuite
        | ConfigurationKind::Template => Permission::ApproveConfiguration,
    }
}

/// Whether a role may approve a document. Who has no role is a program of ours.
pub(super) fn may_approve(kind: ConfigurationKind, role: Option<Role>) -> Result<(), AppFault> {
    match role {
        Some(role) if !role.may(permission(kind)) => Err(AppFault::Forbidden {
            role: role.as_str().to_owned(),
            action: format!("approve a change of {}", kind.title()),
        }),
        _ => Ok(()),
    }
}

/// `decide_configuration`.
///
/// # Errors
/// When there is no such proposal, it was decided, the sender made it or may not decide it, or the
/// configuration has moved on since.
pub(crate) fn decide_configuration(
    tx: &mut Tx<'_>,
    context: &Context,
    envelope: &Envelope,
    body: &DecideConfiguration,
) -> Result<Answer, AppFault> {
    let id = body.proposal.as_str();
    let mut row = governance::proposal(tx, id)?.ok_or_else(|| AppFault::NotFound {
        kind: "proposal",
        id: id.to_owned(),
    })?;
    let kind = ConfigurationKind::from_word(&row.kind).ok_or_else(|| AppFault::Unreadable {
        what: "proposal",
        error: row.kind.clone(),
    })?;
    settings::take_turn(tx, &format!("configuration/{kind}"))?;
    let checker = people::behind(tx, &envelope.client, &envelope.actor)?;
    may_approve(kind, checker.role)?;
    let current = newest(tx, kind)?;
    let deciding = Deciding {
        state: ProposalState::from_word(&row.state).unwrap_or(ProposalState::Denied),
        maker: &row.maker,
        checker: &checker.name,
        base: Some(row.base),
        current: Some(current),
    };
    let next = decide(&deciding, body.decision.is_approval())
        .map_err(|refusal| Refusal::whole(refusal.code(), refusal.to_string()))?;
    row.checker = checker.name;
    row.decision.clone_from(&body.reason);
    row.decided = context.now.microseconds();
    row.state = next.as_str().to_owned();
    if next == ProposalState::Applied {
        row.version = apply(tx, context, kind, &row, current)?;
    }
    governance::decide_proposal(tx, &row)?;
    Ok(json!({
        "proposal": row.id,
        "kind": row.kind,
        "state": row.state,
        "version": if row.version == 0 { None } else { Some(row.version) },
    }))
}

/// Makes the proposal the next version of its document.
fn apply(
    tx: &mut Tx<'_>,
    context: &Context,
    kind: ConfigurationKind,
    row: &ConfigurationProposalRow,
    current: i64,
) -> Result<i64, AppFault> {
    // What it is checked against may have changed since it was made.
    document::read(kind, &row.body, (&context.books, context.now)).map_err(AppFault::Refused)?;
    let version = current + 1;
    let now = context.now.microseconds();
    settings::add_configuration(tx, kind.as_str(), version, now, &row.maker, &row.body)?;
    governance::set_effect(
        tx,
        (kind.as_str(), version),
        &row.effective,
        &row.id,
        (&row.maker, &row.checker),
    )?;
    let before = text_of(tx, kind, current)?;
    let changed = changed(context, row, kind, (current, version), &before)?;
    let event = match kind {
        ConfigurationKind::Topology => Event::TopologyChanged(changed),
        ConfigurationKind::MappingSalesforce | ConfigurationKind::MappingNetsuite => {
            Event::MappingChanged(changed)
        }
        ConfigurationKind::PostingRules
        | ConfigurationKind::Chart
        | ConfigurationKind::Tax
        | ConfigurationKind::ApprovalPolicy
        | ConfigurationKind::Template => Event::RuleChanged(changed),
    };
    let chain = stored_value("chain id", &row.correlation)?;
    let mut recorder = Recorder::new(context, chain, "/governance", &row.id);
    let fact = Fact {
        subject: format!("configuration/{kind}"),
        partition: format!("configuration/{kind}"),
        entity: None,
        effective: day_of(context.now),
        happened: context.now,
    };
    recorder.event(fact, event);
    recorder.finish(tx)?;
    Ok(version)
}

fn changed(
    context: &Context,
    row: &ConfigurationProposalRow,
    kind: ConfigurationKind,
    (before, after): (i64, i64),
    text: &str,
) -> Result<ConfigurationChanged, AppFault> {
    let lines = difference(&readable(kind, text), &readable(kind, &row.body))
        .into_iter()
        .filter(|line| line.mark != ' ')
        .map(|line| format!("{} {}", line.mark, line.text))
        .take(LINES);
    let effective = match row.effective.as_str() {
        "" => day_of(context.now),
        day => stored_value("date", day)?,
    };
    Ok(ConfigurationChanged {
        name: kind.as_str().to_owned(),
        previous_version: u32::try_from(before).ok().filter(|version| *version > 0),
        version: u32::try_from(after).unwrap_or(u32::MAX),
        changes: lines.collect(),
        checksum: digest_of(&row.body),
        proposal: Some(stored_value("proposal id", &row.id)?),
        requested_by: row.maker.clone(),
        approved_by: Some(row.checker.clone()),
        impact: Some(digest_of(&row.impact)),
        effective,
    })
}

/// What a document would change, without proposing it.
pub(super) fn tried(
    tx: &mut Tx<'_>,
    context: &Context,
    kind: ConfigurationKind,
    text: &str,
    days: u32,
) -> Result<Impact, AppFault> {
    let proposed =
        document::read(kind, text, (&context.books, context.now)).map_err(AppFault::Refused)?;
    if let Document::Topology(topology) = &proposed {
        check_waivers(tx, topology, day_of(context.now))?;
    }
    impact::of(tx, context, &proposed, days)
}

/// The impact that a proposal was made with.
pub(super) fn impact_of(row: &ConfigurationProposalRow) -> Result<Impact, AppFault> {
    stored("impact", &row.impact)
}

/// The text in force on a day, and its version.
pub(super) fn in_force(
    tx: &mut Tx<'_>,
    kind: ConfigurationKind,
    today: Date,
) -> Result<(i64, String), AppFault> {
    let found = text_on(tx, kind.as_str(), today)?;
    Ok(found.unwrap_or_else(|| (0, standard_text(kind).to_owned())))
}
