//! What a contract line refers to in the catalogue, and what it says itself instead.

use crate::Refusal;
use crate::command::ContractLine;
use crate::record::Context;
use commerce::{Charge, NewComponent, Policy, Price, Product};
use values::{ContractId, Currency, Date, EntityId};

/// A component before it has a place in time: what the line does not say comes from the catalogue.
///
/// # Errors
/// When the product is unknown or has no price as asked.
pub(super) fn new_component(
    context: &Context,
    line: &ContractLine,
    contract: &ContractId,
    index: usize,
    (entity, currency): (&EntityId, Currency),
    on: Date,
    field: &str,
) -> Result<NewComponent, Refusal> {
    let product = context
        .books
        .catalogue
        .products
        .iter()
        .find(|product| product.code == line.product);
    let product = product.ok_or_else(|| {
        let message = format!(
            "product {} is not in the catalogue; publish it or correct the code",
            line.product
        );
        Refusal::field("unknown_product", &format!("{field}.product"), message)
    })?;
    let price = price_of(product, line, currency, on, field)?;
    let id =
        match &line.component {
            Some(id) => id.clone(),
            None => format!("{contract}-{}", index + 1).parse().map_err(
                |error: values::IdRefused| Refusal::field("bad_id", field, error.to_string()),
            )?,
        };
    Ok(NewComponent {
        id,
        product: product.code.clone(),
        description: line
            .description
            .clone()
            .unwrap_or_else(|| product.name.clone()),
        tax_code: product.tax_code.clone(),
        revenue_account_class: product.revenue_account_class.clone(),
        billing: line.billing.unwrap_or(price.billing),
        timing: line.timing.unwrap_or(price.timing),
        policy: policy_of(context, line, product, entity),
        recognition: line.recognition.unwrap_or(product.recognition),
        quantity: line.quantity,
        charge: charge_of(
            &price.charge,
            line.charge.as_ref(),
            (line.unit_price, &format!("{field}.unit_price")),
        )?,
        measure: line.measure.clone().or_else(|| price.measure.clone()),
    })
}

/// The policy of the product, else of the legal entity, with what the line says itself. Seconds are
/// counted between the midnights of the entity.
fn policy_of(
    context: &Context,
    line: &ContractLine,
    product: &Product,
    entity: &EntityId,
) -> Policy {
    let catalogue = &context.books.catalogue;
    let mut policy = catalogue.policy(product, entity);
    policy.proration = line.proration.unwrap_or(policy.proration);
    policy.rounding = line.rounding.unwrap_or(policy.rounding);
    policy.first_part = line.first_part.unwrap_or(policy.first_part);
    policy.anchor = line.anchor.unwrap_or(policy.anchor);
    catalogue.in_its_zone(policy, entity)
}

/// The catalogue price that a line refers to; a line with a price of its own needs none for its
/// currency as long as it says how often it is billed.
fn price_of(
    product: &Product,
    line: &ContractLine,
    currency: Currency,
    on: Date,
    field: &str,
) -> Result<Price, Refusal> {
    let in_force =
        |price: &&Price| price.currency == currency && price.from.is_none_or(|from| from <= on);
    let asked = |price: &&Price| line.billing.is_none_or(|billing| price.billing == billing);
    let mut found: Vec<&Price> = product
        .prices
        .iter()
        .filter(in_force)
        .filter(asked)
        .collect();
    found.sort_by_key(|price| price.from);
    if let Some(newest) = found.last() {
        let other = found.iter().find(|price| price.billing != newest.billing);
        if let Some(other) = other {
            let message = format!(
                "{} is sold {} and {}; say which in billing",
                product.code, other.billing, newest.billing
            );
            return Err(Refusal::field(
                "missing_frequency",
                &format!("{field}.billing"),
                message,
            ));
        }
        return Ok((*newest).clone());
    }
    let own = line
        .charge
        .clone()
        .or(line.unit_price.map(Charge::per_unit));
    match (own, line.billing) {
        (Some(charge), Some(billing)) => Ok(Price {
            currency,
            charge,
            billing,
            timing: line.timing.unwrap_or_default(),
            from: None,
            measure: line.measure.clone(),
        }),
        _ => {
            let sold: Vec<String> = product
                .prices
                .iter()
                .map(|price| format!("{} {}", price.currency, price.billing))
                .collect();
            let message = format!(
                "{} has no price in {currency} on {on} as asked; it is sold in: {}; or state unit_price and billing",
                product.code,
                sold.join(", ")
            );
            Err(Refusal::field(
                "not_sold_in_currency",
                &format!("{field}.product"),
                message,
            ))
        }
    }
}

/// The charge that holds: the whole one stated, the unit price stated in `field`, or the listed one.
///
/// # Errors
/// When a unit price is stated where nothing is charged by the unit.
pub(super) fn charge_of(
    listed: &Charge,
    whole: Option<&Charge>,
    (unit_price, field): (Option<values::UnitPrice>, &str),
) -> Result<Charge, Refusal> {
    match (whole, unit_price) {
        (Some(charge), _) => Ok(charge.clone()),
        (None, Some(price)) => listed
            .repriced(price)
            .map_err(|refused| Refusal::field(refused.code(), field, refused.to_string())),
        (None, None) => Ok(listed.clone()),
    }
}
