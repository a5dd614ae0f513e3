//! The journeys of commands. Each file reads load, decide, record; what is to happen outside is
//! recorded as an effect and delivered after the commit.

pub mod billing;
pub mod catalogue;
pub mod contract;
pub mod credit;
pub mod customer;
pub mod daily;
mod document;
pub mod exception;
pub mod journal;
pub mod order;
pub mod payment;
pub mod period;
pub mod refund;
pub mod revenue;
pub(crate) mod schedule;
pub mod standing;

use crate::command::{Answer, Command, Envelope};
use crate::fault::{AppFault, stored, to_store};
use crate::record::Context;
use crate::{Outcome, Refusal};
use sha2::{Digest, Sha256};
use store::{Tx, commands};

/// Does a command once in the transaction given.
///
/// # Errors
/// A refusal that names what is wrong, or a fault. Nothing is kept then.
pub(crate) fn execute(
    tx: &mut Tx<'_>,
    context: &Context,
    envelope: &Envelope,
    digest: &[u8; 32],
) -> Result<Outcome<Answer>, AppFault> {
    if let Some(before) = commands::answered(tx, &envelope.client, &envelope.key)? {
        if before.digest != *digest {
            return Err(AppFault::KeyReused {
                key: envelope.key.clone(),
            });
        }
        return Ok(Outcome::AlreadyDone(stored("answer", &before.answer)?));
    }
    let answer = dispatch(tx, context, &envelope.key, &envelope.command)?;
    let text = to_store("answer", &answer)?;
    commands::keep_answer(
        tx,
        &envelope.client,
        &envelope.key,
        digest,
        &text,
        context.now.microseconds(),
    )?;
    Ok(Outcome::Done(answer))
}

/// What tells a command from another with the same key: SHA-256 of its content. It needs no
/// transaction, so the caller's thread computes it and not the one that all writes share.
///
/// # Errors
/// When the key cannot be one.
pub(crate) fn digest(envelope: &Envelope) -> Result<[u8; 32], AppFault> {
    check_key(&envelope.key)?;
    let content = envelope
        .command
        .content()
        .map_err(|error| AppFault::Unreadable {
            what: "command",
            error: error.to_string(),
        })?;
    Ok(Sha256::digest(content.as_bytes()).into())
}

/// Does a command without looking at its key: for shadow runs, and for what was approved.
///
/// # Errors
/// As [`execute`].
pub(crate) fn perform(
    tx: &mut Tx<'_>,
    context: &Context,
    key: &str,
    command: &Command,
) -> Result<Answer, AppFault> {
    dispatch(tx, context, key, command)
}

fn check_key(key: &str) -> Result<(), Refusal> {
    if key.is_empty() || key.len() > 255 || !key.bytes().all(|b| b.is_ascii_graphic()) {
        return Err(Refusal::field(
            "bad_idempotency_key",
            "Idempotency-Key",
            "an idempotency key is 1 to 255 visible ASCII characters, new for each command; a UUID serves well",
        ));
    }
    Ok(())
}

fn dispatch(
    tx: &mut Tx<'_>,
    context: &Context,
    key: &str,
    command: &Command,
) -> Result<Answer, AppFault> {
    match command {
        Command::CreateEntity(body) => catalogue::create_entity(tx, context, body),
        Command::PublishProduct(body) => catalogue::publish_product(tx, context, key, body),
        Command::SetTaxRate(body) => catalogue::set_tax_rate(tx, context, body),
        Command::PublishPostingRules(body) => catalogue::publish_posting_rules(tx, context, body),
        Command::CreateCustomer(body) => customer::create(tx, context, key, body),
        Command::ActivateContract(body) => contract::activate(tx, context, key, body),
        Command::AmendContract(body) => contract::amend(tx, context, key, body),
        Command::RunBilling(body) => billing::run(tx, context, body),
        Command::IssueCreditNote(body) => credit::issue(tx, context, key, body),
        Command::RecordPayment(body) => payment::record(tx, context, key, body),
        Command::ApplyPayment(body) => payment::apply(tx, context, key, body),
        Command::RefundPayment(body) => refund::request(tx, context, key, body),
        Command::RecogniseRevenue(body) => revenue::run(tx, context, body),
        Command::PostJournal(body) => journal::post(tx, context, key, body),
        Command::ReverseJournal(body) => journal::reverse(tx, context, key, body),
        Command::ClosePeriod(body) => period::close(tx, context, key, body),
        Command::ReopenPeriod(body) => period::reopen(tx, context, key, body),
        Command::ResolveException(body) => exception::resolve(tx, context, body),
        Command::AssignException(body) => exception::assign(tx, context, body),
    }
}
