//! The catalogue as people read it: products with the prices in force, past and to come, what is
//! offered above them, and every version of each.

mod words;

use crate::App;
use crate::fault::{AppFault, stored};
use commerce::{BillingFrequency, Offer, OfferPrice, Price, Product, grouped};
use schemars::JsonSchema;
use serde::Serialize;
use store::quotes;
use store::{Tx, catalogue};
use values::{Currency, Date, Instant, Zone};
use words::{
    add_on_facts, bundle_facts, listed, naming, plan_facts, sentence, template_facts, word,
};

/// The whole catalogue in lines.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct CatalogueView {
    /// Products by code.
    pub products: Vec<ProductView>,
    /// Plans, bundles, add-ons and billing templates, by kind and code.
    pub offers: Vec<OfferView>,
}

/// A product in a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct ProductView {
    /// Its code.
    pub code: String,
    /// Its name on invoices.
    pub name: String,
    /// What it is for tax.
    pub tax_code: String,
    /// Which revenue account it posts to.
    pub revenue_class: String,
    /// How its revenue is earned, as a word.
    pub recognition: String,
    /// The prices in force today.
    pub prices: Vec<PriceView>,
    /// How many prices there are, past ones and those to come too.
    pub all_prices: usize,
    /// Standalone selling prices in force today.
    pub standalone: Vec<PriceView>,
}

/// A price from a day on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct PriceView {
    /// Currency.
    pub currency: Currency,
    /// The price in a few words, such as `12.00 per unit`.
    pub words: String,
    /// For how long it is, such as `month`; empty for prices that follow another.
    pub per: String,
    /// `advance`, `arrears` or `arrears_with_running`.
    pub timing: String,
    /// First day; always when absent.
    pub from: Option<Date>,
    /// Last day, where a later price follows.
    pub until: Option<Date>,
    /// `past`, `in force` or `to come`.
    pub state: String,
    /// What its quantity is measured by.
    pub measure: Option<String>,
}

/// An offer in a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct OfferView {
    /// `plan`, `bundle`, `add_on` or `template`.
    pub kind: String,
    /// Its code.
    pub code: String,
    /// Its name.
    pub name: String,
    /// What it is, in one sentence.
    pub words: String,
    /// Its latest version.
    pub version: i64,
    /// Who published that.
    pub maker: String,
    /// When.
    pub recorded: Instant,
}

/// A version of a product or offer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct CatalogueVersion {
    /// From 1.
    pub version: i64,
    /// Who published it.
    pub maker: String,
    /// When.
    pub recorded: Instant,
    /// The fields that are other than in the version before it; `first` for the first.
    pub changed: String,
}

/// A product with everything about it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct ProductDetail {
    /// The row of the list.
    pub row: ProductView,
    /// Every price, by currency, billing and first day.
    pub prices: Vec<PriceView>,
    /// Every standalone selling price.
    pub standalone: Vec<PriceView>,
    /// What sells it.
    pub offers: Vec<OfferView>,
    /// Its versions, newest first.
    pub versions: Vec<CatalogueVersion>,
}

/// Something that an offer says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct OfferFact {
    /// What.
    pub label: String,
    /// What it is.
    pub text: String,
    /// The product or offer that it names: kind and code.
    pub names: Option<(String, String)>,
}

/// An offer with everything about it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct OfferDetail {
    /// The row of the list.
    pub row: OfferView,
    /// What it says.
    pub facts: Vec<OfferFact>,
    /// Phases or parts, in order, one sentence each with the product where it names one.
    pub parts: Vec<OfferFact>,
    /// Prices of its own.
    pub prices: Vec<PriceView>,
    /// Its versions, newest first.
    pub versions: Vec<CatalogueVersion>,
    /// It as it is published, to be changed and published again.
    pub document: String,
}

/// Puts prices of one kind in order and says from when to when each holds.
fn dated(mut prices: Vec<(String, PriceView)>, today: Date) -> Vec<PriceView> {
    prices.sort_by(|one, other| (&one.0, one.1.from).cmp(&(&other.0, other.1.from)));
    let keys: Vec<(String, Option<Date>)> = prices
        .iter()
        .map(|(key, price)| (key.clone(), price.from))
        .collect();
    prices
        .into_iter()
        .enumerate()
        .map(|(at, (key, mut price))| {
            let next = keys.get(at + 1).filter(|(known, _)| *known == key);
            price.until = next
                .and_then(|(_, from)| *from)
                .and_then(|from| from.yesterday().ok());
            price.state = match (price.from, price.until) {
                (Some(from), _) if from > today => "to come",
                (_, Some(until)) if until < today => "past",
                _ => "in force",
            }
            .to_owned();
            price
        })
        .collect()
}

fn prices_of(product: &Product, today: Date) -> Vec<PriceView> {
    let shown = |price: &Price| {
        let key = format!("{} {}", price.currency, price.billing.period_word());
        let view = PriceView {
            currency: price.currency,
            words: listed(&price.charge, price.currency),
            per: price.billing.period_word(),
            timing: word(&price.timing),
            from: price.from,
            until: None,
            state: String::new(),
            measure: price
                .measure
                .as_ref()
                .and_then(|measure| measure.meter())
                .map(|meter| meter.as_str().to_owned()),
        };
        (key, view)
    };
    dated(product.prices.iter().map(shown).collect(), today)
}

fn offer_prices(prices: &[OfferPrice], today: Date) -> Vec<PriceView> {
    let shown = |price: &OfferPrice| {
        let view = PriceView {
            currency: price.currency,
            words: grouped(price.unit_price.decimal(), price.currency.exponent()),
            per: price
                .billing
                .map_or_else(String::new, BillingFrequency::period_word),
            timing: String::new(),
            from: price.from,
            until: None,
            state: String::new(),
            measure: None,
        };
        (format!("{} {}", price.currency, view.per), view)
    };
    dated(prices.iter().map(shown).collect(), today)
}

fn in_force(prices: &[PriceView]) -> Vec<PriceView> {
    let now = |price: &&PriceView| price.state == "in force";
    prices.iter().filter(now).cloned().collect()
}

fn product_view(product: &Product, standalone: &[OfferPrice], today: Date) -> ProductView {
    let prices = prices_of(product, today);
    ProductView {
        code: product.code.as_str().to_owned(),
        name: product.name.clone(),
        tax_code: product.tax_code.clone(),
        revenue_class: product.revenue_account_class.clone(),
        recognition: word(&product.recognition),
        all_prices: prices.len(),
        prices: in_force(&prices),
        standalone: in_force(&offer_prices(standalone, today)),
    }
}

/// Every offer in force with its row.
fn offers(tx: &mut Tx<'_>) -> Result<Vec<(quotes::OfferRow, Offer)>, AppFault> {
    quotes::offers(tx)?
        .into_iter()
        .map(|row| {
            let offer = stored::<Offer>("offer", &row.body)?;
            Ok((row, offer))
        })
        .collect()
}

fn products(tx: &mut Tx<'_>) -> Result<Vec<Product>, AppFault> {
    catalogue::products(tx)?
        .into_iter()
        .map(|(_, text)| stored("product", &text))
        .collect()
}

fn offer_view(row: &quotes::OfferRow, offer: &Offer) -> OfferView {
    OfferView {
        kind: row.kind.clone(),
        code: row.code.clone(),
        name: row.name.clone(),
        words: sentence(offer),
        version: row.version,
        maker: row.maker.clone(),
        recorded: Instant::from_microseconds(row.recorded),
    }
}

fn names_product(offer: &Offer, code: &str) -> bool {
    match offer {
        Offer::Plan(plan) => plan.product.as_str() == code,
        Offer::Bundle(bundle) => bundle
            .parts
            .iter()
            .any(|part| part.product.as_str() == code),
        Offer::AddOn(add_on) => add_on.product.as_str() == code,
        Offer::Template(_) | Offer::Standalone(_) => false,
    }
}

/// The standalone prices of a product among offers.
fn standalone<'a>(all: &'a [(quotes::OfferRow, Offer)], code: &str) -> &'a [OfferPrice] {
    all.iter()
        .find_map(|(_, offer)| match offer {
            Offer::Standalone(prices) if prices.product.as_str() == code => Some(&prices.prices),
            _ => None,
        })
        .map_or(&[], Vec::as_slice)
}

/// Which top fields of two documents differ.
fn changed(before: Option<&str>, after: &str) -> String {
    let read = |text: &str| serde_json::from_str::<serde_json::Value>(text).unwrap_or_default();
    let Some(before) = before else {
        return "first".to_owned();
    };
    let (before, after) = (read(before), read(after));
    let empty = serde_json::Map::new();
    let (old, new) = (
        before.as_object().unwrap_or(&empty),
        after.as_object().unwrap_or(&empty),
    );
    let mut names: Vec<&str> = new
        .iter()
        .filter(|(name, value)| old.get(*name) != Some(value))
        .map(|(name, _)| name.as_str())
        .chain(
            old.keys()
                .filter(|name| !new.contains_key(*name))
                .map(String::as_str),
        )
        .collect();
    names.sort_unstable();
    names.join(", ").replace('_', " ")
}

/// Versions that come newest first, as (version, maker, recorded, body).
fn versions(rows: &[(i64, &str, i64, &str)]) -> Vec<CatalogueVersion> {
    rows.iter()
        .enumerate()
        .map(|(at, (version, maker, recorded, body))| CatalogueVersion {
            version: *version,
            maker: (*maker).to_owned(),
            recorded: Instant::from_microseconds(*recorded),
            changed: changed(rows.get(at + 1).map(|older| older.3), body),
        })
        .collect()
}

impl App {
    fn catalogue_day(&self) -> Date {
        Zone::utc().date_at(self.clock().now())
    }

    /// Every product and what is offered above them.
    ///
    /// # Errors
    /// When the store fails.
    pub fn catalogue_view(&self) -> Result<CatalogueView, AppFault> {
        let today = self.catalogue_day();
        self.store().read(move |tx| {
            let all = offers(tx)?;
            let sold = products(tx)?;
            Ok(CatalogueView {
                products: sold
                    .iter()
                    .map(|product| {
                        product_view(product, standalone(&all, product.code.as_str()), today)
                    })
                    .collect(),
                offers: all
                    .iter()
                    .filter(|(_, offer)| !matches!(offer, Offer::Standalone(_)))
                    .map(|(row, offer)| offer_view(row, offer))
                    .collect(),
            })
        })
    }

    /// One product.
    ///
    /// # Errors
    /// When the store fails.
    pub fn product_detail(&self, code: &str) -> Result<Option<ProductDetail>, AppFault> {
        let (today, code) = (self.catalogue_day(), code.to_owned());
        self.store().read(move |tx| {
            let sold = products(tx)?;
            let Some(product) = sold.iter().find(|known| known.code.as_str() == code) else {
                return Ok(None);
            };
            let all = offers(tx)?;
            let rows = quotes::product_versions(tx, &code)?;
            let rows: Vec<_> = rows
                .iter()
                .map(|row| {
                    (
                        row.version,
                        row.maker.as_str(),
                        row.recorded,
                        row.body.as_str(),
                    )
                })
                .collect();
            Ok(Some(ProductDetail {
                row: product_view(product, standalone(&all, &code), today),
                prices: prices_of(product, today),
                standalone: offer_prices(standalone(&all, &code), today),
                offers: all
                    .iter()
                    .filter(|(_, offer)| names_product(offer, &code))
                    .map(|(row, offer)| offer_view(row, offer))
                    .collect(),
                versions: versions(&rows),
            }))
        })
    }

    /// One plan, bundle, add-on or billing template.
    ///
    /// # Errors
    /// When the store fails.
    pub fn offer_detail(&self, kind: &str, code: &str) -> Result<Option<OfferDetail>, AppFault> {
        let today = self.catalogue_day();
        let (kind, code) = (kind.to_owned(), code.to_owned());
        self.store().read(move |tx| {
            let all = offers(tx)?;
            let found = all
                .iter()
                .find(|(row, _)| row.kind == kind && row.code == code);
            let Some((row, offer)) = found else {
                return Ok(None);
            };
            let (facts, parts, prices) = match offer {
                Offer::Plan(plan) => {
                    let (facts, parts) = plan_facts(plan);
                    (facts, parts, Vec::new())
                }
                Offer::Bundle(bundle) => {
                    let (facts, parts) = bundle_facts(bundle);
                    (facts, parts, offer_prices(&bundle.prices, today))
                }
                Offer::AddOn(add_on) => (add_on_facts(add_on, &all), Vec::new(), Vec::new()),
                Offer::Template(template) => (template_facts(template), Vec::new(), Vec::new()),
                Offer::Standalone(own) => (
                    vec![naming("Product", "product", own.product.as_str())],
                    Vec::new(),
                    offer_prices(&own.prices, today),
                ),
            };
            let rows = quotes::offer_versions(tx, &kind, &code)?;
            let rows: Vec<_> = rows
                .iter()
                .map(|row| {
                    (
                        row.version,
                        row.maker.as_str(),
                        row.recorded,
                        row.body.as_str(),
                    )
                })
                .collect();
            let document =
                serde_json::to_string_pretty(offer).map_err(|error| AppFault::Unreadable {
                    what: "offer",
                    error: error.to_string(),
                })?;
            Ok(Some(OfferDetail {
                row: offer_view(row, offer),
                facts,
                parts,
                prices,
                versions: versions(&rows),
                document,
            }))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn price(currency: &str, from: Option<&str>) -> OfferPrice {
        OfferPrice {
            currency: currency.parse().unwrap(),
            billing: None,
            from: from.map(|day| values::parse_date(day).unwrap()),
            unit_price: "10".parse().unwrap(),
        }
    }

    #[test]
    fn a_price_holds_until_the_next_of_its_currency() {
        let prices = [
            price("EUR", Some("2026-07-01")),
            price("EUR", None),
            price("EUR", Some("2027-01-01")),
            price("USD", None),
        ];
        let today = values::parse_date("2026-08-15").unwrap();
        let told: Vec<(String, String)> = offer_prices(&prices, today)
            .into_iter()
            .map(|price| {
                let until = price.until.map_or_else(String::new, |day| day.to_string());
                (until, price.state)
            })
            .collect();
        let expected = [
            ("2026-06-30", "past"),
            ("2026-12-31", "in force"),
            ("", "to come"),
            ("", "in force"),
        ];
        let expected = expected.map(|(until, state)| (until.to_owned(), state.to_owned()));
        assert_eq!(told, expected);
    }

    #[test]
    fn a_version_says_which_fields_it_changed() {
        let before = r#"{"code":"A","name":"One","months":12}"#;
        let after = r#"{"code":"A","name":"Two","tax_code":"x"}"#;
        assert_eq!(changed(Some(before), after), "months, name, tax code");
        assert_eq!(changed(None, after), "first");
    }
}
