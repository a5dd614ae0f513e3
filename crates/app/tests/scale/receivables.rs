//! Aged receivables of very many customers.

use crate::seed;
use std::collections::BTreeMap;
use std::time::Instant;
use store::Effort;
use store::catalogue::CustomerRow;
use store::documents::DocumentRow;
use values::Date;

/// Invoices that one customer has.
const OF_ONE: usize = 4;

/// Rows of one insert.
const A_STEP: usize = 5_000;

fn customer(number: usize) -> CustomerRow {
    CustomerRow {
        id: format!("cus_{number:06}"),
        name: format!("Customer {number}"),
        standing: "good".to_owned(),
        correlation: String::new(),
        created: 1,
        body: "{}".to_owned(),
    }
}

/// Every tenth is a credit note that is not set off, every eleventh is paid.
fn document(number: usize) -> DocumentRow {
    let (entity, currency) = if number.is_multiple_of(3) {
        ("DE", "EUR")
    } else {
        ("US", "USD")
    };
    let is_credit = number % 10 == 9;
    let total = 10_000 + number as i64 % 977;
    DocumentRow {
        id: format!("doc_{number:08}"),
        kind: if is_credit { "credit_note" } else { "invoice" }.to_owned(),
        number: format!("N-{number}"),
        entity: entity.to_owned(),
        customer: format!("cus_{:06}", number / OF_ONE),
        contract: format!("con_{number}"),
        currency: currency.to_owned(),
        issued: "2025-11-01".to_owned(),
        due: format!("2026-{:02}-{:02}", number % 3 + 1, number % 28 + 1),
        net: total,
        tax: 0,
        total,
        remaining: total,
        status: "open".to_owned(),
        source: String::new(),
        reason: String::new(),
        correlation: String::new(),
        created: number as i64,
    }
}

fn books(invoices: usize) -> app::App {
    let app = seed::company();
    for from in (0..invoices).step_by(A_STEP) {
        let numbers = from..invoices.min(from + A_STEP);
        let customers: Vec<_> = numbers
            .clone()
            .filter(|number| number.is_multiple_of(OF_ONE))
            .map(|number| customer(number / OF_ONE))
            .collect();
        let documents: Vec<_> = numbers.map(document).collect();
        let written = app.store().write(move |tx| {
            CustomerRow::insert(tx, &customers)?;
            DocumentRow::insert(tx, &documents)
        });
        written.unwrap();
    }
    app
}

/// What the list asks of the database: it is read on the thread that asks.
fn asked(app: &app::App) -> (app::collection::AgedView, Effort) {
    let effort = || {
        app.store()
            .read(|tx| Ok::<_, store::StoreFault>(tx.effort()))
            .unwrap()
    };
    let before = effort();
    let begun = Instant::now();
    let view = app.aged_receivables(None, None).unwrap();
    let took = begun.elapsed();
    let spent = effort().since(before);
    eprintln!(
        "aged receivables, {} customers: {took:?}, {spent:?}",
        view.rows.len()
    );
    (view, spent)
}

#[test]
fn aged_receivables_hold_every_document_once_and_ask_as_little_for_many_as_for_few() {
    let invoices = seed::many(2_000);
    let few = asked(&books(40)).1;
    let (view, spent) = asked(&books(invoices));
    let as_of: Date = "2026-03-01".parse().unwrap();
    assert_eq!(view.as_of, as_of);
    // By hand: what each customer owes in each currency, document by document.
    let mut wanted: BTreeMap<(String, String), BTreeMap<String, i64>> = BTreeMap::new();
    for row in (0..invoices).map(document) {
        let open = if row.kind == "credit_note" {
            -row.total
        } else {
            row.total
        };
        let items = wanted.entry((row.customer, row.currency)).or_default();
        items.insert(row.id, open);
    }
    assert_eq!(view.rows.len(), wanted.len());
    for row in &view.rows {
        let key = (row.customer.clone(), row.total.currency.to_string());
        let items = wanted.remove(&key).unwrap();
        assert_eq!(row.total.minor, items.values().sum::<i64>());
        assert_eq!(
            row.total.minor,
            row.by_age.iter().map(|sum| sum.minor).sum::<i64>()
        );
        let shown: BTreeMap<String, i64> = row
            .items
            .iter()
            .map(|item| (item.document.clone(), item.open.minor))
            .collect();
        assert_eq!(shown, items);
        let number: usize = row.customer["cus_".len()..].parse().unwrap();
        assert_eq!(row.name, format!("Customer {number}"));
        let oldest = row.items.iter().filter(|item| item.open.minor > 0);
        let oldest = oldest.map(|item| item.days_late).max().unwrap_or(0);
        assert_eq!(row.oldest_days, oldest);
    }
    assert!(wanted.is_empty());
    // A page of names at a time, and everything else once an entity.
    assert!(
        spent.queries <= few.queries + 2 * (invoices / OF_ONE / 500 + 1) as u64,
        "{spent:?} against {few:?}"
    );
}
