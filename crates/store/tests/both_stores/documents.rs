//! Invoices and credit notes with their lines.

use crate::rows::{document_line, invoice, text};
use crate::support::Fixture;
use store::StoreFault;
use store::documents::{self, DocumentFilter, DocumentRow, DocumentSum, LineRow};

on_every_store![
    a_document_comes_back_whole_by_id_and_number,
    a_number_is_used_once_an_entity,
    lists_are_narrowed_and_paged_once_each,
    open_invoices_come_the_oldest_due_first,
    what_is_left_and_what_is_credited_is_kept,
    documents_are_summed_by_entity_currency_and_kind,
    lines_are_found_from_every_side,
    the_same_days_are_not_charged_twice,
    lines_of_before_are_told_apart_when_the_rule_comes_in,
];

fn ids(rows: &[DocumentRow]) -> Vec<&str> {
    rows.iter().map(|row| row.id.as_str()).collect()
}

fn credit_note(id: &str, number: &str, source: &str) -> DocumentRow {
    DocumentRow {
        kind: text("credit_note"),
        source: text(source),
        reason: text("wrong quantity"),
        ..invoice(id, number)
    }
}

fn a_document_comes_back_whole_by_id_and_number(books: &Fixture) {
    books.write(|tx| DocumentRow::insert(tx, &[invoice("inv_1", "US-2026-0001")]));
    let wanted = Some(invoice("inv_1", "US-2026-0001"));
    assert_eq!(books.read(|tx| documents::document(tx, "inv_1")), wanted);
    assert_eq!(
        books.read(|tx| documents::by_number(tx, "US-2026-0001")),
        wanted
    );
    assert_eq!(books.read(|tx| documents::document(tx, "inv_2")), None);
    assert_eq!(
        books.read(|tx| documents::by_number(tx, "US-2026-000")),
        None
    );
}

fn a_number_is_used_once_an_entity(books: &Fixture) {
    books.write(|tx| {
        let other = DocumentRow {
            entity: text("DE"),
            ..invoice("inv_2", "1")
        };
        DocumentRow::insert(tx, &[invoice("inv_1", "1"), other])
    });
    // In a batch with one bad row nothing is kept.
    let batch = books
        .try_write(|tx| DocumentRow::insert(tx, &[invoice("inv_3", "3"), invoice("inv_4", "1")]));
    assert!(matches!(batch, Err(StoreFault::Duplicate(_))), "{batch:?}");
    assert_eq!(books.read(|tx| documents::document(tx, "inv_3")), None);
}

fn lists_are_narrowed_and_paged_once_each(books: &Fixture) {
    books.write(|tx| {
        let rows: Vec<_> = (0..20)
            .map(|n| DocumentRow {
                customer: text(if n % 2 == 0 { "cus_even" } else { "cus_odd" }),
                contract: text(if n < 10 { "con_a" } else { "con_b" }),
                status: text(if n % 5 == 0 { "paid" } else { "open" }),
                issued: text(if n < 7 { "2026-01-31" } else { "2026-02-28" }),
                created: n / 6,
                ..invoice(&format!("inv_{n:02}"), &format!("{n:02}"))
            })
            .chain([credit_note("inv_20", "C1", "inv_01")])
            .collect();
        DocumentRow::insert(tx, &rows)
    });
    let page = |filter: DocumentFilter, before: &str| {
        let before = before.to_owned();
        books.read(move |tx| documents::documents(tx, &filter, &before, 6))
    };
    let (mut seen, mut before) = (Vec::new(), String::new());
    loop {
        let rows = page(DocumentFilter::default(), &before);
        let Some(last) = rows.last() else { break };
        before = last.id.clone();
        seen.extend(rows.into_iter().map(|row| row.id));
    }
    let wanted: Vec<_> = (0..21).rev().map(|n| format!("inv_{n:02}")).collect();
    assert_eq!(seen, wanted);
    let narrowed = DocumentFilter {
        kind: text("invoice"),
        customer: text("cus_even"),
        contract: text("con_a"),
        status: text("open"),
    };
    assert_eq!(
        ids(&page(narrowed, "")),
        ["inv_08", "inv_06", "inv_04", "inv_02"]
    );

    let newest = |place: (&'static str, &'static str), before: (i64, String)| {
        books.read(move |tx| {
            let filter = DocumentFilter::default();
            documents::newest(tx, &filter, place, (before.0, &before.1), 6)
        })
    };
    let (mut seen, mut before) = (Vec::new(), (i64::MAX, String::new()));
    loop {
        let rows = newest(("US", ""), before);
        let Some(last) = rows.last() else { break };
        before = (last.created, last.id.clone());
        seen.extend(rows.into_iter().map(|row| row.id));
    }
    assert_eq!(seen.len(), 21);
    assert_eq!(seen[0], "inv_20");
    seen.sort();
    seen.dedup();
    assert_eq!(seen.len(), 21);
    let january = newest(("", "2026-01"), (2, String::new()));
    assert_eq!(
        ids(&january),
        ["inv_06", "inv_05", "inv_04", "inv_03", "inv_02", "inv_01"]
    );
    assert!(newest(("FR", ""), (i64::MAX, String::new())).is_empty());
}

fn open_invoices_come_the_oldest_due_first(books: &Fixture) {
    books.write(|tx| {
        let due = |id: &str, due: &str, remaining| DocumentRow {
            due: text(due),
            remaining,
            ..invoice(id, id)
        };
        let euro = DocumentRow {
            currency: text("EUR"),
            ..due("inv_4", "2026-01-01", 7)
        };
        let note = DocumentRow {
            remaining: 5,
            ..credit_note("crn_1", "crn_1", "inv_1")
        };
        let rows = [
            due("inv_1", "2026-03-01", 100),
            due("inv_2", "2026-02-01", 0),
            due("inv_3", "2026-02-01", 200),
            euro,
            note,
        ];
        DocumentRow::insert(tx, &rows)
    });
    let open = books.read(|tx| documents::open_invoices(tx, "cus_1", "US", "USD"));
    assert_eq!(ids(&open), ["inv_3", "inv_1"]);
    assert!(
        books
            .read(|tx| documents::open_invoices(tx, "cus_2", "US", "USD"))
            .is_empty()
    );
    let notes = books.read(|tx| documents::credit_notes_of(tx, "inv_1"));
    assert_eq!(ids(&notes), ["crn_1"]);
    assert!(
        books
            .read(|tx| documents::credit_notes_of(tx, ""))
            .is_empty()
    );
    let by_customer = books.read(documents::open_by_customer);
    let wanted = [
        (text("cus_1"), text("EUR"), 7),
        (text("cus_1"), text("USD"), 300),
    ];
    assert_eq!(by_customer, wanted);
    let of_customer = books.read(|tx| documents::open_of_customer(tx, "cus_1"));
    assert_eq!(of_customer, [(text("EUR"), 7), (text("USD"), 300)]);
}

fn what_is_left_and_what_is_credited_is_kept(books: &Fixture) {
    books.write(|tx| {
        DocumentRow::insert(tx, &[invoice("inv_1", "1")])?;
        LineRow::insert(tx, &[document_line("lin_1", "inv_1")])?;
        documents::set_remaining(tx, "inv_1", 0, "paid")?;
        documents::add_credited(tx, "lin_1", 1_000, 90)?;
        documents::add_credited(tx, "lin_1", 500, 45)
    });
    let row = books.read(|tx| documents::document(tx, "inv_1")).unwrap();
    assert_eq!((row.remaining, row.status.as_str()), (0, "paid"));
    let lines = books.read(|tx| documents::lines_of(tx, "inv_1"));
    assert_eq!((lines[0].credited_net, lines[0].credited_tax), (1_500, 135));
}

fn documents_are_summed_by_entity_currency_and_kind(books: &Fixture) {
    assert_eq!(books.read(documents::sums), []);
    books.write(|tx| {
        let large = DocumentRow {
            net: i64::MAX / 2,
            tax: 0,
            total: i64::MAX / 2,
            remaining: 0,
            entity: text("DE"),
            ..invoice("inv_3", "3")
        };
        let note = credit_note("crn_1", "C1", "inv_1");
        DocumentRow::insert(
            tx,
            &[invoice("inv_1", "1"), invoice("inv_2", "2"), large, note],
        )
    });
    let sum = |entity: &str, kind: &str, count, net, total: i64, remaining| DocumentSum {
        tax: total - net,
        entity: text(entity),
        currency: text("USD"),
        kind: text(kind),
        count,
        net,
        total,
        remaining,
    };
    let wanted = [
        sum("DE", "invoice", 1, i64::MAX / 2, i64::MAX / 2, 0),
        sum("US", "credit_note", 1, 10_000, 10_900, 10_900),
        sum("US", "invoice", 2, 20_000, 21_800, 21_800),
    ];
    assert_eq!(books.read(documents::sums), wanted);
}

fn lines_are_found_from_every_side(books: &Fixture) {
    books.write(|tx| {
        let line = |id: &str, document: &str, contract: &str| LineRow {
            contract: text(contract),
            ..document_line(id, document)
        };
        let rows = [
            line("lin_2", "inv_1", "con_1"),
            line("lin_1", "inv_1", "con_1"),
            line("lin_3", "inv_2", "con_1"),
            line("lin_4", "inv_3", "con_3"),
            line("lin_5", "inv_3", "con_2"),
        ];
        LineRow::insert(tx, &rows)
    });
    let ids = |rows: Vec<LineRow>| rows.into_iter().map(|row| row.id).collect::<Vec<_>>();
    let of_document = books.read(|tx| documents::lines_of(tx, "inv_1"));
    assert_eq!(of_document[0], document_line("lin_1", "inv_1"));
    assert_eq!(ids(of_document), ["lin_1", "lin_2"]);
    let of_contract = books.read(|tx| documents::lines_of_contract(tx, "con_1"));
    assert_eq!(ids(of_contract), ["lin_1", "lin_2", "lin_3"]);
    let range = books.read(|tx| documents::lines_of_contracts(tx, "con_2", "con_3"));
    assert_eq!(ids(range), ["lin_5", "lin_4"]);
    let of_line = books.read(|tx| documents::document_of_line(tx, "lin_3"));
    assert_eq!(of_line.as_deref(), Some("inv_2"));
    assert_eq!(
        books.read(|tx| documents::document_of_line(tx, "lin_9")),
        None
    );
}

/// By bare rows, whatever the program above may have read or decided.
fn the_same_days_are_not_charged_twice(books: &Fixture) {
    let line = |id: &str, document: &str, covers: &str| LineRow {
        covers: text(covers),
        ..document_line(id, document)
    };
    let refused = |row: LineRow| {
        let outcome = books.try_write(move |tx| LineRow::insert(tx, &[row]));
        assert!(
            matches!(outcome, Err(StoreFault::Duplicate(_))),
            "{outcome:?}"
        );
    };
    books.write(move |tx| {
        DocumentRow::insert(tx, &[invoice("inv_1", "1")])?;
        LineRow::insert(tx, &[line("lin_1", "inv_1", "+")])
    });
    refused(line("lin_2", "inv_2", "+"));
    // Other days, another component, another contract, a reduction, and a charge that was decided with
    // the first one in sight are other charges.
    let others = [
        LineRow {
            period_until: text("2026-03-01"),
            ..line("lin_3", "inv_2", "+")
        },
        LineRow {
            component: text("cmp_2"),
            ..line("lin_4", "inv_2", "+")
        },
        LineRow {
            contract: text("con_2"),
            ..line("lin_5", "inv_2", "+")
        },
        line("lin_6", "inv_2", "-1-aa"),
        line("lin_7", "inv_2", "+1-aa"),
    ];
    books.write(move |tx| LineRow::insert(tx, &others));
    refused(line("lin_8", "inv_3", "+1-aa"));
    refused(line("lin_8", "inv_3", "-1-aa"));
    // A voided invoice leaves its days to the next one, and takes nothing from it.
    books.write(|tx| documents::void(tx, "inv_1"));
    books.write(move |tx| LineRow::insert(tx, &[line("lin_9", "inv_4", "+")]));
    refused(line("lin_10", "inv_5", "+"));
}

/// Books that were kept before the rule: their lines get what tells them apart, and the first charge of
/// any days is protected like a new one.
fn lines_of_before_are_told_apart_when_the_rule_comes_in(books: &Fixture) {
    let line = |id: &str, covers: &str, source: &str| LineRow {
        covers: text(covers),
        source_line: text(source),
        ..document_line(id, "inv_1")
    };
    let rows = [
        line("lin_1", "+", ""),
        line("lin_2", "+1-aa", ""),
        line("lin_3", "-2-bb", "lin_1"),
        LineRow {
            component: text("cmp_2"),
            ..line("lin_4", "+", "")
        },
    ];
    books.write(move |tx| LineRow::insert(tx, &rows));
    let migration = include_str!("../../migrations/0022_contracts.sql");
    let (of_lines, _) = migration.split_once("\n\n").unwrap();
    let statements: Vec<String> = [
        "DROP INDEX document_line_once",
        "ALTER TABLE document_line DROP COLUMN covers",
        "CREATE INDEX document_line_by_contract ON document_line (contract)",
    ]
    .into_iter()
    .map(str::to_owned)
    .chain(
        of_lines
            .lines()
            .filter(|line| !line.starts_with("--"))
            .collect::<Vec<_>>()
            .join("\n")
            .split(';')
            .map(str::trim)
            .filter(|statement| !statement.is_empty())
            .map(str::to_owned),
    )
    .collect();
    assert_eq!(statements.len(), 8, "{statements:?}");
    books.write(move |tx| {
        for statement in &statements {
            tx.execute(statement, &[])?;
        }
        Ok(())
    });
    let covers = books.read(|tx| {
        tx.query(
            "SELECT covers FROM document_line ORDER BY id",
            &[],
            |mut row| row.text(0),
        )
    });
    assert_eq!(covers, ["+", "lin_2", "lin_3", "+"]);
    let again = books.try_write(move |tx| LineRow::insert(tx, &[line("lin_5", "+", "")]));
    assert!(matches!(again, Err(StoreFault::Duplicate(_))), "{again:?}");
}
