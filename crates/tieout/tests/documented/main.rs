//! The commands of the documents, typed as they stand against a program that serves new books. A
//! command that is answered with an error, or not at all, fails the test with its page; so does a
//! block to type that no test types.

// A test that cannot go on ends.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod company;
mod page;
mod served;
mod walk;

use company::{AGREED, BILLED, COMPANY, LAKESIDE, SEAT};
use std::path::{Path, PathBuf};
use walk::Step::{Fills, First, Leaves, Types, Until};
use walk::Walk;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// A test for each group of pages, which are read one after the other in the same books, and the list
/// of every page that is read.
macro_rules! typed {
    ($($test:ident: $($page:literal $steps:expr),+;)+) => {
        $(#[test]
        fn $test() {
            walk::follow(&[$(Walk { page: $page, steps: &$steps }),+]);
        })+
        const READ: &[&str] = &[$($($page),+),+];
    };
}

const REVOPS: &str = "revops";
const BILLING: &str = "billing_analyst";
const CONTROLLER: &str = "controller";
const ENGINEER: &str = "integration_engineer";
const ADMINISTRATOR: &str = "administrator";
const COLLECTIONS: &str = "collections";

typed! {
    catalogue_and_quotes:
        "catalogue.md" [First(COMPANY), Types(REVOPS), Types(REVOPS), Types(REVOPS), Types(REVOPS), Types(REVOPS)],
        "quotes.md" [Types(REVOPS), Until("TOKEN=$REVOPS get /quotes/Q-1", "\"converted\"")];
    use_that_is_measured: "usage.md" [
        First(COMPANY),
        Types(REVOPS),
        First(r#"
TOKEN=$REVOPS
post /customers '{"id":"acme","legal_name":"Acme GmbH"}'
post /products "$(sed s/USD/EUR/ json.1)"
post /contracts '{"id":"C-1","customer":"acme","entity":"DE","start":"2026-01-01","end":"2026-12-31","lines":[{"product":"CALLS"}]}'
echo '{"meter":"calls","key":"req-2","contract":"C-1","at":"2026-01-19T10:00:00Z","value":"5","dimensions":{"region":"eu"}}' > events.ndjson
"#),
        Types(BILLING),
        // Both came in by what was typed, so they are not taken a second time.
        First(r#"
TOKEN=$BILLING
again='{"events":[{"meter":"calls","key":"req-1","contract":"C-1","at":"2026-01-19T10:00:00Z","value":"60000","dimensions":{"region":"eu"}},'
post /usage "$again$(cat events.ndjson)]}" | grep -q '"duplicates":2'
"#),
    ];
    paper: "invoices.md" [
        First(COMPANY), First(AGREED),
        Types(ADMINISTRATOR), Types(BILLING),
        First(BILLED),
        First(r#"TOKEN=$BILLING post /credit-notes '{"invoice":"DE-2026-00001","reason":"a day without service","amount":"10"}'"#),
        Types(BILLING),
        First("head -c 4 invoice.pdf | grep -q %PDF; head -c 4 credit.pdf | grep -q %PDF; grep -q '<Invoice' invoice.xml; grep -q '<CreditNote' credit.xml"),
    ];
    bill_runs: "bill-runs.md" [
        First(COMPANY), First(AGREED),
        Types(BILLING),
        Until("TOKEN=$BILLING get /bill-runs/june", "\"status\":\"ready\""),
        Types(BILLING),
        Until("TOKEN=$BILLING get /bill-runs/june", "\"status\":\"done\""),
    ];
    invoice_life: "invoice-life.md" [
        First(COMPANY), First(AGREED),
        Types(REVOPS),
        First(BILLED),
        Types(BILLING),
        Until("TOKEN=$BILLING get /invoices", "\"INV-2026-00001\""),
    ];
    account_structure: "account-structure.md" [
        Types(REVOPS),
        First(COMPANY), First(SEAT),
        First(r#"
TOKEN=$REVOPS
post /customers '{"id":"nord","legal_name":"Nord Holding AG"}'
post /customers '{"id":"hafen","legal_name":"Hafen Logistik GmbH"}'
post /contracts '{"id":"C-2","customer":"hafen","entity":"DE","start":"2026-01-01","end":"2026-12-31","lines":[{"product":"SEAT","quantity":3}]}'
"#),
        Types(REVOPS),
    ];
    price_changes: "price-changes.md" [
        First(COMPANY), First(SEAT),
        First(r#"
TOKEN=$REVOPS
post /customers '{"id":"acme","legal_name":"Acme GmbH"}'
for id in C-1 C-2041; do
  post /contracts "{\"id\":\"$id\",\"customer\":\"acme\",\"entity\":\"DE\",\"start\":\"2026-01-01\",\"end\":\"2027-12-31\",\"lines\":[{\"product\":\"SEAT\",\"quantity\":3}]}"
done
"#),
        Types(REVOPS),
        Until("TOKEN=$REVOPS get '/price-changes/seats-2027/contracts?outcome=excluded'", "\"excepted\""),
        Until("TOKEN=$REVOPS get /price-changes/seats-2027", "\"status\":\"waiting\""),
    ];
    provisioning: "provisioning.md" [
        First(COMPANY),
        First(r#"
TOKEN=$REVOPS
post /customers '{"id":"acme","legal_name":"Acme GmbH"}'
post /products '{"code":"TENANT","name":"Tenant","prices":[{"currency":"EUR","billing":"monthly","charge":{"model":"flat","amount":"100"}}]}'
"#),
        Types(REVOPS),
        First(r#"
TOKEN=$REVOPS
post /contracts '{"id":"C-2041","customer":"acme","entity":"DE","start":"2026-01-01","end":"2026-12-31","lines":[{"product":"TENANT","component":"tenant"}]}'
get '/provisioning?status=asked' | grep -q C-2041
"#),
        Types(REVOPS),
        Until("TOKEN=$REVOPS get '/provisioning?status=confirmed'", "tenant-8842"),
    ];
    the_console: "console.md" [First(LAKESIDE), Types(ADMINISTRATOR), Types(REVOPS)];
    processors: "payment-processors.md" [
        First(COMPANY),
        First(r#"TOKEN=$ADMINISTRATOR post /entities '{"id":"US","name":"Quill Metrics Inc","currency":"USD","time_zone":"America/New_York"}'"#),
        Types(ADMINISTRATOR),
        // The rows wait for a controller.
        Until("TOKEN=$CONTROLLER get '/approvals?status=waiting'", "set_payment_routes"),
    ];
    exceptions: "exceptions.md" [
        First(COMPANY),
        First(r#"TOKEN=$COLLECTIONS post /payments '{"id":"P-1","amount":"12.50","currency":"EUR","entity":"DE"}'"#),
        Types(REVOPS),
        Fills(COLLECTIONS, &[("exc_01J...", "TOKEN=$CONTROLLER get /exceptions | grep -o 'exc_[0-9A-Z]*' | sed -n 1p")]),
        Until("TOKEN=$CONTROLLER get '/exceptions?status=resolved'", "\"resolved\""),
    ];
    files: "files.md" [
        First(r#"
TOKEN=$ADMINISTRATOR
post /entities '{"id":"US","name":"Quill Metrics Inc","currency":"USD","time_zone":"America/New_York"}'
TOKEN=$REVOPS
post /customers '{"id":"cus_acme","legal_name":"Acme Inc"}'
post /customers '{"id":"cus_bolt","legal_name":"Bolt Inc"}'
cp csv.1 bank.csv
"#),
        Types(COLLECTIONS),
        Until("TOKEN=$CONTROLLER get /payments", "100.00"),
    ];
    exports: "exports.md" [
        First(r#"
TOKEN=$ADMINISTRATOR
post /entities '{"id":"US","name":"Quill Metrics Inc","currency":"USD","time_zone":"America/New_York"}'
TOKEN=$BILLING
post /tax-rates '{"entity":"US","rate":"0.05","name":"Sales tax"}'
TOKEN=$REVOPS
post /customers '{"id":"acme","legal_name":"Acme Inc"}'
post /products '{"code":"SEAT","name":"Seat","prices":[{"currency":"USD","billing":"monthly","charge":{"model":"per_unit","unit_price":"100"}}]}'
post /contracts '{"id":"C-1","customer":"acme","entity":"US","start":"2026-01-01","end":"2026-12-31","lines":[{"product":"SEAT","quantity":3}],
  "references":[{"system":"salesforce","kind":"Opportunity","id":"006Dn00000AbCdEIAV"}]}'
"#),
        First(BILLED),
        First(r#"TOKEN=$COLLECTIONS post /payments '{"invoice":"US-2026-00001","amount":"12.50","references":[{"system":"stripe","kind":"PaymentIntent","id":"pi_3QX"}]}'"#),
        Types(CONTROLLER),
        Fills(CONTROLLER, &[
            ("pi_3QX…", "echo pi_3QX"),
            ("jrn_01KE70EHG…", "TOKEN=$CONTROLLER get /journals | grep -o 'jrn_[0-9A-Z]*' | sed -n 1p"),
        ]),
        Fills(CONTROLLER, &[("9f2c…", "echo '$(tieout audit verify log.jsonl | grep -oE [0-9a-f]{64})'")]),
    ];
    flow: "flow.md" [First(COMPANY), First(AGREED), First(BILLED), Types(ENGINEER), Types(ENGINEER), Types(ENGINEER)];
    replay: "replay.md" [
        First(COMPANY),
        // A payment of a month that is closed is recorded and cannot be posted.
        First(r#"
TOKEN=$CONTROLLER
post /periods/close "{\"entity\":\"DE\",\"month\":\"$(date -u +%Y-%m)\"}"
TOKEN=$COLLECTIONS
post /payments '{"id":"P-1","amount":"12.50","currency":"EUR","entity":"DE"}'
"#),
        Types(ENGINEER),
        Until("TOKEN=$ENGINEER get /replays", "the rule for refunds was added"),
    ];
    processes: "processes.md" [
        First(COMPANY), First(AGREED), First(BILLED),
        First(r#"TOKEN=$COLLECTIONS post /payments '{"id":"P-1","invoice":"DE-2026-00001","amount":"100.00"}'"#),
        Types(CONTROLLER), Types(CONTROLLER), Types(CONTROLLER),
        First("test -s order_to_invoice.svg"),
    ];
    governance: "governance.md" [
        First(r#"
echo 'data = "prod"' > prod.toml
for books in tieout prod; do
  for name in ana li; do
    TIEOUT_USER_PASSWORD='a long phrase to pass with' tieout user add $name --role controller --config $books.toml
  done
done
"#),
        Types(CONTROLLER),
    ];
    entities: "entities.md" [
        Types(CONTROLLER), Types(CONTROLLER),
        First(COMPANY),
        First(r#"
TOKEN=$ADMINISTRATOR
post /entities '{"id":"US","name":"Quill Metrics Inc","currency":"USD","time_zone":"America/New_York"}'
post /entities '{"id":"IE","name":"Quill Metrics Ltd","currency":"EUR","time_zone":"Europe/Dublin"}'
TOKEN=$CONTROLLER
post /intercompany "$(cat json.1)" | grep -q IC-US-00001
TOKEN=$REVOPS
post /customers '{"id":"acme","legal_name":"Acme GmbH"}'
post /products '{"code":"PROJECT","name":"Project","prices":[{"currency":"EUR","billing":"one_off","charge":{"model":"flat","amount":"0"}}]}'
post /products '{"code":"CORE","name":"Core","prices":[{"currency":"EUR","billing":"monthly","charge":{"model":"flat","amount":"10"}}]}'
post /contracts '{"id":"C-1","customer":"acme","entity":"DE","start":"2026-01-01","end":"2026-12-31","lines":[{"product":"CORE"}]}'
post /progress-plans "$(cat json.2)"
while read -r part; do post /progress-plans/build/parts "$part"; done < json.3
"#),
    ];
    tax: "tax.md" [
        Types(CONTROLLER),
        First(r#"TOKEN=$REVOPS; post /customers '{"id":"acme","legal_name":"Acme Inc"}'; post /customers/acme/tax-profile "$(cat json.1)""#),
    ];
    cash: "cash.md" [Types(CONTROLLER)];
    contracts: "contracts.md" [Types(CONTROLLER), Types(CONTROLLER)];
    dunning: "dunning.md" [Types(CONTROLLER)];
    story_format: "story-format.md" [Types(CONTROLLER)];
    webhooks_out: "webhooks-out.md" [
        Types(ENGINEER),
        Until("TOKEN=$ENGINEER get /webhook-endpoints", "https://hooks.example.com/tieout"),
    ];
    telemetry: "telemetry.md" [Types(CONTROLLER)];
    security: "security.md" [First(COMPANY), Types(ADMINISTRATOR), Types(ADMINISTRATOR)];
    long_runs:
        "performance.md" [
            Leaves("measures a released program for minutes"),
            Leaves("measures a released program for minutes"),
            Leaves("measures a released program for minutes"),
            Leaves("measures a released program for minutes"),
        ],
        "storm.md" [
            Leaves("lives a thousand years"),
            Leaves("builds and starts a cluster; it is a test itself"),
        ];
}

/// A page with a command to type is read by a test, or it would grow stale unseen.
#[test]
fn every_page_with_commands_is_typed() {
    let mut left_out = Vec::new();
    for name in page::names() {
        let blocks = page::blocks(&name);
        if blocks.iter().any(page::Block::is_typed) && !READ.contains(&name.as_str()) {
            left_out.push(format!("{name} has commands that no test types"));
        }
        if blocks.iter().any(page::Block::hides_commands) {
            left_out.push(format!(
                "{name} has commands in a block that is not marked sh"
            ));
        }
    }
    assert!(left_out.is_empty(), "{}", left_out.join("\n"));
}

/// Settings that a page shows are settings: the program starts with them.
#[test]
fn settings_of_the_pages_are_taken() {
    // Of these pages TOML is the content of configuration and of processes, which other tests read.
    let documents = ["governance.md", "processes.md"];
    let (mut taken, mut wrong) = (0, Vec::new());
    for name in page::names() {
        let blocks = page::blocks(&name);
        for block in blocks.iter().filter(|block| block.language == "toml") {
            if documents.contains(&name.as_str()) {
                continue;
            }
            match served::takes_settings(&block.text) {
                Ok(()) => taken += 1,
                Err(told) => wrong.push(format!("{name}: {told}")),
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(taken > 5, "only {taken} pages show settings");
}

/// Every story that a page tells one to run is there, and so is every file of the repository that a
/// page names in its text.
#[test]
fn what_the_pages_name_is_there() {
    let mut named = 0;
    let mut missing = Vec::new();
    for name in page::names() {
        let text = std::fs::read_to_string(page::folder().join(&name)).unwrap();
        for word in text.split(|c: char| c.is_whitespace() || "`()|,;".contains(c)) {
            let word = word.trim_end_matches(['.', ':']);
            let is_file = ["stories/", "crates/", "docs/"]
                .iter()
                .any(|at| word.starts_with(at));
            if is_file && !word.contains(['*', '{', '<', '…']) {
                named += 1;
                if !root().join(word).exists() {
                    missing.push(format!("{name}: {word}"));
                }
            }
        }
    }
    assert!(missing.is_empty(), "{}", missing.join("\n"));
    assert!(named > 20, "only {named} files are named");
}
