//! Entities, products, taxes and posting rules: the configuration that the other journeys work with.

use crate::command::{Answer, CreateEntity, PublishPostingRules, PublishProduct, SetTaxRate};
use crate::fault::{stored, to_store};
use crate::journey::invoice_policy;
use crate::record::{Context, Fact, Recorder};
use crate::{AppFault, Refusal};
use billing::{TaxRate, TaxTable};
use commerce::Product;
use events::{Event, ProductPublished};
use ledger::{Entity, RuleBook};
use serde_json::json;
use store::{Tx, catalogue, quotes, settings};
use values::{Date, Zone};

/// From when a rate holds that does not say.
const FIRST_DAY: Date = Date::constant(1970, 1, 1);

/// `create_entity`.
///
/// # Errors
/// When an entity with other books has the id already, or documents of a new one could get numbers of
/// another one's.
pub fn create_entity(
    tx: &mut Tx<'_>,
    _context: &Context,
    body: &CreateEntity,
) -> Result<Answer, AppFault> {
    let entity = Entity {
        id: body.id.clone(),
        name: body.name.clone(),
        currency: body.currency,
        zone: body.time_zone.clone(),
    };
    let mut others = Vec::new();
    let mut is_new = true;
    for (id, text) in catalogue::entities(tx)? {
        let known: Entity = stored("entity", &text)?;
        is_new = is_new && id != body.id.as_str();
        others.push(known.id.clone());
        if id == body.id.as_str() && known.currency != body.currency {
            let message = format!(
                "entity {id} keeps its books in {}; a functional currency is never changed",
                known.currency
            );
            return Err(Refusal::field("currency_fixed", "currency", message).into());
        }
    }
    if is_new && let Some(refusal) = invoice_policy::new_entity_meets(tx, &body.id, &others)? {
        return Err(refusal.into());
    }
    catalogue::put_entity(tx, body.id.as_str(), &to_store("entity", &entity)?)?;
    Ok(json!({ "entity": body.id }))
}

/// `publish_product`.
///
/// # Errors
/// When the product has no price, or its revenue class has no account.
pub fn publish_product(
    tx: &mut Tx<'_>,
    context: &Context,
    key: &str,
    body: &PublishProduct,
) -> Result<Answer, AppFault> {
    if body.prices.is_empty() {
        return Err(Refusal::field(
            "no_price",
            "prices",
            format!("{} has no price; state at least one", body.code),
        )
        .into());
    }
    if !["subscription", "usage", "services"].contains(&body.revenue_class.as_str()) {
        let message = format!(
            "{:?} is no revenue class; use subscription, usage or services",
            body.revenue_class
        );
        return Err(Refusal::field("unknown_revenue_class", "revenue_class", message).into());
    }
    for (index, price) in body.prices.iter().enumerate() {
        price.charge.check().map_err(|refusal| {
            let field = format!("prices[{index}].charge");
            Refusal::field(refusal.code(), &field, refusal.to_string())
        })?;
    }
    let product = Product {
        code: body.code.clone(),
        name: body.name.clone(),
        tax_code: body.tax_code.clone(),
        revenue_account_class: body.revenue_class.clone(),
        prices: body.prices.clone(),
        recognition: body.recognition,
        policy: body.policy.clone(),
    };
    let content = to_store("product", &product)?;
    catalogue::put_product(tx, body.code.as_str(), &content)?;
    keep_version(tx, context, &body.code, &content)?;
    let mut recorder = Recorder::new(context, context.new_chain(), "/catalogue", key);
    let fact = Fact {
        subject: format!("product/{}", body.code),
        partition: format!("product/{}", body.code),
        entity: None,
        effective: Zone::utc().date_at(context.now),
        happened: context.now,
    };
    let event = ProductPublished {
        product: body.code.clone(),
        name: body.name.clone(),
        content: stored("product", &content)?,
    };
    recorder.event(fact, Event::ProductPublished(event));
    recorder.finish(tx)?;
    Ok(json!({ "product": body.code }))
}

/// Keeps what was published as the next version of the product; the same again makes none.
fn keep_version(
    tx: &mut Tx<'_>,
    context: &Context,
    product: &values::ProductCode,
    content: &str,
) -> Result<(), AppFault> {
    let versions = quotes::product_versions(tx, product.as_str())?;
    if versions
        .first()
        .is_some_and(|newest| newest.body == content)
    {
        return Ok(());
    }
    let row = quotes::ProductVersionRow {
        product: product.as_str().to_owned(),
        version: versions.first().map_or(0, |newest| newest.version) + 1,
        body: content.to_owned(),
        maker: context.actor.clone(),
        recorded: context.now.microseconds(),
    };
    Ok(quotes::ProductVersionRow::insert(tx, &[row])?)
}

/// `set_tax_rate`.
///
/// # Errors
/// When the entity is unknown or the rate is not between 0 and 1.
pub fn set_tax_rate(
    tx: &mut Tx<'_>,
    context: &Context,
    body: &SetTaxRate,
) -> Result<Answer, AppFault> {
    context.books.entity(&body.entity)?;
    let rate = body.rate.decimal();
    if rate.is_sign_negative() || rate > values::Decimal::ONE {
        let message = format!("{rate} is no tax rate; write 19 % as \"0.19\"");
        return Err(Refusal::field("bad_tax_rate", "rate", message).into());
    }
    let (version, mut table) = match settings::configuration(tx, "tax")? {
        Some((version, text)) => (version, stored::<TaxTable>("tax table", &text)?),
        None => (0, TaxTable::default()),
    };
    let from = body.from.unwrap_or(FIRST_DAY);
    let percent = (rate * values::Decimal::ONE_HUNDRED).normalize();
    table.rates.retain(|known| {
        known.entity != body.entity || known.tax_code != body.tax_code || known.from != from
    });
    table.rates.push(TaxRate {
        entity: body.entity.clone(),
        tax_code: body.tax_code.clone(),
        rate: body.rate,
        from,
        name: body
            .name
            .clone()
            .unwrap_or_else(|| format!("Tax {percent} %")),
    });
    let text = to_store("tax table", &table)?;
    settings::add_configuration(
        tx,
        "tax",
        version + 1,
        context.now.microseconds(),
        &context.actor,
        &text,
    )?;
    Ok(json!({ "tax_table_version": version + 1 }))
}

/// `publish_posting_rules`.
///
/// # Errors
/// When the rules cannot be read, or do not fit the chart; every problem is named.
pub fn publish_posting_rules(
    tx: &mut Tx<'_>,
    context: &Context,
    body: &PublishPostingRules,
) -> Result<Answer, AppFault> {
    let refused = |text: String| Refusal::field("bad_posting_rules", "toml", text);
    let rules = RuleBook::read(&body.toml).map_err(|refusal| refused(refusal.to_string()))?;
    rules
        .check(&context.books.chart)
        .map_err(|refusal| refused(refusal.to_string()))?;
    let unposted = invoice_policy::unposted_by((&context.books, context.now), &rules, "toml");
    if !unposted.is_empty() {
        return Err(AppFault::Refused(unposted));
    }
    let before = settings::configuration(tx, "posting_rules")?.map_or(0, |(version, _)| version);
    settings::add_configuration(
        tx,
        "posting_rules",
        before + 1,
        context.now.microseconds(),
        &context.actor,
        &body.toml,
    )?;
    Ok(json!({ "posting_rules_version": before + 1, "file_version": rules.version() }))
}
