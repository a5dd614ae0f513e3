//! Provisioning: a product that another system provisions is asked for once when it comes into force,
//! the other system confirms it, and what is not confirmed in time becomes an exception.
//!
//! The request is the event `subscription.activated`, which endpoints are sent under one message id
//! however often it has to be sent. What is kept here is what was asked for and what came back.

use crate::command::{Answer, ConfirmProvisioning, SetProvisioning};
use crate::fault::{AppFault, stored_value};
use crate::journey::exception::{self, NewException};
use crate::record::{Context, Fact, Recorder};
use crate::worker::Progress;
use crate::{App, Refusal};
use commerce::{Component, Contract};
use events::{Event, SubscriptionProvisioned};
use serde_json::json;
use store::provisioning::{self, ProvisioningRow};
use store::{Tx, settings};
use values::{EntityId, Instant};

/// Who notes what is late.
const ACTOR: &str = "tieout/provisioning";

/// Most hours that a product may be given.
const MOST_HOURS: u16 = 8_760;

/// Components looked at in one transaction.
const A_STEP: i64 = 100;

/// `set_provisioning`.
///
/// # Errors
/// When there is no such product or the hours make no sense.
pub fn set(tx: &mut Tx<'_>, context: &Context, body: &SetProvisioning) -> Result<Answer, AppFault> {
    let products = &context.books.catalogue.products;
    if !products.iter().any(|known| known.code == body.product) {
        let message = format!(
            "product {} is not in the catalogue; publish it or correct the code",
            body.product
        );
        return Err(Refusal::field("unknown_product", "product", message).into());
    }
    if let Some(hours) = body
        .within_hours
        .filter(|hours| !(1..=MOST_HOURS).contains(hours))
    {
        let message = format!("{hours} is not 1 to 8,760 hours; a day is 24");
        return Err(Refusal::field("bad_hours", "within_hours", message).into());
    }
    let hours = body.within_hours.map(i64::from);
    let now = context.now.microseconds();
    provisioning::set_rule(tx, body.product.as_str(), hours, &context.actor, now)?;
    Ok(json!({ "product": body.product, "within_hours": body.within_hours }))
}

/// Asks for the components of a contract that came into force with this version.
pub(crate) fn ask(
    tx: &mut Tx<'_>,
    context: &Context,
    recorder: &Recorder<'_>,
    contract: &Contract,
    before: Option<&Contract>,
) -> Result<(), AppFault> {
    let rules = provisioning::rules(tx)?;
    if rules.is_empty() {
        return Ok(());
    }
    for component in added(contract, before) {
        let rule = rules
            .iter()
            .find(|rule| rule.product == component.product.as_str());
        let Some(rule) = rule else { continue };
        let zone = &context.books.entity(&contract.entity)?.zone;
        // What starts later need not run before.
        let from = zone.start_of(component.from).max(context.now);
        let row = ProvisioningRow {
            contract: contract.id.as_str().to_owned(),
            component: component.id.as_str().to_owned(),
            customer: contract.customer.as_str().to_owned(),
            entity: contract.entity.as_str().to_owned(),
            product: component.product.as_str().to_owned(),
            status: "asked".to_owned(),
            asked: context.now.microseconds(),
            due: from.plus_seconds(rule.within_hours * 3_600).microseconds(),
            confirmed: 0,
            reference: String::new(),
            actor: String::new(),
            correlation: recorder.correlation().as_str().to_owned(),
        };
        provisioning::ask(tx, &row)?;
    }
    Ok(())
}

/// The components of a contract that the version before it does not have.
pub(crate) fn added<'a>(
    contract: &'a Contract,
    before: Option<&'a Contract>,
) -> impl Iterator<Item = &'a Component> {
    contract.components.iter().filter(move |component| {
        let known = before.is_some_and(|before| before.component(&component.id).is_ok());
        !known && component.from < component.until
    })
}

/// Takes back what was asked for and will never serve: a component that ends before it began, or on or
/// before today.
pub(crate) fn withdraw(
    tx: &mut Tx<'_>,
    context: &Context,
    contract: &Contract,
) -> Result<(), AppFault> {
    let today = context.today(&contract.entity)?;
    for mut row in provisioning::of_contract(tx, contract.id.as_str())? {
        let component = contract
            .components
            .iter()
            .find(|component| component.id.as_str() == row.component);
        let over = component.is_none_or(|it| it.until <= it.from || it.until <= today);
        if over && matches!(row.status.as_str(), "asked" | "late") {
            "withdrawn".clone_into(&mut row.status);
            provisioning::conclude(tx, &row)?;
            exception::clear(
                tx,
                context,
                &key(&row),
                "the component does not serve any more",
            )?;
        }
    }
    Ok(())
}

/// `confirm_provisioning`. The same confirmation again changes nothing.
///
/// # Errors
/// When it was never asked for, was withdrawn, or was confirmed under another reference.
pub fn confirm(
    tx: &mut Tx<'_>,
    context: &Context,
    key_of_command: &str,
    body: &ConfirmProvisioning,
) -> Result<Answer, AppFault> {
    settings::take_turn(tx, &format!("contract/{}", body.contract))?;
    let found = provisioning::one(tx, body.contract.as_str(), body.component.as_str())?;
    let Some(mut row) = found else {
        let message = format!(
            "nobody asked for component {} of contract {}; its product is set by set_provisioning before the contract is activated",
            body.component, body.contract
        );
        return Err(Refusal::field("not_asked_for", "component", message).into());
    };
    let reference = body.reference.trim();
    match row.status.as_str() {
        "confirmed" if reference.is_empty() || reference == row.reference => {
            return Ok(answer(&row));
        }
        "confirmed" => {
            let message = format!(
                "it was confirmed as {:?} before and cannot be {reference:?} too; one of them runs for nobody",
                row.reference
            );
            return Err(Refusal::field("provisioned_already", "reference", message).into());
        }
        "withdrawn" => {
            let message = format!(
                "component {} does not serve any more; take it down again",
                body.component
            );
            return Err(Refusal::field("provisioning_withdrawn", "component", message).into());
        }
        _ => {}
    }
    "confirmed".clone_into(&mut row.status);
    reference.clone_into(&mut row.reference);
    row.confirmed = context.now.microseconds();
    row.actor.clone_from(&context.actor);
    provisioning::conclude(tx, &row)?;
    let chain = stored_value("chain id", &row.correlation)?;
    let mut recorder = Recorder::new(context, chain, "/commands", key_of_command);
    let entity: EntityId = stored_value("entity id", &row.entity)?;
    let fact = Fact {
        subject: format!("contract/{}", row.contract),
        partition: format!("contract/{}", row.contract),
        effective: context.today(&entity)?,
        entity: Some(entity),
        happened: context.now,
    };
    let event = SubscriptionProvisioned {
        contract: body.contract.clone(),
        customer: stored_value("customer id", &row.customer)?,
        component: body.component.clone(),
        product: stored_value("product code", &row.product)?,
        reference: row.reference.clone(),
        in_time: row.confirmed <= row.due,
    };
    recorder.event(fact, Event::SubscriptionProvisioned(event));
    recorder.finish(tx)?;
    exception::clear(tx, context, &key(&row), "it was provisioned after all")?;
    Ok(answer(&row))
}

fn answer(row: &ProvisioningRow) -> Answer {
    json!({
        "contract": row.contract, "component": row.component, "status": row.status,
        "reference": row.reference,
        "confirmed": Instant::from_microseconds(row.confirmed),
        "in_time": row.confirmed <= row.due,
    })
}

fn key(row: &ProvisioningRow) -> String {
    format!("provisioning/{}/{}", row.contract, row.component)
}

impl App {
    /// Raises what was to be provisioned by now and was not confirmed, at most a hundred at a time.
    /// Returns how many were raised.
    ///
    /// # Errors
    /// When the store fails.
    pub fn raise_unprovisioned(&self) -> Result<u64, AppFault> {
        let now = self.clock().now().microseconds();
        let any = self
            .store()
            .read(move |tx| Ok::<_, AppFault>(!provisioning::overdue(tx, now, 1)?.is_empty()))?;
        if !any {
            return Ok(0);
        }
        self.run(ACTOR, |tx, context| {
            let mut raised = 0;
            for mut row in provisioning::overdue(tx, context.now.microseconds(), A_STEP)? {
                "late".clone_into(&mut row.status);
                provisioning::conclude(tx, &row)?;
                raise(tx, context, &row)?;
                raised += 1;
            }
            Ok(raised)
        })
    }
}

fn raise(tx: &mut Tx<'_>, context: &Context, row: &ProvisioningRow) -> Result<(), AppFault> {
    let hours = (row.due - row.asked) / 3_600_000_000;
    let new = NewException {
        key: key(row),
        class: "not_provisioned",
        summary: format!(
            "{} of contract {} is in force and nobody has confirmed that it runs",
            row.product, row.contract
        ),
        detail: format!(
            "component {} was asked for at {} and was to run {hours} hours later",
            row.component,
            Instant::from_microseconds(row.asked)
        ),
        customer: row.customer.clone(),
        document: row.contract.clone(),
        entity: row.entity.clone(),
        correlation: Some(stored_value("chain id", &row.correlation)?),
        ..NewException::default()
    };
    exception::open(tx, context, new)?;
    Ok(())
}

/// The worker's step.
pub(crate) fn tend(app: &App) -> Progress {
    match app.raise_unprovisioned() {
        Ok(processed) => Progress {
            processed,
            ..Progress::default()
        },
        Err(fault) => {
            tracing::error!(fault = %fault, "what is not provisioned could not be raised");
            Progress::fault()
        }
    }
}
