//! What each fact becomes in the books, as an accountant would write it down.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "the helpers of a test may fail it"
)]

mod support;

use events::Event;
use ledger::{Chart, Dimensions, JournalDraft, PostingRefusal, RuleBook, facts, reverse};
use support::{
    applied, date, document, envelope, post, post_by, recognised, refunded, rounded, settled, usd,
};
use values::{Currency, Money};

/// A journal as text: rule, then one line an account with its debit or credit.
fn written(draft: &JournalDraft) -> String {
    let mut text = format!("{} v{}\n", draft.rule, draft.rule_version);
    for line in &draft.lines {
        let side = if line.amount > 0 { "Dr" } else { "Cr" };
        let amount = Money::from_minor(line.amount.abs(), line.currency).grouped();
        let Dimensions {
            customer,
            contract,
            product,
        } = &line.dimensions;
        let dimensions: Vec<_> = [
            customer.as_ref().map(|id| id.as_str()),
            contract.as_ref().map(|id| id.as_str()),
            product.as_ref().map(|id| id.as_str()),
        ]
        .into_iter()
        .flatten()
        .collect();
        text.push_str(&format!(
            "{side} {} {amount:>9} {}\n",
            line.account,
            dimensions.join(" ")
        ));
    }
    text
}

fn story(events: Vec<Event>) -> String {
    events
        .into_iter()
        .map(|event| {
            post(event)
                .unwrap()
                .map_or("nothing\n".to_owned(), |draft| written(&draft))
        })
        .collect()
}

#[test]
fn an_annual_deal_from_invoice_to_refund() {
    let credit_note = document(&[("platform", 20_000, 0, 1_600)]);
    let text = story(vec![
        Event::InvoiceIssued(document(&[
            ("platform", 120_000, 0, 9_600),
            ("usage", 0, 5_000, 400),
        ])),
        settled(135_000, 4_245, "card", Some("acme")),
        applied(&[129_600, 5_400], 0),
        recognised("subscription", 10_192, 0),
        recognised("usage", 1_000, 4_000),
        Event::CreditNoteIssued(credit_note),
        applied(&[-21_600], 21_600),
        refunded(21_600),
    ]);
    assert_eq!(text, include_str!("posting_story.txt"));
}

#[test]
fn a_transfer_goes_to_the_bank_and_an_unknown_payer_has_no_customer() {
    assert_eq!(
        story(vec![settled(500, 0, "transfer", None)]),
        "payment-settled v1\nDr 1000      5.00 \nCr 2100      5.00 \n"
    );
}

#[test]
fn lines_of_one_account_and_product_are_merged_and_zero_posts_nothing() {
    let lines = [
        ("platform", 100, 0, 8),
        ("platform", 200, 0, 16),
        ("support", 0, 0, 0),
    ];
    assert_eq!(
        story(vec![Event::InvoiceIssued(document(&lines))]),
        "invoice-issued v1\n\
         Dr 1100      3.24 acme acme-1\n\
         Cr 2400      3.00 acme acme-1 platform\n\
         Cr 2200      0.24 acme acme-1\n"
    );
    let cancelled_out = [("platform", 100, 0, 0), ("platform", -100, 0, 0)];
    assert_eq!(
        story(vec![Event::InvoiceIssued(document(&cancelled_out))]),
        "nothing\n"
    );
    assert_eq!(story(vec![recognised("subscription", 0, 0)]), "nothing\n");
}

#[test]
fn what_rounds_an_amount_to_pay_has_an_account_of_its_own() {
    let lines = [("platform", 9_890, 0, 801)];
    let text = story(vec![
        Event::InvoiceIssued(rounded(&lines, -1)),
        Event::CreditNoteIssued(rounded(&lines, 4)),
        Event::InvoiceVoided(rounded(&lines, -1)),
    ]);
    assert_eq!(
        text,
        "invoice-issued v1\n\
         Dr 1100    106.90 acme acme-1\n\
         Cr 2400     98.90 acme acme-1 platform\n\
         Cr 2200      8.01 acme acme-1\n\
         Dr 6920      0.01 acme acme-1\n\
         credit-note-issued v1\n\
         Cr 1100    106.95 acme acme-1\n\
         Dr 2400     98.90 acme acme-1 platform\n\
         Dr 2200      8.01 acme acme-1\n\
         Dr 6920      0.04 acme acme-1\n\
         invoice-voided v1\n\
         Cr 1100    106.90 acme acme-1\n\
         Dr 2400     98.90 acme acme-1 platform\n\
         Dr 2200      8.01 acme acme-1\n\
         Cr 6920      0.01 acme acme-1\n"
    );
}

#[test]
fn rules_that_do_not_post_an_amount_are_named() {
    let event = "com.tieout.billing.invoice.issued.v1";
    let book = RuleBook::standard().unwrap();
    let on = date("2026-01-01");
    assert!(book.without(event, "rounding", on).is_empty());
    let text = RuleBook::STANDARD.replacen("amount = \"rounding\"", "amount = \"net\"", 1);
    let other = RuleBook::read(&text).unwrap();
    let named = other.without(event, "rounding", on);
    assert_eq!(named.len(), 1);
    assert_eq!(named[0].id, "invoice-issued");
}

#[test]
fn negative_amounts_go_to_the_other_side() {
    assert_eq!(
        story(vec![recognised("services", -300, 0)]),
        "revenue-recognised v1\n\
         Cr 2400      3.00 acme acme-1 platform\n\
         Dr 4200      3.00 acme acme-1 platform\n"
    );
}

#[test]
fn a_reversal_writes_the_same_lines_on_the_other_side() {
    let draft = post(settled(500, 20, "card", Some("acme")))
        .unwrap()
        .unwrap();
    let reversal = reverse(&draft, date("2026-02-01")).unwrap();
    assert_eq!(
        written(&reversal),
        "reversal v0\nCr 1010      4.80 acme\nCr 6100      0.20 acme\nDr 2100      5.00 acme\n"
    );
    assert_eq!(reversal.date, date("2026-02-01"));
}

#[test]
fn amounts_that_do_not_add_up_are_never_posted() {
    let mut invoice = document(&[("platform", 100, 0, 8)]);
    invoice.total = usd(109);
    let refusal = post(Event::InvoiceIssued(invoice)).unwrap_err();
    assert_eq!(
        refusal.to_string(),
        "rule invoice-issued leaves 0.01 USD out of balance for entity US; \
         the amounts of the event do not add up or the rule leaves one out"
    );
    assert_eq!(refusal.code(), "out_of_balance");
}

#[test]
fn a_value_that_no_map_knows_is_refused_with_the_mend() {
    assert_eq!(
        post(recognised("hardware", 100, 0))
            .unwrap_err()
            .to_string(),
        "rule revenue-recognised has no account for revenue_class \"hardware\"; add it to the map of the rule"
    );
    assert_eq!(
        post(settled(1, 0, "cheque", None)).unwrap_err().code(),
        "unmapped_attribute"
    );
}

#[test]
fn currencies_are_never_mixed() {
    let Event::PaymentSettled(mut payment) = settled(500, 20, "card", Some("acme")) else {
        panic!("not a payment");
    };
    payment.fee = Money::from_minor(20, Currency::EUR);
    assert_eq!(
        post(Event::PaymentSettled(payment))
            .unwrap_err()
            .to_string(),
        "com.tieout.payment.payment.settled.v1: the fee is in EUR but the event is in USD; \
         convert it at a stated rate first"
    );
}

#[test]
fn the_version_of_a_rule_in_force_on_the_accounting_date_posts() {
    let later = r#"
        [[rules]]
        id = "payment-refunded"
        version = 2
        event = "com.tieout.payment.payment.refunded.v1"
        effective_from = "2026-01-15"
        lines = [
          { side = "debit", account = "2100", amount = "amount" },
          { side = "credit", account = "1000", amount = "amount" },
        ]"#;
    let text = format!("{}{later}", RuleBook::STANDARD);
    let book = RuleBook::read(&text).unwrap();
    book.check(&Chart::standard().unwrap()).unwrap();
    let refund = envelope(refunded(100));
    let offered = facts(&refund).unwrap().unwrap();
    let rule = |day: &str| book.select(&offered, date(day)).map(|r| r.version);
    assert_eq!((rule("2026-01-14"), rule("2026-01-15")), (Some(1), Some(2)));
    let draft = post_by(&book, refunded(100)).unwrap().unwrap();
    assert_eq!(
        written(&draft),
        "payment-refunded v2\nDr 2100      1.00 \nCr 1000      1.00 \n"
    );
}

#[test]
fn without_a_rule_the_posting_is_refused_and_says_for_what() {
    let only_cards = r#"
        version = 1
        [[rules]]
        id = "cards"
        version = 1
        event = "com.tieout.payment.payment.settled.v1"
        when = { method = "card" }
        lines = [
          { side = "debit", account = "1010", amount = "gross" },
          { side = "credit", account = "2100", amount = "gross" },
        ]"#;
    let book = RuleBook::read(only_cards).unwrap();
    assert!(
        post_by(&book, settled(5, 0, "card", None))
            .unwrap()
            .is_some()
    );
    let refusal = post_by(&book, settled(5, 0, "transfer", None)).unwrap_err();
    assert!(matches!(refusal, PostingRefusal::NoRule { .. }));
    assert_eq!(
        refusal.to_string(),
        "no posting rule takes com.tieout.payment.payment.settled.v1 with entity = US, currency = USD, \
         method = transfer, customer_known = no on 2026-01-15; add a rule for it"
    );
}

#[test]
fn sums_beyond_64_bits_are_refused() {
    let refusal = post(applied(&[i64::MAX, 1], 0)).unwrap_err();
    assert_eq!(refusal, PostingRefusal::TooLarge);
    assert_eq!(
        post(refunded(i64::MIN)).unwrap_err(),
        PostingRefusal::TooLarge
    );
}
