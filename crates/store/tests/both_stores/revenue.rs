//! Performance obligations.

use crate::rows::{obligation, text};
use crate::support::Fixture;
use store::obligations::{self, ObligationRow, ObligationSum};

on_every_store![
    obligations_are_found_paged_and_written_back,
    obligations_are_summed_by_entity_and_currency,
];

fn obligations_are_found_paged_and_written_back(books: &Fixture) {
    books.write(|tx| {
        let rows: Vec<_> = (0..11)
            .map(|n| ObligationRow {
                entity: text(if n % 2 == 0 { "DE" } else { "US" }),
                ..obligation(
                    &format!("obl_{n:02}"),
                    if n < 3 { "con_1" } else { "con_2" },
                )
            })
            .collect();
        ObligationRow::insert(tx, &rows)
    });
    let ids = |rows: &[ObligationRow]| rows.iter().map(|r| r.id.clone()).collect::<Vec<_>>();
    let of_contract = books.read(|tx| obligations::of_contract(tx, "con_1"));
    assert_eq!(ids(&of_contract), ["obl_00", "obl_01", "obl_02"]);
    let (mut seen, mut after) = (Vec::new(), String::new());
    loop {
        let from = after.clone();
        let page = books.read(move |tx| obligations::page(tx, "", &from, 4));
        let Some(last) = page.last() else { break };
        after = last.id.clone();
        seen.extend(ids(&page));
    }
    assert_eq!(
        seen,
        (0..11).map(|n| format!("obl_{n:02}")).collect::<Vec<_>>()
    );
    let german = books.read(|tx| obligations::page(tx, "DE", "obl_04", 9));
    assert_eq!(ids(&german), ["obl_06", "obl_08", "obl_10"]);
    let changed = ObligationRow {
        allocated: 1,
        billed: -2,
        recognised: 3,
        recognised_through: text("2026-01-31"),
        ends: text("2026-06-01"),
        body: text("[1]"),
        ..of_contract[1].clone()
    };
    let row = changed.clone();
    books.write(move |tx| obligations::update(tx, &row));
    assert_eq!(
        books.read(|tx| obligations::of_contract(tx, "con_1"))[1],
        changed
    );
}

fn obligations_are_summed_by_entity_and_currency(books: &Fixture) {
    assert_eq!(books.read(obligations::sums), []);
    books.write(|tx| {
        let rows = [
            ("obl_1", 100, "2026-01-31"),
            ("obl_2", 50, ""),
            ("obl_3", -20, "2026-02-28"),
        ]
        .map(|(id, recognised, through)| ObligationRow {
            recognised,
            recognised_through: text(through),
            ..obligation(id, "con_1")
        });
        ObligationRow::insert(tx, &rows)
    });
    let wanted = [ObligationSum {
        entity: text("US"),
        currency: text("USD"),
        count: 3,
        recognised: 130,
        through: text("2026-02-28"),
    }];
    assert_eq!(books.read(obligations::sums), wanted);
}
