//! AvaTax, operation by operation.

use connect::avatax::{Address, Sale, SaleLine};
use connect::driver::AvaTax;
use connect::{FaultClass, Secret, avatax as wire};
use sim::Fault;
use sim::avatax::{COMPANY, RateRow};
use values::{Currency, Money, parse_date};

use crate::Bench;

fn sale(minor: i64) -> Sale {
    let at = |country: &str| Address {
        country: country.to_owned(),
        ..Address::default()
    };
    Sale {
        code: "txd_1".to_owned(),
        company: COMPANY.to_owned(),
        customer: "cus_1".to_owned(),
        on: parse_date("2026-01-15").unwrap(),
        currency: Currency::EUR,
        from: at("DE"),
        to: at("DE"),
        vat_id: None,
        lines: vec![SaleLine {
            number: "1".to_owned(),
            net: Money::from_minor(minor, Currency::EUR),
            tax_code: "SW054000".to_owned(),
            description: "Platform".to_owned(),
            exemption: None,
        }],
    }
}

fn bench() -> Bench {
    let bench = Bench::calm();
    let vat = RateRow::of_country("DE", "GERMANY", "VAT", "0.19");
    bench.sims.avatax.put_rate(&vat).unwrap();
    bench
}

#[test]
fn an_estimate_is_answered_and_kept_nowhere() {
    let bench = bench();
    assert!(bench.avatax.ping().unwrap().authenticated);
    let (read, call) = bench.avatax.calculate_tax(&sale(10_000));
    let read = read.unwrap();
    assert_eq!(read.tax, Money::from_minor(1_900, Currency::EUR));
    assert_eq!(read.lines[0].taxes[0].authority, "GERMANY");
    assert!(bench.sims.avatax.transactions().is_empty());
    // The call is told word for word, without what we prove ourselves with.
    assert!(
        call.request_line.ends_with("/api/v2/transactions/create"),
        "{call:?}"
    );
    assert!(call.request.contains("\"SalesOrder\""), "{call:?}");
    assert_eq!(call.status, 201);
    assert!(call.response.contains("\"totalTax\":19.0"), "{call:?}");
    assert!(!format!("{call:?}").contains(bench.sims.avatax.license_key()));
}

#[test]
fn a_certificate_frees_the_line_that_names_it() {
    let bench = bench();
    let mut sale = sale(10_000);
    let second = SaleLine {
        number: "2".to_owned(),
        exemption: Some("M-7".to_owned()),
        ..sale.lines[0].clone()
    };
    sale.lines.push(second);
    let read = bench.avatax.calculate_tax(&sale).0.unwrap();
    let taxes: Vec<i64> = read.lines.iter().map(|line| line.tax.minor).collect();
    assert_eq!(taxes, [1_900, 0]);
    assert_eq!(read.lines[1].exempt.minor, 10_000);
}

#[test]
fn the_engine_is_asked_again_when_it_stumbles() {
    let bench = bench();
    for fault in [
        Fault::ServerError,
        Fault::TimeoutAfterWork,
        Fault::TooManyRequests,
    ] {
        bench.sims.avatax.inject(fault, "POST", "transactions");
        let (read, call) = bench.avatax.calculate_tax(&sale(10_000));
        assert_eq!(read.unwrap().tax.minor, 1_900, "{fault:?}");
        assert_eq!(call.status, 201, "the last call is told");
    }
}

#[test]
fn what_the_engine_refuses_is_told_in_its_words() {
    let bench = bench();
    let mut foreign = sale(10_000);
    foreign.company = "NOBODY".to_owned();
    let (refused, call) = bench.avatax.calculate_tax(&foreign);
    let refused = refused.unwrap_err();
    assert_eq!((refused.class, call.status), (FaultClass::Data, 404));
    assert_eq!(
        refused.message,
        "Company 'NOBODY' was not found in this account."
    );
    let stranger = AvaTax::new(
        bench.driver.clone(),
        wire::Connection::new(
            bench.sims.avatax.base_url(),
            bench.sims.avatax.account(),
            Secret::new("some-other-licence-key"),
        ),
    );
    let (refused, _) = stranger.calculate_tax(&sale(10_000));
    assert_eq!(refused.unwrap_err().class, FaultClass::Authentication);
    assert!(!stranger.ping().unwrap().authenticated);
}
