//! Quotes: written in versions, approved where the discount policy asks for somebody, accepted by the
//! customer, and made a contract once. Each version is a contract that is not in force yet; what is
//! approved is exactly what becomes the contract. A change makes a new version: it takes the approval
//! of the one before it away, and its draft order with it.

mod billed;
mod lines;
mod steps;
mod tend;
mod view;
mod write;

pub use billed::QuoteBilled;
pub use commerce::QuoteFigures;
pub(crate) use tend::tend;
pub use view::{
    QuoteDetail, QuoteStepView, QuoteVersionView, QuoteView, TemplateCount, quote_of, quotes_of,
    template_counts,
};

use crate::approval::evidence::Difference;
use crate::command::{
    AcceptQuote, Answer, CloseQuote, ConvertQuote, CreateQuote, QuoteContent, ReviseQuote,
    SubmitQuote,
};
use crate::fault::{stored, stored_value};
use crate::journey::{contract as contracts, exception, offer};
use crate::record::{Context, Fact, Recorder};
use crate::{AppFault, Refusal};
use commerce::{Contract, QuoteStatus};
use control::approval_policy::Demand;
use control::discount_policy::Given;
use events::{Event, OrderAccepted, Reference};
use serde_json::json;
use steps::{fact, move_to, report, step, told_of, trail};
use store::quotes::{self, ContractOriginRow, QuoteRow, QuoteVersionRow};
use store::{Tx, settings};
use values::{ContractId, Currency, Date, QuoteId, days_between};
use write::{keep_version, valid_until, write};

/// Key of the exception about a signed quote that is not in force in time.
fn late_key(quote: &str) -> String {
    format!("activation/{quote}")
}

/// `create_quote`.
///
/// # Errors
/// Everything that is wrong with what it says.
pub fn create(
    tx: &mut Tx<'_>,
    context: &Context,
    key: &str,
    body: &CreateQuote,
) -> Result<Answer, AppFault> {
    let minted = || QuoteId::mint(&*context.ids, context.now);
    let id = body.id.clone().unwrap_or_else(minted);
    if quotes::quote(tx, id.as_str())?.is_some() {
        let message = format!("there is a quote {id} already; leave the id out to get a new one");
        return Err(Refusal::field("quote_exists", "id", message).into());
    }
    let contract = ContractId::mint(&*context.ids, context.now);
    let written = write(tx, context, &id, &contract, &body.content)?;
    let row = QuoteRow {
        id: id.as_str().to_owned(),
        customer: body.content.customer.as_str().to_owned(),
        entity: body.content.entity.as_str().to_owned(),
        currency: written.contract.currency.code().to_owned(),
        contract: contract.as_str().to_owned(),
        version: 1,
        status: QuoteStatus::Draft.as_str().to_owned(),
        valid_until: valid_until(&body.content),
        seller: context.actor.clone(),
        tcv: written.figures.tcv.minor,
        correlation: context.new_chain().as_str().to_owned(),
        created: context.now.microseconds(),
        changed: context.now.microseconds(),
    };
    QuoteRow::insert(tx, std::slice::from_ref(&row))?;
    keep_version(tx, context, key, &row, &body.content, &written, "")
}

/// `revise_quote`: the next version. The one before it is void, with its approval and its draft order.
///
/// # Errors
/// When it is a contract already, or everything that is wrong with what it says.
pub fn revise(
    tx: &mut Tx<'_>,
    context: &Context,
    key: &str,
    body: &ReviseQuote,
) -> Result<Answer, AppFault> {
    let reason = reason_of(&body.reason, "say why it is revised")?;
    let (mut row, mut before) = load(tx, &body.quote, None)?;
    let status = status_of(&before)?;
    if status != QuoteStatus::Void {
        void(
            tx,
            context,
            &row,
            &mut before,
            &format!("revised: {reason}"),
        )?;
    }
    let contract: ContractId = stored_value("contract id", &row.contract)?;
    let written = write(tx, context, &body.quote, &contract, &body.content)?;
    row.version += 1;
    row.status = QuoteStatus::Draft.as_str().to_owned();
    row.valid_until = valid_until(&body.content);
    row.customer = body.content.customer.as_str().to_owned();
    row.entity = body.content.entity.as_str().to_owned();
    row.currency = written.contract.currency.code().to_owned();
    row.tcv = written.figures.tcv.minor;
    row.changed = context.now.microseconds();
    quotes::put_quote(tx, &row)?;
    keep_version(tx, context, key, &row, &body.content, &written, reason)
}

/// `close_quote`: it is taken back.
///
/// # Errors
/// When it is a contract already, or no reason is given.
pub fn close(
    tx: &mut Tx<'_>,
    context: &Context,
    key: &str,
    body: &CloseQuote,
) -> Result<Answer, AppFault> {
    let reason = reason_of(&body.reason, "say why it is taken back")?;
    let (mut row, mut version) = load(tx, &body.quote, None)?;
    void(tx, context, &row, &mut version, reason)?;
    move_to(tx, context, &mut row, &version)?;
    report(tx, context, key, &row, &version)?;
    Ok(answer(&row))
}

/// `submit_quote`, once nobody else need approve it or somebody has: the version is approved.
///
/// # Errors
/// When it is not the latest version, it stands elsewhere, or it has run out.
pub fn approve(
    tx: &mut Tx<'_>,
    context: &Context,
    key: &str,
    body: &SubmitQuote,
) -> Result<Answer, AppFault> {
    let (mut row, mut version) = load(tx, &body.quote, Some(body.version))?;
    in_time(context, &row)?;
    let by = if version.approval.is_empty() {
        "within what the discount policy lets everybody give".to_owned()
    } else {
        format!("approved by request {}", version.approval)
    };
    step(tx, context, &mut version, QuoteStatus::Approved, &by)?;
    move_to(tx, context, &mut row, &version)?;
    report(tx, context, key, &row, &version)?;
    Ok(answer(&row))
}

/// What the discount policy asks for before a version is approved; nothing when everybody may give it.
///
/// # Errors
/// When it is not the latest version or no draft.
pub(crate) fn demanded(
    tx: &mut Tx<'_>,
    context: &Context,
    body: &SubmitQuote,
) -> Result<Option<Demand>, AppFault> {
    let (row, version) = load(tx, &body.quote, Some(body.version))?;
    in_time(context, &row)?;
    status_of(&version)?
        .to(QuoteStatus::Submitted)
        .map_err(stands_elsewhere)?;
    let figures: QuoteFigures = stored("figures of a quote", &version.figures)?;
    let deviations: Vec<String> = version.deviations.lines().map(str::to_owned).collect();
    let measured = !figures.standalone.is_zero();
    let policy = offer::discount_policy(tx)?;
    let (discount, rate) = figures.conceded();
    Ok(policy.demand(&Given {
        discount,
        rate,
        margin: measured.then_some(figures.margin_rate),
        deviations: &deviations,
    }))
}

/// Notes that a version waits for the request `approval`.
///
/// # Errors
/// When the store fails.
pub(crate) fn submitted(
    tx: &mut Tx<'_>,
    context: &Context,
    body: &SubmitQuote,
    approval: &str,
    why: &str,
) -> Result<(), AppFault> {
    let (mut row, mut version) = load(tx, &body.quote, Some(body.version))?;
    version.approval = approval.to_owned();
    step(tx, context, &mut version, QuoteStatus::Submitted, why)?;
    move_to(tx, context, &mut row, &version)
}

/// What a request for approval has come to that was not granted: the version is rejected, or is a
/// draft again.
///
/// # Errors
/// When the store fails.
pub(crate) fn not_granted(
    tx: &mut Tx<'_>,
    context: &Context,
    row: &store::approvals::ApprovalRow,
    next: QuoteStatus,
) -> Result<(), AppFault> {
    if row.command != "submit_quote" {
        return Ok(());
    }
    let body: SubmitQuote = stored("command", &row.content)?;
    let (mut quote, latest) = load(tx, &body.quote, None)?;
    // The request of a version that was revised meanwhile concerns nobody any more.
    if latest.version != i64::from(body.version) || latest.approval != row.id {
        return Ok(());
    }
    let mut version = latest;
    let words = format!("{} by {}", row.status, who(&row.checker));
    let words = if row.reason.is_empty() {
        words
    } else {
        format!("{words}: {}", row.reason)
    };
    step(tx, context, &mut version, next, &words)?;
    move_to(tx, context, &mut quote, &version)?;
    if next == QuoteStatus::Rejected {
        report(tx, context, &row.id, &quote, &version)?;
    }
    Ok(())
}

fn who(checker: &str) -> &str {
    if checker.is_empty() {
        "nobody"
    } else {
        checker
    }
}

/// `accept_quote`: the customer has signed; the order is a draft until it is converted.
///
/// # Errors
/// When it is not the latest version, is not approved, or has run out.
pub fn accept(
    tx: &mut Tx<'_>,
    context: &Context,
    key: &str,
    body: &AcceptQuote,
) -> Result<Answer, AppFault> {
    let (mut row, mut version) = load(tx, &body.quote, Some(body.version))?;
    let today = context.today(&stored_value("entity id", &row.entity)?)?;
    let signed = body.signed.unwrap_or(today);
    if signed > today {
        let message = format!("{signed} lies after today, {today}; state the day of the signature");
        return Err(Refusal::field("signed_in_future", "signed", message).into());
    }
    if !row.valid_until.is_empty() && signed.to_string() > row.valid_until {
        let message = format!(
            "quote {} could be accepted until {}, and was signed on {signed}; revise it",
            row.id, row.valid_until
        );
        return Err(Refusal::field("quote_expired", "signed", message).into());
    }
    let days = i64::from(activation_days(tx, context, &version)?);
    version.signed = signed.to_string();
    version.activate_by = plus_days(signed, days).to_string();
    version.order_status = "draft".to_owned();
    let words = format!(
        "signed on {signed}; to be in force by {}",
        version.activate_by
    );
    step(tx, context, &mut version, QuoteStatus::Accepted, &words)?;
    move_to(tx, context, &mut row, &version)?;
    report(tx, context, key, &row, &version)?;
    Ok(
        json!({ "quote": row.id, "version": row.version, "status": row.status,
        "order": "draft", "signed": signed, "activate_by": version.activate_by }),
    )
}

/// `convert_quote`: puts the contract that was approved and signed in force. Asked again, it answers
/// with the same contract.
///
/// # Errors
/// When it is not the latest version or was not accepted.
pub fn convert(
    tx: &mut Tx<'_>,
    context: &Context,
    key: &str,
    body: &ConvertQuote,
) -> Result<Answer, AppFault> {
    let (mut row, mut version) = load(tx, &body.quote, Some(body.version))?;
    let figures: QuoteFigures = stored("figures of a quote", &version.figures)?;
    let told = |row: &QuoteRow| {
        json!({ "quote": row.id, "version": row.version, "status": row.status,
            "contract": row.contract, "value": figures.tcv })
    };
    if status_of(&version)? == QuoteStatus::Converted {
        return Ok(told(&row));
    }
    let contract = approved_contract(context, &version)?;
    version.order_status = "converted".to_owned();
    let words = format!("contract {} is in force", contract.id);
    step(tx, context, &mut version, QuoteStatus::Converted, &words)?;
    move_to(tx, context, &mut row, &version)?;
    let correlation = stored_value("chain id", &row.correlation)?;
    let mut recorder = Recorder::new(context, correlation, "/quotes", key);
    let place = fact(context, &row)?;
    recorder.event(
        Fact {
            partition: format!("contract/{}", contract.id),
            ..place.clone()
        },
        Event::OrderAccepted(OrderAccepted {
            reference: Reference {
                system: "tieout".to_owned(),
                kind: "Quote".to_owned(),
                id: row.id.clone(),
            },
            customer: contract.customer.clone(),
            contract: contract.id.clone(),
            booked: figures.tcv,
        }),
    );
    let event = Event::QuoteConverted(told_of(&row, &version)?);
    recorder.event(place, event);
    contracts::put_in_force(tx, context, &mut recorder, &contract)?;
    recorder.finish(tx)?;
    note_origin(tx, context, &row, &version, &contract)?;
    exception::clear(tx, context, &late_key(&row.id), "the contract is in force")?;
    Ok(told(&row))
}

/// The contract of a version, as it is put in force now.
fn approved_contract(context: &Context, version: &QuoteVersionRow) -> Result<Contract, AppFault> {
    let mut contract: Contract = stored("contract", &version.contract)?;
    for note in &mut contract.versions {
        note.recorded = context.now;
    }
    Ok(contract)
}

/// Puts the latest version of a quote in force as if it had been approved and signed: for previews.
///
/// # Errors
/// The refusal that the conversion would meet.
pub(crate) fn put_in_force(
    tx: &mut Tx<'_>,
    context: &Context,
    quote: &QuoteId,
) -> Result<Answer, AppFault> {
    let (row, version) = load(tx, quote, None)?;
    let contract = approved_contract(context, &version)?;
    let correlation = stored_value("chain id", &row.correlation)?;
    let mut recorder = Recorder::new(context, correlation, "/quotes", "preview");
    let value = contracts::put_in_force(tx, context, &mut recorder, &contract)?;
    recorder.finish(tx)?;
    Ok(json!({ "quote": row.id, "version": row.version, "contract": row.contract, "value": value }))
}

/// The contract that a quote is, for whoever asks who may write it.
pub(crate) fn contract_of(tx: &mut Tx<'_>, quote: &QuoteId) -> Result<Option<Contract>, AppFault> {
    let Some(row) = quotes::quote(tx, quote.as_str())? else {
        return Ok(None);
    };
    quotes::version(tx, &row.id, row.version)?
        .map(|version| stored("contract", &version.contract))
        .transpose()
}

/// What a checker sees of a version.
pub(crate) fn differences(
    tx: &mut Tx<'_>,
    body: &SubmitQuote,
) -> Result<Vec<Difference>, AppFault> {
    let (row, version) = load(tx, &body.quote, Some(body.version))?;
    let figures: QuoteFigures = stored("figures of a quote", &version.figures)?;
    let content: QuoteContent = stored("quote", &version.content)?;
    let of = |field: &str, before: String, after: String| Difference {
        field: field.to_owned(),
        before,
        after,
    };
    let percent = |rate: values::Rate| {
        format!(
            "{} %",
            (rate.decimal() * values::Decimal::ONE_HUNDRED).normalize()
        )
    };
    let mut found = vec![
        of("customer", String::new(), row.customer),
        of(
            "total contract value",
            figures.list.to_string(),
            figures.tcv.to_string(),
        ),
        of(
            "discount",
            String::new(),
            format!(
                "{}, {} of list",
                figures.discount,
                percent(figures.discount_rate)
            ),
        ),
        of("monthly recurring", String::new(), figures.mrr.to_string()),
    ];
    if let Some(given) = figures
        .given_away
        .filter(|given| *given != figures.discount)
    {
        let before = "nothing is set off for lines above list".to_owned();
        found.push(of("given away", before, given.to_string()));
    }
    if let Some(sale) = &content.partner {
        found.push(of("partner sale", String::new(), billed::in_words(sale)));
    }
    if !figures.standalone.is_zero() {
        let margin = format!("{}, {}", figures.margin, percent(figures.margin_rate));
        found.push(of(
            "margin against standalone prices",
            String::new(),
            margin,
        ));
    }
    for deviation in version.deviations.lines() {
        found.push(of("deviation", String::new(), deviation.to_owned()));
    }
    Ok(found)
}

fn reason_of<'a>(reason: &'a str, mend: &str) -> Result<&'a str, Refusal> {
    let reason = reason.trim();
    if reason.is_empty() {
        return Err(Refusal::field("reason_missing", "reason", mend));
    }
    Ok(reason)
}

fn plus_days(day: Date, days: i64) -> Date {
    (0..days)
        .try_fold(day, |day, _| day.tomorrow())
        .unwrap_or(day)
}

/// A quote with its latest version; refused when `version` is another one. Takes its turn first, so
/// that two who work on it follow each other.
fn load(
    tx: &mut Tx<'_>,
    quote: &QuoteId,
    version: Option<u32>,
) -> Result<(QuoteRow, QuoteVersionRow), AppFault> {
    settings::take_turn(tx, &format!("quote/{quote}"))?;
    let missing = || AppFault::NotFound {
        kind: "quote",
        id: quote.to_string(),
    };
    let row = quotes::quote(tx, quote.as_str())?.ok_or_else(missing)?;
    if let Some(asked) = version.filter(|asked| i64::from(*asked) != row.version) {
        let message = format!(
            "version {asked} of quote {quote} is not its latest, that is {}; read it again",
            row.version
        );
        return Err(Refusal::field("quote_version", "version", message).into());
    }
    let latest = quotes::version(tx, &row.id, row.version)?.ok_or_else(missing)?;
    Ok((row, latest))
}

fn status_of(version: &QuoteVersionRow) -> Result<QuoteStatus, AppFault> {
    QuoteStatus::from_word(&version.status).ok_or_else(|| AppFault::Unreadable {
        what: "quote",
        error: format!("status {:?}", version.status),
    })
}

fn stands_elsewhere(refusal: commerce::QuoteRefusal) -> Refusal {
    Refusal::field("quote_state", "quote", refusal.to_string())
}

fn in_time(context: &Context, row: &QuoteRow) -> Result<(), AppFault> {
    let today = context.today(&stored_value("entity id", &row.entity)?)?;
    if !row.valid_until.is_empty() && today.to_string() > row.valid_until {
        let message = format!(
            "quote {} could be accepted until {}; revise it with a later day",
            row.id, row.valid_until
        );
        return Err(Refusal::field("quote_expired", "quote", message).into());
    }
    Ok(())
}

/// Takes a version back, with its request for approval and its draft order.
fn void(
    tx: &mut Tx<'_>,
    context: &Context,
    row: &QuoteRow,
    version: &mut QuoteVersionRow,
    why: &str,
) -> Result<(), AppFault> {
    let before = status_of(version)?;
    before.to(QuoteStatus::Void).map_err(stands_elsewhere)?;
    if before == QuoteStatus::Submitted {
        crate::approval::take_back(tx, context, &version.approval, why)?;
    }
    if version.order_status == "draft" {
        version.order_status = "withdrawn".to_owned();
        trail(
            tx,
            context,
            version,
            "order_withdrawn",
            "its draft order is withdrawn",
        )?;
        exception::clear(
            tx,
            context,
            &late_key(&row.id),
            "the draft order was withdrawn",
        )?;
    }
    let words = match before {
        QuoteStatus::Approved | QuoteStatus::Accepted => format!("{why}; its approval is void"),
        _ => why.to_owned(),
    };
    step(tx, context, version, QuoteStatus::Void, &words)
}

fn answer(row: &QuoteRow) -> Answer {
    json!({ "quote": row.id, "version": row.version, "status": row.status })
}

fn template_of(version: &QuoteVersionRow) -> Result<Option<values::OfferCode>, AppFault> {
    let content: QuoteContent = stored("quote", &version.content)?;
    Ok(content.template)
}

fn activation_days(
    tx: &mut Tx<'_>,
    context: &Context,
    version: &QuoteVersionRow,
) -> Result<u16, AppFault> {
    let content: QuoteContent = stored("quote", &version.content)?;
    let offers = offer::load(tx)?;
    let contract: Contract = stored("contract", &version.contract)?;
    Ok(lines::expand(context, &offers, &content, &contract.id, contract.currency)?.activation_days)
}

/// Notes how the contract came to be: its template, where it deviates, how long it took.
fn note_origin(
    tx: &mut Tx<'_>,
    context: &Context,
    row: &QuoteRow,
    version: &QuoteVersionRow,
    contract: &Contract,
) -> Result<(), AppFault> {
    let today = context.today(&contract.entity)?;
    let signed: Date = stored_value("date", &version.signed)?;
    let origin = ContractOriginRow {
        contract: contract.id.as_str().to_owned(),
        entity: contract.entity.as_str().to_owned(),
        quote: row.id.clone(),
        template: template_of(version)?.map_or_else(String::new, |code| code.as_str().to_owned()),
        deviations: i64::try_from(version.deviations.lines().count()).unwrap_or(i64::MAX),
        deviates_in: version.deviations.clone(),
        signed: version.signed.clone(),
        due: version.activate_by.clone(),
        activated: today.to_string(),
        lag_days: days_between(signed, today),
    };
    Ok(ContractOriginRow::insert(tx, &[origin])?)
}

/// The currency of a quote.
fn currency_of(row: &QuoteRow) -> Result<Currency, AppFault> {
    stored_value("currency", &row.currency)
}
