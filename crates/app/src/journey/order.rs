//! Won opportunities: each becomes a contract or changes one, exactly once; or is held as an
//! exception that names everything that is wrong with it and what it is worth.

use crate::fault::{AppFault, stored_value};
use crate::journey::exception::{self, NewException};
use crate::journey::{contract as contracts_journey, customer};
use crate::record::{Context, Fact, Recorder};
use commerce::{
    Collection, Contract, Customer, ExternalRef, Order, OrderLine, OrderRefusal, from_order,
    upgrade,
};
use control::ExceptionClass;
use control::deviation::PAYMENT_TERMS;
use events::{Event, OrderAccepted, Reference};
use store::{Tx, catalogue, settings};
use values::{
    ContractId, CorrelationId, Currency, CustomerId, Date, Decimal, ExceptionId, Money, Quantity,
    Rounding, UnitPrice, round_to_minor,
};

/// Days to pay by transfer where the template has no readable number.
const USUAL_TERMS: u16 = 30;

/// A won opportunity as the CRM has it; whatever it may leave empty may be empty here.
#[derive(Debug, Clone, PartialEq)]
pub struct WonOrder {
    /// The connection, such as `salesforce`.
    pub system: String,
    /// Its id there.
    pub opportunity: String,
    /// What people call it there.
    pub name: String,
    /// Who buys.
    pub account: OrderAccount,
    /// ISO 4217 code.
    pub currency: Option<String>,
    /// Legal entity that sells.
    pub entity: Option<String>,
    /// First day of service.
    pub start: Option<Date>,
    /// Last day of service.
    pub end: Option<Date>,
    /// How often it is billed, in the CRM's word.
    pub frequency: Option<String>,
    /// The opportunity whose contract this one changes.
    pub upgrades: Option<String>,
    /// What the seller booked, in major units.
    pub booked: Option<Decimal>,
    /// What is sold.
    pub lines: Vec<WonLine>,
    /// The record as it was received.
    pub payload: String,
}

/// The buyer of a won opportunity.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrderAccount {
    /// Its id in the CRM.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Its default currency.
    pub currency: Option<String>,
    /// Its id at the payment processor.
    pub processor_customer: Option<String>,
    /// Its stored means of payment there.
    pub payment_method: Option<String>,
}

/// A line of a won opportunity.
#[derive(Debug, Clone, PartialEq)]
pub struct WonLine {
    /// Product code.
    pub product: Option<String>,
    /// How many.
    pub quantity: Option<Decimal>,
    /// Price of one for one billing period.
    pub unit_price: Option<Decimal>,
    /// Words for the invoice.
    pub description: Option<String>,
}

/// What became of a won opportunity.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OrderOutcome {
    /// It became or changed a contract.
    Taken {
        /// The contract.
        contract: ContractId,
        /// The chain.
        correlation: CorrelationId,
    },
    /// It had been taken before.
    AlreadyTaken {
        /// The contract.
        contract: ContractId,
        /// The chain.
        correlation: CorrelationId,
    },
    /// It cannot be taken as it is.
    Held {
        /// The exception.
        exception: ExceptionId,
        /// The chain.
        correlation: CorrelationId,
    },
}

/// Takes a won opportunity over.
///
/// # Errors
/// When the store fails. What is wrong with the opportunity is an exception, not an error.
pub fn take_order(
    tx: &mut Tx<'_>,
    context: &Context,
    order: &WonOrder,
) -> Result<OrderOutcome, AppFault> {
    settings::take_turn(tx, &format!("order/{}/{}", order.system, order.opportunity))?;
    if let Some((object, correlation)) =
        catalogue::referred(tx, &order.system, "Opportunity", &order.opportunity)?
    {
        let contract = object.strip_prefix("contract/").unwrap_or(&object);
        return Ok(OrderOutcome::AlreadyTaken {
            contract: stored_value("contract id", contract)?,
            correlation: stored_value("chain id", &correlation)?,
        });
    }
    let held_before = store::exceptions::open_about(tx, &exception_key(order))?;
    let chain = match &held_before {
        Some(row) => stored_value("chain id", &row.correlation)?,
        None => context.new_chain(),
    };
    match &order.upgrades {
        Some(first) => change_contract(tx, context, order, first, chain),
        None => new_contract(tx, context, order, chain),
    }
}

fn exception_key(order: &WonOrder) -> String {
    format!("order/{}/{}", order.system, order.opportunity)
}

fn new_contract(
    tx: &mut Tx<'_>,
    context: &Context,
    order: &WonOrder,
    chain: CorrelationId,
) -> Result<OrderOutcome, AppFault> {
    let id = ContractId::mint(&*context.ids, context.now);
    let (buyer, known) = buyer(tx, context, order)?;
    let refs = vec![opportunity_ref(order)];
    let contract = match neutral(order, &id, &buyer.id, refs) {
        Ok(mut neutral) => {
            neutral.billing_anchor_day = buyer.billing_day;
            from_order(&neutral, &context.books.catalogue, context.now)
        }
        Err(wrong) => Err(wrong),
    };
    let contract = match contract {
        Ok(contract) => contract,
        Err(wrong) => return hold(tx, context, order, chain, &wrong),
    };
    let mut recorder = Recorder::new(context, chain.clone(), "/sys/crm", &exception_key(order));
    if !known {
        customer::add(tx, context, &mut recorder, &buyer)?;
    }
    let value = commerce::total_value(&contract)
        .map_err(|r| crate::Refusal::whole(r.code(), r.to_string()))?;
    accepted(context, &mut recorder, order, &contract, value)?;
    contracts_journey::put_in_force(tx, context, &mut recorder, &contract)?;
    crate::journey::standing::tell_crm(
        tx,
        context,
        &mut recorder,
        contract.customer.as_str(),
        contract.id.as_str(),
    )?;
    recorder.finish(tx)?;
    done(tx, context, order, &chain, &contract, value)?;
    Ok(OrderOutcome::Taken {
        contract: id,
        correlation: chain,
    })
}

fn change_contract(
    tx: &mut Tx<'_>,
    context: &Context,
    order: &WonOrder,
    first: &str,
    chain: CorrelationId,
) -> Result<OrderOutcome, AppFault> {
    // What stops a change belongs to the path of the contract that it was to change.
    let Some((object, correlation)) = catalogue::referred(tx, &order.system, "Opportunity", first)?
    else {
        let why = format!("it upgrades opportunity {first}, which has not become a contract");
        return hold_for(tx, context, order, chain, "amendment_invalid", &why);
    };
    let correlation: CorrelationId = stored_value("chain id", &correlation)?;
    let id: ContractId = stored_value(
        "contract id",
        object.strip_prefix("contract/").unwrap_or(&object),
    )?;
    let (row, contract) = contracts_journey::load(tx, &id)?;
    let amendments = match neutral(order, &id, &contract.customer, Vec::new()) {
        Ok(neutral) => upgrade(&contract, &neutral, &context.books.catalogue),
        Err(wrong) => Err(wrong),
    };
    let amendments = match amendments {
        Ok(amendments) => amendments,
        Err(wrong) => return hold(tx, context, order, correlation, &wrong),
    };
    let mut recorder = Recorder::new(
        context,
        correlation.clone(),
        "/sys/crm",
        &exception_key(order),
    );
    let refs = [opportunity_ref(order)];
    let (mut row, mut current) = (row, contract);
    let before = commerce::total_value(&current)
        .map_err(|r| crate::Refusal::whole(r.code(), r.to_string()))?;
    // What the amendments add up to is known before they are stored, so that the order comes first.
    let mut tried = current.clone();
    for amendment in &amendments {
        match commerce::amend(&tried, amendment, context.now) {
            Ok((next, _)) => tried = next,
            Err(refusal) => {
                return hold_for(
                    tx,
                    context,
                    order,
                    correlation,
                    "amendment_invalid",
                    &refusal.to_string(),
                );
            }
        }
    }
    let after = commerce::total_value(&tried)
        .map_err(|r| crate::Refusal::whole(r.code(), r.to_string()))?;
    let value = after.minus(before)?;
    accepted(context, &mut recorder, order, &current, value)?;
    for amendment in &amendments {
        let (next, _) =
            contracts_journey::apply(tx, context, &mut recorder, row, &current, amendment, &refs)?;
        current = next;
        row = contracts_journey::load(tx, &id)?.0;
    }
    recorder.finish(tx)?;
    done(tx, context, order, &correlation, &current, value)?;
    Ok(OrderOutcome::Taken {
        contract: id,
        correlation,
    })
}

fn opportunity_ref(order: &WonOrder) -> ExternalRef {
    ExternalRef {
        system: order.system.clone(),
        kind: "Opportunity".to_owned(),
        id: order.opportunity.clone(),
    }
}

/// The customer behind the account, and whether we had it already.
fn buyer(
    tx: &mut Tx<'_>,
    context: &Context,
    order: &WonOrder,
) -> Result<(Customer, bool), AppFault> {
    let account = &order.account;
    if let Some((object, _)) = catalogue::referred(tx, &order.system, "Account", &account.id)? {
        let id: CustomerId = stored_value(
            "customer id",
            object.strip_prefix("customer/").unwrap_or(&object),
        )?;
        return Ok((customer::load(tx, &id)?, true));
    }
    let mut refs = vec![ExternalRef {
        system: order.system.clone(),
        kind: "Account".to_owned(),
        id: account.id.clone(),
    }];
    refs.extend(account.processor_customer.iter().map(|id| ExternalRef {
        system: "stripe".to_owned(),
        kind: "Customer".to_owned(),
        id: id.clone(),
    }));
    let by_card = account.processor_customer.is_some() && account.payment_method.is_some();
    let customer = Customer {
        id: CustomerId::mint(&*context.ids, context.now),
        legal_name: account.name.clone(),
        currency: account
            .currency
            .as_deref()
            .and_then(|code| code.parse().ok()),
        parent: None,
        refs,
        payment_method: account.payment_method.clone(),
        collection: if by_card {
            Collection::Card
        } else {
            Collection::Transfer
        },
        payment_terms_days: if by_card {
            0
        } else {
            payment_terms(context, order)
        },
        tax: None,
        billing_day: None,
        class: None,
    };
    Ok((customer, false))
}

/// Days to pay by transfer: those of the global template, or the approved local ones of the entity.
fn payment_terms(context: &Context, order: &WonOrder) -> u16 {
    let entity = order.entity.as_deref().unwrap_or_default();
    let value = context.books.governance.value(PAYMENT_TERMS, entity);
    value
        .and_then(|days| days.parse().ok())
        .unwrap_or(USUAL_TERMS)
}

/// What is wrong with a deal, code and words, and what it is worth when nothing is.
pub(crate) type Examined = (Vec<(String, String)>, Option<Money>);

/// What is wrong with a won deal, code and words, and what it is worth when nothing is: the same
/// decision as taking it over, without recording anything.
pub(crate) fn examined(
    tx: &mut Tx<'_>,
    context: &Context,
    order: &WonOrder,
) -> Result<Examined, AppFault> {
    let told = |wrong: &[OrderRefusal]| {
        let told = wrong
            .iter()
            .map(|it| (it.code().to_owned(), it.to_string()));
        (told.collect(), None)
    };
    let id = ContractId::mint(&*context.ids, context.now);
    let Some(first) = &order.upgrades else {
        let buyer = CustomerId::mint(&*context.ids, context.now);
        let made = neutral(order, &id, &buyer, Vec::new())
            .and_then(|order| from_order(&order, &context.books.catalogue, context.now));
        return Ok(match made {
            Ok(contract) => (Vec::new(), commerce::total_value(&contract).ok()),
            Err(wrong) => told(&wrong),
        });
    };
    let Some((object, _)) = catalogue::referred(tx, &order.system, "Opportunity", first)? else {
        let why = format!("it upgrades opportunity {first}, which has not become a contract");
        return Ok((vec![("amendment_invalid".to_owned(), why)], None));
    };
    let id: ContractId = stored_value(
        "contract id",
        object.strip_prefix("contract/").unwrap_or(&object),
    )?;
    let (_, contract) = contracts_journey::load(tx, &id)?;
    let amended = neutral(order, &id, &contract.customer, Vec::new())
        .and_then(|order| upgrade(&contract, &order, &context.books.catalogue));
    let mut current = contract;
    match amended {
        Ok(amendments) => {
            for amendment in &amendments {
                match commerce::amend(&current, amendment, context.now) {
                    Ok((next, _)) => current = next,
                    Err(refusal) => {
                        let why = refusal.to_string();
                        return Ok((vec![("amendment_invalid".to_owned(), why)], None));
                    }
                }
            }
            Ok((Vec::new(), commerce::total_value(&current).ok()))
        }
        Err(wrong) => Ok(told(&wrong)),
    }
}

/// The order in the terms of the domain.
fn neutral(
    order: &WonOrder,
    contract: &ContractId,
    customer: &CustomerId,
    refs: Vec<ExternalRef>,
) -> Result<Order, Vec<OrderRefusal>> {
    let lines = order.lines.iter().map(|line| OrderLine {
        product: line.product.clone().unwrap_or_default(),
        quantity: Quantity::new(line.quantity.unwrap_or_default()),
        unit_price: line.unit_price.map(UnitPrice::new),
        description: line.description.clone(),
    });
    Ok(Order {
        contract: contract.clone(),
        customer: customer.clone(),
        currency: order.currency.clone(),
        entity: order.entity.clone(),
        start: order.start,
        end: order.end,
        frequency: order.frequency.clone(),
        billing_anchor_day: None,
        lines: lines.collect(),
        refs,
    })
}

fn accepted(
    context: &Context,
    recorder: &mut Recorder<'_>,
    order: &WonOrder,
    contract: &Contract,
    value: Money,
) -> Result<(), AppFault> {
    let fact = Fact {
        subject: format!("opportunity/{}", order.opportunity),
        partition: format!("contract/{}", contract.id),
        entity: Some(contract.entity.clone()),
        effective: context.today(&contract.entity)?,
        happened: context.now,
    };
    let event = OrderAccepted {
        reference: Reference {
            system: order.system.clone(),
            kind: "Opportunity".to_owned(),
            id: order.opportunity.clone(),
        },
        customer: contract.customer.clone(),
        contract: contract.id.clone(),
        booked: booked(order, Some(contract.currency)).unwrap_or(value),
    };
    recorder.event(fact, Event::OrderAccepted(event));
    Ok(())
}

/// What the seller booked, in minor units of the order's currency.
fn booked(order: &WonOrder, currency: Option<Currency>) -> Option<Money> {
    let currency =
        currency.or_else(|| order.currency.as_deref().and_then(|code| code.parse().ok()))?;
    let minor = round_to_minor(order.booked?, currency, Rounding::HalfUp).ok()?;
    Some(Money::from_minor(minor, currency))
}

/// Clears what was held, and names the difference when the seller booked another value.
fn done(
    tx: &mut Tx<'_>,
    context: &Context,
    order: &WonOrder,
    chain: &CorrelationId,
    contract: &Contract,
    value: Money,
) -> Result<(), AppFault> {
    exception::clear(
        tx,
        context,
        &exception_key(order),
        "the opportunity was mended and taken over",
    )?;
    let Some(booked) = booked(order, Some(contract.currency)) else {
        return Ok(());
    };
    let difference = booked.minus(value)?;
    if difference.is_zero() {
        return Ok(());
    }
    exception::open(
        tx,
        context,
        NewException {
            key: format!("booked/{}/{}", order.system, order.opportunity),
            class: "tie_out_break",
            summary: format!(
                "{} was booked at {booked}, but what was sold is worth {value} over its term",
                order.name
            ),
            detail: format!("Booked {booked}, recomputed {value}, difference {difference}."),
            payload: order.payload.clone(),
            customer: contract.customer.as_str().to_owned(),
            document: order.opportunity.clone(),
            entity: contract.entity.as_str().to_owned(),
            measure: "bookings".to_owned(),
            value: Some(difference),
            correlation: Some(chain.clone()),
        },
    )?;
    Ok(())
}

fn hold(
    tx: &mut Tx<'_>,
    context: &Context,
    order: &WonOrder,
    chain: CorrelationId,
    wrong: &[OrderRefusal],
) -> Result<OrderOutcome, AppFault> {
    let class = ExceptionClass::of_order_refusals(wrong.iter().map(OrderRefusal::code));
    let why: Vec<String> = wrong.iter().map(ToString::to_string).collect();
    let headline = match wrong {
        [one] => headline(order, one),
        _ => format!(
            "{} cannot become a contract, for {} reasons",
            order.name,
            wrong.len()
        ),
    };
    hold_as(
        tx,
        context,
        order,
        chain,
        class.code(),
        headline,
        &why.join("; "),
    )
}

/// What is wrong in one line of the inbox, beside the customer and the amount.
fn headline(order: &WonOrder, refusal: &OrderRefusal) -> String {
    match refusal {
        OrderRefusal::UnknownProduct { value, .. } => {
            format!("Product {value} is sold but not in the catalogue")
        }
        OrderRefusal::QuantityNotPositive { product, value, .. } => {
            format!("{value} of {product} is sold: a quantity must be above zero")
        }
        OrderRefusal::EndBeforeStart { start, end } => {
            format!("Service ends on {end}, before it starts on {start}")
        }
        OrderRefusal::MissingCurrency => "A deal is won without a currency".to_owned(),
        OrderRefusal::MissingEntity { .. } => "A deal is won without a legal entity".to_owned(),
        other => format!("{} cannot become a contract: {other}", order.name),
    }
}

fn hold_for(
    tx: &mut Tx<'_>,
    context: &Context,
    order: &WonOrder,
    chain: CorrelationId,
    class: &str,
    why: &str,
) -> Result<OrderOutcome, AppFault> {
    let headline = format!("{} cannot be taken over: {why}", order.name);
    hold_as(tx, context, order, chain, class, headline, why)
}

fn hold_as(
    tx: &mut Tx<'_>,
    context: &Context,
    order: &WonOrder,
    chain: CorrelationId,
    class: &str,
    summary: String,
    why: &str,
) -> Result<OrderOutcome, AppFault> {
    let exception = exception::open(
        tx,
        context,
        NewException {
            key: exception_key(order),
            class,
            summary,
            detail: why.to_owned(),
            payload: order.payload.clone(),
            customer: order.account.name.clone(),
            document: order.opportunity.clone(),
            entity: order.entity.clone().unwrap_or_default(),
            measure: "bookings".to_owned(),
            value: booked(order, None),
            correlation: Some(chain.clone()),
        },
    )?;
    Ok(OrderOutcome::Held {
        exception,
        correlation: chain,
    })
}
