//! The commands of the documents, typed as they stand against a program that serves new books. A
//! command that is answered with an error, or not at all, fails the test with its page.

// A test that cannot go on ends.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod served;

use served::Served;
use std::path::{Path, PathBuf};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn page(name: &str) -> String {
    let path = root().join("docs").join(name);
    std::fs::read_to_string(&path).unwrap_or_else(|fault| panic!("{path:?}: {fault}"))
}

/// The blocks of a page that are typed into a shell.
fn blocks(name: &str) -> Vec<String> {
    page(name)
        .split("```sh\n")
        .skip(1)
        .map(|rest| rest.split("```").next().unwrap().to_owned())
        .collect()
}

/// An entity, a customer and a product, sold by contract C-1 from the first of January of this year.
const COMPANY: &str = r#"
TOKEN=$ADMINISTRATOR
post /entities '{"id":"DE","name":"Nordlicht Software GmbH","currency":"EUR","time_zone":"Europe/Berlin"}'
TOKEN=$BILLING
post /tax-rates '{"entity":"DE","rate":"0.19","name":"VAT 19 %"}'
TOKEN=$REVOPS
post /customers '{"id":"acme","legal_name":"Acme GmbH","payment_terms_days":14}'
post /products '{"code":"SEAT","name":"Seat","prices":[{"currency":"EUR","billing":"monthly","charge":{"model":"per_unit","unit_price":"100"}}]}'
post /contracts '{"id":"C-1","customer":"acme","entity":"DE","start":"YEAR-01-01","end":"YEAR-12-31","lines":[{"product":"SEAT","quantity":3}]}'
"#;

/// `post` and `get` as the page about the catalogue defines them.
fn verbs() -> String {
    let all = blocks("catalogue.md");
    let found = all.iter().find(|block| block.contains("post()"));
    found
        .expect("the page about the catalogue defines post and get")
        .clone()
}

#[test]
fn the_catalogue_and_quotes_are_typed() {
    let served = Served::start();
    served.types("set-up", &format!("{}{COMPANY}", verbs()));
    for name in ["catalogue.md", "quotes.md"] {
        for block in blocks(name) {
            let block = without_a_customer_that_is_there(&block);
            served.types(name, &format!("{}TOKEN=$REVOPS\n{block}", verbs()));
        }
    }
    let quote = served.types(
        "quotes.md",
        &format!("{}TOKEN=$REVOPS\nget /quotes/Q-1", verbs()),
    );
    assert!(quote.contains("converted"), "{quote}");
}

/// The set-up has made the customer of the page already.
fn without_a_customer_that_is_there(block: &str) -> String {
    let is_there = |line: &&str| !line.starts_with("post /customers '{\"id\":\"acme\"");
    block
        .lines()
        .filter(is_there)
        .collect::<Vec<_>>()
        .join("\n")
}

#[test]
fn what_is_measured_is_typed() {
    let served = Served::start();
    served.types("set-up", &format!("{}{COMPANY}", verbs()));
    let typed = blocks("usage.md");
    let [meter, events] = typed.as_slice() else {
        panic!("usage.md has {} blocks to type", typed.len())
    };
    // The meter, then the product of the page with a contract for it, then events.
    served.types("usage.md", &format!("TOKEN=$REVOPS\n{meter}"));
    let product = page("usage.md");
    let product = product
        .split("```json\n")
        .nth(1)
        .unwrap()
        .split("```")
        .next()
        .unwrap();
    let product = product.replace("USD", "EUR");
    let sold = format!(
        "{}TOKEN=$REVOPS\npost /products '{product}'\n{}",
        verbs(),
        r#"post /contracts '{"id":"C-2","customer":"acme","entity":"DE","start":"YEAR-01-01","end":"YEAR-12-31","lines":[{"product":"CALLS"}]}'"#
    );
    served.types("usage.md", &sold);
    let lines = r#"{"meter":"calls","key":"req-2","contract":"C-2","at":"YEAR-01-19T10:00:00Z","value":"5","dimensions":{"region":"eu"}}"#;
    std::fs::write(
        served.folder().join("events.ndjson"),
        served.of_this_year(lines),
    )
    .unwrap();
    let told = served.types(
        "usage.md",
        &format!("TOKEN=$BILLING\n{}", events.replace("C-1", "C-2")),
    );
    assert_eq!(told.matches("\"accepted\":1").count(), 2, "{told}");
}

#[test]
fn paper_is_typed() {
    let served = Served::start();
    served.types("set-up", &format!("{}{COMPANY}", verbs()));
    let typed = blocks("invoices.md");
    let of = |word: &str| {
        let found = typed.iter().find(|block| block.contains(word));
        found
            .unwrap_or_else(|| panic!("invoices.md types nothing about {word}"))
            .clone()
    };
    served.types(
        "invoices.md",
        &format!("TOKEN=$ADMINISTRATOR\n{}", of("/letterhead")),
    );
    served.types(
        "invoices.md",
        &format!("TOKEN=$BILLING\n{}", of("/billing-details")),
    );
    let issued = r#"
TOKEN=$BILLING
post /billing-runs '{"through":"YEAR-01-01"}'
post /credit-notes '{"invoice":"DE-YEAR-00001","reason":"a day without service","amount":"10"}'
"#;
    served.types("set-up", &format!("{}{issued}", verbs()));
    served.types(
        "invoices.md",
        &of("-o invoice.pdf").replace("$TOKEN", "$BILLING"),
    );
    for (file, begins) in [
        ("invoice.pdf", "%PDF"),
        ("credit.pdf", "%PDF"),
        ("invoice.xml", "<?xml"),
        ("credit.xml", "<?xml"),
    ] {
        let bytes = std::fs::read(served.folder().join(file)).unwrap();
        assert!(bytes.starts_with(begins.as_bytes()), "{file}");
    }
}

#[test]
fn a_bill_run_is_typed() {
    let served = Served::start();
    served.types("set-up", &format!("{}{COMPANY}", verbs()));
    let typed = blocks("bill-runs.md");
    let [plan, start] = typed.as_slice() else {
        panic!("bill-runs.md has {} blocks to type", typed.len())
    };
    let state = |wanted: &str| {
        let ask = format!("{}TOKEN=$BILLING\nget /bill-runs/june", verbs());
        served.waits_for("bill-runs.md", &ask, &format!("\"status\":\"{wanted}\""));
    };
    served.types("bill-runs.md", &format!("TOKEN=$BILLING\n{plan}"));
    state("ready");
    served.types("bill-runs.md", &format!("TOKEN=$BILLING\n{start}"));
    state("done");
}

/// Every story that a page tells one to run is there, and so is every file of the repository that a
/// page names in its text.
#[test]
fn what_the_pages_name_is_there() {
    let mut named = 0;
    let mut missing = Vec::new();
    for entry in std::fs::read_dir(root().join("docs")).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_none_or(|kind| kind != "md") {
            continue;
        }
        let text = std::fs::read_to_string(&path).unwrap();
        for word in text.split(|c: char| c.is_whitespace() || "`()|,;".contains(c)) {
            let word = word.trim_end_matches(['.', ':']);
            let is_file = ["stories/", "crates/", "docs/"]
                .iter()
                .any(|at| word.starts_with(at));
            if is_file && !word.contains(['*', '{', '<', '…']) {
                named += 1;
                if !root().join(word).exists() {
                    missing.push(format!("{}: {word}", path.display()));
                }
            }
        }
    }
    assert!(missing.is_empty(), "{}", missing.join("\n"));
    assert!(named > 20, "only {named} files are named");
}
