//! killbill#1464: what prepaid credit paid of an invoice is not lost when the invoice should not have been
//! issued. An invoice that credit has paid cannot be voided; it is credited, and the credit comes back.

use crate::company::Company;
use serde_json::json;

/// A credit of 500.00 and a monthly invoice of 119.00 that it pays.
fn paid_by_credit(credit: &str) -> Company {
    let company = Company::on("2026-01-15", "0.19");
    company.sells(
        "MONTH",
        "monthly",
        json!({ "model": "flat", "amount": "100" }),
    );
    company.act(
        "grant_credit",
        json!({ "id": "pre_1", "customer": "acme", "entity": "DE", "amount": credit, "reason": "goodwill" }),
    );
    company.act(
        "activate_contract",
        json!({ "id": "C-1", "customer": "acme", "entity": "DE", "start": "2026-01-15", "end": "2026-12-14",
            "lines": [{ "component": "service", "product": "MONTH" }] }),
    );
    company.bill("2026-01-15");
    company
}

fn left(company: &Company) -> i64 {
    let grant = company
        .app
        .store()
        .read(|tx| store::collection::grant(tx, "pre_1"));
    grant.unwrap().unwrap().remaining
}

#[test]
fn killbill_1464_what_credit_paid_of_an_invoice_comes_back_when_it_is_credited() {
    for (credit, status, open, remains) in [
        ("500", "paid", "0.00", 38_100),
        ("19", "partly_paid", "100.00", 0),
    ] {
        let company = paid_by_credit(credit);
        assert_eq!(
            (company.open("DE-2026-00001").as_str(), left(&company)),
            (open, remains)
        );
        let before = company.accounts();
        let void = json!({ "invoice": "DE-2026-00001", "reason": "sent to the wrong company" });
        let refused = company.refused("void_invoice", void);
        let why = format!(
            "invoice: invoice DE-2026-00001 is {status} and cannot become void; it can become credited"
        );
        assert!(refused.starts_with(&why), "{refused}");
        assert_eq!(
            (company.accounts(), left(&company)),
            (before, remains),
            "nothing moved"
        );
        company.ties_out();
        // As the refusal says.
        let body = json!({ "invoice": "DE-2026-00001", "reason": "wrong company", "full": true });
        company.act("issue_credit_note", body);
        let granted = credit.parse::<i64>().unwrap() * 100;
        assert_eq!(left(&company), granted, "all of it is the customer's again");
        assert_eq!(company.open("DE-2026-00001"), "0.00");
        assert_eq!(company.account("1100"), 0);
        company.ties_out();
        // And pays the next one.
        company.go_to("2026-02-15");
        assert_eq!(company.bill("2026-02-15"), 1);
        assert_eq!(left(&company), (granted - 11_900).max(0));
        company.ties_out();
    }
}

#[test]
fn a_grant_is_listed_with_what_is_left_and_the_invoices_that_used_it() {
    let company = paid_by_credit("500");
    let body = json!({ "id": "pre_2", "customer": "acme", "entity": "DE", "amount": "40", "priority": 5,
        "from": "2026-02-01", "until": "2026-06-30", "reason": "outage in January" });
    company.act("grant_credit", body);
    let page = company.app.credit_grants(Some("acme"), None).unwrap();
    let [newer, older] = &page.items[..] else {
        panic!("two grants: {page:?}");
    };
    assert_eq!(
        (newer.id.as_str(), newer.source.as_str()),
        ("pre_2", "free")
    );
    assert_eq!(newer.left.to_string(), "40.00 EUR");
    assert_eq!(
        newer.until.map(|day| day.to_string()).as_deref(),
        Some("2026-06-30")
    );
    assert_eq!((newer.priority, newer.uses.len()), (5, 0));
    assert_eq!(older.customer_name, "Acme GmbH");
    assert_eq!(
        (older.amount.to_string(), older.left.to_string()),
        ("500.00 EUR".to_owned(), "381.00 EUR".to_owned())
    );
    let used: Vec<(&str, String)> = older
        .uses
        .iter()
        .map(|one| (one.number.as_str(), one.amount.to_string()))
        .collect();
    assert_eq!(used, [("DE-2026-00001", "119.00 EUR".to_owned())]);
    // What a credit note brings back stands beside what was used.
    let body = json!({ "invoice": "DE-2026-00001", "reason": "wrong company", "full": true });
    company.act("issue_credit_note", body);
    let again = company
        .app
        .credit_grants(None, None)
        .unwrap()
        .items
        .remove(1);
    assert_eq!(again.left.to_string(), "500.00 EUR");
    assert_eq!(again.uses[1].amount.to_string(), "-119.00 EUR");
    assert!(
        company
            .app
            .credit_grants(Some("nobody"), None)
            .unwrap()
            .items
            .is_empty()
    );
}
