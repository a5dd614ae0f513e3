//! What open exceptions name of the differences of tie-outs, added up.

use crate::rows::{effect, event, exception, text};
use crate::support::Fixture;
use std::collections::BTreeMap;
use store::exceptions::named::{self, NamedSum};
use store::exceptions::{self, ExceptionRow};
use store::{Tx, effects, log};

on_every_store![
    the_sum_of_what_deliveries_hold_up_is_that_of_each,
    exceptions_that_name_their_own_worth_are_added_up_and_the_first_named,
    facts_not_posted_and_contracts_come_one_by_one,
    orders_that_are_held_are_added_up,
];

const DELIVERY: &str = "netsuite.journal_entry";

fn about(id: &str, key: &str, measure: &str, amount: i64) -> ExceptionRow {
    ExceptionRow {
        measure: text(measure),
        ..exception(id, key, amount)
    }
}

/// Three lanes: one with two parked and others between and behind them, one of another currency
/// behind its head, and one whose head has gone on.
fn lanes(tx: &mut Tx<'_>) -> Result<(), store::StoreFault> {
    let mut rows = Vec::new();
    for (id, lane, status, amount, currency) in [
        ("eff_01", "a", "confirmed", 1, "USD"),
        ("eff_02", "a", "parked", 20, "USD"),
        ("eff_03", "a", "intended", 300, "USD"),
        ("eff_04", "a", "parked", 4_000, "USD"),
        ("eff_05", "a", "intended", 50_000, "USD"),
        ("eff_06", "b", "parked", 7, "USD"),
        ("eff_07", "b", "intended", 80, "EUR"),
        ("eff_08", "b", "skipped", 900, "EUR"),
        ("eff_09", "c", "sent", 11, "USD"),
        ("eff_10", "c", "intended", 13, "USD"),
    ] {
        let mut row = effect(id, lane);
        row.status = text(status);
        row.amount = amount;
        row.currency = text(currency);
        rows.push(row);
    }
    let mut other = effect("eff_11", "a");
    other.operation = text("netsuite.customer");
    rows.push(other);
    effects::intend(tx, &rows)?;
    ExceptionRow::insert(
        tx,
        &[
            about("exc_1", "effect/eff_02", "delivered", 20),
            about("exc_2", "effect/eff_04", "delivered", 4_000),
            about("exc_3", "effect/eff_06", "delivered", 7),
            about("exc_4", "effect/eff_09", "delivered", 11),
            ExceptionRow {
                status: text("resolved"),
                ..about("exc_5", "effect/eff_10", "delivered", 13)
            },
            about("exc_6", "effect/eff_gone", "delivered", 99),
        ],
    )?;
    Ok(())
}

fn the_sum_of_what_deliveries_hold_up_is_that_of_each(books: &Fixture) {
    books.write(lanes);
    let (sums, wanted, first) = books.read(|tx| {
        let mut wanted: BTreeMap<(String, String), (i64, i64)> = BTreeMap::new();
        for row in exceptions::all_open(tx)? {
            let effect = row.key.strip_prefix("effect/").unwrap_or_default();
            for (entity, currency, minor) in effects::held_with(tx, effect, DELIVERY)? {
                let sum = wanted.entry((entity, currency)).or_default();
                *sum = (sum.0 + 1, sum.1 + minor);
            }
        }
        let sums = named::held(tx, DELIVERY)?;
        let mut first = Vec::new();
        for sum in &sums {
            first.push(named::first_held(tx, DELIVERY, sum, 20)?);
        }
        Ok((sums, wanted, first))
    });
    let found: BTreeMap<_, _> = sums
        .into_iter()
        .map(|sum| ((sum.entity, sum.currency), (sum.count, sum.minor)))
        .collect();
    assert_eq!(found, wanted);
    // By hand: what stands behind the second that is parked is held by the second alone.
    let usd = (text("US"), text("USD"));
    assert_eq!(found[&usd], (4, 20 + 300 + 4_000 + 50_000 + 7 + 11 + 13));
    // The euros wait behind a delivery in dollars: its exception is found as well.
    assert_eq!(
        first,
        [vec!["exc_3"], vec!["exc_1", "exc_2", "exc_3", "exc_4"]]
    );
    let few = books.read(|tx| {
        let sums = named::held(tx, DELIVERY)?;
        named::first_held(tx, DELIVERY, &sums[1], 2)
    });
    assert_eq!(few, ["exc_1", "exc_2"]);
}

fn exceptions_that_name_their_own_worth_are_added_up_and_the_first_named(books: &Fixture) {
    books.write(|tx| {
        let mut rows: Vec<ExceptionRow> = (0..30)
            .map(|n| {
                let id = format!("exc_{n:02}");
                about(&id, &format!("part/{n}"), "receivable", [5, -2][n % 2])
            })
            .collect();
        rows.push(about("exc_a", "posting/evt_1", "receivable", 1_000));
        rows.push(about("exc_b", "billing/con_1", "billings", 1_000));
        rows.push(about("exc_c", "effect/eff_1", "delivered", 1_000));
        rows.push(about("exc_d", "effect/eff_2", "cash", 44));
        rows.push(about("exc_e", "outside/con_1/1", "billed_elsewhere", 1_000));
        rows.push(about("exc_f", "outside/con_1/2", "billings", 9));
        rows.push(about("exc_g", "part/none", "", 1_000));
        rows.push(ExceptionRow {
            status: text("resolved"),
            ..about("exc_h", "part/done", "receivable", 1_000)
        });
        ExceptionRow::insert(tx, &rows)
    });
    let sum = |measure: &str, count, minor| NamedSum {
        measure: text(measure),
        entity: text("US"),
        currency: text("USD"),
        count,
        minor,
    };
    let wanted = [
        sum("billings", 1, 9),
        sum("cash", 1, 44),
        sum("receivable", 30, 45),
    ];
    assert_eq!(books.read(named::by_themselves), wanted);
    let [.., receivable] = wanted;
    let first = books.read(move |tx| named::first_by_themselves(tx, &receivable, 3));
    assert_eq!(first, ["exc_00", "exc_01", "exc_02"]);
}

fn facts_not_posted_and_contracts_come_one_by_one(books: &Fixture) {
    books.write(|tx| {
        let mut events = [event("evt_1", "a", "x"), event("evt_2", "b", "y")];
        log::append(tx, &mut events)?;
        let resolved = ExceptionRow {
            status: text("resolved"),
            ..about("exc_3", "posting/evt_1", "", 1)
        };
        ExceptionRow::insert(
            tx,
            &[
                about("exc_2", "posting/evt_2", "", 1),
                about("exc_1", "posting/evt_none", "", 1),
                resolved,
                about("exc_4", "billing/con_1", "", 1),
                about("exc_5", "outside/con_1/1", "billed_elsewhere", 1),
                about("exc_6", "outside/con_1/2", "billings", 1),
            ],
        )
    });
    let parked = books.read(|tx| {
        let mut found = Vec::new();
        named::each_parked_posting(tx, |id, entity, kind, data| {
            assert!(data.contains("jrn_evt_2"), "{data}");
            found.push([id, entity, kind].map(str::to_owned));
            Ok::<(), store::StoreFault>(())
        })?;
        Ok(found)
    });
    let wanted = ["exc_2", "US", "com.tieout.ledger.journal.entered.v1"];
    assert_eq!(parked, [wanted.map(str::to_owned)]);
    let stopped = books.store.read(|tx| {
        named::each_parked_posting(tx, |_, _, _, _| {
            Err(store::StoreFault::Statement("stop".to_owned()))
        })
    });
    assert_eq!(
        stopped,
        Err(store::StoreFault::Statement("stop".to_owned()))
    );
    let rows = books.read(named::of_contracts);
    let ids: Vec<&str> = rows.iter().map(|row| row.id.as_str()).collect();
    assert_eq!(ids, ["exc_4", "exc_5"]);
}

fn orders_that_are_held_are_added_up(books: &Fixture) {
    books.write(|tx| {
        let rows: Vec<ExceptionRow> = (0..6)
            .map(|n| ExceptionRow {
                opened: n,
                currency: text(["EUR", "USD"][n as usize % 2]),
                status: text(if n == 5 { "resolved" } else { "open" }),
                ..about(
                    &format!("exc_{n}"),
                    &format!("order/crm/{n}"),
                    "bookings",
                    10 + n,
                )
            })
            .collect();
        ExceptionRow::insert(tx, &rows)
    });
    assert_eq!(
        books.read(named::held_orders),
        [
            (text("US"), text("EUR"), 10 + 12 + 14),
            (text("US"), text("USD"), 11 + 13)
        ]
    );
    let later = books.read(|tx| named::held_orders_since(tx, 2));
    let ids: Vec<&str> = later.iter().map(|row| row.id.as_str()).collect();
    assert_eq!(ids, ["exc_3", "exc_4"]);
}
