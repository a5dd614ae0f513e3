//! A company with contracts to bill, and its books as text.

use app::command::Command;
use app::journey::billing::{Pages, Through, bill_contract};
use app::{App, MonotonicIds, Routing, SimulatedClock};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::Arc;
use store::bill_pages::{self, DueFilter};
use store::documents::{self, DocumentFilter};
use store::{Durability, Location, Store, contracts, journals, log, obligations, settings};
use values::Date;

/// Who acts.
pub const ACTOR: &str = "test";

/// A company.
pub struct Company {
    pub app: App,
    pub clock: Arc<SimulatedClock>,
    // Kept so that the file lives as long as the books.
    _folder: tempfile::TempDir,
}

pub fn day(text: &str) -> Date {
    text.parse().unwrap()
}

impl Company {
    /// A run over so many euros needs a second person.
    pub fn limited(limit: &str) -> Company {
        let company = Company::new();
        company
            .app
            .put_user("checker", control::Role::Controller, "")
            .unwrap();
        company.limit(limit);
        company
    }

    pub fn limit(&self, limit: &str) {
        let policy = format!(
            "version = 2\n[[rules]]\ncommand = \"create_bill_run\"\nwhen = \"over\"\nlimits = {{ EUR = \"{limit}\" }}\nbelow = \"free\"\npermission = \"approve_finance\"\nexpires_days = 14\n"
        );
        let publish = Command::read("publish_approval_policy", json!({ "toml": policy })).unwrap();
        self.app.act_approved(ACTOR, "checker", publish).unwrap();
    }

    pub fn act(&self, name: &str, body: Value) -> Value {
        self.app
            .act(ACTOR, Command::read(name, body).unwrap())
            .unwrap()
    }

    /// Thirty contracts of ten customers, some paying by card, in two legal entities.
    pub fn new() -> Company {
        let clock = Arc::new(SimulatedClock::at("2026-01-05T14:00:00Z".parse().unwrap()));
        let folder = tempfile::tempdir().unwrap();
        let location = Location::File(folder.path().join("books.db"));
        let store = Store::open(&location, Durability::Relaxed).unwrap();
        let ids = Arc::new(MonotonicIds::new(1, 0));
        let app = App::open(store, clock.clone(), ids, events::Origin::Simulation).unwrap();
        let company = Company {
            app,
            clock,
            _folder: folder,
        };
        for (entity, zone) in [("DE", "Europe/Berlin"), ("AT", "Europe/Vienna")] {
            company.act(
                "create_entity",
                json!({ "id": entity, "name": entity, "currency": "EUR", "time_zone": zone }),
            );
            company.act(
                "set_tax_rate",
                json!({ "entity": entity, "rate": "0.19", "name": "VAT 19 %" }),
            );
        }
        let price =
            |model: Value| json!({ "currency": "EUR", "billing": "monthly", "charge": model });
        for (code, model) in [
            ("SEAT", json!({ "model": "per_unit", "unit_price": "12.5" })),
            ("CARE", json!({ "model": "flat", "amount": "49" })),
        ] {
            let product = json!({ "code": code, "name": code, "prices": [price(model)] });
            company.act("publish_product", product);
        }
        company
            .app
            .set_routing(
                ACTOR,
                Routing {
                    collect_cards: true,
                    deliver_journals: true,
                    write_back: false,
                },
            )
            .unwrap();
        for number in 0..30 {
            company.subscribe(number);
        }
        company
    }

    fn subscribe(&self, number: usize) {
        let customer = format!("cus-{:02}", number % 10);
        if number < 10 {
            let mut body = json!({ "id": customer, "legal_name": customer, "currency": "EUR" });
            if number.is_multiple_of(3) {
                body["collection"] = json!("card");
                let reference = format!("cus_{number}");
                body["references"] =
                    json!([{ "system": "stripe", "kind": "Customer", "id": reference }]);
            }
            self.act("create_customer", body);
        }
        let entity = if number.is_multiple_of(4) { "AT" } else { "DE" };
        self.act(
            "activate_contract",
            json!({ "id": format!("con-{number:02}"), "customer": customer, "entity": entity,
                "start": "2026-01-01", "end": "2026-12-31", "lines": [
                    { "component": "seats", "product": "SEAT", "quantity": (number + 1).to_string() },
                    { "component": "care", "product": "CARE", "quantity": "1" },
                ] }),
        );
    }

    /// Everything that the books hold of billing, row by row.
    pub fn books(&self) -> Vec<String> {
        self.app
            .store()
            .read(|tx| -> Result<_, store::StoreFault> {
                let mut rows = Vec::new();
                log::each_in_order(tx, |mut event| {
                    // The seals cover ids, which differ; the chain itself is checked apart.
                    event.hash.clear();
                    rows.push(format!("{event:?}"));
                    Ok(())
                })?;
                for (partition, sequence, _) in log::heads(tx)? {
                    rows.push(format!("head of {partition}: {sequence}"));
                }
                let mut found = documents::documents(tx, &DocumentFilter::default(), "", 10_000)?;
                // By number: a page that is decided anew mints its ids later than the next one.
                found.sort_by(|one, other| one.number.cmp(&other.number));
                for document in &found {
                    rows.push(format!("{document:?}"));
                    for line in documents::lines_of(tx, &document.id)? {
                        rows.push(format!("{line:?}"));
                    }
                }
                let mut posted = Vec::new();
                journals::each_in_order(tx, |journal, lines| {
                    posted.push((journal, lines));
                    Ok(())
                })?;
                posted.sort_by(|one, other| one.0.narration.cmp(&other.0.narration));
                rows.extend(posted.iter().map(|entry| format!("{entry:?}")));
                for balance in journals::balances(tx, "")? {
                    rows.push(format!("{balance:?}"));
                }
                for obligation in obligations::page(tx, "", "", 10_000)? {
                    rows.push(format!("{obligation:?}"));
                }
                for contract in contracts::all_after(tx, "", 10_000)? {
                    rows.push(format!("{contract:?}"));
                }
                for entity in ["DE", "AT"] {
                    let last = settings::last_number(tx, &format!("number/{entity}/2026"))?;
                    rows.push(format!("last number of {entity}: {last}"));
                }
                Ok(rows)
            })
            .unwrap()
    }

    /// Bills every contract due, each in a transaction of its own.
    pub fn one_at_a_time(&self, through: Date) {
        let due = self
            .app
            .store()
            .read(move |tx| {
                let all = DueFilter::default();
                bill_pages::due(tx, &through.to_string(), &all, ("", ""), 10_000)
            })
            .unwrap();
        for row in due {
            let id = row.id.parse().unwrap();
            self.app
                .run(ACTOR, move |tx, context| {
                    bill_contract(tx, context, &id, through)
                })
                .unwrap();
        }
    }

    pub fn by_page(&self, through: Date, size: i64) -> usize {
        let pages = Pages {
            through: Through::Day(through),
            size,
            ..Pages::default()
        };
        let mut documents = 0;
        self.app
            .bill_pages(ACTOR, &pages, |page| {
                documents += page.documents.len();
                true
            })
            .unwrap();
        documents
    }

    pub fn documents(&self) -> Vec<documents::DocumentRow> {
        self.app
            .store()
            .read(|tx| documents::documents(tx, &DocumentFilter::default(), "", 10_000))
            .unwrap()
    }

    /// Leaves what is stored of a contract unreadable.
    pub fn break_contract(&self, id: &str) {
        let id = id.to_owned();
        self.app
            .store()
            .write(move |tx| -> Result<(), store::StoreFault> {
                let row = contracts::contract(tx, &id)?.unwrap();
                let broken = contracts::ContractRow {
                    version: row.version + 1,
                    body: "{}".to_owned(),
                    ..row
                };
                contracts::put_version(tx, &broken, &broken.body, 0)
            })
            .unwrap();
    }

    /// What was changed between two months: fewer seats, a customer with a tax rate that is missing.
    pub fn change(&self) {
        self.act(
            "amend_contract",
            json!({ "contract": "con-07", "effective": "2026-01-10", "reason": "fewer seats",
                "change": { "kind": "quantity", "component": "seats", "quantity": "1" } }),
        );
        self.act(
            "amend_contract",
            json!({ "contract": "con-11", "effective": "2026-02-10", "reason": "more seats",
                "change": { "kind": "quantity", "component": "seats", "quantity": "90" } }),
        );
    }
}

/// The ids of a dump in the order of their first appearance, so that two dumps that differ only in
/// ids are the same.
pub fn renamed(rows: &[String]) -> Vec<String> {
    let mut names: BTreeMap<String, String> = BTreeMap::new();
    let mut renamed = Vec::new();
    for row in rows {
        let mut text = String::new();
        let mut rest = row.as_str();
        while let Some(at) = rest.find('_') {
            let (before, after) = rest.split_at(at + 1);
            text.push_str(before);
            let length = after
                .bytes()
                .take_while(|byte| byte.is_ascii_digit() || byte.is_ascii_uppercase())
                .count();
            if length == 26 {
                let next = format!("#{}", names.len());
                text.push_str(names.entry(after[..26].to_owned()).or_insert(next));
            } else {
                text.push_str(&after[..length]);
            }
            rest = &after[length..];
        }
        text.push_str(rest);
        renamed.push(without_states(&text));
    }
    renamed
}

/// The text without the marks of the states that lines were decided on, which are made of ids.
fn without_states(text: &str) -> String {
    let mark = |piece: &str| {
        let length = piece.bytes().take_while(u8::is_ascii_hexdigit).count();
        match length {
            16 => format!("state{}", &piece[16..]),
            _ => piece.to_owned(),
        }
    };
    let pieces: Vec<String> = text.split('-').map(mark).collect();
    pieces.join("-")
}

pub fn assert_same(one: &[String], other: &[String]) {
    for (one, other) in one.iter().zip(other) {
        assert_eq!(one, other);
    }
    assert_eq!(one.len(), other.len());
}
