//! A billing template says how a quote is billed, and its contract is billed like that.

use crate::company::Company;
use commerce::{CycleAnchor, DayCount, FirstPart, RenewalMode, RenewalPrice, Timing};
use serde_json::{Value, json};
use values::Rounding;

/// Care costs 30.01 a month and 90 a quarter, in advance, and is prorated by days, rounded half up.
fn selling(template: Value) -> Company {
    let company = Company::new();
    company.act(
        "publish_product",
        json!({ "code": "CARE", "name": "Care", "prices": [
            { "currency": "EUR", "billing": "monthly", "charge": { "model": "flat", "amount": "30.01" } },
            { "currency": "EUR", "billing": "quarterly", "charge": { "model": "flat", "amount": 90 } },
        ] }),
    );
    let mut offer = json!({ "kind": "template", "code": "STANDARD", "name": "Standard" });
    for (name, value) in template.as_object().unwrap() {
        offer[name] = value.clone();
    }
    company.act("publish_offer", offer);
    company
}

/// The contract of a quote that follows the template from a day on and says nothing else.
fn converted(company: &Company, start: &str) -> commerce::Contract {
    let content = json!({ "customer": "acme", "entity": "DE", "start": start, "template": "STANDARD",
        "lines": [{ "product": "CARE" }] });
    let created = company.act("create_quote", json!({ "id": "Q-1", "content": content }));
    assert_eq!(created["deviations"], json!([]), "{created}");
    for step in ["submit_quote", "accept_quote"] {
        company.act(step, json!({ "quote": "Q-1", "version": 1 }));
    }
    let answer = company.act("convert_quote", json!({ "quote": "Q-1", "version": 1 }));
    company.kept(answer["contract"].as_str().unwrap())
}

/// The days and the amount of each line, without the component, whose id is minted.
fn billed(company: &Company, day: &str) -> Vec<String> {
    let days = |line: String| line.split_once(' ').unwrap().1.to_owned();
    company.bill(day).into_iter().map(days).collect()
}

#[test]
fn timing_billing_day_proration_rounding_term_and_renewal_come_from_the_template() {
    let company = selling(
        json!({ "billing": "monthly", "timing": "arrears", "billing_day": 16,
        "proration": { "fixed_days": 30 }, "rounding": "half_even", "months": 6,
        "renewal": { "mode": "automatic", "months": 3, "notice_days": 30,
            "price": { "rule": "uplift", "rate": "0.1" } } }),
    );
    let contract = converted(&company, "2026-02-01");
    let sold = &contract.components[0];
    assert_eq!(sold.timing, Timing::Arrears);
    assert_eq!(contract.billing_anchor_day.day(), 16);
    assert!(matches!(sold.policy.proration, DayCount::FixedDays(days) if days.get() == 30));
    assert_eq!(sold.policy.rounding, Rounding::HalfEven);
    assert_eq!(contract.term.until().to_string(), "2026-08-01");
    let renewal = contract.renewal.as_ref().unwrap();
    assert_eq!(
        (renewal.mode, renewal.months.get(), renewal.notice_days),
        (RenewalMode::Automatic, 3, 30)
    );
    assert!(
        matches!(renewal.price, RenewalPrice::Uplift { rate, .. } if rate.to_string() == "0.1")
    );
    // From 1 to 15 February are the last days of a period from 16 January on; sixteen of its thirty days
    // lie before, so fourteen thirtieths of 30.01 are left: 14.0047.
    assert!(company.bill("2026-02-14").is_empty(), "arrears");
    assert_eq!(
        billed(&company, "2026-02-15"),
        ["2026-02-01 2026-02-15 14.00"]
    );
    // The last part ends with July: 16 to 31 July are sixteen of thirty days, 16.0053.
    assert_eq!(
        billed(&company, "2026-03-15"),
        ["2026-02-16 2026-03-15 30.01"]
    );
    let last = billed(&company, "2026-07-31");
    assert_eq!(last.last().unwrap(), "2026-07-16 2026-07-31 16.01");
}

/// Half a cent shows how it is rounded: half of 30.01 is 15.005.
#[test]
fn an_anchor_comes_from_the_template_and_half_a_cent_is_rounded_as_it_says() {
    for (rounding, wanted) in [("half_even", "15.00"), ("half_up", "15.01")] {
        let company = selling(
            json!({ "billing": "monthly", "anchor": { "day": 1 }, "months": 12,
            "proration": { "fixed_days": 30 }, "rounding": rounding }),
        );
        let contract = converted(&company, "2026-01-16");
        let anchor = contract.components[0].policy.anchor;
        assert!(matches!(anchor, CycleAnchor::Day(day) if day.day() == 1));
        assert_eq!(
            billed(&company, "2026-01-16"),
            [format!("2026-01-16 2026-01-31 {wanted}")]
        );
    }
}

/// From 16 February 44 days of the first quarter are left, of 89 from that day on.
#[test]
fn a_first_part_from_the_start_comes_from_the_template() {
    let company = selling(
        json!({ "billing": "quarterly", "anchor": "calendar", "months": 12,
        "first_part": "from_the_start" }),
    );
    let contract = converted(&company, "2026-02-16");
    assert_eq!(
        contract.components[0].policy.first_part,
        FirstPart::FromTheStart
    );
    assert_eq!(
        billed(&company, "2026-02-16"),
        ["2026-02-16 2026-03-31 44.49"]
    );
}
