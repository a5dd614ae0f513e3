//! What a contract is worth stands in the CRM: after every amendment that the worker has delivered, the deal
//! there has the value and the version that the contract has here.

use crate::connected::Connected;
use app::journey::order::{OrderAccount, OrderOutcome, WonLine, WonOrder, take_order};
use serde_json::{Value, json};
use values::Decimal;

/// Twelve seats at 10.00 a month for a year from 15 January: 1,440.00.
fn won(account: &str, opportunity: &str) -> WonOrder {
    WonOrder {
        system: "salesforce".to_owned(),
        opportunity: opportunity.to_owned(),
        name: "Brightwater, 12 seats".to_owned(),
        account: OrderAccount {
            id: account.to_owned(),
            name: "Brightwater GmbH".to_owned(),
            currency: Some("EUR".to_owned()),
            processor_customer: None,
            payment_method: None,
        },
        currency: Some("EUR".to_owned()),
        entity: Some("DE".to_owned()),
        start: "2026-01-15".parse().ok(),
        end: "2027-01-14".parse().ok(),
        frequency: Some("Monthly".to_owned()),
        upgrades: None,
        booked: Some(Decimal::from(1_440)),
        lines: vec![WonLine {
            product: Some("SEAT".to_owned()),
            quantity: Some(Decimal::from(12)),
            unit_price: None,
            description: None,
        }],
        payload: "{}".to_owned(),
    }
}

#[test]
fn an_upgrade_in_the_middle_of_a_period_updates_the_contract_value_in_the_crm() {
    let company = Connected::on("2026-01-15");
    company.act(
        "publish_product",
        json!({ "code": "SEAT", "name": "Seat", "prices": [
            { "currency": "EUR", "billing": "monthly", "charge": { "model": "per_unit", "unit_price": "10" } }] }),
    );
    let account = company.crm_has("Account", "Brightwater GmbH");
    let deal = company.crm_has("Opportunity", "Brightwater, 12 seats");
    let order = won(&account, &deal);
    let taken = company
        .app
        .run("crm", move |tx, context| take_order(tx, context, &order));
    let OrderOutcome::Taken { contract, .. } = taken.unwrap() else {
        panic!("the deal is taken over");
    };
    company.app.daily_work("tieout", false).unwrap();
    company.work();
    let in_crm = |field: &str| company.in_crm("Opportunity", &deal, field);
    assert_eq!(in_crm("Tieout_Contract__c"), contract.as_str());
    assert_eq!(
        in_crm("Tieout_Contract_Value__c"),
        Value::Null,
        "as it was sold"
    );

    let amended = |effective: &str, quantity: &str| {
        let answer = company.act(
            "amend_contract",
            json!({ "contract": contract, "effective": effective, "reason": "agreed",
                "change": { "kind": "quantity", "quantity": quantity } }),
        );
        answer["value_change"]["amount"].clone()
    };
    company.pass(10 * 86_400);
    // 21 of the 31 days from 15 January, and eleven whole months: 8 × 10 × (21/31 + 11).
    assert_eq!(amended("2026-01-25", "20"), "934.19");
    // Told of, and not there before it is delivered.
    assert_eq!(in_crm("Tieout_Contract_Value__c"), Value::Null);
    company.work();
    assert_eq!(in_crm("Tieout_Contract_Value__c"), 2_374.19);
    assert_eq!(in_crm("Tieout_Contract_Version__c"), 2.0);
    company.app.daily_work("tieout", false).unwrap();
    company.work();
    company.ties_out();

    // Two amendments before the worker comes: both are told in order, and the newer one stands.
    company.pass(21 * 86_400);
    assert_eq!(amended("2026-02-15", "30"), "1100.00");
    assert_eq!(amended("2026-03-15", "5"), "-2500.00");
    company.work();
    assert_eq!(in_crm("Tieout_Contract_Value__c"), 974.19);
    assert_eq!(in_crm("Tieout_Contract_Version__c"), 4.0);
    let told: Vec<(String, Value)> = company
        .effects(&format!("contract/{contract}"))
        .into_iter()
        .map(|effect| {
            let request: Value = serde_json::from_str(&effect.request).unwrap();
            (
                effect.status,
                request["fields"]["Tieout_Contract_Version__c"].clone(),
            )
        })
        .filter(|(_, version)| !version.is_null())
        .collect();
    assert_eq!(told.len(), 3);
    assert!(
        told.iter().all(|(status, _)| status == "confirmed"),
        "{told:?}"
    );
    company.app.daily_work("tieout", false).unwrap();
    company.ties_out();
}
