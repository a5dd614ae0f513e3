//! Approvals: what the policy says needs a second person is held with its evidence until another
//! person grants it, and is then done exactly once, as what its maker sent. A request waits for days
//! and over restarts; it ends by being granted, denied, withdrawn, or by its expiry.

mod account;
pub(crate) mod evidence;
mod own_terms;
pub(crate) mod people;
mod queries;
mod rounds;
mod within;
mod words;

pub use evidence::{Difference, Evidence};
pub use queries::{ApprovalDetail, ApprovalRow, DelegationRow, Standing};
pub(crate) use rounds::tend;

use crate::command::{
    Answer, Command, DenyApproval, Envelope, GrantApproval, PublishApprovalPolicy, WithdrawApproval,
};
use crate::fault::{stored, stored_value, to_store};
use crate::journey;
use crate::record::{Context, Fact, Recorder};
use crate::shadow::watch_chain;
use crate::{AppFault, Refusal};
use control::approval::{ApprovalState, Decision, Request};
use control::approval_policy::{ApprovalPolicy, Demand, Measured};
use control::delegation::{Checker, Title};
use events::{ApprovalDecided, ApprovalRequested, Event};
use serde_json::json;
use store::approvals::{self, ApprovalRow as Row};
use store::{Tx, settings};
use values::{ApprovalId, CorrelationId, Currency, Instant, Money, Zone};

/// Kind of the configuration that holds the policy.
pub const POLICY: &str = "approval_policy";

/// Reads a policy, or what ships with the program when there is none.
pub(crate) fn read_policy(text: Option<&str>) -> Result<ApprovalPolicy, AppFault> {
    let text = text.unwrap_or(ApprovalPolicy::STANDARD);
    ApprovalPolicy::read(text, Command::NAMES).map_err(|error| AppFault::Unreadable {
        what: "approval policy",
        error: error.to_string(),
    })
}

/// Whether an answer says that the command waits for another person.
#[must_use]
pub fn is_waiting(answer: &Answer) -> bool {
    answer["approval"].is_string() && answer["status"] == "waiting"
}

/// Holds a command that needs a second person, and answers with the request; nothing when it can be
/// done at once.
///
/// # Errors
/// The refusal that the command would meet: what cannot be done is not held.
pub(crate) fn hold(
    tx: &mut Tx<'_>,
    context: &Context,
    envelope: &Envelope,
    digest: &[u8; 32],
) -> Result<Option<Answer>, AppFault> {
    if let Command::SubmitQuote(body) = &envelope.command {
        return hold_quote(tx, context, envelope, digest, body);
    }
    if let Command::FinaliseInvoice(body) = &envelope.command {
        return journey::invoice_draft::hold(tx, context, body);
    }
    let policy = &context.books.approvals;
    let changes_existing = changes_existing(context, &envelope.command);
    let mut ruled = ruled_as(&envelope.command);
    let own_terms = match ruled
        .iter()
        .any(|command| policy.asks_for_own_terms(command))
    {
        true => own_terms::of(context, &envelope.command),
        false => Vec::new(),
    };
    ruled.retain(|command| policy.concerns(command, changes_existing, &own_terms));
    if ruled.is_empty() {
        return Ok(None);
    }
    let evidence = evidence::of(tx, context, envelope)?;
    let moved = evidence.moved()?;
    let demand = ruled.into_iter().find_map(|command| {
        policy.demand(Measured {
            command,
            changes_existing,
            own_terms: &own_terms,
            moved: &moved,
        })
    });
    match demand {
        None => Ok(None),
        Some(demand) => keep(tx, context, envelope, digest, &evidence, &demand).map(Some),
    }
}

/// The commands by whose rules a command is judged: the first rule that demands somebody counts.
fn ruled_as(command: &Command) -> Vec<&'static str> {
    match command {
        // Prices that come by another way need whom a product needs.
        Command::SetPrice(_) | Command::ImportCatalogue(_) => vec!["publish_product"],
        // A credit needs whom a credit note needs, whatever it is given for.
        Command::ResolveDispute(body) if journey::exception::dispute::gives_credit(body) => {
            vec!["issue_credit_note", command.name()]
        }
        other => vec![other.name()],
    }
}

/// Holds a quote that goes further below list than the discount policy lets everybody go.
fn hold_quote(
    tx: &mut Tx<'_>,
    context: &Context,
    envelope: &Envelope,
    digest: &[u8; 32],
    body: &crate::command::SubmitQuote,
) -> Result<Option<Answer>, AppFault> {
    let Some(demand) = journey::quote::demanded(tx, context, body)? else {
        return Ok(None);
    };
    let evidence = evidence::of(tx, context, envelope)?;
    let answer = keep(tx, context, envelope, digest, &evidence, &demand)?;
    let approval = answer["approval"].as_str().unwrap_or_default();
    journey::quote::submitted(tx, context, body, approval, &demand.why)?;
    Ok(Some(answer))
}

/// Holds what a run would do and may not without a second person, as the command that does it.
pub(crate) fn hold_for(
    tx: &mut Tx<'_>,
    context: &Context,
    command: Command,
    key: &str,
    demand: &Demand,
) -> Result<Answer, AppFault> {
    let envelope = Envelope {
        client: context.actor.clone(),
        key: key.to_owned(),
        actor: context.actor.clone(),
        command,
    };
    let digest = journey::digest(&envelope)?;
    let evidence = evidence::of(tx, context, &envelope)?;
    keep(tx, context, &envelope, &digest, &evidence, demand)
}

/// What a request that waits already answers to whoever asks again.
pub(crate) fn waiting(tx: &mut Tx<'_>, id: &str) -> Result<Answer, AppFault> {
    let row = load(tx, &stored_value("approval id", id)?)?;
    let demand: Demand = stored("demand", &row.demand)?;
    let shown: Evidence = stored("evidence", &row.shown)?;
    Ok(json!({
        "approval": row.id,
        "status": "waiting",
        "why": demand.why,
        "expires": Instant::from_microseconds(row.expires),
        "evidence": row.evidence,
        "impact": shown.impact.in_words(),
    }))
}

/// Closes a request whose object was changed or taken back meanwhile; nothing when it has ended.
pub(crate) fn take_back(
    tx: &mut Tx<'_>,
    context: &Context,
    id: &str,
    reason: &str,
) -> Result<(), AppFault> {
    let mut row = load(tx, &stored_value("approval id", id)?)?;
    if state(&row)? != ApprovalState::Requested {
        return Ok(());
    }
    withdrawn(tx, context, &mut row, context.actor.clone(), reason)
}

/// Ends a request as taken back by `by`.
fn withdrawn(
    tx: &mut Tx<'_>,
    context: &Context,
    row: &mut Row,
    by: String,
    reason: &str,
) -> Result<(), AppFault> {
    let counted = Counted {
        demand: stored("demand", &row.demand)?,
        checker: by,
        on_behalf_of: None,
    };
    close(tx, context, row, ApprovalState::Withdrawn, &counted, reason)
}

fn changes_existing(context: &Context, command: &Command) -> bool {
    let books = &context.books;
    match command {
        Command::PublishProduct(body) => books
            .catalogue
            .products
            .iter()
            .any(|product| product.code == body.code),
        Command::SetTaxRate(body) => books
            .taxes
            .rates
            .iter()
            .any(|rate| rate.entity == body.entity && rate.tax_code == body.tax_code),
        Command::CreateEntity(body) => books.entities.contains_key(&body.id),
        Command::SetInvoicePolicy(body) => books.invoices.contains_key(&body.entity),
        Command::CreateCustomer(_) | Command::ActivateContract(_) => false,
        _ => true,
    }
}

fn keep(
    tx: &mut Tx<'_>,
    context: &Context,
    envelope: &Envelope,
    digest: &[u8; 32],
    evidence: &Evidence,
    demand: &Demand,
) -> Result<Answer, AppFault> {
    let maker = people::behind(tx, &envelope.client, &envelope.actor)?;
    let id = ApprovalId::mint(&*context.ids, context.now);
    let expires = context
        .now
        .plus_seconds(i64::from(demand.expires_days) * 86_400);
    let (subject, summary) = words::of(&envelope.command);
    let value = evidence
        .moved()?
        .into_iter()
        .max_by_key(|moved| moved.minor);
    let correlation = context.new_chain();
    let row = Row {
        id: id.as_str().to_owned(),
        command: envelope.command.name().to_owned(),
        content: body_of(&envelope.command)?,
        digest: digest.to_vec(),
        subject: subject.clone(),
        summary: summary.clone(),
        maker: envelope.actor.clone(),
        maker_person: maker.name.clone(),
        client: envelope.client.clone(),
        key: envelope.key.clone(),
        demand: to_store("demand", demand)?,
        evidence: evidence.digest(digest)?,
        shown: to_store("evidence", evidence)?,
        amount: value.map_or(0, |value| value.minor),
        currency: value.map_or_else(String::new, |value| value.currency.code().to_owned()),
        status: ApprovalState::Requested.as_str().to_owned(),
        requested: context.now.microseconds(),
        expires: expires.microseconds(),
        decided: 0,
        checker: String::new(),
        on_behalf_of: String::new(),
        reason: String::new(),
        result: String::new(),
        correlation: correlation.as_str().to_owned(),
    };
    let event = Event::ApprovalRequested(ApprovalRequested {
        approval: id.clone(),
        policy: policy_words(demand),
        command: row.command.clone(),
        subject,
        summary,
        requested_by: maker.name,
        approvers: demand
            .checkers
            .iter()
            .map(|role| role.as_str().to_owned())
            .collect(),
        value,
        expires: Some(expires),
        evidence: row.evidence.clone(),
    });
    let answer = json!({
        "approval": id,
        "status": "waiting",
        "why": demand.why,
        "expires": expires,
        "evidence": row.evidence,
        "impact": evidence.impact.in_words(),
    });
    Row::insert(tx, &[row])?;
    record(tx, context, correlation, &id, event)?;
    Ok(answer)
}

/// The body of a command as JSON text.
fn body_of(command: &Command) -> Result<String, AppFault> {
    let content = command.content().map_err(|error| AppFault::Unreadable {
        what: "command",
        error: error.to_string(),
    })?;
    let (_, body): (String, serde_json::Value) = stored("command", &content)?;
    to_store("command", &body)
}

/// The command that a request holds, as it was sent.
fn held(row: &Row) -> Result<Command, AppFault> {
    let body = stored("command", &row.content)?;
    Command::read(&row.command, body).map_err(|error| AppFault::Unreadable {
        what: "command",
        error: error.to_string(),
    })
}

fn policy_words(demand: &Demand) -> String {
    format!("approval_policy v{}: {}", demand.policy, demand.why)
}

fn load(tx: &mut Tx<'_>, id: &ApprovalId) -> Result<Row, AppFault> {
    settings::take_turn(tx, &format!("approval/{id}"))?;
    approvals::approval(tx, id.as_str())?.ok_or_else(|| AppFault::NotFound {
        kind: "approval",
        id: id.to_string(),
    })
}

fn state(row: &Row) -> Result<ApprovalState, AppFault> {
    ApprovalState::from_word(&row.status).ok_or_else(|| AppFault::Unreadable {
        what: "approval",
        error: format!("status {:?}", row.status),
    })
}

/// A decision that counts, with whose permission it uses.
struct Counted {
    demand: Demand,
    checker: String,
    on_behalf_of: Option<String>,
}

/// Whether this caller may decide now.
fn count(
    tx: &mut Tx<'_>,
    context: &Context,
    envelope: &Envelope,
    row: &Row,
    decision: Decision,
) -> Result<Counted, AppFault> {
    let caller = people::behind(tx, &envelope.client, &envelope.actor)?;
    let refused = |refusal: control::approval::ApprovalRefusal| {
        Refusal::whole("cannot_decide", refusal.to_string())
    };
    let request = Request {
        maker: &row.maker_person,
        expires: Instant::from_microseconds(row.expires),
    };
    control::approval::decide(state(row)?, &request, &caller.name, decision, context.now)
        .map_err(refused)?;
    // The token that sent it is no checker either, whoever owns it.
    control::approval::four_eyes(&row.maker, &envelope.actor).map_err(refused)?;
    let Some(role) = caller.role else {
        let message = format!("{} has no role here and cannot decide", caller.name);
        return Err(Refusal::whole("cannot_decide", message).into());
    };
    let demand: Demand = stored("demand", &row.demand)?;
    let lent = people::in_force(tx)?;
    let checker = Checker {
        person: &caller.name,
        role,
        may_send: people::to_send(&row.command).is_some_and(|permission| role.may(permission)),
    };
    let title = control::delegation::title(
        &demand,
        &row.maker_person,
        checker,
        &lent,
        people::today(context),
    )
    .map_err(refused)?;
    Ok(Counted {
        demand,
        checker: caller.name,
        on_behalf_of: match title {
            Title::Own => None,
            Title::Delegated { from } => Some(from),
        },
    })
}

/// `grant_approval`: does what was held, in this transaction. When it can no longer be done, the
/// refusal is answered and the request goes on waiting.
///
/// # Errors
/// When the caller may not decide, its effect has changed since it was looked at, or it is refused.
pub(crate) fn grant(
    tx: &mut Tx<'_>,
    context: &Context,
    envelope: &Envelope,
    body: &GrantApproval,
) -> Result<Answer, AppFault> {
    let mut row = load(tx, &body.approval)?;
    let counted = count(tx, context, envelope, &row, Decision::Grant)?;
    let maker = Context {
        actor: row.maker.clone(),
        ..context.clone()
    };
    let held = Envelope {
        client: row.client.clone(),
        key: row.id.clone(),
        actor: row.maker.clone(),
        command: held(&row)?,
    };
    if journey::digest(&held)?.as_slice() != row.digest.as_slice() {
        return Err(AppFault::Unreadable {
            what: "command held for approval",
            error: "its content is not the one that was sent".to_owned(),
        });
    }
    let now = evidence::of(tx, &maker, &held)?.digest(&row.digest)?;
    let seen = body.evidence.as_ref().unwrap_or(&row.evidence);
    if now != *seen {
        let message = format!(
            "what it would do has changed since it was looked at; look at the request again and grant it with evidence {now}"
        );
        return Err(Refusal::field("evidence_changed", "evidence", message).into());
    }
    let (answer, chain) = watch_chain(tx, &maker, |tx, lent| {
        journey::perform(tx, lent, &held.key, &held.command)
    })?;
    if let Some(chain) = chain {
        row.correlation = chain;
    }
    row.evidence = now;
    row.result = to_store("answer", &answer)?;
    let reason = body.reason.trim();
    close(
        tx,
        context,
        &mut row,
        ApprovalState::Granted,
        &counted,
        reason,
    )?;
    Ok(json!({ "approval": row.id, "status": "granted", "result": answer }))
}

/// `deny_approval`: nothing of what was held is done.
///
/// # Errors
/// When the caller may not decide or gives no reason.
pub(crate) fn deny(
    tx: &mut Tx<'_>,
    context: &Context,
    envelope: &Envelope,
    body: &DenyApproval,
) -> Result<Answer, AppFault> {
    let reason = needed(&body.reason, "say why it is denied")?;
    let mut row = load(tx, &body.approval)?;
    let counted = count(tx, context, envelope, &row, Decision::Deny)?;
    close(
        tx,
        context,
        &mut row,
        ApprovalState::Denied,
        &counted,
        reason,
    )?;
    journey::quote::not_granted(tx, context, &row, commerce::QuoteStatus::Rejected)?;
    journey::invoice_draft::not_granted(tx, context, &row)?;
    Ok(json!({ "approval": row.id, "status": "denied" }))
}

/// `withdraw_approval`: the maker takes it back.
///
/// # Errors
/// When somebody else made it, or it has ended.
pub(crate) fn withdraw(
    tx: &mut Tx<'_>,
    context: &Context,
    envelope: &Envelope,
    body: &WithdrawApproval,
) -> Result<Answer, AppFault> {
    let reason = needed(&body.reason, "say why it is taken back")?;
    let mut row = load(tx, &body.approval)?;
    let caller = people::behind(tx, &envelope.client, &envelope.actor)?;
    if control::approval::four_eyes(&row.maker_person, &caller.name).is_ok() {
        let message = format!(
            "{} made this request; only they can take it back",
            row.maker_person
        );
        return Err(Refusal::whole("not_yours", message).into());
    }
    let now = state(&row)?;
    if now != ApprovalState::Requested {
        let message = format!("the request is {} already", now.as_str());
        return Err(Refusal::whole("cannot_decide", message).into());
    }
    let reason = format!("withdrawn: {reason}");
    withdrawn(tx, context, &mut row, caller.name, &reason)?;
    journey::quote::not_granted(tx, context, &row, commerce::QuoteStatus::Draft)?;
    journey::invoice_draft::not_granted(tx, context, &row)?;
    Ok(json!({ "approval": row.id, "status": "withdrawn" }))
}

fn needed<'a>(reason: &'a str, mend: &str) -> Result<&'a str, Refusal> {
    let reason = reason.trim();
    if reason.is_empty() {
        return Err(Refusal::field("reason_missing", "reason", mend));
    }
    Ok(reason)
}

/// Writes the end of a request, with its event.
fn close(
    tx: &mut Tx<'_>,
    context: &Context,
    row: &mut Row,
    end: ApprovalState,
    counted: &Counted,
    reason: &str,
) -> Result<(), AppFault> {
    row.status = end.as_str().to_owned();
    row.decided = context.now.microseconds();
    row.checker.clone_from(&counted.checker);
    row.on_behalf_of = counted.on_behalf_of.clone().unwrap_or_default();
    row.reason = reason.to_owned();
    if !approvals::decide(tx, row)? {
        return Err(Refusal::whole("cannot_decide", "the request has ended meanwhile").into());
    }
    let id: ApprovalId = stored_value("approval id", &row.id)?;
    let decided = ApprovalDecided {
        approval: id.clone(),
        policy: policy_words(&counted.demand),
        command: row.command.clone(),
        subject: row.subject.clone(),
        requested_by: row.maker_person.clone(),
        decided_by: counted.checker.clone(),
        on_behalf_of: counted.on_behalf_of.clone(),
        reason: reason.to_owned(),
        evidence: row.evidence.clone(),
    };
    let event = match end {
        ApprovalState::Granted => Event::ApprovalGranted(decided),
        _ => Event::ApprovalDenied(decided),
    };
    let correlation = stored_value("chain id", &row.correlation)?;
    record(tx, context, correlation, &id, event)
}

fn record(
    tx: &mut Tx<'_>,
    context: &Context,
    correlation: CorrelationId,
    id: &ApprovalId,
    event: Event,
) -> Result<(), AppFault> {
    let key = format!("{id}/{}", event.type_name());
    let mut recorder = Recorder::new(context, correlation, "/control", &key);
    let fact = Fact {
        subject: format!("approval/{id}"),
        partition: format!("approval/{id}"),
        entity: None,
        effective: Zone::utc().date_at(context.now),
        happened: context.now,
    };
    recorder.event(fact, event);
    recorder.finish(tx)
}

/// `publish_approval_policy`.
///
/// # Errors
/// Everything that is wrong with it.
pub(crate) fn publish_policy(
    tx: &mut Tx<'_>,
    context: &Context,
    body: &PublishApprovalPolicy,
) -> Result<Answer, AppFault> {
    let policy = ApprovalPolicy::read(&body.toml, Command::NAMES)
        .map_err(|refusal| Refusal::field("bad_approval_policy", "toml", refusal.to_string()))?;
    let before = settings::configuration(tx, POLICY)?.map_or(0, |(version, _)| version);
    settings::add_configuration(
        tx,
        POLICY,
        before + 1,
        context.now.microseconds(),
        &context.actor,
        &body.toml,
    )?;
    Ok(json!({ "approval_policy_version": before + 1, "file_version": policy.version }))
}

/// What a request is worth.
fn worth(row: &Row) -> Result<Option<Money>, AppFault> {
    if row.currency.is_empty() {
        return Ok(None);
    }
    let currency: Currency = stored_value("currency", &row.currency)?;
    Ok(Some(Money::from_minor(row.amount, currency)))
}
