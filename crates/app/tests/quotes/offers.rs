//! Plans, bundles, add-ons, templates and standalone prices, published and quoted.

use crate::company::Company;
use crate::seller::{accept, act, company, contracts, convert, create, said, submit};
use serde_json::{Value, json};

fn publish(company: &Company, body: Value) -> i64 {
    act(company, "rita", "publish_offer", body).unwrap()["version"]
        .as_i64()
        .unwrap()
}

/// Codes and versions of offers whose publication was recorded, by kind.
fn published(company: &Company) -> Vec<(String, i64)> {
    let store = company.app.store();
    let found = store.read(|tx| -> Result<_, store::StoreFault> {
        let mut found = Vec::new();
        store::log::each_in_order(tx, |event| {
            if event.type_name == "com.tieout.catalog.offer.published.v1" {
                let told: Value = serde_json::from_str(&event.data).unwrap();
                assert_eq!(told["content"]["code"], told["code"]);
                let code = told["code"].as_str().unwrap().to_owned();
                found.push((code, told["version"].as_i64().unwrap()));
            }
            Ok(())
        })?;
        Ok(found)
    });
    found.unwrap()
}

/// A company with a platform, support and a set-up, sold monthly and once.
fn catalogue() -> Company {
    let company = company();
    for (code, billing, price) in [
        ("CORE", "monthly", "100"),
        ("SUPPORT", "monthly", "40"),
        ("SETUP", "one_off", "500"),
    ] {
        company.done(
            "publish_product",
            json!({ "code": code, "name": code, "prices": [
                { "currency": "EUR", "billing": billing, "charge": { "model": "per_unit", "unit_price": price } } ] }),
        );
    }
    publish(
        &company,
        json!({ "kind": "plan", "code": "PRO", "name": "Pro", "product": "CORE", "months": 12,
        "phases": [{ "phase": "trial", "months": 1 }, { "phase": "evergreen" }] }),
    );
    publish(
        &company,
        json!({ "kind": "bundle", "code": "SUITE", "name": "Suite",
        "parts": [
            { "product": "CORE", "quantity": "2", "share": "0.75" },
            { "product": "SUPPORT", "share": "0.25" },
            { "product": "SETUP", "optional": true },
        ],
        "prices": [{ "currency": "EUR", "unit_price": "200" }] }),
    );
    publish(
        &company,
        json!({ "kind": "add_on", "code": "CARE", "name": "Care", "product": "SUPPORT",
        "joins": ["SUITE"] }),
    );
    company
}

fn year(lines: Value) -> Value {
    json!({ "customer": "ACME", "entity": "DE", "start": "2026-02-01", "months": 12, "lines": lines })
}

#[test]
fn a_plan_with_a_trial_is_free_in_its_first_month() {
    let company = catalogue();
    let answer = create(
        &company,
        "Q1",
        year(json!([{ "plan": "PRO", "quantity": "3" }])),
    );
    assert_eq!(
        answer["figures"]["tcv"]["amount"], "3300.00",
        "eleven months of 300"
    );
    assert_eq!(
        answer["figures"]["discount"]["amount"], "0.00",
        "a trial is no discount"
    );
    submit(&company, "Q1", 1).unwrap();
    accept(&company, "Q1", 1).unwrap();
    assert_eq!(
        convert(&company, "Q1", 1).unwrap()["value"]["amount"],
        "3300.00"
    );
}

#[test]
fn a_bundle_with_an_add_on_and_a_ramp_becomes_one_contract() {
    let company = catalogue();
    let lines = json!([
        { "bundle": "SUITE", "quantity": "2", "options": ["SETUP"] },
        { "add_on": "CARE", "quantity": "1",
          "ramp": [{ "effective": "2026-08-01", "quantity": "2" }] },
    ]);
    let answer = create(&company, "Q1", year(lines));
    // 2 × 200 × 12, two set-ups, and support for six months at 40 and six at 80.
    assert_eq!(answer["figures"]["tcv"]["amount"], "6520.00");
    assert_eq!(answer["figures"]["one_off"]["amount"], "1000.00");
    assert_eq!(answer["figures"]["discount"]["amount"], "0.00");
    submit(&company, "Q1", 1).unwrap();
    accept(&company, "Q1", 1).unwrap();
    let before = contracts(&company);
    let converted = convert(&company, "Q1", 1).unwrap();
    assert_eq!(converted["value"]["amount"], "6520.00");
    assert_eq!(contracts(&company), before + 1);
}

#[test]
fn an_add_on_joins_only_what_it_may_join_and_options_are_those_of_the_bundle() {
    let company = catalogue();
    let refused = |lines| {
        let body = json!({ "content": year(lines) });
        said(act(&company, "rita", "create_quote", body))
    };
    assert_eq!(
        refused(json!([{ "plan": "PRO" }, { "add_on": "CARE" }])),
        [
            "content.lines[1].add_on: add-on CARE is sold only with SUITE; add a line with one of them"
        ]
    );
    assert_eq!(
        refused(json!([{ "bundle": "SUITE", "options": ["SUPPORT"] }])),
        ["content.lines[0].options: SUPPORT is no option of bundle SUITE; its options are: SETUP"]
    );
    assert_eq!(
        refused(
            json!([{ "bundle": "SUITE", "ramp": [{ "effective": "2026-03-01", "quantity": "2" }] }])
        ),
        [
            "content.lines[0].ramp: bundle SUITE cannot ramp as a whole; quote its products one by one"
        ]
    );
}

#[test]
fn a_price_of_a_bundle_is_split_by_its_shares_and_a_lower_one_is_a_discount() {
    let company = catalogue();
    let lines = json!([{ "bundle": "SUITE", "unit_price": "180" }]);
    let answer = create(&company, "Q1", year(lines));
    assert_eq!(answer["figures"]["tcv"]["amount"], "2160.00");
    assert_eq!(answer["figures"]["list"]["amount"], "2400.00");
    assert_eq!(answer["figures"]["discount_rate"], "0.1");
}

#[test]
fn margins_are_measured_against_standalone_prices_and_thin_ones_need_the_controller() {
    let company = catalogue();
    publish(
        &company,
        json!({ "kind": "standalone", "product": "CORE",
        "prices": [{ "currency": "EUR", "unit_price": "170" }] }),
    );
    let answer = create(&company, "Q1", year(json!([{ "product": "CORE" }])));
    assert_eq!(answer["figures"]["standalone"]["amount"], "2040.00");
    assert_eq!(answer["figures"]["margin"]["amount"], "-840.00");
    assert_eq!(answer["figures"]["margin_rate"], "-0.4118");
    let waiting = submit(&company, "Q1", 1).unwrap();
    assert_eq!(
        waiting["why"],
        "the margin against standalone selling prices is -41.18 %, under -40 %"
    );
}

#[test]
fn a_quote_outside_its_template_says_where_and_needs_somebody() {
    let company = catalogue();
    publish(
        &company,
        json!({ "kind": "template", "code": "YEARLY", "name": "Yearly", "billing": "monthly",
        "months": 12, "activation_days": 3 }),
    );
    let mut standard = year(json!([{ "product": "CORE" }]));
    standard["template"] = json!("YEARLY");
    create(&company, "Q1", standard.clone());
    assert_eq!(submit(&company, "Q1", 1).unwrap()["status"], "approved");
    assert_eq!(
        accept(&company, "Q1", 1).unwrap()["activate_by"],
        "2026-01-18"
    );
    convert(&company, "Q1", 1).unwrap();

    let mut longer = standard;
    longer["months"] = json!(18);
    let answer = create(&company, "Q2", longer);
    let expected = "the term ends on 2027-07-31, and YEARLY says 12 months";
    assert_eq!(answer["deviations"], json!([expected]));
    assert_eq!(submit(&company, "Q2", 1).unwrap()["why"], expected);
    create(&company, "Q3", year(json!([{ "product": "CORE" }])));
    assert_eq!(
        submit(&company, "Q3", 1).unwrap()["why"],
        "it follows no billing template"
    );

    let counts = company
        .app
        .store()
        .read(app::journey::quote::template_counts)
        .unwrap();
    let de = counts.iter().find(|it| it.entity == "DE").unwrap();
    assert_eq!(
        (de.contracts, de.standard, de.deviating, de.without_template),
        (2, 1, 0, 1)
    );
}

#[test]
fn offers_have_versions_and_a_quote_keeps_what_it_was_written_with() {
    let company = catalogue();
    create(&company, "Q1", year(json!([{ "plan": "PRO" }])));
    let changed =
        json!({ "kind": "plan", "code": "PRO", "name": "Pro", "product": "SUPPORT", "months": 12 });
    assert_eq!(publish(&company, changed.clone()), 2);
    assert_eq!(
        publish(&company, changed),
        2,
        "the same again makes no version"
    );
    let told = published(&company);
    let told: Vec<(&str, i64)> = told.iter().map(|(code, at)| (code.as_str(), *at)).collect();
    assert_eq!(
        told,
        [("CARE", 1), ("SUITE", 1), ("PRO", 1), ("PRO", 2)],
        "every version is an event, with its content"
    );
    submit(&company, "Q1", 1).unwrap();
    accept(&company, "Q1", 1).unwrap();
    assert_eq!(
        convert(&company, "Q1", 1).unwrap()["value"]["amount"],
        "1100.00"
    );
}

#[test]
fn everything_wrong_with_an_offer_is_said_at_once() {
    let company = catalogue();
    let refused = |body| said(act(&company, "rita", "publish_offer", body));
    assert_eq!(
        refused(
            json!({ "kind": "bundle", "code": "B", "name": " ", "parts": [
                { "product": "NONE", "share": "0.5" },
                { "product": "CORE", "quantity": "3", "share": "0.4" },
                { "product": "SETUP", "optional": true, "share": "0.1" },
            ],
            "prices": [{ "currency": "EUR", "unit_price": "100" }, { "currency": "EUR", "unit_price": "-1" }] })
        ),
        [
            "name: it has no name; write what it is called",
            "parts[0].product: product NONE is not in the catalogue; publish it first or correct the code",
            "parts[1].share: 0.4 of 100 EUR is no exact price for each of 3; change the share, the price or the quantity",
            "parts[1].share: 0.4 of -1 EUR is no exact price for each of 3; change the share, the price or the quantity",
            "parts[2].share: an optional part is sold at its own price and has no share, here 0.1; leave it out",
            "parts: the shares of what is included add up to 0.9; make it 1",
            "prices[1].unit_price: -1 is below zero; write what it costs",
            "prices[1].from: there are two prices in EUR without a first day; keep one of them",
        ]
    );
    assert_eq!(
        refused(
            json!({ "kind": "plan", "code": "P", "name": "P", "product": "CORE", "template": "T",
            "phases": [{ "phase": "trial" }, { "phase": "evergreen", "off": "2" }] })
        ),
        [
            "template: there is no template T, and none at all yet; publish it first",
            "phases[0].months: only the last phase may be without an end; state months or days",
            "phases[1].off: 2 is no part of a price; write one half as \"0.5\"",
        ]
    );
    assert_eq!(
        refused(
            json!({ "kind": "add_on", "code": "A", "name": "A", "product": "CORE", "joins": ["X"] })
        ),
        ["joins[0]: there is no plan or bundle X; there are: PRO, SUITE"]
    );
    assert_eq!(
        refused(json!({ "kind": "template", "code": "T", "name": "T", "billing_day": 32 })),
        ["billing_day: 32 is no day of a month; write 1 to 31"]
    );
    assert_eq!(
        refused(json!({ "kind": "standalone", "product": "CORE", "prices": [] })),
        ["prices: there is no price; state at least one"]
    );
}

#[test]
fn a_discount_policy_is_read_whole_before_it_holds_and_needs_a_second_person() {
    let company = catalogue();
    let body = json!({ "toml": "version = 2\n[[levels]]\nname = \"x\"\npermission = \"sing\"\nexpires_days = 1\n" });
    assert_eq!(
        said(act(&company, "dana", "publish_discount_policy", body)),
        [
            "toml: level 1 (x): there is no permission \"sing\"; level 1 (x): it has no limit; state over_percent or over_amount"
        ]
    );
    let body = json!({ "toml": "version = 2\n" });
    let waiting = act(&company, "dana", "publish_discount_policy", body).unwrap();
    assert_eq!(waiting["status"], "waiting");
}
