//! How a customer stands towards tax: where it is, its registration and its certificates.

use crate::charge::Charge;
use crate::contract::Contract;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use values::{ComponentId, Date, Decimal, Rate, UnitPrice, round_places};

/// How a customer stands towards tax.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TaxProfile {
    /// Country, two letters of ISO 3166, such as `DE`.
    pub country: String,
    /// State or region within it, such as `CA`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub region: Option<String>,
    /// County or city within the region, such as `Los Angeles`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub locality: Option<String>,
    /// Registration for VAT, with the prefix of its country, such as `FR40303265045`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub vat_id: Option<String>,
    /// Certificates of exemption, past ones too.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub certificates: Vec<ExemptionCertificate>,
}

/// A certificate by which a customer is exempt.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ExemptionCertificate {
    /// Its number, as printed on it.
    pub number: String,
    /// The country whose taxes it is about.
    pub country: String,
    /// The state or region; the whole country when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub region: Option<String>,
    /// The tax codes that are exempt; every one when empty.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tax_codes: Vec<String>,
    /// First day on which it holds.
    pub from: Date,
    /// Last day on which it holds; without end when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Date>,
    /// Why, as it stands on documents.
    pub reason: String,
}

impl ExemptionCertificate {
    /// Whether it holds for a tax code in a place on a day.
    #[must_use]
    pub fn holds(&self, country: &str, region: Option<&str>, tax_code: &str, on: Date) -> bool {
        self.country == country
            && self.region.as_deref().is_none_or(|own| Some(own) == region)
            && (self.tax_codes.is_empty() || self.tax_codes.iter().any(|code| code == tax_code))
            && self.from <= on
            && self.until.is_none_or(|until| on <= until)
    }
}

/// What is wrong with a profile.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TaxProfileRefusal {
    /// No code of a country.
    #[error("{value:?} is no country; write two capital letters of ISO 3166, such as \"DE\"")]
    Country {
        /// What was given.
        value: String,
    },
    /// No VAT id.
    #[error(
        "{value:?} is no VAT id of {country}; write it with its prefix and without spaces, such as \"{prefix}123456789\""
    )]
    VatId {
        /// What was given.
        value: String,
        /// The country of the profile.
        country: String,
        /// The prefix of its VAT ids.
        prefix: String,
    },
    /// A certificate says too little, or ends before it begins.
    #[error("certificate {number:?}: {problem}")]
    Certificate {
        /// Its number.
        number: String,
        /// What is wrong and what to write.
        problem: &'static str,
    },
}

impl TaxProfileRefusal {
    /// The field at fault.
    #[must_use]
    pub fn field(&self) -> &'static str {
        match self {
            Self::Country { .. } => "country",
            Self::VatId { .. } => "vat_id",
            Self::Certificate { .. } => "certificates",
        }
    }
}

impl TaxProfile {
    /// Everything that is wrong with it.
    #[must_use]
    pub fn problems(&self) -> Vec<TaxProfileRefusal> {
        let mut wrong = Vec::new();
        if !is_country(&self.country) {
            let value = self.country.clone();
            wrong.push(TaxProfileRefusal::Country { value });
        }
        if let Some(value) = self.vat_id.as_ref().filter(|id| !self.is_vat_id(id)) {
            wrong.push(TaxProfileRefusal::VatId {
                value: value.clone(),
                country: self.country.clone(),
                prefix: vat_prefix(&self.country).to_owned(),
            });
        }
        for certificate in &self.certificates {
            let problem = if certificate.number.trim().is_empty() {
                "it has no number; state the one printed on it"
            } else if certificate.reason.trim().is_empty() {
                "it says no reason; state the one that documents must carry"
            } else if !is_country(&certificate.country) {
                "its country is not two capital letters of ISO 3166"
            } else if certificate
                .until
                .is_some_and(|until| until < certificate.from)
            {
                "it ends before it begins"
            } else {
                continue;
            };
            wrong.push(TaxProfileRefusal::Certificate {
                number: certificate.number.clone(),
                problem,
            });
        }
        wrong
    }

    /// Whether `id` has the form of a VAT id of the customer's country.
    fn is_vat_id(&self, id: &str) -> bool {
        let rest = id
            .strip_prefix(vat_prefix(&self.country))
            .unwrap_or_default();
        (2..=13).contains(&rest.len())
            && rest
                .bytes()
                .all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit())
    }
}

fn is_country(text: &str) -> bool {
    text.len() == 2 && text.bytes().all(|byte| byte.is_ascii_uppercase())
}

/// Greece has a prefix of its own.
fn vat_prefix(country: &str) -> &str {
    if country == "GR" { "EL" } else { country }
}

/// A component whose price was agreed with the tax in it. The timeline holds the price without tax,
/// because only that is revenue; this says which rate was taken out. It holds until the next day for
/// which one is stated.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct InclusivePrice {
    /// The component.
    pub component: ComponentId,
    /// First day of the prices that it is about; all from the first one on, when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<Date>,
    /// The rate in the price; nothing where the price is one without tax from that day on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rate: Option<Rate>,
}

impl Contract {
    /// The rate of the tax that was taken out of a component's price of a day; nothing where the price
    /// was agreed without tax.
    #[must_use]
    pub fn tax_in_price(&self, component: &ComponentId, on: Date) -> Option<Rate> {
        let stated = self.inclusive_prices.iter().filter(|stated| {
            stated.component == *component && stated.from.is_none_or(|from| from <= on)
        });
        stated.max_by_key(|stated| stated.from)?.rate
    }

    /// Notes which tax was taken out of a price. A price that was stated for a later day keeps the
    /// rate that was taken out of it.
    pub fn state_tax_in_price(&mut self, stated: InclusivePrice) {
        let same = |known: &InclusivePrice, from: Option<Date>| {
            known.component == stated.component && known.from == from
        };
        let next = stated.from.and_then(|from| {
            let held = self.component(&stated.component).ok()?;
            let mut days = held.charges.iter().map(|charge| charge.from);
            days.find(|day| *day > from)
        });
        let kept = next
            .filter(|day| {
                let mut known = self.inclusive_prices.iter();
                !known.any(|known| same(known, Some(*day)))
            })
            .map(|day| InclusivePrice {
                component: stated.component.clone(),
                from: Some(day),
                rate: self.tax_in_price(&stated.component, day),
            });
        self.inclusive_prices
            .retain(|known| !same(known, stated.from));
        self.inclusive_prices.push(stated);
        self.inclusive_prices.extend(kept);
    }
}

/// A price with tax in it without that tax; nothing when the charge has more than one price.
#[must_use]
pub fn without_tax(charge: &Charge, rate: Rate) -> Option<Charge> {
    let factor = Decimal::ONE.checked_add(rate.decimal())?;
    let net = charge.single_price()?.decimal().checked_div(factor)?;
    charge.repriced(UnitPrice::new(net)).ok()
}

/// A price without tax with that tax in it again; nothing when the charge has more than one price.
#[must_use]
pub fn with_tax(charge: &Charge, rate: Rate) -> Option<Charge> {
    let factor = Decimal::ONE.checked_add(rate.decimal())?;
    let exact = charge.single_price()?.decimal().checked_mul(factor)?;
    // The price without tax is kept to 28 digits; what it lacks is no part of the price that was agreed.
    let price = round_places(exact, 10).normalize();
    charge.repriced(UnitPrice::new(price)).ok()
}
