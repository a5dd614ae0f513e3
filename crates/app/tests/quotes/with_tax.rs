//! Prices that are quoted with tax in them: the quote counts them without it, and the contract bills
//! net and tax that add up to the price that was quoted.

use crate::company::Company;
use crate::seller::{accept, act, company, convert, create, detail, grant, said, submit};
use app::approval::is_waiting;
use serde_json::{Value, json};
use store::documents::{DocumentFilter, DocumentRow};

fn year(lines: Value) -> Value {
    json!({ "customer": "ACME", "entity": "DE", "start": "2026-02-01", "months": 12, "lines": lines })
}

/// A seat, which is 120.00 by the price book, at a price with tax in it.
fn with_tax(price: &str) -> Value {
    json!([{ "product": "SEAT", "unit_price": price, "price_includes_tax": true }])
}

fn tried(company: &Company, content: Value) -> Vec<String> {
    said(act(
        company,
        "rita",
        "create_quote",
        json!({ "content": content }),
    ))
}

/// Net, tax and total of each document of a contract that is billed today.
fn billed(company: &Company, contract: &str) -> Vec<(i64, i64, i64)> {
    company
        .clock
        .move_to("2026-02-01T12:00:00Z".parse().unwrap());
    let body = json!({ "through": "2026-02-01", "contract": contract });
    company.done("run_billing", body);
    let filter = DocumentFilter {
        contract: contract.to_owned(),
        ..DocumentFilter::default()
    };
    let rows = company
        .app
        .store()
        .read(move |tx| store::documents::documents(tx, &filter, "", 10));
    let sums = |row: DocumentRow| (row.net, row.tax, row.net + row.tax);
    rows.unwrap().into_iter().map(sums).collect()
}

/// Approved by a colleague where somebody must, signed and made a contract.
fn sold(company: &Company, id: &str) -> String {
    let submitted = submit(company, id, 1).unwrap();
    if is_waiting(&submitted) {
        grant(company, "dana", &submitted).unwrap();
    }
    accept(company, id, 1).unwrap();
    let converted = convert(company, id, 1).unwrap();
    converted["contract"].as_str().unwrap().to_owned()
}

#[test]
fn a_quote_at_119_with_tax_is_100_of_revenue_and_bills_100_and_19() {
    let company = company();
    let answer = create(&company, "Q1", year(with_tax("119.00")));
    let figures = &answer["figures"];
    assert_eq!(figures["tcv"]["amount"], "100.00", "without tax");
    assert_eq!(figures["list"]["amount"], "120.00");
    assert_eq!(figures["discount"]["amount"], "20.00", "net against net");
    assert_eq!(figures["discount_rate"], "0.1667");
    assert_eq!(figures["given_away"]["amount"], "20.00");
    assert_eq!(detail(&company, "Q1").quote.value.minor, 10_000);
    let quoted = sold(&company, "Q1");
    let stated = json!({ "id": "C-9", "customer": "ACME", "entity": "DE", "start": "2026-02-01",
        "end": "2027-01-31", "lines": [{ "product": "SEAT", "quantity": "1", "unit_price": "119.00",
        "price_includes_tax": true }] });
    company.done("activate_contract", stated);
    assert_eq!(billed(&company, &quoted), [(10_000, 1_900, 11_900)]);
    assert_eq!(
        billed(&company, "C-9"),
        billed(&company, &quoted),
        "as it does where the contract says so itself"
    );
    // A new price is stated as the one before: with the tax in it.
    company.done(
        "amend_contract",
        json!({ "contract": quoted, "effective": "2026-02-01", "reason": "dearer",
            "change": { "kind": "price", "unit_price": "238.00" } }),
    );
    let after = billed(&company, &quoted);
    assert_eq!(after.iter().map(|row| row.0).sum::<i64>(), 20_000);
    assert_eq!(after.iter().map(|row| row.2).sum::<i64>(), 23_800);
}

#[test]
fn cents_that_do_not_divide_add_up_to_the_price_that_was_quoted() {
    let company = company();
    create(&company, "Q1", year(with_tax("9.99")));
    let contract = sold(&company, "Q1");
    assert_eq!(billed(&company, &contract), [(839, 160, 999)]);
}

#[test]
fn list_price_with_its_tax_is_no_discount_and_a_list_price_read_as_one_with_tax_is() {
    let company = company();
    let answer = create(&company, "Q1", year(with_tax("142.80")));
    assert_eq!(answer["figures"]["given_away"]["amount"], "0.00");
    assert_eq!(submit(&company, "Q1", 1).unwrap()["status"], "approved");
    // The price book is without tax: its price with the tax in it is 19.16 below list.
    let lines = json!([{ "product": "SEAT", "price_includes_tax": true }]);
    let answer = create(&company, "Q2", year(lines));
    assert_eq!(answer["figures"]["tcv"]["amount"], "100.84");
    let waiting = submit(&company, "Q2", 1).unwrap();
    assert!(is_waiting(&waiting), "{waiting}");
    assert_eq!(
        waiting["why"],
        "a discount of 19.16 EUR, 15.97 % of list, is over 10 %, so it goes to a colleague in revenue operations"
    );
}

#[test]
fn discounts_ramps_and_standalone_prices_are_measured_without_tax() {
    let company = company();
    company.done(
        "publish_offer",
        json!({ "kind": "standalone", "product": "SEAT", "prices": [
            { "currency": "EUR", "billing": "annual", "unit_price": "110" }] }),
    );
    let mut content = year(json!([{ "product": "SEAT", "unit_price": "142.80",
        "price_includes_tax": true, "discount": "0.1",
        "ramp": [{ "effective": "2027-02-01", "unit_price": "238.00" }] }]));
    content["months"] = json!(24);
    let answer = create(&company, "Q1", content);
    let figures = &answer["figures"];
    assert_eq!(figures["tcv"]["amount"], "288.00", "90 % of 120 and of 200");
    assert_eq!(figures["standalone"]["amount"], "220.00");
    assert_eq!(figures["margin"]["amount"], "68.00");
    let contract = sold(&company, "Q1");
    assert_eq!(billed(&company, &contract), [(10_800, 2_052, 12_852)]);
}

#[test]
fn the_parts_of_a_bundle_share_its_price_and_each_gives_up_its_own_tax() {
    let company = company();
    let product = |code: &str, tax_code: &str| {
        json!({ "code": code, "name": code, "tax_code": tax_code, "prices": [
            { "currency": "EUR", "billing": "annual", "charge": { "model": "per_unit", "unit_price": "100" } }] })
    };
    company.done("publish_product", product("BOOK", "books"));
    company.done("publish_product", product("TOOL", "standard"));
    company.done(
        "set_tax_rate",
        json!({ "entity": "DE", "tax_code": "books", "rate": "0.07", "name": "VAT 7 %" }),
    );
    company.done(
        "publish_offer",
        json!({ "kind": "bundle", "code": "SET", "name": "Set",
            "prices": [{ "currency": "EUR", "billing": "annual", "unit_price": "200" }],
            "parts": [{ "product": "BOOK", "share": "0.5" }, { "product": "TOOL", "share": "0.5" }] }),
    );
    let lines = json!([{ "bundle": "SET", "unit_price": "254.66", "price_includes_tax": true }]);
    let answer = create(&company, "Q1", year(lines));
    assert_eq!(
        answer["figures"]["tcv"]["amount"], "226.00",
        "127.33 is 119.00 at 7 % and 107.00 at 19 %"
    );
    let contract = sold(&company, "Q1");
    let net_tax_total = billed(&company, &contract);
    assert_eq!(net_tax_total.iter().map(|row| row.2).sum::<i64>(), 25_466);
}

#[test]
fn a_change_of_what_is_in_the_price_takes_the_approval_away() {
    let company = company();
    create(&company, "Q1", year(with_tax("142.80")));
    submit(&company, "Q1", 1).unwrap();
    assert_eq!(detail(&company, "Q1").quote.status, "approved");
    let without = json!([{ "product": "SEAT", "unit_price": "142.80" }]);
    let body =
        json!({ "quote": "Q1", "reason": "the price is without tax", "content": year(without) });
    let revised = act(&company, "rita", "revise_quote", body).unwrap();
    assert_eq!(revised["figures"]["tcv"]["amount"], "142.80");
    let found = detail(&company, "Q1");
    assert_eq!(
        (found.quote.version, found.quote.status.as_str()),
        (2, "draft")
    );
    assert_eq!(
        found
            .steps
            .iter()
            .rev()
            .find(|step| step.step == "void")
            .unwrap()
            .words,
        "revised: the price is without tax; its approval is void"
    );
    // What says nothing of tax keeps its text.
    let said = |at: usize| serde_json::to_value(&found.versions[at].content.lines[0]).unwrap();
    assert_eq!(said(0).get("price_includes_tax"), None);
    assert_eq!(said(1)["price_includes_tax"], json!(true));
}

#[test]
fn what_cannot_have_tax_in_its_price_is_refused_at_its_line() {
    let company = company();
    company.done(
        "publish_product",
        json!({ "code": "CALLS", "name": "Calls", "prices": [
            { "currency": "EUR", "billing": "annual", "charge": { "model": "graduated", "tiers": [
                { "up_to": "10", "unit_price": "5" }, { "unit_price": "4" }] } }] }),
    );
    let lines = json!([{ "product": "SEAT" }, { "product": "CALLS", "price_includes_tax": true }]);
    assert_eq!(
        tried(&company, year(lines)),
        [
            "content.lines[1].price_includes_tax: CALLS is not priced by one amount; state its price without tax"
        ]
    );
    company.done(
        "create_entity",
        json!({ "id": "FR", "name": "Exemple SA", "currency": "EUR", "time_zone": "Europe/Paris" }),
    );
    let mut untaxed = year(with_tax("119.00"));
    untaxed["entity"] = json!("FR");
    let refused = tried(&company, untaxed);
    assert_eq!(refused.len(), 1, "{refused:?}");
    assert!(
        refused[0].starts_with("content.lines[0].price_includes_tax: ")
            && refused[0].contains("FR"),
        "{refused:?}"
    );
}

#[test]
fn a_rate_that_changes_before_the_first_invoice_holds_the_contract_and_a_revision_takes_the_new_one()
 {
    let company = company();
    create(&company, "Q1", year(with_tax("142.80")));
    create(&company, "Q2", year(with_tax("142.80")));
    let rate = json!({ "entity": "DE", "rate": "0.20", "name": "VAT 20 %", "from": "2026-02-01" });
    let waits = act(&company, "dana", "set_tax_rate", rate).unwrap();
    assert!(is_waiting(&waits), "{waits}");
    company
        .app
        .put_user("carl", control::Role::Controller, "hash")
        .unwrap();
    grant(&company, "carl", &waits).unwrap();
    let held = sold(&company, "Q1");
    let body = json!({ "quote": "Q2", "reason": "the rate is 20 % now",
        "content": year(with_tax("142.80")) });
    let revised = act(&company, "rita", "revise_quote", body).unwrap();
    assert_eq!(revised["figures"]["tcv"]["amount"], "119.00");
    assert_eq!(
        billed(&company, &held),
        [],
        "neither net nor price moves by itself"
    );
    let filter = app::query::ExceptionFilter {
        status: Some("open".to_owned()),
        ..Default::default()
    };
    let open = company.app.exceptions(&filter, None).unwrap().items;
    assert!(
        open.iter()
            .any(|row| row.summary.contains("20 %") || row.summary.contains("0.2")),
        "{:?}",
        open.iter().map(|row| &row.summary).collect::<Vec<_>>()
    );
}
