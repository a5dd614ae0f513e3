//! Salesforce's records, read into our own structs.
//!
//! Fields that a CRM may leave empty stay `Option`, and figures keep any sign: whether a deal makes
//! sense is the domain's to judge, and to refuse with words the seller understands.

use std::collections::BTreeMap;

use values::{Date, Decimal, Instant};

use super::{FieldNames, SYSTEM};
use crate::fault::ReadFault;
use crate::json::Record;

/// A closed and won opportunity with its account and lines.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WonOpportunity {
    /// 18 characters.
    pub id: String,
    /// Name given by the seller.
    pub name: Option<String>,
    /// Last change, for ordering and for the next sweep.
    pub modified: Instant,
    /// Stage, e.g. `Closed Won`.
    pub stage: Option<String>,
    /// Whether it is won.
    pub is_won: bool,
    /// Whether it is closed.
    pub is_closed: bool,
    /// Sum of the line totals by the CRM, in major units, exactly as written. A line total is for one
    /// billing period.
    pub amount: Option<Decimal>,
    /// What the deal is worth over its term by the seller's quote, in major units, exactly as written.
    pub total_contract_value: Option<Decimal>,
    /// Currency code as written.
    pub currency_code: Option<String>,
    /// Date of closing.
    pub close_date: Option<Date>,
    /// E.g. `New Business`, `Upgrade`, `Renewal`.
    pub kind: Option<String>,
    /// First day of service.
    pub start: Option<Date>,
    /// Last day of service, inclusive, as the seller enters it.
    pub end: Option<Date>,
    /// Legal entity that sells.
    pub legal_entity: Option<String>,
    /// `Monthly`, `Quarterly` or `Annual`, as written.
    pub billing_frequency: Option<String>,
    /// The opportunity whose contract this one changes.
    pub upgrades_opportunity: Option<String>,
    /// The customer.
    pub account: Option<Account>,
    /// What was sold.
    pub lines: Vec<OpportunityLine>,
}

/// The customer of an opportunity.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    /// 18 characters.
    pub id: String,
    /// Name.
    pub name: Option<String>,
    /// Currency code as written.
    pub currency_code: Option<String>,
    /// Street.
    pub billing_street: Option<String>,
    /// City.
    pub billing_city: Option<String>,
    /// Postal code.
    pub billing_postal_code: Option<String>,
    /// Country as written.
    pub billing_country: Option<String>,
    /// `cus_…` at Stripe, if known.
    pub stripe_customer: Option<String>,
    /// `pm_…` at Stripe, if known.
    pub payment_method: Option<String>,
}

/// One product sold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpportunityLine {
    /// 18 characters.
    pub id: String,
    /// How many; any sign.
    pub quantity: Option<Decimal>,
    /// Price of one, in major units, exactly as written.
    pub unit_price: Option<Decimal>,
    /// Price of all, in major units, exactly as written.
    pub total_price: Option<Decimal>,
    /// Date of service, if the line has its own.
    pub service_date: Option<Date>,
    /// Text by the seller.
    pub description: Option<String>,
    /// Id of the product in the CRM.
    pub product_id: Option<String>,
    /// Code of the product, shared with the catalogue.
    pub product_code: Option<String>,
}

/// One row of the query for won opportunities.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WonRow {
    /// The opportunity, perhaps with only its first lines.
    pub opportunity: WonOpportunity,
    /// Address of its further lines, when there are more than one page of them.
    pub more_lines: Option<String>,
}

/// A row that could not be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BadRow {
    /// Position in the answer, from 0.
    pub position: usize,
    /// Id of the record, if that much could be read.
    pub id: Option<String>,
    /// What was wrong with it.
    pub fault: ReadFault,
}

/// One page of a query: every good row, and every bad one with its reason.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QueryPage<T> {
    /// Rows that were read.
    pub rows: Vec<T>,
    /// Rows that were not.
    pub bad: Vec<BadRow>,
    /// Rows that the whole query has, by Salesforce's count.
    pub total: i64,
    /// Address of the next page.
    pub next: Option<String>,
}

/// Reads one opportunity of the standard query from its JSON text.
///
/// # Errors
/// When a field holds something of another kind; the fault names field, value and mend.
pub fn read_opportunity(json: &[u8]) -> Result<WonRow, ReadFault> {
    // What is kept here has the standard names, whatever the org calls its fields.
    read_row(
        &Record::of_body(SYSTEM, "Opportunity", json)?,
        &FieldNames::default(),
    )
}

pub(super) fn read_won_page(
    body: &[u8],
    names: &FieldNames,
) -> Result<QueryPage<WonRow>, ReadFault> {
    read_page(body, |record| read_row(record, names))
}

pub(super) fn read_line_page(body: &[u8]) -> Result<QueryPage<OpportunityLine>, ReadFault> {
    read_page(body, read_line)
}

pub(super) fn read_text_page(
    body: &[u8],
) -> Result<QueryPage<BTreeMap<String, String>>, ReadFault> {
    read_page(body, |record| record.scalars())
}

pub(super) fn read_scalars(body: &[u8]) -> Result<BTreeMap<String, String>, ReadFault> {
    Record::of_body(SYSTEM, "record", body)?.scalars()
}

fn read_page<T>(
    body: &[u8],
    read: impl Fn(&Record<'_>) -> Result<T, ReadFault>,
) -> Result<QueryPage<T>, ReadFault> {
    let answer = Record::of_body(SYSTEM, "query", body)?;
    if answer.raw("records").is_none() {
        return Err(answer.lacks("records"));
    }
    let mut page = QueryPage {
        rows: Vec::new(),
        bad: Vec::new(),
        total: answer.needed_whole("totalSize")?,
        next: next_page(&answer)?,
    };
    for (position, raw) in answer.list("records")?.into_iter().enumerate() {
        // Fields are named from the row on: the position and the id say which row.
        let (id, outcome) = match Record::of_raw(SYSTEM, String::new(), raw) {
            Ok(record) => (record.text("Id").ok().flatten(), read(&record)),
            Err(fault) => (None, Err(fault)),
        };
        match outcome {
            Ok(row) => page.rows.push(row),
            Err(fault) => page.bad.push(BadRow {
                position,
                id,
                fault,
            }),
        }
    }
    Ok(page)
}

/// Address of the next page. Only a path on the same host is taken: the bearer token goes with it.
fn next_page(answer: &Record<'_>) -> Result<Option<String>, ReadFault> {
    if answer.flag("done")?.unwrap_or(true) {
        return Ok(None);
    }
    let next = answer.needed_text("nextRecordsUrl")?;
    let plain = next
        .bytes()
        .all(|byte| byte.is_ascii_alphanumeric() || b"/-._~%?=&".contains(&byte));
    if next.starts_with("/services/data/") && plain && !next.contains("..") {
        Ok(Some(next))
    } else {
        Err(answer.refuse(
            "nextRecordsUrl",
            &next,
            "a path below /services/data/ on the same host is expected",
        ))
    }
}

fn read_row(record: &Record<'_>, names: &FieldNames) -> Result<WonRow, ReadFault> {
    let (lines, more_lines) = match record.record("OpportunityLineItems")? {
        None => (Vec::new(), None),
        Some(answer) => {
            let lines = answer.records("records")?;
            let lines = lines.iter().map(read_line).collect::<Result<_, _>>()?;
            (lines, next_page(&answer)?)
        }
    };
    let opportunity = WonOpportunity {
        id: record.needed_text("Id")?,
        name: record.text("Name")?,
        modified: record
            .instant("SystemModstamp")?
            .ok_or_else(|| record.lacks("SystemModstamp"))?,
        stage: record.text("StageName")?,
        is_won: record.flag("IsWon")?.unwrap_or(false),
        is_closed: record.flag("IsClosed")?.unwrap_or(false),
        amount: record.decimal("Amount")?,
        total_contract_value: record.decimal(names.of("Total_Contract_Value__c"))?,
        currency_code: record.text(names.of("CurrencyIsoCode"))?,
        close_date: record.date("CloseDate")?,
        kind: record.text("Type")?,
        start: record.date(names.of("Tieout_Start__c"))?,
        end: record.date(names.of("Tieout_End__c"))?,
        legal_entity: record.text(names.of("Tieout_Entity__c"))?,
        billing_frequency: record.text(names.of("Billing_Frequency__c"))?,
        upgrades_opportunity: record.text(names.of("Upgrades_Opportunity__c"))?,
        account: record
            .record("Account")?
            .as_ref()
            .map(|account| read_account(account, names))
            .transpose()?,
        lines,
    };
    Ok(WonRow {
        opportunity,
        more_lines,
    })
}

fn read_account(record: &Record<'_>, names: &FieldNames) -> Result<Account, ReadFault> {
    Ok(Account {
        id: record.needed_text("Id")?,
        name: record.text("Name")?,
        currency_code: record.text("CurrencyIsoCode")?,
        billing_street: record.text("BillingStreet")?,
        billing_city: record.text("BillingCity")?,
        billing_postal_code: record.text("BillingPostalCode")?,
        billing_country: record.text("BillingCountry")?,
        stripe_customer: record.text(names.of("Account.Stripe_Customer__c"))?,
        payment_method: record.text(names.of("Account.Payment_Method__c"))?,
    })
}

fn read_line(record: &Record<'_>) -> Result<OpportunityLine, ReadFault> {
    let product_code = match record.record("PricebookEntry")? {
        None => None,
        Some(entry) => match entry.record("Product2")? {
            None => None,
            Some(product) => product.text("ProductCode")?,
        },
    };
    Ok(OpportunityLine {
        id: record.needed_text("Id")?,
        quantity: record.decimal("Quantity")?,
        unit_price: record.decimal("UnitPrice")?,
        total_price: record.decimal("TotalPrice")?,
        service_date: record.date("ServiceDate")?,
        description: record.text("Description")?,
        product_id: record.text("Product2Id")?,
        product_code,
    })
}
