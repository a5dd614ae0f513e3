//! Which taxes a sale bears: decided from the seller, where the buyer is, what is sold and the day,
//! by rows of data. Nothing is assumed; where no row answers, the line is refused.

mod amounts;
mod engine;

pub use amounts::{TaxAmount, TaxDetail, Taxation};
pub use engine::{
    EngineAnswer, EngineLine, EngineQuestion, EngineTax, Offline, QuestionLine, TaxEngineUse,
    TaxMismatch, compare_tax, question_of,
};

use crate::line::BillingRefusal;
use crate::tax::TaxTable;
use commerce::TaxProfile;
use serde::{Deserialize, Serialize};
use values::{Date, Decimal, EntityId, Rate, TaxCategory};

/// How the tax of a document is rounded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TaxRounding {
    /// Each line by itself.
    #[default]
    PerLine,
    /// The sum of the lines of one rate, once; its cents are spread over the lines in their order.
    PerDocument,
}

/// A legal entity as a seller.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TaxSeller {
    /// The legal entity.
    pub entity: EntityId,
    /// Its country, two letters.
    pub country: String,
    /// Its registration for VAT.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub vat_id: Option<String>,
    /// How tax is rounded.
    #[serde(default)]
    pub rounding: TaxRounding,
    /// What a buyer in a country without rates bears; refused when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub abroad: Option<Abroad>,
    /// The outside engine that decides; the table does when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub engine: Option<TaxEngineUse>,
}

/// What a sale into a country without rates bears.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Abroad {
    /// The category: `O` or `G`.
    pub category: TaxCategory,
    /// Why, as it stands on the document.
    pub reason: String,
}

/// One tax of one authority.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LocalTax {
    /// The country of the buyer.
    pub country: String,
    /// The state or region; the whole country when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub region: Option<String>,
    /// The county or city; the whole region when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub locality: Option<String>,
    /// What is sold.
    pub tax_code: String,
    /// Who levies it. Rates of one authority follow each other, those of several add up.
    pub authority: String,
    /// Words on the document, such as `California sales tax`.
    pub name: String,
    /// The proportion of the net amount; zero is a rate.
    pub rate: Rate,
    /// First day.
    pub from: Date,
}

/// What is sold under a tax code bears no tax, whoever buys it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Untaxed {
    /// The seller.
    pub entity: EntityId,
    /// What is sold.
    pub tax_code: String,
    /// `Z`, `E` or `O`.
    pub category: TaxCategory,
    /// Why, as it stands on the document; not for `Z`.
    #[serde(default)]
    pub reason: String,
    /// First day.
    pub from: Date,
    /// Last day.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Date>,
}

/// One tax that a line bears.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BorneTax {
    /// Who levies it.
    pub authority: String,
    /// Words for it.
    pub name: String,
    /// At what rate.
    pub rate: Rate,
}

/// What was decided for a line, and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Determination {
    /// The category.
    pub category: TaxCategory,
    /// Why nothing is charged, as it stands on the document.
    pub reason: String,
    /// The taxes that it bears; none where nothing is charged.
    pub taxes: Vec<BorneTax>,
    /// Which rule decided, in words.
    pub basis: String,
}

impl Determination {
    /// The sum of the rates.
    #[must_use]
    pub fn rate(&self) -> Rate {
        let sum = self.taxes.iter().fold(Decimal::ZERO, |sum, tax| {
            sum.saturating_add(tax.rate.decimal())
        });
        Rate::new(sum)
    }

    /// Words for all of them.
    #[must_use]
    pub fn name(&self) -> String {
        let names: Vec<&str> = self.taxes.iter().map(|tax| tax.name.as_str()).collect();
        if names.is_empty() {
            self.reason.clone()
        } else {
            names.join(" + ")
        }
    }

    fn none(category: TaxCategory, reason: &str, basis: String) -> Self {
        Self {
            category,
            reason: reason.to_owned(),
            taxes: Vec::new(),
            basis,
        }
    }

    fn of(taxes: Vec<BorneTax>, basis: String) -> Self {
        let charged = taxes.iter().any(|tax| !tax.rate.decimal().is_zero());
        Self {
            category: if charged {
                TaxCategory::S
            } else {
                TaxCategory::Z
            },
            reason: String::new(),
            taxes,
            basis,
        }
    }
}

/// Words that stand on a document under reverse charge.
pub const REVERSE_CHARGE: &str = "Reverse charge: the recipient of the supply accounts for VAT (Article 196 of Directive 2006/112/EC)";

/// Member states of the European Union, for VAT.
const UNION: &[&str] = &[
    "AT", "BE", "BG", "CY", "CZ", "DE", "DK", "EE", "ES", "FI", "FR", "GR", "HR", "HU", "IE", "IT",
    "LT", "LU", "LV", "MT", "NL", "PL", "PT", "RO", "SE", "SI", "SK",
];

fn in_union(country: &str) -> bool {
    UNION.contains(&country)
}

/// The taxes of what is sold under a tax code to a buyer on a day. The first of these that answers:
/// what the code is, a certificate, reverse charge, the rates where the buyer is, what is sold
/// abroad, the rate of the entity.
///
/// # Errors
/// When no row answers.
pub fn determine(
    table: &TaxTable,
    entity: &EntityId,
    buyer: Option<&TaxProfile>,
    tax_code: &str,
    on: Date,
) -> Result<Determination, BillingRefusal> {
    if let Some(untaxed) = untaxed(table, entity, tax_code, on) {
        return Ok(untaxed);
    }
    let seller = table.sellers.iter().find(|seller| seller.entity == *entity);
    let Some(buyer) = buyer else {
        return stated(table, entity, tax_code, on);
    };
    if let Some(exempt) = exempt(buyer, tax_code, on) {
        return Ok(exempt);
    }
    let Some(seller) = seller else {
        return stated(table, entity, tax_code, on);
    };
    if let Some(reversed) = reverse_charge(seller, buyer) {
        return Ok(reversed);
    }
    let local = local(table, buyer, tax_code, on);
    if !local.is_empty() {
        let place = [
            Some(&buyer.country),
            buyer.region.as_ref(),
            buyer.locality.as_ref(),
        ];
        let place: Vec<&str> = place.into_iter().flatten().map(String::as_str).collect();
        let basis = format!("rates in {} on {on}", place.join(", "));
        return Ok(Determination::of(local, basis));
    }
    if seller.country == buyer.country {
        return stated(table, entity, tax_code, on);
    }
    match &seller.abroad {
        Some(abroad) => {
            let basis = format!("sold from {} to {}", seller.country, buyer.country);
            Ok(Determination::none(abroad.category, &abroad.reason, basis))
        }
        None => Err(BillingRefusal::NoTaxRate {
            entity: entity.clone(),
            tax_code: format!("{tax_code} in {}", buyer.country),
            on,
        }),
    }
}

/// The rate stated for the entity alone.
fn stated(
    table: &TaxTable,
    entity: &EntityId,
    tax_code: &str,
    on: Date,
) -> Result<Determination, BillingRefusal> {
    let rate = table.rate(entity, tax_code, on)?;
    let tax = BorneTax {
        authority: String::new(),
        name: rate.name.clone(),
        rate: rate.rate,
    };
    let basis = format!("rate of {entity} from {}", rate.from);
    Ok(Determination::of(vec![tax], basis))
}

fn untaxed(table: &TaxTable, entity: &EntityId, tax_code: &str, on: Date) -> Option<Determination> {
    let holds = |row: &&Untaxed| {
        row.entity == *entity
            && row.tax_code == tax_code
            && row.from <= on
            && row.until.is_none_or(|until| on <= until)
    };
    let row = table
        .untaxed
        .iter()
        .filter(holds)
        .max_by_key(|row| row.from)?;
    let basis = format!("{tax_code} of {entity} is category {}", row.category.code());
    Some(Determination::none(row.category, &row.reason, basis))
}

fn exempt(buyer: &TaxProfile, tax_code: &str, on: Date) -> Option<Determination> {
    let region = buyer.region.as_deref();
    let found = buyer
        .certificates
        .iter()
        .find(|it| it.holds(&buyer.country, region, tax_code, on))?;
    let reason = format!("{} (certificate {})", found.reason, found.number);
    let basis = format!("certificate {} from {}", found.number, found.from);
    Some(Determination::none(TaxCategory::E, &reason, basis))
}

/// Business to business across a border within the Union, both registered.
fn reverse_charge(seller: &TaxSeller, buyer: &TaxProfile) -> Option<Determination> {
    let ours = seller.vat_id.as_ref()?;
    let theirs = buyer.vat_id.as_ref()?;
    let crosses =
        in_union(&seller.country) && in_union(&buyer.country) && seller.country != buyer.country;
    crosses.then(|| {
        let basis = format!(
            "business in {} registered as {theirs}, seller {ours}",
            buyer.country
        );
        Determination::none(TaxCategory::AE, REVERSE_CHARGE, basis)
    })
}

/// The rate in force of every authority where the buyer is, in the order of the table.
fn local(table: &TaxTable, buyer: &TaxProfile, tax_code: &str, on: Date) -> Vec<BorneTax> {
    let here = |row: &&LocalTax| {
        row.country == buyer.country
            && row.tax_code == tax_code
            && row.from <= on
            && (row.region.is_none() || row.region == buyer.region)
            && (row.locality.is_none() || row.locality == buyer.locality)
    };
    let mut found: Vec<&LocalTax> = Vec::new();
    for row in table.local.iter().filter(here) {
        let same = |known: &&mut &LocalTax| known.authority == row.authority;
        match found.iter_mut().find(same) {
            Some(known) if known.from < row.from => *known = row,
            Some(_) => {}
            None => found.push(row),
        }
    }
    let borne = |row: &LocalTax| BorneTax {
        authority: row.authority.clone(),
        name: row.name.clone(),
        rate: row.rate,
    };
    found.into_iter().map(borne).collect()
}
