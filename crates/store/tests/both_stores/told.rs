//! How the news of payments reaches the other systems.

use crate::rows::{effect, journal, text};
use crate::support::Fixture;
use store::journals::JournalRow;
use store::payment_sync::{self, Told, ToldPlace};
use store::{StoreFault, Tx, effects, params};
use values::{IdSource, Instant};

on_every_store![
    every_payment_is_in_the_times_and_its_news_is_paged_once_each,
    payments_before_the_window_are_left_out,
];

struct Lowest;

impl IdSource for Lowest {
    fn random_bits(&self) -> u128 {
        1
    }
}

const SECOND: i64 = 1_000_000;
const BEGIN: i64 = 1_700_000_000 * SECOND;

/// A payment that arrived `late` seconds before it was recorded, its journal with a delivery, and what
/// the CRM is told: each confirmed after so many seconds, or with another status.
fn paid(tx: &mut Tx<'_>, number: i64, late: i64) -> Result<(), StoreFault> {
    let recorded = BEGIN + number * 60 * SECOND;
    let id = Lowest.mint("evt", Instant::from_microseconds(recorded));
    let payment = format!("pay_{number:04}");
    let chain = format!("chn_{number:04}");
    tx.execute(
        "INSERT INTO event (partition_key, sequence, id, type, source, subject, time, recorded, effective, entity,
         correlation, causation, idempotency_key, actor, origin, data, hash)
         VALUES (?1, 1, ?2, 'com.tieout.payment.payment.settled.v1', '/x', ?3, ?4, ?5, '2026-01-01', 'US', ?6, '', ?1,
         'ada', 'live', '{}', ?7)",
        params![
            &payment,
            &id,
            &format!("payment/{payment}"),
            recorded - late * SECOND,
            recorded,
            &chain,
            &[0_u8; 32][..]
        ],
    )?;
    let mut entry = journal(&format!("jrn_{number:04}"), "2026-01-01", 100);
    entry.event = id;
    entry.document = payment;
    JournalRow::insert(tx, &[entry])?;
    let status = |which: i64| match which {
        0 => "parked",
        1 => "skipped",
        _ => "confirmed",
    };
    let mut ledger = effect(&format!("eff_l{number:04}"), &format!("l{number}"));
    ledger.subject = format!("journal/jrn_{number:04}");
    ledger.status = text(status(number % 5));
    ledger.created = recorded;
    ledger.changed = recorded + (number % 7) * SECOND;
    let mut crm = effect(&format!("eff_c{number:04}"), &format!("c{number}"));
    crm.connection = text("salesforce");
    crm.operation = text("salesforce.update");
    crm.correlation = chain;
    crm.status = text(status(number % 3));
    crm.created = recorded;
    crm.changed = recorded + 2 * SECOND;
    effects::intend(tx, &[ledger, crm])
}

fn many(books: &Fixture, count: i64) {
    books.write(move |tx| (0..count).try_for_each(|number| paid(tx, number, number % 4)));
}

/// One of the lists: from when, after which row, how many.
type List = fn(&mut Tx<'_>, i64, Option<&ToldPlace>, i64) -> Result<Vec<Told>, StoreFault>;

/// A list page by page.
fn paged(books: &Fixture, list: List, number: fn(&Told) -> i64) -> Vec<Told> {
    let (mut all, mut place) = (Vec::new(), None::<ToldPlace>);
    loop {
        let behind = place.clone();
        let page = books.read(move |tx| list(tx, BEGIN, behind.as_ref(), 7));
        let Some(last) = page.last() else {
            return all;
        };
        place = Some(ToldPlace {
            number: number(last),
            effect: last.effect.clone(),
            payment: last.payment.clone(),
        });
        all.extend(page);
    }
}

fn every_payment_is_in_the_times_and_its_news_is_paged_once_each(books: &Fixture) {
    const COUNT: i64 = 60;
    many(books, COUNT);
    let mut late = books.read(|tx| payment_sync::recorded_after(tx, BEGIN));
    late.sort_unstable();
    let mut wanted: Vec<i64> = (0..COUNT).map(|number| number % 4 * SECOND).collect();
    wanted.sort_unstable();
    assert_eq!(late, wanted);
    let times = books.read(|tx| payment_sync::told_times(tx, BEGIN));
    let systems: Vec<&str> = times.keys().map(String::as_str).collect();
    assert_eq!(systems, ["netsuite", "salesforce"]);
    let ledger = &times["netsuite"];
    let of = |which: fn(i64) -> bool| (0..COUNT).filter(|number| which(*number)).count();
    assert_eq!(ledger.confirmed.len(), of(|number| number % 5 > 1));
    assert_eq!(ledger.waiting, of(|number| number % 5 == 0));
    assert_eq!(times["salesforce"].waiting, of(|number| number % 3 == 0));
    assert!(
        times["salesforce"]
            .confirmed
            .iter()
            .all(|took| *took == 2 * SECOND)
    );

    let waiting = paged(books, payment_sync::waiting, |told| told.recorded);
    assert_eq!(waiting.len(), ledger.waiting + times["salesforce"].waiting);
    assert!(waiting.iter().all(|told| told.status == "parked"));
    assert!(waiting.is_sorted_by_key(|told| (told.recorded, told.effect.clone())));
    let slowest = paged(books, payment_sync::slowest, |told| {
        told.changed - told.recorded
    });
    assert_eq!(
        slowest.len(),
        ledger.confirmed.len() + times["salesforce"].confirmed.len()
    );
    let order = |told: &Told| (told.recorded - told.changed, told.effect.clone());
    assert!(slowest.is_sorted_by_key(order));
    let longest = ledger.confirmed.iter().max().copied();
    assert_eq!(
        slowest.first().map(|told| told.changed - told.recorded),
        longest
    );
}

fn payments_before_the_window_are_left_out(books: &Fixture) {
    many(books, 6);
    let since = BEGIN + 3 * 60 * SECOND;
    assert_eq!(
        books
            .read(move |tx| payment_sync::recorded_after(tx, since))
            .len(),
        3
    );
    let told = books.read(move |tx| payment_sync::waiting(tx, since, None, 50));
    assert!(told.iter().all(|told| told.recorded >= since), "{told:?}");
    let times = books.read(move |tx| payment_sync::told_times(tx, since));
    assert_eq!(
        times["salesforce"].waiting + times["salesforce"].confirmed.len(),
        2
    );
}
