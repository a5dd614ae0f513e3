//! A failed payment that the processor tells of opens a case, once: the CRM is told how the customer stands,
//! the steps follow on their days, and nothing is withheld before its day.

use crate::connected::Connected;
use serde_json::{Value, json};
use sim::Fault;
use sim::stripe::CardBehaviour;

/// A customer whose card is declined, known to the CRM and to the processor, and what the CRM calls it.
struct Debtor {
    company: Connected,
    account: String,
    deal: String,
}

impl Debtor {
    /// A year from 15 January for 100.00 and tax, billed on that day, and the answer of the processor lost.
    fn new() -> Debtor {
        let company = Connected::on("2026-01-15");
        let stripe = &company.sims.stripe;
        stripe
            .put_customer("cus_nord", "Nord AG", "ap@nord.example")
            .unwrap();
        stripe.put_payment_method("pm_nord", "cus_nord").unwrap();
        stripe
            .set_card_behaviour("pm_nord", CardBehaviour::AlwaysDeclines)
            .unwrap();
        company.act(
            "publish_product",
            json!({ "code": "CORE", "name": "Core", "prices": [
                { "currency": "EUR", "billing": "annual", "charge": { "model": "flat", "amount": "100" } }] }),
        );
        let account = company.crm_has("Account", "Nord AG");
        let deal = company.crm_has("Opportunity", "Nord, one year");
        company.act(
            "create_customer",
            json!({ "id": "nord", "legal_name": "Nord AG", "collection": "card", "payment_method": "pm_nord",
                "payment_terms_days": 14, "references": [
                    { "system": "stripe", "kind": "Customer", "id": "cus_nord" },
                    { "system": "salesforce", "kind": "Account", "id": account }] }),
        );
        company.act(
            "activate_contract",
            json!({ "id": "C-1", "customer": "nord", "entity": "DE", "start": "2026-01-15", "end": "2027-01-14",
                "lines": [{ "product": "CORE" }],
                "references": [{ "system": "salesforce", "kind": "Opportunity", "id": deal }] }),
        );
        stripe.inject(Fault::TimeoutAfterWork, "POST", "payment_intents");
        company.app.daily_work("tieout", false).unwrap();
        company.send();
        Debtor {
            company,
            account,
            deal,
        }
    }

    fn standing(&self) -> String {
        let row = self
            .company
            .app
            .store()
            .read(|tx| store::catalogue::customer(tx, "nord"));
        row.unwrap().unwrap().standing
    }

    fn standing_in_crm(&self) -> Value {
        self.company
            .in_crm("Account", &self.account, "Tieout_Standing__c")
    }

    fn payment_in_crm(&self) -> Value {
        self.company
            .in_crm("Opportunity", &self.deal, "Tieout_Payment_State__c")
    }

    /// Cases that run, and what was done in the first, `day act`.
    fn cases(&self) -> (usize, Vec<String>) {
        let app = &self.company.app;
        let rows = app.collection_worklist(None).unwrap().page.items;
        let acts = rows.first().map_or_else(Vec::new, |row| {
            let case = app.collection_case(&row.case).unwrap().unwrap();
            case.acts
                .iter()
                .map(|act| format!("{} {}", act.day, act.act))
                .collect()
        });
        (rows.len(), acts)
    }

    /// What was told to the CRM of the customer's standing: the word, and how far it went.
    fn told(&self) -> Vec<(String, String)> {
        let effects = self.company.effects("customer/nord").into_iter();
        effects
            .map(|effect| {
                let request: Value = serde_json::from_str(&effect.request).unwrap();
                let word = request["fields"]["Tieout_Standing__c"]
                    .as_str()
                    .unwrap()
                    .to_owned();
                (word, effect.status)
            })
            .collect()
    }

    /// A day with its work, the answers of the processor and what it tells.
    fn live_a_day(&self) {
        self.company.next_day();
        self.company.work();
        self.company.hear(1);
        self.company.work();
    }
}

#[test]
fn a_failure_that_the_processor_tells_of_drives_a_case_and_the_standing_in_the_crm() {
    let debtor = Debtor::new();
    let company = &debtor.company;
    assert_eq!(debtor.cases(), (0, vec![]), "nobody knows yet how it went");
    assert_eq!(debtor.standing(), "good");

    // The processor tells of it, twice.
    let told = company.hear(2);
    assert!(
        told.iter()
            .any(|kind| kind == "payment_intent.payment_failed"),
        "{told:?}"
    );
    company.take_in();
    let entered = vec!["2026-01-15 entered".to_owned()];
    assert_eq!(
        debtor.cases(),
        (1, entered),
        "one case, on the day, before any due date"
    );
    assert_eq!(debtor.standing(), "past_due");
    // The CRM is told in the same transaction; the worker sends it.
    let waits = ("past_due".to_owned(), "intended".to_owned());
    assert_eq!(debtor.told().last(), Some(&waits));
    assert_eq!(debtor.standing_in_crm(), "good");
    company.work();
    assert_eq!(debtor.told().last().unwrap().1, "confirmed");
    assert_eq!(debtor.standing_in_crm(), "past_due");
    assert_eq!(debtor.payment_in_crm(), "payment failed");
    // What the answer of the call would have said is known: it is asked for, and nothing is done twice.
    company.pass(600);
    company.work();
    assert_eq!(debtor.cases().0, 1);
    assert_eq!(
        company.sims.stripe.objects("charges").len(),
        1,
        "charged once"
    );
    company.ties_out();
}

/// The steps of the card policy after 15 January: try again after 3, 8 and 15 days, tell after 0 and 10,
/// call after 16, withhold after 20.
#[test]
fn the_steps_follow_on_their_days_and_nothing_is_withheld_before_its_day() {
    let debtor = Debtor::new();
    let company = &debtor.company;
    company.hear(1);
    company.work();
    company.app.daily_work("tieout", false).unwrap();
    company.work();
    while company.today().as_str() < "2026-02-03" {
        debtor.live_a_day();
        let (day, standing) = (company.today(), debtor.standing());
        assert!(
            ["past_due", "in_collection"].contains(&standing.as_str()),
            "{day}: {standing}"
        );
        assert_eq!(debtor.standing_in_crm(), standing, "{day}");
    }
    let (_, acts) = debtor.cases();
    assert_eq!(
        acts,
        [
            "2026-01-15 entered",
            "2026-01-15 notice",
            "2026-01-18 retry",
            "2026-01-23 retry",
            "2026-01-25 notice",
            "2026-01-30 retry",
            "2026-01-31 task",
        ]
    );
    assert_eq!(
        company.sims.stripe.objects("charges").len(),
        4,
        "the first time and three retries"
    );
    debtor.live_a_day();
    assert_eq!(company.today(), "2026-02-04");
    assert_eq!(debtor.cases().1.last().unwrap(), "2026-02-04 suspended");
    assert_eq!(debtor.standing(), "suspended");
    assert_eq!(debtor.standing_in_crm(), "suspended");
    assert_eq!(debtor.payment_in_crm(), "suspended until paid");
    // The customer pays: the case ends, and the CRM hears of it.
    company.act(
        "record_payment",
        json!({ "id": "P-1", "invoice": "DE-2026-00001", "amount": "119.00" }),
    );
    company.work();
    assert_eq!(debtor.cases().0, 0);
    assert_eq!(debtor.standing_in_crm(), "good");
    assert_eq!(debtor.payment_in_crm(), "paid");
    company.ties_out();
}
