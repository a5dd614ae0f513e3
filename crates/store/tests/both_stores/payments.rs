//! Payments, what they are set against, and refunds.

use crate::rows::{application, invoice, payment, refund, text};
use crate::support::Fixture;
use store::StoreFault;
use store::documents::DocumentRow;
use store::payments::{
    self, ApplicationRow, MoneySum, PaymentFilter, PaymentRow, PaymentSum, RefundRow,
};

on_every_store![
    a_payment_is_found_and_written_back,
    a_processor_s_id_belongs_to_one_payment,
    payments_are_narrowed_and_paged_once_each,
    payments_to_retry_are_those_that_are_due,
    money_set_against_documents_is_found_from_both_sides,
    refunds_are_found_and_written_back,
    money_is_summed_by_entity_currency_and_method,
];

fn ids(rows: &[PaymentRow]) -> Vec<&str> {
    rows.iter().map(|row| row.id.as_str()).collect()
}

fn a_payment_is_found_and_written_back(books: &Fixture) {
    books.write(|tx| PaymentRow::insert(tx, &[payment("pay_1", "inv_1"), payment("pay_2", "")]));
    let first = books.read(|tx| payments::payment(tx, "pay_1"));
    assert_eq!(first, Some(payment("pay_1", "inv_1")));
    assert_eq!(books.read(|tx| payments::payment(tx, "pay_9")), None);
    let of_invoice = books.read(|tx| payments::of_invoice(tx, "inv_1"));
    assert_eq!(ids(&of_invoice), ["pay_1"]);
    assert!(books.read(|tx| payments::of_invoice(tx, "")).is_empty());
    let changed = PaymentRow {
        customer: text("cus_2"),
        invoice: text("inv_2"),
        status: text("failed"),
        amount: 1,
        fee: 2,
        unapplied: 3,
        refunded: 4,
        attempts: 5,
        next_attempt: text("2026-02-03"),
        external_id: text("pi_1"),
        time: 6,
        ..payment("pay_2", "")
    };
    let row = changed.clone();
    books.write(move |tx| payments::update(tx, &row));
    assert_eq!(
        books.read(|tx| payments::payment(tx, "pay_2")),
        Some(changed)
    );
}

fn a_processor_s_id_belongs_to_one_payment(books: &Fixture) {
    let known = |id: &str, external: &str| PaymentRow {
        external_id: text(external),
        ..payment(id, "")
    };
    let rows = [
        known("pay_1", "pi_A"),
        known("pay_2", ""),
        known("pay_3", ""),
    ];
    books.write(move |tx| PaymentRow::insert(tx, &rows));
    let found = books
        .read(|tx| payments::by_external_id(tx, "pi_A"))
        .unwrap();
    assert_eq!(found.id, "pay_1");
    assert_eq!(books.read(|tx| payments::by_external_id(tx, "pi_a")), None);
    assert_eq!(books.read(|tx| payments::by_external_id(tx, "")), None);
    let row = known("pay_4", "pi_A");
    let twice = books.try_write(move |tx| PaymentRow::insert(tx, &[row]));
    assert!(matches!(twice, Err(StoreFault::Duplicate(_))), "{twice:?}");
}

fn payments_are_narrowed_and_paged_once_each(books: &Fixture) {
    books.write(|tx| {
        let rows: Vec<_> = (0..17)
            .map(|n| PaymentRow {
                customer: text(if n % 2 == 0 { "cus_even" } else { "cus_odd" }),
                status: text(if n % 3 == 0 { "failed" } else { "settled" }),
                time: n / 4,
                ..payment(&format!("pay_{n:02}"), "")
            })
            .collect();
        PaymentRow::insert(tx, &rows)
    });
    let wanted: Vec<_> = (0..17).rev().map(|n| format!("pay_{n:02}")).collect();
    let (mut seen, mut before) = (Vec::new(), String::new());
    loop {
        let from = before.clone();
        let page = books.read(move |tx| payments::payments(tx, "", &from, 5));
        let Some(last) = page.last() else { break };
        before = last.id.clone();
        seen.extend(page.into_iter().map(|row| row.id));
    }
    assert_eq!(seen, wanted);
    let (mut seen, mut before) = (Vec::new(), (i64::MAX, String::new()));
    loop {
        let (time, id) = before;
        let page =
            books.read(move |tx| payments::newest(tx, &PaymentFilter::default(), (time, &id), 5));
        let Some(last) = page.last() else { break };
        before = (last.time, last.id.clone());
        seen.extend(page.into_iter().map(|row| row.id));
    }
    assert_eq!(seen, wanted);
    let of_even = books.read(|tx| payments::payments(tx, "cus_even", "pay_04", 9));
    assert_eq!(ids(&of_even), ["pay_02", "pay_00"]);
    let filter = PaymentFilter {
        entity: text("US"),
        customer: text("cus_even"),
        status: text("failed"),
    };
    let narrowed = books.read(move |tx| payments::newest(tx, &filter, (i64::MAX, ""), 9));
    assert_eq!(ids(&narrowed), ["pay_12", "pay_06", "pay_00"]);
}

fn payments_to_retry_are_those_that_are_due(books: &Fixture) {
    books.write(|tx| {
        let rows: Vec<_> = ["2026-02-02", "", "2026-02-01", "2026-02-03"]
            .into_iter()
            .zip(1..)
            .map(|(next, n)| PaymentRow {
                next_attempt: text(next),
                ..payment(&format!("pay_{n}"), "")
            })
            .collect();
        PaymentRow::insert(tx, &rows)
    });
    let due = books.read(|tx| payments::due_to_retry(tx, "2026-02-02", 10));
    assert_eq!(ids(&due), ["pay_3", "pay_1"]);
    assert_eq!(
        ids(&books.read(|tx| payments::due_to_retry(tx, "2026-12-31", 1))),
        ["pay_3"]
    );
}

fn money_set_against_documents_is_found_from_both_sides(books: &Fixture) {
    books.write(|tx| {
        let other = DocumentRow {
            contract: text("con_2"),
            ..invoice("inv_2", "2")
        };
        DocumentRow::insert(tx, &[invoice("inv_1", "1"), other])?;
        let rows = [
            application("pay_1", "inv_2", 1, 400),
            application("pay_1", "inv_1", 1, 700),
            application("pay_1", "inv_1", 2, -200),
            application("pay_2", "inv_1", 1, 50),
        ];
        ApplicationRow::insert(tx, &rows)
    });
    let amounts = |rows: Vec<ApplicationRow>| rows.iter().map(|r| r.amount).collect::<Vec<_>>();
    let of_payment = books.read(|tx| payments::applications_of(tx, "pay_1"));
    assert_eq!(of_payment[0], application("pay_1", "inv_1", 1, 700));
    assert_eq!(amounts(of_payment), [700, -200, 400]);
    let to_document = books.read(|tx| payments::applications_to(tx, "inv_1"));
    assert_eq!(amounts(to_document), [700, 50, -200]);
    assert_eq!(books.read(|tx| payments::collected_on(tx, "con_1")), 550);
    assert_eq!(books.read(|tx| payments::collected_on(tx, "con_9")), 0);
    let twice =
        books.try_write(|tx| ApplicationRow::insert(tx, &[application("pay_1", "inv_1", 2, 1)]));
    assert!(matches!(twice, Err(StoreFault::Duplicate(_))), "{twice:?}");
}

fn refunds_are_found_and_written_back(books: &Fixture) {
    books.write(|tx| RefundRow::insert(tx, &[refund("ref_2", "pay_1"), refund("ref_1", "pay_1")]));
    let changed = RefundRow {
        status: text("settled"),
        external_id: text("re_1"),
        time: 9,
        ..refund("ref_1", "pay_1")
    };
    let row = changed.clone();
    books.write(move |tx| payments::update_refund(tx, &row));
    assert_eq!(
        books.read(|tx| payments::refund(tx, "ref_1")),
        Some(changed.clone())
    );
    assert_eq!(books.read(|tx| payments::refund(tx, "ref_3")), None);
    let of_payment = books.read(|tx| payments::refunds_of(tx, "pay_1"));
    assert_eq!(of_payment, [changed, refund("ref_2", "pay_1")]);
}

fn money_is_summed_by_entity_currency_and_method(books: &Fixture) {
    books.write(|tx| {
        let wire = PaymentRow {
            method: text("transfer"),
            fee: 0,
            unapplied: 100,
            refunded: 500,
            ..payment("pay_3", "")
        };
        let failed = PaymentRow {
            status: text("failed"),
            ..payment("pay_4", "")
        };
        PaymentRow::insert(
            tx,
            &[payment("pay_1", ""), payment("pay_2", ""), wire, failed],
        )?;
        let settled = RefundRow {
            status: text("settled"),
            ..refund("ref_1", "pay_3")
        };
        RefundRow::insert(tx, &[settled, refund("ref_2", "pay_1")])?;
        let rows = [
            application("pay_1", "inv_1", 1, 300),
            application("pay_3", "inv_1", 1, 40),
        ];
        ApplicationRow::insert(tx, &rows)
    });
    let sums = [PaymentSum {
        entity: text("US"),
        currency: text("USD"),
        count: 3,
        gross: 32_700,
        fee: 692,
        unapplied: 100,
        refunded: 500,
    }];
    assert_eq!(books.read(payments::sums), sums);
    let money = |method: &str, count, amount, fee| MoneySum {
        entity: text("US"),
        currency: text("USD"),
        method: text(method),
        count,
        amount,
        fee,
    };
    let received = [
        money("card", 2, 21_800, 692),
        money("transfer", 1, 10_900, 0),
    ];
    assert_eq!(books.read(payments::received), received);
    assert_eq!(
        books.read(payments::given_back),
        [money("transfer", 1, 500, 0)]
    );
    let later = books.read(|tx| payments::received_since(tx, 1_999));
    assert_eq!(later, received);
    assert_eq!(books.read(|tx| payments::received_since(tx, 2_000)), []);
    let later = books.read(|tx| payments::given_back_since(tx, 2_999));
    assert_eq!(later, [money("transfer", 1, 500, 0)]);
    assert_eq!(books.read(|tx| payments::given_back_since(tx, 3_000)), []);
    let applied = [money("card", 1, 300, 0), money("transfer", 1, 40, 0)];
    assert_eq!(books.read(payments::applied), applied);
}
