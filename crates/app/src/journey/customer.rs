//! Customers: created by a command or with their first won opportunity.

use crate::collection;
use crate::command::{Answer, CreateCustomer};
use crate::fault::{stored, to_store};
use crate::record::{Context, Fact, Intent, Recorder};
use crate::{AppFault, Refusal};
use commerce::{Customer, ExternalRef};
use events::{CustomerCreated, Event, Reference};
use serde_json::json;
use store::Tx;
use store::catalogue::{self, CustomerRow, ReferenceRow};
use values::{CorrelationId, CustomerId, Zone};

/// `create_customer`.
///
/// # Errors
/// When the id is taken or the name is empty.
pub fn create(
    tx: &mut Tx<'_>,
    context: &Context,
    key: &str,
    body: &CreateCustomer,
) -> Result<Answer, AppFault> {
    let id = body
        .id
        .clone()
        .unwrap_or_else(|| CustomerId::mint(&*context.ids, context.now));
    if body.legal_name.trim().is_empty() {
        return Err(Refusal::field(
            "name_missing",
            "legal_name",
            "a customer has a registered name",
        )
        .into());
    }
    if catalogue::customer(tx, id.as_str())?.is_some() {
        let message =
            format!("there is a customer {id} already; leave the id out to get a new one");
        return Err(Refusal::field("customer_exists", "id", message).into());
    }
    if let Some(class) = &body.class {
        collection::policy::known_class(tx, class)?;
    }
    let customer = Customer {
        id: id.clone(),
        legal_name: body.legal_name.trim().to_owned(),
        currency: body.currency,
        parent: None,
        refs: body
            .references
            .iter()
            .map(|r| ExternalRef {
                system: r.system.clone(),
                kind: r.kind.clone(),
                id: r.id.clone(),
            })
            .collect(),
        payment_method: body.payment_method.clone(),
        collection: body.collection,
        payment_terms_days: body.payment_terms_days,
        tax: None,
        billing_day: body.billing_day,
        class: body.class.clone(),
    };
    let mut recorder = Recorder::new(context, context.new_chain(), "/commands", key);
    add(tx, context, &mut recorder, &customer)?;
    recorder.finish(tx)?;
    Ok(json!({ "customer": id }))
}

/// Adds a customer as part of a journey.
///
/// # Errors
/// When the store fails.
pub(crate) fn add(
    tx: &mut Tx<'_>,
    context: &Context,
    recorder: &mut Recorder<'_>,
    customer: &Customer,
) -> Result<(), AppFault> {
    let row = CustomerRow {
        id: customer.id.as_str().to_owned(),
        name: customer.legal_name.clone(),
        standing: "good".to_owned(),
        correlation: recorder.correlation().as_str().to_owned(),
        created: context.now.microseconds(),
        body: to_store("customer", customer)?,
    };
    CustomerRow::insert(tx, &[row])?;
    refer_all(
        tx,
        &format!("customer/{}", customer.id),
        recorder.correlation(),
        &customer.refs,
    )?;
    let fact = Fact {
        subject: format!("customer/{}", customer.id),
        partition: format!("customer/{}", customer.id),
        entity: None,
        effective: Zone::utc().date_at(context.now),
        happened: context.now,
    };
    let event = CustomerCreated {
        customer: customer.id.clone(),
        legal_name: customer.legal_name.clone(),
        currency: customer.currency,
        references: references(&customer.refs),
    };
    recorder.event(fact, Event::CustomerCreated(event));
    let told =
        context
            .books
            .governance
            .tells(control::topology::RoutedFact::Customers, "netsuite", None);
    if context.books.routing.deliver_journals && told {
        recorder.intend(Intent {
            lane: format!("ledger/customer/{}", customer.id),
            connection: "netsuite",
            operation: "netsuite.customer",
            subject: format!("customer/{}", customer.id),
            key: format!("netsuite/customer/{}", customer.id),
            request: json!({ "customer": customer.id, "name": customer.legal_name }),
            entity: None,
            value: None,
        });
    }
    Ok(())
}

/// A customer.
///
/// # Errors
/// When there is no such customer.
pub(crate) fn load(tx: &mut Tx<'_>, id: &CustomerId) -> Result<Customer, AppFault> {
    let row = catalogue::customer(tx, id.as_str())?.ok_or_else(|| AppFault::NotFound {
        kind: "customer",
        id: id.to_string(),
    })?;
    stored("customer", &row.body)
}

/// Notes what an object of ours is called elsewhere.
pub(crate) fn refer_all(
    tx: &mut Tx<'_>,
    object: &str,
    correlation: &CorrelationId,
    refs: &[ExternalRef],
) -> Result<(), AppFault> {
    for known in refs {
        catalogue::refer(
            tx,
            &ReferenceRow {
                system: known.system.clone(),
                kind: known.kind.clone(),
                id: known.id.clone(),
                object: object.to_owned(),
                correlation: correlation.as_str().to_owned(),
            },
        )?;
    }
    Ok(())
}

/// References in the shape of events.
pub(crate) fn references(refs: &[ExternalRef]) -> Vec<Reference> {
    refs.iter()
        .map(|known| Reference {
            system: known.system.clone(),
            kind: known.kind.clone(),
            id: known.id.clone(),
        })
        .collect()
}
