//! From a won order to a contract, or to a list of everything that is wrong with the order.

mod refusal;

pub use refusal::OrderRefusal;

use crate::contract::{Component, Contract, ContractStatus, NewComponent, VersionKind};
use crate::cycle::{AnchorDay, BillingFrequency};
use crate::product::{Catalogue, Price, Product};
use crate::{Amendment, Change, ExternalRef, Policy};
use serde::{Deserialize, Serialize};
use values::{
    ComponentId, ContractId, Currency, CustomerId, Date, EntityId, Instant, Period, Quantity,
    UnitPrice,
};

/// A won opportunity in neutral form. Whatever a CRM may leave empty may be empty here, and its
/// codes are text, so that everything wrong with it can be said at once.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Order {
    /// Identity of the contract that it becomes.
    pub contract: ContractId,
    /// Who buys.
    pub customer: CustomerId,
    /// ISO 4217 code.
    pub currency: Option<String>,
    /// Legal entity that sells.
    pub entity: Option<String>,
    /// First day of service.
    pub start: Option<Date>,
    /// Last day of service (inside the term).
    pub end: Option<Date>,
    /// How often it is billed, in the words that [`BillingFrequency::read`] knows.
    pub frequency: Option<String>,
    /// Day of the month on which billing periods begin; the day of `start` when absent.
    pub billing_anchor_day: Option<AnchorDay>,
    /// What is sold.
    pub lines: Vec<OrderLine>,
    /// What other systems call it.
    #[serde(default)]
    pub refs: Vec<ExternalRef>,
}

/// One line of an order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OrderLine {
    /// Code of the product, as written in the CRM.
    pub product: String,
    /// How many.
    pub quantity: Quantity,
    /// Price of one unit for one billing period of the catalogue's price; for a product with a flat
    /// price, the amount. The catalogue's own price when absent.
    pub unit_price: Option<UnitPrice>,
    /// Words on the invoice line; the product's name when absent.
    pub description: Option<String>,
}

/// The contract that a won order makes: active, version 1.
///
/// # Errors
/// Everything that is wrong with the order, at once.
pub fn from_order(
    order: &Order,
    catalogue: &Catalogue,
    recorded: Instant,
) -> Result<Contract, Vec<OrderRefusal>> {
    let mut wrong = Vec::new();
    let head = read_head(order, catalogue, &mut wrong);
    let term = read_term(order, &mut wrong);
    let lines = read_lines(order, catalogue, &head, order.start, 0, &mut wrong);
    let (Some(currency), Some(entity), Some(term), true) =
        (head.currency, head.entity, term, wrong.is_empty())
    else {
        return Err(wrong);
    };
    let mut contract = Contract {
        id: order.contract.clone(),
        customer: order.customer.clone(),
        entity,
        currency,
        term,
        signed_term: term,
        billing_anchor_day: order
            .billing_anchor_day
            .unwrap_or_else(|| AnchorDay::of(term.from())),
        components: place(&lines, term)?,
        versions: Vec::new(),
        refs: order.refs.clone(),
        status: ContractStatus::Active,
        cancelled_from: None,
        ended_by_cancellation: Vec::new(),
        discounts: Vec::new(),
        renewal: None,
        renewed_on: Vec::new(),
        inclusive_prices: Vec::new(),
        partner: None,
    };
    contract.note(
        recorded,
        term.from(),
        VersionKind::Signed,
        "the order was won",
    );
    match crate::total_value(&contract) {
        Ok(_) => Ok(contract),
        Err(reason) => Err(vec![OrderRefusal::CannotBeValued { reason }]),
    }
}

/// The amendments that a won upgrade makes of a contract, from the start of the order. A line whose
/// product the contract has at the same charge adds to its quantity, on that day and at every later
/// day for which one is stated; any other line comes in as a component. The end of the order is not
/// looked at: an upgrade runs to the end of its contract.
///
/// # Errors
/// Everything that is wrong with the order, at once.
pub fn upgrade(
    contract: &Contract,
    order: &Order,
    catalogue: &Catalogue,
) -> Result<Vec<Amendment>, Vec<OrderRefusal>> {
    let mut wrong = Vec::new();
    let head = read_head(order, catalogue, &mut wrong);
    check_fit(contract, order, &head, &mut wrong);
    let numbered = contract.components.len();
    let lines = read_lines(order, catalogue, &head, order.start, numbered, &mut wrong);
    let (Some(effective), true) = (order.start, wrong.is_empty()) else {
        return Err(wrong);
    };
    let mut amendments = Vec::new();
    let mut raised: Vec<(ComponentId, Quantity)> = Vec::new();
    for line in lines {
        match same_charge(contract, &line.component, effective) {
            Some(known) => match raised.iter_mut().find(|(id, _)| *id == known.id) {
                Some((_, more)) => {
                    *more = plus(*more, line.component.quantity);
                }
                None => raised.push((known.id.clone(), line.component.quantity)),
            },
            None => amendments.push(Change::AddComponent {
                component: line.component,
                effective,
            }),
        }
    }
    for (id, more) in raised {
        if let Ok(component) = contract.component(&id) {
            amendments.extend(raise(component, more, effective));
        }
    }
    let reason = format!("upgrade {}", order.contract);
    Ok(amendments
        .into_iter()
        .map(|change| Amendment {
            change,
            reason: reason.clone(),
        })
        .collect())
}

/// What the head of an order says, as far as it can be read.
struct Head {
    currency: Option<Currency>,
    entity: Option<EntityId>,
    frequency: Option<BillingFrequency>,
}

/// A line that could be read, with its number from 1.
struct ReadLine {
    number: usize,
    component: NewComponent,
}

fn filled(text: Option<&String>) -> Option<&str> {
    text.map(|text| text.trim()).filter(|text| !text.is_empty())
}

fn read_head(order: &Order, catalogue: &Catalogue, wrong: &mut Vec<OrderRefusal>) -> Head {
    let currency = match filled(order.currency.as_ref()) {
        None => Err(OrderRefusal::MissingCurrency),
        Some(text) => text
            .parse::<Currency>()
            .map_err(|refused| OrderRefusal::UnknownCurrency {
                value: refused.code,
            }),
    };
    let known = || {
        let names: Vec<&str> = catalogue.entities.iter().map(EntityId::as_str).collect();
        names.join(", ")
    };
    let entity = match filled(order.entity.as_ref()) {
        None => Err(OrderRefusal::MissingEntity { known: known() }),
        Some(text) => catalogue
            .entities
            .iter()
            .find(|entity| entity.as_str() == text)
            .cloned()
            .ok_or_else(|| OrderRefusal::UnknownEntity {
                value: text.to_owned(),
                known: known(),
            }),
    };
    let frequency =
        match filled(order.frequency.as_ref()) {
            None => Ok(None),
            Some(text) => BillingFrequency::read(text).map(Some).ok_or_else(|| {
                OrderRefusal::UnknownFrequency {
                    value: text.to_owned(),
                }
            }),
        };
    Head {
        currency: keep(currency, wrong),
        entity: keep(entity, wrong),
        frequency: keep(frequency, wrong).flatten(),
    }
}

/// The value, or nothing and one more refusal; what is wrong with several lines alike is said once.
fn keep<T>(read: Result<T, OrderRefusal>, wrong: &mut Vec<OrderRefusal>) -> Option<T> {
    match read {
        Ok(value) => Some(value),
        Err(refusal) => {
            if !wrong.contains(&refusal) {
                wrong.push(refusal);
            }
            None
        }
    }
}

fn read_term(order: &Order, wrong: &mut Vec<OrderRefusal>) -> Option<Period> {
    if order.start.is_none() {
        wrong.push(OrderRefusal::MissingStart);
    }
    if order.end.is_none() {
        wrong.push(OrderRefusal::MissingEnd);
    }
    let (start, end) = (order.start?, order.end?);
    let until = end.tomorrow().unwrap_or(end);
    let term = Period::new(start, until).map_err(|_| OrderRefusal::EndBeforeStart { start, end });
    let term = keep(term, wrong)?;
    let length = Contract::check_length(start, until).map_err(|_| OrderRefusal::TermTooLong {
        start,
        end,
        most_years: Contract::MOST_YEARS,
    });
    keep(length, wrong).map(|()| term)
}

fn read_lines(
    order: &Order,
    catalogue: &Catalogue,
    head: &Head,
    start: Option<Date>,
    numbered: usize,
    wrong: &mut Vec<OrderRefusal>,
) -> Vec<ReadLine> {
    if order.lines.is_empty() {
        wrong.push(OrderRefusal::NoLines);
    }
    let mut read = Vec::with_capacity(order.lines.len());
    for (index, line) in order.lines.iter().enumerate() {
        let number = index + 1;
        check_amounts(line, number, wrong);
        let code = line.product.trim();
        let product = catalogue
            .products
            .iter()
            .find(|product| product.code.as_str() == code)
            .ok_or_else(|| OrderRefusal::UnknownProduct {
                line: number,
                value: code.to_owned(),
            });
        let Some(product) = keep(product, wrong) else {
            continue;
        };
        let Some(currency) = head.currency else {
            continue;
        };
        // A frequency that could not be read has been refused once; it is not refused again here.
        let unread = head.frequency.is_none() && filled(order.frequency.as_ref()).is_some();
        let price = match price_for(product, currency, head.frequency, start, number) {
            Err(OrderRefusal::MissingFrequency { .. }) if unread => continue,
            price => price,
        };
        let Some(price) = keep(price, wrong) else {
            continue;
        };
        // An entity that could not be read has been refused once.
        let policy = head.entity.as_ref().map_or_else(Policy::default, |entity| {
            catalogue.in_its_zone(catalogue.policy(product, entity), entity)
        });
        let places = (number, numbered + number);
        let component = component_of(order, line, (product, price, policy), places);
        if let Some(component) = keep(component, wrong) {
            read.push(ReadLine { number, component });
        }
    }
    read
}

fn check_amounts(line: &OrderLine, number: usize, wrong: &mut Vec<OrderRefusal>) {
    if line.quantity <= Quantity::default() {
        wrong.push(OrderRefusal::QuantityNotPositive {
            line: number,
            product: line.product.clone(),
            value: line.quantity,
        });
    }
    if let Some(value) = line.unit_price
        && value < UnitPrice::default()
    {
        wrong.push(OrderRefusal::NegativePrice {
            line: number,
            product: line.product.clone(),
            value,
        });
    }
}

/// The price of the product in the currency at the frequency, on the start date. What is charged
/// once or once a term has no frequency to choose, so it goes with any.
fn price_for(
    product: &Product,
    currency: Currency,
    frequency: Option<BillingFrequency>,
    start: Option<Date>,
    line: usize,
) -> Result<&Price, OrderRefusal> {
    let mut offered: Vec<&Price> = Vec::new();
    let on_sale = |price: &&Price| {
        price.currency == currency
            && price
                .from
                .is_none_or(|from| start.is_none_or(|s| from <= s))
    };
    for price in product.prices.iter().filter(on_sale) {
        match offered
            .iter_mut()
            .find(|kept| kept.billing == price.billing)
        {
            Some(kept) if kept.from <= price.from => *kept = price,
            Some(_) => {}
            None => offered.push(price),
        }
    }
    let words = || {
        let words: Vec<String> = offered.iter().map(|p| p.billing.to_string()).collect();
        words.join(", ")
    };
    let product_text = || product.code.to_string();
    let chosen = offered
        .iter()
        .find(|price| Some(price.billing) == frequency)
        .copied();
    match (chosen, offered.as_slice(), frequency) {
        (Some(price), _, _) => Ok(price),
        (None, [], _) => Err(OrderRefusal::NotSoldInCurrency {
            line,
            product: product_text(),
            currency,
            sold_in: sold_in(product),
        }),
        (None, [only], None) => Ok(only),
        (None, [only], Some(_)) if !only.billing.recurs() => Ok(only),
        (None, _, None) => Err(OrderRefusal::MissingFrequency {
            line,
            product: product_text(),
            offered: words(),
        }),
        (None, _, Some(asked)) => Err(OrderRefusal::FrequencyNotSold {
            line,
            product: product_text(),
            asked,
            offered: words(),
        }),
    }
}

fn sold_in(product: &Product) -> String {
    let mut codes: Vec<String> = product
        .prices
        .iter()
        .map(|p| p.currency.to_string())
        .collect();
    codes.sort_unstable();
    codes.dedup();
    codes.join(", ")
}

fn component_of(
    order: &Order,
    line: &OrderLine,
    (product, price, policy): (&Product, &Price, Policy),
    (in_order, number): (usize, usize),
) -> Result<NewComponent, OrderRefusal> {
    let id = format!("{}-{number}", order.contract);
    let id: ComponentId = id.parse().map_err(|_| OrderRefusal::ContractIdTooLong {
        value: order.contract.to_string(),
    })?;
    let charge = match line.unit_price {
        None => price.charge.clone(),
        Some(unit_price) => {
            let agreed = price.charge.repriced(unit_price);
            agreed.map_err(|reason| OrderRefusal::NoUnitPrice {
                line: in_order,
                product: line.product.clone(),
                reason,
            })?
        }
    };
    Ok(NewComponent {
        id,
        product: product.code.clone(),
        description: filled(line.description.as_ref())
            .unwrap_or(&product.name)
            .to_owned(),
        tax_code: product.tax_code.clone(),
        revenue_account_class: product.revenue_account_class.clone(),
        billing: price.billing,
        timing: price.timing,
        policy,
        recognition: product.recognition,
        quantity: line.quantity,
        charge,
        measure: price.measure.clone(),
    })
}

fn place(lines: &[ReadLine], service: Period) -> Result<Vec<Component>, Vec<OrderRefusal>> {
    let mut wrong = Vec::new();
    let mut components = Vec::with_capacity(lines.len());
    for line in lines {
        match line.component.over(service) {
            Ok(component) => components.push(component),
            Err(reason) => wrong.push(OrderRefusal::LineRefused {
                line: line.number,
                reason,
            }),
        }
    }
    if wrong.is_empty() {
        Ok(components)
    } else {
        Err(wrong)
    }
}

fn check_fit(contract: &Contract, order: &Order, head: &Head, wrong: &mut Vec<OrderRefusal>) {
    let mut refuse = |field, value: String, wanted: String| {
        wrong.push(OrderRefusal::DoesNotFitContract {
            field,
            value,
            contract: contract.id.clone(),
            wanted,
        });
    };
    if let Some(currency) = head.currency
        && currency != contract.currency
    {
        refuse(
            "currency",
            currency.to_string(),
            contract.currency.to_string(),
        );
    }
    if let Some(entity) = &head.entity
        && *entity != contract.entity
    {
        refuse("entity", entity.to_string(), contract.entity.to_string());
    }
    match order.start {
        Some(start) if !contract.term.contains(start) => {
            refuse(
                "start",
                start.to_string(),
                format!("the term {}", contract.term),
            );
        }
        Some(_) => {}
        None => wrong.push(OrderRefusal::MissingStart),
    }
}

/// The component of the same product, billing and charge that serves on the day.
fn same_charge<'a>(
    contract: &'a Contract,
    wanted: &NewComponent,
    on: Date,
) -> Option<&'a Component> {
    contract.components.iter().find(|known| {
        known.product == wanted.product
            && known.billing == wanted.billing
            && known.billing != BillingFrequency::OneOff
            && known.charge_on(on) == Some(&wanted.charge)
            && known.service().is_some_and(|service| service.contains(on))
            && wanted.charge.is_linear()
    })
}

/// Adds `more` to the quantity on `effective` and to every one stated for a later day.
fn raise(component: &Component, more: Quantity, effective: Date) -> Vec<Change> {
    let later = component
        .quantities
        .iter()
        .filter(|stated| stated.from > effective && stated.from < component.until)
        .map(|stated| (stated.from, stated.quantity));
    let now = component.quantity_on(effective).map(|q| (effective, q));
    now.into_iter()
        .chain(later)
        .map(|(effective, quantity)| Change::ChangeQuantity {
            component: component.id.clone(),
            quantity: plus(quantity, more),
            effective,
        })
        .collect()
}

/// The sum; one that does not fit stays at the largest number, which no charge can price.
fn plus(one: Quantity, other: Quantity) -> Quantity {
    Quantity::new(one.decimal().saturating_add(other.decimal()))
}
