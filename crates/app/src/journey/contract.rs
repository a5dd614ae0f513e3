//! Contracts: put in force, amended, cancelled. Revenue schedules follow in the same transaction;
//! billing follows at the next bill run.

mod change;
mod inclusive;
mod line;
pub(crate) mod quoted;
mod renewal;
mod undo;
mod words;

use crate::collection::resumption;
use crate::command::{ActivateContract, AmendContract, Answer, ChangeBody, ReferenceBody};
use crate::fault::{stored, to_store};
use crate::journey::{customer, invoice_draft, provisioning, schedule, standing};
use crate::record::{Context, Fact, Recorder};
use crate::{AppFault, Refusal};
pub(crate) use change::listed;
use change::{phase_steps, read_change};
use commerce::{
    Amendment, AnchorDay, Change, Contract, ContractDelta, ContractStatus, ExternalRef,
    PartnerRole, PartnerSale, VersionKind, VersionNote, agree,
};
use events::{
    ContractActivated, ContractAmended, Event, SoldComponent, SoldThroughPartner,
    SubscriptionActivated,
};
use line::new_component;
use serde_json::json;
use store::contracts::{self, ContractRow};
use store::{Tx, settings};
use values::{ComponentId, ContractId, CorrelationId, Currency, Date, Money, Period};

/// `activate_contract`.
///
/// # Errors
/// Everything that is wrong with the contract, at once.
pub fn activate(
    tx: &mut Tx<'_>,
    context: &Context,
    key: &str,
    body: &ActivateContract,
) -> Result<Answer, AppFault> {
    let buyer = customer::load(tx, &body.customer)?;
    let entity = context.books.entity(&body.entity)?;
    let currency = body.currency.or(buyer.currency).unwrap_or(entity.currency);
    let id = body
        .id
        .clone()
        .unwrap_or_else(|| ContractId::mint(&*context.ids, context.now));
    if contracts::contract(tx, id.as_str())?.is_some() {
        let message =
            format!("there is a contract {id} already; leave the id out to get a new one");
        return Err(Refusal::field("contract_exists", "id", message).into());
    }
    let term = term(body.start, body.end)?;
    let mut contract = build(
        context,
        body,
        id.clone(),
        (currency, buyer.billing_day),
        term,
    )?;
    inclusive::take_tax_out(context, &buyer, body, &mut contract).map_err(AppFault::Refused)?;
    let mut recorder = Recorder::new(context, context.new_chain(), "/commands", key);
    let value = put_in_force(tx, context, &mut recorder, &contract)?;
    recorder.finish(tx)?;
    Ok(json!({ "contract": id, "version": 1, "value": value }))
}

/// The days from the first to the last day of service.
fn term(start: Date, end: Date) -> Result<Period, Refusal> {
    let until = end.tomorrow().unwrap_or(end);
    Period::new(start, until).map_err(|_| {
        Refusal::field(
            "end_before_start",
            "end",
            format!("{end} lies before the start, {start}; set the last day of service"),
        )
    })
}

fn build(
    context: &Context,
    body: &ActivateContract,
    id: ContractId,
    (currency, billing_day): (Currency, Option<AnchorDay>),
    term: Period,
) -> Result<Contract, AppFault> {
    let mut wrong = Vec::new();
    let mut components = Vec::new();
    if body.lines.is_empty() {
        wrong.push(Refusal::field(
            "no_lines",
            "lines",
            "nothing is sold; add at least one line",
        ));
    }
    let anchor = match body.billing_day {
        None => billing_day.unwrap_or_else(|| AnchorDay::of(term.from())),
        Some(day) => AnchorDay::try_from(day).map_err(|refused| {
            Refusal::field("bad_billing_day", "billing_day", refused.to_string())
        })?,
    };
    for (index, line) in body.lines.iter().enumerate() {
        let field = format!("lines[{index}]");
        // The price is that of the first day of service, which may lie after that of the contract.
        let begins = line.start.unwrap_or(term.from());
        match new_component(
            context,
            line,
            &id,
            index,
            (&body.entity, currency),
            begins,
            &field,
        ) {
            Ok(new) => {
                let service = Period::new(begins, term.until());
                match service
                    .map_err(|e| e.to_string())
                    .and_then(|days| new.over(days).map_err(|e| e.to_string()))
                {
                    Ok(component) => components.push(component),
                    Err(message) => wrong.push(Refusal::field("line_refused", &field, message)),
                }
            }
            Err(refusal) => wrong.push(refusal),
        }
    }
    if let Some(refused) = body.partner.as_ref().and_then(|sale| sale.check().err()) {
        let field = format!("partner.{}", refused.field());
        wrong.push(Refusal::field(refused.code(), &field, refused.to_string()));
    }
    if !wrong.is_empty() {
        return Err(AppFault::Refused(wrong));
    }
    let contract = Contract {
        id,
        customer: body.customer.clone(),
        entity: body.entity.clone(),
        currency,
        term,
        signed_term: term,
        billing_anchor_day: anchor,
        components,
        versions: vec![VersionNote {
            version: 1,
            recorded: context.now,
            effective: term.from(),
            kind: VersionKind::Signed,
            reason: "the contract was signed".to_owned(),
            undoes: None,
        }],
        refs: external(&body.references),
        status: ContractStatus::Active,
        cancelled_from: None,
        ended_by_cancellation: Vec::new(),
        discounts: Vec::new(),
        renewal: body.renewal.clone(),
        renewed_on: Vec::new(),
        inclusive_prices: Vec::new(),
        partner: body.partner.clone(),
    };
    agreed_from_the_start(contract, body)
}

/// The contract with the phases and discounts that it is signed with.
fn agreed_from_the_start(
    mut contract: Contract,
    body: &ActivateContract,
) -> Result<Contract, AppFault> {
    let mut changes = Vec::new();
    for (index, line) in body.lines.iter().enumerate() {
        let Some(component) = contract.components.get(index) else {
            continue;
        };
        if !line.phases.is_empty() {
            let (component, effective) = (component.id.clone(), component.from);
            let phases = phase_steps(&contract, &component, effective, &line.phases)?;
            let change = Change::SetPhases {
                component,
                effective,
                phases,
            };
            changes.push((format!("lines[{index}].phases"), change));
        }
    }
    for (index, discount) in body.discounts.iter().enumerate() {
        let discount = discount.clone();
        changes.push((
            format!("discounts[{index}]"),
            Change::AddDiscount { discount },
        ));
    }
    for (field, change) in changes {
        contract = agree(&contract, &change)
            .map_err(|refused| Refusal::field(refused.code(), &field, refused.to_string()))?;
    }
    Ok(contract)
}

/// References of a command in the shape of the domain.
pub(crate) fn external(references: &[ReferenceBody]) -> Vec<ExternalRef> {
    references
        .iter()
        .map(|r| ExternalRef {
            system: r.system.clone(),
            kind: r.kind.clone(),
            id: r.id.clone(),
        })
        .collect()
}

/// Stores a new contract, makes its schedules and says so. Returns its total value.
pub(crate) fn put_in_force(
    tx: &mut Tx<'_>,
    context: &Context,
    recorder: &mut Recorder<'_>,
    contract: &Contract,
) -> Result<Money, AppFault> {
    let value =
        commerce::total_value(contract).map_err(|r| Refusal::whole(r.code(), r.to_string()))?;
    let from = contract
        .components
        .iter()
        .map(|component| component.from)
        .min();
    let row = ContractRow {
        id: contract.id.as_str().to_owned(),
        customer: contract.customer.as_str().to_owned(),
        entity: contract.entity.as_str().to_owned(),
        currency: contract.currency.code().to_owned(),
        status: status_word(contract.status)?,
        term_from: contract.term.from().to_string(),
        term_until: contract.term.until().to_string(),
        version: i64::from(contract.version()),
        value: value.minor,
        bill_from: from.unwrap_or(contract.term.from()).to_string(),
        correlation: recorder.correlation().as_str().to_owned(),
        created: context.now.microseconds(),
        body: to_store("contract", contract)?,
    };
    ContractRow::insert(tx, std::slice::from_ref(&row))?;
    contracts::keep_version(tx, &row, &row.body, context.now.microseconds())?;
    recorder.has_stored(contract);
    renewal::note(tx, contract)?;
    customer::refer_all(
        tx,
        &format!("contract/{}", contract.id),
        recorder.correlation(),
        &contract.refs,
    )?;
    let sold: Vec<SoldComponent> = contract.components.iter().filter_map(sold).collect();
    recorder.event(
        fact(context, contract)?,
        Event::ContractActivated(ContractActivated {
            contract: contract.id.clone(),
            version: contract.version(),
            customer: contract.customer.clone(),
            term: contract.term,
            value,
            components: sold.clone(),
            references: customer::references(&contract.refs),
            partner: contract.partner.as_ref().map(through_partner),
        }),
    );
    say_activated(context, recorder, contract, sold)?;
    let changes = billing::value_changes(None, contract)
        .map_err(|r| Refusal::whole(r.code(), r.to_string()))?;
    schedule::follow(
        tx,
        context,
        recorder,
        contract,
        &changes,
        "contract version 1",
    )?;
    crate::usage::enrol::follow(tx, context, contract, None)?;
    provisioning::ask(tx, context, recorder, contract, None)?;
    Ok(value)
}

/// Says of each subscription that it is in force, which is what other systems provision by.
fn say_activated(
    context: &Context,
    recorder: &mut Recorder<'_>,
    contract: &Contract,
    sold: Vec<SoldComponent>,
) -> Result<(), AppFault> {
    for subscription in sold {
        let activated = SubscriptionActivated {
            contract: contract.id.clone(),
            customer: contract.customer.clone(),
            subscription,
        };
        recorder.event(
            fact(context, contract)?,
            Event::SubscriptionActivated(activated),
        );
    }
    Ok(())
}

/// How a contract is sold through a partner, as its event says.
fn through_partner(sale: &PartnerSale) -> SoldThroughPartner {
    SoldThroughPartner {
        role: match sale.role {
            PartnerRole::Principal => "principal",
            PartnerRole::Agent => "agent",
        }
        .to_owned(),
        end_customer: sale.end_customer.clone(),
        commission: sale.commission,
    }
}

fn sold(component: &commerce::Component) -> Option<SoldComponent> {
    Some(SoldComponent {
        component: component.id.clone(),
        product: component.product.clone(),
        quantity: component.quantity_on(component.from)?,
        period: component.service()?,
    })
}

fn fact(context: &Context, contract: &Contract) -> Result<Fact, AppFault> {
    Ok(Fact {
        subject: format!("contract/{}", contract.id),
        partition: format!("contract/{}", contract.id),
        entity: Some(contract.entity.clone()),
        effective: context.today(&contract.entity)?,
        happened: context.now,
    })
}

/// The stored word of a status.
pub(crate) fn status_word(status: ContractStatus) -> Result<String, AppFault> {
    Ok(to_store("status", &status)?.trim_matches('"').to_owned())
}

/// A contract with its row; takes its turn first, so that two changes follow each other.
pub(crate) fn load(tx: &mut Tx<'_>, id: &ContractId) -> Result<(ContractRow, Contract), AppFault> {
    settings::take_turn(tx, &format!("contract/{id}"))?;
    let row = contracts::contract(tx, id.as_str())?.ok_or_else(|| AppFault::NotFound {
        kind: "contract",
        id: id.to_string(),
    })?;
    let contract = stored("contract", &row.body)?;
    Ok((row, contract))
}

/// `amend_contract`.
///
/// # Errors
/// When there is no such contract or component, or the change makes no sense.
pub fn amend(
    tx: &mut Tx<'_>,
    context: &Context,
    key: &str,
    body: &AmendContract,
) -> Result<Answer, AppFault> {
    let (row, contract) = load(tx, &body.contract)?;
    if let ChangeBody::Undo { version } = &body.change {
        let undone = undo::undo(tx, context, key, body, *version, row)?;
        invoice_draft::follow(tx, context, &body.contract)?;
        return Ok(undone);
    }
    let stated = read_change(tx, context, &contract, body)?;
    let correlation: CorrelationId = crate::fault::stored_value("chain id", &row.correlation)?;
    let mut recorder = Recorder::new(context, correlation, "/commands", key);
    let amendment = Amendment {
        change: stated.change,
        reason: body.reason.clone(),
    };
    let refs = external(&body.references);
    let mut changed = commerce::amend(&contract, &amendment, context.now).map_err(|refusal| {
        let field = words::field_at_fault(&refusal);
        Refusal::field(refusal.code(), field, refusal.to_string())
    })?;
    if let Some(tax) = stated.tax_in_price {
        changed.0.state_tax_in_price(tax);
    }
    let (next, delta) = enforce(tx, context, &mut recorder, row, &contract, changed, &refs)?;
    if let Change::Resume { effective, .. } = &amendment.change {
        let resumed = (&next, *effective);
        resumption::by_amendment(tx, context, &mut recorder, resumed, &body.reason)?;
    }
    recorder.finish(tx)?;
    invoice_draft::follow(tx, context, &next.id)?;
    Ok(
        json!({ "contract": next.id, "version": delta.version, "value": delta.value_after, "value_change": delta.value_delta }),
    )
}

fn only_component(
    contract: &Contract,
    named: Option<&ComponentId>,
) -> Result<ComponentId, Refusal> {
    match (named, contract.components.as_slice()) {
        (Some(id), _) => Ok(id.clone()),
        (None, [one]) => Ok(one.id.clone()),
        (None, many) => {
            let ids: Vec<&str> = many.iter().map(|component| component.id.as_str()).collect();
            let message = format!(
                "contract {} has several components; name one of: {}",
                contract.id,
                ids.join(", ")
            );
            Err(Refusal::field(
                "component_missing",
                "change.component",
                message,
            ))
        }
    }
}

/// Amends a contract and puts the next version in force.
pub(crate) fn apply(
    tx: &mut Tx<'_>,
    context: &Context,
    recorder: &mut Recorder<'_>,
    row: ContractRow,
    contract: &Contract,
    amendment: &Amendment,
    refs: &[ExternalRef],
) -> Result<(Contract, ContractDelta), AppFault> {
    let changed = commerce::amend(contract, amendment, context.now)
        .map_err(|refusal| Refusal::whole(refusal.code(), refusal.to_string()))?;
    enforce(tx, context, recorder, row, contract, changed, refs)
}

/// Stores the next version of a contract, revises its schedules and says so.
fn enforce(
    tx: &mut Tx<'_>,
    context: &Context,
    recorder: &mut Recorder<'_>,
    row: ContractRow,
    contract: &Contract,
    (next, delta): (Contract, ContractDelta),
    refs: &[ExternalRef],
) -> Result<(Contract, ContractDelta), AppFault> {
    let changes = billing::value_changes(Some(contract), &next)
        .map_err(|r| Refusal::whole(r.code(), r.to_string()))?;
    // Something may be owed from the day on which the change holds; what was billed stays in the sum.
    let earliest = changes
        .iter()
        .map(|line| line.window.from())
        .min()
        .unwrap_or(delta.effective)
        .to_string();
    let stored = ContractRow {
        status: status_word(next.status)?,
        term_from: next.term.from().to_string(),
        term_until: next.term.until().to_string(),
        version: i64::from(next.version()),
        value: delta.value_after.minor,
        bill_from: if row.bill_from.is_empty() || earliest < row.bill_from {
            earliest
        } else {
            row.bill_from
        },
        body: to_store("contract", &next)?,
        ..row
    };
    let kept = to_store("contract version", &next.with_its_own_note())?;
    contracts::put_version(tx, &stored, &kept, context.now.microseconds())?;
    recorder.has_stored(&next);
    renewal::note(tx, &next)?;
    customer::refer_all(
        tx,
        &format!("contract/{}", next.id),
        recorder.correlation(),
        refs,
    )?;
    let amended = ContractAmended {
        contract: next.id.clone(),
        version: delta.version,
        customer: next.customer.clone(),
        kind: kind_word(&delta).to_owned(),
        effective: delta.effective,
        value_change: delta.value_delta,
        description: describe(
            &changes,
            next.versions.last().map_or("", |note| &note.reason),
        ),
        references: customer::references(refs),
    };
    let event = match delta.kind {
        VersionKind::Cancelled => Event::ContractCancelled(amended),
        _ => Event::ContractAmended(amended),
    };
    recorder.event(fact(context, &next)?, event);
    schedule::follow(
        tx,
        context,
        recorder,
        &next,
        &changes,
        &format!("contract version {}", delta.version),
    )?;
    crate::usage::enrol::follow(tx, context, &next, Some(delta.effective))?;
    let added = provisioning::added(&next, Some(contract));
    say_activated(context, recorder, &next, added.filter_map(sold).collect())?;
    provisioning::ask(tx, context, recorder, &next, Some(contract))?;
    provisioning::withdraw(tx, context, &next)?;
    standing::tell_value(tx, context, recorder, &next, delta.value_after)?;
    Ok((next, delta))
}

fn kind_word(delta: &ContractDelta) -> &'static str {
    let less = delta.value_delta.minor < 0;
    match delta.kind {
        VersionKind::QuantityChanged if less => "downsell",
        VersionKind::QuantityChanged => "upsell",
        VersionKind::PriceChanged => "price_change",
        VersionKind::ComponentAdded => "addition",
        VersionKind::ComponentRemoved => "removal",
        VersionKind::Cancelled => "cancellation",
        VersionKind::Extended => "extension",
        VersionKind::Signed | VersionKind::Expired => "term",
        VersionKind::Swapped => "swap",
        VersionKind::Paused => "pause",
        VersionKind::Resumed => "resumption",
        VersionKind::CoTermed => "co_term",
        VersionKind::Uncancelled => "reinstatement",
        VersionKind::Renewed => "renewal",
        VersionKind::RenewalChanged => "renewal_terms",
        VersionKind::Ramped => "ramp",
        VersionKind::Phased => "phases",
        VersionKind::Discounted => "discount",
        VersionKind::DiscountEnded => "discount_ended",
        VersionKind::Undone => "undo",
    }
}

fn describe(changes: &[billing::DraftLine], reason: &str) -> String {
    let mut text = reason.to_owned();
    for line in changes.iter().take(3) {
        let lead = if text.is_empty() { "" } else { "; " };
        text.push_str(&format!(
            "{lead}{}: {} over {}",
            line.description, line.arithmetic, line.period
        ));
    }
    if changes.len() > 3 {
        text.push_str(&format!("; and {} more", changes.len() - 3));
    }
    text
}
