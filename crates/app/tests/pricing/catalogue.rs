//! Products that come from a file, and a whole catalogue that goes from one company to another.

use crate::company::Company;
use app::connections::Connections;
use serde_json::{Value, json};

fn import(company: &Company, content: &str) -> Value {
    company.act(
        "import_products",
        json!({ "name": "products.csv", "content": content }),
    )
}

const YEAR: (&str, &str) = ("2026-01-01", "2026-12-31");

/// A row is the body of `publish_product`, with paths into it as columns.
#[test]
fn products_from_a_file_are_sold_and_billed() {
    let company = Company::new();
    let answer = import(
        &company,
        "code,name,revenue_class,prices[0].currency,prices[0].billing,prices[0].timing,prices[0].from,\
         prices[0].charge.model,prices[0].charge.unit_price,prices[0].charge.amount,\
         prices[0].charge.tiers[0].up_to,prices[0].charge.tiers[0].unit_price,\
         prices[0].charge.tiers[1].unit_price,policy.rounding\n\
         SEAT,Seat,,EUR,monthly,,,per_unit,12.50,,,,,half_even\n\
         CARE,Care,services,EUR,quarterly,arrears,2026-01-01,flat,,90,,,,\n\
         API,Calls,usage,EUR,monthly,,,graduated,,,100,0.5,0.25,\n",
    );
    assert_eq!(
        (&answer["rows"], &answer["accepted"]),
        (&json!(3), &json!(3))
    );
    let taken = app::intake::process_due(&company.app, &Connections::none(), 100);
    assert_eq!((taken.processed, taken.parked), (3, 0));
    company.contract(
        "C-1",
        YEAR,
        json!([
            { "component": "calls", "product": "API", "quantity": 300 },
            { "component": "care", "product": "CARE" },
            { "component": "seats", "product": "SEAT", "quantity": 3 },
        ]),
    );
    assert_eq!(
        company.bill("2026-01-01"),
        [
            // A hundred at 0.50 and two hundred at 0.25.
            "calls 2026-01-01 2026-01-31 100.00",
            "seats 2026-01-01 2026-01-31 37.50",
        ]
    );
    let kept = company.kept("C-1");
    let classes: Vec<&str> = kept
        .components
        .iter()
        .map(|it| it.revenue_account_class.as_str())
        .collect();
    assert_eq!(classes, ["usage", "services", "subscription"]);
    assert_eq!(
        kept.components[2].policy.rounding,
        values::Rounding::HalfEven
    );
    // A second file makes the next version of what it names, and leaves the rest.
    import(
        &company,
        "code,name,prices[0].currency,prices[0].billing,prices[0].charge.model,prices[0].charge.unit_price\n\
         SEAT,Seat,EUR,monthly,per_unit,13\n",
    );
    app::intake::process_due(&company.app, &Connections::none(), 100);
    let answer = company.contract("C-2", YEAR, json!([{ "product": "SEAT" }]));
    assert_eq!(answer["value"]["amount"], "156.00");
}

#[test]
fn a_file_of_products_says_which_cell_is_wrong_and_what_a_column_may_be() {
    let company = Company::new();
    let refused = company.refused(
        "import_products",
        json!({ "name": "products.csv", "content": "code,name,prices_json\nSEAT,Seat,\"[]\"\n" }),
    );
    assert!(
        refused.contains("line 2") && refused.contains("prices_json"),
        "{refused}"
    );
    let refused = company.refused(
        "import_products",
        json!({ "name": "products.csv", "content":
            "code,name,prices[0].currency,prices[0].billing,prices[0].charge.model,prices[0].charge.amount\n\
             SEAT,Seat,EUR,fortnightly,flat,9\n" }),
    );
    assert!(
        refused.contains("prices[0].billing") && refused.contains("fortnightly"),
        "{refused}"
    );
}

/// Everything that a catalogue can hold.
fn whole() -> Company {
    let company = Company::new();
    company.act(
        "publish_meter",
        json!({ "code": "calls", "name": "Calls", "unit": "call", "aggregation": "sum" }),
    );
    let monthly =
        |charge: Value| json!({ "currency": "EUR", "billing": "monthly", "charge": charge });
    for body in [
        json!({ "code": "CORE", "name": "Core", "tax_code": "saas", "recognition": "at_start",
            "policy": { "proration": { "fixed_days": 30 }, "rounding": "half_even", "first_part": "from_the_start",
                "anchor": { "day": 15 }, "version": 4 },
            "prices": [monthly(json!({ "model": "per_unit", "unit_price": "100" })),
                { "currency": "USD", "billing": "annual", "from": "2026-07-01",
                    "charge": { "model": "flat", "amount": "999.99" } }] }),
        json!({ "code": "CARE", "name": "Care", "revenue_class": "services",
            "prices": [monthly(json!({ "model": "per_unit", "unit_price": "40" }))] }),
        json!({ "code": "CALLS", "name": "Calls", "revenue_class": "usage", "prices": [{
            "currency": "EUR", "billing": "monthly", "timing": "arrears",
            "charge": { "model": "commitment", "minimum": "10", "maximum": null,
                "charge": { "model": "per_unit", "unit_price": "0.1" } },
            "measure": { "by": "meter", "meter": "calls", "only": { "region": ["eu"] } } }] }),
    ] {
        company.act("publish_product", body);
    }
    for body in [
        json!({ "kind": "template", "code": "YEARLY", "name": "Yearly", "billing": "monthly", "timing": "advance",
            "billing_day": 1, "anchor": "calendar", "proration": "month_first", "rounding": "half_even",
            "first_part": "of_the_cycle", "months": 12, "activation_days": 3,
            "renewal": { "mode": "automatic", "months": 12, "notice_days": 60, "price": { "rule": "list" } } }),
        json!({ "kind": "plan", "code": "PRO", "name": "Pro", "product": "CORE", "billing": "monthly", "months": 12,
            "template": "YEARLY", "phases": [{ "phase": "trial", "days": 14 },
                { "phase": "discount", "months": 2, "off": "0.5" }, { "phase": "evergreen", "unit_price": "95" }] }),
        json!({ "kind": "bundle", "code": "SUITE", "name": "Suite",
            "parts": [{ "product": "CORE", "quantity": "2", "share": "0.75" },
                { "product": "CARE", "share": "0.25" }, { "product": "CALLS", "optional": true }],
            "prices": [{ "currency": "EUR", "unit_price": "200" },
                { "currency": "EUR", "from": "2026-07-01", "unit_price": "220" }] }),
        json!({ "kind": "add_on", "code": "EXTRA", "name": "Extra care", "product": "CARE", "joins": ["PRO", "SUITE"] }),
        json!({ "kind": "standalone", "product": "CORE",
            "prices": [{ "currency": "EUR", "from": "2026-01-01", "unit_price": "110" }] }),
    ] {
        company.act("publish_offer", body);
    }
    company
}

/// A month of what is quoted: two bundles and an add-on.
fn quoted(company: &Company) -> Value {
    let content = json!({ "customer": "acme", "entity": "DE", "start": "2026-02-01", "template": "YEARLY",
        "lines": [{ "bundle": "SUITE", "quantity": "2" }, { "add_on": "EXTRA" }] });
    company.act("create_quote", json!({ "id": "Q-1", "content": content }))["figures"].clone()
}

#[test]
fn a_catalogue_with_everything_in_it_comes_back_equal_and_sells_the_same() {
    let company = whole();
    let document = serde_json::to_value(company.app.export_catalogue().unwrap()).unwrap();
    assert_eq!(document["products"].as_array().unwrap().len(), 3);
    assert_eq!(document["offers"].as_array().unwrap().len(), 5);
    let core = document["products"]
        .as_array()
        .unwrap()
        .iter()
        .find(|product| product["code"] == "CORE")
        .unwrap();
    assert_eq!(core["policy"]["version"], 4);
    assert_eq!(core["policy"]["anchor"], json!({ "day": 15 }));

    let other = Company::new();
    other.act(
        "publish_meter",
        json!({ "code": "calls", "name": "Calls", "unit": "call", "aggregation": "sum" }),
    );
    let answer = other.act("import_catalogue", document.clone());
    assert_eq!(answer, json!({ "products": 3, "offers": 5 }));
    let back = serde_json::to_value(other.app.export_catalogue().unwrap()).unwrap();
    assert_eq!(back, document);
    assert_eq!(
        other.app.export_prices().unwrap(),
        company.app.export_prices().unwrap()
    );
    // Twelve months of two bundles at 200 and of care at 40.
    let figures = quoted(&other);
    assert_eq!(figures["tcv"]["amount"], "5280.00");
    assert_eq!(figures, quoted(&company));
}
