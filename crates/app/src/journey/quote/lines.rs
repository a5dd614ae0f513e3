//! From plans, bundles, add-ons and products to contract lines: what the quote does not say comes from
//! the plan, then the billing template, then the product.

use crate::command::{ActivateContract, ContractLine, PhaseBody, QuoteContent, QuoteLine};
use crate::journey::contract::quoted::Besides;
use crate::record::Context;
use crate::{AppFault, Refusal};
use commerce::{
    BillingFrequency, BillingTemplate, Bundle, BundlePart, Offers, Plan, Price, part_price,
    price_on,
};
use values::{
    ContractId, Currency, Date, Decimal, OfferCode, ProductCode, Quantity, UnitPrice, add_months,
};

/// Days from signature to force that a template does not state otherwise.
const ACTIVATION_DAYS: u16 = 7;

/// A quote in the words of a contract.
pub(super) struct Expanded {
    /// The contract.
    pub(super) body: ActivateContract,
    /// What its lines have beside that.
    pub(super) besides: Vec<Besides>,
    /// The same at list prices.
    pub(super) list: Vec<ContractLine>,
    /// The same at standalone selling prices, as far as there are any.
    pub(super) standalone: Vec<(usize, ContractLine)>,
    /// The template.
    pub(super) template: Option<OfferCode>,
    /// Where it deviates from it.
    pub(super) deviations: Vec<String>,
    /// Days from signature to the day by which it is to be in force.
    pub(super) activation_days: u16,
}

/// One contract line with its list price.
struct Sold {
    field: String,
    product: ProductCode,
    quantity: Quantity,
    unit_price: Option<UnitPrice>,
    list: Option<UnitPrice>,
    plan: Option<Plan>,
    /// The billing period that the price is for, where it says one.
    billing: Option<BillingFrequency>,
}

/// Reads a quote.
///
/// # Errors
/// Everything that is wrong with its lines, with the field, the value and the mend.
pub(super) fn expand(
    context: &Context,
    offers: &Offers,
    content: &QuoteContent,
    contract: &ContractId,
    currency: Currency,
) -> Result<Expanded, AppFault> {
    let mut wrong = Vec::new();
    if content.lines.is_empty() {
        let message = "nothing is quoted; add at least one line";
        wrong.push(Refusal::field("no_lines", "content.lines", message));
    }
    if let Some(refused) = content.partner.as_ref().and_then(|sale| sale.check().err()) {
        let field = format!("content.partner.{}", refused.field());
        wrong.push(Refusal::field(refused.code(), &field, refused.to_string()));
    }
    let mut sold = Vec::new();
    for (index, line) in content.lines.iter().enumerate() {
        let field = format!("content.lines[{index}]");
        match sold_by(context, offers, content, line, currency, &field) {
            Ok(found) => sold.extend(found.into_iter().map(|it| (it, line))),
            Err(refusals) => wrong.extend(refusals),
        }
    }
    let named = content.template.clone().or_else(|| {
        let mut plans = sold.iter().filter_map(|(it, _)| it.plan.as_ref());
        plans.find_map(|plan| plan.template.clone())
    });
    let template = match &named {
        None => None,
        Some(code) => match offers.templates.get(code) {
            Some(template) => Some(template),
            None => {
                let known = names(offers.templates.keys());
                let message = format!("there is no billing template {code}; there are: {known}");
                wrong.push(Refusal::field("unknown_offer", "content.template", message));
                None
            }
        },
    };
    let months = sold.iter().find_map(|(it, _)| it.plan.as_ref()?.months);
    let end = match end_of(content, months, template) {
        Ok(end) => end,
        Err(refusal) => {
            wrong.push(refusal);
            content.start
        }
    };
    if !wrong.is_empty() {
        return Err(AppFault::Refused(wrong));
    }
    let mut expanded = Expanded {
        body: ActivateContract {
            id: Some(contract.clone()),
            customer: content.customer.clone(),
            entity: content.entity.clone(),
            currency: Some(currency),
            start: content.start,
            end,
            billing_day: content
                .billing_day
                .or(template.and_then(|it| it.billing_day)),
            lines: Vec::new(),
            renewal: content
                .renewal
                .clone()
                .or(template.and_then(|it| it.renewal.clone())),
            discounts: Vec::new(),
            references: content.references.clone(),
            partner: content.partner.clone(),
        },
        besides: Vec::new(),
        list: Vec::new(),
        standalone: Vec::new(),
        template: named,
        deviations: deviations(offers, content, template, end),
        activation_days: template
            .and_then(|it| it.activation_days)
            .unwrap_or(ACTIVATION_DAYS),
    };
    for (it, line) in sold {
        add(
            context,
            offers,
            template,
            &mut expanded,
            it,
            line,
            (contract, currency),
        )?;
    }
    Ok(expanded)
}

fn add(
    context: &Context,
    offers: &Offers,
    template: Option<&BillingTemplate>,
    expanded: &mut Expanded,
    it: Sold,
    line: &QuoteLine,
    (contract, currency): (&ContractId, Currency),
) -> Result<(), AppFault> {
    let number = expanded.body.lines.len();
    let from = line.start.unwrap_or(expanded.body.start);
    let billing = line
        .billing
        .or(it.plan.as_ref().and_then(|plan| plan.billing))
        .or(it.billing)
        .or_else(|| usual(context, &it.product, template, currency, from));
    // Prices of the price book and standalone ones are without tax.
    let of = |unit_price: Option<UnitPrice>, with_tax: bool| -> Result<ContractLine, AppFault> {
        Ok(ContractLine {
            component: Some(format!("{contract}-{}", number + 1).parse()?),
            product: it.product.clone(),
            quantity: it.quantity,
            unit_price,
            charge: None,
            billing,
            timing: template.and_then(|it| it.timing),
            recognition: None,
            proration: template.and_then(|it| it.proration),
            rounding: template.and_then(|it| it.rounding),
            first_part: template.and_then(|it| it.first_part),
            anchor: template.and_then(|it| it.anchor),
            description: line.description.clone(),
            start: line.start,
            phases: it.plan.as_ref().map_or_else(Vec::new, phases),
            measure: None,
            price_includes_tax: with_tax,
        })
    };
    let quoted = of(it.unit_price, line.price_includes_tax)?;
    let (listed, with_tax) = match it.list {
        Some(price) => (Some(price), false),
        // What the price book does not have is quoted at its own price, and nothing is given away.
        None if has_price(context, &it.product, currency, billing, from) => (None, false),
        None => (it.unit_price, line.price_includes_tax),
    };
    expanded.list.push(of(listed, with_tax)?);
    if let Some(prices) = offers.standalone.get(&it.product)
        && let Some(quoted) = billing.or_else(|| billed(context, &it.product, currency, from))
        && let Some(price) = prices.compared_with(currency, quoted, from)
    {
        let mut alone = of(Some(price.unit_price), false)?;
        alone.billing = price.billing.or(billing);
        expanded.standalone.push((number, alone));
    }
    expanded.body.lines.push(quoted);
    expanded.besides.push(Besides {
        field: it.field,
        discount: line.discount,
        ramp: line.ramp.clone(),
    });
    Ok(())
}

/// How a template bills a product, where the price book has it like that: what is charged once stays
/// charged once.
fn usual(
    context: &Context,
    product: &ProductCode,
    template: Option<&BillingTemplate>,
    currency: Currency,
    on: Date,
) -> Option<BillingFrequency> {
    let billing = template?.billing?;
    has_price(context, product, currency, Some(billing), on).then_some(billing)
}

/// How the price book bills a product whose line does not say.
fn billed(
    context: &Context,
    product: &ProductCode,
    currency: Currency,
    on: Date,
) -> Option<BillingFrequency> {
    let newest = in_force(context, product, currency, on).max_by_key(|price| price.from);
    newest.map(|price| price.billing)
}

fn has_price(
    context: &Context,
    product: &ProductCode,
    currency: Currency,
    billing: Option<BillingFrequency>,
    on: Date,
) -> bool {
    in_force(context, product, currency, on)
        .any(|price| billing.is_none_or(|billing| billing == price.billing))
}

fn in_force<'c>(
    context: &'c Context,
    product: &'c ProductCode,
    currency: Currency,
    on: Date,
) -> impl Iterator<Item = &'c Price> {
    let products = &context.books.catalogue.products;
    products
        .iter()
        .filter(move |it| it.code == *product)
        .flat_map(|it| &it.prices)
        .filter(move |price| price.currency == currency && price.from.is_none_or(|from| from <= on))
}

fn phases(plan: &Plan) -> Vec<PhaseBody> {
    let of = |phase: &commerce::PlanPhase| PhaseBody {
        phase: phase.phase,
        months: phase.months,
        days: phase.days,
        unit_price: phase.unit_price,
        charge: None,
        off: phase.off,
    };
    plan.phases.iter().map(of).collect()
}

fn end_of(
    content: &QuoteContent,
    plan: Option<std::num::NonZeroU16>,
    template: Option<&BillingTemplate>,
) -> Result<Date, Refusal> {
    if let (Some(end), Some(months)) = (content.end, content.months) {
        let message = format!("the term ends on {end} and is {months} months; state one of them");
        return Err(Refusal::field("term_twice", "content.months", message));
    }
    if let Some(end) = content.end {
        return Ok(end);
    }
    let months = content
        .months
        .or(plan)
        .or(template.and_then(|it| it.months));
    let Some(months) = months else {
        let message =
            "the term has no end; state end or months, or a plan or template that has a term";
        return Err(Refusal::field("missing_end", "content.end", message));
    };
    let until = add_months(content.start, i32::from(months.get()));
    Ok(until.yesterday().unwrap_or(until))
}

/// Where a quote deviates from its template. One that follows none is a deviation as soon as there
/// are templates.
fn deviations(
    offers: &Offers,
    content: &QuoteContent,
    template: Option<&BillingTemplate>,
    end: Date,
) -> Vec<String> {
    let mut found = Vec::new();
    let Some(template) = template else {
        if !offers.templates.is_empty() {
            found.push("it follows no billing template".to_owned());
        }
        return found;
    };
    let code = &template.code;
    for (index, line) in content.lines.iter().enumerate() {
        if let (Some(own), Some(standard)) = (line.billing, template.billing)
            && own != standard
        {
            found.push(format!(
                "lines[{index}] is billed {own}, and {code} says {standard}"
            ));
        }
    }
    if let (Some(own), Some(standard)) = (content.billing_day, template.billing_day)
        && own != standard
    {
        found.push(format!(
            "the billing day is {own}, and {code} says {standard}"
        ));
    }
    if let Some(months) = template.months {
        let until = add_months(content.start, i32::from(months.get()));
        if end.tomorrow().ok() != Some(until) {
            found.push(format!(
                "the term ends on {end}, and {code} says {months} months"
            ));
        }
    }
    if content.renewal.is_some()
        && template.renewal.is_some()
        && content.renewal != template.renewal
    {
        found.push(format!("it renews otherwise than {code} says"));
    }
    found
}

/// What a line sells.
fn sold_by(
    context: &Context,
    offers: &Offers,
    content: &QuoteContent,
    line: &QuoteLine,
    currency: Currency,
    field: &str,
) -> Result<Vec<Sold>, Vec<Refusal>> {
    let refused = |code: &str, part: &str, message: String| {
        vec![Refusal::field(code, &format!("{field}.{part}"), message)]
    };
    if line.quantity.decimal() <= Decimal::ZERO {
        let message = format!("{} is not above zero; write how many", line.quantity);
        return Err(refused("bad_quantity", "quantity", message));
    }
    if let Some(rate) = line.discount
        && (rate.decimal().is_sign_negative() || rate.decimal() > Decimal::ONE)
    {
        let message = format!("{rate} is no discount; write 20 % as \"0.2\"");
        return Err(refused("bad_discount", "discount", message));
    }
    let one = |product: &ProductCode, plan: Option<Plan>| {
        vec![Sold {
            field: field.to_owned(),
            product: product.clone(),
            quantity: line.quantity,
            unit_price: line.unit_price,
            list: None,
            plan,
            billing: None,
        }]
    };
    if !line.options.is_empty() && line.bundle.is_none() {
        let message = "options are parts of a bundle, and this line names none; leave them out";
        return Err(refused("no_bundle", "options", message.to_owned()));
    }
    match (&line.product, &line.plan, &line.bundle, &line.add_on) {
        (Some(product), None, None, None) => Ok(one(product, None)),
        (None, Some(code), None, None) => match offers.plans.get(code) {
            Some(plan) => Ok(one(&plan.product, Some(plan.clone()))),
            None => {
                let known = names(offers.plans.keys());
                let message = format!("there is no plan {code}; there are: {known}");
                Err(refused("unknown_offer", "plan", message))
            }
        },
        (None, None, Some(code), None) => match offers.bundles.get(code) {
            Some(bundle) => {
                let template = content.template.as_ref();
                let template = template.and_then(|code| offers.templates.get(code));
                let asked = line.billing.or(template.and_then(|it| it.billing));
                let on = line.start.unwrap_or(content.start);
                parts(context, bundle, line, (currency, asked, on), field)
            }
            None => {
                let known = names(offers.bundles.keys());
                let message = format!("there is no bundle {code}; there are: {known}");
                Err(refused("unknown_offer", "bundle", message))
            }
        },
        (None, None, None, Some(code)) => {
            let Some(add_on) = offers.add_ons.get(code) else {
                let known = names(offers.add_ons.keys());
                let message = format!("there is no add-on {code}; there are: {known}");
                return Err(refused("unknown_offer", "add_on", message));
            };
            let joined = content.lines.iter().any(|other| {
                let code = other.plan.as_ref().or(other.bundle.as_ref());
                code.is_some_and(|code| add_on.joins.contains(code))
            });
            if !joined {
                let message = format!(
                    "add-on {code} is sold only with {}; add a line with one of them",
                    names(add_on.joins.iter())
                );
                return Err(refused("add_on_alone", "add_on", message));
            }
            Ok(one(&add_on.product, None))
        }
        _ => {
            let message = "a line names exactly one of product, plan, bundle and add_on";
            Err(vec![Refusal::field("line_unclear", field, message)])
        }
    }
}

/// The parts of a bundle, at their shares of its price.
fn parts(
    context: &Context,
    bundle: &Bundle,
    line: &QuoteLine,
    (currency, billing, on): (Currency, Option<BillingFrequency>, Date),
    field: &str,
) -> Result<Vec<Sold>, Vec<Refusal>> {
    let mut wrong = misfits(bundle, line, field);
    let price = price_on(&bundle.prices, currency, billing, on);
    if price.is_none()
        && billing.is_none()
        && let Some(refusal) = several_periods(bundle, currency, field)
    {
        wrong.push(refusal);
    }
    let listed = price.map(|price| price.unit_price);
    let period = price.and_then(|price| price.billing);
    let mut sold = Vec::new();
    for part in &bundle.parts {
        if part.optional && !line.options.contains(&part.product) {
            continue;
        }
        let of = |price: Option<UnitPrice>| split(bundle, part, price, field);
        match (of(line.unit_price.or(listed)), of(listed)) {
            (Ok(unit_price), Ok(list)) => sold.push(Sold {
                field: field.to_owned(),
                product: part.product.clone(),
                quantity: Quantity::new(
                    part.quantity
                        .decimal()
                        .saturating_mul(line.quantity.decimal()),
                ),
                unit_price,
                list,
                plan: None,
                // What is charged once stays charged once.
                billing: period
                    .filter(|it| has_price(context, &part.product, currency, Some(*it), on)),
            }),
            (Err(refusal), _) | (_, Err(refusal)) => wrong.push(refusal),
        }
    }
    if wrong.is_empty() {
        Ok(sold)
    } else {
        Err(wrong)
    }
}

/// What of a line does not fit the bundle that it names, beside its price.
fn misfits(bundle: &Bundle, line: &QuoteLine, field: &str) -> Vec<Refusal> {
    let mut wrong = Vec::new();
    if !line.ramp.is_empty() {
        let message = format!(
            "bundle {} cannot ramp as a whole; quote its products one by one",
            bundle.code
        );
        wrong.push(Refusal::field(
            "bundle_ramp",
            &format!("{field}.ramp"),
            message,
        ));
    }
    for option in &line.options {
        if !bundle
            .parts
            .iter()
            .any(|part| part.optional && part.product == *option)
        {
            let optional = bundle.parts.iter().filter(|part| part.optional);
            let known: Vec<&str> = optional.map(|part| part.product.as_str()).collect();
            let message = format!(
                "{option} is no option of bundle {}; its options are: {}",
                bundle.code,
                if known.is_empty() {
                    "none".to_owned()
                } else {
                    known.join(", ")
                }
            );
            wrong.push(Refusal::field(
                "unknown_option",
                &format!("{field}.options"),
                message,
            ));
        }
    }
    if line.unit_price.is_some()
        && bundle
            .parts
            .iter()
            .any(|part| !part.optional && part.share.is_none())
    {
        let message = format!(
            "bundle {} has no shares to split a price by; publish them, or leave unit_price out",
            bundle.code
        );
        wrong.push(Refusal::field(
            "no_shares",
            &format!("{field}.unit_price"),
            message,
        ));
    }
    wrong
}

/// A bundle with prices for several billing periods, none of which is asked for.
fn several_periods(bundle: &Bundle, currency: Currency, field: &str) -> Option<Refusal> {
    let mut periods: Vec<String> = Vec::new();
    for price in bundle.prices.iter().filter(|it| it.currency == currency) {
        let word = price.billing.map(|billing| billing.to_string());
        periods.extend(word.filter(|word| !periods.contains(word)));
    }
    (periods.len() > 1).then(|| {
        let message = format!(
            "bundle {} is sold {}; say which in billing",
            bundle.code,
            periods.join(" and ")
        );
        Refusal::field("missing_frequency", &format!("{field}.billing"), message)
    })
}

fn split(
    bundle: &Bundle,
    part: &BundlePart,
    price: Option<UnitPrice>,
    field: &str,
) -> Result<Option<UnitPrice>, Refusal> {
    let (Some(price), Some(share), false) = (price, part.share, part.optional) else {
        return Ok(None);
    };
    match part_price(price, part, share) {
        Some(each) => Ok(Some(each)),
        None => {
            let message = format!(
                "{share} of {price} is no exact price for each of {} {} in bundle {}; quote another price",
                part.quantity, part.product, bundle.code
            );
            Err(Refusal::field(
                "price_not_exact",
                &format!("{field}.unit_price"),
                message,
            ))
        }
    }
}

fn names<'a>(codes: impl Iterator<Item = &'a OfferCode>) -> String {
    let codes: Vec<&str> = codes.map(OfferCode::as_str).collect();
    if codes.is_empty() {
        "none yet".to_owned()
    } else {
        codes.join(", ")
    }
}
