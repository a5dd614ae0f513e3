//! The journeys of commands. Each file reads load, decide, record; what is to happen outside is
//! recorded as an effect and delivered after the commit.

pub mod billing;
mod billing_policy;
pub mod catalogue;
mod concession;
pub mod contract;
pub mod credit;
mod credit_form;
pub mod customer;
pub mod customer_change;
pub mod daily;
pub(crate) mod delivery;
pub(crate) mod document;
pub mod exception;
pub mod hierarchy;
pub mod intercompany;
pub mod invoice_draft;
pub mod invoice_policy;
pub mod journal;
mod numbering;
pub mod offer;
pub mod order;
pub mod outside_billing;
pub mod outside_revenue;
pub mod payment;
pub mod period;
pub mod price_book;
pub mod progress;
pub mod provisioning;
pub mod quote;
pub mod refund;
pub mod revenue;
pub(crate) mod rounding;
pub mod routing;
pub(crate) mod schedule;
pub mod standing;
pub mod taxation;
pub mod void;

use crate::command::{Answer, Command, Envelope};
use crate::fault::{AppFault, stored, to_store};
use crate::record::Context;
use crate::{Outcome, Refusal, approval, batch_file, collection, governance, outward, replay};
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
    once(tx, context, envelope, digest, |tx| {
        match deciding(tx, context, envelope)? {
            Some(answer) => Ok(Some(answer)),
            None => admitted(tx, context, envelope, digest),
        }
    })
}

/// As [`execute`] for a command that a second person has granted already, as a part of a whole. Who may
/// write what is asked all the same: a grant says that the content is right, not whose it is.
///
/// # Errors
/// As [`execute`].
pub(crate) fn execute_granted(
    tx: &mut Tx<'_>,
    context: &Context,
    envelope: &Envelope,
    digest: &[u8; 32],
) -> Result<Outcome<Answer>, AppFault> {
    once(tx, context, envelope, digest, |tx| {
        governance::gate::admit(tx, context, envelope)
    })
}

/// Answers as before, or as `first` does, or does the command.
fn once(
    tx: &mut Tx<'_>,
    context: &Context,
    envelope: &Envelope,
    digest: &[u8; 32],
    first: impl FnOnce(&mut Tx<'_>) -> Result<Option<Answer>, AppFault>,
) -> Result<Outcome<Answer>, AppFault> {
    if let Some(before) = commands::answered(tx, &envelope.client, &envelope.key)? {
        if before.digest != *digest {
            return Err(AppFault::KeyReused {
                key: envelope.key.clone(),
            });
        }
        return Ok(Outcome::AlreadyDone(stored("answer", &before.answer)?));
    }
    let answer = match first(tx)? {
        Some(answer) => answer,
        None => {
            let sent_by = (envelope.client.as_str(), envelope.actor.as_str());
            dispatch(tx, context, (&envelope.key, sent_by), &envelope.command)?
        }
    };
    if envelope.command.changes_books() {
        crate::books::changed(tx)?;
    }
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

/// Lets a command through when its sender owns what it writes and it needs no second person; else
/// its answer says what it waits for.
fn admitted(
    tx: &mut Tx<'_>,
    context: &Context,
    envelope: &Envelope,
    digest: &[u8; 32],
) -> Result<Option<Answer>, AppFault> {
    match governance::gate::admit(tx, context, envelope)? {
        Some(proposed) => Ok(Some(proposed)),
        None => approval::hold(tx, context, envelope, digest),
    }
}

/// Commands that depend on who sends them by which door, and that never wait themselves.
fn deciding(
    tx: &mut Tx<'_>,
    context: &Context,
    envelope: &Envelope,
) -> Result<Option<Answer>, AppFault> {
    let answer = match &envelope.command {
        Command::GrantApproval(body) => approval::grant(tx, context, envelope, body)?,
        Command::DenyApproval(body) => approval::deny(tx, context, envelope, body)?,
        Command::WithdrawApproval(body) => approval::withdraw(tx, context, envelope, body)?,
        Command::DelegatePermission(body) => {
            approval::people::delegate(tx, context, envelope, body)?
        }
        Command::RevokeDelegation(body) => approval::people::revoke(tx, context, envelope, body)?,
        Command::ProposeConfiguration(body) => {
            governance::proposals::propose(tx, context, envelope, body)?
        }
        Command::DecideConfiguration(body) => {
            governance::proposals::decide_configuration(tx, context, envelope, body)?
        }
        Command::DecideChange(body) => {
            governance::change::decide_change(tx, context, envelope, body)?
        }
        Command::RecordDeviation(body) => {
            governance::deviations::record(tx, context, envelope, body)?
        }
        Command::DecideDeviation(body) => {
            governance::deviations::decide_deviation(tx, context, envelope, body)?
        }
        Command::RequestOrderBypass(body) => {
            governance::stage_gate::request_bypass(tx, context, envelope, body)?
        }
        _ => return Ok(None),
    };
    Ok(Some(answer))
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
    // Programs inside are nobody's token.
    let sent_by = (context.actor.as_str(), context.actor.as_str());
    dispatch(tx, context, (key, sent_by), command)
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

/// Does a command of a client and an actor. Those of which one person plans and another approves keep the
/// person behind them, so that a person and their own API token are one.
fn dispatch(
    tx: &mut Tx<'_>,
    context: &Context,
    (key, (client, actor)): (&str, (&str, &str)),
    command: &Command,
) -> Result<Answer, AppFault> {
    match command {
        Command::AddWebhookEndpoint(body) => outward::add(tx, context, body),
        Command::ChangeWebhookEndpoint(body) => outward::change(tx, context, body),
        Command::RotateWebhookSecret(body) => outward::rotate(tx, context, body),
        Command::TestWebhook(body) => outward::test(tx, context, body),
        Command::ResendWebhook(body) => outward::resend(tx, context, body),
        Command::RecoverWebhooks(body) => outward::recover(tx, context, body),
        Command::CreateEntity(body) => catalogue::create_entity(tx, context, body),
        Command::PublishProduct(body) => catalogue::publish_product(tx, context, key, body),
        Command::SetBillingPolicy(body) => billing_policy::set(tx, context, body),
        Command::SetInvoicePolicy(body) => invoice_policy::set(tx, context, body),
        Command::SetTaxRate(body) => catalogue::set_tax_rate(tx, context, body),
        Command::SetTaxProfile(body) => taxation::set_profile(tx, context, body),
        Command::AcceptTax(body) => taxation::accept(tx, context, body),
        Command::PlanProgress(body) => progress::plan(tx, context, body),
        Command::BillProgress(body) => progress::bill(tx, context, key, body),
        Command::UndoProgress(body) => progress::undo(tx, context, key, body),
        Command::BillEntity(body) => intercompany::bill(tx, context, key, body),
        Command::UndoEntityBill(body) => intercompany::undo(tx, context, key, body),
        Command::SetLetterhead(body) => crate::printing::set_letterhead(tx, context, body),
        Command::SetBillingDetails(body) => crate::printing::set_billing_details(tx, context, body),
        Command::PublishPostingRules(body) => catalogue::publish_posting_rules(tx, context, body),
        Command::CreateCustomer(body) => customer::create(tx, context, key, body),
        Command::ImportCustomers(body) => {
            batch_file::import(tx, context, key, body, "create_customer")
        }
        Command::ImportContracts(body) => {
            batch_file::import(tx, context, key, body, "activate_contract")
        }
        Command::ImportPayments(body) => {
            batch_file::import(tx, context, key, body, "record_payment")
        }
        Command::ImportOutsideInvoices(body) => {
            batch_file::import(tx, context, key, body, "record_outside_invoice")
        }
        Command::RecordOutsideInvoice(body) => outside_billing::record(tx, context, key, body),
        Command::RecordOutsideRevenue(body) => outside_revenue::record(tx, context, key, body),
        Command::VerifyBilling(body) => outside_billing::verify(tx, context, body),
        Command::ImportJournals(body) => batch_file::import(tx, context, key, body, "post_journal"),
        Command::PublishMeter(body) => crate::usage::publish(tx, context, body),
        Command::RecordUsage(body) => crate::usage::record(tx, context, body),
        Command::ImportUsage(body) => batch_file::import(tx, context, key, body, "record_usage"),
        Command::ReleaseUsage(body) => {
            crate::usage::release(tx, context, &body.contract, body.give_up.as_deref())
        }
        Command::ActivateContract(body) => contract::activate(tx, context, key, body),
        Command::AmendContract(body) => contract::amend(tx, context, key, body),
        Command::PlanPriceChange(body) => {
            let person = approval::people::behind(tx, client, actor)?.name;
            crate::price_change::plan(tx, context, &person, body)
        }
        Command::ApprovePriceChange(body) => {
            let person = approval::people::behind(tx, client, actor)?.name;
            crate::price_change::approve(tx, context, &person, body)
        }
        Command::CancelPriceChange(body) => crate::price_change::cancel(tx, context, body),
        Command::SetProvisioning(body) => provisioning::set(tx, context, body),
        Command::ConfirmProvisioning(body) => provisioning::confirm(tx, context, key, body),
        Command::PublishOffer(body) => offer::publish(tx, context, key, body),
        Command::SetPrice(body) => price_book::set_price(tx, context, key, body),
        Command::ImportProducts(body) => {
            batch_file::import(tx, context, key, body, "publish_product")
        }
        Command::ImportPrices(body) => batch_file::import(tx, context, key, body, "set_price"),
        Command::ImportCatalogue(body) => price_book::import(tx, context, key, body),
        Command::PublishDiscountPolicy(body) => offer::publish_policy(tx, context, body),
        Command::CreateQuote(body) => quote::create(tx, context, key, body),
        Command::ReviseQuote(body) => quote::revise(tx, context, key, body),
        Command::SubmitQuote(body) => quote::approve(tx, context, key, body),
        Command::AcceptQuote(body) => quote::accept(tx, context, key, body),
        Command::ConvertQuote(body) => quote::convert(tx, context, key, body),
        Command::CloseQuote(body) => quote::close(tx, context, key, body),
        Command::RunBilling(body) => billing::run(tx, context, body),
        Command::CreateBillRun(body) => {
            let person = approval::people::behind(tx, client, actor)?.name;
            crate::bill_run::create(tx, context, &person, body)
        }
        Command::ApproveBillRun(body) => {
            let person = approval::people::behind(tx, client, actor)?.name;
            crate::bill_run::approve(tx, context, &person, body)
        }
        Command::SteerBillRun(body) => crate::bill_run::steer(tx, context, body),
        Command::FinaliseInvoice(body) => invoice_draft::finalise(tx, context, body),
        Command::RefreshInvoiceDraft(body) => invoice_draft::refresh(tx, context, body),
        Command::VoidInvoice(body) => void::void(tx, context, key, body),
        Command::IssueCreditNote(body) => credit::issue(tx, context, key, body),
        Command::RecordPayment(body) => payment::record(tx, context, key, body),
        Command::ApplyPayment(body) => payment::apply(tx, context, key, body),
        Command::MatchPayment(body) => collection::cash::match_payment(tx, context, key, body),
        Command::UnapplyPayment(body) => collection::cash::unapply(tx, context, key, body),
        Command::WriteOffInvoice(body) => collection::write_off::by_hand(tx, context, key, body),
        Command::GrantCredit(body) => collection::prepaid::grant(tx, context, key, body),
        Command::SetPayer(body) => collection::cash::set_payer(tx, context, key, body),
        Command::SetBillTo(body) => routing::said::set_bill_to(tx, context, key, body),
        Command::SetConsolidation(body) => routing::said::set_consolidation(tx, context, key, body),
        Command::SetCollectionsOwner(body) => {
            routing::said::set_collections_owner(tx, context, key, body)
        }
        Command::SetPaymentRoutes(body) => crate::payment_routes::set(tx, context, body),
        Command::RecordPromise(body) => collection::promise(tx, context, key, body),
        Command::AssignCollection(body) => collection::assign(tx, context, key, body),
        Command::ResumeService(body) => collection::resumption::by_hand(tx, context, key, body),
        Command::PublishCollectionPolicy(body) => collection::policy::publish(tx, context, body),
        Command::RefundPayment(body) => refund::request(tx, context, key, body),
        Command::RecogniseRevenue(body) => revenue::run(tx, context, body),
        Command::PostJournal(body) => journal::post(tx, context, key, body),
        Command::ReverseJournal(body) => journal::reverse(tx, context, key, body),
        Command::ClosePeriod(body) => period::close(tx, context, key, body),
        Command::ReopenPeriod(body) => period::reopen(tx, context, key, body),
        Command::ResolveException(body) => exception::resolve(tx, context, body),
        Command::AssignException(body) => exception::assign(tx, context, body),
        Command::StartProcess(body) => crate::process::start_by_hand(tx, context, key, body),
        Command::DecideProcess(body) => crate::process::decide(tx, context, body),
        Command::ExtendProcess(body) => crate::process::extend(tx, context, body),
        Command::SkipProcessStep(body) => crate::process::skip(tx, context, body),
        Command::CancelProcess(body) => crate::process::cancel(tx, context, body),
        Command::PublishProcess(body) => crate::process::publish(tx, context, body),
        Command::AcknowledgeException(body) => exception::handling::acknowledge(tx, context, body),
        Command::RetryException(body) => exception::handling::retry(tx, context, body),
        Command::EscalateException(body) => exception::handling::escalate(tx, context, body),
        Command::SplitException(body) => exception::handling::split(tx, context, body),
        Command::CompletePlaybookStep(body) => exception::handling::step(tx, context, body),
        Command::ProposeFix(body) => exception::fix::propose(tx, context, body),
        Command::ApplyFix(body) => exception::fix::apply(tx, context, body),
        Command::RejectFix(body) => exception::fix::reject(tx, context, body),
        Command::ActOnExceptions(body) => exception::batch::begin(tx, context, body),
        Command::StopExceptionBatch(body) => exception::batch::stop(tx, context, body),
        Command::OpenIncident(body) => exception::incident::open(tx, context, body),
        Command::UpdateIncident(body) => exception::incident::update(tx, context, body),
        Command::CloseIncident(body) => exception::incident::close(tx, context, body),
        Command::OpenDispute(body) => exception::dispute::open(tx, context, key, body),
        Command::ResolveDispute(body) => exception::dispute::resolve(tx, context, key, body),
        Command::PublishApprovalPolicy(body) => approval::publish_policy(tx, context, body),
        Command::PlanReplay(body) => replay::plan(tx, context, key, body),
        Command::RequestReplay(body) => replay::start(tx, context, key, body),
        Command::SteerReplay(body) => replay::steer(tx, context, body),
        Command::PauseDelivery(body) => delivery::pause(tx, context, body),
        Command::ResumeDelivery(body) => delivery::resume(tx, context, body),
        Command::ReleaseEffect(body) => delivery::release(tx, context, body),
        Command::PrioritiseLane(body) => delivery::prioritise(tx, body),
        Command::SetFlowMode(body) => delivery::set_mode(tx, context, body),
        Command::ChangeCustomer(body) => customer_change::change(tx, context, body),
        Command::EndDeviation(body) => governance::deviations::end(tx, context, body),
        Command::CheckOrder(body) => governance::stage_gate::check(tx, context, body),
        Command::ShowWebhookSecret(_)
        | Command::ProposeConfiguration(_)
        | Command::DecideConfiguration(_)
        | Command::DecideChange(_)
        | Command::RecordDeviation(_)
        | Command::DecideDeviation(_)
        | Command::RequestOrderBypass(_)
        | Command::GrantApproval(_)
        | Command::DenyApproval(_)
        | Command::WithdrawApproval(_)
        | Command::DelegatePermission(_)
        | Command::RevokeDelegation(_) => Err(Refusal::whole(
            "not_by_itself",
            "this command depends on who sends it and cannot be tried or done for somebody else",
        )
        .into()),
    }
}
