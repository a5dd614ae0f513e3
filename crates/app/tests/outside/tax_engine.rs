//! Tax decided by AvaTax over real HTTP: the worker asks, the call is kept word for word, a mismatch and
//! an engine that is away hold the document.

use app::connections::{Connections, ConnectionsConfig};
use app::journey::taxation::{
    Said, SimulatedTaxEngine, TaxDecisionDetail, TaxDecisionStatus, TaxDecisionView, TaxEngine,
};
use app::query::{ExceptionFilter, ListFilter};
use app::story::{Ending, report, run};
use app::{command::Command, worker};
use serde_json::{Value, json};
use sim::avatax::RateRow;
use sim::{Fault, SimClock, SimOptions, Simulators};
use std::sync::Barrier;
use values::{Currency, Money};

struct House {
    told: Ending,
    sims: Simulators,
    connections: Connections,
}

/// A German seller whose tax AvaTax decides; our own rows say 19 %, and AvaTax what `theirs` says.
fn house(offline: &str, theirs: &str, codes: Value) -> House {
    let told = run(&format!(
        "entities: [ {{ id: DE, name: Beispiel, currency: EUR, time_zone: Europe/Berlin }} ]
taxes: [ {{ entity: DE, rate: 0.19, name: VAT 19 % }} ]
catalogue:
  - {{ code: CORE, name: Core, prices: [ {{ currency: EUR, billing: monthly, charge: {{ model: flat, amount: 100.00 }} }} ] }}
customers: [ {{ id: nord, legal_name: Nord }} ]
steps:
  - on: 2026-01-01
    propose_configuration:
      kind: tax
      reason: an engine decides
      body: |
        {{ \"rates\": [ {{ \"entity\": \"DE\", \"tax_code\": \"standard\", \"rate\": \"0.19\", \"from\": \"2000-01-01\", \"name\": \"VAT 19 %\" }} ],
          \"sellers\": [ {{ \"entity\": \"DE\", \"country\": \"DE\", \"engine\": {{ \"name\": \"avatax\", \"offline\": \"{offline}\" }} }} ] }}
    approved_by: li
  - set_tax_profile: {{ customer: nord, tax: {{ country: DE }} }}
  - activate_contract: {{ id: C-1, customer: nord, entity: DE, start: 2026-01-01, end: 2026-01-31, lines: [ {{ product: CORE, component: core }} ] }}
"
    ))
    .unwrap();
    let sims = Simulators::start(SimOptions::in_memory(
        17,
        SimClock::at_day("2026-01-01").unwrap(),
    ))
    .unwrap();
    sims.set_hold(std::time::Duration::from_millis(10));
    let vat = RateRow::of_country("DE", "GERMANY", "VAT", theirs);
    sims.avatax.put_rate(&vat).unwrap();
    let config: ConnectionsConfig = serde_json::from_value(json!({
        "avatax": {
            "base_url": sims.avatax.base_url(),
            "account": sims.avatax.account(),
            "license_key": sims.avatax.license_key(),
            "sellers": { "DE": { "company": sim::avatax::COMPANY, "country": "DE" } },
            "tax_codes": codes,
        },
        "pace": { "tax_seconds": 0 },
    }))
    .unwrap();
    House {
        told,
        sims,
        connections: Connections::over_http(&config),
    }
}

fn codes() -> Value {
    json!({ "standard": "SW054000" })
}

impl House {
    fn tick(&self) {
        let progress = worker::tick(&self.told.app, &self.connections);
        assert_eq!(progress.faults, 0);
    }

    /// The tax of each invoice that was issued.
    fn taxes(&self) -> Vec<String> {
        let report = report(&self.told).unwrap();
        let rows = report["invoices"].as_array().unwrap().iter();
        rows.map(|row| row["tax"].as_str().unwrap().to_owned())
            .collect()
    }

    fn open(&self) -> Vec<(String, String)> {
        let filter = ExceptionFilter {
            status: Some("open".to_owned()),
            ..ExceptionFilter::default()
        };
        let rows = self.told.app.exceptions(&filter, None).unwrap().items;
        rows.into_iter()
            .map(|row| (row.class, row.summary))
            .collect()
    }

    fn decisions(&self, status: Option<TaxDecisionStatus>) -> Vec<TaxDecisionView> {
        self.told.app.tax_decisions(status, None).unwrap().items
    }

    fn newest(&self) -> TaxDecisionDetail {
        let id = self.decisions(None)[0].id.clone();
        self.told.app.tax_decision(&id).unwrap().unwrap()
    }

    fn act(&self, name: &str, body: Value) -> Value {
        self.told
            .app
            .act("li", Command::read(name, body).unwrap())
            .unwrap()
    }
}

#[test]
fn the_worker_asks_and_the_call_is_kept_word_for_word() {
    let house = house("hold", "0.19", codes());
    assert!(
        house.taxes().is_empty(),
        "nothing is issued before it answers"
    );
    house.tick();
    assert_eq!(house.taxes(), ["19.00"]);
    assert!(house.open().is_empty());
    let found = house.newest();
    assert_eq!(found.decision.status, "agreed");
    assert!(found.decision.document.is_some());
    let line = &found.lines[0];
    let nineteen = Some(Money::from_minor(1_900, Currency::EUR));
    assert_eq!((line.own_tax, line.engine_tax), (nineteen, nineteen));
    assert_eq!(line.engine_taxes, ["VAT (GERMANY) at 0.19: 19.00 EUR"]);
    let [call] = found.calls.as_slice() else {
        panic!("{:?}", found.calls)
    };
    assert_eq!(
        (call.outcome.as_str(), call.status, call.times),
        ("answered", Some(201), 1)
    );
    let asked: Value = serde_json::from_str(&call.request).unwrap();
    assert_eq!(asked["code"], found.decision.id.as_str());
    assert_eq!(asked["lines"][0]["taxCode"], "SW054000");
    let answered: Value = serde_json::from_str(&call.response).unwrap();
    assert_eq!(answered["status"], "Temporary");
    let kept = serde_json::to_string(&found).unwrap();
    assert!(
        !kept.contains(house.sims.avatax.license_key()),
        "no credentials"
    );
    // What has an answer is not asked again.
    house.tick();
    assert_eq!(house.newest().calls.len(), 1);
    assert!(
        house.sims.avatax.transactions().is_empty(),
        "estimates only"
    );
}

#[test]
fn billing_tax_and_engine_tax_that_differ_raise_both_amounts_and_hold_the_posting() {
    let house = house("hold", "0.07", codes());
    house.tick();
    assert!(house.taxes().is_empty());
    let journals = house
        .told
        .app
        .journals(&ListFilter::default(), None)
        .unwrap()
        .items;
    assert!(journals.is_empty(), "posting is held: {journals:?}");
    let open = house.open();
    assert_eq!(open.len(), 1, "{open:?}");
    assert_eq!(open[0].0, "tax_mismatch");
    assert!(
        open[0]
            .1
            .contains("our own rows come to 19.00 EUR tax and the engine to 7.00 EUR"),
        "{open:?}"
    );
    let [waiting] = house
        .decisions(Some(TaxDecisionStatus::Mismatch))
        .try_into()
        .unwrap();
    assert_eq!(
        waiting.own_tax,
        Some(Money::from_minor(1_900, Currency::EUR))
    );
    assert_eq!(
        waiting.engine_tax,
        Some(Money::from_minor(700, Currency::EUR))
    );
    // The contract names the decision as well as its id does.
    house.act(
        "accept_tax",
        json!({ "decision": "C-1", "take": "engine", "reason": "books are at the reduced rate" }),
    );
    assert_eq!(house.taxes(), ["7.00"]);
    assert!(house.open().is_empty());
    let taken = house.newest().decision;
    assert_eq!(
        (taken.status.as_str(), taken.decided_by.as_deref()),
        ("accepted", Some("li"))
    );
}

#[test]
fn an_engine_that_is_away_is_asked_again_and_leaves_one_row_of_calls() {
    let house = house("hold", "0.19", codes());
    for _ in 0..3 {
        // A read is tried four times before it is given up.
        for _ in 0..4 {
            house
                .sims
                .avatax
                .inject(Fault::ServerError, "POST", "transactions");
        }
        house.tick();
        assert!(house.taxes().is_empty());
    }
    let open = house.open();
    assert_eq!(
        (open.len(), open[0].0.as_str()),
        (1, "tax_engine_away"),
        "{open:?}"
    );
    let calls = house.newest().calls;
    let all: i64 = calls.iter().map(|call| call.times).sum();
    assert_eq!(all, 3, "{calls:?}");
    assert!(
        calls.len() < 3,
        "calls that come out alike share a row: {calls:?}"
    );
}

#[test]
fn our_own_rows_decide_while_the_engine_is_away_where_the_policy_says_so() {
    let house = house("table", "0.07", codes());
    for _ in 0..4 {
        house
            .sims
            .avatax
            .inject(Fault::ServerError, "POST", "transactions");
    }
    house.tick();
    assert_eq!(house.taxes(), ["19.00"]);
    let stated = house.newest().decision;
    assert_eq!(
        (stated.status.as_str(), stated.taken.as_deref()),
        ("table", Some("table"))
    );
    assert!(stated.reason.unwrap().starts_with("avatax was away: "));
    // Once it is back its answer is compared with what was issued.
    house.tick();
    let open = house.open();
    assert_eq!(open[0].0, "tax_mismatch");
    assert!(open[0].1.contains("issued by our own rows"), "{open:?}");
    assert_eq!(house.taxes(), ["19.00"]);
}

#[test]
fn a_question_that_cannot_be_put_names_the_setting_and_waits_whatever_the_policy() {
    let house = house("table", "0.19", json!({}));
    house.tick();
    assert!(house.taxes().is_empty());
    let open = house.open();
    assert_eq!(open[0].0, "tax_question_refused");
    let told =
        "tax code \"standard\" has no code at AvaTax; add it to connections.avatax.tax_codes";
    assert!(open[0].1.contains(told), "{open:?}");
    let call = &house.newest().calls[0];
    assert_eq!((call.outcome.as_str(), call.status), ("refused", None));
    assert!(call.request_line.is_none(), "nothing was sent");
}

#[test]
fn a_customer_who_moves_is_asked_about_anew() {
    let house = house("hold", "0.07", codes());
    house.tick();
    assert_eq!(house.open()[0].0, "tax_mismatch");
    house.act(
        "set_tax_profile",
        json!({ "customer": "nord", "tax": { "country": "DE", "region": "BY" } }),
    );
    house.told.app.bill_due("worker").unwrap();
    let old = house.decisions(Some(TaxDecisionStatus::Superseded));
    assert_eq!(old.len(), 1);
    assert!(house.open().is_empty(), "nobody waits for the old one");
    house.tick();
    assert_eq!(house.open()[0].0, "tax_mismatch");
    assert_eq!(house.decisions(None).len(), 2);
}

#[test]
fn an_engine_that_is_not_connected_is_told_by_name() {
    let mut house = house("hold", "0.19", codes());
    house.connections = Connections::none();
    house.tick();
    let open = house.open();
    assert_eq!(open[0].0, "tax_question_refused");
    assert!(
        open[0].1.contains("no tax engine is called \"avatax\""),
        "{open:?}"
    );
}

/// An engine that answers nobody before both have asked.
struct AnswersBothAtOnce {
    engine: SimulatedTaxEngine,
    both: Barrier,
}

impl TaxEngine for AnswersBothAtOnce {
    fn decide(&self, decision: &str, question: &billing::EngineQuestion) -> Said {
        self.both.wait();
        self.engine.decide(decision, question)
    }
}

/// lago-api pull request 5305: two answers of the tax provider for one invoice finalised it twice.
#[test]
fn lago_api_5305_two_answers_at_the_same_time_issue_one_invoice() {
    for (theirs, taxes, open) in [("0.19", vec!["19.00"], 0), ("0.07", vec![], 1)] {
        let house = house("hold", theirs, codes());
        let engine = AnswersBothAtOnce {
            engine: SimulatedTaxEngine::with(&[("DE", theirs.parse().unwrap())]),
            both: Barrier::new(2),
        };
        let app = &house.told.app;
        let asked: Vec<_> = std::thread::scope(|scope| {
            let ask = || app.ask_tax_engine("worker", &engine).unwrap();
            let at_work = [scope.spawn(ask), scope.spawn(ask)];
            at_work.map(|thread| thread.join().unwrap()).to_vec()
        });
        // Both had an answer; one of them issued by it.
        let answered: Vec<usize> = asked.iter().map(|one| one.answered).collect();
        assert_eq!(answered, [1, 1]);
        let issued: usize = asked.iter().map(|one| one.issued).sum();
        assert_eq!(issued, taxes.len());
        assert_eq!(house.taxes(), taxes);
        assert_eq!(house.open().len(), open, "{:?}", house.open());
        assert_eq!(house.decisions(None).len(), 1);
        let journals = app.journals(&ListFilter::default(), None).unwrap().items;
        assert_eq!(journals.len(), taxes.len(), "posted once");
        assert_eq!(app.verify_books().unwrap().problems, []);
        // Whoever asks after them has nothing to ask.
        let again = app.ask_tax_engine("worker", &engine.engine).unwrap();
        assert_eq!((again.answered, again.issued), (0, 0));
        assert_eq!(app.bill_due("worker").unwrap(), 0);
        assert_eq!(house.taxes(), taxes);
    }
}
