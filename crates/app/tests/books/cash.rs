//! One payment for many invoices, many payments for one, short, within the tolerance and over: what the
//! payer wrote decides, and what is not certain waits for a person with its reason.

use crate::company::Company;
use serde_json::{Value, json};

/// Three invoices of 100.00, 200.00 and 300.00: DE-2026-00001 to DE-2026-00003.
fn owed() -> Company {
    let company = Company::on("2026-01-05", "0");
    for amount in [100, 200, 300] {
        company.sells(
            &format!("P{amount}"),
            "one_off",
            json!({ "model": "flat", "amount": amount.to_string() }),
        );
        company.act(
            "activate_contract",
            json!({ "id": format!("C-{amount}"), "customer": "acme", "entity": "DE", "start": "2026-01-05",
                "end": "2026-12-31", "lines": [{ "product": format!("P{amount}") }] }),
        );
        assert_eq!(company.bill("2026-01-05"), 1);
    }
    assert_eq!(company.account("1100"), 60_000);
    company
}

/// From this confidence on, payments are set against invoices by themselves.
fn by_itself_from(company: &Company, confidence: u8) {
    let toml = billing::CollectionPolicy::STANDARD
        .replace(
            "version = 1\ncustomer_classes",
            "version = 2\ncustomer_classes",
        )
        .replace(
            "by_itself_from = 95\n",
            &format!("by_itself_from = {confidence}\n"),
        );
    assert_ne!(toml, billing::CollectionPolicy::STANDARD);
    company.act("publish_collection_policy", json!({ "toml": toml }));
}

fn pays(company: &Company, id: &str, amount: &str, text: &str) -> Value {
    company.act(
        "record_payment",
        json!({ "id": id, "customer": "acme", "amount": amount, "text": text }),
    )
}

fn open(company: &Company) -> [String; 3] {
    ["DE-2026-00001", "DE-2026-00002", "DE-2026-00003"].map(|number| company.open(number))
}

/// What waits for a person: payment, what is left of it, and why.
fn waiting(company: &Company) -> Vec<(String, String, String)> {
    let rows = company.app.unmatched_payments(None).unwrap().page.items;
    let told = |row: app::collection::UnmatchedPayment| {
        (row.payment, row.unapplied.decimal().to_string(), row.why)
    };
    rows.into_iter().map(told).collect()
}

#[test]
fn a_payment_whose_text_names_several_invoices_pays_them_all_by_itself() {
    let company = owed();
    let answer = pays(
        &company,
        "P-1",
        "600.00",
        "Acme, invoices DE-2026-00001, DE 2026 00002 and DE202600003, thank you",
    );
    assert_eq!(answer["unapplied"]["amount"], "0.00");
    assert_eq!(answer["exception"], Value::Null);
    assert_eq!(open(&company), ["0.00", "0.00", "0.00"]);
    assert!(waiting(&company).is_empty());
    assert_eq!((company.account("1100"), company.account("2100")), (0, 0));
    company.ties_out();
}

#[test]
fn only_those_that_the_text_names_are_paid() {
    let company = owed();
    pays(&company, "P-1", "400.00", "DE-2026-00003 / DE-2026-00001");
    assert_eq!(open(&company), ["0.00", "200.00", "0.00"]);
    company.ties_out();
}

#[test]
fn several_payments_whose_texts_name_one_invoice_pay_it_one_after_the_other() {
    let company = owed();
    by_itself_from(&company, 85);
    for (id, amount, text, left) in [
        ("P-1", "120.00", "DE-2026-00003 first part", "180.00"),
        ("P-2", "80.00", "second part of DE-2026-00003", "100.00"),
        ("P-3", "100.00", "the rest of DE-2026-00003", "0.00"),
    ] {
        let answer = pays(&company, id, amount, text);
        assert_eq!(answer["unapplied"]["amount"], "0.00", "{id}");
        // 100.00 is also what DE-2026-00001 comes to: the text decides, not the amount.
        assert_eq!(open(&company), ["100.00", "200.00", left], "{id}");
    }
    assert!(waiting(&company).is_empty());
    company.ties_out();
}

/// As the policy ships, a part of an invoice is not certain enough: it waits, and the last payment, which
/// is exactly what is left, goes by itself.
#[test]
fn a_part_of_an_invoice_waits_with_its_reason_where_the_policy_wants_to_be_certain() {
    let company = owed();
    pays(&company, "P-1", "120.00", "DE-2026-00003 first part");
    assert_eq!(open(&company), ["100.00", "200.00", "300.00"]);
    assert_eq!(
        waiting(&company),
        [(
            "P-1".to_owned(),
            "120.00".to_owned(),
            "the text names DE-2026-00003; 180.00 EUR short; it stays open".to_owned()
        )]
    );
    company.act(
        "match_payment",
        json!({ "payment": "P-1", "invoices": [{ "invoice": "DE-2026-00003" }] }),
    );
    pays(&company, "P-2", "180.00", "the rest of DE-2026-00003");
    assert_eq!(open(&company), ["100.00", "200.00", "0.00"]);
    assert!(waiting(&company).is_empty());
    company.ties_out();
}

#[test]
fn a_payment_for_two_invoices_that_is_short_within_the_tolerance_settles_both() {
    let company = owed();
    // 1.00 is let go, on the whole payment.
    pays(
        &company,
        "P-1",
        "299.00",
        "DE-2026-00001 DE-2026-00002 less charges",
    );
    assert_eq!(open(&company), ["0.00", "0.00", "300.00"]);
    assert!(waiting(&company).is_empty());
    assert_eq!(company.account("6910"), 100, "the small difference");
    assert_eq!(company.account("1100"), 30_000);
    company.ties_out();
}

#[test]
fn a_cent_beyond_the_tolerance_is_not_let_go() {
    let company = owed();
    pays(
        &company,
        "P-1",
        "298.99",
        "DE-2026-00001 DE-2026-00002 less charges",
    );
    assert_eq!(open(&company), ["100.00", "200.00", "300.00"]);
    let why = "the text names DE-2026-00001, DE-2026-00002; 1.01 EUR short; it stays open";
    assert_eq!(waiting(&company)[0].2, why);
    assert_eq!(company.account("6910"), 0);
    // Where a part is certain enough, the older invoice is paid in full and the rest stays open.
    let company = owed();
    by_itself_from(&company, 85);
    pays(
        &company,
        "P-1",
        "298.99",
        "DE-2026-00001 DE-2026-00002 less charges",
    );
    assert_eq!(open(&company), ["0.00", "1.01", "300.00"]);
    assert_eq!(company.account("6910"), 0);
    company.ties_out();
}

#[test]
fn what_is_paid_over_stays_the_customers() {
    let company = owed();
    pays(&company, "P-1", "305.00", "DE-2026-00001 and DE-2026-00002");
    let why = "the text names DE-2026-00001, DE-2026-00002; 5.00 EUR more than is open; it stays unapplied";
    assert_eq!(waiting(&company)[0].2, why);
    assert_eq!(open(&company), ["100.00", "200.00", "300.00"]);
    let company = owed();
    by_itself_from(&company, 85);
    let answer = pays(&company, "P-1", "305.00", "DE-2026-00001 and DE-2026-00002");
    assert_eq!(answer["unapplied"]["amount"], "5.00");
    assert_eq!(open(&company), ["0.00", "0.00", "300.00"]);
    let [(payment, left, _)] = &waiting(&company)[..] else {
        panic!("what is over waits");
    };
    assert_eq!((payment.as_str(), left.as_str()), ("P-1", "5.00"));
    assert_eq!(company.account("2100"), -500, "owed to the customer");
    company.ties_out();
}

#[test]
fn money_that_arrived_days_ago_stands_in_the_books_on_the_day_it_arrived() {
    let company = owed();
    let today = company.today();
    let earlier = today.yesterday().unwrap().yesterday().unwrap();
    let body = json!({ "id": "P-1", "customer": "acme", "amount": "100.00", "text": "DE-2026-00001",
        "received": earlier.to_string() });
    company.act("record_payment", body);
    assert_eq!(open(&company)[0], "0.00");
    let page = company.app.payment_page("P-1").unwrap().unwrap();
    assert_eq!(
        (page.received, page.payer.as_deref()),
        (earlier, Some("acme"))
    );
    assert_eq!(page.text, "DE-2026-00001");
    let [applied] = &page.applied[..] else {
        panic!("one invoice: {:?}", page.applied);
    };
    assert_eq!(
        (applied.number.as_str(), applied.amount.to_string()),
        ("DE-2026-00001", "100.00 EUR".to_owned())
    );
    let journals = company
        .app
        .journals(&app::query::ListFilter::default(), None);
    let of_that_day: Vec<String> = journals
        .unwrap()
        .items
        .into_iter()
        .filter(|journal| journal.date == earlier)
        .map(|journal| journal.amount.to_string())
        .collect();
    assert_eq!(
        of_that_day,
        ["100.00 EUR"],
        "the receipt, before any invoice"
    );
    // Taken back, it is set against nothing; what is not set against an invoice is not listed.
    let body =
        json!({ "payment": "P-1", "invoice": "DE-2026-00001", "reason": "of another customer" });
    company.act("unapply_payment", body);
    let page = company.app.payment_page("P-1").unwrap().unwrap();
    assert!(page.applied.is_empty(), "{:?}", page.applied);
    let body = json!({ "id": "R-1", "payment": "P-1", "amount": "60.00", "reason": "paid twice" });
    company.act("refund_payment", body);
    let body = json!({ "customer": "acme", "payment": "P-1", "amount": "40.00", "reason": "for next year" });
    company.act("grant_credit", body);
    let page = company.app.payment_page("P-1").unwrap().unwrap();
    assert_eq!(
        (page.refunds[0].refund.as_str(), page.refunded.to_string()),
        ("R-1", "60.00 EUR".to_owned())
    );
    assert_eq!(
        (
            page.bought[0].amount.to_string(),
            page.bought[0].reason.as_str()
        ),
        ("40.00 EUR".to_owned(), "for next year")
    );
    let tomorrow = today.tomorrow().unwrap();
    let body = json!({ "customer": "acme", "amount": "1.00", "received": tomorrow.to_string() });
    assert_eq!(
        company.refused("record_payment", body),
        format!(
            "received: {tomorrow} lies after today, {today}; state the day on which the money arrived, or leave it out"
        )
    );
    company.ties_out();
}
