//! The world as the simulated systems hold it.

use serde_json::{Map, Value, json};

use super::{Company, Deal, Flaw};
use crate::decimal::number_of;
use crate::salesforce::{FieldKind, record_id};
use crate::{SimFault, Simulators};

/// A product that the CRM still has and the company's catalogue does not.
pub(super) const UNKNOWN_PRODUCT: &str = "QM-LEGACY";

type Record = (String, String, Map<String, Value>);

fn record(sobject: &str, id: &str, fields: Value) -> Record {
    let fields = match fields {
        Value::Object(fields) => fields,
        _ => Map::new(),
    };
    (sobject.to_owned(), id.to_owned(), fields)
}

pub(super) fn prepare(company: &Company, sims: &Simulators) -> Result<(), SimFault> {
    declare_fields(sims)?;
    let pricebook = record_id("Pricebook2", "standard");
    let mut records = vec![record(
        "Pricebook2",
        &pricebook,
        json!({ "Name": "Standard", "IsActive": true, "IsStandard": true }),
    )];
    let known = company
        .products
        .iter()
        .map(|product| (product.code.as_str(), product.name.as_str(), Some(product)));
    for (code, name, product) in known.chain([(UNKNOWN_PRODUCT, "Quillmark Classic", None)]) {
        let id = record_id("Product2", code);
        let fields = json!({ "Name": name, "ProductCode": code, "IsActive": product.is_some() });
        records.push(record("Product2", &id, fields));
        for entity in &company.entities {
            let monthly = company
                .price(code, &entity.currency, super::Frequency::Monthly)
                .unwrap_or(9_900);
            let entry = json!({
                "Pricebook2Id": pricebook, "Product2Id": id, "UnitPrice": number_of(monthly, 2),
                "IsActive": product.is_some(), "CurrencyIsoCode": entity.currency
            });
            records.push(record(
                "PricebookEntry",
                &price_id(code, &entity.currency),
                entry,
            ));
        }
    }
    sims.salesforce.put_all(records)?;
    for entity in &company.entities {
        sims.netsuite
            .put_currency(&entity.netsuite_currency, &entity.currency, 2)?;
        sims.netsuite.put_subsidiary(
            &entity.netsuite_subsidiary,
            &entity.name,
            &entity.netsuite_currency,
        )?;
    }
    for account in &company.erp_accounts {
        sims.netsuite
            .put_account(&account.id, &account.id, &account.name, &account.kind)?;
    }
    Ok(())
}

/// Puts the fields that Tieout reads and writes into the CRM.
///
/// # Errors
/// When the simulator refuses one.
pub fn declare_fields(sims: &Simulators) -> Result<(), SimFault> {
    let lookup = FieldKind::Lookup("Opportunity".to_owned());
    let fields = [
        ("Opportunity", "Tieout_Start__c", FieldKind::Date),
        ("Opportunity", "Tieout_End__c", FieldKind::Date),
        ("Opportunity", "Tieout_Entity__c", FieldKind::Text),
        ("Opportunity", "Billing_Frequency__c", FieldKind::Text),
        ("Opportunity", "Upgrades_Opportunity__c", lookup),
        ("Opportunity", "Total_Contract_Value__c", FieldKind::Any),
        ("Opportunity", "Tieout_Contract__c", FieldKind::Text),
        ("Opportunity", "Tieout_Invoice_State__c", FieldKind::Text),
        ("Opportunity", "Tieout_Payment_State__c", FieldKind::Text),
        ("Opportunity", "Tieout_Contract_Value__c", FieldKind::Number),
        (
            "Opportunity",
            "Tieout_Contract_Version__c",
            FieldKind::Number,
        ),
        ("Account", "Stripe_Customer__c", FieldKind::Text),
        ("Account", "Payment_Method__c", FieldKind::Text),
        ("Account", "Tieout_Standing__c", FieldKind::Text),
        ("Account", "Tieout_Open_Balance__c", FieldKind::Any),
    ];
    fields.into_iter().try_for_each(|(sobject, field, kind)| {
        sims.salesforce.declare_field_as(sobject, field, kind)
    })
}

fn price_id(code: &str, currency: &str) -> String {
    record_id("PricebookEntry", &format!("{code} {currency}"))
}

/// The customer with its card in Stripe, then account, opportunity and lines in Salesforce at once.
pub(super) fn win(deal: &Deal, sims: &Simulators) -> Result<(), SimFault> {
    let customer = &deal.customer;
    sims.stripe.put_customer(
        &customer.stripe_customer_id,
        &customer.name,
        &customer.email,
    )?;
    sims.stripe
        .put_payment_method(&customer.payment_method_id, &customer.stripe_customer_id)?;
    sims.stripe
        .set_card_behaviour(&customer.payment_method_id, deal.card.behaviour())?;

    let currency = if deal.flaw == Some(Flaw::MissingCurrency) {
        Value::Null
    } else {
        json!(deal.currency)
    };
    let account = json!({
        "Name": customer.name, "BillingStreet": customer.street, "BillingCity": customer.city,
        "BillingPostalCode": customer.postal_code, "BillingCountry": customer.country, "CurrencyIsoCode": currency,
        "Stripe_Customer__c": customer.stripe_customer_id, "Payment_Method__c": customer.payment_method_id
    });
    let total: i64 = deal
        .lines
        .iter()
        .map(|line| line.quantity * line.unit_price_minor)
        .sum();
    let opportunity = json!({
        "Name": deal.name, "AccountId": customer.account_id, "StageName": "Closed Won", "CloseDate": deal.close_day,
        "Amount": number_of(total, 2), "Type": if deal.upgrades.is_some() { "Upgrade" } else { "New Business" },
        "CurrencyIsoCode": currency, "Tieout_Start__c": deal.start_day, "Tieout_End__c": deal.end_day,
        "Tieout_Entity__c": deal.entity_id, "Billing_Frequency__c": deal.frequency.as_str(),
        "Upgrades_Opportunity__c": deal.upgrades,
        "Total_Contract_Value__c": number_of(deal.total_contract_value_minor(), 2)
    });
    let mut records = vec![
        record("Account", &customer.account_id, account),
        record("Opportunity", &deal.opportunity_id, opportunity),
    ];
    for line in &deal.lines {
        let fields = json!({
            "OpportunityId": deal.opportunity_id, "PricebookEntryId": price_id(&line.product_code, &deal.currency),
            "Product2Id": record_id("Product2", &line.product_code), "Quantity": number_of(line.quantity, 0),
            "UnitPrice": number_of(line.unit_price_minor, 2),
            "TotalPrice": number_of(line.quantity * line.unit_price_minor, 2), "ServiceDate": deal.start_day,
            "CurrencyIsoCode": currency
        });
        records.push(record("OpportunityLineItem", &line.line_id, fields));
    }
    sims.salesforce.put_all(records)
}
