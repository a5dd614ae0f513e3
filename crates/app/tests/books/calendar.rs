//! Calendars that differ: a contract over 29 February, and parts of periods by the second in months in which
//! clocks change. Every figure is worked out by hand.

use crate::company::Company;
use serde_json::{Value, json};

/// What is sold, and for how long: `billing`, charge, first and last day.
fn contract(
    company: &Company,
    billing: &str,
    charge: Value,
    (start, end): (&str, &str),
    line: Value,
) {
    company.sells("P", billing, charge);
    let mut sold = json!({ "component": "c", "product": "P" });
    sold.as_object_mut()
        .unwrap()
        .extend(line.as_object().unwrap().clone());
    company.act(
        "activate_contract",
        json!({ "id": "C-1", "customer": "acme", "entity": "DE", "start": start, "end": end, "lines": [sold] }),
    );
}

fn amended(company: &Company, effective: &str, change: Value) {
    company.act(
        "amend_contract",
        json!({ "contract": "C-1", "effective": effective, "reason": "agreed", "change": change }),
    );
}

#[test]
fn a_monthly_contract_from_the_31st_bills_the_29th_of_february_and_returns_to_the_31st() {
    let company = Company::on("2028-01-31", "0.19");
    let charge = json!({ "model": "per_unit", "unit_price": "31" });
    contract(
        &company,
        "monthly",
        charge,
        ("2028-01-31", "2028-04-29"),
        json!({ "quantity": "2" }),
    );
    company.until("2028-02-29");
    assert_eq!(
        company.billed(),
        [
            "c 2028-01-31 2028-02-29 6200",
            "c 2028-02-29 2028-03-31 6200"
        ]
    );
    // One unit more from 1 March: 30 of the 31 days from 29 February.
    company.go_to("2028-03-01");
    amended(
        &company,
        "2028-03-01",
        json!({ "kind": "quantity", "quantity": "3" }),
    );
    company.until("2028-05-02");
    assert_eq!(
        company.billed()[2..],
        [
            "c 2028-03-01 2028-03-31 3000",
            "c 2028-03-31 2028-04-30 9300"
        ]
    );
    assert_eq!(company.bill("2028-12-31"), 0);
    // Everything was earned by the end of April.
    let accounts = company.accounts();
    assert_eq!(accounts.get("2400"), None, "{accounts:?}");
    assert_eq!(accounts["4000"], -(6_200 + 6_200 + 3_000 + 9_300));
    company.ties_out();
}

#[test]
fn a_yearly_contract_from_29_february_ends_on_the_28th_and_returns_in_the_next_leap_year() {
    let company = Company::on("2028-02-29", "0.19");
    let charge = json!({ "model": "flat", "amount": "366" });
    contract(
        &company,
        "annual",
        charge,
        ("2028-02-29", "2032-02-28"),
        json!({}),
    );
    for day in [
        "2028-02-29",
        "2029-02-28",
        "2030-02-28",
        "2031-02-27",
        "2031-02-28",
    ] {
        company.go_to(day);
        company.bill(day);
    }
    assert_eq!(
        company.billed(),
        [
            "c 2028-02-29 2029-02-28 36600",
            "c 2029-02-28 2030-02-28 36600",
            "c 2030-02-28 2031-02-28 36600",
            "c 2031-02-28 2032-02-29 36600",
        ]
    );
    company.ties_out();
    // Cancelled after 183 of the 366 days of the last year: the other half comes back.
    company.go_to("2031-08-30");
    amended(&company, "2031-08-30", json!({ "kind": "cancel" }));
    company.bill("2031-08-30");
    assert_eq!(company.billed()[4..], ["c 2031-08-30 2032-02-29 -18300"]);
    let note = company.documents().pop().unwrap();
    assert_eq!(
        (note.kind.as_str(), note.net, note.tax),
        ("credit_note", 18_300, 3_477)
    );
    company.ties_out();
}

#[test]
fn the_revenue_of_february_of_a_leap_year_has_29_days() {
    let company = Company::on("2028-02-01", "0");
    // 3.66 a day for 366 days.
    let charge = json!({ "model": "flat", "amount": "1339.56" });
    contract(
        &company,
        "annual",
        charge,
        ("2028-02-01", "2029-01-31"),
        json!({}),
    );
    company.until("2028-03-01");
    assert_eq!(company.account("4000"), -29 * 366);
    company.until("2028-04-01");
    assert_eq!(company.account("4000"), -(29 + 31) * 366);
    company.ties_out();
}

/// One unit more from a day on, in a month whose price is a cent for every second of it in Berlin.
fn one_more(month: (&str, &str), price: &str, effective: &str) -> Vec<String> {
    let company = Company::on(month.0, "0.19");
    let charge = json!({ "model": "per_unit", "unit_price": price });
    contract(
        &company,
        "monthly",
        charge,
        month,
        json!({ "proration": "seconds" }),
    );
    company.until(month.0);
    company.go_to(effective);
    amended(
        &company,
        effective,
        json!({ "kind": "quantity", "quantity": "2" }),
    );
    company.until(effective);
    company.ties_out();
    company.billed()[1..].to_vec()
}

#[test]
fn a_part_by_the_second_has_23_hours_for_the_day_on_which_clocks_go_forward() {
    // March 2026 has 31 × 86,400 - 3,600 seconds; clocks go forward in the night to the 29th.
    let march = ("2026-03-01", "2026-03-31");
    for (effective, seconds) in [
        ("2026-03-28", 4 * 86_400 - 3_600),
        ("2026-03-29", 3 * 86_400 - 3_600),
        ("2026-03-30", 2 * 86_400),
    ] {
        assert_eq!(
            one_more(march, "26748", effective),
            [format!("c {effective} 2026-04-01 {seconds}")]
        );
    }
}

#[test]
fn a_part_by_the_second_has_25_hours_for_the_day_on_which_clocks_go_back() {
    // October 2026 has 31 × 86,400 + 3,600 seconds; clocks go back in the night to the 25th.
    let october = ("2026-10-01", "2026-10-31");
    for (effective, seconds) in [
        ("2026-10-24", 8 * 86_400 + 3_600),
        ("2026-10-25", 7 * 86_400 + 3_600),
        ("2026-10-26", 6 * 86_400),
    ] {
        assert_eq!(
            one_more(october, "26820", effective),
            [format!("c {effective} 2026-11-01 {seconds}")]
        );
    }
}
