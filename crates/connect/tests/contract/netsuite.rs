//! NetSuite, operation by operation.

use connect::netsuite::{
    self as wire, CustomerRecord, JobProgress, JournalEntry, JournalLine, Side, Submission,
};
use connect::{FaultClass, ReadBack, Secret};
use sim::Fault;
use values::{Currency, Money, parse_date};

use crate::Bench;

pub fn entry(external_id: &str, minor: i64) -> JournalEntry {
    let line = |account: &str, side| JournalLine {
        account: account.into(),
        side,
        amount: Money::from_minor(minor, Currency::EUR),
        memo: Some("Ann & Söhne".into()),
        entity: None,
        department: None,
        class: None,
        location: None,
    };
    JournalEntry {
        external_id: external_id.into(),
        date: parse_date("2026-01-31").unwrap(),
        subsidiary: "1".into(),
        currency: "4".into(),
        exchange_rate: Some("1.1".parse().unwrap()),
        memo: "Revenue 2026-01".into(),
        approved: true,
        lines: vec![line("217", Side::Debit), line("54", Side::Credit)],
    }
}

#[test]
fn a_customer_is_upserted_by_our_key() {
    let bench = Bench::calm();
    let mut customer = CustomerRecord {
        external_id: "acc-1".into(),
        company_name: "Example Analytics GmbH".into(),
        email: Some("billing@example.com".into()),
        subsidiary: "1".into(),
        currency: "4".into(),
    };
    let first = bench.netsuite.upsert_customer(&customer).unwrap();
    customer.company_name = "Ann & Söhne".into();
    let second = bench.netsuite.upsert_customer(&customer).unwrap();
    assert_eq!(first, second);
    let held = bench.netsuite.customer("acc-1").unwrap();
    assert_eq!(held.id, first);
    assert_eq!(held.company_name.as_deref(), Some("Ann & Söhne"));
    assert_eq!(held.currency.as_deref(), Some("4"));
    let fault = bench.netsuite.customer("acc-2").unwrap_err();
    assert!(wire::says_absent(&fault), "{fault}");
    bench
        .sims
        .netsuite
        .inject(Fault::TimeoutAfterWork, "PUT", "/customer/");
    customer.external_id = "acc-2".into();
    let fault = bench.netsuite.upsert_customer(&customer).unwrap_err();
    assert_eq!(fault.class, FaultClass::Ambiguous);
    let held = bench.netsuite.customer("acc-2").unwrap();
    assert_eq!(bench.netsuite.upsert_customer(&customer).unwrap(), held.id);
}

#[test]
fn a_journal_entry_is_created_found_and_refused_the_second_time() {
    let bench = Bench::calm();
    let meant = entry("je-1", 100_001);
    assert_eq!(
        bench.netsuite.find_journal_entry("je-1").unwrap(),
        ReadBack::Absent
    );
    let id = bench.netsuite.create_journal_entry(&meant).unwrap();
    let ReadBack::Found(held) = bench.netsuite.find_journal_entry("je-1").unwrap() else {
        panic!("it was created")
    };
    assert_eq!(id.as_deref(), Some(held.id.as_str()));
    assert_eq!(held.difference_from(&meant), None);
    assert!(held.difference_from(&entry("je-1", 2)).is_some());
    let fault = bench.netsuite.create_journal_entry(&meant).unwrap_err();
    assert_eq!(fault.class, FaultClass::Duplicate, "{fault}");
    let total = |account: &str| {
        let totals = bench.sims.netsuite.totals();
        let found = totals.into_iter().find(|total| total.account == account);
        found.map(|total| (total.debit_minor, total.credit_minor))
    };
    assert_eq!(total("217"), Some((100_001, 0)));
    assert_eq!(total("54"), Some((0, 100_001)));
    let existing = bench
        .netsuite
        .existing_transactions(&["je-0", "je-1"])
        .unwrap();
    assert_eq!(existing, [("je-1".to_owned(), held.id)]);
}

#[test]
fn a_journal_entry_in_doubt_is_found_or_absent() {
    let bench = Bench::calm();
    let inject = |fault| {
        bench
            .sims
            .netsuite
            .inject(fault, "POST", "/record/v1/journalEntry");
    };
    inject(Fault::TimeoutAfterWork);
    let fault = bench
        .netsuite
        .create_journal_entry(&entry("je-1", 5))
        .unwrap_err();
    assert_eq!(fault.class, FaultClass::Ambiguous);
    assert!(matches!(
        bench.netsuite.find_journal_entry("je-1").unwrap(),
        ReadBack::Found(_)
    ));
    inject(Fault::ServerError);
    let fault = bench
        .netsuite
        .create_journal_entry(&entry("je-2", 5))
        .unwrap_err();
    assert_eq!(
        fault.class,
        FaultClass::Ambiguous,
        "a failure on a call without a key may come after the work"
    );
    assert_eq!(
        bench.netsuite.find_journal_entry("je-2").unwrap(),
        ReadBack::Absent
    );
    inject(Fault::TooManyRequests);
    let fault = bench
        .netsuite
        .create_journal_entry(&entry("je-2", 5))
        .unwrap_err();
    assert!(
        matches!(fault.class, FaultClass::Throttled { .. }),
        "{fault}"
    );
}

#[test]
fn a_submitted_entry_is_created_once_by_its_job() {
    let bench = Bench::calm();
    bench.sims.netsuite.set_polls_needed(2);
    let meant = entry("je-1", 77);
    let submit = || {
        bench
            .netsuite
            .submit_journal_entry(&meant, "key-1")
            .unwrap()
    };
    let first = submit();
    assert!(matches!(first, Submission::Done { .. }));
    let repeat = submit();
    assert_eq!(
        repeat,
        Submission::AlreadyDone {
            job: first.job().to_owned()
        }
    );
    let mut polls = 0;
    let job = loop {
        polls += 1;
        let job = bench.netsuite.job(first.job()).unwrap();
        if job.completed {
            break job;
        }
        assert!(polls < 10, "the job does not end");
    };
    assert!(polls > 1);
    assert_eq!(job.progress, JobProgress::Succeeded);
    assert!(matches!(
        bench.netsuite.find_journal_entry("je-1").unwrap(),
        ReadBack::Found(held) if held.difference_from(&meant).is_none()
    ));
    assert_eq!(bench.sims.netsuite.records("journalEntry").len(), 1);
}

#[test]
fn refusals_are_classed() {
    let bench = Bench::calm();
    let class = |entry: &JournalEntry| {
        let fault = bench.netsuite.create_journal_entry(entry).unwrap_err();
        assert_eq!(fault.system, "netsuite");
        fault.class
    };
    let mut stranger = entry("je-1", 5);
    stranger.lines[0].account = "999".into();
    assert_eq!(class(&stranger), FaultClass::Data);
    let mut lopsided = entry("je-1", 5);
    lopsided.lines[0].amount.minor = 6;
    assert_eq!(class(&lopsided), FaultClass::Data);
    bench.sims.netsuite.close_period("2026-01").unwrap();
    assert_eq!(class(&entry("je-1", 5)), FaultClass::Policy);
    bench.sims.netsuite.reopen_period("2026-01").unwrap();
    bench
        .netsuite
        .create_journal_entry(&entry("je-1", 5))
        .unwrap();
    bench.sims.netsuite.set_concurrency_limit(0);
    let throttled = class(&entry("je-2", 5));
    assert!(matches!(throttled, FaultClass::Throttled { .. }));
}

#[test]
fn a_wrong_secret_is_an_authentication_fault() {
    let bench = Bench::calm();
    let mut connection = crate::netsuite_connection(&bench.sims);
    connection.credentials.token_secret = Secret::new("wrong");
    let driver = std::sync::Arc::new(connect::driver::Driver::new(
        Box::new(connect::HttpTransport::default()),
        Box::new(connect::driver::SystemPresent::default()),
        connect::driver::DriverOptions::default(),
    ));
    let stranger = connect::driver::NetSuite::new(driver, connection);
    let fault = stranger.find_journal_entry("je-1").unwrap_err();
    assert_eq!(fault.class, FaultClass::Authentication, "{fault}");
}
