//! Governance at work: who is not the system of record does not write; configuration changes by
//! proposals with their impact; old postings stay what they were; deviations end.

// A test that cannot go on ends.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use app::command::{Command, Envelope};
use app::connections::Connections;
use app::governance::{digest_of, standard_text};
use app::{App, AppFault, MonotonicIds, Outcome, SimulatedClock, intake};
use control::change::ConfigurationKind;
use control::topology::preset;
use ledger::RuleBook;
use serde_json::{Value, json};
use std::sync::Arc;
use store::inbox::{self, InboxRow};
use store::{Durability, Location, Store, exceptions, journals};

const CLIENT: &str = "console";

struct Company {
    app: App,
    clock: Arc<SimulatedClock>,
}

impl Company {
    fn new() -> Company {
        let clock = Arc::new(SimulatedClock::at("2026-01-15T14:00:00Z".parse().unwrap()));
        let store = Store::open(&Location::Memory, Durability::Relaxed).unwrap();
        let ids = Arc::new(MonotonicIds::new(1, 0));
        let app = App::open(store, clock.clone(), ids, events::Origin::Simulation).unwrap();
        let company = Company { app, clock };
        for (id, currency, zone) in [
            ("DE", "EUR", "Europe/Berlin"),
            ("US", "USD", "America/New_York"),
        ] {
            company.does(
                "create_entity",
                json!({ "id": id, "name": id, "currency": currency, "time_zone": zone }),
            );
            company.does(
                "set_tax_rate",
                json!({ "entity": id, "rate": "0.10", "name": "Tax 10 %" }),
            );
        }
        for code in ["ALPHA", "BETA"] {
            let price = |currency: &str| json!({ "currency": currency, "billing": "monthly", "charge": { "model": "per_unit", "unit_price": "10" } });
            company.does(
                "publish_product",
                json!({ "code": code, "name": code, "prices": [price("EUR"), price("USD")] }),
            );
        }
        company
    }

    fn try_as(
        &self,
        client: &str,
        actor: &str,
        name: &str,
        body: Value,
    ) -> Result<Value, AppFault> {
        let key = self.app.ids().mint("key", self.app.clock().now());
        let command = Command::read(name, body).unwrap();
        let envelope = Envelope {
            client: client.to_owned(),
            key,
            actor: actor.to_owned(),
            command,
        };
        self.app.execute(envelope).map(Outcome::into_answer)
    }

    fn tries(&self, actor: &str, name: &str, body: Value) -> Result<Value, AppFault> {
        self.try_as(CLIENT, actor, name, body)
    }

    fn does(&self, name: &str, body: Value) -> Value {
        self.tries("setup", name, body)
            .unwrap_or_else(|fault| panic!("{name}: {fault}"))
    }

    /// A proposal by one person that another one approves.
    fn changes(&self, kind: ConfigurationKind, text: &str, effective: Option<&str>) -> Value {
        let asked = json!({ "kind": kind.as_str(), "body": text, "reason": "a test", "effective": effective });
        let made = self
            .tries("ana", "propose_configuration", asked)
            .unwrap_or_else(|fault| panic!("{fault}"));
        let decision =
            json!({ "proposal": made["proposal"], "decision": "approve", "reason": "seen" });
        self.tries("li", "decide_configuration", decision)
            .unwrap_or_else(|fault| panic!("{fault}"));
        made
    }

    fn deal(&self, id: &str, entity: &str, product: &str, change: impl Fn(&mut Value)) {
        let currency = if entity == "DE" { "EUR" } else { "USD" };
        let mut record = json!({
            "Id": id, "Name": format!("Deal {id}"), "StageName": "Closed Won", "IsWon": true, "IsClosed": true,
            "CurrencyIsoCode": currency, "SystemModstamp": "2026-01-15T13:00:00Z",
            "Tieout_Start__c": "2026-01-01", "Tieout_End__c": "2026-12-31", "Tieout_Entity__c": entity,
            "Billing_Frequency__c": "Monthly", "Account": { "Id": format!("acc-{id}"), "Name": format!("Customer {id}") },
            "OpportunityLineItems": { "totalSize": 1, "done": true, "records": [
                { "Id": "l1", "Quantity": "3", "UnitPrice": "10", "PricebookEntry": { "Product2": { "ProductCode": product } } } ] },
        });
        change(&mut record);
        let now = self.app.clock().now().microseconds();
        let row = InboxRow {
            source: "salesforce".to_owned(),
            source_id: format!("{id}@1"),
            kind: "Opportunity".to_owned(),
            received: now,
            digest: id.as_bytes().to_vec(),
            raw: record.to_string().into_bytes(),
            status: "open".to_owned(),
            reason: String::new(),
            attempts: 0,
            next_attempt: now,
            deliveries: 1,
            correlation: String::new(),
        };
        self.app
            .run("test", move |tx, _| Ok(inbox::receive(tx, &row)?))
            .unwrap();
        self.works();
    }

    fn works(&self) {
        let _ = intake::process_due(&self.app, &Connections::none(), 100);
    }

    fn status(&self, id: &str) -> (String, String) {
        let id = format!("{id}@1");
        let item = self
            .app
            .store()
            .read(move |tx| inbox::item(tx, "salesforce", &id).map_err(AppFault::from))
            .unwrap()
            .unwrap();
        (item.status, item.reason)
    }

    fn open_about(&self, class: &str) -> Vec<(String, String)> {
        let filter = exceptions::ExceptionFilter {
            status: "open".to_owned(),
            class: class.to_owned(),
            ..Default::default()
        };
        let rows = self
            .app
            .store()
            .read(move |tx| exceptions::by_value(tx, &filter, 0, 100).map_err(AppFault::from))
            .unwrap();
        rows.into_iter()
            .map(|row| (row.summary, row.detail))
            .collect()
    }

    fn contract(&self, id: &str) -> Value {
        json!({ "id": id, "customer": "acme", "entity": "DE", "start": "2026-01-01", "end": "2026-12-31",
                "lines": [{ "product": "ALPHA", "quantity": "3" }] })
    }
}

fn refused(result: Result<Value, AppFault>) -> Vec<(String, String)> {
    match result {
        Err(AppFault::Refused(refusals)) => refusals
            .into_iter()
            .map(|it| (it.code, it.message))
            .collect(),
        other => panic!("not refused: {other:?}"),
    }
}

fn of(name: &str) -> &'static str {
    preset(name).unwrap().text
}

#[test]
fn the_shipped_topology_changes_nothing_of_what_the_program_does() {
    let company = Company::new();
    company.does(
        "create_customer",
        json!({ "id": "acme", "legal_name": "Acme" }),
    );
    company.does("activate_contract", company.contract("C-1"));
    company.deal("006A", "DE", "ALPHA", |_| {});
    assert_eq!(company.status("006A").0, "confirmed");
    let topology = company.app.topology().unwrap();
    assert_eq!((topology.name.as_str(), topology.version), ("standard", 1));
    assert_eq!(topology.presets.len(), 9);
}

#[test]
fn two_product_lines_run_different_models_without_cross_talk() {
    let company = Company::new();
    let text = format!(
        "{}\n[[product_lines]]\nid = \"A\"\nproducts = [\"ALPHA\"]\n\n[[product_lines]]\nid = \"B\"\nproducts = [\"BETA\"]\n\n\
         [[domains]]\ndomain = \"contract\"\nproduct_line = \"B\"\nsystem = \"tieout\"\nmode = \"act\"\n\n\
         [[domains]]\ndomain = \"contract\"\nproduct_line = \"A\"\nsystem = \"salesforce\"\nmode = \"mirror\"\n",
        of("standard")
    );
    company.changes(ConfigurationKind::Topology, &text, None);
    company.does(
        "create_customer",
        json!({ "id": "acme", "legal_name": "Acme" }),
    );
    // Line A is CRM-led: the deal goes through, and people do not enter it.
    company.deal("006A", "DE", "ALPHA", |_| {});
    assert_eq!(company.status("006A").0, "confirmed");
    let by_hand = refused(company.tries("ana", "activate_contract", company.contract("C-A")));
    assert!(
        by_hand
            .iter()
            .all(|(code, told)| code == "not_the_owner" && told.contains("salesforce")),
        "{by_hand:?}"
    );
    // Line B is billing-led: people enter it, and the deal is held with an exception.
    let mut contract = company.contract("C-B");
    contract["lines"][0]["product"] = json!("BETA");
    company.does("activate_contract", contract);
    company.deal("006B", "DE", "BETA", |_| {});
    assert_eq!(company.status("006B").0, "open");
    let conflicts = company.open_about("ownership_conflict");
    assert_eq!(conflicts.len(), 1);
    assert!(
        conflicts[0].1.contains("contract.product") && conflicts[0].1.contains("tieout"),
        "{conflicts:?}"
    );
    // What one line did shows nowhere in the other.
    let proof = company
        .app
        .store()
        .read(|tx| store::contracts::sums(tx).map_err(AppFault::from))
        .unwrap();
    assert_eq!(proof.iter().map(|sum| sum.count).sum::<i64>(), 2);
}

#[test]
fn under_an_erp_centric_topology_others_are_refused_and_nothing_is_issued_here() {
    let company = Company::new();
    company.does(
        "create_customer",
        json!({ "id": "acme", "legal_name": "Acme" }),
    );
    company.does("activate_contract", company.contract("C-1"));
    company.changes(ConfigurationKind::Topology, of("erp_centric"), None);
    let wrong = refused(company.tries(
        "ana",
        "run_billing",
        json!({ "through": "2026-01-31", "contract": "C-1" }),
    ));
    assert_eq!(wrong[0].0, "billed_elsewhere");
    assert!(wrong[0].1.contains("netsuite"), "{wrong:?}");
    let run = company.does("run_billing", json!({ "through": "2026-01-31" }));
    assert_eq!(run["documents"], json!([]));
    for (name, body, field) in [
        (
            "set_tax_rate",
            json!({ "entity": "DE", "rate": "0.2" }),
            "tax.rate",
        ),
        (
            "record_payment",
            json!({ "customer": "acme", "entity": "DE", "amount": "5", "currency": "EUR" }),
            "payment.status",
        ),
        (
            "post_journal",
            json!({ "entity": "DE", "date": "2026-01-15", "reason": "x", "lines": [{ "account": "1000", "debit": "1" }, { "account": "1100", "credit": "1" }] }),
            "ledger.journal",
        ),
    ] {
        let told = refused(company.tries("ana", name, body));
        assert!(
            told[0].1.contains(field) && told[0].1.contains("netsuite"),
            "{told:?}"
        );
    }
    // A commercial event of the CRM goes through; its customer is a proposal for the ERP.
    company.deal("006A", "DE", "ALPHA", |_| {});
    let changes = company.app.proposed_changes().unwrap();
    assert_eq!(changes.len(), 1);
    assert_eq!(
        (changes[0].owner.as_str(), changes[0].state.as_str()),
        ("netsuite", "proposed")
    );
    assert_eq!(company.status("006A").0, "open");
    let decision =
        json!({ "change": changes[0].id, "decision": "approve", "reason": "known there" });
    company.tries("li", "decide_change", decision).unwrap();
    company.works();
    assert_eq!(company.status("006A").0, "confirmed");
    assert!(company.open_about("ownership_conflict").is_empty());
}

#[test]
fn a_denied_proposal_of_the_crm_ends_as_rejected_with_its_reason() {
    let company = Company::new();
    company.changes(ConfigurationKind::Topology, of("billing_led"), None);
    company.deal("006A", "DE", "ALPHA", |_| {});
    let change = company.app.proposed_changes().unwrap().remove(0);
    company
        .tries(
            "li",
            "decide_change",
            json!({ "change": change.id, "decision": "deny", "reason": "entered here" }),
        )
        .unwrap();
    let (status, reason) = company.status("006A");
    assert_eq!(status, "rejected");
    assert!(
        reason.contains("entered here") && reason.contains("li"),
        "{reason}"
    );
    let again = company.tries(
        "li",
        "decide_change",
        json!({ "change": change.id, "decision": "approve", "reason": "x" }),
    );
    assert_eq!(refused(again)[0].0, "already_decided");
}

#[test]
fn another_system_that_writes_what_it_does_not_own_is_refused_and_noted() {
    let company = Company::new();
    let text = of("event_driven").replacen(
        "id = \"warehouse\"",
        "id = \"warehouse\"\ntokens = [\"lake\"]",
        1,
    );
    company.changes(ConfigurationKind::Topology, &text, None);
    let wrong = company.try_as(
        "token/lake",
        "lake",
        "create_customer",
        json!({ "legal_name": "Acme" }),
    );
    assert_eq!(refused(wrong)[0].0, "system_only_reads");
    let conflicts = company.open_about("ownership_conflict");
    assert_eq!(conflicts.len(), 1);
    assert!(conflicts[0].0.contains("warehouse"), "{conflicts:?}");
}

#[test]
fn a_price_that_needs_a_second_person_reaches_no_catalogue_until_one_applied_it() {
    let company = Company::new();
    company.changes(ConfigurationKind::Topology, of("crm_centric"), None);
    let product = json!({ "code": "GAMMA", "name": "Gamma", "prices": [
        { "currency": "EUR", "billing": "monthly", "charge": { "model": "per_unit", "unit_price": "99" } }] });
    let answer = company.tries("ana", "publish_product", product).unwrap();
    assert_eq!(answer["state"], "proposed");
    let is_sold = || {
        company
            .app
            .books()
            .catalogue
            .products
            .iter()
            .any(|it| it.code.as_str() == "GAMMA")
    };
    assert!(!is_sold());
    let change = &company.app.proposed_changes().unwrap()[0];
    assert_eq!(change.object, "product/GAMMA");
    assert!(
        change
            .diff
            .iter()
            .any(|field| field.field == "prices" && field.after.contains("99"))
    );
    let own =
        json!({ "change": answer["proposed_change"], "decision": "approve", "reason": "mine" });
    assert_eq!(
        refused(company.tries("Ana", "decide_change", own))[0].0,
        "same_person"
    );
    let other =
        json!({ "change": answer["proposed_change"], "decision": "approve", "reason": "checked" });
    company.tries("li", "decide_change", other).unwrap();
    assert!(is_sold());
    let record = &company.app.proposed_changes().unwrap()[0];
    assert_eq!(
        (
            record.state.as_str(),
            record.maker.as_str(),
            record.checker.as_deref()
        ),
        ("applied", "ana", Some("li"))
    );
}

fn billed(company: &Company) {
    company.does(
        "create_customer",
        json!({ "id": "acme", "legal_name": "Acme" }),
    );
    company.does("activate_contract", company.contract("C-1"));
    company.does(
        "run_billing",
        json!({ "through": "2026-01-31", "contract": "C-1" }),
    );
}

/// The standard rules with invoices posted to another account for what is deferred.
fn other_rules() -> String {
    let text = RuleBook::STANDARD.replacen("version = 1", "version = 2", 1);
    let at = text.find("id = \"invoice-issued\"").unwrap();
    let account = at + text[at..].find("account = \"2400\"").unwrap();
    format!(
        "{}account = \"2100\"{}",
        &text[..account],
        &text[account + "account = \"2400\"".len()..]
    )
}

#[test]
fn a_proposal_shows_what_it_would_have_changed_and_records_nothing() {
    let company = Company::new();
    billed(&company);
    let before = company
        .app
        .store()
        .read(|tx| journals::counts(tx).map_err(AppFault::from))
        .unwrap();
    let made = company.tries("ana", "propose_configuration", json!({ "kind": "posting_rules", "body": other_rules(), "reason": "one account for all liabilities" })).unwrap();
    assert!(
        made["summary"]
            .as_str()
            .unwrap()
            .contains("1 journals differ"),
        "{made}"
    );
    let found = company
        .app
        .proposal(made["proposal"].as_str().unwrap())
        .unwrap()
        .unwrap();
    let rows: Vec<(String, i64)> = found
        .impact
        .rows
        .iter()
        .map(|row| {
            (
                format!("{} {} {}", row.entity, row.account, row.month),
                row.difference.minor,
            )
        })
        .collect();
    assert_eq!(
        rows,
        [
            ("DE 2100 2026-01".to_owned(), -3_000),
            ("DE 2400 2026-01".to_owned(), 3_000)
        ]
    );
    assert!(
        found
            .difference
            .iter()
            .any(|line| line.mark == "+" && line.text.contains("2100"))
    );
    assert_eq!(
        company
            .app
            .store()
            .read(|tx| journals::counts(tx).map_err(AppFault::from))
            .unwrap(),
        before
    );
    assert_eq!(
        company
            .app
            .configuration("posting_rules")
            .unwrap()
            .unwrap()
            .row
            .version,
        1
    );
    // Its maker cannot approve it.
    let decision = json!({ "proposal": made["proposal"], "decision": "approve", "reason": "mine" });
    assert_eq!(
        refused(company.tries("ana", "decide_configuration", decision))[0].0,
        "same_person"
    );
}

#[test]
fn rules_that_would_park_events_say_which_and_rules_that_do_not_fit_are_refused() {
    let company = Company::new();
    billed(&company);
    let later = RuleBook::STANDARD.replacen(
        "event = \"com.tieout.billing.invoice.issued.v1\"",
        "event = \"com.tieout.billing.invoice.issued.v1\"\neffective_from = \"2026-03-01\"",
        1,
    );
    let (impact, summary) = company
        .app
        .configuration_impact(ConfigurationKind::PostingRules, &later, 30)
        .unwrap();
    assert_eq!(impact.would_park.len(), 1, "{summary}");
    assert!(
        impact.would_park[0].why.contains("no posting rule takes"),
        "{:?}",
        impact.would_park
    );
    let unknown = RuleBook::STANDARD.replace("\"2400\"", "\"9999\"");
    let wrong = company.tries(
        "ana",
        "propose_configuration",
        json!({ "kind": "posting_rules", "body": unknown, "reason": "x" }),
    );
    assert!(refused(wrong)[0].1.contains("9999"));
    let same = company.tries(
        "ana",
        "propose_configuration",
        json!({ "kind": "posting_rules", "body": RuleBook::STANDARD, "reason": "x" }),
    );
    assert_eq!(refused(same)[0].0, "nothing_changes");
}

#[test]
fn what_was_posted_reproduces_under_the_version_that_posted_it() {
    let company = Company::new();
    billed(&company);
    company.changes(
        ConfigurationKind::PostingRules,
        &other_rules(),
        Some("2026-02-01"),
    );
    // January is still billed by the old rules, February by the new ones.
    company
        .clock
        .move_to("2026-02-02T10:00:00Z".parse().unwrap());
    company.does(
        "run_billing",
        json!({ "through": "2026-02-28", "contract": "C-1" }),
    );
    let told = company.app.reproduce_postings(365).unwrap();
    assert_eq!(
        (told.journals, told.reproduced),
        (2, 2),
        "{:?}",
        told.differing
    );
    assert_eq!(
        told.by_version.into_iter().collect::<Vec<_>>(),
        [(1, 1), (2, 1)]
    );
    let rows = company
        .app
        .store()
        .read(|tx| journals::balances(tx, "DE").map_err(AppFault::from))
        .unwrap();
    let moved = |account: &str, month: &str| {
        rows.iter()
            .filter(|row| row.account == account && row.month == month)
            .map(|row| row.credit)
            .sum::<i64>()
    };
    assert_eq!(
        (moved("2400", "2026-01"), moved("2100", "2026-01")),
        (3_000, 0)
    );
    assert_eq!(
        (moved("2400", "2026-02"), moved("2100", "2026-02")),
        (0, 3_000)
    );
}

#[test]
fn a_version_with_a_day_holds_from_that_day_without_anybody_doing_anything() {
    let company = Company::new();
    company.changes(
        ConfigurationKind::Topology,
        of("billing_led"),
        Some("2026-02-01"),
    );
    assert_eq!(company.app.topology().unwrap().name, "standard");
    company
        .clock
        .move_to("2026-02-01T08:00:00Z".parse().unwrap());
    // The first command of the day sees it.
    company.does(
        "create_customer",
        json!({ "id": "acme", "legal_name": "Acme" }),
    );
    assert_eq!(company.app.topology().unwrap().name, "billing_led");
    let past = company.tries("ana", "propose_configuration", json!({ "kind": "topology", "body": of("suite"), "reason": "x", "effective": "2026-01-01" }));
    assert_eq!(refused(past)[0].0, "effective_past");
}

#[test]
fn a_proposal_on_an_older_version_is_refused_when_it_is_decided() {
    let company = Company::new();
    let ask = |text: &str| {
        company
            .tries(
                "ana",
                "propose_configuration",
                json!({ "kind": "topology", "body": text, "reason": "x" }),
            )
            .unwrap()
    };
    let (first, second) = (ask(of("crm_led")), ask(of("billing_led")));
    let approve = |made: &Value| {
        company.tries(
            "li",
            "decide_configuration",
            json!({ "proposal": made["proposal"], "decision": "approve", "reason": "seen" }),
        )
    };
    approve(&first).unwrap();
    assert_eq!(refused(approve(&second))[0].0, "configuration_drifted");
    assert_eq!(company.app.topology().unwrap().name, "crm_led");
    let stale = company.tries(
        "ana",
        "propose_configuration",
        json!({ "kind": "topology", "body": of("suite"), "reason": "x", "base": 1 }),
    );
    assert_eq!(refused(stale)[0].0, "configuration_drifted");
}

#[test]
fn every_change_of_the_configuration_is_an_event_with_maker_checker_and_impact() {
    let company = Company::new();
    company.changes(ConfigurationKind::Topology, of("crm_led"), None);
    let found = company
        .app
        .store()
        .read(|tx| {
            let mut found = Vec::new();
            store::log::each_of_types(
                tx,
                &["com.tieout.governance.topology.changed.v1"],
                |event| {
                    found.push(event.data);
                    Ok(())
                },
            )?;
            Ok::<_, AppFault>(found)
        })
        .unwrap();
    let data: Value = serde_json::from_str(&found[0]).unwrap();
    assert_eq!(
        (
            data["requested_by"].as_str(),
            data["approved_by"].as_str(),
            data["version"].as_i64()
        ),
        (Some("ana"), Some("li"), Some(2))
    );
    assert_eq!(data["checksum"], json!(digest_of(of("crm_led"))));
    assert!(!data["changes"].as_array().unwrap().is_empty());
}

#[test]
fn a_policy_change_is_previewed_on_what_really_came() {
    let company = Company::new();
    company.deal("006A", "DE", "ALPHA", |_| {});
    company.deal("006B", "US", "ALPHA", |_| {});
    company.does("run_billing", json!({ "through": "2026-01-31" }));
    let text = format!(
        "{}\n[[domains]]\ndomain = \"contract\"\nentity = \"US\"\nsystem = \"tieout\"\nmode = \"act\"\n\n\
         [[domains]]\ndomain = \"billing\"\nentity = \"US\"\nsystem = \"netsuite\"\nmode = \"verify\"\n\n\
         [[routes]]\nfact = \"journals\"\nentity = \"US\"\nto = \"none\"\n",
        of("standard")
    );
    let (impact, _) = company
        .app
        .configuration_impact(ConfigurationKind::Topology, &text, 30)
        .unwrap();
    assert_eq!(impact.would_park.len(), 1);
    assert!(
        impact.would_park[0].id.starts_with("006B"),
        "{:?}",
        impact.would_park
    );
    assert!(
        impact
            .notes
            .iter()
            .any(|note| note.contains("1 journals would have gone to nobody instead of netsuite")),
        "{:?}",
        impact.notes
    );
    assert!(
        impact
            .notes
            .iter()
            .any(|note| note.contains("1 contracts would be billed elsewhere")),
        "{:?}",
        impact.notes
    );
}

#[test]
fn an_unknown_value_of_the_crm_is_an_exception_and_goes_on_once_it_is_mapped() {
    let company = Company::new();
    company.deal("006A", "DE", "ALPHA", |record| {
        record["Billing_Frequency__c"] = json!("Every month")
    });
    assert_eq!(company.status("006A").0, "open");
    let told = company.open_about("unmapped_value");
    assert!(
        told[0].1.contains("Every month") && told[0].1.contains("order.billing_frequency"),
        "{told:?}"
    );
    let coverage = company.app.mapping_coverage(30).unwrap();
    let frequency = coverage
        .iter()
        .find(|row| row.field == "order.billing_frequency")
        .unwrap();
    assert_eq!(
        (
            frequency.values,
            frequency.mapped,
            frequency.unmapped[0].value.as_str()
        ),
        (1, 0, "Every month")
    );
    let text = standard_text(ConfigurationKind::MappingSalesforce).replacen(
        "\"Monthly\" = \"monthly\"",
        "\"Monthly\" = \"monthly\"\n\"Every month\" = \"monthly\"",
        1,
    );
    let (impact, _) = company
        .app
        .configuration_impact(ConfigurationKind::MappingSalesforce, &text, 30)
        .unwrap();
    assert_eq!(impact.would_go_on, 1);
    company.changes(ConfigurationKind::MappingSalesforce, &text, None);
    company
        .app
        .run("test", |tx, context| {
            intake::retry_held(tx, context, "salesforce")
        })
        .unwrap();
    company.works();
    assert_eq!(company.status("006A").0, "confirmed");
    assert!(company.open_about("unmapped_value").is_empty());
}

#[test]
fn product_codes_and_entities_are_mapped_and_finance_notices_nothing() {
    let company = Company::new();
    let text = format!(
        "{}\n[[values]]\nfield = \"order.product\"\nmap = {{ \"alpha-2026\" = \"ALPHA\" }}\n\n[[values]]\nfield = \"order.entity\"\nmap = {{ \"Germany\" = \"DE\" }}\n",
        standard_text(ConfigurationKind::MappingSalesforce)
    );
    company.changes(ConfigurationKind::MappingSalesforce, &text, None);
    company.deal("006A", "DE", "alpha-2026", |record| {
        record["Tieout_Entity__c"] = json!("Germany")
    });
    assert_eq!(company.status("006A").0, "confirmed");
    company.does("run_billing", json!({ "through": "2026-01-31" }));
    // The new words of the CRM met the rules of finance as they were.
    let told = company.app.reproduce_postings(30).unwrap();
    assert_eq!((told.journals, told.reproduced), (1, 1));
    let wrong = company.tries(
        "ana",
        "propose_configuration",
        json!({ "kind": "mapping_salesforce", "reason": "x",
        "body": text.replacen("\"Monthly\" = \"monthly\"", "\"Monthly\" = \"moonly\"", 1) }),
    );
    assert!(refused(wrong)[0].1.contains("moonly"));
}

#[test]
fn the_coverage_names_what_is_not_mapped() {
    let company = Company::new();
    let text = format!(
        "{}\n[[values]]\nfield = \"ledger.currency\"\nround_trip = true\nmap = {{ EUR = \"4\" }}\n",
        standard_text(ConfigurationKind::MappingNetsuite)
    );
    company.changes(ConfigurationKind::MappingNetsuite, &text, None);
    let coverage = company.app.mapping_coverage(30).unwrap();
    let currency = coverage
        .iter()
        .find(|row| row.field == "ledger.currency")
        .unwrap();
    assert_eq!((currency.values, currency.mapped), (2, 1));
    assert_eq!(currency.unmapped[0].value, "USD");
}

#[test]
fn the_stage_gate_says_what_intake_would_say() {
    let company = Company::new();
    let check = |body: Value| company.tries("crm", "check_order", body).unwrap();
    let good = json!({ "opportunity": "006A", "account": "acc", "currency": "EUR", "entity": "DE", "start": "2026-01-01", "end": "2026-12-31",
        "frequency": "Monthly", "lines": [{ "product": "ALPHA", "quantity": "3", "unit_price": "10" }] });
    let answer = check(good.clone());
    assert_eq!(
        (
            answer["can_be_won"].as_bool(),
            answer["value"]["amount"].as_str()
        ),
        (Some(true), Some("360.00")),
        "{answer}"
    );
    let mut bad = good.clone();
    bad["lines"] = json!([{ "product": "OMEGA", "quantity": "0" }]);
    bad["end"] = json!("2025-12-31");
    bad["frequency"] = json!("Sometimes");
    let answer = check(bad.clone());
    let codes: Vec<&str> = answer["problems"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| it["code"].as_str().unwrap())
        .collect();
    for code in [
        "unmapped_value",
        "unknown_product",
        "quantity_not_positive",
        "end_before_start",
    ] {
        assert!(codes.contains(&code), "{codes:?}");
    }
    assert_eq!(answer["can_be_won"], false);
    // Nothing was recorded, and intake says the same of the same deal.
    assert_eq!(
        company
            .app
            .store()
            .read(|tx| store::contracts::sums(tx).map_err(AppFault::from))
            .unwrap()
            .len(),
        0
    );
    // A bypass needs another person.
    let asked = company
        .tries(
            "sam",
            "request_order_bypass",
            json!({ "opportunity": "006A", "reason": "signed today, product follows on Monday" }),
        )
        .unwrap();
    assert_eq!(check(bad.clone())["can_be_won"], false);
    let decision = |who: &str| {
        company.tries(who, "decide_change", json!({ "change": asked["proposed_change"], "decision": "approve", "reason": "until Monday" }))
    };
    assert_eq!(refused(decision("sam"))[0].0, "same_person");
    decision("bill").unwrap();
    let answer = check(bad);
    assert_eq!(answer["can_be_won"], true);
    assert!(
        answer["bypass"].as_str().unwrap().contains("bill"),
        "{answer}"
    );
}

#[test]
fn a_local_value_holds_where_it_was_approved_until_its_last_day() {
    let company = Company::new();
    let ask = |key: &str, until: Option<&str>| {
        company.tries("ana", "record_deviation", json!({
        "class": "legacy", "title": "60 days in Germany", "reason": "contracts of the acquired company",
        "entity": "DE", "key": key, "value": "60", "until": until }))
    };
    assert!(
        refused(ask("payment_terms_days", None))[0]
            .1
            .contains("end date")
    );
    assert!(
        refused(ask("posting_rules", Some("2026-06-30")))[0]
            .1
            .contains("cannot be overridden")
    );
    let made = ask("payment_terms_days", Some("2026-06-30")).unwrap();
    let due = |id: &str, entity: &str| {
        company.deal(id, entity, "ALPHA", |_| {});
        company.does("run_billing", json!({ "through": "2026-01-31" }));
        let page = company
            .app
            .invoices(&app::query::ListFilter::default(), None)
            .unwrap();
        let row = &page.items[0];
        row.issued.until(row.due).unwrap().get_days()
    };
    assert_eq!(due("006A", "DE"), 30);
    company
        .tries(
            "li",
            "decide_deviation",
            json!({ "deviation": made["deviation"], "decision": "approve", "reason": "agreed" }),
        )
        .unwrap();
    assert_eq!(due("006B", "DE"), 60);
    assert_eq!(due("006C", "US"), 30);
    let register = company.app.deviations().unwrap();
    assert_eq!(
        (
            register[0].standing.as_str(),
            register[0].template.as_deref(),
            register[0].value.as_deref()
        ),
        ("in_force", Some("30"), Some("60"))
    );
    // After its last day it holds no more and somebody is told.
    company
        .clock
        .move_to("2026-07-01T08:00:00Z".parse().unwrap());
    assert_eq!(company.app.check_deviations("daily").unwrap(), 1);
    assert_eq!(company.open_about("deviation_expired").len(), 1);
    assert_eq!(company.app.deviations().unwrap()[0].standing, "overdue");
    company.does(
        "end_deviation",
        json!({ "deviation": made["deviation"], "reason": "migrated" }),
    );
    assert!(company.open_about("deviation_expired").is_empty());
}

#[test]
fn a_staging_interface_needs_a_legacy_deviation_in_force() {
    let company = Company::new();
    let text = |waiver: &str| {
        of("standard").replacen("id = \"netsuite\"\nrole = \"record\"", &format!("id = \"netsuite\"\nrole = \"record\"\ninterface = \"staging\"\nwaiver = \"{waiver}\""), 1)
    };
    let wrong = company.tries(
        "ana",
        "propose_configuration",
        json!({ "kind": "topology", "body": text("dev_none"), "reason": "x" }),
    );
    assert_eq!(refused(wrong)[0].0, "waiver_missing");
    let made = company.tries("ana", "record_deviation", json!({ "class": "legacy", "title": "staging tables of the old ERP", "reason": "no interface", "until": "2026-12-31" })).unwrap();
    company.tries("li", "decide_deviation", json!({ "deviation": made["deviation"], "decision": "approve", "reason": "until the migration" })).unwrap();
    company.changes(
        ConfigurationKind::Topology,
        &text(made["deviation"].as_str().unwrap()),
        None,
    );
}

#[test]
fn two_regions_with_other_stages_post_through_one_template() {
    let company = Company::new();
    company.deal("006A", "DE", "ALPHA", |record| {
        record["StageName"] = json!("Gewonnen")
    });
    company.deal("006B", "US", "ALPHA", |record| {
        record["StageName"] = json!("Closed Won")
    });
    company.does("run_billing", json!({ "through": "2026-01-31" }));
    let rows = company
        .app
        .journals(&app::query::ListFilter::default(), None)
        .unwrap();
    let rules: Vec<&str> = rows.items.iter().map(|row| row.rule.as_str()).collect();
    assert_eq!(rules.len(), 2);
    assert_eq!(rules[0], rules[1]);
}

#[test]
fn every_operation_and_inbox_source_of_the_code_belongs_to_one_flow() {
    let register =
        control::flow::FlowRegister::read(control::flow::FlowRegister::STANDARD).unwrap();
    let mut operations = std::collections::BTreeSet::new();
    read_sources(
        &std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src"),
        &mut |text| {
            for system in ["netsuite", "stripe", "salesforce"] {
                let start = format!("\"{system}.");
                for (at, _) in text.match_indices(&start) {
                    let name: String = text[at + 1..].chars().take_while(|c| *c != '"').collect();
                    let is_name = name
                        .bytes()
                        .all(|b| b.is_ascii_lowercase() || b == b'.' || b == b'_');
                    if is_name {
                        operations.insert(name);
                    }
                }
            }
        },
    );
    assert!(operations.len() >= 5, "{operations:?}");
    for operation in &operations {
        assert!(
            register.of_operation(operation).is_some(),
            "{operation} belongs to no flow"
        );
    }
    for flow in &register.flows {
        for operation in &flow.operations {
            assert!(
                operations.contains(operation),
                "{operation} of {} is in no code",
                flow.id
            );
        }
    }
    for (source, kind) in [
        ("salesforce", "Opportunity"),
        ("stripe", "payment_intent.succeeded"),
    ] {
        assert!(register.of_inbox(source, kind).is_some(), "{source} {kind}");
    }
}

fn read_sources(folder: &std::path::Path, each: &mut impl FnMut(&str)) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            read_sources(&path, each);
        } else if path.extension().is_some_and(|it| it == "rs") {
            each(&std::fs::read_to_string(&path).unwrap());
        }
    }
}
