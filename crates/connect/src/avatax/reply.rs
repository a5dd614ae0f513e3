//! Reading AvaTax's answers: calculations and errors.

use values::{Currency, Decimal, Money};

use super::{SYSTEM, Sale};
use crate::fault::{Fault, FaultClass, ReadFault};
use crate::json::Record;
use crate::request::{Operation, Reply};

/// What AvaTax makes of a sale.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Calculation {
    /// Its own id; 0 for an estimate.
    pub id: String,
    /// Our id of the question, as it repeats it.
    pub code: String,
    /// `Temporary`, `Saved`, `Committed`, `Cancelled`, as sent.
    pub status: String,
    /// Our id of the buyer, as it repeats it.
    pub customer: String,
    /// Currency of every amount.
    pub currency: Currency,
    /// The tax of all lines.
    pub tax: Money,
    /// The lines.
    pub lines: Vec<CalculatedLine>,
}

/// What AvaTax makes of one line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CalculatedLine {
    /// Our number of the line.
    pub number: String,
    /// The net amount it was asked about.
    pub net: Money,
    /// The tax.
    pub tax: Money,
    /// What of the net amount bears no tax because of the buyer.
    pub exempt: Money,
    /// Whether what is sold bears tax there at all.
    pub is_taxable: bool,
    /// Each tax.
    pub taxes: Vec<CalculatedTax>,
}

/// One tax of one authority on a line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CalculatedTax {
    /// Who levies it, such as `ALABAMA`.
    pub authority: String,
    /// Words for it, such as `AL STATE TAX`.
    pub name: String,
    /// The proportion of what it is levied on.
    pub rate: Decimal,
    /// How much.
    pub tax: Money,
    /// What it is levied on.
    pub base: Money,
}

/// What AvaTax says of itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Engine {
    /// Version of the service.
    pub version: String,
    /// Whether the credentials are good.
    pub authenticated: bool,
}

/// Reads a calculation.
///
/// # Errors
/// When AvaTax answered with an error, or the answer cannot be read.
pub fn read_calculation(operation: &Operation, reply: &Reply) -> Result<Calculation, Fault> {
    if !reply.is_success() {
        return Err(read_fault(operation, reply));
    }
    calculation(&reply.body).map_err(|fault| Fault::unreadable(operation, &fault))
}

/// Reads what AvaTax says of itself.
///
/// # Errors
/// When AvaTax answered with an error, or the answer cannot be read.
pub fn read_engine(operation: &Operation, reply: &Reply) -> Result<Engine, Fault> {
    if !reply.is_success() {
        return Err(read_fault(operation, reply));
    }
    let read = || -> Result<Engine, ReadFault> {
        let body = Record::of_body(SYSTEM, "ping", &reply.body)?;
        Ok(Engine {
            version: body.text("version")?.unwrap_or_default(),
            authenticated: body.flag("authenticated")?.unwrap_or_default(),
        })
    };
    read().map_err(|fault| Fault::unreadable(operation, &fault))
}

/// Whether a calculation is about this sale: its code, its buyer, its currency and every line once,
/// in any order, with its net amount.
pub fn answers(calculation: &Calculation, sale: &Sale) -> bool {
    let same_lines = sale.lines.len() == calculation.lines.len()
        && sale.lines.iter().all(|asked| {
            let mut of = calculation
                .lines
                .iter()
                .filter(|line| line.number == asked.number);
            of.next().is_some_and(|line| line.net == asked.net) && of.next().is_none()
        });
    calculation.code == sale.code
        && calculation.customer == sale.customer
        && calculation.currency == sale.currency
        && same_lines
}

fn calculation(body: &[u8]) -> Result<Calculation, ReadFault> {
    let body = Record::of_body(SYSTEM, "transaction", body)?;
    let currency = body
        .currency("currencyCode")?
        .ok_or_else(|| body.lacks("currencyCode"))?;
    let lines = body.records("lines")?;
    let lines = lines.iter().map(|line| calculated_line(line, currency));
    Ok(Calculation {
        id: body
            .whole("id")?
            .map(|id| id.to_string())
            .unwrap_or_default(),
        code: body.needed_text("code")?,
        status: body.needed_text("status")?,
        customer: body.needed_text("customerCode")?,
        currency,
        tax: money(&body, "totalTax", currency)?,
        lines: lines.collect::<Result<_, _>>()?,
    })
}

fn calculated_line(line: &Record<'_>, currency: Currency) -> Result<CalculatedLine, ReadFault> {
    let details = line.records("details")?;
    let taxes = details.iter().map(|detail| {
        Ok(CalculatedTax {
            authority: detail.needed_text("jurisName")?,
            name: detail.text("taxName")?.unwrap_or_default(),
            rate: detail
                .decimal("rate")?
                .ok_or_else(|| detail.lacks("rate"))?,
            tax: money(detail, "tax", currency)?,
            base: money(detail, "taxableAmount", currency)?,
        })
    });
    Ok(CalculatedLine {
        number: line.needed_text("lineNumber")?,
        net: money(line, "lineAmount", currency)?,
        tax: money(line, "tax", currency)?,
        exempt: money(line, "exemptAmount", currency)?,
        is_taxable: line.flag("isItemTaxable")?.unwrap_or(true),
        taxes: taxes.collect::<Result<_, ReadFault>>()?,
    })
}

/// An amount, exactly: one that has more places than its currency is refused and not rounded.
fn money(record: &Record<'_>, field: &str, currency: Currency) -> Result<Money, ReadFault> {
    let exact = record.decimal(field)?.ok_or_else(|| record.lacks(field))?;
    Money::from_decimal_exact(exact, currency).map_err(|_| {
        let mend = format!("an amount in whole minor units of {currency} is expected");
        record.refuse(field, &exact.to_string(), &mend)
    })
}

/// Reads an error answer into the classes of the house.
pub fn read_fault(operation: &Operation, reply: &Reply) -> Fault {
    let by_status = || Fault::by_status(operation, reply);
    let Ok(body) = Record::of_body(SYSTEM, "error", &reply.body) else {
        return by_status();
    };
    let Ok(Some(error)) = body.record("error") else {
        return by_status();
    };
    let known = by_status();
    let details = error.records("details").unwrap_or_default();
    let told = details.first().and_then(|detail| {
        let text = |field: &str| detail.text(field).ok().flatten();
        text("description").or_else(|| text("message"))
    });
    let text = |field: &str| error.text(field).ok().flatten();
    let code = text("code").filter(|code| !code.is_empty());
    let code = code.unwrap_or_else(|| format!("http_{}", reply.status));
    // The text of an authentication error may repeat the account.
    let message = match (known.class, told.or_else(|| text("message"))) {
        (FaultClass::Authentication, _) => "the account or its licence key was refused".to_owned(),
        (_, Some(told)) => told,
        (_, None) => format!("answered with status {}", reply.status),
    };
    let class = match code.as_str() {
        "AuthenticationException" | "AuthenticationIncomplete" => FaultClass::Authentication,
        "ServerError" | "ServiceUnavailable" | "ServerUnreachable" => {
            Fault::class_of_server_failure(operation)
        }
        _ => known.class,
    };
    Fault::new(SYSTEM, class, code, &message)
}
