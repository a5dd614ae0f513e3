//! A command with something wrong in it, and the value that its refusal must name.

use serde_json::{Value, json};

pub struct Case {
    pub command: &'static str,
    pub value: &'static str,
    pub body: Value,
}

/// Refusals of the whole, where no one field is at fault.
pub const OF_THE_WHOLE: &[&str] = &["nothing_changes", "credit_amount_unclear"];

fn case(command: &'static str, value: &'static str, body: Value) -> Case {
    Case {
        command,
        value,
        body,
    }
}

pub fn all() -> Vec<Case> {
    [
        catalogue(),
        contracts(),
        amendments(),
        documents(),
        cash(),
        collection(),
    ]
    .into_iter()
    .flatten()
    .collect()
}

fn catalogue() -> Vec<Case> {
    let price = |charge: Value| json!({ "code": "X", "name": "X", "prices": [{ "currency": "EUR", "billing": "monthly", "charge": charge }] });
    vec![
        case(
            "set_billing_policy",
            "MARS",
            json!({ "entity": "MARS", "policy": {} }),
        ),
        case(
            "set_billing_policy",
            "0",
            json!({ "entity": "DE", "policy": { "proration": { "fixed_days": 0 } } }),
        ),
        case(
            "set_billing_policy",
            "banana",
            json!({ "entity": "DE", "policy": { "rounding": "banana" } }),
        ),
        case(
            "create_customer",
            "32",
            json!({ "id": "x", "legal_name": "X", "billing_day": 32 }),
        ),
        case(
            "create_customer",
            "platinum",
            json!({ "id": "x", "legal_name": "X", "class": "platinum" }),
        ),
        case(
            "create_customer",
            "acme",
            json!({ "id": "acme", "legal_name": "X" }),
        ),
        case(
            "create_customer",
            "registered name",
            json!({ "id": "x", "legal_name": "  " }),
        ),
        case(
            "change_customer",
            "platinum",
            json!({ "customer": "acme", "class": "platinum", "reason": "x" }),
        ),
        case(
            "change_customer",
            "2025-01-01",
            json!({ "customer": "acme", "effective": "2025-01-01", "payment_terms_days": 3, "reason": "x" }),
        ),
        case(
            "change_customer",
            "nothing changes",
            json!({ "customer": "acme", "payment_terms_days": 14, "reason": "x" }),
        ),
        case(
            "publish_product",
            "banana",
            price(json!({ "model": "banana" })),
        ),
        case(
            "publish_product",
            "tier 2",
            price(json!({ "model": "graduated", "tiers": [
            { "up_to": "10", "unit_price": "1" }, { "up_to": "5", "unit_price": "2" }, { "unit_price": "3" } ] })),
        ),
        case(
            "publish_product",
            "0",
            price(json!({ "model": "package", "size": "0", "price": "5" })),
        ),
        case(
            "publish_product",
            "P-1Y",
            json!({ "code": "P-1Y?", "name": "X", "prices": [] }),
        ),
        case(
            "set_tax_rate",
            "19",
            json!({ "entity": "DE", "rate": "19" }),
        ),
        case(
            "set_tax_rate",
            "MARS",
            json!({ "entity": "MARS", "rate": "0.19" }),
        ),
    ]
}

fn contracts() -> Vec<Case> {
    let with = |change: &dyn Fn(&mut Value)| {
        let mut body = json!({ "id": "C-9", "customer": "acme", "entity": "DE", "start": "2026-01-15",
            "end": "2027-01-14", "lines": [{ "product": "SEAT", "quantity": 1 }] });
        change(&mut body);
        body
    };
    let sells = |name: &'static str, value: Value| {
        with(&move |body: &mut Value| body["lines"][0][name] = value.clone())
    };
    let says = |name: &'static str, value: Value| {
        with(&move |body: &mut Value| body[name] = value.clone())
    };
    vec![
        case(
            "activate_contract",
            "nobody",
            says("customer", json!("nobody")),
        ),
        case("activate_contract", "MARS", says("entity", json!("MARS"))),
        case("activate_contract", "C-1", says("id", json!("C-1"))),
        case(
            "activate_contract",
            "2025-01-01",
            says("end", json!("2025-01-01")),
        ),
        case("activate_contract", "0", says("billing_day", json!(0))),
        case(
            "activate_contract",
            "at least one",
            says("lines", json!([])),
        ),
        case("activate_contract", "JPY", says("currency", json!("JPY"))),
        case(
            "activate_contract",
            "LORRY",
            sells("product", json!("LORRY")),
        ),
        case("activate_contract", "-1", sells("quantity", json!("-1"))),
        case("activate_contract", "-5", sells("unit_price", json!("-5"))),
        case(
            "activate_contract",
            "2027-06-01",
            sells("start", json!("2027-06-01")),
        ),
        case(
            "activate_contract",
            "0",
            sells("phases", json!([{ "phase": "trial", "days": 0 }])),
        ),
    ]
}

fn amendments() -> Vec<Case> {
    let amends = |value: &'static str, effective: &str, change: Value| {
        let body =
            json!({ "contract": "C-1", "effective": effective, "change": change, "reason": "x" });
        case("amend_contract", value, body)
    };
    vec![
        case(
            "amend_contract",
            "C-7",
            json!({ "contract": "C-7", "effective": "2026-02-01", "change": { "kind": "pause" } }),
        ),
        amends(
            "lorries",
            "2026-02-01",
            json!({ "kind": "quantity", "component": "lorries", "quantity": 2 }),
        ),
        amends(
            "2028-01-01",
            "2028-01-01",
            json!({ "kind": "quantity", "quantity": 2 }),
        ),
        amends(
            "-2",
            "2026-02-01",
            json!({ "kind": "quantity", "quantity": "-2" }),
        ),
        amends("2026-02-01", "2026-02-01", json!({ "kind": "resume" })),
        amends(
            "2026-01-01",
            "2026-02-01",
            json!({ "kind": "pause", "resume_on": "2026-01-01" }),
        ),
        amends(
            "2026-02-01",
            "2026-02-01",
            json!({ "kind": "extend", "end": "2026-02-01" }),
        ),
        amends(
            "at most 1",
            "2026-02-01",
            json!({ "kind": "discount", "code": "D", "percent": "1.5" }),
        ),
        amends(
            "NEVER",
            "2026-02-01",
            json!({ "kind": "end_discount", "code": "NEVER" }),
        ),
        amends("7", "2026-02-01", json!({ "kind": "undo", "version": 7 })),
        amends("not cancelled", "2026-02-01", json!({ "kind": "uncancel" })),
        amends("banana", "2026-02-01", json!({ "kind": "banana" })),
        amends(
            "LORRY",
            "2026-02-01",
            json!({ "kind": "add", "line": { "product": "LORRY" } }),
        ),
        amends("price", "2026-02-01", json!({ "kind": "price" })),
    ]
}

fn documents() -> Vec<Case> {
    let credits = |value: &'static str, only: Value| {
        let mut body = json!({ "invoice": "DE-2026-00001", "reason": "x" });
        for (name, value) in only.as_object().unwrap() {
            body[name] = value.clone();
        }
        case("issue_credit_note", value, body)
    };
    vec![
        case(
            "run_billing",
            "C-7",
            json!({ "through": "2026-01-31", "contract": "C-7" }),
        ),
        credits("exactly one", json!({})),
        credits("999", json!({ "amount": "999" })),
        credits("-1", json!({ "amount": "-1" })),
        credits("1.005", json!({ "amount": "1.005" })),
        credits("1.5", json!({ "fraction": "1.5" })),
        credits(
            "DE-2026-00009",
            json!({ "invoice": "DE-2026-00009", "full": true }),
        ),
        credits(
            "line_x",
            json!({ "lines": [{ "line": "line_x", "amount": "1" }] }),
        ),
        case(
            "void_invoice",
            "partly_paid",
            json!({ "invoice": "DE-2026-00001", "reason": "x" }),
        ),
        case(
            "void_invoice",
            "DE-2026-00009",
            json!({ "invoice": "DE-2026-00009", "reason": "x" }),
        ),
        case(
            "create_bill_run",
            "MARS",
            json!({ "id": "R-1", "through": "2026-02-28", "entity": "MARS" }),
        ),
        case(
            "open_dispute",
            "999",
            json!({ "invoice": "DE-2026-00001", "amount": "999", "reason_code": "wrong_price", "note": "x" }),
        ),
    ]
}

fn cash() -> Vec<Case> {
    vec![
        case(
            "record_payment",
            "0.00",
            json!({ "invoice": "DE-2026-00001", "amount": "0.00" }),
        ),
        case(
            "record_payment",
            "1.005",
            json!({ "invoice": "DE-2026-00001", "amount": "1.005" }),
        ),
        case(
            "record_payment",
            "ten",
            json!({ "invoice": "DE-2026-00001", "amount": "ten" }),
        ),
        case(
            "record_payment",
            "barter",
            json!({ "invoice": "DE-2026-00001", "amount": "1", "method": "barter" }),
        ),
        case(
            "record_payment",
            "P-1",
            json!({ "id": "P-1", "invoice": "DE-2026-00001", "amount": "1" }),
        ),
        case("record_payment", "legal entity", json!({ "amount": "1" })),
        case("apply_payment", "P-9", json!({ "payment": "P-9" })),
        case("apply_payment", "P-1", json!({ "payment": "P-1" })),
        case(
            "match_payment",
            "DE-2026-00001",
            json!({ "payment": "P-2", "invoices": [{ "invoice": "DE-2026-00001" }] }),
        ),
        case(
            "match_payment",
            "60.00",
            json!({ "payment": "P-2", "on_behalf": true, "invoices": [{ "invoice": "DE-2026-00001", "amount": "60.00" }] }),
        ),
        case(
            "unapply_payment",
            "20.00",
            json!({ "payment": "P-1", "invoice": "DE-2026-00001", "amount": "20.00", "reason": "x" }),
        ),
        case(
            "unapply_payment",
            "say why",
            json!({ "payment": "P-1", "invoice": "DE-2026-00001", "reason": " " }),
        ),
        case(
            "refund_payment",
            "51.00",
            json!({ "payment": "P-2", "amount": "51.00", "reason": "x" }),
        ),
        case(
            "refund_payment",
            "say why",
            json!({ "payment": "P-2", "reason": "" }),
        ),
        case(
            "write_off_invoice",
            "101.00",
            json!({ "invoice": "DE-2026-00001", "amount": "101.00", "reason": "x" }),
        ),
        case(
            "write_off_invoice",
            "banana",
            json!({ "invoice": "DE-2026-00001", "given_up": "banana", "reason": "x" }),
        ),
        case(
            "grant_credit",
            "51.00",
            json!({ "customer": "brix", "payment": "P-2", "amount": "51.00", "reason": "x" }),
        ),
        case(
            "grant_credit",
            "0",
            json!({ "customer": "brix", "entity": "DE", "amount": "0", "reason": "x" }),
        ),
        case(
            "set_payer",
            "acme",
            json!({ "customer": "acme", "payer": "acme" }),
        ),
    ]
}

fn collection() -> Vec<Case> {
    let publishes = |value: &'static str, change: &dyn Fn(String) -> String| {
        let standard = billing::CollectionPolicy::STANDARD.replace(
            "version = 1\ncustomer_classes",
            "version = 2\ncustomer_classes",
        );
        case(
            "publish_collection_policy",
            value,
            json!({ "toml": change(standard) }),
        )
    };
    vec![
        case(
            "record_promise",
            "DE-2026-00001",
            json!({ "invoice": "DE-2026-00001", "until": "2026-02-10", "note": "x" }),
        ),
        case(
            "assign_collection",
            "DE-2026-00001",
            json!({ "invoice": "DE-2026-00001", "owner": "maria" }),
        ),
        publishes("gold", &|text| {
            text.replace(
                "customer_class = \"key_account\"",
                "customer_class = \"gold\"",
            )
        }),
        publishes("Key Account", &|text| {
            text.replace(
                "\"consumer\", \"key_account\"]",
                "\"consumer\", \"Key Account\"]",
            )
        }),
        publishes("no policy is for everybody", &|text| {
            text.replace(
                "id = \"transfer\"\n",
                "id = \"transfer\"\ncollection = \"transfer\"\n",
            )
        }),
        publishes("suspends without a notice", &|text| {
            text.replace(
                "after = 10, action = \"notice\"",
                "after = 10, action = \"task\"",
            )
            .replace(
                "after = 0, action = \"notice\"",
                "after = 0, action = \"task\"",
            )
        }),
        publishes("version 5", &|text| {
            text.replace("version = 2\ncustomer", "version = 5\ncustomer")
        }),
        publishes("stops_now", &|text| {
            text.replace("\"stops\"\nsteps", "\"stops_now\"\nsteps")
        }),
    ]
}
