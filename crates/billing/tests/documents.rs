//! Tax, invoices and credit notes, cash, retries and status, by worked figures.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "helpers of tests may fail loudly"
)]

mod support;

use billing::{
    BillingRefusal, CreditAmount, CreditRefusal, CreditRequest, Document, DunningStep,
    InvoiceBalance, InvoiceStatus, LineAmount, LineKind, OpenInvoice, RetryPolicy, TaxTable, apply,
    credit, draft_document, expected_lines, next_attempt, owed,
};
use commerce::BillingFrequency::Annual;
use support::{
    Account, change, component, contract, date, entity, euros, per_unit, price, quantity, taxes,
};
use values::{Date, Instant, InvoiceId, Rate};

/// 10 seats at 1,200 a year, billed yearly in advance, for 2026.
fn seats() -> commerce::Contract {
    let sold = [component("seats", "10", per_unit("1200"), Annual)];
    contract("EUR", "2026-01-01", "2027-01-01", &sold)
}

#[test]
fn tax_must_be_stated_even_if_it_is_zero() {
    let lines = expected_lines(&seats(), Date::MAX).unwrap();
    let on = date("2026-01-01");
    let refusal = draft_document(&lines, &[], &TaxTable::default(), &entity(), on).unwrap_err();
    assert_eq!(
        refusal.to_string(),
        "no tax rate is in force for entity DE, tax code \"saas\" on 2026-01-01; state one, if only 0"
    );
    assert_eq!(refusal.code(), "no_tax_rate");
    let stated = draft_document(&lines, &[], &taxes("0"), &entity(), on).unwrap();
    let Document::Invoice(invoice) = stated else {
        panic!("an invoice")
    };
    assert_eq!((invoice.tax, invoice.total), (euros(0), euros(1_200_000)));
}

#[test]
fn a_new_rate_counts_from_its_day_and_a_correction_keeps_the_old() {
    let mut both = taxes("0.19");
    let mut lower = taxes("0.10").rates.remove(0);
    lower.from = date("2026-06-01");
    both.rates.push(lower);
    let mut account = Account::default();
    account.bill(&seats(), "2026-01-01");
    let (fewer, _) = change(&seats(), price("seats", per_unit("2400"), "2026-07-01"));
    let lines = owed(&fewer, &account.lines, date("2026-07-01")).unwrap();
    let document =
        draft_document(&lines, &account.lines, &both, &entity(), date("2026-07-01")).unwrap();
    let Document::Invoice(invoice) = document else {
        panic!("an invoice")
    };
    let rates: Vec<Rate> = invoice.lines.iter().map(|line| line.tax_rate).collect();
    assert_eq!(rates, ["0.19".parse().unwrap(), "0.1".parse().unwrap()]);
    // 6,049.32 × 0.19, of the tax on the corrected line; 12,098.63 × 0.10.
    let amounts: Vec<i64> = invoice.lines.iter().map(|line| line.tax.minor).collect();
    assert_eq!(amounts, [-114_937, 120_986]);
}

#[test]
fn less_than_nothing_becomes_a_credit_note() {
    let mut account = Account::default();
    account.bill(&seats(), "2026-01-01");
    let (fewer, _) = change(&seats(), quantity("seats", "5", "2026-07-02"));
    let lines = owed(&fewer, &account.lines, date("2026-07-02")).unwrap();
    let document = draft_document(
        &lines,
        &account.lines,
        &taxes("0.19"),
        &entity(),
        date("2026-07-02"),
    );
    let Document::CreditNote(note) = document.unwrap() else {
        panic!("a credit note")
    };
    assert_eq!(
        (note.net, note.tax, note.total),
        (euros(300_822), euros(57_156), euros(357_978))
    );
    assert_eq!(note.lines[0].line.kind, LineKind::Reduction);
}

#[test]
fn no_lines_make_no_document() {
    let nothing = draft_document(&[], &[], &taxes("0"), &entity(), date("2026-01-01"));
    assert_eq!(nothing.unwrap(), Document::Nothing);
}

#[test]
fn lines_of_another_contract_are_refused() {
    let mut account = Account::default();
    account.bill(&seats(), "2026-01-01");
    let other = contract("EUR", "2026-01-01", "2027-01-01", &[]);
    let refusal = owed(&other, &account.lines, date("2026-01-01")).unwrap_err();
    assert!(
        matches!(refusal, BillingRefusal::ForeignLine { .. }),
        "{refusal}"
    );
}

#[test]
fn credits_that_make_no_sense_are_refused_by_name() {
    let mut account = Account::default();
    account.bill(&seats(), "2026-01-01");
    let ask = |amount| {
        let request = CreditRequest {
            amount,
            reason: "?".to_owned(),
        };
        credit(&account.lines, &account.lines, &request).unwrap_err()
    };
    let lines = |line: &str, amount| CreditAmount::Lines {
        lines: vec![LineAmount {
            line: line.parse().unwrap(),
            amount,
        }],
    };
    assert_eq!(ask(lines("line-9", euros(1))).code(), "unknown_line");
    assert_eq!(ask(lines("line-1", euros(0))).code(), "credit_not_positive");
    assert_eq!(
        ask(lines("line-1", euros(1_200_001))).code(),
        "credit_exceeds_line"
    );
    assert_eq!(
        ask(CreditAmount::Lines { lines: vec![] }),
        CreditRefusal::Nothing
    );
    let over = CreditAmount::Fraction {
        fraction: "1.01".parse().unwrap(),
    };
    assert_eq!(ask(over).code(), "not_a_fraction");
    let dollars = values::Money::from_minor(1, values::Currency::USD);
    assert_eq!(ask(lines("line-1", dollars)).code(), "amount_refused");
}

#[test]
fn an_invoice_that_also_gave_back_is_credited_at_most_at_its_total() {
    let mut account = Account::default();
    account.bill(&seats(), "2026-01-01");
    let (dearer, _) = change(&seats(), price("seats", per_unit("1500"), "2026-10-01"));
    account.bill(&dearer, "2026-10-01");
    let second = account.lines[1..].to_vec();
    let too_much = CreditRequest {
        amount: CreditAmount::Lines {
            lines: vec![LineAmount {
                line: "line-3".parse().unwrap(),
                amount: euros(378_082),
            }],
        },
        reason: "return".to_owned(),
    };
    let refusal = credit(&second, &account.lines, &too_much).unwrap_err();
    assert_eq!(refusal.code(), "credit_exceeds_invoice");
    let all = CreditRequest {
        amount: CreditAmount::Full,
        reason: "return".to_owned(),
    };
    assert_eq!(
        credit(&second, &account.lines, &all).unwrap().net,
        euros(378_082 - 302_466)
    );
}

fn open(id: &str, due: &str, minor: i64) -> OpenInvoice {
    OpenInvoice {
        id: id.parse().unwrap(),
        due: date(due),
        open: euros(minor),
    }
}

#[test]
fn a_payment_pays_what_it_names_or_else_the_oldest() {
    let invoices = [
        open("new", "2026-03-01", 500),
        open("old", "2026-02-01", 300),
    ];
    let paid = |minor, hint: Option<&str>| {
        let hint: Option<InvoiceId> = hint.map(|id| id.parse().unwrap());
        let outcome = apply(euros(minor), &invoices, hint.as_ref()).unwrap();
        let parts = outcome.applications.iter();
        let parts = parts
            .map(|a| format!("{} {}", a.invoice, a.amount.minor))
            .collect::<Vec<_>>();
        (parts.join(", "), outcome.unapplied.minor)
    };
    assert_eq!(paid(500, Some("new")), ("new 500".to_owned(), 0));
    assert_eq!(paid(600, Some("new")), ("new 500".to_owned(), 100));
    assert_eq!(paid(100, Some("paid-before")), (String::new(), 100));
    assert_eq!(paid(200, None), ("old 200".to_owned(), 0));
    assert_eq!(paid(1000, None), ("old 300, new 500".to_owned(), 200));
    assert!(apply(euros(0), &invoices, None).is_err());
}

#[test]
fn a_failed_payment_is_tried_after_3_5_and_7_days_and_then_given_up() {
    let failed: Instant = "2026-01-01T08:00:00Z".parse().unwrap();
    let policy = RetryPolicy::default();
    let next = |attempts| next_attempt(attempts, failed, &policy);
    let at = |text: &str| DunningStep::Retry(text.parse().unwrap());
    assert_eq!(next(1), at("2026-01-04T08:00:00Z"));
    assert_eq!(next(2), at("2026-01-06T08:00:00Z"));
    assert_eq!(next(3), at("2026-01-08T08:00:00Z"));
    assert_eq!(next(4), DunningStep::GiveUp);
}

#[test]
fn an_invoice_stands_where_its_amounts_put_it() {
    let mut balance = InvoiceBalance::issued(euros(100));
    let mut stood = vec![balance.status().unwrap()];
    for (paid, credited) in [(40, 0), (100, 0), (0, 0), (0, 100), (60, 40)] {
        balance.paid = euros(paid);
        balance.credited = euros(credited);
        stood.push(balance.status().unwrap());
    }
    use InvoiceStatus::{Credited, Open, Paid, PartiallyPaid};
    assert_eq!(stood, [Open, PartiallyPaid, Paid, Open, Credited, Paid]);
    assert!(InvoiceStatus::Open.to(Paid).is_ok());
    let illegal = Credited.to(Open).unwrap_err();
    assert_eq!(
        illegal.to_string(),
        "an invoice that is credited cannot become open"
    );
}
