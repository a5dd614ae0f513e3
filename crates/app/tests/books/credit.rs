//! A full credit after part of the revenue was earned takes everything back to the cent: revenue, what is
//! deferred, tax and what is owed.

use crate::company::Company;
use serde_json::json;

/// A year of service for so much, billed ahead on 15 January at 19 %.
fn sold(amount: &str) -> Company {
    let company = Company::on("2026-01-15", "0.19");
    company.sells(
        "YEAR",
        "annual",
        json!({ "model": "flat", "amount": amount }),
    );
    company.act(
        "activate_contract",
        json!({ "id": "C-1", "customer": "acme", "entity": "DE", "start": "2026-01-15", "end": "2027-01-14",
            "lines": [{ "component": "service", "product": "YEAR" }] }),
    );
    company.until("2026-01-15");
    company
}

fn credited_in_full(company: &Company) {
    let body = json!({ "invoice": "DE-2026-00001", "reason": "never worked", "full": true });
    company.act("issue_credit_note", body);
}

#[test]
fn a_full_credit_after_part_of_the_revenue_was_earned_reverses_all_of_it() {
    for (amount, net, tax, earned) in [
        // 45 of 365 days of 1,200.00.
        ("1200", 120_000, 22_800, 14_795),
        // Of an amount that no number of days divides: 45 of 365 of 999.99.
        ("999.99", 99_999, 19_000, 12_329),
    ] {
        let company = sold(amount);
        company.until("2026-03-01");
        let before = company.accounts();
        assert_eq!(
            before["4000"], -earned,
            "{amount}: revenue through February"
        );
        assert_eq!(before["2400"], earned - net, "{amount}: still deferred");
        assert_eq!(before["2200"], -tax, "{amount}: tax");
        assert_eq!(before["1100"], net + tax, "{amount}: owed");
        company.ties_out();

        credited_in_full(&company);
        assert_eq!(company.open("DE-2026-00001"), "0.00");
        let now = company.accounts();
        assert!(now.is_empty(), "{amount}: {now:?}");
        company.ties_out();
        // Nothing is earned of it afterwards.
        company.until("2026-04-01");
        let after = company.accounts();
        assert!(after.is_empty(), "{amount}: {after:?}");
        assert_eq!(company.documents().len(), 2, "nothing is billed again");
        company.ties_out();
    }
}

#[test]
fn a_full_credit_of_what_was_paid_leaves_only_what_is_the_customers() {
    let company = sold("1200");
    company.act(
        "record_payment",
        json!({ "id": "P-1", "invoice": "DE-2026-00001", "amount": "1428.00" }),
    );
    company.until("2026-03-01");
    credited_in_full(&company);
    company.until("2026-04-01");
    let accounts = company.accounts();
    let told: Vec<(&str, i64)> = accounts
        .iter()
        .map(|(code, minor)| (code.as_str(), *minor))
        .collect();
    // What is in the bank is owed to the customer, and nothing else stands anywhere.
    assert_eq!(told, [("1000", 142_800), ("2100", -142_800)]);
    company.ties_out();
}

/// What was credited in part lowers the price of the days that were left of it. When the rest is credited,
/// nothing was earned of the line on any day, whenever its parts were credited.
#[test]
fn a_credit_in_parts_leaves_nothing_as_soon_as_the_rest_is_credited() {
    let company = sold("999.99");
    let credit = |field: &str, value: serde_json::Value| {
        let body = json!({ "invoice": "DE-2026-00001", "reason": "never worked", field: value });
        company.act("issue_credit_note", body);
    };
    company.until("2026-03-01");
    credit("fraction", json!("0.3"));
    company.until("2026-04-15");
    credit("amount", json!("123.45"));
    company.until("2026-06-01");
    credit("full", json!(true));
    let now = company.accounts();
    assert!(now.is_empty(), "{now:?}");
    company.ties_out();
    company.until("2026-07-01");
    let after = company.accounts();
    assert!(after.is_empty(), "{after:?}");
}
