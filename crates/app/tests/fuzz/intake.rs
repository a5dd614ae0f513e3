//! What is sent to books that sell something already: files of rows, events of use, a catalogue as one
//! document, policies and letterheads.

use crate::targets::{TOML, Target, on_new_books, said, split, target, text};
use app::command::{Command, Envelope, RecordUsage};
use app::{App, AppFault};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use store::StoreFault;

pub fn targets() -> Vec<Target> {
    vec![
        target("batch_files", FILES, &[], files()),
        target("usage_events", EVENTS, &[], events_of_use()),
        target("catalogue_document", CATALOGUES, &[], catalogues()),
        target(
            "billing_policies",
            &["version = 1", "[dunning]\nversion = 1\npolicies = []\n"],
            &[
                "crates/billing/data/collection-policy.toml",
                "crates/control/data/discount-policy.toml",
                "crates/control/data/processes",
                TOML,
            ],
            |input| {
                let text = text(input);
                let policy = values::read_toml::<billing::CollectionPolicy>(&text);
                let known = control::process::Known {
                    events: &["com.tieout.payment.payment.refunded.v1"],
                    commands: &["refund_payment", "record_payment"],
                    operations: &["netsuite.journal_entry"],
                };
                [
                    policy.map_or_else(|fault| fault.to_string(), |it| said(&it.check())),
                    said(&control::discount_policy::DiscountPolicy::read(&text)),
                    said(&control::process::Definition::read(&text, &known)),
                ]
                .join(" / ")
            },
        ),
        target(
            "letterhead",
            &[
                "\u{89}PNG",
                "{\"name\":\"Example Inc.\",\"address\":{\"country\":\"DE\"},\"vat_id\":\"DE123456789\",\
                 \"electronic_address\":\"0204:991-12345-67\",\
                 \"bank_accounts\":[{\"account\":\"DE89 3704 0044 0532 0130 00\"}]}",
            ],
            &[],
            letterhead,
        ),
    ]
}

/// The smallest picture that is one: a transparent point.
const POINT: &str = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg==";

/// The input as the text of a letterhead, and as its picture: once as it is, and once behind the
/// beginning of a real one.
fn letterhead(input: &[u8]) -> String {
    let read = serde_json::from_slice::<paper::Letterhead>(input);
    let with_logo = |bytes: &[u8]| {
        let letterhead = paper::Letterhead {
            name: "Example Inc.".to_owned(),
            logo: Some(paper::Logo(STANDARD.encode(bytes))),
            ..paper::Letterhead::default()
        };
        format!("{:?}", letterhead.faults())
    };
    let mut real = STANDARD.decode(POINT).unwrap();
    let at = input.len().min(real.len() - 16);
    real[16..16 + at].copy_from_slice(&input[..at]);
    [
        read.map_or_else(|fault| fault.to_string(), |it| format!("{:?}", it.faults())),
        with_logo(input),
        with_logo(&real),
    ]
    .join(" / ")
}

/// Books with an entity, a customer, a product that is metered and a contract for it.
fn selling() -> App {
    let app = on_new_books();
    for (name, body) in [
        (
            "create_entity",
            json!({ "id": "US", "name": "Example Inc.", "currency": "USD", "time_zone": "America/New_York" }),
        ),
        ("set_tax_rate", json!({ "entity": "US", "rate": "0" })),
        (
            "create_customer",
            json!({ "id": "acme", "legal_name": "Acme Corp." }),
        ),
        (
            "publish_meter",
            json!({ "code": "calls", "name": "Calls", "unit": "call", "aggregation": "sum" }),
        ),
        (
            "publish_product",
            json!({ "code": "P", "name": "P", "prices": [{
                "currency": "USD", "billing": "monthly", "timing": "arrears",
                "charge": { "model": "per_unit", "unit_price": "0.50" },
                "measure": { "by": "meter", "meter": "calls" }
            }] }),
        ),
        (
            "activate_contract",
            json!({ "id": "C-1", "customer": "acme", "entity": "US", "start": "2026-01-01",
                "end": "2026-12-31", "lines": [{ "product": "P" }] }),
        ),
    ] {
        act(&app, "set-up", name, body).unwrap();
    }
    app
}

fn act(app: &App, key: &str, name: &str, body: Value) -> Result<Value, String> {
    let command = Command::read(name, body).map_err(|fault| fault.to_string())?;
    let envelope = Envelope {
        client: "fuzz".to_owned(),
        key: format!("{key}/{name}"),
        actor: "fuzz".to_owned(),
        command,
    };
    match app.execute(envelope) {
        Ok(_) => Ok(Value::Null),
        Err(AppFault::Store(StoreFault::BrokeOff)) => {
            panic!("{name} broke off in its transaction")
        }
        Err(fault) => Err(format!("{fault:?}")),
    }
}

/// Books that are made anew now and then, so that they stay small.
struct Fresh {
    app: App,
    done: u32,
}

impl Fresh {
    fn new() -> Fresh {
        Fresh {
            app: selling(),
            done: 0,
        }
    }

    fn act(&mut self, name: &str, body: Value) -> String {
        self.done += 1;
        if self.done.is_multiple_of(1_000) {
            self.app = selling();
        }
        match act(&self.app, &self.done.to_string(), name, body) {
            Ok(_) => format!("done {name}"),
            Err(fault) => fault,
        }
    }
}

/// The command that each row becomes, and the file.
const FILES: &[&str] = &[
    "import_customers\nid,legal_name,class,references[0].system,references[0].kind,references[0].id\na,A,business,salesforce,Account,001\n",
    "import_contracts\nid,customer,entity,start,end,lines[0].product,lines[0].quantity\nC-9,acme,US,2026-01-01,2026-12-31,P,10\n",
    "import_payments\ncustomer,entity,amount,currency,text\nacme,US,10.00,USD,\"US-2026-00001, thanks\"\n",
    "import_outside_invoices\nsystem,outside_id,number,contract,issued,lines[0].component,lines[0].from,lines[0].to,lines[0].net,lines[0].tax\nzuora,in-1,Z-1,C-1,2026-01-31,C-1-1,2026-01-01,2026-01-31,10.00,0\n",
    "import_journals\nentity,date,reason,lines[0].account,lines[0].debit,lines[1].account,lines[1].credit\nUS,2026-02-10,x,1000,5.00,2100,5.00\n",
    "import_usage\nmeter,key,contract,at,value\ncalls,k1,C-1,2026-02-01T10:00:00Z,12.5\n",
    "import_products\ncode,name,prices[0].currency,prices[0].billing,prices[0].charge.model,prices[0].charge.amount\nQ,Q,USD,monthly,flat,9\n",
    "import_prices\nproduct,currency,billing,timing,from,unit_price,charge_json\nP,EUR,monthly,advance,2026-03-01,9.99,\n",
];

/// An input that the program refuses at once mutates into little else.
#[test]
fn every_example_of_a_file_is_one_that_the_command_takes() {
    let mut refused = Vec::new();
    for example in FILES {
        let (name, content) = split(example.as_bytes());
        let body = json!({ "name": "f.csv", "content": text(content), "rows": 1 });
        if let Err(fault) = act(&selling(), "example", &name, body) {
            refused.push(format!("{example}{fault}"));
        }
    }
    // The contract is billed here and by nobody else.
    assert_eq!(refused.len(), 1, "{}", refused.join("\n"));
    assert!(
        refused[0].contains("Tieout itself bills contract C-1"),
        "{}",
        refused[0]
    );
}

fn files() -> impl FnMut(&[u8]) -> String {
    let mut books = Fresh::new();
    move |input| {
        let (name, content) = split(input);
        let body = |bad_rows: &str| json!({ "name": "f.csv", "content": text(content), "bad_rows": bad_rows });
        let whole = books.act(&name, body("refuse"));
        let good = books.act(&name, body("set_aside"));
        format!("{whole} / {good}")
    }
}

const EVENTS: &[&str] = &[
    "{\"meter\":\"calls\",\"key\":\"k1\",\"contract\":\"C-1\",\"at\":\"2026-02-01T10:00:00Z\",\"value\":\"3\"}\n",
    "{\"meter\":\"calls\",\"key\":\"k2\",\"contract\":\"C-1\",\"at\":\"2026-01-31T23:59:59.999999Z\",\"value\":\"-3\",\"replaces\":\"k1\"}\n\
     {\"meter\":\"calls\",\"key\":\"k3\",\"customer\":\"acme\",\"at\":\"2026-01-31T23:59:59Z\",\"cancels\":\"k2\"}\n",
];

#[test]
fn every_example_of_events_is_one_that_the_door_takes() {
    let mut told = events_of_use();
    assert_eq!(told(EVENTS[0].as_bytes()), "[Accepted] []");
    assert_eq!(told(EVENTS[1].as_bytes()), "[Accepted, Accepted] []");
}

/// One event a line, as the door takes them.
fn events_of_use() -> impl FnMut(&[u8]) -> String {
    let (mut app, mut done) = (selling(), 0_u32);
    move |input| {
        let mut events: Vec<RecordUsage> = Vec::new();
        for line in input.split(|byte| *byte == b'\n') {
            match serde_json::from_slice(line) {
                Ok(event) => events.push(event),
                Err(_) if line.is_empty() => {}
                Err(fault) => return fault.to_string(),
            }
        }
        done += 1;
        if done.is_multiple_of(1_000) {
            app = selling();
        }
        match app.take_usage("fuzz", events) {
            Ok(taken) => {
                let counted = taken.accepted + taken.duplicates + taken.held + taken.rejected;
                assert_eq!(counted, taken.events, "an event was dropped: {taken:?}");
                format!("{:?} {:?}", taken.results, taken.problems)
            }
            Err(AppFault::Store(StoreFault::BrokeOff)) => {
                panic!("use broke off in its transaction")
            }
            Err(fault) => format!("{fault:?}"),
        }
    }
}

const CATALOGUES: &[&str] = &[
    "{\"products\":[{\"code\":\"Q\",\"name\":\"Q\",\"prices\":[{\"currency\":\"USD\",\"billing\":\"monthly\",\"charge\":{\"model\":\"graduated\",\"tiers\":[{\"up_to\":\"10\",\"unit_price\":\"1\"},{\"unit_price\":\"0.5\"}]}}]}]}",
    "{\"offers\":[{\"kind\":\"plan\",\"code\":\"PRO\",\"name\":\"Pro\",\"product\":\"P\",\"months\":12},\
     {\"kind\":\"template\",\"code\":\"T\",\"name\":\"T\",\"billing_day\":1}]}",
];

fn catalogues() -> impl FnMut(&[u8]) -> String {
    let mut books = Fresh::new();
    move |input| match serde_json::from_slice(input) {
        Ok(body) => books.act("import_catalogue", body),
        Err(fault) => fault.to_string(),
    }
}
