//! Laws of cash application, prepaid credits, dunning, write-offs and aged receivables.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "helpers of tests may fail loudly"
)]

mod cash;
mod dunning;
mod prepaid;
mod receivable;

use values::{Currency, CustomerId, Date, InvoiceId, Money};

fn eur(minor: i64) -> Money {
    Money::from_minor(minor, currency("EUR"))
}

fn currency(code: &str) -> Currency {
    code.parse().unwrap()
}

fn date(text: &str) -> Date {
    text.parse().unwrap()
}

fn day(offset: u16) -> Date {
    let seconds = u64::from(offset) * 86_400;
    date("2026-01-01").saturating_add(std::time::Duration::from_secs(seconds))
}

fn customer(name: &str) -> CustomerId {
    name.parse().unwrap()
}

fn invoice(number: usize) -> InvoiceId {
    format!("INV-{number}").parse().unwrap()
}
