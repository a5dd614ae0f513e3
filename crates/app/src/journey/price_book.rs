//! The price book as rows and the catalogue as one document: what is exported is imported again and
//! comes out equal.

use crate::command::{Answer, ImportCatalogue, PublishOffer, PublishProduct, SetPrice};
use crate::fault::stored;
use crate::journey::{catalogue, offer};
use crate::record::Context;
use crate::{App, AppFault, Refusal};
use commerce::{Charge, Measure, Offer, Price, Product};
use serde_json::json;
use store::Tx;
use values::ProductCode;

/// Columns of the price book as a file: the fields of `set_price`.
const COLUMNS: [&str; 8] = [
    "product",
    "currency",
    "billing",
    "timing",
    "from",
    "unit_price",
    "charge_json",
    "measure_json",
];

/// A product as it is stored now; what was published before in this transaction counts.
fn product(tx: &mut Tx<'_>, code: &ProductCode) -> Result<Option<Product>, AppFault> {
    let found = store::catalogue::products(tx)?
        .into_iter()
        .find(|(known, _)| known == code.as_str());
    found.map(|(_, text)| stored("product", &text)).transpose()
}

fn body_of(product: Product) -> PublishProduct {
    PublishProduct {
        code: product.code,
        name: product.name,
        tax_code: product.tax_code,
        revenue_class: product.revenue_account_class,
        prices: product.prices,
        recognition: product.recognition,
        policy: product.policy,
    }
}

/// `set_price`: one row of the price book. It takes the place of the one in the same currency, billing
/// and first day.
///
/// # Errors
/// When there is no such product, or no charge or two of them are stated.
pub fn set_price(
    tx: &mut Tx<'_>,
    context: &Context,
    key: &str,
    body: &SetPrice,
) -> Result<Answer, AppFault> {
    let Some(known) = product(tx, &body.product)? else {
        let message = format!(
            "product {} is not in the catalogue; publish it or correct the code",
            body.product
        );
        return Err(Refusal::field("unknown_product", "product", message).into());
    };
    let charge = charge_of(body)?;
    let mut changed = body_of(known);
    let followed = followed(&changed.prices, body);
    let price = Price {
        currency: body.currency,
        charge,
        billing: body.billing,
        timing: body
            .timing
            .or(followed.map(|it| it.timing))
            .unwrap_or_default(),
        from: body.from,
        measure: measure_of(body)?.or(followed.and_then(|it| it.measure.clone())),
    };
    let same = |it: &Price| {
        it.currency == price.currency && it.billing == price.billing && it.from == price.from
    };
    match changed.prices.iter_mut().find(|it| same(it)) {
        Some(before) => *before = price,
        None => changed.prices.push(price),
    }
    catalogue::publish_product(tx, context, key, &changed)
}

fn charge_of(body: &SetPrice) -> Result<Charge, Refusal> {
    match (&body.unit_price, &body.charge, &body.charge_json) {
        (Some(price), None, None) => Ok(Charge::per_unit(*price)),
        (None, Some(charge), None) => Ok(charge.clone()),
        (None, None, Some(text)) => serde_json::from_str(text).map_err(|error| {
            let message =
                format!("{text} is no charge: {error}; write it as in the JSON of a product");
            Refusal::field("bad_charge", "charge_json", message)
        }),
        _ => Err(Refusal::field(
            "price_missing",
            "unit_price",
            "state exactly one of unit_price, charge and charge_json",
        )),
    }
}

/// The price that a row takes the place of, or comes after: a new amount for what is measured is still
/// for what is measured.
fn followed<'p>(prices: &'p [Price], body: &SetPrice) -> Option<&'p Price> {
    prices
        .iter()
        .filter(|it| it.currency == body.currency && it.billing == body.billing)
        .filter(|it| it.from.is_none() || it.from <= body.from)
        .max_by_key(|it| it.from)
}

fn measure_of(body: &SetPrice) -> Result<Option<Measure>, Refusal> {
    match (&body.measure, &body.measure_json) {
        (Some(measure), None) => Ok(Some(measure.clone())),
        (None, Some(text)) => serde_json::from_str(text).map(Some).map_err(|error| {
            let message =
                format!("{text} is no measure: {error}; write it as in the JSON of a product");
            Refusal::field("bad_measure", "measure_json", message)
        }),
        (None, None) => Ok(None),
        (Some(_), Some(_)) => Err(Refusal::field(
            "bad_measure",
            "measure_json",
            "state one of measure and measure_json, and leave the other out",
        )),
    }
}

/// `import_catalogue`: every product and offer of a document, or nothing of it and everything that is
/// wrong with it.
///
/// # Errors
/// Every bad entry, with its place, the value and the mend.
pub fn import(
    tx: &mut Tx<'_>,
    context: &Context,
    key: &str,
    body: &ImportCatalogue,
) -> Result<Answer, AppFault> {
    let mut wrong = Vec::new();
    for (index, product) in body.products.iter().enumerate() {
        let place = format!("products[{index}]");
        let key = format!("{key}/{place}");
        let done = catalogue::publish_product(tx, context, &key, product);
        gather(done, &place, &mut wrong)?;
    }
    // What others name comes before them.
    let rank = |offer: &Offer| match offer {
        Offer::Template(_) => 0,
        Offer::Standalone(_) => 1,
        Offer::Plan(_) => 2,
        Offer::Bundle(_) => 3,
        Offer::AddOn(_) => 4,
    };
    let mut ordered: Vec<(usize, &Offer)> = body.offers.iter().enumerate().collect();
    ordered.sort_by_key(|(index, offer)| (rank(offer), *index));
    for (index, one) in ordered {
        let place = format!("offers[{index}]");
        let key = format!("{key}/{place}");
        let done = offer::publish(tx, context, &key, &PublishOffer(one.clone()));
        gather(done, &place, &mut wrong)?;
    }
    if !wrong.is_empty() {
        return Err(AppFault::Refused(wrong));
    }
    Ok(json!({ "products": body.products.len(), "offers": body.offers.len() }))
}

fn gather(
    done: Result<Answer, AppFault>,
    place: &str,
    wrong: &mut Vec<Refusal>,
) -> Result<(), AppFault> {
    match done {
        Ok(_) => Ok(()),
        Err(AppFault::Refused(refusals)) => {
            wrong.extend(refusals.into_iter().map(|it| {
                let field = it
                    .field
                    .map_or_else(|| place.to_owned(), |field| format!("{place}.{field}"));
                Refusal::field(&it.code, &field, it.message)
            }));
            Ok(())
        }
        Err(fault) => Err(fault),
    }
}

impl App {
    /// The price book as CSV: one row a price, by product, currency, billing and first day.
    ///
    /// # Errors
    /// When the store fails.
    pub fn export_prices(&self) -> Result<String, AppFault> {
        let mut rows = Vec::new();
        for product in &self.books().catalogue.products {
            for price in &product.prices {
                rows.push(row_of(&product.code, price)?);
            }
        }
        rows.sort();
        let mut writer = csv::Writer::from_writer(Vec::new());
        let unwritten = |error: csv::Error| AppFault::Unreadable {
            what: "price book",
            error: error.to_string(),
        };
        writer.write_record(COLUMNS).map_err(unwritten)?;
        for row in rows {
            writer.write_record(row).map_err(unwritten)?;
        }
        let bytes = writer.into_inner().map_err(|error| AppFault::Unreadable {
            what: "price book",
            error: error.to_string(),
        })?;
        Ok(String::from_utf8_lossy(&bytes).into_owned())
    }

    /// The whole catalogue as one document, which `import_catalogue` takes.
    ///
    /// # Errors
    /// When the store fails.
    pub fn export_catalogue(&self) -> Result<ImportCatalogue, AppFault> {
        let products = self.books().catalogue.products.clone();
        let offers = self.store().read(|tx| {
            let rows = store::quotes::offers(tx)?;
            rows.into_iter()
                .map(|row| stored::<Offer>("offer", &row.body))
                .collect::<Result<Vec<_>, AppFault>>()
        })?;
        Ok(ImportCatalogue {
            products: products.into_iter().map(body_of).collect(),
            offers,
        })
    }
}

fn row_of(product: &ProductCode, price: &Price) -> Result<[String; 8], AppFault> {
    let word = |value: serde_json::Result<serde_json::Value>| match value {
        Ok(serde_json::Value::String(text)) => Ok(text),
        Ok(other) => Ok(other.to_string()),
        Err(error) => Err(AppFault::Unreadable {
            what: "price",
            error: error.to_string(),
        }),
    };
    let simple = price.charge.unit_price();
    Ok([
        product.as_str().to_owned(),
        price.currency.code().to_owned(),
        word(serde_json::to_value(price.billing))?,
        word(serde_json::to_value(price.timing))?,
        price.from.map_or_else(String::new, |day| day.to_string()),
        simple.map_or_else(String::new, |price| price.to_string()),
        match simple {
            Some(_) => String::new(),
            None => word(serde_json::to_value(&price.charge))?,
        },
        match &price.measure {
            Some(measure) => word(serde_json::to_value(measure))?,
            None => String::new(),
        },
    ])
}
