//! Avalara AvaTax: what tax a sale bears. Pure.
//!
//! Wire facts: JSON, `Authorization: Basic account:licence key`, `X-Avalara-Client`, amounts as JSON
//! numbers with a decimal point, errors as `{"error": {code, message, details[…]}}`. A transaction of
//! type `SalesOrder` is an estimate that AvaTax keeps nowhere (id 0, status `Temporary`): asking is
//! reading, and may be done again.

mod reply;

pub use reply::{
    CalculatedLine, CalculatedTax, Calculation, Engine, answers, read_calculation, read_engine,
    read_fault,
};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Serialize;
use serde_json::value::RawValue;
use values::{Currency, Date, Money};

use crate::fault::{Fault, FaultClass};
use crate::request::{Body, Method, Operation, Request, Safety};
use crate::secret::Secret;

/// Name of the system in faults and metrics.
pub const SYSTEM: &str = "avatax";

/// Where the production service is.
pub const PRODUCTION: &str = "https://rest.avatax.com";

/// What we call ourselves in `X-Avalara-Client`.
const CLIENT: &str = "Tieout; 1; connect; 1; server";

/// Asks for the tax of a sale without recording it.
pub static CALCULATE_TAX: Operation = Operation {
    system: SYSTEM,
    name: "calculate_tax",
    safety: Safety::ReadOnly,
};
/// Asks whether the credentials are good.
pub static PING: Operation = Operation {
    system: SYSTEM,
    name: "ping",
    safety: Safety::ReadOnly,
};

/// Everything this connector can do.
pub static OPERATIONS: [&Operation; 2] = [&CALCULATE_TAX, &PING];

/// Most characters of a description that AvaTax takes.
const DESCRIPTION_CHARS: usize = 2_000;

/// Where AvaTax is and with which credentials.
#[derive(Debug, Clone)]
pub struct Connection {
    /// `https://rest.avatax.com`, without a slash at the end.
    pub base_url: String,
    /// Account id, such as `1100012345`.
    pub account: String,
    /// The licence key of the account.
    pub license_key: Secret,
}

/// Where a sale goes from or to. What is not known stays away.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Address {
    /// First line.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub line1: Option<String>,
    /// City.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub city: Option<String>,
    /// State or region.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub region: Option<String>,
    /// Postal code.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub postal_code: Option<String>,
    /// Country, two letters.
    pub country: String,
}

/// One charge of a sale.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SaleLine {
    /// Its number, unique in the sale; the answer names it.
    pub number: String,
    /// Without tax.
    pub net: Money,
    /// What AvaTax calls what is sold, such as `SW054000`.
    pub tax_code: String,
    /// Words.
    pub description: String,
    /// The certificate under which the buyer bears no tax on it.
    pub exemption: Option<String>,
}

/// A sale whose tax is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sale {
    /// Our id of the question; the answer repeats it.
    pub code: String,
    /// The company of the seller in AvaTax.
    pub company: String,
    /// Our id of the buyer.
    pub customer: String,
    /// Date of the document.
    pub on: Date,
    /// Currency of every amount.
    pub currency: Currency,
    /// Where it is sold from.
    pub from: Address,
    /// Where the buyer is.
    pub to: Address,
    /// The buyer's registration for VAT.
    pub vat_id: Option<String>,
    /// The charges.
    pub lines: Vec<SaleLine>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct TransactionModel<'a> {
    code: &'a str,
    company_code: &'a str,
    r#type: &'static str,
    date: String,
    customer_code: &'a str,
    currency_code: &'a str,
    commit: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    business_identification_no: Option<&'a str>,
    addresses: Addresses<'a>,
    lines: Vec<LineModel<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Addresses<'a> {
    ship_from: &'a Address,
    ship_to: &'a Address,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct LineModel<'a> {
    number: &'a str,
    quantity: u8,
    /// The text of the decimal as a JSON number: it never passes through a binary float.
    amount: Box<RawValue>,
    tax_code: &'a str,
    description: String,
    tax_included: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    exemption_code: Option<&'a str>,
}

impl Connection {
    /// A connection to this address.
    pub fn new(
        base_url: impl Into<String>,
        account: impl Into<String>,
        license_key: Secret,
    ) -> Connection {
        Connection {
            base_url: base_url.into(),
            account: account.into(),
            license_key,
        }
    }

    /// Asks for the tax of a sale; AvaTax keeps nothing of it.
    ///
    /// # Errors
    /// When the sale has no lines, two of one number or another currency than its own.
    pub fn calculate_tax(&self, sale: &Sale) -> Result<Request, Fault> {
        let mut lines: Vec<LineModel<'_>> = Vec::with_capacity(sale.lines.len());
        for line in &sale.lines {
            if line.net.currency != sale.currency {
                return Err(cannot_ask("a line has another currency than its sale"));
            }
            if lines.iter().any(|known| known.number == line.number) {
                return Err(cannot_ask("two lines have one number"));
            }
            let amount = RawValue::from_string(line.net.decimal().to_string())
                .map_err(|_| cannot_ask("an amount is no number"))?;
            lines.push(LineModel {
                number: &line.number,
                quantity: 1,
                amount,
                tax_code: &line.tax_code,
                description: line.description.chars().take(DESCRIPTION_CHARS).collect(),
                tax_included: false,
                exemption_code: line.exemption.as_deref(),
            });
        }
        if lines.is_empty() {
            return Err(cannot_ask("a sale without lines bears no tax"));
        }
        let model = TransactionModel {
            code: &sale.code,
            company_code: &sale.company,
            r#type: "SalesOrder",
            date: sale.on.to_string(),
            customer_code: &sale.customer,
            currency_code: sale.currency.code(),
            commit: false,
            business_identification_no: sale.vat_id.as_deref(),
            addresses: Addresses {
                ship_from: &sale.from,
                ship_to: &sale.to,
            },
            lines,
        };
        let bytes = serde_json::to_vec(&model)
            .map_err(|_| cannot_ask("the sale cannot be written as JSON"))?;
        Ok(Request {
            method: Method::Post,
            url: format!("{}/api/v2/transactions/create", self.base_url),
            headers: self.headers(),
            body: Some(Body {
                content_type: "application/json",
                bytes,
            }),
            operation: &CALCULATE_TAX,
        })
    }

    /// Asks whether the credentials are good.
    pub fn ping(&self) -> Request {
        Request {
            method: Method::Get,
            url: format!("{}/api/v2/utilities/ping", self.base_url),
            headers: self.headers(),
            body: None,
            operation: &PING,
        }
    }

    fn headers(&self) -> Vec<(String, String)> {
        let pair = format!("{}:{}", self.account, self.license_key.reveal());
        vec![
            (
                "Authorization".to_owned(),
                format!("Basic {}", STANDARD.encode(pair)),
            ),
            ("X-Avalara-Client".to_owned(), CLIENT.to_owned()),
            ("Accept".to_owned(), "application/json".to_owned()),
        ]
    }
}

fn cannot_ask(why: &str) -> Fault {
    Fault::new(SYSTEM, FaultClass::Data, "cannot_be_asked", why)
}
