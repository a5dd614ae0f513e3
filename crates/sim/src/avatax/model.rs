//! What a transaction says, and what tax it bears by the rates that were stated.

use serde_json::{Value, json};

use super::control::RateRow;
use super::refusal::Refusal;
use crate::decimal::{number_of, parse_scaled};

/// Places to which rates are kept.
const RATE_PLACES: u32 = 6;
/// The internal number of the only account's companies.
const COMPANY_ID: u64 = 236_180;

/// A transaction as it was given.
pub(super) struct Sale {
    pub(super) code: String,
    pub(super) company: String,
    pub(super) commit: bool,
    /// Whether it is an invoice and not an estimate.
    pub(super) is_kept: bool,
    kind: String,
    date: String,
    customer: String,
    currency: String,
    country: String,
    region: String,
    lines: Vec<Line>,
}

struct Line {
    number: String,
    description: String,
    tax_code: String,
    minor: i64,
    /// The certificate of the line or of the whole sale; empty when it bears tax.
    exemption: String,
}

impl Sale {
    pub(super) fn read(model: &Value) -> Result<Sale, Refusal> {
        let text = |field: &str| model[field].as_str().unwrap_or("").to_owned();
        let needed = |field: &str| match text(field) {
            value if value.is_empty() => Err(Refusal::required(field)),
            value => Ok(value),
        };
        let kind = needed("type")?;
        let is_kept = match kind.as_str() {
            "SalesOrder" => false,
            "SalesInvoice" => true,
            other => return Err(Refusal::bad_value("type", other)),
        };
        let currency = needed("currencyCode")?;
        let to = &model["addresses"]["shipTo"];
        let country = to["country"].as_str().unwrap_or("").to_owned();
        if country.len() != 2 {
            return Err(Refusal::address(&country));
        }
        let given = model["lines"].as_array().cloned().unwrap_or_default();
        if given.is_empty() {
            return Err(Refusal::required("lines"));
        }
        let (places, whole) = (places_of(&currency), text("exemptionNo"));
        let lines = given.iter().enumerate().map(|(index, line)| {
            let field = format!("lines[{index}].amount");
            let Value::Number(amount) = &line["amount"] else {
                return Err(Refusal::required(&field));
            };
            let amount = amount.to_string();
            let minor = parse_scaled(&amount, places).and_then(|minor| i64::try_from(minor).ok());
            Ok(Line {
                number: line["number"].as_str().unwrap_or("").to_owned(),
                description: line["description"].as_str().unwrap_or("").to_owned(),
                tax_code: line["taxCode"].as_str().unwrap_or("").to_owned(),
                exemption: line["exemptionCode"].as_str().unwrap_or(&whole).to_owned(),
                minor: minor.ok_or_else(|| Refusal::bad_value(&field, &amount))?,
            })
        });
        Ok(Sale {
            code: needed("code")?,
            company: needed("companyCode")?,
            commit: model["commit"].as_bool().unwrap_or(false),
            is_kept,
            kind,
            date: needed("date")?,
            customer: needed("customerCode")?,
            country,
            region: to["region"].as_str().unwrap_or("").to_owned(),
            lines: lines.collect::<Result<_, _>>()?,
            currency,
        })
    }

    /// The transaction with its taxes, as an estimate.
    pub(super) fn taxed(&self, rates: &[RateRow]) -> Result<Value, Refusal> {
        let places = places_of(&self.currency);
        let amount = |minor: i64| number_of(minor, places);
        let (mut net, mut tax, mut exempt) = (0_i64, 0_i64, 0_i64);
        let mut lines = Vec::with_capacity(self.lines.len());
        for line in &self.lines {
            let is_exempt = !line.exemption.is_empty();
            let rows: Vec<&RateRow> = rates
                .iter()
                .filter(|row| !is_exempt && row.holds(&self.country, &self.region, &line.tax_code))
                .collect();
            let (mut line_tax, mut details) = (0_i64, Vec::new());
            for row in rows {
                let rate = parse_scaled(&row.rate, RATE_PLACES)
                    .ok_or_else(|| Refusal::bad_value("rate", &row.rate))?;
                let levied = levied(line.minor, rate).ok_or_else(Refusal::unexpected)?;
                line_tax += levied;
                details.push(json!({
                    "id": 0, "country": self.country, "region": self.region,
                    "jurisName": row.authority, "jurisType": "STA", "taxName": row.name,
                    "taxType": "Sales", "exemptAmount": amount(0), "nonTaxableAmount": amount(0),
                    "rate": number_of(i64::try_from(rate).unwrap_or(0), RATE_PLACES),
                    "tax": amount(levied), "taxableAmount": amount(line.minor),
                    "taxCalculated": amount(levied),
                }));
            }
            let line_exempt = if is_exempt { line.minor } else { 0 };
            net += line.minor;
            tax += line_tax;
            exempt += line_exempt;
            lines.push(json!({
                "id": 0, "transactionId": 0, "lineNumber": line.number,
                "description": line.description, "discountAmount": amount(0),
                "exemptAmount": amount(line_exempt), "exemptNo": line.exemption,
                "isItemTaxable": true, "itemCode": "", "lineAmount": amount(line.minor),
                "quantity": 1.0, "tax": amount(line_tax),
                "taxableAmount": amount(line.minor - line_exempt),
                "taxCalculated": amount(line_tax), "taxCode": line.tax_code,
                "taxDate": self.date, "taxIncluded": false, "details": details,
                "nonPassthroughDetails": [],
            }));
        }
        Ok(json!({
            "id": 0, "code": self.code, "companyId": COMPANY_ID, "date": self.date,
            "status": "Temporary", "type": self.kind, "currencyCode": self.currency,
            "customerVendorCode": self.customer, "customerCode": self.customer,
            "totalAmount": amount(net), "totalExempt": amount(exempt),
            "totalDiscount": amount(0), "totalTax": amount(tax),
            "totalTaxable": amount(net - exempt), "totalTaxCalculated": amount(tax),
            "adjustmentReason": "NotAdjusted", "locked": false, "version": 1,
            "taxDate": format!("{}T00:00:00", self.date), "lines": lines, "summary": [],
        }))
    }
}

/// The tax on an amount at a rate, half away from zero.
fn levied(minor: i64, rate: i128) -> Option<i64> {
    let unit = 10_i128.pow(RATE_PLACES);
    let exact = i128::from(minor).checked_mul(rate)?;
    let half = if exact < 0 { -unit / 2 } else { unit / 2 };
    i64::try_from(exact.checked_add(half)? / unit).ok()
}

/// Places of a currency, of those that the tests and the scripts use.
fn places_of(currency: &str) -> u32 {
    match currency {
        "JPY" | "KRW" | "CLP" | "VND" => 0,
        "BHD" | "KWD" | "JOD" | "OMR" | "TND" => 3,
        _ => 2,
    }
}

#[cfg(test)]
mod tests {
    use super::levied;

    #[test]
    fn tax_is_rounded_half_away_from_zero() {
        assert_eq!(levied(1_000, 40_000), Some(40));
        assert_eq!(levied(50, 190_000), Some(10), "9.5 goes up");
        assert_eq!(levied(-50, 190_000), Some(-10));
        assert_eq!(levied(0, 190_000), Some(0));
    }
}
