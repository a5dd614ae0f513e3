//! Won opportunities of the CRM: kept in the CRM's own field names, read again when their turn
//! comes, and handed to the order journey.

use super::{Ending, conclude, hold};
use crate::connections::SALESFORCE;
use crate::governance::{gate, mappings};
use crate::journey::exception;
use crate::journey::order::{self, OrderAccount, OrderOutcome, WonLine, WonOrder};
use crate::worker::Progress;
use crate::{App, AppFault, Context};
use connect::salesforce::{Account, BadRow, OpportunityLine, WonOpportunity, read_opportunity};
use serde_json::{Value, json};
use store::inbox::{self, InboxRow};
use store::{Tx, catalogue};

/// Kind of an inbox item that holds an opportunity.
pub(crate) const OPPORTUNITY: &str = "Opportunity";
/// Kind of an inbox item that holds a record which could not be read.
pub(crate) const UNREADABLE: &str = "Opportunity (unreadable)";

pub(super) fn process(app: &App, row: &InboxRow) -> Result<Progress, AppFault> {
    let item = row.clone();
    conclude(app, row, move |tx, context| judge(tx, context, &item))
}

/// What an item comes to: the journey of its opportunity, without writing what became of the item.
pub(crate) fn judge(
    tx: &mut Tx<'_>,
    context: &Context,
    item: &InboxRow,
) -> Result<Ending, AppFault> {
    let stem = item
        .source_id
        .split('@')
        .next()
        .unwrap_or_default()
        .to_owned();
    let key = unreadable_key(&stem);
    match read_opportunity(&item.raw) {
        Ok(read) if item.kind == OPPORTUNITY => {
            exception::clear(
                tx,
                context,
                &key,
                "a later version of the record could be read",
            )?;
            take(tx, context, item, &read.opportunity)
        }
        Ok(_) => unreadable(
            tx,
            context,
            item,
            key,
            "the record could not be read when it was fetched",
        ),
        Err(fault) => {
            let why = if item.kind == UNREADABLE {
                reason_kept(&item.raw)
            } else {
                fault.to_string()
            };
            unreadable(tx, context, item, key, &why)
        }
    }
}

fn take(
    tx: &mut Tx<'_>,
    context: &Context,
    row: &InboxRow,
    opportunity: &WonOpportunity,
) -> Result<Ending, AppFault> {
    if opportunity.account.is_none() {
        let summary = format!("Opportunity {} has no account", name_of(opportunity));
        let detail = "field Account holds nothing: set the account on the opportunity".to_owned();
        return hold(tx, context, row, "order_invalid", summary, detail);
    }
    let theirs = won_order(opportunity, String::from_utf8_lossy(&row.raw).into_owned());
    let order = match mappings::translated(&context.books.governance.salesforce, &theirs) {
        Ok(order) => order,
        Err(unmapped) => {
            let summary = format!("{} has values that are not mapped", name_of(opportunity));
            let told: Vec<String> = unmapped.iter().map(ToString::to_string).collect();
            return hold(tx, context, row, "unmapped_value", summary, told.join("; "));
        }
    };
    if let Some(ending) = gate::order(tx, context, row, &order)? {
        return Ok(ending);
    }
    Ok(match order::take_order(tx, context, &order)? {
        OrderOutcome::Taken {
            contract,
            correlation,
        } => Ending::confirmed(
            format!("taken over as contract {contract}"),
            Some(&correlation),
        ),
        OrderOutcome::AlreadyTaken {
            contract,
            correlation,
        } => Ending::confirmed(
            format!("was taken over as contract {contract} already"),
            Some(&correlation),
        ),
        OrderOutcome::Held {
            exception,
            correlation,
        } => Ending::held(exception, Some(&correlation)),
    })
}

fn unreadable(
    tx: &mut Tx<'_>,
    context: &Context,
    row: &InboxRow,
    key: String,
    why: &str,
) -> Result<Ending, AppFault> {
    let id = row.source_id.split('@').next().unwrap_or_default();
    let exception = exception::open(
        tx,
        context,
        exception::NewException {
            key,
            class: "order_invalid",
            summary: format!("Opportunity {id} cannot be read"),
            detail: why.to_owned(),
            payload: String::from_utf8_lossy(&row.raw).into_owned(),
            document: id.to_owned(),
            ..exception::NewException::default()
        },
    )?;
    Ok(Ending::held(exception, None))
}

/// Looks again at upgrades that waited for their first contract, when that is there now. Returns how
/// many there are.
pub(super) fn wake_upgrades(app: &App) -> Result<u64, AppFault> {
    app.run(super::ACTOR, |tx, context| {
        let mut woken = 0;
        for row in inbox::held(tx, SALESFORCE)? {
            let Ok(read) = read_opportunity(&row.raw) else {
                continue;
            };
            let Some(first) = read.opportunity.upgrades_opportunity else {
                continue;
            };
            if catalogue::referred(tx, SALESFORCE, OPPORTUNITY, &first)?.is_some() {
                let now = context.now.microseconds();
                inbox::postpone(
                    tx,
                    SALESFORCE,
                    &row.source_id,
                    "its first contract is there now",
                    now,
                    "",
                )?;
                woken += 1;
            }
        }
        Ok(woken)
    })
}

fn unreadable_key(id: &str) -> String {
    format!("unreadable/salesforce/{id}")
}

fn reason_kept(raw: &[u8]) -> String {
    let kept: Value = serde_json::from_slice(raw).unwrap_or_default();
    kept["tieout_problem"]
        .as_str()
        .unwrap_or("the record is not what a query answers")
        .to_owned()
}

fn name_of(opportunity: &WonOpportunity) -> String {
    opportunity
        .name
        .clone()
        .unwrap_or_else(|| opportunity.id.clone())
}

/// The order journey's words for an opportunity.
pub(crate) fn won_order(opportunity: &WonOpportunity, payload: String) -> WonOrder {
    WonOrder {
        system: SALESFORCE.to_owned(),
        opportunity: opportunity.id.clone(),
        name: name_of(opportunity),
        account: account_of(opportunity.account.as_ref()),
        currency: opportunity.currency_code.clone(),
        entity: opportunity.legal_entity.clone(),
        start: opportunity.start,
        end: opportunity.end,
        frequency: opportunity.billing_frequency.clone(),
        upgrades: opportunity.upgrades_opportunity.clone(),
        booked: opportunity.total_contract_value,
        lines: opportunity.lines.iter().map(line_of).collect(),
        payload,
    }
}

fn account_of(account: Option<&Account>) -> OrderAccount {
    let id = account
        .map(|account| account.id.clone())
        .unwrap_or_default();
    OrderAccount {
        name: account
            .and_then(|account| account.name.clone())
            .unwrap_or_else(|| id.clone()),
        id,
        currency: account.and_then(|account| account.currency_code.clone()),
        processor_customer: account.and_then(|account| account.stripe_customer.clone()),
        payment_method: account.and_then(|account| account.payment_method.clone()),
    }
}

fn line_of(line: &OpportunityLine) -> WonLine {
    WonLine {
        product: line.product_code.clone(),
        quantity: line.quantity,
        unit_price: line.unit_price,
        description: line.description.clone(),
    }
}

/// An opportunity in the field names of the CRM, with all its lines, so that it can be read again
/// and shown. Figures are written as text: a JSON number would pass through a binary float.
pub(crate) fn as_record(opportunity: &WonOpportunity) -> String {
    let lines: Vec<Value> = opportunity.lines.iter().map(line_record).collect();
    let count = lines.len();
    json!({
        "Id": opportunity.id,
        "Name": opportunity.name,
        "StageName": opportunity.stage,
        "IsWon": opportunity.is_won,
        "IsClosed": opportunity.is_closed,
        "Amount": opportunity.amount.map(|amount| amount.to_string()),
        "Total_Contract_Value__c": opportunity.total_contract_value.map(|value| value.to_string()),
        "CurrencyIsoCode": opportunity.currency_code,
        "CloseDate": opportunity.close_date.map(|date| date.to_string()),
        "Type": opportunity.kind,
        "SystemModstamp": opportunity.modified.to_string(),
        "Tieout_Start__c": opportunity.start.map(|date| date.to_string()),
        "Tieout_End__c": opportunity.end.map(|date| date.to_string()),
        "Tieout_Entity__c": opportunity.legal_entity,
        "Billing_Frequency__c": opportunity.billing_frequency,
        "Upgrades_Opportunity__c": opportunity.upgrades_opportunity,
        "Account": opportunity.account.as_ref().map(account_record),
        "OpportunityLineItems": { "totalSize": count, "done": true, "records": lines },
    })
    .to_string()
}

fn account_record(account: &Account) -> Value {
    json!({
        "Id": account.id,
        "Name": account.name,
        "CurrencyIsoCode": account.currency_code,
        "BillingStreet": account.billing_street,
        "BillingCity": account.billing_city,
        "BillingPostalCode": account.billing_postal_code,
        "BillingCountry": account.billing_country,
        "Stripe_Customer__c": account.stripe_customer,
        "Payment_Method__c": account.payment_method,
    })
}

fn line_record(line: &OpportunityLine) -> Value {
    json!({
        "Id": line.id,
        "Quantity": line.quantity.map(|quantity| quantity.to_string()),
        "UnitPrice": line.unit_price.map(|price| price.to_string()),
        "TotalPrice": line.total_price.map(|price| price.to_string()),
        "ServiceDate": line.service_date.map(|date| date.to_string()),
        "Description": line.description,
        "Product2Id": line.product_id,
        "PricebookEntry": { "Product2": { "ProductCode": line.product_code } },
    })
}

/// A record that could not be read, as far as it is known.
pub(crate) fn as_bad_record(row: &BadRow) -> String {
    json!({ "Id": row.id, "tieout_problem": row.fault.to_string() }).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use values::parse_date;

    fn opportunity() -> WonOpportunity {
        WonOpportunity {
            id: "006000000000001AAA".to_owned(),
            name: Some("Acme".to_owned()),
            modified: "2026-02-28T09:30:00Z".parse().unwrap(),
            stage: Some("Closed Won".to_owned()),
            is_won: true,
            is_closed: true,
            amount: Some("0.1".parse().unwrap()),
            total_contract_value: Some("1234567890123456.78".parse().unwrap()),
            currency_code: Some("EUR".to_owned()),
            close_date: parse_date("2026-02-27").ok(),
            kind: None,
            start: parse_date("2026-03-01").ok(),
            end: parse_date("2027-02-28").ok(),
            legal_entity: Some("DE".to_owned()),
            billing_frequency: Some("Monthly".to_owned()),
            upgrades_opportunity: None,
            account: Some(Account {
                id: "001000000000001AAA".to_owned(),
                name: None,
                currency_code: None,
                billing_street: None,
                billing_city: None,
                billing_postal_code: None,
                billing_country: None,
                stripe_customer: Some("cus_1".to_owned()),
                payment_method: None,
            }),
            lines: vec![OpportunityLine {
                id: "00k000000000001AAA".to_owned(),
                quantity: Some("3".parse().unwrap()),
                unit_price: Some("0.1".parse().unwrap()),
                total_price: None,
                service_date: None,
                description: Some("Platform".to_owned()),
                product_id: None,
                product_code: Some("PLATFORM".to_owned()),
            }],
        }
    }

    #[test]
    fn a_kept_opportunity_reads_back_the_same_to_the_last_digit() {
        let kept = as_record(&opportunity());
        let read = read_opportunity(kept.as_bytes()).unwrap();
        assert_eq!(read.opportunity, opportunity());
        assert_eq!(read.more_lines, None);
    }

    #[test]
    fn an_account_without_a_name_is_called_by_its_id() {
        let order = won_order(&opportunity(), String::new());
        assert_eq!(order.account.name, "001000000000001AAA");
        assert_eq!(order.lines[0].product.as_deref(), Some("PLATFORM"));
    }
}
