//! Who is billed, who pays and where money is collected is agreed by two people; what a quote gives away
//! counts as a whole; a quote names the partner through whom it is sold; ids of entities tell numbers
//! apart.

use crate::company::{Company, command, state};
use crate::seller::{
    accept, act, company, contracts, convert, create, detail, grant, said, submit,
};
use app::approval::{Difference, is_waiting};
use serde_json::{Value, json};

/// Acme with a company below it that has a contract of its own.
fn group() -> Company {
    let company = company();
    company.done(
        "create_customer",
        json!({ "id": "EU", "legal_name": "Acme Europe" }),
    );
    let body = json!({ "customer": "EU", "parent": "ACME", "reason": "they were bought" });
    let waiting = act(&company, "rita", "change_customer", body).unwrap();
    grant(&company, "dana", &waiting).unwrap();
    company.done(
        "activate_contract",
        json!({ "id": "C2", "customer": "EU", "entity": "DE", "start": "2026-01-15", "end": "2027-01-14",
            "lines": [{ "component": "seats", "product": "SEAT", "quantity": "3" }] }),
    );
    company
}

fn differences(company: &Company, waiting: &Value) -> Vec<(String, String, String)> {
    let id = waiting["approval"].as_str().unwrap();
    let detail = company.app.approval(id).unwrap().unwrap();
    let of = |it: Difference| (it.field, it.before, it.after);
    detail.evidence.differences.into_iter().map(of).collect()
}

fn row(field: &str, before: &str, after: &str) -> (String, String, String) {
    (field.to_owned(), before.to_owned(), after.to_owned())
}

/// Sends a command that has to wait, and shows that neither its maker nor a denial does anything.
fn held(company: &Company, name: &str, body: Value) -> Value {
    let before = state(&company.app).1;
    let waiting = act(company, "rita", name, body.clone()).unwrap();
    assert_eq!(waiting["status"], "waiting", "{name}");
    assert!(said(grant(company, "rita", &waiting))[0].contains("cannot approve"));
    assert!(said(grant(company, "kim", &waiting))[0].contains("needs approve_"));
    let deny = json!({ "approval": waiting["approval"], "reason": "not agreed with the customer" });
    act(company, "dana", "deny_approval", deny).unwrap();
    assert_eq!(state(&company.app).1, before);
    act(company, "rita", name, body).unwrap()
}

#[test]
fn who_is_billed_for_a_contract_is_agreed_by_two_people_who_see_what_changes() {
    let company = group();
    let body = json!({ "contract": "C2", "bill_to": "parent", "from": "2026-02-01", "reason": "the group pays" });
    let waiting = held(&company, "set_bill_to", body);
    assert_eq!(
        differences(&company, &waiting),
        [
            row("bill_to of contract C2", "as_account", "parent"),
            row("who is billed for contract C2", "EU", "ACME"),
            row("from", "", "2026-02-01"),
        ]
    );
    let says = |company: &Company| {
        let found = company
            .app
            .store()
            .read(|tx| store::routing::bill_to_on(tx, "C2", "2026-02-01"));
        found.unwrap().map(|row| (row.target, row.actor))
    };
    assert_eq!(says(&company), None, "denied and waiting change nothing");
    grant(&company, "omar", &waiting).unwrap();
    let agreed = Some(("parent".to_owned(), "rita".to_owned()));
    assert_eq!(says(&company), agreed, "as its maker sent it");
}

#[test]
fn how_an_account_is_billed_is_agreed_with_the_next_invoices_that_go_another_way() {
    let company = group();
    let body = json!({ "customer": "ACME", "policy": "parent_pays", "reason": "the group pays" });
    let waiting = held(&company, "set_consolidation", body);
    assert_eq!(
        differences(&company, &waiting),
        [
            row("consolidation of customer ACME", "", "parent_pays"),
            row("from", "", "the day it is granted"),
            row(
                "next invoice of contract C1",
                "ACME",
                "ACME, with everything due"
            ),
            row(
                "next invoice of contract C2",
                "EU",
                "ACME, with everything due"
            ),
        ]
    );
    // A day that nobody stated is the day of the grant, and does not make the decision void.
    company
        .clock
        .move_to("2026-01-17T12:00:00Z".parse().unwrap());
    let granted = grant(&company, "dana", &waiting).unwrap();
    assert_eq!(granted["result"]["from"], "2026-01-17");
}

#[test]
fn who_pays_and_which_processor_collects_is_agreed_by_two_people() {
    let company = group();
    let body = json!({ "customer": "EU", "payer": "ACME", "reason": "the holding pays" });
    let waiting = held(&company, "set_payer", body.clone());
    assert_eq!(
        differences(&company, &waiting),
        [row("payer of EU", "", "ACME")]
    );
    grant(&company, "omar", &waiting).unwrap();
    assert_eq!(
        said(act(&company, "rita", "set_payer", body)),
        ["nothing changes: this is who pays already"]
    );
    let events = company
        .app
        .store()
        .read(|tx| store::log::of_partition(tx, "customer/EU", 0, 100));
    let told = events.unwrap();
    let last = told.last().unwrap();
    assert_eq!(last.type_name, "com.tieout.customer.account.updated.v1");
    assert!(last.data.contains("\"payer\""), "{}", last.data);

    let routes = |rows: Value| json!({ "routes": rows, "reason": "collected in the region" });
    let first = routes(json!([{ "connection": "stripe" }]));
    let waiting = held(&company, "set_payment_routes", first);
    // Into which account money comes is for finance, not for those who look after customers.
    assert!(said(grant(&company, "omar", &waiting))[0].contains("omar"));
    grant(&company, "dana", &waiting).unwrap();
    let next = routes(
        json!([{ "connection": "stripe_eu" }, { "entity": "DE", "connection": "stripe_de" }]),
    );
    let waiting = act(&company, "rita", "set_payment_routes", next).unwrap();
    assert_eq!(
        differences(&company, &waiting),
        [
            row("collected by, entity DE", "", "stripe_de"),
            row("collected by, everything else", "stripe", "stripe_eu"),
        ]
    );
    grant(&company, "dana", &waiting).unwrap();
    let versions = company
        .app
        .store()
        .read(|tx| store::settings::configurations_starting_with(tx, "payment_routes"));
    let versions: Vec<i64> = versions.unwrap().into_iter().map(|it| it.1).collect();
    assert_eq!(versions, [1, 2], "what held before is kept");
}

fn lines(lines: Value) -> Value {
    json!({ "customer": "ACME", "entity": "DE", "start": "2026-02-01", "months": 12, "lines": lines })
}

fn level(company: &Company, id: &str, content: Value) -> String {
    create(company, id, content);
    let answer = submit(company, id, 1).unwrap();
    match answer["why"].as_str() {
        None => "nobody".to_owned(),
        Some(why) => why.to_owned(),
    }
}

#[test]
fn a_quote_counts_as_a_whole_however_its_lines_are_cut() {
    let company = company();
    // 60 seats at 120.00 with 12 % off: 864.00 below list.
    let whole = level(
        &company,
        "Q1",
        lines(json!([{ "product": "SEAT", "quantity": "60", "discount": "0.12" }])),
    );
    assert_eq!(
        whole,
        "a discount of 864.00 EUR, 12 % of list, is over 10 %, so it goes to a colleague in revenue operations"
    );
    let parted = level(
        &company,
        "Q2",
        lines(json!([
            { "product": "SEAT", "quantity": "20", "discount": "0.12" },
            { "product": "SEAT", "quantity": "20", "discount": "0.12" },
            { "product": "SEAT", "quantity": "20", "discount": "0.12" },
        ])),
    );
    assert_eq!(parted, whole);
    // A line above list hides nothing: one at half price beside one at one and a half of it.
    let hidden = level(
        &company,
        "Q3",
        lines(json!([
            { "product": "SEAT", "quantity": "60", "unit_price": "60" },
            { "product": "SEAT", "quantity": "60", "unit_price": "180" },
        ])),
    );
    assert_eq!(
        hidden,
        "a discount of 3,600.00 EUR, 25 % of list, is over 10 %, so it goes to a colleague in revenue operations"
    );
    let version = &detail(&company, "Q3").versions[0];
    assert_eq!(version.figures.discount.minor, 0);
    assert_eq!(version.figures.given_away.unwrap().minor, 360_000);
}

#[test]
fn a_quote_names_the_partner_and_its_contract_carries_it() {
    let company = company();
    let with = |partner: Value| {
        let mut content = lines(json!([{ "product": "SEAT", "quantity": "10" }]));
        content["partner"] = partner;
        content
    };
    let sale = json!({ "role": "agent", "end_customer": "Rowan Schools", "commission": "0.2" });
    let answer = create(&company, "Q1", with(sale));
    assert_eq!(
        answer["figures"]["tcv"]["amount"], "240.00",
        "a fifth of 1,200"
    );
    let quote = detail(&company, "Q1");
    assert_eq!(quote.billed.billed.customer.as_deref(), Some("ACME"));
    assert_eq!(
        quote.billed.partner.as_deref(),
        Some(
            "Rowan Schools uses it and pays the partner; we are the agent, bill the partner our commission of 20 %, and only that is revenue"
        )
    );
    submit(&company, "Q1", 1).unwrap();
    accept(&company, "Q1", 1).unwrap();
    let id = convert(&company, "Q1", 1).unwrap()["contract"].clone();
    let found = id.as_str().unwrap().to_owned();
    let row = company
        .app
        .store()
        .read(move |tx| store::contracts::contract(tx, &found))
        .unwrap()
        .unwrap();
    let contract: commerce::Contract = serde_json::from_str(&row.body).unwrap();
    assert_eq!(contract.partner.unwrap().end_customer, "Rowan Schools");
    assert_eq!(row.value, 24_000);
    let unclear = json!({ "role": "principal", "end_customer": " " });
    let body = json!({ "id": "Q2", "content": with(unclear) });
    assert_eq!(
        said(act(&company, "rita", "create_quote", body)),
        ["content.partner.end_customer: say who uses what is sold"]
    );
}

#[test]
fn an_entity_whose_numbers_would_meet_those_of_another_one_is_refused() {
    let company = company();
    let entity = |id: &str| json!({ "id": id, "name": "Neu GmbH", "currency": "EUR", "time_zone": "Europe/Berlin" });
    let refused = |id: &str| {
        let outcome = company
            .app
            .act("setup", command("create_entity", entity(id)));
        said(outcome)
    };
    assert_eq!(
        refused("DE-CN"),
        [
            "id: the invoices of DE-CN ({entity}-{year}-{number}) could print a number of the credit notes of DE ({entity}-CN-{year}-{number}) again; give the entity another id"
        ]
    );
    let policy = json!({ "entity": "DE", "policy": {
        "invoice_numbers": { "pattern": "FR-{year}-{number:6}" } } });
    company.done("set_invoice_policy", policy);
    assert_eq!(
        refused("FR"),
        [
            "id: the invoices of FR ({entity}-{year}-{number}) could print a number of the invoices of DE (FR-{year}-{number:6}) again; give the entity another id"
        ]
    );
    company.done("create_entity", entity("AT"));
    company.done("create_entity", entity("DE"));
}

/// A contract of five seats with what the line says beside them.
fn sold(id: &str, beside: &Value) -> Value {
    let mut line = json!({ "component": "seats", "product": "SEAT", "quantity": "5" });
    let own = beside.as_object().unwrap().clone();
    line.as_object_mut().unwrap().extend(own);
    json!({ "id": id, "customer": "ACME", "entity": "DE", "start": "2026-01-15", "end": "2027-01-14", "lines": [line] })
}

#[test]
fn a_contract_without_a_quote_that_bills_by_terms_of_its_own_needs_a_second_person_where_the_policy_says()
 {
    let company = company();
    let own = sold("C8", &json!({ "proration": "none" }));
    let done = act(
        &company,
        "rita",
        "activate_contract",
        sold("C7", &json!({ "proration": "none" })),
    );
    assert!(!is_waiting(&done.unwrap()), "unless the policy says so");
    let standard = control::approval_policy::ApprovalPolicy::STANDARD;
    let rule = "command = \"activate_contract\"\nwhen = \"never\"";
    assert!(standard.contains(rule));
    let toml = standard.replace(
        rule,
        "command = \"activate_contract\"\nwhen = \"own_terms\"",
    );
    let body = json!({ "toml": toml });
    let waiting = act(&company, "rita", "publish_approval_policy", body).unwrap();
    grant(&company, "dana", &waiting).unwrap();
    let waiting = act(&company, "rita", "activate_contract", own).unwrap();
    assert_eq!(
        waiting["why"],
        "activate_contract bills otherwise than the catalogue says: lines[0] has a proration of its own"
    );
    let before = contracts(&company);
    grant(&company, "omar", &waiting).unwrap();
    assert_eq!(contracts(&company), before + 1);
    // A price of its own is the matter of quotes; what follows the catalogue needs nobody.
    for (id, line) in [
        ("C9", json!({})),
        ("C10", json!({ "unit_price": "90", "billing": "annual" })),
        ("C11", json!({ "proration": "actual_over_period" })),
    ] {
        let done = act(&company, "rita", "activate_contract", sold(id, &line)).unwrap();
        assert!(!is_waiting(&done), "{id}: {done}");
    }
    for (id, line, what) in [
        (
            "C12",
            json!({ "billing": "monthly", "unit_price": "9" }),
            "a billing period",
        ),
        (
            "C13",
            json!({ "charge": { "model": "flat", "amount": "9" } }),
            "a charge",
        ),
        (
            "C14",
            json!({ "recognition": "at_start", "timing": "arrears" }),
            "a timing",
        ),
    ] {
        let held = act(&company, "rita", "activate_contract", sold(id, &line)).unwrap();
        assert!(held["why"].as_str().unwrap().contains(what), "{held}");
    }
}
