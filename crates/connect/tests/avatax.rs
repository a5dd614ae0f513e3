//! AvaTax's recorded payloads, read; our requests, compared with recorded ones.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "helpers of tests stop the test, as the tests themselves do"
)]

use connect::avatax::{self, Address, CALCULATE_TAX, Connection, Sale, SaleLine};
use connect::{FaultClass, Method, Reply, Safety, Secret};
use serde_json::{Value, json};
use values::{Currency, Money, parse_date};

fn fixture(name: &str) -> Value {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/avalara/");
    serde_json::from_slice(&std::fs::read(format!("{folder}{name}")).unwrap()).unwrap()
}

fn recorded(name: &str) -> Reply {
    let response = &fixture(name)["response"];
    answer(
        u16::try_from(response["status"].as_u64().unwrap()).unwrap(),
        &response["body"],
    )
}

fn answer(status: u16, body: &Value) -> Reply {
    Reply {
        status,
        headers: Vec::new(),
        body: body.to_string().into_bytes(),
    }
}

fn usd(minor: i64) -> Money {
    Money::from_minor(minor, Currency::USD)
}

fn line(number: &str, minor: i64, code: &str) -> SaleLine {
    SaleLine {
        number: number.to_owned(),
        net: usd(minor),
        tax_code: code.to_owned(),
        description: "Product".to_owned(),
        exemption: None,
    }
}

/// What the recording asked about.
fn sale() -> Sale {
    let at = |city: &str, postal: &str| Address {
        city: Some(city.to_owned()),
        region: Some("AL".to_owned()),
        postal_code: Some(postal.to_owned()),
        country: "US".to_owned(),
        line1: None,
    };
    Sale {
        code: "R962419007".to_owned(),
        company: "54321".to_owned(),
        customer: "1".to_owned(),
        on: parse_date("2021-04-30").unwrap(),
        currency: Currency::USD,
        from: at("Washington", "20500"),
        to: at("Montgomery", "36104"),
        vat_id: None,
        lines: vec![
            line("1-LI", 1_000, "PC030000"),
            line("1-FR", 500, "FR000000"),
        ],
    }
}

fn connection() -> Connection {
    Connection::new(
        avatax::PRODUCTION,
        "1100012345",
        Secret::new("licence-key-of-a-test"),
    )
}

#[test]
fn the_recorded_estimate_is_read_to_the_cent() {
    let read =
        avatax::read_calculation(&CALCULATE_TAX, &recorded("exchange.sales-invoice-01.json"));
    let read = read.unwrap();
    assert_eq!((read.id.as_str(), read.status.as_str()), ("0", "Temporary"));
    assert_eq!(read.tax, usd(60));
    let lines: Vec<_> = read.lines.iter().map(|it| (it.net, it.tax)).collect();
    assert_eq!(lines, [(usd(1_000), usd(40)), (usd(500), usd(20))]);
    let levied = &read.lines[0].taxes[0];
    assert_eq!(levied.authority, "ALABAMA");
    assert_eq!(levied.name, "AL STATE TAX");
    assert_eq!(levied.rate.to_string(), "0.04");
    assert!(avatax::answers(&read, &sale()));
}

#[test]
fn ids_beyond_32_bits_are_kept() {
    let read =
        avatax::read_calculation(&CALCULATE_TAX, &recorded("exchange.sales-invoice-02.json"));
    assert_eq!(read.unwrap().id, "5000147772727");
}

#[test]
fn the_question_has_the_fields_that_were_recorded() {
    let request = connection().calculate_tax(&sale()).unwrap();
    assert_eq!(request.method, Method::Post);
    assert_eq!(
        request.url,
        "https://rest.avatax.com/api/v2/transactions/create"
    );
    assert_eq!(
        request.operation.safety,
        Safety::ReadOnly,
        "an estimate is kept nowhere"
    );
    let asked: Value = serde_json::from_str(request.body_text()).unwrap();
    let model =
        &fixture("exchange.sales-invoice-01.json")["request"]["body"]["createTransactionModel"];
    for field in [
        "code",
        "date",
        "type",
        "companyCode",
        "currencyCode",
        "commit",
    ] {
        assert_eq!(asked[field], model[field], "{field}");
    }
    for (ours, theirs) in asked["lines"]
        .as_array()
        .unwrap()
        .iter()
        .zip(model["lines"].as_array().unwrap())
    {
        for field in ["number", "taxCode", "taxIncluded", "amount", "quantity"] {
            assert_eq!(ours[field], theirs[field], "{field}");
        }
    }
    // The amount is a number with its places, written without a binary float.
    assert!(
        request.body_text().contains(r#""amount":10.00"#),
        "{}",
        request.body_text()
    );
    let to = &asked["addresses"]["shipTo"];
    assert_eq!(to["country"], "US");
    assert!(to.get("line1").is_none(), "what is not known stays away");
}

#[test]
fn an_answer_about_something_else_is_none() {
    let read =
        avatax::read_calculation(&CALCULATE_TAX, &recorded("exchange.sales-invoice-01.json"));
    let read = read.unwrap();
    let turned: [fn(&mut Sale); 5] = [
        |sale| sale.code = "R1".to_owned(),
        |sale| sale.customer = "2".to_owned(),
        |sale| sale.currency = Currency::EUR,
        |sale| sale.lines[0].net = usd(1_001),
        |sale| sale.lines.truncate(1),
    ];
    for turn in turned {
        let mut other = sale();
        turn(&mut other);
        assert!(!avatax::answers(&read, &other), "{other:?}");
    }
    let mut twice = read.clone();
    twice.lines[1] = twice.lines[0].clone();
    assert!(!avatax::answers(&twice, &sale()), "a line answered twice");
}

#[test]
fn an_amount_of_a_fraction_of_a_cent_is_refused_and_not_rounded() {
    let mut body = fixture("exchange.sales-invoice-01.json")["response"]["body"].clone();
    body["lines"][0]["tax"] = json!(0.405);
    let fault = avatax::read_calculation(&CALCULATE_TAX, &answer(201, &body)).unwrap_err();
    assert_eq!(fault.class, FaultClass::Data);
    assert_eq!(
        fault.message,
        "avatax field lines[0].tax holds 0.405: an amount in whole minor units of USD is expected"
    );
}

#[test]
fn errors_say_what_the_engine_says_and_never_the_account() {
    let address = avatax::read_fault(&CALCULATE_TAX, &recorded("exchange.address-error-01.json"));
    assert_eq!(
        (address.class, address.code.as_str()),
        (FaultClass::Data, "InvalidAddress")
    );
    assert!(
        address
            .message
            .starts_with("The address value NULL was incomplete."),
        "{address}"
    );
    let shape = fixture("shape.error.json");
    let duplicate = avatax::read_fault(&CALCULATE_TAX, &answer(400, &shape));
    assert_eq!(duplicate.code, "DuplicateEntry");
    let refused = json!({ "error": { "code": "AuthenticationException", "message": "account 1100012345 failed" } });
    let refused = avatax::read_fault(&CALCULATE_TAX, &answer(401, &refused));
    assert_eq!(refused.class, FaultClass::Authentication);
    assert_eq!(
        refused.message,
        "the account or its licence key was refused"
    );
    let down = avatax::read_fault(&CALCULATE_TAX, &answer(503, &json!({})));
    assert_eq!(
        down.class,
        FaultClass::Transient,
        "asking again does no harm"
    );
    let slow = avatax::read_fault(&CALCULATE_TAX, &answer(429, &json!({})));
    assert!(matches!(slow.class, FaultClass::Throttled { .. }));
}

#[test]
fn what_cannot_be_asked_is_not_sent() {
    let mut mixed = sale();
    mixed.lines[1].net = Money::from_minor(1, Currency::EUR);
    let mut doubled = sale();
    doubled.lines[1].number = "1-LI".to_owned();
    let mut empty = sale();
    empty.lines.clear();
    for (sale, why) in [
        (mixed, "a line has another currency than its sale"),
        (doubled, "two lines have one number"),
        (empty, "a sale without lines bears no tax"),
    ] {
        assert_eq!(connection().calculate_tax(&sale).unwrap_err().message, why);
    }
}
