//! The demo as a user runs it: its status, its table, that it can be started again, the chain of any
//! of its ids, and what outside programs say to its ledger.

use crate::{books, nonzero, programs, readers};
use app::export::TextFormat;
use app::{App, AppFault};
use std::path::Path;
use std::process::{Command, Output};
use store::{Location, documents, journals, payments};

fn tieout(arguments: &[&str], data: &Path) -> Output {
    Command::new(env!("CARGO_BIN_EXE_tieout"))
        .args(arguments)
        .arg("--data")
        .arg(data)
        .env("COLUMNS", "120")
        .output()
        .unwrap()
}

#[track_caller]
fn said(output: Output) -> String {
    let (out, err) = (
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr),
    );
    assert!(output.status.success(), "{}\n{out}\n{err}", output.status);
    out.into_owned()
}

const DEMO: [&str; 6] = ["demo", "--exit", "--port", "0", "--seed", "3"];

#[test]
fn the_demo_ties_out_and_outside_programs_accept_its_ledger() {
    let data = tempfile::tempdir().unwrap();
    let table = said(tieout(&DEMO, data.path()));
    for measure in [
        "Deals won",
        "was billed",
        "Deferred revenue",
        "Revenue recognised",
        "Trade receivables",
        "Money received",
    ] {
        assert!(table.contains(measure), "{measure} is not in\n{table}");
    }
    assert!(
        table.contains("open exceptions") && !table.contains("BREAK"),
        "{table}"
    );
    assert_eq!(
        said(tieout(&DEMO, data.path())),
        table,
        "a second start changed something"
    );
    let other = tieout(
        &["demo", "--exit", "--port", "0", "--seed", "4"],
        data.path(),
    );
    let refused = String::from_utf8_lossy(&other.stderr).into_owned();
    assert!(
        !other.status.success() && refused.contains("use --seed 3"),
        "{refused}"
    );
    said(tieout(&["intake"], data.path()));
    said(tieout(&["audit", "check"], data.path()));

    let app = books::open(Location::File(data.path().join("books.sqlite")));
    every_id_leads_to_the_chain(&app, data.path());
    outside_programs_agree(&app);
}

/// From an id of every kind the whole chain is printed, from the opportunity to the journals.
fn every_id_leads_to_the_chain(app: &App, data: &Path) {
    let (invoice, payment, journal) = app
        .store()
        .read(|tx| -> Result<_, AppFault> {
            let paid = payments::payments(tx, "", "", 1_000)?
                .into_iter()
                .find(|row| row.status == "settled" && !row.invoice.is_empty());
            let payment = paid.expect("a paid invoice");
            let invoice = documents::document(tx, &payment.invoice)?.expect("its invoice");
            let journal = journals::of_document(tx, &invoice.id)?.remove(0);
            Ok((invoice, payment, journal))
        })
        .unwrap();
    let object = format!("contract/{}", invoice.contract);
    let opportunity = app
        .store()
        .read(move |tx| store::catalogue::references_of(tx, &object))
        .unwrap()
        .remove(0);
    let whole = said(tieout(&["trace", &journal.id], data));
    for wanted in [
        &*opportunity.id,
        &invoice.number,
        "Contract activated",
        "invoice-issued",
        "Revenue of",
        &*payment.external_id,
    ] {
        assert!(whole.contains(wanted), "{wanted} is not in\n{whole}");
    }
    for id in [
        &opportunity.id,
        &invoice.contract,
        &invoice.id,
        &invoice.number,
        &payment.id,
        &payment.external_id,
    ] {
        assert_eq!(said(tieout(&["trace", id], data)), whole, "{id}");
    }
}

fn outside_programs_agree(app: &App) {
    let text = |format| String::from_utf8(app.export_text(format, Vec::new()).unwrap().0).unwrap();
    let ours = nonzero(books::figures(app));
    let beancount = text(TextFormat::Beancount);
    programs::bean_check(&beancount).accepted();
    assert_eq!(nonzero(programs::beancount_balances(&beancount)), ours);
    let hledger = text(TextFormat::Hledger);
    programs::hledger_check(&hledger).accepted();
    assert_eq!(nonzero(programs::hledger_balances(&hledger)), ours);
    let (wrong_beancount, wrong_hledger) =
        (readers::one_off(&beancount), readers::one_off(&hledger));
    for at in [0, wrong_beancount.len() / 3, wrong_beancount.len() - 1] {
        programs::bean_check(&wrong_beancount[at].text).refused(&wrong_beancount[at].line);
        programs::hledger_check(&wrong_hledger[at].text).refused(&wrong_hledger[at].line);
    }
}
