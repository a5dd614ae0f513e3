//! What the catalogue offers above single products: plans with phases, bundles, add-ons, standard
//! billing templates and standalone selling prices. Each is data with versions; what is wrong with
//! one is said at once, with the field, the value and the mend.

use crate::contract::Phase;
use crate::cycle::{BillingFrequency, CycleAnchor, Timing};
use crate::policy::{DayCount, FirstPart};
use crate::product::Product;
use crate::renewal::RenewalTerms;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::num::NonZeroU16;
use values::{
    Currency, Date, Decimal, OfferCode, ProductCode, Quantity, Rate, Rounding, UnitPrice,
};

/// One entry of the catalogue above products.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Offer {
    /// A product sold for a term in phases.
    Plan(Plan),
    /// Products sold together.
    Bundle(Bundle),
    /// A product that is sold only with certain plans.
    AddOn(AddOn),
    /// A named standard way of billing.
    Template(BillingTemplate),
    /// What a product is sold for by itself, to measure margins.
    Standalone(StandalonePrices),
}

/// A product sold for a term in phases.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Plan {
    /// Its code.
    pub code: OfferCode,
    /// Its name.
    pub name: String,
    /// What is sold.
    pub product: ProductCode,
    /// How it is billed; as the template, else the product, when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub billing: Option<BillingFrequency>,
    /// The template that it follows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub template: Option<OfferCode>,
    /// The phases, from the first day of service on.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub phases: Vec<PlanPhase>,
    /// The term in months, when a quote does not say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub months: Option<NonZeroU16>,
}

/// A phase of a plan; the last one does not end.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PlanPhase {
    /// What it is sold as: nothing is charged in a `trial`.
    pub phase: Phase,
    /// Its length in months.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub months: Option<NonZeroU16>,
    /// Or in days.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub days: Option<NonZeroU16>,
    /// Price of one unit in it; as in the price book when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unit_price: Option<UnitPrice>,
    /// What is taken off in it: `"0.5"` is one half.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub off: Option<Rate>,
}

/// Products sold together.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Bundle {
    /// Its code.
    pub code: OfferCode,
    /// Its name.
    pub name: String,
    /// What is in it.
    pub parts: Vec<BundlePart>,
    /// What one bundle costs for one billing period, split by the shares of its parts; each part at
    /// its own price when there is none in the currency for the period that is quoted.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub prices: Vec<OfferPrice>,
}

/// A part of a bundle.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct BundlePart {
    /// What.
    pub product: ProductCode,
    /// How many in one bundle; 1 when absent.
    #[serde(default = "one")]
    pub quantity: Quantity,
    /// Whether it comes in only where a quote names it, at its own price.
    #[serde(default)]
    pub optional: bool,
    /// Its part of the price of the bundle; the shares of what is included add up to 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub share: Option<Rate>,
}

/// A price from a day on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct OfferPrice {
    /// Currency.
    pub currency: Currency,
    /// The billing period that it is for; that of the price which is quoted, when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub billing: Option<BillingFrequency>,
    /// First day on which it is sold at this price; always, when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<Date>,
    /// In major units.
    pub unit_price: UnitPrice,
}

/// A product that is sold only with certain plans.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AddOn {
    /// Its code.
    pub code: OfferCode,
    /// Its name.
    pub name: String,
    /// What is sold.
    pub product: ProductCode,
    /// The plans and bundles that it may join.
    pub joins: Vec<OfferCode>,
}

/// A named standard way of billing. What a quote sets otherwise is a deviation from it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct BillingTemplate {
    /// Its code.
    pub code: OfferCode,
    /// Its name.
    pub name: String,
    /// How long a billing period is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub billing: Option<BillingFrequency>,
    /// Whether a period is billed when it begins or when it has ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timing: Option<Timing>,
    /// Day of the month on which billing periods begin.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub billing_day: Option<i8>,
    /// Where billing periods begin, when not on the billing day.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub anchor: Option<CycleAnchor>,
    /// What a part of a billing period costs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub proration: Option<DayCount>,
    /// How exact amounts become minor units.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rounding: Option<Rounding>,
    /// What period the first part is a share of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub first_part: Option<FirstPart>,
    /// The term in months.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub months: Option<NonZeroU16>,
    /// What happens when the term runs out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub renewal: Option<RenewalTerms>,
    /// Days between the signature and the day by which the contract is to be in force; 7 when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub activation_days: Option<u16>,
}

/// What a product is sold for by itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct StandalonePrices {
    /// The product.
    pub product: ProductCode,
    /// One unit for one billing period.
    pub prices: Vec<OfferPrice>,
}

/// Why an offer cannot be published.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{field}: {message}")]
pub struct OfferRefusal {
    /// The field at fault.
    pub field: String,
    /// What is wrong with which value, and the mend.
    pub message: String,
}

/// Everything that is offered, by code.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Offers {
    /// Plans.
    pub plans: BTreeMap<OfferCode, Plan>,
    /// Bundles.
    pub bundles: BTreeMap<OfferCode, Bundle>,
    /// Add-ons.
    pub add_ons: BTreeMap<OfferCode, AddOn>,
    /// Templates.
    pub templates: BTreeMap<OfferCode, BillingTemplate>,
    /// Standalone selling prices by product.
    pub standalone: BTreeMap<ProductCode, StandalonePrices>,
}

fn one() -> Quantity {
    Quantity::new(Decimal::ONE)
}

/// The price in force on a day in a currency for a billing period: the newest that is for this period,
/// else the newest that names none. Where no period is asked for and all name the same, it is that one.
#[must_use]
pub fn price_on(
    prices: &[OfferPrice],
    currency: Currency,
    billing: Option<BillingFrequency>,
    on: Date,
) -> Option<&OfferPrice> {
    let in_force = || {
        let begun = move |price: &&OfferPrice| price.from.is_none_or(|from| from <= on);
        let own = move |price: &&OfferPrice| price.currency == currency;
        prices.iter().filter(own).filter(begun)
    };
    let stated = || in_force().filter_map(|price| price.billing);
    let asked = billing.or_else(|| {
        let first = stated().next()?;
        stated().all(|other| other == first).then_some(first)
    });
    in_force()
        .filter(|price| price.billing.is_none() || price.billing == asked)
        .max_by_key(|price| (price.billing.is_some(), price.from))
}

impl StandalonePrices {
    /// What a product that is quoted for `billing` is compared with. Without a price for that very
    /// period it is one for another, as both come to an amount over the term; what is sold once is
    /// never compared with what is sold over and over.
    #[must_use]
    pub fn compared_with(
        &self,
        currency: Currency,
        billing: BillingFrequency,
        on: Date,
    ) -> Option<&OfferPrice> {
        let own = price_on(&self.prices, currency, Some(billing), on);
        own.or_else(|| {
            let mut others = self.prices.iter().filter_map(|price| price.billing);
            let other = others.find(|other| other.recurs() && billing.recurs())?;
            price_on(&self.prices, currency, Some(other), on)
        })
    }
}

impl Offer {
    /// The word of its kind.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Offer::Plan(_) => "plan",
            Offer::Bundle(_) => "bundle",
            Offer::AddOn(_) => "add_on",
            Offer::Template(_) => "template",
            Offer::Standalone(_) => "standalone",
        }
    }

    /// Its code; that of the product for standalone prices.
    #[must_use]
    pub fn code(&self) -> &str {
        match self {
            Offer::Plan(it) => it.code.as_str(),
            Offer::Bundle(it) => it.code.as_str(),
            Offer::AddOn(it) => it.code.as_str(),
            Offer::Template(it) => it.code.as_str(),
            Offer::Standalone(it) => it.product.as_str(),
        }
    }

    /// Its name, as far as it has one.
    #[must_use]
    pub fn name(&self) -> &str {
        match self {
            Offer::Plan(it) => &it.name,
            Offer::Bundle(it) => &it.name,
            Offer::AddOn(it) => &it.name,
            Offer::Template(it) => &it.name,
            Offer::Standalone(it) => it.product.as_str(),
        }
    }

    /// Everything that is wrong with it beside the products and the other offers.
    #[must_use]
    pub fn check(&self, products: &[Product], offers: &Offers) -> Vec<OfferRefusal> {
        let mut wrong = Wrong {
            products,
            found: Vec::new(),
        };
        if self.name().trim().is_empty() {
            wrong.say("name", "it has no name; write what it is called".to_owned());
        }
        match self {
            Offer::Plan(plan) => wrong.plan(plan, offers),
            Offer::Bundle(bundle) => wrong.bundle(bundle),
            Offer::AddOn(add_on) => wrong.add_on(add_on, offers),
            Offer::Template(template) => {
                if let Some(day) = template.billing_day.filter(|day| !(1..=31).contains(day)) {
                    wrong.say(
                        "billing_day",
                        format!("{day} is no day of a month; write 1 to 31"),
                    );
                }
            }
            Offer::Standalone(it) => {
                wrong.product("product", &it.product);
                wrong.prices(&it.prices, &[&it.product]);
                if it.prices.is_empty() {
                    wrong.say("prices", "there is no price; state at least one".to_owned());
                }
            }
        }
        wrong.found
    }
}

struct Wrong<'a> {
    products: &'a [Product],
    found: Vec<OfferRefusal>,
}

impl Wrong<'_> {
    fn say(&mut self, field: &str, message: String) {
        self.found.push(OfferRefusal {
            field: field.to_owned(),
            message,
        });
    }

    fn product(&mut self, field: &str, code: &ProductCode) {
        if !self.products.iter().any(|product| product.code == *code) {
            self.say(
                field,
                format!(
                    "product {code} is not in the catalogue; publish it first or correct the code"
                ),
            );
        }
    }

    /// Prices of an offer that sells `sold`.
    fn prices(&mut self, prices: &[OfferPrice], sold: &[&ProductCode]) {
        for (index, price) in prices.iter().enumerate() {
            let field = format!("prices[{index}]");
            if price.unit_price.decimal().is_sign_negative() {
                let message = format!("{} is below zero; write what it costs", price.unit_price);
                self.say(&format!("{field}.unit_price"), message);
            }
            let before = || prices.iter().take(index);
            let alike = |it: &OfferPrice| it.currency == price.currency && it.from == price.from;
            if before().any(|it| alike(it) && it.billing == price.billing) {
                let from = price.from.map_or_else(
                    || "without a first day".to_owned(),
                    |day| format!("from {day}"),
                );
                let message = format!(
                    "there are two prices in {} {from}; keep one of them",
                    price.currency
                );
                self.say(&format!("{field}.from"), message);
            }
            if price.billing.is_none() {
                self.for_one_period(price, &format!("{field}.billing"), sold);
            }
        }
    }

    /// A price that names no billing period is clear only while all that it sells has one.
    fn for_one_period(&mut self, price: &OfferPrice, field: &str, sold: &[&ProductCode]) {
        let products = self.products;
        for product in products.iter().filter(|it| sold.contains(&&it.code)) {
            let mut periods: Vec<BillingFrequency> = Vec::new();
            for own in &product.prices {
                let recurs = own.currency == price.currency && own.billing.recurs();
                if recurs && !periods.contains(&own.billing) {
                    periods.push(own.billing);
                }
            }
            if let [one, other, ..] = periods.as_slice() {
                let message = format!(
                    "{} is sold {one} and {other} in {}; say which of them {} is for",
                    product.code, price.currency, price.unit_price
                );
                self.say(field, message);
            }
        }
    }

    fn plan(&mut self, plan: &Plan, offers: &Offers) {
        self.product("product", &plan.product);
        if let Some(template) = &plan.template
            && !offers.templates.contains_key(template)
        {
            self.say(
                "template",
                unknown("template", template, offers.templates.keys()),
            );
        }
        let last = plan.phases.len().saturating_sub(1);
        for (index, phase) in plan.phases.iter().enumerate() {
            let field = format!("phases[{index}]");
            if index < last && phase.months.is_none() && phase.days.is_none() {
                self.say(
                    &format!("{field}.months"),
                    "only the last phase may be without an end; state months or days".to_owned(),
                );
            }
            if let Some(off) = phase.off
                && (off.decimal().is_sign_negative() || off.decimal() > Decimal::ONE)
            {
                let message = format!("{off} is no part of a price; write one half as \"0.5\"");
                self.say(&format!("{field}.off"), message);
            }
        }
    }

    fn bundle(&mut self, bundle: &Bundle) {
        if !bundle.parts.iter().any(|part| !part.optional) {
            self.say(
                "parts",
                "nothing is included; add a part that is not optional".to_owned(),
            );
        }
        let mut shares = Decimal::ZERO;
        for (index, part) in bundle.parts.iter().enumerate() {
            let field = format!("parts[{index}]");
            self.product(&format!("{field}.product"), &part.product);
            if part.quantity.decimal() <= Decimal::ZERO {
                let message = format!("{} is not above zero; write how many", part.quantity);
                self.say(&format!("{field}.quantity"), message);
            }
            match (part.optional, part.share) {
                (false, Some(share)) => {
                    shares = shares.saturating_add(share.decimal());
                    self.exact(bundle, part, share, &field);
                }
                (true, Some(share)) => {
                    let message = format!(
                        "an optional part is sold at its own price and has no share, here {share}; leave it out"
                    );
                    self.say(&format!("{field}.share"), message);
                }
                (false, None) if !bundle.prices.is_empty() => {
                    let message =
                        "the bundle has a price, so every included part needs a share of it";
                    self.say(&format!("{field}.share"), message.to_owned());
                }
                _ => {}
            }
        }
        if !bundle.prices.is_empty() && shares != Decimal::ONE {
            let message = format!("the shares of what is included add up to {shares}; make it 1");
            self.say("parts", message);
        }
        let included = bundle.parts.iter().filter(|part| !part.optional);
        let included: Vec<&ProductCode> = included.map(|part| &part.product).collect();
        self.prices(&bundle.prices, &included);
    }

    /// A share of the price that no price of one unit can state exactly is refused here, so that what
    /// a bundle costs and what its parts are billed at are the same to the minor unit.
    fn exact(&mut self, bundle: &Bundle, part: &BundlePart, share: Rate, field: &str) {
        for price in &bundle.prices {
            if part_price(price.unit_price, part, share).is_none() {
                let message = format!(
                    "{share} of {} {} is no exact price for each of {}; change the share, the price or the quantity",
                    price.unit_price, price.currency, part.quantity
                );
                self.say(&format!("{field}.share"), message);
            }
        }
    }

    fn add_on(&mut self, add_on: &AddOn, offers: &Offers) {
        self.product("product", &add_on.product);
        if add_on.joins.is_empty() {
            self.say(
                "joins",
                "it joins nothing; name at least one plan or bundle".to_owned(),
            );
        }
        for (index, code) in add_on.joins.iter().enumerate() {
            if !offers.plans.contains_key(code) && !offers.bundles.contains_key(code) {
                let known = offers.plans.keys().chain(offers.bundles.keys());
                self.say(
                    &format!("joins[{index}]"),
                    unknown("plan or bundle", code, known),
                );
            }
        }
    }
}

/// The price of one unit of a part of a bundle, when it can be stated exactly.
#[must_use]
pub fn part_price(bundle: UnitPrice, part: &BundlePart, share: Rate) -> Option<UnitPrice> {
    let whole = bundle.decimal().checked_mul(share.decimal())?;
    let each = whole.checked_div(part.quantity.decimal())?;
    (each.scale() <= 12 && each.checked_mul(part.quantity.decimal())? == whole)
        .then(|| UnitPrice::new(each))
}

fn unknown<'a>(what: &str, code: &OfferCode, known: impl Iterator<Item = &'a OfferCode>) -> String {
    let known: Vec<&str> = known.map(OfferCode::as_str).collect();
    if known.is_empty() {
        return format!("there is no {what} {code}, and none at all yet; publish it first");
    }
    format!("there is no {what} {code}; there are: {}", known.join(", "))
}

impl FromIterator<Offer> for Offers {
    fn from_iter<T: IntoIterator<Item = Offer>>(all: T) -> Self {
        let mut offers = Offers::default();
        for offer in all {
            match offer {
                Offer::Plan(it) => drop(offers.plans.insert(it.code.clone(), it)),
                Offer::Bundle(it) => drop(offers.bundles.insert(it.code.clone(), it)),
                Offer::AddOn(it) => drop(offers.add_ons.insert(it.code.clone(), it)),
                Offer::Template(it) => drop(offers.templates.insert(it.code.clone(), it)),
                Offer::Standalone(it) => drop(offers.standalone.insert(it.product.clone(), it)),
            }
        }
        offers
    }
}
