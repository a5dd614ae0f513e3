//! Events as short as a test can say them.

#![allow(dead_code, reason = "not every test tells of every event")]

use events::{
    Application, BillingDocument, CashApplied, DocumentLine, Envelope, Event, Origin,
    PaymentRefunded, PaymentSettled, RevenueRecognised,
};
use ledger::{Chart, JournalDraft, PostingRefusal, RuleBook, facts};
use std::sync::LazyLock;
use values::{Currency, Date, Instant, Money, Period, Rate, parse_date};

pub fn date(text: &str) -> Date {
    parse_date(text).unwrap()
}

pub fn usd(minor: i64) -> Money {
    Money::from_minor(minor, Currency::USD)
}

pub fn envelope(event: Event) -> Envelope {
    Envelope {
        id: "evt_1".parse().unwrap(),
        source: "/test".into(),
        subject: "test".into(),
        time: Instant::from_seconds(0),
        recorded: Instant::from_seconds(0),
        effective: date("2026-01-15"),
        entity: Some("US".parse().unwrap()),
        partition: "test".into(),
        sequence: 1,
        correlation: "chn_1".parse().unwrap(),
        causation: None,
        idempotency_key: "k".into(),
        origin: Origin::Simulation,
        actor: "test".into(),
        event,
    }
}

/// A document of lines (product, deferred, unbilled, tax), in US cents.
pub fn document(lines: &[(&str, i64, i64, i64)]) -> BillingDocument {
    let sum = |pick: fn(&(&str, i64, i64, i64)) -> i64| lines.iter().map(pick).sum::<i64>();
    let (net, tax) = (sum(|l| l.1 + l.2), sum(|l| l.3));
    BillingDocument {
        invoice: "inv_1".parse().unwrap(),
        credit_note: None,
        number: "US-2026-000001".into(),
        customer: "acme".parse().unwrap(),
        contract: "acme-1".parse().unwrap(),
        issued_in: None,
        reason: None,
        due: date("2026-02-14"),
        lines: lines
            .iter()
            .enumerate()
            .map(|(index, line)| document_line(index, line))
            .collect(),
        net: usd(net),
        tax: usd(tax),
        rounding: None,
        total: usd(net + tax),
    }
}

/// As [`document`] with an amount to pay that is rounded by so many cents, to fives.
pub fn rounded(lines: &[(&str, i64, i64, i64)], minor: i64) -> BillingDocument {
    let plain = document(lines);
    BillingDocument {
        rounding: Some(values::RoundingLine {
            amount: usd(minor),
            rule: values::CashUnit {
                to: usd(5),
                mode: values::CashRounding::HalfUp,
            },
            per_invoice: None,
        }),
        total: plain.total.plus(usd(minor)).unwrap(),
        ..plain
    }
}

fn document_line(index: usize, line: &(&str, i64, i64, i64)) -> DocumentLine {
    let (product, deferred, unbilled, tax) = *line;
    DocumentLine {
        line: format!("lin_{index}").parse().unwrap(),
        contract: None,
        sold_to: None,
        product: product.parse().unwrap(),
        component: format!("cmp_{index}").parse().unwrap(),
        obligation: format!("obl_{index}").parse().unwrap(),
        description: "Platform".into(),
        arithmetic: String::new(),
        period: Period::new(date("2026-01-01"), date("2027-01-01")).unwrap(),
        net: usd(deferred + unbilled),
        tax_code: "standard".into(),
        tax_rate: Rate::default(),
        tax: usd(tax),
        deferred,
        unbilled,
    }
}

pub fn settled(gross: i64, fee: i64, method: &str, customer: Option<&str>) -> Event {
    Event::PaymentSettled(PaymentSettled {
        payment: "pay_1".parse().unwrap(),
        customer: customer.map(|id| id.parse().unwrap()),
        gross: usd(gross),
        fee: usd(fee),
        net: usd(gross - fee),
        method: method.into(),
        references: vec![],
    })
}

pub fn applied(amounts: &[i64], unapplied: i64) -> Event {
    Event::CashApplied(CashApplied {
        payment: "pay_1".parse().unwrap(),
        customer: "acme".parse().unwrap(),
        applications: amounts
            .iter()
            .enumerate()
            .map(|(index, minor)| Application {
                invoice: format!("inv_{index}").parse().unwrap(),
                amount: usd(*minor),
                customer: None,
            })
            .collect(),
        unapplied: usd(unapplied),
    })
}

pub fn refunded(minor: i64) -> Event {
    Event::PaymentRefunded(PaymentRefunded {
        refund: "ref_1".parse().unwrap(),
        payment: "pay_1".parse().unwrap(),
        customer: "acme".parse().unwrap(),
        amount: usd(minor),
        method: "card".into(),
        reason: "cancelled".into(),
        references: vec![],
    })
}

pub fn recognised(class: &str, deferred: i64, unbilled: i64) -> Event {
    Event::RevenueRecognised(RevenueRecognised {
        obligation: "obl_0".parse().unwrap(),
        contract: "acme-1".parse().unwrap(),
        customer: "acme".parse().unwrap(),
        product: "platform".parse().unwrap(),
        revenue_class: class.into(),
        through: date("2026-01-31"),
        amount: usd(deferred + unbilled),
        cumulative: usd(deferred + unbilled),
        deferred,
        unbilled,
        arithmetic: String::new(),
    })
}

/// The standard chart, read once.
static CHART: LazyLock<Chart> = LazyLock::new(|| Chart::standard().unwrap());
/// The standard rules, read once.
static BOOK: LazyLock<RuleBook> = LazyLock::new(|| RuleBook::standard().unwrap());

/// What a book makes of an event in the books of US on 15 January 2026.
pub fn post_by(book: &RuleBook, event: Event) -> Result<Option<JournalDraft>, PostingRefusal> {
    match facts(&envelope(event))? {
        None => Ok(None),
        Some(facts) => book.post(&facts, &CHART, &"US".parse().unwrap(), date("2026-01-15")),
    }
}

/// What the standard rules make of an event.
pub fn post(event: Event) -> Result<Option<JournalDraft>, PostingRefusal> {
    post_by(&BOOK, event)
}
