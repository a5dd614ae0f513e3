//! AvaTax as the engine that decides on tax: our question in its words, its answer in ours.

use super::engine::{NoTaxAnswer, Said, TaxCall, TaxEngine};
use billing::{EngineAnswer, EngineLine, EngineQuestion, EngineTax};
use commerce::TaxProfile;
use connect::avatax::{self, Address, CalculatedLine, Calculation, Sale, SaleLine};
use connect::driver::{AvaTax, Driver};
use connect::{Fault, FaultClass, Secret};
use serde::{Deserialize, Deserializer};
use std::collections::BTreeMap;
use std::sync::Arc;
use values::{Decimal, Rate, TaxCategory};

/// What the tax table calls this engine.
pub const AVATAX: &str = avatax::SYSTEM;

/// How AvaTax is reached, and what our entities and tax codes are called there.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AvaTaxConfig {
    /// `https://rest.avatax.com` or `https://sandbox-rest.avatax.com`, without a slash at the end.
    #[serde(default = "production")]
    pub base_url: String,
    /// Account id.
    pub account: String,
    /// Licence key of the account.
    #[serde(deserialize_with = "secret")]
    pub license_key: Secret,
    /// Legal entity to its company there and the address that it sells from.
    #[serde(default)]
    pub sellers: BTreeMap<String, AvaTaxSeller>,
    /// Our tax code to the code of AvaTax. What is not named here is not asked: AvaTax takes a code
    /// that it does not know for goods that bear tax.
    #[serde(default)]
    pub tax_codes: BTreeMap<String, String>,
}

/// A legal entity as AvaTax knows it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AvaTaxSeller {
    /// Code of the company.
    pub company: String,
    /// Country that it sells from, two letters.
    pub country: String,
    /// State or region.
    #[serde(default)]
    pub region: Option<String>,
    /// City.
    #[serde(default)]
    pub city: Option<String>,
    /// Postal code.
    #[serde(default)]
    pub postal_code: Option<String>,
    /// First line of the address.
    #[serde(default)]
    pub line1: Option<String>,
}

fn production() -> String {
    avatax::PRODUCTION.to_owned()
}

fn secret<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Secret, D::Error> {
    String::deserialize(deserializer).map(Secret::new)
}

/// AvaTax with the names of our things there.
pub struct AvaTaxEngine {
    api: AvaTax,
    sellers: BTreeMap<String, AvaTaxSeller>,
    tax_codes: BTreeMap<String, String>,
}

impl AvaTaxEngine {
    /// The engine behind a configuration.
    #[must_use]
    pub fn new(driver: Arc<Driver>, config: &AvaTaxConfig) -> AvaTaxEngine {
        let connection = avatax::Connection::new(
            config.base_url.as_str(),
            config.account.as_str(),
            config.license_key.clone(),
        );
        AvaTaxEngine {
            api: AvaTax::new(driver, connection),
            sellers: config.sellers.clone(),
            tax_codes: config.tax_codes.clone(),
        }
    }

    /// The question in the words of AvaTax, or what is missing to put it.
    fn sale(&self, decision: &str, question: &EngineQuestion) -> Result<Sale, String> {
        let entity = question.entity.as_str();
        let seller = self.sellers.get(entity).ok_or_else(|| {
            format!(
                "entity {entity} has no company at AvaTax; add connections.avatax.sellers.{entity}"
            )
        })?;
        let buyer = question.buyer.as_ref().ok_or_else(|| {
            format!(
                "customer {} has no tax profile; state its country with set_tax_profile",
                question.customer
            )
        })?;
        let mut lines = Vec::with_capacity(question.lines.len());
        for (index, line) in question.lines.iter().enumerate() {
            let code = self.tax_codes.get(&line.tax_code).ok_or_else(|| {
                format!(
                    "tax code {:?} has no code at AvaTax; add it to connections.avatax.tax_codes",
                    line.tax_code
                )
            })?;
            lines.push(SaleLine {
                number: (index + 1).to_string(),
                net: line.net,
                tax_code: code.clone(),
                description: line.description.clone(),
                exemption: certificate(buyer, &line.tax_code, question),
            });
        }
        Ok(Sale {
            code: decision.to_owned(),
            company: seller.company.clone(),
            customer: question.customer.as_str().to_owned(),
            on: question.on,
            currency: question.currency,
            from: Address {
                line1: seller.line1.clone(),
                city: seller.city.clone(),
                region: seller.region.clone(),
                postal_code: seller.postal_code.clone(),
                country: seller.country.clone(),
            },
            to: Address {
                city: buyer.locality.clone(),
                region: buyer.region.clone(),
                country: buyer.country.clone(),
                ..Address::default()
            },
            vat_id: buyer.vat_id.clone(),
            lines,
        })
    }
}

/// The number of the certificate by which a buyer bears no tax on what is sold.
fn certificate(buyer: &TaxProfile, tax_code: &str, question: &EngineQuestion) -> Option<String> {
    let region = buyer.region.as_deref();
    let mut held = buyer.certificates.iter();
    held.find(|it| it.holds(&buyer.country, region, tax_code, question.on))
        .map(|it| it.number.clone())
}

impl TaxEngine for AvaTaxEngine {
    fn decide(&self, decision: &str, question: &EngineQuestion) -> Said {
        let sale = match self.sale(decision, question) {
            Ok(sale) => sale,
            Err(missing) => return Said::cannot_be_put(missing),
        };
        let (outcome, wire) = self.api.calculate_tax(&sale);
        Said {
            answer: match outcome {
                Ok(calculation) => Ok(answer(&sale, &calculation)),
                Err(fault) => Err(no_answer(&fault)),
            },
            call: TaxCall {
                request_line: wire.request_line,
                request: wire.request,
                status: wire.status,
                response: wire.response,
            },
        }
    }
}

/// A fault that may pass by itself is an engine that is away; every other one needs somebody.
fn no_answer(fault: &Fault) -> NoTaxAnswer {
    match fault.class {
        FaultClass::Transient | FaultClass::Throttled { .. } | FaultClass::Authentication => {
            NoTaxAnswer::Away(fault.to_string())
        }
        FaultClass::Data
        | FaultClass::Policy
        | FaultClass::Conflict
        | FaultClass::Duplicate
        | FaultClass::Ambiguous
        | FaultClass::Bug => NoTaxAnswer::Refused(fault.to_string()),
    }
}

/// The lines in the order of the question; that every one is there was seen when it was read.
fn answer(sale: &Sale, calculation: &Calculation) -> EngineAnswer {
    let of = |asked: &SaleLine| {
        let mut lines = calculation.lines.iter();
        lines.find(|line| line.number == asked.number)
    };
    let lines = sale
        .lines
        .iter()
        .filter_map(|asked| of(asked).map(|line| decided(asked, line)));
    EngineAnswer {
        reference: format!("avatax/{}/{}", sale.company, calculation.code),
        lines: lines.collect(),
    }
}

fn decided(asked: &SaleLine, line: &CalculatedLine) -> EngineLine {
    let levied = line.taxes.iter().filter(|tax| !tax.base.is_zero());
    let rate = levied.fold(Decimal::ZERO, |sum, tax| sum.saturating_add(tax.rate));
    let (category, reason) = if !line.tax.is_zero() {
        (TaxCategory::S, String::new())
    } else if let Some(number) = asked.exemption.as_ref().filter(|_| !line.exempt.is_zero()) {
        (TaxCategory::E, format!("Exempt by certificate {number}"))
    } else if line.is_taxable && !line.taxes.is_empty() {
        (TaxCategory::Z, String::new())
    } else {
        let reason = "Not subject to tax where the customer is".to_owned();
        (TaxCategory::O, reason)
    };
    let taxes = line.taxes.iter().map(|tax| EngineTax {
        authority: tax.authority.clone(),
        name: if tax.name.is_empty() {
            tax.authority.clone()
        } else {
            tax.name.clone()
        },
        rate: Rate::new(tax.rate),
        amount: tax.tax,
    });
    EngineLine {
        rate: if category == TaxCategory::S {
            Rate::new(rate)
        } else {
            Rate::default()
        },
        taxes: match category {
            TaxCategory::S | TaxCategory::Z => taxes.collect(),
            _ => Vec::new(),
        },
        category,
        reason,
        tax: line.tax,
    }
}
