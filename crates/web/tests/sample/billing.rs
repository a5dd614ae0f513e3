//! Sample invoices and payments.

use super::{
    CONTRACT, CREDIT_NOTE, CUSTOMER, CUSTOMER_DE, INVOICE, INVOICE_DE, PAYMENT, at, date, finance,
    money,
};
use app::view::*;

/// One line of a table: id, number, kind, entity, customer, contract, issued, due, status, total, open.
#[rustfmt::skip]
const INVOICES: &[[&str; 11]] = &[
    ["inv_01K0A1B3D5F7H9K1N3Q5S7V9X1", "US-2026-01702", "invoice", "US", "Harrow & Pike LLC", "con_01K0A1A2C4E6G8J0M2P4R6T8W0", "2026-06-28", "2026-07-28", "open", "USD 18600.00", "USD 18600.00"],
    ["inv_01K0A1B4E6G8J0M2P4R6T8W0Y2", "DE-2026-00631", "invoice", "DE", "Brightwater GmbH", "con_01JZ4M8R3W9MY4P6V7X0Z2BDFG", "2026-06-15", "2026-07-15", "partly_paid", "EUR 9520.00", "EUR 5530.00"],
    [INVOICE, "US-2026-01377", "invoice", "US", "Meridian Labs Inc.", CONTRACT, "2026-05-14", "2026-06-13", "open", "USD 13610.96", "USD 13610.96"],
    [CREDIT_NOTE, "DE-2026-C0019", "credit_note", "DE", "Brightwater GmbH", "con_01JZ4M8R3W9MY4P6V7X0Z2BDFG", "2026-04-22", "2026-04-22", "credited", "EUR -595.00", "EUR 0.00"],
    [INVOICE_DE, "DE-2026-00588", "invoice", "DE", "Brightwater GmbH", "con_01JZ4M8R3W9MY4P6V7X0Z2BDFG", "2026-03-15", "2026-04-14", "paid", "EUR 9520.00", "EUR 0.00"],
    ["inv_01JZ5N7Q3V5X7Z9B1D3F5H7K9N", "US-2026-00412", "invoice", "US", "Meridian Labs Inc.", CONTRACT, "2026-02-01", "2026-03-03", "paid", "USD 48000.00", "USD 0.00"],
    ["inv_01JZ5N7Q4W6Y8A0C2E4G6J8M0P", "US-2026-00398", "invoice", "US", "Alder Robotics", "con_01JZ4M9S4XAMZ5Q7W8Y1A3CEGH", "2026-01-31", "2026-03-02", "paid", "USD 7200.00", "USD 0.00"],
];

pub fn invoices() -> Vec<InvoiceRow> {
    INVOICES
        .iter()
        .map(|row| {
            let customer = match row[4] {
                "Meridian Labs Inc." => CUSTOMER,
                "Brightwater GmbH" => CUSTOMER_DE,
                _ => "cus_01JZ4M6C5D7E9F1G3H5J7K9M1N",
            };
            InvoiceRow {
                id: row[0].to_owned(),
                number: row[1].to_owned(),
                kind: row[2].to_owned(),
                entity: row[3].to_owned(),
                customer: customer.to_owned(),
                customer_name: row[4].to_owned(),
                contract: row[5].to_owned(),
                issued: date(row[6]),
                due: date(row[7]),
                status: row[8].to_owned(),
                total: money(row[9]),
                open: money(row[10]),
            }
        })
        .collect()
}

pub fn invoice(row: InvoiceRow) -> InvoiceDetail {
    let is_credit = row.kind == "credit_note";
    let (net, tax) = match row.total.currency.code() {
        "EUR" if is_credit => (money("EUR -500.00"), money("EUR -95.00")),
        "EUR" => (money("EUR 8000.00"), money("EUR 1520.00")),
        _ => (row.total, money("USD 0.00")),
    };
    InvoiceDetail {
        rounding: None,
        net,
        tax,
        lines: lines(&row, net, tax),
        movements: movements(&row),
        trail: trail(&row),
        journals: finance::journals()
            .into_iter()
            .filter(|journal| journal.entity == row.entity)
            .take(2)
            .collect(),
        reason: is_credit.then(|| "Goodwill for the outage of 3 and 4 April".to_owned()),
        source: is_credit.then(|| INVOICE_DE.to_owned()),
        row,
    }
}

fn trail(row: &InvoiceRow) -> Vec<TrailStep> {
    let step =
        |when: &str, step: &str, words: &str, object: &str, amount: Option<values::Money>| {
            TrailStep {
                at: at(when),
                step: step.to_owned(),
                words: words.to_owned(),
                actor: "Chidi Okafor".to_owned(),
                object: object.to_owned(),
                amount,
            }
        };
    let issued = format!("as {}, due {}", row.number, row.due);
    let mut steps = vec![
        step(
            "2026-05-13T09:00:00Z",
            "approved",
            "asked by Mara Lindqvist: checked against the order",
            super::approvals::APPROVAL,
            None,
        ),
        step(
            "2026-05-14T06:00:00Z",
            "issued",
            &issued,
            &row.id,
            Some(row.total),
        ),
    ];
    if row.status == "paid" {
        let words = "EUR 0.00 is open";
        steps.push(step(
            "2026-05-20T06:00:00Z",
            "paid",
            words,
            PAYMENT,
            Some(row.total),
        ));
    }
    steps
}

fn lines(row: &InvoiceRow, net: values::Money, tax: values::Money) -> Vec<InvoiceLine> {
    let line = |id: &str, product: &str, description: &str, arithmetic: &str, net, tax| {
        let tax_name = if row.entity == "DE" {
            "standard 19 %"
        } else {
            "not taxable 0 %"
        };
        InvoiceLine {
            id: id.to_owned(),
            product: product.to_owned(),
            description: description.to_owned(),
            arithmetic: arithmetic.to_owned(),
            measured: id == "lin_use",
            from: row.issued,
            to: date("2027-01-31"),
            net,
            tax_name: tax_name.to_owned(),
            tax,
        }
    };
    if row.id == INVOICE {
        return vec![
            line(
                "lin_1",
                "PLAT-SEAT",
                "Platform, 15 more seats",
                "15 seats × 1,200.00 × 262/365 days = 12,920.547…, rounded half up once",
                money("USD 12920.55"),
                tax,
            ),
            line(
                "lin_2",
                "ONB-STD",
                "Onboarding for new seats",
                "15 × 46.027… per seat, agreed price 690.41",
                money("USD 690.41"),
                tax,
            ),
        ];
    }
    vec![line(
        "lin_3",
        "PLAT-SEAT",
        "Platform, annual in advance",
        "40 seats × 1,200.00 × 12/12 months",
        net,
        tax,
    )]
}

fn movements(row: &InvoiceRow) -> Vec<Movement> {
    match row.status.as_str() {
        "paid" => vec![Movement {
            time: at("2026-02-03T09:17:44Z"),
            title: "Card payment, applied in full".to_owned(),
            object: PAYMENT.to_owned(),
            amount: row.total,
        }],
        "partly_paid" => vec![Movement {
            time: at("2026-06-29T14:02:10Z"),
            title: "Bank transfer, applied in part".to_owned(),
            object: "pay_01K0B2C4E6G8J0M2P4R6T8W0Y2".to_owned(),
            amount: money("EUR 3990.00"),
        }],
        _ => Vec::new(),
    }
}

pub fn payments() -> Vec<PaymentRow> {
    let row = |id: &str,
               customer: Option<&str>,
               status: &str,
               method: &str,
               time,
               figures: [&str; 3],
               external: Option<&str>,
               invoice: Option<&str>| {
        PaymentRow {
            id: id.to_owned(),
            customer: customer.map(str::to_owned),
            status: status.to_owned(),
            method: method.to_owned(),
            time: at(time),
            amount: money(figures[0]),
            fee: money(figures[1]),
            unapplied: money(figures[2]),
            external: external.map(str::to_owned),
            invoice: invoice.map(str::to_owned),
        }
    };
    vec![
        row(
            "pay_01K0B2C4E6G8J0M2P4R6T8W0Y2",
            Some("Brightwater GmbH"),
            "settled",
            "transfer",
            "2026-06-29T14:02:10Z",
            ["EUR 3990.00", "EUR 0.00", "EUR 0.00"],
            None,
            Some("inv_01K0A1B4E6G8J0M2P4R6T8W0Y2"),
        ),
        row(
            "pay_01K0B1B3D5F7H9K1N3Q5S7V9X1",
            None,
            "settled",
            "transfer",
            "2026-06-29T08:11:00Z",
            ["EUR 3990.00", "EUR 0.00", "EUR 3990.00"],
            None,
            None,
        ),
        row(
            "pay_01K0B1A2C4E6G8J0M2P4R6T8W0",
            Some("Harrow & Pike LLC"),
            "initiated",
            "card",
            "2026-06-28T16:40:31Z",
            ["USD 18600.00", "USD 0.00", "USD 0.00"],
            Some("pi_3RfK2eLkdIwHu7ix0SRa9pXh"),
            Some("inv_01K0A1B3D5F7H9K1N3Q5S7V9X1"),
        ),
        row(
            "pay_01JZ9X1Z3B5D7F9H1K3N5Q7S9V",
            Some("Meridian Labs Inc."),
            "failed",
            "card",
            "2026-06-13T07:00:02Z",
            ["USD 13610.96", "USD 0.00", "USD 0.00"],
            Some("pi_3RZ81bLkdIwHu7ix1TQb0qYi"),
            Some(INVOICE),
        ),
        row(
            PAYMENT,
            Some("Meridian Labs Inc."),
            "settled",
            "card",
            "2026-02-03T09:17:44Z",
            ["USD 48000.00", "USD 1392.30", "USD 0.00"],
            Some("pi_3QoYHdLkdIwHu7ix0QNcXvTn"),
            Some("inv_01JZ5N7Q3V5X7Z9B1D3F5H7K9N"),
        ),
    ]
}
