//! Bodies of commands about what the catalogue offers and about quotes.

use super::{RampStepBody, ReferenceBody};
use commerce::{BillingFrequency, Offer, RenewalTerms};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::num::NonZeroU16;
use values::{
    Currency, CustomerId, Date, Decimal, EntityId, OfferCode, ProductCode, Quantity, QuoteId, Rate,
    UnitPrice,
};

/// Body of `publish_offer`: a plan, bundle, add-on, billing template or standalone prices.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct PublishOffer(pub Offer);

/// What a quote says.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct QuoteContent {
    /// Who is to buy.
    pub customer: CustomerId,
    /// Which legal entity sells.
    pub entity: EntityId,
    /// Currency; the customer's, else the entity's, when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub currency: Option<Currency>,
    /// First day of service.
    pub start: Date,
    /// Last day of service; or state months.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub end: Option<Date>,
    /// The term in months; as the plan or template when both are absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub months: Option<NonZeroU16>,
    /// The billing template that it follows; that of its first plan when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub template: Option<OfferCode>,
    /// Day of the month on which billing periods begin, when not as the template says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub billing_day: Option<i8>,
    /// What is quoted.
    pub lines: Vec<QuoteLine>,
    /// What happens when the term runs out, when not as the template says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub renewal: Option<RenewalTerms>,
    /// Who uses what is quoted, and as what we take part, where the customer is a partner who resells
    /// it or for whom we arrange the sale.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub partner: Option<commerce::PartnerSale>,
    /// Last day on which it can be accepted; it does not run out when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub valid_until: Option<Date>,
    /// The same quote in other systems.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub references: Vec<ReferenceBody>,
}

/// A line of a quote: exactly one of `product`, `plan`, `bundle` and `add_on`.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct QuoteLine {
    /// A product by itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub product: Option<ProductCode>,
    /// Or a plan.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub plan: Option<OfferCode>,
    /// Or a bundle.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bundle: Option<OfferCode>,
    /// Or an add-on to a plan or bundle of the same quote.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub add_on: Option<OfferCode>,
    /// Optional parts of the bundle that are wanted too.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub options: Vec<ProductCode>,
    /// How many; 1 when absent.
    #[serde(default = "one")]
    pub quantity: Quantity,
    /// What is taken off: `"0.2"` is 20 %.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub discount: Option<Rate>,
    /// Price of one unit for one whole billing period, instead of the price book's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unit_price: Option<UnitPrice>,
    /// Whether the prices of this line have the tax in them, at the rate of its first day. Figures are
    /// without it, and so are list and standalone prices.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub price_includes_tax: bool,
    /// How long a billing period is, when not as the plan, template or product says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub billing: Option<BillingFrequency>,
    /// First day of service of this line; the quote's when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub start: Option<Date>,
    /// Quantities and prices step by step.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub ramp: Vec<RampStepBody>,
    /// Words on the invoice; the product's name when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
}

/// Body of `create_quote`.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CreateQuote {
    /// Its id; minted when absent.
    #[serde(default)]
    pub id: Option<QuoteId>,
    /// What it says.
    pub content: QuoteContent,
}

/// Body of `revise_quote`: the next version.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ReviseQuote {
    /// The quote.
    pub quote: QuoteId,
    /// Why.
    pub reason: String,
    /// What it says now.
    pub content: QuoteContent,
}

/// Body of `submit_quote`: approves a version, or asks those for it that the discount policy names.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SubmitQuote {
    /// The quote.
    pub quote: QuoteId,
    /// Its version as it was read.
    pub version: u32,
}

/// Body of `accept_quote`: the customer has signed, and its order is a draft.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AcceptQuote {
    /// The quote.
    pub quote: QuoteId,
    /// The version that the customer signed.
    pub version: u32,
    /// When; today in the zone of the entity when absent.
    #[serde(default)]
    pub signed: Option<Date>,
}

/// Body of `convert_quote`: its draft order becomes a contract, once.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ConvertQuote {
    /// The quote.
    pub quote: QuoteId,
    /// The version that the customer signed.
    pub version: u32,
}

/// Body of `close_quote`: it is taken back.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CloseQuote {
    /// The quote.
    pub quote: QuoteId,
    /// Why.
    pub reason: String,
}

/// Body of `publish_discount_policy`.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PublishDiscountPolicy {
    /// The policy in TOML.
    pub toml: String,
}

fn one() -> Quantity {
    Quantity::new(Decimal::ONE)
}

/// Body of `set_price`: a row of the price book, with exactly one of `unit_price`, `charge` and
/// `charge_json`.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SetPrice {
    /// The product.
    pub product: ProductCode,
    /// Currency of the price.
    pub currency: Currency,
    /// How long a billing period is.
    pub billing: BillingFrequency,
    /// Whether a period is billed when it begins or when it has ended. When absent, as the price that it
    /// follows: the one of the same currency and billing; when it begins, where there is none.
    #[serde(default)]
    pub timing: Option<commerce::Timing>,
    /// First day on which new orders get it; always, when absent.
    #[serde(default)]
    pub from: Option<Date>,
    /// Price of one unit for one billing period.
    #[serde(default)]
    pub unit_price: Option<UnitPrice>,
    /// Or the whole charge.
    #[serde(default)]
    pub charge: Option<commerce::Charge>,
    /// Or the whole charge as JSON text, for a cell of a file.
    #[serde(default)]
    pub charge_json: Option<String>,
    /// What its quantity is measured by; as the price that it follows when absent.
    #[serde(default)]
    pub measure: Option<commerce::Measure>,
    /// The same as JSON in a cell of a file.
    #[serde(default)]
    pub measure_json: Option<String>,
}

/// Body of `import_catalogue`, and what an export of the catalogue is.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ImportCatalogue {
    /// Products with their prices.
    #[serde(default)]
    pub products: Vec<super::PublishProduct>,
    /// Plans, bundles, add-ons, billing templates and standalone prices.
    #[serde(default)]
    pub offers: Vec<Offer>,
}
