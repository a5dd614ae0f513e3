//! What people at the desks of the company do beside the deals of the CRM: they keep the catalogue,
//! quote, measure use, bill work in parts, run billing, and follow up a customer who pays late. Dates
//! and words are fixed, so that a second start finds everything done.

use super::company::{act, ask};
use crate::fault::CliFault;
use app::{App, AppFault};
use serde_json::{Value, json};
use store::documents::{self, DocumentFilter};

/// The customer of the desk: it pays by transfer, late.
const CUSTOMER: &str = "lakeside";
/// What it is called.
const NAME: &str = "Lakeside Logistics Ltd";
/// The contract of its use and of the work for it.
const CONTRACT: &str = "lakeside-use";

/// Does what is done on a day.
pub(super) fn work(app: &App, day: &str) -> Result<(), CliFault> {
    match day {
        "2026-01-05" => letterheads(app),
        "2026-01-12" => offers(app),
        "2026-01-20" => first_quote(app),
        "2026-01-22" => sign(app, "Q-2026-001", day),
        "2026-02-02" => use_and_work(app),
        "2026-03-16" => design_accepted(app),
        "2026-03-31" => entity_bill(app, "q1", "18400", day),
        "2026-04-08" => second_quote(app),
        "2026-04-20" => part_payment(app),
        "2026-05-11" => promised(app),
        "2026-05-18" => disputed(app),
        "2026-05-28" => plan_run(app, "2026-06-15", Some("QM-DE")),
        "2026-05-29" => start_run(app, "2026-06-15"),
        "2026-06-15" => entity_bill(app, "q2", "19750", day),
        "2026-06-22" => a_daughter(app),
        "2026-06-24" => open_quotes(app),
        "2026-06-25" => dearer(app),
        "2026-06-26" => large_invoices_wait(app),
        "2026-06-29" => plan_run(app, "2026-07-01", None),
        _ => used(app, day),
    }
}

fn letterheads(app: &App) -> Result<(), CliFault> {
    let us = json!({
        "name": "Quillmark Metrics Inc.",
        "address": { "lines": ["210 Tremont Street", "Suite 900"], "postcode": "02116", "city": "Boston",
            "region": "MA", "country": "US" },
        "tax_number": "04-3127781", "email": "billing@quillmark.example", "website": "quillmark.example",
        "bank_accounts": [{ "bank": "Back Bay Bank", "account": "000123456789", "bic": "BBBKUS33" }],
        "terms": "Payable within 30 days without deduction.", "footer": "Registered in Delaware",
        "language": "en",
    });
    let de = json!({
        "name": "Quillmark Metrics GmbH",
        "address": { "lines": ["Speicherstraße 12"], "postcode": "20457", "city": "Hamburg", "country": "DE" },
        "vat_id": "DE123456789",
        "registration": { "number": "HRB 104711", "register": "Amtsgericht Hamburg" },
        "email": "rechnung@quillmark.example",
        "bank_accounts": [{ "bank": "Elbe Bank AG", "account": "DE89 3704 0044 0532 0130 00", "bic": "COBADEFFXXX" }],
        "terms": "Zahlbar innerhalb von 30 Tagen ohne Abzug.", "language": "de",
    });
    for (entity, letterhead) in [("QM-US", us), ("QM-DE", de)] {
        let body = json!({ "entity": entity, "letterhead": letterhead });
        act(app, &format!("letterhead/{entity}"), "set_letterhead", body)?;
    }
    Ok(())
}

fn offers(app: &App) -> Result<(), CliFault> {
    let offers = [
        json!({ "kind": "template", "code": "YEARLY", "name": "Yearly, billed by the month", "billing": "monthly",
            "months": 12, "renewal": { "mode": "automatic", "months": 12, "notice_days": 60 } }),
        json!({ "kind": "plan", "code": "PLUS-TRIAL", "name": "Plus, first month free", "product": "QM-PLUS",
            "template": "YEARLY", "months": 12, "phases": [{ "phase": "trial", "months": 1 }, { "phase": "evergreen" }] }),
        json!({ "kind": "bundle", "code": "TEAM", "name": "Team of ten", "parts": [
            { "product": "QM-CORE", "quantity": "10" }, { "product": "QM-ALERT", "optional": true }] }),
        json!({ "kind": "add_on", "code": "CARE", "name": "Priority support", "product": "QM-CARE",
            "joins": ["PLUS-TRIAL"] }),
        json!({ "kind": "standalone", "product": "QM-PLUS", "prices": [
            { "currency": "USD", "billing": "monthly", "unit_price": "99" },
            { "currency": "EUR", "billing": "monthly", "unit_price": "92" }] }),
    ];
    for offer in offers {
        let code = offer["code"].as_str().unwrap_or("standalone").to_owned();
        act(app, &format!("offer/{code}"), "publish_offer", offer)?;
    }
    let price = json!({ "product": "QM-CORE", "currency": "USD", "billing": "monthly", "unit_price": "52",
        "from": "2026-07-01" });
    act(app, "price/core", "set_price", price)?;
    Ok(())
}

fn content(lines: Value, start: &str) -> Value {
    json!({ "customer": CUSTOMER, "entity": "QM-US", "currency": "USD", "start": start, "template": "YEARLY",
        "months": 12, "valid_until": "2027-06-30", "lines": lines })
}

fn first_quote(app: &App) -> Result<(), CliFault> {
    let customer = json!({ "id": CUSTOMER, "legal_name": NAME, "currency": "USD", "collection": "transfer",
        "payment_terms_days": 30 });
    act(app, "customer/lakeside", "create_customer", customer)?;
    let lines = json!([{ "plan": "PLUS-TRIAL", "quantity": "12", "discount": "0.05" },
        { "add_on": "CARE", "quantity": "1" }]);
    quote(app, "Q-2026-001", &content(lines, "2026-02-01"))?;
    submit(app, "Q-2026-001", 1)
}

fn quote(app: &App, id: &str, content: &Value) -> Result<(), CliFault> {
    let body = json!({ "id": id, "content": content });
    act(app, &format!("quote/{id}"), "create_quote", body)?;
    Ok(())
}

fn submit(app: &App, id: &str, version: u32) -> Result<(), CliFault> {
    let body = json!({ "quote": id, "version": version });
    act(app, &format!("submit/{id}/{version}"), "submit_quote", body)?;
    Ok(())
}

fn sign(app: &App, id: &str, day: &str) -> Result<(), CliFault> {
    let body = json!({ "quote": id, "version": 1, "signed": day });
    act(app, &format!("accept/{id}"), "accept_quote", body)?;
    let body = json!({ "quote": id, "version": 1 });
    act(app, &format!("convert/{id}"), "convert_quote", body)?;
    Ok(())
}

/// A quote over the discount that everybody may give, changed after its approval.
fn second_quote(app: &App) -> Result<(), CliFault> {
    let lines = |quantity: &str| {
        json!([{ "bundle": "TEAM", "quantity": "3", "discount": "0.18" },
            { "product": "QM-PIPE", "quantity": quantity, "billing": "monthly" }])
    };
    quote(app, "Q-2026-002", &content(lines("1"), "2026-07-01"))?;
    submit(app, "Q-2026-002", 1)?;
    let body = json!({ "quote": "Q-2026-002", "reason": "a second pipeline",
        "content": content(lines("2"), "2026-07-01") });
    act(app, "revise/Q-2026-002", "revise_quote", body)?;
    submit(app, "Q-2026-002", 2)
}

/// One that is a draft, and one that waits for somebody's approval.
fn open_quotes(app: &App) -> Result<(), CliFault> {
    let lines = json!([{ "product": "QM-VAULT", "quantity": "2" }]);
    quote(app, "Q-2026-003", &content(lines, "2026-08-01"))?;
    let lines = json!([{ "plan": "PLUS-TRIAL", "quantity": "40", "discount": "0.25" }]);
    quote(app, "Q-2026-004", &content(lines, "2026-09-01"))?;
    let body = json!({ "quote": "Q-2026-004", "version": 1 });
    ask(app, "submit/Q-2026-004/1", "submit_quote", body)?;
    Ok(())
}

fn use_and_work(app: &App) -> Result<(), CliFault> {
    let meter =
        json!({ "code": "api_calls", "name": "API calls", "unit": "call", "aggregation": "sum" });
    act(app, "meter/api_calls", "publish_meter", meter)?;
    let product = json!({ "code": "QM-API", "name": "API calls", "revenue_class": "usage", "prices": [{
        "currency": "USD", "billing": "monthly", "timing": "arrears",
        "charge": { "model": "graduated", "tiers": [
            { "up_to": 10_000, "unit_price": "0" }, { "unit_price": "0.004" }] },
        "measure": { "by": "meter", "meter": "api_calls" } }] });
    act(app, "product/QM-API", "publish_product", product)?;
    let product = json!({ "code": "QM-ONBOARD", "name": "Onboarding", "revenue_class": "services", "prices": [{
        "currency": "USD", "billing": "one_off", "charge": { "model": "flat", "amount": "12000" } }] });
    act(app, "product/QM-ONBOARD", "publish_product", product)?;
    let contract = json!({ "id": CONTRACT, "customer": CUSTOMER, "entity": "QM-US", "currency": "USD",
        "start": "2026-02-01", "end": "2027-01-31", "lines": [{ "product": "QM-API" }] });
    act(app, "contract/lakeside-use", "activate_contract", contract)?;
    let plan = json!({ "id": "lakeside-onboarding", "contract": CONTRACT, "product": "QM-ONBOARD",
        "description": "Onboarding of Lakeside", "value": "12000", "milestones": [
            { "name": "Design signed off", "amount": "4000" }, { "name": "Go-live", "amount": "6500" }] });
    act(app, "plan/lakeside-onboarding", "plan_progress", plan)?;
    Ok(())
}

/// The same number of calls on every fifth day of a month.
fn used(app: &App, day: &str) -> Result<(), CliFault> {
    let Some((month, date)) = day.rsplit_once('-') else {
        return Ok(());
    };
    if month < "2026-02" || !["05", "10", "15", "20", "25"].contains(&date) {
        return Ok(());
    }
    let body = json!({ "meter": "api_calls", "key": format!("lakeside/{day}"), "contract": CONTRACT,
        "at": format!("{day}T09:30:00Z"), "value": "31400" });
    act(app, &format!("use/{day}"), "record_usage", body)?;
    Ok(())
}

fn design_accepted(app: &App) -> Result<(), CliFault> {
    let body = json!({ "plan": "lakeside-onboarding", "milestone": "Design signed off", "on": "2026-03-16" });
    act(app, "accept/design", "bill_progress", body)?;
    let body = json!({ "plan": "lakeside-onboarding", "name": "Extra workshop", "amount": "750", "on": "2026-03-16" });
    act(app, "accept/workshop", "bill_progress", body)?;
    Ok(())
}

fn entity_bill(app: &App, quarter: &str, cost: &str, day: &str) -> Result<(), CliFault> {
    let body = json!({ "seller": "QM-US", "buyer": "QM-DE", "description": format!("engineering for the group, {quarter}"),
        "cost": cost, "markup": "0.05", "on": day });
    act(app, &format!("entity-bill/{quarter}"), "bill_entity", body)?;
    Ok(())
}

/// The invoices of a contract of the customer, oldest first.
fn invoices(app: &App, contract: &str) -> Result<Vec<String>, CliFault> {
    let filter = DocumentFilter {
        kind: "invoice".to_owned(),
        contract: contract.to_owned(),
        customer: CUSTOMER.to_owned(),
        ..DocumentFilter::default()
    };
    let rows = app.store().read(move |tx| -> Result<_, AppFault> {
        Ok(documents::documents(tx, &filter, "", 1_000)?)
    })?;
    let mut numbers: Vec<String> = rows.into_iter().map(|row| row.number).collect();
    numbers.sort();
    Ok(numbers)
}

/// The customer pays its first invoice of use, and sends money whose invoice nobody can tell.
fn part_payment(app: &App) -> Result<(), CliFault> {
    let Some(number) = invoices(app, CONTRACT)?.into_iter().next() else {
        return Ok(());
    };
    let body = json!({ "customer": CUSTOMER, "invoice": number, "entity": "QM-US", "amount": "588.00", "currency": "USD",
        "method": "transfer", "text": format!("invoice {number}") });
    act(app, "payment/lakeside", "record_payment", body)?;
    let body = json!({ "customer": CUSTOMER, "entity": "QM-US", "amount": "1310.40", "currency": "USD", "method": "transfer",
        "text": "part payment, remittance follows" });
    act(app, "payment/remittance-follows", "record_payment", body)?;
    Ok(())
}

fn promised(app: &App) -> Result<(), CliFault> {
    let Some(number) = invoices(app, CONTRACT)?.into_iter().nth(1) else {
        return Ok(());
    };
    let body =
        json!({ "invoice": number, "owner": "Noor Haddad", "next_action": "call their treasurer" });
    act(app, "assign/lakeside", "assign_collection", body)?;
    let body =
        json!({ "invoice": number, "until": "2026-06-19", "note": "Ms Okafor, on the phone" });
    act(app, "promise/lakeside", "record_promise", body)?;
    Ok(())
}

fn disputed(app: &App) -> Result<(), CliFault> {
    let Some(number) = invoices(app, CONTRACT)?.into_iter().nth(2) else {
        return Ok(());
    };
    let body = json!({ "invoice": number, "reason_code": "wrong_quantity", "amount": "120.00",
        "note": "Our own log counts 30,000 calls fewer in April." });
    act(app, "dispute/lakeside", "open_dispute", body)?;
    Ok(())
}

fn run_id(through: &str) -> String {
    format!("run-{through}")
}

fn plan_run(app: &App, through: &str, entity: Option<&str>) -> Result<(), CliFault> {
    let body = json!({ "id": run_id(through), "through": through, "entity": entity });
    act(app, &format!("run/{through}"), "create_bill_run", body)?;
    Ok(())
}

/// Starts a run whose preview has been made, with a second person's word where it needs one.
fn start_run(app: &App, through: &str) -> Result<(), CliFault> {
    let id = run_id(through);
    let found = app.bill_run(&id)?;
    if found.run.status == "waiting" {
        let body = json!({ "run": id });
        super::company::as_checker(app, &format!("approve/{id}"), "approve_bill_run", body)?;
    }
    let body = json!({ "run": id, "action": "start" });
    act(app, &format!("start/{id}"), "steer_bill_run", body)?;
    Ok(())
}

/// A company of the customer, for which the same person looks after what is late.
fn a_daughter(app: &App) -> Result<(), CliFault> {
    let customer = json!({ "id": "lakeside-ferries", "legal_name": "Lakeside Ferries Ltd", "currency": "USD",
        "collection": "transfer", "payment_terms_days": 30 });
    act(
        app,
        "customer/lakeside-ferries",
        "create_customer",
        customer,
    )?;
    let body = json!({ "customer": "lakeside-ferries", "parent": CUSTOMER, "reason": "bought by Lakeside" });
    act(app, "parent/lakeside-ferries", "change_customer", body)?;
    let body = json!({ "customer": CUSTOMER, "owner": "Noor Haddad" });
    act(app, "owner/lakeside", "set_collections_owner", body)?;
    Ok(())
}

/// A price change that waits for a second person with its preview.
fn dearer(app: &App) -> Result<(), CliFault> {
    let body = json!({ "id": "core-autumn", "product": "QM-CORE", "effective": "2026-09-01",
        "price": { "rule": "uplift", "rate": "0.04" }, "reason": "price list of the autumn" });
    act(app, "price-change/core-autumn", "plan_price_change", body)?;
    Ok(())
}

/// From now on invoices of the German company stand for some days, and large ones wait for a second
/// person; the first of them is for a new customer.
fn large_invoices_wait(app: &App) -> Result<(), CliFault> {
    let body = json!({ "entity": "QM-DE", "policy": { "draft_days": 10,
        "approve_over": [{ "amount": "2000.00", "currency": "EUR" }] } });
    act(app, "invoice-policy/QM-DE", "set_invoice_policy", body)?;
    let customer = json!({ "id": "nordsee", "legal_name": "Nordsee Reederei GmbH", "currency": "EUR",
        "collection": "transfer", "payment_terms_days": 30 });
    act(app, "customer/nordsee", "create_customer", customer)?;
    for (id, quantity) in [("nordsee-fleet", 60), ("nordsee-office", 5)] {
        let contract = json!({ "id": id, "customer": "nordsee", "entity": "QM-DE", "currency": "EUR",
            "start": "2026-06-26", "end": "2027-06-25",
            "lines": [{ "product": "QM-CORE", "quantity": quantity, "billing": "monthly" }] });
        act(
            app,
            &format!("contract/{id}"),
            "activate_contract",
            contract,
        )?;
    }
    Ok(())
}
