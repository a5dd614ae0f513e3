//! Lists that people work through, what the whole of each comes to, and the account of a customer.

use crate::rows::{
    application, customer, document_line, exception, invoice, payment, refund, text,
};
use crate::support::Fixture;
use store::account::{self, AccountEntryRow};
use store::approvals::{self, CustomerChangeRow};
use store::catalogue::CustomerRow;
use store::collection::{self, ActRow, CaseRow, CollectorRow, StoodAt};
use store::documents::{self, DocumentRow, LineRow};
use store::exceptions::ExceptionRow;
use store::exceptions::cases::DisputeRow;
use store::intercompany::{self, IntercompanyCreditRow, IntercompanyPairRow};
use store::payments::{ApplicationRow, PaymentRow, RefundRow};
use store::progress::ProgressPlanRow;
use store::work_lists::{self, Amount};
use store::{Tx, billing_desk};

on_every_store![
    disputes_are_paged_with_the_open_ones_first,
    late_cases_are_paged_by_the_due_date_of_their_invoice,
    payments_with_something_unapplied_are_paged_by_age,
    plans_and_pairs_are_paged_newest_first,
    an_account_is_one_stream_paged_once_each,
    what_an_account_comes_to_is_added_up_by_kind_and_currency,
    what_stood_open_on_a_day_has_names_and_leaves_out_what_is_settled,
    invoices_of_a_contract_are_counted_whoever_shares_them,
    a_change_is_applied_or_refused_once,
];

fn amount(currency: &str, count: i64, minor: i64) -> Amount {
    Amount {
        currency: text(currency),
        count,
        minor,
    }
}

fn dispute(number: i64, status: &str, opened: i64) -> DisputeRow {
    DisputeRow {
        id: format!("dsp_{number}"),
        invoice: format!("inv_{number}"),
        customer: text("cus_1"),
        contract: text("con_1"),
        entity: text("US"),
        currency: text(["USD", "EUR"][number as usize % 2]),
        amount: 100 + number,
        lines: text("[]"),
        reason_code: text("price"),
        note: text("too much"),
        owner: text("collections"),
        status: text(status),
        outcome: String::new(),
        credit_note: String::new(),
        exception: format!("exc_{number}"),
        correlation: text("chn_1"),
        opened,
        closed: if status == "closed" { opened + 5 } else { 0 },
    }
}

fn disputes_are_paged_with_the_open_ones_first(books: &Fixture) {
    books.write(|tx| {
        let rows = [
            dispute(1, "open", 10),
            dispute(2, "closed", 40),
            dispute(3, "open", 20),
            dispute(4, "open", 20),
            dispute(5, "closed", 5),
        ];
        DisputeRow::insert(tx, &rows)?;
        let late = ExceptionRow {
            due: 50,
            ..exception("exc_3", "dispute/dsp_3", 1)
        };
        ExceptionRow::insert(tx, &[late])
    });
    let (mut ids, mut place) = (Vec::new(), None::<(String, i64, String)>);
    loop {
        let behind = place.clone();
        let page = books.read(move |tx| {
            let behind = behind
                .as_ref()
                .map(|(status, at, id)| (status.as_str(), *at, id.as_str()));
            work_lists::disputes(tx, "", behind, 2)
        });
        let Some(last) = page.last() else { break };
        place = Some((last.status.clone(), last.opened, last.id.clone()));
        ids.extend(page.into_iter().map(|row| row.id));
    }
    assert_eq!(ids, ["dsp_4", "dsp_3", "dsp_1", "dsp_2", "dsp_5"]);
    let closed = books.read(|tx| work_lists::disputes(tx, "closed", None, 9));
    assert_eq!(closed.len(), 2);
    let sums = books.read(|tx| work_lists::disputed(tx, 60));
    let found: Vec<_> = sums
        .into_iter()
        .map(|sum| (sum.status, sum.amount, sum.overdue))
        .collect();
    assert_eq!(
        found,
        [
            (text("closed"), amount("EUR", 1, 105), 0),
            (text("closed"), amount("USD", 1, 102), 0),
            (text("open"), amount("EUR", 2, 204), 1),
            (text("open"), amount("USD", 1, 104), 0),
        ]
    );
}

fn case(id: &str, invoice: &str, status: &str) -> CaseRow {
    CaseRow {
        id: text(id),
        invoice: text(invoice),
        customer: text("cus_1"),
        contract: text("con_1"),
        entity: text("US"),
        policy: text("standard"),
        policy_version: 1,
        status: text(status),
        next_on: String::new(),
        owner: text(id),
        next_action: text("call"),
        body: text("{}"),
        correlation: text("chn_1"),
        opened: 1,
        changed: 1,
    }
}

fn due(id: &str, due: &str, currency: &str) -> DocumentRow {
    DocumentRow {
        due: text(due),
        currency: text(currency),
        ..invoice(id, id)
    }
}

fn late(tx: &mut Tx<'_>) -> Result<(), store::StoreFault> {
    DocumentRow::insert(
        tx,
        &[
            due("inv_1", "2026-03-02", "USD"),
            due("inv_2", "2026-02-02", "USD"),
            due("inv_3", "2026-02-02", "EUR"),
            due("inv_4", "2026-01-02", "USD"),
        ],
    )?;
    let other = CaseRow {
        customer: text("cus_2"),
        ..case("cas_3", "inv_3", "promised")
    };
    CaseRow::insert(
        tx,
        &[
            case("cas_1", "inv_1", "running"),
            case("cas_2", "inv_2", "running"),
            other,
            case("cas_0", "inv_4", "closed"),
        ],
    )
}

fn late_cases_are_paged_by_the_due_date_of_their_invoice(books: &Fixture) {
    books.write(late);
    let (mut ids, mut place) = (Vec::new(), (String::new(), String::new()));
    loop {
        let (due, id) = place.clone();
        let page = books.read(move |tx| work_lists::late_cases(tx, (&due, &id), 2));
        let Some((row, due)) = page.last() else { break };
        place = (due.clone(), row.id.clone());
        ids.extend(page.into_iter().map(|(row, due)| (row.id, due)));
    }
    let wanted = [
        ("cas_2", "2026-02-02"),
        ("cas_3", "2026-02-02"),
        ("cas_1", "2026-03-02"),
    ];
    assert_eq!(ids, wanted.map(|(id, due)| (text(id), text(due))));
    let sums = books.read(work_lists::late_amounts);
    assert_eq!(sums, [amount("EUR", 1, 10_900), amount("USD", 2, 21_800)]);
    let collector = |customer: &str, owner: &str| CollectorRow {
        customer: text(customer),
        owner: text(owner),
        next_action: text("call"),
    };
    assert_eq!(
        books.read(collection::collectors),
        [collector("cus_1", "cas_1"), collector("cus_2", "cas_3")]
    );
}

fn payments_with_something_unapplied_are_paged_by_age(books: &Fixture) {
    books.write(|tx| {
        let rows: Vec<PaymentRow> = (0..7)
            .map(|n| PaymentRow {
                unapplied: if n == 2 { 0 } else { 10 + n },
                status: text(if n == 4 { "failed" } else { "settled" }),
                currency: text(["USD", "EUR"][n as usize % 2]),
                time: 100 - n / 2,
                ..payment(&format!("pay_{n}"), "inv_1")
            })
            .collect();
        PaymentRow::insert(tx, &rows)
    });
    let (mut ids, mut place) = (Vec::new(), (i64::MIN, String::new()));
    loop {
        let (time, id) = place.clone();
        let page = books.read(move |tx| work_lists::unapplied_payments(tx, (time, &id), 2));
        let Some(last) = page.last() else { break };
        place = (last.time, last.id.clone());
        ids.extend(page.into_iter().map(|row| row.id));
    }
    assert_eq!(ids, ["pay_6", "pay_5", "pay_3", "pay_0", "pay_1"]);
    let sums = books.read(work_lists::unapplied_amounts);
    assert_eq!(
        sums,
        [amount("EUR", 3, 11 + 13 + 15), amount("USD", 2, 10 + 16)]
    );
}

fn plan(number: i64) -> ProgressPlanRow {
    ProgressPlanRow {
        id: format!("plan_{number}"),
        contract: text(["con_1", "con_2"][number as usize % 2]),
        product: text("BUILD"),
        description: text("Set-up"),
        currency: text("USD"),
        value: 1_000,
        created: number / 2,
    }
}

fn pair(number: i64) -> IntercompanyPairRow {
    IntercompanyPairRow {
        id: format!("pair_{number}"),
        number: format!("IC-{number}"),
        seller: text("US"),
        buyer: text("DE"),
        description: text("Service"),
        currency: text("EUR"),
        cost: 100,
        markup: text("0.05"),
        amount: 105,
        dated: text("2026-01-31"),
        seller_journal: format!("jrn_s{number}"),
        buyer_journal: format!("jrn_b{number}"),
        status: text("billed"),
        actor: text("ada"),
        created: number / 2,
    }
}

fn plans_and_pairs_are_paged_newest_first(books: &Fixture) {
    books.write(|tx| {
        let plans: Vec<_> = (0..5).map(plan).collect();
        ProgressPlanRow::insert(tx, &plans)?;
        let pairs: Vec<_> = (0..5).map(pair).collect();
        IntercompanyPairRow::insert(tx, &pairs)?;
        let mut second = invoice("inv_2", "2");
        second.id = text("inv_2");
        DocumentRow::insert(tx, &[invoice("inv_1", "1"), second])?;
        LineRow::insert(
            tx,
            &[
                document_line("lin_1", "inv_1"),
                document_line("lin_2", "inv_2"),
                LineRow {
                    component: text("cmp_2"),
                    ..document_line("lin_3", "inv_2")
                },
            ],
        )
    });
    let (mut plans, mut pairs) = (Vec::new(), Vec::new());
    let mut place = (i64::MAX, String::new());
    loop {
        let (time, id) = place.clone();
        let page = books.read(move |tx| billing_desk::progress_plans(tx, "", (time, &id), 2));
        let Some(last) = page.last() else { break };
        place = (last.created, last.id.clone());
        plans.extend(page.into_iter().map(|row| row.id));
    }
    place = (i64::MAX, String::new());
    loop {
        let (time, id) = place.clone();
        let page = books.read(move |tx| billing_desk::intercompany_pairs(tx, (time, &id), 2));
        let Some(last) = page.last() else { break };
        place = (last.created, last.id.clone());
        pairs.extend(page.into_iter().map(|row| row.id));
    }
    assert_eq!(plans, ["plan_4", "plan_3", "plan_2", "plan_1", "plan_0"]);
    assert_eq!(pairs, ["pair_4", "pair_3", "pair_2", "pair_1", "pair_0"]);
    let credit = IntercompanyCreditRow {
        pair: text("pair_1"),
        number: text("IC-US-CN-1"),
        issued: text("2026-01-31"),
        reason: text("wrong entity"),
        created: 9,
    };
    let kept = credit.clone();
    books.write(move |tx| IntercompanyCreditRow::insert(tx, std::slice::from_ref(&kept)));
    for name in ["pair_1", "IC-US-CN-1"] {
        let found = books.read(move |tx| intercompany::credit(tx, name));
        assert_eq!(found, Some(credit.clone()), "{name}");
    }
    assert_eq!(books.read(|tx| intercompany::credit(tx, "pair_2")), None);
    let of_one = books.read(|tx| billing_desk::progress_plans(tx, "con_2", (i64::MAX, ""), 9));
    assert_eq!(of_one.len(), 2);
    let found = books.read(|tx| billing_desk::documents_of_component(tx, "con_1", "cmp_1"));
    let wanted = [("inv_1", "1"), ("inv_2", "2")];
    assert_eq!(found, wanted.map(|(id, number)| (text(id), text(number))));
    assert_eq!(books.read(billing_desk::tax_decision_counts), []);
}

fn lived_in(tx: &mut Tx<'_>) -> Result<(), store::StoreFault> {
    CustomerRow::insert(tx, &[customer("cus_1", "Acme"), customer("cus_2", "Brix")])?;
    DocumentRow::insert(
        tx,
        &[
            invoice("inv_1", "1"),
            DocumentRow {
                remaining: 0,
                ..due("inv_2", "2026-05-01", "USD")
            },
            due("inv_3", "2026-05-01", "EUR"),
            DocumentRow {
                customer: text("cus_2"),
                ..invoice("inv_9", "9")
            },
        ],
    )?;
    let by_other = PaymentRow {
        customer: text("cus_2"),
        ..payment("pay_2", "inv_1")
    };
    let waiting = PaymentRow {
        unapplied: 70,
        ..payment("pay_1", "inv_1")
    };
    PaymentRow::insert(tx, &[waiting, by_other])?;
    RefundRow::insert(tx, &[refund("ref_1", "pay_1")])?;
    ApplicationRow::insert(
        tx,
        &[
            application("pay_1", "inv_1", 1, 50),
            application("pay_2", "inv_1", 1, 60),
        ],
    )?;
    CaseRow::insert(tx, &[case("cas_1", "inv_1", "running")])?;
    ActRow::insert(
        tx,
        &[ActRow {
            dunning: text("cas_1"),
            position: 1,
            day: text("2026-04-01"),
            act: text("notice"),
            text: text("please pay"),
            actor: text("ada"),
            time: 5_000,
        }],
    )?;
    DisputeRow::insert(
        tx,
        &[dispute(1, "open", 6_000), dispute(2, "closed", 7_000)],
    )?;
    Ok(())
}

fn an_account_is_one_stream_paged_once_each(books: &Fixture) {
    books.write(lived_in);
    let all = books.read(|tx| account::entries(tx, "cus_1", "", (i64::MAX, ""), 100));
    let place = |row: &AccountEntryRow| (row.time, row.item.clone());
    assert!(all.iter().rev().is_sorted_by_key(place));
    let kinds: std::collections::BTreeSet<&str> = all.iter().map(|row| row.kind.as_str()).collect();
    let wanted = [
        "collection",
        "customer_added",
        "dispute_closed",
        "dispute_opened",
        "invoice",
        "paid_by_other",
        "payment",
        "refund",
    ];
    assert_eq!(kinds.into_iter().collect::<Vec<_>>(), wanted);
    let mut paged: Vec<AccountEntryRow> = Vec::new();
    loop {
        let (time, item) = paged.last().map_or((i64::MAX, String::new()), place);
        let page = books.read(move |tx| account::entries(tx, "cus_1", "", (time, &item), 3));
        if page.is_empty() {
            break;
        }
        paged.extend(page);
    }
    assert_eq!(paged, all);
    let of_room = books.read(|tx| account::entries(tx, "cus_1", "disputes", (i64::MAX, ""), 100));
    assert_eq!(of_room.len(), 3);
    assert!(of_room.iter().all(|row| row.room == "disputes"));
}

fn what_an_account_comes_to_is_added_up_by_kind_and_currency(books: &Fixture) {
    books.write(lived_in);
    let sums = books.read(|tx| account::sums(tx, "cus_1", "2026-04-01"));
    let found: Vec<_> = sums
        .iter()
        .map(|sum| (sum.what.as_str(), sum.currency.as_str(), sum.amount))
        .collect();
    assert_eq!(
        found,
        [
            ("disputed", "EUR", 101),
            ("open", "EUR", 10_900),
            ("open", "USD", 10_900),
            ("overdue", "USD", 10_900),
            ("unapplied", "USD", 70),
        ]
    );
}

fn what_stood_open_on_a_day_has_names_and_leaves_out_what_is_settled(books: &Fixture) {
    books.write(|tx| {
        CustomerRow::insert(tx, &[customer("cus_1", "Acme")])?;
        let credit = DocumentRow {
            kind: text("credit_note"),
            source: text("inv_1"),
            total: 900,
            remaining: 0,
            ..due("crn_1", "2026-02-28", "USD")
        };
        let unknown = DocumentRow {
            customer: text("cus_9"),
            ..due("inv_3", "2026-03-01", "USD")
        };
        DocumentRow::insert(
            tx,
            &[
                invoice("inv_1", "1"),
                invoice("inv_2", "2"),
                unknown,
                credit,
            ],
        )?;
        ApplicationRow::insert(
            tx,
            &[
                application("pay_1", "inv_2", 1, 10_900),
                application("pay_1", "inv_1", 1, 400),
            ],
        )
    });
    let stood = |end: i64| {
        let rows = books.read(move |tx| collection::stood_at(tx, "US", "2026-01-31", end));
        let open = |row: StoodAt| (row.id.clone(), row.name.clone(), row.open());
        rows.into_iter().map(open).collect::<Vec<_>>()
    };
    let row = |id: &str, name: &str, open: i64| (text(id), text(name), open);
    assert_eq!(
        stood(3_000),
        [
            row("inv_1", "Acme", 10_900 - 400 - 900),
            row("inv_3", "cus_9", 10_900)
        ]
    );
    // Before the money came both were open.
    assert_eq!(
        stood(2_000),
        [
            row("inv_1", "Acme", 10_000),
            row("inv_2", "Acme", 10_900),
            row("inv_3", "cus_9", 10_900)
        ]
    );
}

fn invoices_of_a_contract_are_counted_whoever_shares_them(books: &Fixture) {
    books.write(|tx| {
        let mut rows: Vec<DocumentRow> = (0..350)
            .map(|n| DocumentRow {
                remaining: if n % 5 == 0 { 7 } else { 0 },
                ..invoice(&format!("inv_{n:03}"), &n.to_string())
            })
            .collect();
        for row in &mut rows[340..] {
            row.contract = text("con_2");
        }
        rows.push(DocumentRow {
            kind: text("credit_note"),
            ..invoice("crn_1", "C1")
        });
        DocumentRow::insert(tx, &rows)?;
        for document in ["inv_000", "inv_345", "inv_346"] {
            tx.execute(
                "INSERT INTO document_part (document, contract, customer) VALUES (?1, 'con_1', 'cus_1')",
                store::params![document],
            )?;
        }
        Ok(())
    });
    let counted = books.read(|tx| documents::invoices_of_contract(tx, "con_1"));
    assert_eq!(counted, (342, 68 + 1));
    let none = books.read(|tx| documents::invoices_of_contract(tx, "con_none"));
    assert_eq!(none, (0, 0));
}

fn a_change_is_applied_or_refused_once(books: &Fixture) {
    let change = |id: &str| CustomerChangeRow {
        id: text(id),
        customer: text("cus_1"),
        effective: text("2026-04-01"),
        change: text("{}"),
        diff: text("[]"),
        reason: text("they were bought"),
        maker: text("ada"),
        status: text("waiting"),
        created: 1,
        applied: 0,
    };
    let rows = [change("chg_1"), change("chg_2")];
    books.write(move |tx| CustomerChangeRow::insert(tx, &rows));
    assert!(books.write(|tx| approvals::change_refused(tx, "chg_1", 9)));
    assert!(!books.write(|tx| approvals::change_refused(tx, "chg_1", 9)));
    assert!(!books.write(|tx| approvals::change_applied(tx, "chg_1", "[]", 9)));
    assert!(books.write(|tx| approvals::change_applied(tx, "chg_2", "[]", 9)));
    assert!(!books.write(|tx| approvals::change_refused(tx, "chg_2", 9)));
    assert_eq!(
        books.read(|tx| approvals::changes_due(tx, "2026-04-01")),
        []
    );
    let statuses = books.read(|tx| approvals::changes_of(tx, "cus_1"));
    let found: Vec<_> = statuses.iter().map(|row| row.status.as_str()).collect();
    assert_eq!(found, ["applied", "refused"]);
}
