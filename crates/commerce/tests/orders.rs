//! Orders become contracts, or lists of everything that is wrong with them.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "helpers of tests may fail loudly"
)]

use commerce::{
    BillingFrequency, Catalogue, Change, Charge, Contract, ContractStatus, Customer, DayCount,
    Order, OrderLine, Pattern, Policy, PolicyTerms, Price, Product, SellerTerms, Timing,
    VersionKind, amend, from_order, total_value, upgrade,
};
use std::collections::BTreeMap;
use values::{Date, Instant, Quantity, Rounding, Zone, parse_date};

fn date(text: &str) -> Date {
    parse_date(text).unwrap()
}

fn price(currency: &str, unit_price: &str, billing: BillingFrequency) -> Price {
    Price {
        currency: currency.parse().unwrap(),
        charge: Charge::PerUnit {
            unit_price: unit_price.parse().unwrap(),
        },
        billing,
        timing: Timing::Advance,
        from: None,
        measure: None,
    }
}

fn product(code: &str, prices: Vec<Price>) -> Product {
    Product {
        code: code.parse().unwrap(),
        name: format!("The {code}"),
        tax_code: "saas".to_owned(),
        revenue_account_class: "subscription".to_owned(),
        prices,
        recognition: Pattern::StraightLineDaily,
        policy: None,
    }
}

fn catalogue() -> Catalogue {
    let mut raised = price("EUR", "1300", BillingFrequency::Annual);
    raised.from = Some(date("2027-01-01"));
    let mut share = price("EUR", "0", BillingFrequency::Annual);
    share.charge = serde_json::from_str(r#"{"model":"percentage","rate":"0.02"}"#).unwrap();
    Catalogue {
        products: vec![
            product(
                "SEAT",
                vec![
                    price("EUR", "1200", BillingFrequency::Annual),
                    raised,
                    price("EUR", "110", BillingFrequency::Monthly),
                    price("USD", "1400", BillingFrequency::Annual),
                ],
            ),
            product("SETUP", vec![price("EUR", "500", BillingFrequency::OneOff)]),
            product("SHARE", vec![share]),
        ],
        entities: vec!["DE".parse().unwrap(), "US".parse().unwrap()],
        sellers: BTreeMap::new(),
    }
}

fn line(product: &str, quantity: i64) -> OrderLine {
    OrderLine {
        product: product.to_owned(),
        quantity: Quantity::from(quantity),
        unit_price: None,
        description: None,
    }
}

fn order() -> Order {
    Order {
        contract: "006A".parse().unwrap(),
        customer: "acme".parse().unwrap(),
        currency: Some("EUR".to_owned()),
        entity: Some("DE".to_owned()),
        start: Some(date("2026-01-01")),
        end: Some(date("2026-12-31")),
        frequency: Some("Annual".to_owned()),
        billing_anchor_day: None,
        lines: vec![line("SEAT", 10), line("SETUP", 1)],
        refs: Vec::new(),
    }
}

fn made(order: &Order) -> Contract {
    from_order(order, &catalogue(), Instant::default()).unwrap()
}

fn refused(order: &Order) -> Vec<String> {
    let wrong = from_order(order, &catalogue(), Instant::default()).unwrap_err();
    wrong
        .iter()
        .map(|refusal| format!("{}: {refusal}", refusal.code()))
        .collect()
}

#[test]
fn a_good_order_becomes_an_active_contract() {
    let contract = made(&order());
    assert_eq!(contract.status, ContractStatus::Active);
    assert_eq!(contract.term.until(), date("2027-01-01"));
    assert_eq!(contract.versions[0].kind, VersionKind::Signed);
    let ids: Vec<&str> = contract.components.iter().map(|c| c.id.as_str()).collect();
    assert_eq!(ids, ["006A-1", "006A-2"]);
    assert_eq!(contract.components[0].description, "The SEAT");
    // 10 seats for a year and one setup.
    assert_eq!(total_value(&contract).unwrap().to_string(), "12,500.00 EUR");
}

#[test]
fn the_price_on_the_line_is_for_one_unit_and_one_period() {
    let mut discounted = order();
    discounted.lines = vec![line("SEAT", 10)];
    discounted.lines[0].unit_price = Some("99.50".parse().unwrap());
    discounted.frequency = Some("monthly".to_owned());
    // 12 months of 10 × 99.50.
    assert_eq!(
        total_value(&made(&discounted)).unwrap().to_string(),
        "11,940.00 EUR"
    );
}

#[test]
fn the_catalogue_price_is_the_one_of_the_start_date() {
    let mut next_year = order();
    next_year.start = Some(date("2027-01-01"));
    next_year.end = Some(date("2027-12-31"));
    next_year.lines = vec![line("SEAT", 1)];
    assert_eq!(
        total_value(&made(&next_year)).unwrap().to_string(),
        "1,300.00 EUR"
    );
}

#[test]
fn an_order_follows_the_policy_of_its_product_then_of_its_entity() {
    let berlin: Zone = "Europe/Berlin".parse().unwrap();
    let mut catalogue = catalogue();
    let policy = Policy {
        proration: DayCount::Thirty360,
        rounding: Rounding::HalfEven,
        version: 3,
        ..Policy::default()
    };
    let zone = berlin.clone();
    catalogue
        .sellers
        .insert("DE".parse().unwrap(), SellerTerms { policy, zone });
    catalogue.products[0].policy = Some(PolicyTerms {
        proration: Some(DayCount::Seconds),
        ..PolicyTerms::default()
    });
    let mut both = order();
    both.lines = vec![line("SEAT", 1), line("SETUP", 1)];
    let contract = from_order(&both, &catalogue, Instant::default()).unwrap();
    let seats = &contract.components[0].policy;
    assert_eq!(
        (seats.proration, seats.rounding, seats.version),
        (DayCount::Seconds, Rounding::HalfEven, 3),
        "what the product does not say is as its entity does"
    );
    assert_eq!(
        seats.zone,
        Some(berlin),
        "seconds of the entity's midnights"
    );
    let setup = &contract.components[1].policy;
    assert_eq!(
        (setup.proration, setup.zone.as_ref()),
        (DayCount::Thirty360, None)
    );

    let mut more = order();
    more.lines = vec![line("SETUP", 1)];
    let added = upgrade(&contract, &more, &catalogue).unwrap();
    let Change::AddComponent { component, .. } = &added[0].change else {
        panic!("the line comes in as a component: {added:?}");
    };
    assert_eq!(component.policy.proration, DayCount::Thirty360);
}

#[test]
fn an_order_says_everything_that_is_wrong_with_it_at_once() {
    let mut bad = order();
    bad.currency = Some(" ".to_owned());
    bad.entity = Some("FR".to_owned());
    bad.start = Some(date("2026-06-01"));
    bad.end = Some(date("2026-05-31"));
    bad.lines = vec![line("SEET", 1), line("SEAT", -3)];
    assert_eq!(
        refused(&bad),
        [
            "missing_currency: currency: empty; set an ISO 4217 code such as \"EUR\"",
            "unknown_entity: entity: \"FR\" is not a legal entity here; use one of: DE, US",
            "end_before_start: end: 2026-05-31 lies before the start, 2026-06-01; set the last day of service",
            "unknown_product: line 1, product: \"SEET\" is not in the catalogue; add it there or correct the code",
            "quantity_not_positive: line 2, quantity: -3 of \"SEAT\" is not above zero; set how many are sold",
        ]
    );
}

#[test]
fn each_fault_alone_is_named_with_its_mend() {
    let check = |change: &dyn Fn(&mut Order), wanted: &str| {
        let mut bad = order();
        change(&mut bad);
        assert_eq!(refused(&bad), [wanted]);
    };
    check(
        &|o| o.lines.clear(),
        "no_lines: lines: the order has none; add at least one product",
    );
    check(
        &|o| o.currency = Some("EURO".to_owned()),
        "unknown_currency: currency: \"EURO\" is not an ISO 4217 code; use one such as \"EUR\"",
    );
    check(
        &|o| o.entity = None,
        "missing_entity: entity: empty; set the legal entity that sells, one of: DE, US",
    );
    check(
        &|o| o.start = None,
        "missing_start: start: empty; set the first day of service",
    );
    check(
        &|o| o.end = None,
        "missing_end: end: empty; set the last day of service",
    );
    check(
        &|o| o.end = Some(date("2226-01-01")),
        "term_too_long: end: from 2026-01-01 to 2226-01-01 is longer than 100 years; set an earlier day",
    );
    check(
        &|o| o.frequency = Some("fortnightly".to_owned()),
        "unknown_frequency: frequency: \"fortnightly\" is not known; use Monthly, Quarterly, Semi-annual, Annual or Up front",
    );
    check(
        &|o| o.frequency = Some("Quarterly".to_owned()),
        "frequency_not_sold: frequency: line 1, SEAT is not sold quarterly; it is sold: annual, monthly",
    );
    check(
        &|o| o.frequency = None,
        "missing_frequency: frequency: empty, and line 1, SEAT is sold: annual, monthly; set one of them",
    );
    check(
        &|o| o.lines[0].quantity = Quantity::from(0),
        "quantity_not_positive: line 1, quantity: 0 of \"SEAT\" is not above zero; set how many are sold",
    );
    check(
        &|o| o.lines[0].unit_price = Some("-1".parse().unwrap()),
        "negative_price: line 1, unit price: -1 of \"SEAT\" is below zero; set zero or more",
    );
    check(
        &|o| {
            o.lines[0].product = "SHARE".to_owned();
            o.lines[0].unit_price = Some("2".parse().unwrap());
        },
        "no_units_to_price: line 1, unit price of \"SHARE\": 2 cannot be the price of a unit where it is charged by percentage; state the whole charge, or leave the price out",
    );
    check(
        &|o| o.currency = Some("USD".to_owned()),
        "not_sold_in_currency: line 2, product: SETUP has no price in USD on the start date; it is sold in: EUR",
    );
    check(
        &|o| o.contract = "x".repeat(79).parse().unwrap(),
        &format!(
            "contract_id_too_long: contract: {:?} is too long to number its components; use at most 70 characters",
            "x".repeat(79)
        ),
    );
}

#[test]
fn an_amount_that_cannot_be_kept_is_refused_and_not_wrapped() {
    let mut vast = order();
    vast.lines = vec![line("SEAT", 1)];
    vast.lines[0].unit_price = Some("9999999999999999999999999999".parse().unwrap());
    assert!(refused(&vast)[0].starts_with("amount_too_large"));
    vast.lines[0].quantity = Quantity::from(1_000_000);
    assert!(refused(&vast)[0].starts_with("price_too_large"));
}

#[test]
fn an_upgrade_raises_what_is_sold_and_adds_what_is_not() {
    let contract = made(&order());
    let mut more = order();
    more.contract = "006B".parse().unwrap();
    more.start = Some(date("2026-03-31"));
    more.end = None;
    more.lines = vec![line("SEAT", 15), line("SETUP", 2)];
    let amendments = upgrade(&contract, &more, &catalogue()).unwrap();
    let mut upgraded = contract;
    let mut gained = 0;
    for amendment in &amendments {
        let (next, delta) = amend(&upgraded, amendment, Instant::default()).unwrap();
        gained += delta.value_delta.minor;
        upgraded = next;
    }
    // 15 × 1,200.00 × 276/365 and 2 × 500.00.
    assert_eq!(gained, 1_361_096 + 100_000);
    assert_eq!(upgraded.components.len(), 3);
    assert_eq!(
        upgraded.components[0].quantity_on(date("2026-03-31")),
        Some(25.into())
    );
    assert_eq!(upgraded.version(), 3);
}

#[test]
fn an_upgrade_lifts_quantities_that_were_planned_for_later() {
    let contract = made(&order());
    let planned = commerce::Amendment {
        change: Change::ChangeQuantity {
            component: "006A-1".parse().unwrap(),
            quantity: 20.into(),
            effective: date("2026-07-01"),
        },
        reason: "ramp".to_owned(),
    };
    let (contract, _) = amend(&contract, &planned, Instant::default()).unwrap();
    let mut more = order();
    more.start = Some(date("2026-04-01"));
    more.lines = vec![line("SEAT", 5)];
    let mut upgraded = contract.clone();
    for amendment in upgrade(&contract, &more, &catalogue()).unwrap() {
        upgraded = amend(&upgraded, &amendment, Instant::default()).unwrap().0;
    }
    let held = |on: &str| {
        upgraded.components[0]
            .quantity_on(date(on))
            .unwrap()
            .to_string()
    };
    assert_eq!(
        [held("2026-03-31"), held("2026-04-01"), held("2026-07-01")],
        ["10", "15", "25"]
    );
}

#[test]
fn an_upgrade_must_fit_its_contract() {
    let contract = made(&order());
    let mut other = order();
    other.currency = Some("USD".to_owned());
    other.entity = Some("US".to_owned());
    other.start = Some(date("2027-01-01"));
    other.lines = vec![line("SEAT", 1)];
    let wrong = upgrade(&contract, &other, &catalogue()).unwrap_err();
    let words: Vec<String> = wrong.iter().map(ToString::to_string).collect();
    assert_eq!(
        words,
        [
            "currency: USD does not fit contract 006A, which has EUR",
            "entity: US does not fit contract 006A, which has DE",
            "start: 2027-01-01 does not fit contract 006A, which has the term 2026-01-01 to 2026-12-31",
        ]
    );
}

#[test]
fn what_is_stored_reads_back_the_same() {
    let contract = made(&order());
    let text = serde_json::to_string(&contract).unwrap();
    assert_eq!(serde_json::from_str::<Contract>(&text).unwrap(), contract);
    let text = serde_json::to_string(&catalogue()).unwrap();
    assert_eq!(
        serde_json::from_str::<Catalogue>(&text).unwrap(),
        catalogue()
    );
    let customer = r#"{"id":"acme","legal_name":"Acme AG","refs":[{"system":"crm","kind":"Account","id":"001"}]}"#;
    let customer: Customer = serde_json::from_str(customer).unwrap();
    assert_eq!(
        (customer.ref_in("crm"), customer.ref_in("erp")),
        (Some("001"), None)
    );
    let unknown = r#"{"id":"acme","legal_name":"Acme AG","currrency":"EUR"}"#;
    assert!(serde_json::from_str::<Customer>(unknown).is_err());
}
