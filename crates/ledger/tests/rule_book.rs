//! What is said about posting rules that cannot be used. The wording is part of the product.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "the helpers of a test may fail it"
)]

use ledger::{Account, AccountKind, Chart, RuleBook};

fn said(text: &str) -> String {
    RuleBook::read(text).unwrap_err().to_string()
}

/// A book of one rule for refunds with these fields.
fn refunds(fields: &str, lines: &str) -> String {
    format!(
        "version = 1\n[[rules]]\nid = \"r\"\nversion = 1\n\
         event = \"com.tieout.payment.payment.refunded.v1\"\n{fields}\nlines = [{lines}]\n"
    )
}

const DEBIT: &str = "{ side = \"debit\", account = \"2100\", amount = \"amount\" }";

#[test]
fn the_standard_rules_fit_the_standard_chart() {
    let book = RuleBook::standard().unwrap();
    book.check(&Chart::standard().unwrap()).unwrap();
    assert_eq!(book.rules().len(), 17);
    assert_eq!(book.version(), 1);
}

#[test]
fn an_unknown_amount_names_those_that_exist() {
    let line = "{ side = \"debit\", account = \"2100\", amount = \"gross\" }";
    assert_eq!(
        said(&refunds("", line)),
        "rule r: lines[1].amount is \"gross\"; amounts of a document of this event are amount"
    );
    let line = "{ side = \"debit\", account = \"2100\", amount = \"amount\", each = \"line\" }";
    assert_eq!(
        said(&refunds("", line)),
        "rule r: lines[1].amount is \"amount\"; this event has no lines; use each = \"document\" with amount"
    );
}

#[test]
fn an_unknown_attribute_names_those_that_exist() {
    assert_eq!(
        said(&refunds("when = { processor = \"stripe\" }", DEBIT)),
        "rule r: when is \"processor\"; attributes of the document are entity, currency, method, customer"
    );
    let line = "{ side = \"debit\", account = { by = \"class\", map = { a = \"1\" } }, amount = \"amount\" }";
    assert_eq!(
        said(&refunds("", line)),
        "rule r: lines[1].account.by is \"class\"; attributes of this event are entity, currency, method, customer"
    );
}

#[test]
fn a_value_that_cannot_occur_is_refused() {
    let text = "version = 1\n[[rules]]\nid = \"p\"\nversion = 1\n\
        event = \"com.tieout.payment.payment.settled.v1\"\nwhen = { method = [\"card\", \"cash\"] }\n\
        lines = [{ side = \"debit\", account = { by = \"method\", map = { wire = \"1000\" } }, amount = \"net\" }]\n";
    assert_eq!(
        said(text),
        "rule p: when.method is \"cash\"; it can be card or transfer\n\
         rule p: lines[1].account.map is \"wire\"; method can be card or transfer"
    );
}

#[test]
fn every_other_field_is_refused_with_its_mend() {
    let line =
        "{ side = \"left\", account = \"11 00\", amount = \"amount\", dimensions = [\"region\"] }";
    assert_eq!(
        said(&refunds("effective_from = \"1.1.2026\"", line)),
        "rule r: effective_from is \"1.1.2026\"; write a date in quotes, such as \"2026-01-01\"\n\
         rule r: lines[1].side is \"left\"; write \"debit\" or \"credit\"\n\
         rule r: lines[1].dimensions is \"region\"; dimensions are customer, contract and product\n\
         rule r: lines[1].account is \"11 00\"; write an account code of the chart, such as \"1100\""
    );
    assert_eq!(
        said(&refunds("", "")),
        "rule r: lines is \"[]\"; a rule posts at least two lines, a debit and a credit"
    );
    let no_event = refunds("", DEBIT).replace("refunded.v1", "refunded.v9");
    assert!(said(&no_event).starts_with(
        "rule r: event is \"com.tieout.payment.payment.refunded.v9\"; events that post are com.tieout.billing"
    ));
}

#[test]
fn the_shape_is_refused_with_the_rule_and_the_field() {
    let typo = refunds("wen = { method = \"card\" }", DEBIT);
    let message = said(&typo);
    assert!(
        message.starts_with("rule r: unknown field `wen`"),
        "{message}"
    );
    let nameless = refunds("", DEBIT).replace("id = \"r\"\n", "");
    let message = said(&nameless);
    assert!(
        message.starts_with("rule number 1: missing field `id`"),
        "{message}"
    );
    let account = "{ side = \"debit\", account = 2100, amount = \"amount\" }";
    let message = said(&refunds("", account));
    assert!(
        message.contains("account must be a code in quotes"),
        "{message}"
    );
    let message = said("version = 1\nrules = [");
    assert!(
        message.starts_with("the posting rules cannot be read: "),
        "{message}"
    );
}

#[test]
fn versions_of_a_rule_must_be_told_apart() {
    let one = refunds("", DEBIT);
    let again = one.replace("version = 1\n[[rules]]", "[[rules]]");
    assert_eq!(
        said(&format!("{one}{again}")),
        "rule r: effective_from (from the beginning) is used by two of its versions; give each its own\n\
         rule r: version 1 is used by two of its versions; give each its own"
    );
}

#[test]
fn a_book_that_leaves_an_event_unposted_does_not_pass() {
    let chart = Chart::standard().unwrap();
    let (start, rest) = RuleBook::STANDARD
        .split_once("id = \"payment-settled\"")
        .unwrap();
    let cards = rest.replacen(
        "event = \"com.tieout.payment.payment.settled.v1\"",
        "event = \"com.tieout.payment.payment.settled.v1\"\nwhen = { method = \"card\" }",
        1,
    );
    let book = RuleBook::read(&format!("{start}id = \"payment-settled\"{cards}")).unwrap();
    assert_eq!(
        book.check(&chart).unwrap_err().to_string(),
        "com.tieout.payment.payment.settled.v1 must be posted, but no rule takes it with \
         method = transfer, customer_known = yes; add one\n\
         com.tieout.payment.payment.settled.v1 must be posted, but no rule takes it with \
         method = transfer, customer_known = no; add one"
    );
    let book = RuleBook::read(&refunds("", DEBIT)).unwrap();
    let said = book.check(&chart).unwrap_err().to_string();
    assert_eq!(said.lines().count(), 11, "{said}");
    assert!(
        said.contains(
            "com.tieout.cash.cash.applied.v1 must be posted, but no rule takes it; add one"
        )
    );
}

#[test]
fn a_book_that_does_not_fit_the_chart_does_not_pass() {
    let lean = Chart::standard()
        .unwrap()
        .accounts()
        .iter()
        .filter(|account| account.code.as_str() != "1250")
        .cloned()
        .collect();
    let said = RuleBook::standard()
        .unwrap()
        .check(&Chart::new(lean).unwrap())
        .unwrap_err()
        .to_string();
    assert!(
        said.starts_with("rule invoice-issued: account 1250 is not in the chart"),
        "{said}"
    );
    let no_transfer = RuleBook::STANDARD.replace(", transfer = \"1000\"", "");
    let said = RuleBook::read(&no_transfer)
        .unwrap()
        .check(&Chart::standard().unwrap())
        .unwrap_err()
        .to_string();
    assert_eq!(
        said,
        "rule payment-settled: no account is mapped for method \"transfer\", which can occur; add it to the map\n\
         rule payment-refunded: no account is mapped for method \"transfer\", which can occur; add it to the map"
    );
    let one = Account {
        code: "1".parse().unwrap(),
        name: "One".into(),
        kind: AccountKind::Asset,
        ties_out_with: None,
    };
    assert!(
        RuleBook::standard()
            .unwrap()
            .check(&Chart::new(vec![one]).unwrap())
            .is_err()
    );
}
