//! What is said of where invoices go: by a contract, by an account, by a legal entity; and who looks
//! after what an account owes.

use super::{Routes, bill_to, naming, subtree};
use crate::command::{Answer, BillToChoice, SetBillTo, SetCollectionsOwner, SetConsolidation};
use crate::fault::stored_value;
use crate::journey::{contract as contracts_journey, customer};
use crate::record::{Context, Fact, Recorder};
use crate::{AppFault, Refusal};
use commerce::{BillTo, Customer};
use events::{CustomerUpdated, Event, FieldChange};
use serde_json::json;
use store::contracts::ContractRow;
use store::routing::{self, BillToRow, ConsolidationRow};
use store::{Tx, contracts, settings};
use values::{CustomerId, Date, EntityId, Zone};

/// `set_bill_to`: who is billed for a contract from a day on, and in which group of invoices.
///
/// # Errors
/// When the day is past, nothing changes, the customer is unknown or is billed by the other one.
pub fn set_bill_to(
    tx: &mut Tx<'_>,
    context: &Context,
    key: &str,
    body: &SetBillTo,
) -> Result<Answer, AppFault> {
    let (row, contract) = contracts_journey::load(tx, &body.contract)?;
    let today = context.today(&contract.entity)?;
    let from = from_day(body.from, today, &body.reason)?;
    let next = BillToRow {
        contract: row.id.clone(),
        from_day: from.to_string(),
        target: body.bill_to.word().to_owned(),
        customer: named(body)?.map_or_else(String::new, |id| id.as_str().to_owned()),
        invoice_group: body.invoice_group.trim().to_owned(),
        reason: body.reason.trim().to_owned(),
        actor: context.actor.clone(),
        recorded: context.now.microseconds(),
    };
    check_named(tx, &row, named(body)?)?;
    let before = routing::bill_to_on(tx, &row.id, &next.from_day)?;
    let same = |known: &BillToRow| {
        (&known.target, &known.customer, &known.invoice_group)
            == (&next.target, &next.customer, &next.invoice_group)
    };
    let silent = next.target == "as_account" && next.invoice_group.is_empty();
    if before.as_ref().map_or(silent, same) {
        let message = format!("contract {} says so already on {from}", row.id);
        return Err(Refusal::whole("nothing_changes", message).into());
    }
    let mut routes = Routes::on(from);
    let group = routes
        .with(tx, &row, Some(&next))?
        .map_err(|refusal| Refusal::field(refusal.code(), "bill_to", refusal.to_string()))?;
    routing::set_bill_to(tx, &next)?;
    let buyer = customer::load(tx, &contract.customer)?;
    let change = FieldChange {
        field: format!("bill_to of contract {}", row.id),
        before: before.as_ref().map(in_words).transpose()?,
        after: Some(in_words(&next)?),
        owner: "tieout".to_owned(),
    };
    tell(tx, context, key, &buyer, from, change)?;
    Ok(json!({
        "contract": row.id, "from": from, "bill_to": group.bill_to,
        "together": group.together, "invoice_group": next.invoice_group,
    }))
}

fn named(body: &SetBillTo) -> Result<Option<&CustomerId>, Refusal> {
    match (body.bill_to, &body.customer) {
        (BillToChoice::Customer, Some(id)) => Ok(Some(id)),
        (BillToChoice::Customer, None) => {
            let message = "name the customer that is billed";
            Err(Refusal::field("bill_to_missing", "customer", message))
        }
        (_, Some(_)) => {
            let message = format!(
                "a customer is named only where bill_to is customer; it is {}",
                body.bill_to.word()
            );
            Err(Refusal::field("customer_not_asked", "customer", message))
        }
        (_, None) => Ok(None),
    }
}

/// A customer is not named for its own contract, and two do not bill each other.
fn check_named(
    tx: &mut Tx<'_>,
    row: &ContractRow,
    named: Option<&CustomerId>,
) -> Result<(), AppFault> {
    let Some(id) = named else { return Ok(()) };
    customer::load(tx, id)?;
    if id.as_str() == row.customer {
        let message = format!(
            "contract {} is sold to {id}; to bill it there, say own",
            row.id
        );
        return Err(Refusal::field("bill_to_itself", "customer", message).into());
    }
    let seller: CustomerId = stored_value("customer id", &row.customer)?;
    for other in naming(tx, &seller)? {
        let Some(other) = contracts::contract(tx, &other)? else {
            continue;
        };
        let newest = routing::bill_tos(tx, &other.id)?.into_iter().next();
        let still = newest.is_some_and(|newest| newest.customer == row.customer);
        if other.customer == id.as_str() && still {
            let message = format!(
                "contract {} of {id} is billed to {seller}, so {id} cannot be billed for {seller}; take that back first",
                other.id
            );
            return Err(Refusal::field("bill_to_cycle", "customer", message).into());
        }
    }
    Ok(())
}

/// `set_consolidation`: how the invoices of an account, or of an entity where its accounts say
/// nothing, are put together from a day on.
///
/// # Errors
/// When both or none is named, the day is past, or nothing changes.
pub fn set_consolidation(
    tx: &mut Tx<'_>,
    context: &Context,
    key: &str,
    body: &SetConsolidation,
) -> Result<Answer, AppFault> {
    let (scope, id, today) = match (&body.customer, &body.entity) {
        (Some(id), None) => ("customer", id.as_str(), Zone::utc().date_at(context.now)),
        (None, Some(id)) => ("entity", id.as_str(), context.today(id)?),
        _ => {
            let message = "name either a customer or an entity";
            return Err(Refusal::field("scope_unclear", "customer", message).into());
        }
    };
    let from = from_day(body.from, today, &body.reason)?;
    let word = body.policy.map_or("", |policy| policy.word());
    let before = routing::consolidation_on(tx, (scope, id), &from.to_string())?;
    if before.clone().unwrap_or_default() == word {
        let message = format!("{scope} {id} says so already on {from}");
        return Err(Refusal::whole("nothing_changes", message).into());
    }
    routing::set_consolidation(
        tx,
        &ConsolidationRow {
            scope: scope.to_owned(),
            id: id.to_owned(),
            from_day: from.to_string(),
            policy: word.to_owned(),
            reason: body.reason.trim().to_owned(),
            actor: context.actor.clone(),
            recorded: context.now.microseconds(),
        },
    )?;
    if let Some(id) = &body.customer {
        let buyer = customer::load(tx, id)?;
        let change = FieldChange {
            field: "consolidation".to_owned(),
            before: before.filter(|word| !word.is_empty()),
            after: body.policy.map(|policy| policy.word().to_owned()),
            owner: "tieout".to_owned(),
        };
        tell(tx, context, key, &buyer, from, change)?;
    }
    Ok(json!({ "scope": scope, "id": id, "policy": body.policy, "from": from }))
}

/// `set_collections_owner`: who looks after what an account and those below it owe. Open cases that
/// nobody was given by hand move with it.
///
/// # Errors
/// When there is no such customer or nothing changes.
pub fn set_collections_owner(
    tx: &mut Tx<'_>,
    context: &Context,
    key: &str,
    body: &SetCollectionsOwner,
) -> Result<Answer, AppFault> {
    let buyer = customer::load(tx, &body.customer)?;
    settings::take_turn(tx, &format!("customer/{}", body.customer))?;
    let owner = body.owner.as_deref().unwrap_or_default().trim();
    let before = routing::collections_owner(tx, body.customer.as_str())?;
    if before.clone().unwrap_or_default() == owner {
        let message = "nothing changes: this is who looks after it already";
        return Err(Refusal::whole("nothing_changes", message).into());
    }
    let today = Zone::utc().date_at(context.now);
    let accounts: Vec<CustomerId> = subtree(tx, &body.customer)?
        .iter()
        .map(|id| stored_value("customer id", id))
        .collect::<Result<_, AppFault>>()?;
    let mut was = Vec::with_capacity(accounts.len());
    for account in &accounts {
        was.push(Routes::on(today).collections_owner(tx, account)?);
    }
    routing::set_collections_owner(tx, body.customer.as_str(), owner)?;
    let mut given = 0;
    for (account, was) in accounts.iter().zip(was) {
        let is = Routes::on(today).collections_owner(tx, account)?;
        if was != is {
            let (was, is) = (was.unwrap_or_default(), is.unwrap_or_default());
            given += routing::give_cases(tx, account.as_str(), (&was, &is))?;
        }
    }
    let change = FieldChange {
        field: "collections_owner".to_owned(),
        before,
        after: Some(owner.to_owned()).filter(|owner| !owner.is_empty()),
        owner: "tieout".to_owned(),
    };
    tell(tx, context, key, &buyer, today, change)?;
    Ok(json!({ "customer": body.customer, "owner": body.owner, "cases": given }))
}

fn from_day(from: Option<Date>, today: Date, reason: &str) -> Result<Date, Refusal> {
    let from = from.unwrap_or(today);
    if from < today {
        let message = format!(
            "{from} is past; documents that are issued stay as they are, use {today} or later"
        );
        return Err(Refusal::field("effective_past", "from", message));
    }
    if reason.trim().is_empty() {
        let message = "say why invoices go another way";
        return Err(Refusal::field("reason_missing", "reason", message));
    }
    Ok(from)
}

/// What a contract says, in words.
pub(crate) fn in_words(row: &BillToRow) -> Result<String, AppFault> {
    let whom = match bill_to(row)? {
        BillTo::Own => "own".to_owned(),
        BillTo::Parent => "parent".to_owned(),
        BillTo::Customer(id) => id.to_string(),
        BillTo::AsAccount => "as_account".to_owned(),
    };
    Ok(match row.invoice_group.as_str() {
        "" => whom,
        group => format!("{whom}, invoice group {group}"),
    })
}

/// Records that something of an account changed.
pub(crate) fn tell(
    tx: &mut Tx<'_>,
    context: &Context,
    key: &str,
    account: &Customer,
    effective: Date,
    change: FieldChange,
) -> Result<(), AppFault> {
    let chain = store::catalogue::customer(tx, account.id.as_str())?
        .map(|row| stored_value("chain id", &row.correlation))
        .transpose()?
        .unwrap_or_else(|| context.new_chain());
    let mut recorder = Recorder::new(context, chain, "/commands", key);
    let fact = Fact {
        subject: format!("customer/{}", account.id),
        partition: format!("customer/{}", account.id),
        entity: None::<EntityId>,
        effective,
        happened: context.now,
    };
    let event = CustomerUpdated {
        customer: account.id.clone(),
        legal_name: account.legal_name.clone(),
        currency: account.currency,
        changes: vec![change],
        references: customer::references(&account.refs),
    };
    recorder.event(fact, Event::CustomerUpdated(event));
    recorder.finish(tx)
}
