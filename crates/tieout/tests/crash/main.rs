//! The real program is killed at many moments of the demo and started again on the same data. At
//! the end nothing is lost or doubled, neither with us nor in the simulated systems, and the books
//! are those of a company that nobody ever killed.

// A test that cannot go on ends.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use app::{App, MonotonicIds, SystemClock};
use sim::{SimClock, SimOptions, Simulators, Weather};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::sync::Arc;
use std::time::Duration;
use store::{Durability, Location, Store, documents, journals, payments};

/// Which company. Another number is another company with other weather.
const SEED: u64 = 7;
/// How often the program is killed. The first kills come early in its life, later ones later.
const KILLS: u64 = 24;

fn demo(data: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_tieout"));
    let seed = SEED.to_string();
    command
        .args(["demo", "--exit", "--port", "0", "--seed", &seed, "--data"])
        .arg(data);
    command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    command
}

/// SplitMix64, so that a failing run can be repeated.
fn mixed(number: u64) -> u64 {
    let mut z = number
        .wrapping_mul(0x9E37_79B9_7F4A_7C15)
        .wrapping_add(0x1234_5678_9ABC_DEF1);
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z ^ (z >> 27)
}

fn kill(mut child: Child) {
    // `Child::kill` sends SIGKILL: nothing of the program runs after it.
    child.kill().unwrap();
    child.wait().unwrap();
}

fn until_its_end(data: &Path) -> Output {
    demo(data).spawn().unwrap().wait_with_output().unwrap()
}

/// Kills the demo again and again, then lets it end. Returns how many kills met it alive.
fn killed_again_and_again(data: &Path) -> u64 {
    let mut met_alive = 0;
    for number in 0..KILLS {
        let mut child = demo(data).spawn().unwrap();
        std::thread::sleep(Duration::from_millis(120 + mixed(number) % 1_400));
        if child.try_wait().unwrap().is_none() {
            met_alive += 1;
        }
        kill(child);
    }
    met_alive
}

fn open(data: &Path) -> App {
    let store = Store::open(&Location::File(data.join("books.sqlite")), Durability::Full).unwrap();
    let ids = Arc::new(MonotonicIds::new(9_999, 1));
    App::open(
        store,
        Arc::new(SystemClock),
        ids,
        events::Origin::Simulation,
    )
    .unwrap()
}

/// What the books come to: every account by entity and currency.
fn balances(app: &App) -> BTreeMap<(String, String, String), i64> {
    let rows = app.store().read(|tx| journals::balances(tx, "")).unwrap();
    let mut sums = BTreeMap::new();
    for row in rows {
        *sums
            .entry((row.entity, row.account, row.currency))
            .or_default() += row.debit - row.credit;
    }
    sums
}

fn ended_well(output: &Output) {
    let text = String::from_utf8_lossy(&output.stdout);
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(
        output.status.success(),
        "the demo ended with {}\n{text}\n{said}",
        output.status
    );
    assert!(!text.contains("BREAK"), "{text}");
}

#[test]
fn nothing_is_lost_or_doubled_when_the_program_is_killed() {
    let killed = tempfile::tempdir().unwrap();
    let met_alive = killed_again_and_again(killed.path());
    assert!(
        met_alive >= KILLS / 2,
        "only {met_alive} of {KILLS} kills met the demo alive"
    );
    ended_well(&until_its_end(killed.path()));
    let app = open(killed.path());
    app.verify_books().unwrap();
    app.audit_check().unwrap().unwrap();
    for row in app.intake().unwrap() {
        assert_eq!(
            row.accepted,
            row.confirmed + row.open + row.rejected,
            "{row:?}"
        );
    }
    compare_with_the_simulators(&app, killed.path());

    let undisturbed = tempfile::tempdir().unwrap();
    ended_well(&until_its_end(undisturbed.path()));
    assert_eq!(
        balances(&app),
        balances(&open(undisturbed.path())),
        "the kills changed the books"
    );
}

/// The independent check: what the simulators kept, against what we kept.
fn compare_with_the_simulators(app: &App, data: &Path) {
    let mut options = SimOptions::in_memory(SEED, SimClock::at_day("2026-07-01").unwrap());
    options.directory = Some(data.join("simulators"));
    options.weather = Weather::calm();
    let sims = Simulators::start(options).unwrap();
    compare_payments(app, &sims);
    compare_journals(app, &sims);
    compare_deals(app, &sims);
    sims.stop();
}

fn text(object: &serde_json::Value, field: &str) -> String {
    object[field].as_str().unwrap_or_default().to_owned()
}

fn compare_payments(app: &App, sims: &Simulators) {
    let intents = sims.stripe.objects("payment_intents");
    let settled: BTreeMap<String, i64> = intents
        .iter()
        .filter(|intent| intent["status"] == "succeeded")
        .map(|intent| {
            (
                text(intent, "id"),
                intent["amount_received"].as_i64().unwrap(),
            )
        })
        .collect();
    let rows = app
        .store()
        .read(|tx| payments::payments(tx, "", "", 1_000_000))
        .unwrap();
    let ours: BTreeMap<String, i64> = rows
        .iter()
        // What came by transfer was never at the processor.
        .filter(|row| row.status == "settled" && row.method == "card")
        .map(|row| (row.external_id.clone(), row.amount))
        .collect();
    assert_eq!(ours, settled, "payments here and at the processor differ");
    // One invoice is collected by one payment, and no invoice is charged twice.
    let mut invoices = BTreeSet::new();
    for intent in intents
        .iter()
        .filter(|intent| intent["status"] == "succeeded")
    {
        let invoice = text(&intent["metadata"], "tieout_invoice");
        assert!(
            invoice.is_empty() || invoices.insert(invoice.clone()),
            "invoice {invoice} was charged twice"
        );
    }
    let refunded: i64 = sims
        .stripe
        .objects("refunds")
        .iter()
        .map(|refund| refund["amount"].as_i64().unwrap())
        .sum();
    assert_eq!(
        rows.iter().map(|row| row.refunded).sum::<i64>(),
        refunded,
        "refunds differ"
    );
    assert!(
        refunded > 0 && settled.len() > 50,
        "the company did too little to prove anything"
    );
}

fn compare_journals(app: &App, sims: &Simulators) {
    let mut there: BTreeMap<(String, String), i64> = BTreeMap::new();
    for total in sims.netsuite.totals() {
        *there
            .entry((total.currency.clone(), total.account.clone()))
            .or_default() += total.debit_minor - total.credit_minor;
    }
    let mut here: BTreeMap<(String, String), i64> = BTreeMap::new();
    for ((_, account, currency), balance) in balances(app) {
        *here.entry((currency, account)).or_default() += balance;
    }
    there.retain(|_, balance| *balance != 0);
    here.retain(|_, balance| *balance != 0);
    let named = |currency: &str| {
        if currency == "1" || currency == "USD" {
            "USD"
        } else {
            "EUR"
        }
        .to_owned()
    };
    let there: BTreeMap<_, _> = there
        .into_iter()
        .map(|((c, account), b)| ((named(&c), account), b))
        .collect();
    assert_eq!(here, there, "the outside ledger has other balances");
    let entries = sims.netsuite.records("journalEntry");
    let ids: BTreeSet<String> = entries
        .iter()
        .map(|entry| text(entry, "externalId"))
        .collect();
    assert_eq!(
        ids.len(),
        entries.len(),
        "a journal stands twice in the outside ledger"
    );
    let (count, _) = app.store().read(journals::counts).unwrap();
    assert_eq!(
        i64::try_from(entries.len()).unwrap(),
        count,
        "journals here and there differ in number"
    );
}

fn compare_deals(app: &App, sims: &Simulators) {
    let won = sims.salesforce.records("Opportunity").len();
    let rows = app
        .store()
        .read(|tx| store::contracts::all_after(tx, "", 1_000_000))
        .unwrap();
    let taken = app
        .store()
        .read(move |tx| {
            let mut taken = BTreeSet::new();
            for row in &rows {
                for known in store::catalogue::references_of(tx, &format!("contract/{}", row.id))? {
                    // A contract that was quoted here never was an opportunity.
                    if known.system != "salesforce" {
                        continue;
                    }
                    assert!(
                        taken.insert(known.id.clone()),
                        "opportunity {} became two contracts",
                        known.id
                    );
                }
            }
            Ok::<_, store::StoreFault>(taken.len())
        })
        .unwrap();
    let held = app.store().read(store::exceptions::all_open).unwrap();
    let held = held
        .iter()
        .filter(|row| row.key.starts_with("order/"))
        .count();
    assert_eq!(
        won,
        taken + held,
        "{won} won, {taken} taken over, {held} held"
    );
    let documents = app
        .store()
        .read(|tx| documents::documents(tx, &documents::DocumentFilter::default(), "", 1_000_000))
        .unwrap();
    let numbers: BTreeSet<&str> = documents.iter().map(|row| row.number.as_str()).collect();
    assert_eq!(numbers.len(), documents.len(), "a number was used twice");
}
