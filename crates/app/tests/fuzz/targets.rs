//! The parsers of outside input, each as a function from bytes to what it says.

use app::command::{Command, Envelope};
use app::query::{ListFilter, audit_verify};
use app::seal::{SealKey, Sealer};
use app::{App, AppFault, MonotonicIds, SimulatedClock};
use connect::stripe::webhook::Verifier;
use connect::{
    Operation, Reply, Safety, Secret, adyen, netsuite, salesforce, standard_webhooks, stripe,
};
use std::fmt::Debug;
use std::sync::Arc;
use store::{Durability, Location, Store, StoreFault};
use values::{Currency, Instant, Money};

/// Reads an input and says in a word what it was.
pub type Run = Box<dyn FnMut(&[u8]) -> String>;

/// One parser, or several of one kind of input.
pub struct Target {
    pub name: &'static str,
    pub run: Run,
    pub examples: &'static [&'static str],
    /// Files and folders of the repository.
    pub seeds: &'static [&'static str],
}

/// Text that a reader of TOML refuses before it can overflow the stack.
pub const TOML: &str = "fuzz/corpus/toml";

static OPERATION: Operation = Operation {
    system: "fuzz",
    name: "read",
    safety: Safety::NativeKey,
};

pub fn said<T, E: Debug>(outcome: &Result<T, E>) -> String {
    outcome
        .as_ref()
        .map_or_else(|fault| format!("{fault:?}"), |_| "read".to_owned())
}

fn all(outcomes: &[String]) -> String {
    outcomes.join(" / ")
}

pub fn text(input: &[u8]) -> String {
    String::from_utf8_lossy(input).into_owned()
}

/// The first line, and what follows.
pub fn split(input: &[u8]) -> (String, &[u8]) {
    let at = input
        .iter()
        .position(|byte| *byte == b'\n')
        .unwrap_or(input.len());
    (text(&input[..at]), input.get(at + 1..).unwrap_or_default())
}

/// An answer of another system. The first byte chooses the status.
fn reply(input: &[u8]) -> Reply {
    let status = match input.first().copied().unwrap_or_default() % 8 {
        0 => 404,
        1 => 429,
        2 => 500,
        _ => 200,
    };
    let headers = vec![
        ("retry-after".to_owned(), split(input).0),
        ("location".to_owned(), split(input).0),
    ];
    Reply {
        status,
        headers,
        body: input.to_vec(),
    }
}

fn now() -> Instant {
    "2026-02-10T12:00:00Z".parse().unwrap()
}

pub fn target(
    name: &'static str,
    examples: &'static [&'static str],
    seeds: &'static [&'static str],
    run: impl FnMut(&[u8]) -> String + 'static,
) -> Target {
    Target {
        name,
        run: Box::new(run),
        examples,
        seeds,
    }
}

const ADYEN: &[&str] = &["crates/connect/tests/fixtures/adyen"];
const STRIPE: &[&str] = &["crates/connect/tests/fixtures/stripe"];
const SALESFORCE: &[&str] = &["crates/connect/tests/fixtures/salesforce"];
const NETSUITE: &[&str] = &["crates/connect/tests/fixtures/netsuite"];

pub fn targets() -> Vec<Target> {
    let mut all = systems();
    all.extend(documents());
    all.extend(values_and_texts());
    all.push(target("commands", COMMANDS, &[], commands()));
    all.push(target("lists", CURSORS, &[], lists()));
    all.extend(crate::intake::targets());
    all
}

fn systems() -> Vec<Target> {
    vec![
        target("adyen_notification", &["{}"], ADYEN, |input| {
            let key = Secret::new("00112233445566778899aabbccddeeff");
            let verifier = adyen::webhook::Verifier { keys: vec![key] };
            let read = adyen::webhook::read_items(input);
            let checked = read.as_ref().map(|items| verifier.verify(items));
            all(&[said(&read), format!("{checked:?}")])
        }),
        target("adyen_answer", &["{}"], ADYEN, |input| {
            let reply = reply(input);
            all(&[
                said(&adyen::read_payment(&OPERATION, &reply)),
                said(&adyen::read_refund(&OPERATION, &reply)),
            ])
        }),
        target("stripe_webhook_body", &["{}"], STRIPE, |input| {
            said(&stripe::read_delivered_event(input))
        }),
        target(
            "stripe_signature",
            &[
                "t=1770724800,v1=00\n{}",
                "t=1770724800,v0=1,v1=aa,v1=bb\n{}",
                "t=,v1=\n",
            ],
            &[],
            |input| {
                let (header, body) = split(input);
                let verifier = Verifier {
                    secrets: vec![Secret::new("whsec_x")],
                    tolerance_s: 300,
                };
                said(&verifier.verify(Some(&header), body, now()))
            },
        ),
        target(
            "standard_webhooks",
            &["msg_1\n1770724800\nv1,AAAA v1,BBBB\n{}", "\n-1\n\n"],
            &[],
            |input| {
                let (id, rest) = split(input);
                let (time, rest) = split(rest);
                let (signatures, body) = split(rest);
                let secrets = [
                    standard_webhooks::secret_of(&[7; 32]),
                    Secret::new(id.clone()),
                ];
                let told = secrets.map(|secret| {
                    said(&standard_webhooks::verify(
                        &id,
                        &time,
                        &signatures,
                        body,
                        &secret,
                        now(),
                    ))
                });
                all(&told)
            },
        ),
        target("stripe_answers", &["{}"], STRIPE, |input| {
            let reply = reply(input);
            all(&[
                said(&stripe::read_payment(&OPERATION, &reply)),
                said(&stripe::read_charge(&OPERATION, &reply)),
                said(&stripe::read_refund(&OPERATION, &reply)),
                said(&stripe::read_customers(&OPERATION, &reply)),
                said(&stripe::read_events(&OPERATION, &reply)),
                format!("{:?}", stripe::read_fault(&OPERATION, &reply).class),
            ])
        }),
        target("soql_answers", &["[]"], SALESFORCE, |input| {
            let reply = reply(input);
            all(&[
                said(&salesforce::read_won_page(&OPERATION, &reply)),
                said(&salesforce::read_line_page(&OPERATION, &reply)),
                said(&salesforce::read_text_page(&OPERATION, &reply)),
                said(&salesforce::read_token(&OPERATION, &reply)),
                format!("{:?}", salesforce::read_fault(&OPERATION, &reply).class),
            ])
        }),
        target("netsuite_answers", &["{\"items\":[]}"], NETSUITE, |input| {
            let reply = reply(input);
            all(&[
                said(&netsuite::read_rows(&OPERATION, &reply)),
                said(&netsuite::read_journal(&OPERATION, &reply)),
                said(&netsuite::read_customer(&OPERATION, &reply)),
                said(&netsuite::read_job(&OPERATION, &reply)),
                said(&netsuite::read_created(&OPERATION, &reply)),
                format!("{:?}", netsuite::read_fault(&OPERATION, &reply).class),
            ])
        }),
    ]
}

fn documents() -> Vec<Target> {
    vec![
        target(
            "posting_rules",
            &["[[rule]]"],
            &["crates/ledger/data/posting-rules.toml", TOML],
            |input| said(&ledger::RuleBook::read(&text(input))),
        ),
        target(
            "chart",
            &["[[account]]"],
            &["crates/ledger/data/chart.toml", TOML],
            |input| said(&ledger::Chart::read(&text(input))),
        ),
        target(
            "topology",
            &[""],
            &["crates/control/data/topology", TOML],
            |input| said(&control::topology::Topology::read(&text(input))),
        ),
        target(
            "mappings",
            &[""],
            &[
                "crates/control/data/mapping-salesforce.toml",
                "crates/control/data/mapping-netsuite.toml",
                TOML,
            ],
            |input| {
                let text = text(input);
                all(&[
                    said(&control::mapping::Mapping::salesforce(&text)),
                    said(&control::mapping::Mapping::netsuite(&text)),
                ])
            },
        ),
        target(
            "approval_policy",
            &[""],
            &["crates/control/data/approval-policy.toml", TOML],
            |input| {
                let known = ["refund_payment", "reopen_period", "post_journal"];
                said(&control::approval_policy::ApprovalPolicy::read(
                    &text(input),
                    &known,
                ))
            },
        ),
        target(
            "flow_register",
            &[""],
            &["crates/control/data/flows.toml", TOML],
            |input| said(&control::flow::FlowRegister::read(&text(input))),
        ),
        target(
            "deviation_template",
            &[""],
            &["crates/control/data/template.toml", TOML],
            |input| said(&control::deviation::Template::read(&text(input))),
        ),
        target(
            "connections",
            &[
                "[stripe]\napi_key = \"sk_test_x\"\n",
                "[pace]\nparallel = 4\n",
            ],
            &[],
            |input| {
                let read: Result<app::connections::ConnectionsConfig, _> =
                    toml::from_str(&text(input));
                said(&read)
            },
        ),
        target(
            "story",
            &["name: x\nsteps: []\n"],
            &["stories/annual-upgrade.yaml"],
            |input| said(&app::story::run(&text(input)).map(|_| ())),
        ),
        target(
            "audit_export",
            &[
                "{\"line\":\"heads\",\"events\":0,\"heads\":[]}",
                "{\"line\":\"event\"}",
            ],
            &[],
            |input| said(&audit_verify(input)),
        ),
    ]
}

fn values_and_texts() -> Vec<Target> {
    let sealer = Sealer::from_key([9; 32]);
    let sealed: &'static str = Box::leak(
        sealer
            .seal("p", "n", &Secret::new("s"))
            .unwrap()
            .into_boxed_str(),
    );
    let examples: &'static [&'static str] =
        Box::leak(vec![sealed, "sealed:v1:a:b"].into_boxed_slice());
    vec![
        target("sealed_text", examples, &[], move |input| {
            let text = text(input);
            all(&[
                said(&sealer.open("p", "n", &text)),
                format!("{:?}", SealKey::parse(&text).is_some()),
            ])
        }),
        target(
            "values",
            &[
                "12.34",
                "-0.005",
                "2026-02-28",
                "2026-02",
                "2026-02-10T12:00:00Z",
                "USD",
                "inv_01KH3PRDG0000020000400001E",
            ],
            &[],
            |input| {
                let text = text(input);
                all(&[
                    said(&values::parse_decimal(&text)),
                    said(&Money::parse(&text, Currency::USD)),
                    said(&values::parse_date(&text)),
                    said(&text.parse::<values::Month>()),
                    said(&text.parse::<Instant>()),
                    said(&text.parse::<Currency>()),
                    said(&text.parse::<values::InvoiceId>()),
                    said(&text.parse::<values::EntityId>()),
                ])
            },
        ),
        target(
            "recorded_event",
            &["com.tieout.ledger.period.closed.v1\n{}", "x\n[]"],
            &[],
            |input| {
                let (name, body) = split(input);
                said(&events::Event::read(&name, &text(body)))
            },
        ),
    ]
}

const COMMANDS: &[&str] = &[
    "create_entity\n{\"id\":\"US\",\"name\":\"N\",\"currency\":\"USD\",\"time_zone\":\"America/New_York\"}",
    "create_customer\n{\"id\":\"acme\",\"legal_name\":\"Acme\"}",
    "publish_product\n{\"code\":\"P\",\"name\":\"P\",\"prices\":[{\"currency\":\"USD\",\"billing\":\"monthly\",\"charge\":{\"model\":\"per_unit\",\"unit_price\":\"49.90\"},\"from\":null}]}",
    "activate_contract\n{\"customer\":\"acme\",\"entity\":\"US\",\"start\":\"2026-01-01\",\"end\":\"2026-12-31\",\"lines\":[{\"product\":\"P\",\"quantity\":10}]}",
    "run_billing\n{\"through\":\"2026-03-01\"}",
    "set_tax_rate\n{\"entity\":\"US\",\"rate\":\"0.2\"}",
    "publish_posting_rules\n{\"toml\":\"[[rule]]\"}",
    "publish_approval_policy\n{\"toml\":\"\"}",
    "propose_configuration\n{\"kind\":\"topology\",\"body\":\"\",\"reason\":\"x\"}",
    "publish_process\n{\"toml\":\"\"}",
    "import_customers\n{\"csv\":\"id,legal_name\\na,b\\n\"}",
    "record_payment\n{\"customer\":\"acme\",\"entity\":\"US\",\"amount\":\"10.00\",\"currency\":\"USD\"}",
    "amend_contract\n{\"contract\":\"C-1\",\"effective\":\"2026-02-01\",\"change\":{\"kind\":\"pause\",\"resume_on\":\"2026-03-01\"},\"reason\":\"x\"}",
    "create_quote\n{\"content\":{\"customer\":\"acme\",\"entity\":\"US\",\"start\":\"2026-03-01\",\"months\":12,\"lines\":[{\"product\":\"P\",\"quantity\":\"5\",\"discount\":\"0.1\"}]}}",
    "publish_offer\n{\"kind\":\"plan\",\"code\":\"PRO\",\"name\":\"Pro\",\"product\":\"P\",\"months\":12}",
    "set_price\n{\"product\":\"P\",\"currency\":\"USD\",\"unit_price\":\"1\",\"from\":\"2026-03-01\"}",
    "publish_meter\n{\"code\":\"m\",\"name\":\"M\",\"unit\":\"u\",\"aggregation\":\"sum\"}",
    "set_billing_policy\n{\"entity\":\"US\",\"policy\":{\"proration\":{\"fixed_days\":30}}}",
    "set_invoice_policy\n{\"entity\":\"US\",\"policy\":{\"draft_days\":5,\"approve_over\":[{\"amount\":\"10.00\",\"currency\":\"USD\"}],\"invoice_numbers\":{\"pattern\":\"INV-{year}-{number:5}\"}}}",
    "finalise_invoice\n{\"draft\":\"C-1\",\"version\":1}",
    "set_tax_profile\n{\"customer\":\"acme\",\"country\":\"DE\"}",
    "publish_collection_policy\n{\"toml\":\"version = 2\"}",
    "publish_discount_policy\n{\"toml\":\"version = 2\"}",
    "create_bill_run\n{\"id\":\"R\",\"through\":\"2026-03-01\"}",
    "grant_credit\n{\"customer\":\"acme\",\"entity\":\"US\",\"amount\":\"10\",\"reason\":\"x\"}",
    "open_dispute\n{\"invoice\":\"US-2026-00001\",\"amount\":\"1\",\"reason\":\"price\",\"note\":\"x\"}",
    "add_webhook_endpoint\n{\"url\":\"https://example.com/x\",\"types\":[\"*\"]}",
];

pub fn on_new_books() -> App {
    let store = Store::open(&Location::Memory, Durability::Relaxed).unwrap();
    let clock = Arc::new(SimulatedClock::at(now()));
    let app = App::open(
        store,
        clock,
        Arc::new(MonotonicIds::new(1, 1)),
        events::Origin::Simulation,
    )
    .unwrap();
    app.with_sealer(Sealer::from_key([9; 32])).unwrap()
}

/// A body that breaks off inside a transaction is kept out of the books, and is a bug all the same.
fn commands() -> impl FnMut(&[u8]) -> String {
    let (mut app, mut done) = (on_new_books(), 0_u32);
    move |input| {
        let (name, body) = split(input);
        let Ok(body) = serde_json::from_slice(body) else {
            return "no JSON".to_owned();
        };
        let command = match Command::read(&name, body) {
            Ok(command) => command,
            Err(fault) => return fault.to_string(),
        };
        done += 1;
        if done.is_multiple_of(2_000) {
            app = on_new_books();
        }
        let key = format!("k{done}");
        let envelope = Envelope {
            client: "fuzz".to_owned(),
            key,
            actor: "fuzz".to_owned(),
            command,
        };
        match app.execute(envelope) {
            Ok(_) => format!("done {name}"),
            Err(AppFault::Store(StoreFault::BrokeOff)) => {
                panic!("{name} broke off in its transaction")
            }
            Err(fault) => format!("{fault:?}"),
        }
    }
}

const CURSORS: &[&str] = &[
    "1",
    "a~b",
    "evt_01KH3PRDG0000020000400001E",
    "100\u{1f}inv_1",
    "2026-01-01/inv_1",
];

fn lists() -> impl FnMut(&[u8]) -> String {
    let app = on_new_books();
    move |input| {
        let text = text(input);
        let (cursor, filter) = (Some(text.as_str()), ListFilter::default());
        all(&[
            said(&app.customers(cursor)),
            said(&app.contracts(&filter, cursor)),
            said(&app.invoices(&filter, cursor)),
            said(&app.payments(&filter, cursor)),
            said(&app.journals(&filter, cursor)),
            said(&app.events(cursor, 10)),
            said(&app.access_log(&app::access::AccessQuery::default(), cursor)),
            said(&app.search(&text)),
            said(&app.chain(&text)),
        ])
    }
}
